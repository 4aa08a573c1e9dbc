"""What a member does on a generator's page: each act with its form, and what has to be confirmed before money moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.shortcuts import get_object_or_404

from financing.building import building, lateness, objections
from financing.cover import cover
from financing.metering import codes
from financing.models import BuyOut, EnergyCode, ExitAuction, Future, Generator, Milestone, Pledge, Stake
from financing.models.cover import CoverOffer
from financing.offering import offerings, second_thoughts
from financing.owning import buyouts, exits, futures, owning
from financing.using import free, running, upkeep
from stelltron.core.errors import Refused
from stelltron.core.units import money
from stelltron.ledger import wallet_calls
from stelltron.ledger.wallet_calls import WalletCall
from stelltron.members.models import Member

from . import generator_forms as given

Data = dict[str, Any]


@dataclass(frozen=True)
class Act:
    form: type[forms.Form]
    do: Callable[[Generator, Member, Data], object]
    said: str
    # What the member is asked before it is done: money that is paid at once, or rights that are gone.
    ask: Callable[[Generator, Member, Data], str] | None = None
    # What a member with a wallet of their own signs instead, and what is done with it where sending it is not all.
    call: Callable[[Generator, Member, Data], WalletCall] | None = None
    take: Callable[[Generator, Member, Data, str], object] | None = None

    def take_signed(self, made: Generator, member: Member, data: Data, signed: str) -> None:
        """Send what the member has signed. Raises Refused unless it is the very call."""
        assert self.call
        if self.take:
            self.take(made, member, data, signed)
        else:
            wallet_calls.take(made.community, member.wallet, self.call(made, member, data), signed)


def _milestone(made: Generator, data: Data) -> Milestone:
    return get_object_or_404(made.milestones.select_related("generator__offering"), number=data["milestone"])


def _open_exit(made: Generator) -> ExitAuction:
    auction = made.exits.filter(state=ExitAuction.State.OPEN).first()
    if auction is None:
        raise Refused("no_exit", "no exit auction of this generator is open")
    return auction


def _receiver(member: Member, data: Data) -> Member:
    other = Member.objects.filter(community=member.community, code=data["other"].strip(), is_active=True).first()
    if other is None:
        raise Refused("no_such_member", "no member of your community has this code: ask them for it")
    return other


def _answer(made: Generator, member: Member, data: Data) -> None:
    accepted = data["accepted"] == "yes"
    building.answer_milestone(_milestone(made, data), member, accepted=accepted, reason=data["reason"])


def _listed(made: Generator, data: Data) -> Stake:
    return get_object_or_404(Stake, address=data["seller"], generator=made)


def _ask_to_buy_energy(made: Generator, member: Member, data: Data) -> str:
    wanted = made.offering.request
    most = data["quantity"] * data["max_price"] // wanted.parts
    amount = f"{data['quantity'] / wanted.parts:g} {wanted.measure}"
    return f"You pay up to {money(most, 4)} {made.community.currency} for {amount}. Less, if the price falls before it arrives."


def _pledge(made: Generator, member: Member, data: Data) -> Pledge:
    rows = Pledge.objects.select_related("generator__community", "generator__offering")
    return get_object_or_404(rows, pk=data["pledge"], generator=made, financier=member)


def _ask_to_take_back(made: Generator, member: Member, data: Data) -> str:
    units = _pledge(made, member, data).units
    back = f"{money(units * made.unit_price)} {made.community.currency}"
    return f"You take {units:,} units back, and {back} come to your wallet. The units are for others to fund then."


def _code_again(made: Generator, member: Member, data: Data) -> None:
    code = get_object_or_404(EnergyCode, pk=data["code"], meter=made.pk, payment__member=member)
    codes.issue_again(code, actor=member.user)


def _future(made: Generator, data: Data) -> Future:
    return get_object_or_404(made.futures.select_related("generator__offering", "seller"), pk=data["future"])


def _ask_to_buy_future(made: Generator, member: Member, data: Data) -> str:
    future = _future(made, data)
    return (
        f"You pay {money(future.price)} {made.community.currency} now for the {future}. You get what these units earn "
        "in that time, which may be less than you pay, or nothing. The units stay the seller's."
    )


def _ask_to_offer_future(made: Generator, member: Member, data: Data) -> str:
    return (
        f"You offer the income of {data['units']} units from {data['begins']:%Y-%m-%d} on for {data['days']} days, for "
        f"{money(data['price'])} {made.community.currency} together. Until it is over the units can neither be sold nor given."
    )


def _offer_future(made: Generator, member: Member, data: Data) -> None:
    begins = datetime.combine(data["begins"], time(), ZoneInfo(member.community.time_zone))
    ends = begins + timedelta(days=data["days"])
    futures.offer_future(made, member, data["units"], begins=begins, ends=ends, price=data["price"])


def _open_buyout(made: Generator) -> BuyOut:
    buyout = made.buyouts.filter(state=BuyOut.State.OPEN).select_related("generator__community", "bidder").first()
    if buyout is None:
        raise Refused("no_buyout", "no buy-out of this generator is open")
    return buyout


def _shown_buyout(made: Generator, data: Data) -> BuyOut:
    """The one whose price the owner has seen, whatever is open by now."""
    return get_object_or_404(made.buyouts.select_related("generator__community", "bidder"), pk=data["buyout"])


def _ask_to_offer_buyout(made: Generator, member: Member, data: Data) -> str:
    total, price = money(buyouts.cost(made, member, data["price"])), money(data["price"], 7)
    return f"You offer {price} for each unit that you do not own: {total} {made.community.currency} if all accept."


def _ask_to_accept_buyout(made: Generator, member: Member, data: Data) -> str:
    price = _shown_buyout(made, data).price
    return (
        f"You sell {data['units']} units for {money(price * data['units'])} {made.community.currency}. "
        "What they earned until then stays yours to claim."
    )


def _cover_offer(made: Generator, data: Data) -> CoverOffer:
    return get_object_or_404(
        made.cover_offers.select_related("generator__offering", "insurer__member"), pk=data["offer"]
    )


def _ask_to_buy_cover(made: Generator, member: Member, data: Data) -> str:
    offer = _cover_offer(made, data)
    return (
        f"You pay {money(offer.premium(data['amount']), 7)} {made.community.currency} now and are covered for "
        f"{money(data['amount'])} during {offer.days} days. What counts: {offer.counts} The insurer pays out of what it "
        "has then: its capital is proven today, and not locked."
    )


def _agree(made: Generator, member: Member, data: Data) -> None:
    asked = get_object_or_404(made.upkeeps.select_related("generator"), pk=data["upkeep"])
    upkeep.agree(asked, member, agreed=data["agreed"] == "yes", why=data["why"])


def _ask_to_object(made: Generator, member: Member, data: Data) -> str:
    return "You object to what the co-op has announced: it is not done, unless you agree to it later or it is announced anew."


ON_ITS_WAY = "It is on its way to the chain."
ACTS: dict[str, Act] = {
    "refund": Act(given.NothingForm, lambda g, m, d: offerings.take_refund(g, m), "Your stake is on its way back."),
    "take-back": Act(
        given.PledgeForm,
        lambda g, m, d: second_thoughts.take_back(_pledge(g, m, d), m),
        "Your stake is on its way back to your wallet.",
        _ask_to_take_back,
    ),
    "claim": Act(given.NothingForm, lambda g, m, d: owning.claim(g, m), "Your income is on its way to your wallet."),
    "price": Act(
        given.PriceForm,
        lambda g, m, d: running.submit_price(g, m, d["price"]),
        ON_ITS_WAY,
        call=lambda g, m, d: running.price_call(g, m, d["price"]),
    ),
    "energy": Act(
        given.BuyEnergyForm,
        lambda g, m, d: running.buy_energy(g, m, d["quantity"], max_price=d["max_price"], phone=d["phone"]),
        "Your payment is on its way; the code for the meter follows.",
        _ask_to_buy_energy,
        call=lambda g, m, d: running.energy_call(g, m, d["quantity"], max_price=d["max_price"], phone=d["phone"])[0],
        take=lambda g, m, d, signed: running.take_energy(
            g, m, d["quantity"], signed, max_price=d["max_price"], phone=d["phone"]
        ),
    ),
    "code-again": Act(given.CodeForm, _code_again, "Another code is here, and on its way to the number you gave."),
    "free-energy": Act(
        given.EnergyForm,
        lambda g, m, d: free.take_free(g, m, d["quantity"], phone=d["phone"]),
        "The code for the meter is here, and on its way to the number you gave.",
    ),
    "list": Act(
        given.ListForm,
        lambda g, m, d: owning.list_units(g, m, d["units"], d["price"]),
        ON_ITS_WAY,
        call=lambda g, m, d: owning.list_call(g, m, d["units"], d["price"]),
    ),
    "unlist": Act(
        given.NothingForm,
        lambda g, m, d: owning.unlist_units(g, m),
        ON_ITS_WAY,
        call=lambda g, m, d: owning.unlist_call(g, m),
    ),
    "buy": Act(
        given.BuyForm,
        lambda g, m, d: owning.buy_units(g, m, _listed(g, d), d["units"], max_price=d["max_price"]),
        ON_ITS_WAY,
        call=lambda g, m, d: owning.buy_call(g, m, _listed(g, d), d["units"], max_price=d["max_price"]),
    ),
    "give": Act(
        given.GiveForm,
        lambda g, m, d: owning.give_units(g, m, _receiver(m, d), d["units"]),
        ON_ITS_WAY,
        call=lambda g, m, d: owning.give_call(g, m, _receiver(m, d), d["units"]),
    ),
    "open-exit": Act(given.NothingForm, lambda g, m, d: exits.open_exit(g, m), "The exit auction is open."),
    "exit": Act(
        given.ExitForm, lambda g, m, d: exits.place_exit_order(_open_exit(g), m, **d), "Your order is in the auction."
    ),
    "report": Act(
        given.EvidenceForm,
        lambda g, m, d: building.report_milestone(_milestone(g, d), m, d["evidence"], pictures=d["pictures"]),
        "Reported. The requester is asked to accept it.",
    ),
    "answer": Act(given.AnswerForm, _answer, "Your answer is noted."),
    "install": Act(
        given.InstallForm, lambda g, m, d: building.install(g, m, bytes.fromhex(d["device_key"])), ON_ITS_WAY
    ),
    "first-token": Act(given.FirstTokenForm, lambda g, m, d: building.send_first_token(g, m, d["amount"]), ON_ITS_WAY),
    "ticket": Act(
        given.TicketForm,
        lambda g, m, d: upkeep.open_ticket(g, m, d["text"], fault=d["fault"] == "yes"),
        "Sent. The co-op answers here; provider and village are told.",
    ),
    "agree": Act(given.AgreeForm, _agree, "Your answer is noted."),
    "object": Act(
        given.NothingForm,
        lambda g, m, d: objections.object_to(g, m),
        "Your objection is on its way to the chain.",
        _ask_to_object,
    ),
    "delay": Act(
        given.DelayForm,
        lambda g, m, d: lateness.announce_delay(_milestone(g, d), m, d["text"]),
        "The owners and the village are told.",
    ),
    "offer-buyout": Act(
        given.BuyOutForm,
        lambda g, m, d: buyouts.offer_buyout(g, m, d["price"]),
        "Every owner is asked.",
        _ask_to_offer_buyout,
    ),
    "withdraw-buyout": Act(
        given.NothingForm, lambda g, m, d: buyouts.withdraw_buyout(_open_buyout(g), m), "The buy-out is withdrawn."
    ),
    "accept-buyout": Act(
        given.AcceptBuyOutForm,
        lambda g, m, d: buyouts.accept_buyout(_shown_buyout(g, d), m, d["units"]),
        ON_ITS_WAY,
        _ask_to_accept_buyout,
    ),
    "offer-cover": Act(given.OfferCoverForm, lambda g, m, d: cover.offer_cover(g, m, **d), "Your cover is for sale."),
    "buy-cover": Act(
        given.BuyCoverForm,
        lambda g, m, d: cover.buy_cover(_cover_offer(g, d), m, d["amount"]),
        "Your premium is on its way; you are covered once the chain has it.",
        _ask_to_buy_cover,
    ),
    "offer-future": Act(given.OfferFutureForm, _offer_future, ON_ITS_WAY, _ask_to_offer_future),
    "withdraw-future": Act(
        given.FutureForm, lambda g, m, d: futures.withdraw_future(_future(g, d), m), "Your offer is being withdrawn."
    ),
    "buy-future": Act(
        given.BuyFutureForm,
        lambda g, m, d: futures.buy_future(_future(g, d), m, max_price=d["max_price"]),
        ON_ITS_WAY,
        _ask_to_buy_future,
    ),
    "settle-future": Act(
        given.FutureForm,
        lambda g, m, d: futures.settle_future(_future(g, d), m),
        "It is being settled: what is due can be claimed then.",
    ),
}
