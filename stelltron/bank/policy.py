"""What is looked at before money moves: the identity check, limits by clearance, and patterns of money laundering."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db.models import QuerySet, Sum

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.parameters import value_at
from stelltron.core.states import change_state
from stelltron.core.units import CENT, STROOPS, money
from stelltron.ledger.models import PaymentProposal
from stelltron.ledger.payments import require_treasury
from stelltron.members.models import Member, User

from . import history, jurisdictions, parameters
from .history import MONTH, WEEK, Move, within
from .jurisdictions import Held
from .models import BankLine, Case, Clearance, Payout

Doubt = tuple[str, str]


def level_of(member: Member) -> str:
    found = Clearance.objects.filter(member=member).values_list("level", flat=True).first()
    return found or Clearance.Level.BASIC


def limit(member: Member, span: str) -> int:
    """Stroops that may come in, and go out, within a "day" or a "month"."""
    return held_limit(member, span).value * STROOPS


def held_limit(member: Member, span: str) -> Held:
    """The same in WATT, with why."""
    level = Clearance.Level(level_of(member))
    return jurisdictions.held(member.community, f"{level.lower()}_{span}_limit", parameters.LIMITS[level, span])


def payment_limit(member: Member) -> Held | None:
    """WATT of a single payment, where a jurisdiction's rules limit it."""
    return jurisdictions.rule(member.community, f"{level_of(member).lower()}_payment_limit")


def doubts_in(member: Member, line: BankLine) -> list[Doubt]:
    """What has to be looked at before this payment becomes WATT."""
    if doubts := _of_the_member(member, line.stroops):
        return doubts
    return _of_the_money(member, history.beside_line(member, line), line.booked_on, line.stroops)


def doubts_by_hand(proposal: PaymentProposal) -> list[Doubt]:
    """The same of a payment that staff wrote down, on the day that they did."""
    member = proposal.member
    if doubts := _of_the_member(member, proposal.stroops):
        return doubts
    beside = history.beside_payment_by_hand(proposal)
    return _of_the_money(member, beside, proposal.proposed_at.date(), proposal.stroops)


def require_payout(member: Member, stroops: int) -> None:
    """Raises Refused where the member's clearance does not allow the withdrawal."""
    if member.kyc != Member.Kyc.APPROVED or not member.is_active:
        raise Refused(
            "kyc_needed", "withdrawals to a bank account open once the co-op has approved your identity check"
        )
    if has_open_chargeback(member):
        raise Refused("stopped", "a payment of yours was taken back by your bank: settle it with the co-op first")
    least = smallest_payout(member.community)
    if stroops < least:
        raise Refused("amount_too_small", f"withdraw at least {money(least)} WATT")
    if stroops % CENT:
        raise Refused("amount_too_fine", "a bank pays whole cents: write at most two decimals")
    single = payment_limit(member)
    if single and stroops > single.value * STROOPS:
        raise Refused(
            "above_limit",
            f"you may withdraw {money(single.value * STROOPS)} WATT at once ({single.why}): withdraw less, or ask the co-op "
            "for the higher clearance",
        )
    for span, days in (("day", 1), ("month", MONTH)):
        most = limit(member, span)
        used = _asked(member, days)
        if used + stroops > most:
            left = money(max(most - used, 0))
            raise Refused(
                "above_limit",
                f"you may withdraw {money(most)} WATT within {'a day' if days == 1 else f'{days} days'}, and have {left} left: "
                "ask the co-op for the higher clearance",
            )


def smallest_payout(community: Community) -> int:
    return max(value_at(community, parameters.SMALLEST_PAYOUT, community.now()) * STROOPS, CENT)


def doubts_out(member: Member, payout: Payout) -> list[Doubt]:
    """What has to be looked at before WATT are burned for this withdrawal."""
    if doubts := _of_the_member(member, payout.stroops):
        return doubts
    return _of_the_money(member, history.beside_payout(member, payout), payout.asked_at.date(), payout.stroops)


def _of_the_member(member: Member, stroops: int) -> list[Doubt]:
    if member.kyc != Member.Kyc.APPROVED:
        text = f"a payment of {money(stroops)} by a member whose identity check is: {member.get_kyc_display()}"
        return [(Case.Kind.KYC, text)]
    if has_open_chargeback(member):
        return [(Case.Kind.STOPPED, "a deposit of the member's was taken back and is not settled")]
    return []


def has_open_chargeback(member: Member) -> bool:
    """Until it is cleared: who was found to owe it stays stopped."""
    taken_back = Case.objects.filter(member=member, kind=Case.Kind.CHARGEBACK)
    return taken_back.exclude(state=Case.State.CLEARED).exists()


def require_not_stopped(member: Member) -> None:
    """Raises Refused: the contract would not mint for them."""
    if has_open_chargeback(member):
        raise Refused(
            "stopped", f"a deposit of {member} was taken back: reject this, and book it once that case is cleared"
        )


def _asked(member: Member, days: int) -> int:
    since = datetime.now(UTC) - timedelta(days=days)
    return history.asked(member).filter(asked_at__gt=since).aggregate(total=Sum("stroops"))["total"] or 0


def _of_the_money(member: Member, moves: list[Move], on: date, stroops: int) -> list[Doubt]:
    return [*_above(member, moves, on, stroops), *_patterns(member, moves, on, stroops)]


def _above(member: Member, moves: list[Move], on: date, stroops: int) -> list[Doubt]:
    doubts = []
    single = payment_limit(member)
    if single and stroops > single.value * STROOPS:
        doubts.append(f"{money(stroops)} at once, and {money(single.value * STROOPS)} are the limit ({single.why})")
    for span, days in (("day", 1), ("month", MONTH)):
        total = sum(within(moves, on, days)) + stroops
        held = held_limit(member, span)
        most = held.value * STROOPS
        if total > most:
            doubts.append(f"{money(total)} within {days} day(s), and {money(most)} are the limit ({held.why})")
    return [(Case.Kind.LIMIT, "; ".join(doubts))] if doubts else []


def _patterns(member: Member, moves: list[Move], on: date, stroops: int) -> list[Doubt]:
    most, enough, percent = (
        jurisdictions.held(member.community, key, parameter).value for key, parameter in parameters.PATTERNS.items()
    )
    doubts: list[Doubt] = []
    today = len(within(moves, on, 1)) + 1
    if today > most:
        doubts.append((Case.Kind.VELOCITY, f"{today} payments within a day"))
    single, day, month = payment_limit(member), limit(member, "day"), limit(member, "month")
    each = {day} if single is None else {single.value * STROOPS, day}
    week = [*within(moves, on, WEEK), stroops]
    found = []
    for top in sorted(each):
        near = sum(_just_under(one, top, percent) for one in week)
        if near >= enough and _just_under(stroops, top, percent):
            found.append(f"{near} payments within {WEEK} days, each just under the limit of {money(top)}")
    together = [*within(moves, on, MONTH), stroops]
    if len(together) >= enough and _just_under(sum(together), month, percent):
        found.append(f"{len(together)} payments within {MONTH} days, together just under the limit of {money(month)}")
    return [*doubts, (Case.Kind.STRUCTURING, "; ".join(found))] if found else doubts


def _just_under(stroops: int, top: int, percent: int) -> bool:
    return top * percent // 100 <= stroops <= top


def open_cases(
    doubts: Iterable[Doubt],
    member: Member,
    stroops: int,
    *,
    line: BankLine | None = None,
    payout: Payout | None = None,
    proposal: PaymentProposal | None = None,
) -> int:
    """One case a doubt; returns how many wait. What was cleared of the same payment before is not doubted again."""
    waiting = 0
    for kind, text in doubts:
        case, made = Case.objects.get_or_create(
            kind=kind,
            line=line,
            payout=payout,
            proposal=proposal,
            member=member,
            defaults={"community": member.community, "text": text[:300], "stroops": stroops},
        )
        waiting += case.state != Case.State.CLEARED
        if made:
            log_action(
                "bank.case", target=member.code, reason=text, community=member.community, kind=kind, case=case.pk
            )
    return waiting


def set_clearance(member: Member, level: str, *, actor: User, reason: str) -> None:
    """Raises Refused. ``cases`` asks again about what waits."""
    require_treasury(actor)
    Clearance.objects.update_or_create(member=member, defaults={"level": level})
    log_action(
        "bank.clearance", actor=actor, target=member.code, reason=reason, community=member.community, level=level
    )


def close(case: Case, state: str, *, actor: User, reason: str) -> bool:
    """Close one; whether it was the last open one of its line or payout. Call in a transaction."""
    require_treasury(actor)
    change_state(case, Case.TRANSITIONS, state, closed_by=actor, closed_at=datetime.now(UTC), reason=reason)
    log_action(
        "bank.close_case",
        actor=actor,
        target=case.member.code,
        reason=reason,
        community=case.community,
        case=case.pk,
        state=state,
    )
    return not open_beside(case).exists()


def uphold_open(waits: BankLine | PaymentProposal, *, actor: User, reason: str) -> None:
    """It will not become WATT: nothing about it is left to look into. Call in a transaction."""
    for case in waits.cases.filter(state=Case.State.OPEN):
        close(case, Case.State.UPHELD, actor=actor, reason=reason)


def open_beside(case: Case) -> QuerySet[Case]:
    """The open cases of the same payment."""
    same = Case.objects.filter(line=case.line, payout=case.payout, proposal=case.proposal, member=case.member)
    return same.filter(state=Case.State.OPEN)


def require_looked_at(proposal: PaymentProposal) -> None:
    """Raises Refused while something about a payment by hand is doubted."""
    case = Case.objects.filter(proposal=proposal).exclude(state=Case.State.CLEARED).first()
    if case:
        raise Refused("case_open", f"a case is open about this payment ({case.text}): the Treasury closes it first")
