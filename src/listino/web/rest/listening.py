"""The door of those who listen: what webhooks are told, as server-sent events on a stream of one's own."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from time import monotonic
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from listino.core.errors import NotAllowed, Unavailable
from listino.db.engine import Database
from listino.flows import listening
from listino.flows.access import ApiKey
from listino.flows.webhooks import Chance, Webhook
from listino.web.answers import encode
from listino.web.auth import Guard, require
from listino.web.live_stream import KEEP_ALIVE_S, MEDIA_TYPE, RETRY_MS
from listino.web.reading import query_of, single
from listino.web.rest.webhooks import SCOPE
from listino.web.streams import Streams

# What was written is told so soon, and so soon the end of the server is noticed.
LOOK_EVERY_S = 0.25
KEEP_EVERY_S = 20.0
HERE_MAX = 10
# Who takes nothing for so long is gone.
STUCK_S = 30.0
EVERYTHING = "*"


class ListenDoor:
    """Opens streams of messages."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        chance: Chance,
        *,
        in_thread: Callable[..., Awaitable[Any]],
        streams: Streams,
        guard: Guard,
    ) -> None:
        self.database, self.clock, self.in_thread, self.streams = database, clock, in_thread, streams
        self._chance, self._guard = chance, guard
        self.open = 0

    async def stream(self, request: Request, key: ApiKey) -> Response:
        """A stream of messages, to be sent for as long as somebody listens.

        Errors:  Malformed, NotAllowed, Conflict; Unavailable where too many listen here, or the server ends.
        """
        require(key, SCOPE)
        said = single(query_of(request.scope["query_string"]), frozenset(["events", "listener"]))
        if self.streams.ending:
            raise Unavailable("The server ends; ask again.", code="server_ends")
        if self.open >= HERE_MAX:
            raise Unavailable(f"{HERE_MAX} listen here already.", code="busy")
        last = request.headers.get("last-event-id")
        listener = await self.in_thread(self._listener, said, last, key)
        secret = request.headers["authorization"].encode("latin-1")
        return Listening(self, listener, lambda: self._may_go_on(secret))

    def _listener(self, said: dict[str, str], last: str | None, key: ApiKey) -> Webhook:
        now = self.clock()
        if "listener" in said:
            found = listening.resumed(self.database, said["listener"], last, key.id, now)
            if found is not None:
                return found
        events = said.get("events", EVERYTHING).split(",")
        return listening.opened(self.database, events, key.id, now, self._chance)

    def _may_go_on(self, secret: bytes) -> bool:
        try:
            return self._guard.key(secret, self.database.read()).may(SCOPE)
        except NotAllowed:
            return False


class Listening(Response):
    """The response of one stream."""

    def __init__(self, door: ListenDoor, listener: Webhook, may_go_on: Callable[[], bool]) -> None:
        self.status_code, self.background, self.media_type = 200, None, MEDIA_TYPE
        self.init_headers({"cache-control": "no-store", "x-accel-buffering": "no"})
        self._door, self._listener, self._may_go_on = door, listener, may_go_on
        self._over = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell what comes until the listener goes, may no more, or the server ends."""
        self._door.open += 1
        gone = asyncio.ensure_future(self._until_gone(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            if scope["method"] != "HEAD":
                retry = f"retry: {RETRY_MS}\n\n".encode()
                await send({"type": "http.response.body", "body": retry, "more_body": True})
                await self._tell(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError:
            return  # Nobody listens any more.
        finally:
            gone.cancel()
            self._door.open -= 1

    async def _tell(self, send: Send) -> None:
        listener = self._listener
        ready = {"listener": listener.id, "secret": listener.keys[0].secret, "events": listener.events}
        piece = b"event: ready\ndata: " + encode(ready) + b"\n\n"
        sent_s = kept_s = monotonic()
        places: list[int] = []
        while not self._over and not self._door.streams.ending:
            if piece:
                event = {"type": "http.response.body", "body": piece, "more_body": True}
                await asyncio.wait_for(send(event), STUCK_S)
                sent_s = monotonic()
            if monotonic() - kept_s > KEEP_EVERY_S:
                kept_s = monotonic()
                self._over = not await self._door.in_thread(self._kept)
            piece = b""
            with suppress(Unavailable):  # No thread is to be had: it is told the next time.
                piece, places = await self._door.in_thread(self._news, places)
            if not piece:
                await asyncio.sleep(LOOK_EVERY_S)
                piece = b": keep-alive\n\n" if monotonic() - sent_s > KEEP_ALIVE_S else b""

    def _news(self, told: list[int]) -> tuple[bytes, list[int]]:
        """What came since, as events, and its places; what was `told` before is done with."""
        door = self._door
        try:
            if told:
                listening.told(door.database, self._listener, told)
            if not self._may_go_on():
                self._over = True
                return b"", []
            news = listening.heard(door.database, self._listener, door.clock())
        except Unavailable:  # The database is away: it is told when it is back.
            return b"", []
        return b"".join(map(_event, news)), [one.place for one in news]

    def _kept(self) -> bool:
        with suppress(Unavailable):
            return listening.kept(self._door.database, self._listener, self._door.clock())
        return True

    async def _until_gone(self, receive: Receive) -> None:
        with suppress(OSError):
            while (await receive())["type"] != "http.disconnect":
                pass
        self._over = True


def _event(message: listening.Signed) -> bytes:
    said = {
        "webhook-id": message.id, "webhook-timestamp": str(message.timestamp), "webhook-signature": message.signature,
        "body": message.body,
    }  # fmt: skip
    return f"id: {message.place}\nevent: {message.event}\ndata: ".encode() + encode(said) + b"\n\n"
