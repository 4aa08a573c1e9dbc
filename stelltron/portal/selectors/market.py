"""The marketplace: book, trades, mandate and the member's own orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import accumulate

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from market.models import Mandate, Order, Tariff, Trade
from market.selectors import newest_versions
from market.tariffs.prices import tariff_at
from stelltron.core.models import Community
from stelltron.core.units import STROOPS, WH_PER_KWH
from stelltron.members.models import Member

SHOWN_LEVELS = 12
SHOWN_TRADES = 12


@dataclass
class Level:
    """Everything that stands at one price on one side."""

    price: int
    wh: int = 0
    orders: int = 0
    own_wh: int = 0
    # With everything at better prices on its side.
    depth_wh: int = 0


@dataclass(frozen=True)
class Book:
    asks: list[Level]
    bids: list[Level]

    @property
    def deepest_wh(self) -> int:
        return max((level.depth_wh for level in (*self.asks, *self.bids)), default=0)

    def __bool__(self) -> bool:
        return bool(self.asks or self.bids)


def book(member: Member) -> Book:
    """Both sides by price level, best first."""
    now = member.community.now()
    standing = Order.objects.filter(community=member.community, state__in=Order.LIVE).filter(
        Q(expires_at=None) | Q(expires_at__gt=now)
    )
    return Book(
        _best(standing.filter(side=Order.Side.SELL), "price", member),
        _best(standing.filter(side=Order.Side.BUY), "-price", member),
    )


def _best(standing: QuerySet[Order], best_first: str, member: Member) -> list[Level]:
    """The best levels of one side, summed by the database: the book may hold many thousand orders."""
    own_wh = Coalesce(Sum("open_wh", filter=Q(member=member)), 0)
    sums = standing.order_by(best_first).values_list("price").annotate(Sum("open_wh"), Count("pk"), own_wh=own_wh)
    return _with_depth([Level(*level) for level in sums[:SHOWN_LEVELS]])


def _with_depth(levels: list[Level]) -> list[Level]:
    for level, depth_wh in zip(levels, accumulate(level.wh for level in levels), strict=True):
        level.depth_wh = depth_wh
    return levels


def day_series(member: Member) -> dict[str, list]:
    """The community's last 24 hours by slot, for the charts: epoch seconds, the mean price of settled trades per kWh
    (None where nothing was traded), and kWh traded, fed in and drawn. Energy sold ahead is delivered over many slots
    and counts in none."""
    since = member.community.now() - timedelta(days=1)
    settled = Trade.objects.filter(community=member.community, slot__gt=since, state=Trade.State.SETTLED)
    sums = settled.exclude(venue=Trade.Venue.STORED).values_list("slot").annotate(Sum("wh"), Sum("amount")).order_by()
    traded = {slot: (wh, stroops) for slot, wh, stroops in sums}
    runs = newest_versions(member.community).filter(slot__gt=since).values_list("slot", "surplus_wh", "deficit_wh")
    metered = {slot: (surplus, deficit) for slot, surplus, deficit in runs}
    at = sorted(traded.keys() | metered.keys())
    return {
        "at": [int(slot.timestamp()) for slot in at],
        "price": [_mean_price(*traded[slot]) if slot in traded else None for slot in at],
        "traded": [traded.get(slot, (0, 0))[0] / WH_PER_KWH for slot in at],
        "supply": [metered.get(slot, (0, 0))[0] / WH_PER_KWH for slot in at],
        "demand": [metered.get(slot, (0, 0))[1] / WH_PER_KWH for slot in at],
    }


def _mean_price(wh: int, stroops: int) -> float:
    return stroops * WH_PER_KWH / wh / STROOPS


def last_trades(member: Member) -> list[Trade]:
    """The community's last trades, marked where the member is a party; never with names."""
    trades = list(Trade.objects.filter(community=member.community).order_by("-matched_at", "-id")[:SHOWN_TRADES])
    for trade in trades:
        trade.own = "bought" if trade.buyer_id == member.pk else "sold" if trade.seller_id == member.pk else ""
    return trades


def open_orders(member: Member) -> list[Order]:
    return list(Order.objects.filter(member=member, state__in=Order.STANDING).order_by("-arrival"))


def tariff(community: Community) -> Tariff | None:
    """The utility's prices now."""
    try:
        return tariff_at(community, community.now())
    except Tariff.DoesNotExist:
        return None


def current_mandate(member: Member) -> Mandate | None:
    return Mandate.objects.filter(member=member, state=Mandate.State.ACTIVE).first()


def newest_request(member: Member) -> Mandate | None:
    """The last mandate asked for, while it is being signed or after the chain refused it."""
    last = Mandate.objects.filter(member=member).select_related("intent").order_by("-created_at").first()
    return last if last and last.state in (Mandate.State.REQUESTED, Mandate.State.FAILED) else None
