"""A number as text is plain digits at every door; whatever else Decimal would take is refused, and keeps nothing."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.browsers import me, minted
from tests.shop import House, opened

# Decimal takes all of these.
FOREIGN = ["1_000", "\u0663", "\uff11", " 2", "2 ", "\t2\n", "\u00a02", ".5_0"]
EXPONENTS = ["1e3", "1E+2", "1.0E-7", "1e30", "1.e1", ".5e1"]
ENDLESS = ["NaN", "sNaN", "-NaN", "Infinity", "-Infinity", "INF", "inf", "nan12"]
ODD = [*FOREIGN, *EXPONENTS, *ENDLESS]
PLAIN: list[Any] = ["2", "2.0", "+2", "02", "2.", "2.000000000", 2, 2.0]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def fault_of(problem: Any) -> tuple[str, str]:
    fault = problem["errors"][0]
    assert fault["remedy"].startswith("Send a decimal") or fault["remedy"].startswith("Send plain digits")
    return fault["field"], fault["code"]


@pytest.mark.parametrize("text", ODD)
def test_every_door_of_prices_refuses_what_is_not_plain(house: House, text: str) -> None:
    token = minted(house).json()["token"]
    one = house.get("/v1/prices/hammer", quantity=text)
    assert (one.status, *fault_of(one.json())) == (400, "quantity", "not_a_number")
    bounded = house.get("/v1/items", priced_for="rossi", price_min=text)
    assert (bounded.status, *fault_of(bounded.json())) == (400, "price_min", "not_a_number")
    lines = {"lines": [{"item": "hammer", "quantity": "2"}, {"item": "hammer", "quantity": text, "id": "b"}]}
    batches = [
        house.client.request("POST", "/v1/prices", json=lines),
        me(house, token, "/prices", "POST", json=lines),
        house.client.request("POST", "/v1/prices", content=json.dumps(lines, ensure_ascii=False).encode()),
    ]
    for batch in batches:
        first, second = batch.json()["lines"]
        assert (first["net_price"] is not None, second["id"]) == (True, "b")
        assert fault_of(second["error"]) == ("lines[1].quantity", "not_a_number")


@pytest.mark.parametrize("value", PLAIN)
def test_plain_digits_and_numbers_of_json_are_one_number(house: House, value: Any) -> None:
    two = house.client.request("POST", "/v1/prices", json={"lines": [{"item": "hammer", "quantity": "2"}]}).json()
    said = house.client.request("POST", "/v1/prices", json={"lines": [{"item": "hammer", "quantity": value}]}).json()
    assert Decimal(said["lines"][0].pop("quantity")) == Decimal(two["lines"][0].pop("quantity")) == 2
    assert said["lines"] == two["lines"]
    assert house.order(number=str(value), lines=[{"item": "hammer", "quantity": value}]).status == 201


def test_what_is_written_in_escapes_is_read_as_what_it_says(house: House) -> None:
    body = rb'{"lines":[{"item":"hammer","quantity":"\u0032"},{"item":"hammer","\u0071uantity":"1\u005f0"}]}'
    plain, odd = house.client.request("POST", "/v1/prices", content=body).json()["lines"]
    assert (plain["quantity"], fault_of(odd["error"])) == ("2", ("lines[1].quantity", "not_a_number"))
    named = {"lines": [{"item": "hammer"}], "attributes": {"value": "red", "quantity": "1_000"}}
    answer = house.client.request("POST", "/v1/prices", json=named).json()
    assert answer["lines"][0]["outcome"] == "price"


@pytest.mark.parametrize("text", ODD)
def test_an_order_with_a_number_that_is_not_plain_is_not_taken(house: House, text: str) -> None:
    line = {"item": "hammer", "quantity": "2"}
    asked: dict[str, dict[str, Any]] = {
        "lines[1].quantity": {"lines": [line, line | {"quantity": text}]},
        "lines[0].net": {"lines": [line | {"net": text}]},
        "totals.gross": {"totals": {"gross": text}},
        "payments[0].authorised": {"payments": [{"method": "card", "authorised": text}]},
    }
    for field, said in asked.items():
        answer = house.order(**said)
        assert (answer.status, *fault_of(answer.json())) == (400, field, "not_a_number")
    assert house.get("/v1/orders").json()["data"] == []


@pytest.mark.parametrize("text", FOREIGN)
def test_a_record_with_a_number_that_is_not_plain_is_not_kept(house: House, text: str) -> None:
    before = house.get("/v1/changes").json()["revision"]
    rule = {"action": "price", "list": "base", "item": "hammer", "value": "1"}
    for path, body, field in (
        ("/v1/items/hammer", {"cost": text}, "cost"),
        ("/v1/rules/odd", rule | {"value": text}, "value"),
        ("/v1/stock/hammer", {"quantity": text}, "on_hand"),
    ):
        answer = house.client.request("PUT", path, json=body)
        assert (answer.status, *fault_of(answer.json())) == (400, field, "not_a_number"), path
    assert house.get("/v1/changes").json()["revision"] == before
