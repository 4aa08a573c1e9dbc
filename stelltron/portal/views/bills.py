"""The member's monthly documents."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from market.billing import bill_files, bills

from ..access import MemberRequest, member_required

PAGE_BILLS = 24


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    shown = Paginator(bills.posted_bills(request.member), PAGE_BILLS).get_page(request.GET.get("page"))
    for bill in shown:
        bill.due = bills.due(bill)
    return render(request, "portal/bills.html", {"page": shown})


@require_GET
@member_required
def download(request: MemberRequest, bill_id: int, form: str) -> HttpResponse:
    found = bills.posted_bills(request.member).select_related("community", "member", "original")
    return bill_files.answer(get_object_or_404(found, pk=bill_id), form)
