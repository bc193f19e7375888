"""Offers: which units get cheaper, how often, and by how much, each unit once."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listino.core.money import plain
from listino.core.offers import Goods, Reduction, reduced, times_bought
from listino.core.rules import Offer, Scope
from tests.core.lines import d

OTHER = Scope(item="OTHER")


def goods(*said: tuple[str, str] | tuple[str, str, str]) -> list[Goods]:
    """Goods of (price, quantity, what they are): bought, target or both."""
    return [
        Goods(d(one[0]), d(one[0]), d(one[1]), "t" not in one[2:], "b" not in one[2:], (f"I{place}", "1"))
        for place, one in enumerate(said)
    ]


def offer(**said: Any) -> Offer:
    names = ("quantity_from", "amount_from", "quantity", "units_max", "line_units_max")
    fields: dict[str, Any] = {name: d(part) if name in names else part for name, part in said.items()}
    return Offer(**fields)


def told(found: Reduction) -> list[tuple[int, str, str]]:
    """(place, units, amount off) of each line that gets cheaper."""
    return [
        (place, plain(found.units[place]), str(found.amounts.get(place, d(0)).quantize(d("0.01"))))
        for place in sorted(found.units)
    ]


THREE_FOR_TWO = offer(quantity_from="3", quantity="1")
ANY_THREE = offer(quantity_from="3", reduction="set_price")

CASES: dict[str, tuple[Offer, str, list[Goods], list[tuple[int, str, str]]]] = {
    "3 for 2: the cheapest of three": (THREE_FOR_TWO, "100", goods(("12", "2"), ("10", "1")), [(1, "1", "10.00")]),
    "3 for 2: two are not enough": (THREE_FOR_TWO, "100", goods(("12", "2")), []),
    "3 for 2, seven units: the two cheapest": (
        THREE_FOR_TWO, "100", goods(("5", "3"), ("4", "1"), ("6", "3")), [(0, "1", "5.00"), (1, "1", "4.00")],
    ),
    "once only": (offer(quantity_from="3", quantity="1", times_max=1), "100", goods(("5", "9")), [(0, "1", "5.00")]),
    "the dearest first": (
        offer(quantity_from="3", quantity="1", first="dearest"), "100", goods(("5", "2"), ("6", "1")),
        [(1, "1", "6.00")],
    ),
    "half price for every second": (
        offer(quantity_from="2", quantity="1"), "50", goods(("9", "5")), [(0, "2", "9.00")],
    ),
    "without a number the full sets get cheaper": (
        offer(quantity_from="25"), "10", goods(("1", "60")), [(0, "50", "5.00")],
    ),
    "23 are no set of 25": (offer(quantity_from="25"), "10", goods(("1", "23")), []),
    "without any number all get cheaper": (offer(), "10", goods(("1", "23")), [(0, "23", "2.30")]),
    "at most one unit, the cheapest": (
        offer(units_max="1"), "20", goods(("20", "2"), ("12", "2")), [(1, "1", "2.40")],
    ),
    "at most two of each line": (
        offer(line_units_max="2", reduction="amount"), "3", goods(("20", "3"), ("2", "5")),
        [(0, "2", "6.00"), (1, "2", "4.00")],
    ),
    "an amount off each unit, never more than it costs": (
        offer(reduction="amount"), "3", goods(("2", "2"), ("4", "1")), [(0, "2", "4.00"), (1, "1", "3.00")],
    ),
    "a price for each unit, never dearer": (
        offer(reduction="price"), "3", goods(("2", "2"), ("4", "1")), [(0, "2", "0.00"), (1, "1", "1.00")],
    ),
    "any 3 for 20": (ANY_THREE, "20", goods(("8", "4")), [(0, "3", "4.00")]),
    "any 3 for 20, never dearer": (ANY_THREE, "20", goods(("5", "4")), [(0, "3", "0.00")]),
    "any 3 for 20: sets from the cheapest on, a cheap one left alone": (
        ANY_THREE, "20", goods(("5", "2"), ("8", "4")), [(0, "2", "0.00"), (1, "4", "4.00")],
    ),
    "any 3 for 20 from the dearest on": (
        offer(quantity_from="3", reduction="set_price", first="dearest"), "20", goods(("5", "2"), ("8", "4")),
        [(0, "2", "0.00"), (1, "4", "4.00")],
    ),
    "an amount off each set, shared by price": (
        offer(quantity_from="2", reduction="set_amount"), "3", goods(("12", "1"), ("6", "1")),
        [(0, "1", "2.00"), (1, "1", "1.00")],
    ),
    "5 off for every 100": (
        offer(amount_from="100", reduction="set_amount"), "5", goods(("30", "8")), [(0, "8", "10.00")],
    ),
    "for 10 the cheapest is free": (
        offer(amount_from="10", quantity="1"), "100", goods(("5", "2")), [(0, "1", "5.00")],
    ),
    "buy 2 get 2: three are not enough": (
        offer(quantity_from="2", quantity="2", uses_up=True), "100", goods(("10", "3")), [],
    ),
    "buy 2 get 2: four are": (
        offer(quantity_from="2", quantity="2", uses_up=True), "100", goods(("10", "3"), ("8", "1")),
        [(0, "1", "10.00"), (1, "1", "8.00")],
    ),
    "buy 1 get 5, in part: three of four": (
        offer(quantity_from="1", quantity="5", uses_up=True, in_part=True), "100", goods(("20", "4")),
        [(0, "3", "60.00")],
    ),
    "buy 1 get 5, in part: two sets and one bought": (
        offer(quantity_from="1", quantity="5", uses_up=True, in_part=True), "100", goods(("20", "13")),
        [(0, "10", "200.00")],
    ),
    "buy 1 get 5, in part: two sets, one bought, one more": (
        offer(quantity_from="1", quantity="5", uses_up=True, in_part=True), "100", goods(("20", "14")),
        [(0, "11", "220.00")],
    ),
    "buy one thing, get another, dearest first": (
        offer(bought=OTHER, target=OTHER, quantity_from="1", quantity="1", times_max=1, first="dearest"), "100",
        goods(("500", "2", "t"), ("1000", "2", "t"), ("1000", "2", "b")), [(1, "1", "1000.00")],
    ),
    "buy 2 of one, all of another are cheaper": (
        offer(bought=OTHER, target=OTHER, quantity_from="2"), "10", goods(("5", "4", "t"), ("7", "3", "b")),
        [(0, "4", "2.00")],
    ),
    "there must be enough to give": (
        offer(bought=OTHER, target=OTHER, quantity_from="1", quantity="2"), "100",
        goods(("5", "1", "t"), ("7", "3", "b")), [],
    ),
    "or what there is, in part": (
        offer(bought=OTHER, target=OTHER, quantity_from="1", quantity="2", in_part=True), "100",
        goods(("5", "1", "t"), ("7", "3", "b")), [(0, "1", "5.00")],
    ),
    "a set of one of each for 100": (
        offer(bought=OTHER, target=OTHER, quantity_from="1", quantity="1", uses_up=True, reduction="set_price"),
        "100", goods(("80", "2", "b"), ("45", "2", "t")), [(1, "2", "18.00")],
    ),
    "from an amount that what gets cheaper does not count for": (
        offer(amount_from="10", quantity="1", uses_up=True), "100", goods(("5", "3")), [(0, "1", "5.00")],
    ),
    "by weight": (offer(quantity_from="0.5", quantity="0.25"), "100", goods(("8", "1.6")), [(0, "0.75", "6.00")]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "case"), CASES.items(), ids=CASES)
def test_an_offer_takes_off(name: str, case: tuple[Offer, str, list[Goods], list[tuple[int, str, str]]]) -> None:
    said, value, basket, expected = case
    assert told(reduced(said, d(value), basket)) == expected


def test_the_price_of_a_set_of_two_things_is_shared_by_their_prices() -> None:
    said = offer(bought=OTHER, target=OTHER, quantity_from="1", quantity="1", uses_up=True, reduction="set_price")
    found = reduced(said, d(100), goods(("80", "1", "b"), ("45", "1", "t")))
    assert {place: str(amount) for place, amount in found.amounts.items()} == {0: "16", 1: "9"}


def test_what_an_offer_has_had_is_what_got_cheaper_and_what_was_bought_for_it() -> None:
    found = reduced(offer(quantity_from="3", quantity="1"), d(100), goods(("5", "3"), ("6", "4")))
    assert found.times == 2
    assert found.used == {0: d(2), 1: d(4)}


@pytest.mark.parametrize(
    ("said", "times"),
    [
        ({}, 1), ({"quantity_from": "3"}, 3), ({"quantity_from": "3", "times_max": 2}, 2), ({"amount_from": "20"}, 2),
        ({"quantity_from": "11"}, 0),
    ],
)  # fmt: skip
def test_goods_are_added_as_often_as_enough_is_bought(said: dict[str, Any], times: int) -> None:
    assert times_bought(offer(**said), goods(("5", "10", "b"))) == times


UNITS = st.integers(min_value=1, max_value=9)
LINES = st.lists(st.tuples(st.integers(min_value=0, max_value=900), UNITS, st.sampled_from(["", "b", "t"])), max_size=8)


@given(
    LINES, UNITS, st.none() | UNITS, st.none() | UNITS, st.booleans(), st.booleans(),
    st.sampled_from(["percent", "amount", "price", "set_price", "set_amount"]), st.randoms(use_true_random=False),
)  # fmt: skip
def test_no_unit_is_had_twice_nothing_gets_dearer_and_order_does_not_matter(
    lines: list[tuple[int, int, str]], needed: int, given_units: int | None, times_max: int | None, uses_up: bool,
    in_part: bool, reduction: str, chance: Any,
) -> None:  # fmt: skip
    said = Offer(
        quantity_from=Decimal(needed), quantity=None if given_units is None else Decimal(given_units),
        times_max=times_max, uses_up=uses_up, in_part=in_part, reduction=reduction,
    )  # fmt: skip
    basket = goods(*((str(Decimal(cents) / 100), str(count), *kind) for cents, count, kind in lines))
    found = reduced(said, d(40), basket)
    for place, units in found.units.items():
        assert basket[place].target
        assert 0 < units <= basket[place].quantity
    for place, units in found.used.items():
        assert units <= basket[place].quantity
        assert 0 <= found.amounts.get(place, d(0)) <= units * basket[place].price
    assert found.amounts.keys() <= found.used.keys()
    assert times_max is None or found.times <= times_max
    shuffled = list(range(len(basket)))
    chance.shuffle(shuffled)
    again = reduced(said, d(40), [basket[place] for place in shuffled])
    assert {shuffled[place]: amount for place, amount in again.amounts.items()} == found.amounts
