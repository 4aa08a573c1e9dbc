"""Starts, watches, restarts and stops the processes of one instance."""

from __future__ import annotations

import contextlib
import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .instance import Instance
from .services import Process, ServiceFailed

# Between two words on a process that is still not ready.
WORD_SECONDS = 10
FAST_CRASH_SECONDS = 5
MOST_FAST_CRASHES = 8


@dataclass
class Running:
    process: Process
    handle: subprocess.Popen
    started: float
    fast_crashes: int = 0
    restarts: int = 0
    restart_at: float | None = None
    exit_code: int | None = None


@dataclass
class Supervisor:
    """Processes are crash-only: whatever dies is started again, in the same data folder.

    A child that keeps dying at once stops the whole instance with its last log lines.
    """

    instance: Instance
    say: Callable[[str], None] = print
    running: dict[str, Running] = field(default_factory=dict)
    stopping: bool = False

    def start(self, process: Process) -> None:
        """Start ``process`` and wait until it is ready, saying so where it takes long. Raises ServiceFailed."""
        self.running[process.name] = Running(process, self._spawn(process), time.monotonic())
        began = told = time.monotonic()
        while not process.is_ready():
            if self.running[process.name].handle.poll() is not None:
                raise ServiceFailed(f"{process.name} stopped while starting:\n{self.tail(process.name)}")
            now = time.monotonic()
            if now > began + process.ready_seconds:
                raise ServiceFailed(
                    f"{process.name} was not ready in {process.ready_seconds:.0f} s:\n{self.tail(process.name)}"
                )
            if now > told + WORD_SECONDS:
                told = now
                self.say(f"waiting for {process.name}: {self.tail(process.name, 1)}")
            time.sleep(0.05)

    def watch(self, *, until: str | None = None) -> int:
        """Keep everything alive until stopped, or until the one-shot process ``until`` ends.

        Returns that process's exit code, or 0.
        """
        while not self.stopping:
            for one in list(self.running.values()):
                self._look_after(one)
                if one.process.name == until and one.exit_code is not None:
                    return one.exit_code
            time.sleep(0.1)
        return 0

    def stop(self) -> None:
        """Stop in reverse order of start; whatever does not listen is killed."""
        self.stopping = True
        for one in reversed(list(self.running.values())):
            if one.handle.poll() is None:
                one.handle.send_signal(one.process.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.handle.wait(one.process.stop_seconds)
                continue
            one.handle.kill()
            one.handle.wait()
        self.running.clear()

    @contextlib.contextmanager
    def handling_signals(self) -> Iterator[None]:
        """Ctrl-C and SIGTERM end ``watch`` and the ``with`` block stops everything."""

        def leave(signum: int, frame: object) -> None:
            self.stopping = True

        previous = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            self.stop()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def log_path(self, name: str) -> Path:
        return self.instance.folder / "logs" / f"{name}.log"

    def tail(self, name: str, lines: int = 15) -> str:
        path = self.log_path(name)
        text = path.read_text(errors="replace") if path.exists() else ""
        return "\n".join(text.splitlines()[-lines:]) or "(its log is empty)"

    def _spawn(self, process: Process) -> subprocess.Popen:
        path = self.log_path(process.name)
        if path.exists() and path.stat().st_size > 20_000_000:
            path.replace(path.with_suffix(".log.1"))
        # The supervisor's own terminal signals must not reach the children: it stops them in order.
        with path.open("ab") as log:
            return subprocess.Popen(
                process.command,
                env=process.environment,
                stdin=subprocess.DEVNULL,
                stdout=None if process.one_shot else log,
                stderr=None if process.one_shot else log,
                start_new_session=True,
                user=process.user,
                extra_groups=[] if process.user else None,
                cwd="/" if process.user else process.folder,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )

    def _look_after(self, one: Running) -> None:
        code = one.handle.poll()
        if code is None or self.stopping:
            return
        if one.process.one_shot:
            one.exit_code = code
            return
        now = time.monotonic()
        if one.restart_at is None:
            one.fast_crashes = one.fast_crashes + 1 if now - one.started < FAST_CRASH_SECONDS else 0
            if one.fast_crashes >= MOST_FAST_CRASHES:
                raise ServiceFailed(f"{one.process.name} keeps stopping:\n{self.tail(one.process.name)}")
            one.restart_at = now + min(0.2 * 2**one.fast_crashes, 5)
            self.say(f"{one.process.name} stopped (code {code}), starting it again")
        if now >= one.restart_at:
            one.handle, one.started, one.restart_at = self._spawn(one.process), now, None
            one.restarts += 1


def _die_with_parent() -> None:
    """Linux: a killed supervisor takes its children along, so no port stays taken."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
