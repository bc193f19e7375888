"""Orders that a management system holds: what is still worked here, and what its word means for stock and ledger."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listino.db.ledger import astray
from listino.db.stock import unbalanced
from tests.shift import Shift, on_shift
from tests.shop import an_order


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Shift]:
    with on_shift(tmp_path, able=True) as found:
        yield found


def saws(quantity: str, number: str = "1001") -> dict[str, Any]:
    return an_order(number=number, customer="bianchi", lines=[{"item": "saw", "quantity": quantity}])


def counted(shift: Shift, on_hand: str) -> None:
    shift.house.client.request("PUT", "/v1/stock/saw", json={"on_hand": on_hand})


def reserved(shift: Shift) -> str:
    assert unbalanced(shift.house.database.read().connection) == []
    found: str = shift.house.get("/v1/stock/saw").json()["warehouses"][0]["reserved"]
    return found


def told_by_erp(shift: Shift, key: str, life: str) -> None:
    """The management system brings an order into a state; it is asked for it half a minute later."""
    shift.erp.live(key, life)
    shift.for_a_while(40, every=10)


def tell(shift: Shift, told: str, kind: str, **said: Any) -> Any:
    body = {"kind": kind, "key": kind} | said
    return shift.house.client.request("POST", f"/v1/orders/{told}/events", json=body)


def test_goods_are_reserved_here_until_the_management_system_says_that_they_have_left(shift: Shift) -> None:
    counted(shift, "10")
    order = shift.placed(**saws("3"))
    shift.until_idle()
    assert (shift.order(order)["handover"], reserved(shift)) == ("placed", "3")
    told_by_erp(shift, "shop/1001", "picked")
    assert reserved(shift) == "3"
    told_by_erp(shift, "shop/1001", "shipped")
    assert (reserved(shift), shift.house.get("/v1/stock/saw").json()["warehouses"][0]["on_hand"]) == ("0", "10")


def test_the_word_of_the_management_system_moves_lines_and_ledger(shift: Shift) -> None:
    shift.house.put("customers", "bianchi", country="IT", credit_limit="50")
    first = shift.placed(**saws("2", "1"))
    second = shift.placed(**saws("1", "2"))
    assert shift.order(second)["held"] == ["credit_limit"]
    shift.until_idle()
    told_by_erp(shift, "shop/1", "shipped")
    assert [line["shipped"] for line in shift.order(first)["lines"]] == ["2"]
    assert shift.decide(second, "release").json()["code"] == "still_held"
    told_by_erp(shift, "shop/1", "closed")
    assert shift.decide(second, "release").status == 200
    shift.until_idle()
    assert shift.order(second)["handover"] == "placed"
    told_by_erp(shift, "shop/2", "cancelled")
    assert [line["cancelled"] for line in shift.order(second)["lines"]] == ["1"]
    rows = shift.house.database.read().connection.execute("SELECT DISTINCT used FROM usage").fetchall()
    assert (rows, astray(shift.house.database.read().connection)) == ([("0",)], [])


def test_steps_are_taken_in_the_management_system(shift: Shift) -> None:
    order = shift.placed()
    for _ in range(2):  # On its way, and there.
        before = shift.order(order)
        answer = shift.decide(order, "steps", state="shipped")
        assert (answer.status, answer.json()["code"]) == (409, "in_management_system")
        assert shift.order(order) == before
        shift.until_idle()


def test_an_order_that_has_not_gone_is_held_back_and_let_go_by_hand(shift: Shift) -> None:
    order = shift.placed()
    held = shift.decide(order, "steps", state="on_hold", text="Is this real?").json()
    assert (held["handover"], held["life"], held["held"]) == ("accepted", "on_hold", ["by_hand"])
    shift.for_a_while(60, every=10)
    assert (shift.order(order)["handover"], shift.held("shop/1001")) == ("accepted", [])
    shift.decide(order, "release", text="They rang.")
    shift.until_idle()
    assert (shift.order(order)["handover"], len(shift.held("shop/1001"))) == ("placed", 1)


def test_an_order_that_has_not_gone_is_taken_back_by_hand(shift: Shift) -> None:
    counted(shift, "10")
    order = shift.placed(**saws("3"))
    gone = shift.decide(order, "steps", state="cancelled").json()
    assert (gone["handover"], gone["life"], reserved(shift)) == ("cancelled", "cancelled", "0")
    shift.for_a_while(60, every=10)
    assert shift.held("shop/1001") == []


def test_what_was_paid_before_an_order_went_follows_it(shift: Shift) -> None:
    order = shift.placed(customer="nobody")
    assert tell(shift, order, "paid", amount="5").json()["state"] == "under_way"
    shift.for_a_while(30, every=10)
    assert shift.erp.calls["record_payment"] == 0
    shift.decide(order, "release", customer="bianchi")
    shift.for_a_while(40, every=10)
    assert shift.erp.calls["record_payment"] == 1
    assert [event["state"] for event in shift.order(order)["events"]] == ["applied"]


def test_a_change_that_must_be_looked_at_follows_when_it_was_released(shift: Shift) -> None:
    order = shift.placed(**saws("3"))
    shift.until_idle()
    changed = saws("2") | {"lines": [{"item": "saw", "quantity": "2", "net": "1"}]}
    assert tell(shift, order, "changed", order=changed).json()["state"] == "under_way"
    shift.for_a_while(40, every=10)
    found = shift.order(order)
    assert (found["held"], shift.erp.calls["change_order"]) == (["price_difference"], 0)
    answer = shift.decide(order, "release", prices="store")
    assert (answer.status, answer.json()["handover"]) == (200, "placed"), answer.body
    shift.for_a_while(40, every=10)
    assert (shift.erp.calls["change_order"], shift.order(order)["events"][0]["state"]) == (1, "applied")
