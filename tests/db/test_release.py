"""What was published stays whatever happens to its importer, and what was not is taken back."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from listino.core.facts import Brand
from listino.db.engine import Database
from listino.db.release import release
from listino.db.schema import OPEN, STAGED
from listino.flows.import_ import imported
from listino.flows.tables import Options
from tests.books import NOW, Books
from tests.db.test_staging import ITEMS, OLD, prices, rows, value_of


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
