"""An order that was taken is priced once more, as a person or its store says that it is now."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import msgspec

from listino.core.keys import SEPARATOR
from listino.core.orders import Order
from listino.db import ledger, order_changes, stock
from listino.db.engine import Connection
from listino.db.ledger import Lacking
from listino.db.orders import OrderRead
from listino.db.snapshot import Snapshot
from listino.flows.credit import CREDIT
from listino.flows.intake import Caller, priced
from listino.flows.taken import Taken, row_of

Render = Callable[[Taken], bytes]
# What an order took by its prices and amounts; the use of its quote stays its own.
BY_PRICES = tuple(name + SEPARATOR for name in ("rule", "contract", CREDIT))


class Unnamed:
    """Stands in for chance where an order has its id already."""

    def token_hex(self, nbytes: int) -> str:
        """Nothing that counts."""
        return "0" * nbytes


def repriced(book: Snapshot, found: OrderRead, order: Order) -> Taken:
    """An order with our prices beside each line, under the names that it has; its quote was settled as it came."""
    told = msgspec.json.decode(found.answer)
    caller = Caller(found.store, told["channel"], told["test"])
    taken_at = datetime.fromisoformat(told["taken_at"])
    key = msgspec.json.decode(found.private).get("key") if found.private is not None else None
    taken = priced(book, replace(order, quote=None), caller, key, now=taken_at, chance=Unnamed())
    return replace(taken, id=found.id, order=order)


def reserved_anew(tx: Connection, taken: Taken) -> list[str]:
    """Give back what an order has of ledger and stock, and take what it needs now; the reasons that this gives.

    Joins the caller's transaction.
    """
    if taken.test:
        return []
    for start in BY_PRICES:
        ledger.release(tx, taken.id, start)
    reasons, _ = ledger.reserve(tx, [(taken.id, taken.reservations, Lacking.TAKE)])
    stock.give_back(tx, taken.id)
    short = stock.reserve_all(tx, [(taken.id, taken.goods.needs)])
    return [*reasons.get(taken.id, ()), *(["stock"] if short else [])]


def rewritten(tx: Connection, found: OrderRead, taken: Taken, render: Render) -> None:
    """Write an order as it is now over what it was. Joins the caller's transaction."""
    row = row_of(taken, render(taken).decode())
    if found.private is not None:
        events = msgspec.json.decode(found.private).get("events")
        private = msgspec.json.decode(row.private) | ({"events": events} if events else {})
        row = replace(row, private=msgspec.json.encode(private).decode())
    order_changes.rewrite(tx, row, personal=found.private is not None)
