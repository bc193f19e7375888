"""Orders are priced as the basket is: what was shown together is charged together, to the cent."""

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.shop import House, an_order, opened

ORDERED = [{"item": "hammer", "quantity": "3"}, {"item": "saw", "quantity": "2"}]
RULES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("order-5", {"action": "percent", "step": "order_discount", "value": "5",
                 "requires": [{"measure": "amount", "by": "order", "from": "50"}]}),
    ("gift", {"action": "free_goods", "item_group": "tools",
              "offer": {"item": "sticker", "quantity": "1", "quantity_from": "4"}}),
    ("small-order", {"action": "amount", "sign": "charge", "value": "3.50", "label": "Small order",
                     "own_line": {"per": "order", "tax_class": "standard"},
                     "requires": [{"measure": "amount", "by": "order", "up_to": "100"}]}),
    ("deposit", {"action": "amount", "sign": "charge", "item": "saw", "value": "0.25",
                 "own_line": {"per": "unit", "tax_class": "deposit"}}),
)  # fmt: skip


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        house.put("items", "sticker")
        house.put("rules", "sticker", action="price", list="base", item="sticker", value="1")
        house.put("taxes", "deposit", percent="0", tax_class="deposit", country="IT", category="Z")
        for code, said in RULES:
            house.put("rules", code, **said)
        yield house


def basket(house: House, lines: Any = ORDERED, **said: Any) -> Any:
    answer = house.client.request("POST", "/v1/baskets", json={"customer": "rossi", "lines": lines} | said)
    assert answer.status == 200, answer.body
    return answer.json()


def order(house: House, number: str = "1", **said: Any) -> Any:
    answer = house.client.request("POST", "/v1/orders", json=an_order(**({"number": number, "lines": ORDERED} | said)))
    assert answer.status == 201, answer.body
    return answer.json()


def stated(*amounts: str, **said: Any) -> list[dict[str, Any]]:
    return [{**line, "net": net} for line, net in zip(ORDERED, amounts, strict=True)]


FEE = [{"kind": "fee", "net": "3.50", "tax": "0.77"}, {"kind": "deposit", "net": "0.50", "tax": "0"}]


def test_an_order_without_amounts_is_charged_what_its_basket_comes_to(house: House) -> None:
    shown, taken = basket(house), order(house)
    assert (taken["held"], taken["net"], taken["tax"], taken["gross"]) == ([], "62.57", "13.66", "76.23")
    assert {name: shown["totals"][name] for name in ("net", "tax", "gross")} == {
        name: taken[name] for name in ("net", "tax", "gross")
    }
    for line, was in zip(taken["lines"], shown["lines"], strict=True):
        assert [line[name] for name in ("net", "tax", "gross")] == [was[name] for name in ("net", "tax", "gross")]
        assert line["shares"] == was["shares"]
    assert [[share["amount"] for share in line["shares"]] for line in taken["lines"]] == [["1.28"], ["1.80"]]
    assert (taken["free_goods"], taken["own_charges"]) == (shown["free_goods"], shown["charges"])
    (deposit,) = taken["lines"][1]["own_lines"]
    assert (deposit["rule"], deposit["quantity"], deposit["gross"], "own_lines" in taken["lines"][0]) == (
        "deposit", "2", "0.50", False,
    )  # fmt: skip
    read = house.get(f"/v1/orders/{taken['id']}").json()
    progress = {"shipped": "0", "returned": "0", "cancelled": "0"}
    assert read["lines"] == [line | progress for line in taken["lines"]]
    assert [read[name] for name in ("free_goods", "own_charges", "gross")] == [
        taken[name] for name in ("free_goods", "own_charges", "gross")
    ]


def test_what_a_store_took_from_the_basket_is_what_we_charge(house: House) -> None:
    taken = order(house, lines=stated("24.37", "34.20"), charges=FEE)
    assert (taken["held"], taken["net"]) == ([], "62.57")
    assert "own_charges" not in taken
    assert "free_goods" not in taken


def test_the_prices_of_lines_by_themselves_are_accepted(house: House) -> None:
    taken = order(house, lines=stated("25.65", "36.00"), charges=FEE)
    assert (taken["held"], taken["net"]) == ([], "65.65")


def test_what_stands_beside_a_line_may_be_put_into_it(house: House) -> None:
    taken = order(house, lines=stated("24.37", "34.70"), charges=FEE[:1])
    assert (taken["held"], taken["net"]) == ([], "62.57")


@pytest.mark.parametrize("charges", [[], FEE[:1], FEE[1:], [{"kind": "fee", "net": "4.00"}, FEE[1]]])
def test_a_charge_of_ours_that_the_store_does_not_charge_holds_the_order(house: House, charges: list[Any]) -> None:
    taken = order(house, lines=stated("24.37", "34.20"), charges=charges)
    assert taken["held"] == ["charge_difference"]


def test_another_amount_than_that_of_the_line_in_any_reading_is_a_difference(house: House) -> None:
    taken = order(house, lines=stated("24.37", "30.00"), charges=FEE)
    assert (taken["held"], taken["net"]) == (["price_difference"], "58.37")
    assert [line["held"] for line in taken["lines"]] == [[], ["price_difference"]]


def test_a_store_that_charges_more_for_shipping_than_we_know_of_is_believed(house: House) -> None:
    shipping = {"kind": "shipping", "net": "9.00", "tax": "1.98"}
    assert order(house, lines=stated("24.37", "34.20"), charges=[shipping, *FEE])["held"] == []


def test_goods_that_an_offer_gives_may_be_listed_as_a_line_that_costs_nothing(house: House) -> None:
    gift = {"item": "sticker", "quantity": 1, "net": "0"}
    taken = order(house, lines=[*stated("24.37", "34.20"), gift], charges=FEE)
    assert (taken["held"], taken["net"]) == ([], "62.57")
    two = order(house, "2", lines=[*stated("24.37", "34.20"), {**gift, "quantity": 2}], charges=FEE)
    assert two["held"] == ["price_difference"]


def test_goods_that_an_offer_gives_are_not_given_twice_where_the_quoted_order_lists_them(house: House) -> None:
    quotes = [basket(house)["quote"] for _ in range(2)]
    gift = {"item": "sticker", "quantity": 1, "net": "0"}
    listed = order(house, "1", quote=quotes[0], lines=[*stated("24.37", "34.20"), gift], charges=FEE)
    assert (listed["held"], "free_goods" in listed) == ([], False)
    left_out = order(house, "2", quote=quotes[1], lines=stated("24.37", "34.20"), charges=FEE)
    assert (left_out["held"], [goods["item"] for goods in left_out["free_goods"]]) == ([], ["sticker"])


def test_a_quote_holds_although_its_rules_have_ended(house: House) -> None:
    quote = basket(house)["quote"]
    for code, _ in RULES:
        assert house.client.request("DELETE", f"/v1/rules/{code}").status == 200
    taken = order(house, quote=quote)
    assert (taken["held"], taken["gross"], len(taken["free_goods"])) == ([], "76.23", 1)
    assert order(house, "2")["gross"] == "75.21"


def test_what_was_shown_before_a_rule_of_the_basket_changed_is_accepted(house: House) -> None:
    ordered_at = house.clock().isoformat()
    house.clock()
    house.put("rules", "order-5", action="percent", step="order_discount", value="1")
    taken = order(house, lines=stated("24.37", "34.20"), charges=FEE, ordered_at=ordered_at)
    assert taken["held"] == []


def test_the_order_of_lines_changes_neither_amounts_nor_quotes(house: House) -> None:
    lines = [*ORDERED, {"item": "hammer", "quantity": "5"}, {"item": "sticker", "quantity": "2"}]
    totals = {str(basket(house, list(some))["totals"]) for some in permutations(lines)}
    assert len(totals) == 1
    quote = basket(house, lines)["quote"]
    assert order(house, quote=quote, lines=lines[::-1])["held"] == []


def test_a_break_that_lines_reach_together_is_charged(house: House) -> None:
    scale = {"by": "mix:tools", "tiers": [{"from": "1", "value": "7"}, {"from": "5", "value": "6"}]}
    house.put("rules", "mix", action="price", customer="bianchi", item_group="tools", scale=scale)
    lines = [{"item": "hammer", "quantity": "3"}, {"item": "saw", "quantity": "2"}]
    taken = order(house, customer="bianchi", lines=lines)
    assert [line["net_price"] for line in taken["lines"]] == ["6.00", "6.00"]
    alone = [{**lines[0], "net_price": "7.00"}, {**lines[1], "net_price": "7.00"}]
    assert order(house, "2", customer="bianchi", lines=alone, charges=FEE)["held"] == []


def test_of_several_lines_of_an_item_any_may_bear_what_is_off_them(house: House) -> None:
    house.put("rules", "3-for-2", action="bundle", item="saw", offer={"quantity_from": "3", "quantity": "1"})
    house.put("rules", "order-5", action="percent", step="order_discount", value="0")
    house.put("rules", "gift", action="percent", step="promotion", value="0")
    free_first = [{"item": "saw", "quantity": 1, "net": net} for net in ("0", "18.00", "18.00")]
    for number, lines in enumerate(permutations(free_first)):
        charges = [FEE[0], {"kind": "deposit", "net": "0.75", "tax": "0"}]
        taken = order(house, str(number), lines=list(lines), charges=charges)
        assert (taken["held"], taken["net"]) == ([], "40.25")
    dear = order(house, "dear", lines=[{**line, "net": "18.00"} for line in free_first], charges=charges)
    assert dear["held"] == []
    odd = order(house, "odd", lines=[{**line, "net": "17.00"} for line in free_first], charges=charges)
    assert odd["held"] == ["price_difference"]


def test_a_rule_of_the_basket_is_used_up_by_orders_that_it_was_charged_in(house: House) -> None:
    house.put("rules", "order-5", **RULES[0][1], caps={"uses": 2})
    uses = "SELECT used FROM usage WHERE subject = 'rule\x1forder-5\x1fuses'"
    read = house.database.read().connection
    assert basket(house)["usage_as_of"] is not None
    order(house, "0", lines=stated("25.65", "36.00"), charges=FEE)
    assert read.execute(uses).fetchone() is None
    quote = basket(house)["quote"]
    assert [order(house, str(number))["gross"] for number in (1, 2, 3)] == ["76.23", "76.23", "79.98"]
    assert house.database.read().connection.execute(uses).fetchone() == ("2",)
    late = order(house, "4", quote=quote)
    assert (late["gross"], late["held"]) == ("76.23", ["cap_exceeded"])
    assert house.database.read().connection.execute(uses).fetchone() == ("3",)
