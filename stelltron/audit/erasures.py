"""Takes a former member's personal data away and keeps the books: keys, hashes and amounts stay."""

from __future__ import annotations

TOMBSTONE = "(erased)"
NO_DETAILS = "{}"
