"""What the office sees of the members' decisions. Staff decides nothing here: it may stop, and hide, and says why."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display

from stelltron.core import units
from stelltron.core.staff import BAD, GOOD, NEUTRAL, WAITING, BooksAdmin, OfficeForm, badge, community_slug, short, watt
from stelltron.members.models import Member

from . import comments, drafting
from .grid import giving, licences
from .models import (
    Ballot,
    Comment,
    Delegation,
    GridGift,
    GridMovement,
    GridPool,
    GridPosition,
    House,
    LicenceKey,
    Proposal,
    Rehearsal,
    RehearsedBill,
    RollEntry,
    Rules,
    Sponsor,
)

grid = partial(watt, unit="GRID", places=7)


@display(description="equal to the chain", label={"yes": GOOD, "no": BAD, "not yet": WAITING})
def agrees(row: House | GridPool) -> str:
    return "not yet" if row.compared_at is None else "no" if row.differences else "yes"


@admin.register(House)
class HouseAdmin(BooksAdmin):
    list_display = ("community", "founded_at", "compared_at", agrees)
    list_select_related = ("community",)
    fields = ("community", "founded_at", "compared_at", "differences")


@admin.register(Rules)
class RulesAdmin(BooksAdmin):
    list_display = ("kind", "house", "quorum_bps", "majority_bps", "notice_seconds", "period_seconds", "delay_seconds")
    list_select_related = ("house__community",)
    fields = (*list_display, "by_stake")


@admin.register(RollEntry)
class RollEntryAdmin(BooksAdmin):
    list_display = ("member", short("address", "wallet"), "joined_at", "left_at")
    list_select_related = ("member",)
    list_filter = ("house",)
    search_fields = ("address__exact", "member__code__exact")
    search_help_text = "exact wallet address or member code"
    fields = ("house", "member", "address", "joined_at", "left_at")


@admin.register(Proposal)
class ProposalAdmin(BooksAdmin):
    list_display = (
        "title",
        "kind",
        badge(
            "state",
            DRAFT=NEUTRAL,
            SENT=WAITING,
            OPEN=WAITING,
            SUCCEEDED=WAITING,
            QUEUED=WAITING,
            EXECUTED=GOOD,
            DEFEATED=NEUTRAL,
            CANCELLED=NEUTRAL,
            WITHDRAWN=NEUTRAL,
            EXPIRED=BAD,
        ),
        "cast_of",
        "closes_at",
        "problem",
        community_slug,
    )
    list_filter = ("community", "state", "kind")
    list_select_related = ("community",)
    search_fields = ("title", "id__exact")
    fields = (
        *("community", "number", "kind", "title", "text", "change", "effective_from", "author", "state", "problem"),
        *(
            "by_stake",
            "eligible",
            "yes",
            "no",
            "abstain",
            "quorum_bps",
            "majority_bps",
            "snapshot_at",
            "opens_at",
            "closes_at",
        ),
        *("decided_at", "ready_at", "expires_at", "executed_at", "description_hash", "operation", "intent"),
    )
    actions_detail = ("stop",)

    @display(description="voted")
    def cast_of(self, row: Proposal) -> str:
        if not row.number:
            return "–"
        return (
            f"{units.money(row.cast)} of {units.money(row.eligible)} GRID"
            if row.by_stake
            else f"{row.cast} of {row.eligible}"
        )

    def has_stop_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("governance.change_proposal")

    @action(description="Cancel as guardian", icon="block", permissions=["stop"])
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        proposal = self.row(request, object_id)

        def do(reason: str) -> str:
            drafting.cancel_as_guardian(proposal, actor=request.user, reason=reason)
            return "It is being cancelled; its author and all voters are told."

        explain = "The guardian's key ends it on the chain. Members read your reason, and may propose it again."
        title = "Cancel what members put to the vote"
        return self.act(request, OfficeForm, title, do, row=proposal, explain=explain, danger=True)


@admin.register(Sponsor)
class SponsorAdmin(BooksAdmin):
    list_display = fields = ("proposal", "member", "at")
    list_select_related = ("proposal", "member")


@admin.register(Ballot)
class BallotAdmin(BooksAdmin):
    list_display = (
        "proposal",
        "member",
        short("address", "wallet"),
        "choice",
        "weight",
        badge("state", SENT=WAITING, CAST=GOOD, REFUSED=BAD),
        "follows",
        "problem",
    )
    list_select_related = ("proposal", "member", "follows")
    list_filter = ("state", "choice")
    search_fields = ("address__exact", "member__code__exact")
    search_help_text = "exact wallet address or member code"
    fields = ("proposal", "member", "address", "choice", "weight", "state", "follows", "intent", "at", "problem")


@admin.register(Delegation)
class DelegationAdmin(BooksAdmin):
    list_display = fields = ("member", "delegate", "since")
    list_select_related = ("member", "delegate")


@admin.register(Comment)
class CommentAdmin(BooksAdmin):
    list_display = ("at", "member", "proposal", "text", "hidden_because")
    list_select_related = ("member", "proposal")
    fields = ("proposal", "member", "text", "at", "hidden_because")
    actions_detail = ("hide",)

    def has_hide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("governance.change_comment")

    @action(description="Hide it", icon="visibility_off", permissions=["hide"])
    def hide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        comment = self.row(request, object_id)

        def do(reason: str) -> str:
            comments.hide(comment, actor=request.user, reason=reason)
            return "Hidden; members read why."

        return self.act(request, OfficeForm, "Hide a comment", do, row=comment)


@admin.register(Rehearsal)
class RehearsalAdmin(BooksAdmin):
    list_display = ("key", "value", "first", "end", badge("state", RUNNING=WAITING, DONE=GOOD, FAILED=BAD), "problem")
    list_filter = ("community", "state")
    fields = ("community", "key", "value", "first", "end", "slots", "before", "after", "state", "problem", "began_at")


@admin.register(RehearsedBill)
class RehearsedBillAdmin(BooksAdmin):
    list_display = ("member", "rehearsal", watt("before"), watt("after", "would have been"))
    list_select_related = ("member", "rehearsal")
    fields = ("rehearsal", "member", "before", "after")


@admin.register(GridPool)
class GridPoolAdmin(BooksAdmin):
    list_display = (short("address", "contract"), grid("staked", "at stake"), grid("free", "rewards left"), agrees)
    fields = (
        *("address", grid("staked", "at stake"), grid("unstaking", "asked back"), grid("funded", "paid in")),
        *(grid("free", "left"), grid("owed", "earned, not claimed"), grid("claimed", "claimed"), "rate_bps"),
        *("unstake_delay", grid("licence_stake", "licence from"), "tiers", "compared_at", "differences"),
    )


@admin.register(GridPosition)
class GridPositionAdmin(BooksAdmin):
    list_display = (
        *("member", short("address", "wallet"), grid("staked", "at stake"), grid("unstaking", "asked back")),
        *("ready_at", grid("claimed", "claimed")),
    )
    list_select_related = ("member",)
    search_fields = ("address__exact", "member__code__exact")
    search_help_text = "exact wallet address or member code"
    fields = ("member", "address", *list_display[2:])


@admin.register(GridMovement)
class GridMovementAdmin(BooksAdmin):
    list_display = ("at", "who", "kind", grid("amount"), short("transaction_hash", "transaction"))
    list_select_related = ("position__member",)
    list_filter = ("kind",)
    search_fields = ("position__address__exact", "position__member__code__exact")
    fields = ("position", "at", "kind", grid("amount"), "transaction_hash")

    @display(description="member")
    def who(self, row: GridMovement) -> str:
        return str(row.position.member or row.position)


@admin.register(LicenceKey)
class LicenceKeyAdmin(BooksAdmin):
    list_display = ("name", "member", "start", "scopes", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("member",)
    search_fields = ("member__code__exact", "name")
    fields = list_display
    actions_detail = ("revoke",)

    def has_revoke_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("governance.change_licencekey")

    @action(description="Revoke it", icon="block", permissions=["revoke"])
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.row(request, object_id)

        def do(reason: str) -> str:
            licences.revoke(key, actor=request.user, reason=reason)
            return "Revoked; the application cannot use it any more."

        return self.act(request, OfficeForm, "Revoke an application's key", do, row=key, danger=True)


class GiftForm(OfficeForm):
    member = forms.ModelChoiceField(Member.objects.filter(is_active=True, kyc=Member.Kyc.APPROVED).order_by("code"))
    amount = forms.DecimalField(min_value=Decimal("0.0000001"), max_digits=18, decimal_places=7, help_text="GRID")


@admin.register(GridGift)
class GridGiftAdmin(BooksAdmin):
    list_display = (
        *("member", grid("stroops"), badge("state", PROPOSED=WAITING, APPROVED=GOOD, REJECTED=BAD), "reason"),
        *("proposed_by", "approved_by", "proposed_at", "decided_at"),
    )
    list_select_related = ("member", "proposed_by", "approved_by")
    list_filter = ("state",)
    search_fields = ("member__code", "member__name")
    fields = (*list_display, "intent")
    actions_detail = ("approve", "reject")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("governance.add_gridgift")

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("governance.change_gridgift")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict | None = None) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)

        def do(member: Member, amount: Decimal, reason: str) -> str:
            giving.propose(member, int(amount * units.STROOPS), actor=request.user, reason=reason)
            return f"{amount} GRID for {member} wait for a second person's approval."

        explain = "Nothing moves yet: a second person with the Treasury role approves it."
        return self.act(request, GiftForm, "Propose a gift of GRID", do, explain=explain)

    @action(description="Approve", icon="done_all", permissions=["decide"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        gift = self.row(request, object_id)

        def do(reason: str) -> str:
            giving.approve(gift, actor=request.user, reason=reason)
            return "Approved; the GRID is on its way."

        amount = units.money(gift.stroops, 7)
        explain = f"{amount} GRID for {gift.member}, proposed by {gift.proposed_by}: {gift.reason}"
        return self.act(request, OfficeForm, "Approve", do, row=gift, explain=explain)

    @action(description="Reject", icon="block", permissions=["decide"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponse:
        gift = self.row(request, object_id)

        def do(reason: str) -> str:
            giving.reject(gift, actor=request.user, reason=reason)
            return "Rejected; nothing moved."

        return self.act(request, OfficeForm, "Reject", do, row=gift)
