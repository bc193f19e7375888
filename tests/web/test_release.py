"""Held orders are released by what a person decided; what remains is looked at again, what was paid stays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listino.db.ledger import astray
from listino.flows.privacy import erased
from tests.asgi import Response
from tests.engines import ON_BOTH
from tests.shop import NOW, House, opened

pytestmark = ON_BOTH


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def release(house: House, order: Any, key: str | None = None, **said: Any) -> Response:
    headers = {"Idempotency-Key": key} if key else {}
    return house.client.request("POST", f"/v1/orders/{order['id']}/release", json=said, headers=headers)


def stood(house: House, order: Any) -> Any:
    return house.get(f"/v1/orders/{order['id']}").json()


def held(house: House, *reasons: str, **said: Any) -> Any:
    answer = house.order(**said)
    assert (answer.status, answer.json()["held"]) == (201, list(reasons)), answer.body
    return answer.json()


def still(answer: Response) -> list[str]:
    assert (answer.status, answer.json()["code"]) == (409, "still_held"), answer.body
    return [fault["code"] for fault in answer.json()["errors"]]


def test_an_unknown_customer_is_decided_and_the_order_is_placed_at_that_customers_price(house: House) -> None:
    order = held(house, "unknown_customer", customer="nobody")
    before = stood(house, order)
    assert (order["net"], order["lines"][0]["net_price"]) == ("28.50", "9.50")
    assert still(release(house, order, reason="?")) == ["unknown_customer"]
    assert stood(house, order) == before
    answer = release(house, order, customer="rossi", reason="The buyer rang.")
    found = answer.json()
    assert (answer.status, found["handover"], found["life"], found["held"]) == (200, "placed", "received", [])
    assert (found["customer"], found["net"], found["lines"][0]["net_price"]) == ("rossi", "25.65", "8.55")
    assert [(one["state"], one["actor"], one["text"]) for one in found["history"]][2:] == [
        ("released", "shop", "customer rossi. The buyer rang."),
        ("placed", "listino", "Placed in the own management system."),
    ]


def test_the_first_answer_stays_the_answer_to_a_repeat(house: House) -> None:
    first = house.order(customer="nobody")
    release(house, first.json(), customer="rossi")
    assert house.order(customer="nobody").body == first.body


def test_an_unknown_item_is_the_one_that_is_meant(house: House) -> None:
    lines = [{"item": "hammer-x", "quantity": "2", "net_price": "9"}, {"item": "saw", "quantity": "1"}]
    order = held(house, "unknown_item", customer="bianchi", lines=lines)
    assert still(release(house, order, items={"hammer-x": "hammer-y"})) == ["unknown_item"]
    # It is known by now which item was meant; what was charged for it is not what we charge.
    assert still(release(house, order, items={"hammer-x": "hammer"})) == ["price_difference"]
    found = release(house, order, items={"hammer-x": "hammer"}, prices="store").json()
    assert [(line["item"], line["net"]) for line in found["lines"]] == [("hammer", "18.00"), ("saw", "20.00")]
    assert (found["handover"], found["net"]) == ("placed", "38.00")


def test_a_price_difference_is_settled_at_the_stores_price_or_at_ours_and_what_was_paid_stays(house: House) -> None:
    said: dict[str, Any] = {
        "customer": "bianchi", "lines": [{"item": "saw", "quantity": "1", "net": "15", "gross": "18.30"}],
        "payments": [{"method": "card", "captured": "18.30"}],
    }  # fmt: skip
    at_theirs = held(house, "price_difference", number="1", **said)
    at_ours = held(house, "price_difference", number="2", **said)
    assert still(release(house, at_theirs, text="fine")) == ["price_difference"]
    one = release(house, at_theirs, prices="store").json()
    two = release(house, at_ours, prices="ours").json()
    assert (one["handover"], one["gross"]) == ("placed", "18.30")
    assert (two["handover"], two["gross"]) == ("placed", "24.40")
    assert one["payments"] == two["payments"] == [{"method": "card", "captured": "18.30"}]


def test_facts_that_were_mended_meanwhile_release_without_a_decision(house: House) -> None:
    lines = [{"item": "drill", "quantity": "1"}]
    order = held(house, "unknown_customer", "unknown_item", customer="verdi", lines=lines)
    house.put("customers", "verdi", country="IT")
    assert still(release(house, order)) == ["unknown_item"]
    house.put("items", "drill")
    assert still(release(house, order)) == ["no_price"]
    house.put("rules", "drill-base", action="price", list="base", item="drill", value="99")
    found = release(house, order).json()
    assert (found["handover"], found["net"], found["gross"]) == ("placed", "99.00", "120.78")


def test_stock_that_has_come_is_reserved_as_the_order_is_released(house: House) -> None:
    house.client.request("PUT", "/v1/stock/saw", json={"on_hand": "1"})
    order = held(house, "stock", customer="bianchi", lines=[{"item": "saw", "quantity": "2"}])
    assert still(release(house, order)) == ["stock"]
    assert house.get("/v1/stock/saw").json()["warehouses"][0]["reserved"] == "0"
    house.client.request("PUT", "/v1/stock/saw", json={"on_hand": "2"})
    assert release(house, order).json()["handover"] == "placed"
    assert house.get("/v1/stock/saw").json()["warehouses"][0]["reserved"] == "2"


def test_a_person_may_take_on_what_holds_an_order(house: House) -> None:
    house.client.request("PUT", "/v1/stock/saw", json={"on_hand": "1"})
    house.put("customers", "bianchi", country="IT", credit_limit="10")
    order = held(house, "credit_limit", "stock", customer="bianchi", lines=[{"item": "saw", "quantity": "2"}])
    assert still(release(house, order, accept=["stock"])) == ["credit_limit"]
    found = release(house, order, accept=["stock", "credit_limit"], reason="They pay tomorrow.").json()
    assert (found["handover"], found["history"][-2]["text"]) == (
        "placed", "accepted: stock, credit_limit. They pay tomorrow.",
    )  # fmt: skip


def test_a_limit_that_was_raised_releases(house: House) -> None:
    house.put("customers", "bianchi", country="IT", credit_limit="10")
    order = held(house, "credit_limit", customer="bianchi")
    assert still(release(house, order)) == ["credit_limit"]
    house.put("customers", "bianchi", country="IT", credit_limit="100")
    assert release(house, order).json()["handover"] == "placed"


def test_an_address_is_corrected_and_stands_with_the_people_alone(house: House) -> None:
    order = held(house, "bad_address", ship_to={"name": "Mario Rossi", "country": "Italia"})
    assert still(release(house, order)) == ["bad_address"]
    refused = release(house, order, ship_to={"name": "Mario Rossi", "country": "Italia"})
    assert (refused.status, refused.json()["errors"][0]["field"]) == (400, "ship_to.country")
    found = release(house, order, ship_to={"name": "Mario Rossi", "street": "Via Roma 5", "country": "IT"}).json()
    assert (found["handover"], found["ship_to"]["country"]) == ("placed", "IT")
    assert found["history"][-2]["text"] == "ship_to corrected"
    assert erased(house.database, "rossi", NOW).left == ()


def test_a_payment_that_differs_is_settled_by_a_decision(house: House) -> None:
    order = held(house, "payment_difference", payments=[{"method": "card", "captured": "5"}])
    assert still(release(house, order)) == ["payment_difference"]
    assert release(house, order, accept=["payment_difference"]).json()["handover"] == "placed"


def test_the_same_release_again_is_the_same_and_another_is_refused(house: House) -> None:
    order = held(house, "unknown_customer", customer="nobody")
    first = release(house, order, key="r", customer="rossi")
    again = release(house, order, key="r", customer="rossi")
    assert (first.status, first.body) == (200, again.body)
    other = release(house, order, key="r", customer="bianchi")
    assert (other.status, other.json()["code"]) == (422, "different_content")
    without = release(house, order, customer="bianchi")
    assert (without.status, without.json()["code"]) == (409, "not_held")
    assert stood(house, order) == first.json()


def test_what_was_put_on_hold_by_hand_goes_on_where_it_was(house: House) -> None:
    order = house.order().json()
    house.client.request("POST", f"/v1/orders/{order['id']}/steps", json={"state": "on_hold"})
    found = release(house, order).json()
    assert (found["handover"], found["life"], found["held"]) == ("placed", "received", [])


def test_caps_are_taken_once_however_often_an_order_is_priced(house: House) -> None:
    house.put("rules", "spring", action="percent", step="promotion", item="saw", value="20", caps={"uses": 5})
    order = held(house, "unknown_customer", customer="nobody", lines=[{"item": "saw", "quantity": "1"}])
    release(house, order, customer="bianchi")
    rows = dict(house.database.read().connection.execute("SELECT subject, used FROM usage"))
    assert rows["rule\x1fspring\x1fuses"] == "1"
    assert rows["rule\x1fspring\x1fcustomer\x1fbianchi"] == "1"
    assert astray(house.database.read().connection) == []


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"prices": "theirs"}, "prices", "not_a_choice"),
        ({"customer": 5}, "customer", "wrong_type"),
        ({"items": ["a"]}, "items", "wrong_type"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_what_is_malformed_is_refused_and_changes_nothing(
    house: House, said: dict[str, Any], field: str, code: str
) -> None:
    order = held(house, "unknown_customer", customer="nobody")
    before = stood(house, order)
    answer = release(house, order, **said)
    fault = answer.json()["errors"][0]
    assert (answer.status, fault["field"], fault["code"]) == (400, field, code)
    assert stood(house, order) == before
