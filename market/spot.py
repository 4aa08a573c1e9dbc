"""Matching the spot book: the pure engine's fills, written to rows, balances and one intent a round."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from stelltron.core import slots
from stelltron.core.models import Community
from stelltron.core.states import change_state
from stelltron.core.units import amount
from stelltron.ledger import holdings, intents, merkle
from stelltron.ledger.batch import PackedTrade, Section
from stelltron.ledger.models import Asset, Seat

from . import banking
from .clearing import trade_postings
from .engine.book import Fill, Limit, match
from .live import announce_book
from .locks import lock_market
from .models import Order, StatementLine, Trade

Kind = StatementLine.Kind


@transaction.atomic
def match_community(community: Community) -> int:
    """Match everything that meets. Returns the number of trades. Running twice trades once."""
    lock_market(community.pk)
    orders = {
        order.pk: order
        for order in Order.objects.filter(community=community, state__in=Order.LIVE).order_by("arrival")
        if order.expires_at is None or order.expires_at > community.now()
    }
    book = [
        Limit(order.pk, order.member_id, order.side == Order.Side.BUY, order.price, order.arrival, order.open_wh)
        for order in orders.values()
    ]
    fills = match(book)
    if not fills:
        return 0
    slot = slots.slot_of(community.now(), community.slot_minutes)
    trades = [_execute(fill, orders[fill.buy], orders[fill.sell], slot) for fill in fills]
    _settle(community, slot, trades)
    transaction.on_commit(lambda: announce_book(community))
    return len(trades)


def _execute(fill: Fill, buy: Order, sell: Order, slot: datetime) -> Trade:
    trade = Trade.objects.create(
        community_id=buy.community_id,
        venue=Trade.Venue.SPOT,
        slot=slot,
        buyer_id=buy.member_id,
        seller_id=sell.member_id,
        buy_order=buy,
        sell_order=sell,
        wh=fill.wh,
        price=fill.price,
        amount=amount(fill.wh, fill.price),
        matched_at=datetime.now(UTC),
    )
    held_before = amount(buy.open_wh, buy.price)
    for order in (buy, sell):
        left = order.open_wh - fill.wh
        state = Order.State.PARTLY_FILLED if left else Order.State.FILLED
        change_state(order, Order.TRANSITIONS, state, open_wh=left)
    # What the buyer held at their limit: the price paid leaves, the improvement comes back.
    freed = held_before - amount(buy.open_wh, buy.price)
    holdings.spend_held(buy.member_id, Asset.WATT, trade.amount)
    holdings.release(buy.member_id, Asset.WATT, freed - trade.amount)
    holdings.spend_held(sell.member_id, Asset.KWH, trade.wh)
    holdings.credit(sell.member_id, Asset.WATT, trade.amount)
    holdings.credit(buy.member_id, Asset.KWH, trade.wh)
    for expires_at, wh in banking.draw(sell.member_id, trade.wh):
        banking.keep(buy.member_id, slot, expires_at, wh)
    StatementLine.objects.bulk_create(
        [
            StatementLine(
                member_id=buy.member_id,
                trade=trade,
                slot=slot,
                kind=Kind.COMMUNITY_PURCHASE,
                wh=trade.wh,
                price=trade.price,
                amount=-trade.amount,
            ),
            StatementLine(
                member_id=sell.member_id,
                trade=trade,
                slot=slot,
                kind=Kind.COMMUNITY_SALE,
                wh=trade.wh,
                price=trade.price,
                amount=trade.amount,
            ),
        ]
    )
    return trade


def _settle(community: Community, slot: datetime, trades: list[Trade]) -> None:
    """One section for the whole round: a further chunk of the slot it happened in."""
    parties = {trade.buyer_id for trade in trades} | {trade.seller_id for trade in trades}
    seat = dict(Seat.objects.filter(member__in=parties).values_list("member_id", "index"))
    start = slots.to_chain(slot)
    section = Section(
        slot=start,
        root=merkle.EMPTY_ROOT,
        leaves=0,
        trades=tuple(PackedTrade(seat[t.buyer_id], seat[t.seller_id], t.wh, t.price) for t in trades),
    )
    postings = [posting for trade in trades for posting in trade_postings(trade)]
    intent = intents.queue_settlement(community, section, postings)
    Trade.objects.filter(pk__in=[trade.pk for trade in trades]).update(intent=intent)
