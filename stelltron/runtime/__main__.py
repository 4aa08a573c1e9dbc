"""What bin/up, bin/manage and bin/test call once the environment stands."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from . import processes
from .instance import Instance, InstanceBusy
from .services import ServiceFailed, embedded_services
from .supervisor import Supervisor

console = Console(highlight=False, stderr=True)
# Commands that build an instance of their own, or need no service at all.
SELF_CONTAINED = {"replay", "story", "makemigrations", "check", "help", "spectacular"}


def data_folder() -> Path:
    return Path(os.environ.get("STELLTRON_DATA") or processes.ROOT / "var" / "co-op")


@contextlib.contextmanager
def services(instance: Instance, *, close_ms: int = 1000) -> Iterator[Supervisor]:
    """Every service of ``instance``, up and healthy; stopped again at the end."""
    instance.lock()
    instance.choose_ports()
    supervisor = Supervisor(instance, say=lambda text: console.print(f"  [yellow]{text}[/]"))
    try:
        with supervisor.handling_signals():
            for process in embedded_services(instance, close_ms=close_ms):
                supervisor.start(process)
            yield supervisor
    finally:
        instance.unlock()


def manage(arguments: list[str]) -> int:
    """manage.py with the services up: those already running, else its own for the while."""
    command = [sys.executable, str(processes.ROOT / "manage.py"), *arguments]
    if not arguments or arguments[0] in SELF_CONTAINED:
        return subprocess.call(command, env={**os.environ, "STELLTRON_DATA": str(data_folder())})
    instance = Instance.open(data_folder())
    try:
        with services(instance) as supervisor:
            supervisor.start(processes.manage("setup", "setup_database", instance=instance, one_shot=True))
            if code := supervisor.watch(until="setup"):
                return code
            supervisor.start(processes.manage("command", *arguments, instance=instance, one_shot=True))
            return supervisor.watch(until="command")
    except InstanceBusy:
        instance.load_ports()
        return subprocess.call(command, env=instance.environment())


def up() -> int:
    """The whole co-op: services, processes, contracts and the sample community."""
    started = time.monotonic()
    instance = Instance.open(data_folder())
    with services(instance) as supervisor:
        console.print("  preparing database, contracts and sample co-op …")
        supervisor.start(processes.manage("open", "open_co_op", instance=instance, one_shot=True))
        if supervisor.watch(until="open"):
            return 1
        del supervisor.running["open"]
        for process in (
            *processes.background(instance),
            processes.web(instance),
            processes.manage("sample", "feed_sample", instance=instance),
            processes.firmware_meter(instance),
        ):
            supervisor.start(process)
        url = f"http://127.0.0.1:{instance.ports['web']}"
        console.print(f"\n[bold green]Stelltron is up[/] in {time.monotonic() - started:.0f} s")
        console.print(f"  members  {url}/          maria@sunrise.example / sunrise-demo")
        console.print(f"  staff    {url}/admin/    staff@sunrise.example / sunrise-demo")
        console.print("  Ctrl-C stops it; the data stays in " + str(instance.folder))
        return supervisor.watch()


def main() -> int:
    verb, arguments = sys.argv[1], sys.argv[2:]
    try:
        return up() if verb == "up" else manage(arguments)
    except (ServiceFailed, InstanceBusy) as problem:
        console.print(f"[bold red]{problem}[/]")
        return 1


if __name__ == "__main__":
    sys.exit(main())
