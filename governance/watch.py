"""A value that breaks what the market relies on is taken back by the guardian, and everybody is told why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db.models import F

from market.engine.mechanisms import Mechanism
from market.models import SlotRun, WorseOff
from stelltron.core.actions import log_action
from stelltron.core.models import ParameterVersion
from stelltron.ledger.clients import parameters
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent, Reconciliation

from .models import House, Proposal
from .telling import tell_voters

# The contract lets the guardian take back what took effect so lately.
LATELY = timedelta(days=7)
# Only these values decide what is watched here.
MARKETS = "market."
AGAIN_AFTER = timedelta(minutes=10)


def watch(house: House) -> list[str]:
    """Take back decisions in force that broke an invariant. Returns what was broken."""
    community = house.community
    now = community.now()
    in_force = ParameterVersion.objects.filter(
        community=community, effective_from__lte=now, effective_from__gt=now - LATELY
    )
    executed = Proposal.objects.filter(community=community, state=Proposal.State.EXECUTED)
    voted = {(change.get("key"), change.get("value")) for change in executed.values_list("change", flat=True)}
    broken = []
    for version in in_force.filter(key__startswith=MARKETS).order_by("-effective_from"):
        if (version.key, version.value) not in voted or not _is_newest(version, now):
            continue
        why = breach(house, version)
        if why:
            broken.append(f"{version.key}: {why}")
            _take_back(house, version, why)
    return broken


def breach(house: House, version: ParameterVersion) -> str | None:
    """What the market relies on and does not hold since the value is in force, if anything."""
    runs = SlotRun.objects.filter(community=house.community_id, slot__gte=version.effective_from)
    if runs.filter(traded_wh__gt=F("bound_wh")).exists():
        return "more was traded than crossed the meters"
    newest = Reconciliation.objects.filter(community=house.community_id).first()
    if newest and not newest.equal and newest.at >= version.created_at and runs.exists():
        return "the books and the chain differ"
    # Who shares one bill has agreed to pay more at times.
    guarded = runs.exclude(mechanism=Mechanism.BILL_SHARING)
    # All voters read this: whose bill it was is for the office.
    if WorseOff.objects.filter(run__in=guarded.values("pk")).exists():
        return "a member paid more than the utility asks"
    return None


def _is_newest(version: ParameterVersion, now: datetime) -> bool:
    """Of those in force: what is still to come stays when this one goes."""
    later = ParameterVersion.objects.filter(
        community=version.community_id,
        key=version.key,
        effective_from__gt=version.effective_from,
        effective_from__lte=now,
    )
    return not later.exists()


def _take_back(house: House, version: ParameterVersion, why: str) -> None:
    begun = f"take-back:{house.community_id.hex[-12:]}:{version.pk}:"
    tries = ChainIntent.objects.filter(key__startswith=begun)
    last = tries.order_by("-id").first()
    if last and (last.state != ChainIntent.State.FAILED or last.created_at > datetime.now(UTC) - AGAIN_AFTER):
        return
    guardian = settings.STELLAR.guardian.public_key
    call = parameters.take_back(guardian, version.key).at(house.contract("parameters"))
    queue_call(house.community, f"{begun}{tries.count()}", call, signer=ChainIntent.Signer.GUARDIAN)
    proposal = Proposal.objects.filter(
        community=house.community_id,
        state=Proposal.State.EXECUTED,
        change__key=version.key,
        change__value=version.value,
    ).first()
    if proposal:
        tell_voters(proposal, "taken-back", f"What “{proposal}” decided is taken back: {why}")
    log_action("parameter.take_back", target=version.key, reason=why, community=house.community, value=version.value)
