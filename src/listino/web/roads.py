"""Which work is done at once and which by a thread: decided here alone.

A warm answer on a file costs less than handing it to a thread; whatever may wait for a disk, a server or an ERP
must not keep the event loop.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from listino.web.admission import Admission, Queue

# Reads that take longer than a price, and waiting writes, go through so many threads.
THREADS = 8
# So many questions may wait for the ERP at once, where prices are asked live.
WAITING_THREADS = 64
# A batch of up to so many lines is answered at once; a larger one by a thread.
LINES_DIRECT_MAX = 50


class Pool:
    """Threads, and the queue for them, which tells how long work has waited."""

    def __init__(self, threads: int, name: str, queue: Queue) -> None:
        self._queue = queue
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Have work done by a thread."""
        queue = self._queue
        joined_at = queue.joined()
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._executor, self._taken_up, joined_at, work, arguments)
        finally:
            queue.left()

    def _taken_up(self, joined_at: int, work: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        self._queue.taken_up(joined_at)
        return work(*arguments)

    def close(self) -> None:
        """Let what has begun end, and begin no more."""
        self._executor.shutdown(cancel_futures=True)


class Roads:
    """The threads of a process."""

    def __init__(self, admission: Admission, *, is_server: bool, waits: bool) -> None:
        """`is_server`: the database may let a reader wait; `waits`: prices are asked of the ERP."""
        queue = admission.queue(THREADS, carries_prices=is_server and not waits)
        self._threads = Pool(THREADS, "listino-read", queue)
        self._waiting: Pool | None = None
        if waits:  # Whoever waits for the ERP keeps no other reader waiting.
            queue = admission.queue(WAITING_THREADS, carries_prices=True)
            self._waiting = Pool(WAITING_THREADS, "listino-live", queue)
        # Who does the work of a moment: on a file the event loop itself.
        self.moment = self._waiting or (self._threads if is_server else None)

    async def in_thread(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Work that takes its time."""
        return await self._threads.run(work, *arguments)

    async def in_a_moment(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Work that costs less than a thread, unless the database may let it wait."""
        if self.moment is None:
            return work(*arguments)
        return await self.moment.run(work, *arguments)

    async def of_lines(self, lines: int, work: Callable[..., Any], *arguments: Any) -> Any:
        """Work on so many lines: few are done at once, many by a thread."""
        if self._waiting is None and lines > LINES_DIRECT_MAX:
            return await self.in_thread(work, *arguments)
        return await self.in_a_moment(work, *arguments)

    def close(self) -> None:
        """Let what has begun end, and begin no more."""
        self._threads.close()
        if self._waiting is not None:
            self._waiting.close()
