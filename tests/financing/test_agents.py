"""Agents sell for cash: the principal's wallet pays, receipts are numbered, and the cash has a ceiling."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from financing import agents, codes
from financing.models import Agent, AgentSale, EnergyCode, Payment
from financing.proof import differences
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS
from stelltron.ledger import intents
from stelltron.ledger.models import ChainIntent
from stelltron.members.models import Notice
from tests.conftest import CENT

from .conftest import Village, at_once
from .test_funding import watt

PHONE = "+23276123456"


def test_an_agent_sells_up_to_the_ceiling_and_hands_the_cash_over(village: Village, signed_in: Callable) -> None:
    made = village.running(ann=5000, bob=5000)
    codes.register_meter(made, "SL-1", village.device.raw_public_key(), actor=None, reason="test")
    boss, shop = signed_in(village["village"]), signed_in(village["shop"])
    with pytest.raises(Refused, match="name another member"):
        agents.appoint(village["village"], village["village"], STROOPS)
    boss.post("/generators/agents/appoint", {"other": "shop", "ceiling": "15"})
    agent = Agent.objects.get()
    sell = f"/generators/agents/{agent.pk}/sell"
    typed = {"generator": made.address, "quantity": "50", "phone": PHONE}
    assert signed_in(village["dan"]).post(sell, typed).status_code == 404
    asked = shop.post(sell, typed).content.decode()
    assert "10.00" in asked
    assert not AgentSale.objects.exists()
    had = watt(village, "village"), watt(village, "shop")
    shop.post(sell, {**typed, "told": str(10 * STROOPS)})
    village.chain.settle()
    assert (watt(village, "village"), watt(village, "shop")) == (had[0] - 10 * STROOPS, had[1])
    page = shop.get("/generators/agents").content.decode()
    assert "receipt shop-000001" in page
    assert EnergyCode.objects.get().code in page
    assert Payment.objects.get(quantity=50_000).phone == PHONE
    assert agents.owed(agent) == 10 * STROOPS
    with pytest.raises(Refused, match=r"you may take 5\.00 more"):
        agents.sell(agent, village["shop"], made, 25_100, gateway=village.chain.gateway)
    with pytest.raises(Refused, match="price rose"):
        agents.sell(agent, village["shop"], made, 10_000, most=2 * STROOPS - 1, gateway=village.chain.gateway)
    with pytest.raises(Refused, match="not appointed"):
        agents.sell(agent, village["dan"], made, 100, gateway=village.chain.gateway)
    assert (
        "confirm up to that" in boss.post(f"/generators/agents/{agent.pk}/handover", {"cash": "10.01"}).content.decode()
    )
    boss.post(f"/generators/agents/{agent.pk}/handover", {"cash": "8"})
    assert agents.owed(agent) == 2 * STROOPS
    second = agents.sell(agent, village["shop"], made, 25_100, gateway=village.chain.gateway)
    village.chain.settle()
    assert (second.number, agents.owed(agent)) == (2, 2 * STROOPS + 251 * 2 * CENT)
    boss.post(f"/generators/agents/{agent.pk}/dismiss")
    with pytest.raises(Refused, match="not appointed"):
        agents.sell(agent, village["shop"], made, 100, gateway=village.chain.gateway)
    assert differences(village.fresh(made), village.chain.gateway) == []


def test_a_sale_that_the_contract_refuses_is_void(village: Village) -> None:
    made = village.running(ann=5000, bob=5000)
    agent = agents.appoint(village["village"], village["shop"], 100 * STROOPS)
    sale = agents.sell(agent, village["shop"], made, 10_000, gateway=village.chain.gateway)
    assert agents.owed(agent) == 2 * STROOPS
    intents.fail(ChainIntent.objects.get(pk=sale.payment.intent_id), "the price is above the limit")
    assert agents.owed(agent) == 0
    told = Notice.objects.get(member=village["shop"], key=f"sale:{sale.pk}:failed").text
    assert "is void, give 2.00 back: the price is above the limit" in told
    # Receipts have no gap: the void one keeps its number.
    assert agents.sell(agent, village["shop"], made, 100, gateway=village.chain.gateway).number == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("locked", [True, False])
def test_two_sales_at_once_keep_the_ceiling(village: Village, monkeypatch: pytest.MonkeyPatch, locked: bool) -> None:
    """Without the lock both would look at the same cash; then only the numbers of the receipts stop the second."""
    made = village.running(ann=5000, bob=5000)
    agent = agents.appoint(village["village"], village["shop"], 2 * STROOPS)
    shop, real = village["shop"], agents.buy_energy
    if not locked:
        both_looked = threading.Barrier(2)
        monkeypatch.setattr(agents, "_locked", lambda agent: Agent.objects.get(pk=agent.pk))
        monkeypatch.setattr(
            agents, "buy_energy", lambda *asked, **more: (both_looked.wait(timeout=10), real(*asked, **more))[1]
        )

    def sell() -> object:
        return agents.sell(agent, shop, made, 10_000)

    [problem] = at_once(sell, sell)
    assert ("you may take 0.00 more" in str(problem)) == locked
    assert agents.owed(agent) == 2 * STROOPS
    assert [sale.number for sale in agent.sales.all()] == [1]
