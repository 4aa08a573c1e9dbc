"""Agents: appoint them, sell for cash with a receipt, hand the cash over."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from financing import agents as service
from financing.models import Agent
from stelltron.core.errors import Refused
from stelltron.members.models import Member

from .. import generator_forms as given
from ..access import MemberRequest, member_required
from ..selectors import agents as selectors
from ..selectors.generators import visible
from .generator_requests import sentence


def _page(request: MemberRequest, status: int = 200, **bound: object) -> HttpResponse:
    choices = selectors.sold_at(request.member)
    context = {
        **selectors.page(request.member),
        "appoint_form": given.AgentForm(),
        "sell_form": given.SellForm(choices=choices),
        "handover_form": given.HandoverForm(),
        **bound,
    }
    return render(request, "portal/agents.html", context, status=status)


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    return _page(request)


@csrf_protect
@require_POST
@member_required
def appoint(request: MemberRequest) -> HttpResponse:
    form = given.AgentForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            other = Member.objects.filter(
                community=request.member.community, code=data["other"].strip(), is_active=True
            ).first()
            if other is None:
                raise Refused("no_such_member", "no member of your community has this code: ask them for it")
            service.appoint(request.member, other, data["ceiling"])
        except Refused as problem:
            form.add_error(None, sentence(problem))
        else:
            messages.success(request, f"{other.name} may sell for you now.")
            return redirect("portal:agents")
    return _page(request, 422, appoint_form=form)


@csrf_protect
@require_POST
@member_required
def dismiss(request: MemberRequest, agent_id: UUID) -> HttpResponse:
    agent = get_object_or_404(
        Agent.objects.select_related("principal", "member"), pk=agent_id, principal=request.member
    )
    service.dismiss(agent, request.member)
    messages.success(request, f"{agent.member.name} sells no more for you.")
    return redirect("portal:agents")


@csrf_protect
@require_POST
@member_required
def handover(request: MemberRequest, agent_id: UUID) -> HttpResponse:
    agent = get_object_or_404(Agent.objects.select_related("principal"), pk=agent_id, principal=request.member)
    form = given.HandoverForm(request.POST)
    if form.is_valid():
        try:
            service.take_handover(agent, request.member, form.cleaned_data["cash"])
        except Refused as problem:
            form.add_error(None, sentence(problem))
        else:
            messages.success(request, "Confirmed. The agent is told.")
            return redirect("portal:agents")
    return _page(request, 422, handover_form=form)


@csrf_protect
@require_POST
@member_required
def sell(request: MemberRequest, agent_id: UUID) -> HttpResponse:
    """First the price to tell the customer, then the sale at that price."""
    agent = get_object_or_404(Agent.objects.select_related("principal__community"), pk=agent_id, member=request.member)
    form = given.SellForm(request.POST, choices=selectors.sold_at(request.member))
    if form.is_valid():
        data = form.cleaned_data
        made = get_object_or_404(visible(request.member), address=data["generator"])
        try:
            told = request.POST.get("told", "")
            if not told.isdecimal():
                cash, _ = service.quote(made, data["quantity"])
                return render(
                    request, "portal/agent_sale.html", {"agent": agent, "generator": made, "form": form, "cash": cash}
                )
            sale = service.sell(agent, request.member, made, data["quantity"], phone=data["phone"], most=int(told))
        except Refused as problem:
            form.add_error(None, sentence(problem))
        else:
            messages.success(request, f"Sold: {sale}. The code follows.")
            return redirect("portal:agents")
    return _page(request, 422, sell_form=form)
