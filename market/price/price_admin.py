"""Staff page of the dynamic price: each slot's quote with what made it."""

from __future__ import annotations

from django.contrib import admin
from unfold.decorators import display

from stelltron.core.staff import BooksAdmin, Column, community_slug, energy, price

from ..models import PriceQuote
from .oracle import posted
from .pricing import ONE


def factor(field: str, description: str) -> Column:
    @display(description=description, ordering=field)
    def column(row: PriceQuote) -> str:
        return f"{getattr(row, field) / ONE:.4f}"

    column.__name__ = field
    return column


@admin.register(PriceQuote)
class PriceQuoteAdmin(BooksAdmin):
    list_display = (
        "slot",
        price(),
        price("target", "before smoothing"),
        factor("multiplier", "multiplier"),
        "clamped",
        energy("supply_wh", "supply"),
        energy("demand_wh", "demand"),
        community_slug,
    )
    list_filter = ("clamped", "community")
    list_select_related = ("community",)
    fields = (
        *list_display[:-1],
        factor("supply_demand", "supply and demand"),
        factor("charge", "state of charge"),
        factor("distance", "distance"),
        factor("time", "time of day"),
        factor("reliability", "reliability"),
        factor("season", "season"),
        "charge_bp",
        "delivered",
        "agreed",
        "voltage_bp",
        "battery_bp",
        "parameters",
        "versions",
        "quoted_at",
        "transaction",
        "community",
    )

    @display(description="posted in")
    def transaction(self, row: PriceQuote) -> str:
        intent = posted(row)
        return "–" if intent is None else intent.transaction_id or intent.get_state_display()
