"""What is looked up before a change set is kept: records by code, by their marks, and whether a key was touched."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from listino.core.facts import Assignment, Fact
from listino.core.keys import ALIKE, ASSIGNED, STARTED_FROM, code_key, marks, references
from listino.core.rules import Rule, source_of
from listino.db.codec import fact_of, kind_of_key
from listino.db.engine import Connection, Reading
from listino.db.schema import OPEN
from listino.db.snapshot import KEYS_PER_QUERY, Snapshot, digest_of, visible

# More rows than there are.
ALL = 1 << 62
_BY_KEYS = (
    "SELECT key, code, since, ended, body FROM fact WHERE ended > ? AND (since <= ? OR since >= 1099511627776) "
    "AND key IN ({places}) ORDER BY id"
)
_BY_CODES = (
    "SELECT code_of.code, fact.since, fact.ended, fact.body FROM code_of JOIN fact ON fact.id = code_of.fact "
    "WHERE code_of.ended > ? AND code_of.code IN ({places})"
)
_BY_MARKS = (
    "SELECT fact.key, fact.since, fact.ended, fact.body FROM reference JOIN fact ON fact.id = reference.fact "
    "WHERE reference.target IN ({places}) ORDER BY reference.target, reference.fact LIMIT ?"
)


def digests_of(fact: Fact) -> list[int]:
    """Under which digests a fact is indexed: those of whom it names, and of its marks."""
    return [digest_of(*target) for target in (*references(fact), *marks(fact))]


def written_under(book: Snapshot, keys: Sequence[str]) -> dict[str, dict[str, str]]:
    """The facts under keys as they are written, by key and code: for whoever needs few of them read.

    Shapes:  keys without facts are left out.
    """
    found: dict[str, dict[str, str]] = {}
    for chunk in _chunks(keys):
        rows = _read(book, _BY_KEYS, (book.revision, book.revision, *chunk), len(chunk))
        for key, code, since, ended, body in rows:
            if visible(since, ended, book):
                found.setdefault(key, {})[code] = body
    return found


def written(book: Snapshot, records: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The facts under codes (kind, code) as they are written, where there are any."""
    names = {code_key(*record): record for record in records}
    found: dict[tuple[str, str], str] = {}
    for chunk in _chunks(list(names)):
        for name, since, ended, body in _read(book, _BY_CODES, (book.revision, *chunk), len(chunk)):
            if visible(since, ended, book):
                found[names[name]] = body
    return found


def assignments_of(book: Snapshot, price_list: str, limit: int) -> list[Assignment]:
    """Assignments of a price list, the first of many."""
    facts = _marked(book, [(ASSIGNED, price_list)], limit)
    return [fact for fact in facts if isinstance(fact, Assignment) and fact.list == price_list]


def starting_from(book: Snapshot, price_list: str, limit: int) -> list[Rule]:
    """Rules whose formula or percentage starts from a price list, the first of many."""
    facts = _marked(book, [(STARTED_FROM, price_list)], limit)
    return [fact for fact in facts if isinstance(fact, Rule) and source_of(fact) == price_list]


def alike(book: Snapshot, kind: str, looks: Collection[str]) -> Iterator[Fact]:
    """The facts of a kind whose codes look like any of some (and now and then another)."""
    yield from _marked(book, [(ALIKE + kind, look) for look in looks], ALL)


def _marked(book: Snapshot, targets: Sequence[tuple[str, str]], limit: int) -> Iterator[Fact]:
    for chunk in _chunks([digest_of(*target) for target in targets]):
        for key, since, ended, body in _read(book, _BY_MARKS, (*chunk, limit), len(chunk)):
            if visible(since, ended, book):
                yield fact_of(kind_of_key(key), body)


def touched_since(tx: Connection, revision: int, keys: Collection[str]) -> bool:
    """Whether a later revision touched any of the keys, as far as its header says. Joins the caller's transaction."""
    rows = tx.execute("SELECT keys FROM change_set WHERE revision > ?", (revision,)).fetchall()
    return any(said is None or not set(msgspec.json.decode(said, type=list[str])).isdisjoint(keys) for (said,) in rows)


def formulas_since(tx: Connection, revision: int) -> bool:
    """Whether a later revision brought a formula. Joins the caller's transaction."""
    sql = (
        "SELECT 1 FROM change_set JOIN fact ON fact.id BETWEEN change_set.first_fact AND change_set.last_fact "
        "WHERE change_set.revision > ? AND instr(fact.body, '\"formula\"') > 0 LIMIT 1"
    )
    return tx.execute(sql, (revision,)).fetchone() is not None


def items_count(reading: Reading, most: int) -> int:
    """How many items there are now, counted up to `most`."""
    sql = "SELECT count(*) FROM (SELECT 1 FROM code_of WHERE code > ? AND code < ? AND ended = ? LIMIT ?) AS items"
    bounds = (code_key("items", ""), code_key("items", chr(0x10FFFF)), OPEN, most)
    return int(reading.connection.execute(sql, bounds).fetchone()[0])


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), KEYS_PER_QUERY):
        yield values[start : start + KEYS_PER_QUERY]


def _read(book: Snapshot, sql: str, parameters: tuple[Any, ...], places: int) -> Iterator[Any]:
    yield from book.reading.connection.execute(sql.format(places=",".join("?" * places)), parameters)
