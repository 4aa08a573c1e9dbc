"""What a statement line is worth against the utility alone, at the member's own plan."""

from __future__ import annotations

from stelltron.core.units import amount

from .models import StatementLine
from .tariffs import Prices

Kind = StatementLine.Kind


def saved(line: StatementLine, prices: Prices) -> int:
    """Stroops better than at the utility; energy that is held counts at the feed-in tariff until it is used."""
    fed_in = amount(line.wh, prices.feed_in)
    drawn = amount(line.wh, prices.retail) + amount(line.wh, prices.tax)
    match line.kind:
        case Kind.COMMUNITY_SALE | Kind.FRIEND_SALE:
            return line.amount - fed_in
        case Kind.COMMUNITY_PURCHASE | Kind.FRIEND_PURCHASE:
            return (fed_in if line.trade_id else drawn) + line.amount
        case Kind.OWN_USE:
            return drawn - fed_in
        case Kind.GRID_FEE:
            return line.amount
    return 0
