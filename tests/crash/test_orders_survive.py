"""Orders against kill -9 and a full disk: what was answered 201 is there once, and nothing is half there."""

import http.client
import itertools
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from listino.db.engine import Database
from listino.db.migrate import migrated
from listino.flows.facts import Stated, save
from tests.server import Server, listino, new_key, serving
from tests.shop import COMPANY, NOW, an_order

POSTERS = 8
KILLS = 3


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    migrated(url, zone="Europe/Rome", country="IT")
    database = Database(url)
    save(database, [Stated(kind, code, dict(said)) for kind, code, said in COMPANY], "test", None, NOW)
    database.close()
    return url


def order(number: str) -> dict[str, Any]:
    return an_order(number=number, lines=[{"item": "hammer", "quantity": "3"}, {"item": "saw", "quantity": "1"}])


class Load:
    """Posters that hand orders in until they are stopped or the server is gone."""

    def __init__(self, server: Server, numbers: "itertools.count[int]") -> None:
        self.taken: dict[str, str] = {}
        self.sent: list[str] = []
        self._server = server
        self._numbers = numbers
        self._threads = [threading.Thread(target=self._post) for _ in range(POSTERS)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _post(self) -> None:
        connection = self._server.connect()
        while True:
            number = f"n{next(self._numbers)}"
            self.sent.append(number)
            try:
                answer = self._server.ask(
                    "POST", "/v1/orders", order(number), connection, **{"Idempotency-Key": number}
                )
            except (OSError, http.client.HTTPException):
                connection.close()
                return
            if answer.status == 201:
                self.taken[number] = answer.json()["id"]


def orders_in(server: Server) -> dict[str, str]:
    found: dict[str, str] = {}
    after = ""
    while True:
        page = server.ask("GET", f"/v1/orders?limit=200{after}").json()
        for kept in page["data"]:
            assert kept["number"] not in found
            assert [len(kept["lines"]), kept["net"]] == [2, "43.65"]
            found[kept["number"]] = kept["id"]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


def test_a_killed_server_loses_no_order_that_it_answered_and_a_repeat_doubles_none(url: str) -> None:
    key = new_key(url)
    numbers = itertools.count()
    taken: dict[str, str] = {}
    sent: list[str] = []
    for _ in range(KILLS):
        with serving(url, key, workers=2) as server:
            load = Load(server, numbers)
            time.sleep(1.0)
            server.kill()
            load.join()
            taken |= load.taken
            sent += load.sent
    assert len(taken) > 50
    with serving(url, key, workers=2) as server:
        kept = orders_in(server)
        assert {number: kept.get(number) for number in taken} == taken
        connection = server.connect()
        for number in sent:
            answer = server.ask("POST", "/v1/orders", order(number), connection, **{"Idempotency-Key": number})
            assert answer.status == 201
            assert answer.json()["id"] == kept.get(number, answer.json()["id"])
        connection.close()
        assert set(orders_in(server)) == set(sent)


def test_a_full_disk_gives_an_error_and_no_half_order_and_prices_go_on(url: str) -> None:
    key = new_key(url)
    # A limit on the size of files stands in for a disk that is full: a write beyond it fails.
    limited = ("bash", "-c", 'ulimit -f 1500; trap "" XFSZ; exec "$0" "$@"')
    with serving(url, key, before=limited) as server:
        said = {"customer": "rossi", "channel": "web", "origins": ["https://shop.example"]}
        token = server.ask("POST", "/v1/customer-tokens", said).json()["token"]
        page = server.ask("GET", "/v1/me/prices/hammer", Authorization=f"Bearer {token}")
        assert (page.status, page.json()["net_price"]) == (200, "8.55")
        statuses: dict[int, int] = {}
        for number in range(2000):
            answer = server.ask("POST", "/v1/orders", order(f"n{number}"))
            statuses[answer.status] = statuses.get(answer.status, 0) + 1
            if statuses.get(503, 0) == 3:
                break
        assert set(statuses) == {201, 503}
        assert answer.json()["code"] == "disk_full"
        assert server.ask("GET", "/v1/prices/hammer?customer=rossi").json()["net_price"] == "8.55"
        assert len(orders_in(server)) == statuses[201]
    with serving(url, key) as server:
        assert len(orders_in(server)) == statuses[201]
        assert server.ask("POST", "/v1/orders", order("after")).status == 201
    assert listino("doctor", "--database", url).returncode == 0
