"""The loop: several things at once, none held up by a slow system; and a clock that is known to run evenly or not."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from listino.flows.outside import Outside, Work
from listino.ports import Duplicates, ErpOrder, OrderToPlace, Traits
from listino.testing.fake_erp import FakeErp
from listino.worker import IN_FLIGHT_MAX, SteadyClock, Worker
from tests.shop import House, opened

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
WAIT_S = 60.0


class SlowErp(FakeErp):
    """Takes each order only when it is let go, and knows how many came at once."""

    def __init__(self) -> None:
        super().__init__(traits=Traits(name="slow", duplicates=Duplicates.CHECKED, calls_per_minute=60_000))
        self.let_go = threading.Event()
        self.inside = self.most = 0
        self._gate = threading.Lock()

    def place_order(self, order: OrderToPlace) -> ErpOrder:
        """Wait, then place it."""
        with self._gate:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.let_go.wait(WAIT_S)
        with self._gate:
            self.inside -= 1
        return super().place_order(order)


@contextmanager
def working(house: House, erp: FakeErp) -> Iterator[tuple[threading.Event, threading.Thread]]:
    stop = threading.Event()
    clock = SteadyClock(lambda: datetime.now(UTC), time.monotonic)
    work = Work(
        database=house.database, outside=Outside(erp), clock=clock.now, seconds=time.monotonic,
        steady_since=clock.steady_since, jitter=lambda: 0, holder="test", report=_unexpected, stopping=stop.is_set,
    )  # fmt: skip
    thread = threading.Thread(target=Worker(work).run, args=(stop,))
    thread.start()
    try:
        yield stop, thread
    finally:
        stop.set()
        thread.join(WAIT_S)
        assert not thread.is_alive()


def _unexpected(what: str, error: Exception) -> None:
    raise AssertionError(what) from error


def until(wanted: Callable[[], Any]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_slow_system_gets_a_bounded_number_of_calls_and_a_stop_waits_for_them(tmp_path: Path) -> None:
    with opened(tmp_path, hands_over=True) as house:
        house.clock.at = datetime.now(UTC)
        for number in range(10):
            house.put("customers", f"c{number}")
            assert house.order(number=str(number), customer=f"c{number}").status == 201
        erp = SlowErp()
        with working(house, erp) as (stop, thread):
            until(lambda: erp.inside == IN_FLIGHT_MAX)
            stop.set()
            assert thread.is_alive()
            erp.let_go.set()
            thread.join(WAIT_S)
        counts = house.get("/v1/conservation").json()
        assert (erp.most, counts["placed"], counts["accepted"], counts["in_doubt"]) == (4, 4, 6, 0)
        with working(house, erp):
            until(lambda: house.get("/v1/conservation").json()["placed"] == 10)
        assert sorted(document.order.key for document in erp.held()) == [f"shop/{number}" for number in range(10)]


def test_two_workers_share_what_is_due(tmp_path: Path) -> None:
    with opened(tmp_path, hands_over=True) as house:
        house.clock.at = datetime.now(UTC)
        for number in range(40):
            assert house.order(number=str(number), customer=("rossi", "bianchi")[number % 2]).status == 201
        erp = FakeErp(traits=Traits(name="fake", duplicates=Duplicates.CHECKED, calls_per_minute=60_000))
        with working(house, erp), working(house, erp):
            until(lambda: house.get("/v1/conservation").json()["placed"] == 40)
        assert erp.calls["place_order"] == 40
        sent = [key for _, verb, key in erp.log if verb == "place_order"]
        for first in (0, 1):  # Each customer's orders in their order.
            own = [int(key.partition("/")[2]) for key in sent if int(key.partition("/")[2]) % 2 == first]
            assert own == sorted(own)


def test_a_clock_that_was_set_is_known_to_be_steady_only_since_then() -> None:
    wall, passed = [AT], [0.0]
    clock = SteadyClock(lambda: wall[0], lambda: passed[0])

    def later(wall_s: float, passed_s: float) -> None:
        wall[0] += timedelta(seconds=wall_s)
        passed[0] += passed_s

    later(100, 100)
    assert (clock.now(), clock.steady_since()) == (AT + timedelta(seconds=100), AT)
    for _ in range(10):  # It drifts, and is no jump.
        later(60.5, 60)
        assert clock.steady_since() == AT
    later(3600, 1)
    at = wall[0]
    assert (clock.now(), clock.steady_since()) == (at, at)
    later(-3600, 1)
    assert clock.steady_since() == wall[0]
