"""A change set that is only tried: checked as a commit checks it, and laid over the book in memory.

Nothing of it is written, no lock is taken for it, and the process's cache never sees it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from listino.core.facts import Fact
from listino.core.keys import code_key, is_rule_key, key_of, references, shape_of
from listino.core.ready import Ready
from listino.core.rules import Rule
from listino.db.book import BUILT_IN, TREE_FIELDS, TREE_HEIGHT_MAX, Change, outdated, users_of
from listino.db.cache import Cache
from listino.db.codec import body_of, kind_of_key
from listino.db.refusals import RULES_PER_KEY_MAX, absent, full_key, in_use, loop, twice, unknown_reference
from listino.db.snapshot import APART_SHARE, Snapshot, under, version

Record = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a change set would change of a book.

    Shapes:  changed: the records (kind, code) whose open version it ends, with or without a new one; new:
             those that the book does not have; brought: what it brings, by key; touched: the keys under
             which anything comes or goes.
    """

    changed: frozenset[Record]
    new: frozenset[Record]
    brought: dict[str, list[Fact]]
    touched: frozenset[str]


def drafted(book: Snapshot, changes: Sequence[Change]) -> Draft:
    """A draft of changes to a book, after the checks that a commit makes of them.

    An import under way is not in its way: its claims are about who writes first.
    Errors:  Conflict, NotFound, Malformed, as `book.commit`.
    """
    times = Counter((change.kind, change.code) for change in changes)
    if len(times) < len(changes):
        raise twice([record for record, count in times.items() if count > 1])
    work = _Drafting(book, {(change.kind, change.code): change.fact for change in changes})
    for change in changes:
        work.carry_out(change)
    work.check_references()
    work.check_trees()
    work.check_room()
    return Draft(frozenset(work.changed), frozenset(work.new), work.brought, frozenset(work.touched))


class _Drafting:
    """A change set that is laid ready; `stated` is what each of its records will be, None where it ends."""

    def __init__(self, book: Snapshot, stated: dict[Record, Fact | None]) -> None:
        self.book = book
        self.stated = stated
        self.changed: set[Record] = set()
        self.new: set[Record] = set()
        self.brought: dict[str, list[Fact]] = {}
        self.touched: set[str] = set()
        self._there: dict[Record, bool] = {}

    def carry_out(self, change: Change) -> None:
        """Note what a change ends and what it brings; nothing where the record is as stated already."""
        old = version(self.book, change.kind, change.code)
        if change.based_on is not None and change.based_on != (old.since if old else 0):
            raise outdated(change, (old.since, body_of(old.fact)) if old else None)
        if old is None and change.fact is None:
            raise absent(change.kind, change.code)
        if old is not None:
            if change.fact is not None and body_of(old.fact) == body_of(change.fact):
                return
            self.touched.add(key_of(old.fact))
        (self.new if old is None else self.changed).add((change.kind, change.code))
        if change.fact is not None:
            key = key_of(change.fact)
            self.brought.setdefault(key, []).append(change.fact)
            self.touched.add(key)

    def check_references(self) -> None:
        """What is named must be there, and what ends must not be named by anything that stays."""
        touched = self.changed | self.new
        for record, fact in self.stated.items():
            if fact is None or record not in touched:
                continue
            for kind, code in references(fact):
                if code_key(kind, code) not in BUILT_IN and not self._is_there((kind, code)):
                    raise unknown_reference(kind, code, fact)
        connection = self.book.reading.connection
        for (kind, code), fact in self.stated.items():
            users = users_of(connection, kind, code, but=touched) if fact is None else ()
            if users:
                raise in_use(kind, code, users)

    def _is_there(self, record: Record) -> bool:
        if record in self.stated:
            return self.stated[record] is not None
        if record not in self._there:
            self._there[record] = version(self.book, *record) is not None
        return self._there[record]

    def check_trees(self) -> None:
        """Nothing stands above itself: groups, accounts, variants and units are trees."""
        for kind, code in sorted(self.changed | self.new):
            field = TREE_FIELDS.get(kind, "")
            above: str | None = getattr(self.stated[kind, code], field, None)
            for _ in range(TREE_HEIGHT_MAX):
                if above == code:
                    raise loop(kind, code, field)
                if above is None:
                    break
                above = self._above(kind, above, field)

    def _above(self, kind: str, code: str, field: str) -> str | None:
        if (kind, code) in self.stated:
            return getattr(self.stated[kind, code], field, None)
        found = version(self.book, kind, code)
        return getattr(found.fact, field) if found is not None else None

    def check_room(self) -> None:
        """A key holds no more rules than it may."""
        for key, facts in self.brought.items():
            last = facts[-1]
            if isinstance(last, Rule):
                there = under(self.book, (key,)).get(key, ())
                stay = sum(("rules", ready.rule.code) not in self.changed for ready in there)
                if stay + len(facts) > RULES_PER_KEY_MAX:
                    raise full_key(last)


def laid_over(book: Snapshot, draft: Draft) -> Snapshot:
    """The book as it would be with a draft: what it does not touch is read from the book and its cache."""
    touched, made = draft.touched, Cache(APART_SHARE, book.revision)

    def over(keys: Sequence[str]) -> dict[str, tuple[Any, ...]]:
        if touched.isdisjoint(keys):
            return under(book, keys)
        found = under(book, [key for key in keys if key not in touched])
        for key in keys:
            if key in touched:
                entry = made.facts.get(key)
                if entry is None:
                    entry = (book.revision, _drafted_under(book, draft, key))
                    made.facts.put(key, entry)
                if entry[1]:
                    found[key] = entry[1]
        return found

    shapes = {*book.shapes, *(shape_of(key) for key in draft.brought if is_rule_key(key))}
    return replace(book, shapes=tuple(sorted(shapes)), cache=made, known={}, over=over)


def _drafted_under(book: Snapshot, draft: Draft, key: str) -> tuple[Any, ...]:
    """The facts under a key: those of the book that stay, and those that the draft brings."""
    there, brought = under(book, (key,)).get(key, ()), draft.brought.get(key, ())
    if is_rule_key(key):
        stay = [ready for ready in there if ("rules", ready.rule.code) not in draft.changed]
        return (*stay, *(Ready(rule) for rule in brought if isinstance(rule, Rule)))
    kind = kind_of_key(key)
    return (*(fact for fact in there if (kind, fact.code) not in draft.changed), *brought)
