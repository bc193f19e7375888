"""The fact doors: what is stated is read back, changed, listed and ended."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shop import COMPANY, House, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def put(house: House, path: str, said: Any, **headers: str) -> Any:
    return house.client.request("PUT", path, json=said, headers=headers)


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, code, _ in COMPANY])
def test_what_is_read_can_be_put_back_and_changes_nothing(house: House, kind: str, code: str) -> None:
    read = house.get(f"/v1/{kind}/{code}")
    again = put(house, f"/v1/{kind}/{code}", read.json())
    assert (again.status, again.json(), again.headers["etag"]) == (200, read.json(), read.headers["etag"])
    assert house.get("/readyz").json()["revision"] == 1


def test_a_new_fact_is_created_and_a_known_one_changed(house: House) -> None:
    first = put(house, "/v1/brands/stanley", {"name": "Stanley"})
    second = put(house, "/v1/brands/stanley", {"name": {"en": "Stanley", "it": "Stanley Italia"}})
    assert (first.status, second.status) == (201, 200)
    assert (first.json()["revision"], second.json()["revision"]) == (2, 3)
    assert house.get("/v1/brands/stanley", known_at="2").json()["name"] == "Stanley"


def test_a_change_based_on_an_older_revision_is_refused_with_both(house: House) -> None:
    tag = house.get("/v1/rules/saw-base").headers["etag"]
    saw = {"action": "price", "list": "base", "item": "saw"}
    assert put(house, "/v1/rules/saw-base", saw | {"value": "21"}, **{"If-Match": tag}).status == 200
    answer = put(house, "/v1/rules/saw-base", saw | {"value": "22"}, **{"If-Match": tag})
    assert (answer.status, answer.json()["code"]) == (409, "conflict")
    assert '"21"' in answer.json()["detail"]
    assert '"22"' in answer.json()["detail"]
    assert house.get("/v1/rules/saw-base").json()["value"] == "21"


def test_what_is_referred_to_cannot_end(house: House) -> None:
    answer = house.client.request("DELETE", "/v1/items/saw")
    assert (answer.status, answer.json()["code"]) == (409, "in_use")
    assert "saw-base" in answer.json()["detail"]
    assert house.client.request("DELETE", "/v1/rules/saw-base").status == 200
    assert house.client.request("DELETE", "/v1/items/saw").status == 200
    assert house.get("/v1/items/saw").status == 404
    assert house.get("/v1/prices/saw").status == 404
    assert house.price("saw", known_at="1")["net_price"] == "20.00"


def test_a_change_set_is_one_revision_or_nothing(house: House) -> None:
    changes: list[Any] = [
        {"kind": "items", "code": "drill"},
        {"kind": "rules", "code": "drill", "action": "price", "list": "base", "item": "drill", "value": "99"},
        {"kind": "rules", "code": "saw-base", "end": True},
    ]
    done = house.client.request("POST", "/v1/changes", json={"reason": "spring", "changes": changes}).json()
    assert done == {"revision": 2, "changed": 3, "unchanged": 0}
    bad = [*changes, {"kind": "rules", "code": "x", "action": "price", "item": "nothing", "value": "1"}]
    answer = house.client.request("POST", "/v1/changes", json={"changes": [*bad[3:], {"kind": "brands", "code": "b"}]})
    assert (answer.status, answer.json()["code"]) == (400, "unknown_reference")
    assert house.get("/v1/brands/b").status == 404
    (entry,) = house.get("/v1/changes", after="1").json()["data"]
    assert (entry["reason"], entry["changes"], entry["ended"]) == (
        "spring",
        3,
        [{"kind": "rules", "code": "saw-base"}],
    )


def test_ndjson_is_a_change_set_too(house: House) -> None:
    lines = b"".join(b'{"kind":"brands","code":"b%d"}\n' % number for number in range(3))
    done = house.client.request(
        "POST", "/v1/changes", content=lines, headers={"Content-Type": "application/x-ndjson"}
    ).json()
    assert (done["revision"], done["changed"]) == (2, 3)
    assert [brand["code"] for brand in house.get("/v1/brands").json()["data"]] == ["b0", "b1", "b2"]


def test_many_changes_are_one_revision_too(house: House) -> None:
    brands = [{"kind": "brands", "code": f"b{number}"} for number in range(1500)]
    done = house.client.request("POST", "/v1/changes", json={"changes": brands}).json()
    assert done == {"revision": 2, "changed": 1500, "unchanged": 0}
    lines = b"".join(b'{"kind":"brands","code":"c%d"}\n' % number for number in range(3000))
    headers = {"Content-Type": "application/x-ndjson"}
    done = house.client.request("POST", "/v1/changes", content=lines, headers=headers).json()
    assert done == {"revision": 3, "changed": 3000, "unchanged": 0}
    bad = lines + b'{"kind":"brands","code":"d","colour":"red"}\n'
    answer = house.client.request("POST", "/v1/changes", content=bad, headers=headers)
    assert (answer.status, answer.json()["code"]) == (400, "unknown_field")
    assert house.get("/readyz").json()["revision"] == 3


def test_lists_are_filtered_and_paged(house: House) -> None:
    rules = house.get("/v1/rules", item="hammer").json()["data"]
    assert sorted(rule["code"] for rule in rules) == ["hammer-base", "hammer-web"]
    assert [rule["code"] for rule in house.get("/v1/rules", list="web").json()["data"]] == ["hammer-web"]
    page = house.get("/v1/rules", limit="3").json()
    rest = house.get("/v1/rules", limit="3", after=page["next"]).json()
    assert len({rule["code"] for rule in page["data"] + rest["data"]}) == 4
    assert rest["next"] is None


def test_names_of_people_are_kept_apart_and_read_with_their_customer(house: House) -> None:
    assert house.get("/v1/customers/rossi").json()["mail"] == "mario@rossi.example"
    house.put("customers", "rossi", country="IT", name="Maria Rossi")
    assert house.get("/v1/customers/rossi").json()["name"] == "Maria Rossi"
    bodies = house.database.read().connection.execute("SELECT body FROM fact WHERE code = 'rossi'").fetchall()
    assert not any("Rossi" in body for (body,) in bodies)


def test_a_code_that_does_not_fit_in_a_path_goes_as_a_parameter(house: House) -> None:
    answer = house.client.request("PUT", "/v1/items", params={"code": "../a?b"}, json={"name": "odd"})
    assert (answer.status, answer.json()["code"]) == (201, "../a?b")
    assert house.get("/v1/items", code="../a?b").json()["name"] == "odd"
    assert house.client.request("DELETE", "/v1/items", params={"code": "../a?b"}).status == 200


@pytest.mark.parametrize(
    ("kind", "said", "field", "code"),
    [
        ("items", {"colour": "red"}, "colour", "unknown_field"),
        ("items", {"code": "other"}, "code", "code_differs"),
        ("items", {"unit": 5}, "unit", "wrong_type"),
        ("items", {"status": "gone"}, "status", "not_a_choice"),
        ("items", {"cost": "1e30"}, "cost", "out_of_range"),
        ("items", {"packagings": [{"unit": "BX", "factor": "0"}]}, "packagings[0].factor", "not_positive"),
        ("items", {"item_groups": ["nothing"]}, "item_groups", "unknown_reference"),
        ("rules", {"action": "price"}, "value", "missing"),
        ("rules", {"action": "gift", "value": "1"}, "action", "not_a_choice"),
        ("rules", {"action": "price", "value": "-1"}, "value", "negative"),
        ("rules", {"action": "price", "value": "NaN"}, "value", "out_of_range"),
        ("rules", {"action": "price", "value": "1", "valid_from": "2026-02-30"}, "valid_from", "wrong_type"),
        (
            "rules",
            {"action": "price", "value": "1", "valid_from": "2026-02-02", "valid_to": "2026-02-01"},
            "valid_to",
            "ends_before_start",
        ),
        ("rules", {"action": "price", "value": "1", "item": "nothing"}, "item", "unknown_reference"),
        ("rules", {"action": "price", "formula": {"list": "nothing"}}, "formula.list", "unknown_reference"),
        (
            "rules",
            {"action": "price", "value": "1", "requires": [{"from": "1", "scope": {"brand": "nothing"}}]},
            "requires[0].scope.brand",
            "unknown_reference",
        ),
        ("rules", {"action": "price", "scale": {"tiers": []}}, "scale.tiers", "count"),
        ("rates", {"currency": "EUR", "to_currency": "euro", "rate": "1"}, "to_currency", "not_a_currency"),
        ("price-lists", {"zone": "Mars/Base"}, "zone", "not_a_zone"),
        ("schemes", {"steps": [{"name": "p", "kind": "magic"}]}, "steps[0].kind", "not_a_choice"),
        ("customers", {"mail": 5}, "mail", "wrong_type"),
    ],
)
def test_a_bad_fact_is_told_what_is_wrong_and_nothing_changes(
    house: House, kind: str, said: dict[str, Any], field: str, code: str
) -> None:
    answer = put(house, f"/v1/{kind}/new", said)
    fault = answer.json()["errors"][0]
    assert (answer.status // 100, fault["field"], fault["code"]) == (4, field, code)
    assert fault["remedy"]
    assert house.get("/readyz").json()["revision"] == 1


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"{", b"[]", b"null"])
def test_a_body_that_is_no_record_is_refused(house: House, body: bytes) -> None:
    answer = house.client.request("PUT", "/v1/items/x", content=body)
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("code", ["x" * 65, "a\x07b", "e\u0301", " "])
def test_a_code_must_be_one(house: House, code: str) -> None:
    assert house.client.request("PUT", "/v1/items", params={"code": code}, json={}).status == 400


def test_a_code_may_be_any_text(house: House) -> None:
    for code in ("ırmak", "IRMAK", "Straße 5/7", "日本", "a b", "100%"):
        house.put("items", code, name=code)
        assert house.get(f"/v1/items/{code}").json()["code"] == code


def test_stock_is_counted_by_warehouse_and_makes_no_revision(house: House) -> None:
    assert put(house, "/v1/stock/hammer", {"on_hand": "12.5"}).status == 200
    put(house, "/v1/stock/hammer", {"on_hand": "3", "warehouse": "milano"})
    stock = house.get("/v1/stock/hammer").json()
    assert [(place["warehouse"], place["available"]) for place in stock["warehouses"]] == [
        ("main", "12.5"),
        ("milano", "3"),
    ]
    assert put(house, "/v1/stock/nothing", {"on_hand": "1"}).status == 404
    assert put(house, "/v1/stock/hammer", {"on_hand": "-1"}).status == 400
    assert house.get("/readyz").json()["revision"] == 1


def test_an_unknown_route_is_a_problem_too(house: House) -> None:
    assert house.get("/v1/unicorns/x").json()["code"] == "not_found"
    assert house.get("/nothing").json()["code"] == "not_found"
    answer = house.client.request("PATCH", "/v1/items/hammer")
    assert (answer.status, answer.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize(
    ("kind", "field"), [("item-groups", "parent"), ("accounts", "parent"), ("items", "variant_of"), ("units", "of")]
)
def test_nothing_stands_above_itself(house: House, kind: str, field: str) -> None:
    more = {"factor": "10"} if kind == "units" else {}
    house.put(kind, "root")
    house.put(kind, "middle", **more, **{field: "root"})
    house.put(kind, "leaf", **more, **{field: "middle"})
    for above in ("leaf", "root"):
        answer = put(house, f"/v1/{kind}/root", more | {field: above})
        assert (answer.status, answer.json()["errors"][0]["code"]) == (400, "loop")
    assert house.get(f"/v1/{kind}/root").json().get(field) is None


def test_what_is_not_there_says_where_to_look(house: House) -> None:
    for answer in (house.get("/v1/items/nothing"), house.client.request("DELETE", "/v1/items/nothing")):
        assert (answer.status, answer.json()["errors"][0]["field"]) == (404, "code")
        assert answer.json()["errors"][0]["remedy"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "sNaN"])
@pytest.mark.parametrize(
    ("kind", "said", "field"),
    [
        ("units", {"of": "C62"}, "factor"),
        ("rules", {"action": "price", "value": "1"}, "per"),
        ("rates", {"currency": "EUR", "to_currency": "USD"}, "rate"),
        ("taxes", {}, "percent"),
    ],
)
def test_what_is_no_number_is_out_of_range(
    house: House, kind: str, said: dict[str, Any], field: str, number: str
) -> None:
    answer = put(house, f"/v1/{kind}/odd", said | {field: number})
    assert (answer.status, answer.json()["errors"][0]["field"]) == (400, field)
