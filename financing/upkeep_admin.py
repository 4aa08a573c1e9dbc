"""Tickets in the office, and what requester and two of the Treasury do with a generator."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from stelltron.core.errors import Refused
from stelltron.core.staff import BAD, GOOD, NEUTRAL, WAITING, BooksAdmin, OfficeForm, badge, watt
from stelltron.core.units import STROOPS
from stelltron.members.models import Member

from . import upkeep as service
from .models import Ticket, Upkeep

ticket_state = badge("state", OPEN=WAITING, ANSWERED=GOOD)
upkeep_state = badge(
    "state", PROPOSED=WAITING, AGREED=WAITING, APPROVED=NEUTRAL, DONE=GOOD, REFUSED=NEUTRAL, FAILED=BAD
)


class EvidenceForm(OfficeForm):
    evidence = forms.CharField(max_length=1000, help_text="invoice, report, photographs: its hash goes on the chain")


class SpendingForm(EvidenceForm):
    payee = forms.CharField(max_length=40, help_text="code of the member who is paid")
    amount = forms.DecimalField(min_value=0, decimal_places=7, max_digits=18, help_text="WATT")


class DeviceForm(EvidenceForm):
    device_key = forms.RegexField(r"^[0-9a-fA-F]{64}$", help_text="of the new device: ed25519, 64 hexadecimal digits")


class AnswerForm(OfficeForm):
    answer = forms.CharField(max_length=1000, help_text="what the member reads")


class UpkeepActs:
    """The proposals, on a generator's page."""

    def has_treasury_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("financing.change_upkeep")

    @action(description="Pay for maintenance", icon="handyman", permissions=["treasury"])
    def spend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        made = self.row(request, object_id, "view")

        def do(payee: str, amount: int, evidence: str, reason: str) -> str:
            member = Member.objects.filter(community=made.community, code=payee.strip()).first()
            if member is None:
                raise Refused("no_such_member", f"no member of {made.community} has the code {payee}")
            stroops = int(amount * STROOPS)
            service.propose_spending(made, member, stroops, evidence, actor=request.user, reason=reason)
            return PROPOSED

        return self.act(request, SpendingForm, "Pay out of the maintenance fund", do, row=made)

    @action(description="Replace its device", icon="swap_horiz", permissions=["treasury"])
    def replace_device(self, request: HttpRequest, object_id: str) -> HttpResponse:
        made = self.row(request, object_id, "view")

        def do(device_key: str, evidence: str, reason: str) -> str:
            service.propose_device(made, bytes.fromhex(device_key), evidence, actor=request.user, reason=reason)
            return PROPOSED

        return self.act(request, DeviceForm, "Bind another device", do, row=made)

    @action(description="Retire it", icon="power_settings_new", permissions=["treasury"])
    def retire(self, request: HttpRequest, object_id: str) -> HttpResponse:
        made = self.row(request, object_id, "view")

        def do(evidence: str, reason: str) -> str:
            service.propose_retirement(made, evidence, actor=request.user, reason=reason)
            return PROPOSED

        explain = service.describe(Upkeep(generator=made, kind=Upkeep.Kind.RETIRE))
        return self.act(request, EvidenceForm, "Retire the generator", do, row=made, explain=explain, danger=True)


PROPOSED = "Proposed. The requester has to agree, and then a second person of the Treasury."


@admin.register(Upkeep)
class UpkeepAdmin(BooksAdmin):
    list_display = ("generator", "kind", upkeep_state, watt("amount"), "payee", "proposed_by", "approved_by")
    list_filter = ("state", "kind", "generator__community")
    search_fields = ("generator__name", "payee__code")
    list_select_related = ("generator", "payee", "proposed_by", "approved_by")
    fields = (
        "generator",
        "kind",
        upkeep_state,
        watt("amount", places=7),
        "payee",
        "device_key",
        "evidence",
        "evidence_hash",
        "why",
        "proposed_at",
        "proposed_by",
        "agreed_at",
        "approved_by",
        "intent",
    )
    actions_detail = ("approve", "refuse")

    def has_treasury_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("financing.change_upkeep")

    @action(description="Approve", icon="done_all", permissions=["treasury"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        upkeep = self.row(request, object_id)

        def do(reason: str) -> str:
            service.approve(upkeep, actor=request.user, reason=reason)
            return "It is on its way to the chain."

        return self.act(request, OfficeForm, "Approve it", do, row=upkeep, explain=service.describe(upkeep))

    @action(description="Refuse", icon="undo", permissions=["treasury"])
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        upkeep = self.row(request, object_id)

        def do(reason: str) -> str:
            service.refuse(upkeep, actor=request.user, reason=reason)
            return "It is not done."

        return self.act(request, OfficeForm, "Refuse it", do, row=upkeep, explain=service.describe(upkeep), danger=True)


@admin.register(Ticket)
class TicketAdmin(BooksAdmin):
    list_display = ("generator", "member", "fault", "text", ticket_state, "opened_at", "answered_by")
    list_filter = ("state", "fault", "generator__community")
    search_fields = ("generator__name", "member__code")
    list_select_related = ("generator", "member", "answered_by")
    fields = (
        "generator",
        "member",
        "fault",
        "text",
        ticket_state,
        "opened_at",
        "answer",
        "answered_at",
        "answered_by",
    )
    actions_detail = ("reply",)

    def has_answer_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("financing.change_ticket")

    @action(description="Answer", icon="reply", permissions=["answer"])
    def reply(self, request: HttpRequest, object_id: str) -> HttpResponse:
        ticket = self.row(request, object_id)

        def do(answer: str, reason: str) -> str:
            service.answer_ticket(ticket, answer, actor=request.user, reason=reason)
            return f"{ticket.member} is told."

        return self.act(request, AnswerForm, "Answer the ticket", do, row=ticket, explain=ticket.text)
