"""A catalogue where prices are asked live: every row of every page is what the ERP says, nothing goes by price."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from listino.flows.live import LiveBounds, LivePrices
from listino.testing.fake_erp import AbleFakeErp
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.asgi import Client, Response
from tests.browsers import PAGE, token_of
from tests.shop import CountedChance, House, opened

ITEMS = ("i0", "i1", "i2", "i3")


@dataclass
class Shop:
    """A house with some items in its book, all of which the ERP sells to rossi at 40 and more."""

    house: House
    erp: AbleFakeErp
    client: Client

    def ask(self, path: str, **params: str) -> Response:
        """The answer to rossi: at its key's door, or at its page's."""
        headers = {"Authorization": f"Bearer {self.house.key}"}
        if path == "/v1/me/items":
            headers = {"Authorization": f"Bearer {token_of(self.house)}", "Origin": PAGE}
        else:
            params = {"priced_for": "rossi", "channel": "web", **params}
        return self.client.request("GET", path, params=params, headers=headers)

    def rows(self, path: str, **params: str) -> tuple[list[tuple[str, str]], Any]:
        """The items of a page with their prices, and where the next begins."""
        answer = self.ask(path, **params)
        assert answer.status == 200, answer.body
        said = answer.json()
        return [(row["item"], row["net_price"]) for row in said["data"]], said["next"]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path) as house:
        for place, item in enumerate(ITEMS):
            house.put("items", item)
            house.put("rules", item, action="price", list="base", item=item, value=str(10 + place))
        erp = AbleFakeErp(wait=lambda _: None)
        erp.prices = {(item, "rossi"): Decimal(40 + place) for place, item in enumerate(ITEMS)}
        live = LivePrices(erp, house.database, house.clock, LiveBounds(calls_per_minute=60_000))
        settings = WebSettings(metrics_folder=str(tmp_path / "live"))
        client = Client(App(house.database, settings, house.clock, CountedChance(500), live))
        yield Shop(house, erp, client)
        client.close()
        live.close()


@pytest.mark.parametrize("path", ["/v1/items", "/v1/me/items"])
def test_what_the_erp_says_stands_on_every_page_whatever_is_committed_between_them(shop: Shop, path: str) -> None:
    first, after = shop.rows(path, q="i", limit="2")
    shop.house.put("items", "i2b")
    shop.house.put("rules", "i2b", action="price", list="base", item="i2b", value="99")
    shop.erp.prices["i2b", "rossi"] = Decimal("42.50")
    second, end = shop.rows(path, q="i", limit="9", after=after)
    assert first == [("i0", "40.00"), ("i1", "41.00")]
    assert second == [("i2", "42.00"), ("i2b", "42.50"), ("i3", "43.00")]
    assert end is None


@pytest.mark.parametrize("path", ["/v1/items", "/v1/me/items"])
@pytest.mark.parametrize(
    ("field", "said", "remedy"),
    [
        ("sort", "price", "Sort by code or name."),
        ("sort", "-price", "Sort by code or name."),
        ("price_min", "0", "Leave price_min out."),
        ("price_max", "9", "Leave price_max out."),
    ],
)
def test_what_goes_by_price_is_refused_by_name_and_nobody_is_asked(
    shop: Shop, path: str, field: str, said: str, remedy: str
) -> None:
    answer = shop.ask(path, **{field: said})
    assert (answer.status, answer.json()["code"]) == (400, "prices_asked_live")
    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["remedy"]) == (field, remedy)
    assert shop.erp.calls["ask_price"] == 0
