"""What each operation does: its request as a message, the door that answers it as it does REST, and what is told."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from lxml import etree

from listino.core.errors import Malformed, malformed
from listino.core.order_events import OrderEvent
from listino.core.orders import Order
from listino.flows.access import ApiKey
from listino.flows.price import Snapshot
from listino.web.answers import instant_text
from listino.web.asks import BasketAsk, BatchAsk, PriceAsk
from listino.web.limits import Limits
from listino.web.messages import PriceAnswer, Problem, ShareLine
from listino.web.on_purpose import Waits
from listino.web.rest.baskets import BasketDoor, BasketTold
from listino.web.rest.batch_reading import Batch, check_count
from listino.web.rest.desk import DeskDoor, checked_record
from listino.web.rest.order_answers import shown
from listino.web.rest.order_reading import checked_order
from listino.web.rest.orders import OrderDoor
from listino.web.rest.price_lines import BatchDoor, LinesTold
from listino.web.rest.prices import PriceDoor, PriceTold
from listino.web.roads import Roads
from listino.web.soap.answers import (
    BasketLines,
    EventTold,
    Lines,
    OrderStatus,
    PriceLine,
    TotalsTold,
    no_price_of,
    price_of,
)
from listino.web.soap.asks import (
    CustomersQuestion,
    EventSaid,
    ItemsQuestion,
    OrderKey,
    OrderSaid,
    PingQuestion,
    StockQuestion,
    event_said,
    order_said,
)
from listino.web.soap.faults import problem_told
from listino.web.soap.records import RecordDoor
from listino.web.soap.table import QUALIFIED, Table, is_nil, table_of, within
from listino.web.soap.writing import answered

_status = msgspec.json.Decoder(OrderStatus)
_event = msgspec.json.Decoder(EventTold)


class Caller(NamedTuple):
    """Who asks, and in which language texts are to be."""

    key: ApiKey
    language: str | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: how its request is read and by whom it is answered; `limited` by the limit of its key."""

    name: str
    table: Table
    run: Callable[[Any, Caller], Awaitable[str]]
    limited: bool = True

    def read(self, asked: etree._Element) -> Any:
        """The message in an operation's element.

        Errors:  Malformed, naming the field by its path.
        """
        children = list(asked)
        if len(children) != 1 or children[0].tag not in (QUALIFIED + "request", "request"):
            found = children[1] if len(children) > 1 else None
            if found is None and children:
                found = children[0]
            text = f"{self.name} holds one element, request."
            name = "request" if found is None else str(etree.QName(found).localname)[:80]
            code = "missing" if found is None else "unknown_field"
            raise malformed(name, code, text, "Send the fields within request.")
        try:
            if is_nil(children[0]):
                raise malformed("", "missing", "request is required.", "Send it.")
            return self.table.bind(children[0])
        except Malformed as error:
            raise within("request", error) from None


class Operations:
    """Every operation, by its name."""

    def __init__(
        self,
        prices: PriceDoor,
        batches: BatchDoor,
        baskets: BasketDoor,
        *,
        orders: OrderDoor,
        desk: DeskDoor,
        records: RecordDoor,
        roads: Roads,
        limits: Limits,
        waits: Waits,
    ) -> None:
        self._prices, self._batches, self._baskets = prices, batches, baskets
        self._orders, self._desk, self._records = orders, desk, records
        self._roads, self._limits, self._waits = roads, limits, waits
        price = table_of(PriceAsk)
        event = table_of(OrderEvent, event_said, (("id", False), ("store", False), ("number", False)))
        every = (
            Operation("GetPrice", price, self._price),
            Operation("GetPrices", table_of(BatchAsk), self._batch),
            Operation("GetPriceLadder", price, self._ladder),
            Operation("PriceBasket", table_of(BasketAsk), self._basket),
            Operation("SubmitOrder", table_of(Order, order_said, (("key", True),)), self._order, limited=False),
            Operation("SubmitOrderEvent", event, self._told, limited=False),
            Operation("GetOrderStatus", table_of(OrderKey), self._order_status),
            Operation("GetStock", table_of(StockQuestion), self._stock),
            Operation("GetItems", table_of(ItemsQuestion), self._items),
            Operation("GetCustomers", table_of(CustomersQuestion), self._customers),
            Operation("Ping", table_of(PingQuestion), self._ping),
        )
        self.by_tag = {QUALIFIED + one.name: one for one in every}

    async def _price(self, ask: PriceAsk, caller: Caller) -> str:
        return answered("GetPrice", "PriceAnswer", await self._one(ask, caller))

    async def _ladder(self, ask: PriceAsk, caller: Caller) -> str:
        ask.ladder = True
        return answered("GetPriceLadder", "PriceAnswer", await self._one(ask, caller))

    async def _one(self, ask: PriceAsk, caller: Caller) -> Lines:
        await self._waits.for_items(caller.key, (ask.item,))
        told: PriceTold = await self._roads.in_a_moment(self._prices.told, ask, *caller)
        price, none = price_of(told.answer), no_price_of(told.answer)
        return Lines(*_moment(told), price=price, no_price=none)

    async def _batch(self, ask: BatchAsk, caller: Caller) -> str:
        return await self._lines(ask, caller, self._batch_told)

    def _batch_told(self, ask: BatchAsk, caller: Caller) -> str:
        told = self._batches.told(Batch(ask, {}), *caller)
        lines = [_line(name, answer, place) for place, (name, answer) in enumerate(told.lines)]
        return answered("GetPrices", "PricesAnswer", Lines(*_moment(told), lines))

    async def _basket(self, ask: BasketAsk, caller: Caller) -> str:
        return await self._lines(ask, caller, self._basket_told)

    def _basket_told(self, ask: BasketAsk, caller: Caller) -> str:
        told = self._baskets.told(Batch(ask, {}), *caller)
        lines = [_line(one.id, one.answer, place, one.shares) for place, one in enumerate(told.lines)]
        parts, totals = told.parts, told.parts.totals
        currency = next((one.answer.currency for one in told.lines if isinstance(one.answer, PriceAnswer)), None)
        sums = TotalsTold(currency, totals.net, totals.tax, totals.gross, totals.rounding, totals.by_rate)
        answer = BasketLines(
            *_moment(told), lines, parts.quote, parts.quote_expires_at, sums, parts.free_goods, parts.charges,
            parts.coupons_unused, parts.next_change_at, parts.not_applied,
        )  # fmt: skip
        return answered("PriceBasket", "BasketAnswer", answer)

    async def _lines(self, ask: Any, caller: Caller, work: Callable[[Any, Caller], str]) -> str:
        check_count(ask)
        self._limits.count_lines(caller.key, len(ask.lines))
        await self._waits.for_items(caller.key, (line.item for line in ask.lines))
        answer: str = await self._roads.of_lines(len(ask.lines), work, ask, caller)
        return answer

    async def _order(self, said: OrderSaid, caller: Caller) -> str:
        answer, _ = await self._orders.taken(checked_order(said.order), caller.key, said.key)
        lines = len(said.order.lines)
        told: str = await self._roads.of_lines(lines, _order_told, "SubmitOrder", answer, caller)
        return told

    async def _told(self, said: EventSaid, caller: Caller) -> str:
        if said.id is not None and (said.store is not None or said.number is not None):
            raise malformed("id", "two_orders", "The order is named twice.", "Send id, or store and number.")
        if said.id is None and said.number is None:
            raise malformed("number", "missing", "No order is named.", "Send its number, or our id of it.")
        named = said.id if said.id is not None else _named(said)
        answer, _ = await self._roads.in_thread(
            self._desk.told, named, checked_record(said.event), caller.key, said.event.key
        )
        return answered("SubmitOrderEvent", "EventAnswer", _event.decode(answer))

    async def _order_status(self, ask: OrderKey, caller: Caller) -> str:
        told: str = await self._roads.in_thread(self._order_found, ask, caller)
        return told

    def _order_found(self, ask: OrderKey, caller: Caller) -> str:
        return _order_told("GetOrderStatus", self._orders.of_key(ask.key, ask.store, caller.key), caller)

    async def _stock(self, ask: StockQuestion, caller: Caller) -> str:
        told = await self._roads.in_thread(self._records.stock, ask, caller.key)
        return answered("GetStock", "StockAnswer", told)

    async def _items(self, ask: ItemsQuestion, caller: Caller) -> str:
        told = await self._roads.in_thread(self._records.items, ask, *caller)
        return answered("GetItems", "ItemsAnswer", told)

    async def _customers(self, ask: CustomersQuestion, caller: Caller) -> str:
        told = await self._roads.in_thread(self._records.customers, ask, caller.key)
        return answered("GetCustomers", "CustomersAnswer", told)

    async def _ping(self, ask: PingQuestion, _: Caller) -> str:
        return answered("Ping", "PingAnswer", await self._roads.in_a_moment(self._records.ping, ask))


def _moment(told: PriceTold | LinesTold | BasketTold) -> tuple[int, str, str, str | None, str | None]:
    """The revision that an answer was read at, and the moment that it holds for."""
    book: Snapshot = told.book
    usage = told.usage_as_of
    return (
        book.revision, book.reading.epoch, instant_text(told.at), book.reading.stale_since,
        None if usage is None else instant_text(usage),
    )  # fmt: skip


def _line(name: str, answer: PriceAnswer | Problem, place: int, shares: list[ShareLine] | None = None) -> PriceLine:
    if isinstance(answer, Problem):
        return PriceLine(name, None, None, problem_told(answer, at=f"lines[{place}]"))
    return PriceLine(name, price_of(answer), no_price_of(answer), None, shares)


def _named(said: EventSaid) -> dict[str, str]:
    named = {"store": said.store, "number": said.number}
    return {name: text for name, text in named.items() if text is not None}


def _order_told(operation: str, answer: bytes, caller: Caller) -> str:
    order = _status.decode(shown(answer, full=caller.key.may("explain:full")))
    return answered(operation, "OrderStatus", order)
