"""Trades and slots on their way to the chain: balances moved, journal postings, and sections of one grid fee each."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from stelltron.core import prepared, slots
from stelltron.core.models import Community
from stelltron.core.parameters import value_at
from stelltron.ledger import holdings, intents, journal, merkle
from stelltron.ledger.batch import PackedTrade, Section, decode_sections
from stelltron.ledger.models import Asset, ChainIntent

from .. import parameters
from ..engine.rounds import Outcome
from ..grid.zones import GRID
from ..models import SlotRun
from . import banking
from .new_trades import NewTrade, Traded, write_trades

if TYPE_CHECKING:
    from .closing import Slot

# A joining intent is written anew each time: beyond this a new one costs less.
MOST_TRADES_JOINED = 200
GROWING = """
SELECT id, payload::text, section FROM ledger_chainintent
WHERE community_id = %s AND slot = %s AND state = 'PENDING' AND attempts = 0
  AND payload->'grows' = 'true' AND (payload->'trades')::bigint < %s
ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
SEATS = "SELECT member_id, index FROM ledger_seat WHERE member_id = ANY(%s::uuid[])"


def trade_postings(trade: Traded) -> list[journal.Posting]:
    """A trade as journal lines: money one way, energy the other, the grid's fee to the grid."""
    buyer, seller = journal.member_account(trade.buyer_id), journal.member_account(trade.seller_id)
    postings = [
        (buyer, Asset.WATT, -trade.amount),
        (seller, Asset.WATT, trade.amount),
        (seller, Asset.KWH, -trade.wh),
        (buyer, Asset.KWH, trade.wh),
    ]
    if trade.fee_amount:
        postings += [(buyer, Asset.WATT, -trade.fee_amount), (GRID, Asset.WATT, trade.fee_amount)]
    return postings


def reversed_postings(trades: Iterable[Traded]) -> list[journal.Posting]:
    """What takes the trades back."""
    return [(code, asset, -change) for trade in trades for code, asset, change in trade_postings(trade)]


def packed(trades: Iterable[Traded], seat: dict[object, int]) -> dict[int, tuple[PackedTrade, ...]]:
    """Per grid fee, lowest first: a section carries one fee for all its trades."""
    by_fee: dict[int, list[PackedTrade]] = defaultdict(list)
    for trade in trades:
        by_fee[trade.fee].append(PackedTrade(seat[trade.buyer_id], seat[trade.seller_id], trade.wh, trade.price))
    return {fee: tuple(by_fee[fee]) for fee in sorted(by_fee)}


def sections_of(
    start: int,
    trades: Sequence[Traded],
    seat: dict[object, int],
    *,
    root: bytes = merkle.EMPTY_ROOT,
    leaves: int = 0,
    mints: Mapping[object, int] | None = None,
    burns: Mapping[object, int] | None = None,
) -> list[Section]:
    """The chunks of one settlement: energy is minted in the first and burned in the last."""
    groups = packed(trades, seat) or {0: ()}
    sections = [Section(start, merkle.EMPTY_ROOT, 0, trades=group, fee=fee) for fee, group in groups.items()]
    minted = tuple((seat[who], wh) for who, wh in (mints or {}).items() if wh)
    burned = tuple((seat[who], wh) for who, wh in (burns or {}).items() if wh)
    sections[0] = replace(sections[0], root=root, leaves=leaves, mints=minted)
    sections[-1] = replace(sections[-1], burns=burned)
    return sections


def queue_trades(community: Community, start: int, sales: Sequence[NewTrade], begun_by: object) -> None:
    """Write spot trades, as further chunks of the slot they happened in (``start``: minutes since the epoch).

    They join an intent of the slot that waits to be sent, since a slot takes few; else ``begun_by`` begins one. The
    caller holds the market's lock.
    """
    parties = {sale.buyer_id for sale in sales} | {sale.seller_id for sale in sales}
    seat: dict[object, int] = dict(prepared.run(SEATS, [prepared.array(parties)]).fetchall())
    sections = sections_of(start, sales, seat)
    postings = [posting for sale in sales for posting in trade_postings(sale)]
    intent = _growing(community, start)
    if intent:
        intents.extend_settlement(intent, _joined(decode_sections(bytes(intent.section)), sections), postings)
    else:
        intent = intents.queue_settlement(community, sections, postings, grows=True, begun_by=begun_by)
    write_trades(sales, intent.pk)


def _growing(community: Community, start: int) -> ChainIntent | None:
    """An unsent intent with room for more trades; one that is being sent this moment is passed over."""
    rows = prepared.run(GROWING, [community.pk, start, MOST_TRADES_JOINED]).fetchall()
    return ChainIntent(pk=rows[0][0], payload=json.loads(rows[0][1]), section=rows[0][2]) if rows else None


def _joined(before: Iterable[Section], after: Iterable[Section]) -> list[Section]:
    """Sections of trades only, one for each fee."""
    by_fee: dict[int, Section] = {}
    for section in (*before, *after):
        known = by_fee.get(section.fee)
        by_fee[section.fee] = replace(known, trades=known.trades + section.trades) if known else section
    return [by_fee[fee] for fee in sorted(by_fee)]


def settle_slot(
    slot: Slot, run: SlotRun, outcome: Outcome, sales: Sequence[NewTrade], to_utility: Mapping[object, int]
) -> None:
    """Move the working balances, queue the slot's one chain intent with the very same amounts, and write the trades."""
    minted: dict[object, int] = defaultdict(int)
    for reading in slot.readings:
        if reading.member_id in slot.seats:
            minted[reading.member_id] += reading.exported_wh
    burned = burned_in(slot.seats, outcome, to_utility)
    postings: list[journal.Posting] = []
    for who, wh in minted.items():
        postings += [("meters", Asset.KWH, -wh), (journal.member_account(who), Asset.KWH, wh)]
    for sale in sales:
        postings += trade_postings(sale)
    for who, (used, exported) in burned.items():
        postings += burn_postings(who, used, exported)
    move_holdings(postings)
    if slot.banking_slots:
        _bank(slot, outcome)
    sections = sections_of(
        slots.to_chain(slot.start),
        sales,
        slot.seats,  # type: ignore[arg-type]
        root=bytes.fromhex(run.root),
        leaves=run.points,
        mints=minted,
        burns={who: sum(parts) for who, parts in burned.items()},
    )
    per_group = value_at(slot.community, parameters.SETTLEMENT_GROUP_SLOTS, slot.start)
    group = slots.to_chain(slot.start) // (slot.community.slot_minutes * per_group) if per_group else 0
    intent = intents.queue_settlement(slot.community, sections, postings, group=group, auction=True)
    SlotRun.objects.filter(pk=run.pk).update(intent=intent)
    run.intent = intent
    write_trades(sales, intent.pk)


def burned_in(
    seats: Mapping[object, int], outcome: Outcome, to_utility: Mapping[object, int]
) -> dict[object, tuple[int, int]]:
    """Per member with a seat: (used in the community, passed on to the utility)."""
    used: dict[object, int] = defaultdict(int)
    for source in (outcome.own_use, outcome.bought()):
        for who, wh in source.items():
            used[who] += wh
    everyone = [who for who in {**used, **to_utility} if who in seats]
    return {who: (used.get(who, 0), to_utility.get(who, 0)) for who in sorted(everyone)}  # type: ignore[type-var]


def burn_postings(who: object, used: int, exported: int) -> list[journal.Posting]:
    return [
        (journal.member_account(who), Asset.KWH, -used - exported),
        ("consumed", Asset.KWH, used),
        ("exported", Asset.KWH, exported),
    ]


def move_holdings(postings: Iterable[journal.Posting]) -> None:
    """Change the members' working balances by what ``postings`` give and take."""
    changes: dict[tuple[object, str], int] = defaultdict(int)
    for code, asset, delta in postings:
        kind, _, member_id = code.partition("member:")
        if not kind:
            changes[member_id, asset] += delta
    holdings.apply(changes)


def _bank(slot: Slot, outcome: Outcome) -> None:
    for who, wh in outcome.unsold.items():
        if who in slot.seats:
            banking.keep(who, slot.start, slot.end + slot.kept_for, wh)
