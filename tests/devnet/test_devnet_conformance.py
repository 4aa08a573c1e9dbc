"""The official SDKs for Python and JavaScript see the same network, and the one that was meant."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import node

HERE = Path(__file__).with_name("conformance")
PROBE = Path(__file__).with_name("probe.wasm")

DONE = {"status": "SUCCESS", "code": "txsuccess", "operation": "success"}
CONTRACT = "CBOPRCLHOEVYTMSZRQ3MBNXMNUS2EHJKD7C26SDDQYW7PRZOPMCLEZPM"


def error(code: str, **more: str) -> dict[str, str]:
    return {"status": "ERROR", "code": code, **more}


def failed(operation: str) -> dict[str, str]:
    return {"status": "FAILED", "code": "txfailed", "operation": operation}


EXPECTED = {
    "network": {"health": "healthy", "protocol": 28, "version": 28, "fees": 0},
    "friendbot": {"funded": [200] * 4, "again": 400, "balance": 100_000_000_000},
    "account": {"ledger": 3, "number": 0},
    "payment": {**DONE, "paid": 125_000_100, "received": 125_000_000},
    "payment_fails": failed("nodestination"),
    "upload": {**DONE, "value": hashlib.sha256(PROBE.read_bytes()).hexdigest()},
    "construct": {**DONE, "value": CONTRACT, "supply": "1000000"},
    "invoke": {"made": [{**DONE, "value": value} for value in ("100", "120", "123")], "paid_something": True},
    "read_only": {"balances": ["999877", "123", "0"], "closed_nothing": True},
    "second_signer": {**DONE, "value": "999887", "replay_refused": True},
    "contract_error": {"error": "HostError: Error(Contract, #7)", "events": True},
    "resource_error": failed("resourcelimitexceeded"),
    "events": {
        "amounts": [[100, 20], [3], [], []],
        "ids": [f"{ledger << 32 | 1 << 12:019}-{0:010}" for ledger in (10, 11, 12)],
        "first": "contract",
        "ledgers": [10, 11, 12],
        "too_early": -32600,
    },
    # The second balance was written a ledger after the first, and lives from the constructor on.
    "ledger_entries": {"values": ["113", "999887"], "in_order": True, "lives": [0, -1], "modified": [13, 13]},
    "transactions": {
        "ledgers": [2, 3, 4, 5, 6, 7, 8],
        "statuses": ["SUCCESS"] * 5 + ["FAILED", "SUCCESS"],
        "orders": [1] * 7,
        "cursors": [str(4 << 32 | 1 << 12), str(8 << 32 | 1 << 12)],
        "unknown": "NOT_FOUND",
        "not_a_hash": -32602,
    },
    "ledgers": {
        "sequences": [1, 2, 3, 4, 5, 6],
        "cursors": ["3", "6"],
        "chained": [True] * 5,
        "transactions": [0, 1, 1, 1, 1, 1],
        "fee_changes": [2] * 5,
        "phases": [2] * 6,
        "past_the_end": -32602,
        "before_the_start": -32600,
        "too_many": -32600,
    },
    "fee_bump": {
        "status": "SUCCESS",
        "code": "txfeebumpinnersuccess",
        "inner": "txsuccess",
        "paid": 200,
        "bid": 500,
        "by_inner": ["SUCCESS", True],
        "inner_again": error("txbadseq"),
    },
    "fee_bump_unsigned": error("txfeebumpinnerfailed", inner="txbadauth"),
    "extension": {**DONE, "lives": 2_500_000},
    # A balance, the contract's instance and its code; the other balance was extended.
    "archival": {**DONE, "marked": 3, "value": "118", "lives": 2_073_599},
    "restoration": {**DONE, "lives": 2_073_599},
    "bad_sequence": [error("txbadseq"), error("txbadseq")],
    "duplicate": [DONE, {"status": "DUPLICATE"}],
    "shared_account": [DONE, error("txfailed", operation="opbadauth"), DONE, error("txbadauthextra")],
    "too_late": [error("txtoolate"), error("txtooearly"), DONE],
}


def asked(url: str, *command: str) -> dict:
    done = subprocess.run([*command, url, str(PROBE)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["check"]: line["result"] for line in lines}


@pytest.fixture(scope="module")
def by_python(fresh_devnet):
    return asked(fresh_devnet().url, sys.executable, str(HERE / "conformance.py"))


@pytest.fixture(scope="module")
def by_javascript(fresh_devnet, tmp_path_factory):
    # Node looks for packages beside the script.
    folder = tmp_path_factory.mktemp("javascript")
    shutil.copy(HERE / "conformance.mjs", folder)
    (folder / "node_modules").symlink_to(node.packages(HERE) / "node_modules")
    return asked(fresh_devnet().url, node.program("node"), str(folder / "conformance.mjs"))


@pytest.mark.parametrize("check", EXPECTED)
def test_both_sdks_see_what_was_meant(by_python, by_javascript, check):
    assert by_python[check] == EXPECTED[check]
    assert by_javascript[check] == EXPECTED[check]


def test_both_sdks_ask_everything_in_the_same_order(by_python, by_javascript):
    assert list(by_python) == list(by_javascript) == list(EXPECTED)
