"""What of a server's book an import stands beside, fetched into the side file under the names of the book's tables.

A file's book is attached to the side file instead, and nothing is fetched.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec

from listino.core.keys import is_rule_key
from listino.db.connection import Connection
from listino.db.engine import Database
from listino.db.schema import OPEN

ASKED_AT_ONCE = 5_000
_TABLES = """
ATTACH '' AS book;
PRAGMA book.journal_mode=OFF;
CREATE TABLE book.code_of (code TEXT, ended INTEGER, fact INTEGER, PRIMARY KEY (code, ended)) WITHOUT ROWID;
CREATE TABLE book.fact (id INTEGER PRIMARY KEY, key TEXT, code TEXT, since INTEGER, ended INTEGER, body TEXT);
CREATE INDEX book.fact_key ON fact (key, ended, since);
CREATE TABLE book.reference (target INTEGER, fact INTEGER, PRIMARY KEY (target, fact)) WITHOUT ROWID;
CREATE TABLE book.change_set (id INTEGER PRIMARY KEY, revision INTEGER);
"""
_FACT = "fact.id, fact.key, fact.code, fact.since, fact.ended, fact.body"
_BY_NAME = (
    f"SELECT code_of.code, {_FACT} FROM code_of JOIN fact ON fact.id = code_of.fact "
    f"WHERE code_of.ended = {OPEN} AND code_of.code IN (SELECT value FROM json_each(?))"
)
_BY_KEY = f"SELECT '', {_FACT} FROM fact WHERE fact.ended = {OPEN} AND fact.key IN (SELECT value FROM json_each(?))"
_BY_TARGET = (
    f"SELECT reference.target, {_FACT} FROM reference JOIN fact ON fact.id = reference.fact "
    f"WHERE fact.ended = {OPEN} AND reference.target IN (SELECT CAST(value AS BIGINT) FROM json_each(?))"
)
_KEEP_FACT = "INSERT OR IGNORE INTO book.fact VALUES (?, ?, ?, ?, ?, ?)"
_KEEP_CODE = f"INSERT OR IGNORE INTO book.code_of VALUES (?, {OPEN}, ?)"
_KEEP_REFERENCE = "INSERT OR IGNORE INTO book.reference VALUES (?, ?)"
_NAMES = "SELECT name FROM by_name UNION ALL SELECT name FROM target"


class FetchedBook:
    """The part of a server's book that concerns the rows of a side file, as it stood when it was fetched."""

    def __init__(self, database: Database, side: Connection) -> None:
        self._database = database
        self._side = side
        side.executescript(_TABLES)

    def fetch(self) -> None:
        """Fetch what stands under the names, keys and looks of the rows, and whom they name."""
        self.fetch_names(name for (name,) in self._side.execute(_NAMES))
        keys = (key for (key,) in self._side.execute("SELECT DISTINCT key FROM by_key"))
        self._fetched(_BY_KEY, (key for key in keys if is_rule_key(key)))
        self._fetched(_BY_KEY, [""])
        targets = (target for (target,) in self._side.execute("SELECT DISTINCT digest FROM alike"))
        self._fetched(_BY_TARGET, targets, _KEEP_REFERENCE)
        self._fetch_change_sets()

    def fetch_names(self, names: Iterable[str]) -> None:
        """Fetch the open facts under some names (kind U+001F code)."""
        self._fetched(_BY_NAME, names, _KEEP_CODE)

    def fetch_again(self) -> None:
        """Fetch those who are named as they stand now, and nothing else."""
        for table in ("code_of", "fact", "reference", "change_set"):
            self._side.execute(f"DELETE FROM book.{table}")
        self.fetch_names(name for (name,) in self._side.execute("SELECT name FROM target"))
        self._fetch_change_sets()

    def _fetched(self, sql: str, values: Iterable[Any], keep_mark: str | None = None) -> None:
        connection = self._database.read().connection
        for some in _pieces(values):
            rows = connection.execute(sql, (msgspec.json.encode(some).decode(),)).fetchall()
            self._side.executemany(_KEEP_FACT, [row[1:] for row in rows])
            if keep_mark is not None:
                self._side.executemany(keep_mark, [row[:2] for row in rows])

    def _fetch_change_sets(self) -> None:
        rows = self._database.read().connection.execute("SELECT id, revision FROM change_set WHERE staged = 1")
        self._side.executemany("INSERT OR REPLACE INTO book.change_set VALUES (?, ?)", rows)


def _pieces(values: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(values)
    while some := list(islice(rest, ASKED_AT_ONCE)):
        yield some
