"""The life of an order where Listino is the management system: steps, parts, what is refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listino.config import SystemChance
from listino.flows.access import created
from tests.asgi import Response
from tests.engines import ON_BOTH
from tests.shop import NOW, House, an_order, opened

pytestmark = ON_BOTH


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def step(house: House, order: str, state: str, key: str | None = None, **said: Any) -> Response:
    headers = {"Idempotency-Key": key} if key else {}
    body = {"state": state} | said
    return house.client.request("POST", f"/v1/orders/{order}/steps", json=body, headers=headers)


def stood(house: House, order: str) -> Any:
    return house.get(f"/v1/orders/{order}").json()


TWO_LINES = [{"item": "hammer", "quantity": "3"}, {"item": "saw", "quantity": "2"}]


def test_an_order_goes_through_its_life_with_every_step_in_its_history(house: House) -> None:
    order = house.order(lines=TWO_LINES).json()
    lives = []
    for state in ("confirmed", "allocated", "picked", "shipped", "invoiced", "closed"):
        answer = step(house, order["id"], state, text=f"it was {state}")
        assert answer.status == 200, answer.body
        lives.append(answer.json()["life"])
    assert lives == ["confirmed", "allocated", "picked", "shipped", "invoiced", "closed"]
    found = stood(house, order["id"])
    assert (found["handover"], found["life"]) == ("placed", "closed")
    assert [(one["state"], one["actor"], one["text"]) for one in found["history"]][2:] == [
        (state, "shop", f"it was {state}") for state in lives
    ]
    assert [(line["shipped"], line["returned"], line["cancelled"]) for line in found["lines"]] == [
        ("3", "0", "0"), ("2", "0", "0")
    ]  # fmt: skip


def test_a_step_that_may_not_follow_is_refused_and_names_what_may(house: House) -> None:
    order = house.order().json()["id"]
    before = stood(house, order)
    for state in ("closed", "returned"):
        answer = step(house, order, state)
        assert (answer.status, answer.json()["code"]) == (409, "illegal_step")
        assert "confirmed, allocated, picked, shipped, invoiced, cancelled" in answer.json()["errors"][0]["remedy"]
    assert stood(house, order) == before


def test_a_cancelled_order_is_at_its_end(house: House) -> None:
    order = house.order().json()["id"]
    assert step(house, order, "cancelled", text="The buyer called.").json()["life"] == "cancelled"
    before = stood(house, order)
    assert (before["handover"], before["lines"][0]["cancelled"]) == ("placed", "3")
    for state in ("confirmed", "shipped", "returned"):
        answer = step(house, order, state)
        assert (answer.status, answer.json()["errors"][0]["remedy"]) == (409, "Nothing follows.")
    assert stood(house, order) == before


def test_the_same_step_again_is_the_same_answer_and_no_further_history(house: House) -> None:
    order = house.order().json()["id"]
    first = step(house, order, "confirmed", text="by phone")
    again = step(house, order, "confirmed", text="by phone")
    assert (first.status, again.status) == (200, 200)
    assert first.body == again.body


def test_goods_are_shipped_in_parts_and_never_more_than_were_ordered(house: House) -> None:
    order = house.order(lines=TWO_LINES).json()["id"]
    part = step(house, order, "shipped", lines=[{"line": 1, "quantity": "2"}], text="parcel 1").json()
    assert (part["life"], [line["shipped"] for line in part["lines"]]) == ("partly_shipped", ["2", "0"])
    assert part["history"][-1]["text"] == "shipped: 2 hammer. parcel 1"
    too_much = step(house, order, "shipped", lines=[{"item": "hammer", "quantity": "2"}])
    assert (too_much.status, too_much.json()["code"]) == (409, "too_much")
    assert too_much.json()["errors"][0]["remedy"] == "Send 1."
    assert stood(house, order) == part
    whole = step(house, order, "shipped", lines=[{"item": "hammer", "quantity": "1"}, {"line": 2}]).json()
    assert (whole["life"], [line["shipped"] for line in whole["lines"]]) == ("shipped", ["3", "2"])


def test_a_parcel_that_is_told_twice_under_one_key_is_one_parcel(house: House) -> None:
    order = house.order().json()["id"]
    said = {"lines": [{"line": 1, "quantity": "1"}]}
    first = step(house, order, "shipped", key="parcel-1", **said)
    again = step(house, order, "shipped", key="parcel-1", **said)
    assert first.body == again.body
    other = step(house, order, "shipped", key="parcel-1", lines=[{"line": 1, "quantity": "2"}])
    assert (other.status, other.json()["code"]) == (422, "different_content")
    assert stood(house, order)["lines"][0]["shipped"] == "1"
    assert step(house, order, "shipped", key="parcel-2", **said).json()["lines"][0]["shipped"] == "2"


def test_what_was_not_shipped_may_be_cancelled_and_what_was_may_come_back(house: House) -> None:
    order = house.order().json()["id"]
    step(house, order, "shipped", lines=[{"line": 1, "quantity": "2"}])
    rest = step(house, order, "cancelled").json()
    assert (rest["life"], rest["lines"][0]["shipped"], rest["lines"][0]["cancelled"]) == ("shipped", "2", "1")
    back = step(house, order, "returned", lines=[{"line": 1, "quantity": "1"}]).json()
    assert (back["life"], back["lines"][0]["returned"]) == ("partly_returned", "1")
    assert step(house, order, "returned", lines=[{"line": 1, "quantity": "2"}]).json()["code"] == "too_much"
    assert step(house, order, "returned").json()["life"] == "returned"
    assert step(house, order, "closed").json()["life"] == "closed"


def test_a_part_that_is_cancelled_leaves_the_order_where_it_was(house: House) -> None:
    order = house.order(lines=TWO_LINES).json()["id"]
    part = step(house, order, "cancelled", lines=[{"item": "saw"}]).json()
    assert (part["life"], [line["cancelled"] for line in part["lines"]]) == ("received", ["0", "2"])
    assert step(house, order, "shipped").json()["life"] == "shipped"


def test_a_held_order_is_cancelled_before_it_was_placed(house: House) -> None:
    order = house.order(customer="nobody").json()
    assert (order["handover"], order["life"]) == ("accepted", "on_hold")
    answer = step(house, order["id"], "confirmed")
    assert (answer.status, answer.json()["errors"][0]["remedy"]) == (
        409, "Release it (POST .../release), or cancel it."
    )  # fmt: skip
    gone = step(house, order["id"], "cancelled").json()
    assert (gone["handover"], gone["life"], gone["held"]) == ("cancelled", "cancelled", [])


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"state": "received"}, "state", "not_a_choice"),
        ({"state": "gone"}, "state", "not_a_choice"),
        ({"state": None}, "state", "wrong_type"),
        ({"lines": [{"quantity": "1"}]}, "lines[0]", "missing"),
        ({"lines": [{"line": 2}]}, "lines[0]", "unknown_line"),
        ({"lines": [{"line": 1, "quantity": "0"}]}, "lines[0].quantity", "not_positive"),
        ({"lines": [{"line": 1, "quantity": "9" * 40}]}, "lines[0].quantity", "out_of_range"),
        ({"lines": [{"line": 1}, {"item": "hammer"}]}, "lines[1]", "twice"),
        ({"at": "2026-11-24T00:00:00Z"}, "at", "in_the_future"),
        ({"at": "2026-11-23T00:00:00"}, "at", "no_zone"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_what_is_malformed_is_refused_and_changes_nothing(
    house: House, said: dict[str, Any], field: str, code: str
) -> None:
    order = house.order().json()["id"]
    before = stood(house, order)
    answer = house.client.request("POST", f"/v1/orders/{order}/steps", json={"state": "shipped"} | said)
    fault = answer.json()["errors"][0]
    assert (answer.status // 100, fault["field"], fault["code"]) == (4, field, code)
    assert fault["remedy"]
    assert stood(house, order) == before


def test_who_may_work_orders(house: House) -> None:
    order = house.order().json()["id"]
    scopes = ("orders:create", "orders:read")
    _, store = created(house.database, "store", scopes, channel=None, test=False, now=NOW, chance=SystemChance())
    _, trial = created(house.database, "trial", ["all"], channel=None, test=True, now=NOW, chance=SystemChance())
    path, body = f"/v1/orders/{order}/steps", {"state": "confirmed"}
    for secret, code in ((store, "scope_missing"), (trial, "test_key")):
        headers = {"Authorization": f"Bearer {secret}"}
        answer = house.client.request("POST", path, json=body, headers=headers)
        assert (answer.status, answer.json()["code"]) == (403, code)
    assert stood(house, order)["life"] == "received"
    said = an_order(number="T-1")
    headers = {"Authorization": f"Bearer {trial}"}
    own = house.client.request("POST", "/v1/orders", json=said, headers=headers).json()["id"]
    answer = house.client.request("POST", f"/v1/orders/{own}/steps", json={"state": "shipped"}, headers=headers)
    assert (answer.json()["life"], answer.json()["handover"]) == ("shipped", "accepted")
    missing = step(house, "nothing", "shipped")
    assert (missing.status, missing.json()["code"]) == (404, "unknown_order")


def test_an_order_is_put_on_hold_by_a_person(house: House) -> None:
    order = house.order().json()["id"]
    held = step(house, order, "on_hold", text="The driver's note is missing.").json()
    assert (held["handover"], held["life"], held["held"]) == ("placed", "on_hold", ["by_hand"])
    assert step(house, order, "shipped").json()["code"] == "illegal_step"
