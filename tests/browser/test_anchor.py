"""A wallet of its own pays in and withdraws: the JavaScript wallet SDK outside, a browser on the co-op's pages."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import node
from tests.bank.files import MIKE, Move, camt

from .conftest import LONGEST_SECONDS, Coop
from .test_freighter_sign_in import Wallet as Freighter

HERE = Path(__file__).parents[1] / "bank" / "wallet"
IBAN = "NL91ABNA0417164300"
DETAILS = {
    "first_name": "Freya",
    "last_name": "Harbour",
    "email_address": "freya@example.org",
    "address": "1 Quay",
    "birth_date": "1990-01-31",
    "id_number": "X1234",
}
OPEN = """
from stelltron.bank.statements import open_account
from stelltron.core.models import Community
from stelltron.members.services import join, make_staff
harbour, _ = Community.objects.get_or_create(slug="harbour", defaults=dict(name="Harbour Co-op"))
staff = [make_staff(who + "@harbour.example", "correct horse", "Treasury") for who in ("first", "second")]
open_account(harbour, "{iban}", "Harbour Co-op", actor=staff[0], reason="test")
freya = join(harbour, name="Freya Harbour", code="freya", address="{address}")
print(freya.pk)
"""
DECIDE = """
from stelltron.members.models import Member
from stelltron.members.services import decide_kyc
decide_kyc(Member.objects.get(pk="{member}"), "APPROVED", actor=None, reason="passport seen")
"""
IMPORT = """
from stelltron.bank.models import BankAccount
from stelltron.bank.statements import import_file
from stelltron.members.models import User
account = BankAccount.objects.get(iban="{iban}")
import_file(account, bytes.fromhex("{file}"), actor=User.objects.get(email="first@harbour.example"), reason="daily")
"""
APPROVE = """
import time
from stelltron.core.errors import Refused
from stelltron.ledger.models import PaymentProposal
from stelltron.ledger.payments import approve_payment
from stelltron.members.models import User
proposal = PaymentProposal.objects.get(member="{member}", state="PROPOSED")
for _ in range(400):
    try:
        approve_payment(proposal, actor=User.objects.get(email="second@harbour.example"), reason="seen")
        break
    except Refused as problem:
        assert problem.code == "reserves_too_low", problem
        time.sleep(0.3)
print(proposal.state)
"""
SEND = """
from stelltron.bank import payment_files
from stelltron.bank.models import BankAccount
from stelltron.members.models import User
account = BankAccount.objects.get(iban="{iban}")
file = payment_files.prepare(account, actor=User.objects.get(email="first@harbour.example"), reason="run")
payment_files.release(file, actor=User.objects.get(email="second@harbour.example"), reason="compared")
print(file.payouts.get().reference)
"""


class Wallet:
    """The SDK in a process of its own."""

    def __init__(self, domain: str, passphrase: str, secret: str) -> None:
        folder = node.packages(HERE)
        shutil.copy(HERE / "wallet.mjs", folder)
        command = [node.program("node"), str(folder / "wallet.mjs"), domain, passphrase, secret]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, act: str, **given: Any) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"act": act, **given}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def do(self, act: str, **given: Any) -> Any:
        answer = self.ask(act, **given)
        assert "done" in answer, answer
        return answer["done"]

    def wait(self, pk: str, status: str) -> dict[str, Any]:
        deadline = time.monotonic() + LONGEST_SECONDS
        while (found := self.do("get", id=pk))["status"] != status and time.monotonic() < deadline:
            time.sleep(0.3)
        assert found["status"] == status, found
        return found


@pytest.fixture
def freighter(phone: Page) -> Freighter:
    return Freighter(phone)


@pytest.fixture
def member(coop: Coop, freighter: Freighter) -> str:
    return coop.run(OPEN.format(iban=IBAN, address=freighter.key.public_key)).split()[-1]


@pytest.fixture
def wallet(coop: Coop, freighter: Freighter, member: str) -> Iterator[Wallet]:
    passphrase = coop.environment["STELLAR_NETWORK_PASSPHRASE"]
    made = Wallet(coop.url.removeprefix("http://"), passphrase, freighter.key.secret)
    yield made
    made.process.kill()
    made.process.wait()


def statement(coop: Coop, number: str, opening: int, move: Move) -> None:
    content = camt(number, opening, [move], iban=IBAN)
    coop.run(IMPORT.format(iban=IBAN, file=content.hex()))


def narrow(page: Page) -> None:
    page.wait_for_function("document.documentElement.scrollWidth <= 390")


def test_a_wallet_pays_in_and_withdraws(
    phone: Page, coop: Coop, wallet: Wallet, freighter: Freighter, member: str
) -> None:
    toml = wallet.do("toml")
    assert toml["currencies"][0]["code"] == "WATT"
    assert toml["currencies"][0]["attestationOfReserve"] == f"{coop.url}/reserves"
    assert "failed" in wallet.ask("signInAsSomebodyElse")
    assert "failed" in wallet.ask("deposit", amount="1")
    assert wallet.do("signIn") == {"account": freighter.key.public_key}
    assert wallet.do("info")["deposit"]["WATT"]["enabled"]

    assert wallet.do("customer")["status"] == "NEEDS_INFO"
    wallet.do("tell", fields={**DETAILS, "last_name": "Wrong"})
    assert wallet.do("customer")["status"] == "PROCESSING"
    wallet.do("tell", fields={"last_name": "Harbour"})
    coop.run(DECIDE.format(member=member))
    assert wallet.do("customer")["status"] == "ACCEPTED"
    assert "failed" in wallet.ask("tell", fields={"last_name": "Other"})

    begun = wallet.do("deposit", amount="50.00")
    assert wallet.do("get", id=begun["id"])["status"] == "incomplete"
    phone.goto(begun["url"])
    assert "key=" not in phone.url
    expect(phone.get_by_label("Amount")).to_have_value("50.00")
    phone.get_by_role("button", name="Show me where to pay").click()
    expect(phone.get_by_text("Pay 50.00 USD")).to_be_visible()
    reference = phone.locator("code.strong").inner_text()
    narrow(phone)
    assert wallet.do("get", id=begun["id"])["status"] == "pending_user_transfer_start"
    statement(coop, "H-1", 0, Move(5000, key="in-1", text=f"Freya {reference}", iban=MIKE))
    assert wallet.do("get", id=begun["id"])["status"] == "pending_anchor"
    assert coop.run(APPROVE.format(member=member)).split()[-1] == "APPROVED"
    done = wallet.wait(begun["id"], "completed")
    assert (done["amount_out"], done["external_transaction_id"]) == ("50.0000000", "in-1")
    assert wallet.do("get", stellarTransactionId=done["stellar_transaction_id"])["id"] == begun["id"]

    begun = wallet.do("withdraw", amount="20")
    phone.goto(begun["url"])
    phone.get_by_label("IBAN").fill("GB29 NWBK 6016 1331 9268 18")
    phone.get_by_role("button", name="Withdraw").click()
    phone.get_by_role("button", name="Withdraw").click()
    expect(phone.get_by_text("The check digits of this IBAN are wrong")).to_be_visible()
    phone.get_by_label("IBAN").fill("GB29 NWBK 6016 1331 9268 19")
    phone.get_by_role("button", name="Withdraw").click()
    narrow(phone)
    phone.get_by_role("button", name="Withdraw").click()
    assert wallet.do("get", id=begun["id"])["status"] == "pending_user_transfer_start"
    phone.get_by_role("button", name="Sign with Freighter").click()
    expect(phone.get_by_role("button", name="Sign with Freighter")).to_have_count(0)
    wallet.wait(begun["id"], "pending_external")
    phone.reload()
    expect(phone.get_by_text("to be sent")).to_be_visible()
    sent = coop.run(SEND.format(iban=IBAN)).split()[-1]
    statement(coop, "H-2", 5000, Move(-2000, key="out-1", end_to_end=sent, iban=MIKE))
    done = wallet.wait(begun["id"], "completed")
    assert (done["amount_in"], done["external_transaction_id"]) == ("20.0000000", sent)
    assert [one["kind"] for one in wallet.do("list", kind=None)] == ["withdrawal", "deposit"]
    wallet.do("forget")

    phone.goto("/reserves")
    expect(phone.get_by_role("heading", name="What stands behind WATT")).to_be_visible()
    narrow(phone)
    phone.goto("/wallet/bank")
    expect(phone.locator("#payouts")).to_contain_text("paid")
    narrow(phone)
