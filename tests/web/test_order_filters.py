"""Who lists what waits is told of a mistyped filter: an empty page would read as "nothing waits"."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shop import House, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("name", "value", "code", "remedy"),
    [
        ("handover", "zz", "not_a_choice", "Send accepted, in_doubt, placed, parked, dropped or cancelled."),
        (
            "life", "zz", "not_a_choice",
            "Send received, on_hold, confirmed, allocated, picked, partly_shipped, shipped, invoiced, "
            "partly_returned, closed, returned or cancelled.",
        ),
        ("events", "by-hand", "not_a_choice", "Send waiting, under_way, by_hand, applied or settled."),
        ("after", "x", "not_a_cursor", "Send the `next` of the page before."),
    ],
)  # fmt: skip
def test_a_value_that_no_order_can_have_is_refused(house: House, name: str, value: str, code: str, remedy: str) -> None:
    answer = house.get("/v1/orders", **{name: value})
    assert answer.status == 400
    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["code"], fault["remedy"]) == (name, code, remedy)


def test_a_value_that_orders_can_have_finds_them_page_by_page(house: House) -> None:
    first, second = (house.order(number=number).json()["id"] for number in ("1", "2"))
    page = house.get("/v1/orders", handover="placed", limit="1").json()
    assert ([order["id"] for order in page["data"]], page["next"]) == ([first], first)
    page = house.get("/v1/orders", handover="placed", limit="1", after=page["next"]).json()
    assert ([order["id"] for order in page["data"]], page["next"]) == ([second], None)
    assert house.get("/v1/orders", life="on_hold").json()["data"] == []


@pytest.mark.parametrize("path", ["conservation", "reconciliation", "mirror", "stock/saw"])
def test_a_parameter_that_a_door_does_not_know_is_refused(house: House, path: str) -> None:
    answer = house.get(f"/v1/{path}", limit="0")
    assert (answer.status, answer.json()["errors"][0]["code"]) == (400, "unknown_field")
    assert house.get(f"/v1/{path}").status == 200
