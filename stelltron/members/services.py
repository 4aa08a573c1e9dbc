"""Verbs on members: join, wallets, KYC. The only place that writes across these rows."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Q
from stellar_sdk import Keypair, StrKey

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused
from stelltron.core.models import Community

from .models import Member, User, Wallet
from .secrets import encrypt

STAFF_ROLES = ("Co-op staff", "Treasury", "Device technician")


@transaction.atomic
def join(
    community: Community,
    *,
    name: str,
    code: str,
    kind: str = Member.Kind.PERSON,
    email: str | None = None,
    password: str | None = None,
    address: str | None = None,
    actor: User | None = None,
    reason: str = "",
) -> Member:
    """A new member with a wallet: the given ``address``, else one the co-op manages.

    Raises Refused for a code or e-mail that is taken.
    """
    if Member.objects.filter(community=community, code=code).exists():
        raise Refused("member_code_taken", f"{code} is already a member of {community}")
    if email and User.objects.filter(email=email.lower()).exists():
        raise Refused("email_taken", f"{email} already signs in here")
    user = User.objects.create_user(email, password) if email or address else None
    member = Member.objects.create(community=community, user=user, name=name, code=code, kind=kind)
    open_wallet(member, address)
    log_action("member.join", actor=actor, target=member.code, reason=reason, community=community)
    return member


def open_wallet(member: Member, address: str | None = None) -> Wallet:
    """An external wallet for ``address``, of an account or a contract, or a fresh managed one."""
    if address:
        require_free_address(address)
        return Wallet.objects.create(member=member, kind=Wallet.Kind.EXTERNAL, address=address)
    keypair = Keypair.random()
    return Wallet.objects.create(
        member=member, kind=Wallet.Kind.MANAGED, address=keypair.public_key, secret=encrypt(keypair.raw_secret_key())
    )


def require_free_address(address: str) -> None:
    """Raises Refused for what is no address, and for one that is, or was, a member's."""
    if not (StrKey.is_valid_ed25519_public_key(address) or StrKey.is_valid_contract(address)):
        raise Refused("bad_address", f"{address} is neither an account (G…) nor a contract (C…) on Stellar")
    if Wallet.objects.filter(Q(address=address) | Q(given_up__contains=[address])).exists():
        raise Refused("address_taken", f"{address} is, or was, a member's wallet here: take another one")


@transaction.atomic
def decide_kyc(member: Member, state: str, *, actor: User | None, reason: str) -> None:
    """Record a KYC decision; trading needs APPROVED."""
    Member.objects.filter(pk=member.pk).update(kyc=state)
    member.kyc = state
    log_action("member.kyc", actor=actor, target=member.code, reason=reason, community=member.community, state=state)


def make_staff(email: str, password: str, role: str = STAFF_ROLES[0]) -> User:
    """A staff user in one of STAFF_ROLES."""
    user = User.objects.filter(email=email.lower()).first() or User.objects.create_user(email, password, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def require_kyc(member: Member) -> None:
    if member.kyc != Member.Kyc.APPROVED:
        raise Refused("kyc_needed", "trading opens once the co-op has approved your identity check")
