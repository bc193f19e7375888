"""An order whose price was taken by another between pricing and writing: nothing of it is written, or it is held."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from listino.config import SystemChance
from listino.core.errors import DifferentContent
from listino.flows.intake import Caller, found, handed_in, keys_of, priced
from listino.flows.price import snapshot
from listino.web.rest.order_answers import rendered
from listino.web.rest.order_reading import order_of
from tests.shop import NOW, House, an_order, opened

CALLER = Caller("shop", None, test=False)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        caps = {"uses": 1}
        house.put("rules", "spring", action="percent", step="promotion", item="saw", value="20", caps=caps)
        yield house


def together(house: House, orders: list[dict[str, Any]], *, last: bool) -> list[Any]:
    """What becomes of orders that were all priced before one is written, and are written in one commit."""
    read = [order_of(msgspec.json.encode(an_order(**order))) for order in orders]
    chance, free = SystemChance(), threading.Event()
    taken = [priced(snapshot(house.database), one, CALLER, None, now=NOW, chance=chance) for one in read]
    assert {one.totals.net for one in taken} == {16 * taken[0].order.lines[0].quantity}
    blocking = house.database.submit(lambda _: free.wait(10))
    writes = [handed_in(house.database, one, rendered, keys_of(one.order, CALLER, None), last=last)[0] for one in taken]
    free.set()
    blocking.result()
    return [write.exception() or write.result() for write in writes]


SAW = [{"item": "saw", "quantity": "2"}]


def test_nothing_is_written_of_an_order_that_is_to_be_priced_again(house: House) -> None:
    orders: list[dict[str, Any]] = [
        {"number": number, "lines": SAW, "customer": "bianchi"} for number in ("1", "2", "2")
    ]
    first, *others = together(house, orders, last=False)
    assert (first.as_answered, others) == (True, [None, None])
    connection = house.database.read().connection
    assert connection.execute("SELECT id FROM orders").fetchall() == [(first.id,)]
    for table in ("order_line", "order_step", "order_key", "order_usage"):
        assert connection.execute(f"SELECT DISTINCT order_id FROM {table}").fetchall() == [(first.id,)]
    again = house.order(**orders[1]).json()
    assert (again["net"], again["held"], again["handover"]) == ("40.00", [], "placed")


def test_other_content_under_the_key_of_an_order_that_is_not_written_is_no_conflict_yet(house: House) -> None:
    orders = [
        {"number": "1", "lines": SAW, "customer": "bianchi"},
        {"number": "2", "lines": SAW, "customer": "bianchi"},
        {"number": "2", "lines": [{"item": "saw", "quantity": "2.0"}], "customer": "bianchi", "order_type": "staff"},
        {"number": "1", "lines": SAW, "customer": "bianchi", "order_type": "staff"},
    ]
    outcomes = together(house, orders, last=False)
    assert outcomes[1:3] == [None, None]
    assert isinstance(outcomes[3], DifferentContent)


def test_at_the_last_try_it_is_held_at_the_price_that_it_was_answered_and_takes_nothing(house: House) -> None:
    orders = [{"number": number, "lines": SAW, "customer": "bianchi"} for number in ("1", "2")]
    first, second = together(house, orders, last=True)
    kept = found(house.database, second.id)
    assert kept is not None
    assert (first.as_answered, second.as_answered, kept.life) == (True, False, "on_hold")
    assert [step.text for step in kept.steps][-1] == "cap_exceeded"
    rows = (
        house.database.read()
        .connection.execute("SELECT DISTINCT order_id FROM order_usage WHERE subject LIKE 'rule%'")
        .fetchall()
    )
    assert rows == [(first.id,)]
