"""The connector to Tryton keeps the contract of connectors, against a real Tryton."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import ClassVar

import pytest

from listino.connectors.erp_tryton.erp import Tryton as Connector
from listino.connectors.erp_tryton.erp import connect
from listino.connectors.erp_tryton.rpc import Rpc
from listino.testing.erp_contract import ErpContract
from tests.connectors.tryton.running import Tryton, http
from tests.server import free_port

_runs = count(1)
ADDRESS = ("party_name", "attn", "street", "postal_code", "city")


@dataclass
class TrytonRig:
    """The shared Tryton, with numbers of its own for each test."""

    erp: Connector
    server: Tryton
    admin: Rpc
    items: tuple[str, ...]
    prefix: str
    customer: str = "C07"

    def dead(self) -> Connector:
        """The same connector where nobody listens."""
        nobody = Tryton(self.server.folder, port=free_port())
        return connect(nobody.settings(), http(), self.server.folder)

    def documents(self, key: str) -> Sequence[str]:
        """Each sale with its lines and addresses, as the administrator reads them."""
        fields = [
            "description",
            "reference",
            "comment",
            "shipping_date",
            "lines",
            "invoice_address",
            "shipment_address",
        ]
        return [
            self._text(row) for row in self.admin.rows("sale.sale", [["description", "=", f"Listino {key}"]], fields)
        ]

    def _text(self, row: dict[str, object]) -> str:
        lines = self.admin.by_id("sale.line", list(row.pop("lines")), ["product.code", "description", "note"])  # type: ignore[call-overload]
        addresses = self.admin.by_id("party.address", [row["invoice_address"], row["shipment_address"]], ADDRESS)  # type: ignore[list-item]
        texts = [str(value) for part in (row, *lines, *addresses) for value in part.values()]
        return "\n".join(texts)

    def change_item(self) -> str:
        """A new list price for an item."""
        (row,) = self.admin.rows("product.product", [["code", "=", self.items[0]]], ["template", "list_price_used"])
        price = {"list_price": row["list_price_used"] + Decimal("0.01")}
        self.admin.write("model.product.template.write", [row["template"]], price)
        return self.items[0]


@pytest.fixture(scope="module")
def admin(tryton: Tryton) -> Rpc:
    return tryton.admin()


class TestTryton(ErpContract):
    """The whole contract; nothing of an order is left out."""

    NOT_CARRIED: ClassVar[dict[str, str]] = {}

    @pytest.fixture
    def rig(self, tryton: Tryton, admin: Rpc, tmp_path: Path) -> TrytonRig:
        # What was seeded a moment ago is told again within the overlap: here nobody else writes, so it may be short.
        erp: Connector = connect(tryton.settings(overlap_s=1), http(), tryton.folder)
        within = [["account_category.name", "=", "Acc full"], ["default_uom.symbol", "=", "u"], ["type", "=", "goods"]]
        items = tuple(row["code"] for row in admin.rows("product.product", within, ["code"]))
        return TrytonRig(erp, tryton, admin, items[:10], f"{next(_runs)}-")
