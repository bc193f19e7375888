"""In which field a fact names another: the path that a refusal tells."""

from dataclasses import fields, is_dataclass
from typing import Any

from listino.core.facts import Fact
from listino.core.keys import REFERENCE_FIELDS

# How a text names a fact beside other words that may stand in its place.
_PREFIXES = {"price-lists": "list:", "contracts": "period:"}


def field_naming(fact: Fact, kind: str, code: str) -> str:
    """The path of the field in which a fact names another, as formula.list or requires[0].scope.brand."""
    wanted = frozenset([*(field for field, of in REFERENCE_FIELDS if of == kind), "parent", kind.replace("-", "_")])
    return _naming(fact, wanted, (code, f"{_PREFIXES.get(kind, '')}{code}"), "") or _by_kind(kind)


def _by_kind(kind: str) -> str:
    return {"price-lists": "list", "taxes": "tax"}.get(kind, kind.removesuffix("s").replace("-", "_"))


def _naming(record: Any, wanted: frozenset[str], names: tuple[str, str], path: str) -> str | None:
    for field in fields(record):
        value, here = getattr(record, field.name), f"{path}{field.name.rstrip('_')}"
        if isinstance(value, str):
            if (field.name in wanted and value == names[0]) or (value == names[1] and names[0] != names[1]):
                return here
        elif isinstance(value, tuple):
            found = _in_tuple(value, wanted, names, (field.name, here))
            if found is not None:
                return found
        elif is_dataclass(value):
            found = _naming(value, wanted, names, f"{here}.")
            if found is not None:
                return found
    return None


def _in_tuple(
    value: tuple[Any, ...], wanted: frozenset[str], names: tuple[str, str], at: tuple[str, str]
) -> str | None:
    name, here = at
    for index, member in enumerate(value):
        if not is_dataclass(member):
            if name in wanted and member == names[0]:
                return here
        elif getattr(member, "group", None) == names[0] and name in wanted:
            return here
        elif (found := _naming(member, wanted, names, f"{here}[{index}].")) is not None:
            return found
    return None
