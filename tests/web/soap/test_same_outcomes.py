"""One table of questions, good and bad, asked through REST, SOAP 1.1 and SOAP 1.2: the same outcomes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest
from lxml import etree

from tests.asgi import Response
from tests.clients.sameness import plain
from tests.clients.test_clients import written
from tests.shop import House, opened
from tests.web.soap.envelopes import ENVELOPE, NAMESPACE, TYPE, envelope

ORDER: dict[str, Any] = {
    "number": "7", "ordered_at": "2026-11-23T11:59:00Z", "currency": "EUR", "customer": "rossi",
    "lines": [{"item": "hammer", "quantity": "3"}],
}  # fmt: skip
PAID: dict[str, Any] = {"kind": "paid", "sequence": 1, "amount": "32.94"}
# What each road says in its own way, or anew with each question.
OWN = {"at", "quote", "quote_expires_at", "usage_as_of", "epoch", "taken_at", "received_at", "history", "events"}


@dataclass(frozen=True)
class Row:
    """One question: how SOAP puts it (in REST's words), and how REST does."""

    name: str
    operation: str
    said: dict[str, Any]
    method: str
    path: str
    params: dict[str, str] = field(default_factory=dict)
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def price(name: str, **said: str) -> Row:
    rest = {field: value for field, value in said.items() if field != "item"}
    return Row(name, "GetPrice", said, "GET", f"/v1/prices/{said['item']}", rest)


def batch(name: str, lines: list[dict[str, Any]], **said: Any) -> Row:
    return Row(name, "GetPrices", said | {"lines": {"line": lines}}, "POST", "/v1/prices", body=said | {"lines": lines})


def basket(name: str, lines: list[dict[str, Any]], **said: Any) -> Row:
    soap = said | {"lines": {"line": lines}}
    if "coupons" in said:
        soap["coupons"] = {"coupon": said["coupons"]}
    return Row(name, "PriceBasket", soap, "POST", "/v1/baskets", body=said | {"lines": lines})


def order(name: str, key: str, **said: Any) -> Row:
    rest = {name: value for name, value in (ORDER | said).items() if value is not None}
    soap = {"key": key} | rest
    for several, one in (("lines", "line"), ("payments", "payment"), ("charges", "charge")):
        if several in rest:
            soap[several] = {one: rest[several]}
    return Row(name, "SubmitOrder", soap, "POST", "/v1/orders", body=rest, headers={"idempotency-key": key})


LINE = {"id": "1", "item": "hammer", "quantity": "2"}
TABLE = (
    price("a price", item="hammer", customer="rossi", quantity="3"),
    price("all of a price", item="hammer", customer="rossi", quantity="12", explain="all"),
    price("a price without steps", item="saw", customer="bianchi", explain="none"),
    price("another unit", item="hammer", customer="rossi", unit="BX", quantity="1.5"),
    price("the guest of a channel", item="hammer", channel="web"),
    price("another day", item="hammer", at="2026-11-22T10:00:00+01:00"),
    price("no price", item="unpriced"),
    price("goods that come back", item="saw", quantity="-2"),
    price("an item that there is not", item="nothing"),
    price("a customer that there is not", item="hammer", customer="nobody"),
    price("a channel that there is not", item="hammer", channel="moon"),
    price("a unit that there is not", item="hammer", unit="XXX"),
    price("a quantity of 0", item="hammer", quantity="0"),
    price("a quantity of words", item="hammer", quantity="two"),
    price("a quantity too exact", item="hammer", quantity="0.0000000001"),
    price("a currency that is none", item="hammer", currency="EURO"),
    price("a country that is none", item="hammer", country="Italy"),
    price("an explanation that is none", item="hammer", explain="sometimes"),
    price("a revision that is not there yet", item="hammer", min_revision="99999"),
    price("a code too long", item="h" * 65),
    Row("a ladder", "GetPriceLadder", {"item": "hammer", "customer": "rossi"}, "GET", "/v1/prices/hammer/ladder",
        {"customer": "rossi"}),
    batch("many prices", [LINE, {"id": "2", "item": "nothing"}, {"id": "3", "item": "unpriced"}], customer="rossi"),
    batch("many prices of nobody", [LINE], customer="nobody"),
    batch("a line of many that is none", [LINE, {"id": "2", "item": "hammer", "quantity": "0"}]),
    batch("1,001 lines", [LINE] * 1_001),
    basket("a basket", [LINE, {"id": "2", "item": "saw"}], customer="rossi", coupons=["NONE"]),
    basket("a basket of nobody", [LINE], customer="nobody"),
    Row("stock", "GetStock", {"items": {"item": ["hammer"]}}, "GET", "/v1/stock/hammer"),
    order("an order", "k1"),
    order("the same again", "k1"),
    order("the same key for another", "k1", number="8"),
    order("an order of an unknown customer", "k2", number="9", customer="nobody"),
    order("an order without lines", "k3", number="10", lines=[]),
    order("an order of nobody", "k4", number="11", customer=None),
    order("an order of card data", "k5", number="12", payments=[{"method": "card", "reference": "4111111111111111"}]),
    Row("an event", "SubmitOrderEvent", {"key": "e1", "number": "7"} | PAID, "POST", "/v1/orders/events",
        {"number": "7"}, PAID, {"idempotency-key": "e1"}),
    Row("an event of no order", "SubmitOrderEvent", {"key": "e2", "number": "70"} | PAID, "POST", "/v1/orders/events",
        {"number": "70"}, PAID, {"idempotency-key": "e2"}),
)  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("house")) as one:
        one.put("items", "unpriced", item_groups=["tools"])
        yield one


def through_rest(house: House, row: Row) -> Any:
    options: dict[str, Any] = {"params": row.params, "headers": row.headers}
    if row.body is not None:
        options["json"] = row.body
    answer = house.client.request(row.method, row.path, **options)
    said = answer.json()
    return {"refused": said["code"]} if answer.status >= 400 else said


def through_soap(house: House, row: Row, version: str) -> Any:
    inner = written("request", {camel(name): camelled(value) for name, value in row.said.items()})
    inner = f'<{row.operation} xmlns="{NAMESPACE}">{inner}</{row.operation}>'
    answer: Response = house.client.request(
        "POST", "/soap", content=envelope(inner, version).encode(), headers={"content-type": TYPE[version]}
    )
    content = etree.fromstring(answer.body).find(f"{{{ENVELOPE[version]}}}Body")[0]
    problem = content.find(f".//{{{NAMESPACE}}}Problem")
    if etree.QName(content).localname == "Fault":
        assert problem is not None, answer.body
        assert answer.status == (500 if version == "1.1" else 400)
        return {"refused": problem.findtext(f"{{{NAMESPACE}}}code")}
    assert answer.status == 200
    return snaked(plain(content[0]))


def camel(name: str) -> str:
    return re.sub(r"_(.)", lambda match: match[1].upper(), name)


def camelled(value: Any) -> Any:
    if isinstance(value, list):
        return [camelled(one) for one in value]
    return {camel(name): camelled(one) for name, one in value.items()} if isinstance(value, dict) else value


def snaked(value: Any) -> Any:
    """SOAP's answer in REST's words, its nesting undone."""
    if isinstance(value, list):
        return [snaked(one) for one in value]
    if not isinstance(value, dict):
        return value
    flat: dict[str, Any] = {}
    for name, one in value.items():
        if name == "price" and isinstance(one, dict):
            flat |= {"outcome": "price"} | snaked(one)
        elif name == "noPrice":
            flat |= {"outcome": "no_price"} | snaked(one)
            flat["reason"] = flat.pop("code")
        else:
            flat[re.sub(r"([A-Z])", lambda match: "_" + match[1].lower(), name)] = snaked(one)
    return flat


def differences(rest: Any, soap: Any, place: str = "") -> list[str]:
    """Where both answers have a field and say something else; and what SOAP says that REST does not."""
    if isinstance(rest, dict) and isinstance(soap, dict):
        if "problem" in place or place.endswith("/error"):
            return [] if rest["code"] == soap["code"] else [f"{place}: {rest['code']} and {soap['code']}"]
        known = {"from": "quantity"}
        renamed = {known.get(name, name): value for name, value in rest.items()}
        shared = [name for name in soap if name in renamed and name not in OWN]
        return [line for name in shared for line in differences(renamed[name], soap[name], f"{place}/{name}")]
    if isinstance(rest, list) and isinstance(soap, list):
        if len(rest) != len(soap):
            return [f"{place}: {len(rest)} and {len(soap)}"]
        return [
            line for n, pair in enumerate(zip(rest, soap, strict=True)) for line in differences(*pair, f"{place}[{n}]")
        ]
    return [] if same(rest, soap) else [f"{place}: {rest!r} and {soap!r}"]


def same(rest: Any, soap: Any) -> bool:
    if isinstance(rest, bool):
        return bool(str(rest).lower() == soap)
    try:
        return Decimal(str(rest)) == Decimal(soap)
    except (InvalidOperation, TypeError):
        return bool(rest == soap)


MUST = {"GetPrice": {"item", "currency"}, "GetPriceLadder": {"ladder", "net_price"}, "GetPrices": {"lines", "revision"},
        "PriceBasket": {"lines", "totals"}, "SubmitOrder": {"id", "handover", "life", "net", "gross"},
        "SubmitOrderEvent": {"state", "kind"}, "GetStock": {"stock"}}  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_each_road_gives_the_same_outcome(house: House, row: Row) -> None:
    rest = through_rest(house, row)
    answers = {version: through_soap(house, row, version) for version in ("1.1", "1.2")}
    for soap in answers.values():
        if "refused" in rest or "refused" in soap:
            assert soap == rest
            continue
        assert MUST[row.operation] <= set(soap)
        if row.operation == "GetStock":
            (soap,) = soap["stock"]
        assert differences(rest, soap) == []
