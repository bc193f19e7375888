"""What is another matter where the database is a server's: copies, a new time line, erasure and the doctor."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from listino.core.errors import Malformed, Unavailable
from listino.db.engine import Database, connected_to, shown
from listino.db.erasures import note
from listino.flows.copies import backed_up, begun_anew, restored
from listino.flows.doctor import ERROR, OK, examined
from listino.flows.privacy import erased, exported
from tests.shop import NOW, House, opened

pytestmark = pytest.mark.only_on("postgresql")
NOBODY = "postgresql://postgres@127.0.0.1:1/nowhere"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as made:
        yield made


def state(database: Database) -> tuple[Any, ...]:
    row: tuple[Any, ...] = database.read().connection.execute("SELECT * FROM book").fetchone()
    return row


def test_a_backup_is_left_to_the_server_and_nothing_is_written(house: House, tmp_path: Path) -> None:
    with pytest.raises(Malformed) as refusal:
        backed_up(house.database.url, tmp_path / "copy.db")
    assert "pg_dump" in refusal.value.faults[0].remedy
    assert not (tmp_path / "copy.db").exists()


def test_no_file_is_put_in_the_place_of_a_server(house: House, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_bytes(b"x")
    before = state(house.database)
    with pytest.raises(Malformed) as refusal:
        restored(house.database.url, tmp_path / "copy.db", NOW)
    assert "pg_restore" in refusal.value.faults[0].remedy
    assert state(house.database) == before


def test_what_was_put_back_goes_on_as_a_new_time_line_without_whom_the_list_names(house: House) -> None:
    revision, epoch = house.database.read().revision, house.database.read().epoch
    note(house.database.path, "rossi", NOW)
    outcome = begun_anew(house.database, NOW)
    assert (outcome.aside, outcome.forgotten) == (None, ("rossi",))
    now = house.database.read()
    assert (now.revision, now.epoch != epoch) == (revision, True)
    assert exported(house.database, "rossi", NOW)["person"] is None
    assert exported(house.database, "rossi", NOW)["record"]["code"] == "rossi"
    assert begun_anew(house.database, NOW).forgotten == ()


def test_an_erasure_writes_the_table_of_persons_anew_and_looks_through_all_records(house: House) -> None:
    assert house.order(number="1", buyer={"name": "Mario Rossi"}, notes="Ring twice").status == 201
    house.put("customers", "verdi", name="Mario Rossi")
    file = "SELECT pg_relation_filenode('person')"
    connection = house.database.read().connection
    before = connection.execute(file).fetchone()
    outcome = erased(house.database, "rossi", NOW)
    assert (outcome.records, outcome.in_files, outcome.left) == (2, False, ())
    assert outcome.elsewhere == (("name", "other persons"),)
    assert connection.execute(file).fetchone() != before
    bodies = [body for (body,) in connection.execute("SELECT body FROM person")]
    assert msgspec.json.decode(bodies[0]) == {"name": "Mario Rossi"}
    assert len(bodies) == 1


def test_the_doctor_looks_at_the_server(house: House) -> None:
    found = {finding.subject: finding for finding in examined(house.database.url, NOW)}
    said = house.database.read().connection.execute("SHOW server_version").fetchone()[0]
    assert (found["PostgreSQL"].level, found["PostgreSQL"].text) == (OK, said)
    assert found["Texts"].level == OK
    # The tests' own server is told not to wait for a disk.
    assert (found["Durability"].level, found["Durability"].remedy) == (
        ERROR, "Set fsync = on in postgresql.conf and restart it.",
    )  # fmt: skip
    others = {subject: one.level for subject, one in found.items() if one.level == ERROR}
    assert others == {"Durability": ERROR}


def test_the_doctor_says_what_to_do_about_a_server_that_is_not_there() -> None:
    (missing,) = [finding for finding in examined(NOBODY, NOW) if finding.subject == "Database"]
    assert (missing.level, missing.remedy) == (ERROR, "Start the server, or correct the URL.")
    assert missing.text.startswith("The database cannot be reached: ")


def test_the_doctor_notices_a_column_that_is_sorted_by_a_language(house: House) -> None:
    connection = connected_to(house.database.url, writing=True)
    connection.execute('ALTER TABLE fact ALTER COLUMN code TYPE text COLLATE "unicode"')
    connection.close()
    (texts,) = [finding for finding in examined(house.database.url, NOW) if finding.subject == "Texts"]
    assert (texts.level, texts.text) == (ERROR, "sorted by a language, not by bytes: fact.code")


def test_no_password_is_shown() -> None:
    assert shown("postgresql://anna:secret@host:5432/name") == "postgresql://anna:***@host:5432/name"
    assert shown("sqlite:////a/b.db") == "sqlite:////a/b.db"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://anna:secret@host/name", "postgresql://anna:sec%zzret@host/name",
        "postgresql://anna:sec/r@et@host/name", "postgresql://anna@host/name?password=secret",
        "mysql://anna:secret@host/name?PASSWORD=secret",
    ],
)  # fmt: skip
def test_no_refusal_tells_the_password_of_a_url_that_cannot_be_used(url: str) -> None:
    assert "sec" not in shown(url)
    with pytest.raises((Malformed, Unavailable)) as refusal:
        connected_to(url, writing=True).execute("SELECT 1")
    assert "sec" not in str(refusal.value)
