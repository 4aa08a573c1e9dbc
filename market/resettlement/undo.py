"""When a settlement fails for good: its trades are undone, so that the books say what the chain says.

A slot's auction is settled again as version 2 without its trades (everybody deals with the utility, the
differences are posted); spot trades are reversed. What cannot be undone any more is left to staff.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from stelltron.core import slots
from stelltron.core.advisory_locks import lock_market
from stelltron.core.parameters import value_at
from stelltron.core.rows import copy_values
from stelltron.core.states import change_state
from stelltron.ledger import holdings, intents, journal
from stelltron.ledger.batch import Section, decode_sections
from stelltron.ledger.models import Asset, ChainIntent, Seat

from .. import parameters
from ..clearing import banking
from ..clearing.lines import Line, trade_sums, utility_changes, write_lines
from ..clearing.settling import move_holdings, reversed_postings
from ..models import SlotRun, StatementLine, Trade
from ..spot.book_rows import LINE, lines_of
from ..tariffs.prices import UtilityBook

logger = logging.getLogger(__name__)
Kind = StatementLine.Kind
Moves = dict[tuple[object, str], int]


def undo(intent: ChainIntent) -> bool:
    """Undo what ``intent`` should have settled. False when the money or energy has moved on: staff decides."""
    lock_market(intent.community_id)
    run = SlotRun.objects.filter(intent=intent).first()
    trades = list(intent.trades.select_related("community"))
    if run is None and not trades:
        return False
    if run is not None and run.version > 1:
        return False
    try:
        with transaction.atomic():
            _undo_run(run, trades) if run else _undo_spot(trades)
            change_state(intent, ChainIntent.TRANSITIONS, ChainIntent.State.REPLACED)
    except IntegrityError:
        logger.error("settlement %s failed and cannot be undone: its money or energy has moved on", intent.key)
        return False
    return True


def _undo_spot(trades: list[Trade]) -> None:
    lines = []
    for trade in trades:
        for expires_at, wh in banking.draw(trade.buyer_id, trade.wh):
            banking.keep(trade.seller_id, trade.slot, expires_at, wh)
        for *what, wh, price, stroops in lines_of(trade):
            lines.append((*what, -wh, price, -stroops))
    move_holdings(reversed_postings(trades))
    copy_values(StatementLine, LINE, lines)


def _undo_run(run: SlotRun, trades: list[Trade]) -> None:
    """Version 2: the same mints and own use, no trades; what was sold goes to the utility or is banked."""
    sold: dict[object, int] = defaultdict(int)
    bought: dict[object, int] = defaultdict(int)
    postings = [(code, asset, change) for code, asset, change in run.intent.postings]
    for trade in trades:
        sold[trade.seller_id] += trade.wh
        bought[trade.buyer_id] += trade.wh
    postings += reversed_postings(trades)
    banked = bool(value_at(run.community, parameters.BANKING_SLOTS, run.slot))
    for who, wh in bought.items():
        postings += [(journal.member_account(who), Asset.KWH, wh), ("consumed", Asset.KWH, -wh)]
    if not banked:
        for who, wh in sold.items():
            postings += [(journal.member_account(who), Asset.KWH, -wh), ("exported", Asset.KWH, wh)]
    second = _second_version(run)
    _post_differences(run, second, trades, sold, bought, banked)
    moves: Moves = defaultdict(int)
    for trade in trades:
        moves[trade.buyer_id, Asset.WATT] += trade.amount + trade.fee_amount
        moves[trade.seller_id, Asset.WATT] -= trade.amount
    if banked:
        kept_for = timedelta(
            minutes=run.community.slot_minutes * value_at(run.community, parameters.BANKING_SLOTS, run.slot)
        )
        end = slots.next_slot(run.slot, run.community.slot_minutes)
        for who, wh in sold.items():
            moves[who, Asset.KWH] += wh
            banking.keep(who, run.slot, end + kept_for, wh)
    holdings.apply(moves)
    section = _without_trades(run, sold if not banked else {}, bought)
    second.intent = intents.queue_settlement(run.community, [section], postings, auction=True)
    second.save(update_fields=["intent"])


def _second_version(run: SlotRun) -> SlotRun:
    change_state(run, SlotRun.TRANSITIONS, SlotRun.State.REPLACED)
    return SlotRun.objects.create(
        community=run.community,
        slot=run.slot,
        version=run.version + 1,
        points=run.points,
        surplus_wh=run.surplus_wh,
        deficit_wh=run.deficit_wh,
        bound_wh=run.bound_wh,
        traded_wh=0,
        mechanism=run.mechanism,
        reason="the chain refused the first version's trades",
        root=run.root,
        cleared_at=datetime.now(UTC),
    )


def _post_differences(
    run: SlotRun, second: SlotRun, trades: list[Trade], sold: dict[object, int], bought: dict[object, int], banked: bool
) -> None:
    book = UtilityBook(run.community)
    write_lines(second, lines_without_trades(run, trades, sold, bought, book, banked), book)


def lines_without_trades(
    run: SlotRun,
    trades: list[Trade],
    sold: Mapping[object, int],
    bought: Mapping[object, int],
    book: UtilityBook,
    banked: bool,
) -> list[Line]:
    """What taking the first version's trades back changes: everybody deals with the utility instead."""
    had = {(line.member_id, line.kind): line.wh for line in run.lines.all()}
    lines = [Line(*key, -wh, -stroops) for key, (wh, stroops) in trade_sums(trades).items()]
    for who in sorted({*sold, *bought}):  # type: ignore[type-var]
        out, into = had.get((who, Kind.UTILITY_EXPORT), 0), had.get((who, Kind.UTILITY_IMPORT), 0)
        further = 0 if banked else sold.get(who, 0)
        prices = book.prices(run.slot, who)
        lines += utility_changes(who, (out, out + further), (into, into + bought.get(who, 0)), prices)
    return lines


def _without_trades(run: SlotRun, exported: dict[object, int], bought: dict[object, int]) -> Section:
    """The failed sections again, as one: their mints, no trades, and burns that follow."""
    sections = decode_sections(bytes(run.intent.section))
    seats = dict(Seat.objects.filter(member__in={*exported, *bought}).values_list("member_id", "index"))
    burns: dict[int, int] = defaultdict(int, dict(sections[-1].burns))
    for who, wh in bought.items():
        burns[seats[who]] -= wh
    for who, wh in exported.items():
        burns[seats[who]] += wh
    return replace(sections[0], fee=0, trades=(), burns=tuple((seat, wh) for seat, wh in sorted(burns.items()) if wh))
