"""A fact as plain JSON values, and back: the strict reading that every door and file goes through."""

import re
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import msgspec

from listino.core.checks import faults_of
from listino.core.errors import Fault, Malformed, malformed
from listino.core.facts import KINDS, Fact
from listino.core.money import ZERO
from listino.core.validity import instant, zone_named
from listino.flows.plain_numbers import check_plain

# What GET answers beside the fact itself; PUT accepts and ignores it.
ANSWER_FIELDS = frozenset(["revision", "since", "until", "warnings", "warnings_total"])
_BARE_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
# How management systems write that there is no start or no end, at whatever time of the day.
_ENDLESS = {"valid_from": "0001-01-01", "valid_to": "9999-12-31"}
# A number with more digits before or behind its point is not written out to be looked at.
DIGITS_WRITTEN_MAX = 40
_PATH = re.compile(r"^(?P<text>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
Record = TypeVar("Record")
_PYTHON_NAMES = {"from": "from_"}
# What is under these has names of the installation's own.
_FREE_NAMES = frozenset(["attributes", "name", "label", "description", "fields", "more"])
_WIRE_NAMES = {"from_": "from"}


def fact_from(kind: str, code: str, said: Any) -> Fact:
    """The fact that plain JSON values state, as they stand: times may still be local.

    Errors:  Malformed with a fault for every unknown field, else for the first wrong value.
    """
    if not isinstance(said, dict):
        raise Malformed("malformed", "A record must be a JSON object.", (Fault("", "malformed", "not an object"),))
    values = {name: value for name, value in said.items() if name not in ANSWER_FIELDS}
    if values.setdefault("code", code) != code:
        text = f"The code in the body, {values['code']!r}, is not the one addressed, {code!r}."
        raise Malformed("code_differs", text, (Fault("code", "code_differs", text, "Send one of the two."),))
    try:
        fact: Fact = strict(KINDS[kind], _local_times(values))
    except RecursionError:
        raise malformed("", "too_deep", "The record is nested too deep.", "Take levels out.") from None
    return fact


def strict(record: type[Record], said: Any, *, exponents: bool = True) -> Record:
    """A record of plain JSON values, which may hold nothing but its fields (unless it has a field `more`).

    Decimals that are text are plain digits; with `exponents` as a management system writes them, too.

    Errors:  Malformed with a fault for every unknown field, else for the first wrong value.
    """
    unknown: list[tuple[str, str]] = []
    if isinstance(said, dict):
        said = _with_more(said, _names_of(record))
        unknown = _unknown(said, _names_of(record), "")
    if unknown:
        faults = tuple(Fault(name, "unknown_field", f"There is no field {name}.", text) for name, text in unknown)
        raise Malformed("unknown_field", "Unknown field: " + ", ".join(name for name, _ in unknown) + ".", faults)
    try:
        found = msgspec.convert(said, record)
    except msgspec.ValidationError as error:
        raise malformed_by(error) from None
    check_plain(record, said, exponents=exponents)
    return found


def settled(fact: Fact, zone: ZoneInfo) -> Fact:
    """A fact as it is kept: times as instants in its own zone (else `zone`), decimals plain.

    Errors:  Malformed with every fault of the fact.
    """
    own = getattr(fact, "zone", None)
    named = zone_named(own) if own is not None else None
    try:
        fact = _settled(fact, named or zone)
        faults = faults_of(fact)
    except RecursionError:
        raise malformed("", "too_deep", "The record is nested too deep.", "Take levels out.") from None
    if faults:
        raise Malformed("invalid", " ".join(fault.text for fault in faults), faults)
    return fact


def settled_record(record: Record) -> Record:
    """Any record with its times as instants (aware ones only) and its decimals plain."""
    plain_record: Record = _settled(record, ZoneInfo("UTC"))
    return plain_record


def plain_fact(fact: Fact) -> dict[str, Any]:
    """A fact as plain JSON values: what GET answers and PUT takes."""
    plain: dict[str, Any] = _plain(fact)
    return plain


def plain_record(record: Any) -> dict[str, Any]:
    """Any record as plain JSON values, without what is not said."""
    plain: dict[str, Any] = _plain(record)
    return plain


def malformed_by(error: msgspec.ValidationError, prefix: str = "") -> Malformed:
    """The refusal for a value of the wrong type, with its field."""
    match = _PATH.match(str(error))
    text, path = (match["text"], match["path"] or "") if match is not None else (str(error), "")
    field = (prefix + path).lstrip(".")
    if "missing required field" in text:
        name = text.rpartition("`")[0].rpartition("`")[2]
        field = f"{field}.{name}".lstrip(".")
        fault = Fault(field, "missing", f"{field} is required.", f"Send {field}.")
    else:
        fault = Fault(field, "wrong_type", f"{field or 'The body'}: {text}.", _remedy(text))
    return Malformed("malformed", fault.text, (fault,))


def _remedy(text: str) -> str:
    if "RFC3339" in text:
        return "Send an instant as 2026-12-31T00:00:00+01:00, or a date that exists, as 2026-12-31."
    if "decimal" in text:
        return 'Send a decimal number as text, as "12.50".'
    return "Send a value of that type."


@dataclass(slots=True)
class Names:
    """The names that a record's JSON may have, and which of them hold records of their own."""

    all: frozenset[str]
    nested: tuple[tuple[str, "Names"], ...]

    @property
    def open(self) -> bool:
        """Whether the record takes what it has no name for, too."""
        return "more" in self.all


_names: dict[Any, Names] = {}


def _names_of(record: Any) -> Names:
    if record not in _names:
        hints = get_type_hints(record)
        names = [name for field in fields(record) for name in (field.name, _WIRE_NAMES.get(field.name, field.name))]
        # Kept before its inner records are read: a record may hold others of its own kind.
        kept = _names[record] = Names(frozenset(names), ())
        inner = [(field.name, _inner(hints[field.name])) for field in fields(record)]
        kept.nested = tuple((name, held) for name, held in inner if held is not None)
    return _names[record]


def _inner(hint: Any) -> Names | None:
    if is_dataclass(hint):
        return _names_of(hint)
    if get_origin(hint) in (Union, UnionType, tuple):
        return next((inner for part in get_args(hint) if (inner := _inner(part)) is not None), None)
    return None


def _with_more(said: dict[str, Any], names: Names) -> dict[str, Any]:
    """The same values, with what an open record has no name for gathered in its `more`."""
    if names.open and not said.keys() <= names.all - {"more"}:
        own = names.all - {"more"}
        kept = {name: value for name, value in said.items() if name in own}
        said = kept | {"more": {name: value for name, value in said.items() if name not in own}}
    for name, inner in names.nested:
        value = said.get(name)
        if isinstance(value, dict):
            said = said | {name: _with_more(value, inner)}
        elif isinstance(value, list) and inner.open:
            said = said | {name: [_with_more(one, inner) if isinstance(one, dict) else one for one in value]}
    return said


def _unknown(said: dict[str, Any], names: Names, path: str) -> list[tuple[str, str]]:
    """The fields that are not there, each with what may be sent."""
    found: list[tuple[str, str]] = []
    if not said.keys() <= names.all:
        remedy = "Send only: " + ", ".join(sorted(name.rstrip("_") for name in names.all)) + "."
        found = [(f"{path}{name}", remedy) for name in said if name not in names.all]
    for name, inner in names.nested:
        value = said.get(name)
        if isinstance(value, dict):
            found += _unknown(value, inner, f"{path}{name}.")
        elif isinstance(value, list):
            for index, member in enumerate(value):
                if isinstance(member, dict):
                    found += _unknown(member, inner, f"{path}{name}[{index}].")
    return found


def _local_times(said: Any) -> Any:
    """Bare dates as local times: a start is its midnight, an end the midnight after it; no end is None."""
    if isinstance(said, list):
        return [_local_times(member) for member in said]
    if not isinstance(said, dict):
        return said
    return {_PYTHON_NAMES.get(name, name): _local_value(name, value) for name, value in said.items()}


def _local_value(name: str, value: Any) -> Any:
    if name in _FREE_NAMES:
        return value
    if isinstance(value, (dict, list)):
        return _local_times(value)
    if name not in _ENDLESS or not isinstance(value, str):
        return value
    bare, endless = _BARE_DATE.match(value), value[:10] == _ENDLESS[name]
    if not bare and not endless:
        return value
    try:
        day = datetime.fromisoformat(value)
    except ValueError:
        return value
    if endless:
        return None
    return day + timedelta(days=1) if name == "valid_to" else day


_field_names: dict[Any, tuple[str, ...]] = {}


def field_names(record: Any) -> tuple[str, ...]:
    """The names of a record's fields."""
    names = _field_names.get(record)
    if names is None:
        names = _field_names[record] = tuple(field.name for field in fields(record))
    return names


def _settled(record: Any, zone: ZoneInfo) -> Any:
    changed: dict[str, Any] = {}
    for name in field_names(type(record)):
        value = getattr(record, name)
        if value is None or type(value) is str or value == ():
            continue
        settled_value = _settled_value(value, zone)
        if settled_value is not value:
            changed[name] = settled_value
    return replace(record, **changed) if changed else record


def _settled_value(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, Decimal):
        return plain_decimal(value)
    if isinstance(value, datetime):
        return value if value.tzinfo is UTC else instant(value, zone)
    if isinstance(value, tuple):
        members = tuple([_settled_value(member, zone) for member in value])
        same = [now is before for now, before in zip(members, value, strict=True)]
        return value if all(same) else members
    return _settled(value, zone) if hasattr(value, "__dataclass_fields__") else value


def plain_decimal(value: Decimal) -> Decimal:
    """A decimal whose text has no exponent; what is out of bounds stays for the check to name."""
    if "E" not in str(value) or not value.is_finite():
        return value
    if not value:
        return ZERO
    return Decimal(format(value, "f")) if abs(value.adjusted()) <= DIGITS_WRITTEN_MAX else value


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        said = ((field.name.rstrip("_"), getattr(value, field.name)) for field in fields(value))
        return {name: _plain(inner) for name, inner in said if inner is not None and inner != ()}
    if isinstance(value, tuple):
        return [_plain(member) for member in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value
