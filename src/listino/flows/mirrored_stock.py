"""How much a management system has of each item goes into the ledger: it makes no revision."""

from collections.abc import Sequence
from decimal import Decimal

from listino.core.errors import Fault, Malformed
from listino.core.keys import SEPARATOR
from listino.db import ledger
from listino.db.engine import Connection
from listino.db.lookups import written
from listino.db.snapshot import snapshot
from listino.flows.news import Taking
from listino.flows.stock import read

COUNTS_AT_ONCE = 500


def keep_stock(taking: Taking, ended: Sequence[str]) -> set[str]:
    """Set what the warehouses hold, nothing where the system names an item no longer; the names that were refused."""
    refused: set[str] = set()
    counts: list[tuple[str, str, Decimal, str | None]] = [(*_place(name), Decimal(0), None) for name in ended]
    said = list(taking.stock.items())
    for start in range(0, len(said), COUNTS_AT_ONCE):
        portion = said[start : start + COUNTS_AT_ONCE]
        items = {_place(name)[0] for name, _ in portion}
        there = {code for _, code in written(snapshot(taking.database), [("items", item) for item in items])}
        for name, values in portion:
            item, warehouse = _place(name)
            try:
                count = read(values)
            except Malformed as error:
                taking.refuse(name, error.faults[0])
                refused.add(name)
                continue
            if item in there:
                counts.append((item, warehouse, count.on_hand, count.available_on))
            else:
                text = f"There is no {item!r} in items."
                taking.refuse(name, Fault("item", "unknown_reference", text, "See why the item is not in the book."))
                refused.add(name)
    for start in range(0, len(counts), COUNTS_AT_ONCE):
        rows = counts[start : start + COUNTS_AT_ONCE]
        taking.database.write(lambda tx, rows=rows: _set(tx, rows))  # type: ignore[misc]
    return refused


def _set(tx: Connection, rows: Sequence[tuple[str, str, Decimal, str | None]]) -> None:
    for row in rows:
        ledger.count_stock(tx, *row)


def _place(name: str) -> tuple[str, str]:
    """(item, warehouse) of a name of stock."""
    _, item, warehouse = name.split(SEPARATOR)
    return item, warehouse
