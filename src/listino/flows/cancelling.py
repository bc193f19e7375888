"""An order that was cancelled here and stands in the management system all the same is to be cancelled there too."""

from datetime import datetime

import msgspec

from listino.core.handover_state import Command, Step
from listino.core.order_events import CANCELLED, UNDER_WAY
from listino.db import order_events, tasks
from listino.db.engine import Connection
from listino.db.order_events import EventRow
from listino.db.snapshot import stamp
from listino.db.tables_work import ERP_TARGET
from listino.db.tasks import Due

ACTOR = "listino"


def cancel_there(tx: Connection, order_id: str, step: Step, now: datetime) -> None:
    """Write down what a step commands: that the management system is told, unless an event of the store tells it.

    It is an event of our own: carried out, or left to a person, as the store's are. Joins the caller's transaction.
    """
    if step.command is not Command.CANCEL_THERE or is_being_cancelled(tx, order_id):
        return
    at, number = stamp(now), len(order_events.of_order(tx, order_id)) + 1
    row = EventRow(
        None, order_id, f"listino:cancelled:{number}", "", CANCELLED, None, None, UNDER_WAY, at, at, None, ACTOR,
        "It was cancelled before it was known that it is there.", "{}", "",
    )  # fmt: skip
    event_id = order_events.add(tx, row).id
    tasks.enqueue(tx, [Due(tasks.ORDER_EVENT, ERP_TARGET, str(event_id), now, tasks.lane_of_order(order_id))])


def is_being_cancelled(tx: Connection, order_id: str) -> bool:
    """Whether the management system is about to be told that all of an order is cancelled."""
    return any(
        row.kind == CANCELLED and row.state == UNDER_WAY and not msgspec.json.decode(row.body).get("lines")
        for row in order_events.of_order(tx, order_id)
    )
