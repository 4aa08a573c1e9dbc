"""What staked GRID gives back of the grid fee: reckoned from the statement, paid by two once the month is over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from market.billing import bill_files
from market.billing.bills import preview_month
from market.billing.disputes import decide, open_dispute, propose_decision
from market.grid import discounts
from market.grid.discounts import change_discount, comes_back_of_month, owed, propose_paying_back
from market.grid.statement import grid_statement
from market.models import Bill, FeeDiscount, GridFee, StatementLine, Trade
from market.resettlement.late import settle_late
from market.selectors import month_bounds
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.paper import Paper
from stelltron.ledger import reconciliation
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset, ChainIntent
from stelltron.members.models import Member, User
from stelltron.members.services import make_staff
from stelltron.portal.bank_risks import bank
from stelltron.register import refunds
from stelltron.register.departures import what_is_left
from stelltron.register.models import Refund, RefundPart
from tests.conftest import CENT, START, Chain
from tests.market.test_clearing import close, reading
from tests.market.test_failed_settlement import cancel_on_chain
from tests.market.test_grid_fees import operator_balance
from tests.market.test_late_readings import late

HOUR = timedelta(hours=1)
FEE = CENT + 7
JULY = START + timedelta(days=31)
PAID = 1001 * FEE // 1000
QUARTER, WHOLE = PAID * 25 // 100, PAID


@pytest.fixture
def charged(community: Community) -> Community:
    """Neighbours pay the grid a cent and seven stroops a kWh."""
    GridFee.objects.create(
        community=community, name="hill", inside=FEE, out=FEE, into=FEE, valid_from=START - timedelta(days=1)
    )
    return community


@pytest.fixture
def two(db: None) -> tuple[User, User]:
    """Of the Treasury."""
    return tuple(make_staff(f"{name}@co-op.example", "a long password", "Treasury") for name in ("one", "two"))


@pytest.fixture
def buying(trader: Callable[..., Member], charged: Community, chain: Chain) -> Callable[..., list[Member]]:
    """Each of the named has bought 1,001 Wh in the hour after their discount of so many percent."""

    def buy(**percents: int) -> list[Member]:
        sun, buyers = trader("sun"), [trader(code) for code in percents]
        for member in buyers:
            change_discount(member, percents[member.code])
            reading(member, imported=1001, slot=START + HOUR)
        reading(sun, exported=1001 * len(buyers), slot=START + HOUR)
        close(charged, hours=2)
        chain.settle()
        return buyers

    return buy


def over(community: Community) -> None:
    """The month is."""
    Community.objects.filter(pk=community.pk).update(data_time=JULY)
    community.refresh_from_db()


def owed_in_june(community: Community) -> dict[str, tuple[int, int]]:
    _, end = month_bounds(community, "2026-06")
    found = owed(Member.objects.filter(community=community), end)
    return {Member.objects.get(pk=who).code: parts for who, parts in found.items()}


def test_a_discount_counts_from_the_slot_after_it_and_ends_alike(
    trader: Callable, charged: Community, chain: Chain
) -> None:
    sun, home = trader("sun"), trader("home")
    for hour in range(4):
        reading(sun, exported=1001, slot=START + hour * HOUR)
        reading(home, imported=1001, slot=START + hour * HOUR)
    change_discount(home, 25)
    Community.objects.update(data_time=START + HOUR + timedelta(minutes=1))
    change_discount(home, 25)
    change_discount(home, 50)
    change_discount(home, 100)
    Community.objects.update(data_time=START + 2 * HOUR)
    change_discount(home, 0)
    close(charged, hours=4)
    assert list(FeeDiscount.objects.order_by("id").values_list("percent", "valid_from")) == [
        (25, START + HOUR), (50, START + 2 * HOUR), (100, START + 2 * HOUR), (0, START + 3 * HOUR),
    ]  # fmt: skip
    back = {
        line.slot: line.back for line in discounts.discounted(StatementLine.objects.all()).annotate(back=discounts.BACK)
    }
    assert back == {START + HOUR: QUARTER, START + 2 * HOUR: WHOLE}
    assert owed_in_june(charged) == {"home": (2 * PAID, QUARTER + WHOLE)}


def test_everybody_pays_the_grid_its_tariff_in_one_section(buying: Callable, charged: Community, chain: Chain) -> None:
    before = operator_balance(chain)
    buying(plain=0, some=25, much=100)
    assert set(Trade.objects.values_list("fee", flat=True)) == {FEE}
    assert ChainIntent.objects.get(slot__isnull=False).sections == 1
    assert grid_statement(charged, "2026-06").stroops == operator_balance(chain) - before == 3 * PAID
    assert owed_in_june(charged) == {"some": (PAID, QUARTER), "much": (PAID, WHOLE)}


def test_what_is_owed_is_paid_once_by_two_and_arrives_on_the_chain(
    buying: Callable, charged: Community, chain: Chain, two: tuple[User, User]
) -> None:
    some, much = buying(some=25, much=100)
    had = [balance(member, Asset.WATT).available for member in (some, much)]
    with pytest.raises(Refused, match="2026-06 is not over yet"):
        propose_paying_back(charged, "2026-06", actor=two[0], reason="June")
    over(charged)
    refund = propose_paying_back(charged, "2026-06", actor=two[0], reason="June")
    assert (refund.kind, f"{refund.first_day}", f"{refund.last_day}") == ("FEE_DISCOUNTS", "2026-06-01", "2026-06-30")
    with pytest.raises(Refused, match="waits for a second person already"):
        propose_paying_back(charged, "2026-06", actor=two[1], reason="June")
    with pytest.raises(Refused, match="somebody else"):
        refunds.pay(refund, actor=two[0], reason="me")
    assert refunds.pay(refund, actor=two[1], reason="reckoned again") == 2
    chain.settle()
    assert [balance(member, Asset.WATT).available for member in (some, much)] == [had[0] + QUARTER, had[1] + WHOLE]
    assert reconciliation.reconcile(charged).equal
    with pytest.raises(Refused, match="everything is paid back"):
        propose_paying_back(charged, "2026-06", actor=two[0], reason="again")
    assert [(part.stroops, part.basis) for part in discounts.paid_back(much)] == [(WHOLE, PAID)]


def test_a_correction_of_a_month_that_was_paid_is_owed_with_the_next(
    trader: Callable, charged: Community, chain: Chain, two: tuple[User, User]
) -> None:
    sun, home = trader("sun"), trader("home")
    Community.objects.update(data_time=START - HOUR)
    change_discount(home, 25)
    reading(sun, exported=3003)
    reading(home, imported=1001)
    close(charged)
    chain.settle()
    over(charged)
    refunds.pay(propose_paying_back(charged, "2026-06", actor=two[0], reason="June"), actor=two[1], reason="June")
    late(home, imported=41)
    assert settle_late(charged) == 1
    assert owed_in_june(charged) == {}
    line = home.statement_lines.get(kind=StatementLine.Kind.GRID_FEE)
    StatementLine.objects.create(member=home, slot=START, kind=line.kind, wh=8, price=FEE, amount=-80)
    assert owed_in_june(charged) == {"home": (PAID + 80, 20)}
    StatementLine.objects.create(member=home, slot=START, kind=line.kind, wh=-12, price=FEE, amount=120)
    assert owed_in_june(charged) == {}


def test_a_refused_settlement_takes_its_discount_back(trader: Callable, charged: Community, chain: Chain) -> None:
    sun, home = trader("sun"), trader("home")
    change_discount(home, 25)
    cancel_on_chain(chain, home)
    reading(sun, exported=1001, slot=START + HOUR)
    reading(home, imported=1001, slot=START + HOUR)
    close(charged, hours=2)
    chain.settle()
    assert Trade.objects.get().state == Trade.State.FAILED
    assert comes_back_of_month(home, "2026-06") == 0
    assert owed_in_june(charged) == {}
    assert reconciliation.reconcile(charged).equal


def test_who_cannot_be_paid_is_owed_until_they_can(
    buying: Callable, charged: Community, two: tuple[User, User]
) -> None:
    _, much = buying(some=25, much=100)
    over(charged)
    Member.objects.filter(pk=much.pk).update(kyc=Member.Kyc.PENDING)
    assert [risk.stroops for risk in bank() if risk.kind == "discount"] == [QUARTER + WHOLE]
    refund = propose_paying_back(charged, "2026-06", actor=two[0], reason="June")
    assert [part.member.code for part in refund.parts.all()] == ["some"]
    refunds.pay(refund, actor=two[1], reason="June")
    with pytest.raises(Refused, match="look at their identity checks"):
        propose_paying_back(charged, "2026-06", actor=two[0], reason="June")
    Member.objects.filter(pk=much.pk).update(kyc=Member.Kyc.APPROVED)
    again = propose_paying_back(charged, "2026-06", actor=two[0], reason="June, the rest")
    assert [(part.member.code, part.stroops) for part in again.parts.all()] == [("much", WHOLE)]


def test_nobody_leaves_with_a_discount_unpaid(buying: Callable, charged: Community) -> None:
    (home,) = buying(home=25)
    assert any("of discounts on grid fees to be paid back" in said for said in what_is_left(home))


def test_a_discount_that_cannot_be_paid_keeps_nobody_in(buying: Callable, charged: Community) -> None:
    (home,) = buying(home=25)
    Member.objects.filter(pk=home.pk).update(kyc=Member.Kyc.REJECTED)
    assert not any("of discounts on grid fees" in said for said in what_is_left(home))


def test_what_a_dispute_gave_back_of_a_fee_does_not_come_back_twice(buying: Callable, charged: Community) -> None:
    home, _ = buying(home=25, other=50)
    first, second = (make_staff(f"{name}@co-op.example", "a long password", "Co-op staff") for name in ("a", "b"))
    fee = StatementLine.objects.get(member=home, kind="GRID_FEE")
    before = owed_in_june(charged)
    dispute = open_dispute(fee, home, "my neighbour is behind the same feeder")
    assert owed_in_june(charged) == {"other": before["other"]}
    propose_decision(dispute, correction=500, actor=first, reason="half of the way")
    decide(dispute, actor=second, reason="I agree")
    assert owed_in_june(charged) == {"home": (PAID - 500, (PAID - 500) * 25 // 100), "other": before["other"]}


def test_a_discount_that_was_taken_off_the_trade_does_not_come_back(buying: Callable, charged: Community) -> None:
    """As the migration leaves those of before."""
    (home,) = buying(home=0)
    FeeDiscount.objects.create(member=home, percent=25, valid_from=START, at_trade=True)
    assert owed_in_june(charged) == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("waits", [True, False])
def test_what_is_being_paid_is_not_proposed_again_beside_it(
    new_member: Callable[..., Member],
    community: Community,
    contracts: None,
    monkeypatch: pytest.MonkeyPatch,
    waits: bool,
) -> None:
    """Without the lock it is paid twice: it is reckoned before the payment is seen, and put forward after it."""
    home = new_member("home")
    two = [User.objects.create_superuser(f"{name}@co-op.example", "a long password") for name in ("one", "two")]
    FeeDiscount.objects.create(member=home, percent=50, valid_from=START)
    StatementLine.objects.create(member=home, slot=START, kind="GRID_FEE", wh=1000, price=100, amount=-100)
    over(community)
    refund = propose_paying_back(community, "2026-06", actor=two[0], reason="June")
    if not waits:
        monkeypatch.setattr(discounts, "lock_refunds", lambda community_id: None)
        monkeypatch.setattr(refunds, "lock_refunds", lambda community_id: None)
    reckoned, paid, found = threading.Event(), threading.Event(), []
    reckon = discounts.owed

    def slowly(members: object, until: object) -> dict[object, tuple[int, int]]:
        rest = reckon(members, until)
        reckoned.set()
        paid.wait(timeout=3)
        return rest

    def propose() -> None:
        try:
            found.append(propose_paying_back(community, "2026-06", actor=two[0], reason="again"))
        except Refused as problem:
            found.append(problem.code)
        finally:
            connection.close()

    monkeypatch.setattr(discounts, "owed", slowly)
    proposing = threading.Thread(target=propose)
    proposing.start()
    assert reckoned.wait(timeout=20)
    refunds.pay(refund, actor=two[1], reason="June")
    paid.set()
    proposing.join(timeout=20)
    assert (found == ["already_proposed"]) is waits


def test_bill_and_statement_say_what_comes_back(
    buying: Callable, charged: Community, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home,) = buying(home=25)
    preview_month(charged, "2026-06")
    drawn: list[str] = []
    monkeypatch.setattr(Paper, "write_line", lambda page, text="", **_: drawn.append(text))
    bill = Bill.objects.get(member=home)
    bill.issued_at = START
    bill_files.pdf(bill)
    assert f"0.00{QUARTER} USD of the grid fees come back for staked GRID." in drawn
    home.user = User.objects.create_user("home@test.example", "a long password")
    home.save(update_fields=["user"])
    client.force_login(home.user)
    line = home.statement_lines.get(kind=StatementLine.Kind.GRID_FEE)
    page = unescape(client.get(f"/statement/{line.pk}").content.decode())
    assert f"25 % of it, 0.00{QUARTER} USD, comes back for your" in page
    other = home.statement_lines.exclude(kind=StatementLine.Kind.GRID_FEE).first()
    assert "comes back for your" not in client.get(f"/statement/{other.pk}").content.decode()


def test_the_office_sees_what_is_owed_and_proposes_it(
    buying: Callable, charged: Community, two: tuple[User, User]
) -> None:
    buying(home=25)
    assert [risk for risk in bank() if risk.kind == "discount"] == []
    over(charged)
    (risk,) = [risk for risk in bank() if risk.kind == "discount"]
    assert (risk.stroops, risk.detail) == (QUARTER, "for GRID at stake, up to the end of 2026-06")
    office = Client()
    office.force_login(two[0])
    listing = office.get(risk.url).content.decode()
    act = reverse("admin:market_feediscount_pay_back")
    assert act in listing
    wish = {"community": str(charged.pk), "month": "2026-06", "reason": "June"}
    page = office.post(act, wish, follow=True)
    assert page.redirect_chain[-1][0] == reverse("admin:register_refund_change", args=[Refund.objects.get().pk])
    assert f"0.00{QUARTER} WATT for 1 members wait for a second person." in page.content.decode()
    assert RefundPart.objects.get().stroops == QUARTER
    assert b"give the month as 2026-06" in office.post(act, {**wish, "month": "June"}).content


def test_no_discount_is_rewritten_nor_above_the_fee(new_member: Callable[..., Member], community: Community) -> None:
    home = new_member("home")
    change_discount(home, 25)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        FeeDiscount.objects.update(percent=100)
    with pytest.raises(IntegrityError, match="fee_discount_within_the_fee"), transaction.atomic():
        change_discount(home, 101)
