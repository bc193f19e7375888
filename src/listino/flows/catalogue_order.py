"""In which order the rows of a catalogue stand: what is wanted of it, the keys of its rows, and where a page begins."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from heapq import nlargest, nsmallest
from typing import Any, NamedTuple

from listino.core.errors import Malformed, malformed
from listino.core.money import ZERO
from listino.core.words import folded
from listino.flows.price import Asked
from listino.flows.register import Entry
from listino.flows.register import Look as Look
from listino.flows.standings import ABSENT, Standing

BY_PRICE = ("price", "-price")
SORTS = ("code", "-code", "name", "-name", *BY_PRICE)

ANYTHING = Look()
# Where a row stands in its order; every key ends in the item's code, so no two are equal.
Key = tuple[Any, ...]


class Mark(NamedTuple):
    """Behind which row of which list a page begins: as of which revision and moment, and the last row's key."""

    revision: int
    epoch: str
    at: datetime
    key: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an asker wants to see of its catalogue.

    Shapes:  asked: who asks, where and when (no item); words: folded.
    Units:   price_min and price_max per one of an item's own unit, as the channel shows prices.
    """

    asked: Asked
    look: Look = ANYTHING
    price_min: Decimal | None = None
    price_max: Decimal | None = None
    in_stock: bool = False
    sort: str = "code"
    language: str | None = None
    limit: int = 48
    after: Mark | None = None


def check_needs_no_prices(wanted: Wanted) -> None:
    """Refuse what could only be answered by asking the ERP for the price of every item.

    Errors:  Malformed.
    """
    if wanted.sort in BY_PRICE:
        raise _by_price("sort", f"sorted by {wanted.sort!r}", "Sort by code or name.")
    for field, amount in (("price_min", wanted.price_min), ("price_max", wanted.price_max)):
        if amount is not None:
            raise _by_price(field, "filtered by price", f"Leave {field} out.")


def _by_price(field: str, how: str, remedy: str) -> Malformed:
    text = f"Prices are asked of the management system one by one here, so a catalogue cannot be {how}."
    return malformed(field, "prices_asked_live", text, remedy)


def key_of(wanted: Wanted, entry: Entry, standing: Standing) -> Key | None:
    """Where an item stands in the order that is wanted; None where it is not in it."""
    rank, amount = standing.rank, standing.amount
    if rank == ABSENT:
        return None
    low, high = wanted.price_min, wanted.price_max
    if (low is not None or high is not None) and (
        amount is None or (low is not None and amount < low) or (high is not None and amount > high)
    ):
        return None
    if wanted.sort == "price":
        return rank, ZERO if amount is None else amount, entry.code
    if wanted.sort == "-price":
        return rank, ZERO if amount is None else amount.copy_negate(), entry.code
    return name_key(wanted, entry)


def is_by_price(wanted: Wanted) -> bool:
    """Whether the asker's prices say in which order items stand, or which of them."""
    return wanted.sort in BY_PRICE or wanted.price_min is not None or wanted.price_max is not None


def name_key(wanted: Wanted, entry: Entry) -> Key:
    """Where an item stands by its name or code."""
    if wanted.sort in ("name", "-name"):
        return entry.name(wanted.language) or folded(entry.code), entry.code
    return (entry.code,)


def behind(wanted: Wanted, keys: Iterable[Key], count: int) -> list[Key]:
    """The first rows behind the mark, so many."""
    last = wanted.after.key if wanted.after is not None else None
    if wanted.sort in ("-code", "-name"):
        return nlargest(count, [key for key in keys if key < last] if last is not None else keys)
    return nsmallest(count, [key for key in keys if key > last] if last is not None else keys)
