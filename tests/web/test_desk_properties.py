"""Whatever is ordered, told and done in whatever order: stock, ledger and the count of orders always balance."""

import random
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listino.core.life import STEPS
from listino.db import ledger, stock
from tests.engines import ON_BOTH
from tests.shop import House, an_order, opened

pytestmark = ON_BOTH


ITEMS = ("saw", "hammer")
UNITS: dict[str, list[str | None]] = {"saw": [None], "hammer": [None, "BX"]}
QUANTITIES = ("1", "2", "3", "7", "0.333333333")
STATES = (*STEPS, *("shipped", "cancelled", "returned") * 6)
ACTS = 30
seeds = st.integers(min_value=0, max_value=1 << 32)


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(seeds)
def test_nothing_is_lost_or_made_of_nothing(seed: int) -> None:
    chance = random.Random(seed)
    with TemporaryDirectory() as folder, opened(Path(folder)) as house:
        house.put("customers", "bianchi", country="IT", credit_limit="900")
        on_hand = chance.choice(["9", "200"])
        counts = [("count", item, warehouse, on_hand) for item in ITEMS for warehouse in ("a", "b")]
        orders = [drawn_order(chance) for _ in range(3)]
        ids: list[str] = []
        for act in [*counts, *orders, *(drawn(chance) for _ in range(ACTS))]:
            carried_out(house, ids, act)
            hold_of_the_ledgers(house)
        hold_of_the_orders(house, ids)


def drawn(chance: random.Random) -> Any:
    """Something that may be done."""
    what, which = chance.random(), chance.randrange(4)
    if what < 0.5:
        lines = [{"line": chance.randint(1, 2), "quantity": chance.choice(QUANTITIES)}] if chance.random() < 0.6 else []
        return "step", which, chance.choice(STATES), lines, chance.choice([None, None, "a", "returns"])
    if what < 0.75:
        kind = chance.choice(["changed", "cancelled", "paid", "returned", "noted"])
        return "tell", which, kind, chance.randint(1, 6), chance.random() < 0.7, drawn_lines(chance)
    if what < 0.9:
        return "release", which, chance.choice([None, "bianchi"]), chance.random() < 0.5
    if what < 0.95:
        return "count", chance.choice(ITEMS), chance.choice("ab"), chance.choice(["0", "9", "60"])
    return drawn_order(chance)


def drawn_order(chance: random.Random) -> Any:
    """An order to hand in."""
    return "order", chance.choice(["bianchi", "bianchi", "rossi", "nobody"]), drawn_lines(chance)


def drawn_lines(chance: random.Random) -> list[dict[str, Any]]:
    """Lines of an order."""
    items = [chance.choice(ITEMS) for _ in range(chance.randint(1, 3))]
    lines = [
        {"item": item, "quantity": chance.choice(QUANTITIES), "unit": chance.choice(UNITS[item])} for item in items
    ]
    return [{name: value for name, value in line.items() if value is not None} for line in lines]


def carried_out(house: House, ids: list[str], act: Any) -> None:
    """Do one thing through the doors; a refusal is fine, a failure is not."""
    name, *told = act
    if name == "count":
        item, warehouse, on_hand = told
        post(house, "PUT", f"/v1/stock/{item}", {"on_hand": on_hand, "warehouse": warehouse})
    elif name == "order":
        customer, lines = told
        body = an_order(number=str(len(ids)), customer=customer, lines=lines)
        ids.append(post(house, "POST", "/v1/orders", body).json()["id"])
    else:
        order = ids[told[0] % len(ids)]
        getattr(Acts, name)(house, order, *told[1:])


class Acts:
    """What may be done to an order."""

    @staticmethod
    def step(house: House, order: str, state: str, lines: list[Any], restock: str | None) -> None:
        """A step of its life."""
        post(house, "POST", f"/v1/orders/{order}/steps", {"state": state, "lines": lines, "restock": restock})

    @staticmethod
    def release(house: House, order: str, customer: str | None, whatever: bool) -> None:
        """A decision about what holds it."""
        accept = ["stock", "credit_limit"] if whatever else []
        post(house, "POST", f"/v1/orders/{order}/release", {"customer": customer, "prices": "store", "accept": accept})

    @staticmethod
    def tell(house: House, order: str, kind: str, number: int, is_numbered: bool, lines: list[Any]) -> None:
        """Something that its store tells."""
        said: dict[str, Any] = {"changed": {"order": an_order(customer="bianchi", lines=lines)}}.get(kind, {})
        said = said | ({"amount": "10"} if kind == "paid" else {}) | ({"sequence": number} if is_numbered else {})
        key = f"{kind}-{number}"
        post(house, "POST", f"/v1/orders/{order}/events", {"kind": kind, "key": key} | said)


def post(house: House, method: str, path: str, body: dict[str, Any]) -> Any:
    said = {name: value for name, value in body.items() if value is not None}
    answer = house.client.request(method, path, json=said)
    assert answer.status < 500, answer.body
    return answer


def hold_of_the_ledgers(house: House) -> None:
    """What must be true of stock and ledger at any time."""
    connection = house.database.read().connection
    rows = connection.execute("SELECT on_hand, reserved FROM stock").fetchall()
    assert all(Decimal(on_hand) >= 0 and Decimal(reserved) >= 0 for on_hand, reserved in rows)
    assert stock.unbalanced(connection) == []
    assert ledger.astray(connection) == []


def hold_of_the_orders(house: House, ids: list[str]) -> None:
    """What must be true of the orders at any time."""
    connection = house.database.read().connection
    counts = house.get("/v1/conservation").json()
    assert counts.pop("taken") == sum(counts.values()) == len(ids)
    for order in ids:
        found = house.get(f"/v1/orders/{order}").json()
        for line in found["lines"]:
            quantity, shipped, returned, cancelled = (
                Decimal(line[name]) for name in ("quantity", "shipped", "returned", "cancelled")
            )
            assert 0 <= returned <= shipped
            assert cancelled >= 0
            assert shipped + cancelled <= quantity
        rows = connection.execute("SELECT count(*) FROM stock_reservation WHERE order_id = ?", (order,)).fetchone()
        assert found["life"] not in {"shipped", "cancelled", "returned"} or rows[0] == 0
