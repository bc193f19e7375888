"""The price of one line, step by step: allowances, charges, limits, rounding, exceptions, explanations."""

from decimal import Decimal
from typing import Any

import pytest

from listino.core.candidates import Candidate, Grant
from listino.core.facts import PriceList, Rate
from listino.core.money import Rounding
from listino.core.question import NoPrice, Price
from listino.core.ready import FOR_EVER
from listino.core.rules import Rule, Scheme, Scope, Step
from tests.core.lines import (
    NET22,
    World,
    applied,
    ask,
    d,
    limit,
    off,
    on,
    price,
    reasons,
    scale,
    told,
    winner,
)

TEN = price("p", "10", item="I")
HUNDRED = price("p", "100", item="I")


def charge(code: str, value: str, action: str = "percent", **said: Any) -> Rule:
    return Rule(code=code, action=action, sign="charge", value=d(value), **said)


def amount(code: str, value: str, **said: Any) -> Rule:
    return Rule(code=code, action="amount", value=d(value), **said)


# The rules beside a price of 100, and what is left of it.
STEPS: list[Any] = [
    pytest.param([off("a", "10")], "90", id="a percentage off"),
    pytest.param([off("a", "10"), off("b", "5", step="customer_discount")], "85.50", id="two steps are a cascade"),
    pytest.param([off("a", "10", customer="C"), off("b", "50")], "90", id="one winner in a step"),
    pytest.param([off("a", "10", step="manual"), off("b", "10", step="manual")], "81", id="all that are set by hand"),
    pytest.param([amount("a", "12.50")], "87.50", id="an amount off"),
    pytest.param([amount("a", "50", per=d(10))], "95", id="an amount per ten units"),
    pytest.param([amount("a", "150")], "0", id="an amount never leads below nothing"),
    pytest.param([off("a", "0")], "100", id="nought percent is a value"),
    pytest.param([charge("a", "10")], "110", id="a percentage on"),
    pytest.param([charge("a", "3", "amount"), charge("b", "10")], "113.3", id="all charges, by code"),
    pytest.param([off("a", "10"), charge("b", "10")], "99", id="a charge after the discount"),
    pytest.param([off("a", "10"), off("b", "20", step="manual", basis="price")], "70", id="off the first price"),
    pytest.param([off("a", "50", step="customer_discount", basis="cost")], "98", id="off the cost"),
    pytest.param([limit("a", "min", "120")], "120", id="a lowest price"),
    pytest.param([limit("a", "max", "80")], "80", id="a highest price"),
    pytest.param([limit("a", "max", "80"), limit("b", "min", "90")], "90", id="the lowest beats the highest"),
    pytest.param([limit("a", "min", "90"), limit("b", "max", "80")], "90", id="the lowest beats, in whatever order"),
    pytest.param([off("a", "99"), limit("b", "min", "150", basis="cost")], "6", id="a lowest price on cost"),
    pytest.param([off("a", "50"), limit("b", "min", "80", basis="price")], "80", id="a lowest part of the first price"),
    pytest.param([limit("b", "min", "1300", per=d(10))], "130", id="a limit per ten units"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "expected"), STEPS)
def test_steps_work_on_the_running_price(rules: list[Rule], expected: str) -> None:
    answer = ask(HUNDRED, *rules)
    assert told(answer) == d(expected)
    assert isinstance(answer, Price)
    assert answer.list_price == d(100)


def test_each_step_takes_over_where_the_last_one_ended() -> None:
    answer = ask(HUNDRED, off("a", "10"), off("b", "5", step="customer_discount"), charge("c", "2", "amount"))
    assert [step[:3] + step[4:] for step in answer.steps] == [
        ("price", "price", "p", d(100), None, d(100)),
        ("discount", "allowance", "a", d(10), d(100), d(90)),
        ("customer_discount", "allowance", "b", d(5), d(90), d("85.5")),
        ("charge", "charge", "c", d(2), d("85.5"), d("87.5")),
    ]


@pytest.mark.parametrize("final", [False, None])
def test_a_price_that_is_not_final_is_discounted(final: bool | None) -> None:
    assert told(ask(price("p", "10", item="I", final=final), off("a", "10"))) == d(9)


def test_a_final_price_stops_discounts_but_no_charge_and_is_told() -> None:
    answer = ask(price("p", "10", item="I", final=True), off("a", "10"), charge("b", "10"), explain="all")
    assert told(answer) == d(11)
    ((step, rule, reason, why),) = answer.not_applied
    assert isinstance(why, Candidate)
    assert (step, rule.code, reason, why.rule.code) == ("discount", "a", "stopped_by_final", "p")


def test_a_final_discount_stops_those_after_it_in_its_own_step_too() -> None:
    mine = [off("a", "10", step="manual", final=True), off("b", "10", step="manual")]
    answer = ask(HUNDRED, off("c", "50", step="discount"), *mine, explain="all")
    assert (applied(answer), told(answer)) == (["p", "c", "a"], d(45))
    assert reasons(answer) == {"b": "stopped_by_final"}


EXCEPTIONS: list[Any] = [
    ({"item_group": "TT"}, "100"),
    ({"item_group": "elsewhere"}, "90"),
    ({"brand": "B"}, "100"),
    ({"customer_group": "G"}, "100"),
    ({"customer_group": "elsewhere"}, "90"),
    ({"account": "AA"}, "100"),
    ({"customer": "C", "item": "other"}, "90"),
    ({"customer": "C", "item": "I"}, "100"),
    ({"channel": "web"}, "100"),
    ({"channel": "shop"}, "90"),
    ({"country": "IT"}, "100"),
    ({"currency": "EUR"}, "100"),
    ({"currency": "USD"}, "90"),
    ({"unit": "BX"}, "90"),
    ({"order_type": "rush"}, "90"),
    ({"coupon": "K"}, "100"),
]


@pytest.mark.parametrize(("fields", "expected"), EXCEPTIONS)
def test_unless_takes_out_what_meets_all_its_fields(fields: dict[str, Any], expected: str) -> None:
    assert told(ask(HUNDRED, off("a", "10", unless=Scope(**fields)))) == d(expected)


def test_unless_a_group_counts_only_while_the_customer_is_in_it() -> None:
    world = World(windows={"G": ((on(10), on(20)),)})
    rule = off("a", "10", unless=Scope(customer_group="G"))
    assert [told(world.ask(HUNDRED, rule, at=on(day))) for day in (9, 10, 20)] == [d(90), d(100), d(90)]


def test_an_order_type_must_be_the_rules_own() -> None:
    rule = off("a", "10", order_type="rush")
    assert [told(ask(HUNDRED, rule, order_type=kind)) for kind in (None, "rush", "other")] == [d(100), d(90), d(100)]


def test_a_price_set_by_hand_comes_before_all_others() -> None:
    mine = price("mine", "77", step="price")
    answer = ask(price("p", "10", customer="C", item="I"), off("a", "10"), manual=(mine,), explain="all")
    assert (told(answer), applied(answer), reasons(answer)) == (d("69.3"), ["mine", "a"], {"p": "beaten"})


def test_discounts_set_by_hand_join_those_of_the_book_in_the_order_they_were_given() -> None:
    mine = (off("z", "10", step="manual"), amount("y", "5", step="manual"))
    answer = ask(HUNDRED, off("book", "50", step="manual"), manual=mine)
    assert (applied(answer), told(answer)) == (["p", "z", "y", "book"], d("42.5"))


def test_a_discount_set_by_hand_competes_in_a_step_of_the_best() -> None:
    best = off("best", "30", step="promotion")
    assert applied(ask(HUNDRED, best, manual=(off("mine", "20", step="promotion"),))) == ["p", "best"]
    assert applied(ask(HUNDRED, best, manual=(off("mine", "40", step="promotion"),))) == ["p", "mine"]


def test_a_limit_without_its_cost_leaves_no_price() -> None:
    world = World()
    world.item = type(world.item)(code="I")
    answer = world.ask(HUNDRED, limit("low", "min", "110", basis="cost"))
    assert isinstance(answer, NoPrice)
    assert (answer.reason, applied(answer)) == ("limit_unknown", ["p"])


def test_a_limit_without_its_exchange_rate_leaves_no_price() -> None:
    rule = limit("low", "min", "90", currency="USD")
    assert told(ask(HUNDRED, rule)) == "limit_unknown"
    dated = (Rate(code="r", currency="USD", to_currency="EUR", rate=Decimal(2), valid_from=on(16)),)
    assert [told(ask(HUNDRED, rule, rates=dated, at=on(day))) for day in (15, 16)] == ["limit_unknown", d(180)]


def test_a_limit_as_a_percentage_needs_no_exchange_rate() -> None:
    world = World(currency="USD", base_currency="EUR")
    listed = price("p", "100", item="I", currency="USD")
    assert told(world.ask(listed, limit("low", "min", "120", basis="price"))) == d(120)


# (rounding of the list, decimals, rules beside a price of 10, the price on the grid)
GRIDS: list[Any] = [
    pytest.param(None, None, [off("a", "33.333")], "6.6667", id="no grid keeps the price exact"),
    pytest.param(None, 2, [off("a", "33.333")], "6.67", id="two decimals"),
    pytest.param(None, 0, [off("a", "55")], "5", id="half up"),
    pytest.param(("1", "-0.01", "nearest"), None, [], "9.99", id=".99 endings"),
    pytest.param(("1", "-0.01", "up"), None, [], "10.99", id=".99 endings upward"),
    pytest.param(("1", "-0.01", "down"), None, [], "9.99", id=".99 endings downward"),
    pytest.param(("0.05", "0", "nearest"), None, [off("a", "1.3")], "9.85", id="Swiss five cents"),
    pytest.param(("1", "-0.01", "nearest"), 2, [off("a", "99")], "0.99", id="never down to nothing"),
    pytest.param(("1", "-0.01", "nearest"), None, [limit("l", "min", "10")], "10.99", id="a lowest price steps up"),
    pytest.param(("1", "-0.01", "up"), None, [limit("l", "max", "10.50")], "9.99", id="a highest price steps down"),
    pytest.param(("1", "-0.01", "nearest"), None, [limit("l", "min", "10"), limit("h", "max", "10.50")], "10",
                 id="no step between two limits stays off the grid"),
    pytest.param(None, 2, [limit("l", "min", "12.341")], "12.35", id="a lowest price between two cents"),
]  # fmt: skip


@pytest.mark.parametrize(("rounding", "decimals", "rules", "expected"), GRIDS)
def test_a_unit_price_ends_on_its_lists_grid_within_its_limits(
    rounding: tuple[str, str, str] | None, decimals: int | None, rules: list[Rule], expected: str
) -> None:
    grid = Rounding(increment=d(rounding[0]), offset=d(rounding[1]), direction=rounding[2]) if rounding else None
    lists = {"all": PriceList(code="all", currency="EUR", decimals=decimals, rounding=grid)}
    assert told(ask(price("p", "10", list="all", item="I"), *rules, lists=lists)) == d(expected)


def test_rounding_is_a_step_of_its_own_in_the_explanation() -> None:
    lists = {"all": PriceList(code="all", name="Web", currency="EUR", decimals=2)}
    answer = ask(price("p", "9.999", list="all", item="I"), lists=lists)
    assert answer.steps[-1] == ("rounding", "rounding", None, "Web", None, d("9.999"), d("10.00"))


@pytest.mark.parametrize(
    ("quantity", "per", "value", "net"),
    [
        ("3", 1, "0.333", "1.00"),
        ("7", 100, "12.34", "0.86"),
        ("1000", 1000, "4.995", "5.00"),
        ("0.5", 1, "0.01", "0.01"),
    ],
)
def test_only_the_line_amount_is_rounded_half_up(quantity: str, per: int, value: str, net: str) -> None:
    answer = ask(price("p", value, item="I", per=d(per)), quantity=quantity)
    assert isinstance(answer, Price)
    assert (answer.net, answer.net_price, answer.per) == (d(net), d(value), d(per))


def test_a_third_on_the_way_does_not_take_a_cent_away() -> None:
    rates = (Rate(code="r", currency="EUR", to_currency="USD", rate=Decimal(3)),)
    answer = ask(price("p", "0.01", item="I", currency="USD"), quantity="1.5", rates=rates)
    assert isinstance(answer, Price)
    assert answer.net == d("0.01")


def test_an_explicit_nought_is_a_price() -> None:
    answer = ask(price("free", "0", item="I"), taxes=NET22)
    assert isinstance(answer, Price)
    assert (answer.net_price, answer.net, answer.tax, answer.gross) == (d(0), d(0), d(0), d(0))


NO_PRICES: list[Any] = [
    pytest.param([], {}, "no_price", id="no rule at all"),
    pytest.param([off("a", "10")], {}, "no_price", id="discounts alone"),
    pytest.param([price("p", item="I", scale=scale(("5", "1")))], {}, "no_price", id="below the first break"),
    pytest.param([TEN], {"refusal": "not_in_assortment"}, "not_in_assortment", id="not sold to this customer"),
    pytest.param([TEN], {"refusal": "item_blocked"}, "item_blocked", id="a blocked item"),
    pytest.param([price("p", "1", item="I", currency="USD")], {}, "no_price", id="no exchange rate"),
    pytest.param([price("p", "1", item="I", unit="KGM")], {}, "no_price", id="no factor for the unit"),
]


@pytest.mark.parametrize(("rules", "said", "reason"), NO_PRICES)
def test_that_there_is_no_price_is_an_answer_with_its_reason(
    rules: list[Rule], said: dict[str, Any], reason: str
) -> None:
    answer = ask(*rules, **said)
    assert isinstance(answer, NoPrice)
    assert (answer.reason, answer.steps) == (reason, [])


def test_a_rule_for_another_list_currency_step_or_channel_says_why_it_did_not_apply() -> None:
    rules = [
        price("status", "1", status="blocked"), price("channel", "1", channel="shop"),
        price("list", "1", list="nowhere"), price("country", "1", country="DE"),
        price("rate", "1", currency="USD"), off("currency", "1", currency="USD"),
        off("step", "1", step="charge", sign="allowance"), off("early", "1", valid_from=on(16)),
        off("late", "1", valid_to=on(15)), off("unless", "1", unless=Scope(brand="B")), off("unit", "1", unit="BX"),
        price("break", item="I", scale=scale(("2", "1"))), off("order", "1", order_type="rush"),
        price("above", item="I", scale=scale(("0.5", "1"), up_to=True)), off("first", "2"), off("second", "1"),
        limit("kept", "max", "11"),
    ]  # fmt: skip
    answer = ask(TEN, *rules, explain="all")
    assert applied(answer) == ["p", "first"]
    assert reasons(answer) == {
        "status": "status", "channel": "wrong_channel", "list": "list_not_assigned", "country": "wrong_country",
        "rate": "no_rate", "currency": "wrong_currency", "step": "wrong_step", "early": "not_yet_valid",
        "late": "expired", "unless": "unless", "unit": "wrong_unit", "break": "below_break",
        "order": "wrong_order_type", "above": "above_break", "second": "beaten", "kept": "limit_kept",
    }  # fmt: skip


@pytest.mark.parametrize("explain", ["none", "applied", "all"])
def test_the_explanation_changes_nothing_but_itself(explain: str) -> None:
    rules = [TEN, price("other", "9", list="base", item="I"), off("a", "10"), off("b", "5", customer="C")]
    answer = ask(*rules, explain=explain, taxes=NET22)
    assert isinstance(answer, Price)
    assert (answer.net_price, answer.net, answer.gross, applied(answer)) == (d("9.5"), d("9.5"), d("11.59"), ["p", "b"])
    assert reasons(answer) == ({"other": "beaten", "a": "beaten"} if explain == "all" else {})


def test_a_group_or_list_that_holds_for_a_time_makes_its_rules_hold_for_that_time() -> None:
    world = World(windows={"G": ((on(10), on(12)), (on(14), on(16)))})
    rules = [TEN, price("club", "8", customer_group="G", item="I")]
    assert [winner(world.ask(*rules, at=on(day))) for day in (9, 10, 12, 14, 16)] == ["p", "club", "p", "club", "p"]
    assert reasons(world.ask(*rules, at=on(13), explain="all")) == {"club": "not_yet_valid"}
    assert reasons(world.ask(*rules, at=on(16), explain="all")) == {"club": "expired"}


def test_a_price_in_another_money_that_no_access_reaches_displaces_no_list() -> None:
    access = ("customer_group+item", "base+item")
    scheme = Scheme(code="s", steps=(Step(name="price", kind="price", access=access),))
    lists = {"club": PriceList(code="club", currency="CHF"), "web": PriceList(code="web", currency="EUR")}
    grants = {
        "club": (Grant("account", 0, FOR_EVER, mode="only_if_empty"),),
        "web": (Grant("customer_group", 0, FOR_EVER),),
    }
    rules = [price("c", "9", list="club", item="I"), price("w", "8", list="web", item="I")]
    answer = ask(*rules, scheme=scheme, lists=lists, grants=grants, explain="all")
    assert (told(answer), reasons(answer)) == (d(8), {"c": "no_access"})
