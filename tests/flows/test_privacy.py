"""A person is exported and erased: no byte of them stays, and everything else reads as before."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from listino.core.errors import NotFound
from listino.db.engine import Database, connected
from listino.db.erasures import list_path, note, noted
from listino.db.traces import files_of, found_in
from listino.flows.facts import Stated, get, save
from listino.flows.privacy import erased, exported
from tests.shop import NOW, House, opened

NAME, MAIL, STREET = "Mario Rossi", "mario@rossi.example", "Via dei Fornaciai 7"
WORDS = [word.encode() for word in (NAME, MAIL, STREET, "Ring twice at the grey gate", "rossi-key-1")]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def with_orders(company: House) -> None:
    buyer = {"name": NAME, "mail": MAIL, "street": STREET}
    personal = {"buyer": buyer, "ship_to": buyer, "contacts": [buyer], "notes": "Ring twice at the grey gate"}
    assert company.order("rossi-key-1", number="1", **personal).status == 201
    assert company.order(number="2", customer="bianchi", buyer={"name": "Anna Bianchi"}).status == 201


def words_in(database: Database) -> dict[str, set[bytes]]:
    return {path.name: found for path in files_of(database.path) if (found := found_in(path, WORDS))}


def test_an_export_holds_the_person_and_the_orders_with_all_that_is_personal(company: House) -> None:
    with_orders(company)
    found = exported(company.database, "rossi", NOW)
    assert found["person"] == {"name": NAME, "mail": MAIL}
    assert found["record"]["code"] == "rossi"
    assert [order["number"] for order in found["orders"]] == ["1"]
    assert found["orders"][0]["personal"]["buyer"] == {"name": NAME, "mail": MAIL, "street": STREET}
    assert found["orders"][0]["personal"]["key"] == "rossi-key-1"
    assert "Bianchi" not in msgspec.json.encode(found).decode()


@pytest.mark.only_on("sqlite")
def test_after_an_erasure_no_file_of_the_database_holds_the_person(company: House) -> None:
    with_orders(company)
    assert any(words_in(company.database).values())
    outcome = erased(company.database, "rossi", NOW)
    assert (outcome.records, outcome.left, outcome.old_copies) == (2, (), ())
    assert words_in(company.database) == {}
    assert words_of("Anna Bianchi", company.database)


def words_of(word: str, database: Database) -> bool:
    return any(found_in(path, [word.encode()]) for path in files_of(database.path))


def test_prices_orders_and_revisions_read_as_before_an_erasure(company: House) -> None:
    with_orders(company)
    save(company.database, [Stated("customers", "rossi", {"country": "DE"})], "test", None, NOW)
    asked: tuple[tuple[str, dict[str, str]], ...] = (
        ("/v1/prices/hammer", {"customer": "rossi", "at": "2026-11-23T12:00:00Z"}),
        ("/v1/changes", {}),
        ("/v1/customers/rossi", {"known_at": "1"}),
    )
    before = [personless(company.get(path, **params).json()) for path, params in asked]
    ordered = company.get("/v1/orders", number="1").json()["data"][0]
    erased(company.database, "rossi", NOW)
    assert [personless(company.get(path, **params).json()) for path, params in asked] == before
    after = company.get("/v1/orders", number="1").json()["data"][0]
    kept = ("id", "number", "customer", "net", "gross", "lines", "history")
    assert {name: after[name] for name in kept} == {name: ordered[name] for name in kept}
    assert after["key"] is None
    assert get(company.database, "customers", "rossi").said.get("name") is None


def personless(answer: Any) -> Any:
    return {name: value for name, value in answer.items() if name not in {"name", "mail"}}


def test_an_erased_order_is_still_known_by_its_key(company: House) -> None:
    first = company.order("rossi-key-1", buyer={"name": NAME}).json()
    erased(company.database, "rossi", NOW)
    again = company.order("rossi-key-1", buyer={"name": NAME})
    assert (again.status, again.json()["id"]) == (201, first["id"])


@pytest.mark.only_on("sqlite")
def test_what_lies_between_the_rows_is_written_over(company: House) -> None:
    """Without secure_delete SQLite leaves deleted words in its pages; they are found and the file is written anew."""
    with_orders(company)
    connection = connected(company.database.path, writing=True)
    connection.execute("PRAGMA secure_delete=OFF")
    row = connection.execute("SELECT customer, body FROM person WHERE id = ?", ("customers\x1frossi",)).fetchone()
    connection.execute("INSERT INTO person (id, customer, body) VALUES ('trace', ?, ?)", row)
    connection.execute("DELETE FROM person WHERE id = 'trace'")
    connection.close()
    outcome = erased(company.database, "rossi", NOW)
    assert (outcome.rewritten, outcome.left) == (True, ())
    assert words_in(company.database) == {}


@pytest.mark.only_on("sqlite")
def test_what_also_belongs_to_others_is_left_to_them_and_named(company: House) -> None:
    save(company.database, [Stated("customers", "bianchi", {"country": "IT", "name": NAME})], "test", None, NOW)
    outcome = erased(company.database, "rossi", NOW)
    assert (outcome.elsewhere, outcome.left) == ((("name", "other persons"),), ())
    assert get(company.database, "customers", "bianchi").said["name"] == NAME


@pytest.mark.only_on("sqlite")
def test_an_old_copy_beside_the_database_is_named(company: House) -> None:
    copy = company.database.path.with_name(company.database.path.name + "-before-restore-1")
    copy.write_bytes(b"...Mario Rossi...")
    assert erased(company.database, "rossi", NOW).old_copies == (copy,)


def test_of_whom_nothing_is_kept_nobody_is_erased(company: House) -> None:
    with pytest.raises(NotFound, match="Nothing is kept of a customer 'nobody'"):
        erased(company.database, "nobody", NOW)
    assert noted(company.database.path) == {}
    with pytest.raises(NotFound):
        exported(company.database, "nobody", NOW)


def test_the_list_of_erasures_holds_codes_only_and_outlives_a_line_cut_off(company: House) -> None:
    erased(company.database, "rossi", NOW)
    path = list_path(company.database.path)
    assert re.fullmatch(rb'\{"customer":"rossi","at":"2026-11-23T12:00:00\.000000Z"\}\n', path.read_bytes())
    with path.open("ab") as file:
        file.write(b'{"customer":"bian')
    assert noted(company.database.path) == {"rossi": "2026-11-23T12:00:00.000000Z"}
    note(company.database.path, "bianchi", datetime(2027, 1, 1, tzinfo=UTC))
    assert set(noted(company.database.path)) >= {"rossi"}


@pytest.mark.only_on("sqlite")
def test_a_word_is_found_across_the_blocks_in_which_a_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 13 + b"needle" + b"y" * 20)
    monkeypatch.setattr("listino.db.traces.READ_BYTES", 8)
    assert found_in(path, [b"needle", b"absent"]) == {b"needle"}


def test_a_guest_is_erased_by_the_order(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        order = house.order(customer=None, buyer={"name": "Ginevra Ospite", "mail": "ginevra@guest.example"}).json()
        assert exported(house.database, order["id"], NOW)["orders"][0]["personal"]["buyer"]["name"] == "Ginevra Ospite"
        assert erased(house.database, order["id"], NOW).left == ()
        assert house.get(f"/v1/orders/{order['id']}").json()["net"] == order["net"]
        assert not any(b"Ginevra" in path.read_bytes() for path in tmp_path.glob("listino.db*"))
