"""The book as of one revision: its facts by key and by code, through the process's cache."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import msgspec

from listino.core.errors import Fault, Gone, malformed
from listino.core.facts import Fact
from listino.core.keys import SEPARATOR, code_key, references
from listino.core.ready import Ready
from listino.core.rules import Rule
from listino.db.cache import Cache
from listino.db.codec import fact_of, kind_of_key
from listino.db.engine import Connection, Database, Reading
from listino.db.schema import OPEN, STAGED

KEYS_PER_QUERY = 500
ROWS_PER_PAGE = 500
# Where all facts are gone through, so many are looked at in one read.
ROWS_PER_LOOK = 20_000
# Work that takes long remembers this part of what a process may: it shall not push out what is asked all day.
APART_SHARE = 4

_BY_KEYS = (
    "SELECT key, since, ended, body FROM fact WHERE ended > ? AND (since <= ? OR since >= 1099511627776) "
    "AND key IN ({places}) ORDER BY id"
)
_BY_CODE = (
    "SELECT fact.since, fact.ended, fact.body FROM code_of JOIN fact ON fact.id = code_of.fact "
    "WHERE code_of.code = ? AND code_of.ended > ? ORDER BY code_of.ended"
)
_INDEXED = (
    "SELECT fact.id, fact.key, fact.code, fact.since, fact.ended, fact.body FROM reference "
    "JOIN fact ON fact.id = reference.fact WHERE reference.target = ? AND reference.fact > ? "
    "ORDER BY reference.fact LIMIT ?"
)
_GONE_THROUGH = (
    "SELECT id, key, code, since, ended, body FROM fact WHERE id > ? AND id <= ? AND ended > ? "
    "AND instr(body, ?) > 0 ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class Version:
    """A fact with the revision that brought it and the one that ended it (None: still open)."""

    kind: str
    code: str
    fact: Fact
    since: int
    until: int | None


@dataclass(frozen=True, slots=True)
class Company:
    """What holds for the whole installation."""

    currency: str
    zone: str
    country: str | None


def company(reading: Reading) -> Company:
    """The company's base currency, zone and country."""
    return Company(*reading.connection.execute("SELECT currency, zone, country FROM book").fetchone())


@dataclass(slots=True)
class Snapshot:
    """The book as of one revision: what every part of one answer is read from.

    Shapes:  cache: what remembers its facts: the process's for the newest, else one of its own; over:
             what answers for keys in place of the book, where a draft is laid over it.
    """

    database: Database
    reading: Reading
    revision: int
    shapes: tuple[str, ...]
    newest: bool
    cache: Cache
    known: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    over: Callable[[Sequence[str]], dict[str, tuple[Any, ...]]] | None = None


def snapshot(database: Database, known_at: int | datetime | None = None, reading: Reading | None = None) -> Snapshot:
    """The book as of a revision or an instant; as of now without. `reading` is one just taken.

    Errors:  Malformed for a revision that is not there yet; Gone for one that is no longer kept.
    """
    reading = reading or database.read()
    if known_at is None:
        return Snapshot(database, reading, reading.revision, reading.shapes, True, database.cache)
    revision = known_at if isinstance(known_at, int) else revision_at(reading, known_at)
    if not 0 <= revision <= reading.revision:
        text = f"Revision {revision} is not known; the last is {reading.revision}."
        raise malformed("known_at", "unknown_revision", text, "Send an earlier revision, or none.")
    if revision < reading.history_from:
        text = f"What was known at revision {revision} is no longer kept; history begins at {reading.history_from}."
        raise Gone("history_gone", text, (Fault("known_at", "history_gone", text, "Ask for a later revision."),))
    every_shape = tuple(shape for (shape,) in reading.connection.execute("SELECT shape FROM key_shape"))
    newest = revision == reading.revision
    cache = database.cache if newest else Cache(APART_SHARE, revision)
    return Snapshot(database, reading, revision, every_shape, newest, cache)


@contextmanager
def snapshot_apart(database: Database, known_at: int | datetime | None = None) -> Iterator[Snapshot]:
    """The same for work that takes long and may go from thread to thread: a connection and a memory of its own.

    What others commit meanwhile does not show in it, and what it reads does not show in the process's cache.
    """
    with database.read_apart() as reading:
        book = snapshot(database, known_at, reading)
        yield replace(book, cache=Cache(APART_SHARE, book.revision))


def revision_at(reading: Reading, known_at: datetime) -> int:
    """The last revision that was committed by an instant; 0 before the first."""
    row = reading.connection.execute(
        "SELECT max(revision) FROM change_set WHERE at <= ? AND revision IS NOT NULL", (stamp(known_at),)
    ).fetchone()
    return row[0] or 0


def under(book: Snapshot, keys: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    """The facts under each key as of the snapshot's revision; rules come ready to be resolved with.

    Shapes:  keys without facts are left out.
    """
    if book.over is not None:
        return book.over(list(keys))
    found: dict[str, tuple[Any, ...]] = {}
    missing: list[str] = []
    cache, revision, known = book.cache, book.revision, book.known
    facts, absent = cache.facts, cache.absent
    young, young_absent = facts.young, absent.young
    for key in keys:
        if known and key in known:
            if known[key]:
                found[key] = known[key]
            continue
        entry = young.get(key) or young_absent.get(key) or facts.old(key) or absent.old(key)
        if entry is None or entry[0] > revision:
            missing.append(key)
        elif entry[1]:
            found[key] = entry[1]
    for start in range(0, len(missing), KEYS_PER_QUERY):
        chunk = missing[start : start + KEYS_PER_QUERY]
        fetched = _fetched(book, chunk)
        found.update(fetched)
        cache.remember(chunk, fetched, revision)
    return found


def first_under(book: Snapshot, key: str) -> Any:
    """The fact under a key that holds one at most, or None."""
    entry = book.cache.facts.get(key)
    if entry is None or entry[0] > book.revision or book.over is not None:
        facts = under(book, (key,)).get(key)
    else:
        facts = entry[1]
    return facts[0] if facts else None


def _fetched(book: Snapshot, keys: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    sql = _BY_KEYS.format(places=",".join("?" * len(keys)))
    grouped: dict[str, list[Any]] = {}
    for key, since, ended, body in book.reading.connection.execute(sql, (book.revision, book.revision, *keys)):
        if visible(since, ended, book):
            kind = kind_of_key(key)
            fact = fact_of(kind, body)
            grouped.setdefault(key, []).append(Ready(fact) if isinstance(fact, Rule) else fact)
    return {key: tuple(facts) for key, facts in grouped.items()}


def visible(since: int, ended: int, book: Snapshot) -> bool:
    """Whether a row holds at a snapshot's revision, staged marks read as the revisions that they became."""
    revision, staged = book.revision, book.reading.staged
    if since >= STAGED:
        since = staged.get(since - STAGED, OPEN)
    if STAGED <= ended < OPEN:
        ended = staged.get(ended - STAGED, OPEN)
    return since <= revision < ended


def version(book: Snapshot, kind: str, code: str) -> Version | None:
    """The fact under a code as of the snapshot, with its revisions, or None."""
    rows = book.reading.connection.execute(_BY_CODE, (code_key(kind, code), book.revision)).fetchall()
    for since, ended, body in rows:
        if visible(since, ended, book):
            return _version(book, kind, code, (since, ended, body))
    return None


def _version(book: Snapshot, kind: str, code: str, row: tuple[int, int, str]) -> Version:
    since, ended, body = row
    staged = book.reading.staged
    if since >= STAGED:
        since = staged[since - STAGED]
    if STAGED <= ended < OPEN:
        ended = staged.get(ended - STAGED, OPEN)
    return Version(kind, code, fact_of(kind, body), since, None if ended == OPEN else ended)


def versions(
    book: Snapshot, kind: str, after: str = "", within: tuple[str, str] | None = None
) -> Iterator[tuple[str, Version]]:
    """The facts of a kind as of the snapshot from behind a cursor on, each with its cursor.

    Read page by page, so that no long transaction keeps the log from being tidied. Ordered by code,
    which is the cursor. `within` names another fact (kind, code): then only facts that name it come,
    in the order in which they were stored.
    """
    if within is not None:
        yield from _referrers(book, kind, after, within)
        return
    start, end, skip = code_key(kind, after), code_key(kind, chr(0x10FFFF)), -1
    while True:
        rows = book.reading.connection.execute(
            "SELECT code_of.code, code_of.ended, fact.since, fact.ended, fact.body FROM code_of "
            "JOIN fact ON fact.id = code_of.fact WHERE (code_of.code, code_of.ended) > (?, ?) AND code_of.code < ? "
            "AND code_of.ended > ? ORDER BY code_of.code, code_of.ended LIMIT ?",
            (start, skip if skip >= 0 else OPEN, end, book.revision, ROWS_PER_PAGE),
        ).fetchall()
        for name, _, since, ended, body in rows:
            if visible(since, ended, book):
                code = name.partition(SEPARATOR)[2]
                yield code, _version(book, kind, code, (since, ended, body))
        if len(rows) < ROWS_PER_PAGE:
            return
        start, skip = rows[-1][0], rows[-1][1]


def _referrers(book: Snapshot, kind: str, after: str, target: tuple[str, str]) -> Iterator[tuple[str, Version]]:
    behind: int | None = int(after) if after.isdecimal() else 0
    while behind is not None:
        rows, behind = _naming(book, target, behind)
        for fact_id, key, code, since, ended, body in rows:
            if kind_of_key(key) == kind and visible(since, ended, book):
                found = _version(book, kind, code, (since, ended, body))
                if target in references(found.fact):
                    yield str(fact_id), found


def _naming(book: Snapshot, target: tuple[str, str], behind: int) -> tuple[list[Any], int | None]:
    """A page of the facts that may name another, by id, and behind which one the next page begins.

    The index knows only who names it now: for an earlier revision, also one that became so while the
    page was read, all facts are gone through.
    """
    read = book.reading.connection.execute
    if book.newest:
        rows = read(_INDEXED, (digest_of(*target), behind, ROWS_PER_PAGE)).fetchall()
        if book.database.read().revision == book.revision:
            return rows, rows[-1][0] if len(rows) == ROWS_PER_PAGE else None
    last = behind + ROWS_PER_LOOK
    said = msgspec.json.encode(target[1]).decode()
    rows = read(_GONE_THROUGH, (behind, last, book.revision, said)).fetchall()
    (newest,) = read("SELECT coalesce(max(id), 0) FROM fact").fetchone()
    return rows, last if last < newest else None


def was_ever(connection: Connection, kind: str, code: str) -> bool:
    """Whether there is or was a fact under a code."""
    sql = "SELECT 1 FROM code_of WHERE code = ? LIMIT 1"
    return connection.execute(sql, (code_key(kind, code),)).fetchone() is not None


@lru_cache(maxsize=100_000)
def digest_of(kind: str, code: str) -> int:
    """A record's 64-bit digest, by which references find it."""
    return int.from_bytes(blake2b(code_key(kind, code).encode(), digest_size=8).digest(), signed=True)


def stamp(at: datetime) -> str:
    """An instant as the text that we store: UTC, to the microsecond, sortable."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def next_stamp(tx: Connection, now: datetime) -> str:
    """The instant of the next revision: behind the last one's, since order is that of commits, not of clocks."""
    (last,) = tx.execute("SELECT max(at) FROM change_set WHERE revision = (SELECT revision FROM book)").fetchone()
    return stamp(now if last is None else max(now, datetime.fromisoformat(last) + timedelta(microseconds=1)))
