"""The SQL connector keeps what every connector must, on each database, with the mapping of the guide."""

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listino.connectors.erp_sql import connect
from listino.connectors.http import HttpClient, Policy
from listino.ports import Duplicates, Erp
from listino.testing.erp_contract import ErpContract
from tests.connectors.sql.conftest import MARIADB_VARIABLE, Made
from tests.connectors.sql.mapping import connected, settings_for
from tests.connectors.sql.old_erp import OldErp, padded, stamp

ITEMS = ("A0001/X", "A0002/Y", "A0003/Z")
DEAD = {
    "mysql": "mysql+pymysql://nobody@127.0.0.1:9/none",
    "postgresql": "postgresql+psycopg://nobody@127.0.0.1:9/none",
    "sqlite": "sqlite:////nowhere/none.db",
}


class OldRig:
    """The old system with a few items and a customer, and the connector on it."""

    prefix = "t-"
    items = ITEMS
    customer = "C0001"

    def __init__(self, old: OldErp, folder: Path) -> None:
        self.old, self._folder = old, folder
        old.fill("GRUPPI", [("CAVI", "Cavi".ljust(30))])
        old.fill("CLASSI", [("GR", "L1  ", "Grossisti".ljust(30))])
        old.fill("CLIENTI", [("C0001   ", "Sample", "Via", "GR", "IT", "N", stamp())])
        for code in ITEMS:
            old.add_item(code)
        self.erp = connected(old, folder)

    def dead(self) -> Erp:
        told = settings_for(self.old)
        told.pop("connector")
        told.pop("orders")
        told["connection"] = {"url": DEAD[self.old.kind]}
        told["sql"] = told["sql"] | {"deadline_s": 3}
        return connect(told, HttpClient(Policy()), self._folder)

    def documents(self, key: str) -> Sequence[str]:
        found = []
        for head in self.old.rows("SELECT * FROM TESTORD WHERE CHIAVE = :key", key=key):
            lines = self.old.rows("SELECT * FROM RIGHEORD WHERE NUMORD = :number", number=head["NUMORD"])
            found.append(" ".join(str(value) for row in [head, *lines] for value in row.values()))
        return found

    def change_item(self) -> str:
        self.old.add_item("NEW-1")
        return "NEW-1"


@pytest.fixture
def rig(made: Made, tmp_path: Path) -> OldRig:
    return OldRig(made(), tmp_path)


class TestSql(ErpContract):
    @pytest.fixture
    def rig(self, made: Made, tmp_path: Path) -> OldRig:
        return OldRig(made(), tmp_path)

    def test_it_is_of_class_a(self, rig: OldRig) -> None:
        before = rig.erp.traits  # The database was not asked yet.
        assert rig.erp.find_order("sample/never") == ()
        assert [before.duplicates, rig.erp.traits.duplicates] == [Duplicates.CHECKED, Duplicates.PREVENTED]


class TestSqlWithoutUniqueKey(ErpContract):
    @pytest.fixture
    def rig(self, made: Made, tmp_path: Path) -> OldRig:
        return OldRig(made(unique=False), tmp_path)

    def test_it_is_of_class_b(self, rig: OldRig) -> None:
        assert rig.erp.find_order("sample/never") == ()
        assert rig.erp.traits.duplicates is Duplicates.CHECKED


def test_padded_is_what_the_columns_hold(rig: OldRig) -> None:
    held: list[dict[str, Any]] = rig.old.rows("SELECT CODART FROM ARTICOLI ORDER BY CODART")
    assert [row["CODART"] for row in held] == [padded(code, 15) for code in ITEMS]
    assert rig.erp.traits.deadline == timedelta(seconds=20)


def test_the_tests_of_the_connector_run_on_mariadb_too() -> None:
    if MARIADB_VARIABLE not in os.environ:
        pytest.skip(f"The SQL connector is NOT RUN on MariaDB: {MARIADB_VARIABLE} names no server (mysql+pymysql://).")
