"""A member's copy has everything about them and nobody's secrets; an erasure takes the person and keeps the books."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.test import Client
from django.urls import reverse

from devices.models import Device
from financing.models import GeneratorRequest, Photograph
from governance.models import GridPosition
from stelltron.audit import action_walk, erasures, matters, personal
from stelltron.audit.matters import open_matters
from stelltron.audit.models import TOMBSTONE, Erasure, Seal
from stelltron.audit.sealing import seal_all
from stelltron.bank.models import BankAccount
from stelltron.bank.models import Payout as BankPayout
from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog, Community
from stelltron.ledger import journal_walk
from stelltron.ledger.models import Asset, ChainIntent, Holding, PaymentProposal, Redemption
from stelltron.members import notices
from stelltron.members.models import Member, Notice, NoticeChoice, User
from stelltron.members.services import make_staff
from tests.admin.conftest import full  # noqa: F401  one row of everything
from tests.conftest import START, Chain
from tests.jurisdiction import under_rules

PASSWORD = "correct horse battery"
# Texts of rows that name a member, and are not about a person: names of things, codes, hashes, what the software wrote.
NOT_PERSONAL = {
    "audit.Erasure": {"reason"},
    # The bank's books, kept as the law says; known accounts are deleted whole.
    "bank.BankLine": {"name", "text", "iban", "key", "identity", "end_to_end"},
    "bank.Case": {"reason", "text"},
    "bank.CaseStep": {"reason"},
    "bank.KnownAccount": {"name", "iban"},
    "bank.PaymentReference": {"code"},
    "bank.Payout": {"name", "problem", "reference", "iban"},
    "bank.WalletChange": {"old_address", "new_address", "left"},
    "devices.Device": {"id", "claim_code"},
    "devices.MeteringPoint": {"code"},
    "financing.Generator": {"name", "address", "device_key"},
    "financing.GeneratorRequest": {"title", "measure"},
    "financing.Milestone": {"title", "evidence_hash"},
    "financing.CoverClaim": {"evidence_hash"},
    "financing.CoverOffer": {"counts"},
    "financing.EnergyCode": {"code"},
    "financing.Future": {"sold_event", "sold_hash"},
    "financing.Offering": {"risks", "decision"},
    "financing.Payment": {"payer", "event", "transaction_hash"},
    "financing.Payout": {"event", "transaction_hash"},
    "financing.Photograph": {"hash"},
    "financing.ProviderBid": {"unit_type", "cover"},
    "financing.Stake": {"address"},
    "financing.UnitTransfer": {"event", "transaction_hash"},
    "financing.Upkeep": {"device_key", "evidence_hash"},
    "governance.Ballot": {"address", "problem"},
    # What was voted on: its hash is on the chain, and the members' record of what they decided.
    "governance.Proposal": {"title", "text", "description_hash", "operation", "problem"},
    "governance.GridPosition": {"address"},
    "governance.LicenceKey": {"start", "hash"},
    "governance.RollEntry": {"address"},
    "ledger.Account": {"code"},
    "ledger.BankReceipt": {"reference"},
    "ledger.ChainIntent": {"key", "problem"},
    "ledger.EnergyLock": {"id", "device_key"},
    "ledger.PaymentProposal": {"reference"},
    "ledger.Redemption": {"reference"},
    "register.Application": {"password"},
    "register.ShareProposal": {"reference"},
    "market.LockedTrade": {"lock_id", "buyer_leaves", "seller_leaves", "problem"},
    "market.MemberPlan": {"plan"},
    "market.Order": {"ended_because"},
    "members.Member": {"code", "name"},
    "members.Notice": {"key", "text", "transaction_hash"},
    "members.Wallet": {"address"},
}


def copy_of(member: Member) -> dict[str, list[dict[str, Any]]]:
    file = io.BytesIO()
    personal.write_copy(file, member)
    opened = zipfile.ZipFile(file)
    return {
        name.removesuffix(".json"): json.loads(opened.read(name)) for name in opened.namelist() if name.endswith("json")
    }


def test_a_copy_has_every_table_that_names_the_member(full: Community) -> None:  # noqa: F811
    mike = Member.objects.get(code="mike")
    found = copy_of(mike)
    for label in (
        "members.User", "members.Member", "members.Wallet", "devices.Device", "devices.SlotReading",
        "market.StatementLine", "market.Trade", "market.Order", "market.Dispute", "market.Bill", "financing.Payment",
        "financing.GeneratorRequest", "financing.Ticket", "financing.Stake", "core.ActionLog", "ledger.Holding",
    ):  # fmt: skip
        assert found.get(label), label
    assert found["members.User"][0]["email"] == "mike@co-op.example"
    assert {row["target"] for row in found["core.ActionLog"]} >= {"mike"}
    assert "sarah" not in json.dumps(found).lower().replace("meter-sarah", "")


def test_a_copy_has_no_secret_and_no_other_member(full: Community) -> None:  # noqa: F811
    mike = Member.objects.get(code="mike")
    text = json.dumps(copy_of(mike))
    device = Device.objects.get(owner=mike)
    for secret in (mike.user.password, mike.wallet.keypair().secret, device.hmac_key().hex(), "Member sarah"):
        assert secret not in text


def test_photographs_come_along(full: Community) -> None:  # noqa: F811
    file = io.BytesIO()
    personal.write_copy(file, Member.objects.get(code="mike"))
    picture = Photograph.objects.get()
    assert zipfile.ZipFile(file).read(f"photographs/{picture.pk}.jpg") == b"jpeg"


def test_members_download_their_own_data_and_it_is_logged(full: Community) -> None:  # noqa: F811
    client = Client()
    assert client.post(reverse("portal:own-data-copy")).status_code == 302
    client.force_login(User.objects.get(email="mike@co-op.example"))
    assert b"Download my data" in client.get(reverse("portal:own-data")).content
    assert client.get(reverse("portal:own-data-copy")).status_code == 405
    answer = client.post(reverse("portal:own-data-copy"))
    content = b"".join(answer.streaming_content)
    assert int(answer.headers["Content-Length"]) == len(content)
    assert "members.Member.json" in zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert ActionLog.objects.get(action="member.copy").target == "mike"


@pytest.fixture
def two(db: None) -> tuple[User, User]:
    return make_staff("one@co-op.example", PASSWORD), make_staff("two@co-op.example", PASSWORD)


@pytest.fixture
def leaver(books: Community, new_member: Callable[..., Member], chain: Chain) -> Member:
    """Has written, was written about, and has nothing left."""
    member = new_member("anna", email="anna@mail.example")
    User.objects.filter(pk=member.user_id).update(first_name="Anna", last_name="Berg")
    notices.notify(member, Notice.Kind.ORDER_ENDED, "order:1", "Anna, your order ended")
    notices.choose(member, mail=NoticeChoice.Mail.AT_ONCE, phone="+14155550123")
    log_action("order.place", actor=member.user, reason="Anna's roof is new", target="x", community=books, note="Berg")
    log_action("member.note", target="anna", reason="Anna Berg called", community=books)
    PaymentProposal.objects.create(
        member=member,
        stroops=5,
        reference="R-9",
        reason="Anna's first",
        state=PaymentProposal.State.REJECTED,
        proposed_by=User.objects.create_user("p@co-op.example"),
    )
    LogEntry.objects.create(
        user=member.user,
        content_type=ContentType.objects.get_for_model(Member),
        object_id=str(member.pk),
        object_repr="Anna (anna)",
        action_flag=CHANGE,
    )
    asked = GeneratorRequest.objects.create(
        community=books,
        requester=member,
        title="Power",
        place="at the Bergs'",
        power_w=10_000,
        people=4,
        reason="Anna needs light",
        opened_at=START,
        bids_until=START + timedelta(days=7),
        decide_until=START + timedelta(days=9),
        state=GeneratorRequest.State.WITHDRAWN,
    )
    Photograph.objects.create(
        request=asked, member=member, content=b"her house", hash="ab" * 32, width=4, height=3, taken_at=START
    )
    Device.objects.filter(owner=member).update(state=Device.State.BLOCKED)
    return member


def test_two_erase_a_person_and_the_books_still_verify(leaver: Member, two: tuple[User, User], chain: Chain) -> None:
    one, other = two
    seal_all()
    before = list(Seal.objects.order_by("id").values_list("hash", flat=True))
    erasure = erasures.propose(leaver, actor=one, reason="asked by letter")
    with pytest.raises(Refused, match="somebody else"):
        erasures.approve(erasure, actor=one, reason="me again")
    replaced = erasures.approve(erasure, actor=other, reason="checked")
    assert replaced["members.Notice"] == 1 and replaced["core.ActionLog"] >= 4

    leaver.refresh_from_db()
    user = User.objects.get(pk=leaver.user_id)
    assert (leaver.name, leaver.code, leaver.is_active) == (TOMBSTONE, "anna", False)
    assert (user.email, user.first_name, user.last_name, user.is_active) == (None, "", "", False)
    asked, picture = GeneratorRequest.objects.get(), Photograph.objects.get()
    assert (asked.place, asked.reason, asked.title) == (TOMBSTONE, TOMBSTONE, "Power")
    assert (bytes(picture.content), picture.width, picture.hash) == (b"", 0, "ab" * 32)
    assert not _texts_with("Anna") and not _texts_with("Berg") and not _texts_with("14155550123")
    seal_all()
    assert list(Seal.objects.order_by("id").values_list("hash", flat=True))[: len(before)] == before
    assert action_walk.verify(leaver.community_id).fault is None
    assert journal_walk.verify(leaver.community).fault is None


def _texts_with(word: str) -> list[str]:
    """Every text in our tables that still has ``word``."""
    found = []
    for model in apps.get_models():
        fields = [
            f
            for f in model._meta.concrete_fields
            if isinstance(f, models.CharField | models.TextField | models.JSONField)
        ]
        for field in fields:
            for value in model._default_manager.values_list(field.name, flat=True):
                if word in str(value):
                    found.append(f"{model._meta.label}.{field.name}")
    return found


def test_words_cannot_be_taken_without_an_erasure(
    leaver: Member, two: tuple[User, User], chain: Chain, behind_the_triggers: Callable[..., None]
) -> None:
    seal_all()
    erasure = erasures.propose(leaver, actor=two[0], reason="asked")
    note = ActionLog.objects.get(action="member.note")
    behind_the_triggers(
        f"UPDATE core_actionlog SET reason = '{TOMBSTONE}', details = '{{}}' WHERE id = {note.pk}",
        f"UPDATE audit_seal SET salt = NULL, erasure_id = {erasure.pk} WHERE action_id = {note.pk}",
    )
    assert action_walk.verify(leaver.community_id).fault.number == note.seal.number
    Erasure.objects.filter(pk=erasure.pk).update(
        state=Erasure.State.DONE, approved_by=two[1], decided_at=datetime.now(UTC)
    )
    seal_all()
    assert action_walk.verify(leaver.community_id).fault is None


def test_what_is_left_is_said_and_nothing_is_erased(leaver: Member, two: tuple[User, User], chain: Chain) -> None:
    assert open_matters(leaver, chain.gateway) == []
    Holding.objects.create(member=leaver, asset=Asset.WATT, available=12_500_0000, held=0)
    Device.objects.filter(owner=leaver).update(state=Device.State.ACTIVE)
    with pytest.raises(Refused) as refused:
        erasures.propose(leaver, actor=two[0], reason="asked")
    assert refused.value.message == "anna still has: 12.50 WATT in the market; devices that are not blocked (1)"
    assert Erasure.objects.count() == 0


def test_nobody_is_erased_while_the_law_keeps_what_is_known_of_them(
    leaver: Member, two: tuple[User, User], chain: Chain
) -> None:
    account = BankAccount.objects.create(community=leaver.community, iban="DE89370400440532013000", holder="Test")
    BankPayout.objects.create(
        kind=BankPayout.Kind.WITHDRAWAL,
        account=account,
        member=leaver,
        reference="ST9",
        stroops=5,
        name="L",
        iban="X",
        state=BankPayout.State.PAID,
        burned_at=leaver.community.now(),
    )
    BankPayout.objects.update(asked_at=leaver.community.now())
    erasures.reject(erasures.propose(leaver, actor=two[0], reason="asked"), actor=two[0], reason="asked too early")
    under_rules(leaver.community, retention_years=5)
    with pytest.raises(Refused, match="for 5 years after the last payment"):
        erasures.propose(leaver, actor=two[0], reason="asked")


def test_what_came_after_the_proposal_stops_it(leaver: Member, two: tuple[User, User], chain: Chain) -> None:
    erasure = erasures.propose(leaver, actor=two[0], reason="asked")
    Holding.objects.create(member=leaver, asset=Asset.KWH, available=0, held=1500)
    with pytest.raises(Refused, match=r"1\.5\d* kWh in the market"):
        erasures.approve(erasure, actor=two[1], reason="checked")
    leaver.refresh_from_db()
    assert leaver.name == "Member anna"
    erasures.reject(erasure, actor=two[0], reason="has energy again")
    with pytest.raises(Refused):
        erasures.approve(erasure, actor=two[1], reason="late")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "sarah",
            [
                "WATT in the market", "no final document holds", "devices", "withdrawal requests",
                "bank payments to approve", "energy locks", "mandates", "trades under way", "lots of held energy",
                "contracts with friends", "stakes in generators", "pledges", "generators", "bids", "agencies",
            ],
        ),
        (
            "mike",
            [
                "orders", "disputes", "requests for a generator", "payments for energy", "buy-outs", "covers",
                "cover offers", "in cash held by the agent sarah",
            ],
        ),
    ],
)  # fmt: skip
def test_everything_that_ties_a_member_is_named(full: Community, code: str, expected: list[str]) -> None:  # noqa: F811
    said = "; ".join(open_matters(Member.objects.get(code=code)))
    assert [one for one in expected if one not in said] == [], said


def test_every_free_text_about_a_member_is_replaced_or_known_not_to_be_personal() -> None:
    for model in apps.get_models():
        if not personal.paths_to_member(model):
            continue
        label = model._meta.label
        texts = {
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField) and not field.choices
        }
        handled = {*erasures.WORDS.get(label, ("", ()))[1], *(("phone",) if label in erasures.PHONES else ())}
        assert texts - handled == NOT_PERSONAL.get(label, set()), label


def test_acting_staff_are_not_erased_and_what_they_did_for_the_co_op_stays(
    leaver: Member, two: tuple[User, User], chain: Chain, new_member: Callable[..., Member]
) -> None:
    one, other = two
    new_member("karl")
    User.objects.filter(pk=leaver.user_id).update(is_staff=True)
    leaver.user.refresh_from_db()
    log_action("member.kyc", actor=leaver.user, target="karl", reason="passport seen", community=leaver.community)
    with pytest.raises(Refused, match="takes that away first"):
        erasures.propose(leaver, actor=one, reason="asked by letter")
    User.objects.filter(pk=leaver.user_id).update(is_staff=False)
    leaver.user.refresh_from_db()
    erasures.approve(erasures.propose(leaver, actor=one, reason="asked by letter"), actor=other, reason="checked")
    assert ActionLog.objects.get(actor=leaver.user, target="karl").reason == "passport seen"
    assert ActionLog.objects.get(action="member.note").reason == TOMBSTONE


def test_a_payment_that_came_back_and_grid_are_settled_first(leaver: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    account = BankAccount.objects.create(community=leaver.community, iban="DE89370400440532013000", holder="Test")
    intent = ChainIntent.objects.create(community=leaver.community, kind=ChainIntent.Kind.CALL, key="burn")
    burned = Redemption.objects.create(member=leaver, stroops=5, reference="ST1", intent=intent, burned_at=START)
    rejected = PaymentProposal.objects.get(member=leaver)
    BankPayout.objects.create(
        kind=BankPayout.Kind.WITHDRAWAL, account=account, member=leaver, reference="ST1", stroops=5, name="Anna",
        iban="GB29NWBK60161331926819", state=BankPayout.State.BOUNCED, redemption=burned, burned_at=START, reissue=rejected,
    )  # fmt: skip
    GridPosition.objects.create(address=leaver.wallet.address, member=leaver, earned=3)
    held = {"grid_token": 25_000_000}
    monkeypatch.setattr(matters.contracts, "is_deployed", lambda name: True)
    monkeypatch.setattr(matters.contracts, "ask", lambda gateway, call: held.get(call.contract, 0))
    left = matters.open_matters(leaver)
    assert any("came back from their bank" in one and "issue their WATT again" in one for one in left)
    assert "2.5000000 GRID in their wallet: it has to be paid out, or sent to another wallet" in left, left
    assert any("claim it on the page GRID" in one for one in left)
