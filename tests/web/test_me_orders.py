"""A customer's orders on its page: placed by a quote, and nobody else's seen."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listino.config import SystemChance
from listino.flows.access import created
from tests.browsers import me, minted, token_of
from tests.shop import NOW, House, opened

LINES = [{"item": "hammer", "quantity": "3"}]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def quote_of(house: House, token: str, lines: list[Any] = LINES) -> str:
    quote: str = me(house, token, "/basket", "POST", json={"lines": lines}).json()["quote"]
    return quote


def placed(house: House, token: str, quote: str, **said: Any) -> Any:
    return me(house, token, "/orders", "POST", json={"quote": quote, "lines": LINES} | said)


def taken(house: House) -> int:
    count: int = house.database.read().connection.execute("SELECT count(*) FROM orders").fetchone()[0]
    return count


def test_a_page_places_an_order_by_its_quote_once(house: House) -> None:
    token = token_of(house, orders=True)
    quote = quote_of(house, token)
    house.put("rules", "dearer", action="price", list="web", item="hammer", value="99")
    said = {"reference": "PO 1", "ship_to": {"name": "Mario Rossi", "street": "Via Roma 1", "country": "IT"}}
    first = placed(house, token, quote, **said)
    assert first.status == 201, first.body
    order = first.json()
    assert order | {"id": "", "number": "", "ordered_at": "", "taken_at": ""} == {
        "id": "", "number": "", "state": "received", "currency": "EUR", "net": "25.65", "tax": "5.64",
        "gross": "31.29", "ordered_at": "", "taken_at": "", "free_goods": [], "charges": [], "reference": "PO 1",
        "wanted_on": None,
        "lines": [{"item": "hammer", "quantity": "3", "unit": "C62", "net_price": "8.55", "net": "25.65",
                   "tax": "5.64", "gross": "31.29", "shipped": "0", "cancelled": "0", "returned": "0", "id": None}],
    }  # fmt: skip
    whole = house.get(f"/v1/orders/{order['id']}").json()
    assert (whole["store"], whole["customer"], whole["number"], whole["held"]) == ("shop", "rossi", order["number"], [])
    house.clock.at = NOW + timedelta(minutes=14)
    again = placed(house, token, quote, **said)
    assert (again.status, again.json()["id"], taken(house)) == (201, order["id"], 1)
    other = placed(house, token, quote, reference="PO 2")
    assert (other.status, other.json()["code"], taken(house)) == (422, "different_content", 1)


NOT_FOR_A_PAGE: tuple[dict[str, Any], ...] = (
    {"customer": "bianchi"}, {"number": "1001"}, {"store": "shop"}, {"channel": "web"}, {"currency": "USD"},
    {"ordered_at": "2020-01-01T00:00:00Z"}, {"payments": [{"method": "card", "captured": "31.29"}]},
    {"charges": [{"net": "-20"}]}, {"vouchers": [{"code": "X", "net": "20"}]}, {"buyer": {"name": "x"}},
    {"attributes": {"a": "b"}}, {"order_type": "sample"}, {"vat_id": "IT1"}, {"fields": {}},
    {"lines": [{"item": "hammer", "quantity": "3", "net_price": "1"}]},
    {"lines": [{"item": "hammer", "quantity": "3", "gross": "1"}]},
)  # fmt: skip


def test_what_is_charged_and_for_whom_is_not_for_a_page_to_say(house: House) -> None:
    token = token_of(house, orders=True)
    quote = quote_of(house, token)
    for said in NOT_FOR_A_PAGE:
        answer = placed(house, token, quote, **said)
        assert (answer.status, answer.json()["code"]) == (400, "unknown_field"), said
    assert taken(house) == 0


def test_a_token_reads_orders_where_its_key_may_or_it_was_minted_for_orders(house: House) -> None:
    assert house.order(channel="web").status == 201
    order = house.get("/v1/orders").json()["data"][0]["id"]
    for scopes, places, status in (
        (["tokens:create"], False, 403), (["tokens:create", "orders:read"], False, 200),
        (["tokens:create", "orders:create"], False, 403), (["tokens:create", "orders:create"], True, 200),
    ):  # fmt: skip
        _, secret = created(
            house.database, "store", scopes, channel="web", test=False, now=NOW, chance=SystemChance()
        )  # fmt: skip
        token = minted(house, headers={"Authorization": f"Bearer {secret}"}, orders=places).json()["token"]
        answers = [me(house, token, path) for path in ("/orders", f"/orders/{order}", "/orders/" + "0" * 28)]
        codes = [200, 200, 404] if status == 200 else [403] * 3
        assert [one.status for one in answers] == codes, scopes
        assert me(house, token, "/prices/hammer").json()["net_price"] == "8.55"
        if status == 403:
            assert {one.json()["code"] for one in answers} == {"orders_not_allowed"}
            assert not any(order.encode() in one.body for one in answers[:1])


def test_an_order_needs_a_quote_of_its_own_customer_that_holds(house: House) -> None:
    token = token_of(house, orders=True)
    quote, others = quote_of(house, token), quote_of(house, token_of(house, "bianchi"))
    server = house.client.request("POST", "/v1/baskets", json={"customer": "bianchi", "channel": "web", "lines": LINES})
    answers = [
        placed(house, token, others),
        placed(house, token, server.json()["quote"]),
        placed(house, token, quote[:-3] + "AAA"),
        placed(house, token, "x"),
        placed(house, token, quote, lines=[{"item": "hammer", "quantity": "30"}]),
    ]
    assert [(one.status, one.json()["code"]) for one in answers] == [
        *[(409, "unknown_quote")] * 4, (409, "quote_differs"),
    ]  # fmt: skip
    house.clock.at = NOW + timedelta(minutes=31)
    late = placed(house, token_of(house, orders=True), quote)
    assert (late.json()["code"], taken(house)) == ("quote_expired", 0)


def test_only_a_token_for_orders_places_them_and_a_guest_has_none(house: House) -> None:
    token, guest = token_of(house), token_of(house, None)
    answers = [
        placed(house, token, quote_of(house, token)),
        placed(house, guest, quote_of(house, guest)),
        me(house, guest, "/orders"),
        me(house, guest, "/orders/0"),
    ]
    assert [(one.status, one.json()["code"]) for one in answers] == [
        (403, "orders_not_allowed"), *[(403, "customer_needed")] * 3,
    ]  # fmt: skip
    assert taken(house) == 0


def test_a_page_sees_its_customers_orders_alone(house: House) -> None:
    own = [house.order(number=str(number), store="phone").json()["id"] for number in (1, 2, 3)]
    other = house.order(number="4", customer="bianchi").json()["id"]
    token = token_of(house)
    first = me(house, token, "/orders", params={"limit": "2"}).json()
    second = me(house, token, "/orders", params={"limit": "2", "after": first["next"]}).json()
    assert [order["id"] for order in (*first["data"], *second["data"])] == own[::-1]
    assert second["next"] is None
    unknown = me(house, token, "/orders/" + "0" * 28)
    theirs = me(house, token, f"/orders/{other}")
    assert (theirs.status, unknown.status) == (404, 404)
    assert theirs.body.replace(other.encode(), b"0" * 28) == unknown.body
    assert me(house, token, f"/orders/{own[0]}").json()["number"] == "1"
    assert me(house, token, "/orders", params={"customer": "bianchi"}).status == 400


def test_an_order_tells_how_far_it_is_and_not_why(house: House) -> None:
    held = house.order(lines=[{"item": "hammer", "quantity": "3", "gross": "1", "tax": "0"}], notes="Beware").json()
    assert held["held"] == ["price_difference"]
    answer = me(house, token_of(house), "/orders")
    (order,) = answer.json()["data"]
    assert order["state"] == "on_hold"
    for word in (b"held", b"price_difference", b"steps", b"rule", b"store", b"history", b"Beware", b"erp", b"parked"):
        assert word not in answer.body, word
