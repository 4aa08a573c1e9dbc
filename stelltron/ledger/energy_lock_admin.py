"""The office's page of energy locks."""

from __future__ import annotations

from django.contrib import admin

from stelltron.core.staff import BAD, GOOD, NEUTRAL, WAITING, BooksAdmin, badge, community_slug, energy, watt

from .models import EnergyLock

lock_state = badge("state", RESERVED=WAITING, LOCKED=NEUTRAL, DELIVERED=GOOD, RELEASED=BAD)


@admin.register(EnergyLock)
class EnergyLockAdmin(BooksAdmin):
    list_display = (
        "seller",
        "buyer",
        energy("wh", "locked"),
        watt("stroops", "waits"),
        lock_state,
        "lock_by",
        "deliver_by",
        energy("delivered_wh", "delivered"),
        watt("paid_stroops", "paid"),
        community_slug,
    )
    list_filter = ("state", "community")
    search_fields = ("id__exact", "seller__code__exact", "buyer__code__exact")
    search_help_text = "a whole lock id or member code"
    list_select_related = ("seller", "buyer", "community")
    ordering = ("-deliver_by",)
    fields = ("id", *list_display, "device_key")
