"""The doors of those who work an order that was taken: people at a desk, and the store that it came from."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from listino.core.checks import country_fault, decimal_fault, text_fault
from listino.core.desk import Decision, LineSaid, OrderStep
from listino.core.errors import Malformed, malformed
from listino.core.orders import LINES_MAX
from listino.db.engine import Database
from listino.flows import desk, release
from listino.flows.access import ApiKey
from listino.flows.desk import OrderRead, Who
from listino.flows.records import settled_record, strict
from listino.web.answers import encode
from listino.web.auth import require
from listino.web.rest.facts import parsed
from listino.web.rest.order_answers import rendered, whole
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
    found = strict(record, said)
    text: str | None = getattr(found, "text", None)
    if text is not None and len(text) > TEXT_LENGTH_MAX:
        raise malformed("text", "too_long", f"text has at most {TEXT_LENGTH_MAX} characters.", "Shorten it.")
    at: datetime | None = getattr(found, "at", None)
    if at is not None and at.tzinfo is None:
        raise malformed("at", "no_zone", "at has no zone.", "Send it as 2026-12-31T12:00:00Z.")
    return settled_record(found)


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
