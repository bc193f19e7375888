"""What a person sets for a line by hand: a rule like any other, by a key of its own right, kept by the quote."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listino.flows.access import created
from tests.recomputed import agrees, recomputed
from tests.shop import NOW, CountedChance, House, an_order, opened
from tests.web.test_quotes import dearer

PRICES, BASKETS = "/v1/prices", "/v1/baskets"
TENTH = {"action": "percent", "value": "10", "label": "Goodwill", "reason": "late delivery"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def post(house: House, path: str, *lines: dict[str, Any], status: int = 200, **said: Any) -> Any:
    body = {"customer": "rossi", "explain": "all", "lines": [{"quantity": "2"} | line for line in lines]} | said
    answer = house.client.request("POST", path, json=body)
    assert answer.status == status, answer.body
    return answer.json()


def saw(*manual: dict[str, Any], **said: Any) -> dict[str, Any]:
    return {"item": "saw", "manual": list(manual)} | said


def steps(line: dict[str, Any]) -> list[tuple[str, str, str, str | None]]:
    return [(step["step"], step["rule"], step["price_out"], step.get("actor")) for step in line["steps"]]


@pytest.mark.parametrize("path", [PRICES, BASKETS])
def test_a_discount_of_a_person_is_a_step_with_the_name_of_the_key(house: House, path: str) -> None:
    [line] = post(house, path, saw(TENTH))["lines"]
    assert steps(line)[-1] == ("manual", "manual:1", "16.2", "shop")
    said = line["steps"][-1]
    assert (said["label"], said["reason"], said["value"], said["action"]) == (
        "Goodwill", "late delivery", "10", "percent"
    )  # fmt: skip
    assert (line["net_price"], line["net"]) == ("16.20", "32.40")
    assert agrees(line, recomputed(line))


@pytest.mark.parametrize(
    ("manual", "net_price"),
    [
        ([{"action": "price", "value": "15"}], "15.00"),
        ([{"action": "price", "value": "30"}], "30.00"),
        ([{"action": "price", "value": "150", "per": "10"}], "150.00"),
        ([{"action": "price", "value": "18.30", "tax_mode": "gross"}], "15.00"),
        ([{"action": "amount", "value": "0.50"}], "17.50"),
        ([{"action": "amount", "value": "0.50", "sign": "charge"}], "18.50"),
        ([{"action": "percent", "value": "5", "sign": "charge"}], "18.90"),
        ([{"action": "percent", "value": "10", "step": "promotion"}], "16.20"),
        ([{"action": "price", "value": "17", "step": "promotion"}], "17.00"),
        ([TENTH, {"action": "amount", "value": "0.20"}], "16.00"),
        ([{"action": "price", "value": "15"}, TENTH], "13.50"),
    ],
)
def test_prices_discounts_and_charges_are_set_by_hand(
    house: House, manual: list[dict[str, Any]], net_price: str
) -> None:
    if manual[0]["action"] == "price" and "step" not in manual[0]:
        assert house.client.request("DELETE", "/v1/rules/installers-tools").status == 200
    for path in (PRICES, BASKETS):
        [line] = post(house, path, saw(*manual))["lines"]
        assert line["net_price"] == net_price
        assert agrees(line, recomputed(line))


def test_an_amount_is_in_the_currency_and_unit_of_the_line_where_it_says_none(house: House) -> None:
    house.put("rates", "usd", currency="EUR", to_currency="USD", rate="2")
    house.put("items", "saw", unit="PCE", packagings=[{"unit": "BX", "factor": "12"}])
    box = saw({"action": "amount", "value": "6"}, quantity="1", unit="BX")
    [line] = post(house, PRICES, box, currency="USD")["lines"]
    without = post(house, PRICES, saw(quantity="1", unit="BX"), currency="USD")["lines"][0]
    assert float(without["net"]) - float(line["net"]) == 6
    [line] = post(house, PRICES, saw({"action": "amount", "value": "6", "unit": "PCE", "currency": "EUR"},
                                     quantity="1", unit="BX"), currency="USD")["lines"]  # fmt: skip
    assert float(without["net"]) - float(line["net"]) == 144


def test_a_limit_binds_what_a_person_gives_too(house: House) -> None:
    house.put("rules", "floor", action="limit", bound="min", value="17", item="saw")
    [line] = post(house, PRICES, saw(TENTH))["lines"]
    assert (line["net_price"], steps(line)[-2][1], steps(line)[-1][:3]) == (
        "17.00", "manual:1", ("limit", "floor", "17")
    )  # fmt: skip


def test_a_price_set_by_hand_stands_also_where_the_best_would_win(house: House) -> None:
    house.put("channels", "web", currency="EUR", country="IT", scheme="best_price")
    [line] = post(house, PRICES, saw({"action": "price", "value": "40"}), customer=None, channel="web")["lines"]
    assert (line["net_price"], steps(line)[0]) == ("40.00", ("price", "manual:1", "40", "shop"))
    told = {entry["rule"]: entry["text"] for entry in line["not_applied"]}
    assert told["saw-base"] == (
        "manual:1 comes first, as a person set it for this line; it would apply if that did not."
    )


@pytest.mark.parametrize(
    ("manual", "field", "code"),
    [
        ({"action": "margin", "value": "10"}, "lines[0].manual[0].action", "not_a_choice"),
        ({"action": "percent", "value": "101"}, "lines[0].manual[0].value", "over_100"),
        ({"action": "amount", "value": "-1"}, "lines[0].manual[0].value", "negative"),
        ({"action": "price", "value": "1", "per": "0"}, "lines[0].manual[0].per", "not_positive"),
        ({"action": "price", "value": "1", "sign": "charge"}, "lines[0].manual[0].sign", "not_a_change"),
        ({"action": "percent", "value": "1", "unit": "PCE"}, "lines[0].manual[0]", "not_an_amount"),
        ({"action": "percent", "value": "1", "reason": "x" * 201}, "lines[0].manual[0].reason", "too_long"),
        ({"action": "price", "value": "1", "currency": "eur"}, "lines[0].manual[0].currency", "not_a_currency"),
        ({"action": "price", "value": "1", "caps": {}}, "lines[0].manual[0].caps", "unknown_field"),
        ({"action": "price", "value": "1", "currency": "XXX"}, "manual[0].currency", "no_rate"),
        ({"action": "price", "value": "1", "unit": "TON"}, "manual[0].unit", "unknown_unit"),
        ({"action": "percent", "value": "1", "step": "nowhere"}, "manual[0].step", "unknown_step"),
        ({"action": "percent", "value": "1", "step": "price"}, "manual[0].step", "unknown_step"),
        ({"action": "percent", "value": "1", "step": "order_discount"}, "manual[0].step", "unknown_step"),
    ],
)
def test_what_means_nothing_is_the_fault_of_its_line(
    house: House, manual: dict[str, Any], field: str, code: str
) -> None:
    for path in (PRICES, BASKETS):
        answer = post(house, path, saw(manual), {"item": "hammer"})
        [fault] = answer["lines"][0]["error"]["errors"]
        assert (fault["field"], fault["code"]) == (field, code)
        assert answer["lines"][1]["outcome"] == "price"


def test_two_prices_for_one_line_are_refused(house: House) -> None:
    price = {"action": "price", "value": "1"}
    [line] = post(house, PRICES, saw(price, price))["lines"]
    assert line["error"]["errors"][0]["code"] == "two_rules"


def test_only_a_key_with_its_own_scope_sets_anything(house: House) -> None:
    chance = CountedChance(1_000)

    def status(*scopes: str) -> int:
        _, secret = created(house.database, "s", scopes, channel=None, test=False, now=NOW, chance=chance)
        headers = {"Authorization": f"Bearer {secret}"}
        body = {"customer": "rossi", "lines": [{"item": "saw"}, saw(TENTH)]}
        answers = [house.client.request("POST", path, json=body, headers=headers) for path in (PRICES, BASKETS)]
        assert answers[0].status == answers[1].status
        return answers[0].status

    assert (status("prices:read", "explain:full"), status("prices:read", "prices:manual")) == (403, 200)


def test_an_order_with_the_quote_is_charged_what_was_set_by_hand_and_an_order_without_is_not(house: House) -> None:
    quote = post(house, BASKETS, saw(TENTH), {"item": "hammer"})["quote"]
    dearer(house)
    lines = [{"item": "hammer", "quantity": "2"}, {"item": "saw", "quantity": "2"}]
    said = {"lines": lines, "ordered_at": house.clock().isoformat()}
    order = house.order(**an_order(number="1", quote=quote, **said)).json()
    assert [(line["item"], line["net"], line["held"]) for line in order["lines"]] == [
        ("hammer", "17.10", []), ("saw", "32.40", []),
    ]  # fmt: skip
    assert steps(order["lines"][1]["price"])[-1] == ("manual", "manual:1", "16.2", "shop")
    assert order["held"] == []
    plain = house.order(**an_order(number="2", **said)).json()
    assert plain["lines"][1]["net"] == "200.00"


@pytest.mark.parametrize(
    "lines",
    [
        [{"item": "saw", "quantity": "3"}, {"item": "hammer", "quantity": "2"}],
        [{"item": "hammer", "quantity": "2"}],
    ],
)
def test_what_was_set_for_one_line_is_not_given_to_another(house: House, lines: list[dict[str, Any]]) -> None:
    quote = post(house, BASKETS, saw(TENTH), {"item": "hammer"})["quote"]
    order = house.order(**an_order(quote=quote, lines=lines, ordered_at=house.clock().isoformat())).json()
    assert order["held"] == ["quote_differs"]
    nets = {line["item"]: line["net"] for line in order["lines"]}
    assert nets in ({"saw": "54.00", "hammer": "17.10"}, {"hammer": "17.10"})


def test_the_order_of_the_lines_decides_nothing_where_only_one_of_two_alike_has_a_discount(house: House) -> None:
    house.put("rules", "off", action="percent", step="order_discount", value="7")
    one, two = {"item": "saw"}, saw(TENTH)
    answers = [post(house, BASKETS, *lines) for lines in ((one, two), (two, one))]
    assert answers[0]["totals"] == answers[1]["totals"]
    assert [line["net"] for line in answers[0]["lines"]] == [line["net"] for line in reversed(answers[1]["lines"])]
