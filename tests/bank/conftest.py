from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from stelltron.bank import payment_files, settling, standing, statements
from stelltron.bank.models import BankAccount, BankLine, Case, PaymentFile, Payout
from stelltron.bank.references import reference_of
from stelltron.bank.statements import Imported
from stelltron.core.models import Community
from stelltron.ledger import contracts as deployed
from stelltron.ledger import payments, reserves
from stelltron.ledger.clients import watt_token
from stelltron.ledger.models import PaymentProposal
from stelltron.members.models import Member, User
from stelltron.members.services import make_staff
from tests.conftest import Chain

from .files import DAY, OWN, Move, camt


@dataclass
class Bank:
    """The co-op's bank: what happens there becomes the next day's statement, which staff import."""

    account: BankAccount
    first: User
    second: User
    chain: Chain | None = None
    cents: int = 0
    day: date = DAY
    number: int = 0
    files: list[bytes] = field(default_factory=list)

    def statement(self, *moves: Move) -> Imported:
        self.number += 1
        self.files.append(camt(f"S-{self.number}", self.cents, list(moves), day=self.day))
        self.cents += sum(move.cents for move in moves)
        self.day += timedelta(days=1)
        done = statements.import_file(self.account, self.files[-1], actor=self.first, reason="daily import")
        self.settle()
        return done

    def settle(self) -> None:
        if self.chain:
            self.chain.settle()

    def approve_all(self) -> None:
        for proposal in PaymentProposal.objects.filter(state=PaymentProposal.State.PROPOSED).order_by("id"):
            payments.approve_payment(proposal, actor=self.second, reason="seen on the statement")
        self.settle()

    def deposit(self, member: Member, cents: int, **more: object) -> BankLine:
        """A payment with the member's reference, approved by a second person."""
        self.statement(Move(cents, text=reference_of(member), **more))
        self.approve_all()
        return BankLine.objects.first()

    def send_all(self) -> PaymentFile:
        file = payment_files.prepare(self.account, actor=self.first, reason="weekly run")
        payment_files.release(file, actor=self.second, reason="compared")
        return file

    def settle_case(self, case: Case, kind: str) -> int:
        """A step of a chargeback, by both."""
        step = settling.propose(case, kind, actor=self.first, reason="agreed with the member")
        burned = settling.approve(step, actor=self.second, reason="seen the letter")
        self.settle()
        case.refresh_from_db()
        return burned

    def pay(self, *sent: Payout) -> None:
        """The bank debits what it was sent."""
        self.statement(*(Move(-one.stroops // 100_000, end_to_end=one.reference, iban=one.iban) for one in sent))

    def supply(self) -> int:
        return deployed.ask(self.chain.gateway, watt_token.total_supply())

    def attested(self) -> int:
        return deployed.ask(self.chain.gateway, watt_token.reserves())

    def wallet(self, member: Member) -> int:
        return deployed.ask(self.chain.gateway, watt_token.balance(member.wallet.address))

    def allowed(self, member: Member) -> bool:
        return deployed.ask(self.chain.gateway, watt_token.allowed(member.wallet.address))

    def problems(self) -> list[str]:
        return standing.standing(self.chain.gateway).problems


@pytest.fixture
def bank(community: Community) -> Bank:
    first, second = (make_staff(f"{who}@co-op.example", "correct horse", "Treasury") for who in ("first", "second"))
    account = statements.open_account(community, OWN, "Test Co-op", actor=first, reason="opened")
    return Bank(account, first, second)


@pytest.fixture
def live_bank(bank: Bank, chain: Chain) -> Bank:
    """The same with the contracts running."""
    bank.chain = chain
    return bank


@pytest.fixture
def sarah(new_member: Callable[..., Member]) -> Member:
    return new_member("sarah")


@pytest.fixture
def mike(new_member: Callable[..., Member]) -> Member:
    return new_member("mike")


@pytest.fixture
def attested(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the chain had every balance at once."""
    monkeypatch.setattr(reserves, "attested", reserves.total)


def beside(act: Callable[[], object], meanwhile: Callable[[], object]) -> Exception | None:
    """``act`` in a process of its own, while ``meanwhile`` is done and not committed yet; what it was refused with."""
    answers: list[Exception | None] = []

    def run() -> None:
        try:
            act()
            answers.append(None)
        except Exception as problem:
            answers.append(problem)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        meanwhile()
        thread.start()
        thread.join(0.5)
        assert thread.is_alive(), "nothing kept the two apart"
    thread.join(20)
    return answers[0]
