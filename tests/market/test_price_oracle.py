"""The community's price on the chain: signed by its oracle, posted once, and what the marketplace does with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from stellar_sdk import Keypair

from market.models import PriceQuote, SlotRun
from market.price import oracle, quotes
from stelltron.core import slots
from stelltron.core.models import Community
from stelltron.ledger import contracts
from stelltron.ledger.batch import PackedTrade, Section, encode_batch
from stelltron.ledger.clients import marketplace, price_oracle
from stelltron.ledger.deployment import deploy_all
from stelltron.ledger.gateway import ChainRefused
from stelltron.ledger.models import ChainEvent, ChainIntent, Seat
from stelltron.members.models import Member
from tests.conftest import CENT, Chain, mandate


@pytest.fixture
def now() -> datetime:
    """The start of the hour: the contract takes quotes of these days only."""
    return slots.slot_of(datetime.now(UTC), 60)


def quoted(community: Community, slot: datetime) -> PriceQuote:
    SlotRun.objects.create(
        community=community,
        slot=slot,
        points=2,
        surplus_wh=1000,
        deficit_wh=1000,
        bound_wh=0,
        traded_wh=0,
        root="",
        cleared_at=slot,
    )
    quotes.quote_due_slots(community)
    return PriceQuote.objects.get(community=community, slot=slot)


def test_a_quote_is_signed_and_posted_for_its_slot(community: Community, chain: Chain, now: datetime) -> None:
    quote = quoted(community, now)
    chain.settle()
    assert contracts.ask(chain.gateway, price_oracle.price(slots.to_chain(now))) == quote.price
    intent = oracle.posted(quote)
    assert intent.state == ChainIntent.State.CONFIRMED
    assert ChainEvent.objects.get(name="quoted").transaction_hash == intent.transaction_id


def test_what_the_contract_would_not_take_is_not_posted(community: Community, chain: Chain, now: datetime) -> None:
    assert oracle.posted(quoted(community, now - timedelta(days=9))) is None
    younger = Community.objects.create(slug="other", name="Other", slot_minutes=60)
    SlotRun.objects.filter(community=community).update(community=younger)
    assert oracle.post(PriceQuote(community=younger, slot=now, price=CENT)) is None


def test_the_contract_refuses_a_price_that_is_unsigned_stale_or_for_a_slot_that_has_one(
    community: Community, chain: Chain, now: datetime, settings
) -> None:
    address, key = contracts.address("price_oracle"), settings.STELLAR.oracle
    begins = slots.to_chain(now)
    operator = settings.STELLAR.operator

    def post(quote: price_oracle.Quote, signer: Keypair) -> None:
        signature = signer.sign(oracle.signed_message(address, quote))
        chain.send(operator, price_oracle.post_quote(quote, signature))

    good = price_oracle.Quote(from_=begins, until=begins + 60, price=15 * CENT)
    with pytest.raises(ChainRefused, match="Crypto"):
        post(good, Keypair.random())
    with pytest.raises(ChainRefused) as stale:
        post(replace(good, from_=begins - 9 * 1440, until=begins - 9 * 1440 + 60), key)
    assert stale.value.code == 764
    post(good, key)
    with pytest.raises(ChainRefused) as again:
        post(replace(good, price=16 * CENT), key)
    assert again.value.code == 765


def test_a_marketplace_that_names_the_oracle_settles_within_the_collar_only(
    community: Community, chain: Chain, now: datetime, settings, trader: Callable[..., Member]
) -> None:
    buyer, seller = trader("buyer"), trader("seller")
    for member in (buyer, seller):
        # Wide: in the evening half more than the quote is above what the utility asks.
        mandate(
            member,
            sell_at_least=1,
            buy_at_most=500 * CENT,
            valid_from=now - timedelta(days=1),
            valid_until=now + timedelta(days=1),
        )
    chain.settle()
    seats = [Seat.objects.get(member=member).index for member in (buyer, seller)]
    operator = settings.STELLAR.operator
    chain.send(operator, marketplace.set_oracle(contracts.address("price_oracle")))

    def settle(price: int) -> None:
        trade = PackedTrade(*seats, 1000, price)
        part = Section(slots.to_chain(now), bytes(32), 1, ((seats[1], 1000),), (trade,), ((seats[0], 1000),))
        chain.send(operator, marketplace.settle(encode_batch([part.encode()])))

    with pytest.raises(ChainRefused) as missing:
        settle(15 * CENT)
    assert missing.value.code == 766
    quote = quoted(community, now)
    chain.settle()
    for price in (quote.price // 2 - 1, quote.price * 3 // 2 + 1):
        with pytest.raises(ChainRefused) as outside:
            settle(price)
        assert outside.value.code == 331
    settle(quote.price * 3 // 2)
    assert contracts.ask(chain.gateway, marketplace.next_chunk(slots.to_chain(now))) == 1


def test_another_oracle_key_is_named_by_deploying_again(chain: Chain, settings) -> None:
    settings.STELLAR = replace(settings.STELLAR, oracle=Keypair.random())
    deploy_all(lambda text: None, slot_minutes=60)
    terms = contracts.ask(chain.gateway, price_oracle.terms())
    assert (terms.key, terms.collar_percent) == (settings.STELLAR.oracle.raw_public_key(), 50)
