"""Orders go into a management system once each, whatever befalls it, the network or the worker."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import pytest

from listino.core.handover import FAULTS_MAX
from listino.db import orders
from listino.flows.placing import order_to_place
from listino.flows.work import carried_out, claimed
from listino.ports import Duplicates, ErpOrder, OrderToPlace
from listino.testing.fake_erp import Trouble
from tests.shift import Shift, on_shift

A, B, C = Duplicates.PREVENTED, Duplicates.CHECKED, Duplicates.BY_HAND


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Shift]:
    with on_shift(tmp_path) as found:
        yield found


def states(shift: Shift, order_id: str) -> list[str]:
    return [step["state"] for step in shift.order(order_id)["history"]]


def test_an_order_is_accepted_with_its_task_and_placed_by_the_worker(shift: Shift) -> None:
    order_id = shift.placed()
    assert (shift.order(order_id)["handover"], shift.held("shop/1001")) == ("accepted", [])
    shift.until_idle()
    order = shift.order(order_id)
    [document] = shift.held("shop/1001")
    assert (order["handover"], order["erp_number"]) == ("placed", document.said().number)
    assert states(shift, order_id) == ["accepted", "placed"]
    assert order["history"][-1]["text"] == f"Placed in fake as {order['erp_number']}."
    assert (shift.erp.calls["place_order"], shift.erp.calls["find_order"]) == (1, 0)


def test_an_order_of_a_test_key_and_a_held_one_do_not_go(shift: Shift) -> None:
    held = shift.placed(number="1", customer="nobody")
    shift.until_idle()
    assert (shift.order(held)["handover"], shift.order(held)["held"]) == ("accepted", ["unknown_customer"])
    assert shift.erp.calls["place_order"] == 0
    answer = shift.house.client.request("POST", f"/v1/orders/{held}/release", json={"customer": "bianchi"})
    assert (answer.status, answer.json().get("handover")) == (200, "accepted"), answer.body
    shift.until_idle()
    assert shift.order(held)["handover"] == "placed"
    [document] = shift.held("shop/1")
    assert document.order.order.customer == "bianchi"


def test_what_is_placed_adds_up_to_the_order(shift: Shift) -> None:
    lines = [
        {"item": "hammer", "quantity": "12", "id": "a", "text": "With care", "fields": {"colour": "red"}},
        {"item": "saw", "quantity": "1"},
    ]
    order_id = shift.placed(
        lines=lines, charges=[{"kind": "shipping", "gross": "10.00", "tax_percent": "22", "text": "Courier"}],
        vouchers=[{"code": "TEN", "gross": "10.00"}], notes="Ring twice", reference="PO-1",
        ship_to={"name": "Mario Rossi", "street": "Via Roma 1", "city": "Milano", "country": "IT"},
    )  # fmt: skip
    shift.until_idle()
    [document] = shift.held("shop/1001")
    sent, order = document.order, shift.order(order_id)
    for name in ("net", "tax", "gross"):
        parts = [getattr(part, name) for part in (*sent.lines, *sent.charges)]
        assert sum(parts) == getattr(sent, name) == Decimal(order[name])
    assert [(line.item, line.quantity, line.net) for line in sent.lines] == [
        ("hammer", Decimal(12), Decimal("97.20")), ("saw", Decimal(1), Decimal("18.00")),
    ]  # fmt: skip
    assert [(line.net_price, line.tax_percent) for line in sent.lines] == [
        (Decimal("8.1"), Decimal(22)), (Decimal(18), Decimal(22)),
    ]  # fmt: skip
    assert [(charge.kind, charge.text, charge.gross) for charge in sent.charges] == [
        ("shipping", "Courier", Decimal("10.00")), ("voucher", "TEN", Decimal("-10.00")),
    ]  # fmt: skip
    assert (sent.key, sent.order.notes, sent.order.reference) == ("shop/1001", "Ring twice", "PO-1")
    assert sent.order.ship_to is not None
    assert sent.order.ship_to.street == "Via Roma 1"
    assert (sent.lines[0].text, sent.lines[0].fields) == ("With care", {"colour": "red"})


@pytest.mark.parametrize("duplicates", [A, B])
def test_a_lost_answer_is_looked_for_and_never_sent_again(tmp_path: Path, duplicates: Duplicates) -> None:
    with on_shift(tmp_path, duplicates) as shift:
        order_id = shift.placed()
        shift.erp.planned.append(Trouble.ANSWER_LOST)
        shift.turn()
        assert shift.order(order_id)["handover"] == "in_doubt"
        shift.for_a_while(5)
        assert shift.order(order_id)["handover"] == "placed"
        assert states(shift, order_id) == ["accepted", "in_doubt", "placed"]
        assert (shift.erp.calls["place_order"], len(shift.held("shop/1001"))) == (1, 1)


@pytest.mark.parametrize("duplicates", [A, B])
def test_a_lost_request_is_sent_again_when_it_can_no_longer_take_effect(tmp_path: Path, duplicates: Duplicates) -> None:
    with on_shift(tmp_path, duplicates) as shift:
        order_id = shift.placed()
        shift.erp.planned.append(Trouble.REQUEST_LOST)
        shift.turn()
        shift.for_a_while(60)
        assert shift.order(order_id)["handover"] == "in_doubt"
        assert shift.erp.calls["place_order"] == 1
        shift.for_a_while(60)
        assert shift.order(order_id)["handover"] == "placed"
        assert (shift.erp.calls["place_order"], len(shift.held("shop/1001"))) == (2, 1)


def test_a_late_commit_is_found_before_anything_is_sent_again(shift: Shift) -> None:
    order_id = shift.placed()
    shift.erp.planned.append(Trouble.LATE)
    shift.turn()
    assert shift.order(order_id)["handover"] == "in_doubt"
    shift.for_a_while(200)
    assert shift.order(order_id)["handover"] == "placed"
    assert (shift.erp.calls["place_order"], len(shift.held("shop/1001"))) == (1, 1)


def test_an_order_in_doubt_waits_for_a_person_where_nothing_can_be_looked_for(tmp_path: Path) -> None:
    with on_shift(tmp_path, C) as shift:
        order_id = shift.placed()
        shift.erp.planned.append(Trouble.ANSWER_LOST)
        shift.for_a_while(300)
        order = shift.order(order_id)
        assert (order["handover"], order["parked"]["reason"], order["parked"]["tries"]) == ("parked", "in_doubt", 1)
        assert shift.erp.calls["place_order"] == 1
        answer = shift.decide(order_id, "placed", erp_number="S-77", reason="Seen there")
        assert answer.status == 200, answer.body
        order = shift.order(order_id)
        assert (order["handover"], order["erp_number"]) == ("placed", "S-77")
        assert order["history"][-1]["text"] == "Marked as placed under S-77. Seen there"
        assert order["history"][-1]["actor"] == "shop"
        assert "parked" not in order
        shift.for_a_while(300)
        assert shift.erp.calls["place_order"] == 1


def test_an_order_that_is_refused_is_parked_and_retried_by_a_person(shift: Shift) -> None:
    shift.erp.items = {"saw"}
    order_id = shift.placed()
    shift.until_idle()
    order = shift.order(order_id)
    assert order["parked"] == {
        "reason": "unknown_item", "text": "The item 'hammer' is not known.",
        "remedy": "Make the item there, or correct the order's line.", "tries": 1,
    }  # fmt: skip
    assert [one["id"] for one in shift.house.get("/v1/orders", handover="parked").json()["data"]] == [order_id]
    shift.erp.items = None
    assert shift.decide(order_id, "retry").status == 200
    assert shift.order(order_id)["handover"] == "accepted"
    shift.until_idle()
    assert shift.order(order_id)["handover"] == "placed"
    assert states(shift, order_id) == ["accepted", "parked", "accepted", "placed"]
    # The second try looked first.
    assert [verb for _, verb, _ in shift.erp.log if verb != "order_states"] == [
        "place_order", "find_order", "place_order",
    ]  # fmt: skip


def test_a_parked_order_is_dropped_for_a_reason_by_a_named_person(shift: Shift) -> None:
    shift.erp.items = set()
    order_id = shift.placed()
    shift.until_idle()
    refused = shift.decide(order_id, "drop")
    assert (refused.status, refused.json()["errors"][0]["field"]) == (400, "reason")
    assert shift.order(order_id)["handover"] == "parked"
    assert shift.decide(order_id, "drop", reason="Ordered twice by mistake").status == 200
    order = shift.order(order_id)
    assert (order["handover"], order["history"][-1]["text"]) == ("dropped", "Ordered twice by mistake")
    again = shift.decide(order_id, "retry")
    assert (again.status, again.json()["code"]) == (409, "illegal_step")
    shift.for_a_while(10)
    assert shift.erp.calls["place_order"] == 1


def test_a_worker_that_died_after_it_sent_is_taken_over_by_one_that_looks(shift: Shift) -> None:
    order_id = shift.placed()
    [claim] = claimed(shift.work, lambda _: 4)
    assert claim.order is not None
    before = shift.order(order_id)
    assert before["handover"] == "in_doubt"  # Counted and on disk before a byte went out.
    shift.erp.place_order(_sent(shift, order_id))
    shift.until_idle()
    assert shift.order(order_id)["handover"] == "in_doubt"  # Its lease is not over.
    shift.for_a_while(120)
    assert shift.order(order_id)["handover"] == "placed"
    assert shift.erp.calls["place_order"] == 1
    # The first one wakes up: what it tells changes nothing, and it is too late to send.
    carried_out(shift.work, claim)
    assert len(shift.held("shop/1001")) == 1
    assert shift.erp.calls["place_order"] == 1


def _sent(shift: Shift, order_id: str) -> OrderToPlace:
    found = orders.read(shift.house.database.read().connection, order_id)
    assert found is not None
    return order_to_place(found)


def test_an_erp_that_is_down_for_hours_gets_every_order_once_and_few_calls_meanwhile(shift: Shift) -> None:
    clock = shift.house.clock
    shift.erp.weather.down_until = clock.at + timedelta(hours=2)
    ids = [shift.placed(number=str(number), customer="bianchi") for number in range(30)]
    shift.for_a_while(2 * 3600 - 60, every=5)
    calls = sum(count for verb, count in shift.erp.calls.items() if verb != "order_states")
    assert calls < 250
    assert {shift.order(order_id)["handover"] for order_id in ids} == {"accepted"}
    history = shift.order(ids[0])["history"]
    assert [step["state"] for step in history] == ["accepted", "accepted"]
    shift.for_a_while(200)
    assert {shift.order(order_id)["handover"] for order_id in ids} == {"placed"}
    placed = [key for _, verb, key in shift.erp.log if verb == "place_order"][-30:]
    assert placed == [f"shop/{number}" for number in range(30)]  # The customer's orders in their order.
    assert len(shift.erp.held()) == 30


def test_orders_of_one_customer_go_one_after_the_other_and_others_meanwhile(shift: Shift) -> None:
    first, second = shift.placed(number="1"), shift.placed(number="2")
    other = shift.placed(number="3", customer="bianchi")
    claims = claimed(shift.work, lambda _: 4)
    assert [claim.task.subject for claim in claims] == [first, other]
    for claim in claims:
        carried_out(shift.work, claim)
    shift.until_idle()
    assert shift.order(second)["handover"] == "placed"


def test_an_order_that_fails_by_itself_holds_up_no_other_and_is_parked_in_the_end(shift: Shift) -> None:
    real = shift.erp.place_order

    def poisoned(order: OrderToPlace) -> ErpOrder:
        if order.key == "shop/1":
            shift.erp.planned.append(Trouble.NO_CONNECTION)
        return real(order)

    shift.erp.place_order = poisoned  # type: ignore[method-assign]
    bad = shift.placed(number="1")
    for number in range(2, 200):
        good = shift.placed(number=str(number), customer="bianchi")
        shift.for_a_while(4)
        assert shift.order(good)["handover"] == "placed"
    order = shift.order(bad)
    assert (order["handover"], order["parked"]["reason"]) == ("parked", "fails_alone")


def test_a_buyer_without_a_code_is_found_or_made_where_the_connector_can(tmp_path: Path) -> None:
    with on_shift(tmp_path, able=True) as shift:
        order_id = shift.placed(customer=None, buyer={"name": "Anna Neri", "mail": "anna@neri.example"})
        shift.until_idle()
        assert shift.order(order_id)["handover"] == "placed"
        [document] = shift.held("shop/1001")
        assert document.order.erp_customer is not None
        assert [verb for _, verb, _ in shift.erp.log if verb != "order_states"] == [
            "find_or_create_customer", "place_order",
        ]  # fmt: skip


def test_a_buyer_without_a_code_waits_for_a_person_where_the_connector_cannot(shift: Shift) -> None:
    order_id = shift.placed(customer=None, buyer={"name": "Anna Neri"})
    shift.until_idle()
    order = shift.order(order_id)
    assert (order["handover"], order["parked"]["reason"], order["parked"]["tries"]) == ("parked", "no_customer", 0)
    assert shift.erp.calls["place_order"] == 0


def test_an_order_cancelled_before_it_was_placed_never_goes(shift: Shift) -> None:
    order_id = shift.placed()
    answer = shift.decide(order_id, "steps", state="cancelled")
    assert answer.status == 200, answer.body
    assert answer.json()["handover"] == "cancelled"
    shift.for_a_while(10)
    assert shift.erp.calls["place_order"] == 0


def test_the_life_of_an_order_follows_the_management_system(shift: Shift) -> None:
    order_id = shift.placed()
    shift.until_idle()
    shift.erp.live("shop/1001", "shipped", "Parcel 42")
    shift.for_a_while(40)
    order = shift.order(order_id)
    assert (order["life"], order["history"][-1]["actor"], order["history"][-1]["text"]) == (
        "shipped", "fake", "Parcel 42",
    )  # fmt: skip
    shift.erp.live("shop/1001", "confirmed")
    shift.for_a_while(40)
    order = shift.order(order_id)
    assert order["life"] == "confirmed"
    assert order["history"][-1]["text"] == "fake says so. (After shipped this was not to be expected.)"


def test_what_our_own_fault_stops_is_reported_and_parked(shift: Shift, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr("listino.flows.handover.order_to_place", broken)
    order_id = shift.placed()
    shift.for_a_while(600, every=5)
    order = shift.order(order_id)
    assert (order["handover"], order["parked"]["reason"]) == ("parked", "fails_alone")
    assert shift.reported[0] == "place_order shop/1001: ours"
    assert shift.erp.calls["place_order"] == 0


def test_what_the_management_system_shipped_or_cancelled_is_reserved_no_longer(shift: Shift) -> None:
    put = shift.house.client.request("PUT", "/v1/stock/hammer", json={"on_hand": "10"}, params={"warehouse": "main"})
    assert put.status == 200, put.body
    shift.placed(number="1")
    shift.placed(number="2")
    shift.until_idle()
    assert available(shift) == ("10", "6", "4")
    shift.erp.live("shop/1", "shipped")
    shift.for_a_while(40)
    assert available(shift) == ("10", "3", "7")
    shift.erp.live("shop/2", "cancelled")
    shift.for_a_while(40)
    assert available(shift) == ("10", "0", "10")


def available(shift: Shift) -> tuple[str, str, str]:
    [warehouse] = shift.house.get("/v1/stock/hammer").json()["warehouses"]
    return warehouse["on_hand"], warehouse["reserved"], warehouse["available"]


def test_an_order_that_a_connector_cannot_look_for_is_left_to_a_person_in_the_end(shift: Shift) -> None:
    order_id = shift.placed(number="1")
    shift.erp.planned.append(Trouble.ANSWER_LOST)
    shift.turn()

    def stumble(key: str) -> tuple[ErpOrder, ...]:
        raise KeyError(key)

    with patch.object(shift.erp, "find_order", stumble):
        shift.for_a_while(1800, every=5)
        order = shift.order(order_id)
        assert (order["handover"], order["parked"]["reason"], order["parked"]["tries"]) == ("parked", "cannot_look", 1)
        assert len(shift.reported) == FAULTS_MAX
        assert shift.reported[0] == "find_order shop/1: 'shop/1'"
        # The customer's next order no longer waits for it.
        second = shift.placed(number="2")
        shift.for_a_while(5)
        assert shift.order(second)["handover"] == "placed"
    assert shift.decide(order_id, "retry").status == 200
    shift.for_a_while(5)
    assert (shift.order(order_id)["handover"], len(shift.held("shop/1"))) == ("placed", 1)
