"""A real server with its worker beside an old system: changes there are answered here, orders are written there."""

import random
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.sql.conftest import Made
from tests.connectors.sql.mapping import text_for
from tests.connectors.sql.old_erp import OldErp, padded, sold, stamp
from tests.server import Server, listino, new_key, serving
from tests.shop import an_order, opened

EVERY_S, ANSWERED_WITHIN_S, CHANGES, WAIT_S = 1, 3.0, 5, 60.0


@pytest.fixture
def old(made: Made, dice: random.Random) -> OldErp:
    found = made()
    sold(found, dice, items=5, customers=2)
    found.run("DELETE FROM LISTINI")
    codes = [row["CODART"] for row in found.rows("SELECT CODART FROM ARTICOLI")]
    lists = [padded(of, 4) for of in ("L1", "L2", "L3")]
    found.fill("LISTINI", [(of, code, 20260101, 0, 1, 1000, stamp()) for of in lists for code in codes])
    found.run("DELETE FROM SCONTI")
    return found


@pytest.fixture
def server(old: OldErp, tmp_path: Path) -> Iterator[Server]:
    with opened(tmp_path, company=False):
        pass
    settings = tmp_path / "erp.toml"
    settings.write_text(text_for(old, EVERY_S))
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    with serving(url, new_key(url), LISTINO_ERP=str(settings)) as found:
        yield found


def until(wanted: Callable[[], bool]) -> float:
    """Wait until something is so; for how many seconds."""
    began = time.monotonic()
    while not wanted():
        assert time.monotonic() - began < WAIT_S
        time.sleep(0.02)
    return time.monotonic() - began


def price(server: Server, code: str) -> Any:
    answer = server.ask("GET", f"/v1/prices?item={code}&customer=C00000")
    return answer.json().get("net_price") if answer.status == 200 else None


def test_a_change_there_is_answered_here_soon(server: Server, old: OldErp) -> None:
    code = old.rows("SELECT CODART FROM ARTICOLI ORDER BY CODART")[0]["CODART"].strip()
    until(lambda: price(server, code) == "10.00")
    took = []
    for change in range(1, CHANGES + 1):
        old.run("UPDATE LISTINI SET PREZZO = :price, DTAGG = :stamp", price=1000 + change, stamp=stamp())
        took.append(until(lambda wanted=f"10.{change:02d}": price(server, code) == wanted))  # type: ignore[misc]
    # All come; on a machine that others use too, the quickest tells what is promised.
    assert min(took) <= ANSWERED_WITHIN_S
    old.add_item("GONE", ended="N")
    until(lambda: server.ask("GET", "/v1/items/GONE").status == 200)
    old.add_item("GONE", ended="S")
    until(lambda: server.ask("GET", "/v1/items/GONE").status == 404)
    # What a run changed is seen before the run has noted its end.
    until(lambda: server.ask("GET", "/v1/mirror").json()["data"][0]["held"]["items"] == 5)
    (source,) = server.ask("GET", "/v1/mirror").json()["data"]
    assert (source["source"], source["problems"], source["failure"]) == ("sql", [], None)
    assert 'listino_mirror_lag_seconds{source="sql"}' in server.ask("GET", "/metrics").body.decode()


def test_an_order_stands_there_once_with_what_it_says(server: Server, old: OldErp, tmp_path: Path) -> None:
    code = old.rows("SELECT CODART FROM ARTICOLI ORDER BY CODART")[0]["CODART"].strip()
    until(lambda: price(server, code) == "10.00")
    ship_to = {"name": "Piero Cantiere", "street": "Strada del Molo 12", "postcode": "16126", "city": "Genova",
               "country": "IT"}  # fmt: skip
    said = an_order(
        number="77", customer="C00000", lines=[{"item": code, "quantity": "3"}], ship_to=ship_to, reference="PO-1",
        notes="Piano terra", charges=[{"kind": "shipping", "net": "8.20", "tax": "1.80", "gross": "10.00"}],
    )  # fmt: skip
    order = server.ask("POST", "/v1/orders", said).json()
    until(lambda: server.ask("GET", f"/v1/orders/{order['id']}").json()["handover"] == "placed")
    (head,) = old.rows("SELECT * FROM TESTORD")
    assert (head["CHIAVE"], head["CODCLI"].strip(), head["CONS_LOC"], head["RIFCLI"], head["NOTE"]) == (
        "shop/77", "C00000", "Genova", "PO-1", "Piano terra",
    )  # fmt: skip
    assert (head["NETTO"], head["TOTALE"]) == (3820, int(Decimal(order["gross"]) * 100))
    lines = old.rows("SELECT TIPO, CODART, QTA, NETTO FROM RIGHEORD ORDER BY RIGA")
    assert [(row["TIPO"], int(row["QTA"]), row["NETTO"]) for row in lines] == [("A", 3, 3000), ("S", 1, 820)]
    found = server.ask("GET", f"/v1/orders/{order['id']}").json()
    assert found["erp_number"] == str(head["NUMORD"])
    shown = listino("mirror", "--show", "--database", f"sqlite:///{tmp_path / 'listino.db'}")
    assert shown.stdout.startswith("sql: ")
