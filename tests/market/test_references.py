"""What orders, trades and lines point at is there: the database looks it up once a statement, and keeps it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from devices.models import Telemetry
from market.models import Order, StatementLine, Trade
from market.spot import desk
from stelltron.audit.models import Unsealed
from stelltron.core.ids import uuid7
from stelltron.core.rows import copy_rows, copy_values
from stelltron.members.models import Member
from tests.conftest import CENT

# Runs count; everything else has a UUID.
NOTHING = {"run_id": 0}
REFERENCES = [
    (Order, ["community_id", "member_id", "point_id"]),
    (Trade, ["community_id", "run_id", "buyer_id", "seller_id", "buy_order_id", "sell_order_id"]),
    (StatementLine, ["member_id", "run_id", "trade_id"]),
]
EACH = [(model, column) for model, columns in REFERENCES for column in columns]


@pytest.fixture
def traded(seller: Member, trader: Callable[..., Member]) -> Trade:
    """One trade of the spot book, with its orders and lines."""
    desk.place_order(seller, side=Order.Side.SELL, wh=1000, price=10 * CENT)
    desk.place_order(trader("mike"), side=Order.Side.BUY, wh=1000, price=10 * CENT)
    return Trade.objects.get()


def anew(row: models.Model, **changed: Any) -> models.Model:
    """A second row like ``row``."""
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    fresh: dict[str, Any] = {"id": None if isinstance(row, StatementLine) else uuid7()}
    if isinstance(row, Order):
        fresh["arrival"] = row.arrival + 1000
    return type(row)(**{**fields, **fresh, **changed})


@pytest.mark.parametrize(("model", "column"), EACH)
def test_row_that_points_at_nothing_is_refused(traded: Trade, model: type[models.Model], column: str) -> None:
    pattern = model._default_manager.first()
    assert pattern
    nothing = NOTHING.get(column, uuid7())
    bad = [anew(pattern, **{column: nothing})]
    with pytest.raises(IntegrityError, match=f"{column} names no row"), transaction.atomic():
        model._default_manager.bulk_create(bad)
    names = [field.attname for field in model._meta.concrete_fields if field.attname != "id" or bad[0].pk]
    with pytest.raises(IntegrityError, match=f"{column} names no row"), transaction.atomic():
        copy_values(model, names, [tuple(getattr(bad[0], name) for name in names)])


def test_one_bad_row_among_thousands_is_found(traded: Trade) -> None:
    order = Order.objects.earliest("arrival")
    many = [anew(order, arrival=order.arrival + n) for n in range(1000, 3000)]
    with transaction.atomic():
        copy_rows(Order, many[:1000])
    many[1500].member_id = uuid7()
    with pytest.raises(IntegrityError, match="names no row of members_member"), transaction.atomic():
        copy_rows(Order, many[1000:])
    assert Order.objects.count() == 1002


@pytest.mark.parametrize(("model", "column"), EACH)
def test_row_goes_on_pointing_at_what_it_was_written_for(traded: Trade, model: Any, column: str) -> None:
    changed = {column: NOTHING.get(column, uuid7())}
    with pytest.raises(IntegrityError, match="goes on pointing"), transaction.atomic():
        model.objects.update(**changed)


@pytest.mark.parametrize(
    "table",
    [
        "core_community",
        "devices_meteringpoint",
        "members_member",
        "market_order",
        "market_slotrun",
        "market_trade",
    ],
)
def test_rows_that_others_point_at_stay(traded: Trade, table: str) -> None:
    with connection.cursor() as cursor:
        for act in (f"DELETE FROM {table}", f"UPDATE {table} SET id = id"):
            with pytest.raises(IntegrityError, match="its rows stay"), transaction.atomic():
                cursor.execute(act)


def test_every_column_without_a_key_of_its_own_is_looked_up() -> None:
    keyless = {
        (model, field.attname)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and not field.db_constraint
    }
    # Raw readings are parted by month, and what waits for its seal is written for every action.
    elsewhere = {(Telemetry, "device_id"), (Unsealed, "community_id")}
    assert keyless == set(EACH) | elsewhere
