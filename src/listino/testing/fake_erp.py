"""A management system in memory or in a file, with all the troubles that real ones make: on call, or by chance."""

import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from threading import RLock
from typing import Any, TypeVar

from listino.core.errors import ErpSaidNo, OutcomeUnknown, Unavailable
from listino.core.orders import Party
from listino.ports import (
    AskedPrice,
    Clock,
    Duplicates,
    ErpOrder,
    EventToHand,
    Http,
    News,
    OrderStates,
    OrderToPlace,
    PriceAsk,
    Record,
    Traits,
)
from listino.testing.fake_documents import Document, Documents
from listino.testing.fake_troubles import Trouble as Trouble
from listino.testing.fake_troubles import Weather

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Sent:
    """An order on its way: the ERP carries it out then, whether or not the sender still lives."""

    order: OrderToPlace
    arrives_at: datetime
    answer: ErpOrder | ErpSaidNo | None = None


class FakeErp:
    """An ERP of class A, B or C. `planned` troubles befall the next calls, one each; others come by `weather`.

    Shapes:  items, customers: the codes that it knows (None: all); `calls` counts by verb, `log` holds each call
             (when, verb, key). wait passes time: nothing by itself, where the clock is handed.
    """

    def __init__(
        self,
        duplicates: Duplicates = Duplicates.CHECKED,
        *,
        clock: Clock = lambda: datetime.now(UTC),
        wait: Callable[[timedelta], None] = lambda _: None,
        chance: Random | None = None,
        path: str | Path = ":memory:",
        traits: Traits | None = None,
    ) -> None:
        self.traits = traits or Traits(name="fake", duplicates=duplicates)
        self.weather = Weather()
        self.planned: deque[Trouble | None] = deque()
        self.items: set[str] | None = None
        self.customers: set[str] | None = None
        self.calls: Counter[str] = Counter()
        self.log: list[tuple[datetime, str, str]] = []
        self.documents = Documents(path, unique=duplicates is Duplicates.PREVENTED)
        self._clock = clock
        self._wait = wait
        self._chance = chance or Random(0)
        self._under_way: list[Sent] = []
        self._lock = RLock()

    def news(self, since: str | None) -> Iterator[News]:
        """The facts that were put into it, or those that changed since."""
        self._read("news", since or "")
        yield from self.documents.news(since)

    def find_order(self, key: str) -> tuple[ErpOrder, ...]:
        """The documents under a key; an ERP of class C cannot search, and says so."""
        return self._ended(self.finding(key))

    def place_order(self, order: OrderToPlace) -> ErpOrder:
        """Write an order under its key; once sent it is on its own way, whatever becomes of the sender."""
        return self._ended(self.placing(order))

    def finding(self, key: str) -> Generator[timedelta, None, tuple[ErpOrder, ...]]:
        """find_order in steps, for a simulator: it yields how long to wait for each."""
        if self.traits.duplicates is Duplicates.BY_HAND:
            raise ErpSaidNo("cannot_search", "This system cannot search for orders.", "Look there yourself.")
        found = self.held(key)
        yield from self._reading("find_order", key)
        # It looked when it was asked, or just before it answered.
        found = found if self._chance.random() < 0.5 else self.held(key)
        return tuple(document.said() for document in found)

    def placing(self, order: OrderToPlace) -> Generator[timedelta, None, ErpOrder]:
        """place_order in steps, for a simulator: it yields how long to wait for each."""
        trouble = self._begun("place_order", order.key)
        deadline = self.traits.deadline
        if trouble is Trouble.REQUEST_LOST or (trouble is Trouble.NONSENSE and self._chance.random() < 0.5):
            yield deadline if trouble is Trouble.REQUEST_LOST else self.weather.takes
            raise OutcomeUnknown("No answer came by the deadline, or none that can be read.")
        takes = self.weather.duration(trouble, self.traits, self._chance)
        sent = Sent(order, self._clock() + takes)
        with self._lock:
            self._under_way.append(sent)
        yield min(takes, deadline)
        if takes > deadline:
            raise OutcomeUnknown("No answer came by the deadline.")
        self._carry_out(sent)
        if trouble is Trouble.ANSWER_LOST:
            yield deadline - takes
            raise OutcomeUnknown("No answer came by the deadline.")
        if trouble is Trouble.NONSENSE:
            raise OutcomeUnknown("The answer cannot be read.")
        if isinstance(sent.answer, ErpSaidNo):
            raise sent.answer
        assert sent.answer is not None
        return sent.answer

    def order_states(self, since: str | None) -> Iterator[OrderStates]:
        """The orders whose life changed since a cursor."""
        self._read("order_states", since or "")
        yield self.documents.states(since)

    def held(self, key: str | None = None) -> list[Document]:
        """What stands in it by now (under one key), seen from inside: no call, no trouble."""
        with self._lock:
            for sent in [sent for sent in self._under_way if sent.arrives_at <= self._clock()]:
                self._carry_out(sent)
            return self.documents.held(key)

    def say(self, *records: Record) -> None:
        """Put facts into it, or change them; a record without `said` ends one."""
        for record in records:
            self.documents.say(record)

    def live(self, key: str, life: str, text: str | None = None) -> None:
        """Have somebody in it work on an order: its life changes."""
        self.documents.live(key, life, self._clock(), text)

    def _carry_out(self, sent: Sent) -> None:
        with self._lock:
            if sent not in self._under_way:
                return
            self._under_way.remove(sent)
            order = sent.order
            unknown = [line.item for line in order.lines if self.items is not None and line.item not in self.items]
            if unknown:
                remedy = "Make the item there, or correct the order's line."
                sent.answer = ErpSaidNo("unknown_item", f"The item {unknown[0]!r} is not known.", remedy)
            elif self.customers is not None and self._buyer(order) not in self.customers:
                sent.answer = ErpSaidNo("unknown_customer", f"The customer {self._buyer(order)!r} is not known.")
            else:
                sent.answer = self.documents.place(order, self._clock()).said()

    def _buyer(self, order: OrderToPlace) -> str | None:
        return order.erp_customer or order.order.customer

    def _read(self, verb: str, key: str) -> None:
        self._ended(self._reading(verb, key))

    def _reading(self, verb: str, key: str) -> Generator[timedelta, None, None]:
        """A call that changes nothing: whatever goes wrong with it, time will mend."""
        trouble = self._begun(verb, key)
        if trouble in {None, Trouble.SLOW}:
            yield self.weather.duration(trouble, self.traits, self._chance)
            return
        yield self.weather.takes if trouble is Trouble.NONSENSE else self.traits.deadline
        raise Unavailable("The answer cannot be read." if trouble is Trouble.NONSENSE else "No answer came in time.")

    def _ended(self, call: Generator[timedelta, None, Answer]) -> Answer:
        """Carry a call out, waiting as long as it says."""
        while True:
            try:
                duration = next(call)
            except StopIteration as end:
                answer: Answer = end.value
                return answer
            self._wait(duration)

    def _begun(self, verb: str, key: str) -> Trouble | None:
        """Count a call, and draw what befalls it.

        Errors:  Unavailable.
        """
        with self._lock:
            self.calls[verb] += 1
            self.log.append((self._clock(), verb, key))
            trouble = self.planned.popleft() if self.planned else self.weather.drawn(self._chance)
        until = self.weather.down_until
        if trouble is Trouble.NO_CONNECTION or (until is not None and self._clock() < until):
            raise Unavailable("Nobody answers at this address.", code="no_connection")
        return trouble


class AbleFakeErp(FakeErp):
    """A fake that can do all that an ERP may: it prices, makes customers, follows changes and payments.

    Shapes:  prices: net price of one unit by item and customer (None: everybody else's).
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.prices: dict[tuple[str, str | None], Decimal] = {}

    def ask_price(self, question: PriceAsk) -> AskedPrice:
        """What it was told that an item costs a customer."""
        self._read("ask_price", question.item)
        everybody = self.prices.get((question.item, None))
        net_price = self.prices.get((question.item, question.customer), everybody)
        if net_price is None:
            return AskedPrice(currency=question.currency, reason="no_price")
        return AskedPrice(currency=question.currency, net_price=net_price)

    def find_or_create_customer(self, buyer: Party, key: str) -> str:
        """The number under which a buyer stands; the same for the same key."""
        self._read("find_or_create_customer", key)
        return self.documents.customer(buyer, key)

    def change_order(self, event: EventToHand) -> None:
        """Put the order as it is to be now in the place of what stood there."""
        self._follow("change_order", event)

    def cancel_order(self, event: EventToHand) -> None:
        """Mark the order as cancelled."""
        self._follow("cancel_order", event)

    def record_payment(self, event: EventToHand) -> None:
        """Note a payment or refund beside the order."""
        self._follow("record_payment", event)

    def _follow(self, verb: str, event: EventToHand) -> None:
        trouble = self._begun(verb, event.key)
        self._wait(min(self.weather.duration(trouble, self.traits, self._chance), self.traits.deadline))
        if trouble not in {Trouble.REQUEST_LOST, Trouble.LATE}:
            self.documents.follow(event)
        if trouble not in {None, Trouble.SLOW}:
            raise Unavailable("No answer came by the deadline, or none that can be read.")


def connect(settings: Mapping[str, Any], http: Http, folder: Path) -> FakeErp:
    """A fake beside its settings, for processes that are started and killed: its documents stand in a file.

    Shapes:  `class` A, B or C; `file` its documents; `deadline_s`, `settling_s`; `seed`; `[troubles]` by share;
             `[item_prices]` by item.
    """
    del http  # Its wire is the file.
    duplicates = Duplicates(settings.get("class", "B"))
    traits = Traits(
        name="fake",
        duplicates=duplicates,
        deadline=timedelta(seconds=settings.get("deadline_s", 1)),
        settling=timedelta(seconds=settings.get("settling_s", 1)),
        calls_per_minute=settings.get("calls_per_minute", 60_000),
    )
    made = AbleFakeErp(
        duplicates,
        wait=lambda duration: time.sleep(duration.total_seconds()),
        chance=Random(settings.get("seed", 0)),
        path=folder / settings.get("file", "fake-erp.db"),
        traits=traits,
    )
    made.prices = {(item, None): Decimal(price) for item, price in settings.get("item_prices", {}).items()}
    made.weather.troubles = {Trouble(name): float(share) for name, share in settings.get("troubles", {}).items()}
    return made
