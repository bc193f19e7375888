"""A database of an earlier version becomes one of this version, and keeps all that it holds."""

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from listino.core.errors import Unavailable
from listino.core.rules import Rule
from listino.db.engine import Database, connected_to
from listino.db.every_table import METADATA
from listino.db.lookups import alike, assignments_of, starting_from
from listino.db.migrate import HEAD, carry_out, check_version, engine_of, migrated
from listino.db.snapshot import snapshot
from listino.flows.price import Asked, price
from tests import engines
from tests.books import NOW, put


def upgraded_to(url: str, revision: str) -> None:
    """A database as the migrations up to one of them leave it."""
    engine = engine_of(url)
    with engine.connect() as connection:
        carry_out(connection, revision)
    engine.dispose()


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with engines.empty_database(tmp_path) as made:
        yield made


OPEN = 1 << 62
# A book of one item with its price, as the first version wrote it.
FIRST_BOOK: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("book", (1, 1, 0, "abc", "EUR", "Europe/Rome", "IT", 0)),
    ("change_set", (1, 1, "published", "2026-01-01T00:00:00.000000Z", "test", None, 2,
                    '["Isaw\\u001fLbase","items\\u001fsaw"]', None, 0, None, 1, 2)),
    ("fact", (1, "items\x1fsaw", "saw", 1, OPEN, '{"code":"saw"}')),
    ("fact", (2, "Isaw\x1fLbase", "saw-base", 1, OPEN,
              '{"code":"saw-base","action":"price","list":"base","item":"saw","value":"20"}')),
    ("code_of", ("items\x1fsaw", OPEN, 1)),
    ("code_of", ("rules\x1fsaw-base", OPEN, 2)),
    ("reference", (-2939708471211944746, 2)),
    ("reference", (2591213497452766369, 2)),
    ("key_shape", ("IL", 1)),
)  # fmt: skip


def test_a_database_of_the_first_version_keeps_its_book(url: str) -> None:
    upgraded_to(url, "0001")
    connection = connected_to(url, writing=True)
    for table, row in FIRST_BOOK:
        connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
    if engines.is_server():
        connection.execute("SELECT setval('change_set_id_seq', 1)")
    connection.close()
    with pytest.raises(Unavailable, match=r"has schema 0001, not .*listino migrate"):
        check_version(url)
    assert (migrated(url), migrated(url)) == (HEAD, HEAD)
    check_version(url)
    with closing(Database(url)) as database:
        book = snapshot(database)
        assert (book.revision, book.reading.epoch) == (1, "abc")
        answer: Any = price(book, Asked("saw", NOW)).price
        assert str(answer.net_price) == "20"
        changed: Any = put(database, Rule(code="saw-base", action="price", list="base", item="saw", value=Decimal(21)))
        assert (changed.revision, changed.changed) == (2, 1)


def test_what_was_there_before_is_found_by_its_marks(url: str) -> None:
    upgraded_to(url, "0003")
    connection = connected_to(url, writing=True)
    facts = (
        ("assignments\x1feveryone\x1f", "all", '{"code":"all","list":"L"}'),
        ("customers\x1fRossi", "Rossi", '{"code":"Rossi"}'),
        ("LL", "f", '{"code":"f","action":"price","list":"L","formula":{"list":"M"}}'),
        ("LL", "p", '{"code":"p","action":"price","list":"L","value":"1"}'),
    )
    for number, (key, code, body) in enumerate(facts, 1):
        connection.execute("INSERT INTO fact VALUES (?, ?, ?, 1, ?, ?)", (number, key, code, OPEN, body))
    connection.close()
    migrated(url)
    with closing(Database(url)) as database:
        book = snapshot(database)
        book.revision = 1
        assert [one.code for one in assignments_of(book, "L", 9)] == ["all"]
        assert [one.code for one in starting_from(book, "M", 9)] == ["f"]
        assert [one.code for one in alike(book, "customers", ["rossi"])] == ["Rossi"]
        (count,) = book.reading.connection.execute("SELECT count(*) FROM reference").fetchone()
        assert count == 4


def test_the_migrations_make_the_tables_that_the_schema_names(url: str) -> None:
    migrated(url)
    engine = engine_of(url)
    found = inspect(engine)
    told = {
        table.name: (
            {column.name: not column.nullable for column in table.columns},
            {(index.name, tuple(column.name for column in index.columns), index.unique) for index in table.indexes},
        )
        for table in METADATA.sorted_tables
    }
    made = {
        name: (
            {column["name"]: not column["nullable"] for column in found.get_columns(name)},
            {
                (index["name"], tuple(index["column_names"]), bool(index["unique"]))
                for index in found.get_indexes(name)
                if not (str(index["name"]).startswith("sqlite_") or "duplicates_constraint" in index)
            },
        )
        for name in found.get_table_names()
        if name != "alembic_version"
    }
    engine.dispose()
    assert made == told


@pytest.mark.only_on("postgresql")
def test_every_text_is_compared_byte_by_byte(url: str) -> None:
    migrated(url)
    connection = connected_to(url, writing=False)
    others = connection.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"
    ).fetchall()
    connection.close()
    assert others == []
