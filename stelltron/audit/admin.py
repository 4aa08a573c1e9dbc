from __future__ import annotations

from datetime import date

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.decorators import action, display

from stelltron.core.files import download
from stelltron.core.models import Community
from stelltron.core.staff import BAD, GOOD, NEUTRAL, WAITING, BooksAdmin, OfficeForm, badge, community_slug, short

from . import anchors
from .export.archive import write_archive
from .export.period import Period
from .models import Anchor, Erasure, Seal


class CommunityForm(OfficeForm):
    community = forms.ModelChoiceField(Community.objects.all())


class ExportForm(CommunityForm):
    first = forms.DateField(help_text="first day, as the community counts days: YYYY-MM-DD")
    last = forms.DateField(help_text="last day, it is included")


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
    def anchor_now(self, request: HttpRequest) -> HttpResponse:
        def do(community: Community, reason: str) -> str:
            intent = anchors.anchor(community, actor=request.user, reason=reason)
            return f"{intent.key} waits for the chain." if intent else f"{community} has no books yet."

        explain = (
            "The hashes of the last journal entry and of the last action are written on Stellar."
            " Whoever changes or removes anything before them is found out."
        )
        return self.act(request, CommunityForm, "Anchor the books", do, explain=explain)

    @action(description="Export for auditors", icon="archive", permissions=["export"])
    def export_books(self, request: HttpRequest) -> HttpResponse:
        def do(community: Community, first: date, last: date, reason: str) -> HttpResponse:
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
