"""Statements come in once, whole or not at all, and in their order; lines find the member they are about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from stelltron.bank import matching, mod97, statements
from stelltron.bank.models import BankLine, BankStatement, KnownAccount, Payout
from stelltron.bank.references import reference_of
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.units import STROOPS
from stelltron.ledger import payments
from stelltron.ledger.funding import receive_payment
from stelltron.ledger.models import BankReceipt, PaymentProposal, ReserveBalance
from stelltron.members.models import Member
from stelltron.members.services import decide_kyc, join

from .conftest import Bank
from .files import DAY, MIKE, OWN, SARAH, Move, camt

State = BankLine.State
CENT = STROOPS // 100


def refused(bank: Bank, content: bytes, code: str) -> None:
    before = (BankStatement.objects.count(), BankLine.objects.count())
    with pytest.raises(Refused) as problem:
        statements.import_file(bank.account, content, actor=bank.first, reason="import")
    assert problem.value.code == code
    assert (BankStatement.objects.count(), BankLine.objects.count()) == before


def csv(*rows: str) -> bytes:
    return "\n".join(["date;amount;balance;name;iban;text;bank_reference", *rows]).encode()


def test_a_payment_with_the_members_reference_waits_for_a_second_person(bank: Bank, sarah: Member) -> None:
    spaced = mod97.in_groups(reference_of(sarah)).lower()
    done = bank.statement(Move(12_050, text=f"energy {spaced} thanks", iban=SARAH, name="S. Sun"))
    line = BankLine.objects.get()
    assert (done.statements, done.lines, done.waiting) == (1, 1, 0)
    assert (line.state, line.member, line.stroops) == (State.PROPOSED, sarah, 12_050 * CENT)
    assert line.proposal.reference == line.bank_reference
    assert line.proposal.stroops == line.stroops
    with pytest.raises(Refused, match="somebody else"):
        payments.approve_payment(line.proposal, actor=bank.first, reason="me")


def test_the_same_file_statement_or_line_twice_adds_nothing(bank: Bank, sarah: Member) -> None:
    bank.statement(Move(100, text=reference_of(sarah)), Move(100, text=reference_of(sarah)), Move(300))
    bank.statement()
    for content in bank.files:
        done = statements.import_file(bank.account, content, actor=bank.first, reason="again")
        assert (done.statements, done.lines) == (0, 0)
    assert BankLine.objects.count() == 3
    assert PaymentProposal.objects.count() == 2
    assert ReserveBalance.objects.get().stroops == 500 * CENT


def test_overlapping_csv_files_bring_each_line_once(bank: Bank) -> None:
    rows = [f"2026-06-0{n};1.00;{n}.00;A;{MIKE};same text;" for n in range(1, 5)]
    statements.import_file(bank.account, csv(*rows[:3]), actor=bank.first, reason="first")
    done = statements.import_file(bank.account, csv(*rows[1:]), actor=bank.first, reason="second")
    assert done.lines == 1
    assert BankStatement.objects.first().closing == 400 * CENT
    assert [line.booked_on.day for line in BankLine.objects.order_by("id")] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "bad_file"),
        (b"<Document>", "bad_statement"),
        (b"<Document/>", "bad_statement"),
        (b'<!DOCTYPE d [<!ENTITY e "x">]><Document>&e;</Document>', "bad_statement"),
        (b"\xff\xfe\x00", "bad_statement"),
        (b"when;how much\n1;2", "bad_statement"),
        (csv("2026-06-01;1.00;1.00;A;;;", "2026-06-02;1.00;3.00;A;;;"), "bad_statement"),
        (csv("2026-06-02;1.00;1.00;A;;;", "2026-06-01;1.00;2.00;A;;;"), "bad_statement"),
        (csv("2026-06-02;many;1.00;A;;;"), "bad_statement"),
        (csv("2026-06-02;1.00"), "bad_statement"),
        (csv("tomorrow;1.00;1.00;A;;;"), "bad_statement"),
        (camt("S", 0, [Move(100)], closing=200), "statement_unbalanced"),
        (camt("S", -500, [Move(100)]), "account_overdrawn"),
        (camt("S", 0, [Move(100)], iban=SARAH), "other_account"),
        (camt("S", 0, [Move(100)], currency="EUR"), "other_currency"),
        (camt("", 0, [Move(100)]), "bad_statement"),
    ],
)
def test_a_bad_file_is_refused_and_stores_nothing(bank: Bank, content: bytes, code: str) -> None:
    refused(bank, content, code)
    assert not ReserveBalance.objects.exists()


def test_reserves_are_of_one_currency(bank: Bank) -> None:
    """Two accounts are open before either has a statement: the second one's is refused."""
    euros = Community.objects.create(slug="euro", name="Euro Co-op", currency="EUR")
    other = statements.open_account(euros, SARAH, "Euro Co-op", actor=bank.first, reason="opened")
    bank.statement(Move(100))
    content = camt("E-1", 0, [Move(100)], iban=SARAH, currency="EUR")
    refused(replace(bank, account=other), content, "other_currency")
    assert ReserveBalance.objects.get().stroops == 100 * CENT
    with pytest.raises(Refused, match="an instance of its own"):
        statements.open_account(euros, MIKE, "Euro Co-op", actor=bank.first, reason="opened")
    erika = join(euros, name="Erika", code="erika")
    decide_kyc(erika, Member.Kyc.APPROVED, actor=None, reason="test")
    with pytest.raises(Refused, match="no sum"):
        receive_payment(erika, STROOPS, "by hand")


def test_a_statement_that_does_not_follow_is_refused(bank: Bank) -> None:
    bank.statement(Move(1000, key="a"))
    later = DAY + timedelta(days=5)
    refused(bank, camt("S-9", 2000, [Move(100)], day=later), "statement_missing")
    refused(bank, camt("S-1", 1000, [Move(100)]), "statement_differs")


@pytest.mark.parametrize("key", ["NONREF", "NOTPROVIDED", "000001"])
def test_a_bank_that_repeats_its_references_is_imported(bank: Bank, key: str) -> None:
    """Two alike on a day, one more on the next statement of the day, and one on the day after."""
    bank.statement(Move(100, key=key), Move(100, key=key), Move(250, key=key))
    bank.day -= timedelta(days=1)
    bank.statement(Move(100, key=key))
    bank.statement(Move(100, key=key))
    assert list(BankLine.objects.order_by("id").values_list("stroops", flat=True)) == [
        cents * CENT for cents in (100, 100, 250, 100, 100)
    ]
    for content in bank.files:
        assert statements.import_file(bank.account, content, actor=bank.first, reason="again").lines == 0
    whole_day = camt("export", 0, [Move(100, key=key)] * 2 + [Move(250, key=key), Move(100, key=key)])
    assert statements.import_file(bank.account, whole_day, actor=bank.first, reason="again").lines == 0
    assert ReserveBalance.objects.get().stroops == 650 * CENT


def test_a_bank_begins_its_statement_numbers_anew_each_year(bank: Bank) -> None:
    for year in (2026, 2027):
        for number in (1, 2):
            content = camt(f"{number}", bank.cents, [Move(100)], day=DAY.replace(year=year, day=number))
            statements.import_file(bank.account, content, actor=bank.first, reason="import")
            bank.cents += 100
    assert BankStatement.objects.filter(number="1").count() == 2
    refused(bank, camt("2", 400, [Move(130)], day=DAY.replace(year=2027, day=2)), "statement_differs")


def test_a_known_account_needs_no_reference_once_it_paid_with_one(live_bank: Bank, sarah: Member) -> None:
    live_bank.deposit(sarah, 5000, iban=SARAH)
    assert KnownAccount.objects.get(member=sarah).iban == SARAH
    live_bank.statement(Move(700, iban=SARAH, text="forgot it"))
    assert BankLine.objects.first().member == sarah


def test_a_wrong_check_digit_and_two_references_wait_in_the_queue(bank: Bank, sarah: Member, mike: Member) -> None:
    code = reference_of(sarah)
    wrong = code[:2] + f"{(int(code[2:4]) + 1) % 97:02}" + code[4:]
    bank.statement(Move(100, text=wrong), Move(100, text=f"{code} {reference_of(mike)}"))
    assert {line.state for line in BankLine.objects.all()} == {State.WAITING}


def test_staff_assign_what_waits_and_a_rejected_one_is_in_the_queue_again(
    bank: Bank, sarah: Member, mike: Member
) -> None:
    bank.statement(Move(4200, text="for the sun"))
    line = BankLine.objects.get()
    matching.assign(line, mike, actor=bank.first, reason="he called")
    line.refresh_from_db()
    payments.reject_payment(line.proposal, actor=bank.second, reason="it is Sarah's")
    line.refresh_from_db()
    assert (line.state, line.member, line.proposal) == (State.WAITING, None, None)
    matching.assign(line, sarah, actor=bank.first, reason="she called")
    assert line.proposal.member == sarah
    with pytest.raises(Refused, match="waits for a second person"):
        matching.assign(line, mike, actor=bank.first, reason="again")


def test_what_nobody_claims_is_sent_back(bank: Bank) -> None:
    bank.statement(Move(4200, iban=MIKE, name="M"), Move(100, iban="", text="cash"))
    line, cash = BankLine.objects.order_by("id")
    matching.send_back(line, actor=bank.first, reason="nobody knows it")
    payout = Payout.objects.get()
    assert (payout.kind, payout.stroops, payout.iban, payout.state) == ("RETURN", 4200 * CENT, MIKE, "READY")
    with pytest.raises(Refused, match="from which account"):
        matching.send_back(cash, actor=bank.first, reason="cash")
    bank.send_all()
    payout.refresh_from_db()
    bank.pay(payout)
    line.refresh_from_db()
    payout.refresh_from_db()
    assert (line.state, payout.state, payout.debit.state) == (State.RETURNED, "PAID", State.PAYOUT)


def test_by_hand_nothing_is_booked_once_statements_are(bank: Bank, sarah: Member) -> None:
    bank.statement(Move(100))
    with pytest.raises(Refused, match="import the next one"):
        payments.propose_payment(sarah, CENT, "by hand", actor=bank.first, reason="typed")


def test_only_the_treasury_imports(bank: Bank, community: Community) -> None:
    from stelltron.members.services import make_staff

    clerk = make_staff("clerk@co-op.example", "correct horse", "Co-op staff")
    with pytest.raises(Refused, match="Treasury"):
        statements.import_file(bank.account, camt("S", 0, [Move(1)]), actor=clerk, reason="x")


def test_the_database_keeps_statements_and_amounts(bank: Bank) -> None:
    bank.statement(Move(100))
    for change in (
        lambda: BankStatement.objects.update(number="other"),
        lambda: BankLine.objects.update(stroops=5),
        lambda: BankLine.objects.all().delete(),
    ):
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            change()
    with pytest.raises(IntegrityError), transaction.atomic():
        BankStatement.objects.create(
            account=bank.account, number="x", begins=DAY, ends=DAY, opening=0, credits=5, debits=0, closing=6,
            digest="", file=b"", imported_by=bank.first,
        )  # fmt: skip


def test_several_payments_booked_as_one_entry_are_lines_of_their_own(bank: Bank, sarah: Member, mike: Member) -> None:
    one = camt("S-1", 0, [Move(300, key="batch")]).decode()
    start, end = one.index("<TxDtls>"), one.index("</NtryDtls>")
    parts = "".join(
        f'<TxDtls><Amt Ccy="USD">{amount}</Amt><RltdPties/><RmtInf><Ustrd>{reference_of(member)}</Ustrd></RmtInf></TxDtls>'
        for amount, member in (("1.00", sarah), ("2.00", mike))
    )
    content = (one[:start] + parts + one[end:]).encode()
    statements.import_file(bank.account, content, actor=bank.first, reason="import")
    assert list(BankLine.objects.order_by("id").values_list("key", "member__code", "stroops")) == [
        ("batch/1", "sarah", 100 * CENT),
        ("batch/2", "mike", 200 * CENT),
    ]


def test_a_batch_that_does_not_add_up_is_nobodys(bank: Bank, sarah: Member) -> None:
    one = camt("S-1", 0, [Move(300, key="batch")]).decode()
    start, end = one.index("<TxDtls>"), one.index("</NtryDtls>")
    named = f"<RmtInf><Ustrd>{reference_of(sarah)}</Ustrd></RmtInf>"
    parts = f'<TxDtls><Amt Ccy="USD">1.00</Amt>{named}</TxDtls><TxDtls>{named}</TxDtls>'
    statements.import_file(bank.account, (one[:start] + parts + one[end:]).encode(), actor=bank.first, reason="import")
    line = BankLine.objects.get()
    assert (line.state, line.member, line.stroops) == (BankLine.State.WAITING, None, 300 * CENT)


@pytest.mark.parametrize("iban", [OWN, SARAH, MIKE, "NO9386011117947"])
def test_a_changed_digit_breaks_an_iban(iban: str) -> None:
    assert mod97.is_iban(iban)
    for at in range(4, len(iban)):
        if iban[at].isdigit():
            assert not mod97.is_iban(iban[:at] + str((int(iban[at]) + 1) % 10) + iban[at + 1 :])
    assert not mod97.is_iban(iban + "0")


def test_a_reference_stays_the_members_and_is_an_iso_11649_one(sarah: Member, mike: Member) -> None:
    assert reference_of(sarah) == reference_of(sarah) != reference_of(mike)
    assert mod97.is_reference(reference_of(sarah))
    assert mod97.is_reference("RF18539007547034")
    assert not BankReceipt.objects.exists()
