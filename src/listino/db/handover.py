"""An order on its way into the management system as it is kept: one state, in the order and its task."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from listino.core.handover_state import Handover, Parked, State
from listino.core.order_key import erp_key
from listino.db import tasks
from listino.db.engine import Connection
from listino.db.tables_work import ERP_TARGET
from listino.db.tasks import PLACE_ORDER, Due, instant, text_of

HELD = "held"
# For so long after a restore stores may send again what it lost, which is looked for before its first try.
SENT_AGAIN_WITHIN = timedelta(days=90)
# The clocks of stores may be wrong by this much.
STORES_DIFFER_MAX = timedelta(days=1)
_READ = (
    "SELECT o.id, o.store, o.number, o.customer, o.test, o.handover, o.life, o.erp_number, t.id, t.state, t.due_at, "
    "t.fence, t.lease_until, t.tries, t.failures, t.faults, t.sent_at, t.doubt_until, t.reason, t.text, t.remedy, "
    "t.failed_at, o.ordered_at, o.taken_at, (SELECT restored_at FROM book) "
    "FROM orders o LEFT JOIN task t ON t.kind = ? AND t.subject = o.id WHERE o.id = ?"
)


@dataclass(frozen=True, slots=True)
class Underway:
    """An order with its state on the way.

    Shapes:  standing: the hand-over that the order's own row tells; failed_at: when it last did not go.
    """

    id: str
    store: str
    number: str
    customer: str | None
    test: bool
    state: State
    standing: Handover
    failed_at: datetime | None = None

    @property
    def key(self) -> str:
        """The key under which the management system holds it, for ever."""
        return erp_key(self.store, self.number)


def read(tx: Connection, order_id: str) -> Underway | None:
    """An order with its state."""
    row = tx.execute(_READ, (PLACE_ORDER, order_id)).fetchone()
    if row is None:
        return None
    own_id, store, number, customer, test, handover, life, erp_number, task_id, task_state, due_at, fence = row[:12]
    lease_until, tries, failures, faults, sent_at, doubt_until, reason, text, remedy, failed_at = row[12:22]
    standing = Handover(handover)
    # What a restore lost is handed in again by the store, and may be in the management system already.
    if not tries and _follows_restore(*row[22:]):
        tries = 1
        handover = Handover.IN_DOUBT if handover == Handover.ACCEPTED and task_state == tasks.WAITING else handover
    told = {"held": life == "on_hold", "cancel_wanted": life == "cancelled", "erp_number": erp_number}
    if task_id is None:
        state = State(handover=standing, tries=tries or 0, **told)
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
    return Underway(own_id, store, number, customer, bool(test), state, standing, instant(failed_at))


def _follows_restore(ordered_at: str, taken_at: str, restored_at: str | None) -> bool:
    """Whether an order may have come, and gone, before a restore: it was ordered before it, and came since."""
    if restored_at is None:
        return False
    ordered, taken, restored = (datetime.fromisoformat(at) for at in (ordered_at, taken_at, restored_at))
    return ordered - restored < STORES_DIFFER_MAX and taken - restored < SENT_AGAIN_WITHIN


@dataclass(frozen=True, slots=True)
class Event:
    """What is kept with a new state: when it was entered, who holds the order now, and what went wrong."""

    at: datetime
    holder: str | None = None
    failure: str | None = None


def keep(tx: Connection, order: Underway, after: State, event: Event) -> None:
    """Write an order's new state. Joins the caller's transaction."""
    before, parked = order.state, after.parked
    if (after.handover, after.erp_number) != (order.standing, before.erp_number):
        tx.execute(
            "UPDATE orders SET handover = ?, erp_number = ? WHERE id = ?",
            (after.handover.value, after.erp_number, order.id),
        )
        tasks.hasten_lane(tx, ERP_TARGET, tasks.lane_of_order(order.id), event.at)
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


def _task_state(state: State) -> str:
    if state.due_at is not None:
        return tasks.WAITING
    if state.handover is Handover.PARKED:
        return tasks.PARKED
    return HELD if state.handover is Handover.ACCEPTED else tasks.DONE
