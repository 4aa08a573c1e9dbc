from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.decorators import display

from stelltron.core.staff import (
    BAD,
    GOOD,
    NEUTRAL,
    WAITING,
    BooksAdmin,
    badge,
    community_slug,
    energy,
    link,
    price,
    watt,
)

# They register their own pages.
from .billing import bill_admin, dispute_admin  # noqa: F401
from .clearing import guard_admin  # noqa: F401
from .figures import analytics_admin  # noqa: F401
from .grid import grid_admin  # noqa: F401
from .models import (
    BankedEnergy,
    EnergyProof,
    HeldEnergy,
    LockedTrade,
    Mandate,
    Order,
    SlotRun,
    StatementLine,
    Trade,
)
from .price import price_admin  # noqa: F401
from .resettlement import late_admin  # noqa: F401
from .stored import stored_admin  # noqa: F401
from .tariffs import tariff_admin  # noqa: F401

run_state = badge("state", SETTLING=WAITING, SETTLED=GOOD, FAILED=BAD)
trade_state = badge(
    "state", MATCHED=WAITING, RESERVED=WAITING, SETTLING=WAITING, SETTLED=GOOD, DELIVERED=GOOD, FAILED=BAD
)
order_state = badge(
    "state", WAITING=WAITING, OPEN=NEUTRAL, PARTLY_FILLED=WAITING, FILLED=GOOD, CANCELLED=BAD, EXPIRED=BAD
)
mandate_state = badge("state", REQUESTED=WAITING, ACTIVE=GOOD, ENDED=NEUTRAL, FAILED=BAD)
side = badge("side", "side", BUY=NEUTRAL, SELL=WAITING)


class HeldEnergyInline(TabularInline):
    model = HeldEnergy
    fields = ("member", energy("used_wh", "used"), energy("expired_wh", "expired"))
    readonly_fields = fields
    extra = 0
    can_delete = False
    per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(SlotRun)
class SlotRunAdmin(BooksAdmin):
    inlines = (HeldEnergyInline,)
    list_display = (
        "slot",
        "version",
        run_state,
        "points",
        energy("surplus_wh", "surplus"),
        energy("deficit_wh", "deficit"),
        energy("traded_wh", "traded"),
        price(),
        "seconds",
        community_slug,
    )
    list_filter = ("state", "community")
    list_select_related = ("community",)
    fields = (
        "slot",
        "version",
        run_state,
        "points",
        energy("surplus_wh", "surplus"),
        energy("deficit_wh", "deficit"),
        energy("bound_wh", "tradable at most"),
        energy("traded_wh", "traded"),
        price(),
        "mechanism",
        "reason",
        "root",
        "intent",
        "cleared_at",
        "settled_at",
        link("trades", "market_trade", "trades", run__id__exact="pk"),
        link("lines", "market_statementline", "statement lines", run__id__exact="pk"),
        "community",
    )

    @display(description="cleared to settled (s)")
    def seconds(self, row: SlotRun) -> str:
        return f"{(row.settled_at - row.cleared_at).total_seconds():.1f}" if row.settled_at else "–"


@admin.register(Trade)
class TradeAdmin(BooksAdmin):
    list_display = (
        "slot",
        "seller",
        "buyer",
        energy("wh"),
        price(),
        watt("amount"),
        trade_state,
        "venue",
        "matched_at",
        community_slug,
    )
    list_filter = ("state", "venue", "community")
    search_fields = ("buyer__code__exact", "seller__code__exact")
    search_help_text = "a whole member code"
    list_select_related = ("buyer", "seller", "community")
    # Ids sort by time and are indexed; matched_at is not.
    ordering = ("-id",)
    fields = (
        "id",
        "slot",
        "venue",
        "seller",
        "buyer",
        energy("wh"),
        price(),
        watt("amount", places=7),
        price("fee", "grid fee"),
        watt("fee_amount", "grid fee paid", places=7),
        trade_state,
        "why_it_failed",
        "run",
        "buy_order",
        "sell_order",
        "intent",
        "matched_at",
        "community",
    )

    @display(description="why it failed")
    def why_it_failed(self, row: Trade) -> str:
        """The lock's own reason, or else what the chain answered to the settlement."""
        if row.state != Trade.State.FAILED:
            return "–"
        locked = LockedTrade.objects.filter(trade=row).first()
        return (locked and locked.problem) or (row.intent and row.intent.problem) or "no reason was kept"


@admin.register(Order)
class OrderAdmin(BooksAdmin):
    list_display = (
        "placed_at",
        "member",
        side,
        energy("wh"),
        energy("open_wh", "still open"),
        price(),
        order_state,
        "expires_at",
        community_slug,
    )
    list_filter = ("state", "side", "community")
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member", "community")
    fields = (
        "id",
        "member",
        "point",
        side,
        "kind",
        "force",
        energy("wh"),
        energy("open_wh", "still open"),
        price(),
        price("trigger", "wakes at"),
        order_state,
        "ended_because",
        "arrival",
        "placed_at",
        "expires_at",
        "community",
    )


@admin.register(Mandate)
class MandateAdmin(BooksAdmin):
    list_display = (
        "member",
        mandate_state,
        "sells",
        price("sell_at_least", "sells at least at"),
        "buys",
        price("buy_at_most", "buys at most at"),
        energy("slot_wh", "a slot"),
        energy("day_wh", "a day"),
        "valid_until",
    )
    list_filter = ("state", "member__community")
    search_fields = ("member__code", "member__name")
    list_select_related = ("member",)
    fields = (*list_display, "valid_from", "intent", "created_at")


@admin.register(StatementLine)
class StatementLineAdmin(BooksAdmin):
    list_display = ("slot", "member", "kind", energy("wh"), price(), watt("amount", "amount, + is owed to the member"))
    list_filter = ("kind", "member__community")
    search_fields = ("member__code__exact",)
    search_help_text = "a whole member code"
    list_select_related = ("member",)
    ordering = ("-id",)
    fields = ("member", "slot", "kind", energy("wh"), price(), watt("amount", places=7), "run", "trade")


@admin.register(BankedEnergy)
class BankedEnergyAdmin(BooksAdmin):
    list_display = ("member", "slot", energy("wh", "left"), "expires_at")
    list_filter = ("member__community",)
    search_fields = ("member__code", "member__name")
    list_select_related = ("member",)
    ordering = ("-id",)
    fields = list_display


@admin.register(EnergyProof)
class EnergyProofAdmin(BooksAdmin):
    list_display = ("day", "member", energy("metered_wh", "metered"), energy("minted_wh", "minted"), "equal")
    list_filter = ("equal", "member__community")
    search_fields = ("member__code", "member__name")
    list_select_related = ("member",)
    ordering = ("-id",)
    fields = (*list_display, "proved_at")
