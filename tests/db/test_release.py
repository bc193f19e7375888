"""What was published stays whatever happens to its importer, and what was not is taken back."""

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from listino.cli import serving
from listino.core.errors import Conflict
from listino.core.facts import Brand
from listino.db.book import Change, commit
from listino.db.change_log import change_log
from listino.db.engine import Database
from listino.db.release import release
from listino.db.schema import OPEN, STAGED
from listino.flows.facts import Stated
from listino.flows.import_ import changed_by, imported
from listino.flows.tables import Options
from tests.books import NOW, Books, put
from tests.db.test_staging import ITEMS, OLD, Stop, Within, prices, rows, stop, value_of


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("books"))


@pytest.fixture
def database(books: Books) -> Iterator[Database]:
    with books.opened(Brand(code="B"), *ITEMS, *OLD) as opened:
        yield opened


def test_an_import_that_is_interrupted_behind_its_publishing_commit_stays_published(
    database: Database, tmp_path: Path
) -> None:
    original = Database.write

    def write(self: Database, write: Any, *bounds: float) -> Any:
        before = self.read().revision
        outcome = original(self, write, *bounds)
        if self.read().revision > before:
            raise KeyboardInterrupt
        return outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "write", write)
        with pytest.raises(KeyboardInterrupt):
            imported(database, [prices(tmp_path)], Options(), "Anna", NOW)
    assert database.read().revision == 2
    assert (value_of(database, "P0000"), value_of(database, "P1999")) == (Decimal("2.50"), Decimal("2.50"))
    assert (value_of(database, "P0000", 1), value_of(database, "P1999", 1)) == (Decimal(1), None)
    marked = f"SELECT count(*) FROM fact WHERE ended >= {STAGED} AND ended < {OPEN}"
    assert database.read().connection.execute(marked).fetchone() == (0,)
    after = rows(database)
    release(database, 1)
    release(database, 2)
    assert rows(database) == after


@pytest.mark.parametrize("settling", [True, False], ids=["settled", "not yet settled"])
def test_the_change_log_shows_what_an_import_ended_and_brought_and_nobody_elses(
    database: Database, settling: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not settling:
        monkeypatch.setattr("listino.db.staging.settle", lambda *_: None)
    changes = [Stated("rules", rule.code, None) for rule in OLD]
    changes += [Stated("items", f"N{n:03}", {}) for n in range(450)]
    original, beside = Database.submit, list(range(20))

    def submit(self: Database, write: Any) -> Any:
        future = original(self, write)
        if beside:
            number = beside.pop()
            original(self, lambda tx: commit(tx, [brand(number)], "other", None, NOW))
        return future

    with monkeypatch.context() as patch:
        patch.setattr(Database, "submit", submit)
        changed_by(database, changes, "Anna", None, NOW)
    (header,) = [one for one in change_log(database.read(), 0, 100) if one.actor == "Anna"]
    assert header.changes == 550
    assert header.ended == tuple(("rules", rule.code) for rule in OLD)
    assert header.records == tuple(("items", f"N{n:03}") for n in range(100))


def test_the_change_log_shows_what_an_import_ended_when_it_brought_nothing(database: Database) -> None:
    more = [Stated("brands", f"N{n:03}", {}) for n in range(600)]
    changed_by(database, more, "Anna", None, NOW)
    changed_by(database, [Stated(one.kind, one.code, None) for one in more], "Anna", None, NOW)
    header = change_log(database.read(), 2, 1)[0]
    assert (header.changes, header.records) == (600, ())
    assert header.ended == tuple(("brands", f"N{n:03}") for n in range(100))


def test_a_running_server_takes_the_claims_of_a_dead_import_back_within_a_minute_of_its_lease(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, naps, real = rows(database), list[float](), time.sleep

    def nap(seconds: float) -> None:
        if seconds < 1:
            real(seconds)
            return
        naps.append(seconds)
        if len(naps) == 2:
            raise Stop
        with monkeypatch.context() as patch:
            patch.setattr("listino.db.staging.release", lambda *_: None)
            with pytest.raises(Stop):
                imported(database, [prices(tmp_path)], Options(), "Anna", NOW, Within("references", stop))
        with pytest.raises(Conflict) as refusal:
            put(database, OLD[0])
        assert "taken back soon after 2026-01-01T00:02:0" in refusal.value.faults[0].remedy

    monkeypatch.setattr("time.sleep", nap)
    with pytest.raises(Stop):
        serving._tidy(database.url, None)
    assert naps == [60, 60]
    assert rows(database) == before


def brand(number: int) -> Change:
    return Change("brands", f"beside-{number}", Brand(code=f"beside-{number}"))
