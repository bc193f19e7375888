"""`listino what-if`: a change set tried on past orders, as a table; nothing is written."""

import gc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listino.cli import screen
from listino.cli.options import At, Channel, DatabaseUrl, opened
from listino.cli.tables import bad_cell_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from listino.db.draft import Draft
    from listino.db.engine import Database
    from listino.db.snapshot import Snapshot
    from listino.flows.facts import Stated
    from listino.flows.tables import Options

BAD_ROWS_SHOWN_MAX = 200
Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="A change set as JSON, or files as `listino import` reads them."),
]


def what_if(
    files: Files,
    *,
    since: Annotated[
        str | None, typer.Option("--since", help="Only lines ordered from this instant or day on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="Only lines ordered before this instant, or until this day's end.")
    ] = None,
    sample: Annotated[int | None, typer.Option("--sample", min=1, help="Only so many lines, spread evenly.")] = None,
    customer: Annotated[str | None, typer.Option("--customer", help="Only lines of this customer.")] = None,
    channel: Channel = None,
    at: At = None,
    rows: Annotated[int, typer.Option("--rows", min=1, max=10_000, help="How many rows a table shows at most.")] = 50,
    kind: Annotated[str | None, typer.Option("--kind", help="The kind of facts, where a name does not tell.")] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", help="As cp1252; without: UTF-8.")] = None,
    decimal: Annotated[str | None, typer.Option("--decimal", help="How decimals are written: point or comma.")] = None,
    dates: Annotated[str | None, typer.Option("--dates", help="How dates are written: iso, dmy or mdy.")] = None,
    database: DatabaseUrl = None,
) -> None:
    """Try a change set on the lines of past orders: what they come to now, and what they would come to.

    Nothing is written. Lines that the change set cannot concern are counted, not priced.
    """
    from listino.cli.trial_sheet import TrialSheet
    from listino.config import now
    from listino.db.snapshot import company
    from listino.flows.moments import instant_of
    from listino.flows.tables import Options
    from listino.flows.what_if import what_if as tried
    from listino.web.rest.what_if import which_of

    # What is made and dropped here makes no circles; looking for some would take a quarter of the time.
    gc.disable()
    with opened(database) as book:
        owner = company(book.read())
        said = {"since": since, "until": until, "sample": sample, "customer": customer, "channel": channel}
        which = which_of({name: value for name, value in said.items() if value is not None}, owner)
        moment = instant_of(at, "at", owner) if at is not None else now()
        sheet = TrialSheet(rows, owner)
        with screen.bar() as passed:
            draft_of = _draft_of(book, files, Options(kind, encoding, decimal, dates), passed)
            for parts in tried(book, draft_of, which, moment):
                sheet.take(parts, passed)
        sheet.show()


def _draft_of(
    database: "Database", files: list[Path], options: "Options", passed: "Callable[[str, int, int], None]"
) -> "Callable[[Snapshot], Draft]":
    """The draft that the files state.

    Errors:  Malformed for a change set; bad rows of files are told, and end the command.
    """
    from listino.db.draft import drafted
    from listino.flows.drafts import changes_of, stated_draft

    stated = _change_set(files)
    if stated is not None:
        return lambda book: stated_draft(book, stated)
    changes, bad = changes_of(database, files, options, passed)
    if bad.rows:
        for cell in bad.cells()[:BAD_ROWS_SHOWN_MAX]:
            screen.say(bad_cell_text(cell), "red")
        screen.say(f"Nothing was tried: {bad.rows} bad rows.")
        raise typer.Exit(1)
    return lambda book: drafted(book, changes)


def _change_set(files: list[Path]) -> "list[Stated] | None":
    """The changes of a file that holds a change set as one JSON document, as the door takes it; None for others."""
    from listino.core.errors import Malformed
    from listino.web.rest.facts import parsed, stated_changes

    if len(files) != 1 or files[0].suffix != ".json" or not files[0].is_file():
        return None
    try:
        said = parsed(files[0].read_bytes())
    except Malformed:
        return None  # One record a line, perhaps: that is read and judged as an import does.
    if isinstance(said, dict) and "changes" in said:
        said = said["changes"]
    return stated_changes(said) if isinstance(said, list) else None
