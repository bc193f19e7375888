"""The management system is down for eight hours: every order is taken, it is left in peace, and then caught up with."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.shift import Shift, on_shift
from tests.shop import NOW

OUTAGE = timedelta(hours=8)
CUSTOMERS = 40
# How often the worker looks in virtual time; a real one does ten times a second.
EVERY = timedelta(seconds=2)
DRAINED_WITHIN = timedelta(hours=1)


def post_and_work(shift: Shift, orders: int) -> None:
    """Orders come evenly over the outage, while the worker goes on looking."""
    clock = shift.house.clock
    for number in range(orders):
        due_at = NOW + OUTAGE * number / orders
        while clock.at < due_at:
            shift.until_idle()
            clock.at += EVERY
        shift.placed(number=f"n{number}", customer=f"c{number % CUSTOMERS}")


def drained_at(shift: Shift) -> datetime:
    """When everything has gone, once the system is back."""
    clock = shift.house.clock
    clock.at = max(clock.at, NOW + OUTAGE)
    while shift.house.get("/v1/conservation").json()["accepted"]:
        shift.until_idle()
        clock.at += timedelta(seconds=0.1)
        assert clock.at < NOW + OUTAGE + DRAINED_WITHIN, shift.house.get("/v1/conservation").json()
    return clock.at


@pytest.mark.parametrize("orders", [500, pytest.param(5_000, marks=pytest.mark.long)])
def test_eight_hours_of_outage_are_stood_and_caught_up_with(orders: int, tmp_path: Path) -> None:
    with on_shift(tmp_path) as shift:
        chance = Random(1)
        shift.jitter = lambda: chance.randrange(1_000)
        for number in range(CUSTOMERS):
            shift.house.put("customers", f"c{number}", country="IT")
        shift.erp.log.clear()
        shift.erp.weather.down_until = NOW + OUTAGE
        post_and_work(shift, orders)
        assert shift.house.get("/v1/conservation").json()["accepted"] == orders
        during = len(shift.erp.log)
        drained_at(shift)
        after = shift.erp.log[during:]
        counts = shift.house.get("/v1/conservation").json()
        assert counts == dict.fromkeys(counts, 0) | {"taken": orders, "placed": orders}
        print(during, len(after), Counter(verb for _, verb, _ in shift.erp.log), after[-1][0] - (NOW + OUTAGE))
        keys = [key for _, verb, key in after if verb == "place_order"]
        print(keys[:50])
        assert len(shift.erp.held()) == orders
