"""What of a message may be kept beside who asked and when: values of named fields alone, so that nobody is known by it.

A message may be cut off anywhere, or be no message at all: what cannot be read as a named field's value is left out.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

LEFT_OUT = "…"
# The fields whose values are codes, amounts, moments or choices. What is not named here is never kept.
CODES = frozenset([
    "item", "items", "quantity", "unit", "per", "customer", "channel", "currency", "country", "store", "number", "line",
    "ordered_at", "at", "known_at", "delivery_at", "wanted_on", "explain", "ladder", "min_revision", "net_price",
    "gross_price", "list_price", "net", "tax", "gross", "tax_percent", "tax_mode", "percent", "value", "action", "kind",
    "step", "list", "price_list", "customer_group", "customer_groups", "account", "item_group", "item_groups", "brand",
    "item_set", "variant", "variant_of", "from", "up_to", "above", "valid_from", "valid_to", "order_type", "state",
    "states", "method", "authorised", "captured", "code", "status", "priority", "exclusive", "final", "mode",
    "sequence", "warehouse", "warehouses", "on_hand", "reserved", "available", "available_on", "minutes", "kinds",
    "events", "limit", "after", "sort", "ladder_from", "handover", "life", "prices", "accept", "restock", "amount",
    "basis", "bound", "scheme", "visibility", "decimals", "zone", "factor", "tax_class", "measure", "by", "explained",
    "orders", "items_per_hour", "origins", "in_stock", "price_min", "price_max", "priced_for", "confirm",
    "test",
])  # fmt: skip
# Of an answer also what we say ourselves: outcomes, reasons, moments.
ANSWERED = CODES | frozenset([
    "id", "type", "title", "field", "remedy", "incident", "outcome", "reason", "revision", "epoch",
    "held", "taken_at", "next", "expires_at", "rule", "price_in", "price_out", "next_change_at", "request_id",
])  # fmt: skip
# What is gone into: lists and groups of such fields. An address, a contact or a free map is none of them, nor are
# coupons and vouchers, which whoever knows their codes may use.
GROUPS = frozenset([
    "lines", "charges", "payments", "data", "errors", "error", "totals", "scale", "tiers",
    "changes", "steps", "history", "stock", "ladder", "free_goods", "manual", "rounding", "packagings", "include",
    "exclude", "next_break", "rates", "price", "shares", "own_lines", "own_charges", "to_confirm", "warnings",
])  # fmt: skip
# In XML the members of lists are groups too; around all stand an envelope, its body, the operation and one of these.
MEMBERS = GROUPS | frozenset(["line", "charge", "payment", "entry", "step", "event", "item", "warehouse", "warehouses"])
ENVELOPE, OUTER = ("envelope", "body"), frozenset(["request", "result", "detail", "problem"])
# A remedy may repeat what was said to us: that stands in quotes. Other sentences repeat more, and are left out.
SENTENCES = frozenset(["remedy"])
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|"(?:[^"\\]|\\.)*\\?$|[{}\[\]:,]|[^\s{}\[\]:,"]+')
_SCALAR = re.compile(r"-?[0-9][0-9.eE+-]*|true|false|null")
_FIELD = re.compile(r"[\w.\[\]-]{1,80}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_QUOTED = re.compile(r"'[^']*'|\\\"[^\"]*\\\"|`[^`]*`|\S+@\S+")
# Whoever writes an address of mail where a code belongs is known by it.
_MAIL = re.compile("@|%40")
_XML = re.compile(r"<[^<>]*>|[^<>]+")
_TAG = re.compile(r"<(/?)(?:[A-Za-z][\w.-]*:)?([A-Za-z]\w{0,39})(?:\s[^<>]*)?>")


@dataclass(slots=True)
class _Within:
    """Where in a message its text is: in a list or group, under which name, and whether it is kept."""

    is_group: bool
    name: str | None
    kept: bool
    names_next: bool


def scrubbed(message: str, names: Collection[str] = CODES) -> str:
    """A message in JSON, or the beginning of one, with the values of named fields alone."""
    out: list[str] = []
    within = [_Within(False, None, True, False)]
    for match in _TOKEN.finditer(message):
        token = match[0]
        here = within[-1]
        if token in "{[":
            _open(within, token, out)
        elif token in "}]":
            if len(within) > 1 and within.pop().kept:
                out.append(token)
        elif not here.kept:
            continue
        elif token in ":,":
            here.names_next = here.is_group and token == ","
            out.append(token)
        elif here.names_next:
            name = token[1:-1] if token[0] == '"' == token[-1] else ""
            here.name = name if _NAME.fullmatch(name) else None
            out.append(f'"{here.name or LEFT_OUT}"')
        else:
            out.append(_value(token, here, names))
    return "".join(out)


def _open(within: list[_Within], token: str, out: list[str]) -> None:
    here = within[-1]
    named = here.name is None and len(within) <= 2 and not here.is_group
    kept = here.kept and (named or not here.is_group or here.name in GROUPS or (token == "[" and here.name in CODES))
    if here.kept:
        out.append(token if kept else f'"{LEFT_OUT}"')
    is_group = token == "{"
    within.append(_Within(is_group, None if is_group else here.name, kept, is_group))


def _value(token: str, here: _Within, names: Collection[str]) -> str:
    if here.name not in names or (here.name not in SENTENCES and _MAIL.search(token)):
        return f'"{LEFT_OUT}"'
    if token[0] != '"':
        return token if _SCALAR.fullmatch(token) else f'"{LEFT_OUT}"'
    if len(token) < 2 or token[-1] != '"':
        return f'"{LEFT_OUT}"'
    if here.name == "field" and not _FIELD.fullmatch(token[1:-1]):
        return f'"{LEFT_OUT}"'
    return '"' + _QUOTED.sub(f"'{LEFT_OUT}'", token[1:-1]) + '"' if here.name in SENTENCES else token


def scrubbed_xml(message: str, names: Collection[str] = CODES) -> str:
    """A message in XML, or the beginning of one: its elements without attributes, and the text of named ones."""
    out: list[str] = []
    within: list[str] = []
    is_leaf = False
    for match in _XML.finditer(message):
        text = match[0]
        tag = _TAG.fullmatch(text)
        if tag is not None:
            is_leaf = tag[1] != "/"
            if is_leaf:
                within.append(_snake(tag[2]))
            elif within:
                within.pop()
            out.append(f"<{tag[1]}{tag[2]}>")
        elif text[0] == "<" or not text.strip():
            is_leaf = False
        else:
            out.append(_xml_text(text, within[-1] if is_leaf and _is_open(within) else None, names))
            is_leaf = False
    return "".join(out)


def _is_open(within: list[str]) -> bool:
    """Whether an element stands among named fields: in the message itself, or in groups that are gone into."""
    holders = within[3:-1]
    return tuple(within[:2]) == ENVELOPE and all(
        name in MEMBERS or (place < len(OUTER) and name in OUTER) for place, name in enumerate(holders)
    )


def _xml_text(text: str, name: str | None, names: Collection[str]) -> str:
    if name is None or name not in names or (name not in SENTENCES and _MAIL.search(text)):
        return LEFT_OUT
    return _QUOTED.sub(LEFT_OUT, text) if name in SENTENCES else text


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def scrubbed_query(query: str) -> str:
    """The query of an address with the values of named parameters alone."""
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return "&".join(
        f"{name}={value if name in CODES and not _MAIL.search(value) else LEFT_OUT}"
        for name, _, value in pairs
        if _NAME.fullmatch(name)
    )
