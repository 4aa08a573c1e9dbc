"""Telemetry into the books: verify, judge, store, derive slot readings, and only then acknowledge.

One batch is one database transaction. What is refused goes to quarantine with its reason; sending a
message again is harmless.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.db import DataError, IntegrityError, connection, transaction

from stelltron.core.models import Community
from stelltron.core.units import MWH_PER_WH

from . import wire
from .models import Device, MeteringPoint, Quarantined, Register, SlotReading
from .plausibility import judge
from .registers import Mark, Sample, SlotEnergy, advance, gap_is_too_long
from .telemetry import TelemetryRow, content_of, store

logger = logging.getLogger(__name__)
Reason = Quarantined.Reason
KEPT_BYTES = 4096


@dataclass(frozen=True)
class Message:
    topic: str
    payload: bytes

    @property
    def device_id(self) -> str:
        return self.topic.split("/")[2] if self.topic.count("/") == 3 else self.topic

    @property
    def is_answer(self) -> bool:
        return self.topic.endswith("/answer")

    @property
    def could_be_known(self) -> bool:
        return self.device_id.isprintable() and len(self.device_id) <= 40


@dataclass
class Outcome:
    """What came of a batch: acknowledgements to publish, and what to show live."""

    acks: dict[str, tuple[int, bool]] = field(default_factory=dict)
    stored: int = 0
    repeated: int = 0
    quarantined: int = 0
    readings: list[SlotReading] = field(default_factory=list)
    registers: list[Register] = field(default_factory=list)
    touched_communities: set[object] = field(default_factory=set)


@dataclass
class _Known:
    device: Device
    key: bytes
    point: MeteringPoint | None
    community: Community


@dataclass(frozen=True)
class _Completed:
    """A slot of a device, and the message that completed it."""

    known: _Known
    slot: SlotEnergy
    payload: bytes


class Ingest:
    """Holds the devices' opened keys between batches; who owns them and their state is read anew each batch."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}
        self._keys: dict[bytes, bytes] = {}

    def take(self, messages: Iterable[Message]) -> Outcome:
        """Store one batch. Everything in it is committed when this returns, or nothing is."""
        outcome = Outcome()
        now = datetime.now(UTC)
        accepted: dict[str, list[tuple[wire.Reading, bytes]]] = {}
        refused: list[Quarantined] = []
        batch = list(messages)
        self._load({message.device_id for message in batch if message.could_be_known})
        for message in batch:
            try:
                reading = self._open(message)
                accepted.setdefault(reading.device, []).append((reading, message.payload))
            except _Refused as problem:
                refused.append(_quarantine(message.device_id, problem.reason, str(problem), message.payload))
        with transaction.atomic():
            self._apply(accepted, refused, outcome, now)
            Quarantined.objects.bulk_create(refused)
        outcome.quarantined = len(refused)
        return outcome

    def take_what_fits(self, messages: Iterable[Message]) -> Iterator[Outcome]:
        """Store one batch; if the books refuse it, device by device, so that one cannot stop the others."""
        batch = list(messages)
        try:
            yield self.take(batch)
            return
        except (IntegrityError, DataError):
            logger.exception("the books refused a batch of %d messages: retrying device by device", len(batch))
        by_topic: dict[str, list[Message]] = {}
        for message in batch:
            by_topic.setdefault(message.topic, []).append(message)
        for sent in by_topic.values():
            try:
                outcome = self.take(sent)
            except (IntegrityError, DataError) as problem:
                outcome = self._give_up(sent, problem)
            yield outcome

    def _give_up(self, messages: list[Message], problem: Exception) -> Outcome:
        """Quarantine what one device sent; what is sealed is acknowledged, so that the device goes on."""
        outcome = Outcome()
        refused = []
        for message in messages:
            try:
                reading = self._open(message)
            except _Refused as why:
                refused.append(_quarantine(message.device_id, why.reason, str(why), message.payload))
                continue
            reached, _ = outcome.acks.get(reading.device, (-1, False))
            outcome.acks[reading.device] = (max(reached, reading.seq), False)
            detail = str(problem).partition("\n")[0]
            refused.append(_quarantine(message.device_id, Reason.REFUSED_BY_BOOKS, detail, message.payload))
        Quarantined.objects.bulk_create(refused)
        outcome.quarantined = len(refused)
        return outcome

    def key_of(self, device_id: str) -> bytes:
        return self._known[device_id].key

    def owners(self) -> dict[str, tuple[object, object]]:
        """Device id -> (community id, owner's id or None)."""
        return {key: (known.community.pk, known.device.owner_id) for key, known in self._known.items()}

    def _open(self, message: Message) -> wire.Reading:
        """Everything that can be said of a message alone."""
        if len(message.payload) > wire.LARGEST_PAYLOAD:
            raise _Refused(Reason.TOO_LARGE, f"{len(message.payload)} bytes, {wire.LARGEST_PAYLOAD} are allowed")
        known = self._known.get(message.device_id)
        if known is None:
            raise _Refused(Reason.UNKNOWN_DEVICE, "register the device before it reports")
        if known.device.state == Device.State.BLOCKED:
            raise _Refused(Reason.BLOCKED_DEVICE, "the device is blocked by staff")
        try:
            reading = wire.decode(message.payload)
        except wire.BadMessage as problem:
            raise _Refused(Reason.NOT_JSON, str(problem)) from None
        try:
            wire.check_mac(known.key, message.payload)
        except wire.WrongMac:
            raise _Refused(Reason.WRONG_MAC, "the MAC does not fit the device's key") from None
        if reading.device != message.device_id:
            raise _Refused(Reason.WRONG_TOPIC, f"the message says it is from {reading.device}")
        return reading

    def _apply(
        self,
        accepted: dict[str, list[tuple[wire.Reading, bytes]]],
        refused: list[Quarantined],
        outcome: Outcome,
        now: datetime,
    ) -> None:
        # Locked in one order, so that two ingest processes cannot block each other.
        registers = {
            register.device_id: register
            for register in Register.objects.select_for_update().filter(device_id__in=accepted).order_by("device_id")
        }
        rows: list[TelemetryRow] = []
        slots: list[_Completed] = []
        for device_id, sent in sorted(accepted.items()):
            known = self._known[device_id]
            register = registers.get(device_id)
            reached, again = register.sequence if register else -1, False
            for reading, payload in sorted(sent, key=lambda pair: pair[0].seq):
                verdict = judge(reading, register, known.point, known.community)
                if verdict is None:
                    if unbilled := _unbilled(register, reading, known):
                        refused.append(_quarantine(device_id, Reason.GAP_TOO_LONG, unbilled, payload))
                    register, done = _step(register, reading, known, now)
                    rows.append(TelemetryRow.of(reading, now))
                    slots += [_Completed(known, slot, payload) for slot in done]
                elif verdict.early:
                    again = True
                    continue
                elif verdict.repeated:
                    reason = self._already_there(reading, rows)
                    if reason is None:
                        outcome.repeated += 1
                    else:
                        refused.append(_quarantine(device_id, reason, "this sequence number was used before", payload))
                    continue
                else:
                    refused.append(_quarantine(device_id, verdict.reason, verdict.detail, payload))
                    if register is not None:
                        register.sequence = reading.seq
                reached = max(reached, reading.seq)
            if reached >= 0:
                outcome.acks[device_id] = (reached, again)
            if register is not None:
                registers[device_id] = register
            outcome.touched_communities.add(known.community.pk)
        store(rows)
        outcome.stored = len(rows)
        outcome.registers = list(registers.values())
        _save_registers(outcome.registers)
        self._greet(set(registers))
        outcome.readings = _save_readings(_without_duplicates(slots, refused))

    def _already_there(self, reading: wire.Reading, rows: list[TelemetryRow]) -> str | None:
        """None when the very same reading is stored; else why this one cannot be."""
        same = next((row for row in rows if (row.device, row.sequence) == (reading.device, reading.seq)), None)
        kept = same.content if same else content_of(reading.device, reading.seq)
        if kept is None:
            return Reason.OUT_OF_ORDER
        return None if kept == TelemetryRow.of(reading, datetime.now(UTC)).content else Reason.REPLAYED

    def _greet(self, device_ids: set[str]) -> None:
        """First contact makes a device active; any contact ends its alarm."""
        news = {device_id for device_id in device_ids if self._known[device_id].device.state == Device.State.REGISTERED}
        if news:
            Device.objects.filter(pk__in=news, state=Device.State.REGISTERED).update(state=Device.State.ACTIVE)
            for device_id in news:
                self._known[device_id].device.state = Device.State.ACTIVE
        Device.objects.filter(pk__in=device_ids, alarm_since__isnull=False).update(
            alarm_since=None, alarm_raised_at=None
        )

    def _load(self, device_ids: set[str]) -> None:
        for device_id in device_ids:
            self._known.pop(device_id, None)
        for device in Device.objects.filter(pk__in=device_ids).select_related("point", "community"):
            self._known[device.pk] = _Known(device, self._key(device), device.point, device.community)

    def _key(self, device: Device) -> bytes:
        """Decrypted once: that costs more than everything else about a message."""
        encrypted = bytes(device.key)
        if encrypted not in self._keys:
            self._keys[encrypted] = device.hmac_key()
        return self._keys[encrypted]


class _Refused(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def _quarantine(device_id: str, reason: str, detail: str, payload: bytes) -> Quarantined:
    return Quarantined(
        device_id=_text(device_id, 60),
        reason=reason,
        detail=_text(detail, 300),
        payload=payload[:KEPT_BYTES],
        size=len(payload),
    )


def _text(raw: str, most: int) -> str:
    """What PostgreSQL takes as text: whoever sends a NUL must not stop the batch it is in."""
    return raw.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:most]


def _step(
    register: Register | None, reading: wire.Reading, known: _Known, now: datetime
) -> tuple[Register, list[SlotEnergy]]:
    """The register after ``reading`` and the slots it completes."""
    before, mark = _before(register)
    sample = _sample(reading)
    mark, slots = advance(before, mark, sample, known.community.slot_minutes)
    following = Register(
        device_id=reading.device,
        sequence=reading.seq,
        boot=reading.boot,
        at=sample.at,
        received_at=now,
        exported_mwh=reading.exp,
        imported_mwh=reading.imp,
        power_w=reading.p,
        charge_bp=reading.c,
        health_bp=reading.h,
        mark_at=mark.at if mark else None,
        mark_exported_mwh=mark.exported_mwh if mark else None,
        mark_imported_mwh=mark.imported_mwh if mark else None,
    )
    return following, slots if known.point else []


def _sample(reading: wire.Reading) -> Sample:
    return Sample(datetime.fromtimestamp(reading.t, UTC), reading.boot, reading.exp, reading.imp)


def _before(register: Register | None) -> tuple[Sample | None, Mark | None]:
    """The last sample and the last slot boundary passed, as far as there are any."""
    if register is None:
        return None, None
    sample = Sample(register.at, register.boot, register.exported_mwh, register.imported_mwh)
    if register.mark_at is None:
        return sample, None
    return sample, Mark(register.mark_at, register.mark_exported_mwh, register.mark_imported_mwh)


def _unbilled(register: Register | None, reading: wire.Reading, known: _Known) -> str:
    """What of a point's energy no slot will hold because of a gap too long; "" when there is none."""
    before, mark = _before(register)
    now = _sample(reading)
    if before is None or known.point is None or not gap_is_too_long(before, now, known.community.slot_minutes):
        return ""
    since = mark or before
    exported = now.exported_mwh // MWH_PER_WH - since.exported_mwh // MWH_PER_WH
    imported = now.imported_mwh // MWH_PER_WH - since.imported_mwh // MWH_PER_WH
    return (
        f"{exported} Wh exported and {imported} Wh imported at {known.point}"
        f" from {since.at:%Y-%m-%d %H:%M} to {now.at:%Y-%m-%d %H:%M} UTC are not billed"
    )


def _save_registers(registers: list[Register]) -> None:
    fields = [field.attname for field in Register._meta.concrete_fields if field.attname != "device_id"]
    Register.objects.bulk_create(registers, update_conflicts=True, unique_fields=["device_id"], update_fields=fields)


def _without_duplicates(slots: list[_Completed], refused: list[Quarantined]) -> list[_Completed]:
    """The slots whose point has no reading yet; the others are refused: the first reading stands."""
    taken = set(
        SlotReading.objects.filter(
            point__in={done.known.point for done in slots}, slot__in={done.slot.slot for done in slots}
        ).values_list("point_id", "slot")
    )
    new = []
    for done in slots:
        place = (done.known.point.pk, done.slot.slot)
        if place in taken:
            detail = (
                f"{done.known.point} at {done.slot.slot:%Y-%m-%d %H:%M} UTC: "
                f"{done.slot.exported_wh} Wh exported, {done.slot.imported_wh} Wh imported are not booked"
            )
            refused.append(_quarantine(done.known.device.pk, Reason.DUPLICATE_SLOT, detail, done.payload))
        else:
            taken.add(place)
            new.append(done)
    return new


def _save_readings(slots: list[_Completed]) -> list[SlotReading]:
    """Store slot readings; a slot that is cleared already gets its reading marked as late."""
    readings = [
        SlotReading(
            community=done.known.community,
            point=done.known.point,
            slot=done.slot.slot,
            exported_wh=done.slot.exported_wh,
            imported_wh=done.slot.imported_wh,
            exported_from_mwh=done.slot.start.exported_mwh,
            exported_to_mwh=done.slot.end.exported_mwh,
            imported_from_mwh=done.slot.start.imported_mwh,
            imported_to_mwh=done.slot.end.imported_mwh,
            quality=SlotReading.Quality.ESTIMATED if done.slot.estimated else SlotReading.Quality.MEASURED,
        )
        for done in slots
    ]
    if not readings:
        return []
    for community in {reading.community_id for reading in readings}:
        # The same lock as clearing: a slot cannot close between this look and this insert.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [f"market:{community}"])
    mine = {(reading.community_id, reading.slot) for reading in readings}
    cleared = set(
        SlotReading.objects.filter(
            community_id__in={c for c, _ in mine}, slot__in={s for _, s in mine}, state=SlotReading.State.CLEARED
        )
        .values_list("community_id", "slot")
        .distinct()
    )
    for reading in readings:
        if (reading.community_id, reading.slot) in cleared:
            reading.state = SlotReading.State.LATE
    # A meter swapped this very moment may have written the slot since we looked: it must not stop the batch.
    return SlotReading.objects.bulk_create(readings, ignore_conflicts=True)
