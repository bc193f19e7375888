"""One thread writes for all: what fails leaves nothing, hurts no neighbour, and ends nothing."""

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pysqlite3.dbapi2 as sqlite
import pytest

from listino.core.errors import Conflict, Unavailable
from listino.db.connection import Lost
from listino.db.engine import Database, connected
from tests import engines
from tests.shop import opened


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path, company=False) as house:
        yield house.database


def used(database: Database) -> dict[str, str]:
    return dict(database.read().connection.execute("SELECT subject, used FROM usage"))


def note(tx: Any, subject: str) -> str:
    tx.execute("INSERT INTO usage (subject, used) VALUES (?, '1')", (subject,))
    return subject


def refuse(tx: Any) -> None:
    note(tx, "half")
    raise Conflict("no", "Not this one.")


def test_a_write_that_fails_leaves_nothing_and_its_neighbours_are_written(database: Database) -> None:
    held, free = threading.Event(), threading.Event()

    def hold(tx: Any) -> None:
        held.set()
        free.wait(10)

    first = database.submit(hold)
    held.wait(10)
    group = [database.submit(partial(note, subject=subject)) for subject in ("a", "b")]
    group.insert(1, database.submit(refuse))
    free.set()
    first.result(10)
    with pytest.raises(Conflict):
        group[1].result(10)
    assert [group[0].result(10), group[2].result(10)] == ["a", "b"]
    assert used(database) == {"a": "1", "b": "1"}


def test_a_failing_disk_fails_its_group_and_the_next_one_is_written(database: Database) -> None:
    fault: Exception = sqlite.OperationalError("disk I/O error")
    if engines.is_server():
        fault = Lost("The database's disk is full; nothing was written.", "disk_full")

    def fail(tx: Any) -> None:
        note(tx, "half")
        raise fault

    with pytest.raises(Unavailable, match="nothing was written") as told:
        database.write(fail)
    assert told.value.code == "disk_full"
    assert database.write(lambda tx: note(tx, "after")) == "after"
    assert used(database) == {"after": "1"}


@pytest.mark.only_on("sqlite")
def test_a_long_reader_keeps_no_writer_waiting(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listino.db.sqlite.WAL_TRUNCATE_BYTES", 0)
    monkeypatch.setattr("listino.db.sqlite.WAL_TRUNCATE_PAUSE_S", 0.0)
    reader = connected(database.path, writing=False)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM usage").fetchall()
    # Waiting for the reader would take the busy time-out of ten seconds for each.
    assert [database.write(partial(note, subject=str(n)), 5.0) for n in range(4)] == ["0", "1", "2", "3"]
    reader.execute("COMMIT")
    reader.close()
    assert len(used(database)) == 4
