"""One row's trouble: it undoes that row alone, the others have their turn, and it is not kept quiet."""

from __future__ import annotations

import pytest

from stelltron.core.actions import beat
from stelltron.core.each import each
from stelltron.core.models import Heartbeat


def test_one_rows_trouble_undoes_that_row_and_is_raised_after_the_others(db: None, caplog: pytest.LogCaptureFixture):
    def do(name: str) -> None:
        beat(name)
        if name == "second":
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        each(["first", "second", "third"], do)
    assert sorted(Heartbeat.objects.values_list("process", flat=True)) == ["first", "third"]
    assert "second" in caplog.text


def test_rows_that_are_done_are_counted(db: None):
    assert each(["first", "second"], beat) == 2


def test_what_a_row_did_in_transactions_of_its_own_stays(db: None):
    def do(name: str) -> None:
        each([name, f"{name}'s"], beat)
        raise ValueError("then")

    with pytest.raises(ValueError, match="then"):
        each(["first"], do, atomic=False)
    assert Heartbeat.objects.count() == 2
