"""A real server and real workers: orders go into the management system once each, also when a worker is killed."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from listino.ports import Duplicates
from listino.testing.fake_erp import FakeErp
from tests.server import COMMAND, Server, listino, new_key, serving
from tests.shop import an_order, opened

WAIT_S = 60.0


@pytest.fixture
def url(tmp_path: Path) -> str:
    with opened(tmp_path):
        pass
    (tmp_path / "erp.toml").write_text(
        'connector = "listino.testing.fake_erp"\nclass = "B"\ndeadline_s = 1\nsettling_s = 1\n'
    )
    return f"sqlite:///{tmp_path / 'listino.db'}"


def taken(server: Server, number: str, customer: str = "rossi") -> str:
    answer = server.ask("POST", "/v1/orders", an_order(number=number, customer=customer))
    assert answer.status == 201, answer.body
    order_id: str = answer.json()["id"]
    return order_id


def until(wanted: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not wanted():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def counts(server: Server) -> Any:
    return server.ask("GET", "/v1/conservation").json()


def test_a_server_hands_orders_over_from_within(url: str, tmp_path: Path) -> None:
    with serving(url, new_key(url), LISTINO_ERP=str(tmp_path / "erp.toml")) as server:
        order_id = taken(server, "1")
        until(lambda: server.ask("GET", f"/v1/orders/{order_id}").json()["handover"] == "placed")
        metrics = server.ask("GET", "/metrics").body.decode()
        assert 'listino_target_down{target="erp"} 0' in metrics
        assert 'listino_tasks{kind="order_states",state="waiting"} 1' in metrics


def test_workers_that_are_killed_and_started_again_place_each_order_once(url: str, tmp_path: Path) -> None:
    key = new_key(url)
    command = [COMMAND, "worker", "--database", url]
    env = os.environ | {"LISTINO_ERP": str(tmp_path / "erp.toml")}
    with serving(url, key, options=("--no-worker",), LISTINO_ERP=env["LISTINO_ERP"]) as server:
        for number in range(30):
            taken(server, str(number), ("rossi", "bianchi")[number % 2])
        assert counts(server)["accepted"] == 30
        killed = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        until(lambda: counts(server)["placed"] > 0)
        killed.kill()
        killed.wait()
        workers = [subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) for _ in range(2)]
        until(lambda: counts(server)["placed"] == 30)
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        assert [worker.wait(30) for worker in workers] == [0, 0]
    found = listino("order", "--database", url)
    assert found.stdout.count("placed") >= 20
    held = _documents(tmp_path)
    assert sorted(held) == sorted(f"shop/{number}" for number in range(30))


def _documents(tmp_path: Path) -> list[str]:
    erp = FakeErp(Duplicates.CHECKED, path=tmp_path / "fake-erp.db")
    return [document.order.key for document in erp.held()]
