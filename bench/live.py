"""A thousand open streams on one worker: how soon the last is told of a change, beside what else is answered."""

import asyncio
import json
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode, urlsplit

from bench.book import Size, built, customer_code, item_code
from bench.rows import Row
from bench.server import Server, created_key, serving
from bench.start import private_mib
from listino.db.engine import path_of

FAN_OUT = "a price change to 1,000 open streams, the last one told"
ALL_LINES = "a change to all 10,000 lines of 1,000 streams, the last one told"
BESIDE = "prices asked during the fan-out, slowest"
MEMORY = "private memory of 1,000 streams of 10 items"
TOLD_S_MAX = 1.0
BESIDE_MS_MAX = 100.0
STREAM_KIB_MAX = 100.0
STREAMS = 1_000
ITEMS = 10
# The item that all of them watch.
SHARED = 17
SETTLED_S = 0.5
PATIENCE_S = 120.0
EVENT = b"event: price"


@dataclass
class Crowd:
    """The readers: how many events they were told, and when the first and the last came."""

    events: int = 0
    first_s: float | None = None
    last_s: float = 0.0
    connections: list[asyncio.StreamWriter] = field(default_factory=list)

    def begin(self) -> float:
        """Count from now on."""
        self.events, self.first_s = 0, None
        return time.perf_counter()

    async def read(self, server: Server, key: str, number: int) -> None:
        """One reader, until its stream ends."""
        place = urlsplit(server.address)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        self.connections.append(writer)
        asked = urlencode({"customer": customer_code(number), "item": _items(number)}, doseq=True)
        head = f"GET /v1/stream?{asked} HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {key}\r\n\r\n"
        writer.write(head.encode())
        while piece := await reader.read(1 << 16):
            told = piece.count(EVENT)
            if told:
                self.events += told
                self.last_s = time.perf_counter()
                self.first_s = self.first_s or self.last_s

    async def told(self, events: int) -> None:
        """Wait until so many events were told."""
        deadline = time.perf_counter() + PATIENCE_S
        while self.events < events:
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{self.events} of {events} events")
            await asyncio.sleep(0.01)


def rows(url: str) -> list[Row]:
    """What a thousand streams of a thousand customers cost, and how soon each is told."""
    keys = [created_key(url) for _ in range(2)]
    with serving(url) as server:
        return asyncio.run(_measured(server, keys, path_of(url)))


async def _measured(server: Server, keys: list[str], database: Path) -> list[Row]:
    for number in range(STREAMS):  # What prices are remembered with is there without streams too.
        await asyncio.to_thread(_batch, server, keys[0], number)
    before_kib = _held_kib(server, database)
    crowd = Crowd()
    reading = [asyncio.ensure_future(crowd.read(server, keys[n % 2], n)) for n in range(STREAMS)]
    await crowd.told(STREAMS * ITEMS)
    await asyncio.sleep(SETTLED_S)
    held_kib = (_held_kib(server, database) - before_kib) / STREAMS
    shared = await _fan_out(server, keys[0], crowd, (STREAMS, lambda: _discount(server, keys[0])))
    every = await _fan_out(server, keys[0], crowd, (STREAMS * ITEMS, lambda: _discount_of_all(server, keys[0])))
    after_kib = (_held_kib(server, database) - before_kib) / STREAMS
    for connection in crowd.connections:
        connection.close()
    await asyncio.gather(*reading, return_exceptions=True)
    busy = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    return [
        Row(FAN_OUT, _told(shared), busy, None, f"<= {TOLD_S_MAX:.0f} s", shared.last_s <= TOLD_S_MAX),
        Row(ALL_LINES, _told(every), busy, None, "-", None),
        Row(BESIDE, f"{max(shared.beside_ms):.0f} ms, p99 {quantiles(every.beside_ms, n=100)[98]:.0f} ms", busy, None,
            f"<= {BESIDE_MS_MAX:.0f} ms", max(shared.beside_ms) <= BESIDE_MS_MAX),
        Row(MEMORY, f"{held_kib:.0f} KiB a stream, {after_kib:.0f} after two changes of all",
            "the same questions asked before", None, f"<= {STREAM_KIB_MAX:.0f} KiB", after_kib <= STREAM_KIB_MAX),
    ]  # fmt: skip


def _held_kib(server: Server, database: Path) -> float:
    """What the server's processes hold together."""
    return sum(private_mib(database, str(pid)) for pid in server.pids()) * 1024


@dataclass(frozen=True, slots=True)
class Spread:
    """When the first and the last event came after a change was sent, what that took of the processor, and how long
    prices took meanwhile."""

    cpu_s: float
    first_s: float
    last_s: float
    beside_ms: list[float]


def _told(spread: Spread) -> str:
    return f"{spread.last_s:.2f} s (first {spread.first_s:.2f} s, processor {spread.cpu_s:.2f} s)"


async def _fan_out(server: Server, key: str, crowd: Crowd, change: tuple[int, Callable[[], None]]) -> Spread:
    """Make a change, and wait until everybody was told; prices are asked all the while."""
    events, make = change
    beside: list[float] = []
    asking = asyncio.ensure_future(_ask_on(server, key, beside))
    started_cpu_s = server.cpu_s()
    started_s = crowd.begin()
    await asyncio.to_thread(make)
    await crowd.told(events)
    asking.cancel()
    first_s = crowd.first_s or crowd.last_s
    cpu_s = server.cpu_s() - started_cpu_s
    return Spread(cpu_s, first_s - started_s, crowd.last_s - started_s, beside)


async def _ask_on(server: Server, key: str, took_ms: list[float]) -> None:
    while True:
        started_s = time.perf_counter()
        await _price(server, key)
        took_ms.append((time.perf_counter() - started_s) * 1000)


async def _price(server: Server, key: str) -> None:
    place = urlsplit(server.address)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    head = f"GET /v1/prices/{item_code(5)}?customer={customer_code(5)} HTTP/1.1\r\nHost: {place.netloc}\r\n"
    writer.write(f"{head}Connection: close\r\nAuthorization: Bearer {key}\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    if not answer.startswith(b"HTTP/1.1 200"):
        raise AssertionError(answer[:200])


def _items(number: int) -> list[str]:
    """What a reader watches: the item that all do, and others."""
    return [item_code(SHARED), *(item_code(100 + (number * 7 + step) % 1_000) for step in range(1, ITEMS))]


def _batch(server: Server, key: str, number: int) -> None:
    """Ask what a reader will watch."""
    lines = [{"item": item} for item in _items(number)]
    _send(server, key, ("POST", "prices"), {"customer": customer_code(number), "lines": lines})


def _discount(server: Server, key: str) -> None:
    """Something off the item that all watch, for everybody."""
    said = {"action": "percent", "item": item_code(SHARED), "value": "50", "step": "promotion"}
    _send(server, key, ("PUT", "rules/live-one"), said)


def _discount_of_all(server: Server, key: str) -> None:
    """More off every item, for everybody."""
    _send(server, key, ("PUT", "rules/live-all"), {"action": "percent", "value": "60", "step": "promotion"})


def _send(server: Server, key: str, road: tuple[str, str], said: dict[str, Any]) -> None:
    method, path = road
    confirmed = "?confirm=true" if method == "PUT" else ""
    request = urllib.request.Request(
        f"{server.address}/v1/{path}{confirmed}", json.dumps(said).encode(), {"Authorization": f"Bearer {key}"},
        method=method,
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        answer.read()


if __name__ == "__main__":
    from bench.rows import print_table

    with tempfile.TemporaryDirectory(prefix="listino-bench-") as name:
        print_table(rows(built(Path(name) / "live.sqlite", Size(2_000, 2, 2_000, 500))))
    sys.exit()
