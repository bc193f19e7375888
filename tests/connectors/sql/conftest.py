"""Old management systems on each database that there is here; where one is missing, a test says so by its name."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from tests import engines
from tests.connectors.sql.old_erp import OldErp

MARIADB_VARIABLE = "LISTINO_TEST_MARIADB"
Made = Callable[..., OldErp]
_made = iter(range(1, 10_000))


@pytest.fixture(params=["sqlite", "postgresql", *(["mariadb"] if MARIADB_VARIABLE in os.environ else [])])
def database(request: pytest.FixtureRequest) -> str:
    """On which database the old system runs."""
    name: str = request.param
    return name


@pytest.fixture
def made(database: str, tmp_path: Path) -> Iterator[Made]:
    """Makes an old system on that database; it is gone behind the test."""
    with ExitStack() as stack:

        def make(**how: bool) -> OldErp:
            erp = OldErp(_url(database, tmp_path, stack), **how)
            stack.callback(erp.close)
            return erp

        yield make


def _url(database: str, folder: Path, stack: ExitStack) -> str:
    name = f"old_erp_{next(_made)}"
    if database == "sqlite":
        return f"sqlite:///{folder / name}.db"
    if database == "mariadb":
        server = create_engine(os.environ[MARIADB_VARIABLE])
        _carried_out(server, f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        stack.callback(_carried_out, server, f"DROP DATABASE {name}")
        return server.url.set(database=name).render_as_string(hide_password=False)
    url = stack.enter_context(engines.server().empty_database())
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _carried_out(server: Engine, statement: str) -> None:
    with server.connect() as connection:
        connection.exec_driver_sql(statement)


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Chance that is the same in every run."""
    return random.Random(request.node.originalname)
