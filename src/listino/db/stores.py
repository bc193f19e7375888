"""From which stores orders came."""

from collections.abc import Iterator

from listino.db.engine import Connection

STORES_MAX = 200


def stores(connection: Connection) -> Iterator[str]:
    """The stores of all orders, by name, the first of very many; one look into the index for each."""
    last = ""
    for _ in range(STORES_MAX):
        (found,) = connection.execute("SELECT min(store) FROM orders WHERE store > ?", (last,)).fetchone()
        if found is None:
            return
        yield found
        last = found
