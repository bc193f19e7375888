"""Terms of the trade that hold for what is bought together, each stated as data alone and priced to the cent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shop import House, opened
from tests.web.test_expressed_as_data import COMPANY, state

DECAF: tuple[dict[str, Any], ...] = (
    {"kind": "items", "code": "decaf", "item_groups": ["coffee"], "cost": "7"},
    {"kind": "rules", "code": "decaf-list", "action": "price", "list": "base", "item": "decaf", "value": "12.35"},
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path, company=False) as house:
        state(house, *COMPANY, *DECAF)
        yield house


def basket(house: House, *lines: tuple[str, str], **asked: Any) -> Any:
    """The answer to lines of (item, quantity), which must be given."""
    said = {"customer": "rossi", "channel": "b2b", "explain": "all", **asked}
    said["lines"] = [{"item": item, "quantity": quantity} for item, quantity in lines]
    answer = house.client.request("POST", "/v1/baskets", json=said)
    assert answer.status == 200, answer.body
    return answer.json()


def totals(answer: dict[str, Any]) -> tuple[str, str, str]:
    """Net, tax and gross of all, which must be what stands on the lines."""
    parts = [*answer["lines"], *answer["free_goods"], *answer["charges"]]
    parts += [own for part in parts for own in part.get("own_lines", [])]
    told = answer["totals"]
    for name in ("net", "tax", "gross"):
        assert sum(cents(part[name]) for part in parts) == cents(told[name])
    assert cents(told["net"]) + cents(told["tax"]) == cents(told["gross"])
    assert sum(cents(row["tax"]) for row in told["by_rate"]) == cents(told["tax"])
    return told["net"], told["tax"], told["gross"]


def cents(amount: str) -> int:
    whole, _, part = amount.partition(".")
    return int(whole + (part + "00")[:2])


def ordered(house: House, *lines: tuple[str, str]) -> tuple[str, str, str]:
    """What an order of the same lines is charged; it must be taken as it is."""
    said = [{"item": item, "quantity": quantity} for item, quantity in lines]
    answer = house.order(channel="b2b", lines=said).json()
    assert answer["held"] == []
    return answer["net"], answer["tax"], answer["gross"]


def reasons(answer: dict[str, Any]) -> dict[str, str]:
    return {line["rule"]: line["reason"] for line in answer["not_applied"]}


def test_buy_three_pay_two_across_a_category_on_top_of_a_customers_discount(house: House) -> None:
    state(
        house,
        {"kind": "rules", "code": "rossi-10", "action": "percent", "customer": "rossi", "value": "10"},
        {"kind": "rules", "code": "three-for-two", "action": "bundle", "item_group": "coffee",
         "offer": {"quantity_from": "3", "quantity": "1"}},
    )  # fmt: skip
    seven = (("beans", "2"), ("decaf", "5"))
    answer = basket(house, *seven)
    assert [(line["net_price"], line["net"], line["tax"], line["gross"]) for line in answer["lines"]] == [
        ("18.00", "36.00", "7.92", "43.92"),
        ("11.115", "33.35", "7.34", "40.69"),
    ]
    assert [[(share["rule"], share["amount"]) for share in line["shares"]] for line in answer["lines"]] == [
        [], [("three-for-two", "22.23")],
    ]  # fmt: skip
    assert totals(answer) == ordered(house, *seven) == ("69.35", "15.26", "84.61")
    assert totals(basket(house, *seven, customer="bianchi")) == ("77.05", "16.95", "94.00")
    two = basket(house, ("beans", "1"), ("decaf", "1"))
    assert (totals(two), reasons(two)) == (("29.12", "6.41", "35.53"), {"three-for-two": "too_little_bought"})


def test_a_small_order_pays_a_charge_and_a_larger_one_does_not(house: House) -> None:
    state(
        house,
        {"kind": "rules", "code": "small", "action": "amount", "sign": "charge", "value": "9.90",
         "label": "Small order", "own_line": {"per": "order"},
         "requires": [{"measure": "amount", "by": "order", "up_to": "49.99"}]},
    )  # fmt: skip
    small = (("beans", "1"), ("decaf", "2"))
    answer = basket(house, *small)
    assert [(one["label"], one["net"], one["tax"], one["gross"]) for one in answer["charges"]] == [
        ("Small order", "9.90", "2.18", "12.08")
    ]
    assert totals(answer) == ordered(house, *small) == ("54.60", "12.01", "66.61")
    large = basket(house, ("beans", "2"), ("decaf", "1"))
    assert (totals(large), large["charges"]) == (("52.35", "11.52", "63.87"), [])
    assert reasons(large) == {"small": "requires_less"}


def test_no_discount_of_the_order_touches_a_deposit_or_an_eco_tax(house: House) -> None:
    state(
        house,
        {"kind": "taxes", "code": "it-food", "country": "IT", "tax_class": "food", "percent": "10"},
        {"kind": "taxes", "code": "it-deposit", "country": "IT", "tax_class": "deposit", "percent": "0",
         "category": "O", "reason": "Deposit, outside the scope of VAT"},
        {"kind": "items", "code": "water", "tax_class": "food"},
        {"kind": "rules", "code": "water-list", "action": "price", "list": "base", "item": "water", "value": "1.20"},
        {"kind": "rules", "code": "deposit", "action": "amount", "sign": "charge", "item": "water", "value": "0.25",
         "own_line": {"tax_class": "deposit"}},
        {"kind": "rules", "code": "eco", "action": "amount", "sign": "charge", "item": "water", "value": "0.013",
         "own_line": {"tax_class": "standard"}},
        {"kind": "rules", "code": "rossi-10", "action": "percent", "customer": "rossi", "value": "10"},
        {"kind": "rules", "code": "order-5", "action": "percent", "step": "order_discount", "value": "5"},
    )  # fmt: skip
    lines = (("water", "24"), ("beans", "2"))
    answer = basket(house, *lines)
    water, beans = answer["lines"]
    assert (water["net"], water["tax"], beans["net"], beans["tax"]) == ("24.62", "2.46", "34.20", "7.52")
    assert [(own["rule"], own["net"], own["tax"], own["tax_category"]) for own in water["own_lines"]] == [
        ("eco", "0.31", "0.07", "S"), ("deposit", "6.00", "0.00", "O"),
    ]  # fmt: skip
    assert totals(answer) == ordered(house, *lines) == ("65.13", "10.05", "75.18")
    assert [
        (row["tax_percent"], row["tax_category"], row["tax_reason"], row["net"], row["tax"])
        for row in answer["totals"]["by_rate"]
    ] == [
        ("22", "S", None, "34.51", "7.59"),
        ("10", "S", None, "24.62", "2.46"),
        ("0", "O", "Deposit, outside the scope of VAT", "6.00", "0.00"),
    ]


def test_the_reason_of_a_reverse_charge_stands_with_its_total(house: House) -> None:
    text = "Reverse charge (art. 196 Directive 2006/112/EC)"
    state(
        house,
        {"kind": "taxes", "code": "de-business", "country": "DE", "tax_status": "business", "percent": "0",
         "category": "AE", "reason": text},
        {"kind": "customers", "code": "gmbh", "country": "DE", "tax_status": "business"},
    )  # fmt: skip
    answer = basket(house, ("beans", "2"), ("decaf", "3"), customer="gmbh")
    assert totals(answer) == ("77.05", "0.00", "77.05")
    assert answer["totals"]["by_rate"] == [
        {"tax_percent": "0", "tax_category": "AE", "tax_reason": text, "net": "77.05", "tax": "0.00"}
    ]


def test_a_quantity_contract_ends_within_a_basket_and_is_never_used_twice(house: House) -> None:
    state(
        house,
        {"kind": "rules", "code": "rossi-10", "action": "price", "customer": "rossi", "item": "beans", "value": "16",
         "final": True, "caps": {"quantity": "10", "beyond": "split"}},
    )  # fmt: skip
    lines = (("beans", "6"), ("decaf", "1"), ("beans", "6"))
    for _ in range(2):
        answer = basket(house, *lines)
        assert [line["net"] for line in answer["lines"]] == ["96.00", "12.35", "104.00"]
        assert [(part["quantity"], part["net"]) for part in answer["lines"][2]["segments"]] == [
            ("4", "64.00"), ("2", "40.00"),
        ]  # fmt: skip
    assert totals(answer) == ordered(house, *lines) == ("212.35", "46.72", "259.07")
    assert totals(basket(house, *lines)) == ("252.35", "55.52", "307.87")


def test_an_employee_buys_below_the_floor_also_with_a_discount_on_the_order(house: House) -> None:
    state(
        house,
        {"kind": "customer-groups", "code": "staff"},
        {"kind": "customers", "code": "anna", "country": "IT", "customer_groups": ["staff"]},
        {"kind": "rules", "code": "floor", "action": "limit", "bound": "min", "basis": "cost", "value": "150"},
        {"kind": "rules", "code": "order-40", "action": "percent", "step": "order_discount", "value": "40"},
        {"kind": "rules", "code": "staff-60", "action": "percent", "step": "order_discount", "customer_group": "staff",
         "value": "60", "below_limit": True},
    )  # fmt: skip
    answer = basket(house, ("beans", "3"), ("decaf", "2"))
    assert [line["net"] for line in answer["lines"]] == ["45.00", "21.00"]
    assert totals(answer) == ("66.00", "14.52", "80.52")
    answer = basket(house, ("beans", "3"), ("decaf", "2"), customer="anna")
    assert [line["net"] for line in answer["lines"]] == ["24.00", "9.88"]
    assert totals(answer) == ("33.88", "7.45", "41.33")
