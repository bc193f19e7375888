"""What lies in Tryton's warehouse, as the stock of our items."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from listino.connectors.erp_tryton.rpc import Rpc
from listino.connectors.erp_tryton.settings import Settings
from listino.connectors.erp_tryton.shape import Shape
from listino.ports import Record


def stock_records(rpc: Rpc, shape: Shape, settings: Settings, items: Sequence[tuple[int, str]]) -> Iterator[Record]:
    """What is on hand of goods, today, in the own unit of each; a negative stock of Tryton's is none.

    Of consumables Tryton itself does not ask how many there are.

    Shapes:  items: ids of products with their codes.
    """
    warehouse = warehouse_of(shape, settings)
    if warehouse is None or not settings.stock:
        return
    codes = dict(items)
    context: dict[str, Any] = {"locations": [warehouse["id"]], "stock_date_end": shape.today, "with_childs": True}
    for row in rpc.by_id("product.product", list(codes), ["type", "consumable", "quantity"], **context):
        if row["type"] == "goods" and not row["consumable"]:
            on_hand = max(Decimal(row["quantity"] or 0), Decimal(0))
            said = {"on_hand": format(on_hand.normalize(), "f"), "warehouse": warehouse["code"] or "main"}
            yield Record("stock", codes[row["id"]], said)


def warehouse_of(shape: Shape, settings: Settings) -> dict[str, Any] | None:
    """The warehouse that counts: the one that the settings name, or the first."""
    named = [row for row in shape.warehouses if settings.warehouse in (None, row["code"])]
    return min(named, key=lambda row: row["id"], default=None)
