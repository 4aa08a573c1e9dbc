"""Check digits modulo 97 (ISO 7064), as IBANs and creditor references (ISO 11649) carry them."""

from __future__ import annotations

import re

IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
REFERENCE = re.compile(r"RF\d{2}[A-Z0-9]{1,21}")
# The countries' own lengths, of those that have members' banks most often; others are held to the check digits.
LENGTHS = {
    "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18,
    "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24,
}  # fmt: skip


def compact(text: str) -> str:
    return "".join(text.split()).upper()


def is_iban(text: str) -> bool:
    """Of ``compact`` text."""
    return bool(IBAN.fullmatch(text)) and _is_sound(text) and LENGTHS.get(text[:2], len(text)) == len(text)


def is_reference(text: str) -> bool:
    return bool(REFERENCE.fullmatch(text)) and _is_sound(text)


def reference(body: str) -> str:
    """``body`` (up to 21 letters and digits) as a creditor reference."""
    return f"RF{98 - _remainder(body + 'RF00'):02}{body}"


def in_groups(text: str) -> str:
    """In fours, as people copy it."""
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _is_sound(text: str) -> bool:
    return _remainder(text[4:] + text[:4]) == 1


def _remainder(text: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in text)) % 97
