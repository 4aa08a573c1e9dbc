"""The partitioned telemetry table: bulk writes by COPY, one partition a month of device time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from .wire import Reading

_COLUMNS = "device_id, sequence, boot, at, received_at, exported_mwh, imported_mwh, power_w, voltage_dv"
_known_partitions: set[str] = set()


@dataclass(frozen=True)
class TelemetryRow:
    device: str
    sequence: int
    boot: int
    at: datetime
    received_at: datetime
    exported_mwh: int
    imported_mwh: int
    power_w: int
    voltage_dv: int | None

    @classmethod
    def of(cls, reading: Reading, received_at: datetime) -> TelemetryRow:
        return cls(
            reading.device,
            reading.seq,
            reading.boot,
            datetime.fromtimestamp(reading.t, UTC),
            received_at,
            reading.exp,
            reading.imp,
            reading.p,
            reading.u,
        )

    @property
    def content(self) -> tuple:
        """What a repeated message must repeat."""
        return (self.boot, self.at, self.exported_mwh, self.imported_mwh, self.power_w, self.voltage_dv)


def store(rows: Sequence[TelemetryRow]) -> None:
    """Write rows that are new by the register's sequence number. Call inside a transaction."""
    if not rows:
        return
    with connection.cursor() as cursor:
        for month in {row.at.strftime("%Y%m") for row in rows} - _known_partitions:
            cursor.execute("SELECT devices_telemetry_partition(%s)", [month])
            # Only remembered once it is certain to stay: the creating transaction may yet roll back.
            connection.on_commit(lambda month=month: _known_partitions.add(month))  # type: ignore[misc]
        with cursor.copy(f"COPY devices_telemetry ({_COLUMNS}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(
                    (
                        row.device,
                        row.sequence,
                        row.boot,
                        row.at,
                        row.received_at,
                        row.exported_mwh,
                        row.imported_mwh,
                        row.power_w,
                        row.voltage_dv,
                    )
                )


def content_of(device: str, sequence: int) -> tuple | None:
    """The content stored last under a sequence number, if any: a device that starts anew uses it again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT boot, at, exported_mwh, imported_mwh, power_w, voltage_dv FROM devices_telemetry"
            " WHERE device_id = %s AND sequence = %s ORDER BY id DESC LIMIT 1",
            [device, sequence],
        )
        return cursor.fetchone()
