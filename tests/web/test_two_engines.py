"""A real server over PostgreSQL: its workers see each other's commits, and what they do when the database is gone."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import engines
from tests.server import Server, new_key, serving
from tests.shop import an_order

WORKERS = 2
# As many requests as leave none of the workers out, each on a connection of its own.
MANY = 24
PATIENCE_S = 90.0
STALENESS_MS = 1_000
# A worker's file of counters begins with its good answers at the door of prices.
COUNTED_BYTES = 8
FACTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("items/saw", {}),
    ("items/axe", {}),
    ("customers/rossi", {"country": "IT"}),
    ("rules/saw-base", {"action": "price", "list": "base", "item": "saw", "value": "20"}),
    ("rules/axe-base", {"action": "price", "list": "base", "item": "axe", "value": "30"}),
)


@pytest.fixture(scope="module")
def postgresql(engine: str) -> Iterator[engines.Server]:
    """A server of these tests' own, as they stop it."""
    with engines.working_on(engines.POSTGRESQL):
        yield engines.Server()


@pytest.fixture
def url(postgresql: engines.Server) -> Iterator[str]:
    with postgresql.new_database(zone="Europe/Rome", country="IT") as made:
        yield made


@pytest.fixture
def server(url: str, tmp_path: Path) -> Iterator[Server]:
    staleness = str(STALENESS_MS)
    with serving(url, new_key(url), WORKERS, LISTINO_MAX_STALENESS_MS=staleness, TMPDIR=str(tmp_path)) as started:
        for path, said in FACTS:
            assert started.ask("PUT", f"/v1/{path}?confirm=true", said).status == 201
        # One that begins late knows no price yet when the database goes, and is right to answer none.
        until(lambda: len(answers(started)) == MANY and len(answering(tmp_path)) == WORKERS)
        yield started


def answering(folder: Path) -> list[Path]:
    """The counters of those workers that have answered a price."""
    return [path for path in folder.glob("listino-metrics-*/*.counters") if any(path.read_bytes()[:COUNTED_BYTES])]


def answers(server: Server, item: str = "saw") -> list[Any]:
    """What all workers say of a price, each more than once."""
    return [server.ask("GET", f"/v1/prices/{item}?customer=rossi") for _ in range(MANY)]


def prices(server: Server) -> set[tuple[str, int]]:
    """What all workers answer that is said to be no older than it may be; a machine in a hurry may say less."""
    told: list[Any] = []
    end = time.monotonic() + PATIENCE_S
    while len(told) < MANY:
        assert time.monotonic() < end, "too few answers"
        told += [said for answer in answers(server) if (said := answer.json())["stale_since"] is None]
    return {(said["net_price"], said["revision"]) for said in told}


def until(reached: Callable[[], bool]) -> None:
    """Wait for what must come."""
    end = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def test_what_one_worker_commits_all_answer_within_the_staleness_that_is_allowed(server: Server) -> None:
    assert prices(server) == {("20.00", len(FACTS))}
    for number in range(1, 6):
        value = f"{20 + number}.00"
        rule = {"action": "price", "list": "base", "item": "saw", "value": value}
        changed = server.ask("PUT", "/v1/rules/saw-base?confirm=true", rule).json()
        # Whoever names the revision that it was told is never given an older answer, whichever worker it meets.
        asked = [server.ask("GET", f"/v1/prices/saw?min_revision={changed['revision']}") for _ in range(MANY)]
        assert {answer.json()["net_price"] for answer in asked} == {value}
        time.sleep(STALENESS_MS / 1000)
        assert prices(server) == {(value, changed["revision"])}


def test_an_order_is_taken_once_whichever_worker_it_meets(server: Server) -> None:
    lines = [{"item": "saw", "quantity": "3"}]
    key = {"Idempotency-Key": "k"}
    taken = [server.ask("POST", "/v1/orders", an_order(lines=lines), None, **key) for _ in range(MANY)]
    assert {answer.status for answer in taken} == {201}
    assert len({answer.json()["id"] for answer in taken}) == 1
    assert taken[0].json()["net"] == "60.00"
    listed = server.ask("GET", "/v1/orders").json()["data"]
    assert [order["id"] for order in listed] == [taken[0].json()["id"]]


def test_while_the_database_is_gone_known_prices_go_on_and_orders_wait(
    server: Server, postgresql: engines.Server
) -> None:
    assert prices(server) == {("20.00", len(FACTS))}
    first = server.ask("POST", "/v1/orders", an_order(number="1", lines=[{"item": "saw", "quantity": "1"}]))
    assert first.status == 201
    postgresql.stop()
    try:
        until(lambda: all(answer.json().get("stale_since") for answer in answers(server)))
        told = [answer.json() for answer in answers(server)]
        assert {(said["net_price"], said["revision"]) for said in told} == {("20.00", len(FACTS))}
        assert {server.ask("GET", "/v1/prices/axe?customer=rossi").status for _ in range(MANY)} == {503}
        for _ in range(MANY):
            refused = server.ask("POST", "/v1/orders", an_order(number="2", lines=[{"item": "saw", "quantity": "1"}]))
            assert (refused.status, refused.json()["code"]) == (503, "database_lost")
            assert refused.headers["retry-after"] == "5"
        assert server.ask("PUT", "/v1/brands/x", {}).status == 503
        assert server.ask("GET", "/v1/orders").status == 503
    finally:
        postgresql.start()
    until(lambda: {answer.json().get("stale_since", "no answer") for answer in answers(server)} == {None})
    assert prices(server) == {("20.00", len(FACTS))}
    assert [order["number"] for order in server.ask("GET", "/v1/orders").json()["data"]] == ["1"]
    again = server.ask("POST", "/v1/orders", an_order(number="2", lines=[{"item": "saw", "quantity": "1"}]))
    assert again.status == 201


def test_from_memory_nothing_is_answered_for_longer_than_is_allowed(url: str, postgresql: engines.Server) -> None:
    with serving(url, new_key(url), 1, LISTINO_MAX_STALENESS_MS="200", LISTINO_SERVE_STALE_S="1") as server:
        for path, said in FACTS:
            assert server.ask("PUT", f"/v1/{path}?confirm=true", said).status == 201
        assert server.ask("GET", "/v1/prices/saw").status == 200
        postgresql.stop()
        try:
            until(lambda: server.ask("GET", "/v1/prices/saw").status == 503)
        finally:
            postgresql.start()
        until(lambda: server.ask("GET", "/v1/prices/saw").status == 200)
