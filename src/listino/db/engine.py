"""Open the database, read it and write it: the one place that knows SQLite's ways."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
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
WAL_TRUNCATE_PAUSE_S = 1.0
READ_CACHE_KIB = 8_000
MMAP_BYTES = 1 << 32

Connection = Any
Write = Callable[[Connection], Any]
# Carries out items of one kind together: an outcome, or an error, for each.
WriteAll = Callable[[Connection, list[Any]], list[Any]]


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
        self._log = Path(f"{self.path}-wal")
        self._cut_at_s = 0.0

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
        return self._queued(_Job(write))

    def submit_with_others(self, write_all: WriteAll, item: Any) -> "Future[Any]":
        """Queue a write that is carried out together with others of its kind that wait.

        `write_all` takes the items of all of them and returns an outcome, or an error, for each. It
        refuses an item before it has written anything of it.
        """
        return self._queued(_Job(None, write_all, item))

    def _queued(self, job: "_Job") -> "Future[Any]":
        with self._start:
            if self._closed:
                raise Unavailable("The database is being closed.")
            if self._writer is None:
                self._start_writer()
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
        with self._start:
            self._closed = True
            if self._writer is not None:
                self._queue.put(None)
        for thread in (self._writer, self._tidier):
            if thread is not None:
                self._wal_grew.set()
                thread.join()
        for reading in self._readings:
            reading.connection.close()
        self._turnstile.close()
        self._in_use.close()

    def _start_writer(self) -> None:
        self._writer = threading.Thread(target=self._write_all, name="listino-writer", daemon=True)
        self._tidier = threading.Thread(target=self._checkpoint_all, name="listino-checkpoint", daemon=True)
        self._tidier.start()
        self._writer.start()

    def _write_all(self) -> None:
        """Commit what waits, group by group, until closed. Whatever fails, the next group has its turn."""
        connection: Connection | None = None
        while (first := self._queue.get()) is not None:
            group, ending = self._group(first)
            try:
                with self._turnstile.turn():
                    connection = connection or connected(self.path, writing=True)
                    _committed(connection, group)
            except BaseException as error:
                _failed(group, error)
                if connection is not None:
                    with suppress(sqlite.Error):
                        connection.close()
                connection = None
            else:
                for job in group:
                    job.tell()
                self._keep_log_short(connection)
            if ending:
                break
        if connection is not None:
            connection.close()

    def _keep_log_short(self, connection: Connection) -> None:
        """Have the log moved into the file as it grows; cut it when it is long and nobody reads in it."""
        with suppress(OSError, sqlite.Error):
            size = self._log.stat().st_size
            if size > WAL_CHECKPOINT_BYTES:
                self._wal_grew.set()
            if size > WAL_TRUNCATE_BYTES and monotonic() - self._cut_at_s > WAL_TRUNCATE_PAUSE_S:
                self._cut_at_s = monotonic()
                with self._turnstile.turn():
                    # A long reader is not waited for: all writers would wait with us.
                    connection.execute("PRAGMA busy_timeout=0")
                    try:
                        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                    finally:
                        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")

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
    """A write that waits for its turn: by itself, or an item for all of its kind together."""

    __slots__ = ("error", "future", "item", "result", "write", "write_all")

    def __init__(self, write: Write | None, write_all: WriteAll | None = None, item: Any = None) -> None:
        self.write = write
        self.write_all = write_all
        self.item = item
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
    for write_all, jobs in groupby(group, key=lambda job: job.write_all):
        try:
            _carried_out(connection, write_all, list(jobs))
        except sqlite.OperationalError:
            raise
        except BaseException as error:
            connection.execute("ROLLBACK")
            group[0].error = error if len(group) == 1 else None
            return len(group) == 1
    connection.execute("COMMIT")
    return True


def _carried_out(connection: Connection, write_all: WriteAll | None, jobs: list[_Job]) -> None:
    """Carry out neighbours of one kind: items of one kind together, other writes one after the other."""
    if write_all is None:
        for job in jobs:
            job.result = job.write(connection) if job.write is not None else None
        return
    for job, outcome in zip(jobs, write_all(connection, [job.item for job in jobs]), strict=True):
        job.error = outcome if isinstance(outcome, Exception) else None
        job.result = outcome


def _each_apart(connection: Connection, group: list[_Job]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for job in group:
        connection.execute("SAVEPOINT job")
        job.error = None
        try:
            _carried_out(connection, job.write_all, [job])
        except sqlite.OperationalError:
            raise
        except BaseException as error:
            job.error = error
            connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")
    connection.execute("COMMIT")


def _failed(group: list[_Job], error: BaseException) -> None:
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
