"""No secret is guessed once something real is configured."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stelltron.ledger.network import network_from_environment

ROOT = Path(__file__).parents[2]
KEYS = {
    "STELLAR_OPERATOR_SEED": "11" * 32,
    "STELLAR_ISSUER_SEED": "22" * 32,
    "STELLAR_ORACLE_SEED": "33" * 32,
    "STELLAR_GUARDIAN_SEED": "44" * 32,
}
CONFIGURED = ("DATABASE_URL", "DJANGO_SECRET_KEY", "STELLAR_RPC_URL", *KEYS)


@pytest.mark.parametrize("name", ["STELLAR_OPERATOR", "STELLAR_ISSUER", "STELLAR_ORACLE", "STELLAR_GUARDIAN"])
def test_a_network_needs_its_keys(name: str) -> None:
    given = {"STELLAR_RPC_URL": "http://rpc.example", **KEYS}
    assert network_from_environment(given).rpc_url == "http://rpc.example"
    del given[f"{name}_SEED"]
    with pytest.raises(ValueError, match=f"neither {name}_SECRET nor {name}_SEED"):
        network_from_environment(given)


def test_without_a_network_the_keys_are_random() -> None:
    first, second = network_from_environment({}), network_from_environment({})
    assert len({pair.public_key for one in (first, second) for pair in (one.operator, one.issuer)}) == 4


def run_settings(**environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in CONFIGURED}
    code = "import stelltron.settings as s; print(s.SECRET_KEY)"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_database_needs_the_secret_key() -> None:
    refused = run_settings(DATABASE_URL="postgres://db.example/stelltron")
    assert refused.returncode != 0
    assert "DATABASE_URL is set, but DJANGO_SECRET_KEY is not" in refused.stderr
    given = run_settings(DATABASE_URL="postgres://db.example/stelltron", DJANGO_SECRET_KEY="given")
    assert given.stdout.strip() == "given"


def test_commands_without_data_have_a_random_secret_key() -> None:
    first, second = run_settings().stdout.strip(), run_settings().stdout.strip()
    assert len(first) > 50
    assert first != second
