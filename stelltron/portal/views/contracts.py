"""Contracts among friends: offered, accepted and ended by the two members themselves."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from market.friends import agreements
from market.models import FriendContract
from stelltron.core.errors import Refused
from stelltron.members.models import Member

from ..access import MemberRequest, member_required
from ..forms import ContractForm

FIELD_OF = {
    "no_such_member": "other",
    "price_out_of_range": "price",
    "energy_out_of_range": "slot_kwh",
    "contract_ends_before_it_starts": "until",
}


def _page(request: MemberRequest, form: ContractForm, status: int = 200) -> HttpResponse:
    member, now = request.member, request.member.community.now()
    contracts = list(agreements.contracts_of(member))
    for contract in contracts:
        contract.i_sell = contract.seller_id == member.pk
        contract.other = contract.buyer if contract.i_sell else contract.seller
        contract.to_answer = contract.state == FriendContract.State.OFFERED and contract.offered_by_id != member.pk
        contract.is_over = contract.state == FriendContract.State.ENDED or contract.valid_until <= now
    return render(request, "portal/contracts.html", {"contracts": contracts, "form": form}, status=status)


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    return _page(request, ContractForm())


@csrf_protect
@require_POST
@member_required
def offer(request: MemberRequest) -> HttpResponse:
    form = ContractForm(request.POST)
    if form.is_valid():
        try:
            contract = agreements.offer_to(request.member, **form.terms(request.member.community))
        except Refused as problem:
            form.add_error(FIELD_OF.get(problem.code), f"{problem.message[:1].upper()}{problem.message[1:]}.")
        else:
            other = contract.buyer if contract.seller_id == request.member.pk else contract.seller
            messages.success(request, f"Offered to {other.name}. It holds once they accept.")
            return redirect("portal:contracts")
    return _page(request, form, status=422)


@csrf_protect
@require_POST
@member_required
def accept(request: MemberRequest, contract_id: UUID) -> HttpResponse:
    return _decide(request, contract_id, agreements.accept_contract, "The contract holds from the next slot on.")


@csrf_protect
@require_POST
@member_required
def end(request: MemberRequest, contract_id: UUID) -> HttpResponse:
    return _decide(request, contract_id, agreements.end_contract, "The contract is ended.")


def _decide(
    request: MemberRequest, contract_id: UUID, act: Callable[[FriendContract, Member], None], said: str
) -> HttpResponse:
    contract = get_object_or_404(agreements.contracts_of(request.member), pk=contract_id)
    try:
        act(contract, request.member)
    except Refused as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, said)
    return redirect("portal:contracts")
