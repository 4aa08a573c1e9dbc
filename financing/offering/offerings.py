"""Offerings: reviewed by staff, created on the chain, funded all or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum

from stelltron.core.actions import log_action
from stelltron.core.each import each
from stelltron.core.errors import Refused
from stelltron.core.parameters import value_at
from stelltron.core.states import change_state
from stelltron.ledger import contracts, wallet_calls
from stelltron.ledger.clients import generator, generator_factory, watt_token
from stelltron.ledger.deployment import expected_wasm
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent, Contract
from stelltron.ledger.wallet_calls import WalletCall
from stelltron.members.models import Member, User
from stelltron.members.services import require_kyc

from .. import parameters
from ..building.lateness import require_no_default
from ..calls import asked_again, call, managed, require_money
from ..models import UNITS, Generator, Milestone, Offering, Pledge
from ..suspensions import require_not_suspended_partner
from ..telling import tell

# What the provider is paid for, and how much of the goal.
MILESTONES = (("Delivered to the site", 40), ("Installed and tested", 40), ("Running for the village", 20))


@transaction.atomic
def approve_offering(
    offering: Offering, *, actor: User | None, reason: str, now: datetime | None = None, gateway: Gateway | None = None
) -> Generator:
    """Staff lets financiers see it: its generator is created on the chain and funded for a month. Raises Refused."""
    now = now or datetime.now(UTC)
    request, provider = offering.request, offering.bid.provider.member
    require_no_default(provider)
    require_not_suspended_partner(offering.bid.provider)
    managed(request.requester)
    managed(provider)
    change_state(offering, Offering.TRANSITIONS, Offering.State.APPROVED, decided_by=actor, decision=reason)
    deadline = now + timedelta(days=value_at(offering.community, parameters.FUNDING_DAYS, now))
    made = Generator(
        community=offering.community,
        offering=offering,
        requester=request.requester,
        provider=provider,
        name=request.title,
        deadline=deadline,
    )
    place = generator_factory.address_of(request.requester.wallet.address, offering.pk)
    made.address = contracts.ask(gateway or Gateway(settings.STELLAR), place)
    # Known before it exists, so that the follower misses none of its events.
    Contract.objects.create(
        network=settings.STELLAR.passphrase,
        name=made.contract_name,
        address=made.address,
        wasm_hash=expected_wasm()["generator"],
    )
    admitted = queue_call(
        offering.community,
        f"allow:{made.address}",
        watt_token.set_allowed(made.address, True),
        signer=ChainIntent.Signer.ISSUER,
        after=offering.bid.provider.intent,
    )
    made.intent = queue_call(
        offering.community,
        f"generator:{offering.pk}:create",
        generator_factory.create(request.requester.wallet.address, offering.pk, _terms(offering, made, now)),
        wallet=request.requester.wallet,
        together_with=[provider.wallet.address],
        after=admitted,
    )
    made.save(force_insert=True)
    Milestone.objects.bulk_create(
        Milestone(generator=made, number=number, title=title, percent=percent)
        for number, (title, percent) in enumerate(MILESTONES)
    )
    log_action("offering.approve", actor=actor, target=offering.pk, reason=reason, community=offering.community)
    return made


@transaction.atomic
def reject_offering(offering: Offering, *, actor: User | None, reason: str) -> None:
    """Staff turns it down; requester and provider are told why. Raises Refused."""
    change_state(offering, Offering.TRANSITIONS, Offering.State.REJECTED, decided_by=actor, decision=reason)
    for member in (offering.request.requester, offering.bid.provider.member):
        tell(member, f"offering:{offering.pk}:rejected", f"{offering} will not be offered: {reason}")
    log_action("offering.reject", actor=actor, target=offering.pk, reason=reason, community=offering.community)


def largest_stake(made: Generator, kind: str, now: datetime) -> int:
    """Units that a financier of this kind may fund."""
    return value_at(made.community, parameters.LARGEST_STAKE[Member.Kind(kind)], now)


@transaction.atomic
def fund(made: Generator, financier: Member, units: int, *, risks_read: bool, now: datetime | None = None) -> Pledge:
    """Buy units into the escrow. They are taken from what is left in the same moment. Raises Refused."""
    now = now or datetime.now(UTC)
    managed(financier)
    current = _reserve(made, financier, units, risks_read, now)
    number = current.pledges.filter(financier=financier).count()
    intent = queue_call(
        current.community,
        f"{current.contract_name}:fund:{financier.pk}:{number}",
        call(current, generator.fund(financier.wallet.address, units)),
        wallet=financier.wallet,
    )
    return _pledge(current, financier, units, intent, now)


def fund_call(made: Generator, financier: Member, units: int) -> WalletCall:
    """The same for a financier to sign in a wallet of their own."""
    purpose = f"{made.contract_name}:fund:{financier.pk}"
    return WalletCall(purpose, call(made, generator.fund(financier.wallet.address, units)))


@transaction.atomic
def take_fund(
    made: Generator, financier: Member, units: int, signed: str, *, risks_read: bool, now: datetime | None = None
) -> Pledge:
    """The financier has signed: the units are theirs while it is on its way. Raises Refused."""
    now = now or datetime.now(UTC)
    current = _reserve(made, financier, units, risks_read, now)
    intent = wallet_calls.take(current.community, financier.wallet, fund_call(current, financier, units), signed)
    return _pledge(current, financier, units, intent, now)


def _reserve(made: Generator, financier: Member, units: int, risks_read: bool, now: datetime) -> Generator:
    require_kyc(financier)
    if not risks_read:
        raise Refused("risks_not_read", "confirm that you have read the risks: the money may be lost")
    current = locked(made)
    if current.state != Generator.State.FUNDING or now >= current.deadline:
        raise Refused("funding_over", "this generator takes no more stakes: its funding is over or has not begun")
    _check_stake(current, financier, units, now)
    require_money(financier, units * current.unit_price)
    Generator.objects.filter(pk=current.pk).update(reserved=F("reserved") + units)
    return current


def _pledge(made: Generator, financier: Member, units: int, intent: ChainIntent, now: datetime) -> Pledge:
    log_action("generator.fund", actor=financier.user, target=made.pk, community=made.community, units=units)
    return Pledge.objects.create(generator=made, financier=financier, units=units, risks_read_at=now, intent=intent)


def locked(made: Generator) -> Generator:
    """Of two financiers who want the last units the second one finds them gone."""
    rows = Generator.objects.select_for_update(of=("self",)).select_related("offering", "community")
    return rows.get(pk=made.pk)


def _check_stake(made: Generator, financier: Member, units: int, now: datetime) -> None:
    has = made.pledges.filter(financier=financier).exclude(state__in=Pledge.GONE).aggregate(n=Sum("units"))["n"] or 0
    left, least = UNITS - made.reserved, made.offering.min_units
    if units <= 0:
        raise Refused("no_units", "a stake is at least one unit")
    if units > left:
        said = f"only {left} units are left: take those" if left else "all units are taken"
        raise Refused("units_gone", f"{said}, or look at another generator")
    # Whoever takes the last units may take few: they could not be sold else.
    if has + units < least and units < left:
        raise Refused("stake_too_small", f"the smallest stake is {least} units")
    most = largest_stake(made, financier.kind, now)
    if has + units > most:
        kind = financier.get_kind_display()
        raise Refused(
            "stake_too_large", f"a {kind} may fund at most {most} units of one generator, you would have {has + units}"
        )


@transaction.atomic
def take_refund(made: Generator, financier: Member) -> ChainIntent:
    """A financier of a failed funding takes the stake back. Raises Refused."""
    managed(financier)
    asked = refund_call(made, financier)
    log_action("generator.refund", actor=financier.user, target=made.pk, community=made.community)
    return asked_again(queue_call(made.community, asked.purpose, asked.call, wallet=financier.wallet))


def refund_call(made: Generator, financier: Member) -> WalletCall:
    """The same for a financier to sign in a wallet of their own. Raises Refused."""
    stake = made.stakes.filter(address=financier.wallet.address, units__gt=0).first()
    if made.state != Generator.State.FAILED or stake is None:
        raise Refused(
            "nothing_to_refund", "there is nothing to pay back: the funding has not failed, or you have been paid"
        )
    purpose = f"{made.contract_name}:refund:{financier.pk}"
    return WalletCall(purpose, call(made, generator.refund(financier.wallet.address)))


def end_funding(now: datetime) -> int:
    """Ask the chain to close the fundings that are complete or past their deadline."""
    funding = Generator.objects.filter(state=Generator.State.FUNDING)
    return each(funding.filter(deadline__lte=now) | funding.filter(sold=UNITS), close_funding)


def close_funding(made: Generator) -> None:
    # The ledger's clock may have been behind ours the last time.
    asked_again(queue_call(made.community, f"{made.contract_name}:close", call(made, generator.close_funding())))


def _terms(offering: Offering, made: Generator, now: datetime) -> generator_factory.Terms:
    largest = max(largest_stake(made, kind, now) for kind in Member.Kind)
    return generator_factory.Terms(
        requester=made.requester.wallet.address,
        provider=made.provider.wallet.address,
        token=contracts.address("watt_token"),
        goal=offering.goal,
        deadline=int(made.deadline.timestamp()),
        min_units=min(offering.min_units, largest),
        max_units=largest,
        milestones=[percent for _, percent in MILESTONES],
        measure=offering.request.measure,
        parts=offering.request.parts,
        min_price=offering.min_price,
        max_price=offering.max_price,
        slot_seconds=offering.slot_seconds,
        maintenance_bps=offering.maintenance_bps,
    )
