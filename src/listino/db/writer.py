"""The one thread of a process that writes: what waits together is committed together."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

import pysqlite3.dbapi2 as sqlite

from listino.core.errors import Unavailable
from listino.db.connection import BUSY_TIMEOUT_MS, Connection, connected
from listino.db.locks import Turnstile

GROUP_MAX = 128
WAL_CHECKPOINT_BYTES = 8 << 20
WAL_TRUNCATE_BYTES = 40 << 20
WAL_TRUNCATE_PAUSE_S = 1.0

Write = Callable[[Connection], Any]
# Carries out items of one kind together: an outcome, or an error, for each.
WriteAll = Callable[[Connection, list[Any]], list[Any]]


class Writer:
    """Takes writes in turn with all other processes, a group a commit; and keeps the log short."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._log = Path(f"{path}-wal")
        self._turnstile = Turnstile(path)
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._gate = threading.Lock()
        self._log_grew = threading.Event()
        self._cut_at_s = 0.0
        self._closed = False

    def queued(self, job: "Job") -> "Future[Any]":
        """Queue a write; its future ends after the commit that holds it, or with its error.

        Errors:  Unavailable once closed.
        """
        with self._gate:
            if self._closed:
                raise Unavailable("The database is being closed.")
            if not self._threads:
                self._start()
            self._queue.put(job)
        return job.future

    def close(self) -> None:
        """Finish what is queued and end."""
        with self._gate:
            self._closed = True
            self._queue.put(None)
        self._log_grew.set()
        for thread in self._threads:
            thread.join()
        self._turnstile.close()

    def _start(self) -> None:
        for name, work in (("writer", self._write_all), ("checkpoint", self._checkpoint_all)):
            thread = threading.Thread(target=work, name=f"listino-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _write_all(self) -> None:
        """Commit what waits, group by group, until closed. Whatever fails, the next group has its turn."""
        connection: Connection | None = None
        while (first := self._queue.get()) is not None:
            group, ending = self._group(first)
            try:
                with self._turnstile.turn():
                    connection = connection or connected(self._path, writing=True)
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
                self._log_grew.set()
            if size > WAL_TRUNCATE_BYTES and monotonic() - self._cut_at_s > WAL_TRUNCATE_PAUSE_S:
                self._cut_at_s = monotonic()
                with self._turnstile.turn():
                    # A long reader is not waited for: all writers would wait with us.
                    connection.execute("PRAGMA busy_timeout=0")
                    try:
                        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                    finally:
                        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")

    def _group(self, first: "Job") -> "tuple[list[Job], bool]":
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
        connection = connected(self._path, writing=True)
        while not self._closed:
            self._log_grew.wait()
            self._log_grew.clear()
            try:
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            except sqlite.Error:
                continue  # The writer reports what is wrong with the disk; this only tidies.
        connection.close()


class Job:
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


def _committed(connection: Connection, group: list[Job]) -> None:
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


def _all_together(connection: Connection, group: list[Job]) -> bool:
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


def _carried_out(connection: Connection, write_all: WriteAll | None, jobs: list[Job]) -> None:
    """Carry out neighbours of one kind: items of one kind together, other writes one after the other."""
    if write_all is None:
        for job in jobs:
            job.result = job.write(connection) if job.write is not None else None
        return
    for job, outcome in zip(jobs, write_all(connection, [job.item for job in jobs]), strict=True):
        job.error = outcome if isinstance(outcome, Exception) else None
        job.result = outcome


def _each_apart(connection: Connection, group: list[Job]) -> None:
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


def _failed(group: list[Job], error: BaseException) -> None:
    full = "full" in str(error) or "I/O" in str(error)
    text = "The disk is full or failing; nothing was written." if full else f"The database failed: {error}."
    for job in group:
        job.future.set_exception(Unavailable(text, code="disk_full" if full else "database_failed"))
