"""What generator contracts say, as rows and journal entries: one handler an event, in the follower's transaction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import F
from stellar_sdk import scval, xdr

from stelltron.core.states import change_state
from stelltron.core.units import money
from stelltron.ledger import journal, outside
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.models import Asset, ChainEvent, ChainIntent
from stelltron.members.models import Wallet

from .income import Income
from .metering.codes import issue_code
from .models import Future, Generator, Milestone, Payment, Payout, Pledge, Stake, UnitTransfer
from .offering.second_thoughts import follow_withdrawal
from .telling import tell, tell_all

State = Generator.State


@dataclass(frozen=True)
class Said:
    """One event of one generator, which is locked."""

    made: Generator
    event: ChainEvent
    at: datetime

    @property
    def topics(self) -> list[Any]:
        return self.event.data["topics"]

    def number(self, name: str) -> int:
        return int(self.event.data["value"][name])

    def stake(self, address: str) -> Stake:
        wallet = Wallet.objects.filter(address=address).first()
        found, _ = Stake.objects.get_or_create(
            generator=self.made,
            address=address,
            defaults={"member_id": wallet.member_id if wallet else None, "index": self.made.index},
        )
        return found

    def book(self, amount: int) -> None:
        """Money comes into the contract, or leaves it below zero."""
        journal.post(
            self.made.community,
            f"generator-{self.event.name}"[:30],
            f"event:{self.event.id}",
            [("wallets", Asset.WATT, -amount), (self.made.account, Asset.WATT, amount)],
            transaction_hash=self.event.transaction_hash,
        )


def take(event: ChainEvent, at: datetime) -> Generator | None:
    """Write down what a generator's event says; None where it is another contract's."""
    made = Generator.objects.select_for_update().filter(address=event.contract).first()
    if made is None:
        return None
    handler = HANDLERS.get(event.name)
    if handler:
        handler(Said(made, event, at))
    return made


def begin(made: Generator) -> None:
    """The factory has created it: it takes stakes."""
    change_state(made, Generator.TRANSITIONS, State.FUNDING)


def _state_changed(said: Said) -> None:
    made, new = said.made, Generator.ON_CHAIN[said.number("state")]
    changes: dict[str, Any] = {}
    if new == State.ACTIVE:
        changes["active_since"] = said.at
    elif new == State.FUNDED:
        changes["funded_at"] = said.at
    change_state(made, Generator.TRANSITIONS, new, **changes)
    if new == State.ACTIVE:
        _first_token(said)
    elif new == State.RETIRED:
        rest, made.held = made.held, 0
        made.save(update_fields=["held"])
        _keep_income(made, made.income.close(rest))


def _first_token(said: Said) -> None:
    """It is income, and no event tells its amount: the call does, ours or one that the requester sent past us."""
    ours = ChainIntent.objects.filter(transaction=said.event.transaction_hash, payload__function="activate").first()
    if ours:
        given = [xdr.SCVal.from_xdr(arg) for arg in ours.payload["args"]]
    else:
        given = outside.arguments(said.event, "activate", Gateway(settings.STELLAR))
    payer, amount = map(scval.to_native, given)
    said.book(amount)
    _keep_income(said.made, said.made.income.receive(amount, said.made.offering.maintenance_bps))
    _keep_payment(said, payer.address, quantity=0, price=0, amount=amount)


def _funded(said: Said) -> None:
    made, units, amount = said.made, said.number("units"), said.number("amount")
    stake = said.stake(said.topics[0])
    stake.units += units
    stake.save()
    made.sold += units
    made.held += amount
    # Somebody may have funded it without us.
    made.reserved = max(made.reserved, made.sold)
    made.save(update_fields=["sold", "held", "reserved"])
    said.book(amount)


def _withdrawn(said: Said) -> None:
    """Units that were funded are for others to fund."""
    made, units, amount = said.made, said.number("units"), said.number("amount")
    stake = said.stake(said.topics[0])
    stake.units -= units
    stake.save()
    made.sold -= units
    made.held -= amount
    made.reserved = max(made.reserved - units, made.sold)
    made.save(update_fields=["sold", "held", "reserved"])
    beyond = units
    for pledge in Pledge.objects.filter(generator=made, back_intent__transaction=said.event.transaction_hash):
        change_state(pledge, Pledge.TRANSITIONS, Pledge.State.TAKEN)
        beyond -= pledge.units
    follow_withdrawal(stake, beyond)
    said.book(-amount)
    tell(stake.member, f"withdrawn:{said.event.id}", f"{units} units of {made} are taken back: {money(amount)} WATT")


def _refunded(said: Said) -> None:
    made, amount, stake = said.made, said.number("amount"), said.stake(said.topics[0])
    made.held -= amount
    made.refunded += amount
    made.save(update_fields=["held", "refunded"])
    stake.units = 0
    stake.save()
    said.book(-amount)


def _released(said: Said) -> None:
    made, amount = said.made, said.number("amount")
    made.held -= amount
    made.released += amount
    made.save(update_fields=["held", "released"])
    milestone = Milestone.objects.get(generator=made, number=int(said.topics[0]))
    change_state(milestone, Milestone.TRANSITIONS, Milestone.State.RELEASED)
    said.book(-amount)


def _device_bound(said: Said) -> None:
    Generator.objects.filter(pk=said.made.pk).update(device_key=said.event.data["value"]["key"])


def _price_submitted(said: Said) -> None:
    # Left out where it was taken back.
    price = said.event.data["value"].get("price")
    stake = said.stake(said.topics[0])
    stake.price = None if price is None else int(price)
    stake.save(update_fields=["price"])


def _paid(said: Said) -> None:
    made, quantity, amount = said.made, said.number("quantity"), said.number("amount")
    _keep_income(made, made.income.receive(amount, made.offering.maintenance_bps))
    Generator.objects.filter(pk=made.pk).update(credited=F("credited") + quantity, paid=F("paid") + amount)
    said.book(amount)
    _keep_payment(said, said.topics[0], quantity=quantity, price=said.number("price"), amount=amount)


def _dispensed(said: Said) -> None:
    field = "free" if said.event.data["value"]["free"] else "dispensed"
    Generator.objects.filter(pk=said.made.pk).update(**{field: F(field) + said.number("quantity")})


def _claimed(said: Said) -> None:
    made, amount = said.made, said.number("amount")
    stake = _settled(said.stake(said.topics[0]), made)
    stake.earned -= amount
    stake.claimed += amount
    stake.save()
    _keep_income(made, made.income.pay_out(amount))
    Payout.objects.create(
        event=said.event.id,
        stake=stake,
        amount=amount,
        at=said.at,
        transaction_hash=said.event.transaction_hash,
    )
    said.book(-amount)


def _maintenance_spent(said: Said) -> None:
    amount = said.number("amount")
    _keep_income(said.made, said.made.income.spend(amount))
    said.book(-amount)


def _listed(said: Said) -> None:
    stake = said.stake(said.topics[0])
    stake.listed, stake.ask = said.number("units"), said.number("price")
    stake.save(update_fields=["listed", "ask"])


def _unlisted(said: Said) -> None:
    stake = said.stake(said.topics[0])
    stake.listed, stake.ask = 0, 0
    stake.save(update_fields=["listed", "ask"])


def _bought(said: Said) -> None:
    buyer, seller = said.topics
    units = said.number("units")
    giver = said.stake(seller)
    giver.listed -= units
    if giver.listed == 0:
        giver.ask = 0
    _hand_over(said, giver, said.stake(buyer), units, said.number("price"))


def _transferred(said: Said) -> None:
    giver, receiver = (said.stake(address) for address in said.topics)
    if giver != receiver:
        _hand_over(said, giver, receiver, said.number("units"), 0)


def _hand_over(said: Said, giver: Stake, receiver: Stake, units: int, price: int) -> None:
    """Both sides are settled first: income is cut off at this moment."""
    for stake, change in ((giver, -units), (receiver, units)):
        _settled(stake, said.made)
        stake.units += change
        if stake.units == 0:
            stake.price = None
        stake.save()
    UnitTransfer.objects.create(
        event=said.event.id,
        generator=said.made,
        giver=giver,
        receiver=receiver,
        units=units,
        price=price,
        at=said.at,
        transaction_hash=said.event.transaction_hash,
    )


def _future_offered(said: Said) -> None:
    stake, value = said.stake(said.topics[0]), said.event.data["value"]
    stake.pledged += said.number("units")
    stake.save(update_fields=["pledged"])
    sent = Future.objects.filter(intent__transaction=said.event.transaction_hash, state__in=("SENT", "FAILED")).first()
    if sent:
        change_state(sent, Future.TRANSITIONS, Future.State.OFFERED, number=said.number("id"))
        return
    begins, ends = (datetime.fromtimestamp(int(value[name]), UTC) for name in ("from", "until"))
    Future.objects.create(
        generator=said.made,
        number=said.number("id"),
        seller=stake,
        units=said.number("units"),
        begins=begins,
        ends=ends,
        price=said.number("price"),
        state=Future.State.OFFERED,
    )


def _future(said: Said, number: int) -> Future:
    return Future.objects.select_related("seller__member", "buyer__member").get(generator=said.made, number=number)


def _future_withdrawn(said: Said) -> None:
    future, stake = _future(said, said.number("id")), said.stake(said.topics[0])
    change_state(future, Future.TRANSITIONS, Future.State.WITHDRAWN)
    stake.pledged -= future.units
    stake.save(update_fields=["pledged"])


def _future_bought(said: Said) -> None:
    buyer, seller = (said.stake(address) for address in said.topics)
    future = _future(said, said.number("id"))
    change_state(
        future,
        Future.TRANSITIONS,
        Future.State.SOLD,
        buyer=buyer,
        index=said.made.index,
        sold_at=said.at,
        sold_event=said.event.id,
        sold_hash=said.event.transaction_hash,
    )
    _settled(seller, said.made)
    seller.lent += future.units
    seller.save()
    tell(seller.member, f"future:{future.pk}:sold", f"Your future is sold: {future}, for {money(future.price)}")
    tell(buyer.member, f"future:{future.pk}:bought", f"You have bought the {future}, for {money(future.price)}")


def _future_settled(said: Said) -> None:
    future, made = _future(said, int(said.topics[0])), said.made
    to_buyer, to_seller = said.number("to_buyer"), said.number("to_seller")
    Future.objects.filter(pk=future.pk).update(
        to_buyer=F("to_buyer") + to_buyer, to_seller=F("to_seller") + to_seller, index=made.index
    )
    Stake.objects.filter(pk=future.buyer_id).update(earned=F("earned") + to_buyer)
    seller = Stake.objects.get(pk=future.seller_id)
    seller.earned += to_seller
    if said.event.data["value"]["ended"]:
        _settled(seller, made)
        seller.lent -= future.units
        seller.pledged -= future.units
        change_state(future, Future.TRANSITIONS, Future.State.SETTLED)
        said_so = f"The {future} is settled: {money(future.to_buyer + to_buyer, 7)} to the buyer. Claim what is yours."
        tell_all((future.buyer.member, future.seller.member), f"future:{future.pk}:settled", said_so)
    seller.save()


def _settled(stake: Stake, made: Generator) -> Stake:
    stake.earned, stake.index = stake.claimable(made.index), made.index
    return stake


def _keep_income(made: Generator, income: Income) -> None:
    made.index, made.carry = income.index, income.carry
    made.received, made.claimed = income.received, income.claimed
    made.maintenance, made.spent = income.maintenance, income.spent
    made.save(update_fields=["index", "carry", "received", "claimed", "maintenance", "spent"])


def _keep_payment(said: Said, payer: str, *, quantity: int, price: int, amount: int) -> None:
    """The purchase that was on its way, or one made past us."""
    event, hash = said.event.id, said.event.transaction_hash
    waiting = Payment.objects.filter(generator=said.made, intent__transaction=hash).first()
    done = {"price": price, "amount": amount, "event": event, "transaction_hash": hash, "at": said.at}
    if waiting:
        change_state(waiting, Payment.TRANSITIONS, Payment.State.PAID, **done)
        issue_code(waiting)
        return
    wallet = Wallet.objects.filter(address=payer).first()
    made = Payment.objects.create(
        generator=said.made,
        payer=payer,
        member_id=wallet.member_id if wallet else None,
        quantity=quantity,
        state=Payment.State.PAID,
        **done,
    )
    if wallet:
        # A stranger has no page to find a code on: their credit stays on the chain.
        issue_code(made)


HANDLERS: dict[str, Callable[[Said], None]] = {
    "state_changed": _state_changed,
    "funded": _funded,
    "withdrawn": _withdrawn,
    "refunded": _refunded,
    "released": _released,
    "device_bound": _device_bound,
    "price_submitted": _price_submitted,
    "paid": _paid,
    "dispensed": _dispensed,
    "claimed": _claimed,
    "maintenance_spent": _maintenance_spent,
    "listed": _listed,
    "unlisted": _unlisted,
    "bought": _bought,
    "transferred": _transferred,
    "future_offered": _future_offered,
    "future_withdrawn": _future_withdrawn,
    "future_bought": _future_bought,
    "future_settled": _future_settled,
}
