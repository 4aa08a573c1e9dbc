"""The real services for one test run, started before Django reads its settings (a pytest plugin)."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from stelltron.runtime.instance import Instance
from stelltron.runtime.services import discard_postgres_data, embedded_services
from stelltron.runtime.supervisor import Supervisor


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


SERVICES = Services()


def pytest_unconfigure(config: pytest.Config) -> None:
    SERVICES.stop()
