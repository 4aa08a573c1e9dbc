"""Claims on covers: two of the Treasury decide, the insurer's wallet pays, pro rata where it cannot pay all."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F

from stelltron.core.actions import log_action
from stelltron.core.each import each
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.core.units import money
from stelltron.ledger.clients import watt_token
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import User

from ..calls import require_treasury, wallet_balance
from ..models.cover import Cover, CoverClaim, CoverOffer, CoverPayment, Insurer
from ..telling import tell, tell_all
from .cover import owed_by

State = CoverClaim.State


@transaction.atomic
def propose_decision(claim: CoverClaim, stroops: int, *, actor: User, reason: str) -> None:
    """The first of two: so much should be paid. Raises Refused."""
    _require_neutral(claim, actor)
    if not 0 < stroops <= claim.claimed:
        raise Refused(
            "grant_too_large", f"grant up to the {money(claim.claimed)} that are claimed, or refuse the claim"
        )
    change_state(claim, CoverClaim.TRANSITIONS, State.PROPOSED, granted=stroops, proposed_by=actor, decision=reason)
    log_action("cover_claim.propose", actor=actor, target=claim.pk, reason=reason, stroops=stroops)


@transaction.atomic
def approve_decision(
    claim: CoverClaim, granted: int, *, actor: User, reason: str, gateway: Gateway | None = None
) -> None:
    """The second of two: the insurer owes the sum that this person has seen, and pays at once what it can.

    Raises Refused.
    """
    _require_neutral(claim, actor)
    claim = CoverClaim.objects.select_for_update().get(pk=claim.pk)
    if claim.granted != granted:
        raise Refused("proposal_changed", f"{money(claim.granted)} are proposed now: look at the claim again")
    if actor.pk == claim.proposed_by_id:
        raise Refused("second_person_needed", "you proposed this decision: somebody else has to approve it")
    change_state(claim, CoverClaim.TRANSITIONS, State.OWED, approved_by=actor)
    log_action("cover_claim.approve", actor=actor, target=claim.pk, reason=reason, stroops=claim.granted)
    pay_owed(claim.cover.offer.insurer, gateway)


def _require_neutral(claim: CoverClaim, actor: User) -> None:
    require_treasury(actor, claim.cover.holder, claim.cover.offer.insurer.member)


@transaction.atomic
def refuse_claim(claim: CoverClaim, *, actor: User, reason: str) -> None:
    """Nothing is paid; the holder is told why. Raises Refused."""
    require_treasury(actor)
    change_state(claim, CoverClaim.TRANSITIONS, State.REFUSED, granted=0, decision=reason)
    tell(claim.cover.holder, f"cover-claim:{claim.pk}:refused", f"Your claim is refused: {reason}. {claim.cover.offer}")
    log_action("cover_claim.refuse", actor=actor, target=claim.pk, reason=reason)


@transaction.atomic
def send_back(claim: CoverClaim, *, actor: User, reason: str) -> None:
    """The second of two wants another decision. Raises Refused."""
    require_treasury(actor)
    change_state(claim, CoverClaim.TRANSITIONS, State.OPEN, granted=0, proposed_by=None, decision="")
    log_action("cover_claim.send_back", actor=actor, target=claim.pk, reason=reason)


@transaction.atomic
def pay_owed(insurer: Insurer, gateway: Gateway | None = None, now: datetime | None = None) -> int:
    """Pay what the insurer owes. Where its wallet does not hold what is owed and what undecided claims ask for, each
    owed claim gets its share of what is there, and the insurer sells no more. Returns how many were paid."""
    insurer = Insurer.objects.select_for_update(of=("self",)).select_related("member__wallet").get(pk=insurer.pk)
    claims = CoverClaim.objects.filter(cover__offer__insurer=insurer).select_related(
        "cover__holder__wallet", "cover__offer"
    )
    if CoverPayment.objects.filter(claim__in=claims, state=CoverPayment.State.SENT).exists():
        # The wallet counts once these have arrived.
        return 0
    owed = [claim for claim in claims.filter(state=State.OWED).order_by("pk") if claim.owed]
    if not owed:
        return 0
    undecided = sum(claims.filter(state__in=CoverClaim.UNDECIDED).values_list("claimed", flat=True))
    total, there = sum(claim.owed for claim in owed) + undecided, wallet_balance(insurer.member, gateway)
    solvent = there >= total
    paid = 0
    for claim in owed:
        amount = claim.owed if solvent else there * claim.owed // total
        if amount:
            _pay(insurer, claim, amount, now or datetime.now(UTC))
            paid += 1
        if amount < claim.owed:
            left = money(claim.owed - amount)
            said = (
                f"{insurer.member.name} cannot pay all it owes: you get {money(amount)} of {money(claim.owed)} now, "
                f"{left} remain owed and are paid when it has money again. {claim.cover.offer}"
            )
            tell(claim.cover.holder, f"cover-claim:{claim.pk}:owed:{claim.paid}", said)
    if not solvent:
        _stop(insurer)
    return paid


def pay_all_owed(now: datetime) -> int:
    """What insolvent insurers still owe, whenever their wallets hold something again."""
    owing = CoverClaim.objects.filter(state=State.OWED).values("cover__offer__insurer")
    paid = []

    def pay(insurer: Insurer) -> None:
        paid.append(pay_owed(insurer, now=now))

    each(Insurer.objects.filter(pk__in=owing), pay)
    return sum(paid)


def _pay(insurer: Insurer, claim: CoverClaim, amount: int, now: datetime) -> None:
    number = claim.payments.count()
    intent = queue_call(
        claim.cover.holder.community,
        f"cover-claim:{claim.pk}:{number}",
        watt_token.transfer(insurer.member.wallet.address, claim.cover.holder.wallet.address, amount),
        wallet=insurer.member.wallet,
    )
    CoverPayment.objects.create(claim=claim, amount=amount, sent_at=now, intent=intent)


def _stop(insurer: Insurer) -> None:
    if insurer.state != Insurer.State.ADMITTED:
        return
    change_state(insurer, Insurer.TRANSITIONS, Insurer.State.INSOLVENT)
    CoverOffer.objects.filter(insurer=insurer, is_open=True).update(is_open=False)
    key = f"insurer:{insurer.pk}:insolvent:{datetime.now(UTC).timestamp():.0f}"
    tell(
        insurer.member,
        key,
        f"You owe {money(owed_by(insurer))} WATT and your wallet does not hold it: you sell no more",
    )
    covers = Cover.objects.filter(offer__insurer=insurer, state__in=Cover.OPEN).select_related("holder")
    tell_all(
        {cover.holder for cover in covers}, key, f"{insurer.member.name} cannot pay all claims and sells no more cover"
    )
    log_action("insurer.insolvent", target=insurer.member.code, community=insurer.member.community)


def on_confirmed(calls: list[int]) -> None:
    for cover in Cover.objects.filter(intent__in=calls).select_related(
        "holder", "offer__insurer__member", "offer__generator"
    ):
        change_state(cover, Cover.TRANSITIONS, Cover.State.ACTIVE)
        said = f"{money(cover.sum)} are covered until {cover.ends_at:%Y-%m-%d}: {cover.offer}"
        tell_all((cover.holder, cover.offer.insurer.member), f"cover:{cover.pk}:active", said)
    paid = CoverPayment.objects.filter(intent__in=calls).select_related(
        "claim__cover__holder", "claim__cover__offer__insurer__member", "claim__cover__offer__generator"
    )
    for payment in paid:
        change_state(payment, CoverPayment.TRANSITIONS, CoverPayment.State.PAID)
        claim = payment.claim
        CoverClaim.objects.filter(pk=claim.pk).update(paid=F("paid") + payment.amount)
        claim.refresh_from_db(fields=["paid"])
        if claim.paid == claim.granted:
            change_state(claim, CoverClaim.TRANSITIONS, State.PAID)
        said = f"{money(payment.amount)} were paid on your claim; {money(claim.owed)} remain owed"
        tell(claim.cover.holder, f"cover-payment:{payment.pk}", said)
        insurer = claim.cover.offer.insurer.member
        tell(insurer, f"cover-payment:{payment.pk}", f"You have paid {money(payment.amount)}: {claim.cover.offer}")


def on_failed(refused: dict[int, ChainIntent]) -> None:
    for cover in Cover.objects.filter(intent__in=refused, state=Cover.State.SENT).select_related(
        "holder", "offer__generator"
    ):
        change_state(cover, Cover.TRANSITIONS, Cover.State.FAILED)
        why = refused[cover.intent_id].problem
        tell(cover.holder, f"cover:{cover.pk}:failed", f"Your premium was refused, you are not covered: {why}")
    for payment in CoverPayment.objects.filter(intent__in=refused, state=CoverPayment.State.SENT):
        change_state(payment, CoverPayment.TRANSITIONS, CoverPayment.State.FAILED)
        # Never sent again: what is owed is shared anew, by what the wallet holds then.
        change_state(refused[payment.intent_id], ChainIntent.TRANSITIONS, ChainIntent.State.REPLACED)
