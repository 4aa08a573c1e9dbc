from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from stellar_sdk import Keypair

from governance import carrying_out, changes, drafting, roll, voting
from governance.founding import Terms, found
from governance.models import House, Proposal
from governance.models.kinds import Kind
from market import parameters
from stelltron.core.models import Community
from stelltron.ledger.deployment import deploy_all, deploy_grid
from stelltron.members.models import Member
from stelltron.members.services import decide_kyc, join
from tests.conftest import Chain
from tests.portal.conftest import signed_in as signed_in

KEY = parameters.BANKING_SLOTS.key
NOTICE, PERIOD, DELAY = timedelta(hours=2), timedelta(days=3), timedelta(days=1)
# Two of the five members are a quorum.
TERMS = Terms(quorum_bps=4_000, majority_bps=5_000, notice=NOTICE, period=PERIOD, delay=DELAY)


@pytest.fixture
def contracts(db: None, settings: Any, travelling_devnet: str) -> None:
    settings.STELLAR = replace(
        settings.STELLAR,
        rpc_url=travelling_devnet,
        friendbot_url=f"{travelling_devnet}/friendbot",
        operator=Keypair.random(),
        issuer=Keypair.random(),
        guardian=Keypair.random(),
    )
    deploy_all(lambda text: None, slot_minutes=60)
    deploy_grid(lambda text: None)


@dataclass
class Assembly:
    """Members around one house, and the chain process, turned by hand."""

    community: Community
    chain: Chain
    people: dict[str, Member] = field(default_factory=dict)

    def __getitem__(self, code: str) -> Member:
        return self.people[code]

    @property
    def house(self) -> House:
        return House.objects.select_related("community").get(community=self.community)

    def join(self, *codes: str, **details: Any) -> None:
        """They join, and are on the roll a second before anything else happens."""
        for code in codes:
            member = join(self.community, name=code.title(), code=code, **details)
            decide_kyc(member, Member.Kyc.APPROVED, actor=None, reason="test")
            self.people[code] = member
        self.keep_roll()

    def keep_roll(self) -> None:
        roll.keep(self.house)
        self.chain.settle()
        self.chain.travel(seconds=5)

    def draft(self, author: str = "ann", **changed: Any) -> Proposal:
        asked: dict[str, Any] = {
            "kind": Kind.PARAMETER,
            "title": "Keep energy for a day",
            "text": "The sun of noon would serve the evening.",
            "change": {"key": KEY, "value": 24},
            "effective_from": changes.earliest(self.community, Kind.PARAMETER, self.chain.now + timedelta(hours=2)),
            **changed,
        }
        return drafting.draft(self[author], **asked)

    def put(self, author: str = "ann", sponsor: str = "bob", **changed: Any) -> Proposal:
        """To the vote, which has begun."""
        proposal = self.draft(author, **changed)
        drafting.stand_behind(proposal, self[sponsor])
        drafting.submit(proposal, self[author], gateway=self.chain.gateway)
        self.chain.settle()
        self.chain.travel(seconds=NOTICE.total_seconds() + 5)
        return self.fresh(proposal)

    def vote(self, proposal: Proposal, **choices: str) -> Proposal:
        for code, choice in choices.items():
            voting.vote(self.fresh(proposal), self[code], choice.upper(), gateway=self.chain.gateway)
        self.chain.settle()
        return self.fresh(proposal)

    def carry_on(self, **ahead: float) -> None:
        if ahead:
            self.chain.travel(**ahead)
        carrying_out.carry_on(self.chain.now, self.chain.gateway)
        self.chain.settle()

    def end(self, proposal: Proposal) -> Proposal:
        """The vote is over, and judged."""
        self.carry_on(seconds=(proposal.closes_at - self.chain.now).total_seconds() + 1)
        return self.fresh(proposal)

    def carry_out(self, proposal: Proposal) -> Proposal:
        """Accepted, queued, and done once its day has come."""
        self.end(proposal)
        self.carry_on()
        self.carry_on(seconds=DELAY.total_seconds() + 5)
        return self.fresh(proposal)

    def fresh(self, proposal: Proposal) -> Proposal:
        return Proposal.objects.select_related("community__house", "author").get(pk=proposal.pk)


@pytest.fixture
def assembly(chain: Chain) -> Callable[..., Assembly]:
    """A community on the ledger's clock, with its house."""
    community = Community.objects.create(slug="assembly", name="Assembly", slot_minutes=60)
    found(community, terms=lambda kind: TERMS, gateway=chain.gateway)
    made = Assembly(community, chain)
    made.chain.settle()
    made.join("ann", "bob", "cy", "dee", "eve")
    return made
