"""A basket: what is measured over its lines, what its own steps take off and add, limits, charges, tax."""

from dataclasses import replace
from typing import Any

import pytest

from listino.core.basket import priced_basket
from listino.core.facts import Item, Packaging, PriceList, Tax
from listino.core.question import NoPrice, Price
from listino.core.rules import Caps, Chain, OwnLine, Requirement, Rule, Scale, Scope, Step, Tier
from listino.core.usage import customer_subject, rule_subject
from tests.core.baskets import (
    Counter,
    amount_off,
    applied,
    at_least,
    basket_off,
    bundle,
    gift,
    listed,
    nets,
    off,
    reasons,
    scheme_with,
    shares,
    unit_net,
)
from tests.core.lines import d, limit, scale
from tests.core.lines import off as line_off

A, B = listed("A", "12.00"), listed("B", "20.00")
GROSS = PriceList(code="base", tax_mode="gross")
FREIGHT = Rule(
    code="FREIGHT", action="amount", own_line=OwnLine(per="order", tax_class="standard"),
    scale=Scale(by="order", measure="amount", tiers=(Tier(from_=d(0), value=d("6.90")), Tier(from_=d(50), value=d(0)))),
)  # fmt: skip


def shop(*rules: Rule, **said: Any) -> Counter:
    return Counter(rules=rules, **said)


def mixed(key: str, *tiers: tuple[str, str], measure: str = "quantity", kind: str = "volume") -> Scale:
    return replace(scale(*tiers), by=f"mix:{key}", measure=measure, kind=kind)


# What is measured over lines before they are priced.


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


def test_weight_of_the_order_counts_what_has_any() -> None:
    weights = {"A": Item(code="A", weight=d("2.5")), "B": Item(code="B")}
    rule = Rule(code="O", action="percent", scale=replace(scale(("10", "10")), by="order", measure="weight"))
    assert nets(shop(A, B, rule, items=weights).ask(("A", "4"), ("B", "1"))) == {"A": "43.20", "B": "18.00"}
    assert nets(shop(A, B, rule, items=weights).ask(("A", "3"), ("B", "1"))) == {"A": "36.00", "B": "20.00"}


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


# Discounts on the order.


def test_an_order_discount_is_shared_over_the_lines_to_the_cent() -> None:
    answer = shop(listed("A", "30"), listed("B", "10"), amount_off("R", "13.77")).ask(("A", "1"), ("B", "1"))
    assert [shares(line) for line in answer.lines] == [[("R", "10.33")], [("R", "3.44")]]
    assert nets(answer) == {"A": "19.67", "B": "6.56"}


def test_nothing_is_taken_off_below_zero() -> None:
    answer = shop(listed("A", "30"), listed("B", "0"), amount_off("R", "50")).ask(("A", "1"), ("B", "1"))
    assert nets(answer) == {"A": "0.00", "B": "0.00"}
    assert off(answer) == d(30)


def test_percentages_work_one_on_what_the_other_left_or_on_what_there_was() -> None:
    rules = (basket_off("R1", "10", priority=1), basket_off("R2", "10"))
    cascade = scheme_with(Step(name="order_discount", kind="basket", pick="all", rank=("priority",)))
    additive = scheme_with(
        Step(name="order_discount", kind="basket", pick="all", rank=("priority",), combine="additive")
    )
    lines = (listed("A", "50"), listed("B", "150"))
    answer = shop(*lines, *rules, scheme=cascade).ask(("A", "1"), ("B", "1"))
    assert [shares(line) for line in answer.lines] == [
        [("R1", "5.00"), ("R2", "4.50")], [("R1", "15.00"), ("R2", "13.50")],
    ]  # fmt: skip
    assert nets(shop(*lines, *rules, scheme=additive).ask(("A", "1"), ("B", "1"))) == {"A": "40.00", "B": "120.00"}


def test_of_order_discounts_the_best_for_the_buyer_applies() -> None:
    steps = [
        basket_off(f"S{percent}", percent, requires=at_least("amount", bound))
        for percent, bound in (("10", "1500"), ("15", "1750"), ("20", "2000"))
    ]
    counter = shop(listed("A", "118"), *steps)
    assert nets(counter.ask(("A", "14"))) == {"A": "1486.80"}
    answer = counter.ask(("A", "15"))
    assert nets(answer) == {"A": "1504.50"}
    assert reasons(answer) == {"S10": "beaten", "S20": "requires_more"}
    assert nets(shop(A, basket_off("P", "10"), amount_off("M", "13")).ask(("A", "10"))) == {"A": "107.00"}


def test_a_discount_works_where_its_scope_holds_and_what_it_excludes_does_not() -> None:
    rule = basket_off("R", "10", item_group="T", unless=Scope(item="B"))
    counter = shop(A, B, listed("C", "1"), rule, groups={"A": ("T",), "B": ("T",)})
    assert nets(counter.ask(("A", "1"), ("B", "1"), ("C", "1"))) == {"A": "10.80", "B": "20.00", "C": "1.00"}


def test_a_price_for_all_goods_of_a_scope_never_makes_them_dearer() -> None:
    rule = Rule(code="R", action="price", step="order_discount", value=d(420))
    assert nets(shop(listed("A", "500"), rule).ask(("A", "2"))) == {"A": "420.00"}
    answer = shop(listed("A", "400"), rule).ask(("A", "1"))
    assert nets(answer) == {"A": "400.00"}
    assert reasons(answer) == {"R": "nothing_to_reduce"}


def test_a_percentage_may_be_of_the_list_price_or_the_cost() -> None:
    of_list = basket_off("R", "10", basis="price")
    assert nets(shop(A, line_off("D", "50"), of_list).ask(("A", "10"))) == {"A": "48.00"}
    of_cost = basket_off("R", "10", basis="cost")
    assert nets(shop(A, of_cost, items={"A": Item(code="A", cost=d(5))}).ask(("A", "10"))) == {"A": "115.00"}
    unknown = shop(A, of_cost).ask(("A", "10"))
    assert nets(unknown) == {"A": "120.00"}
    assert reasons(unknown) == {"R": "cost_unknown"}


def test_a_graduated_scale_gives_each_part_of_the_order_its_own_percentage() -> None:
    tiers = (Tier(from_=d(0), value=d(0)), Tier(from_=d(100), value=d(10)), Tier(from_=d(200), value=d(20)))
    rule = Rule(
        code="R", action="percent", step="order_discount",
        scale=Scale(kind="graduated", measure="amount", by="order", tiers=tiers),
    )  # fmt: skip
    assert nets(shop(listed("A", "250"), rule).ask(("A", "1"))) == {"A": "230.00"}


def test_a_final_price_counts_for_the_order_and_keeps_its_amount() -> None:
    counter = shop(replace(A, final=True), B, basket_off("R", "10", requires=at_least("amount", "30")))
    assert nets(counter.ask(("A", "1"), ("B", "1"))) == {"A": "12.00", "B": "18.00"}
    alone = shop(replace(A, final=True), basket_off("R", "10")).ask(("A", "1"))
    assert nets(alone) == {"A": "12.00"}
    assert reasons(alone) == {"R": "stopped_by_final"}


def test_an_exclusive_discount_applies_alone() -> None:
    every = scheme_with(Step(name="order_discount", kind="basket", pick="all", rank=("priority",)))
    rules = (basket_off("R1", "10", priority=2), basket_off("R2", "5", priority=1, exclusive=True))
    answer = shop(A, *rules, scheme=every).ask(("A", "10"))
    assert nets(answer) == {"A": "114.00"}
    assert reasons(answer) == {"R1": "beaten"}


def test_one_of_an_exclusion_group_keeps_the_others_out_also_across_steps() -> None:
    auto, code = (
        basket_off("A1", "10", exclusion_group="wide"),
        basket_off("P1", "10", exclusion_group="wide", coupon="K"),
    )
    answer = shop(listed("A", "320"), auto, code, coupons=("K",)).ask(("A", "1"), coupons=("K",))
    assert answer.totals.net == d("288.00")
    assert answer.coupons_unused == ("K",)
    offer = bundle("O", "100", units_max="1", exclusion_group="wide")
    assert reasons(shop(A, offer, auto).ask(("A", "3"))) == {"A1": "excluded"}


def test_goods_that_are_cheaper_already_may_be_left_out() -> None:
    sale = line_off("SALE", "20", item="A", exclusion_group="promo")
    answer = shop(A, B, sale, basket_off("R", "10", exclusion_group="promo")).ask(("A", "10"), ("B", "1"))
    assert nets(answer) == {"A": "96.00", "B": "18.00"}


def test_steps_of_a_group_exclude_each_other() -> None:
    first = Step(name="first", kind="basket", pick="all", group="g")
    second = Step(name="second", kind="basket", pick="all", group="g")
    counter = shop(A, B, basket_off("R1", "50", step="first", item="A"), basket_off("R2", "10", step="second"))
    counter.scheme = scheme_with(first, second)
    assert nets(counter.ask(("A", "1"), ("B", "1"))) == {"A": "6.00", "B": "18.00"}


def test_a_discount_of_the_basket_may_be_bound_to_what_each_line_has() -> None:
    needs = (Requirement(measure="quantity", from_=d(5)),)
    counter = shop(A, B, basket_off("R", "10", requires=needs))
    assert nets(counter.ask(("A", "5"), ("B", "4"))) == {"A": "54.00", "B": "80.00"}


def test_a_coupon_that_was_entered_is_told_apart_from_one_that_was_used() -> None:
    rule = basket_off("R", "10", coupon="K10")
    assert nets(shop(A, rule).ask(("A", "5"))) == {"A": "60.00"}
    answer = shop(A, rule, coupons=("K10", "NO")).ask(("A", "5"), coupons=("K10", "NO"))
    assert nets(answer) == {"A": "54.00"}
    assert answer.coupons_unused == ("NO",)


def test_a_charge_on_the_order_is_shared_over_its_lines() -> None:
    rule = amount_off("R", "3.00", sign="charge", step="order_charge")
    answer = shop(listed("A", "1.23"), rule).ask(("A", "1"))
    assert nets(answer) == {"A": "4.23"}
    assert [share.kind for share in answer.lines[0].shares] == ["charge"]


def test_a_rule_that_does_not_apply_changes_nothing() -> None:
    bare = shop(A, B).ask(("A", "3"), ("B", "2"))
    refused = (
        basket_off("R1", "10", requires=at_least("quantity", "6")), basket_off("R2", "10", status="blocked"),
        bundle("R3", quantity_from="10"), replace(FREIGHT, order_type="rush"),
    )  # fmt: skip
    answer = shop(A, B, *refused).ask(("A", "3"), ("B", "2"))
    assert nets(answer) == nets(bare)
    assert answer.totals == bare.totals
    assert reasons(answer) == {
        "R1": "requires_more", "R2": "status", "R3": "too_little_bought", "FREIGHT": "wrong_order_type",
    }  # fmt: skip


# Offers.


def test_an_offer_makes_the_cheapest_free_before_the_order_discount() -> None:
    counter = shop(A, B, bundle("O", quantity_from="3", quantity="1"), basket_off("R", "10"))
    answer = counter.ask(("A", "1"), ("B", "2"))
    assert [shares(line) for line in answer.lines] == [[("O", "12.00")], [("R", "4.00")]]
    assert answer.totals.net == d("36.00")


def test_buy_three_pay_two_across_a_group_with_a_discount_of_the_customer() -> None:
    rules = (bundle("O", item_group="T", quantity_from="3", quantity="1"), line_off("D", "10", customer="C"))
    counter = shop(A, B, *rules, groups={"A": ("T",), "B": ("T",)})
    assert nets(counter.ask(("A", "1"), ("B", "2"))) == {"A": "0.00", "B": "36.00"}


def test_promotions_work_in_their_order_each_on_what_is_left() -> None:
    each = scheme_with(Step(name="offer", kind="basket", pick="all", rank=("priority",)))
    rules = (
        bundle("P1", "30", reduction="amount", line_units_max="2", priority=2),
        bundle("P2", "50", reduction="amount", line_units_max="1", priority=1),
    )
    answer = shop(listed("A", "50"), listed("B", "150"), *rules, scheme=each).ask(("A", "1"), ("B", "1"))
    assert [shares(line) for line in answer.lines] == [
        [("P1", "30.00"), ("P2", "20.00")], [("P1", "30.00"), ("P2", "50.00")],
    ]  # fmt: skip


def test_units_that_an_offer_has_had_may_be_kept_from_the_others() -> None:
    once = scheme_with(Step(name="offer", kind="basket", pick="all", rank=("priority",), combine="once"))
    rules = (
        bundle("P1", quantity_from="50", quantity="1000", uses_up=True, times_max=1, priority=2),
        bundle("P2", quantity_from="10", quantity="20", uses_up=True, times_max=1, priority=1),
    )
    answer = shop(listed("A", "2.50"), *rules, scheme=once).ask(("A", "540", "a"), ("A", "540", "b"))
    given: dict[str, Any] = {}
    for line in answer.lines:
        for share in line.shares:
            given[share.rule] = given.get(share.rule, 0) + share.amount
    assert given == {"P1": d(2500), "P2": d(50)}


def test_goods_are_added_for_every_three_and_only_paid_goods_are_discounted() -> None:
    rules = (gift("O", "A", quantity_from="3", quantity="1"), basket_off("R", "10"))
    answer = shop(listed("A", "320"), *rules).ask(("A", "3"))
    assert answer.totals.net == d("864.00")
    given = answer.free_goods[0]
    assert (given.item, given.quantity, given.price, given.net, given.gross) == ("A", d(1), d(0), d(0), d(0))


def test_an_item_may_be_added_at_a_price_of_its_own() -> None:
    rule = gift("O", "W", "10", quantity="1", reduction="price", requires=at_least("quantity", "5"))
    answer = shop(A, rule).ask(("A", "5"))
    given = answer.free_goods[0]
    assert (given.item, given.quantity, given.price, given.net, given.tax) == ("W", d(1), d(10), d(10), d("2.20"))
    assert answer.totals.net == d("70.00")
    assert shop(A, rule).ask(("A", "4")).free_goods == ()
    assert shop(A, replace(rule, customer="OTHER")).ask(("A", "5")).free_goods == ()


def test_goods_are_given_up_to_a_quantity_bought() -> None:
    rule = gift("O", "A", quantity="1", item="A", requires=(Requirement(up_to=d(7)),))
    assert [given.quantity for given in shop(A, rule).ask(("A", "1")).free_goods] == [d(1)]
    assert shop(A, rule).ask(("A", "8")).free_goods == ()


def test_goods_are_added_at_half_their_price_in_their_packaging() -> None:
    items = {"W": Item(code="W", packagings=(Packaging(unit="BX", factor=d(12)),))}
    rule = gift("O", "W", "50", unit="BX")
    given = shop(A, listed("W", "1.00"), rule, items=items).ask(("A", "1")).free_goods[0]
    assert (given.quantity, given.unit, given.price, given.net) == (d(1), "BX", d(6), d(6))


def test_goods_that_are_unknown_or_not_sold_are_not_added() -> None:
    rule = gift("O", "W")
    basket = shop(A, rule).basket(("A", "1"))
    basket.gifts = {}
    answer = priced_basket(basket)
    assert answer.free_goods == ()
    assert reasons(answer) == {"O": "unknown_gift"}


# Limits.


def test_discounts_of_the_basket_end_at_the_lowest_price_and_are_not_given_elsewhere() -> None:
    counter = shop(A, B, limit("L", "min", "11", item="A"), basket_off("R", "20"))
    answer = counter.ask(("A", "10"), ("B", "10"))
    assert nets(answer) == {"A": "110.00", "B": "160.00"}
    assert [(code, reason) for _, rule, reason, _ in answer.not_applied for code in (rule.code,)] == [
        ("R", "limit_clipped")
    ]
    assert answer.not_applied[0][3] == d("14.00")


def test_a_limit_that_leaves_nothing_says_so() -> None:
    counter = shop(A, limit("L", "min", "100", basis="price"), basket_off("R", "20"))
    answer = counter.ask(("A", "10"))
    assert nets(answer) == {"A": "120.00"}
    assert reasons(answer) == {"R": "limit_reached"}


def test_goods_given_by_a_rule_that_may_lie_below_limits_leave_the_others_their_limit() -> None:
    free = bundle("O", quantity_from="3", quantity="1", below_limit=True)
    counter = shop(A, limit("L", "min", "11"), free, basket_off("R", "20"))
    answer = counter.ask(("A", "3"))
    assert shares(answer.lines[0]) == [("O", "12.00"), ("R", "2.00")]
    bound = shop(A, limit("L", "min", "11"), replace(free, below_limit=False)).ask(("A", "3"))
    assert nets(bound) == {"A": "33.00"}


def test_a_rule_that_may_lie_below_limits_leaves_nothing_below_for_others() -> None:
    employees = basket_off("E", "50", step="offer", below_limit=True)
    answer = shop(A, limit("L", "min", "11"), employees, basket_off("R", "20")).ask(("A", "10"))
    assert nets(answer) == {"A": "60.00"}
    assert reasons(answer) == {"R": "limit_reached"}
    of_line = shop(A, limit("L", "min", "11"), line_off("E", "50", below_limit=True), basket_off("R", "20"))
    assert nets(of_line.ask(("A", "10"))) == {"A": "60.00"}


def test_goods_are_not_given_below_their_limit_unless_the_rule_may() -> None:
    rules = (listed("W", "5"), limit("L", "min", "3", item="W"))
    answer = shop(A, *rules, gift("O", "W")).ask(("A", "1"))
    assert answer.free_goods == ()
    assert reasons(answer) == {"O": "limit_reached"}
    assert len(shop(A, *rules, gift("O", "W", below_limit=True)).ask(("A", "1")).free_goods) == 1


# Charges for the order.


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
