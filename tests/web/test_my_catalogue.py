"""A page looks through its visitor's catalogue with its token, and learns nothing of what is not for them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.browsers import me, token_of
from tests.shop import NOW, House, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def test_a_row_is_the_answer_of_the_item_page_to_the_same_token(house: House) -> None:
    token = token_of(house, language="en")
    answer = me(house, token, "/items", params={"sort": "price", "limit": "1"})
    page = answer.json()
    (row,) = page["data"]
    told = me(house, token, "/prices/hammer").json()
    assert row == {name: told[name] for name in told if name in row} | {
        "brand": None, "item_groups": ["hammers"], "stock": None,
    }  # fmt: skip
    assert (page["total"], page["shows"], page["revision"]) == (2, "both", told["revision"])
    assert answer.headers["cache-control"] == "private, no-store"
    after = me(house, token, "/items", params={"sort": "price", "limit": "1", "after": page["next"]}).json()
    assert ([row["item"] for row in after["data"]], after["next"]) == (["saw"], None)


@pytest.mark.parametrize("name", ["priced_for", "customer", "channel", "currency", "at", "known_at", "explain"])
def test_for_whom_and_when_is_never_a_parameter(house: House, name: str) -> None:
    answer = me(house, token_of(house), "/items", params={name: "bianchi"})
    assert (answer.status, answer.json()["errors"][0]["field"]) == (400, name)


def test_what_is_on_request_shows_no_amount_and_what_is_hidden_is_not_there(house: House) -> None:
    for name, item in (("on_request", "hammer"), ("hidden", "saw")):
        house.put("price-lists", name, currency="EUR", visibility=name)
        house.put("assignments", name, list=name, customer="rossi")
        house.put("rules", f"{item}-{name}", action="price", list=name, item=item, value="3.33")
    answer = me(house, token_of(house), "/items")
    (row,) = answer.json()["data"]
    assert (row["item"], row["outcome"], row["reason"]) == ("hammer", "no_price", "on_request")
    assert not [amount for amount in (b"3.33", b"3.00", b"2.99", b"saw", b"9.50") if amount in answer.body]
    guest = me(house, token_of(house, None), "/items", params={"sort": "price"}).json()
    assert [(row["item"], row["net_price"]) for row in guest["data"]] == [("hammer", "9.50"), ("saw", "20.00")]


def test_anybody_may_keep_a_guests_page_until_a_price_of_it_changes(house: House) -> None:
    soon = (NOW + timedelta(seconds=4)).isoformat()
    token = token_of(house, None)
    first = me(house, token, "/items")
    assert first.headers["cache-control"] == "public, max-age=10"
    again = me(house, token, "/items", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    house.put("rules", "soon", action="price", list="web", item="saw", value="3", valid_from=soon)
    assert me(house, token, "/items").headers["cache-control"] == "public, max-age=3"
    house.clock.at = NOW + timedelta(seconds=4)
    changed = me(house, token, "/items", headers={"If-None-Match": first.headers["etag"]})
    assert [row["net_price"] for row in changed.json()["data"]] == ["9.50", "3.00"]


def test_a_cursor_of_one_visitor_is_no_other_visitors(house: House) -> None:
    cursor = me(house, token_of(house), "/items", params={"limit": "1"}).json()["next"]
    answer = me(house, token_of(house, "bianchi"), "/items", params={"limit": "1", "after": cursor})
    assert (answer.status, answer.json()["code"]) == (400, "other_list")


def test_a_name_that_is_unknown_is_an_empty_page_as_one_of_which_nothing_is_to_be_seen(house: House) -> None:
    house.put("brands", "lux")
    house.put("item-groups", "lamps")
    house.put("items", "lamp", brand="lux", item_groups=["lamps"])
    token = token_of(house)
    for name, seen in (("brand", "lux"), ("item_group", "lamps")):
        known, unknown = (me(house, token, "/items", params={name: code}) for code in (seen, "nothing"))
        assert (known.json()["data"], known.json()["total"], known.status) == ([], 0, 200)
        same = ("data", "next", "total", "shows", "revision", "epoch")
        assert [unknown.json()[part] for part in same] == [known.json()[part] for part in same]
        assert (unknown.status, sorted(unknown.headers)) == (200, sorted(known.headers))
        assert me(house, token, "/items", params={name: "x" * 500}).status == 400
        assert house.get("/v1/items", priced_for="rossi", **{name: "nothing"}).status == 404


def test_an_api_key_is_refused(house: House) -> None:
    answer = house.client.request("GET", "/v1/me/items")
    assert (answer.status, answer.json()["code"]) == (403, "token_needed")


def test_what_a_page_shows_is_counted_as_asked_for(house: House) -> None:
    token = token_of(house, items_per_hour=1)
    assert me(house, token, "/items", params={"limit": "1"}).status == 200
    refused = me(house, token, "/items", params={"limit": "2"})
    assert (refused.status, refused.json()["code"], b"saw" in refused.body) == (429, "item_budget", False)
    assert me(house, token, "/prices/hammer").status == 200
    assert me(house, token, "/prices/saw").status == 429
