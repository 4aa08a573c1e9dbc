"""Takes a former member's personal data away and keeps the books: keys, hashes and amounts stay.

One of the staff proposes it, another one approves; nothing is erased while anything is left (``matters``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import Q

from stelltron.bank import customers, retention
from stelltron.bank.models import KnownAccount
from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import ActionLog
from stelltron.core.states import change_state
from stelltron.members.models import Member, Notice, User
from stelltron.register.departures import what_is_left

from .models import TOMBSTONE, Erasure, Seal
from .personal import OURS, done_to
from .sealing import seal_chain

# What people wrote about themselves or others wrote about them: by which field a row is theirs, and what is replaced.
WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "bank.WalletChange": (("member",), ("reason",)),
    "governance.Comment": (("member",), ("text", "hidden_because")),
    "governance.GridGift": (("member",), ("reason",)),
    "governance.LicenceKey": (("member",), ("name",)),
    "register.Application": (("member",), ("name", "representative", "email", "address", "reason")),
    "register.Departure": (("member",), ("heirs", "reason")),
    "register.ShareProposal": (("giver", "taker"), ("reason",)),
    "ledger.PaymentProposal": (("member",), ("reason",)),
    "market.Dispute": (("member",), ("text", "reason")),
    "financing.Provider": (("member",), ("about", "suspension")),
    "financing.Insurer": (("member",), ("about", "suspension")),
    "financing.GeneratorRequest": (("requester",), ("place", "reason")),
    "financing.Milestone": (("generator__provider",), ("evidence", "delay")),
    "financing.Ticket": (("member",), ("text", "answer")),
    "financing.Announcement": (("generator__requester",), ("evidence", "why")),
    "financing.Upkeep": (("payee",), ("evidence", "why")),
    "financing.CoverClaim": (("cover__holder",), ("evidence", "decision")),
}
# Acts to which members themselves give words. What somebody of the staff did with another reason is the co-op's log.
OWN_WORDS = ("dispute.open", "proposal.draft", "proposal.revise")
PHONES = {"register.Application": "member", "members.NoticeChoice": "member", "financing.Payment": "member"}


@transaction.atomic
def propose(member: Member, *, actor: User, reason: str) -> Erasure:
    """Ask for ``member`` to be erased. Raises Refused with what is left to be settled before."""
    _require_nothing_left(member)
    try:
        with transaction.atomic():
            erasure = Erasure.objects.create(member=member, reason=reason, proposed_by=actor)
    except IntegrityError:
        raise Refused("already_proposed", f"{member.code} is erased already, or it is proposed") from None
    log_action("member.erase.propose", actor=actor, target=member.code, reason=reason, community=member.community)
    return erasure


@transaction.atomic
def reject(erasure: Erasure, *, actor: User, reason: str) -> None:
    """Put a proposal aside; who made it may take it back the same way."""
    change_state(erasure, Erasure.TRANSITIONS, Erasure.State.REJECTED, decided_at=datetime.now(UTC))
    member = erasure.member
    log_action("member.erase.reject", actor=actor, target=member.code, reason=reason, community=member.community)


@transaction.atomic
def approve(erasure: Erasure, *, actor: User, reason: str) -> dict[str, int]:
    """The second person agrees: it is done. Returns how many rows of which table. Raises Refused."""
    if actor.pk == erasure.proposed_by_id:
        raise Refused("second_person_needed", "you proposed this erasure: somebody else has to approve it")
    member = Member.objects.select_for_update().select_related("community").get(pk=erasure.member_id)
    _require_nothing_left(member)
    change_state(erasure, Erasure.TRANSITIONS, Erasure.State.DONE, approved_by=actor, decided_at=datetime.now(UTC))
    replaced = {name: count for name, count in _erase(member, erasure).items() if count}
    Erasure.objects.filter(pk=erasure.pk).update(replaced=replaced)
    log_action(
        "member.erase", actor=actor, target=member.code, reason=reason, community=member.community, replaced=replaced
    )
    return replaced


def _require_nothing_left(member: Member) -> None:
    user = member.user
    if user and user.is_staff:
        raise Refused(
            "acting_staff", f"{member.code} signs in as staff with {user.email}: an administrator takes that away first"
        )
    retention.require_over(member)
    if left := what_is_left(member):
        raise Refused("something_is_left", f"{member.code} still has: {'; '.join(left)}")


def _erase(member: Member, erasure: Erasure) -> dict[str, int]:
    replaced = {label: _replace_words(label, member) for label in WORDS}
    for label, path in PHONES.items():
        rows = apps.get_model(label)._default_manager.filter(**{path: member}).exclude(phone="")
        replaced[label] = max(replaced.get(label, 0), rows.update(phone=""))
    replaced["financing.Photograph"] = member.photographs.update(content=b"", width=0, height=0)
    # What the bank paid, received and asked about stays: the law keeps those books, and for how long.
    replaced["bank.KnownAccount"] = KnownAccount.objects.filter(member=member).delete()[0]
    replaced["bank.CustomerRecord"] = customers.delete(member)
    replaced["members.Notice"] = Notice.objects.filter(member=member).delete()[0]
    replaced["core.ActionLog"] = _replace_actions(member, erasure)
    replaced["members.User"] = _close_account(member)
    replaced["members.Member"] = Member.objects.filter(pk=member.pk).update(name=TOMBSTONE, is_active=False)
    replaced["admin.LogEntry"] = _replace_office_notes(member)
    return replaced


def _replace_words(label: str, member: Member) -> int:
    """Empty fields stay empty: a tombstone says that something stood there."""
    paths, fields = WORDS[label]
    model = apps.get_model(label)
    theirs = reduce(or_, (Q(**{path: member}) for path in paths))
    keys = list(model._default_manager.filter(theirs).values_list("pk", flat=True))
    changed: set[Any] = set()
    for field in fields:
        rows = model._default_manager.filter(pk__in=keys).exclude(**{field: ""})
        changed.update(rows.values_list("pk", flat=True))
        rows.update(**{field: TOMBSTONE})
    return len(changed)


def _replace_actions(member: Member, erasure: Erasure) -> int:
    """The words of what was done to the member, and by them as a member; the chain binds what is left (``sealing``)."""
    seal_chain(member.community_id)
    seal_chain(None)
    actions = ActionLog.objects.filter(done_to(member) | _own_acts(member)).exclude(reason="", details={})
    keys = list(actions.exclude(reason=TOMBSTONE).values_list("pk", flat=True))
    Seal.objects.filter(action__in=keys).update(salt=None, erasure=erasure)
    return ActionLog.objects.filter(pk__in=keys).update(reason=TOMBSTONE, details={})


def _own_acts(member: Member) -> Q:
    """What the member did; of who was of the staff, without what they did for the co-op."""
    if member.user_id is None:
        return Q(pk=None)
    own = Q(actor=member.user_id)
    return own & (Q(reason="") | Q(action__in=OWN_WORDS)) if _acted_for_the_co_op(member) else own


def _acted_for_the_co_op(member: Member) -> bool:
    others = Member.objects.exclude(pk=member.pk).values("code")
    if ActionLog.objects.filter(actor=member.user_id, target__in=others).exclude(reason="").exists():
        return True
    return any(
        model._default_manager.filter(**{field.name: member.user_id}).exists()
        for model in apps.get_models()
        if model.__module__.startswith(OURS) and model not in (Member, ActionLog)
        for field in model._meta.concrete_fields
        if field.related_model is User
    )


def _close_account(member: Member) -> int:
    """Nobody signs in as the member again; the row stays, as the log names it."""
    user = member.user
    if user is None:
        return 0
    user.set_unusable_password()
    user.email, user.first_name, user.last_name, user.is_active = None, "", "", False
    user.save()
    return 1


def _replace_office_notes(member: Member) -> int:
    """The admin notes beside each change what the row was called."""
    own = ContentType.objects.get_for_model(Member), str(member.pk)
    notes = LogEntry.objects.filter(content_type=own[0], object_id=own[1])
    if member.user_id:
        notes |= LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(User), object_id=str(member.user_id)
        )
    return notes.update(object_repr=member.code, change_message="")
