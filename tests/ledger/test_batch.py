"""Our encoder against the contracts' own golden batches."""

import json
from pathlib import Path

import pytest

from stelltron.ledger.batch import PackedTrade, Section, encode_batch

FIXTURES = json.loads((Path(__file__).parents[2] / "contracts" / "fixtures" / "settle_batch.json").read_text())


@pytest.mark.parametrize("batch", FIXTURES["batches"], ids=lambda batch: batch["name"])
def test_the_contracts_read_the_bytes_we_write(batch: dict) -> None:
    sections = [
        Section(
            s["slot"],
            bytes.fromhex(s["root"]),
            s["leaf_count"],
            tuple(map(tuple, s["mints"])),
            tuple(PackedTrade(*t) for t in s["trades"]),
            tuple(map(tuple, s["burns"])),
            fee=s["fee"],
            chunk=s["chunk"],
        )
        for s in batch["sections"]
    ]
    assert encode_batch(section.encode() for section in sections).hex() == batch["hex"]
