"""What a browser is not to know of, where prices are asked live: nobody is asked of it, so no answer takes its time."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from listino.flows.live import LiveBounds, LivePrices
from listino.ports import AskedPrice, PriceAsk
from listino.testing.fake_erp import AbleFakeErp
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.asgi import Client, Response
from tests.browsers import PAGE, token_of
from tests.shop import CountedChance, House, opened
from tests.streaming import reading
from tests.web.test_me_unseen import UNSEEN, with_secrets


class Erp(AbleFakeErp):
    """A fake that knows what it was asked."""

    def __init__(self) -> None:
        super().__init__(wait=lambda _: None)
        self.asked_of: list[str] = []

    def ask_price(self, question: PriceAsk) -> AskedPrice:
        self.asked_of.append(question.item)
        return super().ask_price(question)


@dataclass
class Shop:
    """A house of which rossi's page may not see everything, and an ERP that has a price of all of it for rossi."""

    house: House
    erp: Erp
    app: App
    client: Client

    def me(self, path: str, method: str = "GET", **options: Any) -> Response:
        """What rossi's page is answered."""
        headers = {"Authorization": f"Bearer {token_of(self.house)}", "Origin": PAGE}
        return self.client.request(method, f"/v1/me{path}", headers=headers, **options)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path) as house:
        with_secrets(house)
        erp = Erp()
        erp.prices = {(item, "rossi"): Decimal("7.77") for item in (*UNSEEN, "hammer")}
        live = LivePrices(erp, house.database, house.clock, LiveBounds(calls_per_minute=60_000))
        settings = WebSettings(metrics_folder=str(tmp_path / "live"))
        app = App(house.database, settings, house.clock, CountedChance(500), live)
        client = Client(app, {"Authorization": f"Bearer {house.key}"})
        yield Shop(house, erp, app, client)
        client.close()
        live.close()


def test_of_what_a_page_is_not_to_know_of_the_erp_is_not_asked(shop: Shop) -> None:
    for params in ({}, {"quantity": "5"}, {"unit": "BX"}, {"ladder": "true"}):
        answers = [shop.me(f"/prices/{item}", params=params) for item in UNSEEN]
        bodies = {one.body.replace(item.encode(), b"ITEM") for item, one in zip(UNSEEN, answers, strict=True)}
        assert ({one.status for one in answers}, len(bodies)) == ({404}, 1)
    lines = [{"item": item} for item in UNSEEN]
    for path in ("/prices", "/basket"):
        said = shop.me(path, "POST", json={"lines": lines}).json()["lines"]
        assert {line["error"]["code"] for line in said} == {"unknown_item"}
    with reading(shop.app, {"Origin": PAGE}) as readers:
        stream = readers.open("/v1/me/stream", {"token": token_of(shop.house), "item": UNSEEN})
        stream.next()
        told = stream.prices(len(UNSEEN)).values()
        assert {one.data["error"]["code"] for one in told} == {"unknown_item"}
    assert shop.erp.asked_of == []


def test_what_the_book_shows_is_shown_with_or_without_a_price_of_the_erp(shop: Shop) -> None:
    told = shop.me("/prices/hammer").json()
    assert (told["outcome"], told["net_price"]) == ("price", "7.77")
    without = shop.me("/prices/saw")
    assert (without.status, without.json()["outcome"], without.json()["reason"]) == (200, "no_price", "no_price")
    assert shop.erp.asked_of == ["hammer", "saw"]
