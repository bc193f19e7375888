"""The doors for orders that do not go by themselves: who may decide, and what cannot be decided."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listino.flows.access import created
from tests.shift import Shift, on_shift
from tests.shop import NOW, CountedChance

DECISIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("retry", {}),
    ("drop", {"reason": "Twice"}),
    ("placed", {"erp_number": "S-1"}),
)


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Shift]:
    with on_shift(tmp_path) as found:
        yield found


def parked(shift: Shift) -> str:
    shift.erp.items = set()
    order_id = shift.placed()
    shift.until_idle()
    return order_id


@pytest.mark.parametrize(("what", "said"), DECISIONS)
def test_only_a_live_key_that_may_work_orders_decides(shift: Shift, what: str, said: dict[str, Any]) -> None:
    order_id, chance = parked(shift), CountedChance(count=1_000)
    for scopes, test, code in ((["orders:read", "orders:create"], False, "scope_missing"), (["all"], True, "test_key")):
        _, secret = created(shift.house.database, "other", scopes, channel=None, test=test, now=NOW, chance=chance)
        answer = shift.house.client.request(
            "POST", f"/v1/orders/{order_id}/{what}", json=said, headers={"Authorization": f"Bearer {secret}"}
        )
        assert (answer.status, answer.json()["code"]) == (403, code)
    assert shift.order(order_id)["handover"] == "parked"


@pytest.mark.parametrize(("what", "said"), DECISIONS)
def test_an_order_that_is_not_there_is_named(shift: Shift, what: str, said: dict[str, Any]) -> None:
    answer = shift.decide("nowhere", what, **said)
    assert (answer.status, answer.json()["code"]) == (404, "unknown_order")


@pytest.mark.parametrize(
    ("what", "said", "field"),
    [
        ("retry", {"why": "x"}, "why"),
        ("retry", {"reason": "x" * 1_001}, "reason"),
        ("drop", {}, "reason"),
        ("drop", {"reason": "  "}, "reason"),
        ("placed", {}, "erp_number"),
        ("placed", {"erp_number": 17}, "erp_number"),
        ("placed", {"erp_number": "S\n1"}, "erp_number"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    shift: Shift, what: str, said: dict[str, Any], field: str
) -> None:
    order_id = parked(shift)
    before = shift.order(order_id)
    answer = shift.decide(order_id, what, **said)
    assert (answer.status, answer.json()["errors"][0]["field"]) == (400, field)
    assert shift.order(order_id) == before


@pytest.mark.parametrize(("what", "said"), DECISIONS)
def test_nothing_is_decided_about_an_order_that_is_placed(shift: Shift, what: str, said: dict[str, Any]) -> None:
    order_id = shift.placed()
    shift.until_idle()
    before = shift.order(order_id)
    answer = shift.decide(order_id, what, **said)
    assert (answer.status, answer.json()["code"]) == (409, "illegal_step")
    assert shift.order(order_id) == before


def test_a_dropped_order_gives_back_what_it_had_reserved(shift: Shift) -> None:
    put = shift.house.client.request("PUT", "/v1/stock/hammer", json={"on_hand": "10"}, params={"warehouse": "main"})
    assert put.status == 200, put.body
    order_id = parked(shift)
    assert shift.house.get("/v1/stock/hammer").json()["available"] == "7"
    assert shift.decide(order_id, "drop", reason="Twice").status == 200
    assert shift.house.get("/v1/stock/hammer").json()["available"] == "10"
