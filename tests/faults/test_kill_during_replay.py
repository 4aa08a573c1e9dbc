"""kill -9 in the middle of a replay, of each process in turn and at last of the replay itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "stelltron" / "replay" / "sample" / "homes.csv.gz"
SLOTS = 300
# What a restart may change: how long it took, and how the network's fees fell.
MAY_DIFFER = {"seconds", "stroops_per_trade", "transactions", "trades_per_transaction"}
VICTIMS = {
    "ingest": "manage.py ingest",
    "chain": "manage.py chain",
    "worker": "celery --app stelltron",
    "broker": "/mqtt/",
    "devnet": "stelltron-devnet",
    "postgres": "bin/postgres",
}


def command(folder: Path, *more: str) -> list[str]:
    return [sys.executable, "manage.py", "replay", str(SAMPLE), "--slots", str(SLOTS), "--data", str(folder), *more]


def run_whole(folder: Path) -> dict:
    done = subprocess.run(command(folder), cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def cleared(folder: Path) -> int:
    """How many slots the replay in ``folder`` has cleared, by a look into its database."""
    try:
        port = json.loads((folder / "ports.json").read_text())["database"]
        with psycopg.connect(f"host=127.0.0.1 port={port} user=stelltron dbname=stelltron", connect_timeout=2) as look:
            return look.execute("SELECT count(*) FROM market_slotrun").fetchone()[0]
    except (OSError, KeyError, ValueError, psycopg.Error):
        return 0


def wait_until(folder: Path, slots: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 300
    while cleared(folder) < slots:
        assert process.poll() is None, "the replay ended before it could be disturbed"
        assert time.monotonic() < deadline, f"never reached {slots} slots"
        time.sleep(0.05)


def kill(parent: int, needle: str) -> int:
    """kill -9 the newest child of the replay whose command line holds ``needle``."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    for child in map(int, reversed(children)):
        line = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        if needle in line:
            os.kill(child, signal.SIGKILL)
            return child
    raise AssertionError(f"no child runs {needle}")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict:
    return run_whole(tmp_path_factory.mktemp("undisturbed") / "scratch")


@pytest.mark.skipif(sys.platform != "linux", reason="finds its victims in /proc")
def test_every_process_killed_once_and_then_the_replay_itself(tmp_path: Path, undisturbed: dict) -> None:
    folder = tmp_path / "scratch"
    replay = subprocess.Popen(command(folder), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    killed = []
    for step, (name, needle) in enumerate(VICTIMS.items(), start=1):
        wait_until(folder, step * SLOTS // 10, replay)
        killed.append((name, kill(replay.pid, needle)))
    wait_until(folder, 7 * SLOTS // 10, replay)
    replay.kill()
    replay.communicate()
    time.sleep(0.5)
    for name, pid in killed:
        assert not Path(f"/proc/{pid}").exists(), f"{name} outlived kill -9"
    resumed = subprocess.run(
        command(folder, "--resume"), cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert resumed.returncode == 0, resumed.stderr
    figures = json.loads(resumed.stdout)
    for key in figures.keys() - MAY_DIFFER:
        assert figures[key] == undisturbed[key], key
