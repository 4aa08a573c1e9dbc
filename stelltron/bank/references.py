"""Members' payment references, and who a payment is from."""

from __future__ import annotations

import re
import secrets

from django.db import IntegrityError, transaction

from stelltron.core.models import Community
from stelltron.members.models import Member

from . import mod97
from .models import KnownAccount, PaymentReference

# Without letters that are read as digits.
LETTERS = "0123456789ACDEFGHJKLMNPRTUVWXY"
LENGTH = 8
FOUND = re.compile(r"(?=(RF\d{2}[0-9A-Z]{8}))")


def reference_of(member: Member) -> str:
    """The member's own, made when it is first asked for."""
    found = PaymentReference.objects.filter(member=member).first()
    while found is None:
        code = mod97.reference("".join(secrets.choice(LETTERS) for _ in range(LENGTH)))
        try:
            with transaction.atomic():
                found, _ = PaymentReference.objects.get_or_create(member=member, defaults={"code": code})
        except IntegrityError:
            continue
    return found.code


def named_in(text: str, community: Community) -> Member | None:
    """Whose reference the payer wrote, in whatever groups; None for none and for several."""
    codes = {code for code in FOUND.findall(mod97.compact(text)) if mod97.is_reference(code)}
    owners = list(Member.objects.filter(payment_reference__code__in=codes, community=community)[:2])
    return owners[0] if len(owners) == 1 else None


def known_by(iban: str, community: Community) -> Member | None:
    """Who pays from this account, when that is one member only."""
    if not iban:
        return None
    known = KnownAccount.objects.filter(iban=iban, pays_in=True, member__community=community)
    owners = {row.member_id: row.member for row in known.select_related("member__community")}
    return next(iter(owners.values())) if len(owners) == 1 else None


def remember(member: Member, iban: str, name: str, *, pays_in: bool) -> None:
    if not mod97.is_iban(iban):
        return
    known, _ = KnownAccount.objects.get_or_create(member=member, iban=iban, defaults={"name": name[:70]})
    if pays_in and not known.pays_in:
        KnownAccount.objects.filter(pk=known.pk).update(pays_in=True)
