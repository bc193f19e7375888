"""Copies are taken while others write and put back as a new time line; history is purged; the doctor tells."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listino.core.errors import Conflict, Gone, Malformed, NotFound, Unavailable
from listino.db.engine import Database, connected
from listino.db.erasures import list_path
from listino.db.migrate import HEAD
from listino.db.schema import OPEN
from listino.db.snapshot import Company, company, snapshot
from listino.flows.access import created, revoked
from listino.flows.copies import backed_up, restored
from listino.flows.doctor import ERROR, OK, WARN, Finding, examined
from listino.flows.facts import Stated, get, save
from listino.flows.privacy import erased, exported
from listino.flows.upkeep import migrated, purged, tidied
from tests.shop import NOW, CountedChance, opened

pytestmark = pytest.mark.only_on("sqlite")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A small company's database that nobody has open."""
    with opened(tmp_path):
        pass
    return f"sqlite:///{tmp_path / 'listino.db'}"


@contextmanager
def used(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


def price_of_the_saw(database: Database, value: str, at: datetime = NOW) -> int:
    said = {"action": "price", "list": "base", "item": "saw", "value": value}
    return save(database, [Stated("rules", "saw-base", said)], "test", None, at).revision


def test_a_backup_of_a_running_database_is_whole_and_overwrites_nothing(url: str, tmp_path: Path) -> None:
    target, stop = tmp_path / "copy.db", threading.Event()
    with used(url) as database:

        def write() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                price_of_the_saw(database, str(number))

        writer = threading.Thread(target=write)
        writer.start()
        try:
            size = backed_up(url, target)
        finally:
            stop.set()
            writer.join()
    assert size == target.stat().st_size > 0
    before = target.read_bytes()
    with pytest.raises(Malformed, match="exists already"):
        backed_up(url, target)
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.glob("*.part")] == []
    with used(f"sqlite:///{target}") as copy:
        assert get(copy, "customers", "rossi").said["name"] == "Mario Rossi"


def test_a_restored_database_is_as_at_the_backup_and_a_new_time_line(url: str, tmp_path: Path) -> None:
    backup = tmp_path / "copy.db"
    backed_up(url, backup)
    with used(url) as database:
        price_of_the_saw(database, "99")
        epoch = database.read().epoch
    outcome = restored(url, backup, NOW)
    with used(url) as database:
        assert get(database, "rules", "saw-base").said["value"] == "20"
        assert database.read().epoch != epoch
    assert outcome.aside == tmp_path / "listino.db-before-restore-20261123T120000"
    with used(f"sqlite:///{outcome.aside}") as aside:
        assert get(aside, "rules", "saw-base").said["value"] == "99"


def test_a_database_in_use_is_not_replaced(url: str, tmp_path: Path) -> None:
    backup = tmp_path / "copy.db"
    backed_up(url, backup)
    with used(url) as database:
        price_of_the_saw(database, "99")
        with pytest.raises(Unavailable, match=r"in use\. Stop"):
            restored(url, backup, NOW)
        assert get(database, "rules", "saw-base").said["value"] == "99"
    assert list(tmp_path.glob("*before-restore*")) == []


@pytest.mark.parametrize("lost", ["nothing", "the list beside it", "the whole database"])
def test_who_was_erased_since_the_backup_is_erased_from_what_is_restored(url: str, tmp_path: Path, lost: str) -> None:
    backup = tmp_path / "copy.db"
    backed_up(url, backup)
    with used(url) as database:
        erased(database, "rossi", NOW)
    path = tmp_path / "listino.db"
    if lost == "the list beside it":
        list_path(path).unlink()
    elif lost == "the whole database":
        path.unlink()
    assert restored(url, backup, NOW).forgotten == ("rossi",)
    assert b"Mario Rossi" in backup.read_bytes()
    assert b"Mario Rossi" not in path.read_bytes()
    with used(url) as database:
        assert exported(database, "rossi", NOW)["person"] is None


def test_a_person_who_came_back_after_the_erasure_is_kept_by_a_later_backup(url: str, tmp_path: Path) -> None:
    backup = tmp_path / "copy.db"
    with used(url) as database:
        erased(database, "rossi", NOW)
        save(database, [Stated("customers", "rossi", {"country": "IT", "name": "Mario Rossi"})], "test", None, NOW)
    backed_up(url, backup)
    assert restored(url, backup, NOW).forgotten == ()
    with used(url) as database:
        assert get(database, "customers", "rossi").said["name"] == "Mario Rossi"


def test_a_key_revoked_since_the_backup_stays_revoked(url: str, tmp_path: Path) -> None:
    backup = tmp_path / "copy.db"
    with used(url) as database:
        key, secret = created(database, "a", ["all"], channel=None, test=False, now=NOW, chance=CountedChance(90))
    backed_up(url, backup)
    with used(url) as database:
        assert revoked(database, secret, NOW).id == key.id
    assert restored(url, backup, NOW).revoked == 1
    with used(url) as database, pytest.raises(NotFound):
        revoked(database, key.id, NOW)


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "not_ours"), (b"SQLite format 3\0" + b"x" * 5000, "damaged"), (None, "not_found")]
)
def test_what_is_no_backup_is_refused_and_nothing_changes(
    url: str, tmp_path: Path, content: bytes | None, code: str
) -> None:
    backup, path = tmp_path / "copy.db", tmp_path / "listino.db"
    if content is not None:
        backup.write_bytes(content)
    before = path.read_bytes()
    with pytest.raises(Malformed) as refused:
        restored(url, backup, NOW)
    assert refused.value.code == code
    assert path.read_bytes() == before


def test_a_backup_of_another_schema_is_refused(url: str, tmp_path: Path) -> None:
    backup = tmp_path / "copy.db"
    backed_up(url, backup)
    connection = connected(backup, writing=True)
    connection.execute("UPDATE alembic_version SET version_num = '0000'")
    connection.close()
    with pytest.raises(Malformed, match="has schema 0000"):
        restored(url, backup, NOW)


def test_a_new_database_takes_the_company_as_it_is_said(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'a.db'}"
    assert migrated(url, currency="CHF", zone="Europe/Zurich", country="CH") == (None, HEAD)
    assert migrated(url) == (HEAD, HEAD)
    migrated(url, currency="EUR", zone="Europe/Rome")
    with closing(Database(url)) as database:
        assert company(database.read()) == Company("EUR", "Europe/Rome", "CH")
        save(database, [Stated("brands", "b", {})], "test", None, NOW)
    with pytest.raises(Conflict, match="currency is EUR, not CHF"):
        migrated(url, currency="CHF")
    for wrong in ({"currency": "euro"}, {"zone": "Europe/Nowhere"}, {"country": "Italy"}):
        with pytest.raises(Malformed):
            migrated(url, **wrong)


def test_a_purge_takes_what_ended_long_ago_and_refuses_older_questions(url: str) -> None:
    later = NOW + timedelta(days=60)
    with used(url) as database:
        old = price_of_the_saw(database, "21", later - timedelta(days=40))
        kept = price_of_the_saw(database, "22", later - timedelta(days=20))
        last = price_of_the_saw(database, "23", later - timedelta(days=1))
        count, begins = purged(database, 30, later)
        assert (count, begins) == (1, old)
        with pytest.raises(Gone, match="history begins at"):
            snapshot(database, old - 1)
        values = [get(database, "rules", "saw-base", revision).said["value"] for revision in (old, kept, last)]
        assert values == ["21", "22", "23"]
        assert purged(database, 30, later) == (0, old)
        assert rows_of_the_saw(database) == 3
        tidied(database, 10, later)
        assert rows_of_the_saw(database) == 2
        with pytest.raises(Malformed):
            purged(database, 0, later)


def rows_of_the_saw(database: Database) -> int:
    connection = database.read().connection
    facts: int = connection.execute("SELECT count(*) FROM fact WHERE code = 'saw-base'").fetchone()[0]
    (names,) = connection.execute(
        "SELECT count(*) FROM code_of WHERE code = 'rules' || char(31) || 'saw-base'"
    ).fetchone()
    assert facts == names
    return facts


def findings(url: str, now: datetime = NOW) -> dict[str, Finding]:
    return {finding.subject: finding for finding in examined(url, now)}


def test_the_doctor_finds_a_good_set_up_good(url: str) -> None:
    found = findings(url)
    assert {subject for subject, finding in found.items() if finding.level != OK} == set()
    assert {
        "SQLite",
        "Clock",
        "Time zones",
        "Folder",
        "Schema",
        "Soundness",
        "Write-ahead log",
        "Disk",
        "API keys",
    } <= set(found)


def test_the_doctor_says_what_to_do(url: str, tmp_path: Path) -> None:
    missing = findings(f"sqlite:///{tmp_path / 'none.db'}")["Database"]
    assert (missing.level, missing.remedy) == (ERROR, "Run `listino migrate`, or name another.")
    assert findings(url, datetime(2020, 1, 1, tzinfo=UTC))["Clock"].level == ERROR
    assert findings(url, NOW - timedelta(days=1))["Clock and database"].level == ERROR
    connection = connected(tmp_path / "listino.db", writing=True)
    connection.execute("UPDATE api_key SET revoked_at = created_at")
    connection.execute("UPDATE book SET zone = 'Europe/Nowhere'")
    connection.execute(
        "INSERT INTO change_set (state, at, actor, changes, staged, lease_until) "
        "VALUES ('staging', '2026-11-01T00:00:00.000000Z', 'import', 0, 1, '2026-11-01T00:02:00.000000Z')"
    )
    connection.executemany(
        "INSERT INTO fact (key, code, since, ended, body) VALUES ('Isaw', ?, 1, ?, '{}')",
        [(f"r{number}", OPEN) for number in range(101)],
    )
    connection.close()
    found = findings(url)
    assert [found[name].level for name in ("API keys", "Import not finished", "Company", "Crowded key")] == [
        WARN, WARN, ERROR, WARN,
    ]  # fmt: skip
    assert found["Crowded key"].text == "101 rules for item saw"
    (tmp_path / "listino.db").write_bytes(b"SQLite format 3\0" + b"x" * 9000)
    broken = list(examined(url, NOW))[-1]
    assert (broken.subject, broken.level) == ("Database", ERROR)
