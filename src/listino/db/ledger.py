"""What moves with orders and makes no revision: stock, and what is used up of caps and contracts."""

from collections import ChainMap
from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

import msgspec

from listino.core.money import EXACT, ZERO, plain
from listino.core.reservations import Reservation, Use
from listino.db.engine import Connection

_KEEP = (
    "INSERT INTO usage (subject, used) SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') "
    "FROM json_each(?) WHERE true ON CONFLICT (subject) DO UPDATE SET used = excluded.used"
)
_NOTE = (
    "INSERT INTO order_usage (order_id, subject, used) SELECT json_extract(value, '$[0]'), "
    "json_extract(value, '$[1]'), json_extract(value, '$[2]') FROM json_each(?)"
)
_STOCK = (
    "SELECT item, warehouse, on_hand, reserved, available_on FROM stock WHERE item IN (SELECT value FROM json_each(?))"
)
# The number of the next change of the stock; in order, as one process writes at a time.
NEXT_CHANGE = "(SELECT coalesce(max(changed_no), 0) + 1 FROM stock)"
_CHANGED = "SELECT item, changed_no FROM stock WHERE changed_no > ? ORDER BY changed_no LIMIT ?"
_USED = "SELECT subject, used FROM usage WHERE subject IN (SELECT value FROM json_each(?))"


class Shelf(NamedTuple):
    """What a warehouse holds of an item, in its own unit, and from which day on there will be more."""

    warehouse: str
    on_hand: Decimal
    reserved: Decimal
    available_on: str | None

    @property
    def available(self) -> Decimal:
        """What is promised to nobody."""
        return max(ZERO, self.on_hand - self.reserved)


def stock_of(connection: Connection, item: str) -> list[Shelf]:
    """What the warehouses hold of an item."""
    return stocks_of(connection, (item,)).get(item, [])


def stocks_of(connection: Connection, items: Sequence[str]) -> dict[str, list[Shelf]]:
    """What the warehouses hold of many items; those that nobody counts are left out."""
    found: dict[str, list[Shelf]] = {}
    for item, warehouse, on_hand, reserved, on in sorted(connection.execute(_STOCK, (_text(items),)).fetchall()):
        found.setdefault(item, []).append(Shelf(warehouse, Decimal(on_hand), Decimal(reserved), on))
    return found


def count_stock(tx: Connection, item: str, warehouse: str, on_hand: Decimal, available_on: str | None = None) -> None:
    """Set what a warehouse holds of an item, and from when on more; what is reserved stays. Joins the transaction."""
    tx.execute(
        "INSERT INTO stock (item, warehouse, on_hand, reserved, available_on, changed_no) "
        f"VALUES (?, ?, ?, '0', ?, {NEXT_CHANGE}) ON CONFLICT (item, warehouse) DO UPDATE "
        "SET on_hand = excluded.on_hand, available_on = excluded.available_on, changed_no = excluded.changed_no",
        (item, warehouse, format(on_hand, "f"), available_on),
    )


def last_change(connection: Connection) -> int:
    """The number of the last change of the stock; 0 before the first."""
    (number,) = connection.execute("SELECT coalesce(max(changed_no), 0) FROM stock").fetchone()
    return int(number)


def changed_since(connection: Connection, number: int, limit: int) -> list[tuple[str, int]]:
    """(item, number of its change) of the stock that changed after a change, in order; at most so many."""
    return [tuple(row) for row in connection.execute(_CHANGED, (number, limit)).fetchall()]


def used_up(connection: Connection, subjects: Sequence[str]) -> dict[str, Decimal]:
    """What is used up by subject; a subject of which nothing is used up is left out."""
    rows = connection.execute(_USED, (_text(subjects),))
    return {subject: Decimal(used) for subject, used in rows}


class Lacking(Enum):
    """What becomes of an order that needs more than is left of a cap."""

    TAKE = "it takes what it has used, beyond the cap"
    LEAVE = "it takes nothing of that cap"
    NOTHING = "it takes nothing at all"


def reserve(
    tx: Connection, wanted: Sequence[tuple[str, Sequence[Reservation], Lacking]]
) -> tuple[dict[str, tuple[str, ...]], set[str]]:
    """Take what orders need, one after the other; by order's id why one is held as there is not enough left.

    The second are the orders that took nothing. Joins the caller's transaction.
    """
    subjects = [use.subject for _, reservations, _ in wanted for one in reservations for use in one.uses]
    used = used_up(tx, list(dict.fromkeys(subjects)))
    reasons: dict[str, tuple[str, ...]] = {}
    refused: set[str] = set()
    taken: dict[tuple[str, str], Decimal] = {}
    for order_id, reservations, lacking in wanted:
        own: list[Use] = []
        after = ChainMap[str, Decimal]({}, used)
        for one in reservations:
            then = {use.subject: EXACT.add(after.get(use.subject, ZERO), use.amount) for use in one.uses}
            if any(use.most is not None and then[use.subject] > use.most for use in one.uses):
                reasons[order_id] = tuple(dict.fromkeys((*reasons.get(order_id, ()), one.reason)))
                refused |= {order_id} if lacking is Lacking.NOTHING and not one.beyond else set()
                if lacking is not Lacking.TAKE and not one.beyond:
                    continue
            after.update(then)
            own += one.uses
        if order_id in refused:
            continue
        used |= after.maps[0]
        for use in own:
            note = order_id, use.subject
            taken[note] = EXACT.add(taken.get(note, ZERO), use.amount)
    if taken:
        changed = dict.fromkeys(subject for _, subject in taken)
        tx.execute(_KEEP, (_text([(subject, plain(used[subject])) for subject in changed]),))
        tx.execute(_NOTE, (_text([(*note, plain(amount)) for note, amount in taken.items()]),))
    return reasons, refused


def taken_by(connection: Connection, order_id: str, start: str) -> list[str]:
    """The subjects that begin with `start` and of which an order took something."""
    rows = connection.execute("SELECT subject FROM order_usage WHERE order_id = ? ORDER BY subject", (order_id,))
    return [subject for (subject,) in rows if subject.startswith(start)]


def release(tx: Connection, order_id: str, start: str = "", most: Decimal | None = None) -> None:
    """Give back what an order took: of the subjects that begin with `start` (all), at `most` so much of each.

    Joins the caller's transaction.
    """
    taken = tx.execute("SELECT subject, used FROM order_usage WHERE order_id = ?", (order_id,)).fetchall()
    own = {subject: Decimal(amount) for subject, amount in taken if subject.startswith(start)}
    used = used_up(tx, list(own))
    for subject, amount in own.items():
        given = amount if most is None else min(amount, most)
        left = EXACT.subtract(amount, given)
        after = plain(EXACT.subtract(used.get(subject, ZERO), given))
        tx.execute("UPDATE usage SET used = ? WHERE subject = ?", (after, subject))
        if left:
            note = (plain(left), order_id, subject)
            tx.execute("UPDATE order_usage SET used = ? WHERE order_id = ? AND subject = ?", note)
        else:
            tx.execute("DELETE FROM order_usage WHERE order_id = ? AND subject = ?", (order_id, subject))


def astray(connection: Connection) -> list[str]:
    """The subjects of which another amount is used up than the orders took together."""
    sums: dict[str, Decimal] = {}
    connection.execute("BEGIN")
    try:
        for subject, amount in connection.execute("SELECT subject, used FROM order_usage"):
            sums[subject] = EXACT.add(sums.get(subject, ZERO), Decimal(amount))
        used = {subject: Decimal(amount) for subject, amount in connection.execute("SELECT subject, used FROM usage")}
    finally:
        connection.execute("COMMIT")
    return sorted(subject for subject in sums | used if sums.get(subject, ZERO) != used.get(subject, ZERO))


def _text(values: Sequence[object]) -> str:
    return msgspec.json.encode(values).decode()
