"""What the contract refuses, whatever our own software believes; and what a crash of ours cannot break."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from stellar_sdk import Keypair

from stelltron.core import slots
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.units import STROOPS
from stelltron.ledger import contracts, intents, journal, reconciliation
from stelltron.ledger.batch import PackedTrade, Section, encode_batch
from stelltron.ledger.clients import generator_factory, marketplace, price_oracle
from stelltron.ledger.errors import explain
from stelltron.ledger.funding import receive_payment
from stelltron.ledger.gateway import ChainBusy, ChainRefused
from stelltron.ledger.models import Asset, ChainIntent, ChainTransaction, JournalEntry, Seat
from stelltron.ledger.submitter import Submitter
from stelltron.members.models import Member
from tests.conftest import CENT, START

SLOT = slots.to_chain(START)
ROOT = b"\x01" * 32


@pytest.fixture
def pair(trader: Callable[..., Member]) -> tuple[int, int]:
    """The seats of a buyer and a seller."""
    return tuple(Seat.objects.get(member=trader(code)).index for code in ("buyer", "seller"))


def section(
    pair: tuple[int, int], *, wh: int = 1000, price: int = 15 * CENT, chunk: int = 0, slot: int = SLOT
) -> Section:
    buyer, seller = pair
    return Section(
        slot, ROOT, 2, ((seller, wh),), (PackedTrade(buyer, seller, wh, price),), ((buyer, wh),), chunk=chunk
    )


def settle(chain, key: Keypair, *sections: Section) -> None:
    chain.send(key, marketplace.settle(encode_batch(part.encode() for part in sections)))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": 29 * CENT}, 317),
        ({"price": CENT}, 316),
        ({"wh": 1_000_001}, 318),
        ({"wh": 0}, 326),
        ({"chunk": 1}, 323),
        ({"slot": SLOT + 60 * 24 * 400}, 314),
        ({"slot": SLOT + 1}, 322),
    ],
)
def test_the_contract_refuses_what_no_mandate_allows(chain, settings, pair, changes: dict, code: int) -> None:
    with pytest.raises(ChainRefused) as refused:
        settle(chain, settings.STELLAR.operator, section(pair, **changes))
    assert refused.value.code == code


def test_a_slot_settles_once(chain, settings, pair) -> None:
    settle(chain, settings.STELLAR.operator, section(pair))
    with pytest.raises(ChainRefused) as refused:
        settle(chain, settings.STELLAR.operator, section(pair))
    assert explain(refused.value) == "this slot and chunk are settled already (contract error 323)"


def test_a_stranger_cannot_settle(chain, settings, pair) -> None:
    """Simulation only records whose signature is needed; the ledger is what refuses."""
    stranger = Keypair.random()
    signed = chain.send(stranger, marketplace.settle(encode_batch([section(pair).encode()])))
    assert chain.gateway.look_up(signed.hash).succeeded is False
    assert contracts.ask(chain.gateway, marketplace.next_chunk(SLOT)) == 0


def test_money_the_buyer_does_not_have_is_not_spent(chain, settings, pair) -> None:
    with pytest.raises(ChainRefused) as refused:
        settle(chain, settings.STELLAR.operator, section(pair, wh=1_000_000, price=15 * CENT))
    assert refused.value.code == 308


def journal_equals_contract(community: Community) -> bool:
    """These tests queue sections by hand and leave the working balances alone."""
    return all(d["journal"] == d["contract"] for d in reconciliation.reconcile(community).differences)


def queue(community: Community, members: tuple[Member, Member], slot: int, wh: int = 1000) -> ChainIntent:
    buyer, seller = members
    part = section((buyer.seat.index, seller.seat.index), slot=slot, wh=wh)
    b, s = journal.member_account(buyer.pk), journal.member_account(seller.pk)
    paid = wh * 15 * CENT // 1000
    return intents.queue_settlement(
        community,
        [part],
        [("meters", Asset.KWH, -wh), ("consumed", Asset.KWH, wh), (b, Asset.WATT, -paid), (s, Asset.WATT, paid)],
    )


@pytest.fixture
def members(trader: Callable[..., Member]) -> tuple[Member, Member]:
    return trader("buyer"), trader("seller")


def test_many_slots_share_one_transaction_and_are_booked_once_each(chain, community, members) -> None:
    queued = [queue(community, members, SLOT + 60 * n) for n in range(20)]
    chain.settle()
    hashes = {ChainIntent.objects.get(pk=intent.pk).transaction_id for intent in queued}
    assert len(hashes) == 1
    assert JournalEntry.objects.filter(kind="settle").count() == 20
    assert journal_equals_contract(community)


def test_one_bad_section_does_not_stop_its_neighbours(chain, community, members) -> None:
    good, bad, also_good = (
        queue(community, members, SLOT + 60 * n, wh) for n, wh in enumerate((1000, 1_000_000, 1000))
    )
    chain.settle()
    for intent in (good, bad, also_good):
        intent.refresh_from_db()
    assert [good.state, bad.state, also_good.state] == ["CONFIRMED", "FAILED", "CONFIRMED"]
    assert "does not cover" in bad.problem
    assert journal_equals_contract(community)


def test_a_failed_section_does_not_stop_the_next_of_its_slot(chain, community, members) -> None:
    bad, good = queue(community, members, SLOT, 900_000), queue(community, members, SLOT, 1000)
    chain.settle()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert [bad.state, good.state] == ["FAILED", "CONFIRMED"]
    receive_payment(members[0], 1000 * STROOPS, "more")
    chain.settle()
    intents.retry(bad)
    chain.settle()
    bad.refresh_from_db()
    assert bad.state == "CONFIRMED"
    assert journal_equals_contract(community)


def test_a_crash_after_signing_sends_the_very_same_envelope(chain, community, members, monkeypatch) -> None:
    intent = queue(community, members, SLOT)
    with monkeypatch.context() as crash:
        crash.setattr(chain.submitter.gateway, "send", lambda envelope: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            chain.submitter.step()
    kept = ChainTransaction.objects.get(state=ChainTransaction.State.SIGNED)
    chain.submitter = Submitter(chain.gateway)
    chain.settle()
    intent.refresh_from_db()
    assert intent.state == ChainIntent.State.CONFIRMED
    assert intent.transaction_id == kept.hash
    assert ChainTransaction.objects.filter(intents=intent).count() == 1


def test_a_crash_after_sending_pays_once(chain, community, members, monkeypatch) -> None:
    queue(community, members, SLOT)
    real_send = chain.gateway.send

    def send_and_die(envelope: str) -> None:
        real_send(envelope)
        raise KeyboardInterrupt

    with monkeypatch.context() as crash:
        crash.setattr(chain.submitter.gateway, "send", send_and_die)
        with pytest.raises(KeyboardInterrupt):
            chain.submitter.step()
    chain.submitter = Submitter(chain.gateway)
    chain.settle()
    assert JournalEntry.objects.filter(kind="settle").count() == 1
    assert journal_equals_contract(community)


def test_reading_the_events_again_books_nothing_twice(chain, community, members) -> None:
    from stelltron.ledger.models import EventCursor

    queue(community, members, SLOT)
    chain.settle()
    entries = JournalEntry.objects.count()
    EventCursor.objects.all().delete()
    chain.settle()
    assert JournalEntry.objects.count() == entries


def test_an_unreachable_chain_loses_nothing(chain, community, members, settings) -> None:
    from dataclasses import replace

    from stelltron.ledger.gateway import Gateway

    intent = queue(community, members, SLOT)
    with pytest.raises(ChainBusy):
        Submitter(Gateway(replace(settings.STELLAR, rpc_url="http://127.0.0.1:9"))).step()
    chain.settle()
    intent.refresh_from_db()
    assert intent.state == ChainIntent.State.CONFIRMED


def test_deploying_twice_changes_nothing(chain) -> None:
    from stelltron.ledger.deployment import deploy_all
    from stelltron.ledger.models import Contract

    said: list[str] = []
    before = dict(Contract.objects.values_list("name", "address"))
    deploy_all(said.append, slot_minutes=60)
    assert dict(Contract.objects.values_list("name", "address")) == before
    assert said == []


def test_a_network_with_the_first_three_contracts_gets_the_others(db, settings, monkeypatch) -> None:
    from dataclasses import replace

    from stelltron.ledger import deployment
    from stelltron.ledger.models import Contract

    class Older(Exception):
        pass

    def only_the_first_three(gateway, key, name, constructor, say) -> str:
        if name == "energy_locks":
            raise Older
        return deploy(gateway, key, name, constructor, say)

    settings.STELLAR = replace(settings.STELLAR, operator=Keypair.random(), issuer=Keypair.random())
    deploy = deployment.deploy
    with monkeypatch.context() as older, pytest.raises(Older):
        older.setattr(deployment, "deploy", only_the_first_three)
        deployment.deploy_all(lambda text: None, slot_minutes=60)
    standing = dict(Contract.objects.values_list("name", "address"))
    assert set(standing) == {"energy_token", "watt_token", "marketplace"}
    said: list[str] = []
    deployment.deploy_all(said.append, slot_minutes=60)
    assert [text.split()[1] for text in said] == ["energy_locks", "price_oracle", "generator_factory"]
    assert standing.items() <= dict(Contract.objects.values_list("name", "address")).items()


def test_other_code_at_our_addresses_is_refused(chain, monkeypatch) -> None:
    """Another version's layout would read balances wrongly."""
    from stelltron.ledger import deployment

    newer = deployment.expected_wasm() | {"marketplace": "00" * 32}
    monkeypatch.setattr(deployment, "expected_wasm", lambda: newer)
    with pytest.raises(Refused, match="marketplace on this network runs other code"):
        deployment.deploy_all(lambda text: None, slot_minutes=60)


def test_a_settlement_waits_while_the_contract_is_paused(chain, settings, community: Community, members) -> None:
    operator = settings.STELLAR.operator
    chain.send(operator, marketplace.pause(operator.public_key))
    try:
        intent = queue(community, members, SLOT)
        chain.submitter.step()
        intent.refresh_from_db()
        assert (intent.state, intent.attempts) == (ChainIntent.State.PENDING, 0)
    finally:
        chain.send(operator, marketplace.unpause())
    chain.settle()
    intent.refresh_from_db()
    assert intent.state == ChainIntent.State.CONFIRMED
    assert journal_equals_contract(community)


def test_a_paused_contract_holds_up_no_other(chain, settings, community: Community, members) -> None:
    operator = settings.STELLAR.operator
    chain.send(operator, price_oracle.pause(operator.public_key))
    quote = price_oracle.Quote(from_=SLOT, until=SLOT + 60, price=CENT)
    waits = intents.queue_call(community, "quote", price_oracle.post_quote(quote, b"\x00" * 64))
    provider = intents.queue_call(
        community, "provider", generator_factory.set_provider(members[0].wallet.address, True)
    )
    settlement = queue(community, members, SLOT)
    chain.settle()
    assert [state_of(one) for one in (waits, provider, settlement)] == ["PENDING", "CONFIRMED", "CONFIRMED"]
    chain.send(operator, price_oracle.unpause())
    chain.submitter.patience.clear()
    chain.settle()
    # It was sent again: nobody has signed this quote.
    assert state_of(waits) == "FAILED"


def state_of(intent: ChainIntent) -> str:
    intent.refresh_from_db()
    return intent.state
