"""The seeds' walk-throughs, played through the services: every step printed with balances and hashes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from django.conf import settings

from devices import wire
from devices.ingest import Ingest, Message
from devices.models import Device, MeteringPoint
from devices.services import assign, register_device
from market import mandates, parameters
from market.clearing.closing import close_due_slots
from market.models import Order, Tariff, Trade
from market.spot import desk
from stelltron.core.models import Community
from stelltron.core.parameters import schedule
from stelltron.core.units import STROOPS, kwh, money
from stelltron.ledger import reconciliation
from stelltron.ledger.follower import Follower
from stelltron.ledger.funding import receive_payment
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.holdings import balance
from stelltron.ledger.models import Asset
from stelltron.ledger.submitter import Submitter
from stelltron.members.models import Member
from stelltron.members.services import decide_kyc, join

from .generator_story import a_village_gets_power

Say = Callable[[str], None]


@dataclass
class Stage:
    """A small co-op with its own clock, chain process and meters, all turned by hand."""

    community: Community
    say: Say
    members: dict[str, Member] = field(default_factory=dict)
    registers: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        gateway = Gateway(settings.STELLAR)
        self.submitter, self.follower, self.ingest = Submitter(gateway), Follower(gateway), Ingest()

    def join(self, name: str, watt: int, *, sell_at_least: int, buy_at_most: int) -> Member:
        code = name.lower()
        member = join(self.community, name=name, code=code)
        decide_kyc(member, Member.Kyc.APPROVED, actor=None, reason="story")
        device, _ = register_device(self.community, f"meter-{code}")
        assign(device, MeteringPoint.objects.create(community=self.community, member=member, code=code))
        receive_payment(member, watt * STROOPS, f"STORY-{self.community.slug}-{code}")
        now = self.community.now()
        mandates.give_mandate(
            member,
            sell_at_least=sell_at_least,
            buy_at_most=buy_at_most,
            slot_wh=1_000_000,
            day_wh=5_000_000,
            valid_from=now - timedelta(days=1),
            valid_until=now + timedelta(days=365),
        )
        self.members[name], self.registers[name] = member, [0, 0, 0]
        return member

    def settle(self) -> None:
        """Turn the chain process until nothing is left to do."""
        idle = 0
        while idle < 2:
            moved = self.submitter.step() + self.follower.step()
            idle = 0 if moved else idle + 1
            if not moved:
                time.sleep(0.02)

    def meter(self, name: str, at: datetime, exported_wh: int = 0, imported_wh: int = 0) -> None:
        """The member's meter reports that its registers rose."""
        registers = self.registers[name]
        registers[0] += 1
        registers[1] += exported_wh * 1000
        registers[2] += imported_wh * 1000
        device = Device.objects.get(owner=self.members[name])
        reading = wire.Reading(
            v=1,
            device=device.pk,
            seq=registers[0],
            low=registers[0],
            boot=1,
            t=int(at.timestamp()),
            exp=registers[1],
            imp=registers[2],
        )
        payload = wire.encode(device.hmac_key(), reading)
        outcome = self.ingest.take([Message(wire.telemetry_topic(device.pk), payload)])
        if outcome.quarantined:
            raise AssertionError(f"the meter of {name} was not believed")

    def advance(self, moment: datetime) -> None:
        """Move the community's clock and close what is due."""
        Community.objects.filter(pk=self.community.pk).update(data_time=moment)
        self.community.refresh_from_db()
        close_due_slots(self.community)
        self.settle()

    def show(self, names: Iterable[str]) -> None:
        for name in names:
            watt, energy = balance(self.members[name], Asset.WATT), balance(self.members[name], Asset.KWH)
            held = f" ({kwh(energy.held)} in orders)" if energy.held else ""
            self.say(
                f"      {name:8} {money(watt.available + watt.held):>9} WATT   {kwh(energy.available + energy.held):>8} kWh{held}"
            )

    def trade_line(self, trade: Trade) -> None:
        trade.refresh_from_db()
        buyer, seller = trade.buyer.name, trade.seller.name
        self.say(
            f"      {buyer} buys {kwh(trade.wh)} kWh from {seller} at {money(trade.price)}"
            f" = {money(trade.amount)} WATT, {trade.get_state_display()}"
        )
        self.say(f"      transaction {trade.intent.transaction_id} in ledger {trade.intent.transaction.ledger}")


def stage(slug: str, say: Say, *, retail: int, feed_in: int) -> Stage:
    start = datetime(2026, 6, 1, 8, tzinfo=UTC)
    community = Community.objects.create(
        slug=slug, name=slug, slot_minutes=60, clock=Community.Clock.DATA, data_time=start, is_demo=True
    )
    Tariff.objects.create(
        community=community, name="utility", retail=retail, feed_in=feed_in, valid_from=start - timedelta(days=1)
    )
    for parameter, value in ((parameters.GRACE_SECONDS, 0), (parameters.BANKING_SLOTS, 48)):
        schedule(community, parameter, value, start - timedelta(days=1), "story")
    return Stage(community, say)


def sarah_and_mike(say: Say) -> None:
    """Sarah's morning sun on Mike's afternoon air conditioning (10 and 11 a kWh; the utility takes 15 and pays 1)."""
    retail, feed_in = 15 * STROOPS, STROOPS
    story = stage("sarah-and-mike", say, retail=retail, feed_in=feed_in)
    start = story.community.now()
    sarah = story.join("Sarah", 10, sell_at_least=feed_in, buy_at_most=retail)
    mike = story.join("Mike", 100, sell_at_least=feed_in, buy_at_most=retail)
    story.settle()
    say("08:00  Sarah and Mike have deposits and signed mandates on the chain")
    story.show(story.members)
    story.meter("Sarah", start)
    story.meter("Sarah", start + timedelta(hours=1), exported_wh=8000)
    story.advance(start + timedelta(hours=1))
    say("09:01  Sarah's meter reports 8 kWh of surplus: 8 KWH are minted to her")
    story.show(["Sarah"])
    offer = desk.place_order(sarah, side=Order.Side.SELL, wh=8000, price=10 * STROOPS)
    say(f"09:02  Sarah offers 8 kWh at 10 WATT (order {offer.pk}), which holds her energy")
    story.advance(start + timedelta(hours=5))
    bid = desk.place_order(mike, side=Order.Side.BUY, wh=5000, price=11 * STROOPS)
    story.settle()
    say(f"13:00  Mike bids for 5 kWh at 11 WATT: {bid.get_state_display()} at Sarah's price")
    trade = Trade.objects.get(buy_order=bid)
    story.trade_line(trade)
    story.show(story.members)
    story.meter("Mike", start + timedelta(hours=5))
    story.meter("Mike", start + timedelta(hours=6), imported_wh=5000)
    story.advance(start + timedelta(hours=6))
    say("14:00  Mike's meter shows that he used the 5 kWh: the tokens are burned")
    story.show(story.members)
    utility = 5 * retail
    say(
        f"       Mike paid {money(trade.amount)} instead of {money(utility)}: saved {(utility - trade.amount) * 100 // utility} %"
    )
    say(f"       Sarah earned {money(trade.amount)} instead of {money(5 * feed_in)} for the same energy")
    _close(story)


def alice_bob_charlie(say: Say) -> None:
    """Alice's solar farm makes 50 kWh, Bob's wind turbine 30; Charlie's home needs 25 and takes the best offers."""
    retail, feed_in = 28 * STROOPS // 100, 2 * STROOPS // 100
    story = stage("alice-bob-charlie", say, retail=retail, feed_in=feed_in)
    start = story.community.now()
    alice, bob, charlie = (
        story.join(name, 100, sell_at_least=feed_in, buy_at_most=retail) for name in ("Alice", "Bob", "Charlie")
    )
    story.settle()
    say("08:00  Alice, Bob and Charlie have 100 WATT each and signed mandates on the chain")
    story.show(story.members)
    for name, generated in (("Alice", 50_000), ("Bob", 30_000)):
        story.meter(name, start)
        story.meter(name, start + timedelta(hours=2), exported_wh=generated)
    story.advance(start + timedelta(hours=2))
    say("10:00  the meters report 50 kWh of sun and 30 kWh of wind: as many KWH are minted")
    story.show(story.members)
    cents = STROOPS // 100
    desk.place_order(alice, side=Order.Side.SELL, wh=20_000, price=15 * cents)
    desk.place_order(bob, side=Order.Side.SELL, wh=15_000, price=12 * cents)
    say("10:05  Alice offers 20 kWh at 0.15, Bob 15 kWh at 0.12")
    bid = desk.place_order(charlie, side=Order.Side.BUY, wh=25_000, price=16 * cents)
    story.settle()
    say(f"10:06  Charlie bids for 25 kWh at 0.16: {bid.get_state_display()}, the cheapest offer first")
    for trade in Trade.objects.filter(buy_order=bid).order_by("price"):
        story.trade_line(trade)
    story.show(story.members)
    story.meter("Charlie", start + timedelta(hours=2))
    story.meter("Charlie", start + timedelta(hours=3), imported_wh=25_000)
    story.advance(start + timedelta(hours=3))
    say("11:00  Charlie's meter shows the 25 kWh used: the tokens are burned")
    story.show(story.members)
    paid = sum(trade.amount for trade in Trade.objects.filter(buy_order=bid))
    say(f"       Charlie paid {money(paid)} instead of {money(25 * retail)} at the utility")
    _close(story)


def _close(story: Stage) -> None:
    result = reconciliation.reconcile(story.community)
    if not result.equal:
        raise AssertionError(f"journal and contract differ: {result.differences}")
    story.say(f"       the journal equals the contract in all {result.checked} balances")


STORIES = {
    "sarah-and-mike": sarah_and_mike,
    "alice-bob-charlie": alice_bob_charlie,
    "generator": a_village_gets_power,
}
