"""What orders have of the stock: taken in the transaction that takes the order, given back when it will not go."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from listino.core.errors import Conflict, Fault
from listino.core.keys import SEPARATOR
from listino.core.money import EXACT, ZERO, plain
from listino.db.engine import Connection
from listino.db.ledger import NEXT_CHANGE

_HELD = "SELECT item, warehouse, on_hand, reserved FROM stock WHERE item IN (SELECT value FROM json_each(?))"
_RESERVE = (
    "INSERT INTO stock (item, warehouse, on_hand, reserved, changed_no) SELECT json_extract(value, '$[0]'), "
    f"json_extract(value, '$[1]'), json_extract(value, '$[2]'), json_extract(value, '$[3]'), {NEXT_CHANGE} "
    "FROM json_each(?) WHERE true ON CONFLICT (item, warehouse) DO UPDATE "
    "SET on_hand = excluded.on_hand, reserved = excluded.reserved, changed_no = excluded.changed_no"
)
_NOTE = (
    "INSERT INTO stock_reservation (order_id, line, warehouse, item, quantity) SELECT json_extract(value, '$[0]'), "
    "CAST(json_extract(value, '$[1]') AS INTEGER), json_extract(value, '$[2]'), json_extract(value, '$[3]'), "
    "json_extract(value, '$[4]') FROM json_each(?)"
)
_encode = msgspec.json.Encoder().encode


class Need(NamedTuple):
    """What a line of an order needs of its item, in the item's own unit; lines are counted from 1 on."""

    line: int
    item: str
    quantity: Decimal


class Shelves:
    """The stock of some items as a transaction finds it, and what it makes of it."""

    def __init__(self, tx: Connection, items: Iterable[str]) -> None:
        wanted = list(dict.fromkeys(items))
        rows = tx.execute(_HELD, (_encode(wanted).decode(),)).fetchall() if wanted else []
        self._tx = tx
        self._shelves: dict[str, dict[str, tuple[Decimal, Decimal]]] = {}
        for item, warehouse, on_hand, reserved in sorted(rows):
            self._shelves.setdefault(item, {})[warehouse] = (Decimal(on_hand), Decimal(reserved))
        self._changed: set[tuple[str, str]] = set()

    def free_of(self, need: Need) -> dict[str, Decimal] | None:
        """From which warehouses a need can be met, and how much from each; None where there is too little.

        Nothing of an item that is counted nowhere. The first warehouse, by code, that has all of it; else several.
        """
        free = {name: max(ZERO, on_hand - reserved) for name, (on_hand, reserved) in self._of(need.item).items()}
        if not free:
            return {}
        whole = next((name for name, left in free.items() if left >= need.quantity), None)
        if whole is not None:
            return {whole: need.quantity}
        parts, missing = {}, need.quantity
        for name, left in free.items():
            taken = min(left, missing)
            if taken:
                parts[name] = taken
                missing = EXACT.subtract(missing, taken)
        return None if missing else parts

    def reserve(self, item: str, warehouse: str, quantity: Decimal) -> None:
        """Promise so much to an order; below 0: no longer."""
        on_hand, reserved = self._of(item)[warehouse]
        self._set(item, warehouse, on_hand, EXACT.add(reserved, quantity))

    def take(self, item: str, warehouse: str, quantity: Decimal) -> None:
        """Take so much away.

        Errors:  Conflict (not_on_hand) where there is not so much.
        """
        on_hand, reserved = self._of(item)[warehouse]
        if quantity > on_hand:
            raise not_on_hand(item, warehouse, quantity, on_hand)
        self._set(item, warehouse, EXACT.subtract(on_hand, quantity), reserved)

    def put(self, item: str, warehouse: str, quantity: Decimal) -> None:
        """Put so much back, also into a warehouse in which nothing of the item was counted before."""
        on_hand, reserved = self._of(item).get(warehouse, (ZERO, ZERO))
        self._set(item, warehouse, EXACT.add(on_hand, quantity), reserved)

    def counts(self, item: str) -> bool:
        """Whether an item is counted anywhere."""
        return bool(self._of(item))

    def on_hand(self, item: str) -> Decimal:
        """How much of an item there is anywhere, reserved or not."""
        return sum((on_hand for on_hand, _ in self._of(item).values()), ZERO)

    def write(self) -> None:
        """Write what has changed."""
        rows = [
            (item, warehouse, *map(plain, self._shelves[item][warehouse])) for item, warehouse in sorted(self._changed)
        ]
        if rows:
            self._tx.execute(_RESERVE, (_encode(rows).decode(),))

    def _of(self, item: str) -> dict[str, tuple[Decimal, Decimal]]:
        return self._shelves.get(item, {})

    def _set(self, item: str, warehouse: str, on_hand: Decimal, reserved: Decimal) -> None:
        self._shelves.setdefault(item, {})[warehouse] = (on_hand, reserved)
        self._changed.add((item, warehouse))


def not_on_hand(item: str, warehouse: str, quantity: Decimal, on_hand: Decimal) -> Conflict:
    """The refusal to ship what is not there."""
    text = f"{warehouse} holds {plain(on_hand)} of {item} for this; {plain(quantity)} would leave it."
    remedy = f"Count it (PUT /v1/stock/{item}), or ship what is there."
    return Conflict("not_on_hand", text, (Fault("lines", "not_on_hand", text, remedy),))


def reserve_all(tx: Connection, wanted: Sequence[tuple[str, Sequence[Need]]]) -> set[str]:
    """Reserve what orders need, one after the other; the ids of those for which there is too little.

    A line that can be met whole is reserved; one that cannot takes nothing. Joins the caller's transaction.
    """
    shelves = Shelves(tx, (need.item for _, needs in wanted for need in needs))
    lacking: set[str] = set()
    notes: list[tuple[str, str, str, str, str]] = []
    for order_id, needs in wanted:
        for need in needs:
            parts = shelves.free_of(need)
            if parts is None:
                lacking.add(order_id)
                continue
            for warehouse, quantity in parts.items():
                shelves.reserve(need.item, warehouse, quantity)
                notes.append((order_id, str(need.line), warehouse, need.item, plain(quantity)))
    shelves.write()
    if notes:
        tx.execute(_NOTE, (_encode(notes).decode(),))
    return lacking


def reserve_missing(tx: Connection, order_id: str, needs: Sequence[Need]) -> bool:
    """Reserve for the lines of an order that have nothing of the stock; whether all of it could be. Joins the tx."""
    rows = tx.execute("SELECT DISTINCT line FROM stock_reservation WHERE order_id = ?", (order_id,)).fetchall()
    held = {line for (line,) in rows}
    return not reserve_all(tx, [(order_id, [need for need in needs if need.line not in held])])


def give_back(tx: Connection, order_id: str, needs: Sequence[Need] | None = None) -> None:
    """Make what an order has of the stock free again: all of it, or some lines' parts. Joins the transaction."""
    _moved(tx, order_id, needs, shipped=False)


def ship(tx: Connection, order_id: str, needs: Sequence[Need] | None = None) -> None:
    """Take away what an order has of the stock, and what it needs beyond that. Joins the caller's transaction.

    Errors:  Conflict (not_on_hand) where a warehouse holds less than is to be taken from it.
    """
    _moved(tx, order_id, needs, shipped=True)


def put_back(tx: Connection, warehouse: str, needs: Sequence[Need]) -> None:
    """Raise what a warehouse holds by goods that came back, of items that are counted. Joins the caller's transaction.

    What came back of an item that nobody counts is not all that there is of it: a count would begin with too little.
    """
    shelves = Shelves(tx, (need.item for need in needs))
    for need in needs:
        if shelves.counts(need.item):
            shelves.put(need.item, warehouse, need.quantity)
    shelves.write()


def _moved(tx: Connection, order_id: str, needs: Sequence[Need] | None, *, shipped: bool) -> None:
    notes: dict[int, list[tuple[str, str, Decimal]]] = {}
    for line, warehouse, item, quantity in tx.execute(
        "SELECT line, warehouse, item, quantity FROM stock_reservation WHERE order_id = ? ORDER BY line, warehouse",
        (order_id,),
    ).fetchall():
        notes.setdefault(line, []).append((warehouse, item, Decimal(quantity)))
    if needs is None:
        needs = [Need(line, item, quantity) for line, held in notes.items() for _, item, quantity in held]
    shelves = Shelves(tx, (need.item for need in needs))
    for need in needs:
        missing = need.quantity
        for place, (warehouse, item, quantity) in enumerate(notes.get(need.line, ())):
            part = min(quantity, missing)
            missing = EXACT.subtract(missing, part)
            notes[need.line][place] = (warehouse, item, EXACT.subtract(quantity, part))
            shelves.reserve(item, warehouse, -part)
            if shipped:
                shelves.take(item, warehouse, part)
            _keep(tx, (order_id, need.line, warehouse), EXACT.subtract(quantity, part))
        if shipped and missing:
            _take_free(shelves, need._replace(quantity=missing))
    shelves.write()


def _keep(tx: Connection, note: tuple[str, int, str], quantity: Decimal) -> None:
    where = "WHERE order_id = ? AND line = ? AND warehouse = ?"
    if quantity:
        tx.execute(f"UPDATE stock_reservation SET quantity = ? {where}", (plain(quantity), *note))
    else:
        tx.execute(f"DELETE FROM stock_reservation {where}", note)


def _take_free(shelves: Shelves, need: Need) -> None:
    """Take what a line needs beyond what it has, of what is promised to nobody."""
    parts = shelves.free_of(need)
    if parts is None:
        raise not_on_hand(need.item, "The stock", need.quantity, shelves.on_hand(need.item))
    for warehouse, quantity in parts.items():
        shelves.take(need.item, warehouse, quantity)


def unbalanced(connection: Connection) -> list[str]:
    """The items, with their warehouse, of which something else is reserved than the orders have together."""
    sums: dict[str, Decimal] = {}
    connection.execute("BEGIN")
    try:
        for item, warehouse, quantity in connection.execute("SELECT item, warehouse, quantity FROM stock_reservation"):
            shelf = SEPARATOR.join((item, warehouse))
            sums[shelf] = EXACT.add(sums.get(shelf, ZERO), Decimal(quantity))
        kept = connection.execute("SELECT item, warehouse, reserved FROM stock").fetchall()
    finally:
        connection.execute("COMMIT")
    held = {SEPARATOR.join((item, warehouse)): Decimal(reserved) for item, warehouse, reserved in kept}
    return sorted(shelf for shelf in sums | held if sums.get(shelf, ZERO) != held.get(shelf, ZERO))
