"""What a browser asks with its token: prices for whoever the token names, and nothing of anybody else."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.browsers import me, token_of
from tests.shop import NOW, House, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def test_a_page_learns_for_whom_it_asks_and_how_prices_are_shown(house: House) -> None:
    house.put("channels", "web", currency="EUR", country="IT", shows="gross")
    answer = me(house, token_of(house, language="it"))
    assert (answer.status, answer.json()) == (
        200,
        {"kind": "customer", "customer": "rossi", "channel": "web", "currency": "EUR", "shows": "gross",
         "language": "it", "orders": False, "test": False, "expires_at": "2026-11-23T12:15:00Z"},
    )  # fmt: skip


def test_a_page_is_told_its_customers_price_and_no_more_than_it_may_see(house: House) -> None:
    house.put("items", "hammer", item_groups=["hammers"], cost="4", name={"it": "Martello", "en": "Hammer"})
    answer = me(house, token_of(house), "/prices/hammer", params={"quantity": "3"}, headers={"Accept-Language": "it"})
    said = answer.json()
    assert answer.headers["cache-control"] == "private, no-store"
    assert said.pop("epoch")
    assert said.pop("at").startswith("2026-11-23T12:00")
    assert said == {
        "outcome": "price", "item": "hammer", "name": "Martello", "quantity": "3", "unit": "C62", "currency": "EUR",
        "per": "1", "net_price": "8.55", "gross_price": "10.43", "list_price": "9.50", "list_gross_price": "11.59",
        "discount_price": "0.95", "discount_percent": "10", "discount": "2.85",
        "net": "25.65", "tax": "5.64", "gross": "31.29", "tax_percent": "22", "tax_category": "S",
        "next_break": {"net_price": "8.10", "gross_price": "9.88", "per": "1", "from": "10"},
        "shows": "both", "revision": 2,
    }  # fmt: skip


def test_the_guest_of_a_channel_is_told_what_guests_pay(house: House) -> None:
    answer = me(house, token_of(house, None), "/prices/hammer")
    assert (answer.json()["net_price"], answer.headers["cache-control"]) == ("9.50", "public, max-age=10")
    again = me(house, token_of(house, None), "/prices/hammer", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")


def test_a_page_asks_many_at_once(house: House) -> None:
    lines = [{"item": "hammer", "quantity": "10", "id": "a"}, {"item": "saw"}, {"item": "nothing"}]
    answer = me(house, token_of(house), "/prices", "POST", json={"lines": lines, "ladder": True}).json()
    assert [(line["id"], line.get("net_price"), line.get("error", {}).get("code")) for line in answer["lines"]] == [
        ("a", "8.10", None), ("2", "18.00", None), ("3", None, "unknown_item"),
    ]  # fmt: skip
    assert [(one["from"], one["net_price"]) for one in answer["lines"][0]["ladder"]] == [("1", "8.55"), ("10", "8.10")]
    assert (answer["shows"], answer["revision"]) == ("both", 1)


NEVER = ("customer", "channel", "at", "known_at", "explain", "currency", "coupons", "token")


def test_for_whom_and_when_is_never_a_parameter(house: House) -> None:
    token = token_of(house)
    for name in NEVER:
        asked = me(house, token, "/prices/hammer", params={name: "bianchi"})
        sent = me(house, token, "/prices", "POST", json={"lines": [{"item": "hammer"}], name: "bianchi"})
        line = me(house, token, "/prices", "POST", json={"lines": [{"item": "hammer", name: "bianchi"}]})
        assert [(one.status, one.json()["code"]) for one in (asked, sent)] == [(400, "unknown_field")] * 2
        assert line.json()["lines"][0]["error"]["errors"][0]["field"] == f"lines[0].{name}"


def test_what_others_orders_change_nobody_keeps(house: House) -> None:
    house.put("rules", "first-ten", action="percent", item="saw", value="50", caps={"quantity": "10"})
    token = token_of(house, None)
    answer = me(house, token, "/prices/saw", params={"quantity": "10"})
    assert (answer.json()["net_price"], answer.headers["cache-control"]) == ("10.00", "private, no-store")
    assert "etag" not in answer.headers
    house.order(customer="bianchi", channel="web", lines=[{"item": "saw", "quantity": "10"}])
    assert me(house, token, "/prices/saw", params={"quantity": "10"}).json()["net_price"] == "20.00"


def test_caches_keep_answers_of_tokens_pages_and_languages_apart(house: House) -> None:
    house.put("rules", "soon", action="price", list="web", item="hammer", value="3",
              valid_from=(NOW + timedelta(seconds=4)).isoformat())  # fmt: skip
    guest = me(house, token_of(house, None), "/prices/hammer")
    own = me(house, token_of(house), "/prices/hammer")
    assert [one.headers["cache-control"] for one in (guest, own)] == ["public, max-age=3", "private, no-store"]
    assert {one.headers["vary"] for one in (guest, own)} == {"Authorization, Origin, Accept-Language"}
    assert guest.headers["etag"] != own.headers["etag"]


def test_an_ended_customer_or_a_missing_item_is_no_failure_of_ours(house: House) -> None:
    token = token_of(house)
    odd = ["", " ", "a" * 65, "a\u0000b", "%00", "hammer/", "/ladder", "../orders"]
    assert {me(house, token, f"/prices/{item}").status for item in odd} <= {400, 404}
    lines = [{"item": "hammer", "quantity": quantity} for quantity in ("0", "-1", "1e400", "NaN", "x", "9" * 30)]
    answer = me(house, token, "/prices", "POST", json={"lines": [*lines, {"item": 5}, 7]}).json()
    assert {line["error"]["status"] for line in answer["lines"]} == {400}
    bodies: list[Any] = [{}, {"lines": []}, {"lines": [{"item": "hammer"}] * 201}, [], 5]
    for body in bodies:
        assert me(house, token, "/prices", "POST", json=body).status == 400
