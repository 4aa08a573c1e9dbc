from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from stelltron.audit.sealing import seal_all
from stelltron.core.actions import log_action
from stelltron.core.models import Community
from stelltron.ledger import journal
from stelltron.ledger.models import Asset


@pytest.fixture
def books(community: Community) -> Community:
    """A journal of six entries, and a sealed log with six actions of the community beside its own opening."""
    for n in range(1, 7):
        journal.post(community, "test", f"entry {n}", [("bank", Asset.WATT, -n), ("fees", Asset.WATT, n)])
        log_action("test.act", target=f"thing {n}", reason="because", community=community, amount=n)
    seal_all()
    return community


@pytest.fixture
def behind_the_triggers(db: None) -> Callable[..., None]:
    """SQL by somebody who owns the database."""

    def run(*statements: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET session_replication_role = replica")
            for statement in statements:
                cursor.execute(statement)
            cursor.execute("SET session_replication_role = origin")

    return run
