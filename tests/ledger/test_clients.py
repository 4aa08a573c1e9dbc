"""The typed clients say what the committed contracts say, and every refusal has words."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import pytest

from stelltron.core.models import Community
from stelltron.ledger import clients, contracts
from stelltron.ledger.clients import marketplace
from stelltron.ledger.errors import MESSAGES, explain
from stelltron.ledger.gateway import ChainRefused
from stelltron.ledger.management.commands.generate_clients import FOLDER, written
from stelltron.ledger.models import Seat
from tests.conftest import Chain

MODULES = [module.name for module in iter_modules(clients.__path__)]


def test_the_clients_are_what_the_contracts_say() -> None:
    fresh = written()
    assert sorted(path.name for path in FOLDER.glob("[a-z]*.py")) == sorted(fresh)
    for name, text in fresh.items():
        assert (FOLDER / name).read_text() == text, f"{name}: run bin/manage generate_clients"


@pytest.mark.parametrize("name", MODULES)
def test_every_refusal_has_words(name: str) -> None:
    for code in import_module(f"{clients.__name__}.{name}").ERRORS:
        words = explain(ChainRefused("refused", code))
        assert words.endswith(f"(contract error {code})")
        assert not words.startswith("the contract refused (")


def test_no_message_is_for_an_error_that_no_contract_has() -> None:
    known = {code for name in MODULES for code in import_module(f"{clients.__name__}.{name}").ERRORS}
    assert set(MESSAGES) <= known


def test_a_typed_call_reads_what_the_contract_keeps(chain: Chain, trader, community: Community) -> None:
    member = trader("ada")
    chain.settle()
    account = contracts.ask(chain.gateway, marketplace.account(member.wallet.address))
    assert account.index == Seat.objects.get(member=member).index
    assert account.mandate.sides == 3
    assert account.mandate == marketplace.Mandate.from_scval(account.mandate.to_scval())
    assert contracts.ask(chain.gateway, marketplace.member_at(account.index)) == member.wallet.address
    assert contracts.ask(chain.gateway, marketplace.member_at(65_000)) is None
