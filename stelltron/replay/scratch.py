"""A scratch instance: own database, broker, chain and processes, removed when the work is done."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from stelltron.core.errors import Refused
from stelltron.runtime import processes
from stelltron.runtime.instance import Instance
from stelltron.runtime.services import discard_postgres_data, embedded_services
from stelltron.runtime.supervisor import Supervisor


@dataclass(frozen=True)
class ReplaySettings:
    """What a replay is asked for; a resumed one must be asked the same."""

    file: str
    mixed: bool
    slots: int | None
    retail: int
    feed_in: int
    banking: int
    mechanism: str = "auction"

    def digest(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:10]


def prepare_folder(folder: Path, settings: ReplaySettings, *, resume: bool) -> Instance:
    """The scratch instance in ``folder``: fresh, or the interrupted one. Raises Refused."""
    note = folder / "replay.json"
    if resume:
        if not note.exists():
            raise Refused("nothing_to_resume", f"there is no interrupted replay in {folder}: run it without --resume")
        if json.loads(note.read_text()) != asdict(settings):
            raise Refused(
                "other_replay", "the interrupted replay had another file or other options: give the same ones"
            )
        return Instance.open(folder, scratch=True)
    if folder.exists():
        old = Instance.open(folder, scratch=True)
        if old.is_running():
            raise Refused("replay_running", f"a replay is running in {folder}: wait for it, or stop it")
        discard(old)
    instance = Instance.open(folder, scratch=True)
    note.write_text(json.dumps(asdict(settings)))
    return instance


def discard(instance: Instance) -> None:
    discard_postgres_data(instance)
    shutil.rmtree(instance.folder, ignore_errors=True)


@contextlib.contextmanager
def running(
    instance: Instance, say: Callable[[str], None], *, slot_minutes: int, background: bool = True
) -> Iterator[Supervisor]:
    """Services, schema, contracts and background processes of ``instance``, up for the ``with`` block."""
    instance.lock()
    instance.choose_ports()
    supervisor = Supervisor(instance, say=say)
    try:
        with supervisor.handling_signals():
            for service in embedded_services(instance, close_ms=0):
                supervisor.start(service)
            run(supervisor, "setup", "setup_database")
            run(supervisor, "deploy", "deploy_contracts", "--slot-minutes", str(slot_minutes), "--quiet")
            if background:
                for process in processes.background(instance):
                    supervisor.start(process)
            yield supervisor
    finally:
        instance.unlock()


def run(supervisor: Supervisor, name: str, *arguments: str) -> int:
    """Run one manage.py command inside the instance and return its exit code. Raises Refused when a step fails."""
    supervisor.start(processes.manage(name, *arguments, instance=supervisor.instance, one_shot=True))
    code = supervisor.watch(until=name)
    supervisor.running.pop(name, None)
    if code:
        raise Refused(
            "step_failed", f"{name} ended with code {code}; logs are in {supervisor.instance.folder / 'logs'}"
        )
    if supervisor.stopping:
        raise Refused("interrupted", "interrupted: continue with --resume")
    return code
