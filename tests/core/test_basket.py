"""A basket: what its own steps take off and add, the goods that they give, and the limits that bind them."""

from dataclasses import replace
from typing import Any

from listino.core.basket import priced_basket
from listino.core.facts import Item, Packaging
from listino.core.rules import OwnLine, Requirement, Rule, Scale, Scope, Step, Tier
from tests.core.baskets import (
    Counter,
    amount_off,
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
)
from tests.core.lines import d, limit
from tests.core.lines import off as line_off

A, B = listed("A", "12.00"), listed("B", "20.00")
FREIGHT = Rule(
    code="FREIGHT", action="amount", own_line=OwnLine(per="order", tax_class="standard"),
    scale=Scale(by="order", measure="amount", tiers=(Tier(from_=d(0), value=d("6.90")), Tier(from_=d(50), value=d(0)))),
)  # fmt: skip


def shop(*rules: Rule, **said: Any) -> Counter:
    return Counter(rules=rules, **said)


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
    told = [
        (share.rule, str(share.base), str(share.amount), str(share.cut)) for one in answer.lines for share in one.shares
    ]
    assert told == [("R", "120.00", "10.00", "14.00"), ("R", "200.00", "40.00", "0.00")]
    assert answer.not_applied == []


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
