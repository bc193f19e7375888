"""Which orders are a customer's."""

from listino.db.engine import Connection


def ids_of(connection: Connection, customer: str, before: str | None, *, limit: int, test: bool) -> list[str]:
    """The orders of a customer, the newest first, from before an id on."""
    upto, bounds = ("", ()) if before is None else (" AND id < ?", (before,))
    rows = connection.execute(
        f"SELECT id FROM orders WHERE customer = ? AND test = ?{upto} ORDER BY id DESC LIMIT ?",
        (customer, int(test), *bounds, limit),
    ).fetchall()
    return [row[0] for row in rows]


def is_of(connection: Connection, order_id: str, customer: str, *, test: bool) -> bool:
    """Whether an order is a customer's."""
    row = connection.execute(
        "SELECT 1 FROM orders WHERE id = ? AND customer = ? AND test = ?", (order_id, customer, int(test))
    ).fetchone()
    return row is not None
