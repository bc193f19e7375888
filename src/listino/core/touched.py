"""Which items and customers a revision touched, as far as its keys name them."""

from collections.abc import Sequence
from dataclasses import dataclass

from listino.core.keys import FIELD_OF, SEPARATOR, is_rule_key

CODES_MAX = 100


@dataclass(frozen=True, slots=True)
class Touched:
    """Whose prices may have changed: codes, or None for many."""

    items: tuple[str, ...] | None
    customers: tuple[str, ...] | None


def touched(keys: Sequence[str] | None) -> Touched:
    """What a revision touched by the keys in its header (None: more than a header names)."""
    if keys is None:
        return Touched(None, None)
    named = [_named(key) for key in keys]
    return Touched(_all([item for item, _ in named]), _all([customer for _, customer in named]))


def _named(key: str) -> tuple[str | None, str | None]:
    """The item and the customer that a key is about; None for each that it leaves open."""
    if is_rule_key(key):
        parts = {FIELD_OF[part[0]]: part[1:] for part in key.split(SEPARATOR) if part}
        return parts.get("variant") or parts.get("item"), parts.get("customer")
    kind, _, code = key.partition(SEPARATOR)
    return (code if kind == "items" else None), (code if kind == "customers" else None)


def _all(codes: Sequence[str | None]) -> tuple[str, ...] | None:
    found = dict.fromkeys(codes)
    if None in found or len(found) > CODES_MAX:
        return None
    return tuple(sorted(code for code in found if code is not None))
