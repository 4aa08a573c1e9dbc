"""How financing stands a thousand generators: a payment's cost, the portfolio's pages and the office's lists."""

from __future__ import annotations

import os
import random
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from stellar_sdk import StrKey

from financing import mirror
from financing.income import UNITS, Income
from financing.models import Generator, GeneratorRequest, Offering, Payment, Provider, ProviderBid, Stake
from stelltron.core.models import Community
from stelltron.core.units import STROOPS
from stelltron.ledger.models import ChainEvent, ChainIntent
from stelltron.members.models import Member, User, Wallet

from .crowd import CHUNK, SEED, START, crowd, scratch_database

GENERATORS, OWNERS, PAYMENTS = 1_000, 100, 1_000
FINANCIERS = 10_000
GOAL = 10_000 * STROOPS
PAYMENT, PAYMENT_WH, MAINTENANCE_BPS = STROOPS // 2, 5_000, 500
ASKED = 200
OFFICE_LIST_LIMIT_MS, PORTFOLIO_LIMIT_MS = 100, 200


def measure() -> dict[str, Any]:
    """1,000 generators with 100 owners and 1,000 payments each; one institution owns a part of every one."""
    with scratch_database():
        community, people = crowd("village", FINANCIERS)
        wallets = _wallets(people)
        made = _generators(community, people)
        _stakes(made, people, wallets)
        _payments(made, people, wallets)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        return {
            "rows": {model.__name__.lower(): model.objects.count() for model in (Generator, Stake, Payment)},
            "payment_ms": _payment_costs(made, people, wallets),
            "portfolio": {"limit_p95_ms": PORTFOLIO_LIMIT_MS, **_portfolio(people)},
            "office_database_ms": {"limit": OFFICE_LIST_LIMIT_MS, **_office()},
        }


def _wallets(people: list[Member]) -> list[str]:
    draw = random.Random(SEED)
    addresses = [StrKey.encode_ed25519_public_key(draw.randbytes(32)) for _ in people]
    Wallet.objects.bulk_create(
        (
            Wallet(member=member, kind=Wallet.Kind.EXTERNAL, address=address)
            for member, address in zip(people, addresses, strict=True)
        ),
        CHUNK,
    )
    return addresses


def _generators(community: Community, people: list[Member]) -> list[Generator]:
    provider = people[1]
    admits = ChainIntent.objects.create(community=community, kind=ChainIntent.Kind.CALL, key="bench:provider")
    Provider.objects.create(
        member=provider, about="bench", state=Provider.State.VERIFIED, asked_at=START, intent=admits
    )
    requests = GeneratorRequest.objects.bulk_create(
        GeneratorRequest(
            community=community,
            requester=people[2 + n],
            title=f"Village {n}",
            place="Kenema",
            power_w=10_000,
            people=200,
            reason="light",
            state=GeneratorRequest.State.ACCEPTED,
            opened_at=START,
            bids_until=START + timedelta(days=7),
            decide_until=START + timedelta(days=14),
        )
        for n in range(GENERATORS)
    )
    bids = ProviderBid.objects.bulk_create(
        ProviderBid(
            request=request,
            provider_id=provider.pk,
            unit_type="10 kW solar",
            power_w=10_000,
            cost=GOAL,
            installation_days=30,
            warranty_months=24,
            year_quantity=14_600_000,
            state=ProviderBid.State.ACCEPTED,
            made_at=START,
        )
        for request in requests
    )
    offerings = Offering.objects.bulk_create(
        Offering(
            community=community,
            request=bid.request,
            bid=bid,
            goal=GOAL,
            min_units=1,
            min_price=0,
            max_price=STROOPS,
            maintenance_bps=MAINTENANCE_BPS,
            slot_seconds=3600,
            risks="bench",
            state=Offering.State.APPROVED,
            offered_at=START,
        )
        for bid in bids
    )
    income = Income()
    for _ in range(PAYMENTS):
        income = income.receive(PAYMENT, MAINTENANCE_BPS)
    return Generator.objects.bulk_create(
        Generator(
            community=community,
            offering=offering,
            requester=offering.request.requester,
            provider=provider,
            name=offering.request.title,
            address=StrKey.encode_contract(os.urandom(32)),
            state=Generator.State.ACTIVE,
            deadline=START,
            reserved=UNITS,
            sold=UNITS,
            index=income.index,
            carry=income.carry,
            received=income.received,
            maintenance=income.maintenance,
            credited=PAYMENTS * PAYMENT_WH,
            paid=PAYMENTS * PAYMENT,
            dispensed=PAYMENTS * PAYMENT_WH // 2,
            active_since=START,
        )
        for offering in offerings
    )


def _stakes(made: list[Generator], people: list[Member], wallets: list[str]) -> None:
    """The first of ``people`` owns a part of each; the others follow each other."""
    rows = []
    for n, generator in enumerate(made):
        owners = [0, *(1 + (n * OWNERS + k) % (len(people) - 1) for k in range(OWNERS - 1))]
        rows += [
            Stake(generator=generator, address=wallets[who], member=people[who], units=UNITS // OWNERS)
            for who in owners
        ]
    Stake.objects.bulk_create(rows, CHUNK)


def _payments(made: list[Generator], people: list[Member], wallets: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO financing_payment (generator_id, payer, member_id, quantity, price, amount, phone, state,"
            " event, transaction_hash, at)"
            " SELECT g.id, %s, %s, %s, 0, %s, '', 'PAID', 'bench-' || g.id || '-' || n, '', %s + n * interval '1 hour'"
            " FROM financing_generator g, generate_series(1, %s) AS n",
            [wallets[2], people[2].pk, PAYMENT_WH, PAYMENT, START, PAYMENTS],
        )


def _payment_costs(made: list[Generator], people: list[Member], wallets: list[str]) -> dict[str, float]:
    """Median time to take a payment's event into the books, by the number of owners it is shared among."""
    costs = {}
    for generator, owners in ((made[0], 1), (made[1], OWNERS), (made[2], UNITS)):
        Stake.objects.filter(generator=generator).delete()
        Stake.objects.bulk_create(
            (
                Stake(generator=generator, address=wallets[who], member=people[who], units=UNITS // owners)
                for who in range(owners)
            ),
            CHUNK,
        )
        seconds = []
        for n in range(ASKED):
            event = ChainEvent.objects.create(
                id=f"{generator.pk}-{n}",
                contract=generator.address,
                name="paid",
                transaction_hash=f"{n:064x}",
                ledger=n,
                data={"topics": [wallets[2]], "value": {"quantity": PAYMENT_WH, "price": 0, "amount": PAYMENT}},
            )
            began = time.perf_counter()
            with transaction.atomic():
                mirror.take(event, START)
            seconds.append(time.perf_counter() - began)
        costs[f"{owners}_owners"] = _at(seconds, 50)
    return costs


def _portfolio(people: list[Member]) -> dict[str, Any]:
    draw = random.Random(SEED)
    return {
        "p95_ms": _page_times([people[draw.randrange(1, len(people))] for _ in range(ASKED)]),
        "institution_stakes": Stake.objects.filter(member=people[0]).count(),
        "institution_p95_ms": _page_times([people[0]] * (ASKED // 4)),
    }


def _page_times(members: list[Member]) -> float:
    seconds = []
    for member in members:
        if member.user is None:
            member.user = User.objects.create(email=f"{member.code}@bench.example")
            member.save(update_fields=["user"])
        client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
        client.force_login(member.user)
        began = time.perf_counter()
        answer = client.get(reverse("portal:portfolio"))
        seconds.append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.status_code
    return _at(seconds, 95)


def _office() -> dict[str, float]:
    """Every list of financing in the admin: the time its statements take in the database."""
    client = Client(SERVER_NAME=settings.ALLOWED_HOSTS[0])
    client.force_login(User.objects.create_superuser("office@bench.example"))
    times = {}
    for model in admin.site._registry:
        if model._meta.app_label != "financing":
            continue
        clock = _Clock()
        with connection.execute_wrapper(clock):
            answer = client.get(reverse(f"admin:financing_{model._meta.model_name}_changelist"))
        assert answer.status_code == 200, answer.status_code
        times[str(model._meta.model_name)] = round(1000 * clock.seconds, 1)
    return times


class _Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.seconds += time.perf_counter() - began


def _at(seconds: list[float], percent: int) -> float:
    ordered = sorted(seconds)
    return round(1000 * ordered[len(ordered) * percent // 100], 1)
