"""Caps and contracts: orders use them up, asking never does, and nobody gets more than there is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listino.config import SystemChance
from listino.flows.access import created
from listino.flows.doctor import examined
from tests.shop import NOW, House, an_order, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def used(house: House, start: str) -> dict[str, str]:
    rows = house.database.read().connection.execute("SELECT subject, used FROM usage ORDER BY subject")
    found = {subject.replace("\x1f", " "): amount for subject, amount in rows}
    return {subject: amount for subject, amount in found.items() if subject.startswith(start)}


def spring(house: House, **caps: Any) -> None:
    """20 % off every saw, for as long as there is some of it left."""
    house.put("rules", "spring", action="percent", step="promotion", item="saw", value="20", caps=caps)


SAW = [{"item": "saw", "quantity": "2"}]


def sawn(house: House, number: str, **said: Any) -> Any:
    return house.order(number=number, **({"customer": "bianchi", "lines": SAW} | said)).json()


def test_asking_never_uses_up_a_cap_and_says_as_of_when_it_was_read(house: House) -> None:
    spring(house, uses=1)
    for _ in range(3):
        answer = house.get("/v1/prices/saw", customer="bianchi")
        assert (answer.json()["net_price"], answer.json()["usage_as_of"][:16]) == ("16.00", "2026-11-23T12:00")
        assert "etag" not in answer.headers
    batch = house.client.request("POST", "/v1/prices", json={"customer": "bianchi", "lines": [{"item": "saw"}]}).json()
    assert (batch["lines"][0]["net_price"], batch["usage_as_of"][:16]) == ("16.00", "2026-11-23T12:00")
    assert used(house, "") == {}


def test_an_answer_that_no_cap_touches_says_nothing_of_usage(house: House) -> None:
    answer = house.get("/v1/prices/hammer", customer="bianchi")
    assert "usage_as_of" not in answer.json()
    assert "etag" in answer.headers


def test_an_order_uses_a_rule_up_and_the_next_price_is_without_it(house: House) -> None:
    spring(house, uses=1)
    first = sawn(house, "1")
    assert (first["net"], first["held"]) == ("32.00", [])
    assert used(house, "rule") == {
        "rule spring amount": "8", "rule spring customer bianchi": "1", "rule spring quantity": "2",
        "rule spring uses": "1",
    }  # fmt: skip
    price = house.price("saw", customer="bianchi", explain="all")
    assert price["net_price"] == "20.00"
    assert [(one["rule"], one["reason"]) for one in price["not_applied"]] == [("spring", "cap_exhausted")]
    assert (sawn(house, "2")["net"], used(house, "rule spring uses")) == ("40.00", {"rule spring uses": "1"})


def test_the_same_order_again_uses_nothing_more(house: House) -> None:
    spring(house, uses=5)
    assert sawn(house, "1") == sawn(house, "1")
    assert used(house, "rule spring uses") == {"rule spring uses": "1"}


def test_a_test_order_uses_nothing(house: House) -> None:
    spring(house, uses=1)
    _, secret = created(house.database, "shop", ["all"], channel=None, test=True, now=NOW, chance=SystemChance())
    headers = {"Authorization": f"Bearer {secret}"}
    order = an_order(customer="bianchi", lines=SAW)
    assert house.client.request("POST", "/v1/orders", json=order, headers=headers).json()["net"] == "32.00"
    assert used(house, "") == {}


def test_a_cap_per_customer_is_each_customers_own(house: House) -> None:
    spring(house, per_customer=1)
    house.put("customers", "verdi", country="IT")
    assert [sawn(house, str(number))["net"] for number in (1, 2)] == ["32.00", "40.00"]
    assert sawn(house, "3", customer="verdi")["net"] == "32.00"


def test_a_cap_on_the_quantity_splits_the_line_that_crosses_its_end(house: House) -> None:
    spring(house, quantity="5", beyond="split")
    assert [sawn(house, str(number))["net"] for number in range(4)] == ["32.00", "32.00", "36.00", "40.00"]
    assert used(house, "rule spring quantity") == {"rule spring quantity": "5"}


def at_once(house: House, orders: list[dict[str, Any]]) -> list[tuple[str, tuple[str, ...]]]:
    """Net and reasons to hold of orders that come together, in no order."""
    responses = house.client.together([("POST", "/v1/orders", {"json": order}) for order in orders])
    answers = [response.json() for response in responses]
    kept = {order["id"]: house.get(f"/v1/orders/{order['id']}").json() for order in answers}
    assert [kept[order["id"]]["net"] for order in answers] == [order["net"] for order in answers]
    assert len(kept) == len(orders)
    assert ledger(house) == ("ok", "what is used up is what orders took")
    return sorted((order["net"], tuple(order["held"])) for order in answers)


def several(count: int, **said: Any) -> list[dict[str, Any]]:
    return [an_order(number=str(number), **({"customer": "bianchi", "lines": SAW} | said)) for number in range(count)]


def test_of_fifty_orders_at_once_as_many_have_a_cap_as_there_are_uses_and_none_is_held(house: House) -> None:
    spring(house, uses=10)
    assert at_once(house, several(50)) == [("32.00", ())] * 10 + [("40.00", ())] * 40
    assert used(house, "rule spring") == {
        "rule spring amount": "80", "rule spring customer bianchi": "10", "rule spring quantity": "20",
        "rule spring uses": "10",
    }  # fmt: skip


def test_of_fifty_orders_at_once_one_has_what_is_left_of_a_quantity(house: House) -> None:
    spring(house, quantity="25", beyond="split")
    nets = [("32.00", ())] * 12 + [("36.00", ())] + [("40.00", ())] * 37
    assert at_once(house, several(50)) == nets
    assert used(house, "rule spring quantity") == {"rule spring quantity": "25"}


def test_what_is_left_of_a_quantity_is_refused_to_orders_at_once_that_need_more(house: House) -> None:
    spring(house, quantity="25")
    assert at_once(house, several(50)) == [("32.00", ())] * 12 + [("40.00", ())] * 38
    assert used(house, "rule spring quantity") == {"rule spring quantity": "24"}


def test_an_order_of_hundreds_of_lines_is_priced_again_too(house: House) -> None:
    spring(house, uses=1)
    long = [{"item": "saw", "quantity": "1"}] * 150
    assert at_once(house, several(3, lines=long)) == [("2400.00", ()), ("3000.00", ()), ("3000.00", ())]


def test_of_orders_at_once_those_that_were_told_a_price_keep_it_and_are_held(house: House) -> None:
    spring(house, uses=7)
    stated = several(20, lines=[{"item": "saw", "quantity": "2", "net": "32.00"}])
    assert at_once(house, stated) == [("32.00", ())] * 7 + [("32.00", ("cap_exceeded",))] * 13
    assert used(house, "rule spring uses") == {"rule spring uses": "20"}


def test_the_same_order_many_times_at_once_is_one_order_also_where_it_is_priced_again(house: House) -> None:
    spring(house, uses=1)
    orders = [*several(2), *several(2), *several(2)]
    responses = house.client.together([("POST", "/v1/orders", {"json": order}) for order in orders])
    assert sorted({(one.json()["id"], one.json()["net"]) for one in responses}, key=lambda one: one[1]) == [
        (one["id"], one["net"]) for one in sorted(house.get("/v1/orders").json()["data"], key=lambda one: one["net"])
    ]
    assert [one["net"] for one in house.get("/v1/orders").json()["data"]] == ["32.00", "40.00"]


def test_a_reduction_that_the_store_charged_is_counted_and_held_where_there_was_none_left(house: House) -> None:
    spring(house, uses=1)
    sawn(house, "1")
    late = sawn(house, "2", lines=[{"item": "saw", "quantity": "2", "net": "32.00"}])
    assert (late["net"], late["held"], late["life"]) == ("32.00", ["cap_exceeded"], "on_hold")
    assert used(house, "rule spring uses") == {"rule spring uses": "2"}
    read = house.get(f"/v1/orders/{late['id']}").json()
    assert (read["held"], read["history"][1]["text"]) == (["cap_exceeded"], "cap_exceeded")


def test_another_price_of_the_store_is_a_difference_whatever_is_left(house: House) -> None:
    spring(house, uses=1)
    sawn(house, "1")
    late = sawn(house, "2", lines=[{"item": "saw", "quantity": "2", "net": "30.00"}])
    assert (late["held"], used(house, "rule spring uses")) == (["price_difference"], {"rule spring uses": "1"})


def contract(house: House, **said: Any) -> None:
    """10 hammers at 8, all further ones at 9."""
    house.put("contracts", "yearly", **({"account": "rossi-group", "include": {"items": ["hammer"]}} | said))
    scale = {"kind": "graduated", "by": "period:yearly", "tiers": [{"up_to": "10", "value": "8"}, {"value": "9"}]}
    house.put("rules", "yearly-hammer", action="price", account="rossi-group", item="hammer", scale=scale, final=True)


def test_a_contract_is_used_up_over_time_and_the_order_that_crosses_its_end_is_split(house: House) -> None:
    contract(house)
    nets = [house.order(number=str(number), lines=[{"item": "hammer", "quantity": "4"}]).json()["net"]
            for number in range(4)]  # fmt: skip
    assert nets == ["32.00", "32.00", "34.00", "36.00"]
    assert used(house, "contract") == {"contract yearly amount": "134", "contract yearly quantity": "16"}
    assert house.price("hammer", customer="rossi")["net_price"] == "9.00"


def test_a_contract_counts_all_that_is_ordered_of_its_goods_and_nothing_else(house: House) -> None:
    contract(house, include={"item_groups": ["tools"]}, exclude={"items": ["saw"]}, currency="USD")
    house.put("rates", "usd", currency="EUR", to_currency="USD", rate="1.25")
    house.put("items", "pliers", item_groups=["hammers"], weight="0.3")
    house.put("rules", "pliers", action="price", list="base", item="pliers", value="6")
    lines = [{"item": "pliers", "quantity": "2"}, {"item": "saw", "quantity": "1"}]
    order = house.order(lines=lines).json()
    assert order["lines"][0]["net"] == "10.80"
    house.order(number="2", customer="bianchi", lines=lines)
    assert used(house, "contract") == {
        "contract yearly amount": "13.5", "contract yearly quantity": "2", "contract yearly weight": "0.6",
    }  # fmt: skip


@pytest.mark.parametrize(
    "said", [{"valid_to": "2026-11-23T11:00:00Z"}, {"valid_from": "2026-11-24T00:00:00Z"}], ids=["ended", "to come"]
)
def test_a_contract_counts_while_it_runs(house: House, said: dict[str, str]) -> None:
    contract(house, **said)
    house.order()
    assert used(house, "contract") == {}


def test_the_doctor_adds_up_what_every_order_took(house: House) -> None:
    spring(house, uses=9)
    contract(house, include={})
    for number in range(3):
        house.order(number=str(number), lines=[*SAW, {"item": "hammer", "quantity": "4"}])
    assert used(house, "rule spring uses") == {"rule spring uses": "3"}
    assert ledger(house) == ("ok", "what is used up is what orders took")
    house.database.write(lambda tx: tx.execute("UPDATE usage SET used = '4' WHERE subject = 'rule\x1fspring\x1fuses'"))
    assert ledger(house) == ("error", "1 do not hold what orders took: rule spring uses")


def ledger(house: House) -> tuple[str, str]:
    (found,) = [one for one in examined(house.database.url, NOW) if one.subject == "Caps and contracts"]
    return found.level, found.text


def test_guests_are_not_counted_as_a_customer(house: House) -> None:
    spring(house, per_customer=1)
    guest = {"customer": None, "buyer": {"name": "Anna"}}
    taken = [sawn(house, number, **said) for number, said in (("1", guest), ("2", guest), ("3", {}), ("4", {}))]
    assert [(order["net"], order["held"]) for order in taken] == [
        ("32.00", []), ("32.00", []), ("32.00", []), ("40.00", []),
    ]  # fmt: skip
    assert used(house, "rule spring customer") == {"rule spring customer bianchi": "1"}
