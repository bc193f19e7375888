"""Who asks from a browser: the token of a request, the page that it comes from, and what the answer may tell it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from time import sleep
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import Fault, NotAllowed, NotFound, malformed
from listino.db.engine import Database, Reading
from listino.flows.access import ApiKey
from listino.flows.price import snapshot
from listino.flows.tokens import ITEMS_PER_HOUR, REMEDY, Tokens, check_buyer, is_origin
from listino.flows.tokens import Browser as Browser
from listino.web.admission import ORDERS, kind_of
from listino.web.faults import Answer
from listino.web.limits import Limits
from listino.web.proxy import network_of
from listino.web.reading import query_of
from listino.web.request_log import KEY

ME = "/v1/me"
TOKENS_KEPT_MAX = 10_000
ORIGINS_KEPT_MAX = 10_000
# So many parameters a query may have beside its token.
PARAMETERS_MAX = 1_000
# Refusals of what a browser is not to know of leave at multiples of this after they arrived, whatever they took.
EVEN_S = 0.025
# The last of it, a little more than a tick of the event loop's timers, is waited by so many threads: enough for 2,600
# refusals a second, twice what a process can make; one whose instant has passed meanwhile leaves at once.
LEAD_S = 0.0015
WAITERS_MAX = 4
# What may be unknown, or somebody else's: the answer is the same, and so is the time that it takes.
EVENED = frozenset(["unknown_item", "unknown_order"])
# For so long a browser need not ask again whether it may show its token.
PREFLIGHT_HOLDS_S = 600
HEADERS_ASKED = "authorization, content-type, accept-language, if-none-match, last-event-id"
HEADERS_SHOWN = "etag, retry-after, content-language"
SHOWN = HEADERS_SHOWN.encode()
VARY = "Authorization, Origin, Accept-Language"
PREFLIGHT_VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"

_waiters = ThreadPoolExecutor(WAITERS_MAX, "refusals")


class _Kept(NamedTuple):
    """What is known as of a moment: tokens by their digests, and until when they may be shown from an origin."""

    moment: tuple[int, str]
    browsers: dict[bytes, tuple[Browser, ApiKey]]
    origins: dict[str, datetime]


class Browsers:
    """The tokens that this process has seen since access last changed."""

    def __init__(
        self, database: Database, tokens: Tokens, clock: Callable[[], datetime], limits: Limits,
        *, knows_addresses: bool,
    ) -> None:  # fmt: skip
        """`knows_addresses`: where requests come from is told by proxies that are trusted."""
        self._knows_addresses = knows_addresses
        self._database = database
        self._limits = limits
        self._tokens = tokens
        self._clock = clock
        self._kept = _Kept((-1, ""), {}, {})

    def asking(self, request: Request, in_query: bool) -> Browser:
        """Who asks, where a token holds and may be shown from the request's page; its request then tells the key.

        `in_query`: it may be ?token=.

        Errors:  NotAllowed; TooOften, where the key that minted the token asked more often than it may.
        """
        now, reading = self._clock(), self._database.read()
        browser, key = self._browser(token_of(request, in_query), reading)
        request.scope[KEY] = key.id
        if now >= browser.expires_at:
            raise _unauthenticated("This token has ended.", "token_expired")
        origin = request.headers.get("origin")
        if origin is not None and origin not in browser.origins:
            text = f"This token is not for pages of {origin[:200]}."
            remedy = "Name the origin in `origins` when the token is minted."
            raise NotAllowed("origin_not_allowed", text, (Fault("origin", "origin_not_allowed", text, remedy),))
        if origin is not None:
            self._note_origin(origin, browser.expires_at)
        if kind_of(request.scope, request.scope["path"]) != ORDERS:
            self._limits.check(key)
        check_buyer(snapshot(self._database, None, reading), browser, now)
        return self._as_counted(browser, request)

    def _as_counted(self, browser: Browser, request: Request) -> Browser:
        """A guest of whose token no budget is stated is counted by where it asks from, where that is known."""
        if browser.customer is not None or browser.budget is not None:
            return browser
        if not self._knows_addresses or request.client is None:
            return browser
        return replace(browser, budget=ITEMS_PER_HOUR, address=network_of(request.client.host))

    def _browser(self, token: str, reading: Reading) -> tuple[Browser, ApiKey]:
        now = (reading.access, reading.epoch)
        kept = self._kept
        if kept.moment != now:
            kept = self._kept = _Kept(now, {}, {})
        browsers = (
            kept.browsers
        )  # What another thread learns of a later moment does not come in here, nor this into that.
        digest = sha256(token.encode()).digest()
        found = browsers.get(digest)
        if found is None:
            found = self._tokens.read(token, reading)
            if found is None:
                raise _unauthenticated("This token is not valid, or no longer.")
            if len(browsers) >= TOKENS_KEPT_MAX:
                browsers.clear()
            browsers[digest] = found
        return found

    def _note_origin(self, origin: str, until: datetime) -> None:
        origins = self._kept.origins
        known = origins.get(origin)
        if known is None or known < until:
            if len(origins) >= ORIGINS_KEPT_MAX:
                origins.clear()
            origins[origin] = until

    def is_listed(self, origin: str) -> bool:
        """Whether any token that holds may be shown from an origin."""
        return is_origin(self._database.read(), origin, self._clock())

    def turned_away(self, scope: Mapping[str, Any], answer: Answer) -> Answer:
        """What is told before a token is looked at, for a page to read; its origin is known by the tokens before."""
        status, body, headers = answer
        origin = next((value for name, value in scope["headers"] if name == b"origin"), b"")
        until = self._kept.origins.get(origin.decode("latin-1"))
        shown = [(b"vary", VARY.encode())]
        if until is not None and self._clock() < until:
            shown += [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", SHOWN)]
        return status, body, [*headers, *shown]


def token_of(request: Request, in_query: bool) -> str:
    """The token that a request shows.

    Errors:  NotAllowed where there is none, or an API key in its place; Malformed for two of them.
    """
    said = request.headers.get("authorization", "")
    token = said[7:].strip() if said[:7].lower() == "bearer " else ""
    if in_query:
        named = [value for name, value in query_of(request.scope["query_string"], PARAMETERS_MAX) if name == "token"]
        if len(named) > 1 or (named and token):
            raise malformed("token", "twice", "There are two tokens.", "Send one, in the header or in the query.")
        token = named[0] if named else token
    if not token:
        raise _unauthenticated("This needs a token for browsers.")
    if token.startswith("listino_"):
        text = "This is for tokens of browsers, not for API keys."
        remedy = "Ask /v1/prices with an API key; a page's token is minted by POST /v1/customer-tokens."
        raise NotAllowed("token_needed", text, (Fault("authorization", "token_needed", text, remedy),))
    return token


def _unauthenticated(text: str, code: str = "unauthenticated") -> NotAllowed:
    return NotAllowed(code, text, (Fault("authorization", code, text, REMEDY),))


def marked(request: Request) -> None:
    """Note when a request arrived, for answers that must not tell how long they took."""
    request.state.arrived_s = asyncio.get_running_loop().time()


async def evened(request: Request) -> None:
    """Wait until the next of the instants at which refusals leave."""
    loop = asyncio.get_running_loop()
    arrived_s: float = request.state.arrived_s
    leaves_s = arrived_s + ((loop.time() - arrived_s) // EVEN_S + 1) * EVEN_S
    await asyncio.sleep(leaves_s - loop.time() - LEAD_S)
    await loop.run_in_executor(_waiters, _wait_until, leaves_s, loop.time)


def _wait_until(leaves_s: float, clock: Callable[[], float]) -> None:
    # A timer of an event loop is late by that part of a tick that tells when it was set; a thread's is not.
    sleep(max(0.0, leaves_s - clock()))


def is_evened(error: Exception) -> bool:
    """Whether a refusal must not tell how long it took."""
    return isinstance(error, NotFound) and error.code in EVENED


def for_page(response: Response, request: Request, *, listed: bool) -> Response:
    """An answer that the page which asked may read, where its origin is `listed`; and that no cache gives to others."""
    origin = request.headers.get("origin")
    if listed and origin is not None:
        response.headers["access-control-allow-origin"] = origin
        response.headers["access-control-expose-headers"] = HEADERS_SHOWN
    response.headers["vary"] = VARY
    return response


def is_foreign(error: Exception) -> bool:
    """Whether a token was refused because of the page that it was shown from."""
    return isinstance(error, NotAllowed) and error.code == "origin_not_allowed"


def is_of_browsers(path: str) -> bool:
    """Whether a path is asked with tokens."""
    return path == ME or path.startswith(ME + "/")


def is_preflight(scope: Mapping[str, Any], path: str) -> bool:
    """Whether a browser asks, before it shows its token, whether it may."""
    return is_of_browsers(path) and any(name == b"access-control-request-method" for name, _ in scope["headers"])


def preflight(request: Request, methods: Sequence[str], *, listed: bool) -> Response:
    """The answer to a browser that asks whether it may ask: which methods a path has, for a listed origin.

    Errors:  NotAllowed for an origin that is not listed; NotFound where there is no such path.
    """
    if not listed:
        text = "No token may be shown from this origin."
        remedy = "Name the origin in `origins` when a token is minted."
        raise NotAllowed("origin_not_allowed", text, (Fault("origin", "origin_not_allowed", text, remedy),))
    if not methods:
        raise NotFound("not_found", f"There is nothing at {request.url.path}.")
    return Response(
        status_code=204,
        headers={
            "access-control-allow-origin": request.headers["origin"],
            "access-control-allow-methods": ", ".join(name for name in methods if name != "HEAD"),
            "access-control-allow-headers": HEADERS_ASKED,
            "access-control-max-age": str(PREFLIGHT_HOLDS_S),
            "cache-control": "no-store",
            "vary": PREFLIGHT_VARY,
        },
    )
