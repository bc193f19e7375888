"""A real server tells a real receiver of an order, and strangers cannot hold its worker up."""

import socket
import threading
import time
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path

from standardwebhooks import Webhook

from listino.connectors.http import HttpClient, Policy
from listino.flows.outside import Outside
from listino.flows.webhook_checks import Targets
from listino.ports import Duplicates
from listino.testing.fake_erp import FakeErp
from listino.web.app import App
from listino.web.settings import WebSettings
from listino.worker import IN_FLIGHT_MAX, WEBHOOK_IN_FLIGHT_MAX, Worker
from tests.asgi import Client
from tests.connectors.raw_server import request_of, serving
from tests.server import new_key
from tests.server import serving as listino_serving
from tests.shop import CountedChance, House, opened
from tests.working import pass_time, work_of

WAIT_S = 60.0
LOOPBACK = ip_network("127.0.0.0/8")


def until(wanted: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_server_tells_a_receiver_of_an_order_by_itself(tmp_path: Path) -> None:
    got: list[bytes] = []

    def script(connection: socket.socket) -> None:
        got.append(request_of(connection))
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with opened(tmp_path):
        pass
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    with (
        serving(script) as port,
        listino_serving(url, new_key(url), LISTINO_WEBHOOK_NETWORKS="127.0.0.0/8") as server,
    ):
        said = {"url": f"http://localhost:{port}/", "events": ["order.placed"]}
        made = server.ask("POST", "/v1/webhooks", said).json()
        order = {"number": "1", "ordered_at": "2026-11-23T11:59:00Z", "currency": "EUR", "customer": "rossi",
                 "lines": [{"item": "hammer", "quantity": "3"}]}  # fmt: skip
        order_id = server.ask("POST", "/v1/orders", order).json()["id"]
        until(lambda: bool(got))
        listed = f"/v1/webhooks/{made['id']}/deliveries"
        until(lambda: server.ask("GET", listed).json()["data"][0]["state"] == "delivered")
    head, _, body = got[0].partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    told = Webhook(made["secret"]).verify(body, {name.lower(): value for name, value in headers.items()})
    assert (told["type"], told["data"]["order"]) == ("order.placed", order_id)


def test_receivers_that_hang_hold_up_neither_orders_nor_each_others_share(tmp_path: Path) -> None:
    held: list[str] = []
    most: list[int] = []
    let_go = threading.Event()
    lock = threading.Lock()

    def script(connection: socket.socket) -> None:
        name = request_of(connection).partition(b" HTTP")[0].decode()
        with lock:
            held.append(name)
            most.append(held.count(name))
            most.append(len(held) + 100)
        let_go.wait(WAIT_S)
        with lock:
            held.remove(name)

    with opened(tmp_path) as one, serving(script) as port:
        settings = WebSettings(
            metrics_folder=str(tmp_path / "m2"), webhook_targets=Targets((LOOPBACK,)), hands_over=True
        )
        client = Client(App(one.database, settings, one.clock, CountedChance(1000)),
                        {"Authorization": f"Bearer {one.key}"})  # fmt: skip
        house = House(one.path, one.database, client, one.clock, one.key)
        for name in "abcdef":
            said = {"url": f"http://127.0.0.1:{port}/{name}", "events": ["order.*"]}
            assert client.request("POST", "/v1/webhooks", json=said).status == 201
        erp = FakeErp(Duplicates.CHECKED, clock=lambda: one.clock.at)
        stop = threading.Event()
        work = work_of(house, Outside(erp=erp, http=HttpClient(Policy(networks=(LOOPBACK,)))))
        worker = threading.Thread(target=Worker(work).run, args=(stop,))
        worker.start()
        try:
            house.order(number="1")
            until(lambda: len(held) == IN_FLIGHT_MAX)
            house.order(number="2")
            pass_time(house, seconds=1)
            until(lambda: house.get("/v1/conservation").json()["placed"] == 2)
            assert len(held) == IN_FLIGHT_MAX
        finally:
            stop.set()
            let_go.set()
            worker.join()
            client.close()
    assert max(count - 100 for count in most if count > 100) == IN_FLIGHT_MAX
    assert max(count for count in most if count < 100) == WEBHOOK_IN_FLIGHT_MAX
