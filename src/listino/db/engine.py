"""Open the database: a reading connection for each thread, one writer for all. Both engines' differences begin here."""

import mmap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from re import sub
from typing import TYPE_CHECKING, Any

from listino.core.errors import malformed
from listino.db.cache import Cache
from listino.db.connection import Connection as Connection
from listino.db.connection import Lost
from listino.db.locks import InUse
from listino.db.reading import Reading as Reading
from listino.db.sqlite import SQLITE_VERSION_MIN as SQLITE_VERSION_MIN
from listino.db.sqlite import FileOutlet, check_engine, file_of, log_header
from listino.db.sqlite import connected as connected
from listino.db.writer import Job, Write, WriteAll, Writer, awaited

if TYPE_CHECKING:
    from listino.db.watch import Watch

WRITE_DEADLINE_S = 30.0
# The header of the log's index changes with every commit (https://sqlite.org/walformat.html, 2.1).
LOG_HEADER_BYTES = 48


@dataclass(frozen=True, slots=True)
class Bounds:
    """For how long what a process remembers may be given out where the database is a server.

    Units:   max_staleness_s: while it answers; serve_stale_s: from when on it did not.
    """

    max_staleness_s: float = 1.0
    serve_stale_s: float = 300.0


def is_server(url: str) -> bool:
    """Whether a URL names a database of a PostgreSQL server, and not a file.

    Errors:  Malformed for a URL that names neither.
    """
    if file_of(url) is not None:
        return False
    if not url.startswith(("postgresql://", "postgres://")):
        remedy = "Use sqlite:///PATH or postgresql://USER@HOST/NAME."
        raise malformed("database", "not_a_database_url", f"{shown(url)!r} is not a database.", remedy)
    try:
        import psycopg  # noqa: F401  # whether it is there
    except ImportError:
        text = "The driver of PostgreSQL is not installed."
        raise malformed("database", "no_driver", text, "Install it: pip install 'listino[postgresql]'.") from None
    return True


def shown(url: str) -> str:
    """A database's URL as it may be shown: without a password, also where a sign of it should be escaped and is not."""
    without = sub(r"(?<=://)([^:@/]*):.*@", r"\1:***@", url)
    return sub(r"(?i)(?<=[?&]password=)[^&]*", "***", without)


def path_of(url: str) -> Path:
    """The file of a database, beside which lies what belongs to it; for a server's, where its file would be.

    Errors:  Malformed for a URL that names no database.
    """
    if is_server(url):
        from listino.db.postgres import folder_file

        return folder_file(url)
    path = file_of(url)
    assert path is not None
    return path


def connected_to(url: str, *, writing: bool) -> Connection:
    """A connection to a database of either engine.

    Errors:  Malformed for a URL that names no database; Lost where a server does not answer.
    """
    if not is_server(url):
        return connected(path_of(url), writing=writing)
    from listino.db.postgres import ServerConnection

    return ServerConnection(url, writing=writing)


class Database:
    """A database: a reading connection per thread, one writing thread, and what the process remembers of it."""

    def __init__(self, url: str, *, watched: bool = False, bounds: Bounds | None = None) -> None:
        """Open it. A process that lives for one database alone may have it `watched` for changes.

        Unwatched, each read asks the database what is new; `bounds` concern a watched server.
        """
        self.url = url
        self.path = path_of(url)
        self.is_server = is_server(url)
        self.cache = Cache()
        self._threads = threading.local()
        self._readings: list[Reading] = []
        self._in_use: InUse | None = None
        self._watched = watched
        self._header: mmap.mmap | None = None
        self._watch: Watch | None = None
        self._last: Reading | None = None
        self._noting = threading.Lock()
        # Bound once: a price on a file pays for no second engine.
        self.read: Callable[[], Reading]
        self._writer: Writer
        if self.is_server:
            self._open_server(bounds or Bounds())
        else:
            self._open_file()

    def _open_file(self) -> None:
        check_engine()
        self._in_use = InUse(self.path)
        self._in_use.share()
        self.read = self._read_file
        self._writer = Writer(FileOutlet(self.path), _nothing)

    def _open_server(self, bounds: Bounds) -> None:
        from listino.db.postgres import ServerOutlet
        from listino.db.watch import Watch

        told = _nothing
        if self._watched:
            self._watch = Watch(self.url, bounds.max_staleness_s, bounds.serve_stale_s)
            told = self._watch.committed
        self.read = self._read_server if self._watch is None else self._read_watched
        self._writer = Writer(ServerOutlet(lambda: self._connection(writing=True)), told)

    def _connection(self, *, writing: bool) -> Connection:
        if not self.is_server:
            return connected(self.path, writing=writing)
        from listino.db.postgres import ServerConnection

        return ServerConnection(self.url, writing=writing, watch=self._watch)

    def _new_reading(self) -> Reading:
        reading = self._threads.reading = Reading(self._connection(writing=False))
        self._readings.append(reading)
        return reading

    def _read_file(self) -> Reading:
        """This thread's reading connection, its revision as of now."""
        reading: Reading | None = getattr(self._threads, "reading", None)
        if reading is None:
            reading = self._new_reading()
        header = self._header
        if header is None:
            version = reading.connection.execute("PRAGMA data_version").fetchone()[0]
        else:
            version = header[:LOG_HEADER_BYTES]
        if version != reading.version:
            reading.look(self.cache)
            reading.version = version
            if self._watched and header is None:
                self._header = log_header(self.path)
        return reading

    def _read_server(self) -> Reading:
        """This thread's reading connection, its revision as of now.

        Errors:  Lost where the server does not answer.
        """
        reading: Reading | None = getattr(self._threads, "reading", None)
        if reading is None:
            reading = self._new_reading()
        if not reading.is_current():
            reading.look(self.cache)
        return reading

    def _read_watched(self) -> Reading:
        """The same, its revision as of now or of the last moment that may count as now.

        Errors:  Lost where the server cannot be asked, and nothing is remembered or may be given any more.
        """
        watch, reading = self._watch, getattr(self._threads, "reading", None)
        assert watch is not None
        if reading is None:
            reading = self._new_reading()
        generation = watch.generation
        if reading.version is generation and watch.is_fresh and not self._is_behind(reading):
            return reading
        watch.begin()
        try:
            if watch.is_silent:
                raise Lost("The database cannot be reached.")
            self._read_server()
        except Lost:
            if self._last is None:
                raise
            reading.stale_since = watch.stale_since()
            reading.learn(self._last)
            reading.version = -1
            return reading
        reading.version, reading.stale_since = generation, None
        self._note(reading)
        return reading

    def _is_behind(self, reading: Reading) -> bool:
        """Whether another thread has seen more: what the server told it, it may not have told the process yet."""
        last = self._last
        return last is not None and (
            reading.revision < last.revision or reading.access < last.access or reading.epoch != last.epoch
        )

    def _note(self, reading: Reading) -> None:
        """Let no thread answer from before what this one has seen."""
        with self._noting:
            if not self._is_behind(reading) or (self._last is not None and reading.epoch != self._last.epoch):
                self._last = reading

    def read_since(self, revision: int | None) -> Reading:
        """The same, but of no earlier revision than this, where that is there.

        Errors:  Lost where it is not known to be there and the server cannot be asked.
        """
        reading = self.read()
        if revision is not None and reading.revision < revision and self.is_server:
            if reading.stale_since is not None:
                raise Lost("The database cannot be reached.")
            self._read_server()
            self._note(reading)
        return reading

    @contextmanager
    def read_apart(self) -> Iterator[Reading]:
        """A reading connection of its own, its revision as of now: for work that goes from thread to thread."""
        reading = Reading(self._connection(writing=False))
        try:
            reading.look(self.cache)
            yield reading
        finally:
            reading.connection.close()

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

        Errors:  Unavailable when its turn did not come in time: nothing is written then; or when it does not end.
        """
        return awaited(self.submit(write), deadline_s)

    def close(self) -> None:
        """Finish what is queued and close every connection."""
        self._writer.close()
        for reading in self._readings:
            reading.connection.close()
        if self._in_use is not None:
            self._in_use.close()
        if self._watch is not None:
            self._watch.close()


def _nothing() -> None:
    """Whoever reads a file sees its commits by itself."""
