"""A load that comes when it comes, answered or not: requests at a rate, each on a connection that is free."""

import select
import socket
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush

# More connections than a worker's requests under way while it turns the rest away.
CONNECTIONS_MAX = 3_000
# So long an order is repeated after the load has ended; whoever is not taken by then is lost.
PATIENCE_S = 30.0
BYTES = 65_536


@dataclass(slots=True, order=True)
class Sent:
    """A request: when it was due first, and its number where it is an order."""

    due_at: float
    first_at: float
    message: bytes = field(compare=False)
    order: str | None = field(default=None, compare=False)


@dataclass
class Outcome:
    """What became of a load."""

    seconds: float = 0.0
    # Answered as asked: prices, and orders with how long each took from when it was first due.
    prices: int = 0
    orders: dict[str, float] = field(default_factory=dict)
    shed: int = 0
    orders_told_again: int = 0
    failed: int = 0
    # Due while every connection was in use.
    held_up: int = 0
    # The share of the time that the load itself took of its core.
    busy: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return (self.prices + len(self.orders)) / self.seconds


class Load:
    """The connections of a load and what is under way on each."""

    def __init__(self, port: int, requests: Iterator[Sent]) -> None:
        self._port = port
        self._requests = requests
        self._poll = select.epoll()
        self._free: deque[socket.socket] = deque()
        self._under_way: dict[int, tuple[socket.socket, Sent, bytearray]] = {}
        self._again: list[Sent] = []
        self._opened = 0
        self.outcome = Outcome()
        # The numbers of all orders that were due, and of those that were taken in the end.
        self.offered: set[str] = set()
        self.taken: set[str] = set()

    def closed_loop(self, connections: int, seconds: float) -> Outcome:
        """So many callers, each asking again when it was answered."""
        begun_at, cpu_s = time.monotonic(), time.process_time()
        end_at = begun_at + seconds
        for _ in range(connections):
            self._free.append(self._connected())
        while (now := time.monotonic()) < end_at:
            while self._free:
                sent = next(self._requests)
                sent.due_at = sent.first_at = now
                self._send(sent)
            self._receive(end_at - now)
        self._finish(begun_at, cpu_s)
        return self.outcome

    def open_loop(self, rate: float, seconds: float) -> Outcome:
        """So many requests a second, whatever becomes of them; orders that are turned away come again as told."""
        begun_at, cpu_s = time.monotonic(), time.process_time()
        end_at, due_at = begun_at + seconds, begun_at
        while (now := time.monotonic()) < end_at:
            while due_at <= now:
                self._due(next(self._requests), due_at)
                due_at += 1 / rate
            self._repeat(now)
            self._receive(max(0.0, due_at - time.monotonic()))
        self._finish(begun_at, cpu_s)
        return self.outcome

    def _due(self, sent: Sent, due_at: float) -> None:
        sent.due_at = sent.first_at = due_at
        if sent.order is not None:
            self.offered.add(sent.order)
        if not self._free and self._opened < CONNECTIONS_MAX:
            self._free.append(self._connected())
        if self._free:
            self._send(sent)
        else:
            self.outcome.held_up += 1
            if sent.order is not None:
                heappush(self._again, sent)

    def _repeat(self, now: float) -> None:
        while self._again and self._again[0].due_at <= now and self._free:
            self._send(heappop(self._again))

    def _finish(self, begun_at: float, cpu_s: float) -> None:
        """The figures of the load; then what is under way is answered, and orders are repeated until they are taken."""
        outcome = self.outcome
        outcome.seconds = time.monotonic() - begun_at
        outcome.busy = (time.process_time() - cpu_s) / outcome.seconds
        prices = outcome.prices
        orders = dict(outcome.orders)
        end_at = time.monotonic() + PATIENCE_S
        while (self._under_way or self._again) and (now := time.monotonic()) < end_at:
            self._repeat(now)
            self._receive(0.05)
        for connection in [*self._free, *(one for one, _, _ in self._under_way.values())]:
            connection.close()
        self._poll.close()
        self.taken = set(outcome.orders)
        outcome.prices, outcome.orders = prices, orders

    def _connected(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._poll.register(connection.fileno(), select.EPOLLIN)
        self._opened += 1
        return connection

    def _send(self, sent: Sent) -> None:
        connection = self._free.pop()
        connection.sendall(sent.message)
        self._under_way[connection.fileno()] = (connection, sent, bytearray())

    def _receive(self, wait_s: float) -> None:
        for handle, _ in self._poll.poll(wait_s):
            connection, sent, got = self._under_way[handle]
            part = connection.recv(BYTES)
            if not part:
                raise ConnectionError("the server closed a connection under load")
            got += part
            head = got.find(b"\r\n\r\n")
            if head < 0:
                continue
            length = int(_header(got, b"content-length", head))
            if len(got) < head + 4 + length:
                continue
            del self._under_way[handle]
            self._free.append(connection)
            self._answered(sent, int(got[9:12]), got, head)

    def _answered(self, sent: Sent, status: int, got: bytearray, head: int) -> None:
        outcome, now = self.outcome, time.monotonic()
        if status in {429, 503}:
            outcome.shed += 1
            if sent.order is not None:
                outcome.orders_told_again += 1
                sent.due_at = now + int(_header(got, b"retry-after", head))
                heappush(self._again, sent)
        elif status >= 400:
            outcome.failed += 1
        elif sent.order is not None:
            outcome.orders[sent.order] = now - sent.first_at
        else:
            outcome.prices += 1


def _header(got: bytearray, name: bytes, head: int) -> bytes:
    start = got.lower().find(b"\r\n" + name + b":", 0, head)
    return bytes(got[start + len(name) + 3 : got.find(b"\r\n", start + 2)]).strip()
