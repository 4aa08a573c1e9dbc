"""How owners leave, or are paid ahead, in the office: exit auctions, buy-outs, futures."""

from __future__ import annotations

from django.contrib import admin

from stelltron.core.staff import BAD, GOOD, NEUTRAL, WAITING, BooksAdmin, badge, watt

from .models import BuyOut, BuyOutPart, ExitAuction, ExitFill, ExitOrder, Future

auction_state = badge("state", OPEN=WAITING, CLEARED=GOOD, EMPTY=NEUTRAL)
future_state = badge("state", SENT=WAITING, OFFERED=NEUTRAL, SOLD=WAITING, SETTLED=GOOD, WITHDRAWN=NEUTRAL, FAILED=BAD)
buyout_state = badge("state", OPEN=WAITING, DONE=GOOD, ENDED=NEUTRAL)
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


@admin.register(Future)
class FutureAdmin(BooksAdmin):
    list_display = ("generator", "units", "begins", "ends", watt("price", "price"), future_state)
    list_filter = ("state", "generator__community")
    search_fields = ("generator__name", "seller__member__code", "buyer__member__code")
    list_select_related = ("generator",)
    fields = (
        "generator",
        "number",
        "seller",
        "buyer",
        "units",
        "begins",
        "ends",
        watt("price", "price", places=7),
        future_state,
        watt("to_buyer", "settled to the buyer", places=7),
        watt("to_seller", "settled to the seller", places=7),
        watt("unsettled", "not settled yet", places=7),
        "intent",
        "purchase",
    )


@admin.register(BuyOut)
class BuyOutAdmin(BooksAdmin):
    list_display = ("generator", "bidder", watt("price", "a unit"), buyout_state, "offered_at", "ends_at")
    list_filter = ("state",)
    search_fields = ("generator__name", "bidder__code")
    list_select_related = ("generator", "bidder")
    fields = ("generator", "bidder", watt("price", "a unit", places=7), buyout_state, "offered_at", "ends_at")


@admin.register(BuyOutPart)
class BuyOutPartAdmin(BooksAdmin):
    list_display = ("buyout", "holder", "units", fill_state)
    list_filter = ("state",)
    search_fields = ("holder__code", "buyout__generator__name")
    list_select_related = ("buyout__generator", "holder")
    fields = ("buyout", "holder", "units", fill_state, "intent")
