"""Orders into a management system that takes them at once: how fast they go, and how 5,000 are drained at its rate."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from threading import Event, Thread

from bench.rows import Row, rounded
from listino.config import SystemChance
from listino.core.orders import Order, OrderLine
from listino.db.engine import Database
from listino.db.migrate import migrated
from listino.db.snapshot import snapshot
from listino.flows.conservation import counted
from listino.flows.facts import Stated, save
from listino.flows.intake import Caller, handed_in, keys_of, priced
from listino.flows.outside import Outside, Work
from listino.ports import Duplicates, Traits
from listino.testing.fake_erp import FakeErp
from listino.web.rest.order_answers import rendered
from listino.worker import SteadyClock, Worker

NAMES = ("hand-over to an ERP that takes orders at once", "drain of 5,000 orders at the ERP's declared rate")
BARS = ("-", ">= 0.9 of the rate, the oldest first")
RATIO_MIN = 0.9
FREE_ORDERS, WAITING_ORDERS = 3_000, 5_000
UNBOUND_PER_MINUTE, DECLARED_PER_MINUTE = 1_000_000, 6_000
LINES, CUSTOMERS, AT_ONCE = 5, 400, 500
LIMIT_S = 300.0
FACTS = (
    ("price-lists", "web", {"currency": "EUR"}),
    ("assignments", "all", {"list": "web"}),
    ("taxes", "all", {"percent": "22"}),
    *(("items", f"i{line}", {}) for line in range(LINES)),
    *(("rules", f"r{line}", {"action": "price", "list": "web", "item": f"i{line}", "value": "9.50"})
      for line in range(LINES)),
    *(("customers", f"c{number}", {}) for number in range(CUSTOMERS)),
)  # fmt: skip


def rows(folder: Path) -> list[Row]:
    """The rate of one worker, two commits an order; and how a queue is drained."""
    with _waiting(folder / "free.sqlite", FREE_ORDERS) as database:
        free_s, _ = _drained(database, FREE_ORDERS, UNBOUND_PER_MINUTE)
    with _waiting(folder / "drained.sqlite", WAITING_ORDERS) as database:
        drained_s, keys = _drained(database, WAITING_ORDERS, DECLARED_PER_MINUTE)
    rate, declared = WAITING_ORDERS / drained_s, DECLARED_PER_MINUTE / 60
    # Some are under way at once, so that neighbours may pass each other; no more than those.
    strays = max(abs(place - int(key.partition("/")[2])) for place, key in enumerate(keys))
    holds = rate / declared >= RATIO_MIN and strays <= CUSTOMERS
    return [
        Row(NAMES[0], f"{FREE_ORDERS / free_s:,.0f}/s", f"{LINES} lines, one worker process", None, BARS[0], None),
        Row(
            NAMES[1], f"{rate:,.0f}/s", f"declared {declared:,.0f}/s; no order {strays} or more places from its own",
            rounded(rate / declared), BARS[1], holds,
        ),
    ]  # fmt: skip


@contextmanager
def _waiting(path: Path, count: int) -> Iterator[Database]:
    """A book with so many orders that are to be handed over."""
    migrated(f"sqlite:///{path}", currency="EUR", zone="UTC", country=None)
    database = Database(f"sqlite:///{path}")
    try:
        save(database, [Stated(kind, code, dict(said)) for kind, code, said in FACTS], "bench", None, _now())
        book, caller = snapshot(database), Caller("shop", None, False)
        for start in range(0, count, AT_ONCE):
            written = []
            for number in range(start, min(start + AT_ONCE, count)):
                order = _order(number)
                taken = priced(book, order, caller, None, now=_now(), chance=SystemChance(), hands_over=True)
                written.append(handed_in(database, taken, rendered, keys_of(order, caller, None))[0])
            for one in written:
                one.result()
        yield database
    finally:
        database.close()


def _order(number: int) -> Order:
    lines = tuple(OrderLine(item=f"i{line}", quantity=Decimal(1 + line)) for line in range(LINES))
    customer = f"c{number % CUSTOMERS}"
    return Order(number=str(number), ordered_at=_now(), currency="EUR", lines=lines, customer=customer)


def _drained(database: Database, count: int, calls_per_minute: int) -> tuple[float, list[str]]:
    """How long it takes until all are placed, and the keys in the order in which they were sent."""
    traits = Traits(name="fake", duplicates=Duplicates.CHECKED, calls_per_minute=calls_per_minute)
    erp, stop = FakeErp(Duplicates.CHECKED, traits=traits), Event()
    clock = SteadyClock(_now, time.monotonic)
    work = Work(
        database=database, outside=Outside(erp), clock=clock.now, seconds=time.monotonic,
        steady_since=clock.steady_since, jitter=lambda: secrets.randbelow(1_000), holder="bench", report=_failed,
        stopping=stop.is_set,
    )  # fmt: skip
    thread = Thread(target=Worker(work).run, args=(stop,))
    began = time.perf_counter()
    thread.start()
    try:
        while counted(database)["placed"] < count:
            if time.perf_counter() - began > LIMIT_S:
                raise TimeoutError(f"after {LIMIT_S:.0f} s: {counted(database)}")
            time.sleep(0.02)
        took_s = time.perf_counter() - began
    finally:
        stop.set()
        thread.join()
    return took_s, [key for _, verb, key in erp.log if verb == "place_order"]


def _failed(what: str, error: Exception) -> None:
    raise AssertionError(what) from error


def _now() -> datetime:
    return datetime.now(UTC)
