"""Tryton's products as our items, each with its own price and what the lists say of it."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from listino.connectors.erp_tryton.lists import SALE_UNIT, Goods, group_code, priced, variants
from listino.connectors.erp_tryton.rpc import Row
from listino.connectors.erp_tryton.shape import Shape
from listino.connectors.erp_tryton.taxes import TaxSet, tax_class
from listino.connectors.erp_tryton.units import Units, is_kept
from listino.ports import Record, Untranslated

CODE_LENGTH_MAX = 64
FIELDS = (
    "code", "name", "active", "template.active", "salable", "list_price_used", "cost_price", "default_uom", "sale_uom",
    "account_category", "categories_all",
)  # fmt: skip


class Shelf:
    """The products that were met: which sets of taxes and units of sale they have, which codes they came under."""

    def __init__(self, shape: Shape, units: Units) -> None:
        self._shape = shape
        self._units = units
        self.tax_sets: set[TaxSet] = set()
        self.sale_units: dict[int, set[int]] = {}
        self._own: dict[int, list[str]] = {}
        for variant in variants(shape):
            for line in variant.list.lines:
                if line.product is not None:
                    self._own.setdefault(line.product, []).append(variant.line_code(line))

    def records(self, row: Row) -> Iterator[Record | Untranslated]:
        """A product as an item, the rule of its own price, and its own lines in price lists; or that it ended."""
        code = row["code"] or ""
        price_code = f"tryton-price-{row['id']}"
        if not is_sold(row):
            if code:
                yield Record("items", code, None)
            yield Record("rules", price_code, None)
            yield from (Record("rules", own, None) for own in self._own.get(row["id"], ()))
            return
        problem = self._problem(row)
        if problem is not None:
            yield problem
            return
        goods = self._goods(row)
        found = priced(self._shape, self._units, goods)
        yield Record("items", code, self._said(row, goods, found.attributes))
        said: dict[str, Any] | None = None
        if goods.list_price is not None:
            said = {"action": "price", "list": "base", "item": code, "value": format(goods.list_price, "f")}
        yield Record("rules", price_code, said)
        yield from found.rules
        told = {record.code for record in found.rules}
        yield from (Record("rules", own, None) for own in self._own.get(row["id"], ()) if own not in told)
        yield from found.untold
        if not is_kept(self._units.factor(goods.sale_unit, goods.unit)):
            sold, own = self._units.codes[goods.sale_unit], self._units.codes[goods.unit]
            text = f"{code} is sold by {sold}, which we cannot keep as an exact number of {own}."
            yield Untranslated("items", f"{code}/{sold}"[:CODE_LENGTH_MAX], text, "Order it in its own unit.")

    def _problem(self, row: Row) -> Untranslated | None:
        """Why a product cannot be told at all."""
        name, code = row["name"], row["code"]
        if not code:
            return Untranslated("items", f"product {row['id']}", f"{name!r} has no code.", "Give it a code in Tryton.")
        if len(code) > CODE_LENGTH_MAX:
            text = f"The code of {name!r} has more than {CODE_LENGTH_MAX} characters."
            return Untranslated("items", code[:CODE_LENGTH_MAX], text, "Shorten it in Tryton.")
        if row["account_category"] is None:
            text = f"{code} has no account category: Tryton knows no taxes of it."
            return Untranslated("items", code, text, "Give the product its account category in Tryton.")
        if row["list_price_used"] is not None and row["list_price_used"] < 0:
            return Untranslated("items", code, f"{code} has a list price below 0.", "Correct it in Tryton.")
        return None

    def _goods(self, row: Row) -> Goods:
        shape, own = self._shape, row["default_uom"]
        taxes = tuple(sorted(shape.categories[row["account_category"]]["customer_taxes_used"]))
        categories = frozenset(above for one in row["categories_all"] for above in shape.tree(one))
        sale_unit = row["sale_uom"] or own
        self.tax_sets.add(taxes)
        self.sale_units.setdefault(sale_unit, set()).add(own)
        cost = row["cost_price"] or Decimal(0)
        return Goods(row["id"], row["code"], row["list_price_used"], cost, categories, taxes, own, sale_unit)

    def _said(self, row: Row, goods: Goods, attributes: dict[str, Decimal]) -> dict[str, Any]:
        codes = self._units.codes
        packagings = [
            {"unit": codes[unit], "factor": format(factor, "f")} for unit, factor in self._units.beside(goods.unit)
        ]
        prices = [
            {"name": name, "value": format(value, "f"), "currency": self._shape.currency}
            for name, value in sorted(attributes.items())
        ]
        return {
            "name": row["name"],
            "unit": codes[goods.unit],
            "packagings": packagings,
            "item_groups": [group_code(number) for number in sorted(row["categories_all"])],
            "tax_class": tax_class(goods.taxes),
            "cost": format(max(goods.cost_price, Decimal(0)), "f"),
            "cost_currency": self._shape.currency,
            "price_attributes": prices,
            "attributes": {SALE_UNIT: codes[goods.sale_unit]},
        }


def is_sold(row: Row) -> bool:
    """Whether a product is sold now: neither it nor what it is a variant of was taken out."""
    return bool(row["active"] and row["template."]["active"] and row["salable"])
