"""Open the database, read it and write it: the one place that knows SQLite's ways."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import unquote, urlsplit

import pysqlite3.dbapi2 as sqlite

from listino.core.errors import Unavailable, malformed
from listino.db.cache import Cache
from listino.db.locks import InUse, Turnstile

# SQLite before this has a fault in its write-ahead log that can corrupt with several connections.
SQLITE_VERSION_MIN = (3, 51, 3)
WRITE_DEADLINE_S = 30.0
GROUP_MAX = 128
BUSY_TIMEOUT_MS = 10_000
WAL_CHECKPOINT_BYTES = 8 << 20
WAL_TRUNCATE_BYTES = 40 << 20
READ_CACHE_KIB = 8_000
MMAP_BYTES = 1 << 32

Connection = Any
Write = Callable[[Connection], Any]


def path_of(url: str) -> Path:
    """The file that a `sqlite:///PATH` URL names (four slashes for a path from the root).

    Errors:  Malformed for any other URL.
    """
    parts = urlsplit(url)
    if parts.scheme != "sqlite" or parts.netloc or not parts.path[1:]:
        raise malformed("database", "not_a_database_url", f"{url!r} is not a database.", "Use sqlite:///PATH.")
    return Path(unquote(parts.path[1:])).expanduser().absolute()


class Reading:
    """A thread's connection for reading, and which revision the file was last seen to hold."""

    __slots__ = ("access", "connection", "epoch", "history_from", "revision", "shapes", "staged", "version")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.version = -1
        self.revision = -1
        self.access = -1
        self.epoch = ""
        self.history_from = 0
        self.staged: dict[int, int] = {}
        self.shapes: tuple[str, ...] = ()


class Database:
    """One SQLite file in write-ahead mode: a reading connection per thread, one writing thread."""

    def __init__(self, url: str) -> None:
        _check_version()
        self.url = url
        self.path = path_of(url)
        self.cache = Cache()
        self._threads = threading.local()
        self._readings: list[Reading] = []
        self._in_use = InUse(self.path)
        self._in_use.share()
        self._turnstile = Turnstile(self.path)
        self._queue: SimpleQueue[_Job | None] = SimpleQueue()
        self._writer: threading.Thread | None = None
        self._tidier: threading.Thread | None = None
        self._start = threading.Lock()
        self._wal_grew = threading.Event()
        self._closed = False

    def read(self) -> Reading:
        """This thread's reading connection, its revision as of now."""
        reading: Reading | None = getattr(self._threads, "reading", None)
        if reading is None:
            reading = self._threads.reading = Reading(connected(self.path, writing=False))
            self._readings.append(reading)
        version = reading.connection.execute("PRAGMA data_version").fetchone()[0]
        if version != reading.version:
            self._look_again(reading)
            reading.version = version
        return reading

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
        if self._closed:
            raise Unavailable("The database is being closed.")
        if self._writer is None:
            self._start_writer()
        job = _Job(write)
        self._queue.put(job)
        return job.future

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
        self._closed = True
        if self._writer is not None:
            self._queue.put(None)
            self._wal_grew.set()
            self._writer.join()
        if self._tidier is not None:
            self._tidier.join()
        for reading in self._readings:
            reading.connection.close()
        self._turnstile.close()
        self._in_use.close()

    def _start_writer(self) -> None:
        with self._start:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_all, name="listino-writer", daemon=True)
                self._tidier = threading.Thread(target=self._checkpoint_all, name="listino-checkpoint", daemon=True)
                self._tidier.start()
                self._writer.start()

    def _write_all(self) -> None:
        connection = connected(self.path, writing=True)
        wal = Path(f"{self.path}-wal")
        while (first := self._queue.get()) is not None:
            group, ending = self._group(first)
            try:
                with self._turnstile.turn():
                    _committed(connection, group)
                    size = wal.stat().st_size if wal.exists() else 0
                    if size > WAL_TRUNCATE_BYTES:
                        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except sqlite.Error as error:
                connection = self._reopened(connection)
                _failed(group, error)
            else:
                for job in group:
                    job.tell()
                if size > WAL_CHECKPOINT_BYTES:
                    self._wal_grew.set()
            if ending:
                break
        connection.close()

    def _group(self, first: "_Job") -> "tuple[list[_Job], bool]":
        """The writes that wait now: they share one commit. True at the end when closing."""
        group = [first] if first.future.set_running_or_notify_cancel() else []
        while len(group) < GROUP_MAX:
            try:
                job = self._queue.get_nowait()
            except Empty:
                return group, False
            if job is None:
                return group, True
            if job.future.set_running_or_notify_cancel():
                group.append(job)
        return group, False

    def _reopened(self, connection: Connection) -> Connection:
        connection.close()
        return connected(self.path, writing=True)

    def _checkpoint_all(self) -> None:
        """Move the write-ahead log into the file while others read and write."""
        connection = connected(self.path, writing=True)
        while not self._closed:
            self._wal_grew.wait()
            self._wal_grew.clear()
            try:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            except sqlite.Error:
                continue  # The writer reports what is wrong with the disk; this only tidies.
        connection.close()


class _Job:
    """A write that waits for its turn."""

    __slots__ = ("error", "future", "result", "write")

    def __init__(self, write: Write) -> None:
        self.write = write
        self.future: Future[Any] = Future()
        self.result: Any = None
        self.error: BaseException | None = None

    def tell(self) -> None:
        """Hand the outcome over, once it is on disk."""
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


def _committed(connection: Connection, group: list[_Job]) -> None:
    """Carry out a group of writes and commit them together; a write that fails leaves nothing.

    At first without savepoints, which copy every page that a write touches; they are set only when
    one of the writes has failed and the others are carried out again.
    """
    try:
        if not _all_together(connection, group):
            _each_apart(connection, group)
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _all_together(connection: Connection, group: list[_Job]) -> bool:
    """Commit a group in which no write fails; False when one did and nothing is written."""
    connection.execute("BEGIN IMMEDIATE")
    for job in group:
        try:
            job.result = job.write(connection)
        except sqlite.OperationalError:
            raise
        except BaseException as error:
            connection.execute("ROLLBACK")
            job.error = error if len(group) == 1 else None
            return len(group) == 1
    connection.execute("COMMIT")
    return True


def _each_apart(connection: Connection, group: list[_Job]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for job in group:
        connection.execute("SAVEPOINT job")
        try:
            job.result = job.write(connection)
        except sqlite.OperationalError:
            raise
        except BaseException as error:
            job.error = error
            connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")
    connection.execute("COMMIT")


def _failed(group: list[_Job], error: Exception) -> None:
    full = "full" in str(error) or "I/O" in str(error)
    text = "The disk is full or failing; nothing was written." if full else f"The database failed: {error}."
    for job in group:
        job.future.set_exception(Unavailable(text, code="disk_full" if full else "database_failed"))


def connected(path: Path, *, writing: bool) -> Connection:
    """A connection with our settings: write-ahead log, full sync, deleted content overwritten."""
    connection = sqlite.connect(str(path), isolation_level=None, check_same_thread=False, cached_statements=512)
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute(f"PRAGMA cache_size=-{READ_CACHE_KIB * (4 if writing else 1)}")
    connection.execute(f"PRAGMA mmap_size={MMAP_BYTES}")
    connection.execute("PRAGMA temp_store=MEMORY")
    if writing:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA wal_autocheckpoint=0")
    else:
        connection.execute("PRAGMA query_only=ON")
    return connection


def _check_version() -> None:
    if sqlite.sqlite_version_info < SQLITE_VERSION_MIN:
        wanted = ".".join(map(str, SQLITE_VERSION_MIN))
        raise Unavailable(
            f"SQLite {sqlite.sqlite_version} can corrupt its file; {wanted} or later is needed: "
            "install the locked pysqlite3 wheel (make install).",
            code="sqlite_too_old",
        )


def _staged(connection: Connection) -> dict[int, int]:
    """The revisions of the change sets that were published from staged rows, by change set."""
    return dict(connection.execute("SELECT id, revision FROM change_set WHERE state = 'published' AND staged = 1"))


def _shapes(connection: Connection) -> tuple[str, ...]:
    return tuple(shape for (shape,) in connection.execute("SELECT shape FROM key_shape WHERE rules > 0 ORDER BY shape"))
