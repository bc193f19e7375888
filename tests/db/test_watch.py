"""Who listens to the server goes on, whatever it meets."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from listino.db.engine import Bounds, Database, connected_to
from listino.db.watch import Watch
from listino.flows.access import revoked
from tests.shop import NOW, opened

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


def test_no_thread_answers_from_before_what_another_has_seen(tmp_path: Path) -> None:
    with (
        opened(tmp_path) as house,
        closing(connected_to(house.database.url, writing=True)) as server,
        closing(Database(house.database.url, watched=True, bounds=Bounds(max_staleness_s=600.0))) as database,
        ThreadPoolExecutor(1) as one,
        ThreadPoolExecutor(1) as other,
    ):

        def seen() -> tuple[int, int]:
            reading = database.read()
            return reading.revision, reading.access

        before = one.submit(seen).result()
        house.put("items", "new")
        assert comes_true(lambda: one.submit(seen).result() == (before[0] + 1, before[1]))
        # From now on the server tells nobody: as if each word of it were still on its way.
        server.execute("ALTER TABLE book DISABLE TRIGGER USER")
        house.put("items", "newer")
        assert one.submit(seen).result() == (before[0] + 1, before[1])
        # A thread that looks for the first time sees it by itself; the other is then not to be behind.
        assert other.submit(seen).result() == (before[0] + 2, before[1])
        assert one.submit(seen).result() == (before[0] + 2, before[1])
        revoked(house.database, house.key, NOW)
        with ThreadPoolExecutor(1) as third:
            _, access = third.submit(seen).result()
        assert access != before[1]
        assert [thread.submit(seen).result()[1] for thread in (one, other)] == [access, access]
