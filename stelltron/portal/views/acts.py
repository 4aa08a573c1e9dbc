"""What a member signs in a wallet of their own: GET gives the transaction, POST takes it signed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from financing.building import objections
from financing.models import Generator
from financing.offering import offerings, second_thoughts
from financing.owning import owning
from governance import drafting, purse, voting
from governance.grid import staking
from governance.models import Ballot, Proposal
from market import mandates
from market.models import Mandate
from stelltron.bank import leaving, payouts
from stelltron.bank.models import Payout
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS, parse_scaled
from stelltron.ledger import funding, wallet_calls
from stelltron.ledger.wallet_calls import WalletCall
from stelltron.members.models import Member, Wallet

from .. import generator_acts, to_sign
from ..access import MemberRequest, member_required
from ..selectors import generators, proposals

LARGEST_BODY = 60_000


@dataclass(frozen=True)
class Act:
    """``call`` is what to sign, ``take`` what happens with the signature."""

    call: WalletCall
    take: Callable[[str], object]
    said: str


def _give_mandate(member: Member, subject: str) -> Act:
    mandate = _mandate(member, subject)
    said = "Your mandate is on its way to the chain."
    return Act(mandates.mandate_call(mandate), lambda signed: mandates.take_mandate(mandate, signed), said)


def _end_mandate(member: Member, subject: str) -> Act:
    mandate = _mandate(member, subject)
    said = "Your mandate has ended."
    return Act(mandates.end_call(mandate), lambda signed: mandates.take_end(mandate, signed, actor=member.user), said)


def _amount(subject: str) -> int:
    try:
        return parse_scaled(subject, STROOPS)
    except ValueError as problem:
        raise Refused("not_an_amount", str(problem)) from None


def _deposit(member: Member, subject: str) -> Act:
    call = funding.deposit_call(member, _amount(subject))
    said = "Your deposit is on its way. It counts once the chain has confirmed it."
    return Act(call, lambda signed: wallet_calls.take(member.community, member.wallet, call, signed), said)


def _burn(member: Member, subject: str) -> Act:
    payout = Payout.objects.filter(pk=int(subject) if subject.isdecimal() else 0, member=member).first()
    if payout is None:
        raise Http404
    payout.member = member
    said = "Your WATT are being burned; then the co-op sends the money."
    return Act(payouts.burn_call(payout), lambda signed: payouts.take_burn(payout, signed), said)


def _leave(member: Member, subject: str) -> Act:
    call = leaving.leave_call(member, _amount(subject))
    said = "On its way out of the market: the contract waits a quarter of an hour."
    return Act(call, lambda signed: wallet_calls.take(member.community, member.wallet, call, signed), said)


def _take_out(member: Member, subject: str) -> Act:
    call = leaving.take_call(member)
    said = "It arrives in your wallet once the chain has confirmed it."
    return Act(call, lambda signed: wallet_calls.take(member.community, member.wallet, call, signed), said)


def _fund(member: Member, subject: str) -> Act:
    """``subject`` is the generator and the units; the page that offers the signature has shown the risks."""
    address, _, units = subject.partition(":")
    made, wanted = _generator(member, address), int(units) if units.isdecimal() else 0
    return Act(
        offerings.fund_call(made, member, wanted),
        lambda signed: offerings.take_fund(made, member, wanted, signed, risks_read=True),
        f"Your stake of {wanted:,} units is on its way to the chain.",
    )


def _refund(member: Member, subject: str) -> Act:
    made = _generator(member, subject)
    return _of_generator(made, member, offerings.refund_call(made, member), "Your stake is on its way back.")


def _take_back(member: Member, subject: str) -> Act:
    """``subject`` is the generator and the stake."""
    address, _, number = subject.partition(":")
    rows = _generator(member, address).pledges.select_related("generator__community", "generator__offering")
    pledge = get_object_or_404(rows, pk=int(number) if number.isdecimal() else 0, financier=member)
    return Act(
        second_thoughts.take_back_call(pledge, member),
        lambda signed: second_thoughts.take_signed(pledge, member, signed),
        "Your stake is on its way back to your wallet.",
    )


def _claim(member: Member, subject: str) -> Act:
    made = _generator(member, subject)
    return _of_generator(made, member, owning.claim_call(made, member), "Your income is on its way to your wallet.")


def _at_generator(member: Member, subject: str) -> Act:
    """``subject`` names what the member has filled in on the generator's page."""
    address, name, told = to_sign.find(member, subject)
    made, asked = _generator(member, address), generator_acts.ACTS[name]
    form = asked.form(told)
    assert asked.call and form.is_valid()
    data = form.cleaned_data
    return Act(asked.call(made, member, data), lambda signed: asked.take_signed(made, member, data, signed), asked.said)


def _object(member: Member, subject: str) -> Act:
    made = _generator(member, subject)
    return Act(
        objections.object_call(made, member),
        lambda signed: objections.take_objection(made, member, signed),
        "Your objection is on its way to the chain.",
    )


def _submit_proposal(member: Member, subject: str) -> Act:
    proposal = _proposal(member, subject)
    said = "Your proposal is on its way to the vote."
    return Act(
        drafting.submit_call(proposal, member), lambda signed: drafting.take_submit(proposal, member, signed), said
    )


def _vote(member: Member, subject: str) -> Act:
    """``subject`` is the proposal and the choice."""
    identifier, _, choice = subject.partition(":")
    proposal = _proposal(member, identifier)
    if choice not in Ballot.Choice:
        raise Refused("no_choice", "choose yes, no or abstain")
    return Act(
        voting.vote_call(proposal, member, choice),
        lambda signed: voting.take_vote(proposal, member, choice, signed),
        "Your vote is on its way.",
    )


def _grid(verb: str) -> Callable[[Member, str], Act]:
    """``subject`` is the amount, where the verb has one."""

    def act(member: Member, subject: str) -> Act:
        stroops = _amount(subject) if verb in staking.OF_AMOUNTS else 0
        call = staking.act_call(member, verb, stroops)
        said = "It is on its way. It counts once the chain has confirmed it."
        return Act(call, lambda signed: staking.take_act(member, verb, stroops, signed), said)

    return act


def _pay_purse(member: Member, subject: str) -> Act:
    stroops = _amount(subject)
    said = "Your payment is on its way to the purse."
    return Act(purse.pay_in_call(member, stroops), lambda signed: purse.take_pay_in(member, stroops, signed), said)


def _proposal(member: Member, identifier: str) -> Proposal:
    try:
        found = proposals.visible(member).filter(pk=UUID(identifier)).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


def _of_generator(made: Generator, member: Member, call: WalletCall, said: str) -> Act:
    return Act(call, lambda signed: wallet_calls.take(made.community, member.wallet, call, signed), said)


def _generator(member: Member, address: str) -> Generator:
    return get_object_or_404(generators.visible(member), address=address)


ACTS = {
    "give-mandate": _give_mandate,
    "end-mandate": _end_mandate,
    "deposit": _deposit,
    "burn": _burn,
    "leave": _leave,
    "take-out": _take_out,
    "fund-generator": _fund,
    "refund-stake": _refund,
    "take-stake-back": _take_back,
    "claim-income": _claim,
    "at-generator": _at_generator,
    "object-to-announcement": _object,
    "submit-proposal": _submit_proposal,
    "vote": _vote,
    "pay-purse": _pay_purse,
    **{f"{verb}-grid": _grid(verb) for verb in staking.VERBS},
}


@csrf_protect
@require_http_methods(["GET", "POST"])
@member_required
def act(request: MemberRequest, name: str) -> HttpResponse:
    """For external wallets only: the co-op signs for the others."""
    if name not in ACTS or request.member.wallet.kind != Wallet.Kind.EXTERNAL:
        raise Http404
    try:
        asked = ACTS[name](request.member, request.GET.get("subject", ""))
        if request.method == "GET":
            envelope = wallet_calls.unsigned(request.member.wallet, asked.call)
            return JsonResponse({"transaction": envelope, "network_passphrase": settings.STELLAR.passphrase})
        asked.take(_signed(request))
    except Refused as problem:
        return JsonResponse({"error": problem.message, "code": problem.code}, status=400)
    messages.success(request, asked.said)
    return JsonResponse({"said": asked.said})


def _mandate(member: Member, subject: str) -> Mandate:
    try:
        mandate = Mandate.objects.filter(pk=UUID(subject), member=member).first()
    except ValueError:
        mandate = None
    if mandate is None:
        raise Http404
    mandate.member = member
    return mandate


def _signed(request: MemberRequest) -> str:
    if len(request.body) > LARGEST_BODY:
        raise Refused("not_an_envelope", "the answer is too large")
    try:
        read = json.loads(request.body)
    except ValueError:
        read = None
    return str(read.get("transaction", "")) if isinstance(read, dict) else ""
