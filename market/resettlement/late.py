"""Readings that came after their slot was cleared: a further version of the run with the differences only.

What was traded is settled and stands. What a battery exported late counts for its locks first, as in a first version,
and serves what their buyers had to draw from the utility. Other late energy covers its owner's own use in the slot, and
the utility takes or delivers the rest; surplus that is banked stays where it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from devices.models import SlotReading
from stelltron.core import slots
from stelltron.core.advisory_locks import lock_market
from stelltron.core.models import Community
from stelltron.core.parameters import value_at
from stelltron.ledger import holdings, intents, journal
from stelltron.ledger.batch import Section
from stelltron.ledger.models import Asset, Seat

from .. import parameters
from ..clearing import delivering
from ..clearing.delivering import Part, UnderLocks
from ..clearing.lines import Line, charges_due, utility_changes, write_lines
from ..clearing.metered import Metered, bound_wh, metered, root_of
from ..clearing.sections import budget_of
from ..live import announce_slot
from ..models import LateReading, SlotRun, StatementLine
from ..tariffs.prices import UtilityBook

Kind = StatementLine.Kind
REASON = "readings came after the slot was cleared"
# Well inside the 64 slots that cost the contract least; it takes others for a week, at an entry more.
REACH_SLOTS = 48


@dataclass(frozen=True)
class Share:
    """One member's slot as billed so far, all Wh; ``exported`` went to the utility out of this slot's own surplus."""

    exported: int = 0
    imported: int = 0


@dataclass(frozen=True)
class Change:
    """What late energy changes for one member, Wh; ``exported`` and ``imported`` are (before, after).

    ``kept`` is delivered under locks: it stays the seller's, in the place of what the locks burn.
    """

    who: object
    minted: int
    kept: int
    own_use: int
    exported: tuple[int, int]
    imported: tuple[int, int]


def change(
    who: object, before: Share, exported_wh: int, imported_wh: int, given_wh: int = 0, used_wh: int = 0
) -> Change:
    """Net the late energy with what the member exchanged with the utility in the slot, either way.

    First the seller's ``given_wh`` and the buyer's ``used_wh`` go through locks.
    """
    out, into = before.exported + exported_wh - given_wh, before.imported + imported_wh - used_wh
    assert out >= 0 <= into
    own_use = min(out, into)
    exported, imported = (before.exported, out - own_use), (before.imported, into - own_use)
    return Change(who, exported_wh, given_wh, own_use, exported, imported)


def settle_late(community: Community, most: int = 100) -> int:
    """Settle slots with late readings, oldest first, each in a transaction of its own. Returns how many."""
    late = SlotReading.objects.filter(community=community, state=SlotReading.State.LATE)
    done = 0
    for start in late.order_by("slot").values_list("slot", flat=True).distinct()[:most]:
        done += settle_late_slot(community, start) is not None
    return done


@transaction.atomic
def settle_late_slot(community: Community, start: datetime) -> SlotRun | None:
    """The next version of the slot's run, or None while the one before is not settled or the chain has no room."""
    lock_market(community.pk)
    runs = list(SlotRun.objects.filter(community=community, slot=start).order_by("version"))
    late = metered(community, start, [SlotReading.State.LATE])
    chain_slot = _chain_slot(community, start)
    if not runs or runs[-1].state != SlotRun.State.SETTLED or not late or chain_slot is None:
        return None
    readings = metered(community, start, [SlotReading.State.CLEARED, SlotReading.State.LATE])
    run = _next_version(runs[-1], late, readings)
    seats = dict(Seat.objects.filter(member__community=community).values_list("member_id", "index"))
    parts = _delivered_late(run, late, seats)
    under_locks = delivering.given_and_used(parts)
    run.bound_wh = _bound(runs[-1], readings, under_locks)
    run.save()
    changes = changes_of(run, late, seats, under_locks)
    book = UtilityBook(community)
    charges = charges_due(book, run, [one.who for one in changes])
    write_lines(run, lines_of(run, changes, charges, book), book)
    delivering.record(run, parts)
    _keep(run, parts)
    _queue(run, chain_slot, changes, seats)
    LateReading.objects.bulk_create(LateReading(run=run, reading_id=reading.id) for reading in late)
    SlotReading.objects.filter(pk__in=[reading.id for reading in late]).update(state=SlotReading.State.CLEARED)
    transaction.on_commit(lambda: announce_slot(run))
    return run


def changes_of(
    run: SlotRun, late: Sequence[Metered], seats: Mapping[object, int], under_locks: UnderLocks
) -> list[Change]:
    """What ``late`` changes against the versions before ``run``, a member each."""
    exported, imported = _sums(late)
    given, used = under_locks
    shares = _shares(run, {*exported, *used}, seats)
    return [
        change(who, shares[who], exported.get(who, 0), imported.get(who, 0), given.get(who, 0), used.get(who, 0))
        for who in sorted(shares)  # type: ignore[type-var]
    ]


def _sums(readings: Iterable[Metered]) -> tuple[dict[object, int], dict[object, int]]:
    """(exported, imported) per member."""
    exported: dict[object, int] = defaultdict(int)
    imported: dict[object, int] = defaultdict(int)
    for reading in readings:
        exported[reading.member_id] += reading.exported_wh
        imported[reading.member_id] += reading.imported_wh
    return exported, imported


def _delivered_late(run: SlotRun, late: Sequence[Metered], seats: Mapping[object, int]) -> list[Part]:
    """What the late readings deliver under locks, and what late draws use of what was delivered before."""
    end = slots.next_slot(run.slot, run.community.slot_minutes)
    locks = delivering.open_locks(run.community, run.slot, end)
    _, imported = _sums(late)
    shares = _shares(run, {locked.trade.buyer_id for locked in locks}, seats)
    drawn = {who: share.imported + imported.get(who, 0) for who, share in shares.items()}
    return delivering.allot(locks, late, drawn, delivering.unused_in(locks, run.slot))


def _keep(run: SlotRun, parts: Sequence[Part]) -> None:
    """What was delivered is minted to its seller, in the place of the KWH that the locks burn."""
    community = run.community
    holdings.apply({(who, Asset.KWH): wh for who, wh in delivering.given_and_used(parts).given.items() if wh})
    kept_for = timedelta(minutes=community.slot_minutes * value_at(community, parameters.BANKING_SLOTS, run.slot))
    delivering.bank(parts, run.slot, slots.next_slot(run.slot, community.slot_minutes), kept_for)


def lines_of(run: SlotRun, changes: Iterable[Change], charges: Mapping[object, int], book: UtilityBook) -> list[Line]:
    """The differences, rounded so that all versions together are what one run would have said."""
    lines = []
    for one in changes:
        if one.own_use:
            lines.append(Line(one.who, Kind.OWN_USE, 0, one.own_use, 0))
        lines += utility_changes(one.who, one.exported, one.imported, book.prices(run.slot, one.who))
    return lines + [Line(who, Kind.STANDING_CHARGE, 0, 0, -stroops) for who, stroops in charges.items()]


def _shares(run: SlotRun, members: Iterable[object], seats: Mapping[object, int]) -> dict[object, Share]:
    """Billed by the versions before. Where surplus is banked, exports are of earlier slots' lots and stay."""
    banked = value_at(run.community, parameters.BANKING_SLOTS, run.slot)
    billed = StatementLine.objects.filter(
        member__in=list(members),
        run__community=run.community,
        run__slot=run.slot,
        run__version__lt=run.version,
        kind__in=(Kind.UTILITY_EXPORT, Kind.UTILITY_IMPORT),
    )
    sums = {(who, kind): wh for who, kind, wh in billed.values_list("member_id", "kind").annotate(Sum("wh")).order_by()}
    return {
        who: Share(
            0 if banked and who in seats else sums.get((who, Kind.UTILITY_EXPORT), 0),
            sums.get((who, Kind.UTILITY_IMPORT), 0),
        )
        for who in members
    }


def _next_version(last: SlotRun, late: Sequence[Metered], readings: Sequence[Metered]) -> SlotRun:
    """The same trades over all readings, so that the root proves the whole slot; not saved, without its bound."""
    return SlotRun(
        community=last.community,
        slot=last.slot,
        version=last.version + 1,
        points=len(readings),
        surplus_wh=sum(reading.exported_wh for reading in readings),
        deficit_wh=sum(reading.imported_wh for reading in readings),
        traded_wh=last.traded_wh,
        mechanism=last.mechanism,
        price=last.price,
        reason=f"{REASON}: {', '.join(reading.code for reading in late)}"[:200],
        root=root_of(last.slot, readings),
        cleared_at=datetime.now(UTC),
    )


def _bound(last: SlotRun, readings: Sequence[Metered], under_locks: UnderLocks) -> int:
    """What all readings leave to trade beside the locks.

    What was traded had its proof in the version before: a late delivery, rounded to full Wh, does not touch it.
    """
    before = delivering.spoken_for(last)
    given, used = (sum(old.values()) + sum(new.values()) for old, new in zip(before, under_locks, strict=True))
    return max(bound_wh(readings, given, used), last.traded_wh)


def _queue(run: SlotRun, chain_slot: datetime, changes: Sequence[Change], seats: Mapping[object, int]) -> None:
    """One intent that mints the late energy and burns what came of it; only what locks took stays with the member."""
    postings: list[journal.Posting] = []
    minted, burned = {}, {}
    for one in changes:
        if one.who not in seats:
            continue
        account = journal.member_account(one.who)
        further = one.exported[1] - one.exported[0]
        gone = one.own_use + further
        assert one.minted == one.kept + gone
        postings += [
            ("meters", Asset.KWH, -one.minted),
            (account, Asset.KWH, one.minted),
            (account, Asset.KWH, -gone),
            ("consumed", Asset.KWH, one.own_use),
            ("exported", Asset.KWH, further),
        ]
        minted[seats[one.who]], burned[seats[one.who]] = one.minted, gone
    mints, burns = (tuple(sorted((seat, wh) for seat, wh in moved.items() if wh)) for moved in (minted, burned))
    section = Section(slots.to_chain(chain_slot), bytes.fromhex(run.root), run.points, mints=mints, burns=burns)
    run.intent = intents.queue_settlement(run.community, [section], postings)
    run.save(update_fields=["intent"])


def _chain_slot(community: Community, start: datetime) -> datetime | None:
    """The slot itself where the contract still takes it, else the newest one with chunks to spare."""
    step = timedelta(minutes=community.slot_minutes)
    newest = SlotRun.objects.filter(community=community).order_by("-slot").values_list("slot", flat=True).first()
    if newest is None:
        return None
    first = newest - step * (REACH_SLOTS - 1)
    wanted = [start] if start >= first else []
    candidates = wanted + [newest - step * back for back in range(REACH_SLOTS)]
    return next((slot for slot in candidates if budget_of(community, slot).has_room), None)
