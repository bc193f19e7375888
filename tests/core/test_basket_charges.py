"""Charges for the order, tax, and what a basket would take of caps."""

from dataclasses import replace
from typing import Any

import pytest

from listino.core.basket import priced_basket
from listino.core.facts import Item, PriceList, Tax
from listino.core.rules import Caps, Chain, OwnLine, Requirement, Rule, Scale, Step, Tier
from listino.core.usage import customer_subject, rule_subject
from tests.core.baskets import (
    Counter,
    amount_off,
    applied,
    at_least,
    basket_off,
    gift,
    listed,
    nets,
    reasons,
    scheme_with,
    unit_net,
)
from tests.core.lines import d, on, scale
from tests.core.lines import off as line_off

A, B = listed("A", "12.00"), listed("B", "20.00")
GROSS = PriceList(code="base", tax_mode="gross")
FREIGHT = Rule(
    code="FREIGHT", action="amount", own_line=OwnLine(per="order", tax_class="standard"),
    scale=Scale(by="order", measure="amount", tiers=(Tier(from_=d(0), value=d("6.90")), Tier(from_=d(50), value=d(0)))),
)  # fmt: skip


def shop(*rules: Rule, **said: Any) -> Counter:
    return Counter(rules=rules, **said)


def test_freight_stands_on_a_line_of_its_own_until_the_order_is_large_enough() -> None:
    answer = shop(A, FREIGHT).ask(("A", "4"))
    charge = answer.charges[0]
    assert (charge.net, charge.tax, charge.gross) == (d("6.90"), d("1.52"), d("8.42"))
    assert answer.totals.net == d("54.90")
    assert shop(A, FREIGHT).ask(("A", "5")).charges[0].net == d(0)


def test_freight_by_weight_weighs_what_is_given_too() -> None:
    weights = {code: Item(code=code, weight=d(5)) for code in "AW"}
    by_weight = replace(FREIGHT, scale=replace(scale(("0", "5"), ("10", "9")), by="order", measure="weight"))
    assert shop(A, by_weight, items=weights).ask(("A", "1")).charges[0].net == d(5)
    assert shop(A, by_weight, gift("O", "W"), items=weights).ask(("A", "1")).charges[0].net == d(9)


def test_a_charge_by_weight_may_count_each_kilogram() -> None:
    per_kg = replace(
        FREIGHT,
        scale=Scale(
            kind="graduated", measure="weight", by="order",
            tiers=(Tier(from_=d(0), value=d("0.50")), Tier(from_=d(10), value=d("0.20"))),
        ),
    )  # fmt: skip
    assert shop(A, per_kg, items={"A": Item(code="A", weight=d(4))}).ask(("A", "3")).charges[0].net == d("5.40")


def test_a_small_order_pays_a_charge_taxed_as_its_goods_are() -> None:
    small = Rule(
        code="SMALL", action="amount", value=d(10), own_line=OwnLine(per="order"),
        requires=(Requirement(measure="amount", by="order", up_to=d("49.99")),),
    )  # fmt: skip
    items = {"B": Item(code="B", tax_class="reduced")}
    answer = shop(A, B, small, items=items).ask(("A", "1"), ("B", "1"))
    assert [(charge.net, charge.tax) for charge in answer.charges] == [(d("3.75"), d("0.83")), (d("6.25"), d("0.63"))]
    assert shop(A, B, small, items=items).ask(("A", "1"), ("B", "2")).charges == ()


def test_charges_beside_a_line_are_discounted_only_where_they_say_so() -> None:
    deposit = Rule(code="DEP", action="amount", sign="charge", value=d("0.25"), own_line=OwnLine(tax_class="standard"))
    cut = replace(deposit, code="CUT", value=d(5), own_line=OwnLine(per="line", discountable=True))
    answer = shop(A, deposit, cut, basket_off("R", "10")).ask(("A", "4"))
    line = answer.lines[0]
    assert line.net == d("43.20")
    assert {own.rule.code: own.net for own in line.own_lines} == {"DEP": d("1.00"), "CUT": d("4.50")}
    assert answer.totals.net == d("48.70")


def test_a_discount_after_a_charge_for_the_order_works_on_it_where_it_may() -> None:
    steps = (
        Step(name="freight", kind="basket", pick="all"), Step(name="order_discount", kind="basket", pick="all"),
    )  # fmt: skip
    charge = Rule(
        code="F", action="amount", step="freight", value=d(10), own_line=OwnLine(per="order", discountable=True)
    )
    counter = shop(listed("A", "30"), charge, amount_off("R", "13.77"), scheme=scheme_with(*steps))
    answer = counter.ask(("A", "1"))
    assert (answer.lines[0].net, answer.charges[0].net) == (d("19.67"), d("6.56"))


def test_a_charge_in_percent_is_of_what_the_order_comes_to() -> None:
    rule = Rule(code="P", action="percent", value=d(2), own_line=OwnLine(per="order"))
    assert shop(A, basket_off("R", "10"), rule).ask(("A", "10")).charges[0].net == d("2.16")


# Tax.


def test_tax_is_rounded_once_for_each_rate_over_lines_goods_and_charges() -> None:
    items = {"B": Item(code="B", tax_class="reduced")}
    answer = shop(listed("A", "0.33"), listed("B", "1.05"), FREIGHT, items=items).ask(
        ("A", "1"), ("A", "2"), ("B", "1")
    )
    assert [(row.percent, row.net, row.tax) for row in answer.totals.by_rate] == [
        (d(22), d("7.89"), d("1.74")), (d(10), d("1.05"), d("0.11")),
    ]  # fmt: skip
    assert answer.totals.net + d("1.85") == answer.totals.gross


def test_a_basket_of_gross_prices_is_discounted_gross() -> None:
    items = {"A": Item(code="A", tax_class="standard"), "B": Item(code="B", tax_class="reduced")}
    taxes = {"standard": (Tax(code="S", percent=d(20)),), "reduced": (Tax(code="R", percent=d(10)),)}
    counter = shop(listed("A", "1400"), listed("B", "650"), basket_off("R", "50"), items=items)
    counter.listed, counter.taxes, counter.currency = replace(GROSS, currency="JPY"), taxes, "JPY"
    answer = counter.ask(("A", "1"), ("B", "2"))
    assert (answer.totals.net, answer.totals.gross) == (d(1174), d(1350))


def test_the_channel_says_how_tax_is_rounded_and_the_difference_is_told() -> None:
    lines = (("A", "1"), ("A", "1"), ("A", "1"))
    counter = shop(listed("A", "0.33"))
    assert [line.tax for line in counter.ask(*lines).lines] == [d("0.08"), d("0.07"), d("0.07")]
    by_line = counter.ask(*lines, tax_rounding="line")
    assert (by_line.totals.tax, by_line.totals.rounding) == (d("0.21"), d("-0.01"))


def test_reverse_charge_is_a_row_with_its_reason() -> None:
    reverse = Tax(code="AE", percent=d(0), category="AE", reason="Reverse charge")
    answer = shop(A, taxes={"standard": (reverse,)}).ask(("A", "1"))
    row = answer.totals.by_rate[0]
    assert (row.category, row.reason, row.net, row.tax) == ("AE", "Reverse charge", d("12.00"), d("0.00"))
    assert answer.totals.gross == d("12.00")


def test_without_a_tax_only_the_net_is_known() -> None:
    answer = shop(A, taxes={}).ask(("A", "1"))
    assert (answer.totals.net, answer.totals.tax, answer.totals.gross) == (d("12.00"), None, None)


# What is used up.


def test_an_order_of_the_basket_would_take_of_the_caps_of_its_rules() -> None:
    rule = basket_off("R", "10", caps=Caps(uses=5, per_customer=1, amount=d(100)))
    answer = shop(A, rule).ask(("A", "10"))
    uses = {use.subject: use.amount for one in answer.reserved for use in one.uses}
    assert uses[rule_subject("R", "uses")] == 1
    assert uses[rule_subject("R", "amount")] == d(12)
    assert uses[customer_subject("R", "C")] == 1


@pytest.mark.parametrize(
    ("caps", "usage", "net", "reason"),
    [
        (Caps(uses=5), {("uses",): 5}, "120.00", "cap_exhausted"),
        (Caps(per_customer=1), {("customer", "C"): 1}, "120.00", "cap_exhausted"),
        (Caps(amount=d(20)), {("amount",): 10}, "120.00", "cap_exceeded"),
        (Caps(amount=d(20), beyond="split"), {("amount",): 10}, "110.00", None),
        (Caps(amount_per_order=d(7)), {}, "113.00", None),
        (Caps(quantity=d(8)), {}, "120.00", "cap_exceeded"),
        (Caps(quantity=d(8), beyond="split"), {("quantity",): 3}, "114.00", None),
    ],
)
def test_caps_bound_a_discount_of_the_basket(
    caps: Caps, usage: dict[tuple[str, ...], int], net: str, reason: str | None
) -> None:
    subjects = {"\x1f".join(("rule", "R", *name)): d(amount) for name, amount in usage.items()}
    answer = shop(A, basket_off("R", "10", caps=caps)).ask(("A", "10"), usage=subjects)
    assert nets(answer) == {"A": net}
    assert reasons(answer) == ({"R": reason} if reason else {})


def test_amounts_of_a_rule_of_the_basket_may_be_meant_gross() -> None:
    capped = replace(basket_off("R", "10", caps=Caps(amount_per_order=d("7.32"))), tax_mode="gross")
    assert nets(shop(A, capped).ask(("A", "10"))) == {"A": "114.00"}
    off = replace(basket_off("R", "10"), action="amount", value=d("12.20"))
    assert nets(shop(A, off).ask(("A", "10"))) == {"A": "107.80"}
    assert nets(shop(A, replace(off, tax_mode="net")).ask(("A", "10"))) == {"A": "107.80"}
    assert nets(shop(A, replace(off, tax_mode="gross")).ask(("A", "10"))) == {"A": "110.00"}


def test_asking_uses_nothing_up_and_leaves_the_question_as_it_was() -> None:
    basket = shop(A, B, basket_off("R", "10", caps=Caps(uses=1))).basket(("A", "1"), ("B", "1"))
    before = [replace(line.question) for line in basket.lines]
    assert priced_basket(basket) == priced_basket(basket)
    assert [line.question for line in basket.lines] == before


def test_a_choice_between_ways_to_make_the_price_is_made_before_the_basket_is_measured() -> None:
    chains = (
        Chain(name="agreed", steps=(Step(name="contract", kind="price"),)),
        Chain(name="list", steps=(Step(name="list", kind="price"), Step(name="promo", kind="allowance"))),
    )
    scheme = replace(scheme_with(Step(name="order_discount", kind="basket")), steps=(
        Step(name="choice", kind="choose", pick="best", chains=chains), Step(name="order_discount", kind="basket"),
    ))  # fmt: skip
    rules = (
        Rule(code="K", action="price", step="contract", item="A", value=d(9)), replace(A, step="list"),
        line_off("P", "50", step="promo"), basket_off("R", "10", requires=at_least("amount", "60")),
    )  # fmt: skip
    assert nets(shop(*rules, scheme=scheme).ask(("A", "10"))) == {"A": "54.00"}
    assert nets(shop(*rules, scheme=scheme).ask(("A", "9"))) == {"A": "54.00"}
    assert unit_net(shop(*rules, scheme=scheme).ask(("A", "10")).lines[0]) == d("5.4")
    assert applied(shop(*rules, scheme=scheme).ask(("A", "10"))) == {"R"}


def test_what_a_rule_takes_off_in_one_order_ends_there_for_all_its_lines() -> None:
    rule = line_off("R", "50", caps=Caps(amount_per_order=d(15)))
    assert nets(shop(A, B, rule).ask(("A", "2"), ("B", "1"))) == {"A": "12.00", "B": "17.00"}


def test_any_change_by_time_in_a_basket_is_every_lines() -> None:
    soon = basket_off("R", "10", valid_from=on(20))
    answer = shop(A, replace(B, valid_to=on(25)), soon).ask(("A", "1"), ("B", "1"))
    assert [line.price.next_change_at for line in answer.lines] == [on(20), on(20)]
    apart = shop(A, replace(B, valid_to=on(25))).ask(("A", "1"), ("B", "1"))
    assert [line.price.next_change_at for line in apart.lines] == [None, on(25)]


def test_a_line_changes_when_another_joins_its_mix() -> None:
    tiers = Scale(by="mix:m", tiers=(Tier(from_=d(10), value=d(15)),))
    first = Rule(code="M1", action="percent", item="A", scale=tiers)
    later = Rule(code="M2", action="percent", item="B", scale=tiers, valid_from=on(20))
    answer = shop(A, B, first, later).ask(("A", "5"), ("B", "5"))
    assert nets(answer) == {"A": "60.00", "B": "100.00"}
    assert answer.lines[0].price.next_change_at == on(20)


def test_goods_that_are_given_later_are_a_change_too() -> None:
    rules = (A, listed("W", "4", valid_from=on(22)), gift("G", "W", "50"))
    answer = shop(*rules).ask(("A", "1"))
    assert answer.free_goods == ()
    assert answer.lines[0].price.next_change_at == on(22)


def test_prices_with_and_without_tax_are_discounted_by_their_net() -> None:
    counter = shop(listed("A", "100"), listed("B", "122"), amount_off("R", "20"), with_tax="B")
    answer = counter.ask(("A", "1"), ("B", "1"))
    assert [(line.net, line.tax, line.gross) for line in answer.lines] == [(d(90), d("19.80"), d("109.80"))] * 2
    alone = counter.ask(("B", "1"))
    assert (alone.totals.net, alone.totals.gross) == (d("83.61"), d(102))


def test_a_line_that_no_discount_touches_keeps_its_own_tax_mode() -> None:
    counter = shop(listed("A", "100"), listed("B", "9.99"), basket_off("R", "10", item="A"), with_tax="B")
    answer = counter.ask(("A", "1"), ("B", "1"))
    assert answer.lines[1].gross == d("9.99")
    assert answer.totals.net == d("98.19")
