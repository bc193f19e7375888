"""Open the database: a reading connection for each thread, one writer for all."""

import mmap
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from listino.core.errors import Unavailable
from listino.db.cache import Cache
from listino.db.connection import SQLITE_VERSION_MIN as SQLITE_VERSION_MIN
from listino.db.connection import Connection as Connection
from listino.db.connection import check_engine
from listino.db.connection import connected as connected
from listino.db.connection import path_of as path_of
from listino.db.locks import InUse
from listino.db.writer import Job, Write, WriteAll, Writer

WRITE_DEADLINE_S = 30.0
# The header of the log's index changes with every commit (https://sqlite.org/walformat.html, 2.1).
LOG_HEADER_BYTES = 48


class Reading:
    """A thread's connection for reading, and which revision the file was last seen to hold."""

    __slots__ = ("access", "connection", "epoch", "history_from", "revision", "shapes", "staged", "version")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.version: int | bytes = -1
        self.revision = -1
        self.access = -1
        self.epoch = ""
        self.history_from = 0
        self.staged: dict[int, int] = {}
        self.shapes: tuple[str, ...] = ()


class Database:
    """One SQLite file in write-ahead mode: a reading connection per thread, one writing thread."""

    def __init__(self, url: str, *, watched: bool = False) -> None:
        """Open it. A process that lives for one database alone may have its log `watched` for changes."""
        check_engine()
        self.url = url
        self.path = path_of(url)
        self.cache = Cache()
        self._threads = threading.local()
        self._readings: list[Reading] = []
        self._in_use = InUse(self.path)
        self._in_use.share()
        self._watched = watched
        self._header: mmap.mmap | None = None
        self._writer = Writer(self.path)

    def read(self) -> Reading:
        """This thread's reading connection, its revision as of now."""
        reading: Reading | None = getattr(self._threads, "reading", None)
        if reading is None:
            reading = self._threads.reading = Reading(connected(self.path, writing=False))
            self._readings.append(reading)
        header = self._header
        if header is None:
            version = reading.connection.execute("PRAGMA data_version").fetchone()[0]
        else:
            version = header[:LOG_HEADER_BYTES]
        if version != reading.version:
            self._look_again(reading)
            reading.version = version
            if self._watched and header is None:
                self._header = log_header(self.path)
        return reading

    @contextmanager
    def read_apart(self) -> Iterator[Reading]:
        """A reading connection of its own, its revision as of now: for work that goes from thread to thread."""
        reading = Reading(connected(self.path, writing=False))
        try:
            self._look_again(reading)
            yield reading
        finally:
            reading.connection.close()

    def _look_again(self, reading: Reading) -> None:
        """Take in what other connections committed since this one looked last."""
        connection = reading.connection
        connection.execute("BEGIN")
        try:
            row = connection.execute("SELECT revision, access, epoch, history_from FROM book").fetchone()
            revision, reading.access, reading.epoch, reading.history_from = row
            if revision != reading.revision:
                reading.staged = _staged(connection)
                reading.shapes = _shapes(connection)
                self.cache.advance(connection, revision, reading.epoch)
                reading.revision = revision
        finally:
            connection.execute("COMMIT")

    def submit(self, write: Write) -> "Future[Any]":
        """Queue a write; its future ends after the commit that holds it, or with its error.

        A write may be carried out twice: when another of its group failed, all begin anew.
        """
        return self._writer.queued(Job(write))

    def submit_with_others(self, write_all: WriteAll, item: Any) -> "Future[Any]":
        """Queue a write that is carried out together with others of its kind that wait.

        `write_all` takes the items of all of them and returns an outcome, or an error, for each. It
        refuses an item before it has written anything of it.
        """
        return self._writer.queued(Job(None, write_all, item))

    def write(self, write: Write, deadline_s: float = WRITE_DEADLINE_S) -> Any:
        """Carry out a write and wait until it is on disk.

        Errors:  Unavailable when its turn did not come in time; nothing is written then.
        """
        future = self.submit(write)
        try:
            return future.result(deadline_s)
        except TimeoutError:
            if future.cancel():
                raise Unavailable("The database was busy for too long.", code="busy") from None
            return future.result()

    def close(self) -> None:
        """Finish what is queued and close every connection."""
        self._writer.close()
        for reading in self._readings:
            reading.connection.close()
        self._in_use.close()


def log_header(path: Path) -> mmap.mmap:
    """The header of the log's index, as all processes share it: looking at it costs no system call.

    Its file is never closed again: closing any descriptor of it would take away the locks that SQLite
    holds on it in this process (POSIX advisory locks). Hence only for a process with one database.
    """
    descriptor = os.open(f"{path}-shm", os.O_RDONLY | os.O_CLOEXEC)
    return mmap.mmap(descriptor, mmap.PAGESIZE, access=mmap.ACCESS_READ)


def _staged(connection: Connection) -> dict[int, int]:
    """The revisions of the change sets that were published from staged rows, by change set."""
    return dict(connection.execute("SELECT id, revision FROM change_set WHERE state = 'published' AND staged = 1"))


def _shapes(connection: Connection) -> tuple[str, ...]:
    return tuple(shape for (shape,) in connection.execute("SELECT shape FROM key_shape WHERE rules > 0 ORDER BY shape"))
