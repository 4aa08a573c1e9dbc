"""A deposit that the payer's bank takes back.

Before it became WATT it never does. After that the member is stopped from moving WATT, what is left in a managed wallet is burned, and the rest is the co-op's loss until
the member pays it: its own money in the account covers it, or no further WATT are issued until it does.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.core.units import money
from stelltron.ledger import contracts, reserves
from stelltron.ledger.clients import watt_token
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent
from stelltron.ledger.payments import reject_payment, require_treasury
from stelltron.members.models import Member, User, Wallet
from stelltron.register import shares
from stelltron.register.models import ShareProposal

from . import payment_files, policy
from .formats import NO_REFERENCE
from .models import BankLine, Case, Payout
from .telling import tell

State = BankLine.State
# What a bank takes back: WATT, what may yet become WATT, and shares that are not in the register.
REVERSIBLE = Q(state__in=(State.BOOKED, *BankLine.UNBOOKED)) | Q(
    state=State.SHARES, shares__state=ShareProposal.State.PROPOSED
)
# Money that was sent back can no longer be kept.
GONE_BACK = (Payout.State.SENT, Payout.State.PAID)


def deposit_of(line: BankLine) -> BankLine | None:
    """The deposit that a reversal undoes, when there is no doubt which."""
    standing = BankLine.objects.filter(
        REVERSIBLE,
        account=line.account,
        stroops=-line.stroops,
        booked_on__lte=line.booked_on,
        reversed_by=None,
    ).exclude(return_payout__state__in=GONE_BACK)
    named = standing.none()
    for field in ("key", "end_to_end"):
        if (said := getattr(line, field)).upper() not in NO_REFERENCE:
            named = named | standing.filter(**{field: said})
    found = list(named[:2]) or list(standing.filter(iban=line.iban).exclude(iban="")[:2])
    return found[0] if len(found) == 1 else None


@transaction.atomic
def name_deposit(line: BankLine, deposit: BankLine, *, actor: User, reason: str) -> None:
    """Staff say which deposit a debit takes back. Raises Refused."""
    require_treasury(actor)
    same = deposit.account_id == line.account_id and deposit.stroops == -line.stroops > 0
    if not same or not BankLine.objects.filter(REVERSIBLE, pk=deposit.pk).exists():
        raise Refused(
            "other_deposit", "name a deposit of this account, of the same amount, that was not given back yet"
        )
    reserves.lock()
    reverse(line, deposit, actor=actor)
    log_action(
        "bank.chargeback", actor=actor, target=deposit.bank_reference, reason=reason, community=line.account.community
    )


def reverse(line: BankLine, deposit: BankLine, *, actor: User) -> None:
    """Call with ``reserves.lock``: an approval of the deposit has happened by then, or finds it gone. Raises Refused."""
    deposit.refresh_from_db()
    if deposit.state == State.BOOKED:
        take_back(line, deposit)
    else:
        _undo(line, deposit, actor)


def _undo(line: BankLine, deposit: BankLine, actor: User) -> None:
    """Nothing was minted, and nothing will be: the two lines close each other."""
    why = f"the bank took the payment back on {line.booked_on}, before it became WATT"
    member = deposit.member
    if deposit.proposal:
        reject_payment(deposit.proposal, actor=actor, reason=why)
        deposit.refresh_from_db()
    if deposit.shares:
        shares.reject(deposit.shares, actor=actor, reason=why)
        deposit.refresh_from_db()
    policy.uphold_open(deposit, actor=actor, reason=why)
    if deposit.state == State.RETURNING:
        _stop_return(deposit.return_payout, actor, why)
    change_state(deposit, BankLine.TRANSITIONS, State.UNDONE, member=member)
    change_state(line, BankLine.TRANSITIONS, State.UNDONE, member=member, reverses=deposit)
    tell(
        member,
        f"line:{line.pk}:undone",
        f"Your bank took back your payment of {money(deposit.stroops)} before it became WATT",
    )


def _stop_return(payout: Payout, actor: User, why: str) -> None:
    """It would leave a second time. Raises Refused once it has."""
    if payout.state in GONE_BACK:
        raise Refused("gone_back", f"the payment was sent back already, as {payout.reference}: ask the bank for it")
    if payout.file:
        payment_files.dissolve(payout.file, actor=actor, reason=why)
        payout.refresh_from_db()
    change_state(payout, Payout.TRANSITIONS, Payout.State.CANCELLED, problem=why, closed_at=datetime.now(UTC))


def require_not_taken_back(deposit: BankLine) -> None:
    """Raises Refused while the statement takes such a payment back, and nobody has said which."""
    doubtful = BankLine.objects.filter(
        account=deposit.account,
        state=State.WAITING,
        is_reversal=True,
        stroops=-deposit.stroops,
        booked_on__gte=deposit.booked_on,
    ).first()
    if doubtful:
        raise Refused(
            "perhaps_taken_back",
            f"the bank took back a payment of {money(deposit.stroops)} on {doubtful.booked_on}, and it is not clear which: "
            f"say so at line {doubtful.pk} of the statements first",
        )


def take_back(line: BankLine, deposit: BankLine) -> None:
    """Note the loss, stop the member, and open the case that staff settle with them."""
    change_state(line, BankLine.TRANSITIONS, State.CHARGEBACK, reverses=deposit, member=deposit.member)
    member = deposit.member
    assert member is not None
    freeze(member, f"chargeback:{line.pk}")
    text = f"the payment of {deposit.booked_on} was taken back; the member owes it, and cannot move WATT meanwhile"
    policy.open_cases([(Case.Kind.CHARGEBACK, text)], member, deposit.stroops, line=line)
    tell(
        member,
        f"line:{line.pk}:chargeback",
        f"Your bank took back your payment of {money(deposit.stroops)}. Your WATT are stopped until it is settled: speak to the co-op",
    )


def freeze(member: Member, key: str) -> None:
    _set_allowed(member, key, allowed=False)


def unfreeze(member: Member, key: str) -> None:
    """Once every chargeback of the member's is cleared."""
    if not policy.has_open_chargeback(member):
        _set_allowed(member, key, allowed=True)


def owed(case: Case) -> int:
    """What of a chargeback was not collected yet."""
    mine = Q(reference=f"CHARGEBACK-{case.pk}") | Q(reference__startswith=f"CHARGEBACK-{case.pk}-")
    burned = case.member.redemptions.filter(mine).exclude(intent__state=ChainIntent.State.FAILED)
    return case.stroops - (burned.aggregate(total=Sum("stroops"))["total"] or 0)


def collect(case: Case, key: int, *, actor: User, reason: str) -> int:
    """Burn what a managed wallet holds now, up to what is owed; returns it. Raises Refused.

    ``key`` names this burn among those of the case. Call in a transaction.
    """
    member = case.member
    if case.kind != Case.Kind.CHARGEBACK or case.state == Case.State.CLEARED:
        raise Refused("no_debt", "only a case of a chargeback that is not cleared has something to collect")
    if member.wallet.kind != Wallet.Kind.MANAGED:
        raise Refused("own_wallet", "the member alone can sign for this wallet: agree with them on how it is paid back")
    held = contracts.ask(Gateway(settings.STELLAR), watt_token.balance(member.wallet.address))
    reserves.lock()
    if member.redemptions.filter(payout=None, intent__state__in=reserves.WAITING).exists():
        raise Refused("under_way", "WATT of this wallet are being burned: wait until the chain has confirmed that")
    left = owed(case)
    if left <= 0:
        raise Refused("collected", "all that was taken back is collected already: clear the case")
    stroops = min(held, left)
    if stroops <= 0:
        raise Refused("nothing_there", "the wallet holds no WATT: what is in the market has to be withdrawn first")
    reference = f"CHARGEBACK-{case.pk}-{key}"
    thaw = _set_allowed(member, f"{reference}:burn", allowed=True)
    burned = reserves.redeem(member, stroops, reference, after=thaw)
    # The bank has taken the money back already.
    reserves.close(burned)
    _set_allowed(member, f"{reference}:after", allowed=False, after=burned.intent)
    log_action(
        "bank.collect", actor=actor, target=member.code, reason=reason, community=member.community, stroops=stroops
    )
    return stroops


def _set_allowed(member: Member, key: str, *, allowed: bool, after: ChainIntent | None = None) -> ChainIntent:
    return queue_call(
        member.community,
        f"allow:{key}:{allowed}",
        watt_token.set_allowed(member.wallet.address, allowed),
        signer=ChainIntent.Signer.ISSUER,
        after=after,
        falls=after is not None,
    )
