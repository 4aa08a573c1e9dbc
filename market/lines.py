"""Statement lines of a cleared slot: what each member used, traded and exchanged with the utility."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from stelltron.core.rows import copy_values
from stelltron.core.units import amount

from .models import SlotRun, StatementLine, Tariff, Trade
from .rounds import Outcome

Kind = StatementLine.Kind
SALE = {Trade.Venue.AUCTION: Kind.COMMUNITY_SALE, Trade.Venue.FRIENDS: Kind.FRIEND_SALE}
PURCHASE = {Trade.Venue.AUCTION: Kind.COMMUNITY_PURCHASE, Trade.Venue.FRIENDS: Kind.FRIEND_PURCHASE}


def write_lines(
    run: SlotRun, outcome: Outcome, trades: Sequence[Trade], tariff: Tariff, to_utility: Mapping[object, int]
) -> None:
    """One line per member, kind and price; amounts are the sums of the trades', each rounded by the one rule."""
    lines = [
        *((who, Kind.OWN_USE, 0, wh, 0) for who, wh in outcome.own_use.items()),
        *((who, kind, price, wh, stroops) for (who, kind, price), (wh, stroops) in trade_sums(trades).items()),
        *((who, Kind.UTILITY_EXPORT, tariff.feed_in, wh, amount(wh, tariff.feed_in)) for who, wh in to_utility.items()),
        *(
            (who, Kind.UTILITY_IMPORT, tariff.retail, wh, -amount(wh, tariff.retail))
            for who, wh in outcome.from_utility.items()
        ),
    ]
    copy_values(
        StatementLine,
        ("member_id", "run_id", "slot", "kind", "price", "wh", "amount"),
        [(who, run.pk, run.slot, str(kind), price, wh, stroops) for who, kind, price, wh, stroops in lines],
    )


def trade_sums(trades: Sequence[Trade]) -> dict[tuple[object, str, int], tuple[int, int]]:
    """Per member, kind and price: Wh and stroops (negative: the member pays)."""
    sums: dict[tuple[object, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for trade in trades:
        venue = Trade.Venue(trade.venue)
        parts = [
            (trade.seller_id, SALE[venue], trade.price, trade.amount),
            (trade.buyer_id, PURCHASE[venue], trade.price, -trade.amount),
        ]
        if trade.fee:
            parts.append((trade.buyer_id, Kind.GRID_FEE, trade.fee, -trade.fee_amount))
        for who, kind, price, stroops in parts:
            total = sums[who, kind, price]
            total[0] += trade.wh
            total[1] += stroops
    return {key: (wh, stroops) for key, (wh, stroops) in sums.items()}
