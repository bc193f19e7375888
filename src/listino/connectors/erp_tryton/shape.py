"""What Tryton's prices rest on beside items and customers: lists, categories, taxes, units. Read whole."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from listino.connectors.erp_tryton.rpc import Row, Rpc

# What is read of each model, whose changes mean that all of it is read again.
MODELS: Mapping[str, tuple[str, ...]] = {
    "product.price_list": ("name", "price", "unit", "tax_included", "company"),
    "product.price_list.line": ("price_list", "sequence", "product", "category", "quantity", "formula"),
    "product.category": ("name", "parent", "customer_taxes_used"),
    "account.tax": (
        "name", "type", "rate", "parent", "childs", "start_date", "end_date", "update_unit_price", "sequence", "group",
    ),
    "account.tax.rule": ("name", "kind", "company"),
    "account.tax.rule.line": (
        "rule", "origin_tax", "tax", "keep_origin", "group", "start_date", "end_date", "sequence",
    ),
    "product.uom": ("name", "symbol", "category", "factor", "rate"),
    "currency.currency": ("code", "rounding"),
    "currency.currency.rate": ("currency", "date", "rate"),
    "stock.location": ("name", "code", "type"),
}  # fmt: skip
# Those that are deleted in daily work: nothing else tells it.
COUNTED = ("product.price_list.line", "product.category", "account.tax.rule.line", "currency.currency.rate")
# Settings of which there is one record, and what of them counts.
SETTINGS = {"sale.configuration": "sale_price_list", "account.configuration": "tax_rounding"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a price list: for which goods, from which quantity, by which formula."""

    id: int
    product: int | None
    category: int | None
    quantity: Decimal
    formula: str


@dataclass(frozen=True, slots=True)
class PriceList:
    """A price list of the company's, its lines in the order in which the first that fits wins."""

    id: int
    name: str
    starts_from: str | None
    with_tax: bool
    by_sale_unit: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of measure: `factor` of its category's base unit, by the more exact of Tryton's two numbers."""

    id: int
    name: str
    symbol: str
    category: int
    factor: Decimal
    divisor: Decimal


@dataclass(slots=True)
class Shape:
    """The company's lists, categories, taxes and units, by their ids in Tryton."""

    company: int
    currency: str
    digits: int
    today: date
    lists: dict[int, PriceList]
    default_list: int | None
    categories: dict[int, Row]
    taxes: dict[int, Row]
    rules: dict[int, str]
    rule_lines: dict[int, list[Row]]
    units: dict[int, Unit]
    currencies: dict[int, str]
    coins: dict[str, Decimal]
    tax_rounding: str
    rates: list[Row]
    warehouses: list[Row]

    def tree(self, category: int) -> Iterator[int]:
        """A category with all that it lies in."""
        above: int | None = category
        seen: set[int] = set()
        while above is not None and above in self.categories and above not in seen:
            seen.add(above)
            yield above
            above = self.categories[above]["parent"]


def shape_of(rpc: Rpc, today: date) -> Shape:
    """Everything that items' and customers' prices rest on.

    Errors:  Unavailable; ErpSaidNo where the user may not read it.
    """
    company = rpc.context["company"]
    # What was taken out of use still counts for whoever has it.
    found = {
        model: list(rpc.rows(model, _domain(model, company), fields, active_test=False))
        for model, fields in MODELS.items()
    }
    (own,) = rpc.by_id("company.company", [company], ["currency"])
    (sales,) = rpc.by_id("sale.configuration", [1], ["sale_price_list"])
    (accounts,) = rpc.by_id("account.configuration", [1], ["tax_rounding"])
    told = rpc.read("model.product.product.fields_get", ["list_price"])["list_price"]["digits"]
    currencies = {row["id"]: row["code"] for row in found["currency.currency"]}
    rule_lines: dict[int, list[Row]] = {}
    for row in sorted(found["account.tax.rule.line"], key=in_order):
        rule_lines.setdefault(row["rule"], []).append(row)
    return Shape(
        company=company,
        currency=currencies[own["currency"]],
        digits=json.loads(told)[1] if isinstance(told, str) else told[1],
        today=today,
        lists=_lists(found["product.price_list"], found["product.price_list.line"]),
        default_list=sales["sale_price_list"],
        categories={row["id"]: row for row in found["product.category"]},
        taxes={row["id"]: row for row in found["account.tax"]},
        rules={row["id"]: row["name"] for row in found["account.tax.rule"] if row["kind"] != "purchase"},
        rule_lines=rule_lines,
        units={row["id"]: _unit(row) for row in found["product.uom"]},
        currencies=currencies,
        coins={row["code"]: row["rounding"] or Decimal("0.01") for row in found["currency.currency"]},
        tax_rounding=accounts["tax_rounding"] or "document",
        rates=found["currency.currency.rate"],
        warehouses=[row for row in found["stock.location"] if row["type"] == "warehouse"],
    )


def _domain(model: str, company: int) -> list[Any]:
    of_company = model in {"product.price_list", "account.tax", "account.tax.rule"}
    return [["company", "=", company]] if of_company else []


def in_order(row: Row) -> tuple[bool, int, int]:
    """Where a record stands among others in Tryton: those without a sequence first."""
    return row["sequence"] is not None, row["sequence"] or 0, row["id"]


def _lists(lists: list[Row], lines: list[Row]) -> dict[int, PriceList]:
    ordered = sorted(lines, key=lambda row: (row["price_list"], *in_order(row)))
    by_list = {number: list(group) for number, group in groupby(ordered, key=lambda row: row["price_list"])}
    return {
        row["id"]: PriceList(
            row["id"], row["name"], row["price"], bool(row["tax_included"]), row["unit"] == "product_sale",
            tuple(_line(line) for line in by_list.get(row["id"], ())),
        )
        for row in lists
    }  # fmt: skip


def _line(row: Row) -> Line:
    return Line(row["id"], row["product"], row["category"], Decimal(row["quantity"] or 0), row["formula"])


def _unit(row: Row) -> Unit:
    """The number with fewer decimals is the one that was meant, as Tryton takes it."""
    factor, rate = (Decimal(row[name]).quantize(Decimal("1e-12")).normalize() for name in ("factor", "rate"))
    lengths = [max(-int(number.as_tuple().exponent), 0) for number in (factor, rate)]
    by_factor = lengths[0] < lengths[1] or (lengths[0] == lengths[1] and factor >= 1)
    given = (factor, Decimal(1)) if by_factor else (Decimal(1), rate)
    return Unit(row["id"], row["name"], row["symbol"], row["category"], *given)
