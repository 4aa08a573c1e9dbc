"""A generator's rows, its journal account and its contract, compared."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import Sum
from stellar_sdk import scval

from stelltron.ledger import contracts
from stelltron.ledger.clients import generator, watt_token
from stelltron.ledger.clients.generator import Owner
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.models import Asset, JournalLine

from .calls import ask
from .models import UNITS, Future, Generator, Payment
from .using.running import next_price

TRIES, PAUSE_SECONDS = 5, 1


@dataclass(frozen=True)
class Difference:
    what: str
    ours: int
    chain: int


def differences(made: Generator, gateway: Gateway | None = None) -> list[Difference]:
    """Everything in which the mirror, the journal or the sums differ from the contract. Empty means equal."""
    gateway = gateway or Gateway(settings.STELLAR)
    escrow, income = ask(made, generator.escrow(), gateway), ask(made, generator.income(), gateway)
    device = ask(made, generator.device(), gateway)
    pairs = [
        ("units sold", made.sold, escrow.sold),
        ("escrow", made.held, escrow.held),
        ("released", made.released, escrow.released),
        ("refunded", made.refunded, escrow.refunded),
        ("income index", made.index, income.index),
        ("carry", made.carry, income.carry),
        ("received", made.received, income.received),
        ("claimed", made.claimed, income.claimed),
        ("maintenance", made.maintenance, income.maintenance),
        ("spent on maintenance", made.spent, income.spent),
        ("credited", made.credited, device.credited),
        ("dispensed", made.dispensed, device.dispensed),
        ("given for free", made.free, device.free),
        ("paid for energy", made.paid, _paid(made)),
        ("next price", next_price(made), ask(made, generator.mean_price(), gateway)),
        ("tokens", made.tokens, contracts.ask(gateway, watt_token.balance(made.address))),
        ("journal", booked(made), contracts.ask(gateway, watt_token.balance(made.address))),
    ]
    claimable = 0
    stakes = list(made.stakes.order_by("pk"))
    owners = _owners(made, [stake.address for stake in stakes], gateway)
    for stake in stakes:
        owner = owners[stake.address]
        mine = stake.claimable(made.index)
        claimable += mine
        pairs += [
            (f"units of {stake.address}", stake.units, owner.units),
            (f"listed by {stake.address}", stake.listed, owner.listed),
            (f"pledged by {stake.address}", stake.pledged, owner.pledged),
            (f"lent by {stake.address}", stake.lent, owner.lent),
            (f"claimable by {stake.address}", mine, _claimable(owner, income.index)),
        ]
    if made.state in Generator.OWNED:
        pairs.append(("all units", sum(made.stakes.values_list("units", flat=True)), UNITS))
    unsettled = 0
    for future in made.futures.filter(state=Future.State.SOLD).select_related("generator"):
        unsettled += future.unsettled
        due = sum(ask(made, generator.unsettled(future.number), gateway))
        pairs.append((f"unsettled of future {future.number}", future.unsettled, due))
    kept = made.claimed + claimable + unsettled + made.carry + made.maintenance + made.spent
    pairs.append(("income kept and paid", kept, income.received))
    return [Difference(*pair) for pair in pairs if pair[1] != pair[2]]


def _owners(made: Generator, addresses: list[str], gateway: Gateway) -> dict[str, Owner]:
    """What the contract keeps of each, many to a request; who is not among the live entries is asked for."""
    keys = {address: scval.to_vec([scval.to_symbol("Owner"), scval.to_address(address)]) for address in addresses}
    found = gateway.read_entries(made.address, list(keys.values()))
    owners = {}
    for address, key in keys.items():
        kept = found.get(key.to_xdr())
        owners[address] = Owner.from_scval(kept) if kept is not None else ask(made, generator.owner(address), gateway)
    return owners


def _claimable(owner: Owner, index: int) -> int:
    """As the contract reckons it."""
    return owner.earned + (owner.units - owner.lent) * (index - owner.index)


def compare(made: Generator, gateway: Gateway | None = None) -> list[Difference]:
    """Compare, and keep what was found for staff. The follower gets a few moments to catch up."""
    found: list[Difference] = []
    for _ in range(TRIES):
        made.refresh_from_db()
        found = differences(made, gateway)
        if not found:
            break
        time.sleep(PAUSE_SECONDS)
    Generator.objects.filter(pk=made.pk).update(
        compared_at=datetime.now(UTC), differences=[asdict(difference) for difference in found]
    )
    return found


def _paid(made: Generator) -> int:
    paid = made.payments.filter(state=Payment.State.PAID, quantity__gt=0)
    return paid.aggregate(total=Sum("amount"))["total"] or 0


def booked(made: Generator) -> int:
    """What the journal has of it."""
    lines = JournalLine.objects.filter(entry__community=made.community, account__code=made.account, asset=Asset.WATT)
    return lines.aggregate(total=Sum("amount"))["total"] or 0
