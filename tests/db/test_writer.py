"""One thread writes for all: what fails leaves nothing, hurts no neighbour, and ends nothing."""

import threading
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

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


def test_who_would_not_wait_for_the_turn_any_longer_has_written_nothing(database: Database) -> None:
    with closing(Database(database.url)) as other:
        free = held_by(other)
        with pytest.raises(Unavailable) as told:
            database.write(partial(note, subject="late"), 0.05)
        free.set()
    assert told.value.code == "busy"
    assert database.write(partial(note, subject="next")) == "next"
    assert used(database) == {"next": "1"}


def test_what_began_and_does_not_end_is_not_waited_for_without_bound(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("listino.db.writer.UNDER_WAY_MAX_S", 0.05)
    began, free = threading.Event(), threading.Event()

    def hold(tx: Any) -> None:
        began.set()
        free.wait(10)

    with pytest.raises(Unavailable, match="look whether it was written") as told:
        database.write(hold, 0.5)
    assert (began.is_set(), told.value.code) == (True, "outcome_unknown")
    free.set()
    assert database.write(partial(note, subject="next")) == "next"


@pytest.mark.only_on("postgresql")
def test_a_turn_that_does_not_come_fails_the_group_and_writes_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("listino.db.postgres.LOCK_WAIT_MAX_MS", 100)
    free = held_by(database)
    with closing(Database(database.url)) as waiting:
        with pytest.raises(Unavailable, match="kept the database for too long; nothing was written") as told:
            waiting.write(partial(note, subject="late"))
        free.set()
        assert told.value.code == "busy"
        assert waiting.write(partial(note, subject="next")) == "next"
    assert used(database) == {"next": "1"}


@pytest.mark.only_on("postgresql")
def test_who_falls_silent_in_its_turn_loses_it_and_has_written_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("listino.db.postgres.TURN_SILENCE_MAX_MS", 100)
    begun, told = threading.Event(), threading.Event()

    def freeze(tx: Any) -> None:
        note(tx, "half")
        begun.set()
        told.wait(10)
        note(tx, "other half")

    with closing(Database(database.url)) as freezing:
        frozen = freezing.submit(freeze)
        assert begun.wait(10)
        assert database.write(partial(note, subject="next")) == "next"
        told.set()
        with pytest.raises(Unavailable) as lost:
            frozen.result(10)
        assert lost.value.code == "database_lost"
        assert used(database) == {"next": "1"}
        assert freezing.write(partial(note, subject="after")) == "after"


@pytest.mark.only_on("postgresql")
def test_the_level_of_a_write_is_ours_whatever_the_servers_default_is(database: Database) -> None:
    def levels(tx: Any) -> list[str]:
        names = ("transaction_isolation", "transaction_read_only", "default_transaction_isolation")
        return [tx.execute(f"SHOW {name}").fetchone()[0] for name in names]

    joined = "&" if "?" in database.url else "?"
    said = "-c default_transaction_isolation=serializable -c default_transaction_read_only=on"
    with closing(Database(f"{database.url}{joined}options={quote(said)}")) as other:
        assert other.write(levels) == ["read committed", "off", "serializable"]


def held_by(other: Database) -> threading.Event:
    """Have another process take the turn and keep it until told."""
    held, free = threading.Event(), threading.Event()

    def hold(tx: Any) -> None:
        held.set()
        free.wait(10)

    other.submit(hold)
    assert held.wait(10)
    return free
