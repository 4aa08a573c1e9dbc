"""Statements as PDF and CSV: of a stake, of a portfolio's year, of a generator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse

from stelltron.core.models import Community
from stelltron.core.paper import Paper, plain, write_rows
from stelltron.core.units import money

from .generator_statement import GeneratorStatement
from .stake_history import Line
from .statements import PortfolioStatement, StakeStatement, Sums

Row = Sequence[object]
Statement = StakeStatement | PortfolioStatement | GeneratorStatement
LINE_WIDTHS = (30, 40, 18, 38, 131)
FIGURE_WIDTHS = (110, 60)


def answer(found: Statement, form: str) -> HttpResponse:
    """The file as a download. Raises Http404 for anything but pdf and csv."""
    name, draw, rows = _files(found)
    if form == "pdf":
        response = HttpResponse(bytes(draw().output()), content_type="application/pdf")
    elif form == "csv":
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        write_rows(response, rows())
    else:
        raise Http404("statements come as pdf and csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return response


def _files(found: Statement) -> tuple[str, Callable[[], Paper], Callable[[], Iterator[Row]]]:
    """Its name, and how it is drawn and written."""
    if isinstance(found, StakeStatement):
        name = f"stake-{found.stake.pk}-{_day(found.until, found.stake.generator.community)}"
        return name, partial(stake_pdf, found), partial(stake_rows, found)
    if isinstance(found, PortfolioStatement):
        name = f"portfolio-{found.member.code}-{found.year}"
        return name, partial(portfolio_pdf, found), partial(portfolio_rows, found)
    name = f"generator-{found.made.offering_id}-{_day(found.at, found.made.community)}"
    return name, partial(generator_pdf, found), partial(generator_rows, found)


def stake_pdf(found: StakeStatement) -> Paper:
    made = found.stake.generator
    paper = Paper(f"Statement of a stake in {made}", found.until, landscape=True)
    _head(paper, made.community, f"Statement of a stake in {made}", _until(found))
    paper.write_line(f"Owner: {_owner(found)}, wallet {found.stake.address}")
    paper.write_line(f"Generator: contract {made.address}", size=9)
    paper.write_line()
    _stake_part(paper, found)
    _foot(paper)
    return paper


def portfolio_pdf(found: PortfolioStatement) -> Paper:
    community = found.member.community
    title = f"Statement of a portfolio, {found.year}"
    paper = Paper(title, found.until, landscape=True)
    _head(paper, community, title, f"{_day(found.since, community)} to {_moment(found.until, community)}")
    paper.write_line(f"Owner: {found.member.name} ({found.member.code})")
    paper.write_line()
    paper.write_table([("All stakes together", ""), *_portfolio_figures(found)], FIGURE_WIDTHS, numbers=(1,))
    if not found.stakes:
        paper.write_line("No stake in this year.")
    for one in found.stakes:
        paper.write_line()
        paper.write_line(str(one.stake.generator), bold=True)
        _stake_part(paper, one)
    _foot(paper)
    return paper


def generator_pdf(found: GeneratorStatement) -> Paper:
    made = found.made
    paper = Paper(f"Statement of {made}", found.at)
    _head(paper, made.community, f"Statement of {made}", _moment(found.at, made.community))
    paper.write_line(f"{made.get_state_display().capitalize()}. Contract {made.address}", size=9)
    for title, rows in found.parts:
        paper.write_line()
        paper.write_line(title, bold=True)
        paper.write_table([("", rows.unit), *rows.figures], FIGURE_WIDTHS, numbers=(1,))
    paper.write_line()
    paper.write_line("Milestones", bold=True)
    paper.write_table(
        [("Milestone", "State", "Amount", "Transaction"), *_milestones(found)], (45, 35, 30, 60), numbers=(2,), size=8
    )
    for note in found.notes:
        paper.write_line(note, size=9)
    return paper


def stake_rows(found: StakeStatement) -> Iterator[Row]:
    made = found.stake.generator
    yield from _line_rows([found], made.community)
    yield ()
    for label, value in _stake_figures(found):
        yield ("", made.name, label, "", "", plain(value), "", "")


def portfolio_rows(found: PortfolioStatement) -> Iterator[Row]:
    yield from _line_rows(found.stakes, found.member.community)
    yield ()
    for label, value in _portfolio_figures(found):
        yield ("", "", label, "", "", plain(value), "", "")


def generator_rows(found: GeneratorStatement) -> Iterator[Row]:
    made = found.made
    yield ("part", "figure", "value", "unit")
    for title, rows in found.parts:
        for label, value in rows.figures:
            yield (title, label, plain(value), rows.unit)
    for title, state, amount, transaction in _milestones(found):
        yield ("Milestones", f"{title}: {state}", plain(amount), made.community.currency)
        if transaction:
            yield ("Milestones", f"{title}: transaction", transaction, "")
    for note in found.notes:
        yield ("Notes", note, "", "")


def _stake_part(paper: Paper, found: StakeStatement) -> None:
    community = found.stake.generator.community
    paper.write_table([("This stake", ""), *_stake_figures(found)], FIGURE_WIDTHS, numbers=(1,))
    if found.lines:
        paper.write_line()
        rows = [_shown(line, community) for line in found.lines]
        headings = ("Date", "What", "Units", f"Amount ({community.currency})", "Transaction")
        paper.write_table([headings, *rows], LINE_WIDTHS, numbers=(2, 3), size=8)


def _stake_figures(found: StakeStatement) -> list[tuple[str, str]]:
    first = [] if found.since is None else [("Units at the beginning", str(found.units_before))]
    return [*first, ("Units", f"{found.units}"), *_figures(found.sums)]


def _portfolio_figures(found: PortfolioStatement) -> list[tuple[str, str]]:
    return [figure for sums in found.sums for figure in _figures(sums)]


def _figures(found: Sums) -> list[tuple[str, str]]:
    currency = found.currency
    return [
        (f"Paid for units ({currency})", money(found.put_in, 7)),
        (f"Got back for units ({currency})", money(found.got_back, 7)),
        (f"Paid for income ahead ({currency})", money(found.ahead_paid, 7)),
        (f"Got for income sold ahead ({currency})", money(found.ahead_got, 7)),
        (f"Income claimed ({currency})", money(found.claimed, 7)),
        (
            f"Income to be claimed ({currency})",
            "not known" if found.claimable is None else money(found.claimable, 7),
        ),
    ]


def _milestones(found: GeneratorStatement) -> list[tuple[str, str, str, str]]:
    return [
        (
            f"{one.title}, {one.percent} %",
            one.get_state_display(),
            money(one.amount),
            one.intent.transaction_id or "" if one.intent and one.state == one.State.RELEASED else "",
        )
        for one in found.milestones
    ]


def _line_rows(found: Sequence[StakeStatement], community: Community) -> Iterator[Row]:
    zone = community.time_zone
    yield (f"date ({zone})", "generator", "what", "owner", "units", "amount", "currency", "transaction")
    for one in found:
        for line in one.lines:
            yield (
                _moment(line.at, community),
                one.stake.generator.name,
                str(line.kind),
                _owner(one),
                line.units,
                plain(money(line.amount, 7)),
                one.stake.generator.community.currency,
                line.transaction_hash,
            )


def _shown(line: Line, community: Community) -> tuple[str, ...]:
    units = f"{line.units:+d}" if line.units else ""
    return (_moment(line.at, community), str(line.kind), units, money(line.amount, 7), line.transaction_hash)


def _owner(found: StakeStatement) -> str:
    member = found.stake.member
    return f"{member.name} ({member.code})" if member else found.stake.address


def _head(paper: Paper, community: Community, title: str, period: str) -> None:
    paper.write_line(community.name, bold=True)
    paper.write_line()
    paper.write_line(title, bold=True, size=16)
    paper.write_line(f"{period}, times in {community.time_zone}")
    paper.write_line()


def _foot(paper: Paper) -> None:
    paper.write_line()
    paper.write_line(
        "Amounts below zero are paid by the owner. A purchase in the funding has the time it was booked.", size=9
    )
    paper.write_line("Every transaction stands on the ledger under its hash.", size=9)


def _until(found: StakeStatement) -> str:
    return f"Up to {_moment(found.until, found.stake.generator.community)}"


def _moment(at: datetime, community: Community) -> str:
    return f"{at.astimezone(ZoneInfo(community.time_zone)):%Y-%m-%d %H:%M}"


def _day(at: datetime, community: Community) -> str:
    return f"{at.astimezone(ZoneInfo(community.time_zone)):%Y-%m-%d}"
