"""The figures of a replay, from the books and the chain; money in the tariff's major unit."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, Sum

from devices.models import Quarantined, SlotReading
from market.models import SlotRun, StatementLine, Trade
from market.selectors import newest_versions
from market.tariffs.prices import UtilityBook
from stelltron.core.models import Community
from stelltron.core.units import STROOPS, amount
from stelltron.ledger import contracts, journal, journal_walk, reconciliation
from stelltron.ledger.clients import energy_token, marketplace, watt_token
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.models import Asset, BankReceipt, ChainIntent, ChainTransaction


def build(community: Community, seconds: float) -> dict[str, Any]:
    """Every key of the replay's report (docs/replay.md says what each means)."""
    runs = newest_versions(community)
    sums = runs.aggregate(
        surplus=Sum("surplus_wh"), deficit=Sum("deficit_wh"), bound=Sum("bound_wh"), traded=Sum("traded_wh")
    )
    utility = _utility_bills(community)
    ours = _our_bills(community)
    savings = [utility[member] - ours.get(member, 0) for member in utility]
    trades = Trade.objects.filter(community=community, state=Trade.State.SETTLED).count()
    sent = ChainTransaction.objects.filter(
        state=ChainTransaction.State.SUCCEEDED, intents__kind=ChainIntent.Kind.SETTLE
    ).distinct()
    transactions, fees = sent.count(), sum(sent.values_list("fee_stroops", flat=True))
    return {
        "slots": runs.count(),
        "homes": len(utility),
        "surplus_kwh": _kwh(sums["surplus"]),
        "deficit_kwh": _kwh(sums["deficit"]),
        "bound_kwh": _kwh(sums["bound"]),
        "traded_kwh": _kwh(sums["traded"]),
        "bill_utility": _money(sum(utility.values())),
        "bill": _money(sum(ours.values())),
        "saving": _money(sum(savings)),
        "home_saving_min": _money(min(savings, default=0)),
        "home_saving_max": _money(max(savings, default=0)),
        "trades": trades,
        "transactions": transactions,
        "trades_per_transaction": round(trades / transactions, 2) if transactions else 0,
        "stroops_per_trade": round(fees / trades, 1) if trades else 0,
        "seconds": round(seconds, 1),
        "conservation_wh": energy_gap(community),
        "conservation_stroops": money_gap(community),
        "journal_equals_chain": reconciliation.reconcile(community).equal
        and journal_walk.verify(community).fault is None,
        "unsettled": runs.exclude(state=SlotRun.State.SETTLED).count()
        + ChainIntent.objects.exclude(state=ChainIntent.State.CONFIRMED).count(),
        "quarantined": Quarantined.objects.count(),
    }


def energy_gap(community: Community) -> int:
    """Wh that are not where they should be: meters against mints, mints against use, sales against purchases,
    the contract's totals against its token balance."""
    metered = SlotReading.objects.filter(community=community).aggregate(
        exported=Sum("exported_wh"), imported=Sum("imported_wh")
    )
    lines = _lines_by_kind(community)
    balances = journal.balances(community)
    minted = -balances.get(("meters", Asset.KWH), 0)
    held = sum(total for (code, asset), total in balances.items() if asset == Asset.KWH and code.startswith("member:"))
    gone = balances.get(("consumed", Asset.KWH), 0) + balances.get(("exported", Asset.KWH), 0)
    kind = StatementLine.Kind
    gateway = Gateway(settings.STELLAR)
    totals = contracts.ask(gateway, marketplace.totals())
    token = contracts.ask(gateway, energy_token.balance(contracts.address("marketplace")))
    gaps = (
        (metered["exported"] or 0) - minted,
        minted - held - gone,
        lines[kind.COMMUNITY_SALE] - lines[kind.COMMUNITY_PURCHASE],
        (metered["imported"] or 0)
        - lines[kind.OWN_USE]
        - lines[kind.COMMUNITY_PURCHASE]
        - lines[kind.UTILITY_IMPORT]
        + _spot_bought(community),
        totals.energy_wh - held,
        token - held,
    )
    return sum(abs(gap) for gap in gaps)


def money_gap(community: Community) -> int:
    """Stroops that are not where they should be: receipts against members' balances, sales against purchases,
    the contract's totals against its token balance."""
    balances = journal.balances(community)
    held = sum(total for (code, asset), total in balances.items() if asset == Asset.WATT and code.startswith("member:"))
    received = BankReceipt.objects.filter(member__community=community).aggregate(total=Sum("stroops"))["total"] or 0
    traded = (
        StatementLine.objects.filter(
            member__community=community, kind__in=("COMMUNITY_SALE", "COMMUNITY_PURCHASE")
        ).aggregate(total=Sum("amount"))["total"]
        or 0
    )
    gateway = Gateway(settings.STELLAR)
    totals = contracts.ask(gateway, marketplace.totals())
    token = contracts.ask(gateway, watt_token.balance(contracts.address("marketplace")))
    return abs(received - held) + abs(traded) + abs(totals.quote - held) + abs(token - held)


def _spot_bought(community: Community) -> int:
    """Purchases on the spot book add to what a member holds, not to what a slot imported."""
    spot = Trade.objects.filter(community=community, venue=Trade.Venue.SPOT)
    return spot.aggregate(total=Sum("wh"))["total"] or 0


def _lines_by_kind(community: Community) -> dict[str, int]:
    lines: dict[str, int] = defaultdict(int)
    rows = StatementLine.objects.filter(member__community=community).values_list("kind").annotate(Sum("wh")).order_by()
    lines.update(dict(rows))
    return lines


def _utility_bills(community: Community) -> dict[object, int]:
    """Stroops each member would owe the utility alone, slot by slot, at the tariff of the slot."""
    book = UtilityBook(community)
    bills: dict[object, int] = defaultdict(int)
    rows = SlotReading.objects.filter(community=community).values_list(
        "point__member_id", "slot", "exported_wh", "imported_wh"
    )
    for member, slot, exported, imported in rows.iterator(chunk_size=5000):
        prices = book.prices(slot, member)
        bills[member] += (
            amount(imported, prices.retail) + amount(imported, prices.tax) - amount(exported, prices.feed_in)
        )
    return bills


def _our_bills(community: Community) -> dict[object, int]:
    rows = (
        StatementLine.objects.filter(member__community=community)
        .values_list("member_id")
        .annotate(total=Sum("amount"), lines=Count("id"))
        .order_by()
    )
    return {member: -total for member, total, _ in rows}


def _kwh(wh: int | None) -> float:
    return float(Decimal(wh or 0) / 1000)


def _money(stroops: int) -> float:
    return float(round(Decimal(stroops) / STROOPS, 4))
