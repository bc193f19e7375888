"""The one door into the book: changes become one revision, all or nothing."""

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

import msgspec

from listino.core.errors import Conflict, Fault
from listino.core.facts import KIND_OF, Fact
from listino.core.keys import code_key, is_rule_key, key_of, references, shape_of
from listino.core.rules import BASE_LIST, Rule
from listino.core.schemes import READY_SCHEMES
from listino.db.codec import body_of, fact_of, kind_of_key
from listino.db.engine import Connection
from listino.db.lookups import digests_of
from listino.db.refusals import RULES_PER_KEY_MAX, absent, claimed, full_key, in_use, loop, twice, unknown_reference
from listino.db.schema import OPEN, STAGED
from listino.db.snapshot import digest_of, next_stamp

# Beyond so many keys a revision's header names none and every cache starts afresh.
HEADER_KEYS_MAX = 2_000
REFERRERS_SHOWN_MAX = 20
# What exists without being stated.
BUILT_IN = {code_key("price-lists", BASE_LIST), *(code_key("schemes", code) for code in READY_SCHEMES)}


# By which field a record names the one above it. Higher trees than this are not looked at to their top.
TREE_FIELDS = {"item-groups": "parent", "accounts": "parent", "items": "variant_of", "units": "of"}
TREE_HEIGHT_MAX = 32
_OPEN_BODY = (
    "SELECT fact.body FROM code_of JOIN fact ON fact.id = code_of.fact WHERE code_of.code = ? AND code_of.ended = ?"
)


@dataclass(frozen=True, slots=True)
class Change:
    """One fact to be kept, or (without a fact) one to be ended; `based_on` is the revision that was read."""

    kind: str
    code: str
    fact: Fact | None
    based_on: int | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """The outcome of a commit: the revision that holds it, and how many facts it changed."""

    revision: int
    changed: int


def commit(tx: Connection, changes: Sequence[Change], actor: str, reason: str | None, now: datetime) -> Committed:
    """Keep changes as one revision, all or nothing; facts that stay as they are make no change.

    Joins the caller's transaction.
    Errors:  Conflict when a record is not as it was read, or is referred to and would end; NotFound when
             one to be ended is not there; Malformed for a reference to nothing, or a record stated twice.
    """
    times = Counter((change.kind, change.code) for change in changes)
    if len(times) < len(changes):
        raise twice([record for record, count in times.items() if count > 1])
    revision = 1 + tx.execute("SELECT revision FROM book").fetchone()[0]
    work = _Commit(tx, revision, {code_key(change.kind, change.code) for change in changes if change.fact is not None})
    for change in changes:
        work.carry_out(change)
    work.check_references()
    work.check_trees()
    if not work.changed:
        return Committed(revision - 1, 0)
    work.count_shapes()
    keys = sorted(work.keys)
    tx.execute(
        "INSERT INTO change_set "
        "(revision, state, at, actor, reason, changes, keys, ended, staged, first_fact, last_fact) "
        "VALUES (?, 'published', ?, ?, ?, ?, ?, ?, 0, ?, ?)",
        (revision, next_stamp(tx, now), actor, reason, work.changed, header_keys(keys), records_json(work.ended),
         *work.fact_ids),
    )  # fmt: skip
    tx.execute("UPDATE book SET revision = ?", (revision,))
    return Committed(revision, work.changed)


def header_keys(keys: Sequence[str]) -> str | None:
    """The touched keys as a revision's header holds them: none when there are too many."""
    return msgspec.json.encode(keys).decode() if len(keys) <= HEADER_KEYS_MAX else None


def records_json(records: Sequence[tuple[str, str]]) -> str | None:
    """Records as (kind, code), as a revision's header holds them."""
    return msgspec.json.encode(records).decode() if records else None


class _Commit:
    """A change set on its way into the book."""

    def __init__(self, tx: Connection, revision: int, brought: set[str]) -> None:
        self.tx = tx
        self.revision = revision
        self.brought = brought
        self.changed = 0
        self.keys: set[str] = set()
        self.shapes: dict[str, int] = {}
        self.named: dict[tuple[str, str], Fact] = {}
        self.ended: list[tuple[str, str]] = []
        self.raised: list[tuple[str, str, str, str]] = []
        self.fact_ids: tuple[int | None, int | None] = (None, None)

    def carry_out(self, change: Change) -> None:
        """End the open version of a record, and open the new one."""
        name = code_key(change.kind, change.code)
        old = self._open_row(name)
        if change.based_on is not None and change.based_on != (old[2] if old else 0):
            raise outdated(change, (old[2], old[3]) if old else None)
        if change.fact is None:
            if old is None:
                raise absent(change.kind, change.code)
            self.ended.append((change.kind, change.code))
        body = body_of(change.fact) if change.fact is not None else None
        if old is not None:
            if old[3] == body:
                return
            self._end(name, old)
        if change.fact is not None and body is not None:
            self._open(name, change.fact, body)
        self.changed += 1

    def _open_row(self, name: str) -> tuple[int, str, int, str] | None:
        """(id, key, since, body) of the open version.

        Errors:  Conflict while an import that is not yet published has claimed the record.
        """
        rows = self.tx.execute(
            "SELECT fact.id, fact.key, fact.since, fact.body, code_of.ended FROM code_of "
            "JOIN fact ON fact.id = code_of.fact WHERE code_of.code = ? AND code_of.ended >= ?",
            (name, STAGED),
        ).fetchall()
        for fact, key, since, body, ended in rows:
            if ended != OPEN:
                if published_revision(self.tx, ended - STAGED) is None:
                    raise claimed(self.tx, name, ended - STAGED)
                continue  # An import has ended this version and is published; it is only not settled yet.
            revision = since if since < STAGED else published_revision(self.tx, since - STAGED)
            if revision is None:
                raise claimed(self.tx, name, since - STAGED)
            return fact, key, revision, body
        return None

    def _end(self, name: str, old: tuple[int, str, int, str]) -> None:
        fact, key, _, body = old
        self.tx.execute("UPDATE fact SET ended = ? WHERE id = ?", (self.revision, fact))
        self.tx.execute("UPDATE code_of SET ended = ? WHERE code = ? AND ended = ?", (self.revision, name, OPEN))
        forget_references(self.tx, fact, fact_of(kind_of_key(key), body))
        self._count(key, -1)

    def _open(self, name: str, fact: Fact, body: str) -> None:
        key = key_of(fact)
        self._check_room(key, fact)
        first, last = self.fact_ids
        fact_id = next_fact(self.tx) if last is None else last + 1
        self.fact_ids = (first or fact_id, fact_id)
        self.tx.execute(
            "INSERT INTO fact (id, key, code, since, ended, body) VALUES (?, ?, ?, ?, ?, ?)",
            (fact_id, key, fact.code, self.revision, OPEN, body),
        )
        self.tx.execute("INSERT INTO code_of (code, ended, fact) VALUES (?, ?, ?)", (name, OPEN, fact_id))
        kind = KIND_OF[type(fact)]
        above = getattr(fact, TREE_FIELDS[kind], None) if kind in TREE_FIELDS else None
        if above is not None:
            self.raised.append((kind, fact.code, TREE_FIELDS[kind], above))
        self.tx.executemany(
            "INSERT INTO reference (target, fact) VALUES (?, ?) ON CONFLICT DO NOTHING",
            [(digest, fact_id) for digest in digests_of(fact)],
        )
        for target in references(fact):
            self.named.setdefault(target, fact)
        self._count(key, 1)

    def _check_room(self, key: str, fact: Fact) -> None:
        if not isinstance(fact, Rule):
            return
        (rules,) = self.tx.execute("SELECT count(*) FROM fact WHERE key = ? AND ended = ?", (key, OPEN)).fetchone()
        if rules >= RULES_PER_KEY_MAX:
            raise full_key(fact)

    def _count(self, key: str, by: int) -> None:
        self.keys.add(key)
        if is_rule_key(key):
            shape = shape_of(key)
            self.shapes[shape] = self.shapes.get(shape, 0) + by

    def check_references(self) -> None:
        """What is named must be there, and what has ended must not be named any more."""
        for (kind, code), fact in self.named.items():
            name = code_key(kind, code)
            if name not in self.brought and name not in BUILT_IN and not is_open(self.tx, name):
                raise unknown_reference(kind, code, fact)
        for kind, code in self.ended:
            users = users_of(self.tx, kind, code)
            if users:
                raise in_use(kind, code, users)

    def check_trees(self) -> None:
        """Nothing stands above itself: groups, accounts, variants and units are trees."""
        for kind, code, field, parent in self.raised:
            above: str | None = parent
            for _ in range(TREE_HEIGHT_MAX):
                if above == code:
                    raise loop(kind, code, field)
                if above is None:
                    break
                row = self.tx.execute(_OPEN_BODY, (code_key(kind, above), OPEN)).fetchone()
                above = getattr(fact_of(kind, row[0]), field) if row is not None else None

    def count_shapes(self) -> None:
        """Keep how many open rules have each shape of key."""
        count_shapes(self.tx, self.shapes)


def next_fact(tx: Connection) -> int:
    """The id of the next fact: ids grow with the commits, without gaps but for what was taken away."""
    return 1 + int(tx.execute("SELECT coalesce(max(id), 0) FROM fact").fetchone()[0])


def count_shapes(tx: Connection, shapes: dict[str, int]) -> None:
    """Add to the counts of open rules by the shape of their keys. Joins the caller's transaction."""
    tx.executemany(
        "INSERT INTO key_shape (shape, rules) VALUES (?, ?) "
        "ON CONFLICT (shape) DO UPDATE SET rules = key_shape.rules + excluded.rules",
        [(shape, count) for shape, count in shapes.items() if count],
    )


def is_open(tx: Connection, name: str) -> bool:
    """Whether a record is there now, and no unpublished import is about to end it.

    A record that such an import brings is not there yet; one that it replaces is.
    """
    rows = tx.execute(
        "SELECT code_of.ended, fact.since FROM code_of JOIN fact ON fact.id = code_of.fact "
        "WHERE code_of.code = ? AND code_of.ended >= ?",
        (name, STAGED),
    ).fetchall()
    claimed = {ended for ended, _ in rows if ended != OPEN}
    return any(
        ended == OPEN and (since < STAGED or since in claimed or published_revision(tx, since - STAGED) is not None)
        for ended, since in rows
    )


def users_of(
    tx: Connection, kind: str, code: str, ending: int = OPEN, but: Container[tuple[str, str]] = ()
) -> list[tuple[str, str]]:
    """Some open facts that name another, as (kind, code), without `but` and those that carry the mark `ending`."""
    rows = tx.execute(
        "SELECT fact.key, fact.code, fact.body, fact.ended FROM reference JOIN fact ON fact.id = reference.fact "
        "WHERE reference.target = ? AND fact.ended >= ?",
        (digest_of(kind, code), STAGED),
    )
    users = (
        (kind_of_key(key), by)
        for key, by, body, ended in rows
        if (ended == OPEN or (ended != ending and published_revision(tx, ended - STAGED) is None))
        and (kind, code) in references(fact_of(kind_of_key(key), body))
        and (kind_of_key(key), by) != (kind, code)
        and (kind_of_key(key), by) not in but
    )
    return list(islice(users, REFERRERS_SHOWN_MAX))


def forget_references(tx: Connection, fact_id: int, fact: Fact) -> None:
    """Take an ended fact out of the index of references and marks. Joins the caller's transaction."""
    tx.executemany(
        "DELETE FROM reference WHERE target = ? AND fact = ?",
        [(digest, fact_id) for digest in digests_of(fact)],
    )


def published_revision(tx: Connection, change_set: int) -> int | None:
    """The revision that a staged change set became, or None while it is not published."""
    row = tx.execute("SELECT revision FROM change_set WHERE id = ?", (change_set,)).fetchone()
    return row[0] if row is not None else None


def outdated(change: Change, now: tuple[int, str] | None) -> Conflict:
    """The refusal of a change whose record is not as it was read; `now` is its revision and text, if it is there."""
    stands = f"it stands at revision {now[0]}: {now[1]}" if now is not None else "it does not exist now"
    yours = body_of(change.fact) if change.fact is not None else "its end"
    text = f"{change.code!r} in {change.kind} is not as it was at revision {change.based_on}; {stands}. Yours: {yours}."
    return Conflict("conflict", text, (Fault("revision", "conflict", text, "Read it again and repeat your change."),))
