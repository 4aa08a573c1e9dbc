from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from stelltron.members.models import Member, User


@pytest.fixture
def api(db: None) -> Callable[[Member], APIClient]:
    """The member's own client; who has no sign-in yet gets one."""

    def make(member: Member) -> APIClient:
        if member.user is None:
            member.user = User.objects.create_user(f"{member.code}@co-op.example")
            member.save(update_fields=["user"])
        client = APIClient()
        client.force_authenticate(User.objects.get(pk=member.user_id))
        client.default_format = "json"
        return client

    return make
