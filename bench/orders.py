"""Durable orders over HTTP against the same rows by raw statements, group-committed."""

import time
from pathlib import Path
from typing import Any

import msgspec

from bench.book import customer_code, item_code
from bench.rows import Row, not_run, rounded
from bench.server import created_key, serving
from bench.wrk import installed, post
from listino.db.engine import connected, path_of

NAME = "durable orders of 5 lines over HTTP, 64 clients"
RATIO_MIN = 0.25
BAR = f">= {RATIO_MIN} of raw statements"
CLIENTS = 64
TURN_S = 10
PREPARED = 60_000
# A shopper orders what was looked at before: so many customers, each with its five items.
SHOPPERS = 1_000
LINES = 5
GROUP = 64
# The tables that an order's rows go to, with the column that names the order.
TABLES = (("orders", "id"), ("order_line", "order_id"), ("order_step", "order_id"), ("order_key", "order_id"))


def rows(url: str, folder: Path) -> list[Row]:
    """Orders a second that are on disk before they are answered, with one worker and with two."""
    if installed() is None:
        return [not_run(NAME, BAR, "wrk is not installed and cannot be")]
    key = created_key(url)
    rates: dict[int, float] = {}
    for workers in (1, 2):
        with serving(url, workers) as server:
            post(
                server.address, _written(folder / f"looked{workers}.txt", f"l{workers}", 4 * SHOPPERS), key, 4, CLIENTS
            )
            load = post(
                server.address, _written(folder / f"orders{workers}.txt", f"o{workers}", PREPARED), key, TURN_S, CLIENTS
            )
        if load.failed:
            raise AssertionError(f"{load.failed} of {load.requests} orders were not taken")
        rates[workers] = load.requests / TURN_S
    raw = _raw_rate(path_of(url), folder / "raw.sqlite")
    best = max(rates.values())
    figure = ", ".join(f"{rate:,.0f}/s with {workers} workers" for workers, rate in rates.items())
    compared = f"raw statements, {GROUP} orders a commit: {raw:,.0f}/s"
    return [Row(NAME, figure, compared, rounded(best / raw), BAR, best / raw >= RATIO_MIN)]


def _written(path: Path, run: str, count: int) -> Path:
    """Orders of shoppers in turn, one a line."""
    with path.open("wb") as file:
        for number in range(count):
            file.write(order_of(run, number) + b"\n")
    return path


def order_of(run: str, number: int, shoppers: int = SHOPPERS) -> bytes:
    """The message of an order of a shopper, each in turn."""
    shopper = number % shoppers
    order = {
        "number": f"{run}-{number}",
        "ordered_at": "2026-06-01T12:00:00Z",
        "currency": "EUR",
        "customer": customer_code(shopper),
        "lines": [{"item": item_code(1 + shopper * LINES + line), "quantity": str(1 + line)} for line in range(LINES)],
        "ship_to": {"name": "Cantiere Nord", "street": "Via Roma 1", "city": "Milano", "country": "IT"},
    }
    return msgspec.json.encode(order)


Model = tuple[str, list[tuple[Any, ...]]]


def _raw_rate(source: Path, target: Path) -> float:
    """The same rows into the same tables and indexes, a full sync for each group."""
    order_id, models, schema = _model(source)
    connection = connected(target, writing=True)
    for statement in schema:
        connection.execute(statement)
    connection.execute("PRAGMA wal_autocheckpoint=1000")
    started, written = time.perf_counter(), 0
    while (elapsed_s := time.perf_counter() - started) < TURN_S / 2:
        connection.execute("BEGIN IMMEDIATE")
        for place in range(written, written + GROUP):
            for statement, found in models:
                connection.executemany(statement, _copied(found, order_id, f"{place:028d}"))
        connection.execute("COMMIT")
        written += GROUP
    connection.close()
    return written / elapsed_s


def _model(source: Path) -> tuple[str, list[Model], list[str]]:
    """One order's rows with the statements that insert them, and the schema."""
    reading = connected(source, writing=False)
    (order_id,) = reading.execute("SELECT id FROM orders ORDER BY id DESC LIMIT 1").fetchone()
    found = [(table, reading.execute(f"SELECT * FROM {table} WHERE {name} = ?", (order_id,)).fetchall())
             for table, name in TABLES]  # fmt: skip
    found.append(
        ("person", reading.execute("SELECT * FROM person WHERE id = 'orders\x1f' || ?", (order_id,)).fetchall())
    )
    models = [(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows) for table, rows in found]
    schema = [
        sql
        for (sql,) in reading.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'")
    ]
    reading.close()
    return order_id, models, schema


def _copied(found: list[tuple[Any, ...]], order_id: str, name: str) -> list[tuple[Any, ...]]:
    """The rows of the model under another order's name; its number and its keys are new too."""
    return [tuple(_renamed(value, order_id, name, place) for value in row) for place, row in enumerate(found)]


def _renamed(value: Any, order_id: str, name: str, place: int) -> Any:
    if isinstance(value, bytes):
        return f"{name}{place}___".encode()
    if isinstance(value, str) and len(value) < 40:
        return name if value[:3] in {"o1-", "o2-"} else value.replace(order_id, name)
    return value
