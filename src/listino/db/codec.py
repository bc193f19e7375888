"""A fact as the text that is stored, and back."""

from collections.abc import Callable
from dataclasses import MISSING, fields
from decimal import Decimal
from typing import Any

import msgspec

from listino.core.facts import KIND_OF, KINDS, Fact
from listino.core.keys import SEPARATOR, is_rule_key
from listino.core.money import ONE
from listino.core.rules import Rule

_DECODERS = {kind: msgspec.json.Decoder(record) for kind, record in KINDS.items()}
_decode_rule: Callable[[str], Rule] = msgspec.json.Decoder(Rule).decode
_encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode


def _defaults(record: type[Fact]) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, None if field.default is MISSING else field.default) for field in fields(record))


_FIELDS = {record: _defaults(record) for record in KIND_OF}
# Where a text per language may stand: its languages are stored by name, so that their order is no change.
_WORDS = ("name", "label", "description", "attributes")


def body_of(fact: Fact) -> str:
    """A fact as JSON, without what is as if it had not been said."""
    said = {name: value for name, default in _FIELDS[type(fact)] if (value := getattr(fact, name)) != default}
    for name in _WORDS:
        words = said.get(name)
        if words.__class__ is dict:
            said[name] = dict(sorted(words.items()))
    return _encode(said).decode()


def fact_of(kind: str, body: str) -> Fact:
    """The fact of a stored text."""
    fact: Fact = _DECODERS[kind].decode(body)
    return fact


class PriceSaid(msgspec.Struct, frozen=True):
    """What a rule's text says of its price: read in a twentieth of the time of the whole."""

    code: str
    action: str
    value: Decimal | None = None
    per: Decimal = ONE
    unit: str | None = None
    currency: str | None = None
    list: str | None = None
    item: str | None = None
    variant: str | None = None
    status: str = "active"


price_said: Callable[[str], PriceSaid] = msgspec.json.Decoder(PriceSaid).decode


def rule_of(body: str) -> Rule:
    """The rule of a stored text."""
    return _decode_rule(body)


def kind_of_key(key: str) -> str:
    """The kind of the facts under a key."""
    return "rules" if is_rule_key(key) else key.partition(SEPARATOR)[0]
