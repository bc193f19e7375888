"""What an order may say beside its quote, and when it may be placed and handed in."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.shop import NOW, House, opened
from tests.web.test_quotes import basket, ordered, used_quotes


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


QUOTED: dict[str, Any] = {
    "order_type": "staff", "attributes": {"season": "winter", "trade": ["a", "b"]}, "ship_to": "s9",
    "delivery_at": "2027-06-30T22:00:00Z",
}  # fmt: skip


def circumstantial(house: House) -> None:
    """A reduction for each circumstance that is neither customer nor place of sale."""
    percent = {"action": "percent", "step": "promotion", "item": "saw"}
    house.put("rules", "staff", **percent, order_type="staff", value="10")
    house.put("rules", "winter", **percent, attributes={"season": ["winter"]}, value="10")
    house.put("rules", "branch", **percent, ship_to="s9", value="10")
    house.put("rules", "later", **percent, dated_by="delivery", valid_from="2027-06-30T22:00:00Z", value="10")


@pytest.mark.parametrize(
    "said",
    [
        {"order_type": "normal"},
        {"attributes": {"season": "summer"}},
        {"attributes": {"trade": "a"}},
        {"ship_to": {"code": "s8"}},
        {"ship_to": {"country": "IT", "city": "Asti"}},
        {"wanted_on": "2026-12-01"},
        {"wanted_on": "2027-06-30"},
    ],
    ids=str,
)
def test_an_order_that_states_another_circumstance_than_was_quoted_is_held(house: House, said: dict[str, Any]) -> None:
    circumstantial(house)
    answer = basket(house, **QUOTED)
    order = ordered(house, answer["quote"], **said)
    assert order["held"] == ["quote_differs"]
    assert (used_quotes(house), order["net"] == answer["totals"]["net"]) == (0, False)
    assert ordered(house, answer["quote"], "2")["held"] == []


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"order_type": "staff"},
        {"attributes": {"trade": ["b", "a"]}},
        {"ship_to": {"code": "s9", "country": "IT", "city": "Asti"}},
        {"ship_to": {"country": "IT"}},
        {"wanted_on": "2027-07-01"},
        {"order_type": "staff", "attributes": {"season": "winter"}, "wanted_on": "2027-07-01"},
    ],
    ids=str,
)
def test_what_an_order_leaves_unsaid_is_as_it_was_quoted(house: House, said: dict[str, Any]) -> None:
    circumstantial(house)
    answer = basket(house, **QUOTED)
    order = ordered(house, answer["quote"], **said)
    assert (order["held"], order["net"]) == ([], answer["totals"]["net"])


@pytest.mark.parametrize(
    "said", [{"order_type": "staff"}, {"attributes": {"season": "winter"}}, {"ship_to": {"code": "s9"}},
             {"wanted_on": "2027-07-01"}], ids=str
)  # fmt: skip
def test_a_circumstance_that_was_not_quoted_cannot_be_contradicted(house: House, said: dict[str, Any]) -> None:
    answer = basket(house)
    order = ordered(house, answer["quote"], **said)
    assert (order["held"], order["net"]) == ([], answer["totals"]["net"])


@pytest.mark.parametrize(
    ("late", "held"), [({"days": 7, "seconds": -1}, []), ({"days": 7, "seconds": 1}, ["quote_expired"])]
)
def test_an_order_that_was_placed_in_time_may_be_a_week_late(
    house: House, late: dict[str, int], held: list[str]
) -> None:
    answer = basket(house)
    house.clock.at = NOW + timedelta(minutes=30) + timedelta(**late)
    order = ordered(house, answer["quote"], ordered_at=answer["at"])
    assert (order["held"], used_quotes(house)) == (held, 0 if held else 1)


@pytest.mark.parametrize(("early", "held"), [({"minutes": 9}, []), ({"minutes": 11}, ["quote_differs"])])
def test_an_order_cannot_be_placed_before_its_quote_was_made(
    house: House, early: dict[str, int], held: list[str]
) -> None:
    order = ordered(house, basket(house)["quote"], ordered_at=(NOW - timedelta(**early)).isoformat())
    assert order["held"] == held
