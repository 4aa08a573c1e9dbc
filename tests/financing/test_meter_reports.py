"""What meters report: in pages, until it is taken, and believed as far as it is ours."""

from __future__ import annotations

import json

import msgspec
import pytest
from django.test import Client
from stellar_sdk import Keypair

from financing.metering import meter as device
from financing.metering.meter import LARGEST_BODY, Answer, Meter, Payer, Receipt, Report, report_message
from financing.metering.openpaygo import KEY_BYTES, Acceptor
from financing.metering.reporting import take_report
from financing.models import EnergyCode, PrepaidMeter
from stelltron.core.models import ActionLog

from .conftest import Village, metered, tell_all

GENERATOR, USER = "C" + "A" * 55, "G" + "A" * 55


def answer_to(report: Report) -> Answer:
    """What the portal says where every code was issued for USER."""
    last = max((receipt.counter for receipt in report.dispensed), default=0)
    return Answer(report.used, [], last, len(report.dispensed), [Payer(count, USER) for count in report.used])


def full_meter(codes: int) -> Meter:
    """So many codes taken and dispensed without a network."""
    meter = Meter(Keypair.random(), GENERATOR, Acceptor(bytes(KEY_BYTES), 123_456_789), 100)
    meter.used = list(range(2, 2 * codes + 2, 2))
    meter.unsigned = dict.fromkeys(meter.used, 100)
    return meter


def test_a_year_without_a_network_is_told_in_reports_of_bounded_size() -> None:
    meter, told, quantity = full_meter(1200), [], 0
    while meter.has_news():
        body, _ = meter.signed_report("SL-1")
        assert len(body) <= LARGEST_BODY
        report = msgspec.json.decode(body, type=Report)
        told += report.used
        quantity += sum(receipt.quantity for receipt in report.dispensed)
        meter.take(answer_to(report))
    assert told == list(range(2, 2402, 2))
    assert quantity == 120_000


def test_the_longest_report_there_can_be_is_small_enough() -> None:
    largest = 2**62 - 1
    receipt = Receipt(USER, largest, largest, "f" * 128)
    body = msgspec.json.encode(Report([largest] * device.MOST_COUNTS, [receipt] * device.MOST_RECEIPTS))
    assert len(body) <= LARGEST_BODY


def test_a_report_without_an_answer_is_told_again() -> None:
    meter = full_meter(3)
    meter.take(answer_to(meter.report()))
    lost = meter.report()
    meter.unsigned[2], meter.payers[2] = 50, USER
    again = meter.report()
    assert again.dispensed[:3] == lost.dispensed
    # The answer to the first report arrives late: what came after it is kept.
    meter.take(answer_to(lost))
    assert [receipt.quantity for receipt in meter.report().dispensed] == [50]


def test_pages_reach_the_chain_in_order(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    made, meter = metered(village)
    for _ in range(3):
        village.buy(made, "user", 1000)
    for code in EnergyCode.objects.order_by("count"):
        meter.enter(code.code, 0)
    assert meter.dispense(2300) == 2300
    monkeypatch.setattr(device, "MOST_COUNTS", 2)
    monkeypatch.setattr(device, "MOST_RECEIPTS", 1)
    tell_all(made, meter)
    village.chain.settle()
    assert village.fresh(made).dispensed == 2300
    # What flows later of a code whose payer is known needs no new word about it.
    assert meter.dispense(9999) == 700
    tell_all(made, meter)
    village.chain.settle()
    assert village.fresh(made).dispensed == 3000


def test_a_code_that_was_never_issued_holds_nothing_up(village: Village) -> None:
    made, meter = metered(village)
    village.buy(made, "user", 1000)
    meter.enter(EnergyCode.objects.get().code, 0)
    meter.dispense(400)
    meter.used = [8, *meter.used, 2**61]
    tell_all(made, meter)
    village.chain.settle()
    assert village.fresh(made).dispensed == 400
    assert EnergyCode.objects.get().used_at is not None
    assert meter.unknown == [8, 2**61]
    row = PrepaidMeter.objects.get()
    # What nobody issued moves no window.
    assert ([count for count, _ in row.unknown_counts], row.seen_count) == ([8, 2**61], 2)
    take_report(row, Report([8], []))
    assert ActionLog.objects.filter(action="prepaid_meter.unknown_codes").count() == 1


def test_a_meter_reports_by_its_own_signature(village: Village) -> None:
    made, meter = metered(village)
    village.buy(made, "user", 1000)
    meter.enter(EnergyCode.objects.get().code, 0)
    meter.dispense(400)
    body, signature = meter.signed_report("SL-0001")

    def post(body: bytes, signature: str, serial: str = "SL-0001"):
        headers = {"X-Meter-Signature": signature}
        address = f"/api/v1/meters/{serial}/report"
        return Client().post(address, body, content_type="application/json", headers=headers)

    for wrong in (
        post(body, Keypair.random().sign(body).hex()),
        post(body.replace(b"[2]", b"[4]"), signature),
        post(body, "no hex"),
        post(body, signature, "SL-0002"),
    ):
        assert wrong.status_code == 403
    assert EnergyCode.objects.get().used_at is None
    user = village["user"].wallet.address
    said = {"counts": [2], "unknown": [], "counter": 0, "new": 0, "payers": [{"count": 2, "user": user}]}
    assert post(body, signature).json() == said
    meter.take(msgspec.convert(said, Answer))
    receipts = meter.signed_report("SL-0001")
    assert [post(*receipts).json()[name] for name in ("new", "counter", "new")] == [1, 1, 0]
    village.chain.settle()
    assert village.fresh(made).dispensed == 400
    odd = b'{"used": [-1], "dispensed": []}'
    refused = post(odd, meter.key.sign(report_message("SL-0001", odd)).hex())
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_input")
    long = json.dumps({"used": list(range(1, 10_000)), "dispensed": []}).encode() + b" " * LARGEST_BODY
    refused = post(long, meter.key.sign(report_message("SL-0001", long)).hex())
    assert "the rest in another report" in str(refused.json())
