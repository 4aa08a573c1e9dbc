"""Where a wallet sends its owner (SEP-24): who they are, where to pay, or to which account they are paid."""

from __future__ import annotations

import hashlib
from uuid import UUID

from django import forms
from django.contrib.auth import login
from django.core import signing
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from stelltron.bank import anchor, customers, jurisdictions, payouts
from stelltron.bank.models import AnchorTransfer
from stelltron.bank.rules import FIELDS
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS, money
from stelltron.members.models import Member

from ..access import MemberRequest, member_required
from ..bank_forms import PayoutForm
from ..forms import ScaledField
from ..selectors import bank
from .bank import add_problem, sentence
from .sign_in import WALLET_BACKEND

SALT = "sep24"
ENTRY_SECONDS = 600


class DepositForm(forms.Form):
    amount = ScaledField(STROOPS, label="Amount", help_text="that you will pay")


def entry_address(begun: AnchorTransfer) -> str:
    """The page with a key that opens it once, within ten minutes: whoever has the wallet's token has the wallet."""
    key = signing.dumps(str(begun.pk), salt=SALT)
    return f"{reverse('portal:anchor', args=[begun.pk])}?key={key}"


@never_cache
@csrf_protect
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    if request.method == "GET" and "key" in request.GET:
        return _enter(request, transfer_id, request.GET["key"])
    return _page(request, transfer_id)


def _enter(request: HttpRequest, transfer_id: UUID, key: str) -> HttpResponse:
    """Sign the wallet's owner in, and leave the key out of the address."""
    here = redirect("portal:anchor", transfer_id)
    try:
        named = signing.loads(key, salt=SALT, max_age=ENTRY_SECONDS)
    except signing.BadSignature:
        return here
    fresh = cache.add(f"sep24:{hashlib.sha256(key.encode()).hexdigest()}", 1, timeout=2 * ENTRY_SECONDS)
    begun = AnchorTransfer.objects.select_related("member__user").filter(pk=transfer_id, member__is_active=True).first()
    # Who works in the office signs in there, and nobody is signed out of their own account by a link.
    if not (fresh and named == str(transfer_id) and begun and begun.member.user):
        return here
    user = begun.member.user
    if user.is_active and not user.is_staff and request.user.pk in (None, user.pk):
        login(request, begun.member.user, backend=WALLET_BACKEND)
    return here


@member_required
def _page(request: MemberRequest, transfer_id: UUID) -> HttpResponse:
    begun = _own(request, transfer_id)
    form = _form(request, begun)
    if (
        request.method == "POST"
        and not begun.is_confirmed
        and request.member.kyc == Member.Kyc.APPROVED
        and form.is_valid()
    ):
        if begun.kind == AnchorTransfer.Kind.DEPOSIT:
            anchor.confirm_deposit(begun, form.cleaned_data["amount"])
            return redirect("portal:anchor", begun.pk)
        if request.POST.get("confirmed") != "yes":
            return render(request, "portal/bank_confirm.html", {"form": form, **form.cleaned_data})
        try:
            _withdraw(request.member, begun, form.cleaned_data)
        except Refused as problem:
            add_problem(form, problem)
        else:
            return redirect("portal:anchor", begun.pk)
    if begun.payout:
        begun.payout.member = request.member
    shown = {
        "begun": begun,
        "form": form,
        "own_call": bank.own_call(begun.payout),
        "details": _details_form(request.member),
        **bank.page(request.member),
    }
    return render(request, "portal/anchor.html", shown, status=422 if form.errors else 200)


@csrf_protect
@require_POST
@member_required
def details(request: MemberRequest, transfer_id: UUID) -> HttpResponse:
    """What the identity check needs to know."""
    begun = _own(request, transfer_id)
    form = _details_form(request.member, request.POST)
    if form.is_valid():
        try:
            customers.tell(request.member, form.cleaned_data)
        except Refused as problem:
            form.add_error(None, sentence(problem))
        else:
            return redirect("portal:anchor", begun.pk)
    shown = {"begun": begun, "form": _form(request, begun), "details": form, **bank.page(request.member)}
    return render(request, "portal/anchor.html", shown, status=422)


@transaction.atomic
def _withdraw(member: Member, begun: AnchorTransfer, data: dict) -> None:
    anchor.confirm_withdrawal(begun, payouts.ask(member, data["amount"], data["name"], data["iban"]))


def _own(request: MemberRequest, transfer_id: UUID) -> AnchorTransfer:
    rows = AnchorTransfer.objects.select_related("line__account", "payout__redemption__intent")
    begun = get_object_or_404(rows, pk=transfer_id, member=request.member)
    begun.member = request.member
    return begun


def _form(request: MemberRequest, begun: AnchorTransfer) -> forms.Form:
    kind = DepositForm if begun.kind == AnchorTransfer.Kind.DEPOSIT else PayoutForm
    initial = {"amount": money(begun.stroops).replace(",", "") if begun.stroops else "", "name": request.member.name}
    sent = request.POST if request.method == "POST" and "amount" in request.POST else None
    return kind(sent, initial=initial)


def _details_form(member: Member, sent: object = None) -> forms.Form:
    """A form of what SEP-12 asks for."""
    form = forms.Form(sent, initial=customers.told(customers.record_of(member)))
    for name in jurisdictions.identity_fields(member.community):
        what = FIELDS[name]
        form.fields[name] = forms.CharField(label=what[:1].upper() + what[1:], max_length=customers.LONGEST)
    return form
