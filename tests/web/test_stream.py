"""Prices are told again when something changes them, and only then; whoever comes back misses nothing."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listino.flows.access import created, revoked
from listino.web import live_room
from listino.web.app import App
from listino.web.rest import live as live_door
from listino.web.settings import WebSettings
from tests.engines import ON_BOTH
from tests.shop import NOW, CountedChance, House, opened
from tests.streaming import PATIENCE_S, Readers, Stream, reading

pytestmark = ON_BOTH

BOTH = {"customer": "rossi", "channel": "web", "item": ["hammer", "saw"]}


@pytest.fixture
def house(tmp_path: Path, engine: str) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


@pytest.fixture
def readers(house: House) -> Iterator[Readers]:
    with reading(house.client.app, {"Authorization": f"Bearer {house.key}"}) as readers:
        yield readers


@pytest.fixture
def both(readers: Readers) -> Stream:
    """A stream of two items, of which all is told."""
    stream = readers.open("/v1/stream", BOTH)
    assert stream.next().kind == "ready"
    stream.prices(2)
    return stream


def net_of(stream: Stream) -> tuple[int, str]:
    """The line and net price of the next event."""
    event = stream.next()
    return event.data["line"], event.data["net_price"]


def set_price(house: House, item: str, value: str) -> Any:
    return house.put("rules", f"{item}-base", action="price", list="base", item=item, value=value)


def test_a_stream_begins_with_the_price_of_every_line_as_a_batch_answers_it(house: House, readers: Readers) -> None:
    stream = readers.open("/v1/stream", BOTH | {"quantity": ["10", "1"], "unit": ["", "C62"]})
    assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert (stream.headers["cache-control"], stream.headers["x-accel-buffering"]) == ("no-store", "no")
    ready = stream.next()
    revision = house.database.read().revision
    assert (ready.kind, ready.data["revision"], ready.data["lines"]) == ("ready", revision, 2)
    told = stream.prices(2)
    asked = {"customer": "rossi", "channel": "web", "explain": "none",
             "lines": [{"item": "hammer", "quantity": "10"}, {"item": "saw"}]}  # fmt: skip
    batch = house.client.request("POST", "/v1/prices", json=asked).json()
    for place, line in enumerate(batch["lines"], 1):
        data = told[place].data
        assert data["stock"] is None
        assert {name: data[name] for name in line if name != "id"} == {n: v for n, v in line.items() if n != "id"}
        assert (data["revision"], data["epoch"]) == (batch["revision"], batch["epoch"])
    assert told[1].data["net_price"] == "8.10"


def test_a_change_is_told_to_those_whom_it_concerns_alone(house: House, both: Stream, readers: Readers) -> None:
    other = readers.open("/v1/stream", {"customer": "bianchi", "item": "saw"})
    other.next(), other.prices(1)
    house.put("rules", "saw-rossi", action="price", customer="rossi", item="saw", value="15")
    set_price(house, "hammer", "99")  # Rossi buys it by the list of the shop.
    house.put("customers", "bianchi", country="IT", language="it")
    house.put("item-groups", "nails")
    set_price(house, "saw", "30")
    # What came between concerned neither: the next event of each is about its own price.
    assert net_of(both) == (2, "13.50")
    assert net_of(other) == (1, "30.00")
    house.put("rules", "saw-rossi", action="price", customer="rossi", item="saw", value="16")
    event = both.next()
    assert (event.data["line"], event.data["net_price"]) == (2, "14.40")
    assert event.id is not None
    assert event.id.startswith(f"{event.data['revision']}-")


def test_whoever_comes_back_is_told_exactly_what_changed_meanwhile(house: House, readers: Readers) -> None:
    first = readers.open("/v1/stream", BOTH)
    first.next()
    last_id = max(first.prices(2).items())[1].id or ""
    first.close()
    again = readers.open("/v1/stream", BOTH, **{"Last-Event-ID": last_id})
    assert again.next().data["resumed"] is True
    set_price(house, "saw", "21")
    event = again.next()
    assert (event.data["line"], event.data["net_price"]) == (2, "18.90")
    again.close()
    house.put("rules", "hammer-web", action="price", list="web", item="hammer", value="8")
    # Another process, as after a restart: it knows of no stream before.
    app = App(house.database, WebSettings(), house.clock, CountedChance(5_000))
    with reading(app, readers.headers) as later:
        third = later.open("/v1/stream", BOTH | {"last_event_id": event.id})
        third.next()
        assert net_of(third) == (1, "7.20")
        set_price(house, "saw", "22")
        assert net_of(third) == (2, "19.80")


@pytest.mark.parametrize("last_id", ["", "12", "12-", "12-!!!", "x-AAAA", "é", "12-" + "A" * 5_000])
def test_an_id_that_means_nothing_here_has_everything_told(readers: Readers, last_id: str) -> None:
    stream = readers.open("/v1/stream", BOTH | ({"last_event_id": last_id} if last_id else {}))
    assert stream.next().data["resumed"] is False
    assert sorted(stream.prices(2)) == [1, 2]


def test_an_id_of_other_questions_or_of_another_time_line_has_everything_told(house: House, readers: Readers) -> None:
    first = readers.open("/v1/stream", BOTH)
    first.next()
    last_id = max(first.prices(2).items())[1].id
    turned = readers.open("/v1/stream", BOTH | {"item": ["saw", "hammer"], "last_event_id": last_id})
    assert turned.next().data["resumed"] is False
    turned.prices(2)
    house.database.write(lambda tx: tx.execute("UPDATE book SET epoch = 'restored'"))
    first.ended()
    anew = readers.open("/v1/stream", BOTH | {"last_event_id": last_id})
    assert (anew.next().data["resumed"], sorted(anew.prices(2))) == (False, [1, 2])


def test_the_beginning_and_the_end_of_a_validity_are_told_without_a_revision(house: House, both: Stream) -> None:
    begins, ends = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    house.put("rules", "sale", action="price", list="web", item="saw", value="12",
              valid_from=begins.isoformat(), valid_to=ends.isoformat())  # fmt: skip
    revision = house.database.read().revision
    house.clock.at = begins
    sale = both.next()
    assert (sale.data["line"], sale.data["net_price"], sale.data["revision"]) == (2, "10.80", revision)
    assert sale.data["next_change_at"] == "2026-11-23T14:00:00Z"
    house.clock.at = ends
    assert net_of(both) == (2, "18.00")


def test_stock_is_told_as_it_is_counted_and_ordered(house: House, both: Stream) -> None:
    counted = house.client.request("PUT", "/v1/stock/saw", json={"on_hand": "5", "available_on": "2026-12-01"})
    assert counted.status == 200
    event = both.next()
    shelf = {"warehouse": "main", "available": "5", "available_on": "2026-12-01"}
    assert (event.data["line"], event.data["net_price"]) == (2, "18.00")
    assert event.data["stock"] == {"available": "5", "available_on": "2026-12-01", "warehouses": [shelf]}
    # Counted again, and as much as before: nothing to tell. Then an order takes of it.
    house.client.request("PUT", "/v1/stock/saw", json={"on_hand": "5", "available_on": "2026-12-01"})
    assert house.order(lines=[{"item": "saw", "quantity": "2"}]).status == 201
    assert both.next().data["stock"]["available"] == "3"


def test_what_orders_use_up_of_a_cap_is_told(house: House, both: Stream) -> None:
    house.put("rules", "first-two", action="percent", item="saw", value="50", step="promotion",
              caps={"uses": 1})  # fmt: skip
    before = both.next()
    assert (before.data["line"], before.data["net_price"]) == (2, "9.00")
    assert "usage_as_of" in before.data
    assert house.order(channel="web", lines=[{"item": "saw", "quantity": "1"}]).status == 201
    assert net_of(both) == (2, "18.00")


def test_an_item_that_is_not_there_is_an_error_of_its_line_until_it_is(house: House, readers: Readers) -> None:
    stream = readers.open("/v1/stream", {"item": ["saw", "axe"], "customer": "bianchi"})
    stream.next()
    told = stream.prices(2)
    assert (told[1].data["net_price"], told[2].data["item"]) == ("20.00", "axe")
    assert told[2].data["error"]["code"] == "unknown_item"
    house.put("items", "axe")
    no_price = stream.next()
    assert (no_price.data["line"], no_price.data["outcome"], no_price.data["reason"]) == (2, "no_price", "no_price")
    set_price(house, "axe", "3")
    assert net_of(stream) == (2, "3.00")


def test_a_reader_that_is_slow_is_told_the_newest_alone(house: House, both: Stream) -> None:
    both.pause()
    set_price(house, "saw", "30")
    event = house.get("/v1/prices/saw", customer="rossi", channel="web").json()
    assert event["net_price"] == "27.00"
    other_told = house.database.read().revision
    for value in ("31", "32", "33"):
        set_price(house, "saw", value)
    both.resume()
    told = [both.next()]
    while told[-1].data["net_price"] != "29.70":
        told.append(both.next())
    # The first may have been on its way; what came between it and the last was never kept.
    assert len(told) <= 2
    assert told[-1].data["revision"] == other_told + 3


def test_a_stream_ends_with_its_key(house: House, readers: Readers) -> None:
    key, secret = created(house.database, "short", ["prices:read"], channel="web", test=False, now=NOW,
                          chance=CountedChance(9_000))  # fmt: skip
    stream = readers.open("/v1/stream", {"item": "saw"}, Authorization=f"Bearer {secret}")
    stream.next(), stream.prices(1)
    revoked(house.database, key.id, NOW)
    stream.ended()
    assert readers.open("/v1/stream", {"item": "saw"}, Authorization=f"Bearer {secret}").status == 401


@pytest.mark.parametrize(
    ("params", "status", "code", "field"),
    [
        ({}, 400, "missing", "item"),
        ({"item": ""}, 400, "empty", "item"),
        ({"item": ["saw", "hammer"], "quantity": ["1", "2", "3"]}, 400, "count", "quantity"),
        ({"item": "saw", "quantity": "0"}, 400, "not_positive", "quantity"),
        ({"item": "saw", "unit": ["A", "B"]}, 400, "count", "unit"),
        ({"item": "saw", "at": "2026-01-01"}, 400, "unknown_field", "at"),
        ({"item": "saw", "customer": ["rossi", "bianchi"]}, 400, "twice", "customer"),
        ({"item": ["saw"] * 201}, 400, "too_many", "item"),
        ({"item": "saw", "customer": "nobody"}, 404, "unknown_customer", "customer"),
        ({"item": "saw", "channel": "moon"}, 404, "unknown_channel", "channel"),
    ],
)
def test_what_cannot_be_watched_is_refused_before_the_stream(
    readers: Readers, params: Any, status: int, code: str, field: str
) -> None:
    refused = readers.open("/v1/stream", params)
    refused.ended()
    assert refused.status == status
    assert refused.headers["content-type"] == "application/problem+json"
    assert f'"code":"{code}"'.encode() in refused.body
    assert f'"field":"{field}"'.encode() in refused.body


def test_a_key_without_the_scope_opens_no_stream(house: House, readers: Readers) -> None:
    _, secret = created(house.database, "other", ["orders:read"], channel=None, test=False, now=NOW,
                        chance=CountedChance(9_500))  # fmt: skip
    assert readers.open("/v1/stream", {"item": "saw"}, Authorization=f"Bearer {secret}").status == 403


def test_streams_are_bounded_by_key_and_in_all(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_door, "KEY_STREAMS_MAX", 1)
    first = readers.open("/v1/stream", {"item": "saw"})
    second = readers.open("/v1/stream", {"item": "saw"})
    assert (second.status, second.headers["retry-after"]) == (429, "30")
    monkeypatch.setattr(live_door, "KEY_STREAMS_MAX", 10)
    monkeypatch.setattr(live_room, "STREAMS_MAX", 1)
    third = readers.open("/v1/stream", {"item": "saw"})
    assert (third.status, third.headers["retry-after"]) == (503, "5")
    monkeypatch.setattr(live_room, "STREAMS_MAX", 1_000)
    monkeypatch.setattr(live_room, "QUESTIONS_MAX", 2)
    assert readers.open("/v1/stream", BOTH).status == 503
    # One that has gone makes room for another.
    first.close()
    assert readers.open("/v1/stream", BOTH).status == 200


def test_a_watcher_that_fails_wherever_goes_on(house: House, readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = readers.open("/v1/stream", BOTH)
    stream.next(), stream.prices(2)
    failed = threading.Event()
    waits = asyncio.wait_for

    def failing(awaited: Any, timeout: float | None) -> Any:
        if failed.is_set():
            return waits(awaited, timeout)
        awaited.close()
        failed.set()
        raise RuntimeError("No rest.")

    monkeypatch.setattr(asyncio, "wait_for", failing)  # What the watcher rests with.
    assert failed.wait(PATIENCE_S)
    set_price(house, "saw", "30")
    assert net_of(stream) == (2, "27.00")


def test_streams_whose_watcher_was_ended_end_and_come_back_to_another(house: House, readers: Readers) -> None:
    stream = readers.open("/v1/stream", BOTH)
    stream.next()
    last_id = max(stream.prices(2).items())[1].id or ""

    def end_watcher() -> None:
        for task in asyncio.all_tasks(readers.loop):
            if "_watch" in getattr(task.get_coro(), "__qualname__", ""):
                task.cancel()

    readers.loop.call_soon_threadsafe(end_watcher)
    stream.ended()
    set_price(house, "saw", "30")
    again = readers.open("/v1/stream", BOTH, **{"Last-Event-ID": last_id})
    assert again.next().data["resumed"] is True
    assert net_of(again) == (2, "27.00")
    set_price(house, "saw", "31")
    assert net_of(again) == (2, "27.90")
