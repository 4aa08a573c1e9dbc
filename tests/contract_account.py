"""A wallet that is a contract, deployed on the running network: one ed25519 key signs for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stellar_sdk import Account, InvokeHostFunction, Keypair, TransactionBuilder, scval, xdr
from stellar_sdk.auth import authorization_payload_hash, authorize_entry

from stelltron.ledger import contracts
from stelltron.ledger.gateway import Gateway, Outcome, call_operation
from stelltron.ledger.invocation import Invocation

WASM = Path(__file__).parents[1] / "contracts" / "fixtures" / "contract_account.wasm"
LEDGERS = 1000


@dataclass(frozen=True)
class ContractAccount:
    address: str
    key: Keypair
    gateway: Gateway

    @classmethod
    def deploy(cls, gateway: Gateway) -> ContractAccount:
        key = Keypair.random()
        gateway.ensure_account(key.public_key)
        builder = TransactionBuilder(Account(key.public_key, 0), gateway.network.passphrase)
        uploaded = gateway.run(key, builder.append_upload_contract_wasm_op(WASM.read_bytes()).operations[-1])
        builder.append_create_contract_op(
            scval.from_bytes(uploaded.value), key.public_key, [scval.to_bytes(key.raw_public_key())]
        )
        made = gateway.run(key, builder.operations[-1])
        return cls(scval.from_address(made.value).address, key, gateway)

    def sign(
        self, entries: Iterable[xdr.SorobanAuthorizationEntry], by: Keypair | None = None
    ) -> list[xdr.SorobanAuthorizationEntry]:
        """The entries, those of this account signed."""
        key = by or self.key
        until = self.gateway.server.get_latest_ledger().sequence + LEDGERS
        return [
            authorize_entry(
                entry,
                lambda preimage: scval.to_bytes(key.sign(authorization_payload_hash(preimage))),
                until,
                self.gateway.network.passphrase,
            )
            if address_of(entry) == self.address
            else entry
            for entry in entries
        ]

    def answer(self, challenge: str, by: Keypair | None = None) -> str:
        """A SEP-45 challenge, signed."""
        entries = xdr.SorobanAuthorizationEntries.from_xdr(challenge).soroban_authorization_entries
        return xdr.SorobanAuthorizationEntries(self.sign(entries, by)).to_xdr()

    def run(self, call: Invocation[None]) -> Outcome:
        """A call that this account authorises, sent by the key's own account."""
        operation = call_operation(contracts.address(call.contract), call.function, call.args)
        recorded, _ = self.gateway.prepare(self.key.public_key, operation, LEDGERS)
        asked = recorded.transaction.operations[0]
        signed = InvokeHostFunction(host_function=operation.host_function, auth=self.sign(asked.auth))
        return self.gateway.run(self.key, signed)


def address_of(entry: xdr.SorobanAuthorizationEntry) -> str:
    credentials = entry.credentials.address_v2 or entry.credentials.address
    return scval.from_address(xdr.SCVal(xdr.SCValType.SCV_ADDRESS, address=credentials.address)).address
