"""What the book's revisions are told of: one message for each, from the change log."""

import msgspec

from listino.core.touched import touched
from listino.db import webhook_messages, webhooks
from listino.db.engine import Connection
from listino.db.webhook_messages import Message

EVENT = "price.changed"
REVISIONS_MAX = 500
_keys_of = msgspec.json.Decoder(tuple[str, ...]).decode


def behind(connection: Connection) -> bool:
    """Whether there are revisions that nobody was told of."""
    cursor = webhooks.price_cursor(connection)
    return cursor is not None and cursor < connection.execute("SELECT revision FROM book").fetchone()[0]


def tell(tx: Connection, now: str) -> bool:
    """Write messages about the revisions that came since; whether there are more. Joins the caller's transaction."""
    cursor = webhooks.price_cursor(tx) or 0
    revision, epoch = tx.execute("SELECT revision, epoch FROM book").fetchone()
    if not webhooks.wanting(tx, [EVENT]):
        webhooks.move_price_cursor(tx, revision)
        return False
    rows = tx.execute(
        "SELECT revision, at, keys FROM change_set WHERE revision > ? ORDER BY revision LIMIT ?",
        (cursor, REVISIONS_MAX),
    ).fetchall()
    messages = [_message(epoch, *row) for row in rows]
    webhook_messages.publish(tx, messages, now)
    webhooks.move_price_cursor(tx, rows[-1][0] if rows else revision)
    return len(rows) == REVISIONS_MAX


def _message(epoch: str, revision: int, at: str, keys: str | None) -> Message:
    of = touched(_keys_of(keys) if keys is not None else None)
    data = {
        "revision": revision,
        "epoch": epoch,
        "items": "many" if of.items is None else of.items,
        "customers": "many" if of.customers is None else of.customers,
    }
    return Message(f"msg_{epoch}_price_{revision}", EVENT, at, data)
