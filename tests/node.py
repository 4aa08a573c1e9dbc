"""Node and the pinned JavaScript packages of a folder of the tests."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stelltron"


def program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), str(CACHE / "node" / "bin")]))
    if not found:
        pytest.fail(f"{name} is not installed: run bin/prepare, or put Node 20 or newer on PATH")
    return found


def packages(folder: Path) -> Path:
    """Where the packages of ``folder`` are, installed once for each lock file."""
    lock = (folder / "package-lock.json").read_bytes()
    place = CACHE / f"{folder.name}-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not place.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
            _install(folder, Path(scratch, "made"), place)
    return place


def _install(folder: Path, scratch: Path, place: Path) -> None:
    scratch.mkdir()
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(folder / name, scratch)
    command = [program("npm"), "ci", "--ignore-scripts", "--silent"]
    done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"the packages of {folder.name} cannot be installed:\n{done.stdout}{done.stderr}")
    # Another run may have been faster, with the same.
    with contextlib.suppress(OSError):
        scratch.rename(place)
