"""Arrays spelled out for the database come back as they were given, whatever is in them."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stelltron.core import prepared

SAME_DATABASE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=8)


@SAME_DATABASE
@example(["NULL"])
@example(["a,b", "c"])
@example([""])
@given(st.lists(TEXTS, max_size=5))
def test_texts(db: None, texts: list[str]) -> None:
    ((back,),) = prepared.run("SELECT %s::text[]", [prepared.array(texts)])
    assert back == texts


@SAME_DATABASE
@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5), st.lists(st.uuids(), max_size=5))
def test_numbers_and_ids(db: None, numbers: list[int], ids: list[UUID]) -> None:
    ((these, those),) = prepared.run(
        "SELECT %s::bigint[], %s::uuid[]", [prepared.array(numbers), prepared.array(set(ids))]
    )
    assert these == numbers and set(those) == set(ids)


def test_rows_become_columns(db: None) -> None:
    rows = [("a b", 1, None), ("c", 2, None)]
    there = prepared.run("SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[])", prepared.columns(rows))
    assert there.fetchall() == rows
    with pytest.raises(ValueError, match="shorter"):
        prepared.columns([(1, 2), (3,)])
