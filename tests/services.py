"""The real services for one test run, started before Django reads its settings (a pytest plugin)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from stelltron.runtime.instance import Instance
from stelltron.runtime.services import discard_postgres_data, embedded_services
from stelltron.runtime.supervisor import Supervisor

# Folders whose tests start a co-op with all its processes.
WHOLE_CO_OPS = ("browser", "end_to_end", "faults", "replay")


class Services:
    def __init__(self) -> None:
        self.instance = Instance.open(Path(tempfile.mkdtemp(prefix="stelltron-test-")), scratch=True)
        self.instance.choose_ports()
        self.supervisor = Supervisor(self.instance)
        for process in embedded_services(self.instance, close_ms=0):
            self.supervisor.start(process)
        # All tests ask from one address.
        os.environ["REQUESTS_A_MINUTE"] = "0"
        os.environ.update(self.instance.environment())
        self._create_databases()

    def stop(self) -> None:
        self.supervisor.stop()
        discard_postgres_data(self.instance)
        shutil.rmtree(self.instance.folder, ignore_errors=True)

    def _create_databases(self) -> None:
        """The one of the settings, empty, and the tests' own with its schema: pytest-django finds it made (--reuse-db)."""
        import psycopg

        server = f"postgres://stelltron@127.0.0.1:{self.instance.ports['database']}"
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE stelltron")
        worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        own = f"{server}/test_stelltron{worker and '_'}{worker}"
        manage = str(Path(__file__).parent.parent / "manage.py")
        subprocess.run([sys.executable, manage, "setup_database"], env={**os.environ, "DATABASE_URL": own}, check=True)


def _only_hands_out() -> bool:
    """Whether this process runs no test itself, but hands them out to workers with services of their own."""
    return any(argument.startswith("-n") for argument in sys.argv[1:]) and "PYTEST_XDIST_WORKER" not in os.environ


SERVICES = None if _only_hands_out() else Services()


class InFiles(LoadScopeScheduling):
    """What a worker takes as one: a file, for its fixtures' sake, and everything that runs a whole co-op of its own.

    Tests that empty the database stand at the end, so that what stands before them finds what migrations wrote; a file's
    are then a part of their own.
    """

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        self.part_of: dict[str, str] = {}
        self.parts: Counter[str] = Counter()
        self.current = ""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid not in self.part_of:
            file = nodeid.split("::", 1)[0]
            together = "whole" if file.split("/")[1] in WHOLE_CO_OPS else file
            if together != self.current:
                self.current = together
                self.parts[together] += 1
            self.part_of[nodeid] = f"{together} {self.parts[together]}"
        return self.part_of[nodeid]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> InFiles:
    # In the order below, however many tests a file has.
    config.option.loadscopereorder = False
    return InFiles(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; at the end what empties the database."""
    tests = Path(__file__).parent

    def place(item: pytest.Item) -> tuple[bool, bool]:
        asked = item.get_closest_marker("django_db")
        empties = bool(asked and asked.kwargs.get("transaction")) or "transactional_db" in item.fixturenames  # type: ignore[attr-defined]
        return empties, item.path.relative_to(tests).parts[0] not in WHOLE_CO_OPS

    items.sort(key=place)


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVICES:
        SERVICES.stop()
