"""Tryton's price lists as ours: in each the first line that fits wins, by a formula that is worked out per item."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from listino.connectors.erp_tryton.formulas import Untold, evaluated
from listino.connectors.erp_tryton.shape import Line, PriceList, Shape
from listino.connectors.erp_tryton.taxes import TaxSet, percent, substituted
from listino.connectors.erp_tryton.units import Units
from listino.ports import Record, Untranslated

EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
NINE_PLACES = Decimal("1e-9")
SALE_UNIT = "sale_unit"


@dataclass(frozen=True, slots=True)
class Variant:
    """A price list as it counts for customers under one tax rule, where its prices hold tax: each its net prices."""

    list: PriceList
    rule: int | None = None

    @property
    def code(self) -> str:
        """The code of our price list, and of the group of customers that has it."""
        return f"tryton-{self.list.id}{self._suffix}"

    @property
    def _suffix(self) -> str:
        return "" if self.rule is None else f"-rule-{self.rule}"

    def line_code(self, line: Line) -> str:
        """The code of a line's rule, and of the price attribute that holds what its formula comes to for an item."""
        return f"tryton-line-{line.id}{self._suffix}"


@dataclass(frozen=True, slots=True)
class Goods:
    """A product as price lists see it: prices per its own unit, its categories with all above them."""

    id: int
    code: str
    list_price: Decimal | None
    cost_price: Decimal
    categories: frozenset[int]
    taxes: TaxSet
    unit: int
    sale_unit: int


@dataclass(slots=True)
class Priced:
    """What the lists say of one product.

    Shapes:  attributes: by the line's code, for lines that are for many goods; rules: for those of this one.
    """

    attributes: dict[str, Decimal] = field(default_factory=dict)
    rules: list[Record] = field(default_factory=list)
    untold: list[Untranslated] = field(default_factory=list)


def variants(shape: Shape) -> Iterator[Variant]:
    """Each list once, and one with tax in it once more for each tax rule."""
    for listed in sorted(shape.lists.values(), key=lambda one: one.id):
        yield Variant(listed)
        if listed.with_tax:
            yield from (Variant(listed, rule) for rule in sorted(shape.rules))


def priced(shape: Shape, units: Units, goods: Goods) -> Priced:
    """What each line of each list that is for a product comes to."""
    found = Priced()
    for variant in variants(shape):
        _add(shape, units, goods, (variant, found))
    return found


def _add(shape: Shape, units: Units, goods: Goods, into: tuple[Variant, Priced]) -> None:
    variant, found = into
    lines = [line for line in variant.list.lines if _is_for(line, goods)]
    for place, line in enumerate(lines):
        try:
            price = _price(shape, variant, line, goods)
        except Untold as reason:
            remedy = "Write the formula as arithmetic on list_price, cost_price and unit_price."
            found.untold.append(
                Untranslated("rules", f"{variant.line_code(line)}/{goods.code}"[:64], str(reason), remedy)
            )
            price = None
        if price is None:
            # Tryton has no price here, whatever the lines after it say.
            if lines[place + 1 :] and line.quantity:
                text = f"In the list {variant.list.name!r} a line has no price for {goods.code}, which ends it there."
                remedy = "Give the product the price that the formula starts from."
                found.untold.append(Untranslated("rules", f"{variant.code}/{goods.code}"[:64], text, remedy))
            return
        if line.product is None:
            found.attributes[variant.line_code(line)] = price
        else:
            found.rules.append(_own_rule(variant, line, goods, (price, units)))


def _is_for(line: Line, goods: Goods) -> bool:
    return (line.product is None or line.product == goods.id) and (
        line.category is None or line.category in goods.categories
    )


def _price(shape: Shape, variant: Variant, line: Line, goods: Goods) -> Decimal | None:
    """What a line's formula comes to, without tax, per the product's own unit."""
    base: Mapping[str | None, Decimal | None] = {"list_price": goods.list_price, "cost_price": goods.cost_price}
    names = {**base, "unit_price": base.get(variant.list.starts_from)}
    price = evaluated(line.formula, {name: names[name] for name in names if name}, shape.digits)
    if price is None:
        return None
    if price < 0:
        raise Untold(f"The formula {line.formula!r} gives {price} for {goods.code}: a price below nothing.")
    if not variant.list.with_tax:
        return price
    rate = percent(shape, substituted(shape, goods.taxes, variant.rule, shape.today), shape.today)
    return EXACT.divide(price * 100, 100 + rate).quantize(NINE_PLACES, context=EXACT)


def _own_rule(variant: Variant, line: Line, goods: Goods, at: tuple[Decimal, Units]) -> Record:
    """The rule of a line that is for one product: its price as it is."""
    price, units = at
    said = _said(variant, line) | {"item": goods.code}
    if not line.quantity:
        return Record("rules", variant.line_code(line), said | {"value": format(price, "f")})
    measured = goods.sale_unit if variant.list.by_sale_unit else goods.unit
    start = EXACT.multiply(line.quantity, units.factor(measured, goods.unit))
    tiers = [{"from": format(start.normalize(EXACT), "f"), "value": format(price, "f")}]
    return Record("rules", variant.line_code(line), said | {"scale": {"tiers": tiers}})


def list_records(shape: Shape, units: Units, sale_units: Mapping[int, set[int]]) -> Iterator[Record]:
    """The lists, for whom they count, and the rules of lines that are for many goods.

    Shapes:  sale_units: by sale unit, the own units of goods that are sold by it.
    """
    for variant in variants(shape):
        yield from _frame(variant, shape)
        for line in variant.list.lines:
            if line.product is None:
                yield from _shared_rules(variant, line, units, sale_units)
    default = shape.lists.get(shape.default_list) if shape.default_list is not None else None
    if default is not None:
        # Who has no list of its own has this one, and no other price where it has none.
        yield Record("assignments", "tryton-default", {"list": Variant(default).code, "mode": "replace"})


def _frame(variant: Variant, shape: Shape) -> Iterator[Record]:
    name = variant.list.name if variant.rule is None else f"{variant.list.name} ({shape.rules[variant.rule]})"
    yield Record("price-lists", variant.code, {"name": name, "currency": shape.currency})
    yield Record("customer-groups", variant.code, {"name": name})
    assigned = {"list": variant.code, "customer_group": variant.code, "mode": "replace"}
    yield Record("assignments", variant.code, assigned)


def _shared_rules(variant: Variant, line: Line, units: Units, sale_units: Mapping[int, set[int]]) -> Iterator[Record]:
    """One rule, or one for each unit of sale where the quantity is counted in those."""
    code = variant.line_code(line)
    said = _said(variant, line) | {"formula": {"attribute": code}}
    if line.category is not None:
        said["item_group"] = group_code(line.category)
    if not line.quantity:
        yield Record("rules", code, said)
        return
    needs = {"measure": "quantity", "by": "line", "from": format(line.quantity, "f")}
    if not variant.list.by_sale_unit:
        yield Record("rules", code, said | {"requires": [needs]})
        return
    for sale_unit in sorted(sale_units):
        unit = units.codes[sale_unit]
        for_unit = {"attributes": {SALE_UNIT: unit}, "requires": [needs | {"unit": unit}]}
        yield Record("rules", f"{code}-{sale_unit}", said | for_unit)


def _said(variant: Variant, line: Line) -> dict[str, Any]:
    """What all rules of lines say: an earlier line comes first."""
    place = variant.list.lines.index(line) + 1
    return {
        "action": "price",
        "list": variant.code,
        "priority": -place,
        "label": f"{variant.list.name}: {line.formula}",
    }


def group_code(category: int) -> str:
    """The code of the item group that a category is."""
    return f"tryton-{category}"
