"""The book as of one revision: its facts by key and by code, through the process's cache."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from listino.core.candidates import Ready
from listino.core.errors import Fault, Gone, malformed
from listino.core.facts import Fact
from listino.core.keys import SEPARATOR, code_key, is_rule_key, references
from listino.core.rules import Rule
from listino.db.codec import fact_of, kind_of_key
from listino.db.engine import Database, Reading
from listino.db.schema import OPEN, STAGED

KEYS_PER_QUERY = 500

_BY_KEYS = (
    "SELECT key, since, ended, body FROM fact WHERE ended > ? AND (since <= ? OR since >= 1099511627776) "
    "AND key IN ({places}) ORDER BY id"
)
_BY_CODE = (
    "SELECT fact.since, fact.ended, fact.body FROM code_of JOIN fact ON fact.id = code_of.fact "
    "WHERE code_of.code = ? AND code_of.ended > ? ORDER BY code_of.ended"
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
    """The book as of one revision: what every part of one answer is read from."""

    database: Database
    reading: Reading
    revision: int
    shapes: tuple[str, ...]
    newest: bool


def snapshot(database: Database, known_at: int | datetime | None = None) -> Snapshot:
    """The book as of a revision or an instant; as of now without.

    Errors:  Malformed for a revision that is not there yet; Gone for one that is no longer kept.
    """
    reading = database.read()
    if known_at is None:
        return Snapshot(database, reading, reading.revision, reading.shapes, True)
    revision = known_at if isinstance(known_at, int) else revision_at(reading, known_at)
    if not 0 <= revision <= reading.revision:
        text = f"Revision {revision} is not known; the last is {reading.revision}."
        raise malformed("known_at", "unknown_revision", text, "Send an earlier revision, or none.")
    if revision < reading.history_from:
        text = f"What was known at revision {revision} is no longer kept; history begins at {reading.history_from}."
        raise Gone("history_gone", text, (Fault("known_at", "history_gone", text, "Ask for a later revision."),))
    every_shape = tuple(shape for (shape,) in reading.connection.execute("SELECT shape FROM key_shape"))
    return Snapshot(database, reading, revision, every_shape, revision == reading.revision)


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
    found: dict[str, tuple[Any, ...]] = {}
    missing: list[str] = []
    cache, revision = book.database.cache, book.revision
    for key in keys:
        entry = cache.facts.get(key) if book.newest else None
        if entry is None or entry[0] > revision:
            missing.append(key)
        elif entry[1]:
            found[key] = entry[1]
    for start in range(0, len(missing), KEYS_PER_QUERY):
        chunk = missing[start : start + KEYS_PER_QUERY]
        fetched = _fetched(book, chunk)
        found.update(fetched)
        if book.newest:
            for key in chunk:
                # An absent key of several parts is not worth a place: there are too many of them.
                if key in fetched or SEPARATOR not in key or not is_rule_key(key):
                    cache.remember(key, fetched.get(key, ()), revision)
    return found


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


def versions(book: Snapshot, kind: str, after: str = "", within: tuple[str, str] | None = None) -> Iterator[Version]:
    """The facts of a kind as of the snapshot, by code, from behind a code on.

    Read page by page, so that no long transaction keeps the log from being tidied. `within` names
    another fact (kind, code): then only facts that name it come, in the order they were stored.
    """
    if within is not None:
        yield from _referrers(book, kind, after, within)
        return
    start, end = code_key(kind, after), code_key(kind, chr(0x10FFFF))
    while True:
        rows = book.reading.connection.execute(
            "SELECT code_of.code, fact.since, fact.ended, fact.body FROM code_of JOIN fact ON fact.id = code_of.fact "
            "WHERE code_of.code > ? AND code_of.code < ? AND code_of.ended > ? ORDER BY code_of.code LIMIT 1000",
            (start, end, book.revision),
        ).fetchall()
        for name, since, ended, body in rows:
            if visible(since, ended, book):
                yield _version(book, kind, name.partition(SEPARATOR)[2], (since, ended, body))
        if len(rows) < 1000:
            return
        start = _last_whole(rows)


def _last_whole(rows: list[tuple[Any, ...]]) -> str:
    """The last code of a page of which no row can be on the next page too."""
    last: str = rows[-1][0]
    for row in reversed(rows):
        if row[0] != last:
            return str(row[0])
    return last


def _referrers(book: Snapshot, kind: str, after: str, target: tuple[str, str]) -> Iterator[Version]:
    last = int(after or 0)
    while True:
        rows = book.reading.connection.execute(
            "SELECT fact.id, fact.key, fact.code, fact.since, fact.ended, fact.body FROM reference "
            "JOIN fact ON fact.id = reference.fact WHERE reference.target = ? AND reference.fact > ? "
            "ORDER BY reference.fact LIMIT 500",
            (digest_of(*target), last),
        ).fetchall()
        for _, key, code, since, ended, body in rows:
            if kind_of_key(key) == kind and visible(since, ended, book):
                found = _version(book, kind, code, (since, ended, body))
                if target in references(found.fact):
                    yield found
        if len(rows) < 500:
            return
        last = rows[-1][0]


@lru_cache(maxsize=100_000)
def digest_of(kind: str, code: str) -> int:
    """A record's 64-bit digest, by which references find it."""
    return int.from_bytes(blake2b(code_key(kind, code).encode(), digest_size=8).digest(), signed=True)


def stamp(at: datetime) -> str:
    """An instant as the text that we store: UTC, to the microsecond, sortable."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
