"""A document as PDF and CSV, always the same bytes: everything on it is stored."""

from __future__ import annotations

import csv
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from font_roboto import Roboto, RobotoBold
from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

from stelltron.core.units import kwh, money

from ..models import Bill
from .bills import lines_of_bill

MARGIN_MM = 20
LINE_MM = 7
WIDTHS_MM = (90, 35, 45)


def pdf(bill: Bill) -> bytes:
    """One page A4: who, which month, totals per kind, what is to be paid or received."""
    page = FPDF(format="A4")
    page.set_margin(MARGIN_MM)
    page.add_font("Roboto", "", Roboto)
    page.add_font("Roboto", "B", RobotoBold)
    page.set_creation_date(bill.issued_at)
    page.set_title(_title(bill))
    page.set_lang("en")
    page.add_page()
    _head(page, bill)
    _table(page, bill)
    _foot(page, bill)
    return bytes(page.output())


def _title(bill: Bill) -> str:
    return f"{bill.get_kind_display().capitalize()} {bill.number}"


def _head(page: FPDF, bill: Bill) -> None:
    community, member = bill.community, bill.member
    zone = ZoneInfo(community.time_zone)
    _line(page, community.name, bold=True)
    _line(page, "")
    _line(page, f"{member.name} ({member.code})")
    _line(page, "")
    _line(page, _title(bill), bold=True, size=16)
    _line(page, f"{bill.month:%B %Y}, times in {community.time_zone}")
    _line(page, f"Issued on {bill.issued_at.astimezone(zone):%Y-%m-%d}")
    if bill.original:
        _line(page, f"Corrects {bill.original.number}: what changed since it was issued, and nothing else")
    _line(page, "")


def _table(page: FPDF, bill: Bill) -> None:
    currency = bill.community.currency
    _row(page, ("", "kWh", currency), bold=True)
    for line in bill.lines.all():
        _row(page, (line.get_kind_display().capitalize(), kwh(line.wh), money(line.amount, 7)))
    _row(page, ("You pay" if bill.total < 0 else "You receive", "", money(abs(bill.total), 7)), bold=True)


def _foot(page: FPDF, bill: Bill) -> None:
    _line(page, "")
    if bill.disputed:
        amount = f"{money(bill.disputed, 7)} {bill.community.currency}"
        _line(page, f"{amount} is disputed and not part of this document until it is decided.")
    _line(page, "Negative amounts are paid by the member. Every line, down to the meter and the", size=9)
    _line(page, "ledger, is in the portal and in this document's CSV file.", size=9)


def _line(page: FPDF, text: str, *, bold: bool = False, size: int = 11) -> None:
    page.set_font("Roboto", "B" if bold else "", size)
    page.cell(0, LINE_MM, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _row(page: FPDF, cells: tuple[str, str, str], *, bold: bool = False) -> None:
    page.set_font("Roboto", "B" if bold else "", 11)
    for text, width, align in zip(cells, WIDTHS_MM, (Align.L, Align.R, Align.R), strict=True):
        page.cell(width, LINE_MM, text, border="B", align=align)
    page.ln(LINE_MM)


def write_csv(bill: Bill, to: Any) -> None:
    """The document's lines, one a row, and their sum."""
    zone, currency = ZoneInfo(bill.community.time_zone), bill.community.currency
    writer = csv.writer(to)
    writer.writerow(
        ["document", "line", "slot (UTC)", f"slot ({zone.key})", "kind", "kWh", f"price ({currency}/kWh)", f"amount ({currency})"]
    )  # fmt: skip
    total = 0
    for line in lines_of_bill(bill).iterator(chunk_size=2000):
        total += line.amount
        writer.writerow(
            [
                bill.number,
                line.pk,
                f"{line.slot:%Y-%m-%d %H:%M}",
                f"{line.slot.astimezone(zone):%Y-%m-%d %H:%M}",
                line.get_kind_display(),
                _number(kwh(line.wh)),
                _number(money(line.price, 7)),
                _number(money(line.amount, 7)),
            ]
        )
    assert total == bill.total
    writer.writerow([bill.number, "", "", "", "total", "", "", _number(money(total, 7))])


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


def _number(text: str) -> str:
    return text.replace(",", "")
