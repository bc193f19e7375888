"""A browser's basket: lines that are bought together, and the quote that an order brings."""

from collections.abc import Callable
from datetime import datetime, timedelta

from listino.core.errors import Refused
from listino.db.engine import Database
from listino.flows.basket import Basket, LineFound
from listino.flows.browsing import browsed_basket
from listino.flows.live import LivePrices
from listino.flows.price import Answered, Asked, Snapshot
from listino.flows.prior import with_prior
from listino.flows.promises import promised
from listino.flows.quotes import LENGTH_MAX, Chance, Signer
from listino.flows.tokens import Browser, question_of
from listino.web.answers import encode
from listino.web.browser_answers import basket_line, basket_parts, browser_moment, browser_price
from listino.web.browser_messages import BrowserBasketAsk
from listino.web.budget import Budget
from listino.web.faults import problem_of
from listino.web.rest.baskets import ID_BYTES
from listino.web.rest.batch_reading import Batch
from listino.web.rest.me import Told, asked_line, book_for, shows_of


class MeBaskets:
    """Prices baskets for whoever a token names, and promises what they come to."""

    def __init__(
        self,
        database: Database,
        signer: Signer,
        *,
        clock: Callable[[], datetime],
        chance: Chance,
        holds_for: timedelta,
        budget: Budget,
        live: LivePrices | None,
    ) -> None:
        self._database = database
        self._signer = signer
        self._clock = clock
        self._chance = chance
        self._holds_for = holds_for
        self._budget = budget
        self._live = live

    def answered(self, browser: Browser, batch: Batch[BrowserBasketAsk], language: str | None) -> Told:
        """A basket's lines and totals, and its quote where every line has a price.

        Errors:  Malformed where amounts have too many digits; TooOften.
        """
        now, lines = self._clock(), batch.ask.lines
        self._budget.spend(browser, [line.item for line in lines], now)
        book, context = book_for(self._database, browser, [line.item for line in lines]), question_of(browser, now)
        asked = [batch.faults.get(index) or asked_line(browser, line, index, now) for index, line in enumerate(lines)]
        browsed = browsed_basket(book, context, asked, self._live, now)
        found, on_request = browsed.basket, browsed.on_request
        language = browser.language or language
        answers = [
            _line(line.id or str(place + 1), on_request.get(place) or _with_prior(book, asked[place], one), language)
            for place, (line, one) in enumerate(zip(lines, found.lines, strict=True))
        ]
        promise = self._promise(book, context, found) if browsed.is_whole else None
        beside = encode(basket_parts(found.price, language, promise))
        body = b'{"lines":[' + b",".join(answers) + b"]," + beside[1:-1]
        evened = any(isinstance(one, Refused) for one in found.lines)
        return Told(body + browser_moment(now, book, shows_of(book, browser, now)), evened=evened)

    def _promise(self, book: Snapshot, context: Asked, found: Basket) -> tuple[str, datetime] | None:
        quote = promised(book, context, found, self._chance.token_hex(ID_BYTES), self._holds_for)
        text = None if quote is None else self._signer.sealed(quote)
        return None if quote is None or text is None or len(text) > LENGTH_MAX else (text, quote.expires_at)


def _with_prior(book: Snapshot, asked: Asked | Refused, found: LineFound | Refused) -> LineFound | Refused:
    """A line with the prior price where a reduction is shown, and what the ERP told of it."""
    if isinstance(asked, Asked) and isinstance(found, LineFound):
        with_prior(book, asked, found.answered)
        found.answered.told = asked.told
    return found


def _line(name: str, found: LineFound | Refused | Answered, language: str | None) -> bytes:
    start = b'{"id":' + encode(name) + b","
    if isinstance(found, Refused):
        return start + b'"error":' + encode(problem_of(found)) + b"}"
    told = browser_price(found, language)[0] if isinstance(found, Answered) else basket_line(found, language)
    return start + encode(told)[1:]
