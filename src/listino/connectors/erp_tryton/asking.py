"""What Tryton itself says that goods cost: its own reckoning of a line of a sale."""

from decimal import Decimal
from typing import Any

from listino.connectors.erp_tryton.people import party_of
from listino.connectors.erp_tryton.rpc import Rpc
from listino.connectors.erp_tryton.settings import Settings
from listino.connectors.erp_tryton.shape import Shape
from listino.connectors.erp_tryton.units import Units
from listino.core.errors import ErpSaidNo
from listino.ports import AskedPrice, PriceAsk


def asked(rpc: Rpc, settings: Settings, shape: Shape, question: PriceAsk) -> AskedPrice:
    """The price of one line.

    Errors:  Unavailable; ErpSaidNo for an item, customer, unit or currency that Tryton does not know.
    """
    units = Units(shape, settings)
    within = [["code", "=", question.item], ["salable", "=", True]]
    products = list(rpc.rows("product.product", within, ["sale_uom"]))
    currency = next((number for number, code in shape.currencies.items() if code == question.currency), None)
    unit = units.ids.get(question.unit) if question.unit is not None else None
    if not products or currency is None or (question.unit is not None and unit is None):
        text = f"Tryton does not know {question.item} in {question.unit or 'its unit'} and {question.currency}."
        raise ErpSaidNo("unknown_item", text, "Compare the codes in Tryton with those in Listino.")
    price_list, party = shape.default_list, None
    if question.customer is not None:
        party = party_of(rpc, question.customer)["id"]
        (row,) = rpc.by_id("party.party", [party], ["sale_price_list"])
        price_list = row["sale_price_list"] or price_list
    sale = {"id": -1, "party": party, "price_list": price_list, "currency": currency, "company": shape.company,
            "sale_date": None, "invoice_party": None}  # fmt: skip
    said: dict[str, Any] = {
        "type": "line", "product": products[0]["id"], "quantity": float(question.quantity), "unit": unit,
        "company": shape.company, "taxes": [], **{f"_parent_sale.{name}": value for name, value in sale.items()},
    }  # fmt: skip
    line = rpc.read("model.sale.line.on_change", said, ["product"])
    price: Decimal | None = line.get("unit_price")
    reason = None if price is not None else "no_price"
    return AskedPrice(currency=question.currency, net_price=price, reason=reason)
