"""A chargeback is settled by two, and collected as often as there is something, up to what is owed."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from stelltron.bank import chargebacks, settling, standing
from stelltron.bank.models import Case, CaseStep
from stelltron.bank.references import reference_of
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS
from stelltron.ledger.clients import watt_token
from stelltron.ledger.models import PaymentProposal
from stelltron.members.models import Member

from .conftest import Bank
from .files import SARAH, Move

Kind = CaseStep.Kind


@pytest.fixture
def case(live_bank: Bank, sarah: Member, mike: Member) -> Case:
    """Sarah's 50 were taken back; 20 of them are in her wallet, and 30 went to Mike's."""
    live_bank.statement(Move(5000, text=reference_of(sarah), iban=SARAH), Move(2000, text=reference_of(mike)))
    PaymentProposal.objects.update(into_market=False)
    live_bank.approve_all()
    live_bank.chain.send(
        sarah.wallet.keypair(), watt_token.transfer(sarah.wallet.address, mike.wallet.address, 30 * STROOPS)
    )
    live_bank.settle()
    live_bank.statement(Move(-5000, iban=SARAH, reversal=True))
    return Case.objects.get()


def give_back(bank: Bank, sarah: Member, mike: Member, watt: int) -> None:
    """Mike gives Sarah some; the issuer lets her take it for that moment."""
    for allowed in (True, False):
        bank.chain.send(bank.chain.gateway.network.issuer, watt_token.set_allowed(sarah.wallet.address, allowed))
        if allowed:
            call = watt_token.transfer(mike.wallet.address, sarah.wallet.address, watt * STROOPS)
            bank.settle()
            bank.chain.send(mike.wallet.keypair(), call)
        bank.settle()


def test_it_is_collected_in_parts_up_to_what_is_owed(live_bank: Bank, case: Case, sarah: Member, mike: Member) -> None:
    assert live_bank.settle_case(case, Kind.COLLECT) == 20 * STROOPS
    with pytest.raises(Refused, match="holds no WATT"):
        live_bank.settle_case(case, Kind.COLLECT)
    settling.reject(CaseStep.objects.first(), actor=live_bank.second, reason="nothing there")
    give_back(live_bank, sarah, mike, 40)
    assert live_bank.settle_case(case, Kind.COLLECT) == 30 * STROOPS
    assert chargebacks.owed(case) == 0
    with pytest.raises(Refused, match="collected already"):
        live_bank.settle_case(case, Kind.COLLECT)
    assert (live_bank.wallet(sarah), live_bank.supply()) == (10 * STROOPS, 20 * STROOPS)
    assert not live_bank.allowed(sarah)
    # The bank has taken the money already: with the WATT burned, the chain can be told.
    standing.attest_again()
    live_bank.settle()
    assert live_bank.problems() == []


@pytest.mark.parametrize("kind", [Kind.CLEAR, Kind.UPHOLD, Kind.COLLECT])
def test_no_step_is_done_by_who_proposed_it(live_bank: Bank, case: Case, kind: str) -> None:
    step = settling.propose(case, kind, actor=live_bank.first, reason="I say so")
    with pytest.raises(Refused, match="somebody else"):
        settling.approve(step, actor=live_bank.first, reason="me too")
    with pytest.raises(Refused, match="decide that first"):
        settling.propose(case, Kind.CLEAR, actor=live_bank.second, reason="another way")
    with pytest.raises(IntegrityError, match="a_second_person_settles"), transaction.atomic():
        CaseStep.objects.update(state=CaseStep.State.DONE, decided_by=live_bank.first)
    case.refresh_from_db()
    assert case.state == Case.State.OPEN


def test_upheld_it_can_still_be_collected_and_cleared_no_more(live_bank: Bank, case: Case) -> None:
    live_bank.settle_case(case, Kind.UPHOLD)
    assert case.state == Case.State.UPHELD
    assert live_bank.settle_case(case, Kind.COLLECT) == 20 * STROOPS
    with pytest.raises(Refused, match="not closed"):
        settling.propose(case, Kind.CLEAR, actor=live_bank.first, reason="late")
