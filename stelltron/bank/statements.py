"""Importing what the bank says: once, whole or not at all, and only where it follows from what was imported before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.units import money
from stelltron.ledger import reserves
from stelltron.ledger.models import ReserveBalance
from stelltron.ledger.payments import require_treasury
from stelltron.members.models import User

from . import camt, csv_statement, matching, mod97
from .formats import Line, Statement, content_of, identified
from .models import BankAccount, BankLine, BankStatement

LARGEST_FILE = 20_000_000


@dataclass(frozen=True)
class Imported:
    """What an import added; what was known is not counted."""

    statements: int
    lines: int
    waiting: int


@transaction.atomic
def open_account(
    community: Community, iban: str, holder: str, *, actor: User, reason: str, bic: str = ""
) -> BankAccount:
    """An account whose statements will be imported. Raises Refused."""
    require_treasury(actor)
    iban = mod97.compact(iban)
    if not mod97.is_iban(iban):
        raise Refused("bad_iban", "the check digits of this IBAN are wrong: compare it with the bank's papers")
    if BankAccount.objects.filter(iban=iban).exists():
        raise Refused("account_known", "this account is open already")
    reserves.lock()
    reserves.require_currency(community)
    account = BankAccount.objects.create(community=community, iban=iban, holder=holder, bic=bic)
    log_action("bank.open_account", actor=actor, target=iban, reason=reason, community=community)
    return account


@transaction.atomic
def import_file(account: BankAccount, content: bytes, *, actor: User, reason: str) -> Imported:
    """Import a CAMT.053 or CSV file of ``account``. The same file, statement or line twice adds nothing. Raises Refused."""
    require_treasury(actor)
    if not content or len(content) > LARGEST_FILE:
        raise Refused("bad_file", "the file is empty, or above 20 MB: choose a shorter period")
    reserves.lock()
    account = BankAccount.objects.select_for_update().select_related("community").get(pk=account.pk)
    reserves.require_currency(account.community)
    digest = hashlib.sha256(content).hexdigest()
    added = [
        kept
        for statement in sorted(_read(account, content), key=lambda one: (one.ends, one.begins))
        if (kept := _keep(account, statement, content, digest, actor))
    ]
    lines = list(BankLine.objects.filter(statement__in=added).order_by("id"))
    if added:
        _hold_against(account, added[-1])
        for line in lines:
            matching.match(line, actor=actor)
        reserves.attest(account.community, digest, added[-1].ends)
        log_action(
            "bank.import",
            actor=actor,
            target=account.iban,
            reason=reason,
            community=account.community,
            digest=digest,
            closing=added[-1].closing,
            lines=len(lines),
        )
    waiting = BankLine.objects.filter(statement__in=added, state=BankLine.State.WAITING).count()
    return Imported(len(added), len(lines), waiting)


def _read(account: BankAccount, content: bytes) -> list[Statement]:
    currency = account.community.currency
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        found = camt.read(content)
    else:
        found = csv_statement.read(content, account.iban, currency)
    for statement in found:
        if statement.account != account.iban:
            raise Refused("other_account", f"this is a statement of {statement.account}, and not of {account.iban}")
        if statement.currency != currency:
            raise Refused(
                "other_currency", f"the statement is in {statement.currency}, and the co-op's WATT in {currency}"
            )
    return found


def _keep(account: BankAccount, read: Statement, content: bytes, digest: str, actor: User) -> BankStatement | None:
    """The statement with its new lines, or None when it brings nothing. Raises Refused."""
    moved = _sum(read.lines)
    if read.opening + moved != read.closing:
        raise Refused(
            "statement_unbalanced",
            f"statement {read.number}: the opening balance {money(read.opening)} and its lines {money(moved)} do not make "
            f"the closing balance {money(read.closing)}. Nothing was imported",
        )
    if read.closing < 0:
        raise Refused("account_overdrawn", f"statement {read.number} closes below zero: an overdraft backs nothing")
    last = account.statements.first()
    same = account.statements.filter(number=read.number, begins=read.begins, ends=read.ends)
    seen_before = same.exists()
    new = _new(account, read)
    if last and not seen_before and _goes_on(last, read, new):
        new = _counted_on(account, read)
    if not new and (seen_before or (last and read.ends <= last.ends)):
        return None
    if seen_before:
        raise Refused(
            "statement_differs", f"statement {read.number} was imported before, with other lines: ask the bank"
        )
    fresh = _sum(new)
    before = last.closing if last else read.opening
    if before + fresh != read.closing:
        raise Refused(
            "statement_missing",
            f"statement {read.number} does not follow: the balance was {money(before)}, its new lines bring {money(fresh)}, "
            f"and it closes with {money(read.closing)}. Import the statement before it first",
        )
    kept = BankStatement.objects.create(
        account=account,
        number=read.number,
        begins=read.begins,
        ends=read.ends,
        opening=before,
        credits=sum(line.stroops for line in new if line.stroops > 0),
        debits=-sum(line.stroops for line in new if line.stroops < 0),
        closing=read.closing,
        digest=digest,
        file=content,
        imported_by=actor,
    )
    BankLine.objects.bulk_create(
        BankLine(account=account, statement=kept, **{name: getattr(line, name) for name in Line.__dataclass_fields__})
        for line in new
    )
    return kept


def _new(account: BankAccount, read: Statement) -> list[Line]:
    """The lines that are not known yet."""
    said = [line.identity for line in read.lines]
    known = set(account.lines.filter(identity__in=said).values_list("identity", flat=True))
    return [line for line in read.lines if line.identity not in known]


def _goes_on(last: BankStatement, read: Statement, new: list[Line]) -> bool:
    """Whether the bank's next statement of a day looks as if it repeated lines, and its balances say that it does not."""
    follows = read.is_numbered and read.begins >= last.ends and read.opening == last.closing
    return follows and last.closing + _sum(new) != read.closing


def _counted_on(account: BankAccount, read: Statement) -> list[Line]:
    """All of its lines, as further ones of their content."""
    before = {
        content: account.lines.filter(identity__startswith=f"{content}-").count()
        for content in {content_of(line) for line in read.lines}
    }
    return list(identified(read.lines, before))


def _sum(lines: Iterable[Line]) -> int:
    return sum(line.stroops for line in lines)


def _hold_against(account: BankAccount, statement: BankStatement) -> None:
    ReserveBalance.objects.update_or_create(
        account=account.iban,
        defaults={
            "community": account.community,
            "stroops": statement.closing,
            "as_of": statement.ends,
            "digest": statement.digest,
        },
    )
