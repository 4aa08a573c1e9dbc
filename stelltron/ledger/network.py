"""Which Stellar network this instance speaks to, from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stellar_sdk import Keypair, Network


@dataclass(frozen=True)
class StellarNetwork:
    rpc_url: str
    passphrase: str
    friendbot_url: str | None
    operator: Keypair
    issuer: Keypair
    # Signs price quotes; it needs no account.
    oracle: Keypair
    # May stop what a vote has decided, for a while, and take a parameter's last change back.
    guardian: Keypair

    @property
    def is_devnet(self) -> bool:
        return "Devnet" in self.passphrase


def network_from_environment(environment: Mapping[str, str]) -> StellarNetwork:
    """Keys come as S... secrets (``STELLAR_OPERATOR_SECRET``) or as this instance's own seeds.

    Without a network, as for ``makemigrations``, they are random. Raises ValueError when a network is given
    without them.
    """
    return StellarNetwork(
        rpc_url=environment.get("STELLAR_RPC_URL", "http://127.0.0.1:8000"),
        passphrase=environment.get("STELLAR_NETWORK_PASSPHRASE", Network.TESTNET_NETWORK_PASSPHRASE),
        friendbot_url=environment.get("STELLAR_FRIENDBOT_URL"),
        operator=_key(environment, "STELLAR_OPERATOR"),
        issuer=_key(environment, "STELLAR_ISSUER"),
        oracle=_key(environment, "STELLAR_ORACLE"),
        guardian=_key(environment, "STELLAR_GUARDIAN"),
    )


def _key(environment: Mapping[str, str], prefix: str) -> Keypair:
    if secret := environment.get(f"{prefix}_SECRET"):
        return Keypair.from_secret(secret)
    if seed := environment.get(f"{prefix}_SEED"):
        return Keypair.from_raw_ed25519_seed(bytes.fromhex(seed))
    if environment.get("STELLAR_RPC_URL"):
        raise ValueError(f"STELLAR_RPC_URL is set, but neither {prefix}_SECRET nor {prefix}_SEED")
    return Keypair.random()
