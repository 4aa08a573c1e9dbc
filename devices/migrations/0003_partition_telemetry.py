from django.db import migrations

CREATE = """
CREATE SEQUENCE devices_telemetry_id_seq;
CREATE TABLE devices_telemetry (
    id bigint NOT NULL DEFAULT nextval('devices_telemetry_id_seq'),
    device_id varchar(40) NOT NULL,
    sequence bigint NOT NULL,
    boot bigint NOT NULL,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    exported_mwh bigint NOT NULL CHECK (exported_mwh >= 0),
    imported_mwh bigint NOT NULL CHECK (imported_mwh >= 0),
    power_w integer NOT NULL,
    voltage_dv integer,
    UNIQUE (device_id, sequence, at)
) PARTITION BY RANGE (at);
CREATE INDEX devices_telemetry_newest ON devices_telemetry (device_id, at DESC);

CREATE FUNCTION devices_telemetry_partition(month text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first timestamptz := to_timestamp(month || '01', 'YYYYMMDD');
    name text := 'devices_telemetry_' || month;
BEGIN
    IF to_regclass(name) IS NOT NULL THEN
        RETURN;
    END IF;
    -- Two ingest processes may meet a new month at once.
    PERFORM pg_advisory_xact_lock(hashtextextended(name, 0));
    IF to_regclass(name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF devices_telemetry FOR VALUES FROM (%L) TO (%L)',
                       name, first, first + interval '1 month');
    END IF;
END $$;
"""

DROP = """
DROP FUNCTION devices_telemetry_partition(text);
DROP TABLE devices_telemetry;
DROP SEQUENCE devices_telemetry_id_seq;
"""


class Migration(migrations.Migration):
    dependencies = [("devices", "0002_relations")]

    operations = [migrations.RunSQL(CREATE, DROP)]
