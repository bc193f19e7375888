"""Versions of facts that ended long ago: found and taken away, a few at a time, while others work."""

from datetime import datetime
from typing import Any

from listino.core.keys import code_key
from listino.db.chunks import Chunks
from listino.db.codec import kind_of_key
from listino.db.engine import Connection, Database
from listino.db.snapshot import revision_at

# So many rows are looked at in one read, which keeps the log from being tidied for a moment only.
ROWS_PER_LOOK = 20_000


def purge(database: Database, before: datetime) -> tuple[int, int]:
    """Take away the versions that ended before an instant: how many, and where history begins now.

    Older questions are refused from the first moment on; an interrupted purge goes on when repeated.
    """
    revision = revision_at(database.read(), before)
    database.write(lambda tx: _begin_at(tx, revision))
    connection = database.read().connection
    history_from: int = connection.execute("SELECT history_from FROM book").fetchone()[0]
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM fact").fetchone()
    chunks, purged = Chunks(database), 0
    for start in range(0, last + 1, ROWS_PER_LOOK):
        rows = connection.execute(
            "SELECT id, key, code, ended FROM fact WHERE id BETWEEN ? AND ? AND ended <= ?",
            (start, start + ROWS_PER_LOOK - 1, history_from),
        ).fetchall()
        while rows:
            some, rows = rows[: chunks.size], rows[chunks.size :]
            chunks.write(lambda tx, some=some: _delete(tx, some))  # type: ignore[misc]
            purged += len(some)
    return purged, history_from


def _begin_at(tx: Connection, revision: int) -> None:
    tx.execute("UPDATE book SET history_from = ? WHERE history_from < ?", (revision, revision))


def _delete(tx: Connection, rows: list[Any]) -> None:
    tx.executemany("DELETE FROM fact WHERE id = ?", [(fact,) for fact, _, _, _ in rows])
    tx.executemany(
        "DELETE FROM code_of WHERE code = ? AND ended = ? AND fact = ?",
        [(code_key(kind_of_key(key), code), ended, fact) for fact, key, code, ended in rows],
    )
