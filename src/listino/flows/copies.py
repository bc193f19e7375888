"""Somebody takes a copy of the database, or puts one in its place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from listino.core.errors import malformed
from listino.db import copies, erasures
from listino.db.engine import Database, is_server, path_of
from listino.db.people import erased


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a restore: where the old database is kept, and who was erased from the restored one."""

    aside: Path | None
    forgotten: tuple[str, ...]
    revoked: int


def backed_up(url: str, target: Path) -> int:
    """Copy a database, running or not, to a new file; its size in bytes.

    Errors:  Malformed where the file exists, or for a database of a server; Unavailable.
    """
    if is_server(url):
        text = "A PostgreSQL server's database is not copied to a file by Listino."
        remedy = "Use the server's own: pg_dump --format=custom --file=FILE URL, or its continuous archiving."
        raise malformed("database", "not_a_file", text, remedy)
    copies.copy(path_of(url), target)
    return target.stat().st_size


def restored(url: str, backup: Path, now: datetime) -> Restored:
    """Put a backup in the place of a database that nobody uses, with a new epoch.

    Whom the database, the backup or the list beside them says to forget is erased from it, and a
    key that was revoked since stays revoked.
    Errors:  Malformed for a file that is no backup; Unavailable while the database is in use.
    """
    path = path_of(url)
    if is_server(url):
        text = "Listino does not put a copy in the place of a PostgreSQL server's database."
        remedy = "Stop `listino serve`, put it back with pg_restore, then run `listino restore` without a file."
        raise malformed("file", "not_a_file", text, remedy)
    copies.check_copy(backup)
    with copies.kept_from_others(path):
        forget = _latest(copies.whom_to_forget(path).items(), erasures.noted(path).items())
        known = copies.whom_to_forget(backup)
        revoked = copies.revoked_keys(path)
        aside = copies.put_in_place(backup, path, forget, revoked, now)
    forgotten = tuple(sorted(customer for customer, at in forget.items() if known.get(customer, "") < at))
    return Restored(aside, forgotten, len(revoked))


def begun_anew(database: Database, now: datetime) -> Restored:
    """Have a database that was restored by other means (pg_restore, a snapshot) go on as a new time line.

    Whom the list beside it says to forget is erased from it.
    """
    noted, known = erasures.noted(database.path), erased(database.read().connection)
    database.write(lambda tx: copies.begin_time_line(tx, noted, {}, now))
    return Restored(None, tuple(sorted(customer for customer, at in noted.items() if known.get(customer, "") < at)), 0)


def _latest(*lists: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entries in lists:
        for customer, at in entries:
            found[customer] = max(at, found.get(customer, ""))
    return found
