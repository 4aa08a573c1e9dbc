"""Staff preview, issue and post a month, each with a reason; a refusal says why."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse

from market.models import Bill, Dispute, SlotRun
from stelltron.core.models import ActionLog, Community
from tests.conftest import START


def test_a_month_goes_from_preview_to_posted(full: Community, signed_in: Callable) -> None:
    Dispute.objects.all().delete()
    Bill.objects.all().delete()
    client = signed_in("Co-op staff")
    pages = {act: reverse(f"admin:market_bill_{act}") for act in ("preview", "issue", "post")}
    form = {"community": full.pk, "month": "2026-06", "reason": "month end"}
    said = client.post(pages["preview"], form, follow=True).content.decode()
    assert "2 documents, 0 of them credit notes" in said
    assert "the month ends" in client.post(pages["issue"], form).content.decode()
    Community.objects.update(data_time=START.replace(month=7))
    assert "not settled" in client.post(pages["issue"], form).content.decode()
    SlotRun.objects.update(state=SlotRun.State.SETTLED)
    assert "2 documents are final" in client.post(pages["issue"], form, follow=True).content.decode()
    assert "2 documents are posted" in client.post(pages["post"], form, follow=True).content.decode()
    assert ActionLog.objects.filter(action__startswith="bills.", reason="month end").count() == 3
    assert signed_in("Treasury").post(pages["issue"], form).status_code == 403
