"""Working balances: every move is one conditional UPDATE, so that no race can overspend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter

from django.db.models import F

from stelltron.core import prepared
from stelltron.core.errors import Refused
from stelltron.core.units import kwh, money
from stelltron.members.models import Member

from .models import Asset, Holding

MOVE = """
UPDATE ledger_holding h SET available = available + given.free, held = held + given.held_back
FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::bigint[]) AS given(m, a, free, held_back)
WHERE h.member_id = given.m AND h.asset = given.a RETURNING h.member_id, h.asset
"""


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


def _take(member_id: object, asset: str, amount: int, **changes: object) -> None:
    if amount < 0:
        raise AssertionError("amounts are not negative")
    moved = Holding.objects.filter(member_id=member_id, asset=asset, available__gte=amount).update(**changes)
    if amount and not moved:
        there = Holding.objects.filter(member_id=member_id, asset=asset).first()
        left = there.available if there else 0
        raise too_little(asset, amount, left)


def too_little(asset: str, needed: int, free: int) -> Refused:
    """What a member reads who wants to set aside more than they have."""
    if asset == Asset.WATT:
        return Refused("not_enough_watt", f"this needs {money(needed)} WATT, {money(free)} are free: deposit first")
    return Refused("not_enough_energy", f"this needs {kwh(needed)} kWh, {kwh(free)} kWh are free")


def apply(changes: Mapping[tuple[object, str], int]) -> None:
    """Add many signed changes to what is available, in one statement; the database refuses a negative balance."""
    move({key: (amount, 0) for key, amount in changes.items()})


def move(changes: Mapping[tuple[object, str], Sequence[int]]) -> None:
    """Add signed changes to (available, held) of many balances in one statement; none may fall below zero."""
    rows = [(who, asset, free, held) for (who, asset), (free, held) in changes.items() if free or held]
    if not rows:
        return
    # KWH first, as wherever both balances of a member move.
    rows.sort(key=itemgetter(1))
    moved = prepared.run(MOVE, prepared.columns(rows))
    if moved.rowcount == len(rows):
        return
    known = {(str(who), asset) for who, asset in moved}
    missing = [row for row in rows if (str(row[0]), str(row[1])) not in known]
    Holding.objects.bulk_create(
        (Holding(member_id=who, asset=asset) for who, asset, *_ in missing), ignore_conflicts=True
    )
    prepared.run(MOVE, prepared.columns(missing))
