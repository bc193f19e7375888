"""How many orders were taken, and where each of them is: counted twice, so that a lost one shows."""

from listino.db.engine import Connection

HANDOVERS = ("accepted", "in_doubt", "placed", "parked", "dropped", "cancelled")


def count_taken(tx: Connection, orders: int) -> None:
    """Count orders as taken. Joins the transaction that keeps them."""
    tx.execute(
        "INSERT INTO tally (name, value) VALUES ('taken', ?) "
        "ON CONFLICT (name) DO UPDATE SET value = tally.value + excluded.value",
        (orders,),
    )


def conservation(connection: Connection) -> dict[str, int]:
    """`taken`, and the orders by hand-over, which add up to it unless one was lost; orders of test keys left out.

    `taken` was counted as each order came; the others are counted now, from what is there.
    """
    connection.execute("BEGIN")
    try:
        row = connection.execute("SELECT value FROM tally WHERE name = 'taken'").fetchone()
        counts = connection.execute("SELECT handover, count(*) FROM orders WHERE test = 0 GROUP BY handover").fetchall()
    finally:
        connection.execute("COMMIT")
    found = dict(counts)
    return {"taken": row[0] if row is not None else 0, **{name: found.get(name, 0) for name in HANDOVERS}}
