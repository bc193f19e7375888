"""A customer asks a price that only the ERP can tell: it is asked, for a bounded time, once per question."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from listino.core.breaker import Target, allowed, answered, called, failed
from listino.core.errors import ErpSaidNo, OutcomeUnknown, Refused, Unavailable
from listino.core.money import plain
from listino.core.told import Told, nonsense, price_rule
from listino.db import live_prices
from listino.db.engine import Database
from listino.db.snapshot import Snapshot, stamp
from listino.flows.price import Asked, pair_for
from listino.ports import AskedPrice, AsksPrices, Clock, PriceAsk

QUESTIONS_REMEMBERED_MAX = 100_000
# A question whose moment lies further from now than this is about the book, not about what the ERP says now.
MOMENT_OFF_MAX = timedelta(minutes=1)
# After what does not come from the ERP itself, it is worth asking again so soon.
ASK_AGAIN_AFTER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveBounds:
    """How long a customer waits for the ERP, how long its word holds, and how many calls go at once."""

    deadline: timedelta = timedelta(seconds=2)
    holds_for: timedelta = timedelta(seconds=30)
    last_known_for: timedelta = timedelta(hours=24)
    calls_max: int = 8
    calls_per_minute: int = 600


class LivePrices:
    """Asks an ERP for prices: one call in flight per question, a short memory, a breaker, and what was told last."""

    def __init__(self, erp: AsksPrices, database: Database, clock: Clock, bounds: LiveBounds) -> None:
        self._erp = erp
        self._database = database
        self._clock = clock
        self._bounds = bounds
        self._calls = ThreadPoolExecutor(bounds.calls_max, thread_name_prefix="listino-ask")
        self._gate = threading.Lock()
        self._under_way: dict[str, Future[Told]] = {}
        self._remembered: OrderedDict[str, Told] = OrderedDict()
        self._target = Target(name="prices")

    def close(self) -> None:
        """Wait for no more calls."""
        self._calls.shutdown(wait=False, cancel_futures=True)

    def told(self, asks: Sequence[PriceAsk]) -> list[Told]:
        """What the ERP tells of each question, by the deadline; where it does not, what it told last.

        All questions share the one deadline.
        """
        now = self._clock()
        names = [_name(ask) for ask in asks]
        calls = {name: self._call(name, ask, now) for name, ask in zip(names, asks, strict=True)}
        waiting = [call for call in calls.values() if isinstance(call, Future)]
        wait(waiting, timeout=self._bounds.deadline.total_seconds())
        return [self._outcome(name, calls[name], now) for name in names]

    def _call(self, name: str, ask: PriceAsk, now: datetime) -> Told | Future[Told] | None:
        """What is remembered of a question, or a call for it that is under way; None while nothing may be asked."""
        with self._gate:
            kept = self._remembered.get(name)
            if kept is not None and kept.holds_until is not None and now < kept.holds_until:
                return replace(kept, source="cache")
            under_way = self._under_way.get(name)
            if under_way is not None:
                return under_way
            # Calls that nobody can carry out in time are not begun: a slow ERP is not buried under questions.
            if len(self._under_way) >= 2 * self._bounds.calls_max:
                return None
            if not allowed(self._target, now, self._bounds.calls_per_minute, 1):
                return None
            self._target = called(self._target, now, self._bounds.calls_per_minute)
            call = self._under_way[name] = self._calls.submit(self._asked, name, ask)
        return call

    def _asked(self, name: str, ask: PriceAsk) -> Told:
        """One call, in a thread of its own; it may end after nobody waits for it any more.

        Errors:  Unavailable, where the ERP did not answer, or with nonsense.
        """
        try:
            said = self._erp.ask_price(ask)
            told = self._read(ask, said)
        except ErpSaidNo:
            told = self._fresh(reason="erp_no_price")
        except (Unavailable, OutcomeUnknown) as error:
            self._fail(name, error.detail)
            raise Unavailable(error.detail) from None
        except Exception as error:
            # Whatever a connector does wrong, the customer is answered.
            self._fail(name, f"{type(error).__name__}: {error}")
            raise Unavailable(str(error)) from error
        at = self._clock()
        with self._gate:
            self._under_way.pop(name, None)
            self._target = answered(self._target, at, took=True)
            self._remembered[name] = told
            self._remembered.move_to_end(name)
            while len(self._remembered) > QUESTIONS_REMEMBERED_MAX:
                self._remembered.popitem(last=False)
        self._write_down(name, told)
        return told

    def _fail(self, name: str, text: str) -> None:
        with self._gate:
            self._under_way.pop(name, None)
            self._target = failed(self._target, self._clock(), text)

    def _read(self, ask: PriceAsk, said: AskedPrice) -> Told:
        if said.reason is not None:
            return self._fresh(reason="erp_no_price")
        value = said.net_price if said.net_price is not None else said.gross_price
        wrong = nonsense(value, said.per, said.currency, ask.currency)
        if wrong is not None or value is None:
            raise Unavailable(f"The ERP answers nonsense: {wrong}.")
        return self._fresh(price=(value, said.per, ask.currency, ask.unit or "", said.net_price is None))

    def _fresh(
        self, *, price: tuple[Decimal, Decimal, str, str, bool] | None = None, reason: str | None = None
    ) -> Told:
        now = self._clock()
        rule = None if price is None else price_rule(*price[:4], gross=price[4])
        return Told("erp", now, now + self._bounds.holds_for, rule, reason)

    def _write_down(self, name: str, told: Told) -> None:
        """Keep what was told for when the ERP does not answer; nobody waits for it."""
        rule, at = told.rule, told.as_of
        if rule is None or rule.value is None or at is None:
            return
        said = msgspec.json.encode([plain(rule.value), plain(rule.per), rule.currency, rule.unit, rule.tax_mode])
        oldest = stamp(at - self._bounds.last_known_for)
        self._database.submit(lambda tx: live_prices.remember(tx, name, said.decode(), stamp(at), oldest))

    def _outcome(self, name: str, call: Told | Future[Told] | None, now: datetime) -> Told:
        if isinstance(call, Told):
            return call
        if call is not None and call.done() and not call.cancelled() and call.exception() is None:
            return call.result()
        oldest = stamp(now - self._bounds.last_known_for)
        row = live_prices.known(self._database.read().connection, name, oldest)
        again = now + ASK_AGAIN_AFTER
        if row is None:
            return Told("mirror", None, again)
        value, per, currency, unit, mode = msgspec.json.decode(row[0], type=tuple[str, str, str, str, str])
        rule = price_rule(Decimal(value), Decimal(per), currency, unit, gross=mode == "gross")
        return Told("last_known", datetime.fromisoformat(row[1]), again, rule)


def _name(ask: PriceAsk) -> str:
    parts = [ask.item, ask.customer, plain(ask.quantity), ask.unit, ask.currency, ask.channel]
    return msgspec.json.encode(parts).decode()


def settle(book: Snapshot, asked: Sequence[Asked], live: LivePrices, now: datetime) -> None:
    """Have the ERP tell what it does of questions about now: each then carries what it told.

    Questions about another moment or an earlier revision, and prices set by hand, are answered from the book.
    """
    asks: list[tuple[Asked, PriceAsk]] = []
    for one in asked:
        if one.manual or abs(one.at - now) > MOMENT_OFF_MAX or not book.newest:
            continue
        # What is not known here is told by whoever prices the question.
        with suppress(Refused):
            asks.append((one, _ask(book, one)))
    for (one, _), told in zip(asks, live.told([ask for _, ask in asks]), strict=True):
        one.told = told
        if told.rule is not None:
            one.manual = (told.rule,)


def _ask(book: Snapshot, asked: Asked) -> PriceAsk:
    pair = pair_for(book, asked)
    return PriceAsk(
        item=asked.item, customer=asked.customer, quantity=asked.quantity,
        unit=asked.unit or pair.facts.item.unit, currency=pair.currency, channel=pair.facts.circle.channel, at=asked.at,
    )  # fmt: skip
