"""The lives of orders are followed, however many there are and however slowly they are told."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from listino.flows.outside import LEASE
from listino.flows.work import Claim, claimed
from listino.ports import ErpOrder, OrderStates
from tests.shift import on_shift

PAGES = 5


def test_a_walk_that_takes_longer_than_a_lease_comes_to_its_end(tmp_path: Path) -> None:
    """Else another would begin from the start each time a lease ends, and none would ever end."""
    with on_shift(tmp_path) as shift:
        order_id = shift.placed()
        shift.until_idle()
        shift.erp.live("shop/1001", "confirmed")
        overtaken: list[Claim] = []

        def slow(_: str | None) -> Iterator[OrderStates]:
            for page in range(1, PAGES + 1):
                shift.house.clock.at += LEASE - timedelta(minutes=1)
                claims = claimed(shift.work, lambda _: 4)
                overtaken.extend(claim for claim in claims if claim.task.kind == "order_states")
                yield shift.erp.documents.states(None) if page == PAGES else OrderStates((), None)

        with patch.object(shift.erp, "order_states", slow):
            shift.house.clock.at += timedelta(minutes=1)
            shift.turn()
        assert overtaken == []
        assert shift.order(order_id)["life"] == "confirmed"


def test_the_number_that_comes_later_is_kept_and_a_word_that_is_no_life_is_not(tmp_path: Path) -> None:
    with on_shift(tmp_path) as shift:
        order_id = shift.placed()
        shift.until_idle()
        told = ErpOrder(key="shop/1001", number="SO-17", life="somewhere")
        with patch.object(shift.erp, "order_states", lambda _: iter([OrderStates((told,), "1")])):
            shift.for_a_while(120, every=30)
        order = shift.order(order_id)
        assert (order["erp_number"], order["life"], order["handover"]) == ("SO-17", "received", "placed")
        answer = shift.house.client.request("POST", f"/v1/orders/{order_id}/events", json={"kind": "paid", "key": "p"})
        assert answer.status < 500
