"""The one thread of a process that writes: what waits together is committed together."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from itertools import groupby
from queue import Empty, SimpleQueue
from typing import Any

from listino.core.errors import Unavailable
from listino.db.connection import Connection, Outlet

GROUP_MAX = 128
# For so long a write that has begun is waited for, beyond the time that it had to begin.
UNDER_WAY_MAX_S = 60.0
UNKNOWN = "The database does not end what it began; look whether it was written before you repeat it."

Write = Callable[[Connection], Any]
# Carries out items of one kind together: an outcome, or an error, for each.
WriteAll = Callable[[Connection, list[Any]], list[Any]]


class Writer:
    """Takes writes in turn with all other processes, a group a commit."""

    def __init__(self, outlet: Outlet, told: Callable[[], None]) -> None:
        """`told` is called after each commit, before those who wait for it."""
        self._outlet = outlet
        self._told = told
        self._queue: SimpleQueue[Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._gate = threading.Lock()
        self._closed = False

    def queued(self, job: "Job") -> "Future[Any]":
        """Queue a write; its future ends after the commit that holds it, or with its error.

        Errors:  Unavailable once closed.
        """
        with self._gate:
            if self._closed:
                raise Unavailable("The database is being closed.")
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_all, name="listino-writer", daemon=True)
                self._thread.start()
            self._queue.put(job)
        return job.future

    def close(self) -> None:
        """Finish what is queued and end."""
        with self._gate:
            self._closed = True
            self._queue.put(None)
        if self._thread is not None:
            self._thread.join()
        self._outlet.close()

    def _write_all(self) -> None:
        """Commit what waits, group by group, until closed. Whatever fails, the next group has its turn."""
        connection: Connection | None = None
        while (first := self._queue.get()) is not None:
            group: list[Job] | None = None
            ending = False
            try:
                with self._outlet.turn():
                    connection = connection or self._outlet.connected()
                    self._outlet.begin(connection)
                    # Only now: whoever would not wait any longer for the turn can still go.
                    group, ending = self._group(first)
                    _committed(self._outlet, connection, group)
            except BaseException as error:
                if group is None:
                    group, ending = self._group(first)
                _failed(group, error)
                if connection is not None:
                    with suppress(*self._outlet.failures):
                        connection.close()
                connection = None
            else:
                self._told()
                for job in group:
                    job.tell()
                self._outlet.committed(connection)
            if ending:
                break
        if connection is not None:
            connection.close()

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


def awaited(future: "Future[Any]", deadline_s: float) -> Any:
    """The outcome of a write, once it is on disk.

    Errors:  those of the write; Unavailable when its turn did not come in time: nothing is written then; or when
             it began and does not end.
    """
    try:
        return future.result(deadline_s)
    except TimeoutError:
        if future.cancel():
            raise Unavailable("The database was busy for too long.", code="busy") from None
    try:
        return future.result(UNDER_WAY_MAX_S)
    except TimeoutError:
        raise Unavailable(UNKNOWN, code="outcome_unknown") from None


def _committed(outlet: Outlet, connection: Connection, group: list[Job]) -> None:
    """Carry out a group of writes and commit them together; a write that fails leaves nothing.

    At first without savepoints, which copy every page that a write touches; they are set only when
    one of the writes has failed and the others are carried out again.
    """
    try:
        if not _all_together(outlet, connection, group):
            _each_apart(outlet, connection, group)
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _all_together(outlet: Outlet, connection: Connection, group: list[Job]) -> bool:
    """Commit a group in the transaction under way; False when a write of it failed, and nothing is written."""
    for write_all, jobs in groupby(group, key=lambda job: job.write_all):
        try:
            _carried_out(connection, write_all, list(jobs))
        except outlet.failures:
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


def _each_apart(outlet: Outlet, connection: Connection, group: list[Job]) -> None:
    outlet.begin(connection)
    for job in group:
        connection.execute("SAVEPOINT job")
        job.error = None
        try:
            _carried_out(connection, job.write_all, [job])
        except outlet.failures:
            raise
        except BaseException as error:
            job.error = error
            connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")
    connection.execute("COMMIT")


def _failed(group: list[Job], error: BaseException) -> None:
    full = "full" in str(error) or "I/O" in str(error)
    text = "The disk is full or failing; nothing was written." if full else f"The database failed: {error}."
    told = text, 5, "disk_full" if full else "database_failed"
    if isinstance(error, Unavailable):
        told = error.detail, error.retry_in_s, error.code
    for job in group:
        job.future.set_exception(Unavailable(*told))
