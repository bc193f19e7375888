"""The lines of past orders: what a customer bought, and equal lines of many orders counted together.

Orders of test keys, and those that were cancelled or dropped, are no past orders here. They are read by
ranges of their ids, so that no read is long.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, NamedTuple

import msgspec
import pysqlite3.dbapi2 as sqlite

from listino.core.keys import SEPARATOR
from listino.db.engine import Connection
from listino.db.snapshot import stamp

ORDERS_PER_READ = 1_000
_RANGE = "SELECT max(id) FROM (SELECT id FROM orders WHERE id > ? ORDER BY id LIMIT ?) AS following"
_TAKEN = (
    "FROM orders JOIN order_line ON order_line.order_id = orders.id WHERE orders.id > ? AND orders.id <= ? "
    "AND orders.test = 0 AND orders.handover NOT IN ('cancelled', 'dropped')"
)
# Where the goods went, and the coupons, as the price of the order was asked with them.
_ASKED = f"""
SELECT coalesce(orders.customer, ''), order_line.item, orders.currency, coalesce(order_line.unit, ''),
    coalesce(orders.channel, ''),
    coalesce((SELECT json_extract(person.body, '$.ship_to.country') FROM person
              WHERE person.id = 'orders{SEPARATOR}' || orders.id), ''),
    json_extract(orders.message, '$.vouchers'), order_line.quantity
"""
_COLUMNS = "customer, item, currency, unit, channel, country, coupons, quantity"
_TABLE = f"CREATE TABLE asked ({_COLUMNS}, lines INTEGER, PRIMARY KEY ({_COLUMNS})) WITHOUT ROWID"
_ADD = f"INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT ({_COLUMNS}) DO UPDATE SET lines = lines + 1"


@dataclass(frozen=True, slots=True)
class Which:
    """Which lines of past orders are meant: by when they were ordered (half-open), by whom, and how many of them.

    Units:   sample: so many lines, spread evenly over the orders in the order in which they were taken.
    """

    since: datetime | None = None
    until: datetime | None = None
    customer: str | None = None
    channel: str | None = None
    sample: int | None = None


class PastLine(NamedTuple):
    """What equal lines of past orders asked for, and how many of them there are; quantity is text."""

    customer: str | None
    item: str
    currency: str
    unit: str | None
    channel: str | None
    country: str | None
    coupons: tuple[str, ...]
    quantity: str
    lines: int


def items_bought(connection: Connection, customer: str) -> Iterator[list[str]]:
    """The items that a customer has ordered, some of them again and again; lists may be empty."""
    sql = f"SELECT DISTINCT order_line.item {_TAKEN} AND orders.customer = ?"
    for first, last in _ranges(connection, _newest(connection)):
        yield [item for (item,) in connection.execute(sql, (first, last, customer))]


class PastLines:
    """Lines of past orders in a private file that goes when it is closed: equal ones once, with their count."""

    def __init__(self, file: Connection, reading: Connection, which: Which) -> None:
        self._file, self._reading, self._which = file, reading, which
        self.lines = 0
        self.distinct = 0

    def gathered(self) -> Iterator[int]:
        """Read them, some orders at a time; each time, how many lines there are so far."""
        newest = _newest(self._reading)
        where, values = _where(self._which)
        total, sample = None, self._which.sample
        if sample is not None:
            total = 0
            for ids in _ranges(self._reading, newest):
                total += self._reading.execute(f"SELECT count(*) {_TAKEN}{where}", (*ids, *values)).fetchone()[0]
                yield 0
        place = count()
        for ids in _ranges(self._reading, newest):
            rows: Sequence[Any] = self._reading.execute(_ASKED + _TAKEN + where, (*ids, *values)).fetchall()
            if sample is not None and total:
                rows = [row for row in rows if (at := next(place)) * sample // total < (at + 1) * sample // total]
            self._file.executemany(_ADD, [(*row[:6], _codes(row[6]), row[7]) for row in rows])
            self.lines += len(rows)
            yield self.lines
        (self.distinct,) = self._file.execute("SELECT count(*) FROM asked").fetchone()

    def asked(self, at_once: int) -> Iterator[list[PastLine]]:
        """What was asked, in pieces: by customer, item, currency and unit, then by the rest."""
        rows = self._file.execute(f"SELECT {_COLUMNS}, lines FROM asked ORDER BY {_COLUMNS}")
        while piece := rows.fetchmany(at_once):
            yield [_line(*row) for row in piece]


@contextmanager
def past_lines(reading: Connection, which: Which) -> Iterator[PastLines]:
    """Lines of past orders, to be read from one connection."""
    file = sqlite.connect("", isolation_level=None, check_same_thread=False)
    try:
        file.execute(_TABLE)
        file.execute("BEGIN")
        yield PastLines(file, reading, which)
    finally:
        file.close()


def _codes(vouchers: str | None) -> str:
    """The codes of an order's vouchers, as JSON."""
    if vouchers is None:
        return "[]"
    codes = [one["code"] for one in msgspec.json.decode(vouchers) if one.get("code") is not None]
    return msgspec.json.encode(codes).decode()


def _line(customer: str, item: str, currency: str, *rest: Any) -> PastLine:
    unit, channel, country, coupons, quantity, lines = rest
    codes = tuple(sorted(msgspec.json.decode(coupons, type=list[str]))) if coupons != "[]" else ()
    return PastLine(
        customer or None, item, currency, unit or None, channel or None, country or None, codes, quantity, lines
    )


def _where(which: Which) -> tuple[str, list[str]]:
    said = (
        ("orders.ordered_at >= ?", None if which.since is None else stamp(which.since)),
        ("orders.ordered_at < ?", None if which.until is None else stamp(which.until)),
        ("orders.customer = ?", which.customer),
        ("orders.channel = ?", which.channel),
    )
    held = [(condition, value) for condition, value in said if value is not None]
    return "".join(f" AND {condition}" for condition, _ in held), [value for _, value in held]


def _newest(connection: Connection) -> str:
    newest: str = connection.execute("SELECT coalesce(max(id), '') FROM orders").fetchone()[0]
    return newest


def _ranges(connection: Connection, newest: str) -> Iterator[tuple[str, str]]:
    """Ranges (after, last] of the ids of all orders up to one."""
    after = ""
    while after < newest:
        (last,) = connection.execute(_RANGE, (after, ORDERS_PER_READ)).fetchone()
        after, before = min(last or newest, newest), after
        yield before, after
