"""What a member tells the co-op for the identity check through a wallet (SEP-12)."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.members.models import Member
from stelltron.members.secrets import decrypt, encrypt

from . import jurisdictions, retention
from .models import CustomerRecord, FormerRecord, Payout
from .rules import FIELDS

LONGEST = 200
STATUS = {
    Member.Kyc.NONE: "NEEDS_INFO",
    Member.Kyc.PENDING: "PROCESSING",
    Member.Kyc.APPROVED: "ACCEPTED",
    Member.Kyc.REJECTED: "REJECTED",
}


def told(record: CustomerRecord | FormerRecord | None) -> dict[str, str]:
    return json.loads(decrypt(record.fields)) if record else {}


def record_of(member: Member) -> CustomerRecord | None:
    return CustomerRecord.objects.filter(member=member).first()


@transaction.atomic
def tell(member: Member, fields: dict[str, Any]) -> Member:
    """Keep what the member says; complete, it goes to review. Raises Refused."""
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise Refused("other_field", f"we do not ask for {', '.join(unknown)[:100]}; we ask for {', '.join(FIELDS)}")
    bad = [
        name for name, value in fields.items() if not isinstance(value, str) or not 0 < len(value.strip()) <= LONGEST
    ]
    if bad:
        raise Refused("bad_field", f"write 1 to {LONGEST} characters: {', '.join(bad)}")
    member = Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    if member.kyc == Member.Kyc.APPROVED and fields:
        raise Refused("approved", "your identity check is approved: ask the co-op's office to change what it rests on")
    if member.kyc == Member.Kyc.REJECTED:
        raise Refused("rejected", "your identity check was rejected: ask the co-op's office to open it again")
    record = record_of(member)
    before = told(record)
    kept = {**before, **{name: value.strip() for name, value in fields.items()}}
    # Somebody may have looked at it, and decided.
    if record and member.kyc != Member.Kyc.NONE and any(kept[name] != said for name, said in before.items()):
        FormerRecord.objects.create(member=member, fields=record.fields, told_at=record.changed_at)
    CustomerRecord.objects.update_or_create(
        member=member, defaults={"fields": encrypt(json.dumps(kept, sort_keys=True).encode())}
    )
    if member.kyc == Member.Kyc.NONE and set(kept) >= set(jurisdictions.identity_fields(member.community)):
        Member.objects.filter(pk=member.pk).update(kyc=Member.Kyc.PENDING)
        member.kyc = Member.Kyc.PENDING
    log_action(
        "member.identity_details",
        actor=member.user,
        target=member.code,
        community=member.community,
        fields=sorted(fields),
    )
    return member


@transaction.atomic
def forget(member: Member) -> None:
    """Delete what the member told us; the decision that rested on it stays in the books. Raises Refused."""
    if count := Payout.objects.filter(member=member, state__in=(*Payout.UNBURNED, *Payout.OWED)).count():
        raise Refused(
            "payouts_open",
            f"{count} withdrawal(s) of yours rest on these details: cancel them, or ask again once they are paid",
        )
    retention.require_over(member)
    if not delete(member):
        raise Refused("unknown_customer", "there is nothing to delete")
    log_action("member.forget_details", actor=member.user, target=member.code, community=member.community)


def delete(member: Member) -> int:
    """Also what they had told before. Returns how many records; whoever asks for it has asked ``retention``."""
    return sum(kind.objects.filter(member=member).delete()[0] for kind in (FormerRecord, CustomerRecord))
