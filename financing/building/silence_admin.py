"""In the office: what the Treasury announces where a requester does not answer."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from stelltron.core.staff import BAD, GOOD, NEUTRAL, WAITING, BooksAdmin, OfficeForm, badge

from ..models import Announcement
from . import silence

announcement_state = badge(
    "state",
    PROPOSED=WAITING,
    SENT=NEUTRAL,
    WAITING=NEUTRAL,
    ACTING=NEUTRAL,
    DONE=GOOD,
    OBJECTED=BAD,
    SETTLED=NEUTRAL,
    REFUSED=NEUTRAL,
    FAILED=BAD,
)


class SilenceForm(OfficeForm):
    evidence = forms.CharField(
        max_length=1000, help_text="who was asked, when, by what way, and what stands there: its hash goes on the chain"
    )


class EndAct:
    """The end of a generator whose requester does not answer, on its page."""

    @action(description="Announce its end", icon="campaign", permissions=["treasury"])
    def announce_end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        made = self.row(request, object_id, "view")

        def do(evidence: str, reason: str) -> str:
            silence.propose_retirement(made, evidence, actor=request.user, reason=reason)
            return "Once a second person approves it, the requester has 14 days to object."

        explain = silence.describe(Announcement(generator=made))
        return self.act(request, SilenceForm, "Announce its end", do, row=made, explain=explain, danger=True)


@admin.register(Announcement)
class AnnouncementAdmin(BooksAdmin):
    list_display = ("generator", "milestone", announcement_state, "until", "proposed_by", "approved_by")
    list_filter = ("state", "generator__community")
    search_fields = ("generator__name",)
    list_select_related = ("generator", "milestone__generator", "proposed_by", "approved_by")
    fields = (
        "generator",
        "milestone",
        announcement_state,
        "until",
        "evidence",
        "evidence_hash",
        "why",
        "proposed_at",
        "proposed_by",
        "approved_by",
        "intent",
        "objection",
        "act",
    )
    actions_detail = ("approve", "refuse")

    def has_treasury_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("financing.change_announcement")

    @action(description="Approve", icon="done_all", permissions=["treasury"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        announced = self.row(request, object_id)

        def do(reason: str) -> str:
            silence.approve(announced, actor=request.user, reason=reason)
            return "It is on its way to the chain; the requester and the owners are told."

        return self.act(request, OfficeForm, "Announce it", do, row=announced, explain=silence.describe(announced))

    @action(description="Refuse", icon="undo", permissions=["treasury"])
    def refuse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        announced = self.row(request, object_id)

        def do(reason: str) -> str:
            silence.refuse(announced, actor=request.user, reason=reason)
            return "It is not announced."

        explain = silence.describe(announced)
        return self.act(request, OfficeForm, "Refuse it", do, row=announced, explain=explain, danger=True)
