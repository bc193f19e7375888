"""Until when an answer holds by time alone: told before it happens, and true to the second, for lines and baskets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shop import House, opened

# The first of December begins in Rome.
DECEMBER = "2026-11-30T23:00:00Z"
BEFORE = "2026-11-30T22:59:59Z"
LINES: list[dict[str, str]] = [{"item": "saw", "quantity": "2"}, {"item": "hammer", "quantity": "1"}]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def basket(house: House, *lines: dict[str, str], **asked: Any) -> Any:
    """The answer to lines, which must be given."""
    said = {"customer": "rossi", "lines": list(lines or LINES), **asked}
    answer = house.client.request("POST", "/v1/baskets", json=said)
    assert answer.status == 200, answer.body
    return answer.json()


def vip_from_december(house: House) -> None:
    house.put("customer-groups", "vip")
    member = {"group": "vip", "valid_from": "2026-12-01"}
    house.put("customers", "rossi", customer_groups=["installers", member], country="IT")


def changes(house: House) -> tuple[str, str, str]:
    """The net before and at the beginning of December, and when the basket said that it could change."""
    now, before, then = (basket(house, at=at) for at in ("2026-11-23T12:00:00Z", BEFORE, DECEMBER))
    assert now["totals"] == before["totals"]
    return now["totals"]["net"], then["totals"]["net"], now["next_change_at"]


def test_a_rule_that_requires_a_group_changes_a_price_when_the_membership_begins(house: House) -> None:
    vip_from_december(house)
    requires = [{"measure": "quantity", "from": "1", "scope": {"customer_group": "vip"}}]
    house.put("rules", "r", action="percent", value="10", item="saw", step="promotion", requires=requires)
    first = house.price("saw", customer="rossi")
    assert (first["net"], first["next_change_at"]) == ("18.00", DECEMBER)
    assert house.price("saw", customer="rossi", at=BEFORE)["net"] == "18.00"
    assert house.price("saw", customer="rossi", at=DECEMBER)["net"] == "16.20"
    assert house.price("hammer", customer="rossi")["next_change_at"] is None
    assert house.price("saw", customer="bianchi")["next_change_at"] is None


def test_a_membership_that_no_rule_asks_for_is_no_change(house: House) -> None:
    vip_from_december(house)
    requires = [{"measure": "quantity", "from": "1", "scope": {"customer_group": "installers"}}]
    house.put("rules", "r", action="percent", value="10", item="saw", step="promotion", requires=requires)
    assert house.price("saw", customer="rossi")["next_change_at"] is None
    assert basket(house)["next_change_at"] is None


@pytest.mark.parametrize(
    ("said", "nets"),
    [
        ({"action": "percent", "step": "order_discount", "requires": [
            {"by": "order", "measure": "quantity", "from": "1", "scope": {"customer_group": "vip"}}]},
         ("44.55", "40.09")),
        ({"action": "bundle", "item": "hammer", "offer": {"bought": {"customer_group": "vip"},
                                                          "target": {"item": "hammer"}}}, ("44.55", "43.69")),
        ({"action": "bundle", "item": "saw", "offer": {"bought": {"item": "saw"},
                                                       "target": {"customer_group": "vip"}}}, ("44.55", "40.09")),
    ],
)  # fmt: skip
def test_scopes_within_rules_of_the_basket_change_it_with_a_membership(
    house: House, said: dict[str, Any], nets: tuple[str, str]
) -> None:
    vip_from_december(house)
    house.put("rules", "r", value="10", **said)
    assert changes(house) == (*nets, DECEMBER)


def test_a_gift_whose_own_price_changes_is_a_change_of_the_basket(house: House) -> None:
    house.put("items", "glove", item_groups=[])
    house.put("rules", "glove-old", action="price", list="base", item="glove", value="5", valid_to="2026-12-01")
    house.put("rules", "glove-new", action="price", list="base", item="glove", value="8", valid_from="2026-12-01")
    house.put("rules", "r", action="free_goods", item="saw", value="50",
              offer={"item": "glove", "quantity_from": "1", "quantity": "1", "times_max": 1})  # fmt: skip
    assert changes(house) == ("47.05", "48.55", DECEMBER)


def test_a_basket_changes_with_the_first_of_its_lines(house: House) -> None:
    house.put("rules", "saw-base", action="price", list="base", item="saw", value="20", valid_to="2026-12-01")
    house.put("rules", "saw-next", action="price", list="base", item="saw", value="21", valid_from="2026-12-01")
    assert changes(house) == ("44.55", "46.35", DECEMBER)
    answer = basket(house)
    assert [line["next_change_at"] for line in answer["lines"]] == [DECEMBER, None]
    assert basket(house, {"item": "hammer", "quantity": "1"})["next_change_at"] is None


def test_lines_that_share_a_cap_change_together(house: House) -> None:
    house.put("rules", "r", action="percent", value="50", item_group="tools", step="promotion",
              caps={"amount": "20", "beyond": "split"})  # fmt: skip
    house.put("rules", "hammer-soon", action="price", list="web", item="hammer", value="18", valid_from="2026-12-01")
    answer = basket(house)
    assert [line["next_change_at"] for line in answer["lines"]] == [DECEMBER, DECEMBER]
    before, then = (basket(house, at=at)["lines"][0]["net"] for at in (BEFORE, DECEMBER))
    assert before != then


def test_an_assignment_that_displaces_lists_changes_prices_when_it_begins(house: House) -> None:
    house.put("price-lists", "empty", currency="EUR")
    house.put("assignments", "rossi-empty", list="empty", customer="rossi", mode="replace", valid_from="2026-12-01")
    first, then = (house.price("saw", customer="rossi", at=at) for at in (BEFORE, DECEMBER))
    assert (first["net"], first["next_change_at"]) == ("18.00", DECEMBER)
    assert (then["outcome"], then["next_change_at"]) == ("no_price", None)


def test_no_break_is_told_where_lines_beside_decide_it_within_a_choice(house: House) -> None:
    chains = [{"name": name, "steps": [{"name": f"{name}1", "kind": "allowance"}]} for name in ("a", "b")]
    choice = {"name": "choice", "kind": "choose", "pick": "best", "chains": chains}
    house.put("schemes", "mine", steps=[{"name": "price", "kind": "price"}, choice])
    house.put("channels", "web", currency="EUR", country="IT", scheme="mine")
    scale = {"by": "mix:k", "tiers": [{"from": "5", "value": "10"}, {"from": "10", "value": "20"}]}
    for item in ("saw", "hammer"):
        house.put("rules", f"mix-{item}", action="percent", item=item, step="a1", scale=scale)
    told = []
    for quantity in ("6", "7"):
        lines = [{"item": "saw", "quantity": quantity}, {"item": "hammer", "quantity": "3"}]
        answer = basket(house, *lines, customer="bianchi", channel="web", explain="none")
        told.append([(line["net_price"], line["next_break"]) for line in answer["lines"]])
    assert told == [[("18.00", None), ("8.55", None)], [("16.00", None), ("7.60", None)]]
