"""`listino import` and `listino export`: facts as files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, KnownAt, opened

if TYPE_CHECKING:
    from listino.flows.import_ import Imported
    from listino.flows.report import Noticed
    from listino.flows.rows import BadCell

ERRORS_SHOWN_MAX = 200
NOTICES_SHOWN_MAX = 50
ACTOR = "command line"
Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="CSV or NDJSON files, named as their kind: rules.csv, items.ndjson."),
]


def import_(
    files: Files,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what is wrong and what would change.")] = False,
    kind: Annotated[str | None, typer.Option("--kind", help="The kind of facts, where a name does not tell.")] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", help="As cp1252; without: UTF-8.")] = None,
    decimal: Annotated[str | None, typer.Option("--decimal", help="How decimals are written: point or comma.")] = None,
    dates: Annotated[str | None, typer.Option("--dates", help="How dates are written: iso, dmy or mdy.")] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Bring in the good rows although others are bad.")
    ] = False,
    confirm: Annotated[
        bool,
        typer.Option("--confirm", help="Bring in also the prices that are to be confirmed: you have looked at them."),
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option("--report", help="A CSV file for the bad rows, and those of which something was noticed."),
    ] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for the change log.")] = None,
    database: DatabaseUrl = None,
) -> None:
    """Bring files of facts into the book as one revision: all of them, or with a bad row nothing.

    A row states the whole record of its code; what is there already and the same stays untouched.
    """
    from dataclasses import replace

    from listino.config import check_settings, now
    from listino.flows.import_ import imported
    from listino.flows.tables import Options

    _check_words(decimal, dates)
    options = Options(kind, encoding, decimal, dates, dry_run, skip_bad, report)
    checks = replace(check_settings(), confirmed=confirm)
    with opened(database) as book, screen.bar() as passed:
        outcome = imported(book, files, options, ACTOR, now(), passed, reason, checks=checks)
    _report(outcome, dry_run, skip_bad)
    if outcome.noticed.to_confirm or (outcome.bad_rows and not (outcome.revision is not None and skip_bad)):
        raise typer.Exit(1)


def _check_words(decimal: str | None, dates: str | None) -> None:
    for option, word, choices in (("decimal", decimal, ("point", "comma")), ("dates", dates, ("iso", "dmy", "mdy"))):
        if word is not None and word not in choices:
            raise typer.BadParameter(f"{word!r} is not one of: {', '.join(choices)}.", param_hint=f"--{option}")


def _report(outcome: "Imported", dry_run: bool, skip_bad: bool) -> None:
    for cell in outcome.errors[:ERRORS_SHOWN_MAX]:
        screen.say(bad_cell_text(cell), "red")
    if len(outcome.errors) > ERRORS_SHOWN_MAX:
        screen.say(f"... and more; --report FILE writes up to {len(outcome.errors)} of them.", "red")
    _tell(outcome.noticed, outcome.report)
    if outcome.report is not None:
        what = "The bad rows are" if outcome.bad_rows else "What was noticed is"
        screen.say(f"{what} in {outcome.report}.")
    counts = f"{outcome.rows} rows read, {outcome.changed} %s, {outcome.unchanged} as they are, {outcome.bad_rows} bad"
    if dry_run:
        screen.say("Dry run: " + counts % "would change" + ". Nothing was written.")
    elif outcome.revision is None:
        remedies = ["Correct the bad rows, or pass --skip-bad."] if outcome.bad_rows and not skip_bad else []
        remedies += ["Confirm the prices with --confirm."] if outcome.noticed.to_confirm else []
        screen.say(" ".join(["Nothing was imported: " + counts % "would change" + ".", *remedies]))
    else:
        screen.say(f"Revision {outcome.revision}: " + counts % "changed" + ".")


def _tell(noticed: "Noticed", report: Path | None) -> None:
    """What was noticed of the rows: what is to be confirmed, then the warnings; the first of many, and how many."""
    for level, notices, style in (("confirm", noticed.to_confirm, "red"), ("warn", noticed.warnings, "yellow")):
        for one in notices[:NOTICES_SHOWN_MAX]:
            found = one.finding
            word = "to confirm" if level == "confirm" else "warning"
            screen.say(f"{one.file}, row {one.row}, {found.field}: {word}: {found.text} {found.remedy}", style)
        if notices:
            counts = noticed.counts[level]
            kinds = ", ".join(f"{check} {count}" for check, count in sorted(counts.items()))
            what = "To confirm" if level == "confirm" else "Warnings"
            more = " --report FILE writes more of them." if report is None and len(notices) > NOTICES_SHOWN_MAX else ""
            screen.say(f"{what}: {counts.total()} ({kinds}).{more}", style)


def bad_cell_text(cell: "BadCell") -> str:
    """One thing that is wrong with a row of a file, as a line."""
    place = f"{cell.file}, row {cell.row}" + (f", {cell.column}" if cell.column else "")
    value = f" {cell.value!r}:" if cell.value else ""
    return f"{place}:{value} {cell.text} {cell.remedy}".rstrip()


def export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go, one per kind.")],
    *,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Only this kind; may be given more than once.")
    ] = None,
    format: Annotated[str, typer.Option("--format", help="csv or ndjson.")] = "csv",
    known_at: KnownAt = None,
    database: DatabaseUrl = None,
) -> None:
    """Write the facts as files that `listino import` takes back unchanged."""
    from listino.db.snapshot import company
    from listino.flows.export import exported
    from listino.web.reading import known_at_of

    with opened(database) as book:
        then = known_at_of(known_at, company(book.read())) if known_at is not None else None
        with screen.bar() as passed:
            outcome = exported(book, folder, tuple(kind or ()), then, format, lambda what, done: passed(what, done, 0))
    for path, count in outcome.files:
        screen.say(f"{path}: {count}")
    screen.say(f"{len(outcome.files)} files, as of revision {outcome.revision}.")
