"""What settling costs on chain: the contracts' own bench, in the real host at mainnet's rates."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from django.conf import settings

from stelltron.core.errors import Refused

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stelltron"


def measure() -> dict[str, Any]:
    """Builds the bench if need be and runs it. Raises Refused without Rust, or when a contract fails in it."""
    homes = [os.environ.get("CARGO_HOME"), str(Path.home() / ".cargo"), str(CACHE / "cargo-home")]
    path = os.pathsep.join([os.environ.get("PATH", ""), *(f"{home}/bin" for home in homes if home)])
    cargo = shutil.which("cargo", path=path)
    if cargo is None:
        raise Refused("no_rust", "the bench needs Rust (cargo on PATH): bin/prepare installs it")
    target = os.environ.get("CARGO_TARGET_DIR") or str(CACHE / "cargo")
    ran = subprocess.run(
        [cargo, "run", "--quiet", "--release", "--locked", "-p", "bench"],
        cwd=Path(settings.BASE_DIR) / "contracts",
        env=os.environ | {"CARGO_TARGET_DIR": target, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        raise Refused("bench_failed", ran.stderr.strip()[-1000:])
    figures: dict[str, Any] = json.loads(ran.stdout)
    return figures
