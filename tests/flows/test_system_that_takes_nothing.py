"""A system that answers and takes nothing is to blame, not the orders; and nothing ends for good by one refusal."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from listino.core.errors import ErpSaidNo, Unavailable
from listino.flows.facts import Stated, save
from listino.ports import Duplicates, ErpOrder, OrderStates, OrderToPlace, Traits
from listino.testing.fake_erp import AbleFakeErp
from tests.shift import Shift
from tests.shop import House, opened

CUSTOMERS = 6


class Locked(AbleFakeErp):
    """A system whose table of orders is locked, or that refuses to tell of its orders, until somebody mends it."""

    locked = refusing = False

    def place_order(self, order: OrderToPlace) -> ErpOrder:
        if self.locked:
            self.calls["refused"] += 1
            raise Unavailable("The table of orders is locked.")
        return super().place_order(order)

    def order_states(self, since: str | None) -> Iterator[OrderStates]:
        if self.refusing:
            self.calls["refused"] += 1
            raise ErpSaidNo("not_carried_out", "HTTP 404")
        yield from super().order_states(since)


@pytest.fixture
def shift(tmp_path: Path) -> Iterator[Shift]:
    with opened(tmp_path, hands_over=True) as house:

        def wait(duration: timedelta) -> None:
            house.clock.at += duration

        traits = Traits(name="fake", duplicates=Duplicates.CHECKED, calls_per_minute=600)
        yield Shift(house, Locked(Duplicates.CHECKED, clock=house.clock, wait=wait, chance=Random(7), traits=traits))


def customers(house: House) -> list[str]:
    codes = [f"c{number}" for number in range(CUSTOMERS)]
    stated = [Stated("customers", code, {"country": "IT"}) for code in codes]
    save(house.database, stated, "test", None, house.clock.at)
    return codes


def erp(shift: Shift) -> Locked:
    assert isinstance(shift.erp, Locked)
    return shift.erp


def test_a_system_that_answers_and_takes_no_order_parks_none(shift: Shift) -> None:
    placed = [shift.placed(number=code, customer=code) for code in customers(shift.house)]
    erp(shift).locked = True
    shift.for_a_while(8 * 3600, every=60)
    assert [shift.order(order_id)["handover"] for order_id in placed] == ["accepted"] * CUSTOMERS
    erp(shift).locked = False
    shift.for_a_while(1800, every=30)
    assert [shift.order(order_id)["handover"] for order_id in placed] == ["placed"] * CUSTOMERS
    assert len(shift.erp.held()) == CUSTOMERS


def test_what_is_done_again_and_again_goes_on_after_a_refusal(shift: Shift) -> None:
    order_id = shift.placed(number="1")
    shift.until_idle()
    erp(shift).refusing = True
    shift.for_a_while(600, every=10)
    assert erp(shift).calls["refused"] > 1
    erp(shift).refusing = False
    shift.erp.live("shop/1", "shipped")
    shift.for_a_while(1800, every=30)
    assert shift.order(order_id)["life"] == "shipped"
