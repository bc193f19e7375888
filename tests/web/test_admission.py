"""Overload: browsing is turned away early and cheaply, orders are taken on, and a burst or a slow machine is none."""

import asyncio
import gc
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from listino.db.engine import Database
from listino.web import app as web_app
from listino.web.admission import BULK, ORDERS, OTHERS, PRICES, STREAMS, WAIT_MAX_NS, Admission, kind_of
from listino.web.app import App
from listino.web.metrics import Metrics
from listino.web.roads import Roads
from listino.web.settings import WebSettings
from tests import browsers
from tests.asgi import Client, Response
from tests.shop import CountedChance, House, SetClock, an_order, opened

Asked = tuple[str, str, dict[str, Any]]
MS = 1_000_000
ITEMS: Asked = ("GET", "/v1/items", {})
PRICE: Asked = ("GET", "/v1/prices/hammer", {})
BATCH: Asked = ("POST", "/v1/prices", {"json": {"lines": [{"item": "hammer", "id": "x" * 20_000}]}})
PAGE: Asked = ("POST", "/v1/prices", {"json": {"lines": [{"item": "hammer"}, {"item": "saw"}]}})


@dataclass
class Ticks:
    """Nanoseconds that stand until they are moved."""

    at: int = 1_000_000 * MS

    def __call__(self) -> int:
        """The moment."""
        return self.at


@dataclass
class SlowClock(SetClock):
    """A clock of answers: each takes so many nanoseconds. What is turned away asks it never, and costs nothing."""

    ticks: Ticks = field(default_factory=Ticks)
    step: int = 0

    def __call__(self) -> datetime:
        """The moment, and what it cost to come so far."""
        self.ticks.at += self.step
        return super().__call__()


@dataclass
class Busy:
    """A house whose process is asked more than it can answer, as often as one likes."""

    house: House
    client: Client
    clock: SlowClock
    orders: int = field(default=0)

    def ask(self, *requests: Asked) -> list[Response]:
        """Requests that begin in one turn of the event loop."""
        return self.client.together(list(requests))

    def order(self) -> Asked:
        """An order of its own."""
        self.orders += 1
        return "POST", "/v1/orders", {"json": an_order(number=f"busy-{self.orders}")}

    def overload(self, turns: int = 12) -> list[Response]:
        """200 prices in each turn, each taking a millisecond: more than a second without a pause."""
        self.clock.step = MS
        return [answer for _ in range(turns) for answer in self.ask(*[PRICE] * 200)]

    def shed(self) -> dict[str, int]:
        """How many were turned away, by kind."""
        self.clock.step = 0
        text = self.client.request("GET", "/metrics").body.decode()
        return {line.split('"')[1]: int(line.split()[1]) for line in text.splitlines()
                if line.startswith("listino_shed_total{")}  # fmt: skip


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Busy]:
    with opened(tmp_path) as house:
        clock = SlowClock()
        settings = WebSettings(metrics_folder=str(tmp_path / "own"), base_path="/shop")
        app = App(house.database, settings, clock, CountedChance(900), ticks=clock.ticks)
        client = Client(app, {"Authorization": f"Bearer {house.key}"})
        yield Busy(house, client, clock)
        client.close()


def statuses(answers: list[Response]) -> set[int]:
    return {answer.status for answer in answers}


def test_a_burst_is_answered_however_large_it_is(busy: Busy) -> None:
    busy.clock.step = MS
    assert statuses(busy.ask(*[PRICE] * 900)) == {200}
    busy.clock.ticks.at += 5_000 * MS
    assert statuses(busy.ask(*[PRICE] * 500, *[PAGE] * 200)) == {200}
    assert busy.shed() == {"bulk": 0, "prices": 0, "others": 0, "streams": 0, "orders": 0}


def test_a_slow_machine_with_few_callers_is_not_overloaded(busy: Busy) -> None:
    busy.clock.step = 20 * MS
    assert statuses([answer for _ in range(20) for answer in busy.ask(*[PRICE] * 64)]) == {200}


def test_in_overload_as_many_prices_are_answered_as_may_wait_and_the_rest_is_told_when_to_come_again(
    busy: Busy,
) -> None:
    before = busy.overload()
    answers = busy.ask(*[PRICE] * 200)
    # The clock stands at a turn's begin; the hundredth answer is over when it stands at 100 ms.
    taken = 100
    assert [answer.status for answer in answers] == [200] * taken + [503] * (200 - taken)
    assert [answer.status for answer in before].count(503) == 600
    refused = answers[-1]
    assert {answer.headers["retry-after"] for answer in answers[taken:]} == {"1", "2", "3"}
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["content-length"]) == len(refused.body)
    problem = refused.json()
    assert (problem["status"], problem["code"], "nothing was begun" in problem["detail"]) == (503, "overloaded", True)
    assert busy.shed() == {"bulk": 0, "prices": 700, "others": 0, "streams": 0, "orders": 0}


def test_in_overload_orders_are_taken_and_health_is_told_behind_any_number_of_prices(busy: Busy) -> None:
    busy.overload()
    orders = [busy.order() for _ in range(20)]
    health: list[Asked] = [("GET", path, {}) for path in ("/healthz", "/readyz", "/metrics", "/shop/healthz")]
    event = ("POST", "/v1/orders/events", {"json": {"kind": "paid", "key": "e", "amount": "5"},
                                           "params": {"number": "nobody"}})  # fmt: skip
    answers = busy.ask(*[PRICE] * 300, *orders, *health, event)
    assert statuses(answers[:300]) == {200, 503}
    assert statuses(answers[300:320]) == {201}
    assert statuses(answers[320:324]) == {200}
    assert answers[324].json()["code"] == "unknown_order"
    busy.clock.step = 0
    assert busy.house.get("/v1/conservation").json()["taken"] == 20
    assert busy.shed()["orders"] == 0


def test_batches_and_lists_are_turned_away_before_prices_and_a_page_is_a_price(busy: Busy) -> None:
    busy.overload()
    answers = busy.ask(PRICE, BATCH, PAGE, ITEMS, *[PRICE] * 150, PAGE, ("GET", "/v1/stock/hammer", {}))
    assert [answer.status for answer in answers[:4]] == [200, 503, 200, 503]
    assert [answer.status for answer in answers[-2:]] == [503, 200]
    shed = busy.shed()
    assert (shed["bulk"], shed["others"], shed["orders"]) == (2, 0, 0)


def test_under_another_base_path_the_same_is_turned_away(busy: Busy) -> None:
    busy.overload()
    answers = busy.ask(*[PRICE] * 200, ("GET", "/shop/v1/prices/hammer", {}), ("HEAD", "/v1/prices/hammer", {}))
    assert [(answer.status, bool(answer.body)) for answer in answers[200:]] == [(503, True), (503, False)]


def test_a_page_that_was_let_in_before_reads_that_it_is_turned_away(busy: Busy) -> None:
    page = {"Authorization": f"Bearer {browsers.token_of(busy.house)}", "Origin": browsers.PAGE}
    asked: Asked = ("GET", "/v1/me/prices/hammer", {"headers": page})
    unknown: Asked = ("GET", "/v1/me/prices/hammer", {"headers": page | {"Origin": "https://other.example"}})
    assert statuses(busy.ask(asked)) == {200}
    busy.overload()
    answers = busy.ask(*[PRICE] * 200, asked, unknown, ("GET", "/v1/me/prices/hammer", {}))[200:]
    assert [(answer.status, answer.json()["code"]) for answer in answers] == [(503, "overloaded")] * 3
    read = [answer.headers.get("access-control-allow-origin") for answer in answers]
    assert (read, answers[0].headers["access-control-expose-headers"]) == (
        [browsers.PAGE, None, None], "etag, retry-after, content-language",
    )  # fmt: skip
    assert {answer.headers["vary"] for answer in answers} == {"Authorization, Origin, Accept-Language"}
    busy.clock.at += timedelta(minutes=15)  # The token has ended, and with it what is known of its origin.
    assert "access-control-allow-origin" not in busy.ask(*[PRICE] * 200, asked)[200].headers


def test_only_after_seconds_is_an_order_told_to_come_again_and_nothing_of_it_is_begun(busy: Busy) -> None:
    busy.overload()
    order = busy.order()
    busy.clock.step = 40 * MS
    answers = busy.ask(*[busy.order() for _ in range(140)], order)
    assert answers[0].status == 201
    assert (answers[-1].status, answers[-1].json()["code"]) == (503, "overloaded")
    busy.clock.step = 0
    refused = sum(answer.status == 503 for answer in answers)
    assert busy.house.get("/v1/conservation").json()["taken"] == 141 - refused
    again = busy.ask(order)[0]
    assert (again.status, again.json()["key"]) == (201, f"shop/{order[2]['json']['number']}")
    assert busy.shed()["orders"] == refused


def test_when_the_queue_is_gone_everyone_is_answered_at_once(busy: Busy) -> None:
    assert 503 in statuses(busy.overload())
    busy.clock.step = 0
    # Lists wait a second longer.
    assert [answer.status for answer in busy.ask(*[PRICE] * 300, BATCH)] == [200] * 300 + [503]
    busy.clock.ticks.at += 1_001 * MS
    assert statuses(busy.ask(*[PRICE] * 300, BATCH)) == {200}


def test_work_that_waits_long_for_a_thread_turns_lists_away_and_leaves_prices_alone(tmp_path: Path) -> None:
    ticks = Ticks()
    admission = Admission(Metrics(str(tmp_path)), ticks)
    roads = Roads(admission, is_server=False, waits=False)
    goes_on = threading.Semaphore(0)

    async def lived() -> list[int | None]:
        taken_up, loop = asyncio.Event(), asyncio.get_running_loop()

        def work() -> None:
            if admission.lasting:
                loop.call_soon_threadsafe(taken_up.set)
            goes_on.acquire()

        works = [asyncio.create_task(roads.in_thread(work)) for _ in range(60)]
        await asyncio.sleep(0)
        told = [refused(path) for path in ("/v1/items", "/v1/prices/saw")]
        ticks.at += 3_000 * MS
        goes_on.release(8)
        await taken_up.wait()
        told += [refused(path) for path in ("/v1/items", "/v1/prices/saw", "/v1/stock/saw", "/healthz")]
        goes_on.release(60)
        await asyncio.gather(*works)
        return [*told, refused("/v1/items")]

    def refused(path: str) -> int | None:
        scope = {"method": "GET", "path": path, "headers": []}
        answer = admission.refusal(scope, path) if admission.is_strained() else None
        return answer[0] if answer is not None else None

    assert asyncio.run(lived()) == [None, None, 503, None, 503, None, None]
    roads.close()


@pytest.fixture
def as_before() -> Iterator[None]:
    """What a server sets for its process, set back: collection of garbage, and what signals do."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("as_before")
def test_what_is_under_way_when_the_server_ends_is_finished_before_the_database_is_closed(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        database = Database(f"sqlite:///{house.path}")
        app = App(database, WebSettings(metrics_folder=str(tmp_path / "own")), SetClock(), CountedChance(900))
        client = Client(app, {"Authorization": f"Bearer {house.key}"})
        lines = [{"item": "hammer", "quantity": "1"}] * 60
        orders: list[Asked] = [
            ("POST", "/v1/orders", {"json": an_order(number=str(number), lines=lines)}) for number in range(40)
        ]
        answers = client.together_at_the_end([*orders, *[ITEMS] * 20, PRICE])
        assert [answer.status for answer in answers] == [201] * 40 + [200] * 20 + [503]
        assert (answers[-1].json()["code"], answers[-1].headers["retry-after"]) == ("server_ends", "1")
        assert house.get("/v1/conservation").json()["taken"] == 40
        client.close()


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"soapaction": '"urn:listino:v1:SubmitOrder"'}, ORDERS),
        ({"soapaction": '"urn:listino:v1:GetPrice"', "content-length": "500"}, PRICES),
        ({"content-type": 'application/soap+xml; action="urn:listino:v1:GetPrices"', "content-length": "999999"}, BULK),
        ({"soapaction": "urn:listino:v1:GetItems"}, BULK),
        ({"soapaction": "urn:listino:v1:Ping"}, OTHERS),
        ({"soapaction": '""', "content-type": "text/xml"}, ORDERS),
    ],
)
def test_a_soap_message_is_of_the_kind_that_its_action_says(headers: dict[str, str], kind: int) -> None:
    pairs = [(name.encode(), text.encode()) for name, text in headers.items()]
    assert kind_of({"method": "POST", "headers": pairs}, "/soap") == kind


@pytest.mark.parametrize(("path", "kind"), [("/v1/me/prices/hammer", PRICES), ("/v1/me/orders", ORDERS)])
def test_who_asks_whether_it_may_ask_is_let_in_like_what_it_is_to_ask(path: str, kind: int) -> None:
    assert kind_of({"method": "OPTIONS", "headers": []}, path) == kind


@pytest.mark.usefixtures("as_before")
def test_the_signal_that_ends_a_server_comes_again_until_it_is_heeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_app, "SIGNAL_AGAIN_S", 0.01)
    heard = asyncio.Event()
    came: list[int] = []

    def lost_twice(number: int, _: object) -> None:
        came.append(number)
        if len(came) == 3:
            heard.set()

    async def lived(app: App) -> None:
        told: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        said: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        life = asyncio.create_task(app({"type": "lifespan", "state": {}}, told.get, said.put))
        await told.put({"type": "lifespan.startup"})
        await said.get()
        signal.raise_signal(signal.SIGTERM)
        await heard.wait()
        await told.put({"type": "lifespan.shutdown"})
        await life

    with opened(tmp_path) as house:
        signal.signal(signal.SIGTERM, lost_twice)
        settings = WebSettings(metrics_folder=str(tmp_path / "own"))
        asyncio.run(lived(App(Database(f"sqlite:///{house.path}"), settings, SetClock(), CountedChance(900))))
    assert came[:3] == [signal.SIGTERM] * 3


@pytest.mark.parametrize("path", ["/v1/stream", "/v1/me/stream"])
def test_pages_that_come_back_all_at_once_are_let_wait(path: str) -> None:
    assert kind_of({"method": "GET", "headers": []}, path) == STREAMS
    assert WAIT_MAX_NS[OTHERS] < WAIT_MAX_NS[STREAMS] == WAIT_MAX_NS[ORDERS]
