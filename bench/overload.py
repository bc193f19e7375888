"""Twice what a server can answer: how much it answers still, how long orders take, and whether one is lost."""

from collections.abc import Iterator
from itertools import count, cycle

from bench.book import MILLION
from bench.open_loop import Load, Outcome, Sent
from bench.orders import order_of
from bench.questions import distinct, drawn
from bench.rows import Row, rounded
from bench.server import created_key, serving
from listino.db.engine import connected, path_of

RATIO_MIN = 0.85
GOODPUT = "goodput where twice the capacity is asked"
ORDERS = "orders meanwhile"
BARS = {GOODPUT: f">= {RATIO_MIN} of the capacity", ORDERS: "none lost"}
TIMES = 2
CLIENTS = 64
# One request in so many is an order of five lines, at capacity; under overload as many orders a second, and prices.
ORDER_EVERY = 20
QUESTIONS = 1_000
# So many shoppers order, each having looked before: all of them do while the server warms up.
SHOPPERS = 100
WARM_UP_S = 5.0
CAPACITY_S = 10.0
OVERLOAD_S = 15.0
# A load that is busier than this cannot be trusted to come when it is due.
BUSY_MAX = 0.9


def rows(url: str) -> list[Row]:
    """A closed loop finds the capacity of one worker (the load has the other core); then twice of it is offered."""
    key = created_key(url)
    prices = cycle(_prices(key))
    with serving(url) as server:
        port = int(server.address.rpartition(":")[2])
        Load(port, _mixed("w", key, prices, ORDER_EVERY)).closed_loop(CLIENTS, WARM_UP_S)
        cpu_s = [server.cpu_s()]
        at_capacity = Load(port, _mixed("c", key, prices, ORDER_EVERY)).closed_loop(CLIENTS, CAPACITY_S)
        cpu_s.append(server.cpu_s())
        every = TIMES * at_capacity.rate * at_capacity.seconds / len(at_capacity.orders)
        load = Load(port, _mixed("o", key, prices, round(every)))
        beyond = load.open_loop(TIMES * at_capacity.rate, OVERLOAD_S)
        cpu_s.append(server.cpu_s())
    offered, taken = load.offered, load.taken
    lost = len(offered) - len(taken & _kept(url))
    return [_goodput(at_capacity, beyond), _orders(at_capacity, beyond, len(offered), lost)]


def _goodput(at_capacity: Outcome, beyond: Outcome) -> Row:
    ratio = beyond.rate / at_capacity.rate
    figure = f"{beyond.rate:,.0f}/s answered, {beyond.shed / beyond.seconds:,.0f}/s turned away, {beyond.failed} failed"
    compared = f"capacity of one worker, {CLIENTS} clients, one order in {ORDER_EVERY}: {at_capacity.rate:,.0f}/s"
    if beyond.busy > BUSY_MAX or beyond.held_up:
        compared += f" (the load itself was at its limit: {beyond.busy:.0%} busy, {beyond.held_up} held up)"
    return Row(GOODPUT, figure, compared, rounded(ratio), BARS[GOODPUT], ratio >= RATIO_MIN and not beyond.failed)


def _orders(at_capacity: Outcome, beyond: Outcome, offered: int, lost: int) -> Row:
    told = f"{lost} lost of {offered:,}, {beyond.orders_told_again} told to come again"
    figure = f"p99 {_p99_ms(beyond):,.0f} ms, {told}"
    return Row(ORDERS, figure, f"at capacity: p99 {_p99_ms(at_capacity):,.0f} ms", None, BARS[ORDERS], lost == 0)


def _p99_ms(outcome: Outcome) -> float:
    return sorted(outcome.orders.values())[len(outcome.orders) * 99 // 100] * 1000


def _kept(url: str) -> set[str]:
    """The numbers of all orders that are on disk."""
    reading = connected(path_of(url), writing=False)
    found = {number for (number,) in reading.execute("SELECT number FROM orders")}
    reading.close()
    return found


def _mixed(run: str, key: str, prices: Iterator[bytes], every: int) -> Iterator[Sent]:
    """Prices, and an order in so many requests, without end."""
    for number in count(1):
        if number % every:
            yield Sent(0.0, 0.0, next(prices))
            continue
        body = order_of(run, number // every, SHOPPERS)
        head = f"POST /v1/orders HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\nContent-Length: {len(body)}"
        yield Sent(0.0, 0.0, head.encode() + b"\r\n\r\n" + body, f"{run}-{number // every}")


def _prices(key: str) -> Iterator[bytes]:
    for one in drawn(distinct(MILLION), QUESTIONS):
        path = f"/v1/prices/{one.item}?customer={one.customer}&quantity={one.quantity}"
        yield f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
