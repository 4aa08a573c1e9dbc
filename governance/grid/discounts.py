"""What part of the grid fee staked GRID gives back, told to the market whenever a stake or the tiers change."""

from __future__ import annotations

from django.db import transaction

from governance.models import GridPool, GridPosition
from market.grid.discounts import change_discount, newest_percents
from stelltron.members.models import Wallet

from .reckoning import discount_percent


def tell(pool_address: str, address: str) -> None:
    """The stake of ``address`` has changed; what is asked back no longer counts."""
    wallet = Wallet.objects.select_related("member").filter(address=address).first()
    if wallet:
        _tell(pool_address, wallet)


def tell_all(pool_address: str) -> None:
    """The tiers have changed, or an account that had GRID at stake has become a member's."""
    pool, known = GridPool.objects.get(pk=pool_address), newest_percents()
    staked = dict(GridPosition.objects.values_list("address", "staked"))
    wallets = Wallet.objects.filter(address__in=staked).select_related("member")
    # In one transaction each change keeps its position's row: everybody takes them in this order.
    for wallet in wallets.order_by("address"):
        if discount_percent(pool, staked[wallet.address]) != known.get(wallet.member_id, 0):
            _tell(pool_address, wallet)


@transaction.atomic
def _tell(pool_address: str, wallet: Wallet) -> None:
    # The follower has the row while it writes a stake: what is read here is the newest, and told by one at a time.
    position = GridPosition.objects.select_for_update().get(pk=wallet.address)
    pool = GridPool.objects.get(pk=pool_address)
    change_discount(wallet.member, discount_percent(pool, position.staked))
