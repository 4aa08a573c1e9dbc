"""The schema of an empty database, kept after it was made once: over a hundred migrations take Django half a minute.

Only for databases that we start ourselves, whose tools are at hand; any other is migrated as ever. What is kept belongs to
the migrations' very texts, so that another version of them makes its own.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

# Of other versions and checkouts: what was not used the longest goes.
MOST_KEPT = 5


def fill(tools: Path) -> None:
    """Bring the empty default database to the current schema, with the PostgreSQL programs in ``tools``.

    Whoever comes while another makes the same schema waits for it. Raises CalledProcessError.
    """
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stelltron" / "schema"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{_digest()}.sql"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _make(tools, kept)
            return
        kept.touch()
    _run([str(tools / "psql"), "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-f", str(kept)])


def _make(tools: Path, kept: Path) -> None:
    call_command("migrate", interactive=False, verbosity=0)
    connection.close()
    dump = _run([str(tools / "pg_dump"), "--no-owner"])
    fresh = kept.with_suffix(".new")
    fresh.write_bytes(dump)
    fresh.rename(kept)
    newest_first = sorted(kept.parent.glob("*.sql"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in newest_first[MOST_KEPT:]:
        old.unlink()


def _run(command: list[str]) -> bytes:
    there = connection.settings_dict
    who = {"PGHOST": there["HOST"], "PGPORT": there["PORT"], "PGUSER": there["USER"], "PGDATABASE": there["NAME"]}
    environment = {**os.environ, **{name: str(value) for name, value in who.items()}}
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout


def _digest() -> str:
    """Of every migration's text and of the modules whose functions it uses."""
    files = sorted(set(_sources()))
    return hashlib.sha256(b"".join(Path(file).read_bytes() for file in files)).hexdigest()[:16]


def _sources() -> Iterator[str]:
    for migration in MigrationLoader(None).disk_migrations.values():
        module = sys.modules[migration.__module__]
        yield str(module.__file__)
        for used in vars(module).values():
            origin = sys.modules.get(getattr(used, "__module__", None) or "")
            if origin is not None and getattr(origin, "__file__", None):
                yield str(origin.__file__)
