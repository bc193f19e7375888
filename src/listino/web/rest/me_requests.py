"""Requests of browsers, and how they are answered: who may keep an answer, and for how long."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import malformed
from listino.flows.tokens import Browser
from listino.web.browser_messages import BrowserAsk, BrowserBasketAsk, BrowserLine
from listino.web.browsers import evened
from listino.web.limits import Limits
from listino.web.on_purpose import Waits
from listino.web.reading import body_of, quantity_of, query_of, single
from listino.web.responses import as_json
from listino.web.rest.batch_reading import batch_of
from listino.web.rest.me import MeDoor, Told
from listino.web.rest.me_baskets import MeBaskets
from listino.web.rest.price_requests import language_asked
from listino.web.rest.prices import flag_of
from listino.web.roads import Roads

LADDER = "/ladder"
NOT_KEPT = "private, no-store"
PARAMETERS = frozenset(["item", "quantity", "unit", "ladder"])


class MeRequests:
    """What a browser asks for itself."""

    def __init__(
        self, door: MeDoor, baskets: MeBaskets, roads: Roads, clock: Callable[[], datetime], *,
        waits: Waits, limits: Limits, public_max_age: timedelta,
    ) -> None:  # fmt: skip
        """`public_max_age`: for so long anybody may keep what a public token is answered."""
        self._door, self._baskets, self._roads, self._clock = door, baskets, roads, clock
        self._waits, self._limits, self._public_max_age = waits, limits, public_max_age

    async def who(self, request: Request, browser: Browser) -> Response:
        """Who the token says asks."""
        single(query_of(request.scope["query_string"]), frozenset())
        told: Told = await self._roads.in_a_moment(self._door.who, browser, language_asked(request))
        return as_json(told.body)

    async def price(self, request: Request, browser: Browser) -> Response:
        """The price of one item, or its ladder."""
        item: str | None = request.path_params.get("item")
        in_path = item is not None
        ladder = item is not None and item.endswith(LADDER)
        if ladder and item is not None:
            item = item[: -len(LADDER)]
        said = single(query_of(request.scope["query_string"]), PARAMETERS - ({"item"} if in_path else set()))
        item = item or said.get("item")
        if not item:
            raise malformed("item", "missing", "No item is named.", "Send /v1/me/prices/ITEM or ?item=ITEM.")
        line = BrowserLine(item, quantity_of(said["quantity"]) if "quantity" in said else Decimal(1), said.get("unit"))
        ladder = flag_of(said.get("ladder"), "ladder") or ladder
        await self._waits.for_items(browser, (item,))
        told = await self._roads.in_a_moment(self._priced, browser, line, language_asked(request), ladder)
        return self.kept(told, browser, request)

    def _priced(self, browser: Browser, line: BrowserLine, language: str | None, ladder: bool) -> Told:
        return self._door.price(browser, line, language, ladder=ladder)

    async def batch(self, request: Request, browser: Browser) -> Response:
        """Prices of lines, each by itself."""
        single(query_of(request.scope["query_string"]), frozenset())
        batch = batch_of(await body_of(request.scope, request.receive), BrowserAsk)
        self._limits.count_lines(browser, len(batch.ask.lines))
        await self._waits.for_items(browser, (line.item for line in batch.ask.lines))
        asked = (browser, batch, language_asked(request))
        told: Told = await self._roads.of_lines(len(batch.ask.lines), self._door.batch, *asked)
        if told.evened:
            await evened(request)
        return as_json(told.body)

    async def basket(self, request: Request, browser: Browser) -> Response:
        """Lines that are bought together, and their quote."""
        single(query_of(request.scope["query_string"]), frozenset())
        batch = batch_of(await body_of(request.scope, request.receive), BrowserBasketAsk)
        self._limits.count_lines(browser, len(batch.ask.lines))
        await self._waits.for_items(browser, (line.item for line in batch.ask.lines))
        asked = (browser, batch, language_asked(request))
        told: Told = await self._roads.of_lines(len(batch.ask.lines), self._baskets.answered, *asked)
        if told.evened:
            await evened(request)
        return as_json(told.body)

    def kept(self, told: Told, browser: Browser, request: Request) -> Response:
        """An answer that may be asked by again; anybody may keep a guest's for a while."""
        headers = {"cache-control": NOT_KEPT}
        if told.tag is not None:
            headers["etag"] = told.tag
            if browser.kind == "public":
                headers["cache-control"] = f"public, max-age={self._max_age_s(told)}"
            if told.tag in request.headers.get("if-none-match", ""):
                return Response(status_code=304, headers=headers)
        return as_json(told.body, 200, headers)

    def _max_age_s(self, told: Told) -> int:
        longest = self._public_max_age
        if told.holds_until is not None:
            longest = min(longest, told.holds_until - self._clock())
        return max(0, int(longest.total_seconds()))
