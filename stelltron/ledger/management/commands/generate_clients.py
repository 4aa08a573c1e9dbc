from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from stelltron.ledger import spec
from stelltron.ledger.client_writer import write_client
from stelltron.ledger.contracts import WASM_FOLDER

FOLDER = Path(__file__).resolve().parents[2] / "clients"


def written() -> dict[str, str]:
    """File name -> text of every client, as the committed contracts describe themselves."""
    modules = {}
    for wasm in sorted(WASM_FOLDER.glob("*.wasm")):
        raw = write_client(wasm.stem, spec.entries(wasm.read_bytes()))
        modules[f"{wasm.stem}.py"] = _formatted(raw)
    return modules


def _formatted(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--quiet", "--stdin-filename", str(FOLDER / "client.py"), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


class Command(BaseCommand):
    help = "Write the typed clients of the contracts anew from contracts/wasm."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="compare, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        for name, text in written().items():
            path = FOLDER / name
            if options["check"]:
                if not path.exists() or path.read_text() != text:
                    raise CommandError(f"{path.name} is not what contracts/wasm says: run bin/manage generate_clients")
            else:
                path.write_text(text)
                self.stdout.write(f"wrote {path.name}")
