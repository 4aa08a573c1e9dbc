"""What a statement line is worth against the utility alone, at the member's own plan."""

from __future__ import annotations

from stelltron.core.units import amount

from ..models import StatementLine
from ..tariffs.prices import Prices

Kind = StatementLine.Kind


def saved(line: StatementLine, prices: Prices) -> int:
    """Stroops better than at the utility; energy that is held counts at the feed-in tariff until it is used."""
    return gain(line.kind, line.wh, line.amount, prices, on_the_book=line.trade_id is not None)


def gain(kind: str, wh: int, stroops: int, prices: Prices, *, on_the_book: bool = False) -> int:
    fed_in = amount(wh, prices.feed_in)
    drawn = amount(wh, prices.retail) + amount(wh, prices.tax)
    match kind:
        case Kind.COMMUNITY_SALE | Kind.FRIEND_SALE | Kind.STORED_SALE:
            return stroops - fed_in
        case Kind.COMMUNITY_PURCHASE | Kind.FRIEND_PURCHASE:
            return (fed_in if on_the_book else drawn) + stroops
        case Kind.STORED_PURCHASE:
            return drawn + stroops
        case Kind.UTILITY_EXPORT if on_the_book:
            # Bought ahead and not drawn: it is no more than what the utility paid for it.
            return stroops - drawn
        case Kind.OWN_USE:
            return drawn - fed_in
        case Kind.GRID_FEE:
            return stroops
    return 0
