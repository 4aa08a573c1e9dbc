"""The marketplace: book, trades, mandate and the member's own orders."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from market.models import Mandate, Order, Tariff, Trade
from market.tariffs import tariff_at
from stelltron.core.models import Community
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


@dataclass(frozen=True)
class Book:
    asks: list[Level]
    bids: list[Level]

    def __bool__(self) -> bool:
        return bool(self.asks or self.bids)


def book(member: Member) -> Book:
    """Both sides by price level, best first."""
    now = member.community.now()
    standing = Order.objects.filter(community=member.community, state__in=Order.LIVE).filter(
        Q(expires_at=None) | Q(expires_at__gt=now)
    )
    levels: dict[tuple[str, int], Level] = {}
    for side, price, wh, owner in standing.values_list("side", "price", "open_wh", "member_id"):
        level = levels.setdefault((side, price), Level(price))
        level.wh += wh
        level.orders += 1
        level.own_wh += wh if owner == member.pk else 0
    prices = sorted(levels, key=lambda key: key[1])
    asks = [levels[key] for key in prices if key[0] == Order.Side.SELL]
    bids = [levels[key] for key in reversed(prices) if key[0] == Order.Side.BUY]
    return Book(asks[:SHOWN_LEVELS], bids[:SHOWN_LEVELS])


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
