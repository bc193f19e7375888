"""`listino check-cases`: a company's own expected prices, held against the book."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, KnownAt, opened
from listino.core.errors import Refused, Unavailable

if TYPE_CHECKING:
    from listino.cli.case_sheet import JsonSheet, Tally, TextSheet
    from listino.core.cases import Case
    from listino.db.engine import Database
    from listino.flows.cases import CaseFile, Terms

UNREADABLE = 2


def check_cases(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Cases as CSV or NDJSON: questions with expectations.")],
    *,
    at: Annotated[
        str | None, typer.Option("--at", help="Price for this date or instant where a case names none; without: now.")
    ] = None,
    known_at: KnownAt = None,
    tolerance: Annotated[
        str, typer.Option("--tolerance", help="How far an amount may be off where a case does not say.")
    ] = "0",
    record: Annotated[
        Path | None, typer.Option("--record", help="A new file for the present answers as cases; nothing is compared.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print NDJSON for programs; the last line counts.")] = False,
    encoding: Annotated[str | None, typer.Option("--encoding", help="As cp1252; without: UTF-8.")] = None,
    decimal: Annotated[str | None, typer.Option("--decimal", help="How decimals are written: point or comma.")] = None,
    dates: Annotated[str | None, typer.Option("--dates", help="How dates are written: iso, dmy or mdy.")] = None,
    database: DatabaseUrl = None,
) -> None:
    """Ask every case of a file, and report with its explanation each answer that is not as expected.

    The exit code is 0 when all agree, 1 when some differ, 2 when the file or a row cannot be read.
    """
    from listino.cli.case_sheet import JsonSheet, Tally, TextSheet
    from listino.flows.cases import CaseFile
    from listino.flows.tables import Options

    try:
        with opened(database) as book:
            options = Options(encoding=encoding, decimal=decimal, dates=dates)
            cases = CaseFile(book, file, options, _terms(book, at, known_at, tolerance))
            tally = Tally(cases.revision)
            sheet: JsonSheet | TextSheet = JsonSheet() if as_json else TextSheet()
            if record is None:
                _check(cases, tally, sheet)
            else:
                _record(cases, tally, sheet, record)
            sheet.end(tally, record)
    except (Refused, Unavailable) as error:
        screen.complain(error)
        raise typer.Exit(UNREADABLE) from None
    raise typer.Exit(tally.exit_code)


def _terms(book: "Database", at: str | None, known_at: str | None, tolerance: str) -> "Terms":
    from listino.config import now
    from listino.core.errors import malformed
    from listino.db.snapshot import company
    from listino.flows.cases import Terms
    from listino.flows.moments import instant_of, known_at_of
    from listino.flows.notation import Unclear, plain_number

    owner = company(book.read())
    try:
        allowed = Decimal(plain_number(tolerance, "point"))
    except Unclear as error:
        raise malformed("tolerance", error.code, error.text, error.remedy) from None
    if allowed < 0:
        raise malformed("tolerance", "negative", "tolerance cannot be below 0.", "Name how far off is still right.")
    return Terms(
        instant_of(at, "at", owner) if at is not None else now(),
        known_at_of(known_at, owner) if known_at is not None else None,
        allowed,
    )


def _check(cases: "CaseFile", tally: "Tally", sheet: "JsonSheet | TextSheet") -> None:
    with screen.bar() as passed:
        for found in cases.checked(lambda done, total: passed("checking", done, total)):
            tally.take(found)
            if isinstance(found, list):
                sheet.show_bad(found)
            elif not found.agrees:
                sheet.show(found)


def _record(cases: "CaseFile", tally: "Tally", sheet: "JsonSheet | TextSheet", path: Path) -> None:
    from listino.cli.files import written_anew
    from listino.flows.cases import kept, written

    def answered() -> "Iterator[Case]":
        for found in cases.checked(lambda done, total: passed("asking", done, total), expecting=False):
            if isinstance(found, list):
                sheet.show_bad(found)
            elif (case := kept(found)) is not None:
                yield case
            else:
                sheet.show(found)
            tally.take(found)

    with screen.bar() as passed, written_anew(path, "record") as file:
        written(answered(), file, path)
