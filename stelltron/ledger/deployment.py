"""Deploys the committed wasm once: addresses follow from the deployer and a salt, so a second run finds them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

from django.conf import settings
from stellar_sdk import Address, InvokeHostFunction, Keypair, StrKey, scval, xdr

from stelltron.core.errors import Refused
from stelltron.members import sep10

from . import contracts
from .clients import energy_token, generator_factory, grid_staking, price_oracle, watt_token
from .contracts import CODE_ONLY, NAMES, WASM_FOLDER
from .gateway import Gateway, call_operation
from .invocation import Invocation
from .models import Contract

WITHDRAW_DELAY_SECONDS = 900
# Without a settlement for a week, members take everything out at once.
SILENCE_SECONDS = 7 * 86_400
# How far from its quote a price may settle, once the marketplace's admin names the oracle.
COLLAR_PERCENT = 50

GRID = 10**7
GRID_AT_FIRST, GRID_CAP = 1_000_000 * GRID, 10_000_000 * GRID
# 8 % a year, paid from a pool that was funded, for ten years.
REWARD_BPS_A_YEAR, REWARD_POOL, REWARD_SECONDS = 800, 100_000 * GRID, 10 * 365 * 86_400
UNSTAKE_SECONDS = 7 * 86_400
# Stake from which on grid fees are so many percent less.
FEE_TIERS = ((100 * GRID, 5), (1_000 * GRID, 10), (10_000 * GRID, 20))
LICENCE_STAKE = 5_000 * GRID


def deploy_all(say: Callable[[str], None], *, slot_minutes: int, gateway: Gateway | None = None) -> None:
    """Upload, create and wire the contracts; whatever stands already is left as it is.

    ``slot_minutes`` is the settlement grid the contracts hold every slot to.
    """
    gateway = gateway or Gateway(settings.STELLAR)
    operator, issuer = settings.STELLAR.operator, settings.STELLAR.issuer
    gateway.ensure_account(operator.public_key)
    gateway.ensure_account(issuer.public_key)
    admin = scval.to_address(operator.public_key)
    kwh = deploy(gateway, operator, "energy_token", [admin, scval.to_uint32(slot_minutes)], say)
    watt = deploy(gateway, operator, "watt_token", [admin, scval.to_address(issuer.public_key)], say)
    market = deploy(
        gateway,
        operator,
        "marketplace",
        [
            admin,
            admin,
            scval.to_address(watt),
            scval.to_address(kwh),
            scval.to_uint32(slot_minutes),
            scval.to_uint64(WITHDRAW_DELAY_SECONDS),
            scval.to_uint64(SILENCE_SECONDS),
        ],
        say,
    )
    locks = deploy(gateway, operator, "energy_locks", [admin, scval.to_address(watt), scval.to_address(kwh)], say)
    terms = price_oracle.Terms(COLLAR_PERCENT, settings.STELLAR.oracle.raw_public_key())
    deploy(gateway, operator, "price_oracle", [admin, scval.to_uint32(slot_minutes), terms.to_scval()], say)
    named = contracts.ask(gateway, price_oracle.terms())
    if named.key != terms.key:
        run(gateway, operator, price_oracle.set_terms(replace(named, key=terms.key)))
    wire(gateway, operator, energy_token.is_meter(market), energy_token.set_meter(market, True))
    for holder in (market, locks):
        wire(gateway, issuer, watt_token.allowed(holder), watt_token.set_allowed(holder, True))
    code = expected_wasm()["generator"]
    upload(gateway, operator, "generator", code)
    deploy(gateway, operator, "generator_factory", [admin, scval.to_bytes(bytes.fromhex(code))], say)
    wire(gateway, operator, generator_factory.is_token(watt), generator_factory.set_token(watt, True))


def deploy_grid(say: Callable[[str], None], gateway: Gateway | None = None) -> None:
    """GRID and its staking pool; the operator holds what is not given out yet."""
    gateway = gateway or Gateway(settings.STELLAR)
    operator = settings.STELLAR.operator
    gateway.ensure_account(operator.public_key)
    admin = scval.to_address(operator.public_key)
    amounts = [scval.to_int128(GRID_AT_FIRST), scval.to_int128(GRID_CAP)]
    token = deploy(gateway, operator, "grid_token", [admin, admin, *amounts], say)
    if contracts.is_deployed("grid_staking"):
        return
    terms = grid_staking.Terms(
        ends_at=gateway.now() + REWARD_SECONDS,
        licence_stake=LICENCE_STAKE,
        rate_bps=REWARD_BPS_A_YEAR,
        tiers=[grid_staking.Tier(percent, stake) for stake, percent in FEE_TIERS],
        unstake_delay=UNSTAKE_SECONDS,
    )
    deploy(gateway, operator, "grid_staking", [admin, scval.to_address(token), terms.to_scval()], say)
    run(gateway, operator, grid_staking.fund(operator.public_key, REWARD_POOL))


def deploy_web_auth(say: Callable[[str], None], gateway: Gateway | None = None) -> None:
    """What contract accounts sign in with (SEP-45). The sign-in key signs too: the ledger looks for its signers in its account."""
    gateway = gateway or Gateway(settings.STELLAR)
    gateway.ensure_account(settings.STELLAR.operator.public_key)
    gateway.ensure_account(sep10.server_key().public_key)
    deploy(gateway, settings.STELLAR.operator, "web_auth", [], say)


def expected_wasm() -> dict[str, str]:
    """Contract name -> SHA-256 of the committed wasm. Raises ValueError when a file does not match."""
    sums = {}
    for line in (WASM_FOLDER / "SHA256SUMS").read_text().splitlines():
        digest, _, file = line.partition("  ")
        found = hashlib.sha256((WASM_FOLDER / file).read_bytes()).hexdigest()
        if found != digest:
            raise ValueError(f"{file} does not match SHA256SUMS: build the contracts again or restore the file")
        sums[file.removesuffix(".wasm")] = digest
    return {name: sums[name] for name in (*NAMES, *CODE_ONLY)}


def address_of(key: Keypair, name: str) -> str:
    """Where ``key`` deploys the contract ``name``, known before it stands there."""
    return _contract_id(_preimage(key, name))


def stands(gateway: Gateway, address: str) -> bool:
    """Whether there is a contract at ``address``."""
    return gateway.server.get_contract_data(address, _INSTANCE) is not None


def deploy(
    gateway: Gateway,
    key: Keypair,
    name: str,
    constructor: list[xdr.SCVal],
    say: Callable[[str], None],
    *,
    code: str | None = None,
) -> str:
    """Create the contract ``name`` unless it stands, and note its address. ``code``: its wasm, where not of that name.

    Raises Refused where other code stands there.
    """
    code = code or name
    wasm_hash = expected_wasm()[code]
    preimage = _preimage(key, name)
    contract = _contract_id(preimage)
    standing = gateway.server.get_contract_data(contract, _INSTANCE)
    if standing is not None:
        _enforce_code(name, xdr.LedgerEntryData.from_xdr(standing.xdr), wasm_hash)
    else:
        upload(gateway, key, code, wasm_hash)
        gateway.run(
            key,
            _operation(
                xdr.HostFunctionType.HOST_FUNCTION_TYPE_CREATE_CONTRACT_V2,
                create_contract_v2=xdr.CreateContractArgsV2(
                    contract_id_preimage=preimage,
                    executable=xdr.ContractExecutable(
                        xdr.ContractExecutableType.CONTRACT_EXECUTABLE_WASM,
                        wasm_hash=xdr.Hash(bytes.fromhex(wasm_hash)),
                    ),
                    constructor_args=constructor,
                ),
            ),
        )
        say(f"deployed {name} at {contract}")
    Contract.objects.update_or_create(
        network=settings.STELLAR.passphrase, name=name, defaults={"address": contract, "wasm_hash": wasm_hash}
    )
    return contract


def _preimage(key: Keypair, name: str) -> xdr.ContractIDPreimage:
    salt = hashlib.sha256(f"stelltron:{name}:v1".encode()).digest()
    return xdr.ContractIDPreimage(
        xdr.ContractIDPreimageType.CONTRACT_ID_PREIMAGE_FROM_ADDRESS,
        from_address=xdr.ContractIDPreimageFromAddress(
            address=Address(key.public_key).to_xdr_sc_address(), salt=xdr.Uint256(salt)
        ),
    )


def _enforce_code(name: str, instance: xdr.LedgerEntryData, wasm_hash: str) -> None:
    """What stands must be what this version talks to: another layout would read balances wrongly."""
    running = instance.contract_data.val.instance.executable.wasm_hash
    if running is None or running.hash.hex() != wasm_hash:
        raise Refused(
            "other_code",
            f"{name} on this network runs other code than this version brings: "
            "begin with a new data folder, or upgrade the contract (docs/contracts.md)",
        )


def upload(gateway: Gateway, key: Keypair, name: str, wasm_hash: str) -> None:
    """Put the committed code ``name`` on the chain, unless it is there."""
    code = xdr.LedgerKey(
        xdr.LedgerEntryType.CONTRACT_CODE,
        contract_code=xdr.LedgerKeyContractCode(hash=xdr.Hash(bytes.fromhex(wasm_hash))),
    )
    if not gateway.server.get_ledger_entries([code]).entries:
        wasm = (WASM_FOLDER / f"{name}.wasm").read_bytes()
        gateway.run(key, _operation(xdr.HostFunctionType.HOST_FUNCTION_TYPE_UPLOAD_CONTRACT_WASM, wasm=wasm))


def wire(gateway: Gateway, key: Keypair, has: Invocation[bool], give: Invocation[None]) -> None:
    """Give a right that is not there yet."""
    if not contracts.ask(gateway, has):
        run(gateway, key, give)


def run(gateway: Gateway, key: Keypair, call: Invocation[None]) -> None:
    gateway.run(key, call_operation(contracts.address(call.contract), call.function, call.args))


def _operation(kind: xdr.HostFunctionType, **body: object) -> InvokeHostFunction:
    return InvokeHostFunction(host_function=xdr.HostFunction(kind, **body), auth=[])


def _contract_id(preimage: xdr.ContractIDPreimage) -> str:
    network = hashlib.sha256(settings.STELLAR.passphrase.encode()).digest()
    hashed = xdr.HashIDPreimage(
        xdr.EnvelopeType.ENVELOPE_TYPE_CONTRACT_ID,
        contract_id=xdr.HashIDPreimageContractID(network_id=xdr.Hash(network), contract_id_preimage=preimage),
    )
    return StrKey.encode_contract(hashlib.sha256(hashed.to_xdr_bytes()).digest())


_INSTANCE = xdr.SCVal(xdr.SCValType.SCV_LEDGER_KEY_CONTRACT_INSTANCE)
