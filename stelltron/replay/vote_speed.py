"""How fast a large cooperative decides: counting a vote, the pages of proposals, and rehearsing a month.

Limits: 200 ms (95th percentile) for counting and pages with 100,000 members and 200 proposals; a minute for a rehearsal
of 30 days of 1,000 members.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from stellar_sdk import StrKey

from governance import mirror
from governance.models import Ballot, House, Proposal, RollEntry, Rules
from governance.models.kinds import Kind
from governance.rehearsal import rehearsing
from market import parameters
from stelltron.core.models import Community
from stelltron.ledger.models import ChainEvent
from stelltron.members.models import Member, User, Wallet

from .crowd import CHUNK, SLOT, START, crowd, scratch_database

VOTERS, PROPOSALS, BALLOTS = 100_000, 200, 20_000
LIMIT_MS, REHEARSAL_LIMIT_S = 200, 60
DAYS, REHEARSED = 30, 1_000
TRIES = 40
# A day of sun for every other home, and of need for all: registers grow by what a slot says.
READINGS = """
INSERT INTO devices_slotreading (community_id, point_id, slot, exported_wh, imported_wh, exported_from_mwh,
  exported_to_mwh, imported_from_mwh, imported_to_mwh, state, quality)
SELECT %(community)s, id, slot, out_wh, in_wh, 0, out_wh * 1000, 0, in_wh * 1000, 'CLEARED', 'MEASURED'
FROM (
  SELECT p.id, slot,
    CASE WHEN p.rank %% 2 = 0 AND sun > 0 THEN (sun * (200 + (p.rank * 37 + n * 11) %% 900))::bigint ELSE 0 END AS out_wh,
    CASE WHEN p.rank %% 2 = 0 AND sun > 0 THEN 0 ELSE (30 + (p.rank * 13 + n * 7) %% 400)::bigint END AS in_wh
  FROM (SELECT id, row_number() OVER (ORDER BY code) AS rank FROM devices_meteringpoint WHERE community_id = %(community)s) p
  CROSS JOIN (
    SELECT n, %(start)s::timestamptz + n * %(step)s::interval AS slot, greatest(sin((n %% 96 - 24) * pi() / 48), 0) AS sun
    FROM generate_series(0, %(slots)s - 1) n
  ) s
) r
"""
RUNS = """
INSERT INTO market_slotrun (community_id, slot, version, state, points, surplus_wh, deficit_wh, bound_wh, traded_wh,
  mechanism, root, cleared_at, reason)
SELECT %(community)s, slot, 1, 'SETTLED', 1, 0, 0, 0, 0, 0, '', now(), ''
FROM (SELECT %(start)s::timestamptz + n * %(step)s::interval AS slot FROM generate_series(0, %(slots)s - 1) n) s
"""


def measure() -> dict[str, Any]:
    with scratch_database():
        community, people = crowd("assembly", VOTERS)
        house = _house(community, people)
        proposals = _proposals(community, people)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        return {
            "members": VOTERS,
            "proposals": PROPOSALS,
            "limit_p95_ms": LIMIT_MS,
            "count_a_vote": _votes(house, proposals[0], people),
            "pages": _pages(proposals, people[0]),
            "rehearsal": {"limit_s": REHEARSAL_LIMIT_S, **_rehearsal()},
        }


def _house(community: Community, people: list[Member]) -> House:
    house = House.objects.create(community=community, founded_at=START)
    for kind in Kind:
        Rules.objects.create(
            house=house,
            kind=kind,
            quorum_bps=2_000,
            majority_bps=5_000,
            notice_seconds=0,
            period_seconds=86_400,
            delay_seconds=0,
        )
    addresses = [StrKey.encode_ed25519_public_key(n.to_bytes(32)) for n in range(1, len(people) + 1)]
    pairs = list(zip(people, addresses, strict=True))
    Wallet.objects.bulk_create(
        (Wallet(member=member, kind=Wallet.Kind.EXTERNAL, address=address) for member, address in pairs), CHUNK
    )
    RollEntry.objects.bulk_create(
        (RollEntry(house=house, member=member, address=address, joined_at=START) for member, address in pairs), CHUNK
    )
    return house


def _proposals(community: Community, people: list[Member]) -> list[Proposal]:
    """Half of them open, half decided; a fifth of the members voted on the first."""
    now = datetime.now(UTC)
    made = Proposal.objects.bulk_create(
        Proposal(
            community=community,
            kind=Kind.TEXT,
            title=f"Proposal {n}",
            text="bench",
            author=people[n],
            state=Proposal.State.OPEN if n % 2 == 0 else Proposal.State.DEFEATED,
            number=n + 1,
            snapshot_at=now,
            opens_at=now,
            closes_at=now + timedelta(days=1),
            decided_at=None if n % 2 == 0 else now,
            eligible=VOTERS,
            quorum_bps=2_000,
            majority_bps=5_000,
        )
        for n in range(PROPOSALS)
    )
    wallets = dict(Wallet.objects.values_list("member_id", "address"))
    Ballot.objects.bulk_create(
        (
            Ballot(
                proposal=made[0],
                member=member,
                address=wallets[member.pk],
                choice=Ballot.Choice.YES,
                weight=1,
                state=Ballot.State.CAST,
            )
            for member in people[:BALLOTS]
        ),
        CHUNK,
    )
    Proposal.objects.filter(pk=made[0].pk).update(yes=BALLOTS)
    return made


def _votes(house: House, proposal: Proposal, people: list[Member]) -> dict[str, float]:
    """The governor's events, as the follower books them."""
    wallets = dict(Wallet.objects.filter(member__in=people[-TRIES:]).values_list("member_id", "address"))
    addresses = iter(wallets.values())

    @transaction.atomic
    def count() -> None:
        event = ChainEvent(
            id="bench",
            contract="",
            name="voted",
            transaction_hash="",
            ledger=1,
            data={"topics": [proposal.number, next(addresses)], "value": {"choice": 1, "weight": 1}},
        )
        mirror.HANDLERS["governor", "voted"](mirror.Said(house, event, START))

    return _p95(count)


def _pages(proposals: list[Proposal], member: Member) -> dict[str, dict[str, float]]:
    member.user = User.objects.create_user("bench@example.com")
    member.save(update_fields=["user"])
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    client.force_login(member.user)
    addresses = {
        "board": "/proposals",
        "proposal": f"/proposals/{proposals[0].pk}",
        "results": f"/proposals/{proposals[0].pk}/results",
    }
    return {name: _p95(lambda at=at: _get(client, at)) for name, at in addresses.items()}  # type: ignore[misc]


def _get(client: Client, address: str) -> None:
    assert client.get(address).status_code == 200, address


def _p95(do: Callable[[], None]) -> dict[str, float]:
    taken = []
    for _ in range(TRIES):
        began = time.perf_counter()
        do()
        taken.append((time.perf_counter() - began) * 1000)
    taken.sort()
    return {"p50_ms": round(taken[TRIES // 2], 1), "p95_ms": round(taken[TRIES * 95 // 100], 1)}


def _rehearsal() -> dict[str, Any]:
    """A month of readings, played by the command that the worker starts."""
    community, _ = crowd("month", REHEARSED)
    slots = DAYS * 96
    asked = {"community": community.pk, "start": START - DAYS * 96 * SLOT, "step": SLOT, "slots": slots}
    with connection.cursor() as cursor:
        cursor.execute("UPDATE market_tariff SET valid_from = %(start)s WHERE community_id = %(community)s", asked)
        cursor.execute(
            "UPDATE market_mandate SET valid_from = %(start)s WHERE member_id IN"
            " (SELECT id FROM members_member WHERE community_id = %(community)s)",
            asked,
        )
        cursor.execute(READINGS, asked)
        cursor.execute(RUNS, asked)
        cursor.execute("ANALYZE")
    proposal = Proposal(community=community, change={"key": parameters.MECHANISM.key, "value": 1})
    rehearsal, _ = rehearsing.ask(proposal, days=DAYS)
    there = connection.settings_dict
    url = f"postgres://{there['USER']}:{there['PASSWORD']}@{there['HOST']}:{there['PORT']}/{there['NAME']}"
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "rehearse", str(rehearsal.pk)]
    began = time.perf_counter()
    subprocess.run(command, check=True, env={**os.environ, "DATABASE_URL": url})
    seconds = time.perf_counter() - began
    rehearsal.refresh_from_db()
    return {
        "members": REHEARSED,
        "slots": rehearsal.slots,
        "readings": REHEARSED * slots,
        "seconds": round(seconds, 1),
        "traded_kwh": [side["traded_wh"] // 1000 for side in (rehearsal.before, rehearsal.after)],
        "members_played": rehearsal.bills.count(),
    }
