"""A database of an earlier version becomes one of this version, and keeps all that it holds."""

from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, inspect, pool

from listino.core.errors import Unavailable
from listino.core.rules import Rule
from listino.db import migrate
from listino.db.engine import Database, connected
from listino.db.every_table import METADATA
from listino.db.lookups import alike, assignments_of, starting_from
from listino.db.migrate import HEAD, check_version, migrated
from listino.db.snapshot import snapshot
from listino.flows.price import Asked, price
from tests.books import NOW, put


def upgraded_to(path: Path, revision: str) -> None:
    """A database as the migrations up to one of them leave it."""
    engine = create_engine("sqlite://", creator=lambda: connected(path, writing=True), poolclass=pool.NullPool)
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


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


def test_a_database_of_the_first_version_keeps_its_book(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    url = f"sqlite:///{path}"
    upgraded_to(path, "0001")
    connection = connected(path, writing=True)
    for table, row in FIRST_BOOK:
        connection.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)
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


def test_what_was_there_before_is_found_by_its_marks(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    url = f"sqlite:///{path}"
    upgraded_to(path, "0003")
    connection = connected(path, writing=True)
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


def test_the_migrations_make_the_tables_that_the_schema_names(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    migrated(f"sqlite:///{path}")
    engine = create_engine("sqlite://", creator=lambda: connected(path, writing=True), poolclass=pool.NullPool)
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
                if not str(index["name"]).startswith("sqlite_")
            },
        )
        for name in found.get_table_names()
        if name != "alembic_version"
    }
    engine.dispose()
    assert made == told
