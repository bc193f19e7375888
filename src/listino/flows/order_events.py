"""A store tells what became of an order: kept under its key, applied in the store's own sequence."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from listino.core.errors import Conflict, DifferentContent, Fault, NotFound, malformed
from listino.core.order_events import (
    APPLIED,
    BY_HAND,
    CANCELLED,
    NOTED,
    PAID,
    REFUNDED,
    RETURNED,
    SETTLED,
    UNDER_WAY,
    WAITING,
    WAITING_MAX,
    OrderEvent,
    Place,
    Settlement,
    checked,
    following,
)
from listino.db import order_events, order_life, orders, people, tasks
from listino.db.engine import Connection, Database
from listino.db.order_events import EventRow as EventRow
from listino.db.order_life import Standing, StepRow
from listino.db.orders import OrderRead
from listino.db.snapshot import stamp
from listino.db.tables_work import ERP_TARGET
from listino.db.tasks import Due
from listino.flows.desk import NOT_SENT, Who, read, standing_of
from listino.flows.event_effects import Effect, applied
from listino.flows.order_keys import fingerprint_of, values_of
from listino.flows.records import strict
from listino.flows.repricing import Render

_encode = msgspec.json.Encoder().encode
_decode: Callable[[str], Any] = msgspec.json.Decoder().decode
# What of an event is codes and amounts; all else a person may stand in.
BODY = ("amount", "lines")
PRIVATE = ("text", "order", "payment")
# Hand-overs in which a management system holds the order, or may.
SENT = ("placed", "in_doubt")


def told(database: Database, order_id: str, said: OrderEvent, who: Who, render: Render) -> tuple[bytes, bool]:
    """The first answer to an event, whether it came now or before; and whether it waits for one before it.

    Errors:  NotFound, NotAllowed, Malformed; DifferentContent; Conflict (sequence_taken, too_many_waiting).
    """
    event = checked(said)
    answer: str = database.write(lambda tx: _tell(tx, order_id, event, _Telling(database, who, render)))
    return answer.encode(), _decode(answer)["state"] == WAITING


def settled(database: Database, order_id: str, said: Settlement, who: Who) -> OrderRead:
    """An order one of whose events a person has done; the same again changes nothing.

    Errors:  NotFound, NotAllowed; Conflict (not_by_hand) for an event that is not left to a person.
    """
    database.write(lambda tx: _settle(tx, order_id, said, who))
    return read(database, order_id)


def _settle(tx: Connection, order_id: str, said: Settlement, who: Who) -> None:
    order = standing_of(tx, order_id, who)
    row = order_events.under(tx, order.id, said.key)
    if row is None:
        text = f"The order has no event {said.key!r}."
        raise NotFound("unknown_event", text, (Fault("key", "unknown_event", text, "Read its events: GET its id."),))
    if row.state == SETTLED:
        return
    if row.state != BY_HAND:
        text = f"The event {said.key!r} is {row.state}: it is not left to a person."
        raise Conflict("not_by_hand", text, (Fault("key", "not_by_hand", text, "Read its events: GET its id."),))
    order_events.enter(tx, replace(row, state=SETTLED))
    told = f"event {row.key} ({row.kind})" + (f". {said.text}" if said.text is not None else "")
    order_life.add_steps(tx, order.id, [StepRow(SETTLED, stamp(who.now), who.name, told)])


def id_of(database: Database, store: str, number: str, who: Who) -> str:
    """Our id of an order by its store and number.

    Errors:  NotFound.
    """
    found = orders.id_of(database.read().connection, store, number, test=who.test)
    if found is None:
        text = f"There is no order {number!r} of {store!r}."
        raise NotFound("unknown_order", text, (Fault("number", "unknown_order", text, "Hand it in first."),))
    return found


class _Telling:
    """Who tells an event, and what it takes to apply one."""

    def __init__(self, database: Database, who: Who, render: Render) -> None:
        self.database = database
        self.who = who
        self.render = render


def _tell(tx: Connection, order_id: str, event: OrderEvent, telling: _Telling) -> str:
    order = standing_of(tx, order_id, telling.who)
    _check_same(order, event)
    fingerprint = fingerprint_of(replace(event, key=None)).hex()
    before = order_events.under(tx, order.id, event.key or "")
    if before is not None:
        if before.fingerprint != fingerprint:
            raise _different(before)
        return before.answer
    if event.sequence is not None and order_events.numbered(tx, order.id, event.sequence) is not None:
        text = f"Event {event.sequence} of this order came under another key."
        raise Conflict("sequence_taken", text, (Fault("sequence", "sequence_taken", text, "Number each event once."),))
    row = order_events.add(tx, _row(order, event, fingerprint, telling.who))
    _keep_private(tx, order, event)
    ended = {one.id: one for one in _apply_ready(tx, order, row, telling)}.get(row.id)
    if ended is None:
        ended = replace(row, text=f"It waits for event {row.follows} of the store.")
    ended = replace(ended, answer=_encode(_answer(ended)).decode())
    order_events.enter(tx, ended)
    return ended.answer


def _check_same(order: Standing, event: OrderEvent) -> None:
    """Refuse a change that carries another order.

    Errors:  Malformed, naming the field.
    """
    said = event.order
    if said is None:
        return
    for name, told, own in (("store", said.store, order.store), ("number", said.number, order.number)):
        if told is not None and told != own:
            text = f"The event is of {own!r}, the order in it of {told!r}."
            raise malformed(f"order.{name}", "other_order", text, "Send the order that the event is of.")


def _different(before: EventRow) -> DifferentContent:
    text = f"The event {before.key!r} of this order came before with other content."
    remedy = "Send another key for another event, or the first content again."
    return DifferentContent("different_content", text, (Fault("key", "different_content", text, remedy),))


def _row(order: Standing, event: OrderEvent, fingerprint: str, who: Who) -> EventRow:
    now = stamp(who.now)
    at = stamp(event.at) if event.at is not None else now
    body = _encode(_said(event, BODY)).decode()
    return EventRow(
        None, order.id, event.key or "", fingerprint, event.kind, event.sequence, event.follows, WAITING, at, now, None,
        who.name, None, body, "",
    )  # fmt: skip


def _said(event: OrderEvent, names: Sequence[str]) -> dict[str, Any]:
    said = ((name, getattr(event, name)) for name in names)
    return {name: values_of(value, str) for name, value in said if value is not None and value != ()}


def _keep_private(tx: Connection, order: Standing, event: OrderEvent) -> None:
    """Keep what is personal of an event with the people of its order."""
    said = _said(event, PRIVATE)
    if said:
        found = orders.read(tx, order.id)
        private = _decode(found.private) if found is not None and found.private is not None else {}
        private.setdefault("events", {})[event.key] = said
        people.keep(tx, people.order_id_of(order.id), order.customer, _encode(private).decode())


def _apply_ready(tx: Connection, order: Standing, row: EventRow, telling: _Telling) -> list[EventRow]:
    """Apply an event, and those that waited for it; what has none before it that is missing."""
    if row.sequence is None:
        return [_apply(tx, order.id, row, telling)]
    numbered = {one.sequence: one for one in order_events.of_order(tx, order.id) if one.sequence is not None}
    last = max((number for number, one in numbered.items() if one.state != WAITING), default=0)
    waiting = [one for one in numbered.values() if one.state == WAITING]
    ready = following(last, [Place(one.sequence or 0, one.follows or 0) for one in waiting])
    if len(waiting) > WAITING_MAX and row.sequence not in {place.sequence for place in ready}:
        text = f"More than {WAITING_MAX} events of this order wait for event {last + 1}."
        remedy = "Send the missing event; or one of kind noted with its sequence, where it says nothing."
        raise Conflict("too_many_waiting", text, (Fault("sequence", "too_many_waiting", text, remedy),))
    ended = []
    for place in ready:
        if place.sequence < last:
            late = Effect(BY_HAND, "Later events were applied before it: look whether it still says something.")
            ended.append(_ended(tx, numbered[place.sequence], late, telling))
        else:
            ended.append(_apply(tx, order.id, numbered[place.sequence], telling))
    return ended


def _apply(tx: Connection, order_id: str, row: EventRow, telling: _Telling) -> EventRow:
    who = replace(telling.who, name=row.actor)
    order, event = standing_of(tx, order_id, who), event_of(tx, row)
    means = (telling.database, who, telling.render)
    if not (who.erp and not order.test and _goes_there(order, event)):
        return _ended(tx, row, applied(tx, order, event, means), telling)
    # The management system holds it: what changes goods follows there first, unless nobody knows yet that it does.
    effect = Effect(APPLIED)
    if event.kind not in {CANCELLED, RETURNED} or order.handover in {"in_doubt", "parked"}:
        effect = applied(tx, order, event, means)
    if effect.state == APPLIED:
        due = Due(tasks.ORDER_EVENT, ERP_TARGET, str(row.id), telling.who.now, tasks.lane_of_order(order.id))
        tasks.enqueue(tx, [due])
        effect = replace(effect, state=UNDER_WAY)
    return _ended(tx, row, effect, telling)


def _goes_there(order: Standing, event: OrderEvent) -> bool:
    """Whether an event is one for the management system: what it holds is changed there; money it learns of then."""
    if event.kind in {PAID, REFUNDED}:
        return order.handover in (*SENT, *NOT_SENT)
    if event.kind == CANCELLED and order.handover == "parked":
        return True  # It may stand there all the same: should a person find it, it is cancelled there.
    return order.handover in SENT and event.kind != NOTED


def _ended(tx: Connection, row: EventRow, effect: Effect, telling: _Telling) -> EventRow:
    ended = replace(row, state=effect.state, text=effect.text, applied_at=stamp(telling.who.now))
    order_events.enter(tx, ended)
    return ended


def event_of(tx: Connection, row: EventRow) -> OrderEvent:
    """An event as its store told it."""
    found = orders.read(tx, row.order_id)
    private = _decode(found.private) if found is not None and found.private is not None else {}
    said = _decode(row.body) | private.get("events", {}).get(row.key, {})
    return strict(OrderEvent, said | {"kind": row.kind, "key": row.key, "at": row.at})


def _answer(row: EventRow) -> dict[str, Any]:
    return {"order": row.order_id} | event_line(row) | {"applied": row.state == APPLIED}


def event_line(row: EventRow) -> dict[str, Any]:
    """An event as it is told, in codes and amounts."""
    return {
        "key": row.key, "kind": row.kind, "sequence": row.sequence, "at": row.at, "received_at": row.received_at,
        "state": row.state, "applied_at": row.applied_at, "outcome": row.text,
    }  # fmt: skip
