"""What is wrong with rows together or beside the book: they stand twice, name nobody, loop, or are too many."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from listino.core.keys import SEPARATOR
from listino.core.naming import field_naming
from listino.db.codec import fact_of
from listino.db.refusals import RULES_PER_KEY_MAX
from listino.db.suspects import Suspects
from listino.db.trees import looping

LINE_BITS = 40


class BadValue(NamedTuple):
    """What is wrong with a row, as its cell says it."""

    column: str
    value: str
    code: str
    text: str
    remedy: str


def findings(
    suspects: Suspects, files: Sequence[str], *, forgive: bool = False, by_key: bool = False
) -> Iterator[tuple[int, list[BadValue]]]:
    """Each bad row with all that is wrong with it.

    With `forgive` a row may name a record whose own row is bad: that one alone is to be corrected.
    `by_key`: look at the room under each key instead, once the rows are sorted by it.
    """
    if by_key:
        for r in suspects.too_many():
            yield r, [_too_many(_code(suspects, r))]
        return
    found: dict[int, list[BadValue]] = {}
    for r, first in suspects.twice():
        file, row = files[first >> LINE_BITS], first & ((1 << LINE_BITS) - 1)
        text = f"{_code(suspects, r)!r} stands twice; first in row {row} of {file}."
        found.setdefault(r, []).append(BadValue("code", _code(suspects, r), "twice", text, "Keep one of the rows."))
    for r in suspects.not_there():
        text = f"There is no {_code(suspects, r)!r} that could end."
        found.setdefault(r, []).append(BadValue("code", _code(suspects, r), "not_found", text, "Take the line out."))
    for r, revision in suspects.outdated():
        where = f"at revision {revision}" if revision else "not there"
        text = f"{_code(suspects, r)!r} is {where}, not where the change was based on."
        remedy = "Read it again and repeat your change."
        found.setdefault(r, []).append(BadValue("revision", _code(suspects, r), "conflict", text, remedy))
    for digest, name in suspects.missing():
        if not (forgive and suspects.is_bad(name)):
            for r in suspects.naming(digest):
                found.setdefault(r, []).append(_missing(suspects, r, name))
    for r, field, above in looping(suspects.side):
        text = f"{_code(suspects, r)!r} would stand above itself."
        found.setdefault(r, []).append(BadValue(field, above, "loop", text, f"Name another {field}, or none."))
    yield from sorted(found.items())


def _code(suspects: Suspects, r: int) -> str:
    return suspects.row(r)[1].partition(SEPARATOR)[2]


def _too_many(code: str) -> BadValue:
    text = f"More than {RULES_PER_KEY_MAX} rules have exactly the scope of {code!r}; a scope holds no more."
    return BadValue("code", code, "key_full", text, "Use scales or a group instead of many single rules.")


def _missing(suspects: Suspects, r: int, name: str) -> BadValue:
    _, of, _, body = suspects.row(r)
    kind, _, code = name.partition(SEPARATOR)
    column = field_naming(fact_of(of.partition(SEPARATOR)[0], body or "{}"), kind, code)
    text = f"There is no {code!r} in {kind}."
    return BadValue(column, code, "unknown_reference", text, f"Create it in {kind} first, or correct the code.")
