"""What webhooks are told: messages, written with what they tell of, and how far each is on its way."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from listino.core.webhooks import event_of_step
from listino.db import tasks, webhooks
from listino.db.engine import Connection

DELIVER = "deliver"
# So begins the id of one that listens over a stream.
LISTENER = "ln_"
ROWS_AT_ONCE_MAX = 500
WAITING, DELIVERED, PARKED, ENDED = "waiting", "delivered", "parked", "ended"
_COLUMNS = (
    "d.id, d.webhook, d.message, m.type, m.at, d.state, d.since, d.tries, d.tried_at, d.next_at, d.status, d.text"
)
_FROM = "FROM webhook_delivery d JOIN webhook_message m ON m.id = d.message"
_REASON = re.compile(r"[a-z_]+")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Message:
    """Something that happened, as it is told: ids and codes only. `id` is made of what it tells."""

    id: str
    type: str
    at: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way to one webhook.

    Shapes:  state: waiting, delivered, parked (after three days), ended (its webhook was disabled).
    """

    id: int
    webhook: str
    message: str
    type: str
    at: str
    state: str
    since: str
    tries: int
    tried_at: str | None
    next_at: str | None
    status: int | None
    text: str | None


def publish(tx: Connection, messages: Sequence[Message], now: str) -> None:
    """Write messages down for the webhooks that want them. Joins the caller's transaction."""
    wanted = webhooks.wanting(tx, [message.type for message in messages]) if messages else {}
    for message in messages:
        if message.type in wanted:
            _write(tx, message, wanted[message.type], now)


def steps_entered(tx: Connection, steps: Sequence[tuple[str, int, str, str, str | None]]) -> None:
    """Tell of steps that were written into orders' histories. Joins the caller's transaction.

    Shapes:  (the order's id, the step's number, its state, its instant, its text).
    """
    events = [event_of_step(state, number) for _, number, state, _, _ in steps]
    wanted = webhooks.wanting(tx, [event for event in events if event is not None])
    for event, (order_id, number, state, at, text) in zip(events, steps, strict=True):
        if event is None or event not in wanted:
            continue
        store, order_number, customer, test = tx.execute(
            "SELECT store, number, customer, test FROM orders WHERE id = ?", (order_id,)
        ).fetchone()
        data: dict[str, Any] = {
            "order": order_id,
            "store": store,
            "number": order_number,
            "customer": customer,
            "state": state,
            "test": bool(test),
        }
        if event == "order.held":
            # What a person wrote may name people; reasons of ours are words to program by.
            data["reasons"] = [word for word in (text or "").split(", ") if _REASON.fullmatch(word)]
        _write(tx, Message(f"msg_{order_id}_{number}", event, at, data), wanted[event], at)


def _write(tx: Connection, message: Message, webhook_ids: Sequence[str], now: str) -> None:
    body = _encode({"type": message.type, "timestamp": message.at, "data": message.data}).decode()
    tx.execute(
        "INSERT INTO webhook_message (id, type, at, body) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (message.id, message.type, message.at, body),
    )
    for webhook_id in webhook_ids:
        send(tx, webhook_id, message.id, now)


def send(tx: Connection, webhook_id: str, message_id: str, now: str) -> int:
    """Have a message go to a webhook; the delivery's id. Joins the caller's transaction."""
    (delivery,) = tx.execute(
        "INSERT INTO webhook_delivery (webhook, message, state, since, tries, next_at) VALUES (?, ?, ?, ?, 0, ?) "
        "ON CONFLICT (webhook, message) DO UPDATE SET state = excluded.state, since = excluded.since, tries = 0, "
        "next_at = excluded.next_at, status = NULL, text = NULL RETURNING id",
        (webhook_id, message_id, WAITING, now, now),
    ).fetchone()
    if not webhook_id.startswith(LISTENER):  # Who listens fetches it.
        tasks.enqueue(tx, [tasks.Due(DELIVER, target_of(webhook_id), str(delivery), datetime.fromisoformat(now))])
    return int(delivery)


def send_again(tx: Connection, webhook_id: str, message_id: str, now: str) -> None:
    """Have a message go to a webhook once more, and soon, if it waits. Joins the caller's transaction."""
    delivery = send(tx, webhook_id, message_id, now)
    tasks.hasten(tx, DELIVER, str(delivery), datetime.fromisoformat(now))


def target_of(webhook_id: str) -> str:
    """The name of a webhook among the systems that tasks go to."""
    return f"webhook:{webhook_id}"


def body_of(connection: Connection, message_id: str) -> bytes | None:
    """What a message says, byte for byte as it is signed."""
    row = connection.execute("SELECT body FROM webhook_message WHERE id = ?", (message_id,)).fetchone()
    return str(row[0]).encode() if row is not None else None


def delivery(connection: Connection, delivery_id: int) -> Delivery | None:
    """One delivery."""
    row = connection.execute(f"SELECT {_COLUMNS} {_FROM} WHERE d.id = ?", (delivery_id,)).fetchone()
    return Delivery(*row) if row is not None else None


def deliveries(connection: Connection, webhook_id: str, state: str | None, before: int, limit: int) -> list[Delivery]:
    """The deliveries of a webhook, the newest first, from before an id on."""
    filtered, values = (" AND d.state = ?", (state,)) if state is not None else ("", ())
    rows = connection.execute(
        f"SELECT {_COLUMNS} {_FROM} WHERE d.webhook = ? AND d.id < ?{filtered} ORDER BY d.id DESC LIMIT ?",
        (webhook_id, before, *values, limit),
    ).fetchall()
    return [Delivery(*row) for row in rows]


def counted(connection: Connection, webhook_id: str) -> dict[str, int]:
    """How many deliveries of a webhook there are by state."""
    return dict(
        connection.execute(
            "SELECT state, count(*) FROM webhook_delivery WHERE webhook = ? GROUP BY state ORDER BY state",
            (webhook_id,),
        ).fetchall()
    )


def tried(tx: Connection, delivery_id: int, now: str) -> None:
    """Count a try before it is made. Joins the caller's transaction."""
    tx.execute("UPDATE webhook_delivery SET tries = tries + 1, tried_at = ? WHERE id = ?", (now, delivery_id))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a try: the state that follows, the answer's status and what is said of it, the next try."""

    state: str
    status: int | None
    text: str | None
    next_at: str | None = None


def outcome(tx: Connection, delivery_id: int, of: Outcome) -> None:
    """Note what became of a try. Joins the caller's transaction."""
    tx.execute(
        "UPDATE webhook_delivery SET state = ?, status = ?, text = ?, next_at = ? WHERE id = ?",
        (of.state, of.status, of.text, of.next_at, delivery_id),
    )


def end_waiting(tx: Connection, webhook_id: str, state: str, text: str, since: str) -> None:
    """Let all end in a state that has been on its way to a webhook since an instant. Joins the caller's transaction."""
    ended = tx.execute(
        "UPDATE webhook_delivery SET state = ?, text = ?, next_at = NULL WHERE webhook = ? AND state = ? "
        "AND since <= ? RETURNING id",
        (state, text, webhook_id, WAITING, since),
    ).fetchall()
    subjects = [str(delivery) for (delivery,) in ended]
    for start in range(0, len(subjects), ROWS_AT_ONCE_MAX):
        some = subjects[start : start + ROWS_AT_ONCE_MAX]
        places = ", ".join("?" * len(some))
        tx.execute(
            f"UPDATE task SET state = 'done' WHERE kind = ? AND state = 'waiting' AND lease_until IS NULL "
            f"AND subject IN ({places})",
            (DELIVER, *some),
        )


def between(connection: Connection, start: str, end: str, limit: int) -> list[tuple[str, str]]:
    """The messages from an instant until before another, as (id, type), the oldest first."""
    rows = connection.execute(
        "SELECT id, type FROM webhook_message WHERE at >= ? AND at < ? ORDER BY at, id LIMIT ?", (start, end, limit)
    )
    return [(message, event) for message, event in rows]


def is_kept_since_before(connection: Connection, instant: str) -> bool:
    """Whether there are messages from before an instant that wait for nothing any more."""
    row = connection.execute(
        "SELECT 1 FROM webhook_message m WHERE m.at < ? AND NOT EXISTS "
        "(SELECT 1 FROM webhook_delivery d WHERE d.message = m.id AND d.state = ?) LIMIT 1",
        (instant, WAITING),
    ).fetchone()
    return row is not None


def forget(tx: Connection, before: str) -> None:
    """Forget messages from before an instant that wait for nothing any more. Joins the caller's transaction."""
    old = "SELECT id FROM webhook_message WHERE at < ?"
    tx.execute(f"DELETE FROM webhook_delivery WHERE state <> ? AND message IN ({old})", (WAITING, before))
    tx.execute(
        "DELETE FROM webhook_message WHERE at < ? AND NOT EXISTS "
        "(SELECT 1 FROM webhook_delivery d WHERE d.message = webhook_message.id)",
        (before,),
    )
