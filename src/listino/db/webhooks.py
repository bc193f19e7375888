"""Webhooks: who is told of what, and where to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from listino.core.webhooks import Key, wants
from listino.db.engine import Connection

ACTIVE, PAUSED, FAILING, DISABLED = "active", "paused", "failing", "disabled"
# Listens over a stream for a while: it is told the same, and called nowhere (`db.listeners`).
LISTENING = "listening"
COLUMNS = "id, url, events, description, state, secrets, created_at, failing_since, text"
_encode = msgspec.json.Encoder().encode
_events_of = msgspec.json.Decoder(tuple[str, ...]).decode
_keys_of = msgspec.json.Decoder(tuple[Key, ...]).decode


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as it is kept; `keys` are its secrets, the newest first.

    Shapes:  state: active, paused (by a person), failing (a message was given up), disabled (it answered 410).
    """

    id: str
    url: str
    events: tuple[str, ...]
    description: str | None
    state: str
    keys: tuple[Key, ...]
    created_at: str
    failing_since: str | None = None
    text: str | None = None


def add(tx: Connection, webhook: Webhook) -> None:
    """Keep a new webhook. Joins the caller's transaction."""
    places = ", ".join("?" * len(COLUMNS.split(", ")))
    tx.execute(f"INSERT INTO webhook ({COLUMNS}) VALUES ({places})", _row(webhook))


def replace(tx: Connection, webhook: Webhook) -> None:
    """Keep a webhook as it is now. Joins the caller's transaction."""
    own_id, *values = _row(webhook)
    names = ", ".join(f"{name} = ?" for name in COLUMNS.split(", ")[1:])
    tx.execute(f"UPDATE webhook SET {names} WHERE id = ?", (*values, own_id))


def remove(tx: Connection, webhook_id: str) -> None:
    """Forget a webhook and all its deliveries; their tasks find nothing to do. Joins the caller's transaction."""
    tx.execute("DELETE FROM webhook_delivery WHERE webhook = ?", (webhook_id,))
    tx.execute("DELETE FROM webhook WHERE id = ?", (webhook_id,))


def one(connection: Connection, webhook_id: str) -> Webhook | None:
    """A webhook."""
    row = connection.execute(
        f"SELECT {COLUMNS} FROM webhook WHERE id = ? AND state <> ?", (webhook_id, LISTENING)
    ).fetchone()
    return webhook_of(row) if row is not None else None


def every(connection: Connection) -> list[Webhook]:
    """All webhooks, the oldest first."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM webhook WHERE state <> ? ORDER BY created_at, id", (LISTENING,)
    ).fetchall()
    return [webhook_of(row) for row in rows]


def is_anybody(connection: Connection) -> bool:
    """Whether there is a webhook or a listener."""
    return connection.execute("SELECT 1 FROM webhook LIMIT 1").fetchone() is not None


def wanting(connection: Connection, events: Sequence[str]) -> dict[str, list[str]]:
    """Who wants which of these events: by event the ids of webhooks. Paused and disabled ones are told nothing."""
    rows = connection.execute(
        "SELECT id, events FROM webhook WHERE state IN ('active', 'failing', 'listening')"
    ).fetchall()
    if not rows:
        return {}
    told = [(webhook_id, _events_of(subscribed)) for webhook_id, subscribed in rows]
    found = {event: [own_id for own_id, subscribed in told if wants(subscribed, event)] for event in {*events}}
    return {event: ids for event, ids in found.items() if ids}


def fails(tx: Connection, webhook_id: str, now: str, text: str) -> None:
    """Mark a webhook to which a message was given up. Joins the caller's transaction."""
    tx.execute(
        "UPDATE webhook SET state = 'failing', failing_since = coalesce(failing_since, ?), text = ? "
        "WHERE id = ? AND state IN ('active', 'failing')",
        (now, text, webhook_id),
    )


def works(tx: Connection, webhook_id: str) -> None:
    """A webhook has taken a message: it does not fail any more. Joins the caller's transaction."""
    tx.execute(
        "UPDATE webhook SET state = 'active', failing_since = NULL, text = NULL WHERE id = ? AND state = 'failing'",
        (webhook_id,),
    )


def disable(tx: Connection, webhook_id: str, now: str, text: str) -> None:
    """End a webhook whose receiver said so. Joins the caller's transaction."""
    tx.execute(
        "UPDATE webhook SET state = 'disabled', failing_since = coalesce(failing_since, ?), text = ? WHERE id = ?",
        (now, text, webhook_id),
    )


def price_cursor(connection: Connection) -> int | None:
    """Up to which revision the messages about prices are written."""
    row = connection.execute("SELECT revision FROM webhook_cursor WHERE name = 'prices'").fetchone()
    return int(row[0]) if row is not None else None


def move_price_cursor(tx: Connection, revision: int) -> None:
    """Note up to which revision the messages about prices are written. Joins the caller's transaction."""
    tx.execute(
        "INSERT INTO webhook_cursor (name, revision) VALUES ('prices', ?) "
        "ON CONFLICT (name) DO UPDATE SET revision = excluded.revision",
        (revision,),
    )


def _row(webhook: Webhook) -> tuple[Any, ...]:
    return (
        webhook.id, webhook.url, _encode(webhook.events).decode(), webhook.description, webhook.state,
        _encode(webhook.keys).decode(), webhook.created_at, webhook.failing_since, webhook.text,
    )  # fmt: skip


def webhook_of(row: tuple[Any, ...]) -> Webhook:
    """A webhook of its columns."""
    own_id, url, events, description, state, keys, *rest = row
    return Webhook(own_id, url, _events_of(events), description, state, _keys_of(keys), *rest)
