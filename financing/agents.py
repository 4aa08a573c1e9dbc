"""Agents sell energy for cash: the principal's wallet pays at once, the agent owes the cash, up to a ceiling."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Sum

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.units import money
from stelltron.ledger.clients import generator
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Member
from stelltron.members.services import require_kyc

from .calls import ask, managed, require_money
from .models import Agent, AgentSale, Generator, Handover, Payment
from .requests import MOST_STROOPS
from .running import buy_energy
from .telling import tell


@transaction.atomic
def appoint(principal: Member, member: Member, ceiling: int, *, now: datetime | None = None) -> Agent:
    """The principal trusts the agent with so much cash; again: another ceiling. Raises Refused."""
    require_kyc(principal)
    require_kyc(member)
    managed(principal)
    if member.pk == principal.pk:
        raise Refused("own_agent", "name another member: your own wallet pays without an agent")
    if not 0 < ceiling <= MOST_STROOPS:
        raise Refused("bad_ceiling", "the ceiling is more than zero: the most cash the agent may hold for you")
    defaults = {"ceiling": ceiling, "is_active": True}
    created = {**defaults, "appointed_at": now or datetime.now(UTC)}
    agent, _ = Agent.objects.update_or_create(
        principal=principal, member=member, defaults=defaults, create_defaults=created
    )
    key = f"agent:{agent.pk}:{ceiling}"
    tell(member, key, f"You may sell energy for {principal.name}, and hold up to {money(ceiling)} in cash")
    log_action("agent.appoint", actor=principal.user, target=agent.pk, community=principal.community, stroops=ceiling)
    return agent


@transaction.atomic
def dismiss(agent: Agent, principal: Member) -> None:
    """The agent sells no more; what is owed stays owed. Raises Refused."""
    _require_principal(agent, principal)
    Agent.objects.filter(pk=agent.pk).update(is_active=False)
    owes = money(owed(agent))
    tell(agent.member, f"agent:{agent.pk}:over", f"You sell no more for {principal.name}; {owes} are to be handed over")
    log_action("agent.dismiss", actor=principal.user, target=agent.pk, community=principal.community)


def quote(made: Generator, quantity: int, gateway: Gateway | None = None) -> tuple[int, int]:
    """What a quantity costs now, as the contract reckons it, and the price of a measure."""
    price = ask(made, generator.price(), gateway)
    return quantity * price // made.offering.request.parts, price


@transaction.atomic
def sell(
    agent: Agent,
    member: Member,
    made: Generator,
    quantity: int,
    *,
    phone: str = "",
    most: int | None = None,
    gateway: Gateway | None = None,
) -> AgentSale:
    """Take the customer's cash: paid from the principal's wallet, the code goes to ``phone``. Raises Refused.

    ``most`` is what the customer was told; the sale is refused when it costs more by now.
    """
    agent = _locked(agent)
    if agent.member_id != member.pk or not agent.is_active:
        raise Refused("not_an_agent", "you are not appointed to sell for this member")
    cash, price = quote(made, quantity, gateway)
    if most is not None and cash > most:
        raise Refused("price_rose", f"the price rose meanwhile: it costs {money(cash, 4)} now. Ask the customer again")
    left = agent.ceiling - owed(agent)
    if cash > left:
        said = f"you may take {money(max(left, 0))} more: hand over cash to {agent.principal.name} first"
        raise Refused("ceiling_reached", said)
    require_money(agent.principal, cash, gateway)
    payment = buy_energy(made, agent.principal, quantity, max_price=price, phone=phone, gateway=gateway)
    if AgentSale.objects.filter(payment=payment).exists() or payment.quantity != quantity:
        raise Refused("payment_under_way", "another payment of the same wallet is under way: try again")
    agent.last_number += 1
    agent.save(update_fields=["last_number"])
    sale = AgentSale.objects.create(
        agent=agent, number=agent.last_number, payment=payment, cash=cash, sold_at=datetime.now(UTC)
    )
    log_action("agent.sell", actor=member.user, target=sale.pk, community=made.community, stroops=cash)
    return sale


def _locked(agent: Agent) -> Agent:
    """Two sales at once count each other. First the principal: its agents pay out of the same wallet, each for itself."""
    Member.objects.select_for_update(of=("self",)).get(pk=agent.principal_id)
    rows = Agent.objects.select_for_update(of=("self",)).select_related("principal__wallet", "principal__community")
    return rows.get(pk=agent.pk)


def owed(agent: Agent) -> int:
    """Cash that the agent holds: sold and not refused, less what was handed over."""
    sold = agent.sales.exclude(payment__state=Payment.State.FAILED).aggregate(total=Sum("cash"))["total"] or 0
    return sold - (agent.handovers.aggregate(total=Sum("cash"))["total"] or 0)


@transaction.atomic
def take_handover(agent: Agent, principal: Member, cash: int, *, now: datetime | None = None) -> Handover:
    """The principal has the cash in hand. Raises Refused."""
    _require_principal(agent, principal)
    agent = Agent.objects.select_for_update(of=("self",)).select_related("member", "principal").get(pk=agent.pk)
    owes = owed(agent)
    if not 0 < cash <= owes:
        raise Refused("too_much_cash", f"{agent.member.name} owes {money(owes)}: confirm up to that")
    handover = Handover.objects.create(agent=agent, cash=cash, at=now or datetime.now(UTC))
    said = f"{principal.name} has {money(cash)} from you; {money(owes - cash)} remain"
    tell(agent.member, f"handover:{handover.pk}", said)
    log_action("agent.handover", actor=principal.user, target=agent.pk, community=principal.community, stroops=cash)
    return handover


def on_failed(refused: dict[int, ChainIntent]) -> None:
    """A sale that the contract refused is none: the customer gets the cash back."""
    for sale in AgentSale.objects.filter(payment__intent__in=refused).select_related("agent__member", "payment"):
        why = refused[sale.payment.intent_id].problem
        tell(sale.agent.member, f"sale:{sale.pk}:failed", f"The {sale} is void, give {money(sale.cash)} back: {why}")


def _require_principal(agent: Agent, principal: Member) -> None:
    if agent.principal_id != principal.pk:
        raise Refused("not_your_agent", "only who appointed the agent does this")
