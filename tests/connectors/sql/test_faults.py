"""What goes wrong between the connector and a database is told by who must act, and never writes twice."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from listino.connectors.erp_sql import connect
from listino.core.errors import ErpSaidNo, Malformed, OutcomeUnknown, Unavailable
from listino.ports import OrderToPlace
from listino.testing.sample_order import sample_order
from tests.connectors.sql.conftest import Made
from tests.connectors.sql.cutting import cut_at_commit
from tests.connectors.sql.mapping import HTTP, connected, settings_for, told_by_the_guide
from tests.connectors.sql.old_erp import OldErp, stamp

ITEM, CUSTOMER = "A0001/X", "C0001"


@pytest.fixture
def old(made: Made) -> OldErp:
    found = made()
    found.fill("CLIENTI", [(f"{CUSTOMER}   ", "Sample", "Via", "GR", "IT", "N", stamp())])
    found.add_item(ITEM)
    return found


def order(number: str = "1", **said: Any) -> OrderToPlace:
    plain = sample_order(number, CUSTOMER, (ITEM,))
    return replace(plain, order=replace(plain.order, **said))


def documents(old: OldErp) -> int:
    return len(old.rows("SELECT 1 AS X FROM TESTORD"))


def test_the_same_order_from_many_at_once_stands_there_once(old: OldErp, tmp_path: Path) -> None:
    erp = connected(old, tmp_path)
    with ThreadPoolExecutor(6) as threads:
        numbers = {one.number for one in threads.map(lambda _: _placed(erp, order()), range(12))}
    assert len(numbers) == 1
    assert documents(old) == 1


def _placed(erp: Any, wanted: OrderToPlace) -> Any:
    for _ in range(50):
        try:
            return erp.place_order(wanted)
        except Unavailable:  # A lock: surely not done.
            continue
    raise AssertionError("It is never placed.")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_answer_lost_at_commit_is_told_as_unknown_and_found_by_key(old: OldErp, tmp_path: Path) -> None:
    direct = connected(old, tmp_path)
    with cut_at_commit(old.url) as url:
        erp = connected(old, tmp_path, connection={"url": url})
        with pytest.raises(OutcomeUnknown):
            erp.place_order(order())
    # The commit was on its way: it is looked for until the settling time is over.
    end = time.monotonic() + direct.traits.settling.total_seconds()
    while not direct.find_order(order().key) and time.monotonic() < end:
        time.sleep(0.05)
    assert len(direct.find_order(order().key)) == 1
    assert direct.place_order(order()).number == direct.find_order(order().key)[0].number
    assert documents(old) == 1


def test_a_database_that_hangs_is_given_up_in_time_and_nothing_comes_later(old: OldErp, tmp_path: Path) -> None:
    erp = connected(old, tmp_path, sql=told_by_the_guide()["sql"] | {"deadline_s": 1})
    with old.engine.connect() as holder:
        if old.kind == "sqlite":
            holder.connection.driver_connection.isolation_level = None  # type: ignore[union-attr]
            holder.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            lock = "LOCK TABLES TESTORD WRITE" if old.kind == "mysql" else "LOCK TABLE TESTORD IN ACCESS EXCLUSIVE MODE"
            holder.execute(text(lock))
        with pytest.raises(Unavailable):
            erp.place_order(order())
        holder.rollback()
    assert erp.place_order(order("2")).number
    assert [row["CHIAVE"] for row in old.rows("SELECT CHIAVE FROM TESTORD")] == ["sample/2"]


def test_a_server_that_accepts_and_says_nothing_is_given_up_in_time(made: Made, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg://x@127.0.0.1:{silent.getsockname()[1]}/x"
        told = told_by_the_guide()
        erp = connected(made(), tmp_path, connection={"url": url}, sql=told["sql"] | {"deadline_s": 1})
        with pytest.raises(Unavailable, match=r"did not answer within 1 s|timeout"):
            erp.place_order(order())
        with pytest.raises(Unavailable):
            list(erp.news(None))


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        ({"notes": "x" * 401}, "does_not_fit", "notes: "),
        ({"customer": "NOBODY"}, "refused", "The order: "),
        ({"customer": "C0001-IS-TOO-LONG"}, "does_not_fit", "customer: "),
    ],
)
def test_what_the_database_refuses_is_for_a_person_and_leaves_nothing(
    old: OldErp, tmp_path: Path, said: dict[str, Any], code: str, words: str
) -> None:
    erp = connected(old, tmp_path)
    with pytest.raises(ErpSaidNo) as caught:
        erp.place_order(order(**said))
    assert (caught.value.code, words in caught.value.detail) == (code, True)
    assert documents(old) == 0


def test_an_order_of_which_an_amount_would_be_left_out_is_refused(old: OldErp, tmp_path: Path) -> None:
    told = settings_for(old)["order"]
    erp = connected(old, tmp_path, order={name: value for name, value in told.items() if name != "charge"})
    with pytest.raises(ErpSaidNo, match="no statement writes it") as caught:
        erp.place_order(order())
    assert (caught.value.code, documents(old)) == ("no_place", 0)


def test_a_statement_that_is_wrong_is_told_with_the_databases_words(old: OldErp, tmp_path: Path) -> None:
    told = settings_for(old)["order"]
    erp = connected(old, tmp_path, order=told | {"line": "INSERT INTO RIGHEORD (NUMORD) VALUES (:erp_numbr)"})
    with pytest.raises(ErpSaidNo, match=r"Line 1 .*no parameter :erp_numbr"):
        erp.place_order(order())
    assert documents(old) == 0


def test_a_status_that_the_mapping_does_not_know_is_told_and_no_life_of_ours(old: OldErp, tmp_path: Path) -> None:
    erp = connected(old, tmp_path)
    erp.place_order(order())
    old.run("UPDATE TESTORD SET STATO = 'S'")
    ((first,),) = [page.orders for page in erp.order_states(None)]
    assert (first.key, first.life, first.text) == ("sample/1", "shipped", None)
    old.run("UPDATE TESTORD SET STATO = 'Z'")
    ((first,),) = [page.orders for page in erp.order_states(None)]
    assert (first.life, first.text) == (None, "STATO: 'Z' is not in its map")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"connection": {}}, "connection.url"),
        ({"connection": {"url": "nonsense"}}, "connection.url"),
        ({"connection": {"url": "db2+ibm_db://host/db"}}, "connection.url"),
        ({"sql": {"zone": "Rome"}}, "sql.zone"),
        ({"sql": {"deadline_s": -1}}, "sql.deadline_s"),
        ({"sql": {"dead": 1}}, "sql.dead"),
        # It is said of each date: exclusive = true.
        ({"sql": {"last_day_included": False}}, "sql.last_day_included"),
        ({"facts": [{"kind": "items"}]}, "facts[0]"),
        ({"facts": [{"kind": "items", "query": "SELECT 1", "changes": "SELECT 2"}]}, "facts[0].changes"),
        ({"order": {"insert": "INSERT"}}, "order.line"),
        ({"order": {"insert": "I", "line": "L", "find": "F"}}, "order.found"),
        ({"order": {"insert": "I", "line": "L", "key": "K"}}, "order.key"),
        ({"order": {"insert": "I", "line": "L", "values": {"x": {"value": "a", "as": "cents"}}}}, "order.values.x.as"),
        ({"mapping": "nowhere.toml"}, "mapping"),
    ],
)
def test_settings_that_mean_nothing_are_refused_with_their_place(
    tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    told: dict[str, Any] = {"connection": {"url": "sqlite:///x.db"}, "facts": []}
    with pytest.raises(Malformed) as caught:
        connect(told | change, HTTP, tmp_path)
    assert [fault.field for fault in caught.value.faults] == [field]


def test_a_mapping_may_stand_in_a_file_of_its_own(old: OldErp, tmp_path: Path) -> None:
    (tmp_path / "old.toml").write_text('[[facts]]\nkind = "items"\nquery = "SELECT CODART FROM ARTICOLI"\n'
                                       'fields.code = { column = "CODART", as = "padded" }\n')  # fmt: skip
    erp = connect({"connection": {"url": old.url}, "mapping": "old.toml"}, HTTP, tmp_path)
    assert [record.code for page in erp.news(None) for record in page.records] == [ITEM]
