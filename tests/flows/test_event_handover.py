"""What a store tells of an order that the management system holds goes there too, or is left to a person."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from listino.ports import Duplicates
from listino.testing.fake_erp import Trouble
from tests.shift import Shift, on_shift


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Shift]:
    with on_shift(tmp_path) as found:
        yield found


def told(shift: Shift, order_id: str, **event: object) -> dict[str, object]:
    answer = shift.house.client.request("POST", f"/v1/orders/{order_id}/events", json=event)
    assert answer.status == 201, answer.body
    found: dict[str, object] = answer.json()
    return found


def test_events_of_a_placed_order_follow_into_the_management_system(tmp_path: Path) -> None:
    with on_shift(tmp_path, able=True) as shift:
        order_id = shift.placed()
        shift.until_idle()
        paid = told(shift, order_id, kind="paid", key="p1", amount="10", payment={"method": "card"})
        cancelled = told(shift, order_id, kind="cancelled", key="c1")
        assert (paid["state"], cancelled["state"]) == ("under_way", "under_way")
        assert shift.order(order_id)["life"] == "received"
        shift.for_a_while(5)
        order = shift.order(order_id)
        assert [(event["key"], event["state"]) for event in order["events"]] == [("p1", "applied"), ("c1", "applied")]
        assert (order["handover"], order["life"]) == ("placed", "cancelled")
        verbs = [(verb, key) for _, verb, key in shift.erp.log if verb not in {"order_states", "place_order"}]
        assert verbs == [("record_payment", "shop/1001/p1"), ("cancel_order", "shop/1001/c1")]


def test_an_event_that_the_management_system_cannot_follow_is_left_to_a_person(shift: Shift) -> None:
    order_id = shift.placed()
    shift.until_idle()
    told(shift, order_id, kind="cancelled", key="c1")
    shift.for_a_while(5)
    order = shift.order(order_id)
    assert [(event["state"], event["outcome"]) for event in order["events"]] == [
        ("by_hand", "fake does not follow this from here: do it there."),
    ]  # fmt: skip
    assert order["life"] == "received"


def test_a_cancellation_of_an_order_in_doubt_stops_its_next_try(tmp_path: Path) -> None:
    with on_shift(tmp_path, able=True) as shift:
        order_id = shift.placed()
        shift.erp.planned.append(Trouble.REQUEST_LOST)
        shift.turn()
        told(shift, order_id, kind="cancelled", key="c1")
        assert shift.order(order_id)["handover"] == "in_doubt"
        shift.for_a_while(300)
        order = shift.order(order_id)
        assert (order["handover"], order["life"], order["events"][0]["state"]) == ("cancelled", "cancelled", "applied")
        assert (shift.erp.calls["place_order"], shift.erp.calls["cancel_order"]) == (1, 0)


def test_a_cancellation_of_an_order_that_came_through_after_all_follows_it(tmp_path: Path) -> None:
    with on_shift(tmp_path, able=True) as shift:
        order_id = shift.placed()
        shift.erp.planned.append(Trouble.LATE)
        shift.turn()
        told(shift, order_id, kind="cancelled", key="c1")
        shift.for_a_while(300)
        order = shift.order(order_id)
        assert (order["handover"], order["life"], order["events"][0]["state"]) == ("placed", "cancelled", "applied")
        assert shift.erp.calls["cancel_order"] == 1


def test_a_changed_order_is_changed_in_the_management_system_too(tmp_path: Path) -> None:
    with on_shift(tmp_path, able=True) as shift:
        order_id = shift.placed()
        shift.until_idle()
        changed = {
            "number": "1001", "ordered_at": "2026-11-23T11:59:00Z", "currency": "EUR", "customer": "rossi",
            "lines": [{"item": "hammer", "quantity": "5"}],
        }  # fmt: skip
        told(shift, order_id, kind="changed", key="ch1", order=changed)
        shift.for_a_while(5)
        assert shift.order(order_id)["events"][0]["state"] == "applied"
        [document] = shift.held("shop/1001")
        assert [line.quantity for line in document.order.lines] == [Decimal(5)]


def test_what_asks_nobody_does_not_tell_that_the_management_system_is_back(tmp_path: Path) -> None:
    """Neither an event that waits for its order nor a comparison of prices without questions is a probe."""
    with on_shift(tmp_path, able=True) as shift:
        clock = shift.house.clock
        waiting = shift.placed(number="held", customer="nobody")
        told(shift, waiting, kind="paid", key="p1", amount="10", payment={"method": "card"})
        shift.until_idle()
        shift.erp.log.clear()
        shift.erp.weather.down_until = clock.at + timedelta(hours=2)
        ids = [shift.placed(number=str(number), customer="bianchi") for number in range(5)]
        shift.for_a_while(2 * 3600 - 60, every=5)
        # One probe a minute, after those that found it down.
        assert len(shift.erp.log) <= 120 + 10
        alerts = shift.house.get("/v1/alerts").json()["data"]
        assert [one["kind"] for one in alerts].count("erp_down") == 1, alerts
        shift.for_a_while(200)
        assert {shift.order(order_id)["handover"] for order_id in ids} == {"placed"}
        assert shift.order(waiting)["handover"] == "accepted"
        assert shift.erp.calls["record_payment"] == 0


def test_events_that_wait_take_nothing_of_the_rate_at_which_orders_go(tmp_path: Path) -> None:
    with on_shift(tmp_path, able=True) as shift:
        shift.erp.traits = replace(shift.erp.traits, calls_per_minute=6)
        for number in range(12):
            waiting = shift.placed(number=f"held-{number}", customer="nobody")
            told(shift, waiting, kind="paid", key="p1", amount="10", payment={"method": "card"})
        order_id = shift.placed(number="1")
        shift.for_a_while(60)
        assert shift.order(order_id)["handover"] == "placed"


@pytest.mark.parametrize("able", [True, False])
def test_an_order_that_was_taken_back_by_hand_and_is_there_all_the_same_is_cancelled_there(
    tmp_path: Path, *, able: bool
) -> None:
    with on_shift(tmp_path, Duplicates.BY_HAND, able=able) as shift:
        order_id = shift.placed()
        shift.erp.planned.append(Trouble.ANSWER_LOST)
        shift.for_a_while(300)
        assert shift.order(order_id)["parked"]["reason"] == "in_doubt"
        assert shift.decide(order_id, "steps", state="cancelled").json()["life"] == "cancelled"
        shift.for_a_while(60)
        assert shift.order(order_id)["events"] == []
        (document,) = shift.held("shop/1001")
        assert shift.decide(order_id, "placed", erp_number=document.said().number).status == 200
        shift.erp.live("shop/1001", "confirmed")
        (event,) = shift.order(order_id)["events"]
        assert (event["key"], event["kind"], event["state"]) == ("listino:cancelled:1", "cancelled", "under_way")
        shift.for_a_while(5)
        (event,) = shift.order(order_id)["events"]
        if able:
            assert (event["state"], shift.order(order_id)["life"]) == ("applied", "cancelled")
            assert shift.held("shop/1001")[0].life == "cancelled"
            assert [key for _, verb, key in shift.erp.log if verb == "cancel_order"] == [
                "shop/1001/listino:cancelled:1"
            ]
        else:
            assert (event["state"], event["outcome"]) == (
                "by_hand", "fake does not follow this from here: do it there.",
            )  # fmt: skip


def test_an_order_that_was_taken_back_by_hand_and_is_found_when_it_is_retried_is_cancelled_there(
    tmp_path: Path,
) -> None:
    with on_shift(tmp_path, able=True) as shift:
        order_id = shift.placed()
        shift.erp.planned.append(Trouble.ANSWER_LOST)
        shift.turn()
        (document,) = shift.held("shop/1001")
        second = shift.erp.documents.place(document.order, shift.house.clock.at)
        shift.for_a_while(30)
        assert shift.order(order_id)["parked"]["reason"] == "double"
        assert shift.decide(order_id, "steps", state="cancelled").status == 200
        shift.erp.documents.forget(second)
        assert shift.decide(order_id, "retry").status == 200
        shift.for_a_while(30)
        order = shift.order(order_id)
        assert (order["handover"], order["life"], order["events"][0]["state"]) == ("placed", "cancelled", "applied")
        assert (shift.erp.calls["place_order"], shift.erp.calls["cancel_order"]) == (1, 1)
