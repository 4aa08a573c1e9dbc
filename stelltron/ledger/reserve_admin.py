"""The office's pages of what stands behind WATT."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from unfold.decorators import display

from stelltron.core.staff import BooksAdmin, community_slug, short, watt

from .models import Attestation, Redemption, ReserveBalance


@display(description="on the chain")
def on_the_chain(row: Attestation | Redemption) -> str:
    return str(row.intent.get_state_display())


@display(description="transaction")
def sent_in(row: Attestation | Redemption) -> str:
    return format_html("<code>{}</code>", row.intent.transaction_id or "–")


@admin.register(ReserveBalance)
class ReserveBalanceAdmin(BooksAdmin):
    list_display = ("account", watt("stroops", "held"), "as_of", short("digest", "statement"), community_slug)
    list_select_related = ("community",)
    fields = ("account", watt("stroops", "held"), "as_of", "digest", "community")


@admin.register(Attestation)
class AttestationAdmin(BooksAdmin):
    list_display = ("id", watt("stroops", "reserves"), "as_of", on_the_chain, short("digest", "rests on"), "made_at")
    list_select_related = ("intent",)
    fields = ("id", watt("stroops", "reserves"), "as_of", "digest", "intent", sent_in, "made_at")


@admin.register(Redemption)
class RedemptionAdmin(BooksAdmin):
    list_display = ("reference", "member", watt("stroops", "burned"), on_the_chain, "burned_at", "closed_at")
    search_fields = ("reference__exact", "member__code", "member__name")
    list_select_related = ("member", "intent")
    fields = ("reference", "member", watt("stroops", "burned"), "intent", sent_in, "burned_at", "closed_at")
