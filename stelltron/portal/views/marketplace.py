"""The marketplace: book, order form, own orders and the mandate."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from market import mandates
from market.models import Mandate, Order
from market.spot import desk, orders
from stelltron.core.errors import Refused
from stelltron.core.units import kwh, money
from stelltron.members.models import Member, Wallet

from ..access import MemberRequest, member_required
from ..forms import MandateForm, OrderForm
from ..selectors import dashboard as balances_of
from ..selectors import market as selectors
from ..templatetags.figures import exact

# Which field a refusal is about; the rest is said above the form.
FIELD_OF = {
    "energy_out_of_range": "kwh",
    "not_enough_energy": "kwh",
    "not_enough_watt": "kwh",
    "price_out_of_range": "price",
    "limit_needs_a_price": "price",
    "stop_needs_a_price": "trigger",
    "already_expired": "stands",
    "mandate_ends_before_it_starts": "until",
}
USUAL_SLOT_KWH, USUAL_DAY_KWH = "20", "200"


def _book(request: MemberRequest) -> dict:
    return {"book": selectors.book(request.member)}


def _trades(request: MemberRequest) -> dict:
    return {"trades": selectors.last_trades(request.member)}


def _orders(request: MemberRequest) -> dict:
    return {"orders": selectors.open_orders(request.member)}


def _balances(request: MemberRequest) -> dict:
    return {"balances": balances_of.balances(request.member)}


def _mandate(request: MemberRequest, form: MandateForm | None = None) -> dict:
    member = request.member
    # Before the current one: what the chain confirms between the two is still asked for, and the page asks again.
    asked = selectors.newest_request(member)
    current = selectors.current_mandate(member)
    return {
        "mandate": current,
        "asked": asked,
        "mandate_form": form or MandateForm(initial=_proposed(member, current)),
        "external": member.wallet.kind == Wallet.Kind.EXTERNAL,
    }


PARTS = {"book": _book, "trades": _trades, "orders": _orders, "mandate": _mandate}


def _page(request: MemberRequest, *, status: int = 200, **replaced: object) -> HttpResponse:
    context = {"form": OrderForm(), "tariff": selectors.tariff(request.member.community), **_balances(request)}
    for build in PARTS.values():
        context |= build(request)
    return render(request, "portal/marketplace.html", {**context, **replaced}, status=status)


@require_GET
@member_required
def page(request: MemberRequest) -> HttpResponse:
    return _page(request)


@require_GET
@member_required
def part(request: MemberRequest, part: str) -> HttpResponse:
    """One card, fetched again when the book changed."""
    if part not in PARTS:
        raise Http404
    return render(request, f"portal/parts/{part}.html", PARTS[part](request))


@require_GET
@member_required
def day(request: MemberRequest) -> JsonResponse:
    """The last 24 hours, for the charts."""
    return JsonResponse(selectors.day_series(request.member))


@csrf_protect
@require_POST
@member_required
def place_order(request: MemberRequest) -> HttpResponse:
    form = OrderForm(request.POST)
    if form.is_valid():
        try:
            order = desk.place_order(request.member, **form.wish(request.member.community))
        except Refused as problem:
            _show(form, problem)
        else:
            return _order_taken(request, order)
    if request.htmx:
        return render(request, "portal/parts/order_form.html", {"form": form}, status=422)
    return _page(request, form=form, status=422)


@csrf_protect
@require_POST
@member_required
def cancel_order(request: MemberRequest, order_id: UUID) -> HttpResponse:
    order = get_object_or_404(Order, pk=order_id, member=request.member)
    problem = ""
    try:
        orders.cancel_order(order, request.member)
    except Refused as refused:
        problem = refused.message
    if request.htmx:
        response = render(request, "portal/parts/orders.html", {**_orders(request), "problem": problem})
        response.headers["HX-Trigger"] = "book"
        return response
    messages.add_message(request, messages.ERROR if problem else messages.SUCCESS, problem or "The order is cancelled.")
    return redirect("portal:marketplace")


@csrf_protect
@require_POST
@member_required
def give_mandate(request: MemberRequest) -> HttpResponse:
    member = request.member
    form = MandateForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            mandates.give_mandate(
                member,
                sells=data["sells"],
                buys=data["buys"],
                sell_at_least=data["sell_at_least"],
                buy_at_most=data["buy_at_most"],
                slot_wh=data["slot_kwh"],
                day_wh=data["day_kwh"],
                valid_from=member.community.now(),
                valid_until=form.valid_until(member.community),
                actor=request.user,
            )
        except Refused as problem:
            _show(form, problem)
        else:
            return _mandate_answer(request)
    if request.htmx:
        return render(request, "portal/parts/mandate.html", _mandate(request, form), status=422)
    return _page(request, mandate_form=form, status=422)


@csrf_protect
@require_POST
@member_required
def end_mandate(request: MemberRequest, mandate_id: UUID) -> HttpResponse:
    mandate = get_object_or_404(Mandate, pk=mandate_id, member=request.member)
    if request.member.wallet.kind == Wallet.Kind.MANAGED:
        try:
            mandates.end_mandate(mandate, actor=request.user)
        except Refused as problem:
            messages.error(request, problem.message)
    return _mandate_answer(request)


def _order_taken(request: MemberRequest, order: Order) -> HttpResponse:
    said = _what_became_of(order)
    if not request.htmx:
        messages.success(request, said)
        return redirect("portal:marketplace")
    fresh = OrderForm(initial={"side": order.side})
    response = render(request, "portal/parts/order_form.html", {"form": fresh, "said": said})
    response.headers["HX-Trigger"] = "book"
    return response


def _what_became_of(order: Order) -> str:
    done = order.wh - order.open_wh
    if not order.open_wh:
        return f"Done: your order for {kwh(order.wh)} kWh was filled at once."
    if order.state == Order.State.WAITING:
        return f"Your order waits until the last price reaches {exact(order.trigger)}."
    if order.state == Order.State.CANCELLED:
        if order.ended_because:
            return f"Your order was not taken: {order.ended_because}."
        left = f"{kwh(order.open_wh)} kWh found nobody: your order no longer stands."
        return f"{kwh(done)} kWh traded at once, {left}" if done else left
    if done:
        return f"{kwh(done)} kWh traded at once, {kwh(order.open_wh)} kWh stand at {exact(order.price)}."
    return f"Your order stands: {order.get_side_display()} {kwh(order.open_wh)} kWh at {exact(order.price)}."


def _mandate_answer(request: MemberRequest) -> HttpResponse:
    if request.htmx:
        response = render(request, "portal/parts/mandate.html", _mandate(request))
        response.headers["HX-Trigger"] = "book"
        return response
    return redirect("portal:marketplace")


def _show(form: OrderForm | MandateForm, problem: Refused) -> None:
    message = f"{problem.message[:1].upper()}{problem.message[1:]}."
    field = FIELD_OF.get(problem.code)
    form.add_error(field if field in form.fields else None, message)


def _proposed(member: Member, current: Mandate | None) -> dict:
    """What the form starts with: the mandate in force, else the utility's prices."""
    until = (member.community.now() + timedelta(days=365)).date()
    if current:
        return {
            "sells": current.sells,
            "buys": current.buys,
            "sell_at_least": _plain(money(current.sell_at_least, 7)),
            "buy_at_most": _plain(money(current.buy_at_most, 7)),
            "until": until,
            "slot_kwh": _plain(kwh(current.slot_wh)),
            "day_kwh": _plain(kwh(current.day_wh)),
        }
    prices = selectors.tariff(member.community)
    return {
        "sell_at_least": _plain(money(prices.feed_in, 7)) if prices else "",
        "buy_at_most": _plain(money(prices.retail, 7)) if prices else "",
        "slot_kwh": USUAL_SLOT_KWH,
        "day_kwh": USUAL_DAY_KWH,
        "until": until,
    }


def _plain(number: str) -> str:
    """As a person would type it."""
    plain = number.replace(",", "")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
