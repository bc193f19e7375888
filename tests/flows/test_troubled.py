"""A management system that is broken on purpose behaves as one that broke by itself: no order is lost or doubled."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from listino.core.errors import Malformed
from listino.flows.troubled import go_down, lose_answers, recover, troubled
from listino.ports import AsksPrices, CancelsOrders, ChangesOrders, Duplicates, MakesCustomers, RecordsPayments
from listino.testing.fake_erp import AbleFakeErp, FakeErp
from tests.shift import Shift, on_shift

CAPABILITIES = (AsksPrices, CancelsOrders, ChangesOrders, MakesCustomers, RecordsPayments)


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Shift]:
    with on_shift(tmp_path) as found:
        house = found.house
        broken = troubled(found.erp, house.database, house.clock)
        found.work = replace(found.work, outside=replace(found.work.outside, erp=broken))
        yield found


def test_down_for_five_minutes_an_order_waits_and_is_placed_once_when_it_is_up(shift: Shift) -> None:
    go_down(shift.house.database, 5, shift.house.clock())
    order_id = shift.placed()
    shift.for_a_while(280, every=20)
    assert (shift.order(order_id)["handover"], shift.erp.calls["place_order"]) == ("accepted", 0)
    shift.for_a_while(600, every=20)
    assert (shift.order(order_id)["handover"], len(shift.held("shop/1001"))) == ("placed", 1)
    assert shift.erp.calls["place_order"] == 1


def test_an_order_whose_answer_is_lost_stands_there_once_and_is_found(shift: Shift) -> None:
    lose_answers(shift.house.database, 1)
    order_id = shift.placed()
    shift.until_idle()
    assert (shift.order(order_id)["handover"], len(shift.held("shop/1001"))) == ("in_doubt", 1)
    shift.for_a_while(600, every=20)
    states = [step["state"] for step in shift.order(order_id)["history"]]
    assert (states, len(shift.held("shop/1001"))) == (["accepted", "in_doubt", "placed"], 1)
    second = shift.placed(number="1002")
    shift.until_idle()
    assert [step["state"] for step in shift.order(second)["history"]] == ["accepted", "placed"]


def test_what_was_broken_on_purpose_is_mended_at_once(shift: Shift) -> None:
    go_down(shift.house.database, 60, shift.house.clock())
    lose_answers(shift.house.database, 5)
    recover(shift.house.database)
    order_id = shift.placed()
    shift.until_idle()
    assert shift.order(order_id)["handover"] == "placed"


def test_it_can_do_what_the_system_can_and_no_more(shift: Shift) -> None:
    for erp in (FakeErp(Duplicates.CHECKED), AbleFakeErp(Duplicates.CHECKED)):
        broken = troubled(erp, shift.house.database, shift.house.clock)
        assert [isinstance(broken, one) for one in CAPABILITIES] == [isinstance(erp, one) for one in CAPABILITIES]
        assert broken.traits == erp.traits


@pytest.mark.parametrize("count", [0, -1, 100_000])
def test_it_is_broken_within_bounds(shift: Shift, count: int) -> None:
    with pytest.raises(Malformed, match="minutes"):
        go_down(shift.house.database, count, shift.house.clock())
    with pytest.raises(Malformed, match="times"):
        lose_answers(shift.house.database, count)
    assert shift.house.database.read().connection.execute("SELECT count(*) FROM trouble").fetchone()[0] == 0
