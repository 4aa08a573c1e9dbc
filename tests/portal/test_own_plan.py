"""A member sees the utility's plans and chooses one."""

from __future__ import annotations

from collections.abc import Callable

from market.models import MemberPlan
from stelltron.core.models import ActionLog, Community
from tests.market.test_tariffs import EVENING, announce


def test_a_member_chooses_a_plan_from_tomorrow_on(
    new_member: Callable, community: Community, signed_in: Callable
) -> None:
    announce(community, plan="green", name="Green power", bands=EVENING, tax=1900)
    member = new_member("mike")
    client = signed_in(member)
    page = client.get("/tariff").content.decode()
    assert "Green power" in page
    assert "17:00–21:00" in page
    assert "19.0 %" in page
    assert client.post("/tariff", {"plan": "green", "day": "2026-06-02"}).status_code == 302
    assert MemberPlan.objects.get().plan == "green"
    assert ActionLog.objects.get(action="plan.choose").actor == member.user
    refused = client.post("/tariff", {"plan": "green", "day": "2026-06-01"})
    assert refused.status_code == 400
    assert "tomorrow or later" in refused.content.decode()
