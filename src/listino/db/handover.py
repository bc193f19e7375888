"""An order on its way into the management system as it is kept: one state, in the order and its task."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from listino.core.handover_state import Handover, Parked, State
from listino.db import people, tasks
from listino.db.engine import Connection
from listino.db.orders import LineRow
from listino.db.tables_work import ERP_TARGET
from listino.db.tasks import PLACE_ORDER, Due, instant, text_of

HELD = "held"
_READ = (
    "SELECT o.id, o.store, o.number, o.customer, o.test, o.handover, o.life, o.erp_number, t.id, t.state, t.due_at, "
    "t.fence, t.lease_until, t.tries, t.failures, t.faults, t.sent_at, t.doubt_until, t.reason, t.text, t.remedy, "
    "t.failed_at FROM orders o LEFT JOIN task t ON t.kind = ? AND t.subject = o.id WHERE o.id = ?"
)


@dataclass(frozen=True, slots=True)
class Underway:
    """An order with its state on the way.

    Shapes:  failed_at: when it last did not go.
    """

    id: str
    store: str
    number: str
    customer: str | None
    test: bool
    state: State
    failed_at: datetime | None = None

    @property
    def key(self) -> str:
        """The key under which the management system holds it, for ever."""
        return f"{self.store}/{self.number}"


def read(tx: Connection, order_id: str) -> Underway | None:
    """An order with its state."""
    row = tx.execute(_READ, (PLACE_ORDER, order_id)).fetchone()
    if row is None:
        return None
    own_id, store, number, customer, test, handover, life, erp_number, task_id, task_state, due_at, fence = row[:12]
    lease_until, tries, failures, faults, sent_at, doubt_until, reason, text, remedy, failed_at = row[12:]
    told = {"held": life == "on_hold", "cancel_wanted": life == "cancelled", "erp_number": erp_number}
    if task_id is None:
        state = State(handover=Handover(handover), **told)
    else:
        is_parked = handover == Handover.PARKED and reason is not None
        state = State(
            handover=Handover(handover),
            due_at=instant(due_at) if task_state == tasks.WAITING else None,
            fence=fence,
            lease_until=instant(lease_until),
            tries=tries,
            failures=failures,
            faults=faults,
            sent_at=instant(sent_at),
            doubt_until=instant(doubt_until),
            parked=Parked(reason, text or "", remedy or "") if is_parked else None,
            **told,
        )
    return Underway(own_id, store, number, customer, bool(test), state, instant(failed_at))


@dataclass(frozen=True, slots=True)
class Event:
    """What is kept with a new state: when it was entered, who holds the order now, and what went wrong."""

    at: datetime
    holder: str | None = None
    failure: str | None = None


def keep(tx: Connection, order: Underway, after: State, event: Event) -> None:
    """Write an order's new state. Joins the caller's transaction."""
    before, parked = order.state, after.parked
    if (after.handover, after.erp_number) != (before.handover, before.erp_number):
        tx.execute(
            "UPDATE orders SET handover = ?, erp_number = ? WHERE id = ?",
            (after.handover.value, after.erp_number, order.id),
        )
    if after.due_at is not None:
        tasks.enqueue(tx, [Due(PLACE_ORDER, ERP_TARGET, order.id, after.due_at, order.customer)])
    state = _task_state(after)
    tx.execute(
        "UPDATE task SET state = ?, lane = ?, due_at = coalesce(?, due_at), fence = ?, lease_until = ?, tries = ?, "
        "failures = ?, faults = ?, sent_at = ?, doubt_until = ?, reason = ?, text = coalesce(?, text), remedy = ?, "
        "holder = coalesce(?, holder), failed_at = ? WHERE kind = ? AND subject = ?",
        (
            state, order.customer if state == tasks.WAITING else None, text_of(after.due_at), after.fence,
            text_of(after.lease_until), after.tries, after.failures, after.faults, text_of(after.sent_at),
            text_of(after.doubt_until), parked.reason if parked else None, parked.text if parked else event.failure,
            parked.remedy if parked else None, event.holder,
            text_of(event.at if after.failures > before.failures else order.failed_at), PLACE_ORDER, order.id,
        ),
    )  # fmt: skip


def parked_of(connection: Connection, order_id: str) -> tuple[Parked, int] | None:
    """Why an order waits for a person, and how often it was tried."""
    row = connection.execute(
        "SELECT reason, text, remedy, tries FROM task WHERE kind = ? AND subject = ? AND state = ?",
        (PLACE_ORDER, order_id, tasks.PARKED),
    ).fetchone()
    return (Parked(row[0], row[1] or "", row[2] or ""), row[3]) if row is not None else None


def _task_state(state: State) -> str:
    if state.due_at is not None:
        return tasks.WAITING
    if state.handover is Handover.PARKED:
        return tasks.PARKED
    return HELD if state.handover is Handover.ACCEPTED else tasks.DONE


@dataclass(frozen=True, slots=True)
class KeptOrder:
    """An order as it is kept, as far as it is to be handed over; JSON as in db.orders."""

    id: str
    store: str
    number: str
    channel: str | None
    customer: str | None
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    ordered_at: datetime
    taken_at: datetime
    message: str
    answer: str
    private: str | None
    lines: tuple[LineRow, ...]


def kept_order(connection: Connection, order_id: str) -> KeptOrder | None:
    """An order with all that the management system is to know."""
    row = connection.execute(
        "SELECT id, store, number, channel, customer, currency, net, tax, gross, ordered_at, taken_at, message, answer "
        "FROM orders WHERE id = ?",
        (order_id,),
    ).fetchone()
    if row is None:
        return None
    lines = connection.execute(
        "SELECT item, quantity, unit, net_price, net, tax, gross FROM order_line WHERE order_id = ? ORDER BY line",
        (order_id,),
    ).fetchall()
    private = connection.execute("SELECT body FROM person WHERE id = ?", (people.order_id_of(order_id),)).fetchone()
    net, tax, gross = (Decimal(amount or "0") for amount in row[6:9])
    ordered_at, taken_at = (datetime.fromisoformat(at) for at in row[9:11])
    own = private[0] if private is not None else None
    own_id, store, number, channel, customer, currency = row[:6]
    return KeptOrder(
        own_id, store, number, channel, customer, currency, net, tax, gross, ordered_at, taken_at, row[11], row[12],
        own, _lines(lines),
    )  # fmt: skip


def _lines(rows: Sequence[tuple[Any, ...]]) -> tuple[LineRow, ...]:
    return tuple(
        LineRow(item, Decimal(quantity), unit, *(None if part is None else Decimal(part) for part in amounts))
        for item, quantity, unit, *amounts in rows
    )
