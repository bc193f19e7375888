"""The columns that a kind of fact has in a file, and a row's cells as the values that they state.

A header is the field's name; what lies within another field is dotted (`formula.percent`, `name.en`).
Several codes stand in one cell as `A|B`, packagings as `BX=12|CT=144` (with a GTIN: `BX=12=4006381333931`), measures
and price attributes as `copper=0.043|lead=0.01` (with a currency: `rrp=16=CHF`), a scale as `1:12.50 10:11.90` (from
1, from 10) or `..10:12.50 ..:11.90` (up to 10, beyond). Where that does not suffice, the cell holds JSON: the steps
of a scheme, memberships with dates, codes that contain a sign of the above. A text that begins with a sign which a
spreadsheet would run stands behind an apostrophe, an empty one or one with control characters as a JSON string.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec

from listino.core.cases import Case
from listino.core.facts import KINDS
from listino.flows.facts import PERSON_FIELDS
from listino.flows.notation import Unclear, iso_date, plain_number

GUARDED = re.compile(r"'*[=+\-@\t\r]")
CASES = "price-cases"
# What a row may state: a fact of a kind, or what is expected of a price.
_RECORDS: Mapping[str, Any] = {**KINDS, CASES: Case}
# What stands in one cell as NAME=NUMBER, several apart by |: what the parts are called, and what a third one is.
_PAIRS: Mapping[str, tuple[str, str, str | None]] = {
    "packagings": ("unit", "factor", "gtin"),
    "measures": ("name", "value", None),
    "price_attributes": ("name", "value", "currency"),
}
_PAIR_EXAMPLES = {
    "packagings": "packagings as BX=12|CT=144",
    "measures": "measures as copper=0.043|lead=0.01",
    "price_attributes": "price attributes as rrp=16|msrp=18=CHF",
}
# Fields whose parts have names of their own, a column each, and how such a column is written.
_BY_NAME = {"words": "text", "attributes": "values"}
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Column:
    """A place in a record that a column fills: its header, the path of field names to it, how it is written."""

    header: str
    path: tuple[str, ...]
    notation: str


@dataclass(frozen=True, slots=True)
class Style:
    """How a file writes its numbers and dates; None where it has none that need it."""

    decimal: str | None = None
    dates: str | None = None


@cache
def columns_of(kind: str) -> Mapping[str, Column]:
    """The columns of a kind by header, in the order of its fields."""
    found = {column.header: column for column in _columns(_RECORDS[kind], ())}
    if kind == "customers":
        found |= {name: Column(name, (name,), "text") for name in sorted(PERSON_FIELDS)}
    return found


def _columns(record: Any, path: tuple[str, ...]) -> list[Column]:
    hints = get_type_hints(record)
    found: list[Column] = []
    for field in fields(record):
        name = field.name.rstrip("_")
        inner = (*path, name)
        parts = [part for part in _alternatives(hints[field.name]) if part is not type(None)]
        nested = next((part for part in parts if is_dataclass(part)), None)
        if path and path[-1] == "scale" and name == "tiers":
            found.append(Column("scale", inner, "tiers"))
        elif nested is not None:
            if name != "scale":
                found.append(Column(".".join(inner), inner, "json"))
            found += _columns(nested, inner)
        else:
            found.append(Column(".".join(inner), inner, _notation(name, parts)))
    return found


def _alternatives(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _notation(name: str, parts: list[Any]) -> str:
    if any(get_origin(part) is dict for part in parts):
        return "attributes" if name == "attributes" else "words"
    if any(get_origin(part) is tuple for part in parts):
        return "json" if name == "steps" else name if name in _PAIRS else "codes"
    return {str: "text", Decimal: "decimal", bool: "truth", int: "integer", datetime: "instant"}[parts[0]]


def column_named(kind: str, header: str) -> Column | None:
    """The column of a header: a field of the kind, a text field in one language, or an attribute of its own."""
    columns = columns_of(kind)
    if header in columns:
        return columns[header]
    for column in columns.values():
        if column.notation in _BY_NAME and header.startswith(column.header + "."):
            return Column(header, (*column.path, header[len(column.header) + 1 :]), _BY_NAME[column.notation])
    return None


def value_of(cell: str, column: Column, style: Style) -> Any:
    """What a cell that is not empty states, as plain JSON values; None for one that states nothing.

    Errors:  Unclear.
    """
    return _READERS[column.notation](cell, style)


def put(said: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Set a value at its place in a record's plain values.

    Errors:  Unclear where another column has already said all of it.
    """
    place: Any = said
    for name in path[:-1]:
        place = place.setdefault(name, {})
        if not isinstance(place, dict):
            text = f"{path[0]} is stated as a whole and in parts."
            raise Unclear("stated_twice", text, "Fill the one column or the others.")
    if path[-1] not in place or value != {}:
        place[path[-1]] = value


def _text(cell: str, _: Style) -> Any:
    if cell[0] == '"':
        try:
            return msgspec.json.decode(cell, type=str)
        except msgspec.DecodeError:
            return cell
    return cell[1:] if cell[0] == "'" and GUARDED.match(cell) else cell


def _words(cell: str, style: Style) -> Any:
    if cell[0] == "{":
        try:
            return msgspec.json.decode(cell, type=dict[str, str])
        except msgspec.DecodeError:
            return cell
    return _text(cell, style)


def _decimal(cell: str, style: Style) -> Any:
    return plain_number(cell, style.decimal) if cell.strip() else None


def _integer(cell: str, style: Style) -> Any:
    if not cell.strip():
        return None
    number = Decimal(plain_number(cell, style.decimal))
    if number != int(number):
        raise Unclear("not_whole", f"{cell!r} is not a whole number.", "Write a whole number, as 10.")
    return int(number)


def _truth(cell: str, _: Style) -> Any:
    word = cell.strip().lower()
    if word and word not in _TRUTHS:
        raise Unclear("not_a_truth", f"{cell!r} is neither true nor false.", "Write true or false.")
    return _TRUTHS.get(word)


def _instant(cell: str, style: Style) -> Any:
    return iso_date(cell, style.dates) if cell.strip() else None


def _json(cell: str, _: Style) -> Any:
    try:
        return msgspec.json.decode(cell)
    except msgspec.DecodeError as error:
        raise Unclear("not_json", f"The cell is not JSON: {error}.", "Write JSON, or export one to see.") from None


def _codes(cell: str, style: Style) -> Any:
    if cell[0] == "[":
        return _json(cell, style)
    return _text(cell, style).split("|") if cell[0] != '"' else cell.split("|")


def _values(cell: str, style: Style) -> Any:
    """One value of an attribute, or several of which any will do."""
    if cell[0] == "[":
        return _json(cell, style)
    text = _text(cell, style)
    return text if cell[0] == '"' or "|" not in text else text.split("|")


def _pairs(notation: str) -> Callable[[str, Style], Any]:
    """The reader of cells of pairs."""
    name, number, third = _PAIRS[notation]

    def read(cell: str, style: Style) -> Any:
        if cell[0] == "[":
            return _json(cell, style)
        found = []
        for part in _text(cell, style).split("|"):
            pieces = part.split("=")
            if len(pieces) != 2 and (len(pieces) != 3 or third is None):
                text = f"{part!r} is none of {notation.replace('_', ' ')}."
                raise Unclear("not_a_pair", text, f"Write {_PAIR_EXAMPLES[notation]}.")
            pair = {name: pieces[0].strip(), number: plain_number(pieces[1], style.decimal)}
            found.append(pair | ({third: pieces[2].strip()} if third is not None and len(pieces) == 3 else {}))
        return found

    return read


def _tiers(cell: str, style: Style) -> Any:
    if cell[0] == "[":
        return _json(cell, style)
    found = []
    for part in cell.split():
        bound, sign, value = part.partition(":")
        if not sign or not bound:
            remedy = "Write breaks as 1:12.50 10:11.90, or with upper ends as ..10:12.50 ..:11.90."
            raise Unclear("not_a_scale", f"{part!r} is no break of a scale.", remedy)
        tier = {"value": plain_number(value, style.decimal)}
        if not bound.startswith(".."):
            tier["from"] = plain_number(bound, style.decimal)
        elif bound != "..":
            tier["up_to"] = plain_number(bound[2:], style.decimal)
        found.append(tier)
    return found or None


def holds_numbers(notation: str) -> bool:
    """Whether cells of a notation tell how their file writes numbers."""
    return notation in {"decimal", "tiers", *_PAIRS}


def numbers_in(cell: str, notation: str) -> list[str]:
    """The numbers of a cell, to see how its file writes them."""
    if notation == "decimal":
        return [cell]
    if notation == "tiers" and cell[:1] != "[":
        return [number.removeprefix("..") for part in cell.split() for number in part.split(":")]
    if notation in _PAIRS and cell[:1] != "[":
        return [pieces[1] for part in cell.split("|") if len(pieces := part.split("=")) > 1]
    return []


_READERS: dict[str, Callable[[str, Style], Any]] = {
    "text": _text,
    "words": _words,
    "decimal": _decimal,
    "integer": _integer,
    "truth": _truth,
    "instant": _instant,
    "codes": _codes,
    "attributes": _json,
    "values": _values,
    **{notation: _pairs(notation) for notation in _PAIRS},
    "tiers": _tiers,
    "json": _json,
}
