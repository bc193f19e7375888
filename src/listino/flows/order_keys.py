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
    return Keys(_digests(order, caller, idempotency_key), fingerprint_of(order))


def _digests(order: Order, caller: Caller, idempotency_key: str | None) -> tuple[bytes, ...]:
    world = "test\x1f" if caller.test else ""
    store = order.store or caller.name
    number = sha256(f"{world}number\x1f{store}\x1f{order.number}".encode()).digest()
    if idempotency_key is None:
        return (number,)
    return (sha256(f"{world}key\x1f{store}\x1f{idempotency_key}".encode()).digest(), number)


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
