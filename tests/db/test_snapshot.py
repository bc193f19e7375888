"""What named a record at a revision is told whole, also after it has ended."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from listino.core.facts import Customer
from listino.db.book import Change, commit
from listino.db.change_log import change_log
from listino.db.engine import Database
from listino.db.snapshot import Snapshot, snapshot, versions
from listino.flows.facts import Stated
from listino.flows.import_ import changed_by
from tests.books import NOW, Books, ended, put
from tests.core.lines import price

ROSSI = ("customers", 'ro"ssi')
RULES = [price(code, "1", customer=ROSSI[1]) for code in ("a", "b", "c")]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Books(tmp_path).opened(Customer(code=ROSSI[1]), Customer(code="bianchi"), *RULES) as opened:
        yield opened


def naming(book: Snapshot, after: str = "") -> list[str]:
    return [found.code for _, found in versions(book, "rules", after, ROSSI)]


def test_who_named_a_record_is_found_at_every_revision(database: Database) -> None:
    ended(database, RULES[0])
    put(database, price("b", "1", customer="bianchi"))
    put(database, price("d", "1", customer=ROSSI[1]))
    found = [naming(snapshot(database, revision)) for revision in range(5)]
    assert found == [[], ["a", "b", "c"], ["b", "c"], ["c"], ["c", "d"]]


def test_a_page_goes_on_behind_its_cursor_when_its_revision_is_the_newest_no_more(database: Database) -> None:
    cursor, first = next(versions(snapshot(database, 1), "rules", "", ROSSI))
    ended(database, *RULES)
    assert (first.code, naming(snapshot(database, 1), cursor)) == ("a", ["b", "c"])


def test_what_ends_while_a_page_is_read_is_still_on_it(database: Database) -> None:
    book = snapshot(database)
    ended(database, RULES[1])
    assert naming(book) == ["a", "b", "c"]


def test_all_facts_are_gone_through_a_few_at_a_time(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(database, *RULES)
    monkeypatch.setattr("listino.db.snapshot.ROWS_PER_LOOK", 1)
    assert naming(snapshot(database, 1)) == ["a", "b", "c"]


def test_an_instant_keeps_its_revision_whatever_a_later_commits_clock_says(database: Database) -> None:
    put(database, price("a", "2", customer=ROSSI[1]))
    at = [datetime.fromisoformat(header.at) for header in change_log(database.read(), 0, 10)]
    assert [snapshot(database, instant).revision for instant in at] == [1, 2]
    early = [Change("rules", "a", None)]
    database.write(lambda tx: commit(tx, early, "test", None, NOW - timedelta(hours=1)))
    assert [snapshot(database, instant).revision for instant in at] == [1, 2]
    changed_by(database, [Stated("brands", f"B{n}", {}) for n in range(600)], "test", None, NOW - timedelta(days=1))
    assert [snapshot(database, instant).revision for instant in at] == [1, 2]
    now = [header.at for header in change_log(database.read(), 0, 10)]
    assert now == [f"2026-01-01T00:00:00.{number:06}Z" for number in range(4)]
