"""Prices that Listino makes of what Tryton tells are those that Tryton makes on a sale line."""

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from listino.connectors.erp_tryton.erp import Tryton as Connector
from listino.connectors.erp_tryton.rpc import Rpc
from tests.connectors.tryton.mirrored import mirrored
from tests.connectors.tryton.running import Tryton
from tests.shop import House, opened

QUANTITIES = (
    "1",
    "2",
    "3",
    "4",
    "5",
    "9",
    "10",
    "12",
    "19",
    "20",
    "24",
    "50",
    "99",
    "100",
    "0.5",
    "2.345",
    "5000",
    "12000",
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, erp: Connector) -> Iterator[House]:
    """An empty book that has read all of Tryton."""
    with opened(tmp_path_factory.mktemp("house"), company=False) as found:
        mirrored(found, erp)
        yield found


class OnSaleLines:
    """Tryton's own prices: what its client shows when a person enters a line of a sale."""

    def __init__(self, admin: Rpc) -> None:
        self._rpc = admin
        self.parties = {row["code"]: row for row in admin.rows("party.party", [], ["code", "sale_price_list"])}
        fields = ["code", "default_uom", "sale_uom"]
        self.products = {row["code"]: row for row in admin.rows("product.product", [["salable", "=", True]], fields)}
        self.units = {row["symbol"]: row["id"] for row in admin.rows("product.uom", [], ["symbol"])}

    def price(self, customer: str, item: str, quantity: str, unit: str) -> tuple[Decimal | None, Decimal]:
        """The unit price and the line's amount."""
        party = self.parties[customer]
        sale = {"party": party["id"], "price_list": party["sale_price_list"], "currency": 1, "company": 1}
        said: dict[str, Any] = {
            "type": "line", "product": self.products[item]["id"], "quantity": float(quantity),
            "unit": self.units[unit], "company": 1, "taxes": [],
            **{f"_parent_sale.{name}": value for name, value in sale.items()},
        }  # fmt: skip
        said |= {"_parent_sale.id": -1, "_parent_sale.sale_date": None, "_parent_sale.invoice_party": None}
        line = self._rpc.read("model.sale.line.on_change", said, ["product"])
        return line.get("unit_price"), line["amount"]


@pytest.fixture(scope="module")
def lines(tryton: Tryton) -> OnSaleLines:
    return OnSaleLines(tryton.admin())


CODES = {"u": "C62", "bx": "bx", "g": "GRM", "kg": "KGM"}


@pytest.mark.parametrize("triples", [200, pytest.param(2_000, marks=pytest.mark.long)])
def test_prices_are_those_of_sale_lines(house: House, lines: OnSaleLines, chance: random.Random, triples: int) -> None:
    """Lists by category, steps, cost, fixed, with tax, by sale unit, crooked; in every unit; to the last digit."""
    differing = []
    customers = sorted(code for code in lines.parties if code.startswith("C"))
    for _ in range(triples):
        customer, item = chance.choice(customers), chance.choice(sorted(lines.products))
        weighed = lines.products[item]["default_uom"] == lines.units["g"]
        unit = chance.choice(["g", "kg"] if weighed else ["u", "u", "bx"])
        quantity = chance.choice(QUANTITIES)
        theirs = lines.price(customer, item, quantity, unit)
        ours = _ours(house, customer, item, quantity, unit)
        if ours != theirs:
            differing.append((customer, item, quantity, unit, ours, theirs))
    assert differing == []


def _ours(house: House, customer: str, item: str, quantity: str, unit: str) -> tuple[Decimal | None, Decimal]:
    asked = {"customer": customer, "quantity": quantity, "unit": CODES[unit], "channel": "tryton"}
    answer = house.price(item, **asked)
    if answer["outcome"] == "no_price":
        return None, Decimal(0)
    return Decimal(answer["net_price"]).quantize(Decimal("0.0001")), Decimal(answer["net"])
