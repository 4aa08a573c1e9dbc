"""Random lives of a bank: no order of deposits, payouts, chargebacks and failures brings the supply above the reserves."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stelltron.bank import chargebacks, matching, payouts, policy, standing
from stelltron.bank.models import BankLine, Case, Payout
from stelltron.bank.references import reference_of
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS
from stelltron.ledger import cover, intents, payments
from stelltron.ledger.models import ChainIntent, PaymentProposal, Redemption
from stelltron.members.models import Member

from .conftest import Bank
from .files import MIKE, SARAH, Move

LIVES = 10_000


class Contract:
    """What the WATT contract holds to."""

    def __init__(self) -> None:
        self.supply = self.reserves = 0

    def attest(self, amount: int) -> None:
        assert amount >= self.supply, "the books asked for what the contract refuses: ReservesBelowSupply"
        self.reserves = amount

    def mint(self, amount: int) -> None:
        assert self.supply + amount <= self.reserves, "the books asked for what the contract refuses: ReservesExceeded"
        self.supply += amount

    def burn(self, amount: int) -> bool:
        if amount > self.supply:
            return False
        self.supply -= amount
        return True


class Life:
    """The books of ``ledger.reserves`` over a bank and a contract, with every call on its way for a while."""

    def __init__(self) -> None:
        self.chain = Contract()
        self.held = self.circulation = self.owed = self.own = self.lost = 0
        self.credits: deque[int] = deque()
        self.sent: deque[int] = deque()
        self.paid: list[int] = []
        self.booked: list[int] = []
        self.issuer: deque[tuple[str, int]] = deque()
        self.burns: deque[int] = deque()
        self.confirmed = 0

    def statement(self) -> None:
        if cover.may_attest(held=self.held, circulation=self.circulation):
            self.issuer.append(("attest", self.held))

    def deposit(self, amount: int) -> None:
        self.held += amount
        self.credits.append(amount)
        self.statement()

    def top_up(self, amount: int) -> None:
        self.held += amount
        self.own += amount
        self.statement()

    def approve(self, amount: int) -> None:
        coming = [stated for kind, stated in self.issuer if kind == "attest"]
        attested = min([self.confirmed, *coming])
        room = cover.room(attested=attested, held=self.held, circulation=self.circulation, owed=self.owed)
        if self.credits and self.credits[0] <= room:
            minted = self.credits.popleft()
            self.circulation += minted
            self.booked.append(minted)
            self.issuer.append(("mint", minted))

    def confirm(self, amount: int) -> None:
        if not self.issuer:
            return
        kind, value = self.issuer.popleft()
        if kind == "attest":
            self.chain.attest(value)
            self.confirmed = value
        else:
            self.chain.mint(value)

    def fail(self, amount: int) -> None:
        """An attestation that is lost is not sent again; a mint that is lost stays counted."""
        if self.issuer:
            self.issuer.popleft()

    def withdraw(self, amount: int) -> None:
        self.burns.append(amount)

    def burn(self, amount: int) -> None:
        if self.burns and self.chain.burn(self.burns[0]):
            burned = self.burns.popleft()
            self.circulation -= burned
            self.owed += burned
            self.sent.append(burned)

    def pay(self, amount: int) -> None:
        if self.sent and self.sent[0] <= self.held:
            paid = self.sent.popleft()
            self.held -= paid
            self.owed -= paid
            self.paid.append(paid)
            self.statement()

    def bounce(self, amount: int) -> None:
        if self.paid:
            self.deposit(self.paid.pop())

    def charge_back(self, amount: int) -> None:
        if self.booked and self.booked[-1] <= self.held:
            taken = self.booked.pop()
            self.held -= taken
            self.lost += taken
            self.statement()

    def fee(self, amount: int) -> None:
        taken = min(amount, self.held)
        self.held -= taken
        self.lost += taken
        self.statement()

    def check(self) -> None:
        assert 0 <= self.chain.supply <= self.chain.reserves
        assert self.chain.supply <= self.circulation
        assert self.held == self.circulation + self.owed + sum(self.credits) + self.own - self.lost


ACTS = (
    Life.deposit, Life.approve, Life.confirm, Life.deposit, Life.approve, Life.confirm, Life.confirm, Life.withdraw,
    Life.burn, Life.pay, Life.bounce, Life.charge_back, Life.fee, Life.top_up, Life.fail, Life.confirm,
)  # fmt: skip


@settings(max_examples=LIVES, deadline=None)
@given(st.binary(min_size=8, max_size=96))
def test_no_life_brings_the_supply_above_the_reserves(moves: bytes) -> None:
    life = Life()
    for kind, amount in zip(moves[::2], moves[1::2], strict=False):
        ACTS[kind % len(ACTS)](life, amount + 1)
        life.check()


def test_lives_reach_what_they_are_about() -> None:
    """Else the property above would hold of nothing."""
    seen = set()
    for seed in range(200):
        life, choose = Life(), random.Random(seed)
        for _ in range(80):
            choose.choice(ACTS)(life, choose.randint(1, 200))
            if life.chain.supply and life.held < life.circulation:
                seen.add("short")
            if life.paid and life.chain.supply:
                seen.add("paid while others hold")
            if life.chain.supply == life.chain.reserves > 0:
                seen.add("at the brim")
    assert seen == {"short", "paid while others hold", "at the brim"}


class RealLife:
    """The same acts through the services, the bank's files and the devnet's contract."""

    def __init__(self, bank: Bank, members: list[Member], choose: random.Random) -> None:
        self.bank, self.members, self.choose = bank, members, choose

    def deposit(self, cents: int) -> None:
        self.bank.statement(Move(cents, text=reference_of(self.choose.choice(self.members)), iban=SARAH))
        PaymentProposal.objects.filter(state="PROPOSED").update(into_market=False)

    def approve(self, cents: int) -> None:
        for proposal in PaymentProposal.objects.filter(state="PROPOSED").order_by("id"):
            with suppress(Refused):
                payments.approve_payment(proposal, actor=self.bank.second, reason="seen")
        self.bank.settle()

    def withdraw(self, cents: int) -> None:
        member = self.choose.choice(self.members)
        free = self.bank.wallet(member) // (STROOPS // 100)
        if free >= 100:
            payouts.ask(member, self.choose.randint(100, free) * (STROOPS // 100), "Somebody", MIKE)
            self.bank.settle()

    def pay(self, cents: int) -> None:
        if Payout.objects.filter(state=Payout.State.READY).exists():
            self.bank.send_all()
            self.bank.pay(*Payout.objects.filter(state=Payout.State.SENT))

    def bounce(self, cents: int) -> None:
        payout = Payout.objects.filter(state=Payout.State.PAID).first()
        if payout:
            self.bank.statement(Move(payout.stroops // 100_000, end_to_end=payout.reference, iban=MIKE, text="AC04"))
            PaymentProposal.objects.filter(state="PROPOSED").update(into_market=False)

    def charge_back(self, cents: int) -> None:
        deposit = BankLine.objects.filter(state=BankLine.State.BOOKED, reversed_by=None).first()
        if deposit and deposit.stroops // 100_000 <= self.bank.cents:
            self.bank.statement(Move(-deposit.stroops // 100_000, text="back"))
            chargebacks.name_deposit(BankLine.objects.first(), deposit, actor=self.bank.first, reason="letter")
            self.bank.settle()
            case = Case.objects.filter(kind=Case.Kind.CHARGEBACK).first()
            if self.bank.wallet(case.member):
                self.bank.settle_case(case, "COLLECT")

    def top_up(self, cents: int) -> None:
        self.bank.statement(Move(cents, text="the co-op's own"))
        matching.keep_as_own(BankLine.objects.first(), actor=self.bank.first, reason="buffer")

    def lose(self, cents: int) -> None:
        """What waits for the issuer is lost on its way."""
        self.bank.chain, chain = None, self.bank.chain
        self.deposit(cents)
        for intent in ChainIntent.objects.filter(state=ChainIntent.State.PENDING, attestation__isnull=False):
            intents.fail(intent, "lost")
        self.bank.chain = chain
        standing.attest_again()
        self.bank.settle()

    def check(self) -> None:
        supply, attested = self.bank.supply(), self.bank.attested()
        assert 0 <= supply <= attested
        stands = standing.standing(self.bank.chain.gateway)
        assert stands.supply == stands.circulation
        assert not ChainIntent.objects.filter(state=ChainIntent.State.FAILED).exclude(problem="lost").exists()
        owns = sum(BankLine.objects.filter(state=BankLine.State.OWN).values_list("stroops", flat=True))
        lost = -sum(BankLine.objects.filter(state=BankLine.State.CHARGEBACK).values_list("stroops", flat=True))
        collected = Redemption.objects.filter(payout=None, burned_at__isnull=False).values_list("stroops", flat=True)
        assert stands.held == stands.circulation + stands.owed + owns - lost + sum(collected)


REAL_ACTS = (
    RealLife.deposit, RealLife.approve, RealLife.withdraw, RealLife.pay, RealLife.deposit, RealLife.approve,
    RealLife.bounce, RealLife.charge_back, RealLife.top_up, RealLife.lose,
)  # fmt: skip
SEQUENCES, LENGTH = 24, 5


def test_real_lives_keep_the_contract_covered(
    live_bank: Bank, sarah: Member, new_member: Callable[..., Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "_patterns", lambda *_: [])
    choose = random.Random(20_261_122)
    for number in range(SEQUENCES):
        # Whoever took money back is stopped: each sequence has a member of its own.
        life = RealLife(live_bank, [sarah, new_member(f"m{number}")], choose)
        life.deposit(choose.randint(100, 9_000))
        life.approve(0)
        for _ in range(LENGTH):
            choose.choice(REAL_ACTS)(life, choose.randint(100, 9_000))
            life.check()
