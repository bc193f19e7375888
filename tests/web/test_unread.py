"""What no door can read, or work out, is told to the caller; it is never a failure of ours."""

from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest

from tests.shop import House, opened

KEEPS_US_BUSY_S = 2.0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("unread")) as house:
        yield house


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v1/changes", {"after": "9" * 20}),
        ("/v1/changes", {"after": "²"}),
        ("/v1/changes", {"after": "-1"}),
        ("/v1/changes", {"limit": "0"}),
        ("/v1/rules", {"item": "hammer", "after": "9" * 30}),
        ("/v1/rules", {"item": "hammer", "after": "٣"}),
        ("/v1/rules", {"after": "x" * 1000}),
        ("/v1/rules", {"limit": "1" * 5000}),
        ("/v1/rules", {"limit": "²"}),
        ("/v1/items", {"known_at": "9" * 30}),
        ("/v1/items", {"known_at": "--1"}),
        ("/v1/orders", {"after": "x" * 1000}),
    ],
)
def test_a_cursor_or_a_limit_that_is_none_is_refused(house: House, path: str, params: dict[str, str]) -> None:
    answer = house.get(path, **params)
    assert (answer.status, answer.json()["errors"][0]["field"]) == (400, [*params][-1])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": ["x"], "code": "a"}, "changes[0].kind"),
        ({"kind": {}, "code": "a"}, "changes[0].kind"),
        ({"kind": "items", "code": ["a"]}, "changes[0].code"),
        ({"kind": "items", "code": "a", "based_on": 10**30}, "changes[0].based_on"),
        ({"kind": "items", "code": "a", "based_on": True}, "changes[0].based_on"),
    ],
)
def test_a_change_of_no_kind_is_refused(house: House, change: dict[str, Any], field: str) -> None:
    answer = house.client.request("POST", "/v1/changes", json={"changes": [change]})
    assert (answer.status, answer.json()["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize("cost", ["1E-100000000", "-1E-100000000", "1E+100000000", "1E-999999999999", "NaN"])
def test_a_number_is_not_written_out_before_it_is_looked_at(house: House, cost: str) -> None:
    started = monotonic()
    answer = house.client.request("PUT", "/v1/items/long", json={"cost": cost})
    fault = answer.json()["errors"][0]
    assert (answer.status, fault["field"], fault["code"]) == (400, "cost", "out_of_range")
    assert monotonic() - started < KEEPS_US_BUSY_S


@pytest.mark.parametrize("zero", ["0E-100000000", "0E+100000000", "-0E-100", "0.0"])
def test_a_zero_is_a_zero_however_it_is_written(house: House, zero: str) -> None:
    assert house.put("items", "free", cost=zero)["cost"] in {"0", "-0.0", "0.0"}
    stock = house.client.request("PUT", "/v1/stock/hammer", json={"on_hand": zero}).json()
    assert stock["available"] == "0"
    order = house.order(number=zero, lines=[{"item": "hammer", "quantity": "1", "net_price": float(zero)}]).json()
    assert (order["net"], order["held"]) == ("0.00", ["price_difference", "stock"])


def huge(house: House) -> None:
    """An item whose amounts are as large as each of them may be."""
    most = "9" * 18
    house.put("items", "huge", packagings=[{"unit": "BX", "factor": most}], reference={"unit": "KGM", "factor": "1"})
    house.put("rates", "huge", currency="XTS", to_currency="EUR", rate=most)
    house.put("rules", "huge", action="price", list="base", item="huge", currency="XTS", value=most)


@pytest.mark.parametrize(("unit", "quantity"), [("C62", "1"), ("BX", "1"), ("BX", "9" * 18)])
def test_an_amount_that_cannot_be_worked_out_is_no_price(house: House, unit: str, quantity: str) -> None:
    huge(house)
    answer = house.price("huge", unit=unit, quantity=quantity, ladder="true")
    assert (answer["outcome"], answer["reason"]) == ("no_price", "amount_out_of_range")
    line = {"item": "huge", "unit": unit, "quantity": quantity}
    batch = house.client.request("POST", "/v1/prices", json={"lines": [line, {"item": "saw"}]}).json()
    assert [line["outcome"] for line in batch["lines"]] == ["no_price", "price"]
    order = house.order(number=f"{unit}{quantity}", lines=[line])
    assert (order.status, order.json()["held"]) == (201, ["amount_out_of_range"])


@pytest.mark.parametrize(
    "context", [{"ship_to": "D\x1fIhammer"}, {"order_type": "a\x1fb"}, {"coupons": ["a\x1fb"]}, {"coupons": [""]}]
)
def test_the_codes_of_a_batch_are_checked_like_those_of_one_price(house: House, context: dict[str, Any]) -> None:
    answer = house.client.request("POST", "/v1/prices", json={"lines": [{"item": "saw"}]} | context)
    assert (answer.status, answer.json()["errors"][0]["field"]) == (400, next(iter(context)))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"lines": [{"item": "saw", "quantity": "1", "unit": "C\x1f62"}]}, "lines[0].unit"),
        ({"lines": [{"item": "s" * 70 + "\x1f", "quantity": "1"}]}, "lines[0].item"),
        ({"vouchers": [{"code": "V\x1fIhammer"}]}, "vouchers[0].code"),
        ({"store": "x" * 64 + "\x07"}, "store"),
        ({"number": "x" * 399 + "\x00"}, "number"),
    ],
)
def test_no_text_of_an_order_holds_a_control_character(house: House, said: dict[str, Any], field: str) -> None:
    answer = house.order(**said)
    assert (answer.status, answer.json()["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize("percent", ["-100", "-1", "1001", "NaN", "1E-100000000"])
def test_the_tax_of_a_charge_is_a_percentage(house: House, percent: str) -> None:
    answer = house.order(charges=[{"gross": "1", "tax_percent": percent}])
    assert (answer.status, answer.json()["errors"][0]["field"]) == (400, "charges[0].tax_percent")


ROUTES = (
    "/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/docs/x", "/v1/prices", "/v1/prices/saw",
    "/v1/orders", "/v1/orders/x", "/v1/changes", "/v1/stock/saw", "/v1/items", "/v1/items/saw", "/v1/x/y",
)  # fmt: skip


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PATCH", "TRACE", "PUT", "DELETE", "BREW"])
@pytest.mark.parametrize("path", ROUTES)
def test_any_method_on_any_route_is_answered(house: House, method: str, path: str) -> None:
    answer = house.client.request(method, path)
    assert answer.status < 500
    if answer.status >= 400 and method != "HEAD":
        assert (answer.headers["content-type"], answer.json()["status"]) == ("application/problem+json", answer.status)


NESTED = "[" * 500 + "]" * 500


@pytest.mark.parametrize(
    ("method", "path", "body", "codes"),
    [
        ("POST", "/v1/baskets", '{"lines":' + "[" * 2000 + "]" * 2000 + "}", {"malformed", "too_deep"}),
        ("POST", "/v1/prices", '{"lines":[{"item":' + "[" * 2000 + "]" * 2000 + "}]}", {"malformed", "too_deep"}),
        ("PUT", "/v1/rules/deep", f'{{"action":"percent","value":{NESTED}}}', {"too_deep"}),
        ("POST", "/v1/what-if", f'{{"changes":[{{"kind":"rules","code":"d","unless":{NESTED}}}]}}', {"too_deep"}),
        (
            "POST",
            "/v1/what-if",
            '{"changes":[{"kind":"rules","code":"r","action":"percent","value":"1"}],"sample":"' + "0" * 5000 + '1"}',
            {"out_of_range"},
        ),
        ("POST", "/v1/baskets", '{"lines":[],"min_revision":-5}', {"out_of_range"}),
    ],
)
def test_what_is_nested_or_written_without_end_is_refused(
    house: House, method: str, path: str, body: str, codes: set[str]
) -> None:
    answer = house.client.request(method, path, content=body.encode())
    assert answer.status == 400, answer.body
    assert answer.json()["code"] in codes


def test_a_chain_that_can_never_price_is_refused(house: House) -> None:
    chains = [{"name": "a", "steps": [{"name": "p", "kind": "price"}]}, {"name": "b", "steps": []}]
    choose = {"name": "w", "kind": "choose", "pick": "best", "chains": chains}
    answer = house.client.request("PUT", "/v1/schemes/s", json={"steps": [choose]})
    assert (answer.status, answer.json()["errors"][0]["field"]) == (400, "steps[0].chains[1].steps")
