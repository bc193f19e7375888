"""Prices that only the ERP can tell: asked while the customer waits, for a bounded time, and never left unanswered."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from listino.flows.live import LiveBounds, LivePrices
from listino.ports import AskedPrice, PriceAsk
from listino.testing.fake_erp import AbleFakeErp, Trouble
from listino.web.app import App
from listino.web.settings import WebSettings
from tests.asgi import Client
from tests.shop import CountedChance, House, opened

DEADLINE = timedelta(milliseconds=300)
# The longest that a test waits for an answer whose bound is DEADLINE: the machine may be busy.
BOUND_S = 10.0


class Erp(AbleFakeErp):
    """A fake whose answers to a price can be made to wait, or to be anything."""

    def __init__(self) -> None:
        super().__init__(wait=lambda _: None)
        self.go = threading.Event()
        self.go.set()
        self.instead: Any = None

    def ask_price(self, question: PriceAsk) -> AskedPrice:
        told = super().ask_price(question)
        self.go.wait(BOUND_S)
        if isinstance(self.instead, Exception):
            raise self.instead
        return told if self.instead is None else self.instead


@dataclass
class Shop:
    """A house whose prices are asked live."""

    house: House
    erp: Erp
    client: Client
    live: LivePrices

    def price(self, item: str = "hammer", **params: Any) -> Any:
        answer = self.client.request("GET", f"/v1/prices/{item}", params={"customer": "rossi"} | params)
        assert answer.status == 200, answer.body
        return answer.json()

    def later(self, **by: float) -> None:
        self.house.clock.at += timedelta(**by)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with opened(tmp_path) as house:
        erp = Erp()
        erp.prices = {("hammer", "rossi"): Decimal("7.77")}
        live = LivePrices(erp, house.database, house.clock, LiveBounds(deadline=DEADLINE, calls_per_minute=60_000))
        app = App(
            house.database, WebSettings(metrics_folder=str(tmp_path / "live")), house.clock, CountedChance(), live
        )
        client = Client(app, {"Authorization": f"Bearer {house.key}"})
        yield Shop(house, erp, client, live)
        erp.go.set()
        client.close()
        live.close()


def said(answer: Any) -> tuple[Any, ...]:
    return answer.get("net_price"), answer["price_source"]


def test_the_erps_price_is_the_price_with_our_tax_and_amounts(shop: Shop) -> None:
    answer = shop.price(quantity="3")
    assert said(answer) == ("7.77", "erp")
    assert (answer["net"], answer["tax"], answer["gross"]) == ("23.31", "5.13", "28.44")
    assert [(step["rule"], step["price_out"]) for step in answer["steps"]] == [("erp", "7.77")]
    assert answer["price_as_of"] is not None
    assert answer["next_change_at"] > answer["at"]


def test_a_price_is_asked_once_and_holds_for_a_while(shop: Shop) -> None:
    assert said(shop.price()) == ("7.77", "erp")
    shop.erp.prices[("hammer", "rossi")] = Decimal("8")
    assert said(shop.price()) == ("7.77", "cache")
    assert shop.erp.calls["ask_price"] == 1
    shop.later(seconds=31)
    assert said(shop.price()) == ("8.00", "erp")


def test_many_who_ask_the_same_at_once_make_one_call(shop: Shop) -> None:
    shop.erp.go.clear()
    ask = PriceAsk(item="hammer", customer="rossi", quantity=Decimal(1), unit="C62", currency="EUR", channel=None,
                   at=shop.house.clock.at)  # fmt: skip
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(shop.live.told, [ask, ask]) for _ in range(8)]
        time.sleep(DEADLINE.total_seconds() / 3)
        shop.erp.go.set()
        told = [one for many in asked for one in many.result()]
    assert shop.erp.calls["ask_price"] == 1
    assert {one.rule.value for one in told if one.rule is not None} == {Decimal("7.77")}
    assert len(told) == 16


@pytest.mark.parametrize(
    "instead",
    [
        AskedPrice(currency="USD", net_price=Decimal(1)),
        AskedPrice(currency="EUR", net_price=Decimal("-1")),
        AskedPrice(currency="EUR", net_price=Decimal("NaN")),
        AskedPrice(currency="EUR"),
        AskedPrice(currency="EUR", net_price=Decimal(1), per=Decimal(0)),
        RuntimeError("a fault of the connector"),
        "no answer at all",
    ],
)
def test_nonsense_is_never_a_price(shop: Shop, instead: Any) -> None:
    shop.erp.instead = instead
    first = shop.price()
    assert first["price_source"] == "mirror"
    assert first["net_price"] == shop.house.price("hammer", customer="rossi")["net_price"]
    shop.erp.instead = None
    shop.later(seconds=60)
    assert said(shop.price()) == ("7.77", "erp")


def test_a_slow_erp_is_not_waited_for_and_what_it_told_last_holds_and_says_so(shop: Shop) -> None:
    first = shop.price()
    shop.later(minutes=5)
    shop.erp.go.clear()
    began_s = time.monotonic()
    answer = shop.price()
    assert time.monotonic() - began_s < BOUND_S
    assert said(answer) == ("7.77", "last_known")
    assert answer["price_as_of"] == first["price_as_of"]
    shop.later(hours=25)
    assert shop.price()["price_source"] == "mirror"


def test_an_erp_that_does_not_answer_is_left_alone_and_asked_again_later(shop: Shop) -> None:
    shop.erp.weather.troubles = {Trouble.NO_CONNECTION: 1.0}
    for quantity in range(1, 41):
        assert shop.price(quantity=str(quantity))["price_source"] == "mirror"
    assert shop.erp.calls["ask_price"] < 10
    shop.erp.weather.troubles = {}
    shop.later(minutes=2)
    assert said(shop.price(quantity="50")) == ("7.77", "erp")
    assert said(shop.price(quantity="51")) == ("7.77", "erp")


def test_the_erp_may_have_no_price(shop: Shop) -> None:
    answer = shop.price("saw")
    assert (answer["outcome"], answer["reason"], answer["price_source"]) == ("no_price", "erp_no_price", "erp")


def test_a_question_about_another_moment_is_answered_from_the_book(shop: Shop) -> None:
    answer = shop.price(at="2026-11-20T10:00:00Z")
    assert "price_source" not in answer
    assert shop.erp.calls["ask_price"] == 0


def test_a_batch_and_a_basket_share_one_deadline_and_a_quote_keeps_what_was_told(shop: Shop) -> None:
    lines = [{"item": "hammer", "quantity": str(number)} for number in range(1, 9)]
    said_of = {"customer": "rossi", "lines": lines}
    batch = shop.client.request("POST", "/v1/prices", json=said_of).json()
    assert [said(line) for line in batch["lines"]] == [("7.77", "erp")] * 8
    basket = shop.client.request("POST", "/v1/baskets", json=said_of).json()
    assert [said(line) for line in basket["lines"]] == [("7.77", "cache")] * 8
    assert basket["totals"]["net"] == "279.72"
    shop.erp.go.clear()
    order = {
        "number": "q1", "ordered_at": "2026-11-23T12:00:00Z", "currency": "EUR", "customer": "rossi",
        "quote": basket["quote"], "lines": lines,
    }  # fmt: skip
    taken = shop.client.request("POST", "/v1/orders", json=order).json()
    assert (taken["net"], taken["held"]) == ("279.72", [])


def test_an_unknown_item_stays_unknown(shop: Shop) -> None:
    assert shop.client.request("GET", "/v1/prices/nothing", params={"customer": "rossi"}).status == 404
    assert shop.erp.calls["ask_price"] == 0
