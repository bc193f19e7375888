"""Which price wins: what is agreed with few before what is for many, what is near before what is far."""

from decimal import Decimal
from typing import Any

import pytest

from listino.core.candidates import Grant
from listino.core.facts import PriceList, Rate
from listino.core.ready import FOR_EVER
from listino.core.rules import Formula, Scheme, Step
from tests.core.lines import NET22, ask, d, limit, off, on, price, reasons, scale, told, winner

# Each scope with the fields that make it, the most specific first; a list stands for the party it is assigned to.
PARTIES: list[tuple[str, dict[str, Any]]] = [
    ("customer", {"customer": "C"}),
    ("account", {"account": "A"}),
    ("customer group", {"customer_group": "G"}),
    ("channel", {"channel": "web"}),
    ("everyone", {}),
]
LISTS: list[tuple[str, dict[str, Any]]] = [
    ("customer", {"list": "contract"}),
    ("account", {"list": "house"}),
    ("customer group", {"list": "club"}),
    ("channel", {"list": "web"}),
    ("everyone", {"list": "all"}),
]
WARES: list[tuple[str, dict[str, Any]]] = [
    ("variant", {"variant": "I"}),
    ("item", {"item": "I"}),
    ("group and brand", {"item_group": "T", "brand": "B"}),
    ("item group", {"item_group": "T"}),
    ("brand", {"brand": "B"}),
]


@pytest.mark.parametrize("parties", [PARTIES, LISTS], ids=["in the rule", "by the list"])
@pytest.mark.parametrize("place", range(4))
def test_a_party_comes_before_every_wider_party(parties: list[tuple[str, dict[str, Any]]], place: int) -> None:
    rules = [price(f"R{index}", str(index), item="I", **said) for index, (_, said) in enumerate(parties)]
    assert winner(ask(*rules[place:])) == f"R{place}"


@pytest.mark.parametrize("place", range(5))
def test_a_rule_of_a_party_comes_before_a_list_of_a_wider_party_and_behind_one_of_a_narrower(place: int) -> None:
    rules = [price(f"L{index}", "1", item="I", **said) for index, (_, said) in enumerate(LISTS) if index != place]
    own = price("own", "2", item="I", **PARTIES[place][1])
    answer = ask(own, *rules)
    assert winner(answer) == ("own" if place == 0 else "L0")
    assert winner(ask(own, *rules[place:])) == "own"


@pytest.mark.parametrize("party", [said for _, said in PARTIES], ids=[name for name, _ in PARTIES])
@pytest.mark.parametrize("place", range(4))
def test_a_ware_comes_before_every_wider_ware(party: dict[str, Any], place: int) -> None:
    rules = [price(f"R{index}", str(index), **party, **said) for index, (_, said) in enumerate(WARES)]
    assert winner(ask(*rules[place:])) == f"R{place}"


def test_the_party_weighs_more_than_the_ware() -> None:
    assert (
        winner(ask(price("wide", "9", customer="C", brand="B"), price("narrow", "8", account="A", item="I"))) == "wide"
    )


def test_a_rule_for_all_items_of_a_customer_comes_behind_every_rule_that_names_the_item() -> None:
    assert winner(ask(price("customer", "9", customer="C"), price("item", "8", item="I"))) == "item"


@pytest.mark.parametrize("listed", [listed for _, listed in LISTS], ids=[name for name, _ in LISTS])
def test_a_list_made_from_the_base_list_comes_before_it_also_without_naming_items(listed: dict[str, Any]) -> None:
    derived = price("derived", None, formula=Formula(list="base", percent=d("-10")), **listed)
    answer = ask(price("base", "8", item="I", list="base"), derived, formula_lists=("base",))
    assert (winner(answer), told(answer)) == ("derived", d("7.2"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param({"account": "A"}, {"account": "AA"}, id="account"),
        pytest.param({"item_group": "T"}, {"item_group": "TT"}, id="item group"),
        pytest.param({"item_group": "TT"}, {"item_group": "TTT"}, id="item group two up"),
        pytest.param({"item": "I"}, {"item": "PARENT"}, id="variant's parent"),
    ],
)
def test_the_nearest_in_a_tree_wins(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert winner(ask(price("far", "1", **second), price("near", "2", **first))) == "near"


def test_the_list_of_the_nearest_account_wins() -> None:
    grants = {"near": (Grant("account", 0, FOR_EVER),), "far": (Grant("account", 0, FOR_EVER, 1),)}
    lists = {code: PriceList(code=code, currency="EUR") for code in grants}
    rules = [price("far", "1", list="far", item="I"), price("near", "2", list="near", item="I")]
    assert winner(ask(*rules, lists=lists, grants=grants)) == "near"


# Two prices under one access, the winner first: each line decides by one place of the rank.
RANKED: list[Any] = [
    pytest.param({"item": "I"}, {"item": "I", "list": "base"}, id="a rule outside lists, then the base list"),
    pytest.param({"list": "all", "item": "I"}, {"list": "base", "item": "I"}, id="a list, then the base list"),
    pytest.param({"item": "I", "priority": 2}, {"item": "I", "priority": 1}, id="priority"),
    pytest.param({"item": "I", "country": "IT"}, {"item": "I"}, id="more fields filled"),
    pytest.param({"item": "I"}, {"item": "I", "currency": "USD"}, id="own currency before convertible"),
    pytest.param({"item": "I"}, {"item": "I", "unit": "BX"}, id="own unit before convertible"),
    pytest.param({"item": "I", "valid_from": on(10)}, {"item": "I", "valid_from": on(1)}, id="later start"),
    pytest.param({"item": "I", "valid_from": on(1)}, {"item": "I"}, id="a start before none"),
]


@pytest.mark.parametrize(("first", "second"), RANKED)
def test_within_an_access_the_rank_decides(first: dict[str, Any], second: dict[str, Any]) -> None:
    rates = (Rate(code="r", currency="USD", to_currency="EUR", rate=Decimal("0.1")),)
    assert winner(ask(price("b", "1", **second), price("a", "50", **first), rates=rates)) == "a"
    assert winner(ask(price("b", "50", **first), price("a", "1", **second), rates=rates)) == "b"


def test_the_value_decides_before_the_code() -> None:
    assert winner(ask(price("a", "2", item="I"), price("b", "1", item="I"))) == "b"
    assert winner(ask(price("b", "1", item="I"), price("a", "1.00", item="I"))) == "a"


def test_an_announced_increase_replaces_the_whole_old_ladder() -> None:
    old = price("old", item="I", scale=scale(("1", "10"), ("100", "8")))
    new = price("new", "11", item="I", valid_from=on(10))
    assert told(ask(old, new, quantity="100")) == d(11)
    assert told(ask(old, new, quantity="100", at=on(9, 23))) == d(8)


def test_of_rules_with_the_same_start_the_higher_break_wins() -> None:
    one = price("one", item="I", scale=scale(("1", "10")))
    ten = price("ten", item="I", scale=scale(("10", "12")))
    assert winner(ask(one, ten, quantity="10")) == "ten"
    assert winner(ask(one, ten, quantity="9")) == "one"


def test_a_value_stated_in_the_asked_unit_comes_before_a_cheaper_one_that_is_converted() -> None:
    answer = ask(price("piece", "8", item="I"), price("box", "100", item="I", unit="BX"), unit="BX")
    assert (winner(answer), told(answer)) == ("box", d(100))


def test_of_promotions_the_best_for_the_customer_applies_whatever_its_scope() -> None:
    rules = [off("mine", "5", step="promotion", customer="C"), off("all", "7", step="promotion")]
    answer = ask(price("p", "100", item="I"), *rules, explain="all")
    assert told(answer) == d(93)
    assert reasons(answer) == {"mine": "beaten"}


def test_prices_of_gross_and_net_lists_are_compared_net() -> None:
    lists = {"shop": PriceList(code="shop", currency="EUR", tax_mode="gross")}
    grants = {"shop": (Grant(None, 0, FOR_EVER),), "all": (Grant(None, 0, FOR_EVER),)}
    rules = [price("gross", "12.10", list="shop", item="I"), price("net", "10", list="all", item="I")]
    assert winner(ask(*rules, lists=lists, grants=grants, taxes=NET22)) == "gross"


def test_what_does_not_apply_never_hides_what_does() -> None:
    rules = [
        price("draft", "1", customer="C", item="I", status="draft"),
        price("late", "2", customer="C", item="I", valid_from=on(16)),
        price("many", customer="C", item="I", scale=scale(("10", "3"))),
        price("elsewhere", "4", customer="C", item="I", country="DE"),
        price("plain", "5", item="I"),
    ]
    answer = ask(*rules, explain="all")
    assert (winner(answer), told(answer)) == ("plain", d(5))
    assert reasons(answer) == {
        "draft": "status", "late": "not_yet_valid", "many": "below_break", "elsewhere": "wrong_country",
    }  # fmt: skip


@pytest.mark.parametrize(
    "said",
    [
        {"item": "I", "brand": "B"},
        {"item": "I", "item_group": "T"},
        {"customer": "C", "customer_group": "G", "item": "I"},
        {"ship_to": "S", "item": "I"},
        {"ship_to": "S", "item": "I", "list": "base"},
    ],
)
def test_a_scope_of_several_parties_or_goods_counts_as_the_most_specific_of_them(said: dict[str, Any]) -> None:
    assert told(ask(price("odd", "1", **said), price("base", "9", item="I", list="base"))) == d(1)


def test_a_scope_that_no_access_of_a_scheme_names_is_told_and_not_used() -> None:
    steps = (Step(name="price", kind="price", access=("item",)),)
    answer = ask(
        price("odd", "1", customer="C", item="I"), price("base", "9", item="I"), explain="all",
        scheme=Scheme(code="own", steps=steps),
    )  # fmt: skip
    assert (told(answer), reasons(answer)) == (d(9), {"odd": "no_access"})


def test_limits_of_every_party_count() -> None:
    answer = ask(price("p", "10", item="I"), limit("low", "min", "12", customer="C"), limit("high", "min", "15"))
    assert told(answer) == d(15)
