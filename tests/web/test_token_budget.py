"""A token's holder asks for so many different items in an hour, over all workers; then for no new ones."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from listino.config import SystemChance
from listino.core.errors import TooOften
from listino.flows.tokens import Browser
from listino.web.app import App
from listino.web.budget import MAP_BITS, Budget, bits_for
from listino.web.settings import WebSettings
from tests.asgi import Client
from tests.browsers import me, token_of
from tests.shop import NOW, House, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


@pytest.fixture
def behind(house: House) -> Iterator[House]:
    """The same house, where the proxy before it is trusted."""
    folder = house.path.parent / "behind"
    settings = WebSettings(metrics_folder=str(folder), trusted_proxies=("127.0.0.1",))
    client = Client(
        App(house.database, settings, house.clock, SystemChance()), {"Authorization": f"Bearer {house.key}"}
    )  # fmt: skip
    yield replace(house, client=client)
    client.close()


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


def test_where_nothing_is_left_the_catalogue_is_refused_whatever_a_page_would_hold(house: House) -> None:
    token = token_of(house, items_per_hour=1)
    assert me(house, token, "/prices/hammer").status == 200
    asked: list[dict[str, str]] = [
        {"q": "saw"}, {"q": "nothing"}, {"q": "saw", "price_min": "17", "price_max": "19"},
        {"q": "saw", "price_min": "1", "price_max": "2"}, {"q": "hammer"}, {"brand": "noname"}, {},
    ]  # fmt: skip
    answers = [me(house, token, "/items", params=params) for params in asked]
    assert {(one.status, one.json()["code"], one.body) for one in answers} == {(429, "item_budget", answers[0].body)}
    assert me(house, token, "/prices/hammer").status == 200


def test_a_page_that_would_hold_more_than_is_left_takes_the_rest(house: House) -> None:
    token = token_of(house, items_per_hour=1)
    refused = me(house, token, "/items")
    assert (refused.status, refused.json()["code"]) == (429, "item_budget")
    assert [me(house, token, "/items", params={"q": word}).status for word in ("nothing", "saw")] == [429, 429]
    assert me(house, token, "/prices/saw").status == 429


def test_a_question_within_prices_counts_as_an_item(house: House) -> None:
    token = token_of(house, items_per_hour=3)
    ranges = [{"q": "saw", "price_min": "1", "price_max": str(most)} for most in (2, 4, 8, 16)]
    assert [me(house, token, "/items", params=params).status for params in ranges] == [200, 200, 200, 429]
    another = token_of(house, "bianchi", items_per_hour=3)
    again = [me(house, another, "/items", params=ranges[0]).json()["total"] for _ in range(5)]
    assert (again, me(house, another, "/prices/saw").status) == ([0] * 5, 200)


def asked_from(house: House, token: str, address: str, first: int, count: int = 200) -> int:
    """The status of a question for so many items, asked through the proxy."""
    lines = [{"item": f"i{number}"} for number in range(first, first + count)]
    return me(house, token, "/prices", "POST", json={"lines": lines}, headers={"X-Forwarded-For": address}).status


def read_from(house: House, token: str, address: str) -> list[int]:
    """The statuses where 4,800 items are asked for."""
    return [asked_from(house, token, address, first) for first in range(0, 4_800, 200)]


def test_guests_are_counted_by_address_where_proxies_are_trusted(house: House, behind: House) -> None:
    token, another = token_of(house, None), token_of(house, None)
    for address, same, other in (
        ("203.0.113.7", "203.0.113.7", "203.0.113.8"), ("2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:2::1")
    ):  # fmt: skip
        assert set(read_from(behind, token, address)) == {200}
        assert asked_from(behind, token, same, 5_000) == 200
        asked = [asked_from(behind, *one, 6_000) for one in ((token, same), (another, same), (another, other))]
        assert asked == [429, 429, 200]
        assert asked_from(behind, token, same, 0) == 200
    assert set(read_from(house, token, "203.0.113.7")) == {200}
    assert asked_from(house, token, "203.0.113.7", 6_000) == 200


def test_a_guests_stated_budget_is_that_of_the_token_wherever_it_is_shown(behind: House) -> None:
    token = token_of(behind, None, items_per_hour=2)
    asked = [asked_from(behind, token, f"203.0.113.{first}", first, 1) for first in range(3)]
    assert asked == [200, 200, 429]
    assert asked_from(behind, token_of(behind, None, items_per_hour=2), "203.0.113.2", 2, 1) == 200


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
