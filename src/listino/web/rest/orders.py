"""The order doors: a placed order comes in, and is read back."""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from listino.core.checks import code_fault, currency_fault, decimal_fault
from listino.core.errors import Conflict, Fault, Malformed, NotFound, malformed
from listino.core.money import minor_digits, plain
from listino.core.orders import LINES_MAX, Order
from listino.core.question import Price
from listino.db.engine import Database
from listino.flows import intake
from listino.flows.access import ApiKey
from listino.flows.intake import (
    Caller,
    Chance,
    OrderRead,
    Outcome,
    StepRow,
    Taken,
    TakenLine,
    fingerprint_of,
    handed_in,
    keys_of,
    priced,
)
from listino.flows.price import snapshot
from listino.flows.records import settled_record, strict
from listino.web.answers import encode, instant_text, price_answer
from listino.web.auth import require
from listino.web.messages import HistoryLine, PriceAnswer
from listino.web.reading import checked_quantity

KEY_LENGTH_MAX = 255
TEXT_LENGTH_MAX = 400
# How long a repeat waits for the first of its key before it is told to come again.
REPEAT_WAIT_S = 5.0
WRITE_DEADLINE_S = 20.0
_decode_any = msgspec.json.Decoder(float_hook=Decimal)


class OrderLineAnswer(Struct):
    """A line of a taken order: what it comes to, our price beside it, and why it is held."""

    item: str
    quantity: str
    unit: str | None
    net_price: str | None
    net: str | None
    tax: str | None
    gross: str | None
    held: list[str]
    price: PriceAnswer | None
    id: str | UnsetType | None = UNSET
    text: str | UnsetType | None = UNSET


class OrderAnswer(Struct):
    """The answer to an order that was taken."""

    id: str
    store: str
    number: str
    test: bool
    customer: str | None
    channel: str | None
    currency: str
    handover: str
    life: str
    held: list[str]
    net: str
    tax: str
    gross: str
    lines: list[OrderLineAnswer]
    erp_number: str | None
    ordered_at: str
    taken_at: str
    history: list[HistoryLine]
    revision: int


class Landing:
    """Brings the ends of writes back to the event loop, all of one commit in one call."""

    def __init__(self) -> None:
        self._ended: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._called = False

    def on_disk(self, future: "Future[Any]") -> "asyncio.Future[Any]":
        """An awaitable that ends when a write is on disk."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Any] = loop.create_future()

        def ended(done: "Future[Any]") -> None:
            self._ended.append((waiting, done))
            if not self._called:
                self._called = True
                loop.call_soon_threadsafe(self._tell)

        future.add_done_callback(ended)
        return waiting

    def _tell(self) -> None:
        self._called = False
        while self._ended:
            waiting, done = self._ended.popleft()
            if waiting.done():
                continue
            error = done.exception()
            if error is not None:
                waiting.set_exception(error)
            else:
                waiting.set_result(done.result())


class OrderDoor:
    """Takes orders and shows them."""

    def __init__(self, database: Database, clock: Callable[[], datetime], chance: Chance) -> None:
        self._database = database
        self._clock = clock
        self._chance = chance
        self._landing = Landing()
        self._under_way: dict[bytes, asyncio.Future[Any]] = {}

    async def post(self, body: bytes, key: ApiKey, idempotency_key: str | None) -> tuple[bytes, str]:
        """The first answer to an order, whether it came now or before; and its id.

        Errors:  Malformed, DifferentContent, Conflict (in_progress), Unavailable.
        """
        require(key, "orders:create")
        order = order_of(body)
        name = _checked_key(idempotency_key)
        digests, fingerprint = keys_of(order, order.store or key.name, name), fingerprint_of(order)
        first = next((self._under_way[digest] for digest in digests if digest in self._under_way), None)
        if first is not None:
            await self._wait_for(first)
        ended: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._under_way.update(dict.fromkeys(digests, ended))
        try:
            caller = Caller(key.name, key.channel, key.test)
            taken = priced(snapshot(self._database), order, caller, name, self._clock(), self._chance)
            answer = rendered(taken)
            written = handed_in(self._database, taken, answer, digests, fingerprint)
            outcome: Outcome = await asyncio.wait_for(self._landing.on_disk(written), WRITE_DEADLINE_S)
        finally:
            for digest in digests:
                if self._under_way.get(digest) is ended:
                    del self._under_way[digest]
            ended.set_result(None)
        if outcome.new:
            return with_key(taken.key, answer), outcome.id
        found = intake.found(self._database, outcome.id)
        return (first_answer(found) if found is not None else b"{}"), outcome.id

    async def _wait_for(self, first: "asyncio.Future[Any]") -> None:
        try:
            await asyncio.wait_for(asyncio.shield(first), REPEAT_WAIT_S)
        except TimeoutError:
            text = "The first of this order is still being written."
            fault = Fault("key", "in_progress", text, "Send it again in a second.")
            raise Conflict("in_progress", text, (fault,)) from None

    def get(self, order_id: str) -> bytes:
        """One order as it stands now.

        Errors:  NotFound.
        """
        found = intake.found(self._database, order_id)
        if found is None:
            text = f"There is no order {order_id!r}."
            raise NotFound("unknown_order", text, (Fault("id", "unknown_order", text, "List /v1/orders."),))
        return encode(whole(found))

    def listed(self, filters: dict[str, str], after: str, limit: int) -> bytes:
        """Orders, oldest first, from behind a cursor on."""
        found = intake.listed(self._database, filters, after, limit + 1)
        following = found[limit - 1].id if len(found) > limit else None
        return encode({"data": [whole(order) for order in found[:limit]], "next": following})


def order_of(body: bytes) -> Order:
    """The order that a body holds.

    Errors:  Malformed for what is not JSON, unknown, missing, of the wrong type or out of bounds.
    """
    try:
        said = _decode_any.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise malformed("body", "malformed_json", f"The body is not JSON: {error}.", "Send valid UTF-8 JSON.") from None
    except RecursionError:
        raise malformed("body", "too_deep", "The JSON is nested too deeply.", "Send it as documented.") from None
    if isinstance(said, dict):
        for name in ("number", "ordered_at", "currency", "lines"):
            if said.get(name) is None:
                raise malformed(name, "missing", f"{name} is required.", f"Send {name}.")
    order = strict(Order, said)
    if order.ordered_at.tzinfo is None:
        raise malformed("ordered_at", "no_zone", "ordered_at has no zone.", "Send it as 2026-12-31T12:00:00Z.")
    _check(order)
    return settled_record(order)


def _check(order: Order) -> None:
    if not 1 <= len(order.lines) <= LINES_MAX:
        text = f"An order has 1 to {LINES_MAX} lines, not {len(order.lines)}."
        raise malformed("lines", "count", text, "Send its lines; split a larger one.")
    if order.customer is None and order.buyer is None:
        raise malformed("customer", "missing", "customer or buyer is required.", "Send who buys.")
    fault = currency_fault("currency", order.currency)
    if fault is not None:
        raise Malformed(fault.code, fault.text, (fault,))
    for name in ("number", "store", "customer", "channel"):
        _check_text(name, getattr(order, name))
    for index, line in enumerate(order.lines):
        _check_text(f"lines[{index}].item", line.item)
        checked_quantity(line.quantity, f"lines[{index}].quantity")
        for amount in ("net_price", "net", "tax", "gross"):
            _check_amount(f"lines[{index}].{amount}", getattr(line, amount))
    for field, parts in (("charges", order.charges), ("vouchers", order.vouchers), ("payments", order.payments)):
        for index, part in enumerate(parts):
            for name in ("net", "tax", "gross", "authorised", "captured", "tax_percent"):
                _check_amount(f"{field}[{index}].{name}", getattr(part, name, None))


def _check_text(field: str, text: str | None) -> None:
    if text is None:
        return
    if not text.strip() or len(text) > TEXT_LENGTH_MAX:
        raise malformed(field, "length", f"{field} has 1 to {TEXT_LENGTH_MAX} characters.", f"Send {field} as text.")
    fault = code_fault(field, text[:64])
    if fault is not None:
        raise Malformed(fault.code, fault.text, (fault,))


def _check_amount(field: str, value: Decimal | None) -> None:
    fault = decimal_fault(field, value) if value is not None else None
    if fault is not None:
        raise Malformed(fault.code, fault.text, (fault,))


def _checked_key(key: str | None) -> str | None:
    if key is not None and not 1 <= len(key) <= KEY_LENGTH_MAX:
        text = f"An Idempotency-Key has 1 to {KEY_LENGTH_MAX} characters."
        raise malformed("Idempotency-Key", "length", text, "Send a shorter one, as a UUID.")
    return key


def rendered(taken: Taken) -> bytes:
    """The first answer to an order, all but its key, which may be personal."""
    order, digits = taken.order, minor_digits(taken.order.currency)
    return encode(
        OrderAnswer(
            id=taken.id,
            store=taken.store,
            number=order.number,
            test=taken.test,
            customer=order.customer,
            channel=taken.channel,
            currency=order.currency,
            handover=taken.handover,
            life=taken.life,
            held=list(taken.held),
            net=plain(taken.totals.net, digits),
            tax=plain(taken.totals.tax, digits),
            gross=plain(taken.totals.gross, digits),
            lines=[_line(line, digits) for line in taken.lines],
            erp_number=None,
            ordered_at=instant_text(order.ordered_at),
            taken_at=instant_text(taken.taken_at),
            history=_history(taken.steps),
            revision=taken.revision,
        )
    )


def _history(steps: tuple[StepRow, ...]) -> list[HistoryLine]:
    return [HistoryLine(step.state, step.at, step.actor, step.text) for step in steps]


def _line(line: TakenLine, digits: int) -> OrderLineAnswer:
    said, amounts = line.said, line.amounts
    outcome = line.ours.price if line.ours is not None else None
    net_price = said.net_price if said.net_price is not None else None
    if net_price is None and isinstance(outcome, Price):
        net_price = outcome.net_price
    return OrderLineAnswer(
        item=said.item,
        quantity=plain(said.quantity),
        unit=said.unit or (outcome.unit if outcome is not None else None),
        net_price=None if net_price is None else plain(net_price, digits),
        net=None if amounts is None else plain(amounts.net, digits),
        tax=None if amounts is None else plain(amounts.tax, digits),
        gross=None if amounts is None else plain(amounts.gross, digits),
        held=list(line.held),
        price=None if line.ours is None else price_answer(line.ours, "applied", None, full=True),
        id=said.id if said.id is not None else UNSET,
    )


def first_answer(found: OrderRead) -> bytes:
    """The first answer to an order, with the key that it came under."""
    private = _decode_any.decode(found.private) if found.private is not None else {}
    return with_key(private.get("key"), found.answer.encode())


def with_key(key: str | None, answer: bytes) -> bytes:
    """An answer with the key of its order in front."""
    return b'{"key":' + encode(key) + b"," + answer[1:]


def whole(found: OrderRead) -> dict[str, Any]:
    """An order as it stands now, with all that the store said of it."""
    answer: dict[str, Any] = _decode_any.decode(found.answer)
    private: dict[str, Any] = _decode_any.decode(found.private) if found.private is not None else {}
    texts = private.pop("lines", [])
    for line, said in zip(answer["lines"], texts, strict=False):
        line.update(said)
    answer |= {"handover": found.handover, "life": found.life, "erp_number": found.erp_number}
    if found.handover != "accepted" or found.life != "on_hold":
        answer["held"] = []
    answer["history"] = [
        {"state": step.state, "at": step.at, "actor": step.actor, "text": step.text} for step in found.steps
    ]
    message: dict[str, Any] = _decode_any.decode(found.message)
    return {"key": None} | private | message | answer
