"""The real services for one test run, started before Django reads its settings (a pytest plugin)."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

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
        os.environ.update(self.instance.environment())
        self._create_database()

    def stop(self) -> None:
        self.supervisor.stop()
        discard_postgres_data(self.instance)
        shutil.rmtree(self.instance.folder, ignore_errors=True)

    def _create_database(self) -> None:
        import psycopg

        with psycopg.connect(
            host="127.0.0.1", port=self.instance.ports["database"], user="stelltron", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute("CREATE DATABASE stelltron")


def _only_hands_out() -> bool:
    """Whether this process runs no test itself, but hands them out to workers with services of their own."""
    return any(argument.startswith("-n") for argument in sys.argv[1:]) and "PYTEST_XDIST_WORKER" not in os.environ


SERVICES = None if _only_hands_out() else Services()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What a worker takes as one: a file, for its fixtures' sake, and everything that runs a whole co-op of its own.

    Those take a machine to themselves, and the longest first.
    """
    tests = Path(__file__).parent
    for item in items:
        place = item.path.relative_to(tests)
        is_whole = place.parts[0] in WHOLE_CO_OPS
        item.add_marker(pytest.mark.xdist_group("whole" if is_whole else str(place)))
    items.sort(key=lambda item: item.path.relative_to(tests).parts[0] not in WHOLE_CO_OPS)


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVICES:
        SERVICES.stop()
