"""A real Tryton with a company in it, for the tests of its connector."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from listino.connectors.erp_tryton.erp import Tryton as Connector
from listino.connectors.erp_tryton.erp import connect
from tests.connectors.tryton.running import Tryton, http, made_template, running


@pytest.fixture(scope="session")
def template(pytestconfig: pytest.Config) -> Path:
    """The company's database: made once, then taken from the cache."""
    return made_template(pytestconfig.cache.mkdir("tryton"))


@pytest.fixture(scope="session")
def tryton(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Iterator[Tryton]:
    """A Tryton that all tests share: what one does in it must not trouble the others."""
    with running(tmp_path_factory.mktemp("tryton"), template) as found:
        yield found


@pytest.fixture(scope="session")
def erp(tryton: Tryton) -> Connector:
    """The connector to it, as an installation's settings make it."""
    return connect(tryton.settings(), http(), tryton.folder)
