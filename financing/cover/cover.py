"""Cover against non-delivery, default and loss: sold within the insurer's proven capital, paid from its wallet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum

from stelltron.core.actions import log_action
from stelltron.core.each import each
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.core.units import money
from stelltron.ledger.clients import watt_token
from stelltron.ledger.funding import admit
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.intents import queue_call
from stelltron.members.models import Member, User
from stelltron.members.services import require_kyc

from ..calls import managed, require_money, wallet_balance
from ..models import Generator, Milestone
from ..models.cover import Cover, CoverClaim, CoverOffer, Insurer
from ..offering.requests import MOST_STROOPS
from ..photographs import digest
from ..suspensions import require_not_suspended, require_not_suspended_partner
from ..telling import tell, tell_all

Kind = CoverOffer.Kind
COVERED = (Generator.State.FUNDING, *Generator.OWNED)


@transaction.atomic
def ask_to_insure(member: Member, about: str) -> Insurer:
    """An institution wants to sell cover; staff looks at it. Raises Refused."""
    require_kyc(member)
    managed(member)
    if member.kind != Member.Kind.INSTITUTION:
        raise Refused("institutions_only", "only institutions insure: ask the co-op to register you as one")
    if not about.strip():
        raise Refused("about_needed", "name your licence, who supervises you, and your reinsurance")
    now = datetime.now(UTC)
    insurer, created = Insurer.objects.get_or_create(member=member, defaults={"about": about, "asked_at": now})
    if not created:
        change_state(insurer, Insurer.TRANSITIONS, Insurer.State.ASKED, about=about, asked_at=now)
    log_action("insurer.ask", actor=member.user, target=member.code, community=member.community)
    return insurer


@transaction.atomic
def decide_insurer(insurer: Insurer, *, admitted: bool, actor: User | None, reason: str) -> None:
    """Staff admits it, again after an insolvency once nothing is owed, or turns it down. Raises Refused."""
    member = insurer.member
    if admitted and owed_by(insurer):
        raise Refused("still_owes", f"{insurer} still owes {money(owed_by(insurer))} WATT: that is paid first")
    new = Insurer.State.ADMITTED if admitted else Insurer.State.REJECTED
    change_state(insurer, Insurer.TRANSITIONS, new, decided_by=actor)
    if admitted:
        admit(member)
    said = "You may sell cover now" if admitted else f"You are not admitted as an insurer: {reason}"
    tell(member, f"insurer:{member.pk}:{datetime.now(UTC).timestamp():.0f}", said)
    log_action(
        "insurer.decide", actor=actor, target=member.code, reason=reason, community=member.community, to=admitted
    )


@transaction.atomic
def offer_cover(
    made: Generator, member: Member, *, kind: str, premium_bps: int, largest_sum: int, days: int, counts: str
) -> CoverOffer:
    """What the insurer would cover at this generator, instead of what it offered of the kind before. Raises Refused."""
    insurer = Insurer.objects.filter(member=member, state=Insurer.State.ADMITTED).first()
    if insurer is None:
        raise Refused("not_an_insurer", "only insurers that the co-op has admitted, and that can pay, offer cover")
    require_not_suspended(insurer)
    if made.state not in COVERED:
        raise Refused("nothing_to_cover", f"a generator that is {made.get_state_display()} is not covered")
    if not 0 < premium_bps <= 10_000 or not 0 < largest_sum <= MOST_STROOPS or not 0 < days <= 3660:
        raise Refused("bad_cover", "name a premium of up to 100 %, a largest sum, and up to 3,660 days")
    if not counts.strip():
        raise Refused("words_needed", "say what counts, and what evidence a claim needs")
    insurer.offers.filter(generator=made, kind=kind, is_open=True).update(is_open=False)
    offer = CoverOffer.objects.create(
        insurer=insurer,
        generator=made,
        kind=kind,
        premium_bps=premium_bps,
        largest_sum=largest_sum,
        days=days,
        counts=counts.strip(),
        offered_at=datetime.now(UTC),
    )
    log_action("cover.offer", actor=member.user, target=offer.pk, community=made.community, kind=kind)
    return offer


@transaction.atomic
def close_offer(offer: CoverOffer, member: Member) -> None:
    """Sold covers go on. Raises Refused."""
    if offer.insurer_id != member.pk:
        raise Refused("not_your_offer", "only the insurer closes its offer")
    CoverOffer.objects.filter(pk=offer.pk).update(is_open=False)
    log_action("cover.close", actor=member.user, target=offer.pk, community=offer.generator.community)


@transaction.atomic
def buy_cover(
    offer: CoverOffer, holder: Member, stroops: int, *, now: datetime | None = None, gateway: Gateway | None = None
) -> Cover:
    """Pay the premium out of the wallet into the insurer's; covered once the chain has it. Raises Refused."""
    now = now or datetime.now(UTC)
    require_kyc(holder)
    managed(holder)
    insurer = _locked(offer)
    offer.refresh_from_db()
    if not offer.is_open or insurer.state != Insurer.State.ADMITTED or offer.generator.state not in COVERED:
        raise Refused("cover_gone", "this cover is not sold any more: look at other offers")
    require_not_suspended_partner(insurer)
    if holder.pk == insurer.pk:
        raise Refused("own_cover", "an insurer does not cover itself: ask another one")
    if offer.kind == Kind.DEFAULT and offer.generator.milestones.exclude(pace=Milestone.Pace.DUE).exists():
        raise Refused("late_already", "this generator is late already: what has begun is not covered any more")
    most = min(offer.largest_sum, insurable(offer, holder))
    if not 0 < stroops <= most:
        said = f"you may cover up to {money(most)} here" if most else "you have nothing at risk here that it covers"
        raise Refused("sum_too_large", f"{said}: a cover is no bet")
    capital, sold = wallet_balance(insurer.member, gateway), exposure(insurer)
    if sold + stroops > capital:
        raise Refused(
            "insurer_full",
            f"{insurer.member.name} can cover {money(max(capital - sold, 0))} more with what it has: cover less, or ask another",
        )
    premium = offer.premium(stroops)
    require_money(holder, premium, gateway)
    cover = Cover(
        offer=offer,
        holder=holder,
        sum=stroops,
        premium=premium,
        bought_at=now,
        ends_at=now + timedelta(days=offer.days),
    )
    cover.intent = queue_call(
        holder.community,
        f"cover:{cover.pk}:premium",
        watt_token.transfer(holder.wallet.address, insurer.member.wallet.address, premium),
        wallet=holder.wallet,
        after=admit(insurer.member),
    )
    cover.save(force_insert=True)
    log_action("cover.buy", actor=holder.user, target=cover.pk, community=holder.community, stroops=stroops)
    return cover


def _locked(offer: CoverOffer) -> Insurer:
    """Of two holders who want the last of its capital the second finds it gone."""
    rows = Insurer.objects.select_for_update(of=("self",)).select_related("member__wallet")
    return rows.get(pk=offer.insurer_id)


def insurable(offer: CoverOffer, member: Member) -> int:
    """What the member could lose at this generator and has not covered yet, in stroops."""
    covers = Cover.objects.filter(
        holder=member, offer__generator=offer.generator, offer__kind=offer.kind, state__in=Cover.OPEN
    )
    return max(at_risk(offer, member) - (covers.aggregate(total=Sum("sum"))["total"] or 0), 0)


def at_risk(offer: CoverOffer, member: Member) -> int:
    """What the member could lose at this generator now, in stroops: units that are gone are somebody else's to cover."""
    made = offer.generator
    if offer.kind == Kind.NON_DELIVERY:
        return made.offering.goal if member.pk == made.provider_id else 0
    units = made.stakes.filter(member=member).aggregate(n=Sum("units"))["n"] or 0
    return units * made.unit_price


def exposure(insurer: Insurer) -> int:
    """The most that the insurer may still have to pay: open covers less what was paid on them, and what it owes on others."""
    covers = Cover.objects.filter(offer__insurer=insurer)
    running = covers.filter(state__in=Cover.OPEN)
    sums = running.aggregate(total=Sum("sum"))["total"] or 0
    paid = CoverClaim.objects.filter(cover__in=running).aggregate(total=Sum("paid"))["total"] or 0
    ended = CoverClaim.objects.filter(cover__in=covers.filter(state=Cover.State.ENDED))
    granted = ended.filter(state=CoverClaim.State.OWED).aggregate(total=Sum(F("granted") - F("paid")))["total"] or 0
    undecided = ended.filter(state__in=CoverClaim.UNDECIDED).aggregate(total=Sum("claimed"))["total"] or 0
    return sums - paid + granted + undecided


def owed_by(insurer: Insurer) -> int:
    claims = CoverClaim.objects.filter(cover__offer__insurer=insurer, state=CoverClaim.State.OWED)
    return claims.aggregate(total=Sum(F("granted") - F("paid")))["total"] or 0


@transaction.atomic
def claim_cover(
    cover: Cover, member: Member, stroops: int, evidence: str, *, now: datetime | None = None
) -> CoverClaim:
    """It has happened while the cover held: the holder asks for money. Raises Refused."""
    now = now or datetime.now(UTC)
    if cover.holder_id != member.pk:
        raise Refused("not_your_cover", "only the holder of a cover claims on it")
    cover = Cover.objects.select_for_update(of=("self",)).select_related("offer__generator__community").get(pk=cover.pk)
    if cover.state != Cover.State.ACTIVE or now >= cover.ends_at:
        raise Refused("cover_over", f"this cover is {cover.get_state_display()}: a claim is made while it holds")
    granted = cover.claims.aggregate(total=Sum("granted"))["total"] or 0
    left = min(cover.sum - granted, at_risk(cover.offer, member))
    if not 0 < stroops <= left:
        raise Refused("claim_too_large", f"{money(left)} of the sum and of what you own are left: claim up to that")
    evidence = evidence.strip()
    if not evidence:
        raise Refused("evidence_needed", f"show what happened. What counts: {cover.offer.counts}")
    try:
        with transaction.atomic():
            claim = CoverClaim.objects.create(
                cover=cover,
                claimed=stroops,
                evidence=evidence,
                evidence_hash=digest(evidence),
                made_at=now,
            )
    except IntegrityError:
        raise Refused("claim_open", "a claim on this cover is being decided: wait for it") from None
    insurer = cover.offer.insurer.member
    tell_all((insurer, member), f"cover-claim:{claim.pk}", f"A claim of {money(stroops)}: {cover.offer}. {evidence}")
    log_action("cover.claim", actor=member.user, target=claim.pk, community=member.community, stroops=stroops)
    return claim


def end_due(now: datetime) -> int:
    """Covers whose time is over; claims made in time are decided all the same."""
    over = Cover.objects.filter(state=Cover.State.ACTIVE, ends_at__lte=now).select_related("holder", "offer__generator")
    return each(over, _end)


def _end(cover: Cover) -> None:
    change_state(cover, Cover.TRANSITIONS, Cover.State.ENDED)
    tell(cover.holder, f"cover:{cover.pk}:ended", f"Your cover is over: {cover.offer}")


def for_sale(made: Generator, member: Member) -> list[CoverOffer]:
    """Offers that the member has something at risk for."""
    rows = made.cover_offers.filter(is_open=True, insurer__state=Insurer.State.ADMITTED, insurer__suspended_at=None)
    rows = rows.exclude(insurer=member.pk).select_related("insurer__member", "generator__offering")
    if member.pk != made.provider_id:
        rows = rows.exclude(kind=Kind.NON_DELIVERY)
    if not made.stakes.filter(Q(member=member) & Q(units__gt=0)).exists():
        rows = rows.filter(kind=Kind.NON_DELIVERY)
    return list(rows)
