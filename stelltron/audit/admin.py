from __future__ import annotations

from datetime import date

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from unfold.decorators import action, display

from stelltron.core.errors import Refused
from stelltron.core.files import download
from stelltron.core.models import Community
from stelltron.core.staff import BAD, GOOD, NEUTRAL, WAITING, BooksAdmin, OfficeForm, badge, community_slug, short
from stelltron.members.models import Member

from . import anchors, erasures
from .export.archive import write_archive
from .export.period import Period
from .models import Anchor, Erasure, Seal


class CommunityForm(OfficeForm):
    community = forms.ModelChoiceField(Community.objects.all())


class ReasonForm(OfficeForm):
    """Only why."""


class EraseForm(CommunityForm):
    code = forms.CharField(max_length=40, help_text="the co-op's own number of the member")


class ExportForm(CommunityForm):
    first = forms.DateField(label="first day", help_text="as the community counts days")
    last = forms.DateField(label="last day", help_text="it is included")


@admin.register(Anchor)
class AnchorAdmin(BooksAdmin):
    list_display = ("made_at", "book", "number", short("hash", "hash"), "on_the_chain", "transaction", community_slug)
    list_filter = ("book", "community")
    list_select_related = ("community", "intent")
    fields = ("book", "number", "hash", "on_the_chain", "transaction", "intent", "made_at", "community")
    actions_list = ("anchor_now", "export_books")

    @display(description="on the chain", label={"CONFIRMED": GOOD, "FAILED": BAD, "PENDING": WAITING, "SENT": NEUTRAL})
    def on_the_chain(self, row: Anchor) -> tuple[str, str]:
        return row.intent.state, row.intent.get_state_display()

    @display(description="transaction")
    def transaction(self, row: Anchor) -> str:
        return short("transaction_id", "")(row.intent)

    def has_anchor_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("audit.add_anchor")

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("audit.export_books")

    @action(description="Anchor now", icon="anchor", permissions=["anchor"])
    def anchor_now(self, request: HttpRequest) -> HttpResponseBase:
        def do(community: Community, reason: str) -> str:
            intent = anchors.anchor(community, actor=request.user, reason=reason)
            return f"{intent.key} waits for the chain." if intent else f"{community} has no books yet."

        explain = (
            "The hashes of the last journal entry and of the last action are written on Stellar."
            " Whoever changes or removes anything before them is found out."
        )
        return self.act(request, CommunityForm, "Anchor the books", do, explain=explain)

    @action(description="Export for auditors", icon="archive", permissions=["export"])
    def export_books(self, request: HttpRequest) -> HttpResponseBase:
        def do(community: Community, first: date, last: date, reason: str) -> HttpResponseBase:
            period = Period(community, first, last)
            return download(
                request,
                f"{community.slug}-{first}-{last}.zip",
                lambda file: write_archive(file, period, actor=request.user, reason=reason),
            )

        explain = (
            "One ZIP: journal, action log, documents, statement lines, members, tariffs, parameters and allocation keys"
            " as CSV, with a list of their SHA-256. It names members, and the export is logged."
            " For a year of a large community use bin/manage export_books."
        )
        return self.act(request, ExportForm, "Export for auditors", do, explain=explain)


@admin.register(Seal)
class SealAdmin(BooksAdmin):
    list_display = ("number", "action", short("hash", "hash"), "sealed_at", "words_are", community_slug)
    list_filter = ("community",)
    search_fields = ("hash__exact", "action__target__exact")
    search_help_text = "a whole hash, or an action's exact target"
    list_select_related = ("community", "action")
    fields = ("number", "action", "previous_hash", "hash", "words", "sealed_at", "erasure", "community")

    @display(description="reason and details")
    def words_are(self, row: Seal) -> str:
        return "kept" if row.erasure_id is None else "erased"


@admin.register(Erasure)
class ErasureAdmin(BooksAdmin):
    list_display = (
        "proposed_at",
        "member",
        badge("state", PROPOSED=WAITING, DONE=GOOD, REJECTED=NEUTRAL),
        "proposed_by",
        "approved_by",
    )
    list_filter = ("state", "member__community")
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member", "proposed_by", "approved_by")
    fields = (*list_display, "reason", "decided_at", "replaced")
    actions_list = ("propose",)
    actions_detail = ("approve", "reject")

    def has_propose_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("audit.add_erasure")

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("audit.change_erasure")

    @action(description="Propose an erasure", icon="person_remove", permissions=["propose"])
    def propose(self, request: HttpRequest) -> HttpResponseBase:
        def do(community: Community, code: str, reason: str) -> str:
            member = Member.objects.select_related("community", "wallet").filter(community=community, code=code).first()
            if member is None:
                raise Refused("no_such_member", f"{community} has no member {code}: the code is on the member's page")
            erasures.propose(member, actor=request.user, reason=reason)
            return f"The erasure of {member.code} waits for a second person."

        explain = (
            "Name, e-mail, phone, photographs and free text are replaced for good; keys, hashes and amounts stay."
            " It is refused while money, energy, stakes or open matters are left."
        )
        return self.act(request, EraseForm, "Propose an erasure", do, explain=explain, danger=True)

    @action(description="Approve and erase", icon="delete_forever", permissions=["decide"])
    def approve(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        erasure = self.row(request, object_id)

        def do(reason: str) -> str:
            replaced = erasures.approve(erasure, actor=request.user, reason=reason)
            return f"{erasure.member.code} is erased: {sum(replaced.values())} rows."

        explain = f"Proposed by {erasure.proposed_by}: {erasure.reason}. This cannot be undone."
        return self.act(request, ReasonForm, "Approve and erase", do, row=erasure, explain=explain, danger=True)

    @action(description="Reject", icon="block", permissions=["decide"])
    def reject(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        erasure = self.row(request, object_id)

        def do(reason: str) -> str:
            erasures.reject(erasure, actor=request.user, reason=reason)
            return f"{erasure.member.code} is not erased."

        explain = f"Proposed by {erasure.proposed_by}: {erasure.reason}."
        return self.act(request, ReasonForm, "Reject", do, row=erasure, explain=explain)
