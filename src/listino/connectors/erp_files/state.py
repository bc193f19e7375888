"""What the connector must remember beside its files: what it told, and the orders that it wrote. A SQLite file."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from listino.core.errors import Unavailable

BUSY_S = 10.0
TABLES = """
CREATE TABLE IF NOT EXISTS round (id INTEGER PRIMARY KEY AUTOINCREMENT, files TEXT NOT NULL, kept INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS fact (
  kind TEXT NOT NULL, code TEXT NOT NULL, drop_name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, code));
CREATE TABLE IF NOT EXISTS fresh (
  kind TEXT NOT NULL, code TEXT NOT NULL, drop_name TEXT NOT NULL, body TEXT, PRIMARY KEY (kind, code));
CREATE TABLE IF NOT EXISTS named (kind TEXT NOT NULL, code TEXT NOT NULL, PRIMARY KEY (kind, code));
CREATE TABLE IF NOT EXISTS written (
  key TEXT PRIMARY KEY, file TEXT NOT NULL UNIQUE, waiting TEXT NOT NULL, sent INTEGER NOT NULL,
  at TEXT NOT NULL,
  net TEXT NOT NULL, gross TEXT NOT NULL, number TEXT, life TEXT, their_gross TEXT, text TEXT,
  changed INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS written_changed ON written (changed);
"""
Fresh = tuple[str, str, str, str | None]


class State:
    """The file, opened for each piece of work; every change is on disk when it returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def opened(self, *, writing: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection; what is written in it stands or falls together.

        Errors:  Unavailable, where its folder is gone or its disk full.
        """
        try:
            connection = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)
        except sqlite3.Error as error:
            raise Unavailable(f"{self._path} cannot be opened: {error}.") from None
        try:
            connection.execute("PRAGMA synchronous=FULL")
            connection.executescript(TABLES)
            if writing:
                connection.execute("BEGIN IMMEDIATE")
            yield connection
            if writing:
                connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            raise Unavailable(f"{self._path} cannot be used: {error}.") from None
        finally:
            connection.close()


def begin_round(tx: sqlite3.Connection, since: str | None) -> tuple[str, ...]:
    """Settle the last round, and forget one that nobody kept; the files that were read in a settled round."""
    row = tx.execute("SELECT id, files, kept FROM round ORDER BY id DESC LIMIT 1").fetchone()
    done: tuple[str, ...] = ()
    if row is not None and not row[2] and since == str(row[0]):
        tx.execute(
            "INSERT INTO fact (kind, code, drop_name, body) SELECT kind, code, drop_name, body FROM fresh "
            "WHERE body IS NOT NULL ON CONFLICT (kind, code) DO UPDATE SET body = excluded.body, "
            "drop_name = excluded.drop_name"
        )
        tx.execute("DELETE FROM fact WHERE (kind, code) IN (SELECT kind, code FROM fresh WHERE body IS NULL)")
        tx.execute("UPDATE round SET kept = 1 WHERE id = ?", (row[0],))
        done = tuple(row[1].split("\n")) if row[1] else ()
    tx.execute("DELETE FROM fresh")
    tx.execute("DELETE FROM round WHERE kept = 1 AND id < (SELECT max(id) FROM round)")
    return done


def end_round(tx: sqlite3.Connection, files: Iterable[str]) -> str:
    """A round was read to its end; its cursor."""
    row = tx.execute("INSERT INTO round (files, kept) VALUES (?, 0) RETURNING id", ("\n".join(files),)).fetchone()
    return str(row[0])
