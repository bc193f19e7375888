"""Brings the ends of writes, which another thread makes, back to the event loop."""

import asyncio
from collections import deque
from concurrent.futures import Future
from typing import Any


class Landing:
    """Brings the ends of writes back to the event loop, all of one commit in one call."""

    def __init__(self) -> None:
        self._ended: deque[tuple[asyncio.Future[Any], Future[Any]]] = deque()
        self._called = False

    def on_disk(self, future: "Future[Any]") -> "asyncio.Future[Any]":
        """An awaitable that ends when a write is on disk."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Any] = loop.create_future()

        def ended(done: "Future[Any]") -> None:
            self._ended.append((waiting, done))
            if not self._called:
                self._called = True
                loop.call_soon_threadsafe(self._tell)

        future.add_done_callback(ended)
        return waiting

    def _tell(self) -> None:
        self._called = False
        while self._ended:
            waiting, done = self._ended.popleft()
            if waiting.done():
                continue
            if done.cancelled():
                waiting.cancel()
                continue
            error = done.exception()
            if error is not None:
                waiting.set_exception(error)
            else:
                waiting.set_result(done.result())
