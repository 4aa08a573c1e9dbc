"""A code that later ones have overtaken is issued again: once, and never both are worth anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from financing.metering import codes, openpaygo
from financing.metering.meter import Meter
from financing.metering.openpaygo import CodeRefused
from financing.models import EnergyCode, Generator, PrepaidMeter
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog
from stelltron.members.models import Notice

from .conftest import Village, at_once, metered, tell_all

PHONE = "+23276123456"


def bought(village: Village, made: Generator, code: str = "user") -> EnergyCode:
    return village.buy(made, code, 1000, phone=PHONE).codes.get()


def overtaken(village: Village, monkeypatch: pytest.MonkeyPatch) -> tuple[Generator, Meter, EnergyCode]:
    """A meter that takes codes up to two behind; of three bought the first is left out."""
    monkeypatch.setattr(openpaygo, "BEHIND", 4)
    made, meter = metered(village)
    first, *later = [bought(village, made) for _ in range(3)]
    for code in later:
        meter.enter(code.code, 0)
    return made, meter, first


def test_a_code_is_issued_again_once_the_meter_has_told_that_it_is_past(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, meter, first = overtaken(village, monkeypatch)
    with pytest.raises(CodeRefused, match="too old"):
        meter.enter(first.code, 0)
    # The meter has not told yet: for all we know the code was typed in before.
    with pytest.raises(Refused, match="takes this code still"):
        codes.issue_again(first, actor=None)
    assert not codes.overtaken(made).exists()
    tell_all(made, meter)
    assert codes.overtaken(made).get() == first
    codes.text_codes()
    fresh = codes.issue_again(first, actor=None)
    assert (fresh.count, fresh.quantity, fresh.texted_at) == (8, 1000, None)
    assert codes.text_codes() == 1
    assert fresh.code[:3] in Notice.objects.filter(member=village["user"]).latest("pk").text
    assert not codes.overtaken(made).exists()
    with pytest.raises(CodeRefused, match="too old"):
        meter.enter(first.code, 0)
    assert meter.enter(fresh.code, 0) == 1000
    with pytest.raises(Refused, match="another code was issued"):
        codes.issue_again(first, actor=None)
    tell_all(made, meter)
    with pytest.raises(Refused, match="has taken this code"):
        codes.issue_again(fresh, actor=None)
    assert ActionLog.objects.get(action="energy_code.again").details["to"] == 8


def test_a_code_that_was_typed_before_it_was_overtaken_is_not_given_twice(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openpaygo, "BEHIND", 4)
    made, meter = metered(village)
    for code in [bought(village, made) for _ in range(3)]:
        meter.enter(code.code, 0)
    tell_all(made, meter)
    assert not codes.overtaken(made).exists()
    with pytest.raises(Refused, match="has taken this code"):
        codes.issue_again(EnergyCode.objects.earliest("count"), actor=None)


@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_get_one_code(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    made, meter, first = overtaken(village, monkeypatch)
    tell_all(made, meter)
    problems = at_once(*[lambda: codes.issue_again(first, actor=None)] * 2)
    assert [problem.code for problem in problems] == ["code_issued_again"]
    assert first.payment.codes.count() == 2


def test_an_exchanged_meter_makes_no_third_code(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    made, meter, first = overtaken(village, monkeypatch)
    tell_all(made, meter)
    key = bytes(range(32))
    Generator.objects.filter(pk=made.pk).update(device_key=key.hex())
    codes.exchange_meter(PrepaidMeter.objects.get(), "SL-2", key, actor=None, reason="broken")
    assert first.payment.codes.count() == 2
    assert not codes.overtaken(made).exists()
    with pytest.raises(Refused, match="another code was issued"):
        codes.issue_again(first, actor=None)


def test_who_paid_asks_on_the_page_and_nobody_else(
    village: Village, monkeypatch: pytest.MonkeyPatch, signed_in: Callable
) -> None:
    made, meter, first = overtaken(village, monkeypatch)
    tell_all(made, meter)
    user, stranger = signed_in(village["user"]), signed_in(village["ann"])
    page = f"/generators/{made.address}"

    def ask(client: Client) -> str:
        return client.post(f"{page}/acts/code-again", {"code": first.pk}, follow=True).content.decode()

    assert "Get another code for it" in user.get(page).content.decode()
    assert "Get another code for it" not in stranger.get(page).content.decode()
    assert "Another code" not in ask(stranger)
    assert "Another code is here" in ask(user)
    assert EnergyCode.objects.latest("count").code in user.get(page).content.decode()
    assert "Another code was issued" in ask(user)
