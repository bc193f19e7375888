"""The book follows Tryton: everything at first, then what changes, and what cannot be said is listed."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from listino.connectors.erp_tryton.erp import Tryton as Connector
from listino.connectors.erp_tryton.erp import connect
from listino.connectors.erp_tryton.rpc import Rpc
from tests.connectors.tryton.mirrored import mirrored
from tests.connectors.tryton.running import Tryton, http
from tests.shop import House, opened

# Fewer records than this are what changed, more are everything.
CHANGES_MAX = 200


@pytest.fixture(scope="module")
def admin(tryton: Tryton) -> Rpc:
    return tryton.admin()


@pytest.fixture(scope="module")
def fresh(tryton: Tryton) -> Connector:
    """A connector of this file's own: what one remembers is no part of what a book knows."""
    return connect(tryton.settings(overlap_s=1), http(), tryton.folder)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, fresh: Connector) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("house"), company=False) as found:
        mirrored(found, fresh)
        yield found


def _price(house: House, item: str, customer: str, quantity: str = "1") -> Any:
    return house.price(item, customer=customer, quantity=quantity, channel="tryton").get("net_price")


def _id(admin: Rpc, model: str, name: str, value: Any) -> int:
    (row,) = admin.rows(model, [[name, "=", value]], [name])
    number: int = row["id"]
    return number


def _made(admin: Rpc, code: str, price: str) -> int:
    """A product sold in pieces at 22 percent; its template."""
    category, unit = _id(admin, "product.category", "name", "Acc full"), _id(admin, "product.uom", "symbol", "u")
    (number,) = admin.write(
        "model.product.template.create",
        [{"name": code, "code": code, "type": "goods", "salable": True, "default_uom": unit, "sale_uom": unit,
          "account_category": category, "list_price": Decimal(price), "products": [["create", [{}]]]}],
    )  # fmt: skip
    made: int = number
    return made


def test_a_run_without_changes_changes_nothing(house: House, fresh: Connector) -> None:
    mirrored(house, fresh)
    again = mirrored(house, fresh)
    assert (again.full, again.changed, again.ended) == (False, 0, 0)


def test_a_new_product_and_its_new_price_are_followed(house: House, fresh: Connector, admin: Rpc) -> None:
    template = _made(admin, "NEW1", "12.3456")
    mirrored(house, fresh)
    assert _price(house, "NEW1", "C07") == "12.3456"
    admin.write("model.product.template.write", [template], {"list_price": Decimal("7.5")})
    run = mirrored(house, fresh)
    assert run.read < CHANGES_MAX
    assert _price(house, "NEW1", "C07") == "7.50"
    assert house.get("/v1/items/NEW1").json()["tax_class"].startswith("tryton-")


def test_a_product_that_is_no_longer_sold_ends(house: House, fresh: Connector, admin: Rpc) -> None:
    template = _made(admin, "NEW2", "3")
    mirrored(house, fresh)
    assert _price(house, "NEW2", "C07") == "3.00"
    admin.write("model.product.template.write", [template], {"active": False})
    assert mirrored(house, fresh).read < CHANGES_MAX
    assert house.get("/v1/prices/NEW2", customer="C07", channel="tryton").status == 404
    admin.write("model.product.template.write", [template], {"active": True})
    mirrored(house, fresh)
    assert _price(house, "NEW2", "C07") == "3.00"


def test_a_changed_formula_a_new_line_and_a_deleted_one_are_followed(
    house: House, fresh: Connector, admin: Rpc
) -> None:
    _made(admin, "NEW3", "100")
    mirrored(house, fresh)
    assert _price(house, "NEW3", "C01") == "97.00"
    within = [["price_list.name", "=", "wholesale"], ["formula", "=", "unit_price * 0.97"]]
    (line,) = admin.rows("product.price_list.line", within, ["price_list"])
    admin.write("model.product.price_list.line.write", [line["id"]], {"formula": "unit_price * 0.95"})
    assert mirrored(house, fresh).read > CHANGES_MAX
    assert _price(house, "NEW3", "C01") == "95.00"
    product = _id(admin, "product.product", "code", "NEW3")
    said = {"price_list": line["price_list"], "product": product, "formula": "88.8888", "quantity": 5.0, "sequence": 0}
    (added,) = admin.write("model.product.price_list.line.create", [said])
    mirrored(house, fresh)
    assert [_price(house, "NEW3", "C01", quantity) for quantity in ("4.9", "5")] == ["95.00", "88.8888"]
    admin.write("model.product.price_list.line.delete", [added])
    admin.write("model.product.price_list.line.write", [line["id"]], {"formula": "unit_price * 0.97"})
    mirrored(house, fresh)
    assert _price(house, "NEW3", "C01", "5") == "97.00"
    assert mirrored(house, fresh).read < CHANGES_MAX


def test_a_customer_gets_another_list_and_another_tax(house: House, fresh: Connector, admin: Rpc) -> None:
    _made(admin, "NEW4", "100")
    (party,) = admin.write("model.party.party.create", [{"name": "Nuovo", "code": "N1"}])
    mirrored(house, fresh)
    asked = house.price("NEW4", customer="N1", channel="tryton")
    assert (asked["net_price"], asked["tax_percent"]) == ("100.00", "22")
    listed = _id(admin, "product.price_list", "name", "wholesale")
    rule = _id(admin, "account.tax.rule", "name", "Intra EU")
    admin.write("model.party.party.write", [party], {"sale_price_list": listed, "customer_tax_rule": rule})
    assert mirrored(house, fresh).read < CHANGES_MAX
    asked = house.price("NEW4", customer="N1", channel="tryton")
    assert (asked["net_price"], asked["tax_percent"], asked["price_list"]) == ("97.00", "0", f"tryton-{listed}")


def test_stock_is_followed(house: House, fresh: Connector, admin: Rpc) -> None:
    _made(admin, "NEW5", "100")
    mirrored(house, fresh)
    assert house.get("/v1/stock/NEW5").json()["available"] == "0"
    places = {code: _id(admin, "stock.location", "code", code) for code in ("SUP", "STO")}
    said = {"product": _id(admin, "product.product", "code", "NEW5"), "unit": _id(admin, "product.uom", "symbol", "u"),
            "quantity": 12.0, "from_location": places["SUP"], "to_location": places["STO"], "company": 1,
            "currency": 1, "unit_price": Decimal(1), "unit_price_updated": True}  # fmt: skip
    (move,) = admin.write("model.stock.move.create", [said])
    admin.write("model.stock.move.do", [move])
    assert mirrored(house, fresh).read < CHANGES_MAX
    assert house.get("/v1/stock/NEW5").json()["available"] == "12"


def test_what_cannot_be_said_is_listed_and_gives_no_price(house: House, fresh: Connector) -> None:
    mirrored(house, fresh, full=True)
    problems = house.get("/v1/mirror").json()
    text = str(problems)
    assert "P013" in text
    for customer in ("C01", "C04", "C06"):
        assert house.price("P013", customer=customer, channel="tryton")["outcome"] == "no_price"


def test_the_default_list_counts_for_who_has_none(house: House, fresh: Connector, admin: Rpc) -> None:
    _made(admin, "NEW6", "100")
    listed = _id(admin, "product.price_list", "name", "wholesale")
    admin.write("model.sale.configuration.write", [1], {"sale_price_list": listed})
    assert mirrored(house, fresh).read > CHANGES_MAX
    assert _price(house, "NEW6", "C07") == "97.00"
    assert house.price("NEW6", channel="tryton")["net_price"] == "97.00"
    admin.write("model.sale.configuration.write", [1], {"sale_price_list": None})
    mirrored(house, fresh)
    assert _price(house, "NEW6", "C07") == "100.00"
