"""What a browser asks with its token: who it is, and prices; for whom is never a parameter."""

from collections.abc import Callable, Iterable
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from listino.core.errors import Malformed, Refused
from listino.core.question import NoPrice
from listino.db.engine import Database
from listino.flows.browsing import browsed, browsed_one
from listino.flows.live import LivePrices
from listino.flows.price import Answered, Asked, Snapshot, buyer_for, line_of, snapshot
from listino.flows.provoked import book_on_purpose
from listino.flows.tokens import Browser, question_of
from listino.web.answers import encode, instant_text
from listino.web.browser_answers import browser_moment, browser_price
from listino.web.browser_messages import Asker, BrowserAsk, BrowserLine
from listino.web.budget import Budget
from listino.web.faults import problem_of
from listino.web.reading import checked_code, checked_quantity
from listino.web.rest.batch_reading import Batch


class Told(NamedTuple):
    """An answer to a browser.

    Shapes:  tag: its entity tag, where it may be asked by again; holds_until: when it may be another without a new
             revision; counted: it depends on what others order; evened: it refuses something, and is not to tell
             how long that took.
    """

    body: bytes
    tag: str | None = None
    holds_until: datetime | None = None
    counted: bool = False
    evened: bool = False


class MeDoor:
    """Answers a browser for the customer, or the guest, that its token names."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        note_unpriced: Callable[[Asked, Browser], None],
        *,
        budget: Budget,
        live: LivePrices | None = None,
    ) -> None:
        self._live = live
        self._budget = budget
        self._database = database
        self._clock = clock
        self._note_unpriced = note_unpriced

    def who(self, browser: Browser, language: str | None) -> Told:
        """Who asks, and how prices are shown to them."""
        now = self._clock()
        book = snapshot(self._database)
        currency = browser.currency or buyer_for(book, question_of(browser, now)).currency
        asker = Asker(
            browser.kind, browser.customer, browser.channel, currency, shows_of(book, browser, now),
            browser.language or language, browser.orders, browser.test, instant_text(browser.expires_at),
        )  # fmt: skip
        return Told(encode(asker))

    def price(self, browser: Browser, line: BrowserLine, language: str | None, *, ladder: bool) -> Told:
        """The price of one item.

        Errors:  NotFound for what the browser is not to know of; Malformed; TooOften.
        """
        now = self._clock()
        asked = asked_by(browser, line, now)
        asked.ladder = ladder
        self._budget.spend(browser, (line.item,), now)
        book = book_for(self._database, browser, (line.item,))
        answered = browsed_one(book, asked, self._live, now)
        self._note(asked, answered, browser)
        told, holds_until = browser_price(answered, browser.language or language)
        body, shows = encode(told), shows_of(book, browser, now)
        counted = answered.facts.counted
        tag = None if counted else f'W/"{blake2b(body + shows.encode(), digest_size=12).hexdigest()}"'
        return Told(body[:-1] + browser_moment(now, book, shows), tag, holds_until, counted)

    def batch(self, browser: Browser, batch: Batch[BrowserAsk], language: str | None) -> Told:
        """Prices of lines, each by itself, all of one revision; a line's fault is that line's `error`.

        Errors:  TooOften.
        """
        now, items = self._clock(), [line.item for line in batch.ask.lines]
        self._budget.spend(browser, items, now)
        book = book_for(self._database, browser, items)
        asked = [
            batch.faults.get(index) or asked_line(browser, line, index, now)
            for index, line in enumerate(batch.ask.lines)
        ]
        questions = [one for one in asked if isinstance(one, Asked)]
        for question in questions:
            question.ladder = batch.ask.ladder
        found = iter(browsed(book, questions, self._live, now))
        lines: list[bytes] = []
        evened = counted = False
        for place, (line, one) in enumerate(zip(batch.ask.lines, asked, strict=True), 1):
            told = next(found) if isinstance(one, Asked) else one
            lines.append(_line(line.id or str(place), told, browser.language or language))
            if isinstance(told, Answered) and isinstance(one, Asked):
                counted = counted or told.facts.counted
                self._note(one, told, browser)
            else:
                evened = True
        body = b'{"lines":[' + b",".join(lines) + b"]" + browser_moment(now, book, shows_of(book, browser, now))
        return Told(body, None, None, counted, evened)

    def _note(self, asked: Asked, answered: Answered, browser: Browser) -> None:
        if isinstance(answered.price, NoPrice):
            self._note_unpriced(asked, browser)


def book_for(database: Database, browser: Browser, items: Iterable[str]) -> Snapshot:
    """The book as it stands; with the items that provoke what they say, where a test key's token asks for them."""
    book = snapshot(database)
    return book_on_purpose(book, items) if browser.test else book


def asked_by(browser: Browser, line: BrowserLine, now: datetime, prefix: str = "") -> Asked:
    """The question of one line, for whoever the token names.

    Errors:  Malformed.
    """
    return line_of(
        question_of(browser, now),
        checked_code(line.item, f"{prefix}item"),
        checked_quantity(line.quantity, f"{prefix}quantity"),
        None if line.unit is None else checked_code(line.unit, f"{prefix}unit"),
    )


def shows_of(book: Snapshot, browser: Browser, now: datetime) -> str:
    """Which price a page shows: without tax, with it, or both, as the channel says."""
    return buyer_for(book, question_of(browser, now)).shows


def asked_line(browser: Browser, line: BrowserLine, index: int, now: datetime) -> Asked | Refused:
    """The question of one of many lines, or what is wrong with it."""
    try:
        return asked_by(browser, line, now, f"lines[{index}].")
    except Malformed as error:
        return error


def _line(name: str, told: Answered | Refused, language: str | None) -> bytes:
    start = b'{"id":' + encode(name) + b","
    if isinstance(told, Refused):
        return start + b'"error":' + encode(problem_of(told)) + b"}"
    return start + encode(browser_price(told, language)[0])[1:]
