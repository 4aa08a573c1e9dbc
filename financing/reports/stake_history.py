"""What happened to stakes, in the order of the chain, and what they had earned at any moment.

``index`` is all that went to the owners, in whole stroops a unit: recomputed from the payments themselves, so that a
statement stands on what was paid and is compared with what the mirror kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, F, OuterRef, Q, Sum

from stelltron.ledger.models import ChainEvent, JournalEntry

from ..income import BASIS_POINTS, UNITS
from ..models import AutoClaim, Future, Generator, Payment, Payout, Stake, UnitTransfer


class Kind(StrEnum):
    FUNDED = "bought in the funding"
    BOUGHT = "bought"
    SOLD = "sold"
    GIVEN = "given away"
    RECEIVED = "received as a gift"
    TAKEN_BACK = "taken back"
    REFUNDED = "paid back"
    CLAIMED = "income claimed"
    PAID_OUT = "income paid out by itself"
    INCOME_BOUGHT = "income bought ahead"
    INCOME_SOLD = "income sold ahead"


PUT_IN = (Kind.FUNDED, Kind.BOUGHT)
GOT_BACK = (Kind.SOLD, Kind.TAKEN_BACK, Kind.REFUNDED)
# Nothing is earned between these.
FUNDING = (Kind.FUNDED, Kind.TAKEN_BACK, Kind.REFUNDED)
CLAIMS = (Kind.CLAIMED, Kind.PAID_OUT)


@dataclass(frozen=True)
class Line:
    """``units`` and ``amount`` (stroops) as they change for the owner: what is paid is below zero."""

    stake: Stake
    event: str
    at: datetime
    kind: Kind
    units: int
    amount: int
    transaction_hash: str


def lines_of(stakes: Iterable[Stake]) -> dict[int, list[Line]]:
    """All lines of each stake, the oldest first, in a constant number of queries."""
    by_pk = {stake.pk: stake for stake in stakes}
    found: dict[int, list[Line]] = defaultdict(list)
    for line in (*_funding(by_pk), *_transfers(by_pk), *_futures(by_pk), *_claims(by_pk)):
        found[line.stake.pk].append(line)
    return {pk: sorted(_with_refunded_units(found[pk]), key=lambda line: line.event) for pk in by_pk}


def _funding(stakes: dict[int, Stake]) -> list[Line]:
    """Bought in the funding, taken back, or paid back after it failed: booked in the journal, told by the event."""
    owners = {(stake.generator.address, stake.address): stake for stake in stakes.values()}
    booked = {
        entry.reference.removeprefix("event:"): entry
        for entry in JournalEntry.objects.filter(
            kind__in=("generator-funded", "generator-withdrawn", "generator-refunded"),
            lines__account__code__in={stake.generator.account for stake in stakes.values()},
        )
    }
    addresses = [address for _, address in owners]
    lines = []
    for event in ChainEvent.objects.filter(id__in=booked, data__topics__0__in=addresses):
        stake = owners.get((event.contract, event.data["topics"][0]))
        if stake is None:
            continue
        entry, value = booked[event.id], event.data["value"]
        kind, sign = MOVES[event.name]
        amount, units = -sign * int(value["amount"]), sign * int(value.get("units", 0))
        lines.append(Line(stake, event.id, event.at or entry.posted_at, kind, units, amount, event.transaction_hash))
    return lines


# What an event of the funding is for the owner, and whether units come or go.
MOVES = {"funded": (Kind.FUNDED, 1), "withdrawn": (Kind.TAKEN_BACK, -1), "refunded": (Kind.REFUNDED, -1)}


def _with_refunded_units(lines: list[Line]) -> list[Line]:
    """A refund takes back all units that are left of the funding; the event tells the money only."""
    units = sum(line.units for line in lines if line.kind in (Kind.FUNDED, Kind.TAKEN_BACK))
    return [
        Line(line.stake, line.event, line.at, line.kind, -units, line.amount, line.transaction_hash)
        if line.kind == Kind.REFUNDED
        else line
        for line in lines
    ]


def _transfers(stakes: dict[int, Stake]) -> list[Line]:
    lines = []
    for transfer in UnitTransfer.objects.filter(Q(giver__in=stakes) | Q(receiver__in=stakes)):
        units, paid = transfer.units, transfer.units * transfer.price
        both = (
            (transfer.giver_id, Kind.SOLD if paid else Kind.GIVEN, -units, paid),
            (transfer.receiver_id, Kind.BOUGHT if paid else Kind.RECEIVED, units, -paid),
        )
        for pk, kind, change, amount in both:
            if pk in stakes:
                lines.append(
                    Line(stakes[pk], transfer.event, transfer.at, kind, change, amount, transfer.transaction_hash)
                )
    return lines


def _futures(stakes: dict[int, Stake]) -> list[Line]:
    """The price of income that was sold ahead; what it then brought is claimed like any other."""
    lines = []
    for future in Future.objects.filter(Q(seller__in=stakes) | Q(buyer__in=stakes), sold_at__isnull=False):
        both = (
            (future.seller_id, Kind.INCOME_SOLD, future.price),
            (future.buyer_id, Kind.INCOME_BOUGHT, -future.price),
        )
        for pk, kind, amount in both:
            if pk in stakes:
                lines.append(Line(stakes[pk], future.sold_event, future.sold_at, kind, 0, amount, future.sold_hash))
    return lines


def _claims(stakes: dict[int, Stake]) -> list[Line]:
    sent = AutoClaim.objects.filter(intent__transaction=OuterRef("transaction_hash"))
    return [
        Line(
            stakes[payout.stake_id],
            payout.event,
            payout.at,
            Kind.PAID_OUT if payout.by_itself else Kind.CLAIMED,
            0,
            payout.amount,
            payout.transaction_hash,
        )
        for payout in Payout.objects.filter(stake__in=stakes).annotate(by_itself=Exists(sent))
    ]


def earned(stake: Stake, lines: Iterable[Line], until: datetime) -> int | None:
    """What the stake had earned before ``until``, claimed or not.

    None where the payments alone do not explain what it has earned by now: a generator that has retired, income that
    was sold ahead.
    """
    made = stake.generator
    changes = [line for line in lines if line.units]
    if _earned(changes, lambda before: _index(made, before)) != stake.claimed + stake.claimable(made.index):
        return None
    return _earned([line for line in changes if line.at < until], lambda before: _index(made, before, Q(at__lt=until)))


def _earned(changes: list[Line], index_before: Callable[[str | None], int]) -> int:
    """Each change of units begins a stretch; ``index_before`` of an event, or of None at the end."""
    total = units = start = 0
    for change in changes:
        # Nothing is paid while it is funded.
        index = 0 if change.kind in FUNDING else index_before(change.event)
        total += units * (index - start)
        units, start = units + change.units, index
    return total + (units * (index_before(None) - start) if units else 0)


def _index(made: Generator, event: str | None, within: Q | None = None) -> int:
    """What one unit had earned before ``event``; None: by now."""
    payments = made.payments.filter(within or Q(), state=Payment.State.PAID)
    if event is not None:
        payments = payments.filter(event__lt=event)
    bps = made.offering.maintenance_bps
    to_owners = payments.aggregate(sum=Sum(F("amount") - F("amount") * bps / BASIS_POINTS, default=0))["sum"]
    return int(to_owners) // UNITS
