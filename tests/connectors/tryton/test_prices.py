"""Prices that Listino makes of what Tryton tells are those that Tryton makes on a sale line."""

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from listino.connectors.erp_tryton.erp import Tryton as Connector
from listino.connectors.erp_tryton.rpc import Rpc
from listino.ports import PriceAsk
from tests.connectors.tryton.mirrored import mirrored
from tests.connectors.tryton.running import Tryton
from tests.shop import NOW, House, opened

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
        fields = ["code", "default_uom", "sale_uom", "account_category.name"]
        self.products = {row["code"]: row for row in admin.rows("product.product", [["salable", "=", True]], fields)}
        self.units = {row["symbol"]: row["id"] for row in admin.rows("product.uom", [], ["symbol"])}

    def taxed(self, customer: str, item: str) -> Decimal:
        """The tax on a hundred, on a sale that is saved."""
        line = self._entered(customer, item, "1", "u")
        taxes = [one["id"] for _, one in line.get("taxes", {}).get("add", ())]
        said = {"type": "line", "product": self.products[item]["id"], "quantity": 1.0, "unit": self.units["u"],
                "unit_price": Decimal(100), "taxes": [["add", taxes]]}  # fmt: skip
        sale = {"party": self.parties[customer]["id"], "company": 1, "currency": 1, "lines": [["create", [said]]]}
        (number,) = self._rpc.write("model.sale.sale.create", [sale])
        (made,) = self._rpc.by_id("sale.sale", [number], ["tax_amount"])
        tax: Decimal = made["tax_amount"]
        return tax

    def price(self, customer: str, item: str, quantity: str, unit: str) -> tuple[Decimal | None, Decimal]:
        """The unit price and the line's amount."""
        line = self._entered(customer, item, quantity, unit)
        return line.get("unit_price"), line["amount"]

    def _entered(self, customer: str, item: str, quantity: str, unit: str) -> Any:
        party = self.parties[customer]
        sale = {"party": party["id"], "price_list": party["sale_price_list"], "currency": 1, "company": 1}
        said: dict[str, Any] = {
            "type": "line", "product": self.products[item]["id"], "quantity": float(quantity),
            "unit": self.units[unit], "company": 1, "taxes": [],
            **{f"_parent_sale.{name}": value for name, value in sale.items()},
        }  # fmt: skip
        said |= {"_parent_sale.id": -1, "_parent_sale.sale_date": None, "_parent_sale.invoice_party": None}
        return self._rpc.read("model.sale.line.on_change", said, ["product"])


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


@pytest.mark.parametrize("customer", ["C07", "C05"])
@pytest.mark.parametrize(
    ("category", "own", "ruled"),
    [("full", "22", "0"), ("reduced", "10", "14"), ("low", "4", "4"), ("two", "23.5", "0"), ("dated", "9", "9"),
     ("free", "0", "0")],
)  # fmt: skip
def test_taxes_are_those_of_sales(
    house: House, lines: OnSaleLines, customer: str, category: str, own: str, ruled: str
) -> None:
    """One tax, two, none, one that changed with the year; for a customer under a tax rule and for one without."""
    item = next(
        code
        for code, row in sorted(lines.products.items())
        if row["account_category."]["name"] == f"Acc {category}"
        and row["default_uom"] == lines.units["u"]
        and code != "P013"  # It has no price.
    )
    answer = house.price(item, customer=customer, channel="tryton", unit="C62")
    assert answer["tax_percent"] == (own if customer == "C07" else ruled)
    assert Decimal(answer["tax_percent"]) == lines.taxed(customer, item)


def test_asked_in_dollars_or_by_nobody_the_price_is_the_same(
    house: House, erp: Connector, lines: OnSaleLines, chance: random.Random
) -> None:
    """What the connector asks of Tryton for comparisons: in another currency, and for a guest."""
    items = sorted(set(lines.products) - {"P013"})
    for currency, customer in [("USD", "C07"), ("USD", "C01"), ("USD", "C04"), ("EUR", None), ("USD", None)] * 3:
        item, quantity = chance.choice(items), chance.choice(("1", "7", "12"))
        ask = PriceAsk(
            item=item, customer=customer, quantity=Decimal(quantity), unit=None, currency=currency, channel=None, at=NOW
        )
        sold_by = lines.products[item]["sale_uom"]
        unit = next(CODES[symbol] for symbol, number in lines.units.items() if number == sold_by)
        asked = {"quantity": quantity, "unit": unit, "channel": "tryton", "currency": currency}
        ours = house.price(item, **asked, **({"customer": customer} if customer is not None else {}))
        assert Decimal(ours["net_price"]) == erp.ask_price(ask).net_price, (item, quantity, currency, customer)
