"""Where an order stands: its states, how far its lines are, and the steps that led there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from listino.core.errors import DifferentContent, Fault
from listino.core.life import LineNow
from listino.core.money import plain
from listino.core.order_key import parts_of
from listino.db import webhook_messages
from listino.db.engine import Connection


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step in an order's life: into which state, when, by whom and why."""

    state: str
    at: str
    actor: str
    text: str | None


@dataclass(frozen=True, slots=True)
class LineKept:
    """A line of an order, and how far it is.

    Units:   own_quantity is all of it in the item's own unit; None where that is not known.
    """

    item: str
    own_quantity: Decimal | None
    now: LineNow


@dataclass(frozen=True, slots=True)
class Standing:
    """An order as far as a step of its life asks for it."""

    id: str
    store: str
    number: str
    test: bool
    customer: str | None
    currency: str
    handover: str
    life: str
    answer: str
    lines: tuple[LineKept, ...]


def standing(connection: Connection, order_id: str) -> Standing | None:
    """Where an order stands now."""
    row = connection.execute(
        "SELECT id, store, number, test, customer, currency, handover, life, answer FROM orders WHERE id = ?",
        (order_id,),
    ).fetchone()
    if row is None:
        return None
    own_id, store, number, test, *told = row
    return Standing(*(own_id, store, number, bool(test), *told, lines_of(connection, order_id)))


def standing_under(connection: Connection, key: str) -> tuple[str, str, str] | None:
    """(id, hand-over, life) of the order that has this key in a management system: store/number."""
    row = connection.execute(
        "SELECT id, handover, life FROM orders WHERE store = ? AND number = ? AND test = 0", parts_of(key)
    ).fetchone()
    return (row[0], row[1], row[2]) if row is not None else None


def lines_of(connection: Connection, order_id: str) -> tuple[LineKept, ...]:
    """The lines of an order in their order, and how far each is."""
    rows = connection.execute(
        "SELECT item, own_quantity, quantity, shipped, returned, cancelled FROM order_line WHERE order_id = ? "
        "ORDER BY line",
        (order_id,),
    ).fetchall()
    return tuple(
        LineKept(item, None if own is None else Decimal(own), LineNow(*(Decimal(part or "0") for part in parts)))
        for item, own, *parts in rows
    )


def enter(tx: Connection, order_id: str, handover: str, life: str) -> None:
    """Write which states an order is in. Joins the caller's transaction."""
    tx.execute("UPDATE orders SET handover = ?, life = ? WHERE id = ?", (handover, life, order_id))


def number_there(tx: Connection, order_id: str, number: str) -> None:
    """Keep an order's number in the management system, where it is another. Joins the caller's transaction."""
    tx.execute(
        "UPDATE orders SET erp_number = ? WHERE id = ? AND (erp_number IS NULL OR erp_number <> ?)",
        (number, order_id, number),
    )


def keep_lines(tx: Connection, order_id: str, lines: Mapping[int, LineNow]) -> None:
    """Write how far lines are, by place from 0 on. Joins the caller's transaction."""
    for place, line in lines.items():
        tx.execute(
            "UPDATE order_line SET shipped = ?, returned = ?, cancelled = ? WHERE order_id = ? AND line = ?",
            (plain(line.shipped), plain(line.returned), plain(line.cancelled), order_id, place + 1),
        )


def add_steps(tx: Connection, order_id: str, steps: Sequence[StepRow]) -> None:
    """Add to an order's history. Joins the caller's transaction."""
    (last,) = tx.execute("SELECT max(step) FROM order_step WHERE order_id = ?", (order_id,)).fetchone()
    numbered = list(enumerate(steps, (last or 0) + 1))
    for number, step in numbered:
        tx.execute(
            "INSERT INTO order_step (order_id, step, state, at, actor, text) VALUES (?, ?, ?, ?, ?, ?)",
            (order_id, number, step.state, step.at, step.actor, step.text),
        )
    webhook_messages.steps_entered(
        tx, [(order_id, number, step.state, step.at, step.text) for number, step in numbered]
    )


def is_repeat(tx: Connection, order_id: str, digest: bytes, fingerprint: bytes) -> bool:
    """Whether something was asked of an order under this key before; it is from now on. Joins the transaction.

    Errors:  DifferentContent where something else was asked under it.
    """
    row = tx.execute("SELECT fingerprint FROM order_key WHERE digest = ?", (digest,)).fetchone()
    if row is None:
        tx.execute(
            "INSERT INTO order_key (digest, order_id, fingerprint) VALUES (?, ?, ?)", (digest, order_id, fingerprint)
        )
        return False
    if row[0] != fingerprint:
        text = "This key came before with other content."
        remedy = "Send another key for another step, or the first content again."
        raise DifferentContent("different_content", text, (Fault("key", "different_content", text, remedy),))
    return True
