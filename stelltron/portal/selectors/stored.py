"""Stored energy sold ahead: what is on offer, and the member's own sales and purchases with their locks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q

from market.models import LockedTrade, StoredOffer, Trade
from market.price import quotes, reliability
from market.stored import sales
from stelltron.ledger.models import EnergyLock
from stelltron.members.models import Member

SHOWN_OFFERS, SHOWN_TRADES = 50, 50
EXPLAINED = {
    Trade.State.MATCHED: "agreed: money and energy leave the market, which takes a quarter of an hour",
    Trade.State.RESERVED: "money and energy wait in the contract until the battery has locked",
    Trade.State.SETTLING: "the battery has signed, the chain confirms it",
    Trade.State.SETTLED: "locked: the meter counts what is delivered",
    Trade.State.DELIVERED: "delivered and paid",
    Trade.State.FAILED: "not delivered: everything went back",
}


def offers(member: Member) -> tuple[list[StoredOffer], list[StoredOffer]]:
    """(others', the member's own), the cheapest first."""
    standing = list(sales.open_offers(member.community)[:SHOWN_OFFERS])
    return [one for one in standing if one.seller_id != member.pk], [
        one for one in standing if one.seller_id == member.pk
    ]


def locked_trades(member: Member) -> list[dict[str, Any]]:
    """The member's own, the newest first."""
    rows = LockedTrade.objects.filter(Q(trade__buyer=member) | Q(trade__seller=member))
    rows = rows.select_related("trade__buyer", "trade__seller", "trade__intent").order_by("-pk")[:SHOWN_TRADES]
    shown = list(rows)
    locks = EnergyLock.objects.in_bulk([locked.lock_id for locked in shown])
    return [_told(locked, locks.get(locked.lock_id), member) for locked in shown]


def _told(locked: LockedTrade, lock: EnergyLock | None, member: Member) -> dict[str, Any]:
    trade = locked.trade
    sells = trade.seller_id == member.pk
    until: datetime | None = None
    if trade.state in (Trade.State.RESERVED, Trade.State.SETTLING) and lock:
        until = lock.lock_by
    elif trade.state == Trade.State.SETTLED:
        until = locked.deliver_by
    return {
        "trade": trade,
        "locked": locked,
        "i_sell": sells,
        "other": trade.buyer if sells else trade.seller,
        "until": until,
        "explained": EXPLAINED[Trade.State(trade.state)],
        "hash": trade.intent.transaction_id if trade.intent else "",
    }


def standing(member: Member) -> dict[str, Any]:
    """What a seller should know before offering: battery, reliability, and what their kWh is worth with it."""
    return {
        "battery": sales.battery_of(member),
        "reliability": reliability.of(member),
        "worth": quotes.price_from(member),
    }
