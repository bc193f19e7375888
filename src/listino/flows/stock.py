"""The warehouse says how much there is of an item; somebody asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from listino.core.checks import code_fault, decimal_fault
from listino.core.errors import Malformed, malformed
from listino.core.money import ZERO, plain
from listino.db import ledger
from listino.db.engine import Database
from listino.db.snapshot import snapshot
from listino.flows.circles import one, unknown
from listino.flows.records import settled_record, strict

DEFAULT_WAREHOUSE = "main"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How much of an item a warehouse holds, in the item's own unit, and from which day on it will have more."""

    on_hand: Decimal
    warehouse: str = DEFAULT_WAREHOUSE
    available_on: str | None = None


def counted(database: Database, item: str, said: Any) -> dict[str, Any]:
    """Set how much a warehouse holds; the item's stock afterwards.

    Errors:  NotFound for an unknown item; Malformed.
    """
    count = read(said)
    if one(snapshot(database), [], "items", item) is None:
        raise unknown("items", "item", item)
    database.write(lambda tx: ledger.count_stock(tx, item, count.warehouse, count.on_hand, count.available_on))
    return held(database, item)


def read(said: Any) -> Count:
    """How much there is, as plain values state it.

    Errors:  Malformed.
    """
    if isinstance(said, dict) and "quantity" in said and "on_hand" not in said:
        said = {("on_hand" if name == "quantity" else name): value for name, value in said.items()}
    count = settled_record(strict(Count, said))
    fault = decimal_fault("on_hand", count.on_hand) or code_fault("warehouse", count.warehouse)
    if fault is not None:
        raise Malformed(fault.code, fault.text, (fault,))
    if count.on_hand < 0:
        raise malformed("on_hand", "negative", "on_hand cannot be below 0.", "Send what is there.")
    if count.available_on is not None and not _is_day(count.available_on):
        text = f"available_on is no day: {count.available_on[:40]!r}."
        raise malformed("available_on", "not_a_day", text, "Send a day as 2026-12-31, or null.")
    return count


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def held(database: Database, item: str) -> dict[str, Any]:
    """How much each warehouse holds of an item: on hand, reserved for orders, available.

    Errors:  NotFound for an unknown item.
    """
    book = snapshot(database)
    if one(book, [], "items", item) is None:
        raise unknown("items", "item", item)
    return {"item": item, **told(ledger.stock_of(book.reading.connection, item))}


def told(shelves: Sequence[ledger.Shelf]) -> dict[str, Any]:
    """The stock of an item as plain values: by warehouse, and in all.

    Shapes:  available: None where nobody counts it, which is not 0; available_on: the first day on which any of them
             will have more.
    """
    return {
        "warehouses": [
            {
                "warehouse": shelf.warehouse,
                "on_hand": plain(shelf.on_hand),
                "reserved": plain(shelf.reserved),
                "available": plain(shelf.available),
                "available_on": shelf.available_on,
            }
            for shelf in shelves
        ],
        "available": plain(sum((shelf.available for shelf in shelves), ZERO)) if shelves else None,
        "available_on": min((shelf.available_on for shelf in shelves if shelf.available_on), default=None),
    }
