"""Requests for prices by POST: a batch, a basket; what customers asked for and got no price of; what if."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from listino.flows.access import ApiKey
from listino.web.asks import BasketAsk, BatchAsk
from listino.web.limits import Limits
from listino.web.on_purpose import Waits
from listino.web.reading import body_of, query_of, single
from listino.web.responses import as_json
from listino.web.rest.baskets import BasketDoor
from listino.web.rest.batch_reading import batch_of
from listino.web.rest.price_lines import BatchDoor
from listino.web.rest.prices import language_of
from listino.web.rest.unpriced import FILTERS, UnpricedDoor
from listino.web.roads import Roads


class PriceRequests:
    """Many lines in one context, together or each by itself."""

    def __init__(
        self,
        batches: BatchDoor,
        baskets: BasketDoor,
        unpriced: UnpricedDoor,
        *,
        roads: Roads,
        limits: Limits,
        waits: Waits,
    ) -> None:
        self._batches, self._baskets, self._unpriced, self._roads = batches, baskets, unpriced, roads
        self._limits, self._waits = limits, waits

    async def batch(self, request: Request, key: ApiKey) -> Response:
        """Lines that are priced each by itself."""
        batch = batch_of(await body_of(request.scope, request.receive), BatchAsk)
        self._limits.count_lines(key, len(batch.ask.lines))
        await self._waits.for_items(key, (line.item for line in batch.ask.lines))
        told = (batch, key, language_asked(request))
        return as_json(await self._roads.of_lines(len(batch.ask.lines), self._batches.answered, *told))

    async def basket(self, request: Request, key: ApiKey) -> Response:
        """Lines that are bought together."""
        batch = batch_of(await body_of(request.scope, request.receive), BasketAsk)
        self._limits.count_lines(key, len(batch.ask.lines))
        await self._waits.for_items(key, (line.item for line in batch.ask.lines))
        told = (batch, key, language_asked(request))
        return as_json(await self._roads.of_lines(len(batch.ask.lines), self._baskets.answered, *told))

    async def unpriced(self, request: Request, key: ApiKey) -> Response:
        """What customers asked for and got no price of."""
        said = single(query_of(request.scope["query_string"]), FILTERS | {"limit", "after"})
        answer: Any = await self._roads.in_thread(self._unpriced.listed, key, said, language_asked(request))
        return as_json(answer)


def language_asked(request: Request) -> str | None:
    """The first language that a request would like, if it says one."""
    return language_of(request.headers.get("accept-language", "").encode("latin-1")) or None
