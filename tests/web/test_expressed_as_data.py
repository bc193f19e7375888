"""Terms that companies really agree on, each stated as data alone and priced to the cent, with tax."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shop import House, opened

Stated = list[dict[str, Any]]

# A wholesaler in Italy with one trade customer and one who has nothing agreed.
COMPANY: Stated = [
    {"kind": "channels", "code": "b2b", "currency": "EUR", "country": "IT"},
    {"kind": "item-groups", "code": "coffee"},
    {"kind": "customer-groups", "code": "bars"},
    {"kind": "customers", "code": "rossi", "country": "IT", "customer_groups": ["bars"]},
    {"kind": "customers", "code": "bianchi", "country": "IT"},
    {"kind": "taxes", "code": "it-22", "country": "IT", "percent": "22"},
    {"kind": "items", "code": "beans", "item_groups": ["coffee"], "cost": "10"},
    {"kind": "rules", "code": "beans-list", "action": "price", "list": "base", "item": "beans", "value": "20"},
]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path, company=False) as house:
        state(house, *COMPANY)
        yield house


def state(house: House, *facts: dict[str, Any]) -> None:
    answer = house.client.request("POST", "/v1/changes", json=list(facts))
    assert answer.status == 200, answer.body


def amounts(house: House, item: str = "beans", **asked: Any) -> tuple[str, str, str, str]:
    """Unit price, net, tax and gross of a line."""
    answer = house.price(item, **{"customer": "rossi", "channel": "b2b", **asked})
    assert answer["outcome"] == "price", answer
    return answer["net_price"], answer["net"], answer["tax"], answer["gross"]


def rules_of(house: House, item: str = "beans", **asked: Any) -> list[str]:
    answer = house.price(item, **{"customer": "rossi", "channel": "b2b", **asked})
    return [step["rule"] for step in answer["steps"]]


def reasons(house: House, item: str = "beans", **asked: Any) -> dict[str, str]:
    """Why each rule that did not apply did not."""
    answer = house.price(item, **{"customer": "rossi", "channel": "b2b", "explain": "all", **asked})
    return {line["rule"]: line["reason"] for line in answer["not_applied"]}


def test_a_price_for_one_customer_at_one_delivery_place_alone(house: House) -> None:
    state(
        house,
        {"kind": "rules", "code": "rossi-harbour", "action": "price", "customer": "rossi", "ship_to": "harbour",
         "item": "beans", "value": "17.35", "final": True},
        {"kind": "rules", "code": "rossi-coffee", "action": "percent", "customer": "rossi", "item_group": "coffee",
         "value": "5"},
    )  # fmt: skip
    assert amounts(house, ship_to="harbour", quantity="3") == ("17.35", "52.05", "11.45", "63.50")
    assert amounts(house, ship_to="station", quantity="3") == ("19.00", "57.00", "12.54", "69.54")
    assert amounts(house, quantity="3") == ("19.00", "57.00", "12.54", "69.54")
    assert amounts(house, ship_to="harbour", customer="bianchi") == ("20.00", "20.00", "4.40", "24.40")
    assert reasons(house, ship_to="harbour") == {"beans-list": "beaten", "rossi-coffee": "stopped_by_final"}


def test_a_quantity_contract_is_used_up_by_orders_and_the_one_that_crosses_its_end_is_split(house: House) -> None:
    state(
        house,
        {"kind": "rules", "code": "rossi-500", "action": "price", "customer": "rossi", "item": "beans", "value": "16",
         "final": True, "caps": {"quantity": "500", "beyond": "split"}},
    )  # fmt: skip
    for _ in range(3):
        assert amounts(house, quantity="400") == ("16.00", "6400.00", "1408.00", "7808.00")
    assert ordered(house, "1", "400") == ("6400.00", "1408.00", "7808.00")
    crossing = house.price("beans", customer="rossi", channel="b2b", quantity="250")
    assert [(part["quantity"], part["net_price"], part["net"], part["gross"]) for part in crossing["segments"]] == [
        ("100", "16.00", "1600.00", "1952.00"),
        ("150", "20.00", "3000.00", "3660.00"),
    ]
    assert (crossing["net"], crossing["tax"], crossing["gross"]) == ("4600.00", "1012.00", "5612.00")
    assert ordered(house, "2", "250") == ("4600.00", "1012.00", "5612.00")
    assert amounts(house, quantity="250") == ("20.00", "5000.00", "1100.00", "6100.00")
    assert ordered(house, "3", "250") == ("5000.00", "1100.00", "6100.00")
    assert reasons(house) == {"rossi-500": "cap_exhausted"}


def test_a_contract_whose_price_falls_as_the_year_goes_on(house: House) -> None:
    state(
        house,
        {"kind": "contracts", "code": "year", "customer": "rossi", "include": {"item_groups": ["coffee"]},
         "valid_from": "2026-01-01", "valid_to": "2026-12-31"},
        {"kind": "rules", "code": "rossi-year", "action": "price", "customer": "rossi", "item": "beans",
         "scale": {"kind": "graduated", "by": "period:year", "tiers": [
             {"up_to": "100", "value": "18"}, {"up_to": "300", "value": "17"}, {"value": "15"}]}},
    )  # fmt: skip
    assert ordered(house, "1", "80") == ("1440.00", "316.80", "1756.80")
    assert amounts(house, quantity="80") == ("17.25", "1380.00", "303.60", "1683.60")
    assert ordered(house, "2", "80") == ("1380.00", "303.60", "1683.60")
    assert amounts(house, customer="bianchi", quantity="80") == ("20.00", "1600.00", "352.00", "1952.00")
    assert reasons(house, at="2027-01-02") == {"rossi-year": "contract_not_valid"}


def ordered(house: House, number: str, quantity: str, item: str = "beans") -> tuple[str, str, str]:
    """What an order is charged, which nothing holds."""
    answer = house.order(number=number, channel="b2b", lines=[{"item": item, "quantity": quantity}])
    assert answer.status == 201, answer.body
    order = answer.json()
    assert order["held"] == []
    return order["net"], order["tax"], order["gross"]


CHOICE = {"kind": "schemes", "code": "lower", "steps": [
    {"name": "way", "kind": "choose", "pick": "best", "chains": [
        {"name": "contract", "steps": [
            {"name": "agreed", "kind": "price", "access": ["customer+item", "customer+item_group", "customer"]}]},
        {"name": "list", "steps": [
            {"name": "listed", "kind": "price", "access": ["item", "base+item"]},
            {"name": "quarter", "kind": "allowance"}]},
    ]},
    {"name": "limit", "kind": "limit", "pick": "all"},
]}  # fmt: skip


def test_the_lower_of_the_contract_price_and_the_list_less_a_quarter(house: House) -> None:
    state(
        house,
        CHOICE,
        {"kind": "channels", "code": "b2b", "currency": "EUR", "country": "IT", "scheme": "lower"},
        {"kind": "rules", "code": "quarter", "action": "percent", "step": "quarter", "value": "25"},
        {"kind": "rules", "code": "rossi-beans", "action": "price", "customer": "rossi", "item": "beans",
         "scale": {"tiers": [{"from": "1", "value": "15.50"}, {"from": "10", "value": "14.20"}]}},
    )  # fmt: skip
    assert amounts(house, quantity="9") == ("15.00", "135.00", "29.70", "164.70")
    assert rules_of(house, quantity="9") == ["beans-list", "quarter"]
    assert amounts(house, quantity="10") == ("14.20", "142.00", "31.24", "173.24")
    assert rules_of(house, quantity="10") == ["rossi-beans"]
    assert amounts(house, customer="bianchi", quantity="10") == ("15.00", "150.00", "33.00", "183.00")


def test_a_group_price_that_is_not_for_customers_with_a_contract(house: House) -> None:
    state(
        house,
        {"kind": "customer-groups", "code": "under-contract"},
        {"kind": "customers", "code": "verdi", "country": "IT", "customer_groups": [
            "bars", {"group": "under-contract", "valid_to": "2026-12-31"}]},
        {"kind": "rules", "code": "bars-beans", "action": "price", "customer_group": "bars", "item": "beans",
         "value": "17.90", "unless": {"customer_group": "under-contract"}},
        {"kind": "rules", "code": "verdi-coffee", "action": "percent", "customer": "verdi", "item_group": "coffee",
         "value": "8", "valid_to": "2026-12-31"},
    )  # fmt: skip
    assert amounts(house) == ("17.90", "17.90", "3.94", "21.84")
    assert amounts(house, customer="verdi") == ("18.40", "18.40", "4.05", "22.45")
    assert reasons(house, customer="verdi")["bars-beans"] == "unless"
    assert amounts(house, customer="verdi", at="2027-01-01T12:00:00Z") == ("17.90", "17.90", "3.94", "21.84")
    assert amounts(house, customer="bianchi") == ("20.00", "20.00", "4.40", "24.40")


def test_a_metal_surcharge_follows_the_quotation_of_the_day(house: House) -> None:
    """A cable of 43 kg of copper a kilometre, its price made for copper at 150 EUR per 100 kg."""
    state(
        house,
        {"kind": "items", "code": "cable", "unit": "MTR", "measures": [{"name": "copper", "value": "0.043"}]},
        {"kind": "rules", "code": "cable-list", "action": "price", "list": "base", "item": "cable", "per": "100",
         "value": "62.40"},
        {"kind": "rules", "code": "bars-cable", "action": "percent", "customer_group": "bars", "item": "cable",
         "value": "25"},
        {"kind": "rules", "code": "copper", "action": "indexed", "label": "Copper", "indexed": {
            "quotation": "DEL", "reference": "150", "measure": "copper", "lowest": "0"}},
        {"kind": "quotations", "code": "del-1120", "quotation": "DEL", "value": "871.25", "per": "100",
         "valid_from": "2026-11-20"},
        {"kind": "quotations", "code": "del-1123", "quotation": "DEL", "value": "880", "per": "100",
         "valid_from": "2026-11-23"},
        {"kind": "quotations", "code": "del-1201", "quotation": "DEL", "value": "140", "per": "100",
         "valid_from": "2026-12-01"},
    )  # fmt: skip
    assert amounts(house, "cable", quantity="250", at="2026-11-22") == ("77.81375", "194.53", "42.80", "237.33")
    assert amounts(house, "cable", quantity="250") == ("78.19", "195.48", "43.01", "238.49")
    assert amounts(house, "cable", quantity="250", at="2026-12-01") == ("46.80", "117.00", "25.74", "142.74")
    assert reasons(house, "cable", at="2026-11-22") == {}
    assert house.price("beans", customer="rossi")["net_price"] == "20.00"
    assert house.price("cable", customer="rossi", at="2026-11-01")["reason"] == "quotation_unknown"


def test_a_bottle_deposit_and_an_eco_tax_stand_beside_the_line_and_no_discount_touches_them(house: House) -> None:
    state(
        house,
        {"kind": "item-groups", "code": "bottled"},
        {"kind": "items", "code": "water", "item_groups": ["bottled"], "tax_class": "food"},
        {"kind": "taxes", "code": "it-food", "country": "IT", "tax_class": "food", "percent": "10"},
        {"kind": "taxes", "code": "it-deposit", "country": "IT", "tax_class": "deposit", "percent": "0",
         "category": "O", "reason": "Deposit on packaging, outside the scope of VAT"},
        {"kind": "rules", "code": "water-list", "action": "price", "list": "base", "item": "water", "value": "1.20"},
        {"kind": "rules", "code": "bars-water", "action": "percent", "customer_group": "bars", "value": "10"},
        {"kind": "rules", "code": "deposit", "action": "amount", "sign": "charge", "item_group": "bottled",
         "value": "0.25", "own_line": {"tax_class": "deposit"}, "label": "Bottle deposit"},
        {"kind": "rules", "code": "eco", "action": "amount", "sign": "charge", "item_group": "bottled",
         "value": "0.013", "own_line": {"tax_class": "standard"}, "label": "Eco tax"},
    )  # fmt: skip
    answer = house.price("water", customer="rossi", channel="b2b", quantity="24")
    assert (answer["net_price"], answer["net"], answer["tax"], answer["gross"]) == ("1.08", "25.92", "2.59", "28.51")
    assert [
        (own["label"], own["quantity"], own["price"], own["net"], own["tax"], own["gross"], own["tax_category"])
        for own in answer["own_lines"]
    ] == [
        ("Eco tax", "24", "0.013", "0.31", "0.07", "0.38", "S"),
        ("Bottle deposit", "24", "0.25", "6.00", "0.00", "6.00", "O"),
    ]
    assert [own.get("tax_reason") for own in answer["own_lines"]] == [
        None, "Deposit on packaging, outside the scope of VAT",
    ]  # fmt: skip
    assert "own_lines" not in house.price("beans", customer="rossi", channel="b2b")


def test_a_business_abroad_pays_no_tax_and_is_told_the_reason(house: House) -> None:
    text = "Reverse charge: VAT is due from the recipient (art. 138 Directive 2006/112/EC)"
    state(
        house,
        {"kind": "taxes", "code": "de-business", "country": "DE", "tax_status": "business", "percent": "0",
         "category": "K", "reason": text},
        {"kind": "taxes", "code": "de-19", "country": "DE", "percent": "19"},
        {"kind": "customers", "code": "gmbh", "country": "DE", "tax_status": "business"},
        {"kind": "customers", "code": "erika", "country": "DE"},
    )  # fmt: skip
    assert amounts(house, customer="gmbh", quantity="7") == ("20.00", "140.00", "0.00", "140.00")
    answer = house.price("beans", customer="gmbh", channel="b2b")
    assert (answer["tax_percent"], answer["tax_category"], answer["tax_reason"]) == ("0", "K", text)
    assert amounts(house, customer="erika", quantity="7") == ("20.00", "140.00", "26.60", "166.60")
    assert "tax_reason" not in house.price("beans", customer="erika", channel="b2b")
    assert amounts(house, customer="gmbh", country="IT") == ("20.00", "20.00", "4.40", "24.40")


def test_cable_is_priced_per_hundred_metres_and_cutting_it_costs_once_per_line(house: House) -> None:
    state(
        house,
        {"kind": "items", "code": "cable", "unit": "MTR", "packagings": [{"unit": "RL", "factor": "500"}]},
        {"kind": "rules", "code": "cable-list", "action": "price", "list": "base", "item": "cable", "per": "100",
         "scale": {"tiers": [{"from": "1", "value": "62.40"}, {"from": "500", "value": "57.15"}]}},
        {"kind": "rules", "code": "cut", "action": "amount", "sign": "charge", "item": "cable", "value": "7.50",
         "own_line": {"per": "line"}, "unless": {"unit": "RL"}, "label": "Cutting"},
    )  # fmt: skip
    answer = house.price("cable", customer="rossi", channel="b2b", quantity="37")
    assert (answer["net_price"], answer["per"], answer["unit"]) == ("62.40", "100", "MTR")
    assert (answer["net"], answer["tax"], answer["gross"]) == ("23.09", "5.08", "28.17")
    assert [(own["label"], own["quantity"], own["net"], own["gross"]) for own in answer["own_lines"]] == [
        ("Cutting", "1", "7.50", "9.15")
    ]
    reels = house.price("cable", customer="rossi", channel="b2b", quantity="2", unit="RL")
    assert (reels["net"], reels["tax"], reels["gross"]) == ("571.50", "125.73", "697.23")
    assert "own_lines" not in reels


def test_a_smallest_margin_holds_as_the_cost_changes_every_day(house: House) -> None:
    state(
        house,
        {"kind": "rules", "code": "sale", "action": "percent", "step": "promotion", "item_group": "coffee",
         "value": "40"},
        {"kind": "rules", "code": "margin-20", "action": "limit", "bound": "min", "basis": "cost", "value": "125",
         "reason": "20 % of the price at least"},
    )  # fmt: skip
    assert amounts(house, quantity="6") == ("12.50", "75.00", "16.50", "91.50")
    first = house.price("beans", customer="rossi")["revision"]
    beans = {"kind": "items", "code": "beans", "item_groups": ["coffee"]}
    state(house, {**beans, "cost": "8.37"})
    assert rules_of(house) == ["beans-list", "sale"]
    assert amounts(house, quantity="6") == ("12.00", "72.00", "15.84", "87.84")
    state(house, {**beans, "cost": "11.113"})
    assert amounts(house, quantity="6") == ("13.89125", "83.35", "18.34", "101.69")
    assert amounts(house, quantity="6", known_at=first) == ("12.50", "75.00", "16.50", "91.50")
    state(house, beans)
    assert house.price("beans", customer="rossi")["reason"] == "limit_unknown"


def test_a_customers_own_net_price_in_another_currency(house: House) -> None:
    state(
        house,
        {"kind": "customers", "code": "muller", "country": "CH", "currency": "CHF", "customer_groups": ["bars"]},
        {"kind": "taxes", "code": "ch", "country": "CH", "percent": "8.1"},
        {"kind": "rates", "code": "chf", "currency": "EUR", "to_currency": "CHF", "rate": "0.9412"},
        {"kind": "rules", "code": "bars-coffee", "action": "percent", "customer_group": "bars", "item_group": "coffee",
         "value": "10"},
        {"kind": "rules", "code": "muller-beans", "action": "price", "customer": "muller", "item": "beans",
         "currency": "CHF", "value": "18.35", "final": True},
        {"kind": "items", "code": "filter", "item_groups": ["coffee"]},
        {"kind": "rules", "code": "filter-list", "action": "price", "list": "base", "item": "filter", "value": "4.30"},
    )  # fmt: skip
    assert amounts(house, customer="muller", quantity="11") == ("18.35", "201.85", "16.35", "218.20")
    assert house.price("beans", customer="muller")["currency"] == "CHF"
    assert amounts(house, "filter", customer="muller", quantity="11") == ("3.642444", "40.07", "3.25", "43.32")
    assert amounts(house, quantity="11") == ("18.00", "198.00", "43.56", "241.56")


def test_an_employee_buys_below_the_floor_and_nobody_else(house: House) -> None:
    state(
        house,
        {"kind": "customer-groups", "code": "staff"},
        {"kind": "customers", "code": "anna", "country": "IT", "customer_groups": ["staff"]},
        {"kind": "rules", "code": "floor", "action": "limit", "bound": "min", "basis": "cost", "value": "130",
         "unless": {"customer_group": "staff"}},
        {"kind": "rules", "code": "floor-staff", "action": "limit", "bound": "min", "basis": "cost", "value": "85",
         "customer_group": "staff"},
        {"kind": "rules", "code": "staff-half", "action": "percent", "customer_group": "staff", "value": "50"},
        {"kind": "rules", "code": "sale", "action": "percent", "step": "promotion", "item_group": "coffee",
         "value": "45"},
    )  # fmt: skip
    assert amounts(house, quantity="2") == ("13.00", "26.00", "5.72", "31.72")
    assert rules_of(house) == ["beans-list", "sale", "floor"]
    assert amounts(house, customer="anna", quantity="2") == ("8.50", "17.00", "3.74", "20.74")
    assert rules_of(house, customer="anna") == ["beans-list", "staff-half", "sale", "floor-staff"]
    assert reasons(house, customer="anna") == {"floor": "unless"}


def test_a_sale_to_employees_says_itself_that_it_may_lie_below_the_floor(house: House) -> None:
    state(
        house,
        {"kind": "customer-groups", "code": "staff"},
        {"kind": "customers", "code": "anna", "country": "IT", "customer_groups": ["staff"]},
        {"kind": "rules", "code": "floor", "action": "limit", "bound": "min", "basis": "cost", "value": "130"},
        {"kind": "rules", "code": "staff-beans", "action": "price", "customer_group": "staff", "item": "beans",
         "value": "9.20", "final": True, "below_limit": True},
    )  # fmt: skip
    assert amounts(house, customer="anna", quantity="2") == ("9.20", "18.40", "4.05", "22.45")
    assert reasons(house, customer="anna") == {"beans-list": "beaten", "floor": "below_limit"}
    assert amounts(house, quantity="2") == ("20.00", "40.00", "8.80", "48.80")
