"""The schema of an empty database is made once and kept, for as long as the migrations stay as they are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from stelltron.core import kept_schema

TOOLS = Path(settings.POSTGRES_TOOLS)
SERVER = os.environ["DATABASE_URL"].rpartition("/")[0]
CASTS = re.compile(r"::(text|character varying)(\[\])?|[()]")
NAMES = ("kept_schema_made", "kept_schema_loaded")


@pytest.fixture
def server() -> Iterator[None]:
    yield
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as office:
        for name in NAMES:
            office.execute(f"DROP DATABASE IF EXISTS {name}")


def set_up(name: str, cache: Path) -> None:
    """As every start does it, in a process of its own."""
    environment = {**os.environ, "DATABASE_URL": f"{SERVER}/{name}", "XDG_CACHE_HOME": str(cache)}
    manage = str(Path(settings.BASE_DIR) / "manage.py")
    subprocess.run([sys.executable, manage, "setup_database"], env=environment, check=True)


def dumped(name: str) -> list[str]:
    """Everything in a database, but for what each dump draws anew and where a loaded check puts its casts."""
    text = subprocess.run(
        [str(TOOLS / "pg_dump"), "--no-owner", f"{SERVER}/{name}"], check=True, capture_output=True, text=True
    ).stdout
    lines = [line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]
    return [CASTS.sub("", line) for line in lines]


def test_what_is_kept_is_what_the_migrations_make_and_an_incomplete_one_is_made_anew(
    server: None, tmp_path: Path
) -> None:
    kept = tmp_path / "stelltron" / "schema" / f"{kept_schema._digest(TOOLS)}.sql"
    kept.parent.mkdir(parents=True)
    kept.write_text("CREATE TABLE half (id int); DROP TABLE half;\n")
    made, loaded = NAMES
    set_up(made, tmp_path)
    assert "CREATE TRIGGER points_at" in kept.read_text()
    before = kept.read_bytes()
    set_up(loaded, tmp_path)
    assert kept.read_bytes() == before, "it was loaded, not made again"
    assert dumped(loaded) == dumped(made)


def test_what_is_kept_belongs_to_the_very_text_of_the_migrations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = set(kept_schema._sources())
    project = Path(settings.BASE_DIR)
    assert {str(file) for file in project.glob("market/migrations/0*.py")} < sources
    for used in ("stelltron/members/roles.py", "stelltron/core/foreign_keys.py", "stelltron/core/ids.py"):
        assert str(project / used) in sources
    before = kept_schema._digest(TOOLS)
    changed = tmp_path / "0001_more.py"
    monkeypatch.setattr(kept_schema, "_sources", lambda: [*sources, str(changed)])
    changed.write_text("one")
    one = kept_schema._digest(TOOLS)
    changed.write_text("two")
    assert len({before, one, kept_schema._digest(TOOLS)}) == 3
