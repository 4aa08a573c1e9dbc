"""Faults are told and answered; fund, device and end of life take the requester and two of the Treasury."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stellar_sdk import Keypair

from financing import codes, exits, futures, upkeep
from financing.models import EnergyCode, Generator, PrepaidMeter, Ticket, Upkeep
from financing.proof import differences
from stelltron.core.errors import IllegalTransition, Refused
from stelltron.core.units import STROOPS
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Notice, User

from .conftest import Village
from .test_funding import watt
from .test_futures import buy, offer


def done(village: Village, asked: Upkeep, second: User) -> Upkeep:
    """The requester agrees and the second of the Treasury approves."""
    upkeep.agree(asked, village["village"], agreed=True)
    upkeep.approve(Upkeep.objects.get(pk=asked.pk), actor=second, reason="seen it too")
    village.chain.settle()
    return Upkeep.objects.get(pk=asked.pk)


def test_a_fault_is_told_paid_for_and_the_device_replaced(
    village: Village, treasurers: tuple[User, User], signed_in: Callable
) -> None:
    made = village.running(ann=5000, bob=5000)
    first, second = treasurers
    codes.register_meter(made, "SL-1", village.device.raw_public_key(), actor=None, reason="test")
    village.buy(made, "user", 50_000)
    used = EnergyCode.objects.get()
    EnergyCode.objects.update(used_at=village.now)
    village.buy(made, "user", 30_000)

    page, acts = f"/generators/{made.address}", f"/generators/{made.address}/acts"
    user = signed_in(village["user"])
    user.post(f"{acts}/ticket", {"fault": "yes", "text": "no light since Monday"})
    ticket = Ticket.objects.get()
    assert Notice.objects.filter(member=village["builder"], text__contains="no light").exists()
    assert "open ticket" in user.post(f"{acts}/ticket", {"fault": "yes", "text": "still"}).content.decode()
    with pytest.raises(Refused, match="who pays for, owns, built"):
        upkeep.open_ticket(made, village["dan"], "mine too", fault=True)
    upkeep.answer_ticket(ticket, "a technician comes", actor=first, reason="called her")
    assert "a technician comes" in user.get(page).content.decode()

    fund = village.fresh(made).maintenance
    with pytest.raises(Refused, match="the fund has"):
        upkeep.propose_spending(made, village["builder"], fund + 1, "invoice 3", actor=first, reason="repair")
    asked = upkeep.propose_spending(made, village["builder"], fund // 2, "invoice 3", actor=first, reason="repair")
    with pytest.raises(Refused, match="is open for this generator"):
        upkeep.propose_spending(made, village["builder"], 1, "invoice 4", actor=second, reason="repair")
    with pytest.raises(IllegalTransition, match="from PROPOSED to APPROVED"):
        upkeep.approve(asked, actor=second, reason="without the village")
    assert not ChainIntent.objects.filter(key__contains=":upkeep:").exists()
    with pytest.raises(Refused, match="only who asked"):
        upkeep.agree(asked, village["user"], agreed=True)
    requester = signed_in(village["village"])
    assert "invoice 3" in requester.get(page).content.decode()
    requester.post(f"{acts}/agree", {"upkeep": asked.pk, "agreed": "yes"})
    asked.refresh_from_db()
    with pytest.raises(Refused, match="somebody else"):
        upkeep.approve(asked, actor=first, reason="me again")
    before = watt(village, "builder")
    upkeep.approve(asked, actor=second, reason="seen the invoice")
    village.chain.settle()
    assert watt(village, "builder") - before == fund // 2 == village.fresh(made).spent
    assert Upkeep.objects.get().state == "DONE"
    assert Notice.objects.filter(member=village["bob"], text__contains="invoice 3").exists()
    assert differences(village.fresh(made), village.chain.gateway) == []

    key = Keypair.random().raw_public_key()
    meter = PrepaidMeter.objects.select_related("generator__community").get()
    with pytest.raises(Refused, match="bound already"):
        upkeep.propose_device(village.fresh(made), village.device.raw_public_key(), "x", actor=first, reason="broken")
    with pytest.raises(Refused, match="first replace the device"):
        codes.exchange_meter(meter, "SL-2", key, actor=first, reason="too early")
    done(village, upkeep.propose_device(made, key, "report 5", actor=first, reason="broken"), second)
    assert village.fresh(made).device_key == key.hex()
    meter = PrepaidMeter.objects.select_related("generator__community").get()
    meter, _ = codes.exchange_meter(meter, "SL-2", key, actor=first, reason="installed")
    fresh = EnergyCode.objects.latest("pk")
    # What the old meter took is not given again.
    assert (fresh.quantity, EnergyCode.objects.count()) == (30_000, 3)
    assert fresh.count > meter.seen_count > used.count
    assert fresh.code in user.get(page).content.decode()


def test_a_retired_generator_gives_owners_what_is_left(village: Village, treasurers: tuple[User, User]) -> None:
    made = village.running(ann=5000, bob=5000)
    first, second = treasurers
    village.buy(made, "user", 50_000)
    sold = buy(village, offer(village, made), "dan")
    auction = exits.open_exit(made, village["bob"])
    refused = upkeep.propose_retirement(made, "meeting of 3 May", actor=first, reason="worn out")
    upkeep.agree(refused, village["village"], agreed=False, why="it still runs")
    asked = upkeep.propose_retirement(village.fresh(made), "meeting of 9 June", actor=first, reason="worn out")
    made = village.fresh(made)
    assert "Credit for 50 kWh is lost" in upkeep.describe(asked)
    before, rest = made.index, made.held + made.maintenance + made.carry
    done(village, asked, second)
    made = village.fresh(made)
    assert (made.state, made.held, made.maintenance) == ("RETIRED", 0, 0)
    assert made.index - before == rest // 10_000
    told = Notice.objects.get(member=village["bob"], key=f"generator:{made.pk}:RETIRED").text
    assert "You may claim" in told
    assert futures.settle_due(village.now) == 1
    exits.clear_due(auction.closes_at)
    auction.refresh_from_db()
    assert auction.state == "EMPTY"
    village.chain.settle()
    sold.refresh_from_db()
    assert sold.state == "SETTLED"
    for code in ("ann", "bob"):
        village.claim(made, code)
    made = village.fresh(made)
    assert made.tokens == made.carry
    assert differences(made, village.chain.gateway) == []
    with pytest.raises(Refused, match="cannot be retired"):
        upkeep.propose_retirement(made, "again", actor=first, reason="again")


def test_upkeep_that_the_contract_refuses_says_why(village: Village, treasurers: tuple[User, User]) -> None:
    made = village.running(ann=5000, bob=5000)
    first, second = treasurers
    asked = upkeep.propose_spending(made, village["builder"], 1, "invoice", actor=first, reason="repair")
    Upkeep.objects.filter(pk=asked.pk).update(amount=STROOPS)
    asked.refresh_from_db()
    failed = done(village, asked, second)
    assert failed.state == "FAILED"
    assert failed.why == ChainIntent.objects.get(pk=failed.intent_id).problem != ""
    assert Generator.objects.get(pk=made.pk).spent == 0
