"""Statement lines of a cleared slot: what each member used, traded and exchanged with the utility."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from stelltron.core.rows import copy_values
from stelltron.core.units import amount

from ..engine.rounds import Outcome
from ..models import SlotRun, StatementLine, Trade
from ..tariffs.prices import Prices, UtilityBook
from .new_trades import Traded

Kind = StatementLine.Kind
SALE: dict[str, Kind] = {Trade.Venue.AUCTION: Kind.COMMUNITY_SALE, Trade.Venue.FRIENDS: Kind.FRIEND_SALE}
PURCHASE: dict[str, Kind] = {Trade.Venue.AUCTION: Kind.COMMUNITY_PURCHASE, Trade.Venue.FRIENDS: Kind.FRIEND_PURCHASE}
LINE = ("member_id", "run_id", "slot", "kind", "price", "wh", "amount", "day")


class Line(NamedTuple):
    """What a run says of one member: stroops are negative where the member pays."""

    who: object
    kind: str
    price: int
    wh: int
    stroops: int


def write_lines(run: SlotRun, lines: Iterable[Line], book: UtilityBook) -> None:
    day = book.local_day(run.slot)
    copy_values(
        StatementLine,
        LINE,
        [
            (who, run.pk, run.slot, str(kind), price, wh, stroops, day if kind == Kind.STANDING_CHARGE else None)
            for who, kind, price, wh, stroops in lines
        ],
    )


def lines_of_slot(
    outcome: Outcome,
    trades: Sequence[Traded],
    to_utility: Mapping[object, int],
    prices: Mapping[object, Prices],
    charges: Mapping[object, int],
) -> list[Line]:
    """One line per member, kind and price; amounts are the sums of the trades', each rounded by the one rule."""
    lines = [Line(who, Kind.OWN_USE, 0, wh, 0) for who, wh in outcome.own_use.items()]
    lines += [Line(*key, wh, stroops) for key, (wh, stroops) in trade_sums(trades).items()]
    for who, wh in to_utility.items():
        lines.append(Line(who, Kind.UTILITY_EXPORT, prices[who].feed_in, wh, amount(wh, prices[who].feed_in)))
    for who, wh in outcome.from_utility.items():
        lines += bought_from_utility(who, wh, prices[who])
    lines += [Line(who, Kind.STANDING_CHARGE, 0, 0, -stroops) for who, stroops in charges.items()]
    return lines


def bought_from_utility(who: object, wh: int, prices: Prices) -> list[Line]:
    """The energy, and the tax on it where there is one."""
    lines = [Line(who, Kind.UTILITY_IMPORT, prices.retail, wh, -amount(wh, prices.retail))]
    if prices.tax:
        lines.append(Line(who, Kind.TAX, prices.tax, wh, -amount(wh, prices.tax)))
    return lines


def utility_changes(who: object, exported: tuple[int, int], imported: tuple[int, int], prices: Prices) -> list[Line]:
    """What changes for a member who exchanged (before, after) Wh with the utility: differences of rounded amounts."""
    kinds = (
        (Kind.UTILITY_EXPORT, prices.feed_in, exported, 1),
        (Kind.UTILITY_IMPORT, prices.retail, imported, -1),
        (Kind.TAX, prices.tax, imported, -1),
    )
    return [
        Line(who, kind, price, after - before, sign * (amount(after, price) - amount(before, price)))
        for kind, price, (before, after), sign in kinds
        if after != before and (price or kind != Kind.TAX)
    ]


def charges_due(book: UtilityBook, run: SlotRun, members: Iterable[object]) -> dict[object, int]:
    """Standing charges that no other run has booked for the slot's local day."""
    due = book.charges(run.slot, members)
    if not due:
        return {}
    booked = StatementLine.objects.filter(kind=Kind.STANDING_CHARGE, day=book.local_day(run.slot), member__in=list(due))
    known = set(booked.exclude(run=run).values_list("member_id", flat=True))
    return {who: stroops for who, stroops in due.items() if who not in known}


def trade_sums(trades: Sequence[Traded]) -> dict[tuple[object, str, int], tuple[int, int]]:
    """Per member, kind and price: Wh and stroops (negative: the member pays)."""
    sums: dict[tuple[object, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for trade in trades:
        parts = [
            (trade.seller_id, SALE[trade.venue], trade.price, trade.amount),
            (trade.buyer_id, PURCHASE[trade.venue], trade.price, -trade.amount),
        ]
        if trade.fee:
            parts.append((trade.buyer_id, Kind.GRID_FEE, trade.fee, -trade.fee_amount))
        for who, kind, price, stroops in parts:
            total = sums[who, kind, price]
            total[0] += trade.wh
            total[1] += stroops
    return {key: (wh, stroops) for key, (wh, stroops) in sums.items()}
