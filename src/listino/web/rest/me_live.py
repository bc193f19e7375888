"""GET /v1/me/stream: what a page shows, told again whenever it changes; for whoever the page's token names."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import NotAllowed
from listino.db.engine import Database, Reading
from listino.flows.price import Asked, Snapshot, buyer_for, snapshot
from listino.flows.tokens import Browser, Tokens, check_buyer, question_of
from listino.flows.watching import Found
from listino.web.answers import encode
from listino.web.browser_answers import browser_moment, browser_price
from listino.web.browsers import EVEN_S, token_of
from listino.web.budget import Budget
from listino.web.faults import problem_of
from listino.web.live import Hub
from listino.web.live_room import QUESTIONS_MAX, STREAMS_MAX, Share
from listino.web.live_stream import LiveStream, Reader
from listino.web.on_purpose import Waits
from listino.web.reading import query_of, single
from listino.web.rest.live import OF_LINES, PARAMETERS_MAX, digest_of, lines_of, stock_line
from listino.web.rest.me import book_for
from listino.web.rest.prices import language_of
from listino.web.roads import Roads

# So many streams of one customer are open in each process, of so many different questions, by whichever of its tokens:
# each page may have one of its own. So it is with all guests together; others are left room beside them.
CUSTOMER_STREAMS_MAX = 100
CUSTOMER_QUESTIONS_MAX = 2_000
PUBLIC_STREAMS_MAX = STREAMS_MAX * 3 // 4
PUBLIC_QUESTIONS_MAX = QUESTIONS_MAX // 2
PARAMETERS = frozenset(["token", "last_event_id"])


@dataclass(frozen=True, slots=True)
class BrowserView:
    """An answer as a browser is told it, and with the stock."""

    language: str
    test: bool
    browsing: bool = True

    def told(self, book: Snapshot, asked: Asked, found: Found, now: datetime) -> tuple[bytes, bytes]:
        """The answer as JSON, and the digest of what it says."""
        answered = found.answered
        if isinstance(answered, Exception):
            problem = problem_of(answered)
            start = b'{"item":%s,"error":%s' % (encode(asked.item), encode(problem))
            return start + browser_moment(now, book, "both"), digest_of(problem.code.encode())
        shows = buyer_for(book, asked).shows
        price, _ = browser_price(answered, self.language or None)
        stock = b',"stock":' + encode(stock_line(found.shelves))
        body = encode(price)[:-1] + stock + browser_moment(now, book, shows)
        # What it is called is not what it costs.
        price.name = None
        for charge in price.own_lines or ():
            charge.label = None
        return body, digest_of(encode(price) + stock + shows.encode())


class MeLiveDoor:
    """Opens streams for browsers."""

    def __init__(
        self,
        database: Database,
        hub: Hub,
        tokens: Tokens,
        *,
        budget: Budget,
        clock: Callable[[], datetime],
        roads: Roads,
        waits: Waits,
    ) -> None:
        self._database, self._hub, self._tokens, self._budget = database, hub, tokens, budget
        self._clock, self._roads, self._waits = clock, roads, waits

    async def stream(self, request: Request, browser: Browser) -> Response:
        """A stream of the prices that a page asks for, until its token ends.

        Errors:  Malformed; TooOften, Unavailable without room.
        """
        pairs = query_of(request.scope["query_string"], PARAMETERS_MAX)
        said = single([pair for pair in pairs if pair[0] not in OF_LINES], PARAMETERS, OF_LINES)
        language = browser.language or language_of(request.headers.get("accept-language", "").encode("latin-1"))
        lines = lines_of(pairs, question_of(browser, self._clock()), BrowserView(language, browser.test))
        items = [line.asked.item for line in lines]
        book = await self._roads.in_a_moment(book_for, self._database, browser, items)
        await self._waits.for_items(browser, items)
        owner, share = _share_of(browser)
        self._hub.check_room(owner, lines, share)
        self._budget.spend(browser, items, self._clock())
        token = token_of(request, in_query=True)

        def may_go_on(reading: Reading) -> bool:
            if self._tokens.read(token, reading) is None:
                return False
            try:
                check_buyer(snapshot(self._database, None, reading), browser, self._clock())
            except NotAllowed:
                return False
            return True

        last_id = said.get("last_event_id") or request.headers.get("last-event-id")
        reader = Reader(owner, browser.expires_at, may_go_on, EVEN_S)
        return LiveStream(self._hub, reader, lines, book.reading, last_id)


def _share_of(browser: Browser) -> tuple[str, Share]:
    """As whose a browser's stream is counted, and how much they may have: a customer, or all guests of a key."""
    if browser.customer is None:
        # No customer's code is empty.
        return f"{browser.key_id} ", Share(PUBLIC_STREAMS_MAX, PUBLIC_QUESTIONS_MAX)
    return browser.subject, Share(CUSTOMER_STREAMS_MAX, CUSTOMER_QUESTIONS_MAX)
