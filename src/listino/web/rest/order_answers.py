"""An order as it is answered: first when it is taken, later as it stands."""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from listino.core.money import EXACT, minor_digits, plain
from listino.core.question import Price
from listino.flows.intake import OrderRead, StepRow, Taken, TakenLine
from listino.flows.order_events import EventRow, event_line
from listino.web.answers import encode, instant_text, price_answer
from listino.web.basket_answers import charge_line, free_goods_line, share_lines
from listino.web.basket_messages import BasketCharge, FreeGoodsLine
from listino.web.messages import ChargeLine, HistoryLine, PriceAnswer, ShareLine, StepLine
from listino.web.parts import own_line
from listino.web.workings import hide

# How a step is marked whose figures are for callers with the scope explain:full alone.
CONFIDENTIAL = b'"confidential":true'
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
    shares: list[ShareLine] | UnsetType = UNSET
    own_lines: list[ChargeLine] | UnsetType = UNSET


class ParkedAnswer(Struct):
    """Why an order waits for a person."""

    reason: str
    text: str
    remedy: str
    tries: int


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
    free_goods: list[FreeGoodsLine] | UnsetType = UNSET
    own_charges: list[BasketCharge] | UnsetType = UNSET


def rendered(taken: Taken) -> bytes:
    """The first answer to an order, all but its key, which may be personal."""
    order, digits, found = taken.order, minor_digits(taken.order.currency), taken.found
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
            lines=[_line(line, digits) for line in taken.found.lines],
            erp_number=None,
            ordered_at=instant_text(order.ordered_at),
            taken_at=instant_text(taken.taken_at),
            history=_history(taken.steps),
            revision=taken.revision,
            free_goods=[free_goods_line(goods, None) for goods in found.free_goods] or UNSET,
            own_charges=[charge_line(charge, None) for charge in found.charges] or UNSET,
        )
    )


def _history(steps: tuple[StepRow, ...]) -> list[HistoryLine]:
    return [HistoryLine(step.state, step.at, step.actor, step.text) for step in steps]


def _line(line: TakenLine, digits: int) -> OrderLineAnswer:
    said, amounts = line.said, line.amounts
    outcome = line.ours.price if line.ours is not None else None
    net_price = said.net_price if said.net_price is not None else None
    if net_price is None and isinstance(outcome, Price):
        net_price = EXACT.divide(outcome.net_price, outcome.per)
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
        shares=(share_lines(line.priced, None) or UNSET) if line.priced is not None else UNSET,
        own_lines=[own_line(own, None, digits) for own in line.own_lines] or UNSET,
    )


def shown(answer: bytes, *, full: bool) -> bytes:
    """An answer with one order or many, its confidential figures left out unless `full`."""
    if full or CONFIDENTIAL not in answer:
        return answer
    said = msgspec.json.decode(answer)
    for order in said.get("data", [said]):
        for line in order["lines"]:
            if line["price"] is not None:
                line["price"]["steps"] = [_without_costs(step) for step in line["price"].get("steps", ())]
    return encode(said)


def _without_costs(said: dict[str, Any]) -> StepLine:
    step = msgspec.convert(said, StepLine)
    if step.confidential:
        hide(step)
    return step


def _of_event(event: EventRow, said: dict[str, Any]) -> dict[str, Any]:
    """What a store said with an event, but for the whole order of a change."""
    told: dict[str, Any] = _decode_any.decode(event.body)
    return told | {name: value for name, value in said.items() if name != "order"}


def first_answer(found: OrderRead) -> bytes:
    """The first answer to an order, with the key that it came under."""
    private = _decode_any.decode(found.private) if found.private is not None else {}
    return with_key(private.get("key"), (found.first_answer or found.answer).encode())


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
    for line, kept in zip(answer["lines"], found.lines, strict=True):
        line |= {"shipped": plain(kept.now.shipped), "returned": plain(kept.now.returned)}
        line["cancelled"] = plain(kept.now.cancelled)
    answer |= {"handover": found.handover, "life": found.life, "erp_number": found.erp_number}
    if found.life != "on_hold":
        answer["held"] = []
    elif not answer["held"]:
        answer["held"] = ["by_hand"]
    if found.parked is not None:
        parked = found.parked
        answer["parked"] = ParkedAnswer(parked.reason, parked.text, parked.remedy, parked.tries)
    answer["history"] = [
        {"state": step.state, "at": step.at, "actor": step.actor, "text": step.text} for step in found.steps
    ]
    message: dict[str, Any] = _decode_any.decode(found.message)
    message.pop("stated", None)
    said = private.pop("events", {})
    answer["events"] = [event_line(event) | _of_event(event, said.get(event.key, {})) for event in found.events]
    return {"key": None} | message | private | answer
