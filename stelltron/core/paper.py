"""Documents to keep: pages of lines and tables as PDF, rows as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from font_roboto import Roboto, RobotoBold
from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, XPos, YPos

MARGIN_MM = 20
LINE_MM = 7
ROW_MM = 5
# A spreadsheet takes a cell that begins so for a formula: a member's name must not be one.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


class Paper(FPDF):
    """A4; with the same content and ``issued_at`` always the same bytes."""

    def __init__(self, title: str, issued_at: datetime, *, landscape: bool = False) -> None:
        super().__init__(orientation="landscape" if landscape else "portrait", format="A4")
        self.set_margin(MARGIN_MM)
        self.add_font("Roboto", "", Roboto)
        self.add_font("Roboto", "B", RobotoBold)
        self.set_creation_date(issued_at)
        self.set_title(title)
        self.set_lang("en")
        self.add_page()

    def write_line(self, text: str = "", *, bold: bool = False, size: int = 11) -> None:
        """One line, or several where it is too long for one."""
        self.set_font("Roboto", "B" if bold else "", size)
        self.multi_cell(0, LINE_MM, text, align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def write_table(
        self, rows: Iterable[Sequence[str]], widths: Sequence[int], *, numbers: Iterable[int] = (), size: int = 9
    ) -> None:
        """The first row is repeated on every page; columns in ``numbers`` stand to the right."""
        self.set_font("Roboto", "", size)
        right = set(numbers)
        aligned = [Align.R if column in right else Align.L for column in range(len(widths))]
        with self.table(
            col_widths=widths,
            text_align=aligned,
            line_height=ROW_MM,
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        ) as table:
            for cells in rows:
                table.row(cells)


def write_rows(to: Any, rows: Iterable[Sequence[object]]) -> None:
    """Rows as CSV. Text is kept from being read as a formula; numbers (int, and text of :func:`plain`) stay numbers."""
    writer = csv.writer(to)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])


def plain(number: str) -> str:
    """A number as spreadsheets read it: without separators of thousands."""
    return number.replace(",", "")


def _harmless(cell: object) -> object:
    if not isinstance(cell, str) or not cell.startswith(FORMULA_SIGNS) or _is_number(cell):
        return cell
    return f"'{cell}"


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdecimal()
