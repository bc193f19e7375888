"""One process that answers: how a request finds its door, and who may go through."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from time import monotonic_ns, perf_counter_ns
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from listino.core.errors import NotFound, Unavailable
from listino.db.engine import Database
from listino.flows.access import ApiKey
from listino.flows.intake import Chance
from listino.flows.live import LivePrices
from listino.web.admission import Admission
from listino.web.auth import Guard
from listino.web.browsers import (
    Browsers,
    evened,
    for_page,
    is_evened,
    is_foreign,
    is_of_browsers,
    is_preflight,
    marked,
    preflight,
)
from listino.web.doors import Doors
from listino.web.faults import answer_to
from listino.web.limits import Limits
from listino.web.metrics import Metrics
from listino.web.on_purpose import MARK
from listino.web.proxy import Proxies, root_of
from listino.web.request_log import BODY, KEY, BodyKept
from listino.web.responses import failed, refused
from listino.web.rest import health
from listino.web.roads import Roads
from listino.web.routes import ORDERS, PRICES, SOAP, Handler, methods_at, routes
from listino.web.settings import WebSettings
from listino.web.soap.faults import turned_away

# What these send is kept with the log of requests, scrubbed and cut off.
WITH_BODY = frozenset(["POST", "PUT", "PATCH"])
# For so long a server that ends waits for what is under way.
DRAIN_S = 10.0
SIGNAL_AGAIN_S = 0.5


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
        *,
        ticks: Callable[[], int] = monotonic_ns,
    ) -> None:
        """`ticks` are nanoseconds that never go back: what limits and queues are counted by."""
        self._database = database
        self._metrics = Metrics(settings.metrics_folder)
        self._admission = Admission(self._metrics, ticks)
        self._limits = Limits(self._metrics.folder, self._metrics.limited, ticks)
        self._guard = Guard(self._limits)
        self._roads = Roads(self._admission, is_server=database.is_server, waits=live is not None)
        self._doors = Doors(
            database, settings, clock, chance, live, roads=self._roads, guard=self._guard, metrics=self._metrics,
            limits=self._limits,
        )  # fmt: skip
        self._requests = self._doors.requests.log
        self._prices = self._doors.prices
        self._taking_orders = self._door(self._doors.orders.taken, limited=False)
        self._browsers = Browsers(
            database, self._doors.browsers.signed, clock, self._limits, knows_addresses=bool(settings.trusted_proxies)
        )
        self._prefix = settings.base_path.rstrip("/")
        self._proxies = Proxies(settings)
        self.routes = routes(self._doors, self._door, self._me_door)
        self._router = Starlette(
            routes=self.routes,
            exception_handlers={Exception: failed, HTTPException: self._nowhere},
            lifespan=self._lifespan,
        )

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """One request (or the server's start and end)."""
        if scope["type"] != "http":
            await self._router(scope, receive, send)
            return
        path: str = scope["path"]
        if self._prefix and path.startswith(self._prefix + "/"):
            path = path[len(self._prefix) :]
            scope = {**scope, "path": path}
        admission = self._admission
        if admission.is_strained() and (refusal := admission.refusal(scope, path)) is not None:
            if path == SOAP and scope["method"] == "POST":
                refusal = turned_away(scope, refusal)
            elif is_of_browsers(path):
                refusal = self._browsers.turned_away(scope, refusal)
            status, body, headers = refusal
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        admission.under_way += 1
        try:
            await self._answer(scope, path, receive, send)
        finally:
            admission.under_way -= 1

    async def _answer(self, scope: dict[str, Any], path: str, receive: Any, send: Any) -> None:
        if path.startswith(PRICES) and scope["method"] in {"GET", "HEAD"}:
            await self._price(scope, path, send)
            return
        scope = self._proxies.seen(scope)
        if scope["method"] == "OPTIONS" and is_preflight(scope, path):
            await (await self._preflight(Request(scope), path))(scope, receive, send)
            return
        if scope["method"] in WITH_BODY:
            receive = scope[BODY] = BodyKept(receive)
        if path == ORDERS and scope["method"] == "POST":
            response = await self._taking_orders(Request(scope, receive))
            await response(scope, receive, send)
            return
        if path == SOAP and scope["method"] == "POST":
            response = await self._doors.soap.asked(Request(scope, receive))
            await response(scope, receive, send)
            return
        if path == "/":  # Whoever comes to the address alone is shown what can be asked.
            await RedirectResponse(root_of(Request(scope)) + "/docs")(scope, receive, send)
            return
        await self._router(scope, receive, send)

    async def _price(self, scope: dict[str, Any], path: str, send: Any) -> None:
        began_ns = perf_counter_ns()
        item: str | None = path[len(PRICES) + 1 :] or None
        ladder = item is not None and item.endswith("/ladder")
        if ladder and item is not None:
            item = item[: -len("/ladder")] or None
        if len(path) > len(PRICES) and path[len(PRICES)] != "/":
            status, body, headers = answer_to(NotFound("not_found", f"There is nothing at {path}."))
        elif self._roads.moment is not None:
            status, body, headers = await self._roads.moment.run(self._prices.get, scope, item, ladder)
        else:
            status, body, headers = self._prices.get(scope, item, ladder)
        self._metrics.count(self._metrics.PRICES, status)
        if headers[0][0] == MARK:
            await self._doors.waits.for_header(headers[0][1])
        self._requests.priced(scope, path, (status, body, headers), began_ns)
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})

    def _door(
        self, handler: Callable[..., Awaitable[Response]], *, guarded: bool = True, limited: bool = True
    ) -> Handler:
        """A handler behind the key check, with every error translated; `limited`: by the limit of the key too."""
        key_of = self._key if limited else self._unlimited_key

        async def handle(request: Request) -> Response:
            began_ns = perf_counter_ns()
            try:
                if guarded:
                    key = await self._roads.in_a_moment(key_of, request)
                    request.scope[KEY] = key.id
                    response = await handler(request, key)
                else:
                    response = await handler(request)
            except Exception as error:
                response = refused(error)
            self._metrics.count(self._metrics.OTHERS, response.status_code)
            self._requests.answered(request, response, began_ns)
            return response

        return handle

    async def _nowhere(self, request: Request, error: Exception) -> Response:
        """A path or a method that there is not; the methods that there are, are named."""
        methods = methods_at(request.scope["path"], self.routes)
        if not methods:
            return await failed(request, error)
        return await failed(request, HTTPException(405, headers={"Allow": ", ".join(methods)}))

    def _me_door(self, handler: Callable[..., Awaitable[Response]], *, token_in_query: bool = False) -> Handler:
        """A handler behind the check of browsers' tokens; what it answers only the page that asked may read."""

        async def handle(request: Request) -> Response:
            began_ns = perf_counter_ns()
            marked(request)
            listed = False
            try:
                browser = await self._roads.in_a_moment(self._browsers.asking, request, token_in_query)
                listed = True
                response = await handler(request, browser)
            except Exception as error:
                response = refused(error)
                if is_evened(error):
                    await evened(request)
                if not listed and not is_foreign(error):  # Its page is to read that it asked too often, or too late.
                    listed = await self._may_read(request)
            self._metrics.count(self._metrics.OTHERS, response.status_code)
            self._requests.answered(request, response, began_ns)
            return for_page(response, request, listed=listed)

        return handle

    async def _preflight(self, request: Request, path: str) -> Response:
        """Whether a browser may ask, and how."""
        try:
            return preflight(request, methods_at(path, self.routes), listed=await self._is_listed(request))
        except Exception as error:
            return refused(error)

    async def _may_read(self, request: Request) -> bool:
        with suppress(Unavailable):  # A refusal that cannot be read is still one.
            return await self._is_listed(request)
        return False

    async def _is_listed(self, request: Request) -> bool:
        origin = request.headers.get("origin")
        return origin is not None and bool(await self._roads.in_a_moment(self._browsers.is_listed, origin))

    def _key(self, request: Request) -> ApiKey:
        return self._guard.asking(_authorization(request), self._database.read(), request.scope)

    def _unlimited_key(self, request: Request) -> ApiKey:
        return self._guard.key(_authorization(request), self._database.read())

    def _end(self) -> None:
        """The signal has come that ends the server.

        The event loop hands it on to the server through a socket; where thousands of requests wait, that is full, and
        the signal is lost. So it is sent again until the server heeds it.
        """
        self._doors.live.hub.end()
        asyncio.get_running_loop().call_later(SIGNAL_AGAIN_S, signal.raise_signal, signal.SIGTERM)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> Any:
        health.calm()
        loop = asyncio.get_running_loop()
        self._doors.streams.end_with_the_server(lambda: loop.call_soon_threadsafe(self._end))
        self._doors.unpriced.start(self._roads.in_thread)
        self._requests.start(self._roads.in_thread)
        yield
        # The server waits for its clients; what a client has begun and left goes on, and needs the database too.
        await self._admission.drained(DRAIN_S)
        self._roads.close()
        if self._prices.live is not None:
            self._prices.live.close()
        self._doors.unpriced.stop()
        self._requests.stop()
        self._database.close()
        self._limits.close()
        self._doors.browsers.budget.close()
        self._metrics.close()


def _authorization(request: Request) -> bytes | None:
    said = request.headers.get("authorization")
    return said.encode("latin-1") if said is not None else None
