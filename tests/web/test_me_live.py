"""A page where prices are asked of the management system: it is told what that says, of what it may know of."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from listino.core.errors import Unavailable
from listino.flows.live import LiveBounds, LivePrices
from listino.ports import AskedPrice, PriceAsk
from listino.testing.fake_erp import AbleFakeErp
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.asgi import Client
from tests.browsers import PAGE, token_of
from tests.shop import CountedChance, House, opened
from tests.web.test_me_unseen import UNSEEN, with_secrets


class Erp(AbleFakeErp):
    """A fake that knows what it was asked."""

    def __init__(self) -> None:
        super().__init__(wait=lambda _: None)
        self.asked_of: list[str] = []

    def ask_price(self, question: PriceAsk) -> AskedPrice:
        self.asked_of.append(question.item)
        return super().ask_price(question)


class Down(Erp):
    """An ERP that does not answer."""

    def ask_price(self, question: PriceAsk) -> AskedPrice:
        raise Unavailable(f"It is down, and tells nothing of {question.item}.")


class Page:
    """A page of rossi's, and the ERP that is asked for its prices."""

    def __init__(self, house: House, erp: Erp, client: Client) -> None:
        self.house, self.erp, self._client = house, erp, client
        self._head = {"Authorization": f"Bearer {token_of(house)}", "Origin": PAGE}

    def get(self, item: str) -> Any:
        """What it is told of an item."""
        return self._client.request("GET", f"/v1/me/prices/{item}", headers=self._head)

    def basket(self, *items: str) -> Any:
        """What it is told of a basket."""
        asked = {"lines": [{"item": item} for item in items]}
        return self._client.request("POST", "/v1/me/basket", headers=self._head, json=asked).json()


@pytest.fixture(params=[Erp])
def page(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    with opened(tmp_path) as house:
        with_secrets(house)
        erp = request.param()
        erp.prices = {(item, "rossi"): Decimal("7.77") for item in ("hammer", "saw", "big", *UNSEEN)}
        live = LivePrices(erp, house.database, house.clock, LiveBounds(calls_per_minute=60_000))
        settings = WebSettings(metrics_folder=str(tmp_path / "live"))
        client = Client(App(house.database, settings, house.clock, CountedChance(500), live))
        yield Page(house, erp, client)
        client.close()
        live.close()


def test_a_page_is_told_the_price_of_the_management_system(page: Page) -> None:
    told = page.get("hammer").json()
    assert (told["outcome"], told["net_price"], "price_source" in told) == ("price", "7.77", False)
    basket = page.basket("hammer", "saw")
    assert (basket["totals"]["net"], basket["quote"] is None) == ("15.54", False)


def test_nobody_is_asked_of_what_a_page_is_not_to_know_of(page: Page) -> None:
    hidden = [item for item in UNSEEN if item != "bianchis"]
    bodies = {page.get(item).body.replace(item.encode(), b"ITEM") for item in hidden}
    big = page.get("big").json()
    basket = page.basket("big", *hidden)
    assert (len(bodies), big["reason"], page.erp.asked_of) == (1, "on_request", [])
    assert (basket["totals"]["net"], basket["quote"]) == ("0.00", None)


@pytest.mark.parametrize("page", [Down], indirect=True)
def test_without_the_management_system_a_page_is_told_the_price_of_the_book(page: Page) -> None:
    assert page.get("hammer").json()["net_price"] == "8.55"
