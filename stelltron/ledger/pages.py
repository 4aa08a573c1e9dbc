"""The marketplace's balance pages, as the contract packs them (docs/contracts.md). Pure."""

from __future__ import annotations

from .varint import read_varint

RECORDS_PER_PAGE = 256
_SLOT_BYTES = 4
_NUMBERS = 8


def read_page(page: bytes) -> list[tuple[int, int]]:
    """(stroops, Wh) of every seat in a page, in order. Raises ValueError on what is no page."""
    balances = []
    at = _SLOT_BYTES
    while at < len(page):
        present = page[at]
        at += 1
        numbers = [0] * _NUMBERS
        for bit in range(_NUMBERS):
            if present >> bit & 1:
                numbers[bit], at = read_varint(page, at)
        balances.append((numbers[0], numbers[1]))
    if len(balances) > RECORDS_PER_PAGE:
        raise ValueError(f"a page has {RECORDS_PER_PAGE} records, this one {len(balances)}")
    return balances + [(0, 0)] * (RECORDS_PER_PAGE - len(balances))
