"""By what an order is known again: its keys, and the digest of what it says."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

import msgspec

from listino.core.money import plain
from listino.core.orders import Order
from listino.flows.records import field_names

_encode_sorted = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, slots=True)
class Caller:
    """Who hands an order in: the key's name stands for the store where the order names none."""

    name: str
    channel: str | None
    test: bool


@dataclass(frozen=True, slots=True)
class Keys:
    """By what an order is known again: the hashes of its keys, and the digest of what it says."""

    digests: tuple[bytes, ...]
    fingerprint: bytes


def keys_of(order: Order, caller: Caller, idempotency_key: str | None) -> Keys:
    """The hashes of an order's keys: the caller's own within its store, and store + number; and its digest.

    A test key's orders have keys of their own, so that none stands in the place of a real one.
    """
    store = order.store or caller.name
    number = _digest("number", store, order.number, caller)
    digests: tuple[bytes, ...] = (number,)
    if idempotency_key is not None:
        digests = (_digest("key", store, idempotency_key, caller), number)
    return Keys(digests, fingerprint_of(order))


def digests_of(name: str, caller: Caller) -> tuple[bytes, bytes]:
    """The hashes of the order that came from a caller under a name: as its key, and as its number."""
    return _digest("key", caller.name, name, caller), _digest("number", caller.name, name, caller)


def _digest(kind: str, store: str, name: str, caller: Caller) -> bytes:
    world = "test\x1f" if caller.test else ""
    return sha256(f"{world}{kind}\x1f{store}\x1f{name}".encode()).digest()


def fingerprint_of(said: Any) -> bytes:
    """The digest of what an order, or another record, says, however its numbers and times are written."""
    return sha256(_encode_sorted(values_of(said, plain))).digest()


def values_of(value: Any, amount: Callable[[Decimal], str]) -> Any:
    """What a record says as plain values, its decimals written by `amount`."""
    if isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return amount(value)
    if isinstance(value, tuple):
        return [values_of(member, amount) for member in value]
    if isinstance(value, dict):
        return dict(sorted(value.items()))
    if not hasattr(value, "__dataclass_fields__"):
        return value
    said: dict[str, Any] = {}
    for name in field_names(type(value)):
        inner = getattr(value, name)
        if inner is not None and inner != () and name != "more":
            said[name] = inner if type(inner) is str else values_of(inner, amount)
    return said | (getattr(value, "more", None) or {})
