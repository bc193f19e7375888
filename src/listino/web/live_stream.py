"""One open stream of server-sent events: it tells what its reader was not told yet, and nothing twice.

It keeps no queue. What it has told is a digest for each line; whatever differs from that when the reader is
ready for more is told as it is by then. The same digests are the id of each event, so whoever comes back
with the last one is told exactly what changed meanwhile, by any worker and after any restart.
"""

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import blake2b
from time import monotonic
from typing import NamedTuple

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from listino.db.engine import Reading
from listino.web.answers import encode
from listino.web.hanging_up import Peer, peer_of
from listino.web.live import Hub
from listino.web.watched import Line

MEDIA_TYPE = "text/event-stream"
RETRY_MS = 2_000
KEEP_ALIVE_S = 15.0
# A reader that takes nothing for so long is gone.
STUCK_S = 60.0
# Nor does it hold up the end of the server for longer.
END_S = 1.0
# So many events are told at once; those behind them as they are by then.
EVENTS_MAX = 50
DIGEST_BYTES = 4
CONTEXT_BYTES = 6
UNTOLD = bytes(DIGEST_BYTES)


class Reader(NamedTuple):
    """Who reads: under which name it is counted, until when and whether it may.

    Units:   evened_s: all is told at first together, at a multiple of this after the stream began: a browser is not to
             learn from the time which items there are. None: as it is found.
    """

    owner: str
    until: datetime | None
    may_go_on: Callable[[Reading], bool]
    evened_s: float | None


class LiveStream(Response):
    """The response of one stream."""

    def __init__(self, hub: Hub, reader: Reader, lines: Sequence[Line], reading: Reading, last_id: str | None) -> None:
        """`last_id` is that of the last event that the reader was told before, on this or another stream."""
        self.status_code, self.background, self.media_type = 200, None, MEDIA_TYPE
        self.init_headers({"cache-control": "no-store", "x-accel-buffering": "no", "connection": "close"})
        self.lines = list(lines)
        self.owner = reader.owner
        self._hub, self._reader = hub, reader
        self._context = context_of(reading.epoch, lines)
        self._told = told_until(last_id, self._context, len(lines)) or [UNTOLD] * len(lines)
        self._revision = reading.revision
        self._ready = {
            "revision": reading.revision, "epoch": reading.epoch, "lines": len(lines),
            "resumed": any(told != UNTOLD for told in self._told),
        }  # fmt: skip
        self._woken = asyncio.Event()
        self._over = self._silent = False
        self._held_back = reader.evened_s is not None
        self._task: asyncio.Task[None] | None = None
        self._peer: Peer | None = None
        self._began_s = self._sent_s = monotonic()
        self._sending = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell what changes until the reader goes, may no more, or the server ends."""
        if scope["method"] == "HEAD":
            await self._begin(send)
        elif not await self._tell(scope, receive, send):
            return
        with suppress(OSError):
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _begin(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})

    async def _tell(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Tell all; whether the reader took it."""
        self._task = asyncio.current_task()
        self._peer = peer_of(scope)
        gone = asyncio.ensure_future(self._until_gone(receive))
        self._hub.open(self)  # Before anything is waited for: the room that there was is taken.
        piece = f"retry: {RETRY_MS}\n\nevent: ready\ndata: {encode(self._ready).decode()}\n\n".encode()
        try:
            await self._begin(send)
            while not self._over:
                self._woken.clear()
                if piece:
                    await self._sent(send, piece)
                else:
                    await self._woken.wait()
                if self._held_back:
                    await self._even_out()
                piece = self._news()
        except OSError:
            return False
        except asyncio.CancelledError:
            if not self._over:
                raise
            return False
        finally:
            gone.cancel()
            self._hub.close(self)
        return True

    async def _sent(self, send: Send, piece: bytes) -> None:
        """Send a piece, for as long as the reader takes to take it."""
        self._sending, self._sent_s = True, monotonic()
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        self._sending, self._sent_s = False, monotonic()

    async def _even_out(self) -> None:
        """Wait for the instant at which the first answers leave, once all of them are known."""
        if not self._over and all(line.digest for line in self.lines):
            step_s, took_s = self._reader.evened_s or 1.0, monotonic() - self._began_s
            await asyncio.sleep((took_s // step_s + 1) * step_s - took_s)
            self._held_back = False

    def _news(self) -> bytes:
        """What the reader does not know yet, as events; or a sign of life where there has been none."""
        events: list[bytes] = []
        for place, line in enumerate(() if self._held_back else self.lines):
            if line.digest in (b"", self._told[place]):
                continue
            self._told[place] = line.digest
            self._revision = max(self._revision, line.revision)
            events.append(
                b'event: price\nid: %s\ndata: {"line":%d,%s\n\n' % (self._id().encode(), place + 1, line.data[1:])
            )
            if len(events) == EVENTS_MAX:
                break
        silent, self._silent = self._silent, False
        return b"".join(events) or (b": keep-alive\n\n" if silent else b"")

    def _id(self) -> str:
        """The revision, and the digests of all that was told."""
        return f"{self._revision}-{urlsafe_b64encode(self._context + b''.join(self._told)).decode().rstrip('=')}"

    async def _until_gone(self, receive: Receive) -> None:
        with suppress(OSError):
            while (await receive())["type"] != "http.disconnect":
                pass
        self._over = True
        self._woken.set()

    def wake(self) -> None:
        """One of the lines has another answer."""
        self._woken.set()

    def tend(self, now: datetime, now_s: float) -> None:
        """Give a sign of life where nothing else was to tell; end with the reader's right, or its patience."""
        if self._reader.until is not None and now >= self._reader.until:
            self.end()
        if self._sending:
            if now_s - self._sent_s > STUCK_S:
                self._cut()
        elif now_s - self._sent_s >= KEEP_ALIVE_S:
            self._silent = True
            self._woken.set()

    def may_go_on(self, reading: Reading) -> bool:
        """Whether the reader may still read."""
        return self._reader.may_go_on(reading)

    def end(self) -> None:
        """End at once; a reader that takes nothing is cut off a moment later."""
        self._over = True
        self._woken.set()
        asyncio.get_running_loop().call_later(END_S, self._cut)

    def _cut(self) -> None:
        """Let go of a reader that takes nothing: also where the server has taken all, and waits with it."""
        self._over = True
        self._hub.hang_up(self._peer)
        # What is being sent then ends by itself; cancelled before, the server could wait for it without end.
        asyncio.get_running_loop().call_later(END_S, self._give_up)

    def _give_up(self) -> None:
        if self._task is not None and self._sending:
            self._task.cancel()


def context_of(epoch: str, lines: Sequence[Line]) -> bytes:
    """What an id belongs to: a time line, and the questions in their order."""
    return blake2b(repr((epoch, [line.name for line in lines])).encode(), digest_size=CONTEXT_BYTES).digest()


def told_until(last_id: str | None, context: bytes, lines: int) -> list[bytes] | None:
    """What a reader was told by the event of an id, line by line; None where that was about something else."""
    if last_id is None:
        return None
    digests = last_id.partition("-")[2]
    try:
        known = urlsafe_b64decode(digests + "=" * (-len(digests) % 4))
    except (NotBase64, ValueError):
        return None
    if known[:CONTEXT_BYTES] != context or len(known) != CONTEXT_BYTES + lines * DIGEST_BYTES:
        return None
    return [known[at : at + DIGEST_BYTES] for at in range(CONTEXT_BYTES, len(known), DIGEST_BYTES)]
