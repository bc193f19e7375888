"""A person works an order: each step of its life is written down, with what it means for stock and ledger."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from listino.core import life
from listino.core.desk import Decision, LineName, OrderStep, named_lines
from listino.core.errors import Conflict, Fault, NotAllowed, NotFound, malformed
from listino.core.handover import Cancelled, HeldBack
from listino.core.life import STEPS, Stepped
from listino.core.money import EXACT, plain
from listino.db import ledger, order_life, orders, stock
from listino.db.engine import Connection, Database
from listino.db.order_life import Standing, StepRow
from listino.db.orders import OrderRead as OrderRead
from listino.db.snapshot import stamp
from listino.db.stock import Need
from listino.flows.credit import CREDIT
from listino.flows.handover_decisions import decided
from listino.flows.order_keys import fingerprint_of

# A clock may run ahead of ours by this much.
CLOCK_AHEAD_MAX = timedelta(minutes=10)
# Hand-overs in which nothing has gone out yet, so that an order may still be taken back.
NOT_SENT = ("accepted", "parked")


# What a state that is said of a whole order says of its lines.
_WHOLE_BY = {
    life.SHIPPED: (life.SHIPPED,),
    life.CANCELLED: (life.CANCELLED,),
    life.RETURNED: (life.SHIPPED, life.RETURNED),
}


@dataclass(frozen=True, slots=True)
class Who:
    """Who works an order, when, and under which key of the request's own.

    Shapes:  test: whether it is a test key, which works test orders alone; erp: whether a management system
             holds the orders, so that their life is worked there.
    """

    name: str
    now: datetime
    test: bool = False
    erp: bool = False
    key: str | None = None


def stepped(database: Database, order_id: str, said: OrderStep, who: Who) -> OrderRead:
    """An order after a step; the same step again, by its key or as it is in that state, changes nothing.

    Errors:  NotFound, NotAllowed, Malformed; Conflict (illegal_step, too_much, nothing_left, not_on_hand,
             in_management_system); DifferentContent.
    """
    if said.state not in STEPS:
        text = f"state cannot be {said.state!r}."
        raise malformed("state", "not_a_choice", text, "Send one of: " + ", ".join(STEPS) + ".")
    if said.at is not None and said.at > who.now + CLOCK_AHEAD_MAX:
        raise malformed("at", "in_the_future", "at is in the future.", "Send when it was, or leave it out.")
    database.write(lambda tx: _step(tx, order_id, said, who))
    return read(database, order_id)


def read(database: Database, order_id: str) -> OrderRead:
    """An order as it stands now.

    Errors:  NotFound.
    """
    found = orders.read(database.read().connection, order_id)
    if found is None:
        raise unknown(order_id)
    return found


def unknown(order_id: str) -> NotFound:
    """The refusal for an order that is not there."""
    text = f"There is no order {order_id!r}."
    return NotFound("unknown_order", text, (Fault("id", "unknown_order", text, "List /v1/orders."),))


def standing_of(tx: Connection, order_id: str, who: Who) -> Standing:
    """Where an order stands that somebody wants to work.

    Errors:  NotFound, NotAllowed.
    """
    found = order_life.standing(tx, order_id)
    if found is None:
        raise unknown(order_id)
    if who.test and not found.test:
        text = "A test key cannot work an order that is no test."
        raise NotAllowed("test_key", text, (Fault("authorization", "test_key", text, "Use a live key."),))
    return found


def _step(tx: Connection, order_id: str, said: OrderStep, who: Who) -> None:
    order = standing_of(tx, order_id, who)
    if is_repeated(tx, order_id, who, said):
        return
    if said.state == order.life and not said.lines:
        return
    _check_place(order, said, who)
    after = life.stepped(
        order.life, [line.now for line in order.lines], said.state, named_lines(said.lines, line_names(order))
    )
    at = stamp(said.at or who.now)
    carry_out(tx, order, said, after, who.now)
    if who.erp and said.state == life.ON_HOLD:
        decided(tx, order_id, HeldBack(who.now), who.now)
    text = _told(order, after, said)
    order_life.add_steps(tx, order_id, [StepRow(after.life, at, who.name, text)])


def is_repeated(tx: Connection, order_id: str, who: Who, said: OrderStep | Decision) -> bool:
    """Whether the same was asked of an order under the same key before; never without a key.

    Errors:  DifferentContent where something else was asked under it.
    """
    if who.key is None:
        return False
    digest = sha256(f"desk\x1f{order_id}\x1f{who.key}".encode()).digest()
    return order_life.is_repeat(tx, order_id, digest, fingerprint_of((type(said).__name__, said)))


def _check_place(order: Standing, said: OrderStep, who: Who) -> None:
    """Refuse a step by hand where the order's life is worked elsewhere, or is at its end."""
    taken_back = said.state == life.CANCELLED and not said.lines and order.handover in NOT_SENT
    held_back = said.state == life.ON_HOLD and order.handover in NOT_SENT
    if who.erp and not order.test and not (taken_back or held_back):
        text = "The management system holds this order; its life is worked there, and comes from there."
        fault = Fault("state", "in_management_system", text, "Take the step in the management system.")
        raise Conflict("in_management_system", text, (fault,))
    if order.handover == "dropped":
        text = "This order was dropped; nothing follows."
        raise Conflict("illegal_step", text, (Fault("state", "illegal_step", text, "Read its history."),))


def line_names(order: Standing) -> list[LineName]:
    """By what the lines of an order can be named."""
    said = msgspec.json.decode(order.answer)["lines"]
    return [LineName(line.get("id"), kept.item) for line, kept in zip(said, order.lines, strict=True)]


def carry_out(tx: Connection, order: Standing, said: OrderStep, after: Stepped, now: datetime) -> None:
    """Write where an order stands after a step, with what it means for stock and ledger."""
    order_life.keep_lines(tx, order.id, {place: after.lines[place] for place in after.moved})
    gone = after.life == life.CANCELLED
    order_life.enter(tx, order.id, order.handover, after.life)
    if gone and order.handover in NOT_SENT:
        decided(tx, order.id, Cancelled(now), now)
    if order.test:
        return
    needs = _needs(order, after, said.state)
    if said.state in {life.SHIPPED, life.CANCELLED}:
        move = stock.ship if said.state == life.SHIPPED else stock.give_back
        move(tx, order.id, needs)
        if not any(line.left_for(life.SHIPPED) for line in after.lines):
            # What an offer added goes with the last of the order's own goods.
            (stock.give_back if gone else stock.ship)(tx, order.id)
    elif said.restock is not None:
        stock.put_back(tx, said.restock, needs)
    if gone:
        ledger.release(tx, order.id)
    elif after.life in life.SETTLED:
        ledger.release(tx, order.id, CREDIT)


def follow(tx: Connection, order: Standing, state: str) -> None:
    """Write the state that the management system tells, with what it means for lines, stock and ledger.

    What lies there is counted there: what has left is only reserved no longer. Joins the caller's transaction.
    """
    lines = {place: line.now for place, line in enumerate(order.lines)}
    for step in _WHOLE_BY.get(state, ()):
        lines = {place: line.moved(step, line.left_for(step)) for place, line in lines.items()}
    order_life.keep_lines(tx, order.id, lines)
    order_life.enter(tx, order.id, order.handover, state)
    if state in life.GONE:
        stock.give_back(tx, order.id)
    if state in life.SETTLED:
        ledger.release(tx, order.id, "" if state == life.CANCELLED else CREDIT)


def _needs(order: Standing, after: Stepped, step: str) -> list[Need]:
    """What a step moves, in the items' own units; whatever the parts, they add up to the whole line."""
    needs = []
    for place, quantity in after.moved.items():
        kept = order.lines[place]
        if kept.own_quantity is not None:
            line = kept.now
            done = line.returned if step == life.RETURNED else EXACT.add(line.shipped, line.cancelled)
            before, then = (life.own_of(kept.own_quantity, line, part) for part in (done, EXACT.add(done, quantity)))
            needs.append(Need(place + 1, kept.item, EXACT.subtract(then, before)))
    return needs


def _told(order: Standing, after: Stepped, said: OrderStep) -> str | None:
    """What the history says of a step: which goods it moved, where that was not all of them, and why."""
    parts = [f"{plain(quantity)} {order.lines[place].item}" for place, quantity in after.moved.items()]
    if not said.lines:
        return said.text
    told = f"{said.state}: {', '.join(parts)}"
    return told if said.text is None else f"{told}. {said.text}"
