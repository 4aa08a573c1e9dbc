"""Staff pages of the daily sums and of what members say their plants cost."""

from __future__ import annotations

from django.contrib import admin

from stelltron.core.staff import BooksAdmin, energy, watt

from ..models import Investment, MemberDay


@admin.register(MemberDay)
class MemberDayAdmin(BooksAdmin):
    list_display = (
        "day",
        "member",
        energy("imported_wh", "drawn"),
        energy("exported_wh", "fed in"),
        energy("bought_wh", "bought"),
        energy("sold_wh", "sold"),
        watt("net", "lines, + is owed to the member"),
        watt("saved", "better than the utility"),
    )
    list_filter = ("community",)
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member",)
    fields = (
        *list_display,
        energy("own_use_wh", "own energy used"),
        energy("drawn_wh", "from the utility"),
        energy("fed_in_wh", "to the utility"),
        watt("fees", "grid fees"),
        watt("utility_cost", "the utility's charge"),
        watt("utility_income", "the utility's payment"),
        "imported_by_hour",
        "co2_mg",
        "last_line",
    )


@admin.register(Investment)
class InvestmentAdmin(BooksAdmin):
    list_display = ("member", watt("stroops", "investment"), energy("own_use_wh_a_year", "used in the house a year"))
    list_filter = ("member__community",)
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member",)
    ordering = ("member__code",)
    fields = list_display
