"""What will change for a customer, and when: what asking the price before and at each moment would answer."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.server import new_key
from tests.shop import House, opened

YEAR = "2027-01-01"
YEAR_AT = "2026-12-31T23:00:00Z"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def told(house: House, customer: str = "rossi", **params: str) -> list[dict[str, Any]]:
    answer = house.get(f"/v1/customers/{customer}/price-changes", **params)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-ndjson"), answer.body
    lines = answer.lines()
    assert (lines[0]["record"], lines[-1]["record"]) == ("price_changes", "end")
    assert lines[-1]["changes"] == sum(line["record"] == "change" for line in lines)
    return lines


def changes(house: House, customer: str = "rossi", **params: str) -> list[tuple[Any, ...]]:
    """Item, instant, price before and after of each change."""
    lines = told(house, customer, **params)
    return [tuple(line[name] for name in ("item", "at", "before", "after")) for line in lines[1:-1]]


def announce(house: House) -> None:
    """From the new year the saw costs 25; in February it is 10 % off for a fortnight."""
    house.put("rules", "saw-2027", action="price", list="base", item="saw", value="25", valid_from=YEAR)
    house.put("rules", "saw-days", action="percent", step="promotion", item="saw", value="10", label="Saw days",
              valid_from="2027-02-01", valid_to="2027-02-14")  # fmt: skip


def test_an_announced_increase_is_told_with_its_rules(house: House) -> None:
    announce(house)
    head, line, end = told(house, item="saw", until="2027-01-31")
    assert head.items() >= {
        "record": "price_changes", "customer": "rossi", "begins_at": "2026-11-23T12:00:00.000003Z",
        "ends_at": "2027-01-31T23:00:00Z", "quantity": "1", "channel": None, "currency": "EUR", "revision": 3,
    }.items()  # fmt: skip
    assert line == {
        "record": "change", "item": "saw", "name": None, "at": YEAR_AT, "unit": "C62", "per": "1", "currency": "EUR",
        "before": "18.00", "after": "22.50", "gross_before": "21.96", "gross_after": "27.45", "difference": "4.50",
        "difference_percent": "25",
        "rules": [{"rule": "saw-2027", "step": "price", "label": None, "change": "begins", "value": "25"},
                  {"rule": "saw-base", "step": "price", "label": None, "change": "ends", "value": "20"}],
    }  # fmt: skip
    assert end == {"record": "end", "items": 1, "changes": 1}


def test_every_change_is_what_asking_just_before_and_then_answers(house: House) -> None:
    announce(house)
    house.put("taxes", "it-2027", percent="23", country="IT", valid_from="2027-03-01")
    lines = told(house, item="saw", quantity="3")[1:-1]
    assert [(line["at"], line["before"], line["after"]) for line in lines] == [
        (YEAR_AT, "18.00", "22.50"),
        ("2027-01-31T23:00:00Z", "22.50", "20.25"),
        ("2027-02-14T23:00:00Z", "20.25", "22.50"),
        ("2027-02-28T23:00:00Z", "22.50", "22.50"),
    ]
    for line in lines:
        at = datetime.fromisoformat(line["at"])
        asked = {"customer": "rossi", "quantity": "3"}
        before = house.price("saw", at=(at - timedelta(microseconds=1)).isoformat(), **asked)
        after = house.price("saw", at=line["at"], **asked)
        assert (line["before"], line["gross_before"]) == (before["net_price"], before["gross_price"])
        assert (line["after"], line["gross_after"]) == (after["net_price"], after["gross_price"])
    assert [line["gross_after"] for line in lines] == ["27.45", "24.71", "27.45", "27.68"]
    assert lines[-1]["rules"] == []


def test_what_changes_as_the_period_begins_counts_and_as_it_ends_does_not(house: House) -> None:
    announce(house)
    of_the_year = ("saw", YEAR_AT, "18.00", "22.50")
    assert changes(house, item="saw", **{"from": YEAR, "until": "2027-01-01"}) == [of_the_year]
    assert changes(house, item="saw", **{"from": "2026-12-01", "until": YEAR_AT}) == []
    assert changes(house, item="saw", **{"from": "2026-12-01", "until": "2026-12-31T23:00:00.000001Z"}) == [of_the_year]
    assert changes(house, item="saw", **{"from": "2026-12-31T23:00:00.000001Z", "until": "2027-01-31"}) == []


def test_a_price_that_begins_or_ends_is_told_with_the_reason_of_none(house: House) -> None:
    house.put("items", "lamp")
    house.put("rules", "lamp", action="price", list="base", item="lamp", value="9", valid_from=YEAR, valid_to=YEAR)
    first, second = told(house, item="lamp")[1:-1]
    assert (first["before"], first["reason_before"], first["after"], first["difference"]) == (
        None,
        "no_price",
        "9.00",
        None,
    )
    assert (second["before"], second["after"], second["reason_after"]) == ("9.00", None, "no_price")
    assert "reason_after" not in first


def test_prices_of_other_units_are_told_for_the_same_number_of_units(house: House) -> None:
    house.put("rules", "saw-2027", action="price", list="base", item="saw", value="2500", per="100", valid_from=YEAR)
    line = told(house, item="saw")[1]
    assert (line["per"], line["before"], line["after"]) == ("1", "18.00", "22.50")


def test_without_a_choice_it_is_about_what_was_bought_and_what_has_a_price_of_its_own(house: House) -> None:
    for code in ("bought", "agreed", "listed", "other", "for-all"):
        house.put("items", code, item_groups=["tools"])
    house.put("rules", "up", action="price", list="base", item_group="tools", value="30")
    house.put("rules", "down", action="percent", step="promotion", item_group="tools", value="50", valid_from=YEAR)
    house.put("rules", "rossi-agreed", action="price", customer="rossi", item="agreed", value="7")
    house.put("price-lists", "own", currency="EUR")
    house.put("assignments", "own-rossi", list="own", customer="rossi")
    house.put("rules", "own-listed", action="price", list="own", item="listed", value="8")
    house.put("rules", "web-all", action="price", list="web", item="for-all", value="8")
    house.order(number="1", lines=[{"item": "bought", "quantity": "1"}, {"item": "gone", "quantity": "1"}])
    house.order(number="2", customer="bianchi", lines=[{"item": "other", "quantity": "1"}])
    assert [line[0] for line in changes(house)] == ["agreed", "bought", "listed"]
    assert changes(house, "bianchi") == [("other", YEAR_AT, "30.00", "15.00")]
    of_all = [line[0] for line in changes(house, all="true")]
    assert of_all == ["agreed", "bought", "for-all", "hammer", "listed", "other", "saw"]


def test_a_group_has_all_items_below_it(house: House) -> None:
    house.put("items", "lamp")
    house.put("rules", "lamp", action="price", list="base", item="lamp", value="9")
    house.put("rules", "all", action="percent", step="promotion", value="50", valid_from=YEAR)
    assert [line[0] for line in changes(house, item_group="tools")] == ["hammer", "saw"]
    assert [line[0] for line in changes(house, item_group="hammers")] == ["hammer"]


def test_it_can_be_asked_as_known_before(house: House) -> None:
    announce(house)
    assert changes(house, item="saw", known_at="1") == []
    assert [line[1] for line in changes(house, item="saw", known_at="2")] == [YEAR_AT]


def test_a_price_that_could_change_too_often_is_left_and_named(house: House) -> None:
    rules = [
        {"kind": "rules", "code": f"day-{day:03d}", "action": "percent", "step": "promotion", "item": "saw",
         "value": f"{1 + day % 2}", "valid_from": at(day), "valid_to": at(day + 1)}
        for day in range(300)
    ]  # fmt: skip
    assert house.client.request("POST", "/v1/changes", json={"changes": rules}).status == 200
    lines = told(house, item="saw")
    assert len(lines) == 203
    assert lines[-2] == {"record": "too_many", "item": "saw", "at": at(200)}
    rest = told(house, item="saw", **{"from": at(200)})
    assert [line["record"] for line in rest[1:-1]] == ["change"] * 101
    assert rest[1]["at"] == at(200)


def at(day: int) -> str:
    return f"{datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(
    ("path", "params", "status", "field"),
    [
        ("nobody", {}, 404, "customer"),
        ("rossi", {"item": "none"}, 404, "item"),
        ("rossi", {"item_group": "none"}, 404, "item_group"),
        ("rossi", {"channel": "none"}, 404, "channel"),
        ("rossi", {"item": "saw", "item_group": "tools"}, 400, "item_group"),
        ("rossi", {"item": "saw", "all": "true"}, 400, "all"),
        ("rossi", {"all": "perhaps"}, 400, "all"),
        ("rossi", {"unit": "BX"}, 400, "unit"),
        ("rossi", {"item": "saw", "unit": "KGM"}, 400, "unit"),
        ("rossi", {"quantity": "0"}, 400, "quantity"),
        ("rossi", {"from": "soon"}, 400, "from"),
        ("rossi", {"until": "2026-02-30"}, 400, "until"),
        ("rossi", {"until": "2026-01-01"}, 400, "until"),
        ("rossi", {"from": "2026-01-01", "until": "2099-01-01"}, 400, "until"),
        ("rossi", {"known_at": "77"}, 400, "known_at"),
        ("rossi", {"colour": "red"}, 400, "colour"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    house: House, path: str, params: dict[str, str], status: int, field: str
) -> None:
    answer = house.get(f"/v1/customers/{path}/price-changes", **params)
    assert (answer.status, answer.json()["errors"][0]["field"]) == (status, field)


def test_the_future_is_told_to_who_may_know_it(house: House) -> None:
    path = "/v1/customers/rossi/price-changes"
    for scopes in (("prices:read",), ("explain:full",)):
        key = new_key(f"sqlite:///{house.path}", *scopes)
        refused = house.client.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        assert (refused.status, refused.json()["code"]) == (403, "scope_missing")
    key = new_key(f"sqlite:///{house.path}", "prices:read", "explain:full")
    assert house.client.request("GET", path, headers={"Authorization": f"Bearer {key}"}).status == 200
