"""Typed calls of the web_auth contract. Written by `bin/manage generate_clients`: do not edit."""

from __future__ import annotations

from stellar_sdk import xdr

from stelltron.ledger.invocation import Invocation, nothing


def web_auth_verify(args: xdr.SCVal) -> Invocation[None]:
    return Invocation("web_auth", "web_auth_verify", [args], nothing)


ERRORS = {
    780: "MissingAccount",
    781: "HalfClientDomain",
}
