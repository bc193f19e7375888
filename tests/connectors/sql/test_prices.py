"""The old system's own prices, discount policies included, are those that Listino answers: to the cent."""

import random
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from listino.core.validity import instant
from listino.flows.mirror import mirrored
from listino.flows.mirror_state import sources_of
from listino.ports import PriceAsk
from tests.connectors.sql.conftest import Made
from tests.connectors.sql.mapping import connected
from tests.connectors.sql.old_erp import TODAY, OldErp, sold
from tests.shop import NOW, House, opened

ITEMS, CUSTOMERS, ASKED = 60, 25, 600
QUANTITIES = (1, 4, 5, 9, 10, 11, 12, 24, 25, 49, 50, 99, 100, 101, 1000)
ROME = ZoneInfo("Europe/Rome")
# Just before midnight, and just after: what ends with a day holds until its end, in the system's own zone.
MOMENTS = ((TODAY, 23, 59), (TODAY + 1, 0, 0), (TODAY - 1, 12, 0), (TODAY, 12, 0))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path, company=False) as empty:
        yield empty


def moment(day: int, hour: int, minute: int) -> datetime:
    local = datetime(day // 10_000, day // 100 % 100, day % 100, hour, minute)  # noqa: DTZ001 - local to Rome
    return instant(local, ROME)


def ours(house: House, question: tuple[str, str, int], at: datetime) -> int | None:
    """The price that Listino answers for one, in cents."""
    customer, item, quantity = question
    said = house.price(item, customer=customer, quantity=str(quantity), at=at.isoformat())
    return int(Decimal(said["net_price"]) * 100) if said["outcome"] == "price" else None


def test_hundreds_of_prices_are_the_systems_own(made: Made, house: House, tmp_path: Path, dice: random.Random) -> None:
    old: OldErp = made()
    items, customers = sold(old, dice, items=ITEMS, customers=CUSTOMERS)
    erp = connected(old, tmp_path)
    done = mirrored(house.database, erp, "sql", house.clock)
    assert [source.problems for source in sources_of(house.database, NOW)] == [()]
    assert done.changed > ITEMS * 3
    differing, priced, discounted = [], 0, 0
    for _ in range(ASKED):
        question = dice.choice(customers), dice.choice(items), dice.choice(QUANTITIES)
        day, hour, minute = dice.choice(MOMENTS)
        theirs = old.price(*question, day)
        found = ours(house, question, moment(day, hour, minute))
        priced += theirs is not None
        discounted += theirs is not None and theirs % 10 != 0
        if found != theirs:
            differing.append((question, day, hour, theirs, found))
    assert differing == []
    assert priced > ASKED / 2
    assert discounted > ASKED / 4


def test_the_systems_own_price_is_asked_through_the_connector(made: Made, tmp_path: Path, dice: random.Random) -> None:
    old = made()
    items, customers = sold(old, dice, items=20, customers=5)
    erp = connected(old, tmp_path)
    asked = 0
    for item in items:
        question = PriceAsk(
            item=item, customer=customers[0], quantity=Decimal(10), unit=None, currency="EUR", channel=None,
            at=moment(TODAY, 12, 0),
        )  # fmt: skip
        answer, own = erp.ask_price(question), old.price(customers[0], item, 10)
        assert answer.net_price == (None if own is None else Decimal(own) / 100)
        assert (answer.reason is None) == (own is not None)
        asked += own is not None
    assert asked > 5
