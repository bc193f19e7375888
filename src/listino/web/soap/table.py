"""The strict table by which a request becomes a message: made from the messages that SOAP shares with REST.

Each element comes once, in any order; what is not in the table is refused by its path. Names are REST's in
lowerCamelCase; a list is an element that holds elements of one name, and nothing else.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from lxml import etree

from listino.core.errors import Fault, Malformed, malformed
from listino.core.order_events import OrderEvent
from listino.core.orders import LINES_MAX
from listino.web.asks import AskedLine
from listino.web.soap.envelope import holds_text
from listino.web.soap.values import (
    ABSENT,
    DATE,
    FLAG,
    INSTANT,
    INSTANT_TEXT,
    NIL,
    NUMBER,
    TEXT,
    WHOLE,
    Convert,
    text_up_to,
    wrong,
)

NAMESPACE = "urn:listino:v1"
QUALIFIED = f"{{{NAMESPACE}}}"
# What the members of a list are called.
MEMBERS = {
    "lines": "line", "coupons": "coupon", "charges": "charge", "payments": "payment", "contacts": "contact",
    "vouchers": "voucher", "items": "item", "manual": "rule", "attributes": "attribute", "fields": "field",
}  # fmt: skip
# Fields in which REST takes what is no element of a schema: names of the caller's own.
LEFT_OUT = frozenset(["more"])
MEMBERS_MAX = {"lines": LINES_MAX, "items": LINES_MAX}
MEMBERS_USUAL_MAX = 1_000
LEAVES: Mapping[Any, Convert] = {
    str: TEXT, Decimal: NUMBER, int: WHOLE, bool: FLAG, datetime: INSTANT, date: DATE,
}  # fmt: skip
# Text that is something else than text, by the name of its field.
NAMED: Mapping[str, Convert] = {
    "at": INSTANT_TEXT, "delivery_at": INSTANT_TEXT, "known_at": INSTANT_TEXT, "quote": text_up_to(100_000),
}  # fmt: skip
# Elements that are another field's, too; and fields that SOAP requires where REST does not.
ALSO: Mapping[str, tuple[tuple[str, Convert], ...]] = {"known_at": (("known_revision", WHOLE),)}
REQUIRED: Mapping[Any, frozenset[str]] = {AskedLine: frozenset(["id"]), OrderEvent: frozenset(["key"])}
# Elements that the contract calls otherwise than REST's field.
CALLED = {"mail": "email"}
_UPPER = re.compile(r"_([a-z])")


def camel(name: str) -> str:
    """A field's name as an element's."""
    return CALLED.get(name) or _UPPER.sub(lambda match: match[1].upper(), name.rstrip("_"))


@dataclass(slots=True)
class Table:
    """How the elements of one message become its fields."""

    make: Callable[..., Any]
    of: dict[str, tuple[str, Convert]]
    required: frozenset[str]
    names: tuple[str, ...]

    def bind(self, element: etree._Element) -> Any:
        """The message that an element holds.

        Errors:  Malformed, naming the field by its path from here.
        """
        values: dict[str, Any] = {}
        if holds_text(element):
            raise wrong("text", "There is text between the elements of {name}.", "Take it out.")
        absent = False
        for child in element:
            entry = self.of.get(child.tag)
            if entry is None:
                raise _unknown(child, self.names)
            name, convert = entry
            if name in values:
                raise malformed(camel(name), "twice", f"{camel(name)} comes twice.", "Send it once.")
            try:
                value = values[name] = convert(child)
            except Malformed as error:
                raise within(_local(child), error) from None
            absent = absent or value is ABSENT
        if absent:
            values = {name: value for name, value in values.items() if value is not ABSENT}
        if not self.required <= values.keys():
            name = camel(next(name for name in self.of_names() if name in self.required and name not in values))
            raise malformed(name, "missing", f"{name} is required.", f"Send {name}.")
        return self.make(**values)

    def of_names(self) -> Iterator[str]:
        """The fields, in the order of the message."""
        return iter(dict.fromkeys(name for name, _ in self.of.values()))


def within(holder: str, error: Malformed) -> Malformed:
    """A refusal seen from further out: its path begins with the element that holds it."""
    fault = error.faults[0]
    inner, text = "", fault.text
    if fault.field:
        inner = f"/{fault.field}"
    else:  # Nobody knew yet of what it is said.
        text = text.replace("{name}", holder)
    return Malformed(error.code, text, (Fault(holder + inner, fault.code, text, fault.remedy),))


def _local(element: etree._Element) -> str:
    return str(etree.QName(element).localname)


def _unknown(child: etree._Element, names: tuple[str, ...]) -> Malformed:
    name = _local(child)[:80]
    if name in names:
        text, remedy = f"{name} is of another namespace.", f"Send it in {NAMESPACE}."
    else:
        text, remedy = f"There is no element {name} here.", "Send only: " + ", ".join(names) + "."
    return malformed(name, "unknown_field", text, remedy)


@cache
def table_of(message: Any, make: Callable[..., Any] | None = None, more: tuple[tuple[str, bool], ...] = ()) -> Table:
    """The table of a message; `make` takes its values, and those of `more` texts (and whether they are required)."""
    found: dict[str, tuple[str, Convert]] = {}
    required = set(REQUIRED.get(message, ()))
    for name, must in more:
        found[camel(name)] = (name, TEXT)
        required |= {name} if must else set()
    for name, hint, must in _fields(message):
        if name in LEFT_OUT:
            continue
        found[camel(name)] = (name, _convert(name, hint))
        found |= {camel(other): (name, convert) for other, convert in ALSO.get(name, ())}
        required |= {name} if must else set()
    by_tag = {tag: entry for name, entry in found.items() for tag in (QUALIFIED + name, name)}
    return Table(make or message, by_tag, frozenset(required), tuple(found))


def _fields(message: Any) -> Iterator[tuple[str, Any, bool]]:
    hints = get_type_hints(message)
    if is_dataclass(message):
        for field in fields(message):
            yield field.name, hints[field.name], field.default is MISSING and field.default_factory is MISSING
    else:
        for said in msgspec.structs.fields(message):
            yield said.name, hints[said.name], said.required


def _convert(name: str, hint: Any) -> Convert:
    parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    kinds = [part for part in parts if part is not type(None)]
    for kind in kinds:
        origin, inner = get_origin(kind), get_args(kind)
        if origin is dict:
            return _pairs(MEMBERS[name], several=name == "attributes")
        if origin in (list, tuple):
            return _members(name, inner[0], list if origin is list else tuple)
        if isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, msgspec.Struct)):
            return _nested(kind)
    if str in kinds and name in NAMED:
        return NAMED[name]
    return LEAVES[kinds[0]]


def _nested(kind: Any) -> Convert:
    table = table_of(kind)

    def convert(element: etree._Element) -> Any:
        return ABSENT if is_nil(element) else table.bind(element)

    return convert


def is_nil(element: etree._Element) -> bool:
    """Whether an element says that it has no value.

    Errors:  Malformed where it has one all the same.
    """
    if element.get(NIL, "").strip() not in {"true", "1"}:
        return False
    if len(element) or (element.text or "").strip():
        raise wrong("nil_with_value", "A value cannot be nil and be there.", "Send one of the two.")
    return True


def _members(name: str, kind: Any, gather: Callable[[list[Any]], Any]) -> Convert:
    """Reads a list: an element that holds elements of one name."""
    member, most = MEMBERS[name], MEMBERS_MAX.get(name, MEMBERS_USUAL_MAX)
    tags = (QUALIFIED + member, member)
    convert = LEAVES.get(kind) or table_of(kind).bind

    def convert_all(element: etree._Element) -> Any:
        if is_nil(element):
            return ABSENT
        found: list[Any] = []
        if holds_text(element):
            raise wrong("text", "There is text between the elements of {name}.", f"Send elements {member}.")
        for place, child in enumerate(element, 1):
            if child.tag not in tags:
                raise _unknown(child, (member,))
            if place > most:
                raise wrong("count", f"{{name}} holds more than {most}.", "Send them in several messages.")
            try:
                value = convert(child)
                if value is ABSENT:
                    raise wrong("missing", "{name} is empty.", "Send a value, or leave the element out.")
            except Malformed as error:
                raise within(f"{member}[{place}]", error) from None
            found.append(value)
        return gather(found)

    return convert_all


class Pair(msgspec.Struct):
    """A name of the caller's own, and its value."""

    name: str
    value: str


def _pairs(member: str, *, several: bool) -> Convert:
    """Reads names with values: of attributes a name may have several."""
    pairs = _members(member + "s", Pair, list)

    def convert(element: etree._Element) -> Any:
        said = pairs(element)
        if said is ABSENT:
            return ABSENT
        found: dict[str, Any] = {}
        for place, pair in enumerate(said, 1):
            if several:
                found.setdefault(pair.name, []).append(pair.value)
            elif pair.name in found:
                field = f"{member}[{place}]/name"
                raise malformed(field, "twice", f"The name {pair.name[:40]!r} comes twice.", "Send it once.")
            else:
                found[pair.name] = pair.value
        return found

    return convert
