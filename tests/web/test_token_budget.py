"""A token's holder asks for so many different items in an hour, over all workers; then for no new ones."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from listino.core.errors import TooOften
from listino.flows.tokens import Browser
from listino.web.budget import MAP_BITS, Budget, bits_for
from tests.browsers import me, token_of
from tests.shop import NOW, House, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def browser(customer: str | None = "rossi", budget: int | None = 3, token_id: str = "t") -> Browser:
    return Browser(
        token_id=token_id, key_id="k", key_name="shop", kind="customer", customer=customer, channel=None, currency=None,
        language=None, origins=(), budget=budget, orders=False, test=False, limit=None, expires_at=NOW,
    )  # fmt: skip


def test_new_items_are_refused_beyond_the_budget_and_known_ones_are_not(house: House) -> None:
    token = token_of(house, items_per_hour=2)
    one, two = me(house, token, "/prices/hammer"), me(house, token, "/prices/no-such")
    three = me(house, token, "/prices/saw")
    assert [answer.status for answer in (one, two, three)] == [200, 404, 429]
    assert (three.json()["code"], three.headers["retry-after"]) == ("item_budget", "3600")
    assert three.headers["access-control-allow-origin"] == "https://shop.example.com"
    another = token_of(house, items_per_hour=2)
    lines = {"lines": [{"item": "hammer"}, {"item": "saw"}]}
    for path in ("/prices", "/basket"):
        assert me(house, another, path, "POST", json=lines).status == 429
    assert me(house, another, "/prices/hammer").status == 200
    assert me(house, token_of(house, "bianchi", items_per_hour=2), "/prices/saw").status == 200
    house.clock.at = NOW + timedelta(hours=1)
    assert me(house, token_of(house, items_per_hour=2), "/prices/saw").status == 200


def test_workers_of_a_machine_count_together(tmp_path: Path) -> None:
    workers = [Budget(tmp_path), Budget(tmp_path)]
    workers[0].spend(browser(), ["a", "b"], NOW)
    with pytest.raises(TooOften):
        workers[1].spend(browser(), ["c", "d"], NOW)
    workers[1].spend(browser(), ["c"], NOW)
    for worker in workers:
        worker.spend(browser(), ["a", "b", "c"], NOW)
        worker.spend(browser("bianchi"), ["x"], NOW)
        worker.spend(browser(None, budget=None), [str(number) for number in range(50)], NOW)
        with pytest.raises(TooOften):
            worker.spend(browser(), ["d"], NOW)
        worker.close()


def test_large_budgets_are_kept_within_two_percent(tmp_path: Path) -> None:
    budget = Budget(tmp_path)
    holder = browser(budget=5_000)
    budget.spend(holder, [f"item-{number}" for number in range(4_900)], NOW)
    with pytest.raises(TooOften):
        budget.spend(holder, [f"item-{number}" for number in range(5_100)], NOW)
    assert (bits_for(3), bits_for(1_000_000)) == (3, MAP_BITS)
    budget.close()
