"""What named a record at a revision is told whole, also after it has ended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from listino.core.facts import Customer
from listino.db.engine import Database
from listino.db.snapshot import Snapshot, snapshot, versions
from tests.books import Books, ended, put
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
