"""Formulas over price lists that lead back to where they start are refused; others are not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shop import House, opened
from tests.web.noticing import lists, put, revision


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def test_formulas_over_lists_do_not_lead_back(house: House) -> None:
    lists(house, "a", "b", "c")
    house.put("rules", "a-from-b", action="price", list="a", formula={"list": "b", "percent": "5"})
    house.put("rules", "b-from-c", action="price", list="b", item_group="tools", formula={"list": "c"})
    before = revision(house)
    answer = put(house, "c-from-a", action="price", list="c", item="saw", formula={"list": "a", "percent": "-5"})
    problem = answer.json()
    assert (answer.status, problem["code"], problem["errors"][0]["field"]) == (400, "formula_loop", "formula.list")
    assert problem["errors"][0]["text"] == (
        "Rule 'c-from-a' closes a loop of formulas: 'c-from-a' makes 'c' from 'a', 'a-from-b' makes 'a' from 'b', "
        "'b-from-c' makes 'b' from 'c'."
    )
    base = put(house, "base", action="price", list="base", item="saw", formula={"basis": "base", "percent": "5"})
    assert (base.status, base.json()["errors"][0]["field"]) == (400, "formula.basis")
    own = put(house, "own", action="price", list="c", item="saw", formula={"list": "c"})
    assert (own.status, own.json()["code"]) == (400, "formula_loop")
    assert (revision(house), house.get("/v1/rules/c-from-a").status) == (before, 404)


# Formulas a-from-b (as it is) and b-from-a (as given) of lists of one another that no item or customer meets in both.
APART: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("other items", {"item": "saw"}, {"item": "hammer"}),
    ("other groups", {"item_group": "hammers"}, {"item_group": "paints"}),
    ("an item that is not in the group", {"item": "saw"}, {"item_group": "hammers"}),
    ("a customer that is not in the group", {"customer": "bianchi"}, {"customer_group": "installers"}),
    ("other times", {"valid_to": "2026-12-31"}, {"valid_from": "2027-01-01"}),
    ("other channels", {"channel": "web"}, {"channel": "shop"}),
    ("a draft", {"status": "draft"}, {}),
    ("one that leaves out the other", {"item": "saw"}, {"item_group": "tools", "unless": {"item": "saw"}}),
)


@pytest.mark.parametrize(("first", "second"), [row[1:] for row in APART], ids=[row[0] for row in APART])
def test_formulas_of_lists_of_one_another_that_never_meet_are_no_loop(
    house: House, first: dict[str, Any], second: dict[str, Any]
) -> None:
    lists(house, "a", "b")
    house.put("item-groups", "paints")
    house.put("channels", "shop")
    house.put("rules", "a-from-b", action="price", list="a", formula={"list": "b"}, **first)
    assert put(house, "b-from-a", action="price", list="b", formula={"list": "a"}, **second).status == 201


MEETING: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("a group within the other", {"item_group": "hammers"}, {"item_group": "tools"}),
    ("an item of the group", {"item": "hammer"}, {"item_group": "tools"}),
    ("a customer of the group", {"customer": "rossi"}, {"customer_group": "installers"}),
    ("a customer of the account", {"customer": "rossi"}, {"account": "rossi-group"}),
    ("amounts in other currencies", {"currency": "EUR"}, {"currency": "CHF"}),
    ("times that meet", {"valid_to": "2027-01-31"}, {"valid_from": "2027-01-01"}),
)


@pytest.mark.parametrize(("first", "second"), [row[1:] for row in MEETING], ids=[row[0] for row in MEETING])
@pytest.mark.parametrize("turned", [False, True])
def test_formulas_of_lists_of_one_another_that_meet_are_a_loop(
    house: House, first: dict[str, Any], second: dict[str, Any], turned: bool
) -> None:
    lists(house, "a", "b")
    if turned:
        first, second = second, first
    house.put("rules", "a-from-b", action="price", list="a", formula={"list": "b"}, **first)
    answer = put(house, "b-from-a", action="price", list="b", formula={"list": "a"}, **second)
    assert (answer.status, answer.json()["code"]) == (400, "formula_loop")


def test_a_loop_within_one_change_set_is_found_and_one_that_it_opens_is_none(house: House) -> None:
    lists(house, "a", "b")
    rules = [
        {"kind": "rules", "code": f"{one}-from-{two}", "action": "price", "list": one, "formula": {"list": two}}
        for one, two in (("a", "b"), ("b", "a"))
    ]
    answer = house.client.request("POST", "/v1/changes", json={"changes": rules})
    assert [fault["field"] for fault in answer.json()["errors"]] == [
        "changes[0].formula.list", "changes[1].formula.list"
    ]  # fmt: skip
    house.put("rules", "a-from-b", action="price", list="a", formula={"list": "b"})
    turned = [rules[1], {"kind": "rules", "code": "a-from-b", "end": True}]
    assert house.client.request("POST", "/v1/changes", json={"changes": turned}).status == 200
