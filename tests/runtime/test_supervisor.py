"""The supervisor with real services: crashes, restarts, ports, locks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from stelltron.runtime.instance import Instance, InstanceBusy
from stelltron.runtime.services import Process, ServiceFailed, discard_postgres_data, mqtt_broker, postgres, valkey
from stelltron.runtime.supervisor import Supervisor


@pytest.fixture
def instance(tmp_path: Path):
    made = Instance.open(tmp_path / "co-op", scratch=True)
    made.choose_ports()
    yield made
    discard_postgres_data(made)


@pytest.fixture
def supervisor(instance: Instance):
    made = Supervisor(instance, say=lambda text: None)
    yield made
    made.stop()


def watch_until(supervisor: Supervisor, done: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        for one in list(supervisor.running.values()):
            supervisor._look_after(one)
        time.sleep(0.05)


def query(instance: Instance, sql: str):
    with psycopg.connect(
        host="127.0.0.1", port=instance.ports["database"], user="stelltron", dbname="postgres", autocommit=True
    ) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone() if cursor.description else None


def answers(instance: Instance, sql: str, row: tuple[object, ...]) -> bool:
    try:
        return query(instance, sql) == row
    except psycopg.OperationalError:
        return False


def test_a_killed_database_comes_back_with_its_data(supervisor: Supervisor, instance: Instance) -> None:
    supervisor.start(postgres(instance))
    query(instance, "CREATE TABLE kept AS SELECT 42 AS answer")
    supervisor.running["postgres"].handle.kill()
    watch_until(supervisor, lambda: answers(instance, "SELECT answer FROM kept", (42,)))
    assert supervisor.running["postgres"].restarts >= 1


def test_a_database_that_reads_its_log_again_is_ready_when_it_answers(instance: Instance) -> None:
    """It listens at once, and refuses whoever connects."""
    first = Supervisor(instance, say=lambda text: None)
    first.start(postgres(instance))
    query(instance, "CREATE TABLE kept AS SELECT generate_series(1, 1000000) AS number")
    first.running["postgres"].handle.kill()
    first.stop()
    again = Supervisor(instance, say=lambda text: None)
    try:
        again.start(postgres(instance))
        assert query(instance, "SELECT count(*) FROM kept") == (1_000_000,)
    finally:
        again.stop()


def test_a_slow_start_is_told(supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stelltron.runtime.supervisor.WORD_SECONDS", 0)
    said: list[str] = []
    supervisor.say = said.append
    done = tmp_path / "done"
    code = f"import pathlib, time; print('reading', flush=True); time.sleep(1); pathlib.Path({str(done)!r}).touch(); time.sleep(60)"
    slow = Process("slow", [sys.executable, "-c", code], dict(os.environ), ready_command=["test", "-e", str(done)])
    supervisor.start(slow)
    assert "waiting for slow: reading" in said


def test_a_stopped_instance_starts_again_on_the_same_ports(instance: Instance) -> None:
    before = dict(instance.ports)
    for _ in range(2):
        supervisor = Supervisor(instance, say=lambda text: None)
        supervisor.start(valkey(instance))
        supervisor.start(mqtt_broker(instance))
        supervisor.stop()
        instance.choose_ports()
    assert instance.ports == before


def test_a_taken_port_is_not_chosen_again(instance: Instance) -> None:
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", instance.ports["valkey"]))
        squatter.listen()
        again = Instance.open(instance.folder, scratch=True)
        again.choose_ports()
    assert again.ports["valkey"] != instance.ports["valkey"]
    assert again.ports["mqtt"] == instance.ports["mqtt"]


def test_a_port_set_in_the_environment_wins(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STELLTRON_WEB_PORT", "12345")
    instance.choose_ports()
    assert instance.ports["web"] == 12345


def test_two_supervisors_cannot_share_a_folder(instance: Instance) -> None:
    instance.lock()
    with pytest.raises(InstanceBusy, match="already in use"):
        Instance.open(instance.folder, scratch=True).lock()
    instance.unlock()


def test_a_process_that_cannot_start_says_why(supervisor: Supervisor) -> None:
    broken = Process(
        "broken",
        [sys.executable, "-c", "print('no such setting'); raise SystemExit(3)"],
        dict(os.environ),
        ready_port=1,
    )
    with pytest.raises(ServiceFailed, match="no such setting"):
        supervisor.start(broken)


def test_a_process_that_keeps_stopping_is_given_up(supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stelltron.runtime.supervisor.MOST_FAST_CRASHES", 2)
    supervisor.start(Process("flaky", [sys.executable, "-c", "raise SystemExit('out of luck')"], dict(os.environ)))
    with pytest.raises(ServiceFailed, match="out of luck"):
        watch_until(supervisor, lambda: False)


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel to end orphans")
def test_a_killed_supervisor_leaves_no_orphans(instance: Instance) -> None:
    code = (
        "import sys, time; from pathlib import Path\n"
        "from stelltron.runtime.instance import Instance\n"
        "from stelltron.runtime.services import mqtt_broker, postgres, valkey\n"
        "from stelltron.runtime.supervisor import Supervisor\n"
        "i = Instance.open(Path(sys.argv[1]), scratch=True); i.choose_ports(); s = Supervisor(i)\n"
        "for build in (postgres, valkey, mqtt_broker): s.start(build(i))\n"
        "print(*(one.handle.pid for one in s.running.values()), flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code, str(instance.folder)], stdout=subprocess.PIPE, text=True)
    children = [Path(f"/proc/{pid}/cmdline") for pid in owner.stdout.readline().split()]
    assert len(children) == 3
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    deadline = time.monotonic() + 30
    while any(child.exists() and child.read_bytes() for child in children):
        assert time.monotonic() < deadline, "a service outlived its supervisor"
        time.sleep(0.05)


def test_urls_in_the_environment_replace_services_but_never_in_a_scratch_instance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/db")
    monkeypatch.setenv("STELLAR_OPERATOR_SEED", "11" * 32)
    real, scratch = Instance.open(tmp_path / "a"), Instance.open(tmp_path / "b", scratch=True)
    assert real.environment()["DATABASE_URL"] == "postgres://elsewhere/db"
    assert real.environment()["STELLAR_OPERATOR_SEED"] == "11" * 32
    assert "elsewhere" not in scratch.environment()["DATABASE_URL"]
    assert scratch.environment()["STELLAR_OPERATOR_SEED"] != "11" * 32
    assert oct((tmp_path / "b" / "secrets.json").stat().st_mode)[-3:] == "600"
