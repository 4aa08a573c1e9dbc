"""Deep, long and malformed input is answered with an error, and the node lives on."""

import base64

import pytest
import requests
from stellar_sdk import scval, xdr
from stellar_sdk.contract.exceptions import SimulationFailedError
from stellar_sdk.soroban_rpc import GetTransactionStatus


@pytest.fixture(autouse=True)
def lives_on(devnet):
    yield
    assert devnet.process.poll() is None
    assert devnet.server.get_health().status == "healthy"


def nested_value(depth: int) -> bytes:
    """An XDR vector of one vector each, so many times."""
    return bytes.fromhex("000000100000000100000001") * depth + bytes.fromhex("00000001")


@pytest.mark.parametrize("depth", [600, 5_000, 50_000])
def test_deeply_nested_xdr(devnet, depth):
    bomb = base64.b64encode(nested_value(depth)).decode()
    for method in ("sendTransaction", "simulateTransaction"):
        answer = devnet.call(method, {"transaction": bomb})
        assert "error" in answer or "error" in answer["result"]
    assert devnet.call("getLedgerEntries", {"keys": [bomb]})["error"]["code"] == -32602


@pytest.mark.parametrize("depth", [20, 110, 240, 470])
def test_an_argument_nested_almost_as_deep_as_xdr_allows(devnet, probe, alice, depth):
    call = probe.client.invoke("nest", [scval.to_uint32(77)], alice.public_key, alice)
    plain = call.built_transaction.to_xdr_object().to_xdr_bytes()
    # The SDK would run out of stack: its own encoding is cut open where the argument stands.
    argument = bytes.fromhex("000000030000004d")
    head, tail = plain.split(argument, 1)
    deep = bytes.fromhex("000000100000000100000001") * depth + argument
    transaction = base64.b64encode(head + deep + tail).decode()
    answer = devnet.call("simulateTransaction", {"transaction": transaction})
    assert "error" in answer or "error" in answer["result"]
    sent = devnet.call("sendTransaction", {"transaction": transaction})
    assert "error" in sent or sent["result"]["status"] == "ERROR"


def test_deeply_nested_json(devnet):
    for deep in (b'{"method":' + b"[" * 100_000, b"[" * 500_000, b'{"a":' * 100_000, b"[[" * 60 + b"]]" * 60):
        answer = requests.post(devnet.url, data=deep, timeout=30).json()
        assert answer["error"]["code"] in (-32700, -32600) if isinstance(answer, dict) else answer


def test_a_contract_that_recurses_without_end(probe, alice):
    for depth in (1_000_000, 4_294_967_295):
        with pytest.raises(SimulationFailedError, match="Error"):
            probe.client.invoke("recurse", [scval.to_uint32(depth)], alice.public_key, alice)


def test_a_contract_that_recurses_within_reason(probe, alice):
    call = probe.client.invoke("recurse", [scval.to_uint32(50)], alice.public_key, alice)
    assert call.result() is not None


def test_recursion_that_nobody_simulated_fails_in_the_ledger(devnet, probe, alice):
    call = probe.client.invoke("recurse", [scval.to_uint32(50)], alice.public_key, alice)
    envelope = call.built_transaction
    envelope.transaction.operations[0].host_function.invoke_contract.args = [scval.to_uint32(4_000_000_000)]
    data = envelope.transaction.soroban_data
    data.resources.instructions = xdr.Uint32(400_000_000)
    data.resource_fee = xdr.Int64(data.resource_fee.int64 + 400_000)
    envelope.transaction.fee = data.resource_fee.int64 + 100
    envelope.sign(alice)
    sent = devnet.server.send_transaction(envelope)
    done = devnet.server.poll_transaction(sent.hash)
    assert done.status == GetTransactionStatus.FAILED


def test_contracts_that_call_each_other_without_end(devnet, probe, alice):
    other = devnet.deploy_probe(alice)
    arguments = [scval.to_address(probe.address), scval.to_address(other.address), scval.to_uint32(1_000)]
    with pytest.raises(SimulationFailedError, match="Error"):
        probe.client.invoke("bounce", arguments, alice.public_key, alice)


def test_a_contract_that_returns_a_value_too_deep(probe, alice):
    with pytest.raises(SimulationFailedError, match="Error"):
        probe.client.invoke("nest", [scval.to_uint32(5_000)], alice.public_key, alice)
    shallow = probe.client.invoke("nest", [scval.to_uint32(5)], alice.public_key, alice)
    assert isinstance(shallow.result(), xdr.SCVal)


def test_too_much_at_once(devnet):
    big = requests.post(devnet.url, data=b" " * (2 << 20), timeout=30)
    assert big.status_code == 413
    assert devnet.call("getLedgerEntries", {"keys": ["AAAA"] * 201})["error"]["code"] == -32602
