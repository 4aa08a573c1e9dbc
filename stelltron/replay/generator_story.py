"""A village without power: from its request to the first kWh by SMS, income for three financiers, and a way out."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import requests as http
from django.conf import settings
from stellar_sdk import Keypair

from financing.building import building
from financing.metering import codes, reporting
from financing.metering.meter import Meter
from financing.metering.openpaygo import Acceptor, CodeRefused
from financing.models import EnergyCode, ExitAuction, Generator, Milestone, Payment
from financing.offering import offerings, requests
from financing.owning import exits, owning
from financing.proof import differences
from financing.using import running
from stelltron.core.models import Community
from stelltron.core.units import STROOPS, kwh, money
from stelltron.ledger import contracts
from stelltron.ledger.clients import watt_token
from stelltron.ledger.follower import Follower
from stelltron.ledger.funding import receive_payment
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.models import ChainIntent
from stelltron.ledger.submitter import Submitter
from stelltron.members.models import Member
from stelltron.members.services import decide_kyc, join, make_staff

Say = Callable[[str], None]
CENT = STROOPS // 100
PHONE = "+23276123456"


@dataclass
class Tale:
    """One generator's people, the chain process turned by hand, and a ledger that can be moved on."""

    community: Community
    say: Say
    people: dict[str, Member] = field(default_factory=dict)
    told: int = 0

    def __post_init__(self) -> None:
        self.gateway = Gateway(settings.STELLAR)
        self.submitter, self.follower = Submitter(self.gateway), Follower(self.gateway)
        self.begun = self.now

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.gateway.server.get_latest_ledger().close_time, UTC)

    def join(self, name: str, watt: int, kind: str = Member.Kind.PERSON) -> Member:
        member = join(self.community, name=name, code=name.lower().replace(" ", "-"), kind=kind)
        decide_kyc(member, Member.Kyc.APPROVED, actor=None, reason="story")
        receive_payment(member, watt * STROOPS, f"STORY-{member.pk}", into_market=False)
        self.people[name] = member
        return member

    def settle(self) -> None:
        """Turn the chain process until nothing is left to do, and print what it has sent of generators."""
        idle = 0
        while idle < 2:
            moved = self.submitter.step() + self.follower.step()
            idle = 0 if moved else idle + 1
            if not moved:
                time.sleep(0.02)
        sent = ChainIntent.objects.filter(pk__gt=self.told).select_related("transaction").order_by("pk")
        for intent in sent:
            self.told = intent.pk
            if intent.state != ChainIntent.State.CONFIRMED:
                raise AssertionError(f"{intent.key} is {intent.state}: {intent.problem}")
            call = intent.payload
            if call["contract"].startswith("generator"):
                done = intent.transaction
                self.say(f"      {call['function']:13} {done.hash} in ledger {done.ledger}")

    def day(self, number: int, text: str) -> None:
        """Let the chain's clock run on to this day; only a scratch network has that door."""
        due = self.begun + timedelta(days=number - 1)
        seconds = max(int((due - self.now).total_seconds()), 0)
        url = f"{self.gateway.network.rpc_url}/admin/close"
        http.post(url, params={"seconds": seconds}, timeout=30).raise_for_status()
        self.say(f"day {number:<3} {text}")

    def watt(self, name: str) -> int:
        return contracts.ask(self.gateway, watt_token.balance(self.people[name].wallet.address))

    def show(self, made: Generator, *names: str) -> Generator:
        """Wallets, and units of the generator."""
        made = Generator.objects.select_related("offering__request").get(pk=made.pk)
        for name in names:
            stake = made.stakes.filter(member=self.people[name]).first()
            owns = f"   {stake.units:>6,} units" if stake and stake.units else ""
            self.say(f"      {name:13} {money(self.watt(name)):>10} WATT{owns}")
        self.say(f"      {'the generator':13} {money(made.tokens):>10} WATT   {made.get_state_display()}")
        return made


def a_village_gets_power(say: Say) -> None:
    """Tengbeh asks for power for a clinic and a school: 20,000 WATT from three financiers, paid back by the kWh."""
    community = Community.objects.create(slug="generator", name="generator", slot_minutes=60, is_demo=True)
    tale = Tale(community, say)
    tengbeh = tale.join("Tengbeh", 10)
    sunworks, windwell = tale.join("Sunworks", 1), tale.join("Windwell", 1)
    asha = tale.join("Asha", 9_000)
    bank = tale.join("Green Bank", 15_000, Member.Kind.INSTITUTION)
    tale.join("Sunrise co-op", 8_000, Member.Kind.COMMUNITY)
    mariama, dana = tale.join("Mariama", 50), tale.join("Dana", 5_000)
    first, second = (make_staff(f"{who}@story.example", "only-a-story", "Treasury") for who in ("ines", "omar"))
    for provider in (sunworks, windwell):
        asked = requests.ask_to_provide(provider, "solar for nine villages since 2019")
        requests.verify_provider(asked, verified=True, actor=first, reason="references called")
    tale.settle()
    made = _choose(tale, tengbeh, sunworks, windwell, first)
    made = _fund(tale, made, asha, bank)
    meter, made = _build(tale, made, tengbeh, sunworks, first, second)
    made = _sell_energy(tale, made, mariama, meter)
    made = _pay_owners(tale, made)
    made = _change_hands(tale, made, asha, dana)
    made = _leave(tale, made, bank, dana)
    found = differences(made, tale.gateway)
    if found:
        raise AssertionError(f"books and contract differ: {found}")
    say("       books and journal equal the contract in every figure")
    say(
        f"       received {money(made.received, 7)} = claimed {money(made.claimed, 7)} + claimable {_claimable(made)}"
        f" + carry {money(made.carry, 7)} + maintenance {money(made.maintenance, 7)}"
    )


def _choose(tale: Tale, tengbeh: Member, sunworks: Member, windwell: Member, staff) -> Generator:
    say = tale.say
    request = requests.ask_for_generator(
        tengbeh,
        title="Power for Tengbeh",
        place="Tengbeh, Bo District",
        power_w=10_000,
        people=400,
        reason="a clinic and a school without light",
        now=tale.now,
    )
    tale.day(
        1,
        f"Tengbeh asks for {request.power_w / 1000:g} kW for {request.people} people; bids until {_day(request.bids_until)}",
    )
    bids = []
    for provider, unit, cost, days in (
        (sunworks, "10 kW solar, 20 kWh battery", 20_000, 45),
        (windwell, "8 kW wind turbine", 23_500, 90),
    ):
        bid = requests.place_bid(
            request,
            provider,
            unit_type=unit,
            power_w=10_000,
            cost=cost * STROOPS,
            installation_days=days,
            warranty_months=24,
            year_quantity=14_600_000,
            cover="transport and installation",
            now=tale.now,
        )
        say(f"      {provider.name} bids {money(bid.cost)} WATT: {unit}, in {days} days")
        bids.append(bid)
    tale.day(3, "Tengbeh accepts a bid")
    offering = requests.accept_bid(bids[0], tengbeh, min_price=5 * CENT, max_price=50 * CENT, now=tale.now)
    bids[1].refresh_from_db()
    say(f"      Sunworks will build; the bid of Windwell is {bids[1].get_state_display()}")
    # Prices hold for a minute here, so that nobody waits for an hour.
    offering.slot_seconds = 60
    offering.save(update_fields=["slot_seconds"])
    tale.day(4, "staff approves the offering: 10,000 units at 2.00 WATT, to be funded within a month")
    made = offerings.approve_offering(offering, actor=staff, reason="site and provider checked", now=tale.now)
    tale.settle()
    return tale.show(made)


def _fund(tale: Tale, made: Generator, asha: Member, bank: Member) -> Generator:
    tale.day(9, "three financiers read the risks and fund it: all, or everything is paid back")
    stakes = ((asha, 3_000), (bank, 5_000), (tale.people["Sunrise co-op"], 2_000))
    for financier, units in stakes:
        offerings.fund(made, financier, units, risks_read=True, now=tale.now)
        tale.settle()
    return tale.show(made, "Asha", "Green Bank", "Sunrise co-op")


def _build(tale: Tale, made: Generator, tengbeh: Member, sunworks: Member, first, second) -> tuple[Meter, Generator]:
    say, device = tale.say, Keypair.random()
    tale.day(
        20, "Sunworks delivers and installs; each milestone is accepted by Tengbeh and released by two of the staff"
    )
    row, key = codes.register_meter(made, "SL-0001", device.raw_public_key(), actor=first, reason="delivered")
    for number in (0, 1):
        _release(Milestone.objects.get(generator=made, number=number), tengbeh, sunworks, first, second)
    tale.settle()
    tale.day(48, "owners submit prices, 0.20 and 0.28; Tengbeh binds the meter's own key and sends the first token")
    running.submit_price(made, tale.people["Asha"], 20 * CENT)
    running.submit_price(made, tale.people["Green Bank"], 28 * CENT)
    building.install(made, tengbeh, device.raw_public_key())
    tale.settle()
    made.refresh_from_db()
    building.send_first_token(made, tengbeh, STROOPS)
    tale.settle()
    _release(Milestone.objects.get(generator=made, number=2), tengbeh, sunworks, first, second)
    tale.settle()
    say(f"      a kWh costs {money(running.next_price(made), 4)} WATT: the mean, 3,000 and 5,000 units to their prices")
    made = tale.show(made, "Sunworks")
    return Meter(device, made.address, Acceptor(key, row.starting_code), codes.QUANTUM), made


def _release(milestone: Milestone, tengbeh: Member, sunworks: Member, first, second) -> None:
    building.report_milestone(milestone, sunworks, f"{milestone.title}: signed note, 6 photos")
    building.answer_milestone(milestone, tengbeh, accepted=True)
    building.propose_release(milestone, actor=first, reason="evidence complete")
    building.approve_release(milestone, actor=second, reason="called the village")


def _sell_energy(tale: Tale, made: Generator, mariama: Member, meter: Meter) -> Generator:
    say = tale.say
    tale.day(50, "Mariama buys 50 kWh from her phone")
    payment = running.buy_energy(made, mariama, 50_000, phone=PHONE, gateway=tale.gateway)
    tale.settle()
    payment = Payment.objects.get(pk=payment.pk)
    code = EnergyCode.objects.get(payment=payment)
    codes.text_codes()
    say(f"      she pays {money(payment.amount)} WATT and gets an SMS: {codes.text_of(code)}")
    added = meter.enter(code.code, 0)
    dispensed = meter.dispense(12_500)
    say(f"      typed at the meter, which has no network: {kwh(added)} kWh; the first {kwh(dispensed)} kWh flow")
    try:
        meter.enter(code.code, 0)
    except CodeRefused as problem:
        say(f"      typed again: {problem}")
    tale.day(53, "the meter has a network again and proves what it dispensed")
    while meter.has_news():
        meter.take(reporting.take_report(made.meter, meter.report()))
    tale.settle()
    made = tale.show(made, "Mariama")
    say(f"      paid for {kwh(made.credited)} kWh, dispensed {kwh(made.dispensed)} kWh")
    return made


def _pay_owners(tale: Tale, made: Generator) -> Generator:
    tale.day(60, "the owners claim what their units have earned")
    for name in ("Asha", "Green Bank", "Sunrise co-op"):
        earned = made.stakes.get(member=tale.people[name]).claimable(made.index)
        owning.claim(made, tale.people[name])
        tale.say(f"      {name} is owed {money(earned, 7)} WATT")
        tale.settle()
    return tale.show(made, "Asha", "Green Bank", "Sunrise co-op")


def _change_hands(tale: Tale, made: Generator, asha: Member, dana: Member) -> Generator:
    tale.day(90, "Asha lists 1,000 of her units at 2.20; Dana buys 400 of them")
    owning.list_units(made, asha, 1_000, 22 * STROOPS // 10)
    tale.settle()
    stake = made.stakes.get(member=asha)
    owning.buy_units(made, dana, stake, 400, max_price=22 * STROOPS // 10)
    tale.settle()
    owning.unlist_units(made, asha)
    tale.settle()
    return tale.show(made, "Asha", "Dana")


def _leave(tale: Tale, made: Generator, bank: Member, dana: Member) -> Generator:
    tale.day(99, "Green Bank wants to leave: an exit auction, open for a week")
    auction = exits.open_exit(made, bank, now=tale.now)
    for member, side, units, limit in (
        (bank, "SELL", 2_500, 18),
        (tale.people["Asha"], "SELL", 600, 21),
        (dana, "BUY", 1_500, 24),
        (tale.people["Sunrise co-op"], "BUY", 1_000, 20),
    ):
        exits.place_exit_order(
            auction, member, side=side, units=units, limit=limit * STROOPS // 10, now=tale.now, gateway=tale.gateway
        )
        tale.say(f"      {member.name} would {side.lower()} {units:,} units at {limit / 10:.2f}")
    tale.day(107, "the auction clears")
    exits.clear_due(tale.now)
    auction = ExitAuction.objects.get(pk=auction.pk)
    tale.say(f"      {auction.units:,} units change hands at {money(auction.price)} WATT, the same for all")
    tale.settle()
    return tale.show(made, "Green Bank", "Asha", "Dana", "Sunrise co-op")


def _claimable(made: Generator) -> str:
    return money(sum(stake.claimable(made.index) for stake in made.stakes.all()), 7)


def _day(moment: datetime) -> str:
    return f"{moment:%d %B}"
