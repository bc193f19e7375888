"""How often a key may ask: exact by the clock, in every worker, and never in the way of an order."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from listino.core.errors import Malformed, NotFound
from listino.flows.access import Limit, created, limit_of, limited
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.asgi import Client, Response
from tests.browsers import PAGE, minted
from tests.server import listino, serving
from tests.shop import NOW, CountedChance, House, SetClock, an_order, opened

SECOND_NS = 1_000_000_000


@dataclass
class Ticks:
    """Nanoseconds that stand until they are moved."""

    at: int = 5_000 * SECOND_NS

    def __call__(self) -> int:
        """The moment."""
        return self.at

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.at += int(seconds * SECOND_NS)


@dataclass
class Limited:
    """Two workers over one database, and a key that may ask 2 times a second, 3 times at once."""

    house: House
    ticks: Ticks
    first: Client
    second: Client
    key_id: str
    secret: str

    def price(self, client: Client | None = None) -> Response:
        """One price, asked with the limited key."""
        return self.ask("GET", "/v1/prices/hammer", client)

    def ask(self, method: str, path: str, client: Client | None = None, **options: Any) -> Response:
        """Anything, asked with the limited key."""
        headers = {"Authorization": f"Bearer {self.secret}"} | options.pop("headers", {})
        return (client or self.first).request(method, path, headers=headers, **options)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Limited]:
    with opened(tmp_path) as house:
        ticks, chance = Ticks(), CountedChance(500)
        key, secret = created(
            house.database, "busy", ["all"], channel=None, test=False, now=NOW, chance=chance, limit=Limit(2, 3)
        )
        settings = WebSettings(metrics_folder=str(tmp_path / "shared"))
        apps = [App(house.database, settings, SetClock(), CountedChance(900), ticks=ticks) for _ in range(2)]
        clients = [Client(app) for app in apps]
        yield Limited(house, ticks, clients[0], clients[1], key.id, secret)
        for client in clients:
            client.close()


def statuses(answers: list[Response]) -> list[int]:
    return [answer.status for answer in answers]


def test_a_key_asks_as_often_as_its_limit_says_and_is_told_when_again(shop: Limited) -> None:
    assert statuses([shop.price() for _ in range(4)]) == [200, 200, 200, 429]
    refused = shop.price()
    assert (refused.headers["retry-after"], refused.headers["content-type"]) == ("1", "application/problem+json")
    problem = refused.json()
    assert (problem["status"], problem["code"], problem["title"]) == (429, "rate_limited", "Too many requests")
    assert problem["errors"][0]["field"] == "authorization"
    assert problem["errors"][0]["remedy"] == "Ask again after a second, or for many prices in one batch."
    shop.ticks.pass_s(0.499)
    assert shop.price().status == 429
    shop.ticks.pass_s(0.001)
    assert statuses([shop.price() for _ in range(2)]) == [200, 429]
    shop.ticks.pass_s(60)
    assert statuses([shop.price() for _ in range(4)]) == [200, 200, 200, 429]


def test_the_limit_holds_over_all_workers_and_for_one_key_alone(shop: Limited) -> None:
    asked = [shop.price(client) for client in (shop.first, shop.second, shop.second, shop.first, shop.second)]
    assert statuses(asked) == [200, 200, 200, 429, 429]
    own = {"Authorization": f"Bearer {shop.house.key}"}
    assert [shop.first.request("GET", "/v1/prices/saw", headers=own).status for _ in range(20)] == [200] * 20


def test_a_batch_counts_by_its_lines_and_what_comes_after_it_waits_for_that(shop: Limited) -> None:
    lines = [{"item": "hammer"}] * 101
    assert shop.ask("POST", "/v1/prices", json={"lines": lines}).status == 200
    # It counted 3: all that may be asked at once.
    assert statuses([shop.price(), shop.price(shop.second)]) == [429, 429]
    shop.ticks.pass_s(1.5)
    assert shop.ask("POST", "/v1/baskets", json={"lines": [{"item": "saw"}] * 1_000}).status == 200
    refused = shop.price()
    # It counted 20, of which 3 were at hand: the 18th is earned after nine seconds.
    assert (refused.status, refused.headers["retry-after"]) == (429, "9")
    shop.ticks.pass_s(8.9)
    assert shop.price().status == 429
    shop.ticks.pass_s(0.1)
    assert shop.price().status == 200


def test_every_door_behind_a_key_keeps_the_limit_but_orders_are_taken(shop: Limited) -> None:
    for _ in range(3):
        shop.price()
    doors = [("GET", "/v1/prices/hammer/ladder"), ("POST", "/v1/prices"), ("POST", "/v1/baskets"), ("GET", "/v1/items"),
             ("PUT", "/v1/items/axe"), ("GET", "/v1/orders"), ("GET", "/v1/stock/hammer")]  # fmt: skip
    assert [shop.ask(method, path, json={}).status for method, path in doors] == [429] * len(doors)
    assert shop.house.get("/v1/items/axe").status == 404
    orders = [shop.ask("POST", "/v1/orders", json=an_order(number=str(number))) for number in range(20)]
    assert statuses(orders) == [201] * 20
    told = {"kind": "paid", "key": "e", "amount": "5"}
    asked: Any = {"json": told, "params": {"number": "7", "store": "busy"}}
    assert shop.ask("POST", "/v1/orders/events", **asked).status == 201
    assert shop.price().status == 429
    text = shop.first.request("GET", "/metrics", headers={"Authorization": f"Bearer {shop.house.key}"}).body.decode()
    assert "listino_rate_limited_total 8\n" in text


def test_a_page_reads_that_its_tokens_key_asked_too_often_and_when_to_come_again(shop: Limited) -> None:
    token = minted(shop.house, headers={"Authorization": f"Bearer {shop.secret}"}).json()["token"]
    page = {"Authorization": f"Bearer {token}", "Origin": PAGE}
    answers = [shop.first.request("GET", "/v1/me/prices/saw", headers=page) for _ in range(4)]
    assert statuses(answers) == [200, 200, 200, 429]
    read = [(one.headers["access-control-allow-origin"], one.headers["vary"]) for one in answers]
    assert read == [(PAGE, "Authorization, Origin, Accept-Language")] * 4
    assert answers[3].headers["access-control-expose-headers"] == "etag, retry-after, content-language"
    assert (answers[3].headers["retry-after"], answers[3].json()["code"]) == ("1", "rate_limited")
    other = shop.first.request("GET", "/v1/me/prices/saw", headers=page | {"Origin": "https://other.example"})
    assert (other.status, "access-control-allow-origin" in other.headers) == (403, False)
    # A key in a token's place is refused; the page that sends it reads why.
    key = shop.first.request("GET", "/v1/me/prices/saw", headers=page | {"Authorization": f"Bearer {shop.secret}"})
    assert (key.json()["code"], key.headers["access-control-allow-origin"]) == ("token_needed", PAGE)


def test_what_a_token_asks_counts_by_its_lines_for_its_key(shop: Limited) -> None:
    lines = {"lines": [{"item": "hammer"}] * 101}
    token = minted(shop.house, headers={"Authorization": f"Bearer {shop.secret}"}).json()["token"]
    page = {"Authorization": f"Bearer {token}", "Origin": PAGE}
    for path in ("/v1/me/prices", "/v1/me/basket"):
        assert shop.first.request("POST", path, headers=page, json=lines).status == 200
        # It counted 3: all that the key may ask at once, by itself or by its tokens.
        assert statuses([shop.price(), shop.price(shop.second)]) == [429, 429]
        assert shop.first.request("GET", "/v1/me/prices/saw", headers=page).status == 429
        shop.ticks.pass_s(1.5)
    assert statuses([shop.price() for _ in range(4)]) == [200, 200, 200, 429]


@pytest.mark.parametrize("path", ["/v1/me/items", "/v1/items"])
def test_a_page_of_a_catalogue_counts_by_its_rows(shop: Limited, path: str) -> None:
    for place in range(120):
        shop.house.put("items", f"nail-{place}")
    shop.house.put("rules", "nails", action="price", list="base", value="1")
    token = minted(shop.house, headers={"Authorization": f"Bearer {shop.secret}"}).json()["token"]
    asker = token if path == "/v1/me/items" else shop.secret
    headers, params = {"Authorization": f"Bearer {asker}", "Origin": PAGE}, {"limit": "101"}
    if path == "/v1/items":
        params["priced_for"] = "rossi"
    answer = shop.first.request("GET", path, headers=headers, params=params)
    assert (answer.status, len(answer.json()["data"])) == (200, 101)
    assert shop.price().status == 429
    shop.ticks.pass_s(1.5)
    assert shop.first.request("GET", path, headers=headers, params=params | {"limit": "48"}).status == 200
    # A page as a shop shows it counts one.
    assert statuses([shop.price() for _ in range(3)]) == [200, 200, 429]


def test_a_limit_is_changed_and_lifted_for_the_very_next_request(shop: Limited) -> None:
    for _ in range(3):
        shop.price()
    assert shop.price().status == 429
    limited(shop.house.database, shop.key_id, Limit(1, 1))
    assert statuses([shop.price(), shop.price(shop.second)]) == [200, 429]
    limited(shop.house.database, shop.key_id, None)
    assert statuses([shop.price() for _ in range(50)]) == [200] * 50
    limited(shop.house.database, shop.key_id, Limit(1, 1))
    assert shop.price().status == 429


def test_a_bucket_of_another_start_of_the_machine_does_not_lock_a_key_out(shop: Limited) -> None:
    assert shop.price().status == 200
    shop.ticks.at -= 4_000 * SECOND_NS
    assert shop.price().status == 200


@pytest.mark.parametrize(
    ("rate", "burst", "field"), [(0, None, "rate"), (100_001, 5, "rate"), (5, 0, "burst"), (None, 5, "burst")]
)
def test_a_limit_that_cannot_be_is_refused(rate: int | None, burst: int | None, field: str) -> None:
    with pytest.raises(Malformed) as refusal:
        limit_of(rate, burst)
    assert refusal.value.faults[0].field == field


def test_a_limit_has_a_burst_of_two_seconds_where_none_is_said(shop: Limited) -> None:
    assert (limit_of(50, None), limit_of(50, 7), limit_of(None, None)) == (Limit(50, 100), Limit(50, 7), None)
    with pytest.raises(NotFound):
        limited(shop.house.database, "nobody", Limit(1, 1))


def said(*arguments: str, url: str) -> str:
    done = listino(*arguments, "--database", url)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_limits_are_set_by_the_command_and_kept_by_two_real_workers(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    made = said("keys", "create", "--name", "slow", "--scopes", "all", "--rate", "1", "--burst", "20", url=url).split()
    key_id, secret = made[1], made[-1]
    assert "1/s, 20 at once" in " ".join(said("keys", "list", url=url).split())
    with serving(url, secret, workers=2) as server:
        first = server.ask("GET", "/v1/prices/saw")
        answers = [first, *(server.ask("GET", "/v1/prices/saw") for _ in range(59))]
        taken = [answer.status for answer in answers].count(200)
        # As many as stood at hand when it began, and one for each second that this took.
        assert 20 <= taken < 60
        assert {answer.status for answer in answers} == {200, 429}
        assert {answer.headers["retry-after"] for answer in answers if answer.status == 429} == {"1"}
        assert said("keys", "limit", key_id, "--no-rate", url=url).strip().endswith("may ask as often as it likes.")
        assert {server.ask("GET", "/v1/prices/saw").status for _ in range(60)} == {200}
        said("keys", "limit", key_id, "--rate", "1", "--burst", "1", url=url)
        assert 429 in {server.ask("GET", "/v1/prices/saw").status for _ in range(10)}
    refused = listino("keys", "limit", key_id, "--database", url)
    assert (refused.returncode, refused.stderr.split(":")[0]) == (1, "rate")
