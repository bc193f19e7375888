"""A fair lock between processes: whoever waits gets its turn before the one that just had it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turnstile:
    """Two file locks in a row: wait at the gate, take the lock, leave the gate to the next.

    flock alone lets the process that released it take it again at once; behind a gate the next
    waiter already stands at the lock.
    """

    def __init__(self, database: Path) -> None:
        self._gate = os.open(f"{database}-gate", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._lock = os.open(f"{database}-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the lock; waits without limit, so only a writer's own thread may call it."""
        fcntl.flock(self._gate, fcntl.LOCK_EX)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of both files."""
        os.close(self._gate)
        os.close(self._lock)


class InUse:
    """A mark that a process has a database open, so that nobody replaces the file beneath it."""

    def __init__(self, database: Path) -> None:
        self._file = os.open(f"{database}-in-use", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def share(self) -> None:
        """Say that the database is in use."""
        fcntl.flock(self._file, fcntl.LOCK_SH)

    def alone(self) -> bool:
        """Take the database for oneself; False while any process uses it."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Take the mark away."""
        os.close(self._file)
