"""Breaks, units, currencies, formulas and taxes: what a price is converted from and to."""

from decimal import Decimal
from typing import Any

import pytest

from listino.core.candidates import Grant
from listino.core.facts import Item, Packaging, PriceList, Rate, Tax
from listino.core.money import Rounding
from listino.core.question import Price
from listino.core.ready import FOR_EVER
from listino.core.rules import Formula, Rule, Scale
from tests.core.lines import NET22, World, ask, d, off, on, price, scale, told, winner

USD = Rate(code="usd", currency="USD", to_currency="EUR", rate=Decimal("0.8"))
CHF = Rate(code="chf", currency="EUR", to_currency="CHF", rate=Decimal("0.95"))

SCALES: list[Any] = [
    (scale(("1", "10"), ("10", "9"), ("50", "8")), {"0.5": "no_price", "1": "10", "9.99": "10", "10": "9", "51": "8"}),
    (scale(("10", "9"), (None, "8"), up_to=True), {"0.1": "9", "10": "9", "10.000000001": "8", "1000": "8"}),
    (scale(("5", "9"), ("10", "8"), up_to=True), {"5": "9", "5.5": "8", "10": "8", "10.5": "no_price"}),
    (
        scale(
            ("0", "7"),
        ),
        {"0.001": "7"},
    ),
]


@pytest.mark.parametrize(("tiers", "expected"), SCALES)
def test_the_tier_that_is_reached_prices_all_units(tiers: Scale, expected: dict[str, str]) -> None:
    found = {quantity: told(ask(price("p", item="I", scale=tiers), quantity=quantity)) for quantity in expected}
    assert found == {at: value if value == "no_price" else d(value) for at, value in expected.items()}


def test_a_discount_may_have_breaks_too() -> None:
    rules = [price("p", "100", item="I")]
    rules.append(Rule(code="a", action="percent", scale=scale(("1", "5"), ("10", "10"))))
    assert [told(ask(*rules, quantity=quantity)) for quantity in ("0.5", "1", "10")] == [d(100), d(95), d(90)]


# (the rule's unit and value, the unit asked, the price per that unit, the amount of two)
UNITS: list[Any] = [
    (None, "10", "C62", "10", "20"),
    (None, "10", "BX", "120", "240"),
    ("C62", "10", "BX", "120", "240"),
    ("BX", "108", "BX", "108", "216"),
    ("BX", "108", "C62", "9", "18"),
]


@pytest.mark.parametrize(("unit", "value", "asked", "unit_price", "net"), UNITS)
def test_a_price_is_converted_to_the_unit_that_is_asked(
    unit: str | None, value: str, asked: str, unit_price: str, net: str
) -> None:
    answer = ask(price("p", value, item="I", unit=unit), unit=asked, quantity="2")
    assert isinstance(answer, Price)
    assert (answer.net_price, answer.net, answer.unit) == (d(unit_price), d(net), asked)


def test_breaks_count_in_the_rules_own_unit() -> None:
    rule = price("p", item="I", unit="BX", scale=scale(("1", "120"), ("2", "108")))
    assert [told(ask(rule, quantity=pieces)) for pieces in ("11", "12", "24")] == ["no_price", d(10), d(9)]


def test_a_price_per_hundred_stays_per_hundred_of_the_unit_asked() -> None:
    answer = ask(price("p", "250", item="I", per=d(100)), unit="BX", quantity="2")
    assert isinstance(answer, Price)
    assert (answer.net_price, answer.per, answer.net) == (d(3000), d(100), d(60))


def test_a_discount_for_a_unit_is_for_that_unit_alone() -> None:
    rules = [price("p", "10", item="I"), off("a", "10", unit="BX")]
    assert [told(ask(*rules, unit=unit)) for unit in ("C62", "BX")] == [d(10), d(108)]


# (currency of the price, currency asked, rates, expected)
CURRENCIES: list[Any] = [
    pytest.param("USD", "EUR", [USD], "8", id="as stated"),
    pytest.param("EUR", "USD", [USD], "12.5", id="turned round"),
    pytest.param("USD", "CHF", [USD, CHF], "7.6", id="over the company's currency"),
    pytest.param("USD", "CHF", [USD], "no_price", id="half of the way is none"),
    pytest.param("EUR", "EUR", [], "10", id="none needed"),
]


@pytest.mark.parametrize(("own", "asked", "rates", "expected"), CURRENCIES)
def test_a_price_is_converted_by_the_rates_there_are(own: str, asked: str, rates: list[Rate], expected: str) -> None:
    answer = ask(price("p", "10", item="I", currency=own), currency=asked, rates=rates)
    assert told(answer) == (expected if expected == "no_price" else d(expected))


def test_the_newest_rate_in_force_counts() -> None:
    rates = [
        USD,
        Rate(code="b", currency="USD", to_currency="EUR", rate=Decimal("0.9"), valid_from=on(10), valid_to=on(20)),
    ]
    rule = price("p", "10", item="I", currency="USD")
    assert [told(ask(rule, rates=rates, at=on(day))) for day in (9, 10, 20)] == [d(8), d(9), d(8)]


def test_amounts_of_discounts_and_limits_are_converted_too() -> None:
    rules = [price("p", "100", item="I"), Rule(code="a", action="amount", value=d(10), currency="USD", per=d(2))]
    rules.append(Rule(code="l", action="limit", bound="min", value=d(1800), currency="USD", unit="BX"))
    assert told(ask(*rules[:2], rates=[USD])) == d(96)
    assert told(ask(*rules, rates=[USD])) == d(120)


def test_a_cost_in_another_currency_is_converted() -> None:
    item = Item(code="I", cost=d(10), cost_currency="USD")
    rule = Rule(code="p", action="price", formula=Formula(basis="cost", percent=d(50)))
    assert told(ask(rule, item=item, rates=[USD])) == d(12)
    assert told(ask(rule, item=item)) == "cost_unknown"


FORMULAS: list[Any] = [
    ({"percent": d(-10)}, "90"),
    ({"percent": d(5), "amount": d("2.50")}, "107.5"),
    ({"percent": d(-10), "rounding": Rounding(increment=d(1), offset=d("-0.05"))}, "89.95"),
    ({"amount": d(-150)}, "0"),
]


@pytest.mark.parametrize(("said", "expected"), FORMULAS)
def test_a_price_may_be_made_from_another_list(said: dict[str, Any], expected: str) -> None:
    rules = [price("b", "100", list="base", item="I")]
    rules.append(Rule(code="f", action="price", list="contract", formula=Formula(list="base", **said), item="I"))
    answer = ask(*rules, formula_lists=("base",))
    assert (winner(answer), told(answer)) == ("f", d(expected))


def test_a_formula_over_formulas_follows_the_lists_to_the_first_price() -> None:
    def over(code: str, source: str) -> Rule:
        return Rule(code=code, action="price", list=code, item="I", formula=Formula(list=source, percent=d(100)))

    rules = [over("contract", "house"), over("house", "club"), price("club", "3", list="club", item="I")]
    assert told(ask(*rules, formula_lists=("house", "club"))) == d(12)


@pytest.mark.parametrize(
    ("sources", "reason"),
    [(("contract", "house"), "formula_loop"), (("house",), "no_price"), ((), "no_price")],
)
def test_a_formula_that_never_meets_a_price_says_so(sources: tuple[str, ...], reason: str) -> None:
    rules = [
        Rule(code="a", action="price", list="contract", item="I", formula=Formula(list="house")),
        Rule(code="b", action="price", list="house", item="I", formula=Formula(list="contract")),
    ]
    assert told(ask(*rules, formula_lists=sources)) == reason


def test_a_formula_that_cannot_be_worked_out_does_not_hide_a_price_of_the_same_rank() -> None:
    formula = Rule(code="a", action="price", item="I", formula=Formula(list="nowhere"))
    assert winner(ask(formula, price("b", "9", item="I"))) == "b"


def test_a_formula_whose_list_has_no_price_hides_no_other_list() -> None:
    formula = Rule(code="f", action="price", list="contract", item="I", formula=Formula(list="house"))
    answer = ask(formula, price("b", "9", list="base", item="I"), formula_lists=("house",), explain="all")
    assert (winner(answer), told(answer)) == ("b", d(9))
    assert ("f", "no_source_price") in [(rule.code, reason) for _, rule, reason, _ in answer.not_applied]


def test_a_formula_takes_its_base_from_a_gross_list_net() -> None:
    lists = {"all": PriceList(code="all", currency="EUR", tax_mode="gross")}
    rules = [price("g", "122", list="all", item="I")]
    rules.append(Rule(code="f", action="price", list="contract", item="I", formula=Formula(list="all")))
    assert told(ask(*rules, lists=lists, formula_lists=("all",), taxes=NET22)) == d(100)
    assert told(ask(*rules, lists=lists, formula_lists=("all",))) == "tax_unknown"


# (tax mode, value, quantity, net price, gross price, net, tax, gross)
MODES: list[Any] = [
    ("net", "10", "3", "10", "12.20", "30.00", "6.60", "36.60"),
    ("net", "0.333", "1", "0.333", "0.406", "0.33", "0.07", "0.40"),
    ("gross", "12.20", "3", "10", "12.20", "30.00", "6.60", "36.60"),
    ("gross", "9.99", "1", "8.19", "9.99", "8.19", "1.80", "9.99"),
    ("gross", "0.01", "1", "0.01", "0.01", "0.01", "0.00", "0.01"),
]


@pytest.mark.parametrize("row", MODES)
def test_net_and_gross_lists_add_up_to_the_cent(row: tuple[str, ...]) -> None:
    mode, value, quantity, *expected = row
    lists = {"all": PriceList(code="all", currency="EUR", tax_mode=mode)}
    answer = ask(price("p", value, list="all", item="I"), quantity=quantity, lists=lists, taxes=NET22)
    assert isinstance(answer, Price)
    found = (answer.net_price, answer.gross_price, answer.net, answer.tax, answer.gross)
    assert found == tuple(map(d, expected))


def test_without_a_tax_a_net_price_has_no_gross_and_a_gross_price_is_none() -> None:
    answer = ask(price("p", "10", item="I"))
    assert isinstance(answer, Price)
    assert (answer.net, answer.tax, answer.gross, answer.gross_price) == (d(10), None, None, None)
    lists = {"all": PriceList(code="all", currency="EUR", tax_mode="gross")}
    assert told(ask(price("p", "10", list="all", item="I"), lists=lists)) == "tax_unknown"


def test_of_the_taxes_the_first_in_force_counts_with_its_category() -> None:
    taxes = (
        Tax(code="new", percent=d(23), valid_from=on(20)),
        Tax(code="export", percent=d(0), category="AE", reason="Reverse charge", valid_to=on(16)),
        Tax(code="old", percent=d(22)),
    )
    for day, code, category, gross in (
        (15, "export", "AE", "10"),
        (16, "old", "S", "12.20"),
        (20, "new", "S", "12.30"),
    ):
        answer = ask(price("p", "10", item="I"), taxes=taxes, at=on(day))
        assert isinstance(answer, Price)
        assert answer.tax_fact is not None
        assert (answer.tax_fact.code, answer.tax_fact.category, answer.gross) == (code, category, d(gross))


@pytest.mark.parametrize(
    ("currency", "net", "tax"), [("JPY", "33", "7"), ("KWD", "33.333", "7.333"), ("EUR", "33.33", "7.33")]
)
def test_amounts_end_at_the_currencys_smallest_coin(currency: str, net: str, tax: str) -> None:
    answer = ask(price("p", "33.3333", item="I", currency=currency), currency=currency, taxes=NET22)
    assert isinstance(answer, Price)
    assert (answer.net, answer.tax) == (d(net), d(tax))


def test_a_limit_on_a_gross_price_counts_the_cost_with_tax() -> None:
    lists = {"all": PriceList(code="all", currency="EUR", tax_mode="gross")}
    rules = [
        price("p", "1", list="all", item="I"),
        Rule(code="l", action="limit", bound="min", value=d(100), basis="cost"),
    ]
    answer = World(lists=lists, taxes=NET22, grants={"all": (Grant(None, 0, FOR_EVER),)}).ask(*rules)
    assert isinstance(answer, Price)
    assert (answer.net_price, answer.gross_price) == (d(4), d("4.88"))


def test_a_packaging_within_a_packaging_is_priced_by_its_own_factor() -> None:
    item = Item(code="I", packagings=(Packaging(unit="BX", factor=d(12)), Packaging(unit="PX", factor=d(480))))
    assert told(ask(price("p", "120", item="I", unit="BX"), item=item, unit="PX")) == d(4800)
