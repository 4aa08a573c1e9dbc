"""Taking a stake back within the cooling-off, while others are still looked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from stelltron.bank import jurisdictions
from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.ledger import wallet_calls
from stelltron.ledger.clients import generator
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent
from stelltron.ledger.wallet_calls import WalletCall
from stelltron.members.models import Member

from .. import parameters
from ..calls import asked_again, call, managed
from ..models import UNITS, Generator, Pledge, Stake
from ..telling import tell
from .offerings import locked

State = Pledge.State


@transaction.atomic
def take_back(pledge: Pledge, financier: Member, *, now: datetime | None = None) -> Pledge:
    """The whole of one stake, to the wallet it came from. Raises Refused."""
    managed(financier)
    asked = take_back_call(pledge, financier, now=now)
    intent = queue_call(pledge.generator.community, asked.purpose, asked.call, wallet=financier.wallet)
    return _on_its_way(pledge, financier, asked_again(intent))


@transaction.atomic
def take_back_call(pledge: Pledge, financier: Member, *, now: datetime | None = None) -> WalletCall:
    """The same for a financier to sign in a wallet of their own. Raises Refused."""
    now = now or datetime.now(UTC)
    if pledge.financier_id != financier.pk:
        raise Refused("not_your_stake", "only who funded a stake takes it back")
    # Locked, so that it comes before the stake that completes the funding, or after it.
    made = locked(pledge.generator)
    pledge.refresh_from_db()
    _require_time(made, pledge, now)
    _require_rest(made, pledge)
    # What was refused once may be smaller by now: it is asked for anew, and not sent again as it was.
    purpose = f"{made.contract_name}:withdraw:{pledge.pk}:{pledge.units}"
    return WalletCall(purpose, call(made, generator.withdraw(financier.wallet.address, pledge.units)))


@transaction.atomic
def take_signed(pledge: Pledge, financier: Member, signed: str, *, now: datetime | None = None) -> Pledge:
    """The financier has signed it. Raises Refused."""
    asked = take_back_call(pledge, financier, now=now)
    return _on_its_way(
        pledge, financier, wallet_calls.take(pledge.generator.community, financier.wallet, asked, signed)
    )


def _on_its_way(pledge: Pledge, financier: Member, intent: ChainIntent) -> Pledge:
    made = pledge.generator
    change_state(pledge, Pledge.TRANSITIONS, State.BACK, back_intent=intent)
    log_action(
        "generator.take_back", actor=financier.user, target=made.pk, community=made.community, units=pledge.units
    )
    return pledge


def _require_time(made: Generator, pledge: Pledge, now: datetime) -> None:
    if made.state != Generator.State.FUNDING or now >= made.deadline:
        raise Refused("funding_over", "the funding is over: a stake is paid back only where it has failed")
    if pledge.state != State.FUNDED:
        raise Refused("stake_not_there", f"this stake is {pledge.get_state_display()}: it cannot be taken back")
    ends = cooling_off_ends(pledge, now)
    if now >= ends:
        raise Refused("cooling_off_over", f"this stake could be taken back until {ends:%Y-%m-%d %H:%M} UTC")
    if made.reserved == UNITS:
        raise Refused(
            "funding_complete", "all units are taken and the funding is complete: sell yours to who wants them"
        )


def _require_rest(made: Generator, pledge: Pledge) -> None:
    """What stays is as large as a stake has to be, or nothing."""
    others = made.pledges.filter(financier=pledge.financier_id, state__in=(State.SENT, State.FUNDED)).exclude(
        pk=pledge.pk
    )
    rest = others.aggregate(n=Sum("units"))["n"] or 0
    if 0 < rest < made.offering.min_units:
        least = made.offering.min_units
        raise Refused(
            "rest_too_small", f"{rest} units would stay, of at least {least}: take your other stake back first"
        )


def cooling_off_ends(pledge: Pledge, now: datetime) -> datetime:
    community = pledge.generator.community
    days = jurisdictions.held(community, "cooling_off_days", parameters.COOLING_OFF_DAYS, now).value
    return pledge.risks_read_at + timedelta(days=days)


def to_take_back(made: Generator, member: Member, now: datetime | None = None) -> list[Pledge]:
    """The member's stakes that may be taken back now, each with ``ends``."""
    now = now or datetime.now(UTC)
    if made.state != Generator.State.FUNDING or made.reserved == UNITS or now >= made.deadline:
        return []
    pledges = list(made.pledges.filter(financier=member, state=State.FUNDED).select_related("generator__community"))
    for pledge in pledges:
        pledge.ends = min(cooling_off_ends(pledge, now), made.deadline)  # type: ignore[attr-defined]
    return [pledge for pledge in pledges if pledge.ends > now]  # type: ignore[attr-defined]


def follow_withdrawal(stake: Stake, units: int) -> None:
    """The contract has given ``units`` back past our pages: who signed that has pledged no more than what is left.

    The newest pledge goes first. Contract and wallet know no pledges, only units; the first one is the one that had to
    be as large as a stake, later ones may be small, and nobody gains days to think again from what was taken back.
    """
    if stake.member_id is None or units <= 0:
        return
    standing = Pledge.objects.filter(generator=stake.generator_id, financier=stake.member_id)
    # A return on its way comes last: it is refused if the units it is for are gone.
    pledges = [
        pledge
        for state in (State.FUNDED, State.BACK)
        for pledge in standing.filter(state=state).select_for_update().order_by("-pk")
    ]
    owned = Stake.objects.filter(generator=stake.generator_id, member=stake.member_id).aggregate(n=Sum("units"))["n"]
    # Never more than this event took: another pledge may be confirmed before its own event is read.
    gone = min(units, sum(pledge.units for pledge in pledges) - owned)
    for pledge in pledges:
        if gone <= 0:
            return
        if gone >= pledge.units:
            gone -= pledge.units
            change_state(pledge, Pledge.TRANSITIONS, State.TAKEN)
        else:
            pledge.units -= gone
            pledge.save(update_fields=["units"])
            return


def on_failed(refused: dict[int, ChainIntent]) -> None:
    """The contract kept it: it is a stake as before."""
    for pledge in Pledge.objects.filter(back_intent__in=refused, state=State.BACK).select_related(
        "financier", "generator"
    ):
        change_state(pledge, Pledge.TRANSITIONS, State.FUNDED)
        why = refused[pledge.back_intent_id].problem
        said = f"Your stake in {pledge.generator} was not taken back: {why}"
        tell(pledge.financier, f"pledge:{pledge.pk}:kept", said[:300])
