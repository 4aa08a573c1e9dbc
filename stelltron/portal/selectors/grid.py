"""What the page of GRID shows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.paginator import Paginator

from governance.grid import staking
from governance.grid.reckoning import earned, next_tier
from governance.models import GridMovement
from market.grid import discounts
from market.selectors import month_of
from stelltron.core.errors import Refused
from stelltron.ledger.gateway import Gateway
from stelltron.ledger.wallet_calls import reached
from stelltron.members.models import Member

A_PAGE = 20


def page(member: Member, number: str | None) -> dict[str, Any]:
    pool = staking.pool()
    if pool is None:
        return {"pool": None}
    position = staking.position_of(member)
    try:
        held, now = staking.balance(member), reached(Gateway.now)
    except Refused:
        # The rows still tell what is at stake; the wallet and the chain's clock wait until it answers.
        held, now = None, int(datetime.now(UTC).timestamp())
    moment = member.community.now()
    discount = discounts.newest(member)
    beyond = next_tier(pool, position.staked)
    movements = GridMovement.objects.filter(position_id=member.wallet.address)
    return {
        "pool": pool,
        "position": position,
        "held": held,
        "earned": earned(pool, position, now),
        "as_of": datetime.fromtimestamp(now, UTC),
        "ends_at": datetime.fromtimestamp(pool.ends_at, UTC),
        "is_ready": position.ready_at is not None and now >= position.ready_at.timestamp(),
        "discount": discount,
        "begins_later": discount is not None and discount.valid_from > moment,
        "comes_back": discounts.comes_back_of_month(member, month_of(member.community, moment)),
        "paid_back": discounts.paid_back(member)[:A_PAGE],
        "beyond": beyond,
        "missing": beyond[0] - position.staked if beyond else 0,
        "licensed": position.staked >= pool.licence_stake,
        "keys": member.licence_keys.filter(revoked_at=None),
        "under_way": staking.under_way(member),
        "refusal": staking.last_refusal(member),
        "movements": Paginator(movements, A_PAGE).get_page(number),
    }
