"""What may be kept: each fault names its field, and a remedy."""

from typing import Any

import pytest

from listino.core.checks import faults_of
from listino.core.facts import Assignment, Customer, Fact, Item, Packaging, PriceList, Rate, Tax, Unit
from listino.core.money import Rounding
from listino.core.rules import Formula, Rule, Scheme, Scope, Step
from listino.core.schemes import agreement_first
from tests.core.lines import d, limit, off, on, price, scale

FAULTS: list[Any] = [
    (Item(code=""), "code", "empty"),
    (Item(code="  "), "code", "empty"),
    (Item(code="x" * 65), "code", "too_long"),
    (Item(code="a\tb"), "code", "control_character"),
    (Item(code="a\x1fb"), "code", "control_character"),
    (Item(code="e\u0301"), "code", "not_nfc"),
    (Item(code="I", status="gone"), "status", "not_a_choice"),
    (Item(code="I", packagings=(Packaging(unit="BX", factor=d(0)),)), "packagings[0].factor", "not_positive"),
    (Item(code="I", item_groups=("T", "")), "item_groups[1]", "empty"),
    (Item(code="I", cost=d("1e30")), "cost", "out_of_range"),
    (Item(code="I", cost=d("NaN")), "cost", "out_of_range"),
    (Item(code="I", cost_currency="euro"), "cost_currency", "not_a_currency"),
    (Customer(code="C", country="it"), "country", "not_a_country"),
    (Customer(code="C", zone="Europe/Roma"), "zone", "not_a_zone"),
    (Unit(code="KGM", of="GRM"), "factor", "incomplete"),
    (Rate(code="r", currency="EUR", to_currency="EUR", rate=d(1)), "to_currency", "same_currency"),
    (Rate(code="r", currency="EUR", to_currency="USD", rate=d(0)), "rate", "not_positive"),
    (Tax(code="t", percent=d(-1)), "percent", "out_of_range"),
    (Tax(code="t", percent=d(1), category="X"), "category", "not_a_choice"),
    (PriceList(code="L", decimals=10), "decimals", "out_of_range"),
    (PriceList(code="L", rounding=Rounding(increment=d(0))), "rounding.increment", "not_positive"),
    (PriceList(code="L", rounding=Rounding(increment=d(1), direction="away")), "rounding.direction", "not_a_choice"),
    (Assignment(code="a", list="L", customer="C", account="A"), "account", "two_parties"),
    (price("r", "1", valid_from=on(2), valid_to=on(2)), "valid_to", "ends_before_start"),
    (price("r"), "value", "missing"),
    (price("r", "1", scale=scale(("1", "1"))), "value", "two_values"),
    (price("r", "-1"), "value", "negative"),
    (price("r", "1", per=d(0)), "per", "not_positive"),
    (off("r", "101"), "value", "over_100"),
    (off("r", "1", unless=Scope()), "unless", "empty"),
    (Rule(code="r", action="limit", value=d(1)), "bound", "missing"),
    (Rule(code="r", action="percent", formula=Formula(list="L")), "formula", "not_a_price"),
    (Rule(code="r", action="price", formula=Formula()), "formula", "no_source"),
    (Rule(code="r", action="price", formula=Formula(list="L", basis="cost")), "formula", "no_source"),
    (price("r", scale=scale()), "scale.tiers", "count"),
    (price("r", scale=scale(("2", "1"), ("1", "2"))), "scale.tiers[1]", "not_growing"),
    (price("r", scale=scale((None, "1"), ("1", "2"), up_to=True)), "scale.tiers[0]", "mixed"),
    (price("r", scale=scale(("1", "-1"))), "scale.tiers[0].value", "negative"),
    (price("r", "1", priority=10**10), "priority", "out_of_range"),
]


@pytest.mark.parametrize(("fact", "field", "code"), FAULTS)
def test_a_fault_names_its_field_and_what_to_do(fact: Fact, field: str, code: str) -> None:
    (fault,) = faults_of(fact)
    assert (fault.field, fault.code) == (field, code)
    assert fault.text
    assert fault.remedy


KEPT: list[Fact] = [
    Item(code="a/b c", cost=d("999999999999999999.999999999")),
    price("r", "0"),
    off("r", "100"),
    off("r", "150", sign="charge"),
    limit("r", "min", "120", basis="cost"),
    price("r", scale=scale(("5", "2"), (None, "1"), up_to=True)),
    price("r", scale=scale(("0", "2"))),
    Tax(code="t", percent=d(0), category="AE", reason="Reverse charge"),
    agreement_first(),
]


@pytest.mark.parametrize("fact", KEPT)
def test_what_is_right_has_no_fault(fact: Fact) -> None:
    assert faults_of(fact) == ()


SCHEMES: list[Any] = [
    ((), "steps", "count"),
    ((Step(name="a", kind="allowance"),), "steps", "no_price_step"),
    ((Step(name="a", kind="prize"),), "steps[0].kind", "not_a_choice"),
    ((Step(name="a", kind="price", pick="some"),), "steps[0].pick", "not_a_choice"),
    ((Step(name="a", kind="price", base="net"),), "steps[0].base", "not_a_choice"),
    ((Step(name="a", kind="price", combine="add"),), "steps[0].combine", "not_a_choice"),
    ((Step(name="a", kind="price", rank=("value", "luck")),), "steps[0].rank[1]", "not_a_choice"),
    ((Step(name="a", kind="price", access=("item", "item+customer")),), "steps[0].access[1]", "not_a_choice"),
    ((Step(name="a", kind="price"), Step(name="a", kind="limit")), "steps[1].name", "twice"),
]


@pytest.mark.parametrize(("steps", "field", "code"), SCHEMES)
def test_a_schemes_fault_names_its_step(steps: tuple[Step, ...], field: str, code: str) -> None:
    found = [(fault.field, fault.code) for fault in faults_of(Scheme(code="s", steps=steps))]
    assert (field, code) in found
