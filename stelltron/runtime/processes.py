"""Stelltron's own processes, as the supervisor runs them over the services."""

from __future__ import annotations

import sys
from pathlib import Path

from .instance import Instance
from .services import Process

ROOT = Path(__file__).resolve().parents[2]


def manage(name: str, *arguments: str, instance: Instance, one_shot: bool = False) -> Process:
    """A manage.py command as a process."""
    return Process(
        name,
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        instance.environment(),
        one_shot=one_shot,
    )


# As many as requests may be in the database at once.
WEB_CONNECTIONS = 24


def web(instance: Instance) -> Process:
    port = instance.ports["web"]
    process = Process(
        "web",
        [
            sys.executable,
            "-m",
            "uvicorn",
            "stelltron.asgi:application",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--lifespan",
            "off",
            "--ws",
            "websockets-sansio",
            "--no-access-log",
            "--app-dir",
            str(ROOT),
        ],
        {**instance.environment(), "DATABASE_POOL": str(WEB_CONNECTIONS)},
    )
    process.ready_url = f"http://127.0.0.1:{port}/health"
    return process


def worker(instance: Instance) -> Process:
    # Threads, not forks: one process to kill, one to restart, no orphaned children.
    return _celery(
        "worker",
        instance,
        "worker",
        "--pool",
        "threads",
        "--concurrency",
        "2",
        "--queues",
        "market,ledger,devices,financing,mail",
        "--without-gossip",
        "--without-mingle",
    )


def beat(instance: Instance) -> Process:
    return _celery("beat", instance, "beat", "--scheduler", "django_celery_beat.schedulers:DatabaseScheduler")


def ingest(instance: Instance) -> Process:
    return manage("ingest", "ingest", instance=instance)


def chain(instance: Instance) -> Process:
    return manage("chain", "chain", instance=instance)


def firmware_meter(instance: Instance) -> Process:
    """The meter firmware on the Unix port of MicroPython, with the files load_sample put on its flash."""
    firmware = ROOT / "firmware" / "esp32"
    return Process(
        "firmware-meter",
        [str(Path(sys.executable).parent / "micropython"), str(firmware / "main.py")],
        {**instance.environment(), "MICROPYPATH": f"{firmware}:.frozen"},
        folder=str(instance.folder / "firmware"),
    )


def background(instance: Instance) -> list[Process]:
    """What clears and settles, with or without a web portal."""
    return [ingest(instance), worker(instance), beat(instance), chain(instance)]


def _celery(name: str, instance: Instance, *arguments: str) -> Process:
    return Process(
        name,
        [
            sys.executable,
            "-m",
            "celery",
            "--app",
            "stelltron",
            "--workdir",
            str(ROOT),
            *arguments,
            "--loglevel",
            "WARNING",
        ],
        instance.environment(),
    )
