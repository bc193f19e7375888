"""Orders: taken in one transaction with their lines, their people and their keys; read back whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from listino.core.errors import DifferentContent, Fault
from listino.db import people
from listino.db.engine import Connection


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of an order, in codes and amounts."""

    item: str
    quantity: Decimal
    unit: str | None
    net_price: Decimal | None
    net: Decimal | None
    tax: Decimal | None
    gross: Decimal | None


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step in an order's life: into which state, when, by whom and why."""

    state: str
    at: str
    actor: str
    text: str | None


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order as it is kept; `message` and `answer` are JSON in codes and amounts, `private` is personal."""

    id: str
    store: str
    number: str
    test: bool
    channel: str | None
    customer: str | None
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    handover: str
    life: str
    erp_number: str | None
    ordered_at: str
    taken_at: str
    revision: int
    message: str
    answer: str
    private: str
    lines: tuple[LineRow, ...]
    steps: tuple[StepRow, ...]


_INSERT = (
    "INSERT INTO orders (id, store, number, test, channel, customer, currency, net, tax, gross, handover, life, "
    "erp_number, ordered_at, taken_at, revision, message, answer) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)


def found_by_keys(connection: Connection, digests: Sequence[bytes], fingerprint: bytes) -> str | None:
    """The order that came before under one of these keys, or None.

    Errors:  DifferentContent when it came with other content.
    """
    for digest in digests:
        row = connection.execute("SELECT order_id, fingerprint FROM order_key WHERE digest = ?", (digest,)).fetchone()
        if row is not None:
            if row[1] != fingerprint:
                text = f"The key of this order came before with other content, as order {row[0]}."
                remedy = "Send another key and number for another order, or the first content again."
                raise DifferentContent("different_content", text, (Fault("key", "different_content", text, remedy),))
            return str(row[0])
    return None


def take(tx: Connection, order: OrderRow, digests: Sequence[bytes], fingerprint: bytes) -> tuple[str, bool]:
    """Keep an order, or find that it was kept: its id, and whether it is new. Joins the caller's transaction.

    Errors:  DifferentContent when one of its keys came before with other content.
    """
    known = found_by_keys(tx, digests, fingerprint)
    tx.executemany(
        "INSERT OR IGNORE INTO order_key (digest, order_id, fingerprint) VALUES (?, ?, ?)",
        [(digest, known or order.id, fingerprint) for digest in digests],
    )
    if known is not None:
        return known, False
    tx.execute(
        _INSERT,
        (
            order.id, order.store, order.number, order.test, order.channel, order.customer, order.currency,
            str(order.net), str(order.tax), str(order.gross), order.handover, order.life, order.erp_number,
            order.ordered_at, order.taken_at, order.revision, order.message, order.answer,
        ),
    )  # fmt: skip
    tx.executemany(
        "INSERT INTO order_line (order_id, line, item, quantity, unit, net_price, net, tax, gross) "
        "VALUES (?,?,?,?,?,?,?,?,?)",
        [
            (order.id, number, line.item, str(line.quantity), line.unit, *map(_text, _amounts(line)))
            for number, line in enumerate(order.lines, 1)
        ],
    )
    tx.executemany(
        "INSERT INTO order_step (order_id, step, state, at, actor, text) VALUES (?,?,?,?,?,?)",
        [(order.id, number, step.state, step.at, step.actor, step.text) for number, step in enumerate(order.steps, 1)],
    )
    tx.execute(
        "INSERT INTO person (id, customer, body) VALUES (?, ?, ?)",
        (people.order_id_of(order.id), order.customer, order.private),
    )
    return order.id, True


def _amounts(line: LineRow) -> tuple[Decimal | None, ...]:
    return (line.net_price, line.net, line.tax, line.gross)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class OrderRead:
    """An order as it stands now: its first answer, its state, its steps, and (unless erased) what is personal."""

    id: str
    store: str
    number: str
    handover: str
    life: str
    erp_number: str | None
    message: str
    answer: str
    private: str | None
    steps: tuple[StepRow, ...]


_READ = "SELECT id, store, number, handover, life, erp_number, message, answer FROM orders"


def read(connection: Connection, order_id: str) -> OrderRead | None:
    """One order."""
    row = connection.execute(f"{_READ} WHERE id = ?", (order_id,)).fetchone()
    return _whole(connection, row) if row is not None else None


def listed(connection: Connection, filters: dict[str, str], after: str, limit: int) -> list[OrderRead]:
    """Orders from behind an id on, oldest first, filtered by store, number, hand-over, life or customer."""
    wanted = [(name, filters[name]) for name in ("store", "number", "handover", "life", "customer") if name in filters]
    where = "".join(f" AND {name} = ?" for name, _ in wanted)
    rows = connection.execute(
        f"{_READ} WHERE id > ?{where} ORDER BY id LIMIT ?",
        (after, *(value for _, value in wanted), limit),
    ).fetchall()
    return [_whole(connection, row) for row in rows]


def newest(connection: Connection, limit: int) -> list[OrderRead]:
    """The orders that were taken last, the newest first."""
    rows = connection.execute(f"{_READ} ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
    return [_whole(connection, row) for row in rows]


def _whole(connection: Connection, row: tuple[Any, ...]) -> OrderRead:
    private = connection.execute("SELECT body FROM person WHERE id = ?", (people.order_id_of(row[0]),)).fetchone()
    steps = connection.execute(
        "SELECT state, at, actor, text FROM order_step WHERE order_id = ? ORDER BY step", (row[0],)
    ).fetchall()
    personal = private[0] if private is not None else None
    return OrderRead(*(*row, personal, tuple(StepRow(*step) for step in steps)))


def count_by_handover(connection: Connection) -> dict[str, int]:
    """How many orders there are by hand-over."""
    return dict(connection.execute("SELECT handover, count(*) FROM orders GROUP BY handover ORDER BY handover"))
