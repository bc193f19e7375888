"""The change log: what each revision brought and ended, by whom, when and why."""

from dataclasses import dataclass
from typing import Any

import msgspec

from listino.db.codec import kind_of_key
from listino.db.engine import Reading
from listino.db.schema import STAGED

# A revision shows so many of its records.
RECORDS_SHOWN_MAX = 100


@dataclass(frozen=True, slots=True)
class Header:
    """One revision in the change log, with the records that it brought and ended (the first of many)."""

    revision: int
    at: str
    actor: str
    reason: str | None
    changes: int
    records: tuple[tuple[str, str], ...]
    ended: tuple[tuple[str, str], ...]


def change_log(reading: Reading, after: int, limit: int) -> list[Header]:
    """The revisions behind one, in order."""
    rows = reading.connection.execute(
        "SELECT id, revision, at, actor, reason, changes, ended, first_fact, last_fact FROM change_set "
        "WHERE revision > ? ORDER BY revision LIMIT ?",
        (after, limit),
    ).fetchall()
    return [_header(reading, row) for row in rows]


def touched_keys(reading: Reading, after: int, upto: int) -> list[str] | None:
    """The keys that the revisions behind one, up to another, touched; None where that is not known."""
    rows = reading.connection.execute(
        "SELECT keys FROM change_set WHERE revision > ? AND revision <= ? ORDER BY revision", (after, upto)
    ).fetchall()
    if len(rows) != upto - after or any(keys is None for (keys,) in rows):
        return None
    return [key for (keys,) in rows for key in msgspec.json.decode(keys, type=list[str])]


def _header(reading: Reading, row: tuple[Any, ...]) -> Header:
    change_set, revision, at, actor, reason, changes, ended, first, last = row
    # Among an import's facts lie those that others committed meanwhile, and its marks of what ended.
    brought = reading.connection.execute(
        "SELECT key, code FROM fact WHERE id BETWEEN ? AND ? AND since IN (?, ?) AND ended <> since "
        "ORDER BY id LIMIT ?",
        (first or 0, last or -1, revision, STAGED + change_set, RECORDS_SHOWN_MAX),
    )
    records = tuple((kind_of_key(key), code) for key, code in brought)
    gone = msgspec.json.decode(ended, type=tuple[tuple[str, str], ...]) if ended else ()
    return Header(revision, at, actor, reason, changes, records, gone[:RECORDS_SHOWN_MAX])
