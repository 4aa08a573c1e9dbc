"""Exit auctions in the office."""

from __future__ import annotations

from django.contrib import admin

from stelltron.core.staff import BAD, GOOD, NEUTRAL, WAITING, BooksAdmin, badge, watt

from .models import ExitAuction, ExitFill, ExitOrder

auction_state = badge("state", OPEN=WAITING, CLEARED=GOOD, EMPTY=NEUTRAL)
fill_state = badge("state", SENT=WAITING, DONE=GOOD, FAILED=BAD)


@admin.register(ExitAuction)
class ExitAuctionAdmin(BooksAdmin):
    list_display = ("generator", auction_state, "units", watt("price", "a unit"), "opened_at", "closes_at")
    list_filter = ("state",)
    search_fields = ("generator__name",)
    list_select_related = ("generator",)
    fields = ("generator", auction_state, "units", watt("price", "a unit", places=7), "opened_at", "closes_at")


@admin.register(ExitOrder)
class ExitOrderAdmin(BooksAdmin):
    list_display = ("auction", "member", "side", "units", watt("limit"), "filled")
    list_filter = ("side",)
    search_fields = ("member__code", "auction__generator__name")
    list_select_related = ("auction__generator", "member")
    fields = ("auction", "member", "side", "units", watt("limit", places=7), "filled")


@admin.register(ExitFill)
class ExitFillAdmin(BooksAdmin):
    list_display = ("auction", "seller", "buyer", "units", fill_state)
    list_filter = ("state",)
    search_fields = ("seller__code", "buyer__code")
    list_select_related = ("auction__generator", "seller", "buyer")
    ordering = ("-id",)
    fields = ("auction", "seller", "buyer", "units", fill_state, "intent")
