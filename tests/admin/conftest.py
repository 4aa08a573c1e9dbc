from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from devices.models import Device, Quarantined, Register, SlotReading
from financing.metering import codes
from financing.models import (
    Agent,
    AgentSale,
    Announcement,
    AutoClaim,
    AutoPayout,
    BuyOut,
    BuyOutPart,
    Cover,
    CoverClaim,
    CoverOffer,
    CoverPayment,
    EnergyCode,
    ExitAuction,
    ExitFill,
    ExitOrder,
    Future,
    Generator,
    GeneratorRequest,
    Handover,
    Insurer,
    Milestone,
    Offering,
    Payment,
    Payout,
    Photograph,
    Pledge,
    Provider,
    ProviderBid,
    Stake,
    Ticket,
    UnitTransfer,
    Upkeep,
)
from governance.models import (
    Ballot,
    Comment,
    Delegation,
    GridGift,
    GridMovement,
    GridPool,
    GridPosition,
    House,
    LicenceKey,
    Proposal,
    Rehearsal,
    RehearsedBill,
    RollEntry,
    Rules,
    Sponsor,
)
from market.clearing.closing import close_due_slots
from market.figures.analytics import set_investment
from market.figures.rollups import rebuild_changed_days
from market.models import (
    AllocationKey,
    BankedEnergy,
    Bill,
    Dispute,
    EnergyProof,
    FeeDiscount,
    FriendContract,
    GridFee,
    LateReading,
    LockDelivery,
    LockedTrade,
    Mandate,
    MemberPlan,
    Order,
    SellerReliability,
    SlotRun,
    StatementLine,
    StoredOffer,
    Trade,
    WorseOff,
)
from market.price.quotes import quote_due_slots
from stelltron.audit.anchors import anchor
from stelltron.audit.models import Erasure
from stelltron.bank import customers
from stelltron.bank.models import (
    Adoption,
    AnchorTransfer,
    BankAccount,
    BankLine,
    BankStatement,
    Begun,
    Case,
    CaseStep,
    Clearance,
    CustomerRecord,
    FormerRecord,
    KnownAccount,
    PaymentFile,
    WalletChange,
)
from stelltron.bank.models import Payout as BankPayout
from stelltron.bank.references import reference_of
from stelltron.core.actions import beat
from stelltron.core.models import Community
from stelltron.core.units import amount
from stelltron.ledger import journal
from stelltron.ledger.models import (
    Asset,
    Attestation,
    BankReceipt,
    ChainEvent,
    ChainIntent,
    ChainTransaction,
    Contract,
    EnergyLock,
    EventCursor,
    Holding,
    PaymentProposal,
    Reconciliation,
    Redemption,
    ReserveBalance,
    Seat,
    WithdrawalRequest,
)
from stelltron.members import notices
from stelltron.members.models import Member, Notice, NoticeChoice, User
from stelltron.members.services import make_staff
from stelltron.register import applications, departures, shares
from stelltron.register.models import Departure, Refund, RefundPart
from tests.conftest import CENT, FEED_IN, RETAIL, START

PASSWORD = "correct horse battery"


@pytest.fixture
def signed_in(db: None) -> Callable[..., Client]:
    """A browser signed in as staff with these roles; "superuser" is one of them."""

    def make(*roles: str, email: str = "") -> Client:
        email = email or f"{'-'.join(roles).replace(' ', '').lower() or 'nobody'}@co-op.example"
        user = User.objects.filter(email=email).first() or User.objects.create_user(
            email, PASSWORD, is_staff=True, is_superuser="superuser" in roles
        )
        user.groups.set(Group.objects.filter(name__in=roles))
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def treasurer(db: None) -> Callable[[str], User]:
    return lambda email: make_staff(email, PASSWORD, "Treasury")


def fill(community: Community, sarah: Member, mike: Member) -> None:
    """One row of everything, without a chain."""
    now = datetime.now(UTC)
    for at, member in enumerate((sarah, mike)):
        Seat.objects.create(member=member, index=at)
        Holding.objects.create(member=member, asset=Asset.WATT, available=1000 * CENT)
        Mandate.objects.create(
            member=member,
            sell_at_least=FEED_IN,
            buy_at_most=RETAIL,
            slot_wh=10**6,
            day_wh=10**7,
            valid_from=START - timedelta(days=1),
            valid_until=START + timedelta(days=9),
            state=Mandate.State.ACTIVE,
        )
        device = Device.objects.get(owner=member)
        Register.objects.create(
            device=device,
            sequence=1,
            boot=1,
            at=START,
            received_at=now - timedelta(hours=at),
            exported_mwh=5,
            imported_mwh=7,
        )
        Device.objects.filter(pk=device.pk).update(state=Device.State.ACTIVE)
        reading(community, member, exported_wh=4000 * (1 - at), imported_wh=4000 * at)
    assert close_due_slots(community) == 1
    sent = ChainTransaction.objects.create(hash="ab" * 32, source="G" * 56, envelope="c2VjcmV0LWVudmVsb3Bl", max_time=1)
    ChainIntent.objects.filter(kind=ChainIntent.Kind.SETTLE).update(
        state=ChainIntent.State.FAILED, problem="out of budget"
    )
    ChainIntent.objects.create(community=community, kind=ChainIntent.Kind.CALL, key="mint:1", transaction=sent)
    GridFee.objects.create(
        community=community, name="village", inside=0, out=CENT, into=CENT, valid_from=START + timedelta(days=1)
    )
    AllocationKey.objects.create(member=sarah, basis_points=4000)
    FriendContract.objects.create(
        seller=sarah,
        buyer=mike,
        offered_by=sarah,
        price=5 * CENT,
        slot_wh=100,
        valid_from=START,
        valid_until=START + timedelta(days=9),
    )
    point = mike.metering_points.get()
    order = Order.objects.create(
        community=community,
        member=mike,
        point=point,
        side=Order.Side.BUY,
        wh=100,
        open_wh=100,
        price=10 * CENT,
        arrival=10**9,
        placed_at=START,
    )
    Trade.objects.create(
        community=community,
        venue=Trade.Venue.SPOT,
        slot=START,
        buyer=mike,
        seller=sarah,
        buy_order=order,
        wh=100,
        price=10 * CENT,
        amount=amount(100, 10 * CENT),
        matched_at=START,
    )
    assert StatementLine.objects.exists()
    sell_ahead(community, sarah, mike, now)
    put_to_the_vote(community, sarah, mike, now)
    put_at_stake(sarah, now)
    notices.notify(sarah, Notice.Kind.ORDER_ENDED, "order:1", "Your order ended")
    notices.choose(sarah, mail=NoticeChoice.Mail.AT_ONCE, phone="+14155550123")
    assert quote_due_slots(community) == 1
    assert rebuild_changed_days(community) == 1
    set_investment(sarah, stroops=5000 * CENT, own_use_wh_a_year=0)
    BankedEnergy.objects.create(member=sarah, slot=START, expires_at=START + timedelta(days=1), wh=5)
    MemberPlan.objects.create(member=mike, plan="green", valid_from=START)
    EnergyProof.objects.create(member=sarah, day=START.date(), metered_wh=5, minted_wh=5, equal=True, proved_at=now)
    Bill.objects.create(community=community, member=mike, month=START.date(), up_to=1, total=-5)
    Dispute.objects.create(line=StatementLine.objects.first(), member=mike, text="too much", evidence={})
    WorseOff.objects.create(run=SlotRun.objects.get(), member=mike, stroops=2 * CENT)
    LateReading.objects.create(run=SlotRun.objects.get(), reading=SlotReading.objects.first())
    BankReceipt.objects.create(member=sarah, stroops=5, reference="R-1")
    WithdrawalRequest.objects.create(member=sarah, stroops=0, wh=5, ready_at=now)
    PaymentProposal.objects.create(
        member=sarah,
        stroops=7,
        reference="R-2",
        reason="statement",
        proposed_by=User.objects.create_user("p@co-op.example"),
    )
    Contract.objects.create(network="n", name="marketplace", address="C" * 56, wasm_hash="cd" * 32)
    ChainEvent.objects.create(id="1-1", contract="C" * 56, name="settled", transaction_hash="ab" * 32, ledger=9)
    EventCursor.objects.create(name="contracts", cursor="c", ledger=9)
    journal.post(
        community, "settle", "settle:x", [("meters", Asset.KWH, -5), (journal.member_account(sarah.pk), Asset.KWH, 5)]
    )
    Reconciliation.objects.create(
        community=community,
        equal=False,
        checked=4,
        differences=[{"member": "sarah", "asset": "WATT", "journal": 50 * CENT, "contract": 3 * CENT}],
    )
    Quarantined.objects.create(
        device_id="stranger", reason=Quarantined.Reason.UNKNOWN_DEVICE, payload=b"<script>alert(1)</script>\xff", size=9
    )
    beat("chain")
    with connection.cursor() as cursor:
        cursor.execute("SELECT devices_telemetry_partition('202606')")
        cursor.execute(
            "INSERT INTO devices_telemetry (device_id, sequence, boot, at, received_at, exported_mwh, imported_mwh, power_w)"
            " VALUES ('meter-sarah', 1, 1, %s, %s, 5, 7, 100)",
            [START, now],
        )


def put_to_the_vote(community: Community, sarah: Member, mike: Member, now: datetime) -> None:
    """A house, and a proposal that lost half of its words to a comment."""
    house = House.objects.create(
        community=community, founded_at=now, differences=["5 on the roll here, 4 on the chain"]
    )
    Rules.objects.create(
        house=house,
        kind="PARAMETER",
        quorum_bps=2000,
        majority_bps=5000,
        notice_seconds=0,
        period_seconds=3600,
        delay_seconds=0,
    )
    RollEntry.objects.create(house=house, member=sarah, address=sarah.wallet.address, joined_at=now)
    proposal = Proposal.objects.create(
        community=community,
        kind="PARAMETER",
        title="Keep energy for a day",
        text="<b>Because</b>",
        change={"key": "market.banking_slots", "value": 24},
        effective_from=now,
        author=sarah,
        state=Proposal.State.OPEN,
        number=1,
        snapshot_at=now,
        opens_at=now,
        closes_at=now + timedelta(hours=1),
        eligible=2,
        yes=1,
    )
    Sponsor.objects.create(proposal=proposal, member=mike)
    Ballot.objects.create(
        proposal=proposal, member=sarah, address=sarah.wallet.address, choice="YES", weight=1, state=Ballot.State.CAST
    )
    Delegation.objects.create(member=mike, delegate=sarah)
    rehearsal = Rehearsal.objects.create(
        community=community, key="market.banking_slots", value=24, first=now, end=now, slots=1
    )
    RehearsedBill.objects.create(rehearsal=rehearsal, member=sarah, before=5, after=7)
    Comment.objects.create(proposal=proposal, member=mike, text="never", hidden_because="rude")


def put_at_stake(sarah: Member, now: datetime) -> None:
    """GRID of which some is asked back, in a pool that the chain sees otherwise."""
    terms = {"rate_bps": 800, "ends_at": 2_000_000_000, "unstake_delay": 604_800, "licence_stake": 5, "tiers": [[3, 5]]}
    GridPool.objects.create(address="G" * 56, staked=4, differences=["4 at stake here, 5 on the chain"], **terms)
    position = GridPosition.objects.create(
        address=sarah.wallet.address, member=sarah, staked=4, unstaking=1, ready_at=now
    )
    FeeDiscount.objects.create(member=sarah, percent=5, valid_from=now)
    GridMovement.objects.create(position=position, kind="STAKED", amount=5, at=now, transaction_hash="ab" * 32)
    giver = User.objects.create_user("giver@co-op.example")
    GridGift.objects.create(member=sarah, stroops=5, reason="founded with us", proposed_by=giver)
    LicenceKey.objects.create(member=sarah, name="Heat pump", scopes=["own:read"], start="stelltron_ab", hash="cd" * 32)


def sell_ahead(community: Community, sarah: Member, mike: Member, now: datetime) -> None:
    """Stored energy under a lock that is about to run out."""
    terms = {"wh": 500, "price": 10 * CENT}
    device = Device.objects.get(owner=sarah)
    offer = StoredOffer.objects.create(
        community=community, seller=sarah, device=device, open_wh=0, deliver_by=START, offered_at=START, **terms
    )
    trade = Trade.objects.create(
        community=community,
        venue=Trade.Venue.STORED,
        slot=START,
        buyer=mike,
        seller=sarah,
        amount=5 * CENT,
        state=Trade.State.RESERVED,
        matched_at=START,
        **terms,
    )
    locked = LockedTrade.objects.create(
        trade=trade, offer=offer, device=device, lock_id="ab" * 32, deliver_by=START, problem="the battery is empty"
    )
    LockDelivery.objects.create(locked=locked, run=SlotRun.objects.get(), slot=START, wh=5, used_wh=3)
    EnergyLock.objects.create(
        id=locked.lock_id,
        community=community,
        buyer=mike,
        seller=sarah,
        device_key="cd" * 32,
        stroops=5 * CENT,
        lock_by=now + timedelta(minutes=4),
        deliver_by=now + timedelta(days=2),
        **terms,
    )
    SellerReliability.objects.create(member=sarah, contracted_wh=10, delivered_wh=9)


def reading(community: Community, member: Member, *, exported_wh: int, imported_wh: int) -> None:
    SlotReading.objects.create(
        community=community,
        point=member.metering_points.get(),
        slot=START - timedelta(hours=1),
        exported_wh=exported_wh,
        imported_wh=imported_wh,
        exported_from_mwh=0,
        exported_to_mwh=exported_wh * 1000,
        imported_from_mwh=0,
        imported_to_mwh=imported_wh * 1000,
    )


def fill_financing(community: Community, sarah: Member, mike: Member) -> None:
    """A running generator of Mike's village, built by Sarah and owned by both."""
    provider = Provider.objects.create(member=sarah, about="nine villages", asked_at=START)
    request = GeneratorRequest.objects.create(
        community=community,
        requester=mike,
        title="Power",
        place="Tengbeh",
        power_w=10_000,
        people=400,
        reason="no light",
        opened_at=START,
        bids_until=START + timedelta(days=7),
        decide_until=START + timedelta(days=21),
    )
    bid = ProviderBid.objects.create(
        request=request,
        provider=provider,
        unit_type="solar",
        power_w=10_000,
        cost=10_000 * CENT,
        installation_days=30,
        warranty_months=24,
        year_quantity=14_600_000,
        made_at=START,
    )
    offering = Offering.objects.create(
        community=community,
        request=request,
        bid=bid,
        goal=10_000 * CENT,
        min_units=10,
        min_price=CENT,
        max_price=50 * CENT,
        maintenance_bps=500,
        slot_seconds=3600,
        risks="all of it",
        state=Offering.State.APPROVED,
        offered_at=START,
    )
    made = Generator.objects.create(
        community=community,
        offering=offering,
        requester=mike,
        provider=sarah,
        name="Power",
        address="C" * 55 + "G",
        state=Generator.State.ACTIVE,
        deadline=START,
    )
    intents = [
        ChainIntent.objects.create(community=community, kind=ChainIntent.Kind.CALL, key=f"generator:{n}")
        for n in range(6)
    ]
    Milestone.objects.create(generator=made, number=0, title="delivered", percent=40)
    Pledge.objects.create(generator=made, financier=sarah, units=10, risks_read_at=START, intent=intents[0])
    giver, receiver = (
        Stake.objects.create(generator=made, address=member.wallet.address, member=member, units=5000)
        for member in (sarah, mike)
    )
    UnitTransfer.objects.create(
        event="1", generator=made, giver=giver, receiver=receiver, units=5, at=START, transaction_hash="ab" * 32
    )
    AutoPayout.objects.create(member=sarah, least=5, set_at=START)
    AutoClaim.objects.create(stake=giver, intent=intents[5], sent_at=START)
    Payout.objects.create(event="2", stake=giver, amount=5, at=START, transaction_hash="ab" * 32)
    Ticket.objects.create(
        generator=made,
        member=mike,
        fault=True,
        text="it hums",
        opened_at=START,
        state=Ticket.State.ANSWERED,
        answered_at=START,
    )
    Announcement.objects.create(
        generator=made,
        evidence="asked three times",
        evidence_hash="ab" * 32,
        state=Announcement.State.REFUSED,
        proposed_at=START,
        proposed_by=User.objects.create_user("announcer@co-op.example"),
    )
    Upkeep.objects.create(
        generator=made,
        kind=Upkeep.Kind.SPEND,
        payee=sarah,
        amount=5,
        evidence="invoice 3",
        evidence_hash="ab" * 32,
        proposed_at=START,
        proposed_by=User.objects.create_user("keeper@co-op.example"),
    )
    buyout = BuyOut.objects.create(
        generator=made, bidder=mike, price=5, offered_at=START, ends_at=START + timedelta(days=30)
    )
    BuyOutPart.objects.create(buyout=buyout, holder=sarah, units=5, intent=intents[4])
    offer = CoverOffer.objects.create(
        insurer=Insurer.objects.create(member=mike, about="mutual", asked_at=START),
        generator=made,
        kind=CoverOffer.Kind.LOSS,
        premium_bps=200,
        largest_sum=900,
        days=365,
        counts="fire",
        offered_at=START,
    )
    cover = Cover.objects.create(
        offer=offer, holder=sarah, sum=900, premium=18, bought_at=START, ends_at=START + timedelta(days=365)
    )
    claim = CoverClaim.objects.create(
        cover=cover,
        claimed=800,
        evidence="photo",
        evidence_hash="ab" * 32,
        made_at=START,
        state=CoverClaim.State.REFUSED,
    )
    CoverPayment.objects.create(claim=claim, amount=5, sent_at=START, intent=intents[3])
    Future.objects.create(
        generator=made, seller=giver, units=5, begins=START, ends=START + timedelta(days=30), price=9 * CENT
    )
    payment = Payment.objects.create(
        generator=made, payer=mike.wallet.address, member=mike, quantity=100, intent=intents[1], at=START
    )
    agent = Agent.objects.create(principal=mike, member=sarah, ceiling=900, appointed_at=START)
    AgentSale.objects.create(agent=agent, number=1, payment=payment, cash=100, sold_at=START)
    Handover.objects.create(agent=agent, cash=50, at=START)
    Photograph.objects.create(
        request=request, member=mike, content=b"jpeg", hash="ab" * 32, width=4, height=3, taken_at=START
    )
    meter, _ = codes.register_meter(made, "SL-1", bytes(32), actor=None, reason="delivered")
    EnergyCode.objects.create(meter=meter, payment=payment, count=2, quantity=100, code="987654321", issued_at=START)
    auction = ExitAuction.objects.create(generator=made, opened_at=START, closes_at=START + timedelta(days=7))
    ExitOrder.objects.create(auction=auction, member=sarah, side=ExitOrder.Side.SELL, units=5, limit=CENT)
    ExitFill.objects.create(auction=auction, seller=sarah, buyer=mike, units=5, intent=intents[2])


def fill_register(community: Community, sarah: Member, mike: Member) -> None:
    applications.apply(
        community, kind="PERSON", name="Zoe", email="zoe@mail.example", password=PASSWORD, address="Lane 3", shares=2
    )
    one, other = (make_staff(f"{name}@co-op.example", PASSWORD, "Treasury") for name in ("teller", "checker"))
    proposal = shares.propose(community, "ISSUE", 3, "S-1", taker=sarah, actor=one, reason="paid")
    shares.book(proposal, actor=other, reason="checked")
    refund = Refund.objects.create(
        community=community, first_day=START, last_day=START, stroops=5, reason="good year", proposed_by=one
    )
    RefundPart.objects.create(refund=refund, member=sarah, basis=9, stroops=5)
    departures.declare(mike, Departure.Kind.RESIGNATION, reason="moves away")


def fill_audit(community: Community, sarah: Member) -> None:
    assert anchor(community) is not None
    Erasure.objects.create(
        member=sarah, reason="has asked for it", proposed_by=User.objects.create_user("eraser@co-op.example")
    )


def fill_bank(community: Community, sarah: Member, mike: Member) -> None:
    """A statement with a line in the queue, a withdrawal on its way, and a case."""
    clerk = User.objects.create_user("clerk@co-op.example")
    account = BankAccount.objects.create(community=community, iban="DE89370400440532013000", holder="Test Co-op")
    statement = BankStatement.objects.create(
        account=account,
        number="S-1",
        begins=START.date(),
        ends=START.date(),
        opening=0,
        credits=900 * CENT,
        debits=0,
        closing=900 * CENT,
        digest="ab" * 32,
        file=b"statement",
        imported_by=clerk,
    )
    line = BankLine.objects.create(
        account=account,
        statement=statement,
        key="k-1",
        identity="k-1",
        booked_on=START.date(),
        stroops=900 * CENT,
        name="A <b>payer</b>",
    )
    # Where statements are imported nothing is booked by hand any more: it is another co-op's.
    other = Community.objects.create(slug="zenith", name="Zenith Co-op")
    ReserveBalance.objects.create(
        account=account.iban, community=other, stroops=900 * CENT, as_of=START.date(), digest="ab" * 32
    )
    intents = [
        ChainIntent.objects.create(community=community, kind=ChainIntent.Kind.CALL, key=f"bank:{n}") for n in range(2)
    ]
    Attestation.objects.create(stroops=900 * CENT, digest="ab" * 32, as_of=START.date(), intent=intents[0])
    burned = Redemption.objects.create(member=mike, stroops=5 * CENT, reference="ST1", intent=intents[1])
    payout = BankPayout.objects.create(
        kind=BankPayout.Kind.WITHDRAWAL,
        account=account,
        member=mike,
        reference="ST1",
        stroops=5 * CENT,
        name="Mike",
        iban="GB29NWBK60161331926819",
        state=BankPayout.State.BURNING,
        redemption=burned,
        file=PaymentFile.objects.create(account=account, prepared_by=clerk),
    )
    KnownAccount.objects.create(member=mike, iban=payout.iban, name="Mike")
    case = Case.objects.create(
        community=community, member=mike, kind=Case.Kind.VELOCITY, text="6 payments", stroops=5 * CENT, payout=payout
    )
    CaseStep.objects.create(case=case, kind=CaseStep.Kind.COLLECT, reason="agreed", proposed_by=clerk)
    Clearance.objects.create(member=mike, level=Clearance.Level.FULL)
    adoption = Adoption.objects.create(
        community=community, code="US", from_day=community.today(), reason="registered", proposed_by=clerk
    )
    Begun.objects.create(community=community, adoption=adoption)
    WalletChange.objects.create(
        member=mike, old_address="G" * 56, new_address="C" * 56, reason="lost her phone", proposed_by=clerk
    )
    AnchorTransfer.objects.create(member=sarah, kind=AnchorTransfer.Kind.DEPOSIT, line=line)
    customers.tell(sarah, {})
    FormerRecord.objects.create(member=sarah, fields=CustomerRecord.objects.get().fields, told_at=START)
    reference_of(sarah)


@pytest.fixture
def full(community: Community, new_member: Callable[..., Member]) -> Community:
    """A community with one row of everything: a failed settlement, a silent meter, a difference."""
    sarah, mike = new_member("sarah"), new_member("mike", email="mike@co-op.example")
    fill(community, sarah, mike)
    fill_financing(community, sarah, mike)
    fill_register(community, sarah, mike)
    fill_audit(community, sarah)
    fill_bank(community, sarah, mike)
    return community
