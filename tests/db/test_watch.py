"""Who listens to the server goes on, whatever it meets."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from listino.db.engine import Database, connected_to
from listino.db.watch import Watch
from tests.shop import opened

pytestmark = pytest.mark.only_on("postgresql")
PATIENCE_S = 30.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path, company=False) as house:
        yield house.database


def comes_true(question: Callable[[], bool]) -> bool:
    """Whether something comes true while we have patience."""
    ends_at = time.monotonic() + PATIENCE_S
    while not question():
        if time.monotonic() > ends_at:
            return False
        time.sleep(0.01)
    return True


def test_a_table_that_is_away_for_a_moment_does_not_end_the_listening(database: Database) -> None:
    with closing(Watch(database.url, 0.3, 300.0)) as watch, closing(connected_to(database.url, writing=True)) as other:
        watch.begin()
        before = watch.generation
        assert comes_true(lambda: watch.generation is not before and watch.is_fresh)
        other.execute("ALTER TABLE book RENAME TO book_away")
        assert comes_true(lambda: not watch.is_fresh)
        assert not watch.is_away
        other.execute("ALTER TABLE book_away RENAME TO book")
        assert comes_true(lambda: watch.is_fresh)
