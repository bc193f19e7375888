"""Decimals as text are plain digits: what Decimal takes beside them is refused, as the contracts of all doors say."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from listino.core.errors import Malformed, malformed

PLAIN = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_PLAIN = re.compile(PLAIN)
# Digits of other scripts, blanks, and underscores: Decimal reads over them.
_FOREIGN = re.compile(r"[^\x21-\x7e]|_")
_EXPONENT = re.compile(r"[+-]?[0-9]*\.?[0-9]*[eE][+-]?[0-9]+")
SHOWN_MAX = 40


def not_a_number(field: str, text: str) -> Malformed:
    """The refusal of a text that is no plain number."""
    digits = _EXPONENT.fullmatch(text) is not None
    remedy = (
        "Send plain digits and no exponent, as 0.00001." if digits else 'Send a decimal in plain digits, as "12.5".'
    )
    return malformed(field, "not_a_number", f"{text[:SHOWN_MAX]!r} is not a decimal number.", remedy)


def is_plain(text: str) -> bool:
    """Whether a text is a number in plain digits, of whatever length."""
    return _PLAIN.fullmatch(text) is not None


def check_plain(record: Any, said: Any, path: str = "", *, exponents: bool = False) -> None:
    """Refuse decimals of a record's plain JSON values that are text and not in plain digits; numbers of JSON are.

    `exponents`: what management systems write out, as 0E-9, is taken; bounds are checked elsewhere.

    Errors:  Malformed with the first such field.
    """
    for place, text in _decimals(record, said, path):
        if not is_plain(text) and (not exponents or _FOREIGN.search(text) is not None):
            raise not_a_number(place, text)


def _decimals(record: Any, said: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """Every decimal that is text, with its field."""
    numbers, nested = _parts_of(record)
    for name in numbers:
        value = said.get(name)
        if type(value) is str:
            yield f"{path}{name.rstrip('_')}", value
    for name, inner in nested:
        value = said.get(name)
        if isinstance(value, dict):
            yield from _decimals(inner, value, f"{path}{name}.")
        elif isinstance(value, list):
            for index, member in enumerate(value):
                if isinstance(member, dict):
                    yield from _decimals(inner, member, f"{path}{name}[{index}].")


@cache
def _parts_of(record: Any) -> tuple[tuple[str, ...], tuple[tuple[str, Any], ...]]:
    """The fields of a record that are decimals, and those that hold records."""
    hints = get_type_hints(record)
    names = [field.name for field in fields(record)] if is_dataclass(record) else record.__struct_fields__
    numbers = tuple(name for name in names if Decimal in (hints[name], *get_args(hints[name])))
    inner = ((name, _record_in(hints[name])) for name in names)
    return numbers, tuple((name, held) for name, held in inner if held is not None)


def _record_in(hint: Any) -> Any:
    if is_dataclass(hint) or hasattr(hint, "__struct_fields__"):
        return hint
    if get_origin(hint) in (Union, UnionType, tuple, list):
        return next((found for part in get_args(hint) if (found := _record_in(part)) is not None), None)
    return None
