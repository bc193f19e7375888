"""What the history of an order says of its way into the management system."""

from datetime import datetime

from listino.core.handover_state import Handover, Outcome, Step
from listino.db.engine import Connection
from listino.db.handover import Underway
from listino.db.order_life import StepRow, add_steps
from listino.db.snapshot import stamp

ACTOR = "listino"
# Of an order that is tried for hours, only the first tries are noted one by one.
TRIES_NOTED = 3


def note(tx: Connection, order: Underway, step: Step, at: datetime, erp: str, failure: str | None = None) -> None:
    """Note a step of a worker, if people want to know of it. Joins the caller's transaction."""
    text = _told(order, step, erp, failure)
    if text is not None:
        add_steps(tx, order.id, [StepRow(step.state.handover.value, stamp(at), ACTOR, text)])


def _told(order: Underway, step: Step, erp: str, failure: str | None) -> str | None:
    after, number = step.state, step.state.erp_number
    match step.outcome:
        case Outcome.PLACED:
            return f"Placed in {erp} as {number}."
        case Outcome.FOUND:
            return f"Found in {erp} as {number}."
        case Outcome.CANCELLED:
            return "Cancelled before it was placed."
    if after.parked is not None:
        return after.parked.text
    first = order.state.failures == 0
    match step.outcome:
        case Outcome.LATER if first and after.handover is Handover.ACCEPTED:
            return f"{erp} does not take it now; it is tried again. {failure or ''}".strip()
        case Outcome.IN_DOUBT if first and after.tries <= TRIES_NOTED:
            return f"{erp} gave no clear answer: it is looked for there before anything is sent again."
        case Outcome.CLAIMED if first and order.state.handover is Handover.IN_DOUBT and after.tries <= TRIES_NOTED:
            return f"Who sent it did not say what came of it: it is looked for in {erp}."
        case Outcome.NOT_THERE if after.tries <= TRIES_NOTED:
            return f"It is not in {erp}; it is sent again."
    return None
