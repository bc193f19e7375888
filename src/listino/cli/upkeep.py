"""`listino migrate`, `backup`, `restore` and `doctor`: looking after the database."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listino.cli import screen
from listino.cli.options import DatabaseUrl, database_url, opened

if TYPE_CHECKING:
    from listino.flows.copies import Restored


def migrate(
    *,
    currency: Annotated[
        str | None, typer.Option("--currency", help="The company's base currency (EUR where none is named).")
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", help="The company's time zone (UTC where none is named).")
    ] = None,
    country: Annotated[str | None, typer.Option("--country", help="The company's country.")] = None,
    database: DatabaseUrl = None,
) -> None:
    """Make a new database, or bring an older one to this version's schema."""
    from listino.db.engine import shown
    from listino.flows.upkeep import migrated

    url = database_url(database)
    before, after = migrated(url, currency=currency, zone=zone, country=country)
    if before is None:
        where = f" in {country}" if country else ""
        screen.say(
            f"A new database is at {shown(url)}: base currency {currency or 'EUR'}, zone {zone or 'UTC'}{where}."
        )
    elif before == after:
        screen.say(f"The database is up to date (schema {after}).")
    else:
        screen.say(f"The database went from schema {before} to {after}.")


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; nothing is overwritten.")],
    *,
    database: DatabaseUrl = None,
) -> None:
    """Write a whole, checked copy of the database to a file, also while a server runs."""
    from listino.db.migrate import check_version
    from listino.flows.copies import backed_up

    url = database_url(database)
    check_version(url)
    size = backed_up(url, file)
    screen.say(f"The backup is in {file} ({size / (1 << 20):,.1f} MiB), checked and on disk.")


def restore(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="A file that `listino backup` wrote; without: you restored the database yourself."
        ),
    ] = None,
    *,
    database: DatabaseUrl = None,
) -> None:
    """Put a backup in the place of the database; the old one is kept beside it. Stop the server first.

    Nothing is handed over afterwards before both sides were compared: the worker does so, or `listino reconcile`.
    """
    from listino.config import now
    from listino.flows.copies import begun_anew, restored

    url = database_url(database)
    if file is None:
        with opened(database) as book:
            outcome = begun_anew(book, now())
        screen.say("The database goes on as a new time line; nothing is handed over before both sides were compared.")
        _say_forgotten(outcome)
        return
    outcome = restored(url, file, now())
    screen.say(f"{file} is restored to {url}, as a new time line.")
    if outcome.aside is not None:
        screen.say(f"The database as it was before is {outcome.aside}.")
    _say_forgotten(outcome)


def _say_forgotten(outcome: "Restored") -> None:
    if outcome.forgotten:
        screen.say(f"Erased again, as they were since the backup: {', '.join(outcome.forgotten)}.")


def doctor(
    *,
    purge_history: Annotated[
        int | None,
        typer.Option(
            "--purge-history",
            min=1,
            metavar="DAYS",
            help="First delete what ended more than DAYS days ago; older questions are then refused (history_gone). "
            "`listino serve` does the same daily where LISTINO_HISTORY_DAYS is set.",
        ),
    ] = None,
    database: DatabaseUrl = None,
) -> None:
    """Check the set-up line by line and say what to do; exit code 1 on an error."""
    from listino.config import now
    from listino.flows.doctor import ERROR, OK, examined

    if purge_history is not None:
        _purge(database, purge_history)
    style = {OK: "green", ERROR: "red"}
    worst = False
    for finding in examined(database_url(database), now()):
        remedy = f" {finding.remedy}" if finding.remedy else ""
        stop = "." if remedy else ""
        screen.say(
            f"{finding.level:<5}  {finding.subject}: {finding.text}{stop}{remedy}", style.get(finding.level, "yellow")
        )
        worst = worst or finding.level == ERROR
    if worst:
        raise typer.Exit(1)


def _purge(database: str | None, days: int) -> None:
    from listino.config import now
    from listino.flows.upkeep import purged

    with opened(database) as book:
        count, revision = purged(book, days, now())
    screen.say(
        f"{count} versions that ended more than {days} days ago are deleted; history begins at revision {revision}."
    )
