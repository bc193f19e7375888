"""What every engine offers: connections of one small surface, and the ways of whoever writes on one."""

from contextlib import AbstractContextManager
from typing import Any, Protocol

from listino.core.errors import Unavailable

RETRY_IN_S = 5


class Lost(Unavailable):
    """The database cannot be reached, or cannot work; what was under way there is not known to have happened."""

    def __init__(self, detail: str, code: str = "database_lost") -> None:
        super().__init__(detail, RETRY_IN_S, code)


# SQLite's own, or one to PostgreSQL that takes the same calls: execute, executemany, close, in_transaction.
Connection = Any


class Outlet(Protocol):
    """How a process's one writing thread gets its turn, and what it does after a commit."""

    # What says that the engine failed, and not the write that was tried.
    failures: tuple[type[Exception], ...]

    def connected(self) -> Connection:
        """A connection that may write."""

    def turn(self) -> AbstractContextManager[None]:
        """The turn of this process among all; as long as it takes."""

    def begin(self, connection: Connection) -> None:
        """Begin a transaction that sees all that was committed before, and commits before all that come after."""

    def committed(self, connection: Connection) -> None:
        """Look after what a commit leaves to be done."""

    def close(self) -> None:
        """Let go of everything."""
