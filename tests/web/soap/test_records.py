"""A store takes items and customers over: all of them page by page, then only what changed."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from tests.engines import ON_BOTH
from tests.shop import House, opened
from tests.web.soap.messages import asked

pytestmark = ON_BOTH


@pytest.fixture
def house(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("records")) as house:
        yield house


def pages(house: House, operation: str, **request: Any) -> tuple[list[Any], int]:
    """All records of a list, page by page, and the revision that all pages are of."""
    found: list[Any] = []
    revisions = set()
    after: dict[str, Any] = {}
    for _ in range(100):
        result = asked(house, operation, request | after).result
        found += result[operation.removeprefix("Get").lower()] or []
        revisions.add(int(result["revision"]))
        if "next" not in result:
            assert len(revisions) == 1
            return found, revisions.pop()
        after = {"after": result["next"]}
    raise AssertionError("the pages do not end")


def codes(records: list[Any]) -> list[tuple[str, str]]:
    return [(one["code"], one["ended"]) for one in records]


def test_a_store_that_follows_the_changes_has_what_a_whole_copy_has(house: House) -> None:
    house.put("items", "nail", name={"en": "Nail", "it": "Chiodo"}, gtin="4006381333931", brand=None)
    copy, at = pages(house, "GetItems", limit="2")
    assert codes(copy) == [("hammer", "false"), ("nail", "false"), ("saw", "false")]
    assert (copy[1]["name"], copy[1]["names"]) == (
        "Nail", [{"language": "en", "text": "Nail"}, {"language": "it", "text": "Chiodo"}],
    )  # fmt: skip
    assert pages(house, "GetItems", changedSince=str(at)) == ([], at)
    house.put("items", "saw", item_groups=["tools"], weight="1.5")
    house.put("items", "drill", unit="KGM")
    assert house.client.request("DELETE", "/v1/items/nail").status == 200
    house.put("customers", "verdi", country="AT")
    house.put("items", "saw", item_groups=["tools"], weight="1.6")
    changes, now = pages(house, "GetItems", changedSince=str(at), limit="1")
    assert codes(changes) == [("drill", "false"), ("nail", "true"), ("saw", "false")]
    assert changes[2]["weight"] == "1.6"
    held = {one["code"]: one for one in copy} | {one["code"]: one for one in changes}
    whole, _ = pages(house, "GetItems")
    assert sorted(one["code"] for one in whole) == sorted(code for code, one in held.items() if one["ended"] == "false")
    assert [held[one["code"]] for one in whole] == whole
    assert now == house.database.read().revision


def test_what_an_import_ended_is_told_however_much_it_is(house: House) -> None:
    many = [{"kind": "items", "code": f"i{number:04}"} for number in range(700)]
    lines = b"\n".join(msgspec.json.encode(one) for one in many)
    ndjson = {"content-type": "application/x-ndjson"}
    assert house.client.request("POST", "/v1/changes", content=lines, headers=ndjson).status == 200
    at = house.database.read().revision
    ended = b"\n".join(msgspec.json.encode(one | {"end": True}) for one in many)
    assert house.client.request("POST", "/v1/changes", content=ended, headers=ndjson).status == 200
    changes, _ = pages(house, "GetItems", changedSince=str(at), limit="300")
    assert codes(changes) == [(one["code"], "true") for one in many]


def test_a_page_is_of_the_book_in_which_the_first_was_read(house: House) -> None:
    first = asked(house, "GetItems", {"limit": "1"}).result
    house.put("items", "anvil")
    house.put("items", "saw", item_groups=[])
    second = asked(house, "GetItems", {"limit": "1", "after": first["next"]}).result
    assert (second["items"][0]["code"], second["items"][0]["itemGroups"], second["revision"]) == (
        "saw", ["tools"], first["revision"],
    )  # fmt: skip


def test_customers_come_with_their_groups(house: House) -> None:
    customers, _ = pages(house, "GetCustomers")
    assert customers[1] == {
        "code": "rossi", "ended": "false", "revision": "1", "name": "Mario Rossi", "status": "active",
        "account": "rossi-group", "customerGroups": ["installers"], "country": "IT",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "code", "field"),
    [
        ({"changedSince": "99"}, "unknown_revision", "request/changedSince"),
        ({"changedSince": "-1"}, "unknown_revision", "request/changedSince"),
        ({"after": "x"}, "not_a_cursor", "request/after"),
        ({"after": "99/a"}, "not_a_cursor", "request/after"),
        ({"after": "1/a", "changedSince": "1"}, "not_a_cursor", "request/after"),
        ({"after": "1:1.0.0"}, "not_a_cursor", "request/after"),
        ({"limit": "0"}, "out_of_range", "request/limit"),
        ({"limit": "1001"}, "out_of_range", "request/limit"),
    ],
)
def test_what_no_page_is_asked_by_is_refused(house: House, request_: dict[str, Any], code: str, field: str) -> None:
    problem = asked(house, "GetItems", request_).problem
    assert (problem["code"], problem["field"]) == (code, field)
