"""Where all orders are that were ever taken: two counts that agree."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shop import House, opened

COUNTS = ["taken", "accepted", "in_doubt", "placed", "parked", "dropped", "cancelled"]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def test_every_order_is_counted_once_wherever_it_is(house: House) -> None:
    assert house.get("/v1/conservation").json() == dict.fromkeys(COUNTS, 0)
    house.order(number="c1")
    house.order(number="c1")
    house.order(number="c2", customer="nobody")
    counts = house.get("/v1/conservation").json()
    assert list(counts) == COUNTS
    assert counts == dict.fromkeys(COUNTS, 0) | {"taken": 2, "accepted": 1, "placed": 1}
