"""Trades before they have rows, light enough to be made by the thousand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from stelltron.core.rows import copy_values

from ..models import Trade


@dataclass(slots=True)
class NewTrade:
    """What a trade's row will say, by the names of ``Trade``."""

    id: UUID
    community_id: object
    venue: str
    slot: datetime
    buyer_id: object
    seller_id: object
    wh: int
    price: int
    amount: int
    fee: int
    fee_amount: int
    matched_at: datetime
    run_id: int | None = None
    buy_order_id: UUID | None = None
    sell_order_id: UUID | None = None
    state: str = Trade.State.MATCHED.value
    intent_id: int | None = None


# What settles, shows and bills a trade asks no more of it than a sale has.
Traded = Trade | NewTrade
COLUMNS = tuple(field.name for field in fields(NewTrade))
VALUES_OF = attrgetter(*COLUMNS)


def write_trades(sales: Iterable[NewTrade], intent_id: int) -> None:
    """A row each, settled by the intent."""
    for sale in sales:
        sale.intent_id = intent_id
    copy_values(Trade, COLUMNS, map(VALUES_OF, sales))
