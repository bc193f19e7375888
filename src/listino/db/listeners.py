"""Who listens for a while to what webhooks are told: rows beside the webhooks, which end by themselves."""

from collections.abc import Sequence
from typing import NamedTuple

from listino.db import webhooks
from listino.db.engine import Connection
from listino.db.webhook_messages import DELIVERED, WAITING
from listino.db.webhooks import LISTENING, Webhook

HEARD_AT_ONCE_MAX = 50


class Heard(NamedTuple):
    """A message for one who listens: its place in what this one hears, its id, its event and what it says."""

    place: int
    message: str
    event: str
    body: str


def add(tx: Connection, listener: Webhook, until: str) -> None:
    """Keep somebody who listens until an instant. Joins the caller's transaction."""
    webhooks.add(tx, listener)
    tx.execute("UPDATE webhook SET listens_until = ? WHERE id = ?", (until, listener.id))


def one(connection: Connection, listener_id: str) -> Webhook | None:
    """Who listens under an id; None where nobody does any more."""
    row = connection.execute(
        f"SELECT {webhooks.COLUMNS} FROM webhook WHERE id = ? AND state = ?", (listener_id, LISTENING)
    ).fetchone()
    return webhooks.webhook_of(row) if row is not None else None


def counted(connection: Connection) -> int:
    """How many listen."""
    (count,) = connection.execute("SELECT count(*) FROM webhook WHERE state = ?", (LISTENING,)).fetchone()
    return int(count)


def keep(tx: Connection, listener_id: str, until: str) -> bool:
    """Let one listen on until an instant; False where it is forgotten already. Joins the caller's transaction."""
    changed: int = tx.execute("UPDATE webhook SET listens_until = ? WHERE id = ?", (until, listener_id)).rowcount
    return changed > 0


def heard(connection: Connection, listener_id: str) -> list[Heard]:
    """What one who listens has not heard yet, in order; some of it."""
    rows = connection.execute(
        "SELECT d.id, m.id, m.type, m.body FROM webhook_delivery d JOIN webhook_message m ON m.id = d.message "
        "WHERE d.webhook = ? AND d.state = ? ORDER BY d.id LIMIT ?",
        (listener_id, WAITING, HEARD_AT_ONCE_MAX),
    ).fetchall()
    return [Heard(*row) for row in rows]


def told(tx: Connection, listener_id: str, places: Sequence[int]) -> None:
    """Note what was told. Joins the caller's transaction."""
    tx.executemany(
        "UPDATE webhook_delivery SET state = ? WHERE id = ? AND webhook = ?",
        [(DELIVERED, place, listener_id) for place in places],
    )


def again(tx: Connection, listener_id: str, behind: int) -> None:
    """Have told again what lies behind a place. Joins the caller's transaction."""
    tx.execute("UPDATE webhook_delivery SET state = ? WHERE webhook = ? AND id > ?", (WAITING, listener_id, behind))


def forget(tx: Connection, before: str) -> None:
    """Forget who listens no more since an instant. Joins the caller's transaction."""
    rows = tx.execute("SELECT id FROM webhook WHERE listens_until < ?", (before,)).fetchall()
    for (listener_id,) in rows:
        webhooks.remove(tx, listener_id)
