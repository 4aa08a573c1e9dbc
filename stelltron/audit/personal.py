"""Everything about one member, for the member: a ZIP of JSON, row by row, and their photographs.

Every table that names a member is in it by itself; what belongs to a member through another table is in :data:`THROUGH`.
Others appear by their ids only, and keys and secrets not at all.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from functools import reduce
from itertools import chain
from operator import or_
from typing import IO, Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import Q

from financing.models import Photograph
from stelltron.core.actions import log_action
from stelltron.core.models import ActionLog
from stelltron.members.models import Member, User

OURS = ("stelltron.", "devices.", "market.", "financing.", "governance.")
THROUGH: dict[str, tuple[str, ...]] = {
    "ledger.ChainIntent": ("wallet__member",),
    "ledger.JournalLine": ("account__member",),
    "bank.CaseStep": ("case__member",),
    "devices.Register": ("device__owner",),
    "devices.SlotReading": ("point__member",),
    "devices.Telemetry": ("device__owner",),
    "market.BillLine": ("bill__member",),
    "market.LockedTrade": ("trade__buyer", "trade__seller"),
    "financing.AutoClaim": ("stake__member",),
    "financing.AgentSale": ("agent__member", "agent__principal", "payment__member"),
    "financing.CoverClaim": ("cover__holder",),
    "financing.CoverOffer": ("insurer__member",),
    "financing.CoverPayment": ("claim__cover__holder",),
    "financing.EnergyCode": ("payment__member",),
    "financing.Future": ("seller__member", "buyer__member"),
    "financing.Handover": ("agent__member", "agent__principal"),
    "financing.Milestone": ("generator__provider", "generator__requester"),
    "financing.Offering": ("request__requester", "bid__provider__member"),
    "financing.Payout": ("stake__member",),
    "financing.ProviderBid": ("provider__member",),
    "financing.UnitTransfer": ("giver__member", "receiver__member"),
}
CHUNK = 2_000
NOT_SHOWN = {User: {"password"}}


def write_copy(to: IO[bytes], member: Member) -> dict[str, int]:
    """Write the ZIP of what is kept about ``member``; returns rows by file. It is logged first."""
    log_action("member.copy", actor=member.user, target=member.code, community=member.community)
    counts = {}
    # One transaction: rows come from the server as they are needed.
    with transaction.atomic(), zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in tables(member):
            if count := _write(archive, f"{name}.json", rows):
                counts[name] = count
        for photograph in Photograph.objects.filter(member=member).iterator(1):
            archive.writestr(f"photographs/{photograph.pk}.jpg", bytes(photograph.content))
    return counts


def tables(member: Member) -> Iterator[tuple[str, models.QuerySet]]:
    """Each table with rows about ``member``, by its label."""
    yield "members.User", User.objects.filter(pk=member.user_id)
    yield "members.Member", Member.objects.filter(pk=member.pk)
    yield "core.ActionLog", ActionLog.objects.filter(about(member))
    for model in apps.get_models():
        if paths := paths_to_member(model):
            rows = model._default_manager.filter(reduce(or_, (Q(**{path: member.pk}) for path in paths)))
            yield model._meta.label, rows.order_by("pk")


def about(member: Member) -> Q:
    """Actions on the member and by the member."""
    on = done_to(member)
    return on | Q(actor=member.user_id) if member.user_id else on


def done_to(member: Member) -> Q:
    return Q(community=member.community) & (Q(target=member.code) | Q(details__member=member.code))


def paths_to_member(model: type[models.Model]) -> tuple[str, ...]:
    """By which fields a row of ``model`` is about somebody."""
    if not model.__module__.startswith(OURS):
        return ()
    own = tuple(field.name for field in model._meta.concrete_fields if field.related_model is Member)
    return own + THROUGH.get(model._meta.label, ())


def _write(archive: zipfile.ZipFile, name: str, rows: models.QuerySet) -> int:
    """A JSON array, an object a line; no file without a row."""
    fields = [field.attname for field in rows.model._meta.concrete_fields if _is_shown(rows.model, field)]
    count = 0
    found = rows.values(*fields).iterator(CHUNK)
    first = next(found, None)
    if first is None:
        return 0
    with archive.open(name, "w", force_zip64=True) as raw, io.TextIOWrapper(raw, encoding="utf-8") as text:
        for count, row in enumerate(chain([first], found), 1):
            text.write(f"{',' if count > 1 else '['}\n{_json(row)}")
        text.write("\n]\n")
    return count


def _is_shown(model: type[models.Model], field: models.Field[Any, Any]) -> bool:
    return not isinstance(field, models.BinaryField) and field.name not in NOT_SHOWN.get(model, ())


def _json(row: dict[str, Any]) -> str:
    return json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False)
