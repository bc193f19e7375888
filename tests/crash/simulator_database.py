"""The product's own database for the simulator: in memory, every transaction one effect, copied and put back."""

from concurrent.futures import Future
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pysqlite3.dbapi2 as sqlite

from listino.db import tasks
from listino.db.cache import Cache
from listino.db.engine import Connection, Database, Reading
from listino.db.migrate import migrated
from listino.db.writer import Write, WriteAll
from listino.flows.facts import Stated, save
from tests.crash.simulator_time import START, Time
from tests.shop import COMPANY

_CACHE: list[Cache] = []


@cache
def company() -> Connection:
    """A database with a small company in it, made once."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'listino.db'}"
        migrated(url, zone="Europe/Rome", country="IT")
        database = Database(url)
        save(database, [Stated(kind, code, dict(said)) for kind, code, said in COMPANY], "test", None, START)
        database.close()
        connection = sqlite.connect(str(Path(folder) / "listino.db"), isolation_level=None)
        connection.execute("PRAGMA journal_mode=DELETE")
        memory = _copied(connection)
        connection.close()
    return memory


def _copied(source: Connection) -> Connection:
    target = sqlite.connect(":memory:", isolation_level=None, check_same_thread=False, cached_statements=512)
    source.backup(target)
    return target


class SimulatedDatabase(Database):
    """A database whose reads and writes hand the turn on. What is killed before its commit has written nothing."""

    def __init__(self, time: Time, *, task_apart: bool = False) -> None:
        """Open it; `task_apart` is a planted bug: what is due is written in a transaction of its own."""
        self.url, self.path = "sqlite:///:memory:", Path(":memory:")
        self.connection = _copied(company())
        self.commits = 0
        self._time = time
        self._task_apart = task_apart
        self.is_server = False
        self.read = self._read_in_turn
        self._begin()

    def _begin(self) -> None:
        self._reading_now = Reading(self.connection)
        # What the company's facts are is the same in every run, so that one may remember them for all.
        self.cache = _CACHE[0] if _CACHE else Cache()
        if not _CACHE:
            _CACHE.append(self.cache)
        self._reading_now.look(self.cache)
        self._seen = self.commits

    def _read_in_turn(self) -> Reading:
        """The book as of now; within a transaction, as it was before."""
        if self.connection.in_transaction:
            return self._reading_now
        self._time.pause()
        if self._seen != self.commits:
            self._reading_now.look(self.cache)
            self._seen = self.commits
        return self._reading_now

    def write(self, write: Write, deadline_s: float = 0) -> Any:
        """One transaction, before and after which others may act."""
        self._time.pause()
        result = self._committed(write)
        self._time.pause()
        return result

    def submit(self, write: Write) -> "Future[Any]":
        """The same; it has ended when this returns."""
        future: Future[Any] = Future()
        future.set_result(self.write(write))
        return future

    def submit_with_others(self, write_all: WriteAll, item: Any) -> "Future[Any]":
        """The same, for what is carried out for many together."""
        if self._task_apart:
            with patch.object(tasks, "enqueue") as enqueue:
                outcome = self._committed(lambda tx: write_all(tx, [item]))[0]
            for call in enqueue.call_args_list:
                self.write(partial(tasks.enqueue, due=call.args[1]))
        else:
            outcome = self.write(lambda tx: write_all(tx, [item]))[0]
        future: Future[Any] = Future()
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
        return future

    def _committed(self, write: Write) -> Any:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            result = write(self.connection)
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        self.commits += 1
        return result

    def backup(self) -> Connection:
        """A copy of it as it stands."""
        return _copied(self.connection)

    def put_back(self, copy: Connection, change: Write) -> None:
        """Put a copy in its place, changed as a restore changes it."""
        self.connection.close()
        self.connection = _copied(copy)
        change(self.connection)
        self.commits += 1
        self._begin()

    def close(self) -> None:
        """Forget it."""
        self.connection.close()
