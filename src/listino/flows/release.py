"""A person decides about an order that is held, and it goes on its way."""

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from listino.core.desk import OF_FACTS, OURS, STORE, Decision, decided, still_held, still_holding
from listino.core.errors import Conflict, Fault, malformed
from listino.core.handover import LetGo
from listino.core.life import ON_HOLD, RECEIVED
from listino.db import order_changes, order_life, stock
from listino.db.engine import Connection, Database
from listino.db.order_life import Standing, StepRow
from listino.db.orders import OrderRead
from listino.db.snapshot import Snapshot, snapshot, stamp
from listino.db.stock import Need
from listino.flows.credit import is_exceeded
from listino.flows.desk import Who, is_repeated, read, standing_of
from listino.flows.event_effects import PLACED_HERE, held_of
from listino.flows.handover_decisions import decided as decided_of_handover
from listino.flows.repricing import Render, repriced, reserved_anew, rewritten
from listino.flows.stored_orders import order_of
from listino.flows.taken import Taken

# What is looked at in the transaction itself.
LOOKED_AT_LAST = frozenset(["stock", "credit_limit"])


def released(database: Database, order_id: str, decision: Decision, who: Who, render: Render) -> OrderRead:
    """A held order as it goes on, by what was decided: placed here, or on its way to the management system.

    Errors:  NotFound, NotAllowed, Malformed; Conflict: not_held; still_held names what is still to be decided;
             conflict where somebody else worked it meanwhile; DifferentContent.
    """
    if decision.prices not in {None, STORE, OURS}:
        text = f"prices cannot be {decision.prices!r}."
        raise malformed("prices", "not_a_choice", text, 'Send "store" or "ours".')
    found, book = read(database, order_id), snapshot(database)
    before = held_of(found)
    taken = None
    if found.life == ON_HOLD and (decision.changes_order() or OF_FACTS.intersection(before)):
        taken = repriced(book, found, decided(order_of(found), decision))
    held = _Held(book, found, before, taken, render)
    database.write(lambda tx: _release(tx, held, decision, who))
    return read(database, order_id)


class _Held:
    """An order that is held, as it was read, and as it was priced again where that was needed."""

    def __init__(
        self, book: Snapshot, found: OrderRead, before: list[str], taken: Taken | None, render: Render
    ) -> None:
        self.book = book
        self.found = found
        self.before = before
        self.taken = taken
        self.render = render


def _release(tx: Connection, held: _Held, decision: Decision, who: Who) -> None:
    order = standing_of(tx, held.found.id, who)
    if is_repeated(tx, order.id, who, decision):
        return
    if order.life != ON_HOLD:
        text = f"The order is not held: it is {order.life}."
        raise Conflict("not_held", text, (Fault("id", "not_held", text, "Read it: GET its id."),))
    if order.answer != held.found.answer:
        text = "Somebody else has worked the order meanwhile."
        raise Conflict("conflict", text, (Fault("id", "conflict", text, "Read it again, and decide again."),))
    if held.before:
        left = still_holding(held.before, _reasons(tx, order, held), decision)
        if left:
            raise still_held(left)
    _go_on(tx, order, held, who)
    at = stamp(who.now)
    order_life.add_steps(tx, order.id, [StepRow("released", at, who.name, _told(decision))])
    if who.erp and not order.test and order.handover != "placed":
        decided_of_handover(tx, order.id, LetGo(who.now), who.now)
    if _is_placed_here(order, who):
        order_life.add_steps(tx, order.id, [StepRow("placed", at, "listino", PLACED_HERE)])


def _reasons(tx: Connection, order: Standing, held: _Held) -> list[str]:
    """The reasons that hold an order by what is known now; what it takes of stock and ledger is taken."""
    if held.taken is not None:
        return [*held.taken.held, *reserved_anew(tx, held.taken)]
    reasons = [reason for reason in held.before if reason not in LOOKED_AT_LAST]
    if order.test:
        return reasons
    if "stock" in held.before and not stock.reserve_missing(tx, order.id, _needs(order)):
        reasons.append("stock")
    if is_exceeded(held.book, tx, order.id):
        reasons.append("credit_limit")
    return reasons


def _needs(order: Standing) -> Sequence[Need]:
    return [
        Need(place, line.item, line.own_quantity)
        for place, line in enumerate(order.lines, 1)
        if line.own_quantity is not None
    ]


def _is_placed_here(order: Standing, who: Who) -> bool:
    return order.handover == "accepted" and not who.erp and not order.test


def _go_on(tx: Connection, order: Standing, held: _Held, who: Who) -> None:
    """Write the order as it goes on: in the hand-over that it comes to, and with its prices where they are others."""
    handover = "placed" if _is_placed_here(order, who) else order.handover
    if held.taken is None:
        order_life.enter(tx, order.id, handover, RECEIVED)
        if held.before:
            answer = msgspec.json.decode(order.answer) | {"held": []}
            order_changes.keep_answer(tx, order.id, msgspec.json.encode(answer).decode())
        return
    for line in held.taken.found.lines:
        line.held = ()
    rewritten(tx, held.found, replace(held.taken, held=(), handover=handover, life=RECEIVED), held.render)


def _told(decision: Decision) -> str | None:
    """What the history says of a decision, in codes; addresses stand with the people."""
    parts = [f"customer {decision.customer}"] if decision.customer is not None else []
    parts += [f"{said} is {meant}" for said, meant in (decision.items or {}).items()]
    parts += [f"prices of the {decision.prices}"] if decision.prices == STORE else []
    parts += ["our prices"] if decision.prices == OURS else []
    parts += [f"{name} corrected" for name in ("ship_to", "bill_to") if getattr(decision, name) is not None]
    parts += [f"accepted: {', '.join(decision.accept)}"] if decision.accept else []
    told = "; ".join(parts)
    if decision.text is None:
        return told or None
    return f"{told}. {decision.text}" if told else decision.text
