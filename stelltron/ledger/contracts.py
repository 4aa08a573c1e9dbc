"""Where the contracts of this network live."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from django.conf import settings

from stelltron.core.errors import Refused

from .gateway import Gateway
from .invocation import Invocation
from .models import Contract

T = TypeVar("T")

WASM_FOLDER = Path(__file__).resolve().parents[2] / "contracts" / "wasm"
NAMES = (
    "energy_token",
    "watt_token",
    "marketplace",
    "energy_locks",
    "price_oracle",
    "generator_factory",
    "grid_token",
    "grid_staking",
    "web_auth",
)
# What other contracts deploy, and what each community founds for itself.
CODE_ONLY = ("generator", "member_registry", "governor", "timelock", "parameters")


def address(name: str) -> str:
    """The address of contract ``name`` on this network. Raises Refused before deployment."""
    found = Contract.objects.filter(network=settings.STELLAR.passphrase, name=name).first()
    if found is None:
        raise Refused("not_deployed", f"{name} is not deployed on this network: run bin/manage deploy_contracts")
    return found.address


def is_deployed(name: str) -> bool:
    return Contract.objects.filter(network=settings.STELLAR.passphrase, name=name).exists()


def is_named(contract: str, name: str) -> bool:
    """Whether ``contract`` is the address of ``name`` here; False before deployment."""
    return Contract.objects.filter(network=settings.STELLAR.passphrase, name=name, address=contract).exists()


def ask(gateway: Gateway, call: Invocation[T]) -> T:
    """What a read-only call answers, by simulation. Raises Refused before deployment, and ChainRefused."""
    return call.result(gateway.read(address(call.contract), call.function, call.args))


def addresses() -> list[str]:
    """Of every contract of this network, in the order they became known."""
    return list(
        Contract.objects.filter(network=settings.STELLAR.passphrase).order_by("id").values_list("address", flat=True)
    )
