"""What the market tells its members, in their words: settlements, ended orders, mandates, contracts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Sum

from stelltron.core.models import Community
from stelltron.core.units import WH_PER_KWH, kwh, money
from stelltron.ledger.models import ChainIntent, EnergyLock
from stelltron.members.models import Member, Notice
from stelltron.members.notices import notify, notify_all

from .models import Bill, FriendContract, Mandate, Order, Trade

Kind = Notice.Kind
WARN_BEFORE = timedelta(days=7)


def tell_settled(intents: Sequence[ChainIntent]) -> None:
    """Both parties once per settlement: what they sold and bought, at which mean price, with its transaction."""
    hashes = {intent.pk: intent.transaction_id or "" for intent in intents}
    trades = Trade.objects.filter(intent__in=hashes).order_by()
    notices = []
    for side, verb in (("seller", "Sold"), ("buyer", "Bought")):
        sums = trades.values("intent_id", side).annotate(wh_sum=Sum("wh"), paid=Sum("amount"), fees=Sum("fee_amount"))
        for row in sums:
            stroops = row["paid"] + (row["fees"] if side == "buyer" else 0)
            price = stroops * WH_PER_KWH // row["wh_sum"]
            notices.append(
                Notice(
                    member_id=row[side],
                    kind=Kind.TRADES_SETTLED,
                    key=f"settled:{row['intent_id']}:{side}",
                    text=f"{verb} {kwh(row['wh_sum'])} kWh for {money(stroops, 4)} WATT, {money(price, 4)} a kWh",
                    transaction_hash=hashes[row["intent_id"]],
                )
            )
    notify_all(notices)


def tell_undone(intent: ChainIntent) -> None:
    """Both parties once: what the contract refused, why, and where to see what took its place."""
    for side, sold in (("seller", "sale"), ("buyer", "purchase")):
        sums = Trade.objects.filter(intent=intent).order_by().values_list(side).annotate(Sum("wh"))
        notify_all(
            Notice(
                member_id=member,
                kind=Kind.TRADES_UNDONE,
                key=f"undone:{intent.pk}:{side}",
                text=f"Your {sold} of {kwh(wh)} kWh did not go through: {intent.problem[:150]}. It is taken back;"
                " your statement shows what took its place",
            )
            for member, wh in sums
        )


def tell_delivered(trade: Trade, lock: EnergyLock) -> None:
    """Both parties once: what was delivered of what was sold ahead, and what it cost."""
    of = f"{kwh(lock.delivered_wh)} of {kwh(lock.wh)} kWh"
    back = lock.stroops - lock.paid_stroops
    rest = f", {money(back)} WATT came back" if back else ""
    told = (
        (trade.seller, f"You delivered {of} of stored energy: {money(lock.paid_stroops)} WATT"),
        (trade.buyer, f"{of} of stored energy were delivered to you for {money(lock.paid_stroops)} WATT{rest}"),
    )
    for member, text in told:
        notify(member, Kind.TRADES_SETTLED, f"delivered:{trade.pk}", text)


def tell_released(trade: Trade, why: str, drawn_wh: int = 0) -> None:
    """Both parties once: a sale of stored energy came to nothing, and everything went back."""
    bought = f"; the {kwh(drawn_wh)} kWh that you drew of it are billed at the utility's price" if drawn_wh else ""
    for member, part, more in (
        (trade.buyer, f"{money(trade.amount)} WATT", bought),
        (trade.seller, f"{kwh(trade.wh)} kWh", ""),
    ):
        text = f"{kwh(trade.wh)} kWh of stored energy were not delivered, your {part} came back: {why}{more}"
        notify(member, Kind.ORDER_ENDED, f"released:{trade.pk}", text[:300])


def tell_posted(bills: Sequence[Bill]) -> None:
    """Each member once per document: its number and what is due."""
    notify_all(
        Notice(
            member_id=bill.member_id,
            kind=Kind.STATEMENT_READY,
            key=f"bill:{bill.pk}",
            text=f"Your {bill.get_kind_display()} {bill.number} of {bill.month:%B %Y} is ready: {_due(bill.total)}",
        )
        for bill in bills
    )


def _due(stroops: int) -> str:
    return f"{money(-stroops)} to pay" if stroops < 0 else f"{money(stroops)} in your favour"


def tell_order_ended(order: Order, why: str) -> None:
    text = (
        f"Your order to {order.get_side_display()} {kwh(order.wh)} kWh ended: {why}; {kwh(order.open_wh)} kWh were left"
    )
    notify(order.member, Kind.ORDER_ENDED, f"order:{order.pk}", text)


def tell_not_taken(order_id: object, member_id: object, side: str, wh: int, why: str) -> None:
    """The owner of an order that wanted to trade at once while it could not; it may have no row yet."""
    text = f"Your order to {Order.Side(side).label} {kwh(wh)} kWh was not taken: {why}"
    notify_all([Notice(member_id=member_id, kind=Kind.ORDER_ENDED, key=f"order:{order_id}", text=text[:300])])


def tell_expiring_mandates(community: Community) -> int:
    """A week ahead, once per mandate. Returns how many end soon."""
    now = community.now()
    soon = Mandate.objects.filter(
        member__community=community,
        state=Mandate.State.ACTIVE,
        valid_until__gt=now,
        valid_until__lte=now + WARN_BEFORE,
    ).select_related("member")
    for mandate in soon:
        text = f"Your mandate ends on {mandate.valid_until:%Y-%m-%d %H:%M} UTC: give a new one to go on trading"
        notify(mandate.member, Kind.MANDATE_EXPIRING, f"mandate:{mandate.pk}", text)
    return len(soon)


def tell_contract(contract: FriendContract, by: Member, what: str) -> None:
    """The other side of a contract, and only them."""
    other = contract.buyer if by.pk == contract.seller_id else contract.seller
    terms = f"{kwh(contract.slot_wh)} kWh a slot at {money(contract.price, 4)} WATT a kWh"
    notify(other, Kind.CONTRACT, f"contract:{contract.pk}:{what.split()[0]}", f"{by.name} {what}: {terms}")
