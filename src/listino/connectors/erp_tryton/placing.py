"""An order as a sale in Tryton: all of its lines in one call, with the totals that were charged."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from listino.connectors.erp_tryton.formulas import Untold
from listino.connectors.erp_tryton.notes import comment_of, own_text
from listino.connectors.erp_tryton.people import address_of, party_of
from listino.connectors.erp_tryton.rpc import Row, Rpc
from listino.connectors.erp_tryton.sales import as_order, found_sales, held_key, taken_on
from listino.connectors.erp_tryton.settings import Settings
from listino.connectors.erp_tryton.shape import Shape
from listino.connectors.erp_tryton.taxes import TaxSet, percent, substituted
from listino.connectors.erp_tryton.totals import SaleLine, Till, Totals
from listino.connectors.erp_tryton.units import Units
from listino.core.errors import ErpSaidNo, OutcomeUnknown, Unavailable
from listino.core.orders import Charge
from listino.ports import ErpOrder, LineToPlace, OrderToPlace

ZERO = Decimal(0)
PRODUCT_FIELDS = ("code", "default_uom", "sale_uom", "account_category")
SALE_DEFAULTS = ("company", "currency", "warehouse", "invoice_method", "shipment_method", "payment_term")


@dataclass(slots=True)
class _Counter:
    """What lines are made with: the shape of prices, the products that are sold, the party's tax rule."""

    shape: Shape
    units: Units
    till: Till
    rule: int | None
    products: dict[str, Row]
    shipping: str | None

    def line(self, line: LineToPlace) -> SaleLine:
        """A line of goods, or of what stands beside them."""
        product = self.products.get(line.item)
        if product is None:  # An own line whose rule is no product of Tryton's.
            charge = (line.net, line.tax, line.tax_percent)
            price = self.till.priced(line.quantity, line.net_price or ZERO, line.net)
            taxes = self._taxes_by(charge, line.item)
            return SaleLine(quantity=line.quantity, price=price, taxes=taxes, text=line.text or line.item)
        price = line.net_price if line.net_price is not None else line.net / line.quantity
        return SaleLine(
            quantity=line.quantity,
            price=self.till.priced(line.quantity, price, line.net),
            taxes=self._taxes_of(product, line),
            product=product["id"],
            unit=self._unit(product, line),
            text=line.text,
            note=own_text(line.fields),
        )

    def charge(self, charge: Charge) -> SaleLine:
        """Shipping, a fee or a voucher: the service that the settings name, or words alone."""
        net, tax = charge.net or ZERO, charge.tax or ZERO
        service = self.products.get(self.shipping) if self.shipping is not None and net >= 0 else None
        text = charge.text or charge.kind
        taxes = self._taxes_by((net, tax, charge.tax_percent), text)
        if service is None:
            return SaleLine(quantity=Decimal(1), price=net, taxes=taxes, text=text)
        return SaleLine(
            quantity=Decimal(1), price=net, taxes=taxes, product=service["id"], unit=service["default_uom"], text=text
        )

    def _unit(self, product: Row, line: LineToPlace) -> int:
        if line.unit is None:
            unit: int = product["default_uom"]
            return unit
        found = self.units.ids.get(line.unit)
        if found is None:
            text = f"Tryton has no unit {line.unit!r}, in which {line.item} was ordered."
            raise ErpSaidNo("unknown_unit", text, "Name the unit's symbol in the settings: [tryton.units].")
        return found

    def _taxes_of(self, product: Row, line: LineToPlace) -> TaxSet:
        """The taxes that Tryton has for goods and customer, which must be those that were charged."""
        category = self.shape.categories.get(product["account_category"] or 0)
        own = tuple(sorted(category["customer_taxes_used"])) if category is not None else ()
        taxes = substituted(self.shape, own, self.rule, self.shape.today)
        if line.tax_percent is None or self._percent(taxes) == line.tax_percent:
            return taxes
        if not line.net and not line.tax:
            return taxes
        if not line.tax and not line.tax_percent:
            return ()
        return self._taxes_by((line.net, line.tax, line.tax_percent), line.item)

    def _taxes_by(self, charged: tuple[Decimal, Decimal, Decimal | None], what: str) -> TaxSet:
        """Taxes of Tryton's by their percentage, where it has none of its own for what is charged."""
        net, tax, rate = charged
        if not tax:
            return ()
        if rate is None:
            rate = (tax * 100 / net) if net else ZERO
        known = sorted({self._own_taxes(product) for product in self.products.values()})
        single = [(row["id"],) for row in sorted(self.shape.taxes.values(), key=lambda row: int(row["id"]))
                  if row["parent"] is None and row["type"] == "percentage"]  # fmt: skip
        for taxes in (*known, *single):
            if abs(self._percent(taxes) - rate) <= self._blur(net):
                return taxes
        text = f"Tryton has no tax of {rate:.2f} %, which was charged for {what}."
        raise ErpSaidNo("tax_differs", text, "Correct the taxes in Tryton or in the store, or enter the order by hand.")

    def _own_taxes(self, product: Row) -> TaxSet:
        category = self.shape.categories.get(product["account_category"] or 0)
        own = tuple(sorted(category["customer_taxes_used"])) if category is not None else ()
        return substituted(self.shape, own, self.rule, self.shape.today)

    def _percent(self, taxes: TaxSet) -> Decimal:
        return percent(self.shape, taxes, self.shape.today)

    def _blur(self, net: Decimal) -> Decimal:
        """By how many percent a tax may seem to differ that was rounded to the coin."""
        return min(self.till.coin * 100 / abs(net), Decimal(1)) if net else ZERO


def placed(rpc: Rpc, settings: Settings, shape: Shape, order: OrderToPlace) -> ErpOrder:
    """Write an order as a sale, then take it as far as the settings say.

    Errors:  Unavailable, OutcomeUnknown, ErpSaidNo.
    """
    values = _sale(rpc, settings, shape, order)
    (number,) = rpc.write("model.sale.sale.create", [values])
    try:
        refusal = taken_on(rpc, number, settings.state)
        rows = found_sales(rpc, settings, order.key)
    except (Unavailable, ErpSaidNo) as error:
        # The sale stands; it is found by its key.
        raise OutcomeUnknown(error.detail) from error
    row = next((one for one in rows if one["id"] == number), None)
    if row is None:
        raise OutcomeUnknown(f"The sale {number} that was just made in Tryton is not found.")
    made = as_order(settings, row)
    if refusal is None:
        return made
    return ErpOrder(key=made.key, number=made.number, net=made.net, gross=made.gross, life=made.life, at=made.at,
                    text=f"It is left as {row['state']} in Tryton: {refusal}")  # fmt: skip


def _sale(rpc: Rpc, settings: Settings, shape: Shape, order: OrderToPlace) -> dict[str, Any]:
    """A sale in Tryton's fields."""
    said = order.order
    code = said.customer or order.erp_customer
    if code is None:
        raise ErpSaidNo("no_customer", "The order names no customer.", "Name its customer when it is released.")
    party = party_of(rpc, code)
    if said.currency not in shape.coins:
        text = f"Tryton has no currency {said.currency}."
        raise ErpSaidNo("unknown_currency", text, "Add the currency in Tryton, with a rate.")
    currency = next(number for number, name in shape.currencies.items() if name == said.currency)
    counter = _Counter(
        shape, Units(shape, settings), Till(shape, said.currency), party["customer_tax_rule"],
        _products(rpc, settings, order.lines), settings.shipping,
    )  # fmt: skip
    values = _defaults(rpc, party["id"]) | {"party": party["id"], "currency": currency}
    for field, where in (("invoice_address", said.bill_to), ("shipment_address", said.ship_to)):
        address = address_of(rpc, party, where) if where is not None else None
        if address is not None:
            values[field] = address
    if said.wanted_on is not None and said.wanted_on >= shape.today:
        values["shipping_date"] = said.wanted_on
    return values | {
        "reference": said.reference,
        "comment": comment_of(said),
        "lines": [["create", [_values(line) for line in _lines(counter, order)]]],
        settings.key_field: held_key(settings, order.key),
    }


def _defaults(rpc: Rpc, party: int) -> dict[str, Any]:
    """What Tryton itself fills in when a person starts a sale for a party."""
    started = rpc.read("model.sale.sale.default_get", list(SALE_DEFAULTS), False)
    company = rpc.context["company"]
    chosen = rpc.read("model.sale.sale.on_change", {"party": party, "company": company, "lines": []}, ["party"])
    found = {**started, **{name: value for name, value in chosen.items() if value is not None}}
    return {name: value for name, value in found.items() if not name.endswith(".")} | {"company": company}


def _products(rpc: Rpc, settings: Settings, lines: Sequence[LineToPlace]) -> dict[str, Row]:
    """The products of an order, and the service for charges.

    Errors:  ErpSaidNo naming what Tryton does not sell.
    """
    wanted = {line.item for line in lines}
    codes = sorted(wanted | ({settings.shipping} if settings.shipping is not None else set()))
    within = [["code", "in", codes], ["salable", "=", True]]
    found = {row["code"]: row for row in rpc.rows("product.product", within, PRODUCT_FIELDS)}
    needed = {line.item for line in lines if line.kind != "own_line"}
    missing = sorted(needed - found.keys())
    if missing:
        text = f"Tryton sells no active product {', '.join(missing)}."
        raise ErpSaidNo("unknown_item", text, "Make the product in Tryton, or let it be sold, and try again.")
    return found


def _lines(counter: _Counter, order: OrderToPlace) -> list[SaleLine]:
    """The lines, with what rounding needs for the totals that were charged."""
    lines = [counter.line(line) for line in order.lines] + [counter.charge(charge) for charge in order.charges]
    wanted = Totals(order.net, order.tax)
    try:
        balanced = counter.till.balanced(lines, wanted)
        made = counter.till.totals(lines)
    except Untold as reason:
        raise ErpSaidNo("tax_differs", str(reason), "Enter the order in Tryton by hand.") from reason
    if balanced is None:
        text = f"Charged were {order.net} and {order.tax} of tax; Tryton would make {made.net} and {made.tax} of it."
        remedy = "Correct the taxes in Tryton or in the store, or enter the order by hand."
        raise ErpSaidNo("totals_differ", text, remedy)
    return balanced


def _values(line: SaleLine) -> dict[str, Any]:
    said: dict[str, Any] = {
        "type": "line", "quantity": float(line.quantity), "unit_price": line.price, "product": line.product,
        "unit": line.unit, "description": line.text, "note": line.note,
    }  # fmt: skip
    if line.taxes:
        said["taxes"] = [["add", list(line.taxes)]]
    return {name: value for name, value in said.items() if value is not None}


def cancelled(rpc: Rpc, settings: Settings, key: str) -> None:
    """Cancel the sales under a key; those that are cancelled stay so.

    Errors:  Unavailable, OutcomeUnknown; ErpSaidNo where a sale is on its way already.
    """
    for row in _open_sales(found_sales(rpc, settings, key)):
        if row["state"] == "confirmed":
            rpc.write("model.sale.sale.draft", [row["id"]])
        rpc.write("model.sale.sale.cancel", [row["id"]])


def _open_sales(rows: Sequence[Row]) -> Iterator[Row]:
    for row in rows:
        if row["state"] in {"processing", "done"}:
            text = f"The sale {row['number']} is {row['state']} in Tryton."
            raise ErpSaidNo("too_late", text, "Cancel its shipments and invoices in Tryton, or take the goods back.")
        if row["state"] != "cancelled":
            yield row
