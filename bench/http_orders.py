"""Durable orders of five lines over HTTP, against the same rows written by raw statements."""

import itertools
import time
from pathlib import Path
from typing import Any

import msgspec

from bench.book import MILLION, customer_code, item_code
from bench.load import load_generator, loaded, served
from bench.progress import told
from bench.rows import Row, not_run, rounded
from listino.db.engine import connected, path_of

RATIO_MIN = 0.25
CLIENTS = 64
SECONDS = 12
ORDERS_PREPARED = 80_000
GROUP = 64
NAME = "durable orders of 5 lines over HTTP, 64 clients"
BAR = f">= {RATIO_MIN} x raw"
# The rows of one order, with the column that names it.
TABLES = (("orders", "id"), ("order_line", "order_id"), ("order_step", "order_id"), ("order_key", "order_id"))


def rows(url: str, folder: Path) -> list[Row]:
    """Orders a second, each on disk before it is answered, with one and with two workers."""
    if load_generator() is None:
        return [not_run(NAME, BAR, "wrk is not installed, and only root may install it")]
    figures: dict[int, float] = {}
    for workers in (1, 2):
        told(f"durable orders: {workers} workers")
        orders = _orders(folder / f"orders-{workers}", workers)
        with served(url, workers) as server:
            load = loaded(server, "orders.lua", SECONDS, CLIENTS, orders=orders)
        if load.failed:
            raise AssertionError(f"{load.failed} of {load.requests} orders were not answered 201")
        figures[workers] = load.per_second
    raw = _raw_rate(path_of(url), folder / "raw.db")
    best = max(figures.values())
    text = ", ".join(f"{rate:,.0f}/s with {workers} worker(s)" for workers, rate in figures.items())
    return [
        Row(
            NAME, text, f"raw statements, {GROUP} orders a commit: {raw:,.0f}/s", rounded(best / raw), BAR,
            best / raw >= RATIO_MIN,
        )
    ]  # fmt: skip


def _orders(path: Path, run: int) -> Path:
    with path.open("wb") as file:
        for number in range(ORDERS_PREPARED):
            lines = [
                {"item": item_code((number * 7 + line) % MILLION.items), "quantity": str(1 + line)} for line in range(5)
            ]
            order = {
                "number": f"{run}-{number}",
                "ordered_at": "2026-06-01T12:00:00Z",
                "currency": "EUR",
                "customer": customer_code(number % 500),
                "lines": lines,
                "ship_to": {"name": "Cantiere Nord", "street": "Via Roma 1", "city": "Milano", "country": "IT"},
            }
            file.write(msgspec.json.encode(order) + b"\n")
    return path


def _raw_rate(source: Path, target: Path) -> float:
    """The same rows into the same tables by raw statements, a full sync for each group."""
    reading = connected(source, writing=False)
    (order_id,) = reading.execute("SELECT id FROM orders ORDER BY id DESC LIMIT 1").fetchone()
    shapes = [(table, name, reading.execute(f"SELECT * FROM {table} WHERE {name} = ?", (order_id,)).fetchall())
              for table, name in TABLES]  # fmt: skip
    person = reading.execute("SELECT * FROM person WHERE id LIKE '%' || ?", (order_id,)).fetchall()
    ddl = [
        sql
        for (sql,) in reading.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'")
    ]
    reading.close()
    connection = connected(target, writing=True)
    for statement in ddl:
        connection.execute(statement)
    connection.execute("PRAGMA wal_autocheckpoint=1000")
    statements = [
        (f"INSERT INTO {table} VALUES ({','.join('?' * len(found[0]))})", found)
        for table, _, found in (*shapes, ("person", "id", person))
    ]
    started, written = time.perf_counter(), 0
    for number in itertools.count():
        connection.execute("BEGIN IMMEDIATE")
        for place in range(GROUP):
            _write(connection, statements, order_id, f"{number:014d}{place:014d}")
        connection.execute("COMMIT")
        written += GROUP
        if time.perf_counter() - started > SECONDS / 2:
            break
    connection.close()
    return written / (time.perf_counter() - started)


def _write(connection: Any, statements: list[tuple[str, list[tuple[Any, ...]]]], order_id: str, name: str) -> None:
    for statement, found in statements:
        connection.executemany(
            statement,
            [tuple(_renamed(value, order_id, name, place) for value in row) for place, row in enumerate(found)],
        )


def _renamed(value: Any, order_id: str, name: str, place: int) -> Any:
    """A value of the model order as one of another order: its id and number, and what must be unique."""
    if isinstance(value, bytes):
        return f"{name}{place}".encode()
    if isinstance(value, str) and (value == order_id or value.endswith(f"\x1f{order_id}")):
        return value.replace(order_id, name)
    if isinstance(value, str) and value[:2] in {"1-", "2-"}:
        return name
    return value
