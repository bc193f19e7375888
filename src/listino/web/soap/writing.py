"""Answers as XML: each type's elements in the order of the contract, escaped, with nothing that XML cannot hold."""

import re
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from msgspec import UNSET

from listino.web.soap.answers import break_told
from listino.web.soap.table import NAMESPACE
from listino.web.soap.wsdl import Element, types

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
# What is not text is written as it is: the flows have put it into its only form.
PLAIN = frozenset(["decimal", "dateTime", "date", "long"])
TEXTS = frozenset(["Code", "Key", "Text", "Quote"])
# A record of ours that is told in other words than its own.
VIEWS: dict[str, Callable[[Any], Any]] = {"PriceBreak": break_told}
RENAMED = {("NoPrice", "code"): "reason"}
_SPECIAL = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SIGNS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}
_UPPER = re.compile(r"(?<=[a-z0-9])([A-Z])")

Out = list[str]
Write = Callable[[Any, Out], None]


def escaped(text: str) -> str:
    """Text as it stands in an element; what XML 1.0 cannot hold is left out."""
    if _SPECIAL.search(text) is None:
        return text
    return _SPECIAL.sub(lambda match: _SIGNS.get(match[0], ""), text)


def written(kind: str, record: Any, element: str) -> str:
    """A record of a type of the contract, as an element of the contract's namespace."""
    out: Out = []
    _writer(kind)(record, out)
    return f'<{element} xmlns="{NAMESPACE}">{"".join(out)}</{element}>'


def answered(operation: str, kind: str, record: Any) -> str:
    """The answer of an operation: its element, with the result in it."""
    out: Out = []
    _writer(kind)(record, out)
    name = f"{operation}Response"
    return f'<{name} xmlns="{NAMESPACE}"><result>{"".join(out)}</result></{name}>'


@cache
def _writer(kind: str) -> Write:
    """Writes the elements of one type."""
    elements = types()[kind]
    names = [RENAMED.get((kind, one.name), snake(one.name)) for one in elements]
    fetch = attrgetter(*names) if len(names) > 1 else lambda record: (getattr(record, names[0]),)
    parts = tuple(_part(one) for one in elements)
    view = VIEWS.get(kind)

    def write(record: Any, out: Out) -> None:
        for value, part in zip(fetch(record if view is None else view(record)), parts, strict=True):
            if value is not None and value is not UNSET:
                part(value, out)

    return write


def snake(name: str) -> str:
    """An element's name as a field's."""
    return _UPPER.sub(lambda match: f"_{match[1]}", name).lower()


def _part(element: Element) -> Write:
    name, kind = element.name, element.type
    if kind in PLAIN:
        return lambda value, out: out.append(f"<{name}>{value}</{name}>")
    if kind in TEXTS:
        return lambda value, out: out.append(f"<{name}>{escaped(value)}</{name}>")
    if kind == "boolean":
        return _flag(element)
    within = types()[kind]
    if len(within) == 1 and within[0].repeated:
        return _list(element, within[0])
    return _record(element)


def _flag(element: Element) -> Write:
    name = element.name

    def write(value: Any, out: Out) -> None:
        if value or not element.optional:  # What may be left out is false where it is.
            out.append(f"<{name}>{'true' if value else 'false'}</{name}>")

    return write


def _record(element: Element) -> Write:
    start, end = f"<{element.name}>", f"</{element.name}>"
    found: list[Write] = []

    def write(value: Any, out: Out) -> None:
        if not found:  # Types hold others of their own kind, so that each is looked up when it is first needed.
            found.append(_writer(element.type))
        out.append(start)
        found[0](value, out)
        out.append(end)

    return write


def _list(element: Element, member: Element) -> Write:
    start, end, part = f"<{element.name}>", f"</{element.name}>", _part(member)

    def write(values: Any, out: Out) -> None:
        if not values and element.optional:
            return
        out.append(start)
        for value in values:
            part(value, out)
        out.append(end)

    return write
