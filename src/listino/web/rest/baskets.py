"""The basket door: many lines priced together, and what they come to promised for a while."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from listino.core.errors import Refused
from listino.core.question import NoPrice
from listino.db.engine import Database
from listino.flows.access import ApiKey
from listino.flows.basket import Basket, LineFound, basket
from listino.flows.live import settle
from listino.flows.price import Asked, Snapshot, snapshot
from listino.flows.prior import with_prior
from listino.flows.promises import promised
from listino.flows.provoked import book_on_purpose
from listino.flows.quotes import LENGTH_MAX, Chance, Signer
from listino.web.answers import encode, moment
from listino.web.asks import BasketAsk
from listino.web.auth import require
from listino.web.basket_answers import line_answer, parts, share_lines
from listino.web.basket_messages import BasketParts
from listino.web.faults import problem_of
from listino.web.messages import PriceAnswer, Problem, ShareLine
from listino.web.rest.batch_reading import Batch
from listino.web.rest.price_lines import asked_line
from listino.web.rest.prices import PriceDoor, check_revision

ID_BYTES = 12


class LineTold(NamedTuple):
    """A line of a basket by its name: what is answered to it, and what the basket's rules take off or add."""

    id: str
    answer: PriceAnswer | Problem
    shares: list[ShareLine]


class BasketTold(NamedTuple):
    """A basket's lines and what stands beside them; the moment, the book, and when the ledger was read."""

    lines: list[LineTold]
    parts: BasketParts
    at: datetime
    book: Snapshot
    usage_as_of: datetime | None


class BasketDoor:
    """Prices baskets and promises what they come to."""

    def __init__(
        self,
        database: Database,
        prices: PriceDoor,
        signer: Signer,
        *,
        clock: Callable[[], datetime],
        chance: Chance,
        holds_for: timedelta,
    ) -> None:
        self._database = database
        self._prices = prices
        self._signer = signer
        self._clock = clock
        self._chance = chance
        self._holds_for = holds_for

    def answered(self, batch: Batch[BasketAsk], key: ApiKey, language: str | None) -> bytes:
        """A basket's lines and totals, as JSON.

        Errors:  Malformed for the context; NotFound for an unknown customer or channel; a line's fault is
                 that line's `error`.
        """
        told = self.told(batch, key, language)
        lines = b",".join([_json(line) for line in told.lines])
        return b'{"lines":[' + lines + b"]," + encode(told.parts)[1:-1] + moment(told.at, told.book, told.usage_as_of)

    def told(self, batch: Batch[BasketAsk], key: ApiKey, language: str | None) -> BasketTold:
        """A basket's lines and totals; with a quote where it was asked of the book as it stands, for now.

        Errors:  Malformed for the context; NotFound for an unknown customer or channel; a line's fault is
                 that line's answer.
        """
        require(key, "prices:read")
        ask, now = batch.ask, self._clock()
        context = self._prices.context_of(ask, key, now)
        known_at = self._prices.known_at(ask.known_at, now)
        book = snapshot(self._database, known_at, self._database.read_since(ask.min_revision))
        check_revision(book, ask.min_revision)
        if key.test:
            book = book_on_purpose(book, [line.item for line in ask.lines])
        asked = [
            batch.faults.get(index) or asked_line(context, line, index, key) for index, line in enumerate(ask.lines)
        ]
        if self._prices.live is not None:
            settle(book, [one for one in asked if isinstance(one, Asked)], self._prices.live, now)
        found = basket(book, context, asked)
        for one, line in zip(asked, found.lines, strict=True):
            if isinstance(one, Asked) and isinstance(line, LineFound):
                with_prior(book, one, line.answered)
                line.answered.told = one.told
                if known_at is None and isinstance(line.priced.price, NoPrice):
                    self._prices.note_unpriced(one, key)
        promise = self._promise(book, context, found) if known_at is None and ask.at is None else None
        full = key.may("explain:full")
        lines = [
            _line(line.id or str(place), one, ask.explain, language, full=full)
            for place, (line, one) in enumerate(zip(ask.lines, found.lines, strict=True), 1)
        ]
        beside = parts(found.price, ask.explain, language, promise)
        return BasketTold(lines, beside, context.at, book, now if found.counted else None)

    def _promise(self, book: Snapshot, context: Asked, found: Basket) -> tuple[str, datetime] | None:
        quote = promised(book, context, found, self._chance.token_hex(ID_BYTES), self._holds_for)
        text = None if quote is None else self._signer.signed(quote)
        return None if quote is None or text is None or len(text) > LENGTH_MAX else (text, quote.expires_at)


def _line(name: str, found: LineFound | Refused, explain: str, language: str | None, *, full: bool) -> LineTold:
    if isinstance(found, Refused):
        return LineTold(name, problem_of(found), [])
    answer = line_answer(found, explain, language, full=full)
    return LineTold(name, answer, share_lines(found.priced, language))


def _json(line: LineTold) -> bytes:
    start = b'{"id":' + encode(line.id)
    if isinstance(line.answer, Problem):
        return start + b',"error":' + encode(line.answer) + b"}"
    return start + b"," + encode(line.answer)[1:-1] + b',"shares":' + encode(line.shares) + b"}"
