"""Tryton's parties as our customers: who they are, which price list is theirs, how they are taxed."""

from collections.abc import Iterator
from typing import Any

from listino.connectors.erp_tryton.items import CODE_LENGTH_MAX
from listino.connectors.erp_tryton.lists import Variant
from listino.connectors.erp_tryton.rpc import Row, Rpc
from listino.connectors.erp_tryton.shape import Shape
from listino.connectors.erp_tryton.taxes import tax_status
from listino.ports import Record, Untranslated

FIELDS = (
    "code", "name", "active", "email", "phone", "lang.code", "sale_price_list", "customer_tax_rule",
    "customer_currency.code", "tax_identifier.code", "addresses",
)  # fmt: skip
_ADDRESS = ("street", "postal_code", "city", "subdivision.code", "country.code")
# What only a module brings that need not be there.
_PERSON = {"email": "mail", "phone": "phone", "tax_identifier": "vat_id"}


def customer_records(rpc: Rpc, shape: Shape, rows: list[Row]) -> Iterator[Record | Untranslated]:
    """Parties as customers, or that they ended; the first of a party's addresses is its own."""
    firsts = [row["addresses"][0] for row in rows if row["addresses"]]
    addresses = {row["id"]: row for row in rpc.by_id("party.address", firsts, _ADDRESS)}
    for row in rows:
        code = row["code"] or ""
        if not code or len(code) > CODE_LENGTH_MAX:
            if row["active"]:
                text = f"The party {row['name'] or row['id']} has no code of at most {CODE_LENGTH_MAX} characters."
                yield Untranslated("customers", f"party {row['id']}", text, "Give it a code in Tryton.")
        elif row["active"]:
            yield Record("customers", code, _said(shape, row, addresses.get(next(iter(row["addresses"]), 0))))
        else:
            yield Record("customers", code, None)


def _said(shape: Shape, row: Row, address: Row | None) -> dict[str, Any]:
    rule = row["customer_tax_rule"]
    said: dict[str, Any] = {
        "name": row["name"],
        "mail": row["email"],
        "phone": row["phone"],
        "vat_id": _inner(row, "tax_identifier"),
        "currency": _inner(row, "customer_currency"),
        "language": _inner(row, "lang"),
        "customer_groups": _groups(shape, row),
        "tax_status": tax_status(rule) if rule in shape.rules else None,
    }
    if address is not None:
        said |= {"street": address["street"], "postcode": address["postal_code"], "city": address["city"]}
        said |= {"country": _inner(address, "country"), "region": _inner(address, "subdivision")}
    return {name: value for name, value in said.items() if value}


def _groups(shape: Shape, row: Row) -> list[str]:
    """The group of the price list that counts for a party; none where that is the one for everybody."""
    listed = shape.lists.get(row["sale_price_list"] or shape.default_list or 0)
    if listed is None:
        return []
    rule = row["customer_tax_rule"] if listed.with_tax and row["customer_tax_rule"] in shape.rules else None
    if listed.id == shape.default_list and rule is None:
        return []
    return [Variant(listed, rule).code]


def _inner(row: Row, name: str) -> Any:
    inner = row[f"{name}."]
    return None if inner is None else inner["code"]
