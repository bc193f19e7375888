"""The doors of those who work an order that was taken: people at a desk, and the store that it came from."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from listino.core.checks import country_fault, decimal_fault, text_fault
from listino.core.desk import Decision, LineSaid, OrderStep
from listino.core.errors import Malformed, malformed
from listino.core.order_events import OrderEvent, Settlement
from listino.core.orders import LINES_MAX, without_card, without_card_data
from listino.db.engine import Database
from listino.flows import desk, order_events, release
from listino.flows.access import ApiKey
from listino.flows.desk import OrderRead, Who
from listino.flows.records import settled_record, strict
from listino.web.answers import encode
from listino.web.auth import require
from listino.web.rest.facts import parsed
from listino.web.rest.order_answers import rendered, whole
from listino.web.rest.order_reading import check_order
from listino.web.rest.orders import checked_key

TEXT_LENGTH_MAX = 400
Record = TypeVar("Record")


class DeskDoor:
    """Takes what people say became of an order."""

    def __init__(self, database: Database, clock: Callable[[], datetime], *, erp: bool = False) -> None:
        self._database = database
        self._clock = clock
        self._erp = erp

    def step(self, order_id: str, body: bytes, key: ApiKey, idempotency_key: str | None) -> bytes:
        """The order after a step of its life."""
        require(key, "orders:manage")
        said = _read(OrderStep, body)
        _check_lines(said.lines)
        return _shown(desk.stepped(self._database, order_id, said, self._who(key, idempotency_key)))

    def release(self, order_id: str, body: bytes, key: ApiKey, idempotency_key: str | None) -> bytes:
        """The order after a person decided about what held it."""
        require(key, "orders:manage")
        decision = _read(Decision, body)
        for name in ("ship_to", "bill_to"):
            party = getattr(decision, name)
            if party is not None and party.country is not None:
                fault = country_fault(f"{name}.country", party.country)
                if fault is not None:
                    raise Malformed(fault.code, fault.text, (fault,))
        who = self._who(key, idempotency_key)
        return _shown(release.released(self._database, order_id, decision, who, rendered))

    def event(
        self, named: str | dict[str, str], body: bytes, key: ApiKey, idempotency_key: str | None
    ) -> tuple[bytes, bool]:
        """The first answer to an event of a store, and whether it waits; the order by our id, or store and number."""
        require(key, "orders:create")
        return self.told(named, _read(OrderEvent, body), key, idempotency_key)

    def told(
        self, named: str | dict[str, str], said: OrderEvent, key: ApiKey, idempotency_key: str | None
    ) -> tuple[bytes, bool]:
        """The same for an event that was read."""
        require(key, "orders:create")
        event = _event_of(said, checked_key(idempotency_key))
        who = self._who(key, None)
        if isinstance(named, dict):
            named = order_events.id_of(self._database, named.get("store", key.name), named.get("number", ""), who)
        return order_events.told(self._database, named, event, who, rendered)

    def settle(self, order_id: str, body: bytes, key: ApiKey, idempotency_key: str | None) -> bytes:
        """The order after a person has done what one of its events says."""
        require(key, "orders:manage")
        said, who = _read(Settlement, body), self._who(key, idempotency_key)
        return _shown(order_events.settled(self._database, order_id, said, who))

    def _who(self, key: ApiKey, idempotency_key: str | None) -> Who:
        return Who(key.name, self._clock(), key.test, self._erp, checked_key(idempotency_key))


def _shown(order: OrderRead) -> bytes:
    return encode(whole(order))


def _read(record: type[Record], body: bytes) -> Record:
    """A record of a body, whose `reason` may stand for its `text`.

    Errors:  Malformed.
    """
    said: Any = parsed(body)
    if isinstance(said, dict) and "reason" in said and "text" not in said:
        said = {("text" if name == "reason" else name): value for name, value in said.items()}
    return checked_record(strict(record, said, exponents=False))


def checked_record(found: Record) -> Record:
    """What was said of an order, if it can be true; its instants in UTC.

    Errors:  Malformed.
    """
    text: str | None = getattr(found, "text", None)
    if text is not None and len(text) > TEXT_LENGTH_MAX:
        raise malformed("text", "too_long", f"text has at most {TEXT_LENGTH_MAX} characters.", "Shorten it.")
    order = getattr(found, "order", None)
    moments = {"at": getattr(found, "at", None), "order.ordered_at": order.ordered_at if order is not None else None}
    for field, at in moments.items():
        if at is not None and at.tzinfo is None:
            raise malformed(field, "no_zone", f"{field} has no zone.", "Send it as 2026-12-31T12:00:00Z.")
    return settled_record(found)


def _event_of(event: OrderEvent, name: str | None) -> OrderEvent:
    """An event under its key, without what must not be kept.

    Errors:  Malformed.
    """
    _check_lines(event.lines)
    if name is not None and event.key not in {None, name}:
        raise malformed("key", "two_keys", "key and Idempotency-Key differ.", "Send one of them.")
    key = checked_key(event.key or name)
    faults = [text_fault("key", key)] if key is not None else []
    faults += [decimal_fault("amount", event.amount)] if event.amount is not None else []
    for fault in faults:
        if fault is not None:
            raise Malformed(fault.code, fault.text, (fault,))
    payment = without_card(event.payment) if event.payment is not None else None
    order = event.order
    if order is not None:
        try:
            check_order(order)
        except Malformed as error:
            faults_within = (replace(fault, field=f"order.{fault.field}") for fault in error.faults)
            raise Malformed(error.code, error.detail, tuple(faults_within)) from None
        order = without_card_data(order)
    return replace(event, key=key, payment=payment, order=order)


def _check_lines(lines: tuple[LineSaid, ...]) -> None:
    if len(lines) > LINES_MAX:
        raise malformed("lines", "count", f"At most {LINES_MAX} lines.", "Name each line once.")
    for index, line in enumerate(lines):
        path = f"lines[{index}]"
        faults = [text_fault(f"{path}.{name}", text) for name in ("id", "item") if (text := getattr(line, name))]
        if line.quantity is not None:
            faults.append(decimal_fault(f"{path}.quantity", line.quantity))
        for fault in faults:
            if fault is not None:
                raise Malformed(fault.code, fault.text, (fault,))
