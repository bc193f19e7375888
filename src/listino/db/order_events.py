"""What stores told of orders after they were placed: kept by key, applied in the store's sequence."""

from dataclasses import astuple, dataclass, replace

from listino.db.engine import Connection

_COLUMNS = (
    "id, order_id, key, fingerprint, kind, sequence, follows, state, at, received_at, applied_at, actor, text, body, "
    "answer"
)


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as it is kept: `text` is ours, `body` JSON in codes and amounts, `answer` the first that was given."""

    id: int | None
    order_id: str
    key: str
    fingerprint: str
    kind: str
    sequence: int | None
    follows: int | None
    state: str
    at: str
    received_at: str
    applied_at: str | None
    actor: str
    text: str | None
    body: str
    answer: str


def add(tx: Connection, event: EventRow) -> EventRow:
    """Keep an event; with its id. Joins the caller's transaction."""
    names = _COLUMNS.partition(", ")[2]
    sql = f"INSERT INTO order_event ({names}) VALUES ({', '.join('?' * 14)}) RETURNING id"
    (event_id,) = tx.execute(sql, astuple(event)[1:]).fetchone()
    return replace(event, id=event_id)


def under(connection: Connection, order_id: str, key: str) -> EventRow | None:
    """The event of an order that came under a key."""
    return _one(connection, "order_id = ? AND key = ?", (order_id, key))


def numbered(connection: Connection, order_id: str, sequence: int) -> EventRow | None:
    """The event of an order that has a number of its store."""
    return _one(connection, "order_id = ? AND sequence = ?", (order_id, sequence))


def by_id(connection: Connection, event_id: int) -> EventRow | None:
    """An event."""
    return _one(connection, "id = ?", (event_id,))


def _one(connection: Connection, where: str, values: tuple[object, ...]) -> EventRow | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM order_event WHERE {where}", values).fetchone()
    return None if row is None else EventRow(*row)


def of_order(connection: Connection, order_id: str) -> tuple[EventRow, ...]:
    """The events of an order as they came."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM order_event WHERE order_id = ? ORDER BY id", (order_id,))
    return tuple(EventRow(*row) for row in rows.fetchall())


def enter(tx: Connection, event: EventRow) -> None:
    """Write how an event fares. Joins the caller's transaction."""
    tx.execute(
        "UPDATE order_event SET state = ?, applied_at = ?, text = ?, answer = ? WHERE id = ?",
        (event.state, event.applied_at, event.text, event.answer, event.id),
    )
