"""What owners of units do: take their income, sell all or a part, give units away."""

from __future__ import annotations

from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.units import money
from stelltron.ledger.clients import generator
from stelltron.ledger.intents import queue_call
from stelltron.ledger.invocation import Invocation
from stelltron.ledger.models import ChainIntent
from stelltron.ledger.wallet_calls import WalletCall
from stelltron.members.models import Member
from stelltron.members.services import require_kyc

from ..calls import call, managed, require_money
from ..models import Generator, Stake

OPEN = (ChainIntent.State.PENDING, ChainIntent.State.SENT)


@transaction.atomic
def claim(made: Generator, owner: Member, *, by_itself: bool = False) -> ChainIntent:
    """Take out all that the owner's units have earned. Raises Refused, also a second time."""
    managed(owner)
    asked = claim_call(made, owner)
    actor = None if by_itself else owner.user
    log_action("generator.claim", actor=actor, target=made.pk, community=made.community, member=owner.code)
    return _ask_for(made, "claim", owner, asked.call)


def claim_call(made: Generator, owner: Member) -> WalletCall:
    """The same for an owner to sign in a wallet of their own. Raises Refused."""
    stake = _stake(made, owner)
    if stake is None or stake.claimable(made.index) == 0:
        raise Refused("nothing_to_claim", "there is nothing to claim: what your units have earned is paid out")
    if _asked(made, "claim", owner).filter(state__in=OPEN).exists():
        raise Refused("claim_on_its_way", "your claim is on its way already")
    return _to_sign(made, "claim", owner, generator.claim(owner.wallet.address))


@transaction.atomic
def list_units(made: Generator, owner: Member, units: int, price: int) -> ChainIntent:
    """Offer units at ``price`` stroops each, instead of what was offered before. Raises Refused."""
    managed(owner)
    asked = list_call(made, owner, units, price)
    log_action("units.list", actor=owner.user, target=made.pk, community=made.community, units=units, price=price)
    return _ask_for(made, "list", owner, asked.call)


def list_call(made: Generator, owner: Member, units: int, price: int) -> WalletCall:
    """The same for an owner to sign in a wallet of their own. Raises Refused."""
    stake = require_units(made, owner, units)
    if units > stake.units - stake.pledged:
        raise Refused("not_enough_units", f"you own {stake.units} units, {stake.pledged} of them pledged by futures")
    if price <= 0:
        raise Refused("price_not_positive", "the price of a unit must be above zero")
    return _to_sign(made, "list", owner, generator.list(owner.wallet.address, units, price))


@transaction.atomic
def unlist_units(made: Generator, owner: Member) -> ChainIntent:
    """Offer them no more. Raises Refused."""
    managed(owner)
    return _ask_for(made, "unlist", owner, unlist_call(made, owner).call)


def unlist_call(made: Generator, owner: Member) -> WalletCall:
    """The same for an owner to sign in a wallet of their own. Raises Refused."""
    stake = _stake(made, owner)
    if stake is None or not stake.listed:
        raise Refused("not_listed", "you have no units for sale")
    return _to_sign(made, "unlist", owner, generator.unlist(owner.wallet.address))


@transaction.atomic
def buy_units(made: Generator, buyer: Member, stake: Stake, units: int, *, max_price: int) -> ChainIntent:
    """Buy some or all of the units that ``stake`` has listed, for at most ``max_price`` each. Raises Refused."""
    managed(buyer)
    asked = buy_call(made, buyer, stake, units, max_price=max_price)
    log_action("units.buy", actor=buyer.user, target=made.pk, community=made.community, units=units)
    return _ask_for(made, "buy", buyer, asked.call)


def buy_call(made: Generator, buyer: Member, stake: Stake, units: int, *, max_price: int) -> WalletCall:
    """The same for a buyer to sign in a wallet of their own. Raises Refused."""
    require_kyc(buyer)
    if stake.generator_id != made.pk or not stake.listed:
        raise Refused("not_listed", "these units are not for sale any more")
    if stake.address == buyer.wallet.address:
        raise Refused("own_units", "these units are yours already")
    if not 0 < units <= stake.listed:
        raise Refused("listed_too_few", f"{stake.listed} units are for sale: buy from one to all of them")
    if stake.ask > max_price:
        raise Refused("price_above_limit", f"a unit costs {money(stake.ask, 7)}, above your limit")
    require_money(buyer, units * stake.ask)
    return _to_sign(made, "buy", buyer, generator.buy(buyer.wallet.address, stake.address, units, max_price))


@transaction.atomic
def give_units(made: Generator, owner: Member, other: Member, units: int) -> ChainIntent:
    """Hand units over without money. Raises Refused."""
    managed(owner)
    asked = give_call(made, owner, other, units)
    log_action("units.give", actor=owner.user, target=made.pk, community=made.community, units=units, to=other.code)
    return _ask_for(made, "transfer", owner, asked.call)


def give_call(made: Generator, owner: Member, other: Member, units: int) -> WalletCall:
    """The same for an owner to sign in a wallet of their own. Raises Refused."""
    require_kyc(other)
    stake = require_units(made, owner, units)
    if other.pk == owner.pk:
        raise Refused("own_units", "these units are yours already: name another member")
    if units > stake.free:
        raise Refused(
            "units_locked", f"{stake.free} of your units are free: take the others off the market, or wait for futures"
        )
    return _to_sign(made, "transfer", owner, generator.transfer(owner.wallet.address, other.wallet.address, units))


def require_units(made: Generator, owner: Member, units: int) -> Stake:
    """The owner's stake, as it is now. Raises Refused."""
    stake = _stake(made, owner)
    if made.state not in Generator.OWNED or stake is None or not stake.units:
        raise Refused("not_an_owner", "you own no units of this generator that could change hands")
    if units <= 0:
        raise Refused("no_units", "name at least one unit")
    return stake


def _stake(made: Generator, member: Member) -> Stake | None:
    """Read anew: what an earlier event changed counts."""
    made.refresh_from_db()
    return made.stakes.filter(address=member.wallet.address).first()


def _asked(made: Generator, verb: str, member: Member):
    return ChainIntent.objects.filter(key__startswith=f"{made.contract_name}:{verb}:{member.pk}:")


def _to_sign(made: Generator, verb: str, member: Member, invocation: Invocation) -> WalletCall:
    return WalletCall(f"{made.contract_name}:{verb}:{member.pk}", call(made, invocation))


def _ask_for(made: Generator, verb: str, member: Member, invocation: Invocation) -> ChainIntent:
    return queue_call(
        made.community,
        f"{made.contract_name}:{verb}:{member.pk}:{_asked(made, verb, member).count()}",
        invocation,
        wallet=member.wallet,
    )
