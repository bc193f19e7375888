"""Answers that are worked out while they are sent: piece by piece in a thread, for as long as somebody listens.

A piece is a bounded amount of work, so neither the event loop nor a thread is ever held for long: a
client that reads slowly waits by itself, one that has gone costs no further piece, and the end of the
server ends every stream at its next piece.
"""

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable, Generator
from contextlib import suppress
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from listino.core.errors import Unavailable
from listino.web.answers import encode
from listino.web.faults import problem_of

# So many streams are under way in a process at once; each has a database connection and a memory of its own.
STREAMS_MAX = 3
BUSY_RETRY_S = 10

Pieces = Generator[bytes, None, None]
InThread = Callable[..., Awaitable[Any]]


class Streams:
    """The streams of a process: how many are under way, and whether the server is about to end."""

    def __init__(self, in_thread: InThread) -> None:
        self._in_thread = in_thread
        self._under_way = 0
        self.ending = False

    async def opened(self, begin: Callable[[], Pieces], media_type: str) -> Response:
        """A stream of the pieces that `begin` gives; what it refuses before the first one is an answer of its own.

        Errors:  Unavailable when too many are under way; those of `begin`.
        """
        if self._under_way >= STREAMS_MAX:
            text = f"{STREAMS_MAX} long answers are under way already."
            raise Unavailable(text, BUSY_RETRY_S, "busy")
        self._under_way += 1
        work = Work(begin)
        try:
            first = await self._in_thread(work.next)
        except BaseException:
            self._under_way -= 1
            work.end()
            raise
        return Stream(self, work, first, media_type)

    async def next(self, work: "Work") -> bytes | None:
        """The next piece of a stream, or None at its end.

        Errors:  Unavailable when the server is about to end; those of the work.
        """
        if self.ending:
            raise Unavailable("The server ends; ask again.", code="server_ends")
        piece: bytes | None = await self._in_thread(work.next)
        return piece

    def closed(self, work: "Work") -> None:
        """A stream has ended, in whatever way."""
        self._under_way -= 1
        work.end()

    def end_with_the_server(self, told: Callable[[], object]) -> None:
        """From the signal on that ends the server no stream goes on; the server's own handler follows.

        `told` is called at the signal, for whatever else is to end.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        # A loop that is busy with the end of many streams has been wakened already: that is no warning.
        wakening = signal.set_wakeup_fd(-1)
        if wakening != -1:
            signal.set_wakeup_fd(wakening, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            previous = signal.getsignal(number)
            if callable(previous):
                signal.signal(number, self._ending(previous, told))

    def _ending(self, previous: Callable[[int, Any], Any], told: Callable[[], object]) -> Callable[[int, Any], None]:
        def ended(number: int, frame: Any) -> None:
            self.ending = True
            told()
            previous(number, frame)

        return ended


class Work:
    """A generator that threads take turns at; it may be ended from anywhere, also while a thread is at it."""

    def __init__(self, begin: Callable[[], Pieces]) -> None:
        self._begin = begin
        self._pieces: Pieces | None = None
        self._ended = threading.Event()
        self._turn = threading.Lock()

    def next(self) -> bytes | None:
        """The next piece; None when there is none, or when the work was ended."""
        with self._turn:
            if self._ended.is_set():
                return None
            if self._pieces is None:
                self._pieces = self._begin()
            pieces = self._pieces
            try:
                return next(pieces, None)
            finally:
                if self._ended.is_set():  # Meanwhile.
                    pieces.close()

    def end(self) -> None:
        """Let go of all that the work holds: now, or as soon as the thread that is at it has done its piece."""
        self._ended.set()
        if self._turn.acquire(blocking=False):
            if self._pieces is not None:
                self._pieces.close()
            self._turn.release()


class Stream(Response):
    """The response of a stream. What fails on the way is told in its last line; a CSV breaks off."""

    def __init__(self, streams: Streams, work: Work, first: bytes | None, media_type: str) -> None:
        self.status_code, self.background, self.media_type = 200, None, media_type
        self.init_headers({"cache-control": "private, no-store"})
        self._streams, self._work, self._first = streams, work, first

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it piece by piece."""
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            piece = self._first if scope["method"] != "HEAD" else None
            while piece is not None:
                if piece:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                if gone.done():
                    return
                piece = await self._streams.next(self._work)
        except OSError:
            return  # Nobody listens any more.
        except Exception as error:
            problem = problem_of(error)
            if self.media_type != NDJSON:
                return  # A body without its end is what every client notices.
            line = encode({"record": "error", "problem": problem}) + b"\n"
            with suppress(OSError):
                await send({"type": "http.response.body", "body": line, "more_body": True})
        finally:
            gone.cancel()
            self._streams.closed(self._work)
        with suppress(OSError):
            await send({"type": "http.response.body", "body": b"", "more_body": False})


NDJSON = "application/x-ndjson"


async def _until_gone(receive: Receive) -> None:
    with suppress(OSError):
        while (await receive())["type"] != "http.disconnect":
            pass
