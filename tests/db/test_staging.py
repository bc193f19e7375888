"""A large change set is seen by nobody until it is published, and leaves nothing behind when it dies."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from listino.core.errors import Conflict, Malformed
from listino.core.facts import Brand, Fact, Item
from listino.core.rules import Rule
from listino.db.book import is_open
from listino.db.engine import Database
from listino.db.release import released
from listino.db.schema import OPEN, STAGED
from listino.db.snapshot import snapshot, version, versions
from listino.flows.facts import Stated
from listino.flows.import_ import changed_by, imported
from listino.flows.tables import Options
from tests.books import NOW, Books, ended, put

ITEMS = tuple(Item(code=f"I{n:03}", brand="B") for n in range(50))
OLD = tuple(Rule(code=f"P{n:04}", action="price", item=f"I{n % 50:03}", value=Decimal(1)) for n in range(100))
TABLES = {
    "fact": "id, key, code, since, ended, body",
    "code_of": "code, ended, fact",
    "reference": "target, fact",
    "key_shape": "shape, rules",
    "book": "revision",
}


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("books"))


@pytest.fixture
def database(books: Books) -> Iterator[Database]:
    with books.opened(Brand(code="B"), Brand(code="unused"), *ITEMS, *OLD) as opened:
        yield opened


def rows(database: Database) -> dict[str, list[Any]]:
    """All that the tables hold."""
    read = database.read().connection
    return {name: sorted(read.execute(f"SELECT {columns} FROM {name}").fetchall()) for name, columns in TABLES.items()}


def prices(folder: Path, count: int = 2_000, value: str = "2.50") -> Path:
    path = folder / "rules.csv"
    lines = (f"P{n:04},price,I{n % 50:03},{value}\n" for n in range(count))
    path.write_text("code,action,item,value\n" + "".join(lines))
    return path


def value_of(database: Database, code: str, known_at: int | None = None) -> Decimal | None:
    found = version(snapshot(database, known_at), "rules", code)
    assert found is None or isinstance(found.fact, Rule)
    return found.fact.value if found is not None and isinstance(found.fact, Rule) else None


class Within:
    """Does something once, when an import has got to some point."""

    def __init__(self, what: str, act: Callable[[], object]) -> None:
        self.what, self.act, self.done = what, act, False

    def __call__(self, what: str, done: int, total: int) -> None:
        if what == self.what and not self.done:
            self.done = True
            self.act()


class Stop(Exception):
    """The import is to end here."""


def stop() -> None:
    raise Stop


def test_nothing_is_seen_before_it_is_published_and_both_sides_of_it_after(database: Database, tmp_path: Path) -> None:
    def look() -> None:
        assert database.read().revision == 1
        assert (value_of(database, "P0000"), value_of(database, "P1999")) == (Decimal(1), None)
        assert sum(1 for _ in versions(snapshot(database), "rules")) == 100

    looking = Within("references", look)
    outcome = imported(database, [prices(tmp_path)], Options(), "test", NOW, looking)
    assert (looking.done, outcome.revision, outcome.changed) == (True, 2, 2_000)
    assert (value_of(database, "P0000"), value_of(database, "P1999")) == (Decimal("2.50"), Decimal("2.50"))
    assert (value_of(database, "P0000", 1), value_of(database, "P1999", 1)) == (Decimal(1), None)
    assert sum(1 for _ in versions(snapshot(database), "rules")) == 2_000
    assert sum(1 for _ in versions(snapshot(database, 1), "rules")) == 100


def test_what_was_ended_is_settled_to_its_revision_and_no_longer_in_anybodys_way(
    database: Database, tmp_path: Path
) -> None:
    changes = [Stated("rules", f"P{n:04}", None) for n in range(100)]
    changes += [Stated("rules", f"N{n:04}", {"action": "price", "value": "1"}) for n in range(450)]
    changes += [Stated("items", f"I{n:03}", {}) for n in range(1, 50)] + [Stated("items", "I000", None)]
    assert changed_by(database, changes, "test", None, NOW).changed == 600
    read = database.read().connection
    marks = f"ended >= {STAGED} AND ended < {OPEN}"
    assert read.execute(f"SELECT count(*) FROM fact WHERE {marks}").fetchone() == (0,)
    assert read.execute(f"SELECT count(*) FROM code_of WHERE {marks}").fetchone() == (0,)
    assert read.execute("SELECT count(*) FROM fact WHERE key LIKE 'ends%'").fetchone() == (0,)
    # Nobody is named any more; left are the marks of 49 items and 2 brands by how their codes look.
    assert read.execute("SELECT count(*) FROM reference").fetchone() == (51,)
    assert read.execute("SELECT shape, rules FROM key_shape ORDER BY shape").fetchall() == [("", 450), ("I", 0)]
    assert value_of(database, "P0000", 1) == Decimal(1)
    ended(database, Brand(code="B"))
    put(database, Item(code="I001", brand="unused"), OLD[1])
    assert value_of(database, "P0001") == Decimal(1)


def test_a_record_that_an_import_has_claimed_cannot_be_changed_meanwhile(database: Database, tmp_path: Path) -> None:
    refused: list[str] = []

    def change() -> None:
        for code in ("P0005", "P1500"):
            with pytest.raises(Conflict, match="the import by Anna of 2026") as conflict:
                put(database, Rule(code=code, action="price", value=Decimal(9)))
            refused.append(conflict.value.code)
        put(database, Rule(code="other", action="price", item="I001", value=Decimal(3)))

    imported(database, [prices(tmp_path)], Options(), "Anna", NOW, Within("references", change))
    assert refused == ["claimed_by_import", "claimed_by_import"]
    assert (value_of(database, "P0005"), value_of(database, "other")) == (Decimal("2.50"), Decimal(3))


@pytest.mark.parametrize(
    "other",
    [
        Rule(code="P0042", action="price", item="I001", value=Decimal(5)),
        Rule(code="P1942", action="price", item="I001", value=Decimal(5)),
    ],
    ids=["changed", "new"],
)
def test_a_record_that_somebody_changed_meanwhile_ends_the_import_and_is_named(
    database: Database, tmp_path: Path, other: Fact
) -> None:
    with pytest.raises(Conflict, match=rf"{other.code}.* changed while the import ran, by test at 2026.*, revision 2"):
        imported(database, [prices(tmp_path)], Options(), "Anna", NOW, Within("facts", lambda: put(database, other)))
    after = rows(database)
    assert database.read().revision == 2
    assert (value_of(database, other.code), value_of(database, "P0001")) == (Decimal(5), Decimal(1))
    assert [row for row in after["fact"] if row[3] >= STAGED or STAGED <= row[4] < OPEN] == []
    assert {row[2] for row in after["code_of"]} == {row[0] for row in after["fact"]}


def test_who_is_named_cannot_end_once_an_import_names_it(database: Database, tmp_path: Path) -> None:
    """Before that the import finds out; either way nobody is left naming nobody."""
    put(database, Item(code="lonely"))
    path = tmp_path / "rules.csv"
    path.write_text(
        "code,action,item,value\n"
        + "".join(f"X{n},amount,lonely,1\n" for n in range(1, 400))
        + "".join(f"Y{n},amount,I001,1\n" for n in range(300))
    )
    with pytest.raises(Conflict, match="'lonely' in items was changed while the import ran"):
        imported(
            database,
            [path],
            Options(),
            "Anna",
            NOW,
            Within("facts", lambda: ended(database, Item(code="lonely"))),
        )
    assert database.read().revision == 3
    put(database, Item(code="lonely"))

    def end() -> None:
        with pytest.raises(Conflict, match="cannot end while it is used"):
            ended(database, Item(code="lonely"))

    ending = Within("references", end)
    assert imported(database, [path], Options(), "Anna", NOW, ending).changed == 699
    assert ending.done


def test_a_record_that_is_being_replaced_can_be_named_and_one_that_is_being_ended_cannot(database: Database) -> None:
    def changes() -> Iterator[Stated]:
        yield Stated("brands", "unused", None)
        yield from (Stated("items", f"I{n:03}", {"brand": "B", "name": "new"}) for n in range(50))
        yield from (Stated("brands", f"B{n}", {}) for n in range(1_000))

    seen: list[bool] = []

    def name(tx: Any) -> None:
        seen.extend(
            is_open(tx, f"{kind}\x1f{code}")
            for kind, code in (("items", "I001"), ("brands", "unused"), ("brands", "B1"))
        )

    database.write(name)
    assert seen == [True, True, False]
    seen.clear()
    put(database, Item(code="user"))
    watched = threading.Event()
    original = Database.submit

    def submit(self: Database, write: Any) -> Any:
        future = original(self, write)
        read = self.read().connection
        if not watched.is_set() and read.execute("SELECT 1 FROM fact WHERE key LIKE 'ends%'").fetchone():
            watched.set()
            original(self, name).result()
            with pytest.raises(Malformed, match="names 'unused', which is not in brands"):
                put(self, Item(code="user", brand="unused"))
            put(self, Item(code="user", variant_of="I001"))
        return future

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "submit", submit)
        changed_by(database, changes(), "Anna", None, NOW)
    assert watched.is_set()
    assert seen == [True, False, False]


def test_one_import_at_a_time_is_staged(database: Database, tmp_path: Path) -> None:
    refused: list[str] = []

    def another() -> None:
        with pytest.raises(Conflict, match="The import by Anna of 2026") as conflict:
            changed_by(database, (Stated("brands", f"X{n}", {}) for n in range(600)), "Berta", None, NOW)
        refused.append(conflict.value.code)

    imported(database, [prices(tmp_path)], Options(), "Anna", NOW, Within("codes", another))
    assert refused == ["import_under_way"]


@pytest.mark.parametrize("where", ["facts", "codes", "ends", "references"])
def test_an_import_that_fails_leaves_the_book_as_it_was(database: Database, tmp_path: Path, where: str) -> None:
    before = rows(database)
    with pytest.raises(Stop):
        imported(database, [prices(tmp_path)], Options(), "Anna", NOW, Within(where, stop))
    assert rows(database) == before
    assert database.read().connection.execute(
        "SELECT count(*) FROM change_set WHERE lease_until IS NOT NULL"
    ).fetchone() == (0,)
    assert imported(database, [prices(tmp_path)], Options(), "Anna", NOW).revision == 2


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from listino.db.engine import Database
from listino.flows.import_ import imported
from listino.flows.tables import Options

url, path, where, now = sys.argv[1:]

def die(what, done, total):
    if what == where:
        os.kill(os.getpid(), signal.SIGKILL)

imported(Database(url), [Path(path)], Options(), "Anna", datetime.fromisoformat(now), die)
"""


@pytest.mark.parametrize("where", ["facts", "codes", "references"])
def test_a_killed_import_changes_nothing_and_its_claims_end_with_its_lease(
    database: Database, tmp_path: Path, where: str
) -> None:
    before = rows(database)
    command = [sys.executable, "-c", KILLED, database.url, str(prices(tmp_path)), where, NOW.isoformat()]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert sorted(name for name in os.listdir(database.path.parent) if "side" in name) == []
    assert database.read().revision == 1
    assert (value_of(database, "P0000"), value_of(database, "P1999")) == (Decimal(1), None)
    assert rows(database) != before
    if where != "facts":
        with pytest.raises(Conflict, match="the import by Anna"):
            put(database, Rule(code="P0001", action="price", value=Decimal(9)))
    assert released(database, NOW + timedelta(seconds=30)) == 0
    assert released(database, NOW + timedelta(seconds=300)) == 1
    assert rows(database) == before
    assert released(database, NOW + timedelta(seconds=300)) == 0
    assert imported(database, [prices(tmp_path)], Options(), "Anna", NOW).revision == 2


def test_an_import_whose_claims_were_taken_back_stops(database: Database, tmp_path: Path) -> None:
    before = rows(database)
    late = NOW + timedelta(days=1)
    with pytest.raises(Conflict) as stopped:
        imported(
            database,
            [prices(tmp_path)],
            Options(),
            "Anna",
            NOW,
            Within("codes", lambda: released(database, late)),
        )
    assert stopped.value.code == "import_released"
    assert rows(database) == before


def test_a_published_import_that_died_before_it_was_settled_reads_and_changes_as_if_it_had_not(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("listino.db.staging.settle", lambda *_: None)
    imported(database, [prices(tmp_path)], Options(), "Anna", NOW)
    assert (value_of(database, "P0000"), value_of(database, "P0000", 1)) == (Decimal("2.50"), Decimal(1))
    put(database, Rule(code="P0001", action="price", item="I001", value=Decimal(9)))
    assert [value_of(database, "P0001", revision) for revision in (1, 2, 3)] == [
        Decimal(1),
        Decimal("2.50"),
        Decimal(9),
    ]
    assert released(database, datetime(2027, 1, 1, tzinfo=UTC)) == 1
    assert [value_of(database, "P0001", revision) for revision in (1, 2, 3)] == [
        Decimal(1),
        Decimal("2.50"),
        Decimal(9),
    ]
    read = database.read().connection
    assert read.execute(f"SELECT count(*) FROM fact WHERE ended >= {STAGED} AND ended < {OPEN}").fetchone() == (0,)


def commits_beside(database: Database, work: Callable[[], object]) -> list[float]:
    """How long the commits of one price took in this process while another thread does some work."""
    took_s: list[float] = []
    ready = threading.Event()

    def commit_on() -> None:
        while not ready.is_set():
            started = time.perf_counter()
            put(database, Rule(code="other", action="price", value=Decimal(len(took_s) + 1)))
            took_s.append(time.perf_counter() - started)
            time.sleep(0.002)

    other = threading.Thread(target=commit_on)
    other.start()
    try:
        work()
    finally:
        ready.set()
        other.join()
    return took_s


def test_prices_are_committed_while_an_import_runs(database: Database, tmp_path: Path) -> None:
    took_s = commits_beside(database, lambda: imported(database, [prices(tmp_path, 9_000)], Options(), "Anna", NOW))
    assert value_of(database, "P8999") == Decimal("2.50")
    assert value_of(database, "other") == Decimal(len(took_s))
    assert len(took_s) > 20


@pytest.mark.long
def test_a_million_prices_come_in_with_a_bounded_log_and_flat_memory(database: Database, tmp_path: Path) -> None:
    items = tmp_path / "items.csv"
    items.write_text("code\n" + "".join(f"J{n}\n" for n in range(20_000)))
    path = tmp_path / "rules.csv"
    with path.open("w") as out:
        out.write("code,action,item,value\n")
        out.writelines(f"M{n},price,J{n * 7919 % 20_000},{n % 997}.25\n" for n in range(1_000_000))
    wal = Path(f"{database.path}-wal")
    wal_bytes = 0

    def watch(what: str, done: int, total: int) -> None:
        nonlocal wal_bytes
        wal_bytes = max(wal_bytes, wal.stat().st_size if wal.exists() else 0)

    imported(database, [items], Options(), "Anna", NOW)
    before_kib = private_kib()
    took_s = commits_beside(database, lambda: imported(database, [path], Options(), "Anna", NOW, watch))
    assert value_of(database, "M999999") == Decimal(f"{999_999 % 997}.25")
    assert wal_bytes <= 64 << 20
    assert private_kib() - before_kib < 150_000
    assert sorted(took_s)[int(len(took_s) * 0.99)] < 1


def private_kib() -> int:
    """The memory of this process that is no file's."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("RssAnon")))
