"""The asker's catalogue over HTTP: found by words, filtered, in the order of its own prices, page by page."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listino.flows import catalogue, register, standings
from listino.flows.access import created
from tests.asgi import Response
from tests.engines import ON_BOTH
from tests.shop import NOW, CountedChance, House, opened

pytestmark = ON_BOTH
ITEMS: dict[str, dict[str, Any]] = {
    "KB-100": {"name": {"it": "Lampadina à LED", "en": "LED bulb"}, "item_groups": ["bulbs"], "brand": "lux"},
    "KB-200": {"name": {"tr": "Işık IŞIL", "en": "Light"}, "item_groups": ["bulbs"], "gtin": "4006381333931"},
    "KB-300": {"name": "Straßenleuchte", "item_groups": ["lamps"], "brand": "lux"},
    "KB-300-R": {"name": "Red one", "variant_of": "KB-300"},
    "old": {"name": "LED strip", "item_groups": ["lamps"], "status": "ended"},
}
VALUES = {"KB-100": "5", "KB-200": "4", "KB-300": "90", "KB-300-R": "95"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        house.put("item-groups", "lamps")
        house.put("item-groups", "bulbs", parent="lamps")
        house.put("brands", "lux", name={"en": "Lux Éclairage"})
        for code, said in ITEMS.items():
            house.put("items", code, **said)
        for code, value in VALUES.items():
            house.put("rules", f"{code}-base", action="price", list="base", item=code, value=value)
        yield house


def asked(house: House, **said: Any) -> Response:
    return house.get("/v1/items", **{"priced_for": "rossi", "channel": "web", **said})


def codes(house: House, **said: Any) -> list[str]:
    """The items of a whole list, which must be answered."""
    answer = asked(house, **said)
    assert answer.status == 200, answer.body
    rows = [row["item"] for row in answer.json()["data"]]
    assert len(rows) == answer.json()["total"]
    return rows


def test_a_row_is_the_answer_of_the_item_page_with_what_stands_beside_it(house: House) -> None:
    house.put("channels", "web", currency="EUR", country="IT", shows="net")
    stock = {"on_hand": "7", "warehouse": "main", "available_on": "2026-12-24"}
    assert house.client.request("PUT", "/v1/stock/KB-100", json=stock).status == 200
    page = asked(house, brand="lux", item_group="bulbs").json()
    (row,) = page["data"]
    told = house.price("KB-100", customer="rossi", channel="web", explain="none")
    beside = {name: row.pop(name) for name in ("name", "brand", "item_groups", "stock")}
    assert row == {name: told[name] for name in row}
    assert beside == {
        "name": "LED bulb",
        "brand": "lux",
        "item_groups": ["bulbs"],
        "stock": {
            "available": "7",
            "available_on": "2026-12-24",
            "warehouses": [{"warehouse": "main", "available": "7", "available_on": "2026-12-24"}],
        },
    }
    assert (page["total"], page["next"], page["shows"]) == (1, None, "net")
    assert page["revision"] == told["revision"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("led", ["KB-100"]),
        ("LAMPADINA A", ["KB-100"]),
        ("bulb lampadina", ["KB-100"]),
        ("isik", ["KB-200"]),
        ("IŞIL", ["KB-200"]),
        ("ışıl", ["KB-200"]),
        ("strassen", ["KB-300"]),
        ("4006381333931", ["KB-200"]),
        ("eclairage", ["KB-100", "KB-300", "KB-300-R"]),
        ("kb300", ["KB-300", "KB-300-R"]),
        ("red éclairage", ["KB-300-R"]),
        ("led red", []),
    ],
)
def test_words_are_found_in_codes_names_numbers_and_brands_however_they_are_typed(
    house: House, words: str, found: list[str]
) -> None:
    assert codes(house, q=words) == found


def test_groups_brands_prices_and_stock_narrow_what_is_found(house: House) -> None:
    assert codes(house, item_group="lamps") == ["KB-100", "KB-200", "KB-300", "KB-300-R"]
    assert codes(house, item_group="bulbs") == ["KB-100", "KB-200"]
    assert codes(house, brand="lux", item_group="lamps", price_min="5", price_max="90") == ["KB-100", "KB-300"]
    assert codes(house, price_max="4.99", item_group="lamps") == ["KB-200"]
    assert codes(house, in_stock="true") == []
    house.client.request("PUT", "/v1/stock/KB-200", json={"on_hand": "1"})
    house.client.request("PUT", "/v1/stock/KB-100", json={"on_hand": "0"})
    assert codes(house, in_stock="true") == ["KB-200"]


def test_the_order_is_that_of_the_askers_own_prices(house: House) -> None:
    house.put("rules", "for-rossi", action="price", customer="rossi", item="KB-100", value="1")
    assert codes(house, item_group="bulbs", sort="price") == ["KB-100", "KB-200"]
    assert codes(house, item_group="bulbs", sort="price", priced_for="bianchi") == ["KB-200", "KB-100"]
    assert codes(house, item_group="bulbs", sort="-price", priced_for="*") == ["KB-100", "KB-200"]
    assert codes(house, item_group="lamps", sort="-code") == ["KB-300-R", "KB-300", "KB-200", "KB-100"]
    assert codes(house, item_group="lamps", sort="name") == ["KB-100", "KB-200", "KB-300-R", "KB-300"]
    answer = house.client.request(
        "GET", "/v1/items", params={"priced_for": "*", "item_group": "lamps", "sort": "name"},
        headers={"Accept-Language": "tr"},
    )  # fmt: skip
    assert [row["name"] for row in answer.json()["data"]] == ["Işık IŞIL", "LED bulb", "Red one", "Straßenleuchte"]


def test_what_has_no_amount_stands_last_and_what_is_not_for_the_asker_nowhere(house: House) -> None:
    house.put("items", "unpriced", item_groups=["bulbs"])
    house.put("items", "by-ten", item_groups=["bulbs"])
    tiers = [{"from": "10", "value": "7"}]
    house.put("rules", "by-ten", action="price", list="base", item="by-ten", scale={"tiers": tiers})
    house.put("price-lists", "secret", currency="EUR", visibility="hidden")
    house.put("price-lists", "ask", currency="EUR", visibility="on_request")
    for code, list_code in (("KB-100", "ask"), ("KB-300-R", "secret")):
        house.put("assignments", list_code, list=list_code, customer="rossi")
        house.put("rules", f"{code}-{list_code}", action="price", list=list_code, item=code, value="2.22")
    for sort in ("price", "-price"):
        page = asked(house, item_group="lamps", sort=sort).json()
        rows = [(row["item"], row["outcome"], row.get("reason")) for row in page["data"]]
        assert rows[-2:] == [("KB-100", "no_price", "on_request"), ("by-ten", "no_price", "no_price")]
        assert "2.22" not in str(page)
        assert (page["total"], {row[0] for row in rows[:2]}) == (4, {"KB-200", "KB-300"})
    assert codes(house, item_group="lamps", price_min="0") == ["KB-200", "KB-300"]
    house.put("assortments", "few", include={"item_groups": ["bulbs"]})
    house.put("customers", "rossi", assortment="few", country="IT")
    assert codes(house, item_group="lamps") == ["KB-100", "KB-200", "by-ten"]
    assert codes(house, item_group="lamps", priced_for="bianchi") == [
        "KB-100", "KB-200", "KB-300", "KB-300-R", "by-ten",
    ]  # fmt: skip


def test_a_list_with_tax_is_in_the_order_of_prices_with_tax(house: House) -> None:
    house.put("taxes", "low", percent="4", country="IT", tax_class="low")
    house.put("items", "KB-100", **ITEMS["KB-100"], tax_class="low")
    house.put("rules", "KB-200-base", action="price", list="base", item="KB-200", value="4.90")
    assert codes(house, item_group="bulbs", sort="price") == ["KB-200", "KB-100"]
    house.put("channels", "web", currency="EUR", country="IT", shows="gross")
    assert codes(house, item_group="bulbs", sort="price") == ["KB-100", "KB-200"]
    assert codes(house, item_group="bulbs", price_max="5.20") == ["KB-100"]


def test_pages_join_while_prices_change_and_a_new_list_shows_the_change(house: House) -> None:
    whole = codes(house, sort="price")
    assert whole == ["KB-200", "KB-100", "hammer", "saw", "KB-300", "KB-300-R"]
    first = asked(house, sort="price", limit="2").json()
    house.put("rules", "KB-200-base", action="price", list="base", item="KB-200", value="93")
    house.put("rules", "KB-300-base", action="price", list="base", item="KB-300", value="1")
    second = asked(house, sort="price", limit="2", after=first["next"]).json()
    third = asked(house, sort="price", limit="2", after=second["next"]).json()
    assert [row["item"] for page in (first, second, third) for row in page["data"]] == whole
    assert third["data"][0]["net_price"] == "90.00"
    assert (third["next"], third["revision"], third["at"]) == (None, first["revision"], first["at"])
    assert codes(house, sort="price") == ["KB-300", "KB-100", "hammer", "saw", "KB-200", "KB-300-R"]


def test_a_long_list_by_code_is_not_counted_before_all_of_it_was_priced(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "COUNTED_ITEMS_MAX", 2)
    monkeypatch.setattr(standings, "AHEAD", 0)
    first = asked(house, limit="1").json()
    assert ([row["item"] for row in first["data"]], first["total"]) == (["KB-100"], None)
    house.put("rules", "KB-200-base", action="price", list="base", item="KB-200", value="93")
    second = asked(house, limit="2", after=first["next"]).json()
    assert [(row["item"], row["net_price"]) for row in second["data"]] == [("KB-200", "4.00"), ("KB-300", "90.00")]
    third = asked(house, limit="3", after=second["next"]).json()
    assert ([row["item"] for row in third["data"]], third["next"]) == (["KB-300-R", "hammer", "saw"], None)
    assert asked(house, sort="price", limit="1").json()["total"] == 6
    assert asked(house, sort="name", limit="1").json()["total"] == 6


def test_a_long_list_of_which_little_is_for_the_asker_is_gone_through_to_its_end(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "COUNTED_ITEMS_MAX", 2)
    monkeypatch.setattr(standings, "AHEAD", 0)
    house.put("assortments", "few", include={"items": ["KB-200", "saw"]})
    house.put("customers", "rossi", assortment="few", country="IT")
    page = asked(house, limit="1").json()
    assert ([row["item"] for row in page["data"]], page["total"]) == (["KB-200"], 2)
    last = asked(house, limit="1", after=page["next"]).json()
    assert ([row["item"] for row in last["data"]], last["next"]) == (["saw"], None)


def test_a_price_that_starts_or_ends_moves_its_item_without_a_new_revision(house: House) -> None:
    soon = NOW + timedelta(hours=1)
    house.put("rules", "soon", action="price", list="base", item="KB-300", value="3", valid_from=soon.isoformat())
    assert codes(house, item_group="lamps", sort="price")[0] == "KB-200"
    house.clock.at = soon
    assert codes(house, item_group="lamps", sort="price")[0] == "KB-300"


def test_what_is_used_up_moves_an_item(house: House) -> None:
    house.put(
        "rules", "once", action="price", list="base", item="KB-300", value="1", priority=5, caps={"quantity": "1"}
    )
    assert codes(house, item_group="lamps", sort="price")[0] == "KB-300"
    lines = [{"item": "KB-300", "quantity": "1"}]
    assert house.order(number="9", customer="bianchi", lines=lines).status == 201
    assert codes(house, item_group="lamps", sort="price")[0] == "KB-200"


@pytest.mark.parametrize(
    ("said", "status", "field", "code"),
    [
        ({"sort": "weight"}, 400, "sort", "not_a_choice"),
        ({"limit": "201"}, 400, "limit", "out_of_range"),
        ({"limit": "0"}, 400, "limit", "out_of_range"),
        ({"price_min": "x"}, 400, "price_min", "not_a_number"),
        ({"price_min": "-1"}, 400, "price_min", "negative"),
        ({"price_min": "NaN"}, 400, "price_min", "not_a_number"),
        ({"price_min": "5", "price_max": "4"}, 400, "price_max", "out_of_range"),
        ({"in_stock": "perhaps"}, 400, "in_stock", "not_a_choice"),
        ({"q": "a b c d e f g h i j k"}, 400, "q", "too_long"),
        ({"q": " "}, 400, "q", "empty"),
        ({"after": "nonsense!"}, 400, "after", "not_a_cursor"),
        ({"after": "W10"}, 400, "after", "not_a_cursor"),
        ({"quantity": "2"}, 400, "quantity", "unknown_field"),
        ({"priced_for": "nobody"}, 404, "customer", "unknown_customer"),
        ({"channel": "nowhere"}, 404, "channel", "unknown_channel"),
        ({"item_group": "nothing"}, 404, "item_group", "unknown_item_group"),
        ({"brand": "noname"}, 404, "brand", "unknown_brand"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(
    house: House, said: dict[str, str], status: int, field: str, code: str
) -> None:
    answer = asked(house, **said)
    assert (answer.status, answer.json()["errors"][0]["field"], answer.json()["code"]) == (status, field, code)


def test_a_cursor_belongs_to_one_list_and_lives_an_hour(house: House) -> None:
    cursor = asked(house, sort="price", limit="2").json()["next"]
    for other in ({"sort": "-price"}, {"sort": "name"}, {"sort": "price", "priced_for": "bianchi"}, {"q": "kb"}):
        assert asked(house, **{"sort": "price", **other}, after=cursor).json()["code"] == "other_list"
    house.clock.at += timedelta(minutes=59)
    assert asked(house, sort="price", after=cursor).status == 200
    house.clock.at += timedelta(minutes=2)
    answer = asked(house, sort="price", after=cursor)
    assert (answer.status, answer.json()["code"]) == (410, "page_gone")


def test_a_key_needs_both_scopes(house: House) -> None:
    for scope, other in (("facts:read", "prices:read"), ("prices:read", "facts:read")):
        chance = CountedChance(len(scope) * 100)
        _, secret = created(house.database, scope, [scope], channel=None, test=False, now=NOW, chance=chance)
        headers = {"Authorization": f"Bearer {secret}"}
        answer = house.client.request("GET", "/v1/items", params={"priced_for": "*"}, headers=headers)
        assert (answer.status, answer.json()["code"]) == (403, "scope_missing")
        assert other in answer.json()["detail"]


def test_items_without_an_asker_are_listed_as_they_are_kept(house: House) -> None:
    assert [row["code"] for row in house.get("/v1/items", brand="lux").json()["data"]] == ["KB-100", "KB-300"]


def test_more_items_than_a_process_holds_are_refused_and_none_is_read(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "ITEMS_MAX", 6)
    answer = asked(house)
    assert (answer.status, answer.json()["code"]) == (409, "too_many_items")
    monkeypatch.setattr(register, "ITEMS_MAX", 7)
    assert asked(house).json()["total"] == 6
    house.put("items", "eighth")
    assert asked(house).status == 409
