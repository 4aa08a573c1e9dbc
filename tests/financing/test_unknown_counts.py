"""Codes that a meter took and the co-op does not know: guessed ones harm nobody, lost ones are found again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from financing.metering import codes, openpaygo
from financing.metering.meter import Meter
from financing.metering.openpaygo import CodeRefused
from financing.metering.reporting import take_report, unaccounted
from financing.models import EnergyCode, Generator, Payment, PrepaidMeter
from stelltron.core.errors import Refused
from stelltron.members.models import Notice

from .conftest import Village, metered, tell_all

PHONE = "+23276123456"


def guess(made: Generator, meter: Meter, count: int) -> str:
    """The code of a count that nobody has paid for, as somebody who guesses may find it."""
    row = PrepaidMeter.objects.get(generator=made)
    return openpaygo.issue(row.code_key(), row.starting_code, count - 1, 10)[0]


def told(made: Generator, meter: Meter, *, later: timedelta) -> None:
    """The meter's report arrives so much later than the ledger's time of now."""
    at = Payment.objects.latest("pk").at + later
    meter.take(take_report(made.meter, meter.report(), at))


def test_who_pays_gets_a_code_that_the_meter_still_takes(village: Village) -> None:
    made, meter = metered(village)
    village.buy(made, "user", 1000)
    own = EnergyCode.objects.get()
    for code in (own.code, guess(made, meter, 4), guess(made, meter, 6)):
        meter.enter(code, 0)
    tell_all(made, meter)
    assert meter.unknown == [4, 6]
    paid = village.buy(made, "dan", 2000).codes.get()
    assert (paid.count, paid.used_at) == (8, None)
    assert meter.enter(paid.code, 0) == 2000
    # The guessed energy is nobody's, however often the meter tells of it.
    meter.dispense(5000)
    tell_all(made, meter)
    meter.tell_unknown_again()
    tell_all(made, meter)
    village.chain.settle()
    assert village.fresh(made).dispensed == 3000
    assert ([count for count, _ in PrepaidMeter.objects.get().unknown_counts], meter.unsigned) == (
        [4, 6],
        {4: 1000, 6: 1000},
    )


def test_a_code_that_our_books_lost_is_found_again_and_not_given_twice(village: Village) -> None:
    made, meter = metered(village)
    payment = village.buy(made, "user", 1000, phone=PHONE)
    lost = EnergyCode.objects.get()
    meter.enter(lost.code, 0)
    meter.dispense(400)
    # The database comes from a backup of a moment before the code.
    lost.delete()
    PrepaidMeter.objects.update(count=1)
    told(made, meter, later=timedelta(minutes=1))
    assert meter.unknown == [2]
    found = codes.issue_code(Payment.objects.get(pk=payment.pk))
    assert found is not None
    assert (found.count, found.code, found.used_at) == (2, lost.code, payment.at + timedelta(minutes=1))
    assert PrepaidMeter.objects.get().unknown_counts == []
    assert codes.text_codes() == 0
    assert Notice.objects.filter(member=village["user"], text__contains=lost.code[:3]).count() == 1
    with pytest.raises(CodeRefused, match="used before"):
        meter.enter(found.code, 0)
    with pytest.raises(Refused, match="has taken this code"):
        codes.issue_again(found, actor=None)
    # The meter learns whose it is when it tells of it again.
    assert not meter.has_news()
    meter.tell_unknown_again()
    tell_all(made, meter)
    village.chain.settle()
    assert (village.fresh(made).dispensed, unaccounted(made.meter)) == (400, 600)


def test_another_code_for_an_old_payment_is_none_that_the_meter_took(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openpaygo, "BEHIND", 4)
    made, meter = metered(village)
    first, *later = [village.buy(made, "user", 1000).codes.get() for _ in range(3)]
    for code in later:
        meter.enter(code.code, 0)
    meter.enter(guess(made, meter, 8), 0)
    told(made, meter, later=timedelta(minutes=1))
    fresh = codes.issue_again(first, actor=None)
    assert (fresh.count, fresh.used_at) == (10, None)
    assert meter.enter(fresh.code, 0) == 1000


def test_another_meter_has_taken_nothing_that_is_unknown(village: Village) -> None:
    made, meter = metered(village)
    village.buy(made, "user", 1000)
    meter.enter(guess(made, meter, 4), 0)
    told(made, meter, later=timedelta(minutes=1))
    key = bytes(range(32))
    Generator.objects.filter(pk=made.pk).update(device_key=key.hex())
    codes.exchange_meter(PrepaidMeter.objects.get(), "SL-2", key, actor=None, reason="broken")
    fresh = EnergyCode.objects.latest("pk")
    assert (fresh.count, fresh.used_at, PrepaidMeter.objects.get().unknown_counts) == (4, None, [])
