"""Orders: taken in one transaction with their lines, their people and their keys; read back whole."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from listino.core.errors import DifferentContent, Fault
from listino.core.reservations import Reservation
from listino.db import ledger, people, stock, tasks, webhook_messages
from listino.db.conservation import count_taken
from listino.db.engine import Connection
from listino.db.ledger import Lacking as Lacking
from listino.db.order_events import EventRow, of_order
from listino.db.order_life import LineKept, lines_of
from listino.db.order_life import StepRow as StepRow
from listino.db.stock import Need
from listino.db.tables_work import ERP_TARGET
from listino.db.tasks import Due, Parked


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
    own_quantity: Decimal | None = None


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


def _insert(table: str, columns: str, otherwise: str = "") -> str:
    """A statement that inserts the rows of a JSON array of arrays; `x:hex` is a binary column, `x:int` of numbers.

    One statement for all orders of a commit: each single one would have the writing thread and the
    answering one hand Python's lock to and fro.
    """
    names = columns.split()
    values = [f"json_extract(value, '$[{place}]')" for place in range(len(names))]
    forms = {"hex": "unhex({})", "int": "CAST({} AS BIGINT)", "": "{}"}
    values = [forms[name.partition(":")[2]].format(value) for name, value in zip(names, values, strict=True)]
    plain_names = ", ".join(name.partition(":")[0] for name in names)
    return f"INSERT INTO {table} ({plain_names}) SELECT {', '.join(values)} FROM json_each(?){otherwise}"


_ORDERS = _insert(
    "orders",
    "id store number test:int channel customer currency net tax gross handover life erp_number ordered_at taken_at "
    "revision:int message answer",
)
_LINES = _insert("order_line", "order_id line:int item quantity unit net_price net tax gross own_quantity")
_STEPS = _insert("order_step", "order_id step:int state at actor text")
_PEOPLE = _insert("person", "id customer body")
_KEYS = _insert("order_key", "digest:hex order_id fingerprint:hex", " WHERE true ON CONFLICT DO NOTHING")
_KNOWN = "SELECT digest, order_id, fingerprint FROM order_key WHERE digest IN (SELECT unhex(value) FROM json_each(?))"
_encode = msgspec.json.Encoder(decimal_format="string").encode


@dataclass(frozen=True, slots=True)
class Offered:
    """An order that is to be kept, under its keys: hashes of what the caller and the store call it.

    Shapes:  reservations: what it takes of caps, contracts and its quote; lacking: what becomes of it where
             there is not enough left (NOTHING: it is not written); held: the order as it is to be kept else,
             by the reasons; needs: what it takes of the stock.
    """

    order: OrderRow
    digests: tuple[bytes, ...]
    fingerprint: bytes
    reservations: tuple[Reservation, ...] = ()
    lacking: Lacking = Lacking.LEAVE
    held: Callable[[tuple[str, ...]], OrderRow] | None = None
    needs: tuple[Need, ...] = ()


def take_all(tx: Connection, offered: Sequence[Offered]) -> list[tuple[str, bool] | DifferentContent | None]:
    """Keep orders, or find that they were kept: for each its id, and whether it is new and as it was offered.

    Joins the caller's transaction. An order whose key came before with other content is not written;
    its error stands in its place. Nor is one that lacks what it needs and takes nothing then: None.
    """
    asked = [digest.hex() for one in offered for digest in one.digests]
    known = {digest: (order, fingerprint) for digest, order, fingerprint in tx.execute(_KNOWN, (_text(asked),))}
    outcomes: list[tuple[str, tuple[str, bool] | DifferentContent]] = []
    fresh: list[Offered] = []
    keys: list[tuple[str, str, str]] = []
    for one in offered:
        before = next((known[digest] for digest in one.digests if digest in known), None)
        order_id = before[0] if before is not None else one.order.id
        if before is not None and before[1] != one.fingerprint:
            outcomes.append((order_id, _different(order_id)))
            continue
        outcomes.append((order_id, (order_id, before is None)))
        if before is None:
            fresh.append(one)
        keys += [(digest.hex(), order_id, one.fingerprint.hex()) for digest in one.digests if digest not in known]
        known.update((digest, (order_id, one.fingerprint)) for digest in one.digests if digest not in known)
    otherwise = _reserve(tx, fresh)
    rows = [row for one in fresh if (row := otherwise.get(one.order.id, one.order)) is not None]
    # What was found to be kept by an order that is not kept after all is not kept either.
    gone = {order_id for order_id, row in otherwise.items() if row is None}
    keys = [key for key in keys if key[1] not in gone]
    if keys:
        tx.execute(_KEYS, (_text(keys),))
    if rows:
        _write(tx, rows)
        count_taken(tx, sum(not row.test for row in rows))
    return [None if order_id in gone else _answered(found, otherwise) for order_id, found in outcomes]


def _answered(
    found: tuple[str, bool] | DifferentContent, otherwise: Mapping[str, OrderRow | None]
) -> tuple[str, bool] | DifferentContent:
    return found if isinstance(found, Exception) else (found[0], found[1] and found[0] not in otherwise)


def _reserve(tx: Connection, fresh: Sequence[Offered]) -> dict[str, OrderRow | None]:
    """Take what new orders need of ledger and stock, in their order; by id those for which there is not enough left.

    They are to be kept as held, or not to be written: None.
    """
    needing = [one for one in fresh if one.reservations]
    reasons, unwritten = ledger.reserve(tx, [(one.order.id, one.reservations, one.lacking) for one in needing])
    stocked = [(one.order.id, one.needs) for one in fresh if one.needs and one.order.id not in unwritten]
    short = stock.reserve_all(tx, stocked) if stocked else set()
    otherwise: dict[str, OrderRow | None] = {}
    for one in fresh:
        order_id = one.order.id
        if order_id in unwritten:
            otherwise[order_id] = None
        elif (order_id in reasons or order_id in short) and one.held is not None:
            otherwise[order_id] = one.held((*reasons.get(order_id, ()), *(("stock",) if order_id in short else ())))
    return otherwise


def _different(order_id: str) -> DifferentContent:
    text = f"The key of this order came before with other content, as order {order_id}."
    remedy = "Send another key and number for another order, or the first content again."
    return DifferentContent("different_content", text, (Fault("key", "different_content", text, remedy),))


def _write(tx: Connection, fresh: Sequence[OrderRow]) -> None:
    rows = [
        (
            one.id, one.store, one.number, int(one.test), one.channel, one.customer, one.currency, one.net, one.tax,
            one.gross, one.handover, one.life, one.erp_number, one.ordered_at, one.taken_at, one.revision, one.message,
            one.answer,
        )
        for one in fresh
    ]  # fmt: skip
    lines = [
        (
            one.id, place, line.item, line.quantity, line.unit, line.net_price, line.net, line.tax, line.gross,
            line.own_quantity,
        )
        for one in fresh
        for place, line in enumerate(one.lines, 1)
    ]  # fmt: skip
    steps = [
        (one.id, place, step.state, step.at, step.actor, step.text)
        for one in fresh
        for place, step in enumerate(one.steps, 1)
    ]
    private = [(people.order_id_of(one.id), one.customer, one.private) for one in fresh]
    for statement, values in ((_ORDERS, rows), (_LINES, lines), (_STEPS, steps), (_PEOPLE, private)):
        tx.execute(statement, (_text(values),))
    # What is neither placed nor held is to be handed over: in this very transaction it becomes due.
    tasks.enqueue(tx, [
        Due(tasks.PLACE_ORDER, ERP_TARGET, one.id, datetime.fromisoformat(one.taken_at), one.customer)
        for one in fresh
        if one.handover == "accepted" and one.life != "on_hold" and not one.test
    ])  # fmt: skip
    webhook_messages.steps_entered(tx, [(order, place, state, at, why) for order, place, state, at, _, why in steps])


def _text(values: Sequence[Any]) -> str:
    return _encode(values).decode()


@dataclass(frozen=True, slots=True)
class OrderRead:
    """An order as it stands now: its state, its steps, how far its lines are, and (unless erased) what is personal.

    Shapes:  first_answer is what was answered first, where the answer that tells the order is another by now;
             parked: why it waits for a person, where it is parked.
    """

    id: str
    store: str
    number: str
    handover: str
    life: str
    erp_number: str | None
    message: str
    answer: str
    first_answer: str | None
    private: str | None
    steps: tuple[StepRow, ...]
    lines: tuple[LineKept, ...]
    events: tuple[EventRow, ...]
    parked: Parked | None = None


_READ = "SELECT id, store, number, handover, life, erp_number, message, answer, first_answer FROM orders"


def read(connection: Connection, order_id: str) -> OrderRead | None:
    """One order."""
    row = connection.execute(f"{_READ} WHERE id = ?", (order_id,)).fetchone()
    return _whole(connection, row) if row is not None else None


def listed(connection: Connection, filters: dict[str, str], after: str, limit: int) -> list[OrderRead]:
    """Orders from behind an id on, oldest first, by store, number, hand-over, life, customer or how events fare."""
    names: tuple[str, ...] = ("store", "number", "handover", "life", "customer")
    wanted = [(name, filters[name]) for name in names if name in filters]
    where = "".join(f" AND {name} = ?" for name, _ in wanted)
    if "events" in filters:
        wanted.append(("events", filters["events"]))
        where += " AND EXISTS (SELECT 1 FROM order_event e WHERE e.order_id = orders.id AND e.state = ?)"
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
    history = tuple(StepRow(*step) for step in steps)
    parked = tasks.parked(connection, tasks.PLACE_ORDER, row[0]) if row[3] == "parked" else None
    lines, events = lines_of(connection, row[0]), of_order(connection, row[0])
    return OrderRead(*(*row, personal, history, lines, events, parked))


def id_under(connection: Connection, digests: Sequence[bytes]) -> str | None:
    """The id of the order that is known under one of these hashes of its keys, the first that is."""
    rows = connection.execute(_KNOWN, (_text([digest.hex() for digest in digests]),)).fetchall()
    known = {bytes(digest): order_id for digest, order_id, _ in rows}
    return next((known[digest] for digest in digests if digest in known), None)


def id_of(connection: Connection, store: str, number: str, *, test: bool) -> str | None:
    """The id of an order by its store and number."""
    row = connection.execute(
        "SELECT id FROM orders WHERE store = ? AND number = ? AND test = ?", (store, number, int(test))
    ).fetchone()
    return None if row is None else row[0]


def count_of_store(connection: Connection, store: str) -> int:
    """How many orders a store has handed in."""
    found: int = connection.execute("SELECT count(*) FROM orders WHERE store = ?", (store,)).fetchone()[0]
    return found
