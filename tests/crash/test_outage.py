"""The management system is down for eight hours: every order is taken, it is left in peace, and then caught up with."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from listino.core.breaker import PROBE_PAUSE_MAX
from tests.shift import Shift, on_shift
from tests.shop import NOW

OUTAGE = timedelta(hours=8)
CUSTOMERS = 40
# How often the worker looks in virtual time; a real one does ten times a second.
EVERY = timedelta(seconds=2)
DRAINED_WITHIN = timedelta(hours=1)
# What a day without trouble would take: a call for each of its orders.
CALLS_OF_A_DAY = 5_000
BURST_CALLS = 10


def post_and_work(shift: Shift, orders: int) -> None:
    """Orders come evenly over the outage, while the worker goes on looking."""
    clock = shift.house.clock
    for number in range(orders):
        due_at = NOW + OUTAGE * number / orders
        while clock.at < due_at:
            shift.until_idle()
            clock.at += EVERY
        shift.placed(number=f"n{number}", customer=f"c{number % CUSTOMERS}")


def drain(shift: Shift) -> None:
    """Work until everything has gone, once the system is back."""
    clock = shift.house.clock
    clock.at = max(clock.at, NOW + OUTAGE)
    while shift.house.get("/v1/conservation").json()["accepted"]:
        shift.until_idle()
        clock.at += timedelta(seconds=0.1)
        assert clock.at < NOW + OUTAGE + DRAINED_WITHIN, shift.house.get("/v1/conservation").json()


@pytest.mark.parametrize("orders", [500, pytest.param(CALLS_OF_A_DAY, marks=pytest.mark.long)])
def test_eight_hours_of_outage_are_stood_and_caught_up_with(orders: int, tmp_path: Path) -> None:
    with on_shift(tmp_path) as shift:
        chance = Random(1)
        shift.work = replace(shift.work, jitter=lambda: chance.randrange(1_000))
        for number in range(CUSTOMERS):
            shift.house.put("customers", f"c{number}", country="IT")
        shift.erp.log.clear()
        shift.erp.weather.down_until = NOW + OUTAGE
        post_and_work(shift, orders)
        assert shift.house.get("/v1/conservation").json()["accepted"] == orders
        during = len(shift.erp.log)
        assert during < CALLS_OF_A_DAY / 10
        drain(shift)
        counts = shift.house.get("/v1/conservation").json()
        assert counts == dict.fromkeys(counts, 0) | {"taken": orders, "placed": orders}
        assert len(shift.erp.held()) == orders
        sent = [(at, key) for at, verb, key in shift.erp.log[during:] if verb == "place_order"]
        # The first was the probe that found the system back; all others go as they came.
        numbers = [int(key.removeprefix("shop/n")) for _, key in sent[1:]]
        assert numbers == sorted(numbers)
        assert sent[0][0] - (NOW + OUTAGE) <= PROBE_PAUSE_MAX
        per_second = Fraction(shift.erp.traits.calls_per_minute, 60)
        took_s = Fraction((sent[-1][0] - sent[0][0]).total_seconds())
        assert (orders - BURST_CALLS) / per_second <= took_s + 1
        assert took_s <= orders / per_second * Fraction(11, 10) + 10
