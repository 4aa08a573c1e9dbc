"""Disputes in the office: one proposes, another one decides."""

from __future__ import annotations

from decimal import Decimal

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from stelltron.core.staff import BAD, GOOD, WAITING, BooksAdmin, OfficeForm, badge, watt
from stelltron.core.units import STROOPS, money

from ..models import Dispute
from . import disputes

dispute_state = badge("state", OPEN=WAITING, PROPOSED=WAITING, UPHELD=GOOD, REJECTED=BAD)


class ProposalForm(OfficeForm):
    correction = forms.DecimalField(
        max_digits=18,
        decimal_places=7,
        help_text="WATT booked to the member, negative: from the member; 0 rejects the dispute",
    )


@admin.register(Dispute)
class DisputeAdmin(BooksAdmin):
    actions_detail = ("propose", "agree", "send_back")
    list_display = ("opened_at", "member", "line", dispute_state, "text", "proposed_by", "decided_by")
    list_filter = ("state", "member__community")
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member", "line", "proposed_by", "decided_by")
    fields = (
        "member",
        "line",
        dispute_state,
        "text",
        "evidence",
        "opened_at",
        watt("correction", "correction, + is owed to the member", places=7),
        "reason",
        "proposed_by",
        "decided_by",
        "decided_at",
        "correction_line",
        "left_out_of",
        "billed_in",
    )

    def has_decide_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("market.change_dispute")

    @action(description="Propose", icon="edit_note", permissions=["decide"])
    def propose(self, request: HttpRequest, object_id: str) -> HttpResponse:
        dispute = self.row(request, object_id)

        def do(correction: Decimal, reason: str) -> str:
            disputes.propose_decision(dispute, correction=int(correction * STROOPS), actor=request.user, reason=reason)
            return "A second person has to decide it now."

        explain = f"The line books {money(dispute.line.amount, 7)} WATT. {dispute.member} says: {dispute.text}"
        return self.act(request, ProposalForm, "Propose a decision", do, row=dispute, explain=explain)

    @action(description="Agree", icon="done_all", permissions=["decide"])
    def agree(self, request: HttpRequest, object_id: str) -> HttpResponse:
        dispute = self.row(request, object_id)

        def do(reason: str) -> str:
            disputes.decide(dispute, actor=request.user, reason=reason)
            return f"The dispute is {dispute.get_state_display()}."

        return self.act(request, OfficeForm, "Agree", do, row=dispute, explain=_proposal(dispute))

    @action(description="Send back", icon="undo", permissions=["decide"])
    def send_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        dispute = self.row(request, object_id)

        def do(reason: str) -> str:
            disputes.send_back(dispute, actor=request.user, reason=reason)
            return "The dispute waits for another proposal."

        return self.act(request, OfficeForm, "Send back", do, row=dispute, explain=_proposal(dispute), danger=True)


def _proposal(dispute: Dispute) -> str:
    if dispute.correction is None:
        return "Nobody has proposed a decision yet."
    what = f"to book {money(dispute.correction, 7)} WATT" if dispute.correction else "to reject it"
    return f"{dispute.proposed_by} proposes {what}: {dispute.reason}"
