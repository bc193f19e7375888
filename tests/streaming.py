"""Reading streams of server-sent events: of an application in a loop beside the test, or of a server."""

import asyncio
import queue
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import msgspec

PATIENCE_S = 60.0


@dataclass
class Event:
    """One event as a browser takes it in."""

    kind: str
    data: Any
    id: str | None = None


def events_of(text: str) -> Iterator[Event]:
    """The events in a text of whole events; comments and pauses are none."""
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
        if "data" in fields:
            yield Event(fields["event"], msgspec.json.decode(fields["data"]), fields.get("id"))


class Stream:
    """One stream that is read; paused, its reader takes nothing."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.done: Future[None] | None = None
        self.started = threading.Event()
        self._loop = loop
        self._free = asyncio.Event()
        self._free.set()
        self._events: queue.Queue[Event] = queue.Queue()
        self._gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        """What the application is told: at the end, that the reader has gone."""
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        """Take what the application sends."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            self.started.set()
            return
        await self._free.wait()
        self.body += message["body"]
        for event in events_of(message["body"].decode()) if self.status == 200 else ():
            self._events.put(event)

    def next(self) -> Event:
        """The next event."""
        return self._events.get(timeout=PATIENCE_S)

    def prices(self, count: int) -> dict[int, Event]:
        """So many events of prices, by line."""
        events = [self.next() for _ in range(count)]
        assert {event.kind for event in events} == {"price"}
        return {event.data["line"]: event for event in events}

    def ended(self) -> None:
        """Wait until the application has ended it."""
        assert self.done is not None
        self.done.result(PATIENCE_S)

    def close(self) -> None:
        """Go away."""
        self._loop.call_soon_threadsafe(self._gone.set)
        self.resume()
        self.ended()

    def pause(self) -> None:
        """Take nothing."""
        self._loop.call_soon_threadsafe(self._free.clear)

    def resume(self) -> None:
        """Take what comes again."""
        self._loop.call_soon_threadsafe(self._free.set)


@dataclass
class Readers:
    """Streams of an application, all in one loop in a thread of their own."""

    app: Any
    loop: asyncio.AbstractEventLoop
    headers: Mapping[str, str]
    streams: list[Stream] = field(default_factory=list)

    def open(self, path: str, params: Any, **headers: str) -> Stream:
        """Open a stream, and wait for its first word."""
        told = {**self.headers, **headers}
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": path, "raw_path": path.encode(), "root_path": "",
            "query_string": urlencode(params, doseq=True).encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in told.items()],
            "client": ("127.0.0.1", 50000), "server": ("127.0.0.1", 8080),
        }  # fmt: skip
        stream = Stream(self.loop)
        stream.done = asyncio.run_coroutine_threadsafe(self.app(scope, stream.receive, stream.send), self.loop)
        self.streams.append(stream)
        assert stream.started.wait(PATIENCE_S)
        return stream


async def _all_done() -> None:
    """Wait for what the application still does of itself."""
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)


@contextmanager
def reading(app: Any, headers: Mapping[str, str]) -> Iterator[Readers]:
    """Readers of an application; what they have open is closed behind them."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="readers", daemon=True)
    thread.start()
    readers = Readers(app, loop, headers)
    try:
        yield readers
    finally:
        for stream in readers.streams:
            stream.close()
        asyncio.run_coroutine_threadsafe(_all_done(), loop).result(PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
