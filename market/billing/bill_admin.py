"""The office's monthly documents: preview, issue, post."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.admin import TabularInline
from unfold.decorators import action

from stelltron.core.models import Community
from stelltron.core.staff import (
    GOOD,
    NEUTRAL,
    WAITING,
    BooksAdmin,
    MonthForm,
    badge,
    community_slug,
    energy,
    link,
    watt,
)
from stelltron.core.units import money

from ..models import Bill, BillLine
from . import bills

bill_state = badge("state", PREVIEW=NEUTRAL, FINAL=WAITING, POSTED=GOOD)


class BillLineInline(TabularInline):
    model = BillLine
    fields = ("kind", energy("wh"), watt("amount", places=7))
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Bill)
class BillAdmin(BooksAdmin):
    actions_list = ("preview", "issue", "post")
    list_display = (
        "__str__",
        "kind",
        "member",
        "month",
        bill_state,
        watt("total", "total, + is owed to the member"),
        watt("disputed", "disputed"),
        community_slug,
    )
    list_filter = ("state", "kind", "community")
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member", "community")
    inlines = (BillLineInline,)
    fields = (
        "__str__",
        "kind",
        "member",
        "month",
        bill_state,
        watt("total", "total, + is owed to the member", places=7),
        watt("disputed", "disputed and left out", places=7),
        "original",
        link("disputes", "market_dispute", "disputed lines", left_out_of__id__exact="pk"),
        "issued_at",
        "posted_at",
        "community",
    )

    def has_month_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("market.add_bill")

    @action(description="Preview a month", icon="preview", permissions=["month"])
    def preview(self, request: HttpRequest) -> HttpResponse:
        def do(community: Community, month: str, reason: str) -> str:
            found = bills.preview_month(community, month, actor=request.user, reason=reason)
            kinds = "; ".join(f"{kind} {money(stroops)}" for kind, (_, stroops) in sorted(found.kinds.items()))
            return (
                f"{found.documents} documents, {found.notes} of them credit notes,"
                f" {money(found.total)} {community.currency} in all: {kinds or 'no lines'}"
            )

        explain = "Writes the month's documents as previews. Nothing is numbered, and members see nothing of it."
        return self.act(request, MonthForm, "Preview a month", do, explain=explain)

    @action(description="Issue a month", icon="approval", permissions=["month"])
    def issue(self, request: HttpRequest) -> HttpResponse:
        explain = "Gives the documents their numbers. They never change afterwards: differences have credit notes."
        return self._month(request, "Issue a month", bills.issue_month, "{} documents are final.", explain)

    @action(description="Post a month", icon="outgoing_mail", permissions=["month"])
    def post(self, request: HttpRequest) -> HttpResponse:
        explain = "Members find the final documents in the portal from now on."
        return self._month(request, "Post a month", bills.post_month, "{} documents are posted.", explain)

    def _month(
        self, request: HttpRequest, title: str, act: Callable[..., int], said: str, explain: str
    ) -> HttpResponse:
        def do(community: Community, month: str, reason: str) -> str:
            return said.format(act(community, month, actor=request.user, reason=reason))

        return self.act(request, MonthForm, title, do, explain=explain)
