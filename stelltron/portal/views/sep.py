"""The anchor's doors for wallets: SEP-1, SEP-10 and SEP-45 with a token, SEP-12 and SEP-24."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.csrf import csrf_exempt

from stelltron.bank import anchor, customers, jurisdictions, policy, rules
from stelltron.bank.models import AnchorTransfer, BankAccount
from stelltron.core.errors import Refused
from stelltron.core.units import CENT, STROOPS, money, parse_scaled
from stelltron.ledger import contracts, sep45
from stelltron.members import sep10, tokens
from stelltron.members.models import Member

from ..selectors import bank
from ..throttle import seconds_left, too_many
from .anchor import entry_address

ASSET, CODE = "WATT", "stellar:WATT"
LARGEST_BODY, MOST_LISTED = 20_000, 100
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Client-Name, X-Client-Version",
    "Cache-Control": "no-store",
}
KINDS = {"deposit": AnchorTransfer.Kind.DEPOSIT, "withdraw": AnchorTransfer.Kind.WITHDRAWAL}


def open_to_wallets(*methods: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Called by scripts of other origins, without cookies: no session and no CSRF token, and any refusal as JSON."""

    def wrap(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @wraps(view)
        def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response = _answer(view, request, methods, *args, **kwargs)
            for name, value in CORS.items():
                response.headers[name] = value
            return response

        return answered

    return wrap


def _answer(
    view: Callable[..., HttpResponse], request: HttpRequest, methods: tuple[str, ...], *args: Any, **kwargs: Any
) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    if request.method not in methods:
        return JsonResponse({"error": f"use {' or '.join(methods)}"}, status=405)
    try:
        return view(request, *args, **kwargs)
    except Refused as problem:
        if problem.code == "token_refused":
            return JsonResponse({"type": "authentication_required", "error": problem.message}, status=403)
        status = 404 if problem.code.startswith("unknown_") else 400
        return JsonResponse({"error": problem.message, "code": problem.code}, status=status)


@open_to_wallets("GET")
def toml(request: HttpRequest) -> HttpResponse:
    """SEP-1."""
    watt = contracts.address("watt_token") if contracts.is_deployed("watt_token") else ""
    base, account = request.build_absolute_uri("/").rstrip("/"), _bank_account()
    lines = [
        'VERSION = "2.7.0"',
        f"NETWORK_PASSPHRASE = {json.dumps(settings.STELLAR.passphrase)}",
        f"ACCOUNTS = [{json.dumps(settings.STELLAR.issuer.public_key)}]",
        f"SIGNING_KEY = {json.dumps(sep10.server_key().public_key)}",
        f"WEB_AUTH_ENDPOINT = {json.dumps(base + reverse('portal:sep10'))}",
        *_contract_door(base),
        f"TRANSFER_SERVER_SEP0024 = {json.dumps(base + '/sep24')}",
        f"KYC_SERVER = {json.dumps(base + '/sep12')}",
        "",
        "[DOCUMENTATION]",
        f"ORG_NAME = {json.dumps(str(account.community) if account else 'Stelltron')}",
        f"ORG_URL = {json.dumps(base)}",
        "",
        "[[CURRENCIES]]",
        f'code = "{ASSET}"',
        f"contract = {json.dumps(watt)}",
        "display_decimals = 2",
        'name = "Stelltron WATT"',
        'desc = "One unit of money at the co-op\'s bank, issued against attested reserves."',
        "is_asset_anchored = true",
        'anchor_asset_type = "fiat"',
        f"anchor_asset = {json.dumps(account.community.currency if account else 'USD')}",
        f"attestation_of_reserve = {json.dumps(base + reverse('portal:reserves'))}",
        'redemption_instructions = "Members withdraw to their bank account in the portal, or through SEP-24."',
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def _contract_door(base: str) -> list[str]:
    """Named once the contract stands that contract accounts sign in with."""
    if not contracts.is_deployed("web_auth"):
        return []
    return [
        f"WEB_AUTH_FOR_CONTRACTS_ENDPOINT = {json.dumps(base + reverse('portal:sep45'))}",
        f"WEB_AUTH_CONTRACT_ID = {json.dumps(contracts.address('web_auth'))}",
    ]


@open_to_wallets("GET", "POST")
def auth(request: HttpRequest) -> HttpResponse:
    """SEP-10: a challenge, and a token for it once it is signed."""
    if too_many(request, "wallet"):
        return _slow_down()
    domain = request.get_host()
    # Wallets hold the challenge to the endpoint's host without its port.
    host = urlsplit(f"//{domain}").hostname or domain
    if request.method == "POST":
        member = sep10.answer(str(_body(request).get("transaction", "")), domain, host)
        return JsonResponse({"token": tokens.issue(member, _issuer(request))})
    if request.GET.get("memo"):
        raise Refused("no_memo", "members have an account each: sign in without a memo")
    _require_home(request, domain)
    envelope = sep10.challenge(request.GET.get("account", ""), domain, host)
    return JsonResponse({"transaction": envelope, "network_passphrase": settings.STELLAR.passphrase})


@open_to_wallets("GET", "POST")
def contract_auth(request: HttpRequest) -> HttpResponse:
    """SEP-45: the same for contract accounts. A client domain is not verified, and so, as the standard says, ignored."""
    if too_many(request, "wallet"):
        return _slow_down()
    domain = request.get_host()
    if request.method == "POST":
        member = sep45.answer(str(_body(request).get("authorization_entries", "")), domain)
        return JsonResponse({"token": tokens.issue(member, _issuer(request))})
    _require_home(request, domain)
    entries = sep45.challenge(request.GET.get("account", ""), domain)
    return JsonResponse({"authorization_entries": entries, "network_passphrase": settings.STELLAR.passphrase})


def _slow_down() -> JsonResponse:
    wait = {"Retry-After": str(seconds_left())}
    return JsonResponse({"error": "too many tries: wait a minute"}, status=429, headers=wait)


def _require_home(request: HttpRequest, domain: str) -> None:
    if request.GET.get("home_domain", domain) != domain:
        raise Refused("other_domain", f"this is {domain}, and no other home domain")


@open_to_wallets("GET", "PUT")
def customer(request: HttpRequest) -> HttpResponse:
    """SEP-12: where the identity check stands and what it lacks; PUT tells us."""
    member = _member(request)
    given = _body(request) if request.method == "PUT" else request.GET.dict()
    _require_own(member, str(given.get("account") or member.wallet.address))
    if given.get("id", str(member.pk)) != str(member.pk):
        raise Refused("unknown_customer", "this is not your id")
    if request.method == "PUT":
        about = {"account", "id", "memo", "memo_type", "type", "lang", "transaction_id"}
        member = customers.tell(member, {name: value for name, value in given.items() if name not in about})
        return JsonResponse({"id": str(member.pk)}, status=202)
    known = customers.told(customers.record_of(member))
    fields = {name: {"type": "string", "description": what} for name, what in rules.FIELDS.items()}
    answer: dict[str, Any] = {"id": str(member.pk), "status": customers.STATUS[Member.Kyc(member.kyc)]}
    if member.kyc == Member.Kyc.NONE:
        asked = jurisdictions.identity_fields(member.community)
        if set(asked) <= set(known):
            # The rules ask for less than when it was told.
            answer["status"] = customers.STATUS[Member.Kyc(customers.tell(member, {}).kyc)]
        answer["fields"] = {name: fields[name] for name in asked if name not in known}
    answer["provided_fields"] = {name: {**fields[name], "status": "ACCEPTED"} for name in known}
    return JsonResponse(answer)


@open_to_wallets("DELETE")
def forget(request: HttpRequest, account: str) -> HttpResponse:
    """SEP-12: delete what the member told us."""
    member = _member(request)
    _require_own(member, account)
    customers.forget(member)
    return HttpResponse(status=200)


@open_to_wallets("GET")
def info(request: HttpRequest) -> HttpResponse:
    account = _bank_account()
    smallest = policy.smallest_payout(account.community) if account else CENT
    return JsonResponse(
        {
            "deposit": {ASSET: {"enabled": True, "min_amount": CENT / STROOPS}},
            "withdraw": {ASSET: {"enabled": True, "min_amount": smallest / STROOPS}},
            "fee": {"enabled": False},
            "features": {"account_creation": False, "claimable_balances": False},
        }
    )


@open_to_wallets("POST")
def begin(request: HttpRequest, kind: str) -> HttpResponse:
    """SEP-24: the address of a page where the member goes on."""
    member, given = _member(request), _body(request)
    if kind not in KINDS:
        raise Refused("unknown_kind", "begin a deposit or a withdraw")
    if given.get("asset_code") not in (ASSET, CODE):
        raise Refused("other_asset", f"this co-op's bank takes and pays {ASSET} only")
    _require_own(member, str(given.get("account") or member.wallet.address))
    begun = anchor.begin(member, KINDS[kind], _amount(given.get("amount")))
    url = request.build_absolute_uri(entry_address(begun))
    return JsonResponse({"type": "interactive_customer_info_needed", "url": url, "id": str(begun.pk)})


@open_to_wallets("GET")
def transaction(request: HttpRequest) -> HttpResponse:
    member = _member(request)
    mine = _transfers(member)
    if wanted := request.GET.get("id"):
        found = mine.filter(pk=_uuid(wanted)).first()
    else:
        named = (request.GET.get("stellar_transaction_id"), request.GET.get("external_transaction_id"))
        found = next((one for one in mine[:MOST_LISTED] if _is_named(one, *named)), None)
    if found is None:
        raise Refused("unknown_transaction", "there is no such transaction of yours")
    return JsonResponse({"transaction": _shown(request, found)})


@open_to_wallets("GET")
def transactions(request: HttpRequest) -> HttpResponse:
    member, given = _member(request), request.GET
    if given.get("asset_code") not in (ASSET, CODE):
        raise Refused("other_asset", f"this co-op's bank takes and pays {ASSET} only")
    rows = _transfers(member)
    if given.get("kind"):
        rows = rows.filter(kind=given["kind"])
    since = parse_datetime(given.get("no_older_than", "")) if given.get("no_older_than") else None
    if since:
        rows = rows.filter(begun_at__gte=since)
    if given.get("paging_id"):
        rows = rows.filter(pk__lt=_uuid(given["paging_id"]))
    limit = int(given["limit"]) if given.get("limit", "").isdecimal() else MOST_LISTED
    return JsonResponse({"transactions": [_shown(request, one) for one in rows[: min(limit, MOST_LISTED)]]})


def _shown(request: HttpRequest, begun: AnchorTransfer) -> dict[str, Any]:
    status, stroops, ended = anchor.status(begun), anchor.moved(begun), anchor.ended_at(begun)
    amount = None if stroops is None else money(stroops, 7).replace(",", "")
    coin, fiat = f"stellar:{ASSET}:{_contract()}", f"iso4217:{begun.member.community.currency}"
    assets = (fiat, coin) if begun.kind == AnchorTransfer.Kind.DEPOSIT else (coin, fiat)
    return {
        "id": str(begun.pk),
        "kind": begun.kind,
        "status": status,
        "more_info_url": request.build_absolute_uri(entry_address(begun)),
        "amount_in": amount,
        "amount_in_asset": assets[0],
        "amount_out": amount,
        "amount_out_asset": assets[1],
        "amount_fee": "0",
        "started_at": begun.begun_at.isoformat(),
        "completed_at": ended.isoformat() if ended and status in ("completed", "refunded") else None,
        "stellar_transaction_id": anchor.transaction_of(begun) or None,
        "external_transaction_id": _external(begun),
        "message": _message(begun),
        "to": begun.member.wallet.address if begun.kind == AnchorTransfer.Kind.DEPOSIT else None,
        "from": begun.member.wallet.address if begun.kind == AnchorTransfer.Kind.WITHDRAWAL else None,
    }


def _message(begun: AnchorTransfer) -> str | None:
    if begun.payout is None:
        return None
    begun.payout.member = begun.member
    asked = bank.own_call(begun.payout)
    if not asked:
        return begun.payout.problem
    named = ", ".join(f"{name} {asked[name]}" for name in ("from", "amount", "bank_reference"))
    return f"call {asked['function']} of the contract {asked['contract']} from your wallet: {named}"


def _is_named(begun: AnchorTransfer, on_chain: str | None, external: str | None) -> bool:
    if on_chain:
        return anchor.transaction_of(begun) == on_chain
    return bool(external) and _external(begun) == external


def _external(begun: AnchorTransfer) -> str | None:
    """What the bank calls it."""
    if begun.line:
        return begun.line.key or None
    return begun.payout.reference if begun.payout else None


def _transfers(member: Member) -> QuerySet[AnchorTransfer]:
    rows = AnchorTransfer.objects.filter(member=member).order_by("-id")
    return rows.select_related("member__wallet", "member__community", "line__account", "payout__redemption__intent")


def _member(request: HttpRequest) -> Member:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return tokens.member_of(token.strip() if scheme.lower() == "bearer" else "", _issuer(request))


def _issuer(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("portal:sep10"))


def _body(request: HttpRequest) -> dict[str, Any]:
    """Of JSON or of a form, as the standards allow both. Raises Refused."""
    if len(request.body) > LARGEST_BODY:
        raise Refused("too_large", "the request is too large")
    if request.content_type == "multipart/form-data":
        try:
            return MultiPartParser(request.META, BytesIO(request.body), request.upload_handlers).parse()[0].dict()
        except MultiPartParserError:
            raise Refused("not_a_form", "the form cannot be read") from None
    if request.content_type != "application/json":
        return QueryDict(request.body).dict()
    try:
        read = json.loads(request.body)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise Refused("not_json", "the request is no JSON object")
    return read


def _amount(given: object) -> int | None:
    if given in (None, ""):
        return None
    try:
        return parse_scaled(str(given), STROOPS)
    except ValueError as problem:
        raise Refused("not_an_amount", str(problem)) from None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused("unknown_transaction", "there is no such transaction of yours") from None


def _require_own(member: Member, account: str) -> None:
    if account != member.wallet.address:
        raise Refused("other_account", "this token is for another account: sign in with that one")


def _contract() -> str:
    return contracts.address("watt_token") if contracts.is_deployed("watt_token") else ""


def _bank_account() -> BankAccount | None:
    return BankAccount.objects.select_related("community").order_by("pk").first()
