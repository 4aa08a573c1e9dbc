"""How long a slot takes to clear: from readings in the database to statement lines and the chain intent committed."""

from __future__ import annotations

import time
from typing import Any

from market.clearing.closing import close_next_slot
from market.models import StatementLine, Trade
from stelltron.core.errors import Refused

from .crowd import crowd, readings, scratch_database

SIZES = (1_000, 10_000, 100_000)


def measure() -> dict[str, Any]:
    """One slot each for three sizes of community, in a scratch database. Raises Refused when a slot does not close."""
    runs = []
    with scratch_database():
        for size in SIZES:
            # The contract has seats for 65,536: a larger community is cleared but has seats beyond it here.
            community, members = crowd(f"bench-{size}", size)
            readings(community, members)
            began = time.perf_counter()
            run = close_next_slot(community)
            seconds = time.perf_counter() - began
            if run is None or run.points != size:
                raise Refused("slot_not_closed", f"the slot of {size} members did not close")
            runs.append(
                {
                    "members": size,
                    "seconds": round(seconds, 3),
                    "members_per_s": round(size / seconds),
                    "trades": Trade.objects.filter(run=run).count(),
                    "lines": StatementLine.objects.filter(run=run).count(),
                }
            )
    return {"runs": runs}
