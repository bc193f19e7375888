"""The doors of an asker's catalogue: what it can buy, at its prices, a page at a time."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response

from listino.core.explain import text_in
from listino.core.money import ZERO, plain
from listino.flows.access import ApiKey
from listino.flows.catalogue import Catalogue, Row, Shelf, veiled
from listino.flows.price import Asked
from listino.flows.tokens import Browser, question_of
from listino.web.answers import encode, moment, price_answer
from listino.web.auth import require
from listino.web.browser_answers import browser_moment, browser_price
from listino.web.browsers import evened
from listino.web.budget import Budget
from listino.web.catalogue_messages import CatalogueLine, ShelfLine, StockLine
from listino.web.limits import Limits
from listino.web.reading import checked_code, checked_currency, query_of, single
from listino.web.responses import as_json
from listino.web.rest.catalogue_reading import LOOKED_BY, cursor_of, wanted_of
from listino.web.rest.fact_requests import FactRequests
from listino.web.rest.me import Told
from listino.web.rest.me_requests import MeRequests
from listino.web.rest.price_requests import language_asked
from listino.web.roads import LINES_DIRECT_MAX, Roads

PRICED_FOR = "priced_for"
GUEST = "*"
_CONTEXT = frozenset([PRICED_FOR, "channel", "currency"])
BY_AMOUNT = frozenset(["price_min", "price_max"])
# What says which page of a list, not which list.
OF_PAGES = frozenset(["limit", "after"])


class CatalogueDoor:
    """Answers what an asker can buy: the customer that a key names, or whoever asks with a token."""

    def __init__(
        self,
        catalogue: Catalogue,
        facts: FactRequests,
        me: MeRequests,
        *,
        budget: Budget,
        limits: Limits,
        clock: Callable[[], datetime],
        roads: Roads,
    ) -> None:
        """`facts` answers the items that are asked for without an asker; `me` knows who may keep an answer."""
        self._catalogue, self._facts, self._clock, self._roads = catalogue, facts, clock, roads
        self._me, self._budget, self._limits = me, budget, limits

    async def items(self, request: Request, key: ApiKey) -> Response:
        """The items: those that a customer can buy, at its prices, where one is named; else all, as they are kept."""
        pairs = query_of(request.scope["query_string"])
        if not any(name == PRICED_FOR for name, _ in pairs):
            request.path_params["kind"] = "items"
            return await self._facts.facts(request, key)
        said = single(pairs, LOOKED_BY | _CONTEXT)
        # Whoever looks through a catalogue is given time: its first page may ask for thousands of prices.
        return as_json(
            await self._roads.of_lines(LINES_DIRECT_MAX + 1, self._for_customer, said, key, language_asked(request))
        )

    async def mine(self, request: Request, browser: Browser) -> Response:
        """What whoever asks with a token can buy."""
        said = single(query_of(request.scope["query_string"]), LOOKED_BY)
        language = browser.language or language_asked(request)
        told: Told = await self._roads.of_lines(LINES_DIRECT_MAX + 1, self._for_browser, said, browser, language)
        if told.evened:
            await evened(request)
        return self._me.kept(told, browser, request)

    def _for_customer(self, said: dict[str, str], key: ApiKey, language: str | None) -> bytes:
        require(key, "facts:read")
        require(key, "prices:read")
        named = said[PRICED_FOR]
        asked = Asked(
            "", self._clock(),
            customer=None if named == GUEST else checked_code(named, PRICED_FOR),
            channel=checked_code(said["channel"], "channel") if "channel" in said else key.channel,
            currency=checked_currency(said.get("currency")),
        )  # fmt: skip
        wanted = wanted_of(said, asked, language)
        page = self._catalogue.page(wanted)
        self._limits.count_lines(key, len(page.rows))
        rows = [_for_key(row, language) for row in page.rows]
        counted = any(row.answered.facts.counted for row in page.rows)
        end = {"next": cursor_of(page.next, wanted), "total": page.total, "shows": page.shows}
        return _body(rows, end) + moment(page.at, page.book, asked.at if counted else None)

    def _for_browser(self, said: dict[str, str], browser: Browser, language: str | None) -> Told:
        now = self._clock()
        wanted = wanted_of(said, question_of(browser, now), language)
        self._budget.check(browser, now)
        page = self._catalogue.page(wanted, tells_names=False)
        self._limits.count_lines(browser, len(page.rows))
        # What is shown is what was asked for; and how many there are within some prices tells of prices.
        asked_for = [row.item.code for row in page.rows]
        if not said.keys().isdisjoint(BY_AMOUNT):
            asked_for.append("\0".join(f"{name}={said[name]}" for name in sorted(said.keys() - OF_PAGES)))
        self._budget.spend(browser, asked_for, now, found=True)
        rows = [_beside(encode(browser_price(row.answered, language)[0]), line_of(row)) for row in page.rows]
        counted = any(row.answered.facts.counted for row in page.rows)
        # Cursors of the same page differ by the moment at which its list was begun.
        said_of_it = b",".join([*rows, encode((page.total, page.shows, page.next is None))])
        tag = None if counted else f'W/"{blake2b(said_of_it, digest_size=12).hexdigest()}"'
        body = _body(rows, {"next": cursor_of(page.next, wanted), "total": page.total})
        whole = body + browser_moment(page.at, page.book, page.shows)
        return Told(whole, tag, page.holds_until, counted, evened=not rows)


def _for_key(row: Row, language: str | None) -> bytes:
    line = line_of(row)
    line.name = text_in(row.item.name, language)
    return _beside(encode(price_answer(veiled(row.answered), "none", language, full=False)), line)


def _beside(price: bytes, line: CatalogueLine) -> bytes:
    return price[:-1] + b"," + encode(line)[1:]


def _body(rows: Sequence[bytes], end: Mapping[str, object]) -> bytes:
    """A page up to its moment."""
    return b'{"data":[' + b",".join(rows) + b"]," + encode(end)[1:-1]


def line_of(row: Row) -> CatalogueLine:
    """What stands beside the price of an item; a variant has the brand and groups of its item where it names none."""
    circle = row.answered.facts.circle
    brand = next(iter(circle.values["B"]), None)
    groups = [code for code, height in circle.heights.items() if height == 0]
    return CatalogueLine(brand, groups, _stock(row.shelves))


def _stock(shelves: Sequence[Shelf]) -> StockLine | None:
    if not shelves:
        return None
    lines = [ShelfLine(shelf.warehouse, plain(shelf.available), shelf.available_on) for shelf in shelves]
    days = [shelf.available_on for shelf in shelves if shelf.available_on is not None]
    return StockLine(plain(sum((shelf.available for shelf in shelves), ZERO)), min(days, default=None), lines)
