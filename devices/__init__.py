"""Metering points, devices, telemetry ingest, registers -> slot readings."""
