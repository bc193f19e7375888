"""Every operation answers what REST answers, in both versions."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.engines import ON_BOTH
from tests.shop import House, an_order, opened
from tests.web.soap.messages import asked, camelled

pytestmark = ON_BOTH
VERSIONS = ("1.1", "1.2")
# What REST says of a price where SOAP's own form says it.
ELSEWHERE = ("outcome", "at", "revision", "epoch", "reason")


@pytest.fixture(scope="module")
def house(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("soap")) as house:
        house.put("rules", "hammer-eco", action="amount", sign="charge", item="hammer", value="0.20", step="surcharge",
                  own_line={"per": "unit"})  # fmt: skip
        house.put("items", "nail", name={"en": "Nail <1>", "it": "Chiodo"}, gtin="4006381333931", weight="0.01")
        house.put("items", "screw", status="blocked", unit="KGM", item_groups=["tools"])
        yield house


def told(answer: Any) -> Any:
    """A price of REST's as SOAP tells it: `price`, or `noPrice`."""
    said = camelled({name: value for name, value in answer.items() if name not in ELSEWHERE})
    for holder in ("ladder", "nextBreak"):
        found = said.get(holder)
        for one in found if isinstance(found, list) else [found] if found else []:
            one["quantity"] = one.pop("from", None) or one.pop("above")
    if answer["outcome"] == "price":
        return {"price": said}
    return {"noPrice": said | {"code": answer["reason"]}}


QUESTIONS: list[dict[str, Any]] = [
    {"item": "hammer"},
    {"item": "hammer", "customer": "rossi", "quantity": "3"},
    {"item": "hammer", "customer": "rossi", "quantity": "12.5", "channel": "web", "explain": "all"},
    {"item": "hammer", "unit": "BX", "quantity": "2", "ladder": "true"},
    {"item": "saw", "customer": "bianchi", "explain": "none", "at": "2026-11-20T10:00:00Z", "currency": "EUR"},
    {"item": "nail"},
    {"item": "screw", "country": "IT"},
    {"item": "hammer", "quantity": "-2", "customer": "rossi"},
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda one: " ".join(map(str, one.values())))
def test_a_price_is_the_same_as_over_rest(house: House, question: dict[str, Any], version: str) -> None:
    rest = house.price(**question)
    result = asked(house, "GetPrice", question, version).result
    assert {name: result[name] for name in ("price", "noPrice") if name in result} == told(rest)
    assert (int(result["revision"]), result["epoch"]) == (rest["revision"], rest["epoch"])


def test_a_ladder_is_the_same_as_over_rest(house: House) -> None:
    rest = house.get("/v1/prices/hammer/ladder", customer="rossi").json()
    result = asked(house, "GetPriceLadder", {"item": "hammer", "customer": "rossi"}).result
    assert result["price"] == told(rest)["price"]
    assert [one["quantity"] for one in result["price"]["ladder"]] == ["1", "10"]


LINES = [
    {"id": "a", "item": "hammer", "quantity": "3"},
    {"id": "b", "item": "saw"},
    {"id": "c", "item": "nope"},
    {"id": "d", "item": "nail"},
    {"id": "e", "item": "saw", "unit": "XX"},
]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_batch_is_the_same_as_over_rest_with_each_lines_own_error(house: House, version: str) -> None:
    rest = house.client.request("POST", "/v1/prices", json={"customer": "rossi", "lines": LINES}).json()
    result = asked(house, "GetPrices", {"customer": "rossi", "lines": {"line": LINES}}, version).result
    for line, other in zip(result["lines"], rest["lines"], strict=True):
        assert line.pop("id") == other.pop("id")
        if "error" in other:
            assert line["error"]["code"] == other["error"]["code"]
            assert line["error"]["text"] == other["error"]["detail"]
        else:
            assert line == told(other)
    assert result["lines"][2]["error"]["field"] == "request/lines/line[3]/item"
    assert result["lines"][4]["error"]["field"] == "request/lines/line[5]/unit"


def test_a_basket_is_the_same_as_over_rest_and_its_quote_holds(house: House) -> None:
    said = {"customer": "rossi", "lines": LINES[:2], "coupons": ["NONE"]}
    rest = house.client.request("POST", "/v1/baskets", json=said).json()
    request = {"customer": "rossi", "lines": {"line": LINES[:2]}, "coupons": {"coupon": ["NONE"]}}
    result = asked(house, "PriceBasket", request).result
    for line, other in zip(result["lines"], rest["lines"], strict=True):
        other.pop("id")
        shares = other.pop("shares")
        assert line.get("shares", []) == camelled(shares)
        assert line["price"] == told(other)["price"]
    assert result["totals"] == {"currency": "EUR"} | camelled(rest["totals"])
    assert result["couponsUnused"] == ["NONE"]
    lines = [{"item": one["item"], "quantity": one.get("quantity", "1")} for one in LINES[:2]]
    order = {
        "key": "quoted", "customer": "rossi", "number": "Q1", "orderedAt": "2026-11-23T12:00:00Z", "currency": "EUR",
        "quote": result["quote"], "lines": {"line": lines}, "attributes": {"attribute": []},
    }  # fmt: skip
    status = asked(house, "SubmitOrder", order).result
    assert (status["handover"], status["gross"]) == ("placed", result["totals"]["gross"])


ORDER: dict[str, Any] = {
    "key": "k-1", "customer": "rossi", "number": "S-1", "orderedAt": "2026-11-23T12:59:00+01:00", "currency": "EUR",
    "lines": {"line": [{"item": "hammer", "quantity": "3", "text": "à <b>", "id": "l1",
                        "fields": {"field": [{"name": "colour", "value": "red"}]}}]},
    "shipTo": {"name": "Mario Rossi", "street": "Via Roma 1", "country": "IT", "email": "m@rossi.example"},
    "payments": {"payment": [{"method": "invoice"}]}, "wantedOn": "2026-12-01",
    "fields": {"field": [{"name": "shop", "value": "7"}]},
}  # fmt: skip


@pytest.mark.parametrize("version", VERSIONS)
def test_an_order_is_taken_as_over_rest_and_the_same_again_is_answered_as_the_first_time(
    house: House, version: str
) -> None:
    named = ORDER | {"key": f"key {version}", "number": f"S-{version}"}
    first = asked(house, "SubmitOrder", named, version).result
    again = asked(house, "SubmitOrder", named, version).result
    assert again == first
    rest = house.get(f"/v1/orders/{first['id']}").json()
    assert (rest["number"], rest["ship_to"]["mail"], rest["wanted_on"], rest["fields"]) == (
        f"S-{version}", "m@rossi.example", "2026-12-01", {"shop": "7"},
    )  # fmt: skip
    assert rest["lines"][0]["text"] == "à <b>"
    other = asked(house, "SubmitOrder", named | {"currency": "USD"}, version)
    assert other.problem["code"] == "different_content"
    for name in (f"key {version}", first["id"], f"S-{version}"):
        status = asked(house, "GetOrderStatus", {"key": name}, version).result
        assert (status["id"], status["gross"], status["lines"][0]["text"]) == (first["id"], rest["gross"], "à <b>")
        assert status["history"] == camelled(rest["history"])


def test_an_order_comes_by_rest_and_is_known_by_its_key_here(house: House) -> None:
    taken = house.order("rest-key", number="R-1").json()
    said = {
        "key": "rest-key", "customer": "rossi", "number": "R-1", "orderedAt": an_order()["ordered_at"],
        "currency": "EUR", "lines": {"line": [{"item": "hammer", "quantity": "3.0"}]},
    }  # fmt: skip
    assert asked(house, "SubmitOrder", said).result["id"] == taken["id"]


def test_an_order_is_found_by_its_key_alone_unless_two_stores_have_it(house: House) -> None:
    taken = house.order("of-a", store="a", number="9").json()
    assert asked(house, "GetOrderStatus", {"key": "of-a"}).result["id"] == taken["id"]
    other = house.order("of-a", store="b", number="9").json()
    assert asked(house, "GetOrderStatus", {"key": "of-a"}).problem["code"] == "unknown_order"
    assert asked(house, "GetOrderStatus", {"key": "of-a", "store": "b"}).result["id"] == other["id"]


def test_an_event_is_kept_under_its_key_and_applied(house: House) -> None:
    taken = house.order("event-key", number="E-1").json()
    event = {"key": "ev 1", "number": "E-1", "kind": "paid", "sequence": "1", "amount": "31.29"}
    first = asked(house, "SubmitOrderEvent", event).result
    assert (first["id"], first["state"], first["applied"]) == (taken["id"], "applied", "true")
    assert (
        asked(house, "SubmitOrderEvent", event | {"at": "2026-11-23T12:00:00Z"}).problem["code"] == "different_content"
    )
    later = asked(house, "SubmitOrderEvent", {"key": "ev 3", "id": taken["id"], "kind": "noted", "sequence": "3"})
    assert (later.result["state"], later.result["applied"]) == ("waiting", "false")
    told = asked(house, "GetOrderStatus", {"key": "event-key"}).result["events"]
    assert [(one["key"], one["kind"], one["state"]) for one in told] == [
        ("ev 1", "paid", "applied"), ("ev 3", "noted", "waiting"),
    ]  # fmt: skip
    assert asked(house, "SubmitOrderEvent", {"key": "ev 2", "kind": "noted"}).problem["field"] == "request/number"


def test_stock_is_told_per_item_and_warehouse(house: House) -> None:
    house.client.request(
        "PUT", "/v1/stock/hammer", json={"on_hand": "7", "warehouse": "north", "available_on": "2026-12-24"}
    )
    rest = house.get("/v1/stock/hammer").json()
    result = asked(house, "GetStock", {"customer": "rossi", "items": {"item": ["hammer", "nope"]}}).result
    known, unknown = result["stock"]
    assert (known["available"], known["unit"], known["availableOn"]) == (rest["available"], "C62", "2026-12-24")
    assert known["warehouses"] == camelled(rest["warehouses"])
    # What nobody counts is not out of stock.
    (uncounted,) = asked(house, "GetStock", {"items": {"item": ["saw"]}}).result["stock"]
    assert (uncounted["item"], uncounted.get("available"), uncounted.get("warehouses")) == ("saw", None, None)
    assert (unknown["error"]["code"], unknown["error"]["field"]) == ("unknown_item", "request/items/item[2]")
    assert asked(house, "GetStock", {"customer": "x", "items": {"item": ["hammer"]}}).problem["code"] == (
        "unknown_customer"
    )


def test_somebody_is_there(house: House) -> None:
    result = asked(house, "Ping", {"echo": "a\x85b ]]> &"}).result
    assert (result["echo"], int(result["revision"])) == ("a\x85b ]]> &", house.database.read().revision)
