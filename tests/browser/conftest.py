"""A running co-op with its sample, and a browser in front of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, expect, sync_playwright

from stelltron.runtime import processes
from stelltron.runtime.instance import Instance
from stelltron.runtime.services import discard_postgres_data, embedded_services
from stelltron.runtime.supervisor import Supervisor

SECONDS_PER_SLOT = "4"
# What is waited for ends the wait: a slow host costs time, and no test.
LONGEST_SECONDS = 120
PHONE, DESK = (390, 844), (1280, 900)
BROWSER_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass(frozen=True)
class Coop:
    """``url`` answers, ``data`` is its folder, ``environment`` lets a command reach its books."""

    url: str
    data: Path
    environment: dict[str, str]

    def run(self, code: str) -> str:
        """Python inside the co-op; what it prints."""
        command = [sys.executable, str(processes.ROOT / "manage.py"), "shell", "--no-imports", "--command", code]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="package")
def coop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coop]:
    """Services, contracts, the sample community and every process of it, on free ports."""
    build = processes.ROOT / "stelltron" / "portal" / "static" / "portal" / "build" / "main.js"
    if not build.exists():
        pytest.fail("the front end is not built: run npm ci && npm run build in stelltron/portal/frontend")
    instance = Instance.open(tmp_path_factory.mktemp("coop"), scratch=True)
    instance.lock()
    instance.choose_ports()
    supervisor = Supervisor(instance)
    try:
        _start(supervisor)
        keeper = threading.Thread(target=supervisor.watch, daemon=True)
        keeper.start()
        yield Coop(f"http://127.0.0.1:{instance.ports['web']}", instance.folder, instance.environment())
    finally:
        supervisor.stop()
        instance.unlock()
        discard_postgres_data(instance)
        shutil.rmtree(instance.folder, ignore_errors=True)


def _start(supervisor: Supervisor) -> None:
    instance = supervisor.instance
    for service in embedded_services(instance, close_ms=0):
        supervisor.start(service)
    supervisor.start(processes.manage("open", "open_co_op", instance=instance, one_shot=True))
    assert supervisor.watch(until="open") == 0
    del supervisor.running["open"]
    for process in processes.background(instance):
        supervisor.start(process)
    supervisor.start(processes.web(instance))
    feed = ("feed_sample", "--seconds-per-slot", SECONDS_PER_SLOT)
    supervisor.start(processes.manage("feed", *feed, instance=instance))
    supervisor.start(processes.firmware_meter(instance))


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=1000 * LONGEST_SECONDS)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.fail("the browser tests need Chromium: install it, or name it in CHROMIUM")
    browser = playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def window(chromium: Browser, coop: Coop) -> Iterator[Callable[..., Page]]:
    """Opens windows with a session each; any script error or refused script in one fails the test."""
    opened: list[BrowserContext] = []
    problems: list[str] = []

    def open_one(size: tuple[int, int] = PHONE) -> Page:
        width, height = size
        opened.append(chromium.new_context(viewport={"width": width, "height": height}, base_url=coop.url))
        opened[-1].set_default_timeout(1000 * LONGEST_SECONDS)
        page = opened[-1].new_page()
        page.on("pageerror", lambda problem: problems.append(str(problem)))
        page.on("console", lambda said: problems.append(said.text) if "Content Security" in said.text else None)
        return page

    yield open_one
    for context in opened:
        context.close()
    assert problems == []


@pytest.fixture
def phone(window: Callable[..., Page]) -> Page:
    return window()


def reload_until(wanted: Locator) -> None:
    """For what comes to a page only when it is asked for again, as the chain and beat go on."""
    end = time.monotonic() + LONGEST_SECONDS
    while not wanted.count():
        assert time.monotonic() < end, f"{wanted} is not in: {wanted.page.locator('main').inner_text()}"
        wanted.page.reload()
        wanted.page.wait_for_timeout(1000)
