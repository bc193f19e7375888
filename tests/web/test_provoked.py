"""A test key provokes each error, hold and delay; the tables that say so are walked. A live key provokes nothing."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from listino.core.holds import HELD_TEXTS
from listino.flows import provoked
from listino.flows.access import created
from listino.flows.provoked import ITEMS, NUMBERS
from listino.web import on_purpose
from tests.asgi import Response
from tests.shop import NOW, CountedChance, House, an_order, opened


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    async def at_once(_: Any, seconds: float) -> None:
        waited.append(seconds)

    waited.clear()
    monkeypatch.setattr(on_purpose.Waits, "for_seconds", at_once)
    with opened(tmp_path) as house:
        yield house


waited: list[float] = []
numbers = count(5_000, 10)


def key_for_tests(house: House) -> dict[str, str]:
    """The headers of a test key that may do all."""
    chance = CountedChance(next(numbers))
    _, secret = created(house.database, "t", ["all"], channel=None, test=True, now=NOW, chance=chance)
    return {"Authorization": f"Bearer {secret}"}


def asked(house: House, method: str, path: str, *, test: bool = True, **options: Any) -> Response:
    """A request by a test key."""
    headers = key_for_tests(house) if test else {}
    return house.client.request(method, path, headers=headers | options.pop("headers", {}), **options)


def outcome_of(answer: Any) -> Any:
    if answer.get("outcome") == "price":
        return "price"
    return answer.get("reason") or answer.get("code") or answer.get("life")


def test_each_item_provokes_what_the_table_says_and_with_a_live_key_nothing(house: House) -> None:
    for row in ITEMS:
        waited.clear()
        found = asked(house, "GET", f"/v1/prices/{row.code}", params={"customer": "bianchi"})
        assert (row.code, found.status, outcome_of(found.json())) == (row.code, row.status, row.outcome)
        assert waited == ([3.0] if "slow" in row.code else [] if row.status > 200 else [0])
        marks = row.code.removeprefix("TEST:") if row.status == 200 else None
        assert found.headers.get("listino-test") == marks
        assert ("retry-after" in found.headers, len(found.json().get("incident", ""))) == (
            row.status in {429, 503},
            12 if row.status == 500 else 0,
        )
        live = house.get(f"/v1/prices/{row.code}")
        assert (live.status, live.json()["code"], live.headers.get("listino-test")) == (404, "unknown_item", None)


def test_a_limit_by_the_cost_does_not_take_the_prices_on_purpose_away(house: House) -> None:
    house.put("items", "cable")
    house.put("rules", "cable", action="price", list="base", item="cable", value="10")
    house.put("rules", "floor", action="limit", bound="min", basis="cost", value="105")
    for code in ("TEST:price", "TEST:on_request", "TEST:slow-3"):
        found = asked(house, "GET", f"/v1/prices/{code}", params={"customer": "bianchi"}).json()
        assert (found["outcome"], found["net_price"]) == ("price", "10.00")
    assert house.price("cable", customer="bianchi")["reason"] == "limit_unknown"


def test_prices_on_purpose_are_worked_out_like_any_other(house: House) -> None:
    answer = asked(house, "GET", "/v1/prices/TEST:price", params={"customer": "rossi", "quantity": "3"}).json()
    assert (answer["net"], answer["gross"], answer["price_list"]) == ("30.00", "36.60", "base")
    shown = asked(house, "GET", "/v1/prices/TEST:on_request").json()
    assert (shown["net_price"], shown["visibility"], shown["price_list"]) == ("10.00", "on_request", "TEST:on_request")
    assert house.database.read().revision == 1


def test_in_a_batch_and_a_basket_a_line_provokes_its_own_error_and_others_are_answered(house: House) -> None:
    lines = [{"item": item} for item in ("hammer", "TEST:not_found", "TEST:malformed", "TEST:no_price", "TEST:slow-7")]
    for path in ("/v1/prices", "/v1/baskets"):
        found = asked(house, "POST", path, json={"lines": lines})
        said = [outcome_of(line.get("error", line)) for line in found.json()["lines"]]
        assert said == ["price", "unknown_item", "invalid", "no_price", "price"]
        whole = asked(house, "POST", path, json={"lines": [*lines, {"item": "TEST:unavailable"}]})
        assert (whole.status, whole.json()["code"]) == (503, "unavailable")
        live = asked(house, "POST", path, json={"lines": lines}, test=False).json()["lines"]
        assert [outcome_of(line.get("error", line)) for line in live] == ["price", *["unknown_item"] * 4]
    assert waited == [7, 7, 7, 7]


def test_each_number_provokes_what_the_table_says_and_with_a_live_key_nothing(house: House) -> None:
    taken = 0
    for row in NUMBERS:
        found = asked(house, "POST", "/v1/orders", json=an_order(number=row.code))
        assert (row.code, found.status, outcome_of(found.json())) == (row.code, row.status, row.outcome)
        taken += row.status == 201 or "answer_lost" in row.code
        orders = asked(house, "GET", "/v1/orders", params={"store": "t"}).json()["data"]
        assert (row.code, len(orders)) == (row.code, taken)
        assert all(order["test"] and order["handover"] in {"accepted", "cancelled"} for order in orders)
        live = house.order(number=row.code, store="live").json()
        assert (live["held"], live["life"], live["test"]) == ([], "received", False)


def test_an_order_is_held_for_each_reason_that_there_is(house: House) -> None:
    for reason in HELD_TEXTS:
        found = asked(house, "POST", "/v1/orders", json=an_order(number=f"TEST:held:{reason}-7")).json()
        assert (found["held"], found["life"]) == ([reason], "on_hold")


def test_a_busy_order_is_taken_after_as_many_tries_as_its_number_says(house: House) -> None:
    def post() -> Response:
        return asked(house, "POST", "/v1/orders", json=an_order(number="TEST:busy-3-a"))

    tried = [post() for _ in range(5)]
    assert [one.status for one in tried] == [503, 503, 503, 201, 201]
    assert tried[3].body == tried[4].body
    assert asked(house, "POST", "/v1/orders", json=an_order(number="TEST:busy-b")).status == 503
    assert asked(house, "POST", "/v1/orders", json=an_order(number="TEST:busy-b")).status == 201


def test_an_order_whose_answer_was_lost_is_answered_when_it_is_repeated(house: House) -> None:
    post: dict[str, Any] = {"json": an_order(number="TEST:answer_lost-1"), "headers": {"Idempotency-Key": "k"}}
    first, *repeats = [asked(house, "POST", "/v1/orders", **post) for _ in range(3)]
    assert (first.status, first.headers["retry-after"]) == (503, "1")
    assert [one.status for one in repeats] == [201, 201]
    assert repeats[0].body == repeats[1].body


@pytest.mark.parametrize(
    ("word", "life", "steps"),
    [
        ("shipped", "shipped", ["accepted", "confirmed", "shipped"]),
        ("cancelled", "cancelled", ["accepted", "cancelled"]),
        ("returned", "returned", ["accepted", "shipped", "returned"]),
    ],
)
def test_an_orders_life_moves_by_itself(house: House, word: str, life: str, steps: list[str]) -> None:
    taken = asked(house, "POST", "/v1/orders", json=an_order(number=f"TEST:{word}-1")).json()
    now = asked(house, "GET", f"/v1/orders/{taken['id']}").json()
    assert (now["life"], [step["state"] for step in now["history"]]) == (life, steps)


@pytest.mark.parametrize("number", ["TEST:hold-1", "TEST:held:nothing-1", "TEST:held-1", "TEST:", "TEST:busy:x-1"])
def test_a_number_of_the_form_that_provokes_nothing_is_refused_with_what_does(house: House, number: str) -> None:
    found = asked(house, "POST", "/v1/orders", json=an_order(number=number))
    assert (found.status, found.json()["code"]) == (400, "not_a_choice")
    assert asked(house, "GET", "/v1/orders").json()["data"] == []


def test_a_delay_keeps_no_other_request_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_purpose, "LOOK_EVERY_S", 0.01)
    with opened(tmp_path) as house:
        headers = key_for_tests(house)
        slow = ("GET", "/v1/prices/TEST:slow-1", {"headers": headers})
        quick = ("GET", "/v1/prices/hammer", {"headers": headers})
        answers = house.client.in_the_order_of_their_ends([slow, quick, slow, quick])
        assert [answer.json()["item"] for answer in answers] == ["hammer", "hammer", "TEST:slow-1", "TEST:slow-1"]


def test_no_delay_is_longer_than_half_a_minute() -> None:
    assert provoked.seconds_of("TEST:slow-30") == 30
    assert provoked.seconds_of("TEST:slow-31") == 0
    purpose = provoked.purpose_of("TEST:slow-99-x")
    assert purpose is not None
    assert purpose.seconds == 30


def test_a_token_that_a_test_key_minted_provokes_what_the_key_would(house: House) -> None:
    for test in (True, False):
        minted = asked(house, "POST", "/v1/customer-tokens", json={"customer": "rossi", "origins": ["https://a.example"]},
                       test=test).json()  # fmt: skip
        page = {"Authorization": f"Bearer {minted['token']}"}
        waited.clear()
        told = [
            house.client.request("GET", f"/v1/me/prices/TEST:{word}", headers=page)
            for word in ("slow-2", "on_request", "not_found", "unavailable")
        ]
        said = [(one.status, outcome_of(one.json())) for one in told]
        provoked_there = [(200, "price"), (200, "on_request"), (404, "unknown_item"), (503, "unavailable")]
        assert said == (provoked_there if test else [(404, "unknown_item")] * 4)
        assert waited == ([2, 0, 0, 0] if test else [])
