"""Old management systems on each database that there is here; where one is missing, a test says so by its name."""

import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import engines
from tests.connectors.sql.old_erp import OldErp

MARIADB_VARIABLE = "LISTINO_TEST_MARIADB"
Made = Callable[..., OldErp]
_made = iter(range(1, 10_000))


@pytest.fixture(params=["sqlite", "postgresql"])
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
        return os.environ[MARIADB_VARIABLE]
    url = stack.enter_context(engines.server().empty_database())
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Chance that is the same in every run."""
    return random.Random(request.node.originalname)
