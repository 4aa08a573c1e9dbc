"""Our encoder against the contracts' own golden batches."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from stelltron.ledger.batch import PackedTrade, Round, Section, decode_sections, encode_batch, with_chunks

FIXTURES = json.loads((Path(__file__).parents[2] / "contracts" / "fixtures" / "settle_batch.json").read_text())


def sections(batch: dict) -> list[Section]:
    return [
        Section(
            s["slot"],
            bytes.fromhex(s["root"]),
            s["leaf_count"],
            tuple(map(tuple, s["mints"])),
            tuple(PackedTrade(*t) for t in s["trades"]),
            tuple(map(tuple, s["burns"])),
            tuple(Round(price, tuple(map(tuple, positions))) for price, positions in s["rounds"]),
            fee=s["fee"],
            chunk=s["chunk"],
            closes=s["closes"],
        )
        for s in batch["sections"]
    ]


@pytest.mark.parametrize("batch", FIXTURES["batches"], ids=lambda batch: batch["name"])
def test_the_contracts_read_the_bytes_we_write(batch: dict) -> None:
    assert encode_batch(section.encode() for section in sections(batch)).hex() == batch["hex"]


@pytest.mark.parametrize("batch", FIXTURES["batches"], ids=lambda batch: batch["name"])
def test_we_read_the_sections_we_write(batch: dict) -> None:
    for section in sections(batch):
        assert [read.encode() for read in decode_sections(section.encode())] == [section.encode()]


@pytest.mark.parametrize("batch", FIXTURES["batches"], ids=lambda batch: batch["name"])
def test_sections_that_follow_each_other_are_numbered_in_order(batch: dict) -> None:
    joined = b"".join(section.encode() for section in sections(batch))
    numbered = decode_sections(with_chunks(joined, 7))
    assert [section.chunk for section in numbered] == list(range(7, 7 + len(numbered)))
    assert [replace(section, chunk=0) for section in numbered] == [
        replace(section, chunk=0) for section in decode_sections(joined)
    ]


def test_a_slot_takes_no_chunk_beyond_its_last() -> None:
    with pytest.raises(ValueError, match="0 to 254"):
        with_chunks(sections(FIXTURES["batches"][1])[0].encode(), 255)


def test_a_section_cut_short_or_with_more_behind_it_is_not_read() -> None:
    raw = sections(FIXTURES["batches"][1])[0].encode()
    for wrong in (raw[:-1], raw + b"\0", raw[:20]):
        with pytest.raises(ValueError):
            decode_sections(wrong)


def test_a_seat_that_appears_twice_is_not_written() -> None:
    with pytest.raises(ValueError, match="seat 3 appears twice"):
        Section(0, bytes(32), 0, mints=((3, 1), (3, 2))).encode()
