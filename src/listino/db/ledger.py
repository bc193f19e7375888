"""What moves with orders and makes no revision: stock, and what is used up of caps and contracts."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from listino.db.engine import Connection

_USED = "SELECT subject, used FROM usage WHERE subject IN (SELECT value FROM json_each(?))"


def stock_of(connection: Connection, item: str) -> list[tuple[str, Decimal, Decimal]]:
    """(warehouse, on hand, reserved) of an item, in its own unit."""
    rows = connection.execute(
        "SELECT warehouse, on_hand, reserved FROM stock WHERE item = ? ORDER BY warehouse", (item,)
    ).fetchall()
    return [(warehouse, Decimal(on_hand), Decimal(reserved)) for warehouse, on_hand, reserved in rows]


def count_stock(tx: Connection, item: str, warehouse: str, on_hand: Decimal) -> None:
    """Set what a warehouse holds of an item; what is reserved stays. Joins the caller's transaction."""
    tx.execute(
        "INSERT INTO stock (item, warehouse, on_hand, reserved) VALUES (?, ?, ?, '0') "
        "ON CONFLICT (item, warehouse) DO UPDATE SET on_hand = excluded.on_hand",
        (item, warehouse, format(on_hand, "f")),
    )


def used_up(connection: Connection, subjects: Sequence[str]) -> dict[str, Decimal]:
    """What is used up by subject; a subject of which nothing is used up is left out."""
    rows = connection.execute(_USED, (msgspec.json.encode(subjects).decode(),))
    return {subject: Decimal(used) for subject, used in rows}
