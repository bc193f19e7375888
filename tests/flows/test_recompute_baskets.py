"""The explanation of a basket suffices: from its JSON alone every share, amount and total can be worked out again."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.books import Books
from tests.flows.test_quote_properties import case
from tests.flows.test_recompute import doors
from tests.recomputed_basket import check_basket
from tests.shop import House, opened

LINES = [{"item": "hammer", "quantity": "3"}, {"item": "saw", "quantity": "2"}, {"item": "hammer", "quantity": "1"}]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("baskets"))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def ask(house: House, **said: Any) -> Any:
    body = {"customer": "rossi", "explain": "all", "lines": LINES} | said
    answer = house.client.request("POST", "/v1/baskets", json=body)
    assert answer.status == 200, answer.body
    check_basket(answer.json())
    return answer.json()


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 32))
def test_every_basket_of_any_shop_can_be_worked_out_again(books: Books, seed: int) -> None:
    chance = random.Random(seed)
    with case(books, seed) as (_, _, drawn), doors(drawn.database, drawn.database.path.parent) as client:
        lines = [{"item": item, "quantity": many} for item, many, _ in drawn.asked]
        chance.shuffle(lines)
        answer = client.request("POST", "/v1/baskets", json={"customer": "C", "explain": "all", "lines": lines})
        assert answer.status == 200, answer.body
        check_basket(answer.json())


RULES: list[tuple[str, dict[str, Any]]] = [
    ("percent", {"action": "percent", "step": "order_discount", "value": "7"}),
    ("amount", {"action": "amount", "step": "order_discount", "value": "5.01"}),
    ("more than there is", {"action": "amount", "step": "order_discount", "value": "500"}),
    ("in another currency", {"action": "amount", "step": "order_discount", "value": "5", "currency": "CHF"}),
    ("meant with tax", {"action": "amount", "step": "order_discount", "value": "5", "tax_mode": "gross"}),
    ("price of all", {"action": "price", "step": "order_discount", "value": "40"}),
    ("charge", {"action": "percent", "sign": "charge", "step": "order_discount", "value": "3"}),
    ("capped", {"action": "percent", "step": "order_discount", "value": "50", "caps": {"amount_per_order": "9"}}),
    ("for each unit", {"action": "amount", "step": "order_discount", "scale": {"kind": "graduated", "tiers": [
        {"up_to": "2", "value": "0.30"}, {"value": "0.10"}]}}),
    ("bundle", {"action": "bundle", "offer": {"quantity_from": "3", "quantity": "1"}}),
    ("set", {"action": "bundle", "value": "20", "offer": {
        "quantity_from": "3", "quantity": "3", "reduction": "set_price", "first": "dearest"}}),
    ("gift", {"action": "free_goods", "offer": {"quantity_from": "2", "item": "saw", "quantity": "1"}, "value": "40"}),
    ("freight", {"action": "amount", "sign": "charge", "step": "order_charge", "value": "6.90",
                 "own_line": {"per": "order"}}),
    ("fee", {"action": "percent", "sign": "charge", "step": "order_charge", "value": "1.7",
             "own_line": {"per": "order"}}),
    ("deposit", {"action": "amount", "sign": "charge", "value": "0.25", "own_line": {"discountable": True}}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rule"), RULES, ids=[name for name, _ in RULES])
def test_each_rule_of_a_basket_can_be_worked_out_again(house: House, name: str, rule: dict[str, Any]) -> None:
    house.put("rates", "chf", currency="CHF", to_currency="EUR", rate="1.07")
    house.put("rules", "r", **rule)
    found = [ask(house)]
    house.put("rules", "off", action="percent", step="offer", value="3.3")
    found.append(ask(house))
    found.append(ask(house, customer=None, channel="web"))
    house.put("rules", "floor", action="limit", bound="min", basis="price", value="95")
    found.append(ask(house))
    assert all("r" in codes(answer) for answer in found[:1])


def codes(answer: Any) -> set[str]:
    """The rules of the basket, and of charges beside its lines, that were applied."""
    lines = answer["lines"]
    told = [*answer["charges"], *answer["free_goods"], *(own for line in lines for own in line.get("own_lines", ()))]
    return {one["rule"] for one in (*told, *(share for line in lines for share in line["shares"]))}


@pytest.mark.parametrize(
    ("field", "value"), [("base", "20"), ("amount", "0.85"), ("cut", "0.01"), ("total", "6.00"), ("value", "9")]
)
def test_the_calculator_notices_a_figure_that_is_not_right(house: House, field: str, value: str) -> None:
    house.put("rules", "tenth", action="percent", step="order_discount", value="10")
    answer = ask(house)
    share = answer["lines"][0]["shares"][0]
    assert share.get(field) != value
    share[field] = value
    with pytest.raises(AssertionError):
        check_basket(answer)


def test_what_a_discount_takes_off_a_charge_beside_a_line_is_told(house: House) -> None:
    service = {"action": "amount", "sign": "charge", "value": "3", "item": "saw"}
    house.put("rules", "service", **service, own_line={"per": "line", "discountable": True})
    house.put("rules", "tenth", action="percent", step="order_discount", value="10")
    saw = ask(house)["lines"][1]
    [own] = saw["own_lines"]
    assert (own["price"], own["net"], [share["amount"] for share in own["shares"]]) == ("3.00", "2.70", ["0.30"])
    assert (saw["net"], saw["shares"][0]["base"], saw["shares"][0]["amount"]) == ("32.40", "36", "3.60")


def test_what_a_limit_cuts_of_a_share_is_told_with_it_and_the_rule_is_applied(house: House) -> None:
    house.put("rules", "floor", action="limit", bound="min", item="saw", value="17.50")
    house.put("rules", "tenth", action="percent", step="order_discount", value="10")
    answer = ask(house)
    assert [(share["amount"], share.get("cut")) for line in answer["lines"] for share in line["shares"]] == [
        ("2.56", None), ("1.00", "2.60"), ("0.86", None),
    ]  # fmt: skip
    assert "tenth" not in [entry["rule"] for entry in answer["not_applied"]]


def test_a_rule_of_the_basket_tells_each_line_that_it_leaves_out_why(house: House) -> None:
    house.put("rules", "more", action="percent", step="order_discount", value="10",
              requires=[{"by": "line", "measure": "quantity", "from": "2"}])  # fmt: skip
    answer = ask(house)
    told = [[(entry["rule"], entry["reason"]) for entry in line["not_applied"] if entry["rule"] == "more"]
            for line in answer["lines"]]  # fmt: skip
    assert told == [[], [], [("more", "requires_more")]]
    assert "more" not in [entry["rule"] for entry in answer["not_applied"]]
    assert all("not_applied" not in line for line in ask(house, explain="applied")["lines"])
