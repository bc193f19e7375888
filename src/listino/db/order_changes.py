"""An order that is another than when it was taken: its rows written anew, its first answer kept."""

from listino.db import people
from listino.db.engine import Connection
from listino.db.orders import OrderRow

_LINE = (
    "INSERT INTO order_line (order_id, line, item, quantity, unit, net_price, net, tax, gross, own_quantity, shipped, "
    "returned, cancelled) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def rewrite(tx: Connection, order: OrderRow, *, personal: bool) -> None:
    """Write an order as it is now over what it was; `personal` too unless that was erased. Joins the transaction.

    What was shipped, returned or cancelled of a line stays with the line of that place.
    """
    tx.execute(
        "UPDATE orders SET customer = ?, net = ?, tax = ?, gross = ?, handover = ?, life = ?, revision = ?, "
        "ordered_at = ?, channel = ?, "
        "message = ?, first_answer = coalesce(first_answer, answer), answer = ? WHERE id = ?",
        (
            order.customer, str(order.net), str(order.tax), str(order.gross), order.handover, order.life,
            order.revision, order.ordered_at, order.channel, order.message, order.answer, order.id,
        ),
    )  # fmt: skip
    _keep_lines(tx, order)
    if personal:
        people.keep(tx, people.order_id_of(order.id), order.customer, order.private)


def keep_answer(tx: Connection, order_id: str, answer: str) -> None:
    """Tell an order otherwise than before; the first answer is kept. Joins the caller's transaction."""
    tx.execute(
        "UPDATE orders SET first_answer = coalesce(first_answer, answer), answer = ? WHERE id = ?", (answer, order_id)
    )


def _keep_lines(tx: Connection, order: OrderRow) -> None:
    rows = tx.execute(
        "SELECT line, shipped, returned, cancelled FROM order_line WHERE order_id = ?", (order.id,)
    ).fetchall()
    moved = {line: tuple(parts) for line, *parts in rows}
    tx.execute("DELETE FROM order_line WHERE order_id = ?", (order.id,))
    for place, line in enumerate(order.lines, 1):
        amounts = (line.quantity, line.unit, line.net_price, line.net, line.tax, line.gross, line.own_quantity)
        said = tuple(None if one is None else str(one) for one in amounts)
        tx.execute(_LINE, (order.id, place, line.item, *said, *moved.get(place, (None, None, None))))
