"""The side file of a large change set: its rows wait there, without lock or sync, to be compared, checked and sorted.

The file loses its name as soon as it is open, so nothing of it outlives the process. What is personal
is kept in it only as noise that a key in this process's memory alone can undo.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import shake_256
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pysqlite3.dbapi2 as sqlite

from listino.core.errors import Unavailable
from listino.core.keys import ALIKE, SEPARATOR
from listino.core.lookalikes import look_of
from listino.db.engine import Connection, Database
from listino.db.schema import OPEN, STAGED
from listino.db.side_book import FetchedBook
from listino.db.snapshot import digest_of

# So many rows are sorted or compared in one go: the sorter keeps them in memory.
RUN_ROWS = 120_000
CACHE_KIB = 24_000
MMAP_BYTES = 1 << 36

_TABLES = """
CREATE TABLE row (
    r INTEGER PRIMARY KEY, name TEXT, key TEXT, code TEXT, shape TEXT, body TEXT, origin INTEGER, based_on INTEGER,
    named_1 INTEGER, named_2 INTEGER
);
CREATE TABLE more (r INTEGER, target INTEGER, PRIMARY KEY (r, target)) WITHOUT ROWID;
CREATE TABLE by_name (name TEXT, r INTEGER, PRIMARY KEY (name, r)) WITHOUT ROWID;
CREATE TABLE by_key (key TEXT, r INTEGER, PRIMARY KEY (key, r)) WITHOUT ROWID;
CREATE TABLE by_target (target INTEGER, r INTEGER, PRIMARY KEY (target, r)) WITHOUT ROWID;
CREATE TABLE alike (digest INTEGER, r INTEGER, PRIMARY KEY (digest, r)) WITHOUT ROWID;
CREATE TABLE above (name TEXT PRIMARY KEY, parent TEXT, brought INTEGER) WITHOUT ROWID;
CREATE TABLE target (digest INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE found (r INTEGER PRIMARY KEY, fact INTEGER, key TEXT, since INTEGER, same INTEGER);
CREATE TABLE placed (r INTEGER PRIMARY KEY, id INTEGER);
CREATE TABLE by_fact (fact INTEGER PRIMARY KEY);
CREATE TABLE bad (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE person (r INTEGER PRIMARY KEY, body BLOB);
"""
_PUBLISHED = f"(SELECT revision FROM book.change_set WHERE id = fact.since - {STAGED})"
SINCE = f"CASE WHEN fact.since < {STAGED} THEN fact.since ELSE {_PUBLISHED} END"
_COMPARE = f"""
INSERT INTO found SELECT by_name.r, fact.id, fact.key, {SINCE}, fact.body = row.body
FROM by_name CROSS JOIN book.code_of ON code_of.code = by_name.name AND code_of.ended = {OPEN}
CROSS JOIN book.fact ON fact.id = code_of.fact CROSS JOIN row ON row.r = by_name.r
WHERE by_name.name > ? AND by_name.name <= ?
"""
_SORT = (
    "INSERT INTO by_name SELECT name, r FROM row WHERE r BETWEEN ?1 AND ?2 ORDER BY name, r",
    "INSERT INTO by_key SELECT key, r FROM row WHERE r BETWEEN ?1 AND ?2 AND body IS NOT NULL ORDER BY key, r",
    "INSERT OR IGNORE INTO by_target SELECT target, r FROM ("
    + "".join(
        f"SELECT named_{n} AS target, r FROM row WHERE r BETWEEN ?1 AND ?2 AND named_{n} IS NOT NULL UNION ALL "
        for n in (1, 2)
    )
    + "SELECT target, r FROM more WHERE r BETWEEN ?1 AND ?2) ORDER BY target, r",
)

# (r, name, key, code, shape or None, body or None to end it, origin, based_on, and the first two named)
Row = tuple[int, str, str, str, str | None, str | None, int, int | None, int | None, int | None]


class SideFile:
    """Rows on their way into the book; a row is known by its number `r`, its origin is the caller's own mark."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.rows = 0
        self._secret = token_bytes(32)
        self.connection = _opened(database.path)
        self._fetched: FetchedBook | None = None
        if database.is_server:
            self._fetched = FetchedBook(database, self.connection)
        else:
            _attach(self.connection, database.path)
        # Rows are added in one transaction: what is full is written when memory is, not with each batch.
        self.connection.execute("BEGIN")
        self._sorter = ThreadPoolExecutor(1, "listino-sorter")
        self._sorting: Future[None] | None = None
        self._sorted = 0

    def close(self) -> None:
        """Let the file go; its space is free at once."""
        self._sorter.shutdown()
        self.connection.close()

    def add(
        self,
        rows: Sequence[Row],
        more: Sequence[tuple[int, int]],
        targets: Sequence[tuple[int, str]],
        people: Sequence[tuple[int, bytes]] = (),
    ) -> None:
        """Take in rows, numbered from 1 on, and whom they name beyond two (r, digest).

        Shapes:  targets: (digest, name) of the named, at least where they appear for the first time;
                 people: (r, JSON), what is personal.
        """
        execute = self.connection.executemany
        try:
            execute("INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            execute("INSERT OR IGNORE INTO more VALUES (?, ?)", more)
            execute("INSERT OR IGNORE INTO target VALUES (?, ?)", targets)
            execute("INSERT INTO alike VALUES (?, ?)", _looks(rows))
            execute("INSERT INTO person VALUES (?, ?)", [(r, self.sealed(r, body)) for r, body in people])
            self.rows += len(rows)
            if self.rows - self._sorted >= RUN_ROWS:
                self._sort_next()
        except sqlite.OperationalError as error:
            raise _full(error) from None

    def _sort_next(self) -> None:
        """Sort the rows that came last in a thread beside the one that reads on: SQLite does it without Python."""
        if self._sorting is not None:
            self._sorting.result()
        self._sorting = self._sorter.submit(self._sort, self._sorted + 1, self.rows)
        self._sorted = self.rows

    def _sort(self, first: int, last: int) -> None:
        for sql in _SORT:
            self.connection.execute(sql, (first, last))

    def sealed(self, r: int, body: bytes) -> bytes:
        """A text made unreadable without this process's key; the same again undoes it."""
        stream = shake_256(self._secret + r.to_bytes(8, "big")).digest(len(body))
        return (int.from_bytes(body, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(body), "big")

    def compare(self, passed: Callable[[int], None]) -> None:
        """Find the open version of each row's record in the book; to be called when all rows are there."""
        try:
            self._sort_next()
            if self._sorting is not None:
                self._sorting.result()
            self.connection.execute("COMMIT")
        except sqlite.OperationalError as error:
            raise _full(error) from None
        if self._fetched is not None:
            self._fetched.fetch()
        for after, last in self.runs("by_name", "name", ""):
            self.connection.execute(_COMPARE, (after, last))
            passed(RUN_ROWS)

    def look_at(self, names: Iterable[str]) -> None:
        """Have what stands in the book under some names at hand."""
        if self._fetched is not None:
            self._fetched.fetch_names(names)

    def look_again(self) -> None:
        """Have those who are named at hand as they stand now."""
        if self._fetched is not None:
            self._fetched.fetch_again()

    def leave_out_same(self) -> None:
        """Forget the rows that the book holds as they are, but for their names and what is personal."""
        if self.connection.execute("SELECT 1 FROM found WHERE same LIMIT 1").fetchone():
            same = "r IN (SELECT found.r FROM found WHERE found.r = by_key.r AND same)"
            for after, last in [("", ""), *self.runs("by_key", "key", "")]:
                where = "key > ? AND key <= ?" if last else "key = ? AND key = ?"
                self.connection.execute(f"DELETE FROM by_key WHERE {where} AND {same}", (after, last))

    def runs(self, table: str, column: str, first: Any) -> Iterator[tuple[Any, Any]]:
        """Ranges (after, last] of a sorted column, of about so many rows that one statement reads them quickly."""
        after = first
        while True:
            row = self.connection.execute(
                f"SELECT {column} FROM {table} WHERE {column} > ? ORDER BY {column} LIMIT 1 OFFSET {RUN_ROWS}", (after,)
            ).fetchone()
            if row is None:
                (last,) = self.connection.execute(f"SELECT max({column}) FROM {table}").fetchone()
                if last is not None and last != after:
                    yield after, last
                return
            yield after, row[0]
            after = row[0]

    def placing(self) -> Connection:
        """A cursor over what is new or changed, as (r, key, code, body, shape), by key."""
        return self.connection.execute(
            "SELECT row.r, row.key, row.code, row.body, row.shape FROM by_key CROSS JOIN row ON row.r = by_key.r "
            "ORDER BY by_key.key, by_key.r"
        )

    def placed(self, rows: Iterable[tuple[int, int]]) -> None:
        """Note which fact (its id) a row has become."""
        self.connection.executemany("INSERT INTO placed VALUES (?, ?)", rows)

    def naming_codes(self) -> Connection:
        """A cursor over the placed rows, as (name, fact, the fact that it replaces or None), by name."""
        return self.connection.execute(
            "SELECT by_name.name, placed.id, found.fact FROM by_name CROSS JOIN placed ON placed.r = by_name.r "
            "LEFT JOIN found ON found.r = by_name.r ORDER BY by_name.name"
        )

    def ending(self) -> Connection:
        """A cursor over what ends without a successor, as (name, code, fact), by name."""
        return self.connection.execute(
            "SELECT by_name.name, row.code, found.fact FROM by_name CROSS JOIN row ON row.r = by_name.r "
            "CROSS JOIN found ON found.r = row.r WHERE row.body IS NULL ORDER BY by_name.name"
        )

    def replaced(self) -> Connection:
        """A cursor over the facts that end, with or without a successor, as (fact,)."""
        (last,) = self.connection.execute("SELECT coalesce(max(r), 0) FROM found").fetchone()
        sql = "INSERT INTO by_fact SELECT fact FROM found WHERE r BETWEEN ? AND ? AND same IS NOT 1 ORDER BY fact"
        for start in range(1, last + 1, RUN_ROWS):
            self.connection.execute(sql, (start, start + RUN_ROWS - 1))
        return self.connection.execute("SELECT fact FROM by_fact ORDER BY fact")

    def referring(self) -> Connection:
        """A cursor over whom the placed rows name, as (target, fact), by target."""
        return self.connection.execute(
            "SELECT by_target.target, placed.id FROM by_target CROSS JOIN placed ON placed.r = by_target.r "
            "ORDER BY by_target.target"
        )

    def touched_keys(self, most: int) -> list[str]:
        """The keys of what comes and goes; when they are more than `most`, only one more than that."""
        keys: set[str] = set()
        for sql in ("SELECT DISTINCT key FROM by_key", "SELECT key FROM found WHERE same IS NOT 1"):
            for (key,) in self.connection.execute(sql):
                keys.add(key)
                if len(keys) > most:
                    return list(keys)
        return sorted(keys)

    def people(self) -> Iterator[tuple[str, str]]:
        """What is personal, as (the customer's code, JSON)."""
        sql = "SELECT person.r, row.code, person.body FROM person JOIN row ON row.r = person.r ORDER BY person.r"
        for r, code, body in self.connection.execute(sql):
            yield code, self.sealed(r, body).decode()

    def ended_keys(self) -> Iterator[str]:
        """The key of each fact that goes."""
        yield from (key for (key,) in self.connection.execute("SELECT key FROM found WHERE same IS NOT 1"))

    def has_changes(self) -> bool:
        """Whether the book is not already as the rows say."""
        sql = "SELECT 1 FROM by_key UNION ALL SELECT 1 FROM found WHERE same IS NOT 1 LIMIT 1"
        return self.connection.execute(sql).fetchone() is not None

    def kept(self) -> int:
        """How many rows there are that were not taken out."""
        return int(self.connection.execute("SELECT count(*) FROM row").fetchone()[0])

    def changes(self) -> int:
        """How many facts the rows would change."""
        sql = "SELECT (SELECT count(*) FROM by_key) + (SELECT count(*) FROM row WHERE body IS NULL)"
        return int(self.connection.execute(sql).fetchone()[0])


def _looks(rows: Sequence[Row]) -> Iterator[tuple[int, int]]:
    """How the codes of records look that are no rules, as (digest, r)."""
    for r, name, _, code, shape, body, *_ in rows:
        if shape is None and body is not None:
            yield digest_of(ALIKE + name.partition(SEPARATOR)[0], look_of(code)), r


def _opened(database: Path) -> Connection:
    """A side file next to the database."""
    with tempfile.TemporaryDirectory(prefix=f".{database.name}-side-", dir=database.parent) as folder:
        connection = sqlite.connect(
            str(Path(folder) / "side"), isolation_level=None, check_same_thread=False, cached_statements=64, uri=True
        )
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA main.locking_mode=EXCLUSIVE")
        connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        connection.execute(f"PRAGMA mmap_size={MMAP_BYTES}")
        connection.executescript(_TABLES)
    return connection


def _attach(connection: Connection, database: Path) -> None:
    connection.execute("ATTACH ? AS book", (database.as_uri() + "?mode=ro",))
    connection.execute(f"PRAGMA book.mmap_size={MMAP_BYTES}")


def _full(error: Exception) -> Unavailable:
    return Unavailable(f"The disk has no room for the import's side file: {error}.", code="disk_full")
