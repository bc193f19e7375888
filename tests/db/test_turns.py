"""Processes write in turn: what one has read, no other changes before it has written."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from listino.core.facts import Brand
from listino.db.book import Change, commit
from listino.db.change_log import change_log
from listino.db.engine import Database
from listino.db.postgres import ServerOutlet
from tests.books import NOW, Books

PROCESSES, TIMES = 4, 25


@pytest.fixture
def databases(tmp_path: Path) -> Iterator[list[Database]]:
    """The same database, opened as often as processes open it."""
    with Books(tmp_path).opened() as first, ExitStack() as others:
        yield [first, *(others.enter_context(closing(Database(first.url))) for _ in range(PROCESSES - 1))]


def used(database: Database) -> int:
    row = database.read().connection.execute("SELECT used FROM usage WHERE subject = 'cap'").fetchone()
    return int(row[0]) if row is not None else 0


def count(tx: Any) -> None:
    """One more, worked out from what is read first."""
    row = tx.execute("SELECT used FROM usage WHERE subject = 'cap'").fetchone()
    after = str(1 + (int(row[0]) if row is not None else 0))
    tx.execute(
        "INSERT INTO usage (subject, used) VALUES ('cap', ?) ON CONFLICT (subject) DO UPDATE SET used = excluded.used",
        (after,),
    )


def counted_by_all(databases: list[Database]) -> None:
    def work(database: Database) -> None:
        for _ in range(TIMES):
            database.write(count)

    threads = [threading.Thread(target=work, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_nobody_writes_over_what_another_has_counted(databases: list[Database]) -> None:
    counted_by_all(databases)
    assert [used(database) for database in databases] == [PROCESSES * TIMES] * PROCESSES


@pytest.mark.only_on("postgresql")
def test_without_a_turn_some_of_it_is_lost(databases: list[Database], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ServerOutlet, "begin", lambda _, connection: connection.execute("BEGIN"))
    counted_by_all(databases)
    assert used(databases[0]) < PROCESSES * TIMES


def test_revisions_are_numbered_in_the_order_of_their_commits(databases: list[Database]) -> None:
    seen: list[int] = []

    def work(database: Database, name: str) -> None:
        for number in range(TIMES):
            code = f"{name}-{number}"
            change = Change("brands", code, Brand(code=code))
            made = database.write(lambda tx, change=change: commit(tx, [change], "test", None, NOW))  # type: ignore[misc]
            # What was committed is there for everybody at once, and all before it too.
            if database.read().revision >= made.revision:
                seen.append(made.revision)

    threads = [threading.Thread(target=work, args=(database, str(n))) for n, database in enumerate(databases)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = list(range(1, PROCESSES * TIMES + 1))
    assert sorted(seen) == whole
    headers = change_log(databases[0].read(), 0, PROCESSES * TIMES)
    assert [header.revision for header in headers] == whole
    assert sorted(header.at for header in headers) == [header.at for header in headers]
