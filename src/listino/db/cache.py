"""What a process remembers of the book: facts by key, and candidates by pair. Bounded, and never stale.

An entry knows the revision it was read at and holds until a later revision touches its key; so it
serves every question between the two. Each store has two generations: what is asked again moves to
the young one, and when that is full the old one is dropped.
"""

import threading
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from listino.core.keys import SEPARATOR, is_rule_key

KEYS_MAX = 60_000
# Keys of several parts under which there is nothing: many, and each of use to few questions.
ABSENT_MAX = 40_000
PAIRS_MAX = 24_000
PARTIES_MAX = 12_000
WARES_MAX = 10_000
# Of so many parts it is remembered at which revision they were last touched.
TOUCHED_MAX = 50_000

Value = TypeVar("Value")


class Generations(Generic[Value]):
    """A bounded mapping that forgets what was not asked for longest, roughly, at the cost of a dict."""

    __slots__ = ("_old", "_size_max", "young")

    def __init__(self, size_max: int) -> None:
        self._size_max = size_max // 2
        self.young: dict[Any, Value] = {}
        self._old: dict[Any, Value] = {}

    def get(self, key: Any) -> Value | None:
        """The value of a key, or None."""
        value = self.young.get(key)
        return self.old(key) if value is None else value

    def old(self, key: Any) -> Value | None:
        """The value of a key that is not young; None where there is none."""
        value = self._old.get(key) if self._old else None
        if value is not None:
            self.put(key, value)
        return value

    def put(self, key: Any, value: Value) -> None:
        """Remember a value."""
        if len(self.young) >= self._size_max:
            self._old = self.young
            self.young = {}
        self.young[key] = value

    def drop(self, key: Any) -> None:
        """Forget a key."""
        self.young.pop(key, None)
        self._old.pop(key, None)

    def clear(self) -> None:
        """Forget all."""
        self.young = {}
        self._old = {}

    def __len__(self) -> int:
        return len(self.young) + len(self._old)


class Cache:
    """The facts and pairs that a process has read, valid as of `revision`.

    With a `share` it is bounded to so small a part of the usual, and of pairs, which are large and not asked
    again by work that goes from one to the next, to far less; with a revision it stays at that.
    """

    def __init__(self, share: int = 1, revision: int = -1) -> None:
        self.revision = revision
        self.epoch = ""
        self.facts: Generations[tuple[int, tuple[Any, ...]]] = Generations(KEYS_MAX // share)
        self.absent: Generations[tuple[int, tuple[Any, ...]]] = Generations(ABSENT_MAX // share)
        self.pairs: Generations[Any] = Generations(PAIRS_MAX // share**2)
        self.parties: Generations[Any] = Generations(PARTIES_MAX // share)
        self.wares: Generations[Any] = Generations(WARES_MAX // share)
        self._touched: dict[str, int] = {}
        # One that stays at a revision follows none: of what was read before it, nothing is known to hold.
        self._untouched_since = max(revision, 0)
        self._lock = threading.Lock()

    def remember(self, keys: Iterable[str], found: Mapping[str, tuple[Any, ...]], revision: int) -> None:
        """Keep what was found under keys as of a revision, unless a later one is known by now."""
        with self._lock:
            if revision != self.revision:
                return
            for key in keys:
                facts = found.get(key, ())
                store = self.facts if facts or SEPARATOR not in key or not is_rule_key(key) else self.absent
                store.put(key, (revision, facts))

    def advance(self, connection: Any, revision: int, epoch: str) -> None:
        """Take in the revisions since the last one: what they touched is forgotten."""
        with self._lock:
            self._advance(connection, revision, epoch)

    def _advance(self, connection: Any, revision: int, epoch: str) -> None:
        if epoch != self.epoch or self.revision < 0:
            self._restart(revision, epoch)
            return
        if revision <= self.revision:
            return
        rows = connection.execute(
            "SELECT revision, keys FROM change_set WHERE revision > ? AND revision <= ? ORDER BY revision",
            (self.revision, revision),
        ).fetchall()
        if len(rows) != revision - self.revision or any(keys is None for _, keys in rows):
            self._restart(revision, epoch)
            return
        for number, keys in rows:
            for key in msgspec.json.decode(keys, type=list[str]):
                self._touched[part_of(key)] = number
                self.facts.drop(key)
                self.absent.drop(key)
        if len(self._touched) > TOUCHED_MAX:
            self._touched.clear()
            self._untouched_since = revision
        self.revision = revision

    def _restart(self, revision: int, epoch: str) -> None:
        self.facts.clear()
        self.absent.clear()
        self.pairs.clear()
        self.parties.clear()
        self.wares.clear()
        self._touched.clear()
        self._untouched_since = revision
        self.revision, self.epoch = revision, epoch

    def touched_since(self, parts: tuple[str, ...], revision: int) -> bool:
        """Whether any of a pair's parts was touched after the revision at which it was last checked."""
        if revision < self._untouched_since:
            return True
        touched = self._touched
        return any(touched.get(part, 0) > revision for part in parts)

    def touched_after(self, revision: int) -> frozenset[str] | None:
        """The parts that were touched after a revision; None where that is no longer remembered."""
        with self._lock:
            if revision < self._untouched_since:
                return None
            return frozenset(part for part, number in self._touched.items() if number > revision)


def part_of(key: str) -> str:
    """By which part of a touched key the pairs that it may concern are found: its first, with its letter.

    The keys of other kinds than rules are such a part as a whole.
    """
    if not key or key[0].isupper():
        return key.partition(SEPARATOR)[0]
    return key
