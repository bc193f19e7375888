"""What a store told of an order that the management system holds goes there too, one after the other."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from listino.core.errors import ErpSaidNo
from listino.core.handover_state import Handover
from listino.core.life import CANCELLED as LIFE_CANCELLED
from listino.core.life import ON_HOLD
from listino.core.order_events import (
    APPLIED,
    BY_HAND,
    CANCELLED,
    CHANGED,
    PAID,
    REFUNDED,
    UNDER_WAY,
    OrderEvent,
)
from listino.db import handover, order_events, order_life, orders, tasks
from listino.db.engine import Connection
from listino.db.handover import Underway
from listino.db.order_events import EventRow
from listino.db.snapshot import stamp
from listino.db.tasks import Task
from listino.flows.desk import Who
from listino.flows.event_effects import Effect, applied
from listino.flows.order_events import event_of
from listino.flows.outside import After, Work, rests
from listino.flows.placing import order_to_place
from listino.flows.taken import Taken
from listino.ports import CancelsOrders, ChangesOrders, Erp, EventToHand, RecordsPayments

# How long an event waits before it is looked again: for its order to be released; for it to be placed, which has it
# looked at once.
WAIT, WAIT_TO_BE_PLACED = timedelta(seconds=15), timedelta(hours=1)
_STILL_TO_COME = frozenset([Handover.ACCEPTED, Handover.IN_DOUBT, Handover.PARKED])
Verb = Callable[[EventToHand], None]


def run(work: Work, task: Task) -> After | datetime:
    """Have the management system follow an event; what it cannot follow is left to a person.

    Its verbs do a thing once, however often they are asked with the same key.
    """
    connection = work.database.read().connection
    row = order_events.by_id(connection, int(task.subject))
    order = handover.read(connection, row.order_id) if row is not None else None
    if row is None or order is None or row.state != UNDER_WAY:
        return rests(work, task, None)
    event = event_of(connection, row)
    if order.state.handover in _STILL_TO_COME or (event.kind == CHANGED and order.state.held):
        work.database.write(partial(_waiting, task=task, order_id=order.id, now=work.clock()))
        return After.UNASKED
    verb, name = _verb(work.erp, event), work.erp.traits.name
    if order.state.handover is not Handover.PLACED:
        here = Effect(APPLIED, "The order was never placed, so that nothing has to follow.")
    elif verb is None:
        here = Effect(BY_HAND, f"{name} does not follow this from here: do it there.")
    else:
        work.database.write(_ending(work, row, event, _followed(work, order, event, verb)))
        return After.DONE
    work.database.write(_ending(work, row, event, here))
    return rests(work, task, None)


def _waiting(tx: Connection, task: Task, order_id: str, now: datetime) -> None:
    """Have an event wait for its order, which may have come to its end meanwhile."""
    order = handover.read(tx, order_id)
    still_to_come = order is not None and order.state.handover in _STILL_TO_COME
    tasks.put_off(tx, task, now + (WAIT_TO_BE_PLACED if still_to_come else WAIT))


def _followed(work: Work, order: Underway, event: OrderEvent, verb: Verb) -> Effect:
    name = work.erp.traits.name
    try:
        verb(_to_hand(work, order, event))
    except ErpSaidNo as error:
        return Effect(BY_HAND, f"{name} refused it: {error.detail} {error.remedy}".strip())
    return Effect(APPLIED, f"{name} has followed.")


def _verb(erp: Erp, event: OrderEvent) -> Verb | None:
    """What of the connector follows an event; None where it has nothing for it, as for parts of an order."""
    if event.kind == CHANGED and isinstance(erp, ChangesOrders):
        return erp.change_order
    if event.kind == CANCELLED and not event.lines and isinstance(erp, CancelsOrders):
        return erp.cancel_order
    if event.kind in {PAID, REFUNDED} and isinstance(erp, RecordsPayments):
        return erp.record_payment
    return None


def _to_hand(work: Work, order: Underway, event: OrderEvent) -> EventToHand:
    found = orders.read(work.database.read().connection, order.id) if event.kind == CHANGED else None
    return EventToHand(
        key=f"{order.key}/{event.key}",
        kind=event.kind,
        order_key=order.key,
        erp_number=order.state.erp_number,
        at=event.at or work.clock(),
        order=order_to_place(found) if found is not None else None,
        payment=event.payment,
        amount=event.money,
        text=event.text,
    )


def _ending(work: Work, row: EventRow, event: OrderEvent, effect: Effect) -> Callable[[Connection], None]:
    """Note what became of an event; what moves goods moves them here too, now that the management system has."""

    def write(tx: Connection) -> None:
        ended, order = effect, order_life.standing(tx, row.order_id)
        assert order is not None
        if effect.state == APPLIED and event.kind == CANCELLED and order.life not in {LIFE_CANCELLED, ON_HOLD}:
            who = Who(row.actor, work.clock(), erp=True)
            here = applied(tx, order, event, (work.database, who, _nothing))
            ended = effect if here.state == APPLIED else here
        order_events.enter(tx, replace(row, state=ended.state, text=ended.text, applied_at=stamp(work.clock())))

    return write


def _nothing(_: Taken) -> bytes:
    """A cancellation changes no answer."""
    return b""
