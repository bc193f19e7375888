"""Rows of prices that are alike but for their codes and value, read by the pattern that the first two gave.

Such a row is checked by its form and filled into the text that the pattern's rows have in common; every
other row is read in full. What comes out is the same.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from operator import itemgetter
from typing import Any

import msgspec

from listino.core.keys import REFERENCE_FIELDS, code_key, is_rule_key, key_of, marks, references, shape_of
from listino.core.rules import Rule
from listino.db.codec import body_of
from listino.db.people import Person
from listino.db.snapshot import digest_of
from listino.flows.facts import Ready

PATTERNS_MAX = 4_000
# Of so many named records of a kind it is remembered that they are known.
NAMED_MAX = 50_000
# What may differ between rows of one pattern, in the order of a rule's fields; of all else each row is alike.
FREE_FIELDS = ("code", "customer", "account", "customer_group", "item", "variant", "item_group", "brand", "value")
_KIND_OF_FIELD = dict(REFERENCE_FIELDS)
# Codes that are read, stored and written as they stand; what has quotes or other letters is read in full.
_CODE = r"[0-9A-Za-z][ !#-\[\]-~]{0,63}"
_NUMBER = {"point": r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,9})?", "comma": r"(?:0|[1-9][0-9]{0,14})(?:,[0-9]{1,9})?"}
_HOLES = tuple(f"\ue000{index}\ue001" for index in range(len(FREE_FIELDS)))
_HOLE_VALUE = Decimal("8070605040302.010907")


# (name, key, code, shape, body, named as (digest, kind, code) and marked (without kind), what is personal, the
# revision it is based on)
Named = Sequence[tuple[int, str | None, str]]
Prepared = tuple[str, str, str, str | None, str | None, Named, bytes | None, int | None]

# (line, name, key, code, shape, body, and the first two named): the same, with no person and based on nothing
QuickRow = tuple[int, str, str, str, str | None, str, int | None, int | None]


def prepared(ready: Ready) -> Prepared:
    """A change that was read in full, as it is kept."""
    change, fact = ready.change, ready.change.fact
    name = code_key(change.kind, change.code)
    if fact is None:
        return name, "", change.code, None, None, (), None, change.based_on
    key = key_of(fact)
    named: list[tuple[int, str | None, str]] = [(digest_of(*one), *one) for one in references(fact)]
    named += [(digest_of(mark, code), None, code) for mark, code in marks(fact)]
    person = msgspec.json.encode(_said(ready.person)) if ready.person is not None else None
    shape = shape_of(key) if is_rule_key(key) else None
    return name, key, change.code, shape, body_of(fact), named, person, change.based_on


def _said(person: Person) -> dict[str, str]:
    return {name: value for name, value in msgspec.to_builtins(person).items() if value is not None}


class Run:
    """Rows read by their patterns, one after the other, and the records that they are the first to name."""

    __slots__ = ("more", "rows", "targets")

    def __init__(self) -> None:
        self.rows: list[QuickRow] = []
        self.more: list[tuple[int, tuple[int, ...]]] = []
        self.targets: list[tuple[int, str]] = []


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What rows that differ only in the free fields have in common, with `%s` where those go."""

    check: Any
    whole: bool
    key: str
    shape: str | None
    body: str
    named: tuple[int, ...]
    free_kinds: tuple[str, ...]


class Shortcut:
    """The patterns of the rows of one layout: a file's columns, or the names of an object."""

    def __init__(self, places: Mapping[str, Any], others: Sequence[Any], decimal: str) -> None:
        self.fields = [name for name in FREE_FIELDS if name in places]
        usable = len(self.fields) > 1 and {"code", "value"} <= set(self.fields)
        self._free: Any = itemgetter(*(places[name] for name in self.fields)) if usable else None
        self._fixed: Any = itemgetter(*others) if others else lambda _: None
        self._decimal = decimal
        self._patterns: dict[Any, _Pattern | None] = {}
        self._digests: dict[str, dict[str, int]] = {}

    def run(self, rows: Sequence[tuple[int, Any]], start: int, run: Run) -> int:
        """Read rows (line, values) by their patterns as far as that goes; what is returned is where it ends."""
        if self._free is None:
            return start
        free_of, fixed_of, patterns = self._free, self._fixed, self._patterns
        for index in range(start, len(rows)):
            line, values = rows[index]
            if isinstance(values, Exception):
                return index
            free = free_of(values)
            pattern = patterns.get((fixed_of(values), *map(bool, free)))
            if pattern is None:
                return index
            if not pattern.whole:
                free = tuple(filter(None, free))
            if not pattern.check("\x1f".join(free)):
                return index
            if self._decimal == "comma":
                free = (*free[:-1], free[-1].replace(",", "."))
            code, scope = free[0], free[1:-1]
            named = pattern.named
            for kind, one in zip(pattern.free_kinds, scope, strict=True):
                digest = self._digests[kind].get(one)
                named += (self._digest(kind, one, run) if digest is None else digest,)
            first, second = named[:2] if len(named) > 1 else (*named, None, None)[:2]
            if len(named) > 2:
                run.more.append((len(run.rows), named[2:]))
            run.rows.append(
                (line, "rules\x1f" + code, pattern.key % scope, code, pattern.shape, pattern.body % free, first, second)
            )
        return len(rows)

    def _digest(self, kind: str, code: str, run: Run) -> int:
        """The digest of a record that has not been named yet, or not for long."""
        known = self._digests[kind]
        if len(known) >= NAMED_MAX:
            known.clear()
        digest = known[code] = digest_of(kind, code)
        run.targets.append((digest, code_key(kind, code)))
        return digest

    def learn(self, values: Any, ready: Ready) -> None:
        """Take in a row that was read in full: the second of a kind makes the pattern for those after it."""
        fact = ready.change.fact
        if self._free is None or not isinstance(fact, Rule) or fact.action != "price" or fact.value is None:
            return
        free = self._free(values)
        name = (self._fixed(values), *map(bool, free))
        if name in self._patterns:
            self._patterns[name] = self._patterns[name] or self._pattern(fact, [bool(one) for one in free])
            return
        if len(self._patterns) >= PATTERNS_MAX:
            self._patterns.clear()
        self._patterns[name] = None

    def _pattern(self, fact: Rule, said: list[bool]) -> _Pattern | None:
        names = [name for name, there in zip(self.fields, said, strict=True) if there]
        holes: dict[str, Any] = dict(zip(names[:-1], _HOLES, strict=False))
        if names[0] != "code" or names[-1] != "value":
            return None
        hollow = replace(fact, **holes, value=_HOLE_VALUE)
        kinds = tuple(_KIND_OF_FIELD[name] for name in names[1:-1])
        fixed = [(kind, code) for kind, code in references(hollow) if code not in _HOLES]
        check = f"{_CODE}(?:\x1f{_CODE}){{{len(kinds)}}}\x1f{_NUMBER[self._decimal]}"
        key = key_of(hollow)
        self._digests |= {kind: {} for kind in kinds if kind not in self._digests}
        body = _with_holes(body_of(hollow), [*holes.values(), str(_HOLE_VALUE)])
        key_template = _with_holes(key, list(holes.values())[1:])
        if body is None or key_template is None:
            return None
        return _Pattern(
            re.compile(check).fullmatch, all(said), key_template, shape_of(key), body,
            tuple(digest_of(kind, code) for kind, code in fixed), kinds,
        )  # fmt: skip


def _with_holes(text: str, holes: list[str]) -> str | None:
    """A text with `%s` in place of each hole; None where they do not stand there once each, in this order."""
    places = [text.find(hole) for hole in holes]
    if places != sorted(places) or -1 in places or any(text.count(hole) != 1 for hole in holes):
        return None
    text = text.replace("%", "%%")
    for hole in holes:
        text = text.replace(hole, "%s")
    return text
