"""The marketplace's balance pages, as the contract packs them (docs/contracts.md)."""

from __future__ import annotations

RECORDS_PER_PAGE = 128
RECORD_BYTES = 38


def read_page(page: bytes) -> list[tuple[int, int]]:
    """(stroops, Wh) of every seat in a page, in order. Raises ValueError on another length."""
    if len(page) not in (0, RECORDS_PER_PAGE * RECORD_BYTES):
        raise ValueError(f"a page has {RECORDS_PER_PAGE * RECORD_BYTES} bytes, this one {len(page)}")
    records = (page[at : at + RECORD_BYTES] for at in range(0, len(page), RECORD_BYTES))
    return [(int.from_bytes(record[:8]), int.from_bytes(record[8:14])) for record in records]
