"""Working balances: every move is one conditional UPDATE, so that no race can overspend."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import connection
from django.db.models import F

from stelltron.core.errors import Refused
from stelltron.core.units import kwh, money
from stelltron.members.models import Member

from .models import Asset, Holding


def balance(member: Member, asset: str) -> Holding:
    holding, _ = Holding.objects.get_or_create(member=member, asset=asset)
    return holding


def credit(member_id: object, asset: str, amount: int) -> None:
    """Add ``amount`` to what is available."""
    if not Holding.objects.filter(member_id=member_id, asset=asset).update(available=F("available") + amount):
        Holding.objects.create(member_id=member_id, asset=asset, available=amount)


def debit(member_id: object, asset: str, amount: int) -> None:
    """Take ``amount`` from what is available. Raises Refused."""
    _take(member_id, asset, amount, available=F("available") - amount)


def hold(member_id: object, asset: str, amount: int) -> None:
    """Set ``amount`` aside for an open order. Raises Refused when it is not there."""
    _take(member_id, asset, amount, available=F("available") - amount, held=F("held") + amount)


def release(member_id: object, asset: str, amount: int) -> None:
    """Give back what an order held."""
    moved = Holding.objects.filter(member_id=member_id, asset=asset, held__gte=amount).update(
        available=F("available") + amount, held=F("held") - amount
    )
    if amount and not moved:
        raise AssertionError(f"{member_id} does not hold {amount} {asset}")


def spend_held(member_id: object, asset: str, amount: int) -> None:
    """What was held leaves the member."""
    moved = Holding.objects.filter(member_id=member_id, asset=asset, held__gte=amount).update(held=F("held") - amount)
    if amount and not moved:
        raise AssertionError(f"{member_id} does not hold {amount} {asset}")


def _take(member_id: object, asset: str, amount: int, **changes: object) -> None:
    if amount < 0:
        raise AssertionError("amounts are not negative")
    moved = Holding.objects.filter(member_id=member_id, asset=asset, available__gte=amount).update(**changes)
    if amount and not moved:
        there = Holding.objects.filter(member_id=member_id, asset=asset).first()
        left = there.available if there else 0
        if asset == Asset.WATT:
            raise Refused("not_enough_watt", f"this needs {money(amount)} WATT, {money(left)} are free: deposit first")
        raise Refused("not_enough_energy", f"this needs {kwh(amount)} kWh, {kwh(left)} kWh are free")


def apply(changes: Mapping[tuple[object, str], int]) -> None:
    """Add many signed changes to what is available, in one statement; the database refuses a negative balance."""
    rows = sorted((str(member_id), asset, amount) for (member_id, asset), amount in changes.items() if amount)
    if not rows:
        return
    members, assets, amounts = zip(*rows, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_holding AS h (member_id, asset, available, held)"
            " SELECT m, a, 0, 0 FROM unnest(%(m)s::uuid[], %(a)s::text[]) AS given(m, a)"
            " ON CONFLICT (member_id, asset) DO NOTHING",
            {"m": list(members), "a": list(assets)},
        )
        cursor.execute(
            "UPDATE ledger_holding h SET available = available + given.n"
            " FROM unnest(%(m)s::uuid[], %(a)s::text[], %(n)s::bigint[]) AS given(m, a, n)"
            " WHERE h.member_id = given.m AND h.asset = given.a",
            {"m": list(members), "a": list(assets), "n": list(amounts)},
        )
