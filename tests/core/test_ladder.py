"""Quantity breaks: the ladder, and the next one."""

from typing import Any

import pytest

from listino.core.facts import Item, Packaging
from listino.core.ladder import ladder, next_break
from listino.core.question import Price
from listino.core.rules import Rule
from tests.core.lines import World, d, limit, off, price, scale

LADDER = price("p", item="I", scale=scale(("1", "10"), ("10", "9"), ("50", "8")))
TONS = Item(code="I", unit="KGM", packagings=(Packaging(unit="TNE", factor=d(1000)),))

LADDERS: list[Any] = [
    pytest.param([LADDER], {}, {}, {"1": "10", "10": "9", "50": "8"}, id="a scale"),
    pytest.param([LADDER], {"unit": "BX"}, {}, {"1": "108", "4.166666667": "96"}, id="in boxes, rounded up"),
    pytest.param(
        [price("p", "10", item="I"), Rule(code="a", action="percent", scale=scale(("5", "1"), ("10", "2")))],
        {}, {}, {"1": "10", "5": "9.9", "10": "9.8"}, id="breaks of a discount",
    ),
    pytest.param([LADDER, limit("l", "min", "9")], {}, {}, {"1": "10", "10": "9"}, id="no rung where nothing changes"),
    pytest.param([LADDER, price("flat", "7", customer="C", item="I")], {}, {}, {"1": "7"}, id="breaks of a loser"),
    pytest.param(
        [price("p", item="I", scale=scale(("5", "2"), (None, "1"), up_to=True))], {}, {},
        {"1": "2", "5.000000001": "1"}, id="above a quantity",
    ),
    pytest.param(
        [price("p", item="I", scale=scale(("10", "9"), ("20", "8")))], {}, {}, {"10": "9", "20": "8"}, id="from ten on",
    ),
    pytest.param(
        [price("p", item="I", scale=scale(("0", "3"), ("0.5", "2")))], {"unit": "KGM"}, {"item": TONS},
        {"0": "3", "0.5": "2"}, id="a measure begins at nothing",
    ),
    pytest.param(
        [price("p", item="I", scale=scale(("1", "3"), ("500", "2")))], {"unit": "TNE"}, {"item": TONS},
        {"0.001": "3000", "0.5": "2000"}, id="tons of kilograms",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "said", "world", "expected"), LADDERS)
def test_the_ladder_has_a_rung_where_the_price_changes(
    rules: list[Rule], said: dict[str, Any], world: dict[str, Any], expected: dict[str, str]
) -> None:
    around = World(**world)
    rows = ladder(around.question(**said), around.facts(*rules))
    assert {quantity: answer.net_price for quantity, answer in rows} == {d(at): d(to) for at, to in expected.items()}


@pytest.mark.parametrize(
    ("quantity", "expected"), [("1", ("10", "9")), ("9", ("10", "9")), ("10", ("50", "8")), ("50", None)]
)
def test_the_next_break_is_where_the_price_changes_next(quantity: str, expected: tuple[str, str] | None) -> None:
    world = World()
    question, facts = world.question(quantity), world.facts(LADDER, off("a", "0"))
    answer = world.ask(LADDER, quantity=quantity)
    assert isinstance(answer, Price)
    found = next_break(question, facts, answer)
    assert (found and (found[0], found[1].net_price)) == (expected and (d(expected[0]), d(expected[1])))
