"""Streams where prices are asked of the management system: they tell what that says, and ask it no more than needed."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from listino.flows.live import LiveBounds, LivePrices
from listino.ports import AskedPrice, PriceAsk
from listino.testing.fake_erp import AbleFakeErp
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.browsers import PAGE, token_of
from tests.shop import NOW, CountedChance, House, opened
from tests.streaming import Readers, reading


class Erp(AbleFakeErp):
    """A fake that knows what it was asked."""

    def __init__(self) -> None:
        super().__init__(wait=lambda _: None)
        self.asked_of: list[str] = []

    def ask_price(self, question: PriceAsk) -> AskedPrice:
        self.asked_of.append(question.item)
        return super().ask_price(question)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


@pytest.fixture
def erp() -> Erp:
    erp = Erp()
    erp.prices = {(item, "rossi"): Decimal("7.77") for item in ("hammer", "saw", "secret")}
    return erp


@pytest.fixture
def readers(house: House, erp: Erp, tmp_path: Path) -> Iterator[Readers]:
    live = LivePrices(erp, house.database, house.clock, LiveBounds(calls_per_minute=60_000))
    app = App(house.database, WebSettings(metrics_folder=str(tmp_path / "m")), house.clock, CountedChance(500), live)
    with reading(app, {"Authorization": f"Bearer {house.key}"}) as readers:
        yield readers
    live.close()


def test_what_the_management_system_says_is_told_again_when_it_says_otherwise(
    house: House, erp: Erp, readers: Readers
) -> None:
    stream = readers.open("/v1/stream", {"customer": "rossi", "channel": "web", "item": ["saw", "hammer"]})
    stream.next()
    told = stream.prices(2)
    assert {(one.data["net_price"], one.data["price_source"]) for one in told.values()} == {("7.77", "erp")}
    # What it told holds for half a minute; then it is asked again, and what is as before is not told.
    erp.prices["saw", "rossi"] = Decimal("8.88")
    house.clock.at = NOW + timedelta(seconds=31)
    event = stream.next().data
    assert (event["line"], event["net_price"]) == (1, "8.88")
    erp.prices["hammer", "rossi"] = Decimal("6.66")
    house.clock.at = NOW + timedelta(seconds=62)
    event = stream.next().data
    assert (event["line"], event["net_price"]) == (2, "6.66")
    assert (erp.asked_of.count("saw"), erp.asked_of.count("hammer")) == (3, 3)


def test_of_what_a_page_is_not_to_know_of_nobody_is_asked(house: House, erp: Erp, readers: Readers) -> None:
    house.put("items", "secret", status="blocked")
    params = {"token": token_of(house), "item": ["secret", "saw"]}
    stream = readers.open("/v1/me/stream", params, Origin=PAGE, Authorization="")
    stream.next()
    told = stream.prices(2)
    assert (told[1].data["error"]["code"], told[2].data["net_price"]) == ("unknown_item", "7.77")
    assert erp.asked_of == ["saw"]
