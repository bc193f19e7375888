"""What rules of a basket measure: in the unit, currency and weight that they are stated in, as rules of a line do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shop import House, opened
from tests.web.test_expressed_as_baskets import basket, reasons
from tests.web.test_expressed_as_data import COMPANY, state

BOTH_STEPS = ("promotion", "order_discount")
WATER: tuple[dict[str, Any], ...] = (
    {"kind": "items", "code": "water", "weight": "2", "packagings": [{"unit": "BX", "factor": "12"}]},
    {"kind": "rules", "code": "water-list", "action": "price", "list": "base", "item": "water", "value": "10"},
    {"kind": "rates", "code": "r", "currency": "EUR", "to_currency": "USD", "rate": "2"},
    {"kind": "contracts", "code": "year", "customer": "rossi", "include": {"items": ["water"]}},
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path, company=False) as house:
        state(house, *COMPANY, *WATER)
        yield house


def tenth(step: str, *requires: dict[str, Any], **said: Any) -> dict[str, Any]:
    """A discount of 10 % on water in one step; told apart by the step's name."""
    return {"kind": "rules", "code": step, "action": "percent", "value": "10", "item": "water", "step": step,
            "requires": list(requires), **said}  # fmt: skip


def bought(house: House, quantity: str) -> None:
    placed = house.order(channel="b2b", lines=[{"item": "water", "quantity": quantity}])
    assert (placed.status, placed.json()["held"]) == (201, [])


def came_to(house: House, *lines: tuple[str, str], **asked: Any) -> tuple[list[str], dict[str, str]]:
    """Each line's net, and why rules were not applied: those of the basket, or of its lines."""
    answer = basket(house, *lines, **asked)
    lost = reasons(answer)
    for line in answer["lines"]:
        lost |= reasons(line)
    return [line["net"] for line in answer["lines"]], {code: lost[code] for code in lost if code in BOTH_STEPS}


def test_what_was_bought_under_a_contract_counts_in_the_unit_that_is_required(house: House) -> None:
    bought(house, "24")
    boxes = {"by": "period:year", "measure": "quantity", "unit": "BX", "from": "10"}
    state(house, *(tenth(step, boxes) for step in BOTH_STEPS))
    for quantity, net in (("12", "120.00"), ("95", "950.00")):
        assert came_to(house, ("water", quantity)) == ([net], dict.fromkeys(BOTH_STEPS, "requires_more"))
    assert came_to(house, ("water", "96")) == (["777.60"], {})


@pytest.mark.parametrize("currency", ["EUR", "USD"])
def test_what_was_paid_under_a_contract_counts_in_the_currency_of_the_rule(house: House, currency: str) -> None:
    bought(house, "9")
    state(house, *(tenth(step, {"by": "period:year", "measure": "amount", "from": "118"}) for step in BOTH_STEPS))
    nets = {"EUR": ("20.00", "27.00"), "USD": ("40.00", "54.00")}[currency]
    below = dict.fromkeys(BOTH_STEPS, "requires_more")
    assert came_to(house, ("water", "2"), currency=currency) == ([nets[0]], below)
    # 90 before and 30 now; the line's discount leaves 27 of it, so that 117 are too little for the basket's.
    assert came_to(house, ("water", "3"), currency=currency) == ([nets[1]], {"order_discount": "requires_more"})


def test_an_amount_of_each_line_is_required_in_the_currency_of_the_rule(house: House) -> None:
    state(house, tenth("order_discount", {"by": "line", "measure": "amount", "from": "30"}))
    for quantity, euros, dollars in (("2", "20.00", "40.00"), ("3", "27.00", "54.00")):
        assert came_to(house, ("water", quantity))[0] == [euros]
        assert came_to(house, ("water", quantity), currency="USD")[0] == [dollars]


def test_a_scale_of_the_basket_under_a_contract_ends_with_it(house: House) -> None:
    bought(house, "9")
    rule = tenth("order_discount", scale={"by": "period:year", "tiers": [{"from": "10", "value": "10"}]})
    state(house, {name: part for name, part in rule.items() if name != "value"})
    assert came_to(house, ("water", "1")) == (["9.00"], {})
    state(house, {**WATER[-1], "valid_to": "2026-11-22"})
    assert came_to(house, ("water", "1")) == (["10.00"], {"order_discount": "contract_not_valid"})


def test_goods_of_unknown_weight_leave_what_is_measured_by_weight_undecided(house: House) -> None:
    freight = {"kind": "rules", "code": "freight", "action": "amount", "sign": "charge", "own_line": {"per": "order"},
               "scale": {"measure": "weight", "by": "order", "tiers": [{"from": "0", "value": "6"}]}}  # fmt: skip
    state(house, freight, *(tenth(step, {"by": "order", "measure": "weight", "up_to": "5"}) for step in BOTH_STEPS))
    answer = basket(house, ("water", "1"))
    assert [charge["net"] for charge in answer["charges"]] == ["6.00"]
    # A requirement without a scope counts the goods of its rule; a scale of the order counts all.
    answer = basket(house, ("water", "1"), ("beans", "100"))
    assert answer["charges"] == []
    assert reasons(answer)["freight"] == "measure_unknown"
    assert [line.get("flags", []) for line in answer["lines"]] == [[], ["weight_unknown:freight"]]
    assert answer["lines"][0]["net"] == "8.10"
    everything: dict[str, Any] = {"by": "order", "measure": "weight", "up_to": "5", "scope": {}}
    state(house, *(tenth(step, everything) for step in BOTH_STEPS))
    unknown = dict.fromkeys(BOTH_STEPS, "measure_unknown")
    assert came_to(house, ("water", "1"), ("beans", "100")) == (["10.00", "2000.00"], unknown)
    state(house, {"kind": "items", "code": "beans", "weight": "0"})
    assert came_to(house, ("water", "1"), ("beans", "100")) == (["8.10", "2000.00"], {})
    assert basket(house, ("water", "1"), ("beans", "100"))["charges"][0]["net"] == "6.00"


@pytest.mark.parametrize(("currency", "nets", "after"), [("EUR", "90.00", "99.00"), ("USD", "180.00", "198.00")])
def test_the_amount_that_an_offer_asks_for_is_one_in_its_own_currency(
    house: House, currency: str, nets: str, after: str
) -> None:
    tenth_off = {"kind": "rules", "code": "bulk", "action": "bundle", "value": "10", "offer": {"amount_from": "100"}}
    present = {"kind": "rules", "code": "gift", "action": "free_goods",
               "offer": {"amount_from": "100", "item": "water", "quantity": "1"}}  # fmt: skip
    state(house, tenth_off, present)
    answer = basket(house, ("water", "9"), currency=currency)
    assert (answer["lines"][0]["net"], answer["free_goods"]) == (nets, [])
    assert reasons(answer) == {"bulk": "too_little_bought", "gift": "too_little_bought"}
    answer = basket(house, ("water", "11"), currency=currency)
    assert (answer["lines"][0]["net"], reasons(answer)) == (after, {})
    assert [(gift["quantity"], gift["net"]) for gift in answer["free_goods"]] == [("1", "0.00")]


def test_a_rule_of_the_line_measures_before_discounts_and_one_of_the_basket_after_them(house: House) -> None:
    for_rossi = {"kind": "rules", "code": "rossi", "action": "percent", "customer": "rossi", "value": "10"}
    state(house, for_rossi)
    for step, bound, after in (("promotion", "50", "40.50"), ("order_discount", "46", "45.00"),
                               ("order_discount", "45", "40.50")):  # fmt: skip
        state(house, tenth(step, {"by": "order", "measure": "amount", "from": bound}))
        nets, lost = came_to(house, ("water", "5"))
        assert (nets, lost.get(step)) == ([after], "requires_more" if after == "45.00" else None)
        state(house, {**tenth(step), "status": "blocked"})
