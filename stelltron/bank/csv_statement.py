"""Statements as CSV, one line a movement with the balance after it: for banks without CAMT.053.

Columns: date, amount, balance; and as far as the bank has them name, iban, text, bank_reference, end_to_end, reversal.
"""

from __future__ import annotations

import csv
import hashlib
import io

from .formats import Line, Statement, amount, bad, day, identified
from .mod97 import compact

NEEDED = {"date", "amount", "balance"}
KNOWN = NEEDED | {"name", "iban", "text", "bank_reference", "end_to_end", "reversal"}
MOST_LINES = 20_000


def read(content: bytes, account: str, currency: str) -> list[Statement]:
    """The statement of the file. Raises Refused."""
    rows = _rows(content)
    lines, balance = [], None
    opening = 0
    for number, row in enumerate(rows, 2):
        stroops, after = amount(row["amount"]), amount(row["balance"])
        if stroops == 0:
            raise bad(f"row {number} moves nothing")
        if balance is None:
            opening = after - stroops
        elif balance + stroops != after:
            raise bad(f"the balance of row {number} does not follow from the row before it")
        balance = after
        lines.append(_line(row, stroops))
    days = [line.booked_on for line in lines]
    if days != sorted(days):
        raise bad("the rows are not in the order of their dates, the oldest first")
    assert balance is not None
    return [
        Statement(
            account=account,
            number=f"csv {hashlib.sha256(content).hexdigest()[:24]}",
            currency=currency,
            begins=days[0],
            ends=days[-1],
            opening=opening,
            closing=balance,
            lines=identified(lines),
            is_numbered=False,
        )
    ]


def _rows(content: bytes) -> list[dict[str, str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise bad("the CSV file is not in UTF-8") from None
    first = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if ";" in first else ",")
    columns = {(name or "").strip().lower() for name in reader.fieldnames or []}
    if not columns >= NEEDED or columns - KNOWN:
        raise bad(
            f"the CSV file needs the columns {', '.join(sorted(NEEDED))}, and may have {', '.join(sorted(KNOWN - NEEDED))}"
        )
    rows = []
    try:
        for row in reader:
            if None in row or None in row.values():
                raise bad(f"row {reader.line_num} has another number of columns than the header")
            rows.append({name.strip().lower(): value.strip() for name, value in row.items()})
            if len(rows) > MOST_LINES:
                raise bad(f"the CSV file has more than {MOST_LINES:,} rows")
    except csv.Error as problem:
        raise bad(f"the CSV file cannot be read: {problem}") from None
    if not rows:
        raise bad("the CSV file has no rows")
    return rows


def _line(row: dict[str, str], stroops: int) -> Line:
    return Line(
        key=row.get("bank_reference", "")[:80],
        booked_on=day(row["date"]),
        stroops=stroops,
        name=row.get("name", "")[:140],
        iban=compact(row.get("iban", ""))[:34],
        text=row.get("text", "")[:500],
        end_to_end=row.get("end_to_end", "")[:35],
        is_reversal=row.get("reversal", "").lower() in ("yes", "true", "1"),
    )
