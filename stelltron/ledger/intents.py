"""The outbox: what the books ask of the chain, written in the transaction that needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.dispatch import Signal
from psycopg.types.json import Jsonb

from stelltron.core import prepared
from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import Community
from stelltron.core.states import change_state
from stelltron.members.models import User, Wallet

from . import journal
from .batch import Section
from .invocation import Invocation
from .models import ChainIntent, ChainTransaction

# Appended in the database: the postings of everything that joined before need not come here and back.
EXTEND = """
UPDATE ledger_chainintent SET payload = %s, sections = %s, section = %s, postings = postings || %s
WHERE id = %s AND state = 'PENDING'
"""
# Sent inside the confirming (or failing) database transaction, with ``intents`` and ``transaction``.
confirmed = Signal()
failed = Signal()


def queue_call(
    community: Community,
    key: str,
    call: Invocation[Any],
    *,
    wallet: Wallet | None = None,
    signer: str = ChainIntent.Signer.OPERATOR,
    after: ChainIntent | None = None,
    falls: bool = False,
    together_with: Sequence[str] = (),
) -> ChainIntent:
    """Ask for one contract call; the same ``key`` asks only once.

    ``after``: it waits until that is confirmed, and where it ``falls``, fails with it, so that nothing of an old deal
    is done later. ``together_with``: addresses that have to authorise it as well, the operator's or managed wallets'.
    """
    payload = call.to_payload()
    if falls:
        payload["falls"] = True
    if together_with:
        payload["together_with"] = list(together_with)
    intent, _ = ChainIntent.objects.get_or_create(
        key=key,
        defaults={
            "community": community,
            "kind": ChainIntent.Kind.CALL,
            "signer": ChainIntent.Signer.WALLET if wallet else signer,
            "wallet": wallet,
            "after": after,
            "payload": payload,
        },
    )
    wake()
    return intent


def queue_data(community: Community, key: str, entries: Mapping[str, bytes]) -> ChainIntent:
    """Ask for data entries of the operator's account to hold these values, all at once."""
    intent, _ = ChainIntent.objects.get_or_create(
        key=key,
        defaults={
            "community": community,
            "kind": ChainIntent.Kind.DATA,
            "payload": {"entries": {name: value.hex() for name, value in entries.items()}},
        },
    )
    wake()
    return intent


def queue_settlement(
    community: Community,
    sections: Sequence[Section],
    postings: list[journal.Posting],
    *,
    group: int = 0,
    grows: bool = False,
    begun_by: object = None,
    auction: bool = False,
) -> ChainIntent:
    """Ask for sections of one slot to be settled together, and booked with ``postings`` once they are.

    One that ``grows`` takes further trades of its slot until it is sent (``extend_settlement``). ``begun_by``: the member
    whose order made it necessary. ``auction``: the slot's own, which no share of its sections counts.

    The caller holds the community's market lock.
    """
    slot = sections[0].slot
    number = ChainIntent.objects.filter(community=community, slot=slot).count()
    intent = ChainIntent.objects.create(
        community=community,
        kind=ChainIntent.Kind.SETTLE,
        key=f"settle:{community.slug}:{slot}:{number}",
        group=group,
        slot=slot,
        payload={
            "trades": sum(len(section.trades) for section in sections),
            "grows": grows,
            **({"begun_by": str(begun_by)} if begun_by else {}),
            **({"auction": True} if auction else {}),
        },
        sections=len(sections),
        section=b"".join(section.encode() for section in sections),
        postings=postings,
    )
    wake()
    return intent


def extend_settlement(intent: ChainIntent, sections: Sequence[Section], postings: list[journal.Posting]) -> None:
    """Replace the sections of an intent that nobody has sent yet, and book ``postings`` with it as well."""
    payload = {**intent.payload, "trades": sum(len(section.trades) for section in sections)}
    encoded = b"".join(section.encode() for section in sections)
    prepared.run(EXTEND, [Jsonb(payload), len(sections), encoded, Jsonb(postings), intent.pk])


def release_held_back(community: Community) -> None:
    """Send what waits for its group, without waiting longer."""
    ChainIntent.objects.filter(community=community, state=ChainIntent.State.PENDING).exclude(group=0).update(group=0)
    wake()


def confirm(sent: ChainTransaction, *, ledger: int) -> None:
    """The chain has it: close its intents and book them. Twice is once. Call in a transaction."""
    intents = list(
        sent.intents.select_for_update().select_related("community").filter(state=ChainIntent.State.SENT).order_by("id")
    )
    for intent in intents:
        change_state(intent, ChainIntent.TRANSITIONS, ChainIntent.State.CONFIRMED, confirmed_at=datetime.now(UTC))
        if intent.postings:
            journal.post(intent.community, intent.kind.lower(), intent.key, intent.postings, transaction_hash=sent.hash)
    if intents:
        confirmed.send(ChainIntent, intents=intents, transaction=sent)


def fail(intent: ChainIntent, problem: str) -> None:
    """Give up on an intent: staff sees it as stuck, nothing is booked."""
    with transaction.atomic():
        change_state(intent, ChainIntent.TRANSITIONS, ChainIntent.State.FAILED, problem=problem[:1000])
        failed.send(ChainIntent, intents=[intent], transaction=intent.transaction)
        for dependant in _fallen_with(intent).filter(state=ChainIntent.State.PENDING):
            fail(dependant, problem)


def retry(intent: ChainIntent) -> None:
    """Put a failed intent back into the queue. Raises Refused for what only the member can sign."""
    if intent.wallet and intent.wallet.kind == Wallet.Kind.EXTERNAL:
        raise Refused("member_signs", "this call is signed in the member's own wallet: only they can send it again")
    if _fallen_with(intent).filter(state=ChainIntent.State.FAILED).exists():
        raise Refused("deal_is_over", "what this call was for has failed with it, and its people were told: ask anew")
    if intent.payload.get("falls"):
        raise Refused("deal_is_over", "the deal this call belongs to is over, and its people were told: ask anew")
    change_state(intent, ChainIntent.TRANSITIONS, ChainIntent.State.PENDING, problem="", attempts=0, transaction=None)
    wake()


def _fallen_with(intent: ChainIntent) -> QuerySet[ChainIntent]:
    return ChainIntent.objects.filter(after=intent, payload__falls=True)


def wake() -> None:
    """Tell the chain process, once this transaction commits; it sweeps on its own as well."""
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY chain_intents")


@transaction.atomic
def retry_for(intent: ChainIntent, *, actor: User, reason: str) -> None:
    """``retry`` as a staff act. Raises Refused."""
    retry(intent)
    log_action("intent.retry", actor=actor, target=intent.key, reason=reason, community=intent.community)
