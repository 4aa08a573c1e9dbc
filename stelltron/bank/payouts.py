"""Money on its way out: asked for, burned, sent by two people, and closed by the bank's own statement."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import requests
from django.conf import settings
from django.db import transaction
from stellar_sdk.exceptions import BaseRequestError

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.core.units import money
from stelltron.ledger import contracts, reserves, wallet_calls
from stelltron.ledger.clients import watt_token
from stelltron.ledger.gateway import ChainBusy, ChainRefused, Gateway
from stelltron.ledger.models import ChainIntent, PaymentProposal
from stelltron.ledger.payments import payable, propose_payment, require_treasury
from stelltron.ledger.wallet_calls import WalletCall
from stelltron.members.models import Member, User, Wallet

from . import mod97, policy, references
from .models import BankAccount, BankLine, Payout
from .references import LETTERS
from .telling import tell

State = Payout.State
# A member's withdrawals that are not signed do not pile up.
MOST_UNSIGNED = 3
REFERENCE_LENGTH = 10


def account_of(member: Member) -> BankAccount:
    """The account the co-op pays from. Raises Refused."""
    account = BankAccount.objects.filter(community=member.community).order_by("pk").first()
    if account is None:
        raise Refused("no_bank", "your co-op has no bank account here yet: ask its office")
    return account


@transaction.atomic
def ask(member: Member, stroops: int, name: str, iban: str) -> Payout:
    """A member wants WATT of their wallet as money in their bank account. Raises Refused.

    A managed wallet burns at once; from a wallet of the member's own they sign it (``burn_call``). What looks odd waits.
    """
    iban, name = mod97.compact(iban), " ".join(name.split())
    if not mod97.is_iban(iban):
        raise Refused("bad_iban", "the check digits of this IBAN are wrong: compare it with your bank card")
    if not name or len(name) > 70 or not name.isprintable():
        raise Refused("bad_name", "write the account holder's name as the bank has it, up to 70 characters")
    account = account_of(member)
    if iban == account.iban:
        raise Refused("own_account", "this is the co-op's own account: write yours")
    Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    policy.require_payout(member, stroops)
    _require_watt(member, stroops)
    if Payout.objects.filter(member=member, state=State.ASKED).count() >= MOST_UNSIGNED:
        raise Refused("too_many", "sign or cancel the withdrawals you have begun first")
    payout = Payout.objects.create(
        kind=Payout.Kind.WITHDRAWAL,
        account=account,
        member=member,
        reference=new_reference(),
        stroops=stroops,
        name=name,
        iban=iban,
    )
    references.remember(member, iban, name, pays_in=False)
    log_action("payout.ask", actor=member.user, target=payout.reference, community=member.community, stroops=stroops)
    if policy.open_cases(policy.doubts_out(member, payout), member, stroops, payout=payout):
        change_state(payout, Payout.TRANSITIONS, State.HELD)
    else:
        _go_on(payout)
    return payout


def wallet_watt(member: Member) -> int:
    """What the wallet holds outside the market. Raises Refused while the chain does not answer."""
    try:
        return contracts.ask(Gateway(settings.STELLAR), watt_token.balance(member.wallet.address))
    except (ChainBusy, ChainRefused, requests.RequestException, BaseRequestError, ConnectionError):
        raise Refused("chain_unreachable", "the Stellar network does not answer: try again in a moment") from None


def _require_watt(member: Member, stroops: int) -> None:
    free = wallet_watt(member)
    if stroops > free:
        raise Refused(
            "not_enough",
            f"your wallet holds {money(free)} WATT outside the market: take what is in the market out of it first",
        )


def release(payout: Payout) -> None:
    """The last of its cases was cleared."""
    change_state(payout, Payout.TRANSITIONS, State.ASKED)
    _go_on(payout)
    if payout.state == State.ASKED:
        _tell(payout, "is approved: sign it now, on your wallet's page")


def _go_on(payout: Payout) -> None:
    member = payout.member
    assert member is not None
    if member.wallet.kind == Wallet.Kind.MANAGED:
        burned = reserves.redeem(member, payout.stroops, payout.reference)
        change_state(payout, Payout.TRANSITIONS, State.BURNING, redemption=burned)


def burn_call(payout: Payout) -> WalletCall:
    """What the owner of a wallet of their own signs. Raises Refused."""
    if payout.state != State.ASKED or payout.member is None:
        raise Refused("not_to_sign", f"this withdrawal is {payout.get_state_display()}: there is nothing to sign")
    return reserves.redeem_call(payout.member, payout.stroops, payout.reference)


@transaction.atomic
def take_burn(payout: Payout, signed: str) -> ChainIntent:
    """Keep what the member signed. Raises Refused."""
    member = payout.member
    assert member is not None
    intent = wallet_calls.take(member.community, member.wallet, burn_call(payout), signed)
    burned = reserves.took(member, payout.stroops, payout.reference, intent)
    change_state(payout, Payout.TRANSITIONS, State.BURNING, redemption=burned)
    return intent


@transaction.atomic
def cancel(payout: Payout, why: str = "") -> None:
    """Before anything was burned. Raises Refused."""
    if payout.burned_at:
        raise Refused("burned", "its WATT are burned already: the money has to be paid")
    change_state(payout, Payout.TRANSITIONS, State.CANCELLED, problem=why, closed_at=datetime.now(UTC))
    if why:
        _tell(payout, f"was cancelled: {why}")


def cancel_own(payout: Payout) -> None:
    """By the member, while it is theirs to sign. Raises Refused."""
    if payout.state != State.ASKED:
        raise Refused("too_late", f"this withdrawal is {payout.get_state_display()}: it can no longer be cancelled")
    cancel(payout)


def on_confirmed(calls: list[int]) -> None:
    """The chain has burned the WATT: the money may leave."""
    for payout in _of(calls):
        change_state(payout, Payout.TRANSITIONS, State.READY, burned_at=datetime.now(UTC))
        _tell(payout, "is burned on the chain; the co-op's office sends the money to your bank")


def on_failed(calls: dict[int, ChainIntent]) -> None:
    for payout in _of(list(calls)):
        why = calls[payout.redemption.intent_id].problem[:200]
        change_state(payout, Payout.TRANSITIONS, State.FAILED, problem=why, closed_at=datetime.now(UTC))
        _tell(payout, f"was refused by the chain, and your WATT are where they were: {why}")


def _of(calls: list[int]) -> list[Payout]:
    waiting = Payout.objects.filter(redemption__intent__in=calls, state=State.BURNING)
    return list(waiting.select_related("member", "redemption"))


def give_back(line: BankLine) -> Payout:
    """A payment that is not ours goes back to where it came from. Raises Refused."""
    if not mod97.is_iban(line.iban):
        raise Refused(
            "no_way_back", "the statement does not say from which account this came: ask the bank to return it"
        )
    return Payout.objects.create(
        kind=Payout.Kind.RETURN,
        account=line.account,
        member=line.member,
        reference=new_reference(),
        stroops=line.stroops,
        name=(line.name or "unknown")[:70],
        iban=line.iban,
        returns=line,
        state=State.READY,
    )


def recognise(line: BankLine, *, actor: User) -> bool:
    """Whether a new line is, or says it is, one of our payments leaving or coming back; closes it where that is sure."""
    payout = _named_in(line)
    if payout is None:
        return False
    if line.stroops == -payout.stroops and payout.state == State.SENT:
        change_state(line, BankLine.TRANSITIONS, BankLine.State.PAYOUT, member=payout.member)
        change_state(payout, Payout.TRANSITIONS, State.PAID, debit=line, closed_at=datetime.now(UTC))
        if payout.redemption:
            reserves.close(payout.redemption)
        if payout.returns:
            change_state(payout.returns, BankLine.TRANSITIONS, BankLine.State.RETURNED)
        _tell(payout, "has left for your bank account")
        return True
    if line.stroops == payout.stroops and payout.state == State.PAID and payout.redemption:
        if payout.member and payable(payout.member) and _is_from_its_bank(payout, line):
            _bounce(payout, line, actor)
        # Else anybody may have written the reference: staff look at it.
        return True
    return False


def _is_from_its_bank(payout: Payout, line: BankLine) -> bool:
    """From the account it was paid to, or returned by the bank, as only a bank can say."""
    return line.is_reversal or line.iban == payout.iban


def _bounce(payout: Payout, line: BankLine, actor: User) -> None:
    """The money is back: as many WATT are minted again, under the reference it came back with, by two people."""
    change_state(line, BankLine.TRANSITIONS, BankLine.State.BOUNCED, member=payout.member)
    why = line.text[:200] or "the bank gives no reason"
    change_state(payout, Payout.TRANSITIONS, State.BOUNCED, bounce=line, problem=why)
    _propose_again(payout, actor, f"{payout.reference} came back from the bank")
    _tell(payout, f"came back from your bank ({why}). Your WATT are issued again")


def _propose_again(payout: Payout, actor: User, reason: str) -> None:
    assert payout.member is not None
    proposal = propose_payment(
        payout.member,
        payout.stroops,
        payout.bounce.bank_reference if payout.bounce else f"REFUSED-{payout.reference}",
        actor=actor,
        reason=reason,
        into_market=False,
        on_statement=True,
    )
    Payout.objects.filter(pk=payout.pk).update(reissue=proposal)
    payout.reissue = proposal


@transaction.atomic
def issue_again(payout: Payout, *, actor: User, reason: str) -> None:
    """Propose the WATT of a payment that came back once more, after a second person rejected that. Raises Refused."""
    require_treasury(actor)
    if payout.state != State.BOUNCED or payout.member is None:
        raise Refused("not_back", "only what came back from the bank is issued again")
    if payout.reissue and payout.reissue.state != PaymentProposal.State.REJECTED:
        raise Refused("proposed", f"it is proposed already, and {payout.reissue.get_state_display()}")
    _propose_again(payout, actor, reason)
    log_action(
        "payout.issue_again", actor=actor, target=payout.reference, reason=reason, community=payout.member.community
    )


def _named_in(line: BankLine) -> Payout | None:
    """By the end-to-end id, or where a bank only keeps the text, by the reference in it."""
    words = {line.end_to_end, *line.text.upper().split()}
    found = list(
        Payout.objects.filter(account=line.account, reference__in=words).select_related("member__community", "returns")[
            :2
        ]
    )
    return found[0] if len(found) == 1 else None


@transaction.atomic
def note_unpaid(payout: Payout, *, actor: User, reason: str) -> None:
    """The bank refused the order and debited nothing: WATT are issued again, by two people. Raises Refused."""
    require_treasury(actor)
    if payout.state != State.SENT or payout.kind != Payout.Kind.WITHDRAWAL or payout.member is None:
        raise Refused("not_sent", "only a withdrawal that was sent to the bank and not paid yet can have been refused")
    assert payout.redemption is not None
    reserves.close(payout.redemption)
    change_state(payout, Payout.TRANSITIONS, State.BOUNCED, problem=reason[:300], closed_at=datetime.now(UTC))
    _propose_again(payout, actor, reason)
    _tell(payout, "was refused by the bank. Your WATT are issued again")
    log_action("payout.refused", actor=actor, target=payout.reference, reason=reason, community=payout.member.community)


def new_reference() -> str:
    """One that no bank changes: letters and digits."""
    return "ST" + "".join(secrets.choice(LETTERS) for _ in range(REFERENCE_LENGTH))


def _tell(payout: Payout, what: str) -> None:
    if payout.kind == Payout.Kind.WITHDRAWAL:
        tell(payout.member, f"payout:{payout.pk}:{payout.state}", f"Your withdrawal of {money(payout.stroops)} {what}")
