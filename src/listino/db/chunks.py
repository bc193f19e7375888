"""Long work on the book in short writes: each chunk is as large as it may be to leave the turn to others soon."""

from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

from listino.db.engine import WRITE_DEADLINE_S, Connection, Database
from listino.db.writer import awaited

CHUNK_TARGET_S = 0.025
CHUNK_ROWS_FIRST = 200
CHUNK_ROWS_MIN = 20
CHUNK_ROWS_MAX = 10_000

Outcome = TypeVar("Outcome")


class Chunks:
    """How many rows the next write of one kind of work should take, by how long the last one took."""

    def __init__(self, database: Database) -> None:
        self.size = CHUNK_ROWS_FIRST
        self._database = database

    def write(self, work: Callable[[Connection], Outcome]) -> Outcome:
        """Carry out one chunk of `size` rows and wait for it."""
        return self.begin(work)()

    def begin(self, work: Callable[[Connection], Outcome]) -> Callable[[], Outcome]:
        """Begin one chunk of `size` rows; what is returned waits for it, and learns from the time that it took."""
        took_s = 0.0

        def timed(tx: Connection) -> Outcome:
            nonlocal took_s
            started = perf_counter()
            outcome = work(tx)
            took_s = perf_counter() - started
            return outcome

        future = self._database.submit(timed)

        def end() -> Outcome:
            outcome: Outcome = awaited(future, WRITE_DEADLINE_S)
            fitting = int(self.size * min(2.0, CHUNK_TARGET_S / max(took_s, 1e-4)))
            self.size = min(max(fitting, CHUNK_ROWS_MIN), CHUNK_ROWS_MAX)
            return outcome

        return end
