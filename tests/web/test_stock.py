"""Stock: reserved with the order, given back or taken away with its life, and nobody gets the last piece twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listino.config import SystemChance
from listino.db.stock import unbalanced
from listino.flows.access import created
from tests.asgi import Response
from tests.engines import ON_BOTH
from tests.shop import NOW, House, an_order, opened

pytestmark = ON_BOTH


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def count(house: House, item: str, on_hand: str, warehouse: str = "main") -> None:
    answer = house.client.request("PUT", f"/v1/stock/{item}", json={"on_hand": on_hand, "warehouse": warehouse})
    assert answer.status == 200, answer.body


def shelves(house: House, item: str) -> dict[str, tuple[str, str, str]]:
    """By warehouse what is on hand, reserved and available."""
    rows = house.get(f"/v1/stock/{item}").json()["warehouses"]
    return {one["warehouse"]: (one["on_hand"], one["reserved"], one["available"]) for one in rows}


def ordered(house: House, number: str, quantity: str = "3", **said: Any) -> Any:
    lines = said.pop("lines", [{"item": "saw", "quantity": quantity}])
    answer = house.order(number=number, customer="bianchi", lines=lines, **said)
    assert answer.status == 201, answer.body
    return answer.json()


def step(house: House, order: Any, state: str, **said: Any) -> Response:
    return house.client.request("POST", f"/v1/orders/{order['id']}/steps", json={"state": state} | said)


def is_balanced(house: House) -> bool:
    return unbalanced(house.database.read().connection) == []


def test_an_order_reserves_what_it_needs_and_shipping_takes_it_away(house: House) -> None:
    count(house, "saw", "10")
    order = ordered(house, "1")
    assert (order["held"], shelves(house, "saw")) == ([], {"main": ("10", "3", "7")})
    assert step(house, order, "shipped", lines=[{"line": 1, "quantity": "1"}]).status == 200
    assert shelves(house, "saw") == {"main": ("9", "2", "7")}
    assert step(house, order, "shipped").status == 200
    assert shelves(house, "saw") == {"main": ("7", "0", "7")}
    assert is_balanced(house)


def test_cancelling_makes_free_and_a_return_is_put_back_where_it_is_said(house: House) -> None:
    count(house, "saw", "10")
    first, second = ordered(house, "1"), ordered(house, "2")
    step(house, first, "cancelled", lines=[{"line": 1, "quantity": "1"}])
    assert shelves(house, "saw") == {"main": ("10", "5", "5")}
    step(house, first, "cancelled")
    assert shelves(house, "saw") == {"main": ("10", "3", "7")}
    step(house, second, "shipped")
    step(house, second, "returned", lines=[{"line": 1, "quantity": "1"}])
    assert shelves(house, "saw") == {"main": ("7", "0", "7")}
    step(house, second, "returned", restock="returns")
    assert shelves(house, "saw") == {"main": ("7", "0", "7"), "returns": ("2", "0", "2")}
    assert is_balanced(house)


def test_what_nobody_counts_is_not_out_of_stock_at_any_door(house: House) -> None:
    assert house.get("/v1/stock/saw").json() == {
        "item": "saw", "warehouses": [], "available": None, "available_on": None,
    }  # fmt: skip
    (line,) = [one for one in house.get("/v1/items", priced_for="*").json()["data"] if one["item"] == "saw"]
    assert line["stock"] is None
    count(house, "saw", "0")
    assert house.get("/v1/stock/saw").json()["available"] == "0"
    (line,) = [one for one in house.get("/v1/items", priced_for="*").json()["data"] if one["item"] == "saw"]
    assert line["stock"]["available"] == "0"


def test_a_return_of_what_nobody_counts_does_not_begin_to_count_it(house: House) -> None:
    order = ordered(house, "1")
    step(house, order, "shipped", lines=[{"line": 1, "quantity": "2"}])
    assert step(house, order, "returned", lines=[{"line": 1, "quantity": "1"}], restock="main").status == 200
    assert shelves(house, "saw") == {}
    assert step(house, order, "shipped").status == 200
    assert ordered(house, "2")["held"] == []


def test_an_order_for_more_than_there_is_is_taken_and_held_and_takes_nothing(house: House) -> None:
    count(house, "saw", "2")
    count(house, "hammer", "5")
    order = ordered(house, "1", lines=[{"item": "saw", "quantity": "3"}, {"item": "hammer", "quantity": "1"}])
    assert (order["held"], order["handover"], order["life"]) == (["stock"], "accepted", "on_hold")
    assert shelves(house, "saw") == {"main": ("2", "0", "2")}
    assert shelves(house, "hammer") == {"main": ("5", "1", "4")}
    assert house.get(f"/v1/orders/{order['id']}").json()["held"] == ["stock"]
    step(house, order, "cancelled")
    assert shelves(house, "hammer") == {"main": ("5", "0", "5")}


def test_what_is_counted_nowhere_is_not_looked_at(house: House) -> None:
    order = ordered(house, "1", "1000000")
    assert (order["held"], order["handover"]) == ([], "placed")
    assert step(house, order, "shipped").status == 200
    assert shelves(house, "saw") == {}


def test_units_are_counted_in_the_items_own(house: House) -> None:
    count(house, "hammer", "30")
    order = ordered(house, "1", lines=[{"item": "hammer", "quantity": "2", "unit": "BX"}])
    assert shelves(house, "hammer") == {"main": ("30", "24", "6")}
    step(house, order, "shipped", lines=[{"line": 1, "quantity": "1"}])
    assert shelves(house, "hammer") == {"main": ("18", "12", "6")}


def test_several_warehouses_are_asked_by_code_and_one_that_has_all_comes_first(house: House) -> None:
    for warehouse, on_hand in (("a", "2"), ("b", "5"), ("c", "5")):
        count(house, "saw", on_hand, warehouse)
    whole = ordered(house, "1", "4")
    assert [one[1] for one in shelves(house, "saw").values()] == ["0", "4", "0"]
    spread = ordered(house, "2", "7")
    assert [one[1] for one in shelves(house, "saw").values()] == ["2", "5", "4"]
    step(house, spread, "shipped", lines=[{"line": 1, "quantity": "3"}])
    assert list(shelves(house, "saw").values()) == [("0", "0", "0"), ("4", "4", "0"), ("5", "4", "1")]
    step(house, spread, "cancelled")
    step(house, whole, "shipped")
    assert list(shelves(house, "saw").values()) == [("0", "0", "0"), ("0", "0", "0"), ("5", "0", "5")]
    assert is_balanced(house)


def test_a_count_keeps_what_is_reserved_and_what_is_not_there_is_not_shipped(house: House) -> None:
    count(house, "saw", "10")
    order = ordered(house, "1")
    count(house, "saw", "1")
    assert shelves(house, "saw") == {"main": ("1", "3", "0")}
    before = house.get(f"/v1/orders/{order['id']}").json()
    answer = step(house, order, "shipped")
    assert (answer.status, answer.json()["code"]) == (409, "not_on_hand")
    assert answer.json()["errors"][0]["remedy"] == "Count it (PUT /v1/stock/saw), or ship what is there."
    assert house.get(f"/v1/orders/{order['id']}").json() == before
    assert shelves(house, "saw") == {"main": ("1", "3", "0")}
    assert ordered(house, "2", "1")["held"] == ["stock"]
    count(house, "saw", "3")
    assert step(house, order, "shipped").status == 200
    assert shelves(house, "saw") == {"main": ("0", "0", "0")}


def test_goods_that_an_offer_adds_are_reserved_and_go_with_the_last_of_the_order(house: House) -> None:
    count(house, "hammer", "5")
    offer = {"item": "hammer", "quantity": "1", "quantity_from": "2"}
    house.put("rules", "gift", action="free_goods", item="saw", offer=offer)
    order = ordered(house, "1", "2")
    assert (len(order["free_goods"]), shelves(house, "hammer")["main"][1]) == (1, order["free_goods"][0]["quantity"])
    step(house, order, "shipped", lines=[{"line": 1, "quantity": "1"}])
    assert shelves(house, "hammer")["main"][0] == "5"
    step(house, order, "shipped")
    assert shelves(house, "hammer")["main"][1] == "0"


def test_a_test_order_reserves_nothing(house: House) -> None:
    count(house, "saw", "10")
    _, secret = created(house.database, "trial", ["all"], channel=None, test=True, now=NOW, chance=SystemChance())
    headers = {"Authorization": f"Bearer {secret}"}
    said = an_order(customer="bianchi", lines=[{"item": "saw", "quantity": "3"}])
    order = house.client.request("POST", "/v1/orders", json=said, headers=headers).json()
    step(house, order, "shipped")
    assert shelves(house, "saw") == {"main": ("10", "0", "10")}


def test_the_same_order_again_reserves_nothing_more(house: House) -> None:
    count(house, "saw", "10")
    assert ordered(house, "1") == ordered(house, "1")
    assert shelves(house, "saw") == {"main": ("10", "3", "7")}


def test_of_forty_orders_at_once_for_the_last_piece_one_gets_it(house: House) -> None:
    count(house, "saw", "1")
    bodies = [an_order(number=str(n), customer="bianchi", lines=[{"item": "saw", "quantity": "1"}]) for n in range(40)]
    answers = house.client.together([("POST", "/v1/orders", {"json": body}) for body in bodies])
    assert {answer.status for answer in answers} == {201}
    held = [answer.json()["held"] for answer in answers]
    assert sorted(map(tuple, held)) == [(), *[("stock",)] * 39]
    assert shelves(house, "saw") == {"main": ("1", "1", "0")}
    assert is_balanced(house)


def test_orders_shipments_and_counts_at_once_never_go_below_zero(house: House) -> None:
    count(house, "saw", "20")
    orders = [ordered(house, str(n), "1") for n in range(20)]
    states = ["shipped" if place % 2 else "cancelled" for place in range(20)]
    answers = house.client.together(
        [
            ("POST", f"/v1/orders/{one['id']}/steps", {"json": {"state": state}})
            for one, state in zip(orders, states, strict=True)
        ]
    )
    assert {answer.status for answer in answers} == {200}
    assert shelves(house, "saw") == {"main": ("10", "0", "10")}
    assert is_balanced(house)


def test_a_count_says_from_which_day_on_there_will_be_more(house: House) -> None:
    more = {"on_hand": "4", "warehouse": "main", "available_on": "2026-12-31"}
    assert house.client.request("PUT", "/v1/stock/saw", json=more).status == 200
    assert house.client.request("PUT", "/v1/stock/saw", json={"on_hand": "0", "warehouse": "south"}).status == 200
    ordered(house, "1")
    held = house.get("/v1/stock/saw").json()
    assert [(one["warehouse"], one["available"], one["available_on"]) for one in held["warehouses"]] == [
        ("main", "1", "2026-12-31"),
        ("south", "0", None),
    ]
    assert (held["available"], held["available_on"]) == ("1", "2026-12-31")
    count(house, "saw", "9")
    assert house.get("/v1/stock/saw").json()["available_on"] is None


@pytest.mark.parametrize("said", ["31.12.2026", "2026-02-30", "20261231", "", "2026-12-31T00:00:00Z"])
def test_what_is_no_day_changes_nothing(house: House, said: str) -> None:
    count(house, "saw", "4")
    answer = house.client.request("PUT", "/v1/stock/saw", json={"on_hand": "9", "available_on": said})
    assert (answer.status, answer.json()["errors"][0]["field"]) == (400, "available_on")
    assert (answer.json()["code"], shelves(house, "saw")) == ("not_a_day", {"main": ("4", "0", "4")})
