"""A deposit that the payer's bank takes back after it became WATT.

The member is stopped from moving WATT, what is left in a managed wallet is burned, and the rest is the co-op's loss until
the member pays it: its own money in the account covers it, or no further WATT are issued until it does.
"""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.states import change_state
from stelltron.core.units import money
from stelltron.ledger import contracts, reserves
from stelltron.ledger.clients import watt_token
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent
from stelltron.ledger.payments import require_treasury
from stelltron.members.models import Member, User, Wallet

from . import policy
from .models import BankLine, Case
from .telling import tell

State = BankLine.State
# What banks write where the payer gave no reference of their own.
NO_REFERENCE = "NOTPROVIDED"


def deposit_of(line: BankLine) -> BankLine | None:
    """The deposit that a reversal undoes, when there is no doubt which."""
    booked = BankLine.objects.filter(account=line.account, state=State.BOOKED, stroops=-line.stroops, reversed_by=None)
    named = booked.filter(key=line.key) if line.key else booked.none()
    if line.end_to_end and line.end_to_end.upper() != NO_REFERENCE:
        named = named | booked.filter(end_to_end=line.end_to_end)
    found = list(named[:2]) or list(booked.filter(iban=line.iban).exclude(iban="")[:2])
    return found[0] if len(found) == 1 else None


@transaction.atomic
def name_deposit(line: BankLine, deposit: BankLine, *, actor: User, reason: str) -> None:
    """Staff say which deposit a debit takes back. Raises Refused."""
    require_treasury(actor)
    if deposit.account_id != line.account_id or deposit.stroops != -line.stroops or deposit.state != State.BOOKED:
        raise Refused("other_deposit", "name a deposit of this account, of the same amount, that became WATT")
    take_back(line, deposit)
    log_action("bank.chargeback", actor=actor, target=deposit.key, reason=reason, community=line.account.community)


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


@transaction.atomic
def collect(case: Case, *, actor: User, reason: str) -> int:
    """Burn what a managed wallet still holds, up to what is owed; returns it. Raises Refused."""
    require_treasury(actor)
    member = case.member
    if case.kind != Case.Kind.CHARGEBACK or case.state != Case.State.OPEN:
        raise Refused("no_debt", "only an open case of a chargeback has something to collect")
    if member.wallet.kind != Wallet.Kind.MANAGED:
        raise Refused("own_wallet", "the member alone can sign for this wallet: agree with them on how it is paid back")
    held = contracts.ask(Gateway(settings.STELLAR), watt_token.balance(member.wallet.address))
    reference = f"CHARGEBACK-{case.pk}"
    stroops = min(held, case.stroops)
    if stroops <= 0:
        raise Refused("nothing_there", "the wallet holds no WATT: what is in the market has to be withdrawn first")
    reserves.lock()
    if member.redemptions.filter(reference=reference).exists():
        raise Refused("collected", "this was collected already")
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
