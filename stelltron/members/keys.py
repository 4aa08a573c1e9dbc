"""A member takes a copy of the key that the co-op keeps for them: the account is theirs, also elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from stelltron.core.actions import log_action
from stelltron.core.errors import Refused

from .models import Member, Notice, Wallet
from .notices import notify


@transaction.atomic
def show_key(member: Member, password: str) -> str:
    """The secret seed (S…) of the member's managed wallet, for their password. The co-op signs on with its own copy.

    Raises Refused.
    """
    if member.wallet.kind != Wallet.Kind.MANAGED:
        raise Refused("own_key", "only you have the key of your wallet")
    if member.user is None or not member.user.has_usable_password():
        raise Refused("no_password", "you sign in without a password: ask the co-op for one first")
    if not member.user.check_password(password):
        raise Refused("wrong_password", "that is not your password")
    now = datetime.now(UTC)
    log_action("wallet.show_key", actor=member.user, target=member.code, community=member.community)
    said = "The key of your wallet was shown on its page. If that was not you, change your password and tell the co-op at once"
    notify(member, Notice.Kind.BANK, f"key:{member.pk}:{now:%Y%m%d%H%M%S}", said)
    return member.wallet.keypair().secret
