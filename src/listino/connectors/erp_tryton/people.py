"""Parties and addresses in Tryton: found by what they are, made where there is none."""

from typing import Any

from listino.connectors.erp_tryton.rpc import Row, Rpc
from listino.core.errors import ErpSaidNo, OutcomeUnknown, Unavailable
from listino.core.orders import Party

PARTY_FIELDS = ("code", "customer_tax_rule", "addresses")
_ADDRESS = ("party_name", "attn", "street", "postal_code", "city", "country.code")


def party_of(rpc: Rpc, code: str) -> Row:
    """The party of a customer's code.

    Errors:  Unavailable; ErpSaidNo where there is none.
    """
    found: list[Row] = rpc.read("model.party.party.search_read", [["code", "=", code]], 0, 2, None, list(PARTY_FIELDS))
    if len(found) == 1:
        return found[0]
    if not found:
        text = f"Tryton has no active party with the code {code!r}."
        raise ErpSaidNo("unknown_customer", text, "Make the party in Tryton, or name another customer.")
    text = f"Tryton has several parties with the code {code!r}."
    raise ErpSaidNo("ambiguous_customer", text, "Give each party in Tryton a code of its own.")


def address_of(rpc: Rpc, party: Row, said: Party) -> int | None:
    """A party's address of these words, made where it has none; None where nothing was said of an address.

    Errors:  Unavailable; ErpSaidNo.
    """
    values = _values(said)
    if not values.keys() - {"party_name", "attn"}:
        return None
    wanted = {**dict.fromkeys(("party_name", "attn", "street", "postal_code", "city")), **values}
    for row in rpc.by_id("party.address", party["addresses"], _ADDRESS):
        country = row["country."]["code"] if row["country."] else None
        if country == said.country and all((row[name] or None) == (wanted[name] or None) for name in wanted):
            found: int = row["id"]
            return found
    country = _country(rpc, said.country)
    made = {**values, "party": party["id"], "country": country}
    (number,) = _written(rpc, "model.party.address.create", [made])
    party["addresses"] = [*party["addresses"], number]
    return int(number)


def found_or_made(rpc: Rpc, buyer: Party, mark: str) -> str:
    """The code of the party that was made under a mark, or is made now.

    Errors:  Unavailable; ErpSaidNo.
    """
    known = _made_under(rpc, mark)
    if known is not None:
        return known
    said = {"party_name": None, **_values(buyer)}
    address = {name: value for name, value in said.items() if value is not None and name not in {"party_name", "attn"}}
    address["country"] = _country(rpc, buyer.country)
    reached = [("email", buyer.mail), ("phone", buyer.phone)]
    values: dict[str, Any] = {
        "name": buyer.company or buyer.name or buyer.mail or mark,
        "identifiers": [["create", [{"type": None, "code": mark}]]],
        "addresses": [["create", [{**address, "attn": buyer.name} if buyer.company else address]]],
        "contact_mechanisms": [["create", [{"type": kind, "value": value} for kind, value in reached if value]]],
    }
    _written(rpc, "model.party.party.create", [values])
    made = _made_under(rpc, mark)
    if made is None:
        raise Unavailable("The party that was just made in Tryton is not found.")
    return made


def _made_under(rpc: Rpc, mark: str) -> str | None:
    within = [["identifiers.code", "=", mark]]
    found = rpc.read("model.party.party.search_read", within, 0, 1, [["id", "ASC"]], ["code"])
    code: str | None = found[0]["code"] if found else None
    return code


def _values(said: Party) -> dict[str, Any]:
    """An address in Tryton's fields, what is not said left out; texts as Tryton keeps them, without ends of blanks."""
    lines = [part.strip() for part in (said.street, said.street2) if part and part.strip()]
    values = {
        "party_name": said.company,
        "attn": said.name,
        "street": "\n".join(lines),
        "postal_code": said.postcode,
        "city": " ".join(part for part in (said.city, f"({said.region})" if said.region else None) if part),
    }
    return {name: value.strip() for name, value in values.items() if value and value.strip()}


def _country(rpc: Rpc, code: str | None) -> int | None:
    if code is None:
        return None
    found = rpc.read("model.country.country.search", [["code", "=", code]], 0, 1)
    return found[0] if found else None


def _written(rpc: Rpc, method: str, values: list[dict[str, Any]]) -> list[int]:
    """Written before the order is, which it does not depend on: whether it was done is seen the next time."""
    try:
        made: list[int] = rpc.write(method, values)
    except OutcomeUnknown as error:
        raise Unavailable(error.detail) from error
    return made
