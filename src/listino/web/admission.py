"""Who is let in under overload: orders first, browsing as far as there is room, and nobody after a long wait.

Requests queue in the event loop: those that are begun in one turn of it came while the turn before lasted. How long
a turn takes is therefore how long a request has waited, and costs one callback a turn to know. Turns are long after
a burst too, and on a slow machine: only many requests, each waiting long, in most turns for a second, are overload.
From then on each turn answers prices for as long as one may wait, and turns the others away with bytes that were made
beforehand, before a key is looked at. Work that waits for a thread is measured likewise.
"""

import asyncio
from collections.abc import Callable, MutableMapping
from itertools import cycle
from typing import Any

from listino.core.errors import Unavailable
from listino.web.faults import REQUEST_ID, Answer, answer_to, new_request_id
from listino.web.metrics import Metrics

# What a request asks for, in the order in which it is turned away.
BULK, PRICES, OTHERS, STREAMS, ORDERS = range(len(Metrics.SHED))

MS = 1_000_000
# A queue is so many requests at once, or so many that each need a thread for long ...
WAITING_MIN = 100
SLOW_WAITING_MIN = 32
# ... of which the last has waited for so long ...
WAIT_NS = 100 * MS
SLOW_WAIT_NS = 1_000 * MS
# ... and overload is a queue that lasts.
LASTING_NS = 1_000 * MS
# After a turn as short as this no other is measured for a while: whoever asks alone pays for no measuring.
SHORT_NS = 1 * MS
QUIET_NS = 10 * MS
# In overload a request is turned away that has waited longer, by its kind.
WAIT_MAX_NS = (0, WAIT_NS, 500 * MS, 5_000 * MS, 5_000 * MS)
# Whoever is turned away comes back after one of these, so that not all come at once.
RETRY_S = (1, 2, 3)
DRAIN_STEP_S = 0.01
# A batch of up to so many bytes is a page of a shop, and counts as a price.
PAGE_BYTES = 16_384
# The same as XML, and what the action of an operation begins with.
XML_PAGE_BYTES = 2 * PAGE_BYTES
ACTION = b"urn:listino:v1:"
NEVER = frozenset(["/healthz", "/readyz", "/metrics"])
ORDER_PATHS = frozenset(["/v1/orders", "/v1/me/orders"])
# Pages that all come back at once, as after a start of ours, and of which a browser that is refused never asks again.
STREAM_PATHS = frozenset(["/v1/stream", "/v1/me/stream"])
PRICE_PATHS = ("/v1/prices", "/v1/me/prices")
BULK_PATHS = (
    "/v1/items", "/v1/me/items", "/v1/customers", "/v1/what-if", "/v1/unpriced", "/v1/price-mismatches", "/v1/rules",
)  # fmt: skip


class Queue:
    """The work that waits for one of so many threads."""

    def __init__(self, admission: "Admission", threads: int, *, carries_prices: bool) -> None:
        self.carries_prices = carries_prices
        # Waiting, or at work.
        self.count = 0
        # How long the last work had waited that a thread took up.
        self.wait_ns = 0
        self._admission, self._threads = admission, threads
        self._calm_at = 0

    def joined(self) -> int:
        """Work joins the queue; when."""
        now = self._admission.ticks()
        if self.count < self._threads:
            self._calm_at = now
        self.count += 1
        return now

    def taken_up(self, joined_at: int) -> None:
        """A thread takes it up."""
        now = self._admission.ticks()
        self.wait_ns = wait_ns = now - joined_at
        waiting = self.count - self._threads
        if wait_ns <= WAIT_NS or waiting < (SLOW_WAITING_MIN if wait_ns > SLOW_WAIT_NS else WAITING_MIN):
            self._calm_at = now
            self._admission.lasting.discard(self)
        elif now - self._calm_at > LASTING_NS:
            self._admission.lasting.add(self)

    def left(self) -> None:
        """The work is done, or nobody waits for it any more."""
        self.count -= 1
        if self.count <= self._threads:  # Nothing waits.
            self._admission.lasting.discard(self)


class Admission:
    """The requests of a process: how many are under way, and who is let in."""

    def __init__(self, metrics: Metrics, ticks: Callable[[], int]) -> None:
        self.under_way = 0
        # The database is closed, or about to be: nothing can be begun any more.
        self.closed = False
        # The queues for threads that are long and last.
        self.lasting: set[Queue] = set()
        self.ticks = ticks
        self._metrics = metrics
        self._turn_at: int | None = None
        self._in_turn = 0
        # The time of long turns, less half of all time: a second of them makes half a second of it.
        self._strain_ns = 0
        self._is_late = False
        # Whether this turn would have been long without those that it turned away.
        self._has_shed = False
        self._turned_at = ticks()
        self._quiet_until = 0
        text = "More is asked at this moment than can be answered; nothing was begun."
        self._overloaded = cycle([_refusal(Unavailable(text, retry_s, "overloaded")) for retry_s in RETRY_S])

    def queue(self, threads: int, *, carries_prices: bool) -> Queue:
        """A queue for threads, whose length counts; `carries_prices`: prices wait in it too."""
        return Queue(self, threads, carries_prices=carries_prices)

    def is_strained(self) -> bool:
        """Whether a request that begins now may have to be turned away; it is counted in its turn of the event loop."""
        if self._turn_at is None:
            now = self.ticks()
            if now < self._quiet_until:
                return bool(self.lasting) or self.closed
            self._turn_at, self._in_turn, self._has_shed = now, 1, False
            if self._is_late and self._turn_at - self._turned_at > LASTING_NS:
                self._is_late = False  # Nobody came for so long.
            asyncio.get_running_loop().call_soon(self._turned)
        else:
            self._in_turn += 1
            if self._in_turn > WAITING_MIN and not self._is_late:
                self._is_late = self.ticks() - self._turn_at > LASTING_NS
        return self._is_late or bool(self.lasting) or self.closed

    def _turned(self) -> None:
        """All that waited at the begin of a turn is done, or under way elsewhere."""
        now = self.ticks()
        lasted_ns = now - (self._turn_at or now)
        strain_ns = self._strain_ns - (now - self._turned_at) // 2
        if self._in_turn >= WAITING_MIN and (lasted_ns > WAIT_NS or self._has_shed):
            strain_ns += lasted_ns
        self._strain_ns = min(max(strain_ns, 0), LASTING_NS)
        self._is_late = self._strain_ns > LASTING_NS // 2
        self._turned_at, self._turn_at = now, None
        if lasted_ns < SHORT_NS and not self._is_late:
            self._quiet_until = now + QUIET_NS

    def refusal(self, scope: MutableMapping[str, Any], path: str) -> Answer | None:
        """What a request is told that is turned away; None for one that is let in."""
        if self.closed:
            return _named(_ENDED)
        if path in NEVER:
            return None
        kind = kind_of(scope, path)
        if self._waited_ns(kind) <= WAIT_MAX_NS[kind]:
            return None
        self._has_shed = self._has_shed or kind != BULK
        self._metrics.shed(kind)
        status, body, headers = _named(next(self._overloaded))
        return status, body if scope["method"] != "HEAD" else b"", headers

    def _waited_ns(self, kind: int) -> int:
        """How long a request of a kind has waited where there is a queue that lasts, or would have to."""
        found = 0
        if self._is_late and self._turn_at is not None:
            found = self.ticks() - self._turn_at + 1
        for queue in tuple(self.lasting):
            if kind != PRICES or queue.carries_prices:
                found = max(found, queue.wait_ns)
        return found

    async def drained(self, seconds: float) -> None:
        """Wait until what is under way has ended, for so long at most; what begins from then on is refused."""
        for _ in range(int(seconds / DRAIN_STEP_S)):
            if not self.under_way:
                break
            await asyncio.sleep(DRAIN_STEP_S)
        self.closed = True


def kind_of(scope: MutableMapping[str, Any], path: str) -> int:
    """What a request asks for, by its head alone."""
    is_read = scope["method"] in {"GET", "HEAD"}
    if path.startswith(PRICE_PATHS):
        # A browser that asks whether it may ask sends nothing.
        return PRICES if is_read or scope["method"] == "OPTIONS" or _body_bytes(scope) <= PAGE_BYTES else BULK
    if path == "/soap":
        return _kind_of_action(scope)
    if path in STREAM_PATHS:
        return STREAMS
    if not is_read and (path in ORDER_PATHS or path.endswith("/events")):
        return ORDERS
    return BULK if path.startswith(BULK_PATHS) and (is_read or path == "/v1/what-if") else OTHERS


def _kind_of_action(scope: MutableMapping[str, Any]) -> int:
    """What a SOAP message asks for by its action, with which its body has to agree; an order where it names none."""
    said = b" ".join(value for name, value in scope["headers"] if name in {b"soapaction", b"content-type"})
    _, known, operation = said.partition(ACTION)
    if not known or operation.startswith(b"Submit"):
        return ORDERS
    if operation.startswith((b"GetPrice", b"PriceBasket")):
        return PRICES if _body_bytes(scope) <= XML_PAGE_BYTES else BULK
    return BULK if operation.startswith((b"GetItems", b"GetCustomers")) else OTHERS


def _body_bytes(scope: MutableMapping[str, Any]) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return PAGE_BYTES + 1  # It comes in pieces.


def _refusal(error: Unavailable) -> Answer:
    status, body, headers = answer_to(error)
    length = (b"content-length", str(len(body)).encode())
    return status, body, [*(one for one in headers if one[0] != REQUEST_ID), length]


def _named(refusal: Answer) -> Answer:
    """A refusal that is kept ready, with a name of its own for whoever is told it."""
    status, body, headers = refusal
    return status, body, [*headers, (REQUEST_ID, new_request_id().encode())]


_ENDED = _refusal(Unavailable("The server ends; ask again.", 1, "server_ends"))
