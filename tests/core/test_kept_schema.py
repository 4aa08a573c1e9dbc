"""The schema of an empty database is made once and kept, for as long as the migrations stay as they are."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from stelltron.core import kept_schema

NAME = "kept_schema_test"


@pytest.fixture
def empty(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """An empty database, which ``kept_schema`` takes for ours."""
    there = connection.settings_dict
    server = f"postgres://{there['USER']}@{there['HOST']}:{there['PORT']}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as office:
        office.execute(f"CREATE DATABASE {NAME}")
        with monkeypatch.context() as taken, psycopg.connect(f"{server}/{NAME}", autocommit=True) as own:
            taken.setitem(there, "NAME", NAME)
            yield own
        office.execute(f"DROP DATABASE {NAME}")


def fill() -> None:
    kept_schema.fill(Path(settings.POSTGRES_TOOLS))


def tables(there: psycopg.Connection) -> int:
    ((count,),) = there.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return count


def test_what_is_kept_is_what_the_migrations_make(empty: psycopg.Connection) -> None:
    fill()
    applied = empty.execute("SELECT app, name FROM django_migrations").fetchall()
    assert set(applied) == set(MigrationLoader(None).disk_migrations)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert tables(empty) == cursor.fetchone()[0]


def test_what_is_kept_belongs_to_the_very_text_of_the_migrations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = set(kept_schema._sources())
    project = Path(settings.BASE_DIR)
    assert {str(file) for file in project.glob("market/migrations/0*.py")} < sources
    assert str(project / "stelltron/members/roles.py") in sources, "migrations grant with its functions"
    before = kept_schema._digest()
    changed = tmp_path / "0001_more.py"
    monkeypatch.setattr(kept_schema, "_sources", lambda: [*sources, str(changed)])
    changed.write_text("one")
    one = kept_schema._digest()
    changed.write_text("two")
    assert len({before, one, kept_schema._digest()}) == 3


def test_a_spoilt_file_leaves_nothing_behind(
    empty: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    spoilt = tmp_path / "stelltron" / "schema" / f"{kept_schema._digest()}.sql"
    spoilt.parent.mkdir(parents=True)
    spoilt.write_text("CREATE TABLE half (id int);\nCREATE TABEL other (id int);\n")
    with pytest.raises(subprocess.CalledProcessError):
        fill()
    assert tables(empty) == 0
