"""The schema of an empty database, kept after it was made once: over a hundred migrations take Django half a minute.

Only for databases that we start ourselves, whose programs are at hand; any other is migrated as ever. What is kept belongs
to the migrations' very texts, and whatever is wrong with it, the migrations make it anew.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

# Of other versions and checkouts: what was not used the longest goes.
MOST_KEPT = 5
IMPORTED = re.compile(rb"^\s*(?:from|import) ([\w.]+)", re.MULTILINE)


def fill(tools: Path) -> None:
    """Bring the empty default database to the current schema, with the PostgreSQL programs in ``tools``.

    Whoever comes while another makes the same schema waits for it.
    """
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stelltron" / "schema"
    # One that is open may be another database's.
    connection.close()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            kept = folder / f"{_digest(tools)}.sql"
            if not _load(tools, kept):
                _migrate()
                _keep(tools, kept)
    except OSError as problem:
        print(f"no schema is kept: {problem}", file=sys.stderr)
        _migrate()


def _load(tools: Path, kept: Path) -> bool:
    """Whether the database has all of the schema now."""
    if not kept.exists():
        return False
    kept.touch()
    loading = [str(tools / "psql"), "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "--single-transaction", "-f", str(kept)]
    loaded = subprocess.run(loading, env=_there(), stdout=subprocess.DEVNULL, check=False)
    if loaded.returncode == 0 and _is_complete():
        return True
    kept.unlink()
    return False


def _keep(tools: Path, kept: Path) -> None:
    fresh = kept.with_suffix(".new")
    dumped = subprocess.run([str(tools / "pg_dump"), "--no-owner", "-f", str(fresh)], env=_there(), check=False)
    if dumped.returncode == 0 and _is_complete():
        fresh.rename(kept)
    newest_first = sorted(kept.parent.glob("*.sql"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in newest_first[MOST_KEPT:]:
        old.unlink()


def _migrate() -> None:
    call_command("migrate", interactive=False, verbosity=0)


def _is_complete() -> bool:
    return set(MigrationRecorder(connection).applied_migrations()) >= set(MigrationLoader(None).disk_migrations)


def _there() -> dict[str, str]:
    """The environment in which PostgreSQL's programs find the database."""
    named = connection.settings_dict
    who = {"PGHOST": named["HOST"], "PGPORT": named["PORT"], "PGUSER": named["USER"], "PGDATABASE": named["NAME"]}
    return {**os.environ, **{name: str(value) for name, value in who.items()}}


def _digest(tools: Path) -> str:
    """Of every migration's text, of the modules it names, and of the versions that read and write what is kept."""
    version = subprocess.run([str(tools / "pg_dump"), "--version"], check=True, stdout=subprocess.PIPE).stdout
    texts = [Path(file).read_bytes() for file in sorted(set(_sources()))]
    return hashlib.sha256(b"".join([version, django.get_version().encode(), *texts])).hexdigest()[:16]


def _sources() -> Iterator[str]:
    for migration in MigrationLoader(None).disk_migrations.values():
        file = str(sys.modules[migration.__module__].__file__)
        yield file
        for name in IMPORTED.findall(Path(file).read_bytes()):
            named = getattr(sys.modules.get(name.decode()), "__file__", None)
            if named:
                yield named
