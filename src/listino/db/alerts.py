"""Alerts: which causes people were told of, and what there is that they should be told of."""

from collections.abc import Sequence
from dataclasses import dataclass

from listino.core.alerts import Cause
from listino.db.engine import Connection

# So many orders of a kind are told of one by one; who has more has one trouble, not thousands.
CAUSES_MAX = 500
# While an order rests between two looks nothing is sent; until when its answer was to come stands all the while.
_DOUBTED_AT = "coalesce(t.doubt_until, t.sent_at, o.taken_at)"
_ORDERS = (
    "SELECT o.id, o.store, o.number, max(s.at) FROM orders o JOIN order_step s ON s.order_id = o.id AND s.state = ? "
    "WHERE o.handover = ? AND o.test = 0{more} GROUP BY o.id, o.store, o.number HAVING max(s.at) <= ? "
    "ORDER BY o.id LIMIT ?"
)


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it was told; `over_at` is when it was told to be over."""

    id: int
    kind: str
    subject: str
    text: str
    since: str
    raised_at: str
    over_at: str | None


def parked(connection: Connection, before: str) -> list[Cause]:
    """Orders that have been parked since before an instant."""
    rows = connection.execute(_ORDERS.format(more=""), ("parked", "parked", before, CAUSES_MAX))
    return [
        Cause("order_parked", order_id, f"Order {store}/{number} is parked ({order_id}).", since)
        for order_id, store, number, since in rows
    ]


def held(connection: Connection, before: str) -> list[Cause]:
    """Orders that have been held since before an instant."""
    rows = connection.execute(
        _ORDERS.format(more=" AND o.life = 'on_hold'"), ("on_hold", "accepted", before, CAUSES_MAX)
    )
    return [
        Cause("order_held", order_id, f"Order {store}/{number} is held ({order_id}).", since)
        for order_id, store, number, since in rows
    ]


def unconfirmed(connection: Connection, before: str) -> list[Cause]:
    """Orders of which nobody has known since before an instant whether the management system has them."""
    rows = connection.execute(
        f"SELECT o.id, o.store, o.number, {_DOUBTED_AT} FROM orders o "
        "LEFT JOIN task t ON t.kind = 'place_order' AND t.subject = o.id "
        f"WHERE o.handover = 'in_doubt' AND o.test = 0 AND {_DOUBTED_AT} <= ? ORDER BY o.id LIMIT ?",
        (before, CAUSES_MAX),
    )
    return [
        Cause("order_unconfirmed", order_id, f"Order {store}/{number} is unconfirmed ({order_id}).", since)
        for order_id, store, number, since in rows
    ]


def targets_down(connection: Connection, before: str) -> list[Cause]:
    """Systems other than webhooks that have not answered since before an instant."""
    rows = connection.execute(
        "SELECT name, down_since FROM target WHERE down_since IS NOT NULL AND down_since <= ? ORDER BY name", (before,)
    )
    return [
        Cause("erp_down", name, f"{name} does not answer.", since)
        for name, since in rows
        if not name.startswith(("webhook:", "mail"))
    ]


def mirrors_late(connection: Connection, before: str) -> list[Cause]:
    """Mirrors whose book was last as its system says before an instant; one that runs by hand alone is never late."""
    rows = connection.execute(
        "SELECT source, coalesce(kept_at, begun_at) FROM mirror_source WHERE coalesce(kept_at, begun_at) <= ? "
        "AND EXISTS (SELECT 1 FROM task WHERE kind = 'mirror' AND state = 'waiting') ORDER BY source",
        (before,),
    )
    return [Cause("mirror_late", source, f"The mirror of {source} is behind.", since) for source, since in rows]


def webhooks_failing(connection: Connection) -> list[Cause]:
    """Webhooks to which a message was given up, or that were ended by their receiver."""
    rows = connection.execute(
        "SELECT id, state, failing_since FROM webhook WHERE failing_since IS NOT NULL ORDER BY id"
    )
    return [
        Cause("webhook_failing", webhook_id, f"The webhook {webhook_id} is {state}.", since)
        for webhook_id, state, since in rows
    ]


def open_now(connection: Connection) -> list[Alert]:
    """The alerts that are not over, the oldest first."""
    return _rows(connection, "over_at IS NULL", (), 10 * CAUSES_MAX)


def listed(connection: Connection, before: int, limit: int, *, is_open: bool | None) -> list[Alert]:
    """Alerts from before an id on, the newest first: all, or those that are open or over."""
    state = {None: "", True: " AND over_at IS NULL", False: " AND over_at IS NOT NULL"}[is_open]
    rows = connection.execute(
        f"SELECT id, kind, subject, text, since, raised_at, over_at FROM alert WHERE id < ?{state} "
        "ORDER BY id DESC LIMIT ?",
        (before, limit),
    )
    return [Alert(*row) for row in rows]


def _rows(connection: Connection, where: str, values: tuple[str, ...], limit: int) -> list[Alert]:
    rows = connection.execute(
        f"SELECT id, kind, subject, text, since, raised_at, over_at FROM alert WHERE {where} ORDER BY id LIMIT ?",
        (*values, limit),
    )
    return [Alert(*row) for row in rows]


def keep(tx: Connection, raised: Sequence[Cause], over: Sequence[Cause], now: str) -> None:
    """Note what is told now. Joins the caller's transaction."""
    for cause in raised:
        tx.execute(
            "INSERT INTO alert (kind, subject, text, since, raised_at) VALUES (?, ?, ?, ?, ?)",
            (cause.kind, cause.subject, cause.text, cause.since, now),
        )
    for cause in over:
        tx.execute(
            "UPDATE alert SET over_at = ? WHERE kind = ? AND subject = ? AND over_at IS NULL",
            (now, cause.kind, cause.subject),
        )


def write_letter(tx: Connection, now: str, subject: str, body: str) -> int:
    """Keep a letter until it is sent. Joins the caller's transaction."""
    (letter_id,) = tx.execute(
        "INSERT INTO alert_letter (at, subject, body) VALUES (?, ?, ?) RETURNING id", (now, subject, body)
    ).fetchone()
    return int(letter_id)


def letter(connection: Connection, letter_id: int) -> tuple[str, str] | None:
    """The subject and the text of a letter that waits."""
    row = connection.execute("SELECT subject, body FROM alert_letter WHERE id = ?", (letter_id,)).fetchone()
    return (row[0], row[1]) if row is not None else None


def letter_sent(tx: Connection, letter_id: int) -> None:
    """Forget a letter. Joins the caller's transaction."""
    tx.execute("DELETE FROM alert_letter WHERE id = ?", (letter_id,))
