"""A fact as plain JSON values, and back: the strict reading that every door and file goes through."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import msgspec

from listino.core.checks import faults_of
from listino.core.errors import Fault, Malformed
from listino.core.facts import KINDS, Fact
from listino.core.validity import instant, zone_named

# What GET answers beside the fact itself; PUT accepts and ignores it.
ANSWER_FIELDS = frozenset(["revision", "since", "until"])
_BARE_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_PATH = re.compile(r"^(?P<text>.*?)(?: - at `\$(?P<path>.*)`)?$", re.DOTALL)
Record = TypeVar("Record")
_PYTHON_NAMES = {"from": "from_"}


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
    fact: Fact = strict(KINDS[kind], values)
    return fact


def strict(record: type[Record], said: Any) -> Record:
    """A record of plain JSON values, which may hold nothing but its fields.

    Errors:  Malformed with a fault for every unknown field, else for the first wrong value.
    """
    if record not in _FIELDS:
        _FIELDS[record] = _names_of(record)
    if isinstance(said, dict):
        unknown = list(_unknown(said, _FIELDS[record], ""))
        if unknown:
            faults = tuple(Fault(name, "unknown_field", f"There is no field {name}.", text) for name, text in unknown)
            raise Malformed("unknown_field", "Unknown field: " + ", ".join(name for name, _ in unknown) + ".", faults)
    try:
        return msgspec.convert(_local_times(said), record)
    except msgspec.ValidationError as error:
        raise malformed_by(error) from None


def settled(fact: Fact, zone: ZoneInfo) -> Fact:
    """A fact as it is kept: times as instants in its own zone (else `zone`), decimals plain.

    Errors:  Malformed with every fault of the fact.
    """
    own = getattr(fact, "zone", None)
    named = zone_named(own) if own is not None else None
    fact = _settled(fact, named or zone)
    faults = faults_of(fact)
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


Names = dict[str, Any]


def _names_of(record: Any) -> Names:
    """The names that a record's JSON may have, with those of the records within it."""
    hints = get_type_hints(record)
    return {field.name.rstrip("_"): _inner(hints[field.name]) for field in fields(record)}


def _inner(hint: Any) -> Names | None:
    if is_dataclass(hint):
        return _names_of(hint)
    if get_origin(hint) in (Union, UnionType, tuple):
        return next((inner for part in get_args(hint) if (inner := _inner(part)) is not None), None)
    return None


_FIELDS: dict[type, Names] = {}


def _unknown(said: Mapping[str, Any], names: Names, path: str) -> Any:
    for name, value in said.items():
        if name not in names:
            yield path + str(name), "Send only: " + ", ".join(sorted(names)) + "."
            continue
        inner = names[name]
        if inner is None:
            continue
        members = enumerate(value) if isinstance(value, list) else [("", value)]
        for index, member in members:
            if isinstance(member, dict):
                place = f"[{index}]" if index != "" else ""
                yield from _unknown(member, inner, f"{path}{name}{place}.")


def _local_times(said: Any) -> Any:
    """Bare dates as local times: a start is its midnight, an end the midnight after it."""
    if isinstance(said, list):
        return [_local_times(member) for member in said]
    if not isinstance(said, dict):
        return said
    return {_PYTHON_NAMES.get(name, name): _local_value(name, value) for name, value in said.items()}


def _local_value(name: str, value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return _local_times(value)
    if name in {"valid_from", "valid_to"} and isinstance(value, str) and _BARE_DATE.match(value):
        try:
            day = datetime.fromisoformat(value)
        except ValueError:
            return value
        return day + timedelta(days=1) if name == "valid_to" else day
    return value


def _settled(record: Any, zone: ZoneInfo) -> Any:
    changed: dict[str, Any] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, Decimal):
            settled_value: Any = plain_decimal(value)
        elif isinstance(value, datetime):
            settled_value = instant(value, zone)
        elif is_dataclass(value):
            settled_value = _settled(value, zone)
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            settled_value = tuple(_settled(member, zone) if is_dataclass(member) else member for member in value)
        else:
            continue
        if settled_value is not value:
            changed[field.name] = settled_value
    return replace(record, **changed) if changed else record


def plain_decimal(value: Decimal) -> Decimal:
    """A decimal whose text has no exponent; what is out of bounds stays for the check to name."""
    if not value.is_finite() or value.adjusted() > 40:
        return value
    text = format(value, "f")
    return value if text == str(value) else Decimal(text)


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
