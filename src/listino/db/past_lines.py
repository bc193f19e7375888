"""The lines of past orders: what a customer bought.

Orders of test keys, and those that were cancelled or dropped, are no past orders here. They are read by
ranges of their ids, so that no read is long.
"""

from collections.abc import Iterator

from listino.db.engine import Connection

ORDERS_PER_READ = 1_000
_RANGE = "SELECT max(id) FROM (SELECT id FROM orders WHERE id > ? ORDER BY id LIMIT ?)"
_TAKEN = (
    "FROM orders JOIN order_line ON order_line.order_id = orders.id WHERE orders.id > ? AND orders.id <= ? "
    "AND orders.test = 0 AND orders.handover NOT IN ('cancelled', 'dropped')"
)


def items_bought(connection: Connection, customer: str) -> Iterator[list[str]]:
    """The items that a customer has ordered, some of them again and again; lists may be empty."""
    sql = f"SELECT DISTINCT order_line.item {_TAKEN} AND orders.customer = ?"
    for first, last in _ranges(connection):
        yield [item for (item,) in connection.execute(sql, (first, last, customer))]


def _ranges(connection: Connection) -> Iterator[tuple[str, str]]:
    """Ranges (after, last] of the ids of all orders."""
    after = ""
    while (last := connection.execute(_RANGE, (after, ORDERS_PER_READ)).fetchone()[0]) is not None:
        yield after, last
        after = last
