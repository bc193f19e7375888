"""Somebody takes a copy of the database, or puts one in its place."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from listino.db import copies, erasures, time_line
from listino.db.engine import Database, path_of


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a restore: where the old database is kept, and who was erased from the restored one."""

    aside: Path | None
    forgotten: tuple[str, ...]
    revoked: int


def backed_up(url: str, target: Path) -> int:
    """Copy a database, running or not, to a new file; its size in bytes.

    Errors:  Malformed where the file exists; Unavailable.
    """
    copies.copy(path_of(url), target)
    return target.stat().st_size


def restored(url: str, backup: Path, now: datetime) -> Restored:
    """Put a backup in the place of a database that nobody uses, with a new epoch.

    Whom the database, the backup or the list beside them says to forget is erased from it, and a
    key that was revoked since stays revoked.
    Errors:  Malformed for a file that is no backup; Unavailable while the database is in use.
    """
    path = path_of(url)
    copies.check_copy(backup)
    with copies.kept_from_others(path):
        forget = _latest(copies.whom_to_forget(path).items(), erasures.noted(path).items())
        known = copies.whom_to_forget(backup)
        revoked = copies.revoked_keys(path)
        aside = copies.put_in_place(backup, path, forget, revoked, now)
    forgotten = tuple(sorted(customer for customer, at in forget.items() if known.get(customer, "") < at))
    return Restored(aside, forgotten, len(revoked))


def begun_anew(database: Database, now: datetime) -> None:
    """Have a database that was restored by other means (pg_restore, a snapshot) go on as a new time line."""
    database.write(lambda tx: time_line.begin_anew(tx, now))


def _latest(*lists: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entries in lists:
        for customer, at in entries:
            found[customer] = max(at, found.get(customer, ""))
    return found
