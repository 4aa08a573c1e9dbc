"""A document as PDF and CSV, always the same bytes: everything on it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from fpdf.enums import Align

from stelltron.core.paper import Paper, plain, write_rows
from stelltron.core.units import kwh, money

from ..grid.discounts import comes_back
from ..models import Bill
from .bills import lines_of_bill

ROW_MM = 7
WIDTHS_MM = (90, 35, 45)


def pdf(bill: Bill) -> bytes:
    """One page A4: who, which month, totals per kind, what is to be paid or received."""
    page = Paper(_title(bill), bill.issued_at)
    _head(page, bill)
    _table(page, bill)
    _foot(page, bill)
    return bytes(page.output())


def _title(bill: Bill) -> str:
    return f"{bill.get_kind_display().capitalize()} {bill.number}"


def _head(page: Paper, bill: Bill) -> None:
    community, member = bill.community, bill.member
    zone = ZoneInfo(community.time_zone)
    page.write_line(community.name, bold=True)
    page.write_line()
    page.write_line(f"{member.name} ({member.code})")
    page.write_line()
    page.write_line(_title(bill), bold=True, size=16)
    page.write_line(f"{bill.month:%B %Y}, times in {community.time_zone}")
    page.write_line(f"Issued on {bill.issued_at.astimezone(zone):%Y-%m-%d}")
    if bill.original:
        page.write_line(f"Corrects {bill.original.number}: what changed since it was issued, and nothing else")
    page.write_line()


def _table(page: Paper, bill: Bill) -> None:
    currency = bill.community.currency
    _row(page, ("", "kWh", currency), bold=True)
    for line in bill.lines.all():
        _row(page, (line.get_kind_display().capitalize(), kwh(line.wh), money(line.amount, 7)))
    _row(page, ("You pay" if bill.total < 0 else "You receive", "", money(abs(bill.total), 7)), bold=True)


def _foot(page: Paper, bill: Bill) -> None:
    page.write_line()
    back = comes_back(lines_of_bill(bill))
    if back:
        amount = f"{money(abs(back), 7)} {bill.community.currency}"
        page.write_line(
            f"{amount} of the grid fees {'come back' if back > 0 else 'no longer come back'} for staked GRID.", size=9
        )
    if bill.disputed:
        amount = f"{money(bill.disputed, 7)} {bill.community.currency}"
        page.write_line(f"{amount} is disputed and not part of this document until it is decided.")
    page.write_line("Negative amounts are paid by the member. Every line, down to the meter and the", size=9)
    page.write_line("ledger, is in the portal and in this document's CSV file.", size=9)


def _row(page: Paper, cells: tuple[str, str, str], *, bold: bool = False) -> None:
    page.set_font("Roboto", "B" if bold else "", 11)
    for text, width, align in zip(cells, WIDTHS_MM, (Align.L, Align.R, Align.R), strict=True):
        page.cell(width, ROW_MM, text, border="B", align=align)
    page.ln(ROW_MM)


def write_csv(bill: Bill, to: Any) -> None:
    """The document's lines, one a row, and their sum."""
    write_rows(to, _csv_rows(bill))


def _csv_rows(bill: Bill) -> Iterator[list[object]]:
    zone, currency = ZoneInfo(bill.community.time_zone), bill.community.currency
    yield ["document", "line", "slot (UTC)", f"slot ({zone.key})", "kind", "kWh", f"price ({currency}/kWh)", f"amount ({currency})"]  # fmt: skip
    total = 0
    for line in lines_of_bill(bill).iterator(chunk_size=2000):
        total += line.amount
        yield [
            bill.number,
            line.pk,
            f"{line.slot:%Y-%m-%d %H:%M}",
            f"{line.slot.astimezone(zone):%Y-%m-%d %H:%M}",
            line.get_kind_display(),
            plain(kwh(line.wh)),
            plain(money(line.price, 7)),
            plain(money(line.amount, 7)),
        ]
    assert total == bill.total
    yield [bill.number, "", "", "", "total", "", "", plain(money(total, 7))]


def answer(bill: Bill, form: str) -> HttpResponse:
    """The file as a download. Raises Http404 for anything but pdf and csv."""
    if form == "pdf":
        response = HttpResponse(pdf(bill), content_type="application/pdf")
    elif form == "csv":
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        write_csv(bill, response)
    else:
        raise Http404("documents come as pdf and csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{bill.number}.{form}"'
    return response
