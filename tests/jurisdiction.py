"""A community that has been under rules of its own for long."""

from __future__ import annotations

from datetime import UTC, date, datetime

from stelltron.bank.models import Adoption, RuleSet
from stelltron.core.models import Community
from stelltron.members.models import User

LONG_AGO = date(2000, 1, 1)


def under_rules(community: Community, **changes: int) -> None:
    """Those delivered for the US, but for ``changes``."""
    like = RuleSet.objects.get(code="US", number=1)
    RuleSet.objects.create(
        code="XX",
        name="Elsewhere",
        number=1,
        currency=community.currency,
        values={**like.values, **changes},
        identity_fields=like.identity_fields,
        source="a test",
        from_day=LONG_AGO,
        state=RuleSet.State.ACCEPTED,
        reason="test",
    )
    Adoption.objects.create(
        community=community,
        code="XX",
        from_day=LONG_AGO,
        state=Adoption.State.ACCEPTED,
        reason="test",
        proposed_by=User.objects.create_user("one@law.example"),
        decided_by=User.objects.create_user("two@law.example"),
        decided_at=datetime.now(UTC),
    )
