"""What a key asked last is listed: its own, in codes alone, bounded, and without holding anybody up."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from listino.core.errors import Unavailable
from listino.db import requests
from listino.db.engine import Database
from listino.flows import requests as log_flow
from listino.flows.access import Limit, created, limited
from listino.flows.requests import forgotten
from listino.flows.upkeep import tidied
from listino.web import request_log
from tests.browsers import me, minted
from tests.shop import NOW, CountedChance, House, opened
from tests.web.soap.messages import asked

PARTY = {"name": "Mario Rossi", "street": "Via dei Fornaciai 7", "mail": "mario@rossi.example", "vat_id": "IT0123"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def key_with(house: House, *scopes: str, name: str = "store") -> dict[str, str]:
    chance = CountedChance(1_000 + 50 * len(scopes) + len(name))
    _, secret = created(house.database, name, scopes, channel=None, test=False, now=NOW, chance=chance)
    return {"Authorization": f"Bearer {secret}"}


def listed(house: House, headers: dict[str, str] | None = None, **params: str) -> list[Any]:
    found = house.client.request("GET", "/v1/requests", headers=headers or {}, params=params)
    assert found.status == 200, found.body
    data: list[Any] = found.json()["data"]
    return data


def test_a_key_sees_its_own_requests_the_newest_first(house: House) -> None:
    store = key_with(house, "prices:read", "orders:create")
    house.price("hammer")
    for item in ("hammer", "unknown"):
        house.client.request("GET", f"/v1/prices/{item}", headers=store, params={"customer": "rossi"})
    house.client.request("GET", "/v1/orders", headers=store)
    house.client.request("POST", "/v1/prices", headers=store, json={"lines": [{"item": "saw"}], "note": "Mario"})
    found = listed(house, store)
    assert [(one["method"], one["path"], one["status"], one["code"]) for one in found] == [
        ("POST", "/v1/prices", 400, "unknown_field"),
        ("GET", "/v1/orders", 403, "scope_missing"),
        ("GET", "/v1/prices/unknown?customer=rossi", 404, "unknown_item"),
        ("GET", "/v1/prices/hammer?customer=rossi", 200, None),
    ]
    assert found[0]["body"] == '{"lines":[{"item":"saw"}],"note":"…"}'
    assert found[2]["answer"].startswith('{"type":"urn:listino:problem:unknown_item"')
    assert (found[3]["body"], found[3]["answer"]) == (None, None)
    assert all(0 <= one["duration_us"] < 60_000_000 and one["at"].startswith("2026-11-23T1") for one in found)


def test_nothing_of_a_person_is_kept(house: House) -> None:
    said = {"buyer": PARTY, "ship_to": PARTY, "contacts": [PARTY], "notes": "Ring at Rossi's", "fields": {"x": "Mario"}}
    assert house.order("mario-key", number="7", **said).status == 201
    house.order(number="Via dei Fornaciai 7", **{"Mario Rossi": "x"})
    house.put("customers", "verdi", name="Mario Rossi", mail="mario@rossi.example")
    house.get("/v1/customers", mail="mario@rossi.example")
    found = listed(house)
    assert [one["status"] for one in found] == [400, 201, 400, 201]
    kept = "".join(str(one["path"]) + str(one["body"]) + str(one["answer"]) for one in found)
    for word in ("Mario", "Fornaciai", "mario", "IT0123", "Ring"):
        assert word not in kept.replace('"number":"Via dei Fornaciai 7"', "")
    assert found[3]["body"].startswith('{"number":"7","ordered_at":"2026-11-23T11:59:00Z","currency":"EUR"')
    columns = house.database.read().connection.execute("SELECT * FROM request").fetchall()
    assert "listino_live_" not in str(columns)


def test_filters_by_status_and_path_and_pages(house: House) -> None:
    for item in ("hammer", "a", "b", "saw"):
        house.get(f"/v1/prices/{item}")
    house.get("/v1/orders/x")
    assert [one["path"] for one in listed(house, status="4xx")] == ["/v1/orders/x", "/v1/prices/b", "/v1/prices/a"]
    assert [one["path"] for one in listed(house, status="404", path="/v1/prices/b")] == ["/v1/prices/b"]
    first = house.get("/v1/requests", limit="3").json()
    second = house.get("/v1/requests", limit="3", after=first["next"]).json()
    paths = [one["path"].rpartition("/")[2] for page in (first, second) for one in page["data"]]
    assert (paths, second["next"]) == (["x", "saw", "b", "a", "hammer"], None)
    for name, value in (("status", "4x"), ("status", "99999"), ("after", "x"), ("limit", "0")):
        assert house.get("/v1/requests", **{name: value}).status == 400


def test_another_keys_requests_need_a_scope(house: House) -> None:
    store, reader = key_with(house, "prices:read"), key_with(house, "requests:read", name="reader")
    house.client.request("GET", "/v1/prices/hammer", headers=store)
    key_id = listed(house, store)[0]["key"]
    assert house.client.request("GET", "/v1/requests", headers=store, params={"key": key_id}).status == 200
    refused = house.client.request("GET", "/v1/requests", headers=store, params={"key": "*"})
    assert (refused.status, refused.json()["code"]) == (403, "scope_missing")
    assert [one["path"] for one in listed(house, reader, key=key_id)] == ["/v1/prices/hammer"]
    assert [one["path"] for one in listed(house, reader, key="*")] == ["/v1/prices/hammer"]
    assert listed(house, reader) == []


def test_an_answer_beside_the_hot_road_names_its_request(house: House) -> None:
    answer = house.get("/v1/orders")
    assert listed(house)[0]["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "status", "is_noted"),
    [
        ("GET", "/v1/prices/nix", 404, True),
        ("GET", "/v1/prices/hammer?quantity=0", 400, True),
        ("POST", "/v1/prices", 400, True),
        ("GET", "/v1/orders/nix", 404, True),
        ("POST", "/soap", 500, True),
        ("GET", "/v1/requests?status=x", 400, False),  # What is asked about the log is no part of it.
        ("GET", "/v1/pricesx", 404, False),
        ("GET", "/v1/nix", 404, False),
        ("DELETE", "/v1/orders", 405, False),
        ("GET", "/docs/nix", 404, False),
    ],
)  # fmt: skip
def test_every_refusal_has_a_name_by_which_it_is_found_in_the_log(
    house: House, method: str, path: str, status: int, is_noted: bool
) -> None:
    path, _, query = path.partition("?")
    params = dict([query.split("=")]) if query else {}
    if path == "/soap":
        by_soap = asked(house, "GetPrice", {"item": "nope"}, "1.1")
        told, name = by_soap.status, by_soap.headers["x-request-id"]
    else:
        answer = house.client.request(method, path, params=params)
        told, name = answer.status, answer.headers["x-request-id"]
    assert (told, name[:4], len(name)) == (status, "req_", 20)
    assert [one["request_id"] for one in listed(house)] == ([name] if is_noted else [])


@pytest.mark.parametrize("path", ["/v1/prices/hammer", "/v1/orders", "/v1/me/items", "/v1/requests", "/metrics"])
def test_a_refusal_of_nobodys_key_has_a_name_too_and_is_in_no_log(house: House, path: str) -> None:
    answers = [house.client.request("GET", path, headers={"Authorization": "Bearer nobody"}) for _ in range(2)]
    assert [answer.status for answer in answers] == [401, 401]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 2
    assert listed(house, key="*") == []


def test_refusals_of_a_keys_tokens_are_listed_with_what_else_the_key_asked(house: House) -> None:
    store = key_with(house, "tokens:create")
    token = minted(house, headers=store, minutes=1).json()["token"]
    blocked = minted(house, "bianchi", headers=store).json()["token"]
    house.put("customers", "bianchi", status="blocked")
    me(house, token, "/prices/hammer")
    me(house, token, "/prices/hammer", headers={"Origin": "https://other.example"})
    me(house, blocked, "/prices/hammer")
    me(house, token[:-1], "/prices/hammer")  # Nobody's.
    key_id = listed(house, store)[0]["key"]
    limited(house.database, key_id, Limit(1, 1))
    for _ in range(2):
        me(house, token, "/prices/saw")
    house.clock.at += timedelta(minutes=1)
    me(house, token, "/prices/hammer")
    limited(house.database, key_id, None)
    assert [(one["path"], one["status"], one["code"]) for one in listed(house, store)] == [
        ("/v1/me/prices/hammer", 401, "token_expired"),
        ("/v1/me/prices/saw", 429, "rate_limited"),
        ("/v1/me/prices/saw", 200, None),
        ("/v1/me/prices/hammer", 401, "token_ended"),
        ("/v1/me/prices/hammer", 403, "origin_not_allowed"),
        ("/v1/me/prices/hammer", 200, None),
        ("/v1/customer-tokens", 201, None),
        ("/v1/customer-tokens", 201, None),
    ]
    assert listed(house, store)[0]["request_id"] is not None


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_of_soap_the_operation_and_the_code_are_listed(house: House, version: str) -> None:
    asked(house, "GetPrice", {"item": "hammer"}, version)
    asked(house, "GetPrice", {"item": "nope"}, version)
    asked(house, "Ping", {}, version)
    asked(house, "GetOrders", {}, version)
    refused = 500 if version == "1.1" else 400
    assert [(one["path"], one["status"], one["code"]) for one in listed(house)] == [
        ("/soap", refused, "unknown_operation"),
        ("/soap#Ping", 200, None),
        ("/soap#GetPrice", refused, "unknown_item"),
        ("/soap#GetPrice", 200, None),
    ]
    assert [one["status"] for one in listed(house, path="/soap#GetPrice")] == [refused, 200]
    assert len(listed(house, path="/soap")) == 4


def test_an_operation_of_soap_is_no_beginning_of_another(house: House) -> None:
    asked(house, "GetPrices", {"lines": [{"line": {"id": "1", "item": "hammer"}}]})
    asked(house, "GetPrice", {"item": "hammer"})
    house.get("/v1/prices/hammer")
    assert {one["path"] for one in listed(house, path="/soap#GetPrice")} == {"/soap#GetPrice"}
    assert {one["path"] for one in listed(house, path="/soap#GetPrices")} == {"/soap#GetPrices"}
    assert listed(house, path="/soap#Get") == []
    assert len(listed(house, path="/soap")) == 2


def test_only_the_newest_of_each_key_are_kept_and_none_for_longer_than_a_week(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests.drop_oldest, "__defaults__", (3,))
    store = key_with(house, "prices:read")
    house.client.request("GET", "/v1/prices/saw", headers=store)
    for item in ("a", "b", "c", "d", "e"):
        house.get(f"/v1/prices/{item}")
    assert [one["path"][-1] for one in listed(house)] == ["e", "d", "c"]
    assert len(listed(house, store)) == 1
    tidied(house.database, None, house.clock.at + log_flow.KEPT_FOR - timedelta(hours=1))
    assert len(listed(house)) == 3
    forgotten(house.database, house.clock.at + log_flow.KEPT_FOR + timedelta(hours=1))
    assert listed(house) == []


def test_of_many_answers_the_newest_are_kept_and_every_refusal(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_log, "ANSWERED_PER_KEY_MAX", 2)
    for item in ("unknown", "hammer", "saw", "hammer", "saw"):
        house.get(f"/v1/prices/{item}")
    assert [one["path"].rpartition("/")[2] for one in listed(house)] == ["saw", "hammer", "unknown"]
    assert "listino_requests_unlogged_total 2" in house.get("/metrics").body.decode()


def test_a_database_that_takes_no_writes_disturbs_no_request(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: Any) -> None:
        raise Unavailable("The disk is full.")

    with capture_logs() as said:
        with monkeypatch.context() as broken:
            broken.setattr(Database, "write", lost)
            for _ in range(3):
                house.get("/v1/prices/hammer")
                assert listed(house) == []
        for _ in range(2):
            assert house.price("hammer")["outcome"] == "price"
            listed(house)
    assert len(listed(house)) == 2
    assert "listino_requests_unlogged_total 3" in house.get("/metrics").body.decode()
    assert [(one["event"], one.get("reason"), one.get("lost"), one.get("exc_info")) for one in said] == [
        ("requests_not_written", "The disk is full.", None, None),
        ("requests_written_again", None, 3, None),
    ]
