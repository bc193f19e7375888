"""Whether what a client read is what the answer says, whatever types its language has for it."""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

import listino

CONTRACT = Path(listino.__file__).parent / "web" / "soap" / "listino.wsdl"
SCHEMA = "{http://www.w3.org/2001/XMLSchema}"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)?")
# What is another with each question.
OWN = {"quote", "quoteExpiresAt", "at", "usageAsOf"}


@cache
def containers() -> frozenset[str]:
    """The elements that hold one repeated element and nothing else."""
    schema = etree.parse(CONTRACT)
    kinds = {
        kind.get("name")
        for kind in schema.iter(f"{SCHEMA}complexType")
        if [part.get("maxOccurs", "1") for part in kind.iter(f"{SCHEMA}element", f"{SCHEMA}any")] not in ([], ["1"])
        and len(list(kind.iter(f"{SCHEMA}element", f"{SCHEMA}any"))) == 1
    }
    found = {
        part.get("name")
        for part in schema.iter(f"{SCHEMA}element")
        if part.get("type", "").removeprefix("tns:") in kinds
    }
    return frozenset(found)


def plain(element: Any) -> Any:
    """An answer as text, mappings and lists."""
    name = etree.QName(element).localname
    if name in containers() and (len(element) or not (element.text or "").strip()):
        return [plain(part) for part in element]
    if not len(element):
        return element.text or ""
    return {etree.QName(part).localname: plain(part) for part in element}


def differences(said: Any, read: Any, place: str = "") -> list[str]:
    """Where what was read is not what was said."""
    if isinstance(said, list):
        members = _members(read)
        if len(members) != len(said):
            return [f"{place}: {len(said)} said, {len(members)} read"]
        return [
            line
            for n, pair in enumerate(zip(said, members, strict=True))
            for line in differences(*pair, f"{place}[{n}]")
        ]
    if isinstance(said, dict):
        if not isinstance(read, dict):
            return [f"{place}: {said!r} said, {read!r} read"]
        rest = {name for name, value in read.items() if value not in (None, "", [], {}) and not _is_own(name, value)}
        unsaid = [f"{place}/{name}: read, never said" for name in sorted(rest - set(said) - {"_value_1", "any"})]
        lines = [
            line
            for name, value in said.items()
            if name not in OWN
            for line in differences(value, read.get(name), f"{place}/{name}")
        ]
        return unsaid + lines
    return [] if _same(said, read) else [f"{place}: {said!r} said, {read!r} read"]


def _is_own(name: str, value: Any) -> bool:
    return name in OWN or (name.startswith("$") and bool(value))


def _members(read: Any) -> list[Any]:
    if isinstance(read, dict):  # The container with its one kind of member.
        values = [value for value in read.values() if value is not None]
        read = values[0] if values else []
    if read is None or read == "":
        return []
    return read if isinstance(read, list) else [read]


def _same(said: str, read: Any) -> bool:
    if read is None:
        return said == ""
    if said in {"true", "false"}:
        return str(read).lower() == said
    if INSTANT.fullmatch(said):
        return abs((_instant(said) - _instant(read)).total_seconds()) < 0.001
    try:
        return Decimal(said) == Decimal(str(read))
    except InvalidOperation:
        return said == str(read)


def _instant(value: Any) -> datetime:
    if isinstance(value, int):  # Java's, in milliseconds.
        return datetime.fromtimestamp(value / 1000, UTC)
    text = re.sub(r"(\.\d{6})\d+", r"\1", str(value)).replace(" ", "T")
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
