"""The only list of routes, and how a request finds its door."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from listino.core.errors import NotFound
from listino.db.engine import Database
from listino.flows.access import ApiKey
from listino.flows.drift import Samples
from listino.flows.intake import Chance
from listino.flows.live import LivePrices
from listino.flows.quotes import Signer
from listino.web.asks import BasketAsk, BatchAsk
from listino.web.auth import Guard, require
from listino.web.docs import Docs
from listino.web.faults import answer_to
from listino.web.metrics import Metrics
from listino.web.proxy import Proxies, root_of
from listino.web.reading import body_of, query_of, single
from listino.web.responses import as_json, failed, refused
from listino.web.rest import health
from listino.web.rest.baskets import BasketDoor
from listino.web.rest.batch_reading import Batch, batch_of
from listino.web.rest.changes import ChangeDoor
from listino.web.rest.desk import DeskDoor
from listino.web.rest.desk_requests import DeskRequests
from listino.web.rest.fact_requests import FactRequests
from listino.web.rest.facts import FactDoor
from listino.web.rest.mirror import MirrorDoor
from listino.web.rest.mismatches import MismatchRequests
from listino.web.rest.order_requests import OrderRequests
from listino.web.rest.orders import OrderDoor
from listino.web.rest.parking import ParkingDoor, ParkingRequests
from listino.web.rest.price_changes import PriceChangeDoor
from listino.web.rest.price_lists import PriceListDoor
from listino.web.rest.prices import LINES_DIRECT_MAX, PriceDoor, language_of
from listino.web.rest.reconciliation import ReconciliationRequests
from listino.web.rest.unpriced import FILTERS, UnpricedDoor
from listino.web.rest.webhook_requests import WebhookRequests
from listino.web.rest.webhooks import WebhookDoor
from listino.web.rest.what_if import WhatIfDoor
from listino.web.settings import WebSettings
from listino.web.streams import Streams

# Reads that take longer than a price, and waiting writes, go through so many threads.
THREADS = 8
# So many questions may wait for the ERP at once, where prices are asked live.
WAITING_THREADS = 64
PRICES = "/v1/prices"

Handler = Callable[[Request], Awaitable[Response]]


def build(
    database: Database,
    settings: WebSettings,
    clock: Callable[[], datetime],
    chance: Chance,
    live: LivePrices | None = None,
) -> Any:
    """The ASGI application over one open database; with `live`, prices are asked of the ERP."""
    return App(database, settings, clock, chance, live)


class App:
    """The doors of one process. The two hot roads, a price and an order, are answered before the router."""

    def __init__(
        self,
        database: Database,
        settings: WebSettings,
        clock: Callable[[], datetime],
        chance: Chance,
        live: LivePrices | None = None,
    ) -> None:
        self.database = database
        self.settings = settings
        self.guard = Guard()
        self.metrics = Metrics(settings.metrics_folder)
        self.unpriced = UnpricedDoor(database, clock)
        self.prices = PriceDoor(database, self.guard, clock, self.unpriced.note, live)
        self.prices.samples = Samples(database) if settings.sampled else None
        self._reconciliation = ReconciliationRequests(database, self._in_thread)
        self._mismatches = MismatchRequests(database, self._in_thread)
        self.facts = FactDoor(database, clock, settings.checks)
        self.changes = ChangeDoor(database, clock, settings.checks, self._in_thread)
        signer = Signer(database, chance, settings.quote_secrets)
        self.baskets = BasketDoor(
            database, self.prices, signer, clock=clock, chance=chance,
            holds_for=timedelta(minutes=settings.quote_minutes),
        )  # fmt: skip
        self.orders = OrderDoor(
            database, clock, chance, self._in_thread, in_a_moment=self._in_a_moment, signer=signer,
            hands_over=settings.hands_over,
        )  # fmt: skip
        self._desk = DeskRequests(DeskDoor(database, clock, erp=settings.hands_over), self._in_thread)
        self._parking = ParkingRequests(ParkingDoor(database, clock), self._in_thread)
        self.docs = Docs()
        self.streams = Streams(self._in_thread)
        self.price_lists = PriceListDoor(database, self.prices, self.streams, clock)
        self.price_changes = PriceChangeDoor(database, self.prices, self.streams, clock)
        self.trials = WhatIfDoor(database, self.prices, self.streams, clock)
        self._begin_threads(live is not None)
        self._clock = clock
        self._orders = OrderRequests(self.orders, self._in_thread)
        self._taking_orders = self._door(self._orders.taken)
        self._mirror = MirrorDoor(database, clock, self._in_thread)
        self._facts = FactRequests(self.facts, self.changes, self._in_thread)
        hooks = WebhookDoor(database, clock, chance, settings.webhook_targets)
        self._webhooks = WebhookRequests(hooks, self._in_thread)
        self._prefix = settings.base_path.rstrip("/")
        self._proxies = Proxies(settings)
        self._router = Starlette(
            routes=self.routes(),
            exception_handlers={Exception: failed, HTTPException: failed},
            lifespan=self._lifespan,
        )

    def _begin_threads(self, waiting: bool) -> None:
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="listino-read")
        # Whoever waits for the ERP keeps no other reader waiting.
        self._waiting = ThreadPoolExecutor(WAITING_THREADS, thread_name_prefix="listino-live") if waiting else None
        # Work of a moment: at once on a file; a server may let it wait, so that a thread does it.
        self._moment = self._waiting or (self.threads if self.database.is_server else None)

    def routes(self) -> list[BaseRoute]:
        """Every route, in the order in which they are tried."""
        kind = "{kind:str}"
        return [
            Route("/healthz", health.alive),
            Route("/readyz", self._door(self._ready, guarded=False)),
            Route("/metrics", self._door(self._metrics)),
            Route("/openapi.json", self.docs.openapi),
            Route("/docs", self.docs.page),
            Route("/docs/{asset:path}", self.docs.asset),
            Route(PRICES, self._door(self._batch), methods=["POST"]),
            Route("/v1/baskets", self._door(self._basket), methods=["POST"]),
            Route("/v1/orders", self._taking_orders, methods=["POST"]),
            Route("/v1/orders", self._door(self._orders.listed), methods=["GET"]),
            Route("/v1/orders/{id}", self._door(self._orders.one), methods=["GET"]),
            Route("/v1/reconciliation", self._door(self._reconciliation.shown)),
            Route("/v1/conservation", self._door(self._orders.conservation)),
            Route("/v1/orders/{id}/steps", self._door(self._desk.step), methods=["POST"]),
            Route("/v1/orders/events", self._door(self._desk.event), methods=["POST"]),
            Route("/v1/orders/{id}/events", self._door(self._desk.event), methods=["POST"]),
            Route("/v1/orders/{id}/events/settle", self._door(self._desk.settle), methods=["POST"]),
            Route("/v1/orders/{id}/retry", self._door(self._parking.retry), methods=["POST"]),
            Route("/v1/orders/{id}/drop", self._door(self._parking.drop), methods=["POST"]),
            Route("/v1/orders/{id}/placed", self._door(self._parking.placed), methods=["POST"]),
            Route("/v1/orders/{id}/release", self._door(self._desk.release), methods=["POST"]),
            Route("/v1/changes", self._door(self._facts.change), methods=["POST"]),
            Route("/v1/changes", self._door(self._facts.log), methods=["GET"]),
            Route("/v1/what-if", self._door(self._what_if), methods=["POST"]),
            Route("/v1/customers/{code:path}/price-list", self._door(self.price_lists.price_list)),
            Route("/v1/customers/{code:path}/price-changes", self._door(self.price_changes.price_changes)),
            Route("/v1/price-mismatches", self._door(self._mismatches.listed)),
            Route("/v1/unpriced", self._door(self._unpriced)),
            Route("/v1/mirror", self._door(self._mirror.sources)),
            Route("/v1/webhooks", self._door(self._webhooks.every), methods=["GET", "POST"]),
            Route("/v1/webhooks/{id}", self._door(self._webhooks.one), methods=["GET", "PUT", "DELETE"]),
            Route("/v1/webhooks/{id}/rotate", self._door(self._webhooks.rotate), methods=["POST"]),
            Route("/v1/webhooks/{id}/replay", self._door(self._webhooks.replay), methods=["POST"]),
            Route("/v1/webhooks/{id}/deliveries", self._door(self._webhooks.deliveries), methods=["GET"]),
            Route("/v1/alerts", self._door(self._webhooks.alerts)),
            Route("/v1/stock/{code:path}", self._door(self._facts.stock), methods=["PUT", "GET"]),
            Route(f"/v1/{kind}/{{code:path}}", self._door(self._facts.fact), methods=["PUT", "GET", "DELETE"]),
            Route(f"/v1/{kind}", self._door(self._facts.facts), methods=["PUT", "GET", "DELETE"]),
        ]

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """One request (or the server's start and end)."""
        if scope["type"] == "http":
            path: str = scope["path"]
            if self._prefix and path.startswith(self._prefix + "/"):
                path = path[len(self._prefix) :]
                scope = {**scope, "path": path}
            if path.startswith(PRICES) and scope["method"] in {"GET", "HEAD"}:
                await self._price(scope, path, send)
                return
            scope = self._proxies.seen(scope)
            if path == "/v1/orders" and scope["method"] == "POST":
                response = await self._taking_orders(Request(scope, receive))
                await response(scope, receive, send)
                return
            if path == "/":  # Whoever comes to the address alone is shown what can be asked.
                await RedirectResponse(root_of(Request(scope)) + "/docs")(scope, receive, send)
                return
        await self._router(scope, receive, send)

    async def _price(self, scope: dict[str, Any], path: str, send: Any) -> None:
        item: str | None = path[len(PRICES) + 1 :] or None
        ladder = item is not None and item.endswith("/ladder")
        if ladder and item is not None:
            item = item[: -len("/ladder")] or None
        if len(path) > len(PRICES) and path[len(PRICES)] != "/":
            status, body, headers = answer_to(NotFound("not_found", f"There is nothing at {path}."))
        elif self._moment is not None:
            loop = asyncio.get_running_loop()
            status, body, headers = await loop.run_in_executor(self._moment, self.prices.get, scope, item, ladder)
        else:
            status, body, headers = self.prices.get(scope, item, ladder)
        self.metrics.count(self.metrics.PRICES, status)
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})

    def _door(self, handler: Callable[..., Awaitable[Response]], *, guarded: bool = True) -> Handler:
        """A handler behind the key check, with every error translated."""

        async def handle(request: Request) -> Response:
            try:
                if guarded:
                    response = await handler(request, await self._in_a_moment(self._key, request))
                else:
                    response = await handler(request)
            except Exception as error:
                response = refused(error)
            self.metrics.count(self.metrics.OTHERS, response.status_code)
            return response

        return handle

    def _key(self, request: Request) -> ApiKey:
        authorization = request.headers.get("authorization")
        said = authorization.encode("latin-1") if authorization is not None else None
        return self.guard.key(said, self.database.read())

    async def _in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.threads, work, *arguments)

    async def _in_a_moment(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Work that costs less than a thread, unless the database may let it wait."""
        if self._moment is None:
            return work(*arguments)
        return await asyncio.get_running_loop().run_in_executor(self._moment, work, *arguments)

    async def _ready(self, _: Request) -> Response:
        answer: Response = await self._in_a_moment(health.ready, self.database)
        return answer

    async def _metrics(self, _: Request, key: Any) -> Response:
        require(key, "metrics:read")
        return Response(
            await self._in_thread(self.metrics.text, self.database, self._clock()),
            media_type="text/plain; version=0.0.4",
        )

    async def _batch(self, request: Request, key: Any) -> Response:
        body = await body_of(request.scope, request.receive)
        batch = batch_of(body, BatchAsk)
        return as_json(await self._of_lines(self.prices.answered_batch, batch, key, _language(request)))

    async def _basket(self, request: Request, key: Any) -> Response:
        body = await body_of(request.scope, request.receive)
        batch = batch_of(body, BasketAsk)
        return as_json(await self._of_lines(self.baskets.answered, batch, key, _language(request)))

    async def _of_lines(self, work: Callable[..., bytes], batch: Batch[Any], *told: Any) -> bytes:
        """Few lines are answered at once, many by a thread."""
        road = self._in_a_moment
        if self._waiting is None and len(batch.ask.lines) > LINES_DIRECT_MAX:
            road = self._in_thread
        answer: bytes = await road(work, batch, *told)
        return answer

    async def _what_if(self, request: Request, key: Any) -> Response:
        return await self.trials.what_if(request, key, self._in_thread)

    async def _unpriced(self, request: Request, key: Any) -> Response:
        said = single(query_of(request.scope["query_string"]), FILTERS | {"limit", "after"})
        language = _language(request)
        return as_json(await self._in_thread(self.unpriced.listed, key, said, language))

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> Any:
        health.calm()
        self.streams.end_with_the_server()
        self.unpriced.start(self._in_thread)
        yield
        self.threads.shutdown(cancel_futures=True)
        if self._waiting is not None and self.prices.live is not None:
            self._waiting.shutdown(cancel_futures=True)
            self.prices.live.close()
        self.unpriced.stop()
        self.database.close()
        self.metrics.close()


def _language(request: Request) -> str | None:
    return language_of(request.headers.get("accept-language", "").encode("latin-1")) or None
