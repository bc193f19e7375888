"""How far the rules of a basket may move a line, and how their amounts end on a coin."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shop import House, opened
from tests.web.test_expressed_as_baskets import basket, ordered, reasons, totals
from tests.web.test_expressed_as_data import COMPANY, state

SURCHARGE = {
    "kind": "rules",
    "code": "rush",
    "action": "percent",
    "value": "50",
    "step": "order_charge",
    "sign": "charge",
}
MOST = {"kind": "rules", "code": "most", "action": "limit", "bound": "max", "item": "beans", "value": "25"}
CHEAP: tuple[dict[str, Any], ...] = (
    {"kind": "items", "code": "screw"},
    {"kind": "rules", "code": "screw-list", "action": "price", "list": "base", "item": "screw", "value": "0.50"},
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path, company=False) as house:
        state(house, *COMPANY, *CHEAP)
        yield house


def came_to(answer: dict[str, Any]) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(line["net"], [(one["rule"], one["amount"]) for one in line["shares"]]) for line in answer["lines"]]


def test_a_charge_on_the_basket_ends_where_a_line_meets_its_highest_price(house: House) -> None:
    state(house, SURCHARGE, MOST)
    answer = basket(house, ("beans", "2"), ("screw", "4"))
    assert came_to(answer) == [("50.00", [("rush", "10.00")]), ("3.00", [("rush", "1.00")])]
    assert reasons(answer) == {}
    assert [line["shares"][0].get("cut") for line in answer["lines"]] == ["10.00", None]
    assert totals(answer) == ordered(house, ("beans", "2"), ("screw", "4")) == ("53.00", "11.66", "64.66")
    state(house, {**MOST, "value": "20"})
    answer = basket(house, ("beans", "2"))
    assert came_to(answer) == [("40.00", [])]
    assert reasons(answer) == {"rush": "limit_reached"}


def test_a_highest_price_with_tax_holds_for_what_the_buyer_pays(house: House) -> None:
    state(
        house,
        {"kind": "price-lists", "code": "shop", "currency": "EUR", "tax_mode": "gross", "decimals": 2},
        {"kind": "assignments", "code": "shop", "list": "shop"},
        {"kind": "rules", "code": "beans-shop", "action": "price", "list": "shop", "item": "beans", "value": "12.20"},
        {**MOST, "value": "12.20", "tax_mode": "gross"},
        {**SURCHARGE, "action": "amount", "value": "5"},
    )
    answer = basket(house, ("beans", "1"))
    assert (answer["lines"][0]["gross"], reasons(answer)["rush"]) == ("12.20", "limit_reached")
    state(house, {**MOST, "value": "14.70", "tax_mode": "gross"})
    answer = basket(house, ("beans", "1"))
    assert (answer["lines"][0]["gross"], answer["lines"][0]["shares"][0]["cut"]) == ("14.70", "2.50")


def test_the_highest_prices_of_a_line_in_parts_bind_their_sum(house: House) -> None:
    half = {"kind": "rules", "code": "half", "action": "percent", "value": "50", "step": "promotion", "item": "beans",
            "caps": {"quantity": "1", "beyond": "split"}}  # fmt: skip
    state(house, half, MOST, {**SURCHARGE, "value": "100"})
    assert came_to(basket(house, ("beans", "2"))) == [("50.00", [("rush", "20.00")])]


@pytest.mark.parametrize(("rounding", "off", "given"), [("even", "0.02", "0.02"), ("nearest", "0.03", "0.03")])
def test_amounts_of_the_basket_end_on_the_coin_as_the_channel_says(
    house: House, rounding: str, off: str, given: str
) -> None:
    state(
        house,
        {"kind": "channels", "code": "b2b", "currency": "EUR", "country": "IT", "amount_rounding": rounding},
        {"kind": "items", "code": "pin"},
        {"kind": "rules", "code": "pin-list", "action": "price", "list": "base", "item": "pin", "value": "0.05"},
        {"kind": "rules", "code": "order-5", "action": "percent", "value": "5", "step": "order_discount"},
        {"kind": "rules", "code": "half-a-pin", "action": "free_goods", "value": "50",
         "offer": {"quantity_from": "1", "item": "pin", "quantity": "1"}},
        {"kind": "rules", "code": "freight", "action": "amount", "sign": "charge", "value": "0.025",
         "own_line": {"per": "order"}},
        {"kind": "rules", "code": "eco", "action": "amount", "sign": "charge", "value": "0.025", "item": "screw",
         "own_line": {"per": "unit"}},
    )  # fmt: skip
    answer = basket(house, ("screw", "1"))
    assert [share["amount"] for share in answer["lines"][0]["shares"]] == [off]
    assert [own["net"] for own in answer["lines"][0]["own_lines"]] == [off]
    assert [gift["net"] for gift in answer["free_goods"]] == [given]
    assert [charge["net"] for charge in answer["charges"]] == [off]


@pytest.mark.parametrize(("caps", "after"), [
    ({"quantity": "1", "beyond": "split"}, "36.00"),
    ({"amount": "3", "beyond": "split"}, "37.00"),
    ({"amount_per_order": "5"}, "35.00"),
    ({"quantity": "1"}, "40.00"),
    ({"amount": "3"}, "40.00"),
])  # fmt: skip
@pytest.mark.parametrize("step", ["promotion", "order_discount"])
def test_a_cap_leaves_the_same_of_a_discount_on_a_line_and_on_a_basket(
    house: House, caps: dict[str, Any], after: str, step: str
) -> None:
    state(house, {"kind": "rules", "code": "fifth", "action": "percent", "value": "20", "item": "beans", "step": step,
                  "caps": caps})  # fmt: skip
    answer = basket(house, ("beans", "2"))
    assert answer["lines"][0]["net"] == after
    parts = [part["net"] for part in answer["lines"][0].get("segments", [])]
    assert parts == (["16.00", "20.00"] if "quantity" in caps and step == "promotion" and after == "36.00" else [])
    lost = reasons(answer) | reasons(answer["lines"][0])
    assert lost.get("fifth") == ("cap_exceeded" if after == "40.00" else None)
    assert ordered(house, ("beans", "2"))[0] == after
