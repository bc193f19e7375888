"""What scales and requirements of a line measure over the whole basket."""

from dataclasses import replace
from typing import Any

from listino.core.facts import Item
from listino.core.question import NoPrice, Price
from listino.core.rules import Caps, Rule, Scale, Scope
from listino.core.usage import rule_subject
from tests.core.baskets import (
    Counter,
    at_least,
    listed,
    nets,
)
from tests.core.lines import d, scale
from tests.core.lines import off as line_off

A, B = listed("A", "12.00"), listed("B", "20.00")


def shop(*rules: Rule, **said: Any) -> Counter:
    return Counter(rules=rules, **said)


def mixed(key: str, *tiers: tuple[str, str], measure: str = "quantity", kind: str = "volume") -> Scale:
    return replace(scale(*tiers), by=f"mix:{key}", measure=measure, kind=kind)


def test_lines_of_a_mix_reach_a_break_together() -> None:
    rule = Rule(code="M", action="percent", scale=mixed("drinks", ("1", "0"), ("10", "15")), item_group="T")
    counter = shop(A, B, listed("C", "5"), rule, groups={"A": ("T",), "B": ("T",)})
    assert nets(counter.ask(("A", "5"), ("B", "4"), ("C", "9"))) == {"A": "60.00", "B": "80.00", "C": "45.00"}
    assert nets(counter.ask(("A", "5"), ("B", "5"), ("C", "9"))) == {"A": "51.00", "B": "85.00", "C": "45.00"}


def test_a_price_by_a_mix_counts_the_lines_of_every_rule_with_its_key() -> None:
    prices = (
        Rule(code="PA", action="price", list="base", item="A", scale=mixed("x", ("1", "12"), ("6", "10"))),
        Rule(code="PB", action="price", list="base", item="B", scale=mixed("x", ("1", "20"), ("6", "18"))),
    )
    assert nets(shop(*prices).ask(("A", "3"), ("B", "3"))) == {"A": "30.00", "B": "54.00"}
    assert nets(shop(*prices).ask(("A", "3"), ("B", "2"))) == {"A": "36.00", "B": "40.00"}


def test_a_line_that_is_refused_the_rule_for_another_reason_is_not_in_its_mix() -> None:
    rule = Rule(code="M", action="percent", scale=mixed("x", ("10", "15")), unless=Scope(item="B"))
    assert nets(shop(A, B, rule).ask(("A", "5"), ("B", "5"))) == {"A": "60.00", "B": "100.00"}


def test_an_amount_of_a_mix_is_that_at_the_price_before_discounts() -> None:
    rule = Rule(code="M", action="percent", step="promotion", scale=mixed("x", ("100", "10"), measure="amount"))
    counter = shop(A, B, line_off("D", "50", item="B"), rule)
    assert nets(counter.ask(("A", "5"), ("B", "2"))) == {"A": "54.00", "B": "18.00"}
    assert nets(counter.ask(("A", "4"), ("B", "2"))) == {"A": "48.00", "B": "20.00"}


def test_a_scale_by_order_measures_all_lines() -> None:
    rule = Rule(code="O", action="percent", item="A", scale=replace(scale(("10", "10")), by="order"))
    assert nets(shop(A, B, rule).ask(("A", "1"), ("B", "9"))) == {"A": "10.80", "B": "180.00"}


def test_the_weight_of_an_order_is_known_once_that_of_every_line_is() -> None:
    weights = {"A": Item(code="A", weight=d("2.5")), "B": Item(code="B", weight=d(0))}
    rule = Rule(code="O", action="percent", scale=replace(scale(("10", "10")), by="order", measure="weight"))
    assert nets(shop(A, B, rule, items=weights).ask(("A", "4"), ("B", "1"))) == {"A": "43.20", "B": "18.00"}
    assert nets(shop(A, B, rule, items=weights).ask(("A", "3"), ("B", "1"))) == {"A": "36.00", "B": "20.00"}
    weights["B"] = Item(code="B")
    assert nets(shop(A, B, rule, items=weights).ask(("A", "4"), ("B", "1"))) == {"A": "48.00", "B": "20.00"}


def test_what_is_bought_of_one_item_opens_a_discount_on_another() -> None:
    needs = at_least("amount", "200", scope=Scope(item="A"))
    counter = shop(listed("A", "100"), listed("B", "100"), line_off("R", "10", item="B", requires=needs))
    assert nets(counter.ask(("A", "2"), ("B", "1"))) == {"A": "200.00", "B": "90.00"}
    assert nets(counter.ask(("A", "1"), ("B", "1"))) == {"A": "100.00", "B": "100.00"}


def test_a_requirement_without_scope_measures_the_lines_of_its_rule() -> None:
    rule = line_off("R", "10", item_group="T", requires=at_least("quantity", "10"))
    counter = shop(A, B, listed("C", "1"), rule, groups={"A": ("T",), "B": ("T",)})
    assert nets(counter.ask(("A", "5"), ("B", "4"), ("C", "10")))["A"] == "60.00"
    assert nets(counter.ask(("A", "5"), ("B", "5"), ("C", "10")))["A"] == "54.00"


def test_what_has_no_price_is_not_measured() -> None:
    rule = line_off("R", "10", scale=replace(scale(("10", "10")), by="order"))
    answer = shop(A, replace(rule, value=None)).ask(("A", "5"), ("B", "5"))
    assert isinstance(answer.lines[1].price, NoPrice)
    assert answer.lines[0].net == d("60.00")
    assert answer.totals.net == d("60.00")


def test_a_cap_is_used_up_over_the_lines_of_a_basket() -> None:
    rule = line_off("R", "50", item_group="T", caps=Caps(quantity=d(10), beyond="split"))
    counter = shop(A, B, rule, groups={"A": ("T",), "B": ("T",)})
    answer = counter.ask(("B", "6"), ("A", "6"), usage={rule_subject("R", "quantity"): d(2)})
    assert nets(answer) == {"A": "36.00", "B": "100.00"}
    price = answer.lines[0].price
    assert isinstance(price, Price)
    assert [part.quantity for part in price.segments] == [2, 4]
