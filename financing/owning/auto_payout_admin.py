"""Who has income paid out by itself, and the claims that were sent for it."""

from __future__ import annotations

from django.contrib import admin

from stelltron.core.staff import BooksAdmin, watt

from ..models import AutoClaim, AutoPayout


@admin.register(AutoPayout)
class AutoPayoutAdmin(BooksAdmin):
    list_display = ("member", watt("least", "from each generator, from"), "set_at")
    search_fields = ("member__code", "member__name")
    list_select_related = ("member",)
    ordering = ("-set_at",)
    fields = ("member", watt("least", "from each generator, from"), "set_at")


@admin.register(AutoClaim)
class AutoClaimAdmin(BooksAdmin):
    list_display = ("stake", "intent", "sent_at")
    search_fields = ("stake__member__code", "stake__generator__name")
    list_select_related = ("stake__generator", "intent")
    fields = ("stake", "intent", "sent_at")
