"""Which slots a contract among friends counts for: the terms of a slot are fixed before it begins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from market.friends.agreements import accept_contract, contracts_in, end_contract, offer_contract
from market.models import FriendContract
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.members.models import Member
from tests.conftest import CENT, START

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def sarah(new_member: Callable[..., Member]) -> Member:
    return new_member("sarah")


@pytest.fixture
def mike(new_member: Callable[..., Member]) -> Member:
    return new_member("mike")


def at(community: Community, moment: datetime) -> None:
    community.data_time = moment
    community.save(update_fields=["data_time"])


def offer(seller: Member, buyer: Member, valid_from: datetime, valid_until: datetime) -> FriendContract:
    return offer_contract(
        seller,
        seller=seller,
        buyer=buyer,
        price=10 * CENT,
        slot_wh=1500,
        valid_from=valid_from,
        valid_until=valid_until,
    )


def counts_for(community: Community, slot: datetime) -> bool:
    return bool(contracts_in(community, slot, slot + HOUR))


def test_a_contract_ended_after_a_slot_still_counts_when_it_is_cleared(
    sarah: Member, mike: Member, community: Community
) -> None:
    contract = offer(sarah, mike, START, START + 48 * HOUR)
    accept_contract(contract, mike)
    at(community, START + HOUR + MINUTE)
    end_contract(contract, mike)
    assert [counts_for(community, START + n * HOUR) for n in range(4)] == [True, True, False, False]


def test_an_accepted_contract_reaches_no_slot_that_has_begun(sarah: Member, mike: Member, community: Community) -> None:
    contract = offer(sarah, mike, START - 24 * HOUR, START + 48 * HOUR)
    at(community, START + MINUTE)
    accept_contract(contract, mike)
    assert [counts_for(community, START + n * HOUR) for n in (-1, 0, 1)] == [False, False, True]


def test_a_declined_offer_counts_for_no_slot(sarah: Member, mike: Member, community: Community) -> None:
    contract = offer(sarah, mike, START - HOUR, START + 48 * HOUR)
    at(community, START + 3 * HOUR)
    end_contract(contract, mike)
    assert FriendContract.objects.get().state == FriendContract.State.ENDED
    assert not any(counts_for(community, START + n * HOUR) for n in range(-1, 6))


def test_a_contract_ended_before_it_begins_counts_for_no_slot(
    sarah: Member, mike: Member, community: Community
) -> None:
    contract = offer(sarah, mike, START + 24 * HOUR, START + 48 * HOUR)
    accept_contract(contract, mike)
    end_contract(contract, sarah)
    assert not any(counts_for(community, START + n * HOUR) for n in range(50))


def test_a_contract_that_is_over_cannot_be_accepted_any_more(sarah: Member, mike: Member, community: Community) -> None:
    contract = offer(sarah, mike, START, START + 2 * HOUR)
    at(community, START + HOUR + MINUTE)
    with pytest.raises(Refused, match="before the next slot"):
        accept_contract(contract, mike)
    contract.refresh_from_db()
    assert contract.state == FriendContract.State.OFFERED
