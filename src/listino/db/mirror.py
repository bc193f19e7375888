"""What came from a management system: who reads it now, how far it is read, what of it is not in the book."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from listino.core.errors import Conflict, Unavailable
from listino.db.engine import Connection
from listino.db.snapshot import KEYS_PER_QUERY, stamp

# A run that has not been heard of for so long has died; another may begin.
LEASE = timedelta(minutes=5)
NAMES_PER_PAGE = 5_000
# So many problems are kept in words.
PROBLEMS_KEPT_MAX = 10_000
_SOURCE = (
    "SELECT source, cursor, run, lease_until, unfinished, begun_at, kept_at, full_at, failure, to_confirm, revision, "
    "records_read, changed, ended, held FROM mirror_source"
)


class SourceRow(NamedTuple):
    """How far a system is read: `kept_at` is the moment as of which the book holds what it says.

    Shapes:  to_confirm: JSON, by kind how many records would end and of how many; held: JSON, how many records
             of each kind came from it.
    """

    source: str
    cursor: str | None
    run: int
    lease_until: str | None
    unfinished: int
    begun_at: str | None
    kept_at: str | None
    full_at: str | None
    failure: str | None
    to_confirm: str | None
    revision: int | None
    records_read: int
    changed: int
    ended: int
    held: str | None


class ProblemRow(NamedTuple):
    """Something of a system that is not in the book, and why; `said` (JSON) is tried again with the next run."""

    name: str
    at: str
    reason: str
    text: str
    remedy: str
    said: str | None


def sources(connection: Connection) -> list[SourceRow]:
    """How far every system is read."""
    return [SourceRow(*row) for row in connection.execute(f"{_SOURCE} ORDER BY source").fetchall()]


def begun(tx: Connection, source: str, now: datetime) -> SourceRow:
    """Begin a run; how far the system is read. Joins the caller's transaction.

    Errors:  Unavailable while another run is under way.
    """
    tx.execute(
        "INSERT INTO mirror_source (source, run, unfinished, records_read, changed, ended) VALUES (?, 0, 0, 0, 0, 0) "
        "ON CONFLICT (source) DO NOTHING",
        (source,),
    )
    row = SourceRow(*tx.execute(f"{_SOURCE} WHERE source = ?", (source,)).fetchone())
    if row.lease_until is not None and row.lease_until > stamp(now):
        text = f"{source} is being read since {row.begun_at}."
        raise Unavailable(text, retry_in_s=30, code="mirror_under_way")
    tx.execute(
        "UPDATE mirror_source SET run = run + 1, lease_until = ?, begun_at = ? WHERE source = ?",
        (stamp(now + LEASE), stamp(now), source),
    )
    return row._replace(run=row.run + 1, begun_at=stamp(now))


def note(tx: Connection, run: tuple[str, int], rows: Sequence[tuple[str, str]], now: datetime) -> None:
    """Note records (name, digest) that are about to be brought in. Joins the caller's transaction.

    Errors:  Conflict when another run has begun meanwhile.
    """
    _renew(tx, run, now, "unfinished = 1")
    tx.executemany(
        "INSERT INTO mirror_record (source, name, digest) VALUES (?, ?, ?) "
        "ON CONFLICT (source, name) DO UPDATE SET digest = excluded.digest",
        [(run[0], *row) for row in rows],
    )


def renew(tx: Connection, run: tuple[str, int], now: datetime) -> None:
    """Say that a run lives. Joins the caller's transaction.

    Errors:  Conflict when another run has begun meanwhile.
    """
    _renew(tx, run, now, "run = run")


def _renew(tx: Connection, run: tuple[str, int], now: datetime, also: str) -> None:
    sql = f"UPDATE mirror_source SET lease_until = ?, {also} WHERE source = ? AND run = ?"
    if tx.execute(sql, (stamp(now + LEASE), *run)).rowcount != 1:
        raise Conflict("mirror_overtaken", f"Another run has begun to read {run[0]}.")


def digests(connection: Connection, source: str, names: Sequence[str]) -> dict[str, str]:
    """What is noted of records that came from a system, by name."""
    found: dict[str, str] = {}
    for start in range(0, len(names), KEYS_PER_QUERY):
        chunk = names[start : start + KEYS_PER_QUERY]
        places = ",".join("?" * len(chunk))
        sql = f"SELECT name, digest FROM mirror_record WHERE source = ? AND name IN ({places})"
        found.update(connection.execute(sql, (source, *chunk)).fetchall())
    return found


def names(connection: Connection, source: str) -> Iterator[str]:
    """The names of all records that came from a system, in order."""
    after = ""
    sql = "SELECT name FROM mirror_record WHERE source = ? AND name > ? ORDER BY name LIMIT ?"
    while rows := connection.execute(sql, (source, after, NAMES_PER_PAGE)).fetchall():
        yield from (name for (name,) in rows)
        after = rows[-1][0]


def forget(tx: Connection, source: str, gone: Collection[str]) -> None:
    """Forget records that came from a system. Joins the caller's transaction."""
    tx.executemany("DELETE FROM mirror_record WHERE source = ? AND name = ?", [(source, name) for name in gone])


def distrust(tx: Connection, source: str, refused: Collection[str]) -> None:
    """Note that what a system said of records is not in the book. Joins the caller's transaction."""
    sql = "UPDATE mirror_record SET digest = '' WHERE source = ? AND name = ?"
    tx.executemany(sql, [(source, name) for name in refused])


def problems(connection: Connection, source: str, limit: int = PROBLEMS_KEPT_MAX) -> list[ProblemRow]:
    """What of a system is not in the book."""
    sql = "SELECT name, at, reason, text, remedy, said FROM mirror_problem WHERE source = ? ORDER BY name LIMIT ?"
    return [ProblemRow(*row) for row in connection.execute(sql, (source, limit)).fetchall()]


def count_problems(connection: Connection, source: str) -> int:
    """How much of a system is known not to be in the book."""
    return int(connection.execute("SELECT count(*) FROM mirror_problem WHERE source = ?", (source,)).fetchone()[0])


def settle_problems(tx: Connection, source: str, solved: Collection[str], new: Sequence[ProblemRow]) -> None:
    """Take away what is solved, and write down what is not. Joins the caller's transaction."""
    tx.executemany("DELETE FROM mirror_problem WHERE source = ? AND name = ?", [(source, name) for name in solved])
    room = PROBLEMS_KEPT_MAX - count_problems(tx, source)
    tx.executemany(
        "INSERT INTO mirror_problem (source, name, at, reason, text, remedy, said) VALUES (?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (source, name) DO UPDATE SET at = excluded.at, reason = excluded.reason, "
        "text = excluded.text, remedy = excluded.remedy, said = excluded.said",
        [(source, *row) for row in new[: max(room, 0)]],
    )


def finished(tx: Connection, row: SourceRow) -> None:
    """End a run that came to its end. Joins the caller's transaction.

    Errors:  Conflict when another run has begun meanwhile.
    """
    sql = (
        "UPDATE mirror_source SET cursor = ?, lease_until = NULL, unfinished = 0, kept_at = ?, full_at = ?, "
        "failure = NULL, to_confirm = ?, revision = ?, records_read = ?, changed = ?, ended = ?, held = ? "
        "WHERE source = ? AND run = ?"
    )
    values = (
        row.cursor, row.kept_at, row.full_at, row.to_confirm, row.revision, row.records_read, row.changed, row.ended,
        row.held, row.source, row.run,
    )  # fmt: skip
    if tx.execute(sql, values).rowcount != 1:
        raise Conflict("mirror_overtaken", f"Another run has begun to read {row.source}.")


def failed(tx: Connection, run: tuple[str, int], text: str) -> None:
    """End a run that failed; nothing where another has begun. Joins the caller's transaction."""
    tx.execute("UPDATE mirror_source SET lease_until = NULL, failure = ? WHERE source = ? AND run = ?", (text, *run))
