"""What proposals do besides setting values: pay from the common purse, and put new code in force."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from governance import purse as common_purse
from governance.founding import found
from governance.models import Proposal
from governance.models.kinds import Kind
from stelltron.core.errors import Refused
from stelltron.core.units import STROOPS
from stelltron.ledger import contracts, deployment
from stelltron.ledger.clients import watt_token
from stelltron.ledger.funding import receive_payment
from stelltron.ledger.models import Contract
from stelltron.members.models import Member

from .conftest import Assembly

FIXTURES = Path(settings.BASE_DIR) / "contracts" / "fixtures"


def balance(assembly: Assembly, address: str) -> int:
    return contracts.ask(assembly.chain.gateway, watt_token.balance(address))


def test_purse_pays_what_was_voted_and_only_then(assembly: Assembly):
    ann, eve = assembly["ann"], assembly["eve"]
    for member in (ann, eve):
        receive_payment(member, 50 * STROOPS, f"{member.pk}", into_market=False)
    assembly.chain.settle()
    purse = contracts.address(assembly.house.contract("timelock"))
    common_purse.pay_in(ann, 20 * STROOPS)
    assembly.chain.settle()
    assert balance(assembly, purse) == 20 * STROOPS
    proposal = assembly.put(kind=Kind.BUDGET, change={"to": str(eve.pk), "stroops": 12 * STROOPS}, effective_from=None)
    ended = assembly.end(assembly.vote(proposal, ann="yes", bob="yes"))
    assembly.carry_on()
    assert balance(assembly, eve.wallet.address) == 50 * STROOPS
    assert assembly.fresh(ended).state == Proposal.State.QUEUED
    assembly.carry_on(days=1, seconds=5)
    assert assembly.fresh(ended).state == Proposal.State.EXECUTED
    assert balance(assembly, eve.wallet.address) == 62 * STROOPS
    assert balance(assembly, purse) == 8 * STROOPS


def test_members_pay_into_the_purse_once_and_within_what_they_have(
    assembly: Assembly, signed_in: Callable[[Member], Client]
) -> None:
    ann, browser = assembly["ann"], signed_in(assembly["ann"])
    page = browser.get("/proposals/purse").content.decode()
    assert "0.00 WATT" in page and "propose a payment" in page and "Nothing yet." in page
    receive_payment(ann, 5 * STROOPS, "ann", into_market=False)
    assembly.chain.settle()
    for amount, why in (("6", "Your wallet holds 5.00 WATT"), ("0", "more than zero"), ("x", "number")):
        refused = browser.post("/proposals/purse", {"amount": amount})
        assert refused.status_code == 422 and why in refused.content.decode(), amount
    assert browser.post("/proposals/purse", {"amount": "3"}).status_code == 302
    assert "on its way" in browser.post("/proposals/purse", {"amount": "1"}).content.decode()
    assembly.chain.settle()
    page = browser.get("/proposals/purse").content.decode()
    assert "3.00 WATT</p>" in page and "holds 2.00 WATT" in page
    assert common_purse.balance(assembly.house) == 3 * STROOPS


def test_payment_that_the_purse_does_not_hold_is_kept_with_its_reason(assembly: Assembly):
    eve = assembly["eve"]
    receive_payment(eve, STROOPS, f"{eve.pk}", into_market=False)
    assembly.chain.settle()
    proposal = assembly.put(kind=Kind.BUDGET, change={"to": str(eve.pk), "stroops": STROOPS}, effective_from=None)
    waits = assembly.carry_out(assembly.vote(proposal, ann="yes", bob="yes"))
    assert waits.state == Proposal.State.QUEUED
    assert "balance does not cover" in waits.problem


def test_new_code_runs_once_the_members_want_it(assembly: Assembly, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(Refused, match="runs the code of this version already"):
        assembly.draft(kind=Kind.UPGRADE, change={"contract": "parameters"}, effective_from=None)
    # A newer version of the software brings other code.
    shutil.copytree(contracts.WASM_FOLDER, tmp_path / "wasm")
    shutil.copy(FIXTURES / "next_version.wasm", tmp_path / "wasm" / "parameters.wasm")
    sums = (tmp_path / "wasm" / "SHA256SUMS").read_text().splitlines()
    digest = hashlib.sha256((FIXTURES / "next_version.wasm").read_bytes()).hexdigest()
    kept = [line for line in sums if not line.endswith("  parameters.wasm")]
    (tmp_path / "wasm" / "SHA256SUMS").write_text("\n".join([*kept, f"{digest}  parameters.wasm"]))
    monkeypatch.setattr(deployment, "WASM_FOLDER", tmp_path / "wasm")
    proposal = assembly.put(kind=Kind.UPGRADE, change={"contract": "parameters"}, effective_from=None)
    assert found(assembly.community, gateway=assembly.chain.gateway) == assembly.house
    done = assembly.carry_out(assembly.vote(proposal, ann="yes", bob="yes"))
    assert done.state == Proposal.State.EXECUTED
    name = assembly.house.contract("parameters")
    assert Contract.objects.get(name=name).wasm_hash == digest
    running = assembly.chain.gateway.server.get_contract_data(contracts.address(name), deployment._INSTANCE)
    assert bytes.fromhex(digest) in base64.b64decode(running.xdr)
    assert done.executed_at - done.closes_at >= timedelta(days=1)
