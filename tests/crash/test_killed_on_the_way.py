"""The real processes against SIGKILL at each place of an order's way: what was answered 201 is in the ERP, once."""

import http.client
import os
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from listino.db.engine import Database
from listino.db.migrate import migrated
from listino.flows.facts import Stated, save
from listino.ports import Duplicates
from listino.testing.fake_erp import FakeErp
from tests.crash.killing.points import CLOCK_AHEAD_H, CRASH_AT, CRASH_ONCE, POINTS
from tests.house.code import ROOT
from tests.server import COMMAND, Server, ServerEnded, new_key, serving
from tests.shop import COMPANY, NOW, an_order

ORDERS = 4
SETTLED_WITHIN_S = 60.0
ERP = """
connector = "listino.testing.fake_erp"
class = "B"
file = "erp.db"
deadline_s = 1
settling_s = 1
"""
# A look comes only with a second try: so an earlier death is needed.
LIVES: dict[str, tuple[str, ...]] = {
    **{point: (point,) for point in POINTS if not point.startswith("look")},
    "look_before": ("send_after", "look_before"),
    "look_after": ("send_after", "look_after"),
    "look_after_nothing_was_sent": ("send_before", "look_after"),
}
IN_EVERY_RUN = {"send_after"}
PATH = os.pathsep.join([str(ROOT / "tests" / "crash" / "killing"), str(ROOT)])


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    migrated(url, zone="Europe/Rome", country="IT")
    database = Database(url)
    save(database, [Stated(kind, code, dict(said)) for kind, code, said in COMPANY], "test", None, NOW)
    database.close()
    (tmp_path / "erp.toml").write_text(ERP)
    return url


def environment(folder: Path, life: int, point: str) -> tuple[str, ...]:
    """Of each life of the server: where it dies, and how long the machine was down before it."""
    variables = {
        "LISTINO_ERP": str(folder / "erp.toml"),
        "PYTHONPATH": PATH,
        CRASH_AT: point,
        CRASH_ONCE: str(folder / f"died-{life}"),
        CLOCK_AHEAD_H: str(life),
    }
    return ("env", *(f"{name}={value}" for name, value in variables.items()))


def post(server: Server, number: str) -> str | None:
    """Hand an order in; its id, or None where no answer came."""
    try:
        answer = server.ask("POST", "/v1/orders", an_order(number=number))
    except (OSError, http.client.HTTPException):
        return None
    assert answer.status == 201, answer.body
    order_id: str = answer.json()["id"]
    return order_id


def live(server: Server, died: Path, taken: dict[str, str]) -> None:
    """Hand all orders in, again and again, until the server dies."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while not died.exists():
        assert time.monotonic() < deadline, "It was to die, and did not come by the place."
        for number in (f"n{number}" for number in range(ORDERS)):
            order_id = post(server, number)
            if order_id is not None:
                assert taken.setdefault(number, order_id) == order_id
        time.sleep(0.1)
    time.sleep(0.2)


def settled(server: Server) -> dict[str, int]:
    """Where all orders are, once nothing is under way any more."""
    deadline = time.monotonic() + SETTLED_WITHIN_S
    while True:
        counts: dict[str, int] = server.ask("GET", "/v1/conservation").json()
        if not counts["accepted"] + counts["in_doubt"] or time.monotonic() > deadline:
            return counts
        time.sleep(0.2)


@pytest.mark.parametrize(
    "points",
    [pytest.param(points, id=name, marks=() if name in IN_EVERY_RUN else pytest.mark.long)
     for name, points in LIVES.items()],
)  # fmt: skip
def test_what_was_answered_is_in_the_erp_once(points: Sequence[str], url: str, tmp_path: Path) -> None:
    key, taken = new_key(url), dict[str, str]()
    for life, point in enumerate(points):
        died = tmp_path / f"died-{life}"
        # What is due at once may kill it before it answers anybody.
        with suppress(ServerEnded), serving(url, key, before=environment(tmp_path, life, point)) as server:
            live(server, died, taken)
        assert died.exists()
    with serving(url, key, before=environment(tmp_path, len(points), "")) as server:
        for number in range(ORDERS):
            order_id = post(server, f"n{number}")
            assert order_id is not None
            assert taken.setdefault(f"n{number}", order_id) == order_id
        counts = settled(server)
        kept = {one["number"]: one for one in server.ask("GET", "/v1/orders").json()["data"]}
    assert counts == dict.fromkeys(counts, 0) | {"taken": ORDERS, "placed": ORDERS}
    assert {number: one["id"] for number, one in kept.items()} == taken
    documents = FakeErp(Duplicates.CHECKED, path=tmp_path / "erp.db").held()
    in_erp: dict[str, Any] = {one.order.order.number: f"F{one.number}" for one in documents}
    assert len(documents) == ORDERS
    assert {number: one["erp_number"] for number, one in kept.items()} == in_erp
    later = {"PYTHONPATH": PATH, CLOCK_AHEAD_H: str(len(points))}
    looked = subprocess.run(
        [COMMAND, "doctor", "--database", url], env=os.environ | later, capture_output=True, text=True, check=False
    )
    assert looked.returncode == 0, looked.stdout
