"""A running generator: its owners' price, and the energy that people pay for."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.units import money
from stelltron.ledger import wallet_calls
from stelltron.ledger.clients import generator
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.intents import queue_call
from stelltron.ledger.models import ChainIntent
from stelltron.ledger.wallet_calls import WalletCall
from stelltron.members.models import Member
from stelltron.members.notices import PHONE

from ..calls import ask, call, managed
from ..income import mean_price
from ..metering.codes import LARGEST_CODE, QUANTUM
from ..models import Generator, Payment, Stake


@transaction.atomic
def submit_price(made: Generator, owner: Member, price: int | None) -> ChainIntent:
    """An owner's say in what a measure costs, from the next slot on; None takes it back. Raises Refused."""
    managed(owner)
    asked = price_call(made, owner, price)
    log_action("generator.price", actor=owner.user, target=made.pk, community=made.community, price=price)
    return queue_call(
        made.community, f"{asked.purpose}:{_times(made, 'price', owner)}", asked.call, wallet=owner.wallet
    )


def price_call(made: Generator, owner: Member, price: int | None) -> WalletCall:
    """The same for an owner to sign in a wallet of their own. Raises Refused."""
    stake = stake_of(made, owner)
    if made.state not in Generator.OWNED or stake is None or not stake.units:
        raise Refused("not_an_owner", "only who owns units of a funded generator has a say in its price")
    terms = made.offering
    if price is not None and not terms.min_price <= price <= terms.max_price:
        bounds = f"{money(terms.min_price, 4)} to {money(terms.max_price, 4)}"
        raise Refused("price_out_of_bounds", f"the price must lie within what the generator was funded with: {bounds}")
    if price is None and stake.price is None:
        raise Refused("no_price_submitted", "you have no price submitted")
    address = owner.wallet.address
    said = generator.clear_price(address) if price is None else generator.set_price(address, price)
    return WalletCall(f"{made.contract_name}:price:{owner.pk}", call(made, said))


@transaction.atomic
def buy_energy(
    made: Generator,
    payer: Member,
    quantity: int,
    *,
    max_price: int | None = None,
    phone: str = "",
    gateway: Gateway | None = None,
) -> Payment:
    """Pay for ``quantity`` parts of the measure; the code for the meter comes once the chain has it. Raises Refused.

    ``max_price`` bounds what a measure may cost when the payment arrives; without it, the price of this moment.
    """
    managed(payer)
    asked, now_price = energy_call(made, payer, quantity, max_price=max_price, phone=phone, gateway=gateway)
    number = made.payments.filter(member=payer).count()
    intent = queue_call(made.community, f"{asked.purpose}:{number}", asked.call, wallet=payer.wallet)
    return _write_down(made, payer, quantity, now_price, phone, intent)


def energy_call(
    made: Generator,
    payer: Member,
    quantity: int,
    *,
    max_price: int | None,
    phone: str,
    gateway: Gateway | None = None,
) -> tuple[WalletCall, int]:
    """The same to sign in a wallet of one's own, and what a measure costs now (stroops). Raises Refused."""
    require_chunk(made, quantity, phone)
    now_price = price_now(made, gateway)
    if now_price == 0:
        raise Refused("free_now", f"{made} runs for free now: there is nothing to pay. Take a code for nothing")
    if max_price is not None and now_price > max_price:
        raise Refused(
            "price_above_limit", f"a {made.offering.request.measure} costs {money(now_price, 4)} now, above your limit"
        )
    most = now_price if max_price is None else max_price
    paying = call(made, generator.pay(payer.wallet.address, quantity, most))
    return WalletCall(f"{made.contract_name}:pay:{payer.pk}", paying), now_price


@transaction.atomic
def take_energy(
    made: Generator,
    payer: Member,
    quantity: int,
    signed: str,
    *,
    max_price: int,
    phone: str,
    gateway: Gateway | None = None,
) -> Payment:
    """A payment that its payer has signed in a wallet of their own. Raises Refused."""
    asked, now_price = energy_call(made, payer, quantity, max_price=max_price, phone=phone, gateway=gateway)
    intent = wallet_calls.take(made.community, payer.wallet, asked, signed)
    return _write_down(made, payer, quantity, now_price, phone, intent)


def _write_down(
    made: Generator, payer: Member, quantity: int, now_price: int, phone: str, intent: ChainIntent
) -> Payment:
    # A double click asks for the same intent twice.
    payment, _ = Payment.objects.get_or_create(
        intent=intent,
        defaults={
            "generator": made,
            "payer": payer.wallet.address,
            "member": payer,
            "quantity": quantity,
            "price": now_price,
            "phone": phone,
            "at": datetime.now(UTC),
        },
    )
    return payment


def require_chunk(made: Generator, quantity: int, phone: str) -> None:
    """Raises Refused unless the generator runs, a code carries the quantity, and an SMS may go there."""
    if made.state != Generator.State.ACTIVE:
        raise Refused("not_running", f"{made} is {made.get_state_display()}: there is no energy to buy")
    if phone and not PHONE.fullmatch(phone):
        raise Refused("bad_phone", "write the number with its country, without spaces: +14155550123")
    if not 0 < quantity <= LARGEST_CODE * QUANTUM or quantity % QUANTUM:
        parts = made.offering.request.parts
        most = f"{LARGEST_CODE * QUANTUM / parts:g}"
        raise Refused(
            "bad_quantity",
            f"buy from {QUANTUM / parts:g} up to {most} {made.offering.request.measure} at a time, in steps of {QUANTUM / parts:g}",
        )


def price_now(made: Generator, gateway: Gateway | None = None) -> int:
    """What a measure costs in this slot, as the contract says. Raises Refused."""
    return ask(made, generator.price(), gateway)


def next_price(made: Generator) -> int:
    """The mean of what owners have submitted: what holds from the next slot on."""
    votes = made.stakes.filter(price__isnull=False, units__gt=0).values_list("units", "price")
    return mean_price(votes)


def stake_of(made: Generator, member: Member) -> Stake | None:
    return made.stakes.filter(address=member.wallet.address).first()


def _times(made: Generator, verb: str, member: Member) -> int:
    """How often the member has asked for this: part of the idempotency key."""
    return ChainIntent.objects.filter(key__startswith=f"{made.contract_name}:{verb}:{member.pk}:").count()
