"""Without a price a generator gives by code: so much a day for each, and free it stays when a price comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from financing.metering import codes
from financing.metering.meter import Meter
from financing.metering.reporting import unaccounted
from financing.models import EnergyCode, Generator, Payment
from financing.proof import differences
from financing.using import free, running
from stelltron.core.errors import Refused
from stelltron.members.models import Member
from tests.conftest import CENT

from .conftest import Village, at_once, metered, tell_all

PHONE = "+23276123456"


def take(village: Village, made: Generator, code: str, quantity: int, **more: str) -> Payment:
    return free.take_free(made, village[code], quantity, now=village.now, gateway=village.chain.gateway, **more)


def typed(meter: Meter) -> int:
    return meter.enter(EnergyCode.objects.latest("count").code, 0)


def test_what_was_given_is_counted_as_free_also_when_a_price_has_come(
    village: Village, capsys: pytest.CaptureFixture[str]
) -> None:
    made, meter = metered(village, price=None)
    given = take(village, made, "user", 1000, phone=PHONE)
    assert (given.amount, given.payer, given.state) == (0, made.address, "PAID")
    assert codes.text_codes() == 1
    assert "1 kWh for meter SL-0001" in capsys.readouterr().err
    assert typed(meter) == 1000
    meter.dispense(600)
    tell_all(made, meter)
    village.chain.settle()
    made = village.fresh(made)
    assert (made.free, made.dispensed, made.credited, unaccounted(made.meter)) == (600, 0, 0, 400)
    assert differences(made, village.chain.gateway) == []

    running.submit_price(made, village["ann"], 20 * CENT)
    village.chain.settle()
    village.next_slot()
    village.buy(made, "user", 500)
    assert typed(meter) == 500
    # The rest of what was given, and then of what was bought.
    meter.dispense(600)
    tell_all(made, meter)
    village.chain.settle()
    made = village.fresh(made)
    assert (made.free, made.dispensed, made.credited, unaccounted(made.meter)) == (1000, 200, 500, 300)
    assert differences(made, village.chain.gateway) == []


def test_each_has_a_days_share(village: Village) -> None:
    made, _ = metered(village, price=None)
    take(village, made, "user", 1500)
    with pytest.raises(Refused, match=r"0\.5 kWh are left for you within a day"):
        take(village, made, "user", 600)
    take(village, made, "user", 500)
    take(village, made, "dan", 2000)
    assert free.left_today(made, village["user"], village.now) == 0
    tomorrow = village.now + timedelta(days=1, seconds=1)
    free.take_free(made, village["user"], 2000, now=tomorrow, gateway=village.chain.gateway)
    assert EnergyCode.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_share_one_days_share(village: Village) -> None:
    made, _ = metered(village, price=None)
    user, now = village["user"], village.now
    [problem] = at_once(*[lambda: free.take_free(made, user, 2000, now=now)] * 2)
    assert "0 kWh are left for you" in str(problem)
    assert EnergyCode.objects.count() == 1


def test_nothing_is_given_where_it_costs_or_nothing_takes_a_code(village: Village) -> None:
    made = village.running(price=None)
    with pytest.raises(Refused, match="no prepaid meter"):
        take(village, made, "user", 1000)
    codes.register_meter(made, "SL-1", village.device.raw_public_key(), actor=None, reason="delivered")
    with pytest.raises(Refused, match=r"in steps of 0\.1"):
        take(village, made, "user", 1050)
    Member.objects.filter(pk=village["dan"].pk).update(kyc="PENDING")
    village["dan"].refresh_from_db()
    with pytest.raises(Refused, match="identity"):
        take(village, made, "dan", 1000)
    running.submit_price(made, village["ann"], 20 * CENT)
    village.chain.settle()
    village.next_slot()
    with pytest.raises(Refused, match="has a price now"):
        take(village, made, "user", 1000)
    assert not EnergyCode.objects.exists()


def test_a_code_for_nothing_is_asked_for_on_the_page(village: Village, signed_in: Callable) -> None:
    made, _ = metered(village, price=None)
    user, page = signed_in(village["user"]), f"/generators/{made.address}"
    assert "2.000 kWh are left for you today" in user.get(page).content.decode()
    answer = user.post(f"{page}/acts/free-energy", {"quantity": "1.5", "phone": ""}, follow=True).content.decode()
    assert "The code for the meter is here" in answer
    assert EnergyCode.objects.get().code in answer
    assert "</small> free: <code>" in answer
    assert "0.500 kWh are left for you today" in answer
