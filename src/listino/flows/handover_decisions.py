"""What people, stores and comparisons decide of an order on its way into the management system."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from listino.core import handover
from listino.core.errors import Conflict, Fault, NotFound, malformed
from listino.core.handover import Dropped, Duplicates, HeldBack, LetGo, MarkedPlaced, Retried
from listino.core.handover_state import ByOthers, Handover, Outcome, Step, Terms
from listino.db import handover as kept
from listino.db import ledger, stock
from listino.db.engine import Connection, Database
from listino.db.order_life import StepRow, add_steps
from listino.db.snapshot import stamp
from listino.flows.cancelling import cancel_there

TEXT_LENGTH_MAX = 1_000
NUMBER_LENGTH_MAX = 200
_ANY = Terms(Duplicates.CHECKED, timedelta(0), timedelta(0))
_REMEDIES = {
    Handover.ACCEPTED: "It is not parked: it is being handed over, or held until it is released.",
    Handover.IN_DOUBT: "A try is under way or has no clear answer yet: it is looked for; come again in some minutes.",
    Handover.PLACED: "It is placed.",
    Handover.PARKED: "It is parked: retry it, drop it, or mark it as placed.",
    Handover.DROPPED: "It was dropped.",
    Handover.CANCELLED: "It was cancelled.",
}


@dataclass(frozen=True, slots=True)
class Person:
    """Who decides, when, and what they say of it."""

    name: str
    now: datetime
    reason: str | None = None


def retried(database: Database, order_id: str, who: Person) -> None:
    """Have an order tried again, or one that waits for its next try at once.

    Errors:  NotFound, Conflict (illegal_step), Malformed.
    """
    text = _checked("reason", who.reason, TEXT_LENGTH_MAX) or "To be tried again."
    database.write(lambda tx: _by_person(tx, order_id, Retried(who.now), who, text))


def dropped(database: Database, order_id: str, who: Person) -> None:
    """Give a parked order up, for a reason that is kept; what it took of stock and ledgers is given back.

    Errors:  NotFound, Conflict (illegal_step), Malformed.
    """
    text = _required("reason", who.reason, "Say why the order is given up.")

    def write(tx: Connection) -> None:
        _by_person(tx, order_id, Dropped(who.now), who, text)
        stock.give_back(tx, order_id)
        ledger.release(tx, order_id)

    database.write(write)


def marked_placed(database: Database, order_id: str, number: str | None, who: Person) -> None:
    """Note that an order is in the management system, under its number there.

    Errors:  NotFound, Conflict (illegal_step), Malformed.
    """
    named = _required("erp_number", number, "Send the order's number in the management system.", NUMBER_LENGTH_MAX)
    text = f"Marked as placed under {named}. {_checked('reason', who.reason, TEXT_LENGTH_MAX) or ''}".strip()
    database.write(lambda tx: _by_person(tx, order_id, MarkedPlaced(who.now, named), who, text))


def _by_person(tx: Connection, order_id: str, event: ByOthers, who: Person, text: str) -> None:
    step = decided(tx, order_id, event, who.now)
    add_steps(tx, order_id, [StepRow(step.state.handover.value, stamp(who.now), who.name, text)])


def decided(tx: Connection, order_id: str, event: ByOthers, now: datetime, terms: Terms = _ANY) -> Step:
    """What a decision makes of an order. Joins the caller's transaction, which tells the history of it.

    Shapes:  terms: those of the management system, where the decision depends on them (after a restore).
    Errors:  NotFound; Conflict (illegal_step) where it cannot follow.
    """
    order = kept.read(tx, order_id)
    if order is None:
        text = f"There is no order {order_id!r}."
        raise NotFound("unknown_order", text, (Fault("id", "unknown_order", text, "List /v1/orders."),))
    step = handover.step(order.state, event, terms)
    if step.outcome is Outcome.OUT_OF_TURN:
        where = order.state.handover
        text = f"This cannot be done with an order that is {where.value.replace('_', ' ')}."
        raise Conflict(
            "illegal_step", f"{text} {_REMEDIES[where]}", (Fault("id", "illegal_step", text, _REMEDIES[where]),)
        )
    kept.keep(tx, order, step.state, kept.Event(now))
    cancel_there(tx, order_id, step, now)
    return step


def begun_anew(tx: Connection, order_id: str, now: datetime, *, goes_on: bool) -> None:
    """An order that is not placed is another now: no worker sends it as it was. Joins the caller's transaction."""
    decided(tx, order_id, HeldBack(now), now)
    if goes_on:
        decided(tx, order_id, LetGo(now), now)


def _required(field: str, text: str | None, remedy: str, length_max: int = TEXT_LENGTH_MAX) -> str:
    found = _checked(field, text, length_max)
    if found is None:
        raise malformed(field, "missing", f"{field} is required.", remedy)
    return found


def _checked(field: str, text: str | None, length_max: int) -> str | None:
    if text is None or not text.strip():
        return None
    if len(text) > length_max or not text.isprintable():
        remedy = f"Send 1 to {length_max} characters on one line."
        raise malformed(field, "length", f"{field} is too long or holds characters that cannot be shown.", remedy)
    return text.strip()
