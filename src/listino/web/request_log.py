"""Notes what each key asked and how it was answered, without holding anybody up; written down every second."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from time import perf_counter_ns
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import Response

from listino.core.errors import Unavailable
from listino.db.engine import Database
from listino.flows.requests import BYTES_KEPT_MAX, Seen, written_down
from listino.web.faults import REQUEST_ID, Answer, new_request_id

# A process holds so many between two writes; of more, the oldest are dropped.
NOTED_MAX = 4_000
# Of one key so many answers without a refusal are written at once, the newest; a busy store asks and sends far more.
ANSWERED_PER_KEY_MAX = 100
WRITE_EVERY_S = 1.0
# Where a request's scope holds whose key it came with, and what of its body was read.
KEY, BODY = "listino.key", "listino.body"
# What is asked about this log, or by machines that watch, is no part of it.
UNNOTED = ("/v1/requests", "/metrics")
log = structlog.get_logger()
Noted = tuple[str, str, str, bytes, int, int, int, str | None, bytes | None, bytes | None, str | None]


class BodyKept:
    """Receives a body as it is, and keeps its beginning."""

    __slots__ = ("_receive", "start")

    def __init__(self, receive: Any) -> None:
        self._receive = receive
        self.start = b""

    async def __call__(self) -> Any:
        """The next part."""
        event = await self._receive()
        if len(self.start) < BYTES_KEPT_MAX and event["type"] == "http.request":
            self.start += event.get("body", b"")[: BYTES_KEPT_MAX - len(self.start)]
        return event


class RequestLog:
    """What this process was asked since it was last written down. One that dies loses that, and nothing else."""

    def __init__(self, database: Database, clock: Callable[[], datetime], unlogged: Callable[[int], None]) -> None:
        """`unlogged` is told how many were dropped."""
        self._database = database
        self._clock = clock
        self._noted: deque[Noted] = deque(maxlen=NOTED_MAX)
        self._writing: asyncio.Task[None] | None = None
        self._unlogged = unlogged
        # Since writing failed first, until it succeeds again.
        self._lost = 0

    def priced(self, scope: dict[str, Any], path: str, told: Answer, began_ns: int) -> None:
        """Note an answer of the hot road: nothing but a tuple in a queue; a refusal alone has a name."""
        key_id = scope.get(KEY)
        if key_id is not None:
            status, body, headers = told
            name, kept = (_name_in(headers), body[:BYTES_KEPT_MAX]) if status >= 400 else (None, None)
            self._noted.append((
                key_id, scope["method"], path, scope["query_string"], status, began_ns, perf_counter_ns(), name, None,
                kept, None,
            ))  # fmt: skip

    def answered(
        self, request: Request, response: Response, began_ns: int, *, operation: str = "", code: str | None = None
    ) -> None:
        """Note any other answer, and give it its id; which `operation` of its path it was, and the `code` of a refusal
        where its answer is not JSON. A refusal has an id even where no key is known that it could be noted for.
        """
        scope, status = request.scope, response.status_code
        key_id, path = scope.get(KEY), scope["path"]
        if key_id is None and status < 400:
            return
        name = _name_in(response.raw_headers)
        if name is None:
            name = new_request_id()
            response.raw_headers.append((REQUEST_ID, name.encode()))
        if key_id is None or path in UNNOTED:
            return
        kept = scope.get(BODY)
        answer = getattr(response, "body", None) if status >= 400 or kept is not None else None
        self._noted.append((
            key_id, scope["method"], path + operation, scope["query_string"], status, began_ns, perf_counter_ns(), name,
            kept.start if kept is not None else None,
            bytes(answer[:BYTES_KEPT_MAX]) if isinstance(answer, bytes) else None, code,
        ))  # fmt: skip

    def start(self, in_thread: Callable[..., Awaitable[Any]]) -> None:
        """Begin to write down as time passes."""
        self._writing = asyncio.get_running_loop().create_task(self._write_now_and_then(in_thread))

    async def _write_now_and_then(self, in_thread: Callable[..., Awaitable[Any]]) -> None:
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            if self._noted:
                with suppress(
                    Exception
                ):  # No thread was to be had: the queue is bounded, and is written the next time.
                    await in_thread(self.write_down)

    def stop(self) -> None:
        """Write down what is left."""
        if self._writing is not None:
            self._writing.cancel()
        self.write_down()

    def write_down(self) -> None:
        """Write down what was noted. What cannot be written is dropped: no request waits for it, or fails by it."""
        noted: list[Noted] = []
        with suppress(IndexError):
            while True:
                noted.append(self._noted.popleft())
        if not noted:
            return
        now_ns, now = perf_counter_ns(), self._clock()
        kept = _kept(noted)
        try:
            written_down(self._database, [_seen(one, now_ns) for one in kept], now)
        except Exception as error:
            self._lose(len(kept), error)
        else:
            self._lost_no_more()
        self._unlogged(len(noted) - len(kept))

    def _lose(self, count: int, error: Exception) -> None:
        """Count what could not be written; the log of the server says it once, when it begins."""
        self._unlogged(count)
        if not self._lost:
            # A traceback tells something of a fault of ours alone; a database that is gone has told all.
            shown = None if isinstance(error, Unavailable) else error
            log.warning("requests_not_written", reason=str(error), exc_info=shown)
        self._lost += count

    def _lost_no_more(self) -> None:
        if self._lost:
            log.warning("requests_written_again", lost=self._lost)
            self._lost = 0


def _name_in(headers: list[tuple[bytes, bytes]]) -> str | None:
    return next((value.decode() for name, value in headers if name == REQUEST_ID), None)


def _kept(noted: list[Noted]) -> list[Noted]:
    """All that was refused, and of each key the newest of the other answers."""
    counts: Counter[str] = Counter()
    kept = []
    for one in reversed(noted):
        if one[4] < 400:
            counts[one[0]] += 1
            if counts[one[0]] > ANSWERED_PER_KEY_MAX:
                continue
        kept.append(one)
    return kept[::-1]


def _seen(one: Noted, now_ns: int) -> Seen:
    key_id, method, path, query, status, began_ns, ended_ns, name, body, answer, code = one
    took_us, ago_us = (ended_ns - began_ns) // 1_000, (now_ns - began_ns) // 1_000
    return Seen(key_id, method, path, query, status, took_us, ago_us, name, body, answer, code)
