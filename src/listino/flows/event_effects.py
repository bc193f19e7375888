"""What an event of a store does to its order, where the order is worked here."""

from dataclasses import dataclass, replace

import msgspec

from listino.core import life
from listino.core.desk import OrderStep, named_lines
from listino.core.errors import Conflict, Malformed
from listino.core.life import ON_HOLD, RECEIVED
from listino.core.money import minor_digits, plain
from listino.core.order_events import APPLIED, BY_HAND, CANCELLED, CHANGED, PAID, REFUNDED, RETURNED, OrderEvent
from listino.core.orders import Order
from listino.db import order_life, orders
from listino.db.engine import Connection, Database
from listino.db.order_life import Standing, StepRow
from listino.db.orders import OrderRead
from listino.db.snapshot import snapshot, stamp
from listino.flows.credit import paid_off
from listino.flows.desk import NOT_SENT, Who, carry_out, line_names
from listino.flows.handover_decisions import begun_anew
from listino.flows.repricing import Render, repriced, reserved_anew, rewritten

_decode = msgspec.json.Decoder().decode
PLACED_HERE = "Placed in the own management system."
Means = tuple[Database, Who, Render]


@dataclass(frozen=True, slots=True)
class Effect:
    """How an event fared: applied, or a person has to do what it says, and why."""

    state: str
    text: str | None = None


def applied(tx: Connection, order: Standing, event: OrderEvent, means: Means) -> Effect:
    """Do to an order what an event says; what cannot be done is left to a person. Joins the caller's transaction."""
    try:
        if event.kind == CHANGED:
            return _changed(tx, order, event, means)
        if event.kind in {CANCELLED, RETURNED}:
            return _moved(tx, order, event, means)
    except (Conflict, Malformed) as error:
        return Effect(BY_HAND, error.detail)
    money = None
    if event.payment is not None and event.payment.currency not in {None, order.currency}:
        text = f"The payment is in {event.payment.currency}, the order in {order.currency}: book it by hand."
        return Effect(BY_HAND, text)
    if event.kind in {PAID, REFUNDED} and event.money is not None:
        money = f"{plain(event.money, minor_digits(order.currency))} {order.currency}"
        if event.kind == PAID and not order.test:
            paid_off(snapshot(means[0]), tx, order, (event.money, event.at or means[1].now))
    _note(tx, order, (event.kind, money), event, means[1])
    return Effect(APPLIED)


def _note(tx: Connection, order: Standing, told: tuple[str, str | None], event: OrderEvent, who: Who) -> None:
    """Write an event into the order's history, under its key; what the store said of it stands with the people."""
    state, text = told
    source = f"event {event.key}"
    step = StepRow(state, stamp(event.at or who.now), who.name, source if text is None else f"{text} ({source})")
    order_life.add_steps(tx, order.id, [step])


def _moved(tx: Connection, order: Standing, event: OrderEvent, means: Means) -> Effect:
    """Goods were cancelled, or come back.

    Errors:  Conflict, Malformed where the order's life or lines do not allow it.
    """
    if event.kind == order.life:
        return Effect(APPLIED, f"It was {order.life} already.")
    said = OrderStep(state=event.kind, lines=event.lines)
    named = named_lines(event.lines, line_names(order))
    after = life.stepped(order.life, [line.now for line in order.lines], event.kind, named)
    carry_out(tx, order, said, after, means[1].now)
    parts = ", ".join(f"{plain(quantity)} {order.lines[place].item}" for place, quantity in after.moved.items())
    _note(tx, order, (after.life, f"{event.kind} by the store: {parts}"), event, means[1])
    return Effect(APPLIED)


def _changed(tx: Connection, order: Standing, event: OrderEvent, means: Means) -> Effect:
    """The order is another now: priced again, reserved again, and held where a person must look."""
    database, who, render = means
    found = orders.read(tx, order.id)
    if event.order is None or found is None:
        return Effect(BY_HAND, "What it said was erased with the people of the order.")
    reason = _unchangeable(order, event.order)
    if reason is not None:
        return Effect(BY_HAND, reason)
    by_hand = order.life == ON_HOLD and not held_of(found)
    taken = repriced(snapshot(database), found, replace(event.order, store=order.store, number=order.number))
    reasons = tuple(dict.fromkeys((*taken.held, *reserved_anew(tx, taken))))
    goes_on = not reasons and not by_hand
    is_placed = goes_on and order.handover == "accepted" and not who.erp and not order.test
    handover = "placed" if is_placed else order.handover
    state = RECEIVED if goes_on else ON_HOLD
    rewritten(tx, found, replace(taken, held=reasons, handover=handover, life=state), render)
    if who.erp and not order.test and order.handover in NOT_SENT:
        begun_anew(tx, order.id, who.now, goes_on=goes_on)
    _note(tx, order, ("changed", None), event, who)
    at = stamp(who.now)
    if reasons:
        order_life.add_steps(tx, order.id, [StepRow(ON_HOLD, at, "listino", ", ".join(reasons))])
    elif is_placed:
        order_life.add_steps(tx, order.id, [StepRow("placed", at, "listino", PLACED_HERE)])
    return Effect(APPLIED, f"It is held: {', '.join(reasons)}." if reasons else None)


def _unchangeable(order: Standing, said: Order) -> str | None:
    """Why an order cannot be made another one here; None where it can."""
    if order.life not in {RECEIVED, ON_HOLD, "confirmed", "allocated"}:
        return f"The order is {order.life}: work the difference by hand."
    if any(line.now.shipped or line.now.cancelled for line in order.lines):
        return "Some of the order was shipped or cancelled already: work the difference by hand."
    if said.currency != order.currency:
        return f"The order is in {order.currency}, the change in {said.currency}: cancel it, and take another."
    if order.handover not in {*NOT_SENT, "placed"}:
        return f"The order is {order.handover.replace('_', ' ')}: work the difference by hand."
    return None


def held_of(found: OrderRead) -> list[str]:
    """The reasons for which an order is held, as its answer tells them."""
    held: list[str] = _decode(found.answer)["held"]
    return held
