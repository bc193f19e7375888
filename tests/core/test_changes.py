"""How long an answer may be kept: until the first moment at which it could change."""

from datetime import datetime
from typing import Any

import pytest

from listino.core.candidates import Grant
from listino.core.facts import PriceList, Rate, Tax
from listino.core.ready import FOR_EVER
from listino.core.rules import Formula, Rule, Scope
from tests.core.lines import AT, World, ask, d, off, on, price, scale

PLAIN = price("p", "10", item="I")

CHANGES: list[Any] = [
    pytest.param([PLAIN], {}, None, id="nothing is timed"),
    pytest.param([price("p", "10", item="I", valid_to=on(20))], {}, on(20), id="the winner ends"),
    pytest.param([PLAIN, price("n", "9", item="I", valid_from=on(18))], {}, on(18), id="a better one begins"),
    pytest.param([PLAIN, off("a", "1", valid_from=on(17)), off("b", "1", valid_to=on(16))], {}, on(16), id="the first"),
    pytest.param([price("p", "10", item="I", valid_from=on(1))], {}, None, id="what has begun"),
    pytest.param([PLAIN, off("a", "1", valid_to=on(3))], {}, None, id="what has ended"),
    pytest.param(
        [price("c", "9", customer="C", item="I"), price("p", "10", item="I", valid_to=on(20))], {}, None,
        id="what stands behind a winner that stays",
    ),
    pytest.param(
        [price("c", "9", customer="C", item="I", valid_to=on(22)), price("p", "10", item="I", valid_to=on(20))], {},
        on(22), id="what stands behind a winner that ends",
    ),
    pytest.param(
        [PLAIN, price("c", "9", customer="C", item="I", valid_from=on(22))], {}, on(22), id="what stands before it"
    ),
    pytest.param(
        [PLAIN, price("many", item="I", scale=scale(("10", "9")), valid_from=on(18))], {}, None, id="an unreached break"
    ),
    pytest.param([PLAIN, off("a", "1", order_type="rush", valid_to=on(18))], {}, None, id="another type of order"),
    pytest.param([PLAIN, off("a", "1", unless=Scope(brand="B"), valid_to=on(18))], {}, None, id="what is excepted"),
    pytest.param(
        [price("p", "10", item="I", final=True), off("a", "1", valid_to=on(18))], {}, None, id="behind a final price"
    ),
    pytest.param(
        [PLAIN, off("a", "1", customer_group="G")], {"windows": {"G": ((on(10), on(19)),)}}, on(19), id="a membership"
    ),
    pytest.param(
        [PLAIN, off("a", "1", unless=Scope(customer_group="G"))], {"windows": {"G": ((on(19), None),)}}, on(19),
        id="a membership that is excepted",
    ),
    pytest.param(
        [PLAIN, price("l", "9", list="club", item="I")],
        {"grants": {"club": (Grant("customer_group", 0, ((on(17), None),)),)}}, on(17), id="an assignment",
    ),
    pytest.param(
        [price("p", "10", list="base", item="I"),
         price("l", item="I", list="club", unless=Scope(customer_group="G"), scale=scale(("10", "9")))],
        {"grants": {"club": (Grant("customer", 0, FOR_EVER, mode="only_if_empty"),)},
         "windows": {"G": ((on(19), None),)}},
        on(19), id="a list that no longer displaces others, at another quantity than is asked",
    ),
    pytest.param(
        [price("p", "10", list="base", item="I"), price("l", "9", item="I", list="club", customer_group="G")],
        {"grants": {"club": (Grant("customer", 0, FOR_EVER, mode="only_if_empty"),)},
         "windows": {"G": ((on(19), None),)}, "lists": {"club": PriceList(code="club", currency="CHF")}},
        on(19), id="a list in another money that displaces others for a group",
    ),
    pytest.param([PLAIN], {"taxes": (Tax(code="t", percent=d(22), valid_to=on(30)),)}, on(30), id="a tax"),
    pytest.param(
        [price("p", "10", item="I", currency="USD")],
        {"rates": [Rate(code="r", currency="USD", to_currency="EUR", rate=d(1)),
                   Rate(code="s", currency="USD", to_currency="EUR", rate=d(2), valid_from=on(21))]},
        on(21), id="an exchange rate",
    ),
    pytest.param(
        [Rule(code="f", action="price", item="I", formula=Formula(list="all")),
         price("a", "10", list="all", item="I", valid_to=on(24))],
        {"formula_lists": ("all",), "lists": {"all": PriceList(code="all")}}, on(24), id="what a formula starts from",
    ),
    pytest.param([price("p", "10", item="I", valid_from=on(25))], {}, on(25), id="no price yet"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "world", "expected"), CHANGES)
def test_an_answer_says_when_it_could_change(
    rules: list[Rule], world: dict[str, Any], expected: datetime | None
) -> None:
    assert ask(*rules, **world).next_change_at == expected


def test_an_answer_at_an_edge_looks_beyond_it() -> None:
    rules = [price("p", "10", item="I", valid_from=AT, valid_to=on(20))]
    assert World().ask(*rules).next_change_at == on(20)
