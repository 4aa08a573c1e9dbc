"""Stored energy sold ahead, for the office."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.decorators import display

from stelltron.core.staff import GOOD, NEUTRAL, WAITING, BooksAdmin, badge, community_slug, energy, price, watt
from stelltron.core.units import kwh

from ..models import LockDelivery, LockedTrade, SellerReliability, StoredOffer

offer_state = badge("state", OPEN=WAITING, SOLD=GOOD, ENDED=NEUTRAL)


@admin.register(StoredOffer)
class StoredOfferAdmin(BooksAdmin):
    list_display = (
        "offered_at",
        "seller",
        energy("wh"),
        energy("open_wh", "still open"),
        price(),
        offer_state,
        "deliver_by",
        community_slug,
    )
    list_filter = ("state", "community")
    search_fields = ("seller__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("seller", "community")
    ordering = ("-id",)
    fields = (*list_display, "device")


class LockDeliveryInline(TabularInline):
    model = LockDelivery
    fields = ("slot", energy("wh", "delivered"), energy("used_wh", "drawn by the buyer"), "run")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(LockedTrade)
class LockedTradeAdmin(BooksAdmin):
    inlines = (LockDeliveryInline,)
    list_display = (
        "__str__",
        "seller",
        "buyer",
        "contracted",
        energy("delivered_wh", "delivered"),
        "state",
        "deliver_by",
        "problem",
    )
    list_filter = ("trade__state", "closed", "trade__community")
    search_fields = ("trade__seller__code__exact", "trade__buyer__code__exact", "lock_id__exact")
    search_help_text = "a whole member code, or a whole lock id"
    list_select_related = ("trade__seller", "trade__buyer")
    ordering = ("-pk",)
    fields = (
        "trade",
        "offer",
        "device",
        "lock_id",
        "state",
        "contracted",
        energy("delivered_wh", "delivered"),
        "locked_at",
        "counts_from",
        "deliver_by",
        watt("buyer_held", "set aside of the buyer's"),
        energy("seller_held", "set aside of the seller's"),
        watt("buyer_freed", "brought by the buyer"),
        energy("seller_freed", "brought by the seller"),
        "problem",
        "closed",
    )

    @display(description="seller")
    def seller(self, row: LockedTrade) -> str:
        return str(row.trade.seller)

    @display(description="buyer")
    def buyer(self, row: LockedTrade) -> str:
        return str(row.trade.buyer)

    @display(description="contracted")
    def contracted(self, row: LockedTrade) -> str:
        return f"{kwh(row.trade.wh)} kWh"

    @display(description="state")
    def state(self, row: LockedTrade) -> str:
        return row.trade.get_state_display()


@admin.register(SellerReliability)
class SellerReliabilityAdmin(BooksAdmin):
    list_display = ("member", energy("contracted_wh", "sold ahead"), energy("delivered_wh", "delivered"), "percent")
    list_filter = ("member__community",)
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member",)
    ordering = ("member",)
    fields = list_display
