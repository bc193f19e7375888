"""What lies in the company's two warehouses, and when there will be more of what does not."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from listino.demo import showcase
from listino.demo.goods import goods

MAIN, NORTH = "main", "north"
# Of so many items nothing is there, some is there in both warehouses, or nobody counts them.
EMPTY_SHARE, BOTH_SHARE, UNCOUNTED_SHARE = 0.08, 0.3, 0.1
AMOUNTS = (3, 8, 12, 20, 40, 60, 100, 150, 240, 500, 1_200)
MORE_AFTER_DAYS = (3, 30)
# Of what the examples ask for there is enough for a long while.
OF_EXAMPLES = 50_000


class Shelf(NamedTuple):
    """How much of an item a warehouse holds, in the item's own unit, and from which day on there will be more."""

    item: str
    warehouse: str
    on_hand: Decimal
    available_on: str | None


def shelves(chance: Random, today: date) -> Iterator[Shelf]:
    """Every shelf of both warehouses."""
    examples = {good.item.code for good in showcase.goods()}
    drawn = Random(chance.random())
    for good in goods(chance):
        code = good.item.code
        if code in examples:
            yield Shelf(code, MAIN, Decimal(OF_EXAMPLES), None)
            yield Shelf(code, NORTH, Decimal(OF_EXAMPLES // 10), None)
            continue
        lot = drawn.random()
        if lot < UNCOUNTED_SHARE:
            continue
        if lot < UNCOUNTED_SHARE + EMPTY_SHARE:
            more = today + timedelta(days=drawn.randint(*MORE_AFTER_DAYS))
            yield Shelf(code, MAIN, Decimal(0), more.isoformat())
            continue
        yield Shelf(code, MAIN, Decimal(drawn.choice(AMOUNTS)), None)
        if drawn.random() < BOTH_SHARE:
            yield Shelf(code, NORTH, Decimal(drawn.choice(AMOUNTS)), None)
