"""The price doors: what a store's page sends and sees."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.shop import House, opened


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("prices")) as house:
        yield house


def test_a_price_comes_with_its_steps_and_its_tax(house: House) -> None:
    answer = house.price("hammer", customer="rossi", quantity="3", channel="web")
    assert {name: answer[name] for name in ("outcome", "net_price", "list_price", "net", "tax", "gross")} == {
        "outcome": "price",
        "net_price": "8.55",
        "list_price": "9.50",
        "net": "25.65",
        "tax": "5.64",
        "gross": "31.29",
    }
    assert [(step["rule"], step["price_in"], step["price_out"]) for step in answer["steps"]] == [
        ("hammer-web", None, "9.5"),
        ("installers-tools", "9.5", "8.55"),
    ]


def test_two_customers_are_answered_two_prices(house: House) -> None:
    assert house.price("hammer", customer="rossi")["net_price"] == "8.55"
    assert house.price("hammer", customer="bianchi")["net_price"] == "9.50"


def test_the_next_break_and_the_ladder_say_what_more_would_cost(house: House) -> None:
    assert house.price("hammer", quantity="9")["next_break"] == {
        "net_price": "9.00",
        "gross_price": "10.98",
        "per": "1",
        "from": "10",
    }
    ladder = house.get("/v1/prices/hammer/ladder", customer="rossi").json()["ladder"]
    assert [(rung["from"], rung["net_price"]) for rung in ladder] == [("1", "8.55"), ("10", "8.10")]


def test_a_ladder_tells_from_which_quantity_on_there_is_a_price(house: House) -> None:
    house.put("items", "crate")
    scale = {"tiers": [{"from": "10", "value": "3"}, {"from": "50", "value": "2.50"}]}
    house.put("rules", "crate-bulk", action="price", item="crate", scale=scale)
    answer = house.price("crate", quantity="2", ladder="true")
    assert (answer["outcome"], answer["reason"]) == ("no_price", "no_price")
    assert [(rung["from"], rung["net_price"]) for rung in answer["ladder"]] == [("10", "3.00"), ("50", "2.50")]


def test_a_box_costs_twelve_pieces_at_the_break_that_twelve_reach(house: House) -> None:
    answer = house.price("hammer", quantity="1", unit="BX")
    assert (answer["net_price"], answer["unit"]) == ("108.00", "BX")


def test_what_is_off_the_list_price_is_told_as_labels_where_something_is_off(house: House) -> None:
    answer = house.price("hammer", customer="rossi", quantity="3", channel="web")
    labels = ("list_gross_price", "discount_price", "discount_percent", "discount")
    assert [answer[name] for name in labels] == ["11.59", "0.95", "10", "2.85"]
    assert not house.price("saw").keys() & set(labels)


def test_the_question_names_attributes_of_its_own(house: House) -> None:
    house.put("rules", "north", action="percent", item="saw", value="5", attributes={"region": ["north", "alps"]})
    asked: list[dict[str, Any]] = [{}, {"attributes": "region:south"}, {"attributes": ["region:south", "region:alps"]}]
    assert [house.price("saw", **one)["net_price"] for one in asked] == ["20.00", "20.00", "19.00"]
    batch = {"attributes": {"region": "north"}, "lines": [{"item": "saw"}]}
    answer = house.client.request("POST", "/v1/prices", json=batch).json()
    assert answer["lines"][0]["net_price"] == "19.00"
    for wrong in ("region", ":north", "region:"):
        refusal = house.get("/v1/prices/saw", attributes=wrong)
        assert (refusal.status, refusal.json()["errors"][0]["field"].partition(".")[0]) == (400, "attributes")
    house.client.request("DELETE", "/v1/rules/north")


def test_goods_that_come_back_are_priced_at_the_break_that_their_quantity_reaches(house: House) -> None:
    answer = house.price("hammer", customer="rossi", quantity="-12", channel="web")
    amounts = ("quantity", "net_price", "net", "tax", "gross", "discount", "next_break")
    assert [answer[name] for name in amounts] == ["-12", "8.10", "-97.20", "-21.38", "-118.58", "-10.80", None]


def test_an_item_without_price_is_answered_with_a_reason(house: House) -> None:
    house.put("items", "unpriced")
    answer = house.price("unpriced")
    assert (answer["outcome"], answer["reason"]) == ("no_price", "no_price")
    assert "net_price" not in answer


def test_a_code_with_slashes_is_asked_in_the_path_or_by_parameter(house: House) -> None:
    house.put("items", "a/b c")
    house.put("rules", "slashed", action="price", list="base", item="a/b c", value="3")
    assert house.price("a/b c")["net_price"] == "3.00"
    assert house.get("/v1/prices", item="a/b c").json()["net_price"] == "3.00"


@pytest.mark.parametrize(
    ("params", "status", "code", "field"),
    [
        ({"quantity": "0"}, 400, "zero", "quantity"),
        ({"quantity": "-"}, 400, "not_a_number", "quantity"),
        ({"quantity": "1e30"}, 400, "not_a_number", "quantity"),
        ({"quantity": "NaN"}, 400, "not_a_number", "quantity"),
        ({"quantity": "many"}, 400, "not_a_number", "quantity"),
        ({"quantity": "1_000"}, 400, "not_a_number", "quantity"),
        ({"quantity": "\u0663"}, 400, "not_a_number", "quantity"),
        ({"quantity": "0.0000000001"}, 400, "out_of_range", "quantity"),
        ({"unit": "KGM"}, 400, "unknown_unit", "unit"),
        ({"customer": "nobody"}, 404, "unknown_customer", "customer"),
        ({"customer": ""}, 400, "empty", "customer"),
        ({"channel": "nowhere"}, 404, "unknown_channel", "channel"),
        ({"currency": "EURO"}, 400, "not_a_currency", "currency"),
        ({"country": "Italy"}, 400, "not_a_country", "country"),
        ({"at": "2026-02-30"}, 400, "not_an_instant", "at"),
        ({"at": "0001-01-01T00:00:00Z"}, 400, "not_an_instant", "at"),
        ({"known_at": "999"}, 400, "unknown_revision", "known_at"),
        ({"known_at": "-1"}, 400, "unknown_revision", "known_at"),
        ({"min_revision": "999"}, 400, "not_there_yet", "min_revision"),
        ({"explain": "some"}, 400, "not_a_choice", "explain"),
        ({"colour": "red"}, 400, "unknown_field", "colour"),
        ({"quantity": ["1", "2"]}, 400, "twice", "quantity"),
    ],
)
def test_a_bad_question_is_told_what_is_wrong_with_which_field(
    house: House, params: dict[str, Any], status: int, code: str, field: str
) -> None:
    answer = house.get("/v1/prices/hammer", **params)
    problem = answer.json()
    assert (answer.status, problem["code"], problem["errors"][0]["field"]) == (status, code, field)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["errors"][0]["remedy"]


def test_an_unknown_item_is_not_found(house: House) -> None:
    answer = house.get("/v1/prices/nothing")
    assert (answer.status, answer.json()["code"]) == (404, "unknown_item")


def test_a_price_is_seen_at_once_and_its_past_stays(house: House) -> None:
    house.put("items", "plane")
    before = house.put("rules", "plane", action="price", list="base", item="plane", value="30")["revision"]
    assert house.price("plane")["net_price"] == "30.00"
    house.put("rules", "plane", action="price", list="base", item="plane", value="33")
    now = house.price("plane")
    assert (now["net_price"], now["revision"]) == ("33.00", before + 1)
    assert house.price("plane", known_at=str(before))["net_price"] == "30.00"


def test_a_price_of_next_month_is_known_today(house: House) -> None:
    house.put("items", "vice")
    house.put("rules", "vice", action="price", list="base", item="vice", value="50", valid_to="2026-11-30")
    house.put("rules", "vice-12", action="price", list="base", item="vice", value="55", valid_from="2026-12-01")
    today = house.price("vice")
    assert (today["net_price"], today["next_change_at"]) == ("50.00", "2026-11-30T23:00:00Z")
    assert house.price("vice", at="2026-12-01")["net_price"] == "55.00"
    assert house.price("vice", at="2026-11-30T22:59:59Z")["net_price"] == "50.00"


def test_an_answer_that_says_the_same_is_not_sent_again(house: House) -> None:
    first = house.get("/v1/prices/saw")
    again = house.client.request("GET", "/v1/prices/saw", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert house.get("/v1/prices/hammer").headers["etag"] != first.headers["etag"]


def test_every_line_of_a_batch_has_its_own_outcome(house: House) -> None:
    lines = [{"id": "a", "item": "hammer", "quantity": "10"}, {"item": "nothing"}, {"item": "saw", "quantity": 0}]
    answer = house.client.request("POST", "/v1/prices", json={"customer": "rossi", "lines": lines}).json()
    assert [line.get("id") for line in answer["lines"]] == ["a", "2", "3"]
    assert answer["lines"][0]["net_price"] == "8.10"
    assert [line["error"]["code"] for line in answer["lines"][1:]] == ["unknown_item", "zero"]


def test_a_line_that_cannot_be_read_is_that_lines_fault(house: House) -> None:
    lines = [{"item": "saw"}, {"id": "b", "quantity": 1}, {"item": "saw", "quantity": True}, 5, {"item": "saw", "x": 1}]
    answer = house.client.request("POST", "/v1/prices", json={"lines": lines}).json()
    assert answer["lines"][0]["net_price"] == "20.00"
    assert answer["lines"][1]["id"] == "b"
    faults = [line["error"]["errors"][0] for line in answer["lines"][1:]]
    assert [(fault["field"], fault["code"]) for fault in faults] == [
        ("lines[1].item", "missing"),
        ("lines[2].quantity", "wrong_type"),
        ("lines[3]", "wrong_type"),
        ("lines[4].x", "unknown_field"),
    ]


def test_nothing_is_known_of_an_instant_to_come(house: House) -> None:
    assert house.get("/v1/prices/saw", known_at="2099-01-01").json()["code"] == "unknown_revision"


def test_a_batch_answers_what_single_questions_answer(house: House) -> None:
    lines = [{"item": item, "quantity": str(quantity)} for item in ("hammer", "saw") for quantity in (1, 9, 10, 200)]
    answer = house.client.request("POST", "/v1/prices", json={"customer": "rossi", "lines": lines * 20}).json()
    for place, (line, asked) in enumerate(zip(answer["lines"], lines * 20, strict=True), 1):
        assert line.pop("id") == str(place)
        single = house.price(asked["item"], customer="rossi", quantity=asked["quantity"])
        assert {name: single[name] for name in line} == line


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "malformed_json"),
        (b"\xff\xfe", "malformed_json"),
        (b"[" * 100_000, "malformed"),
        (b'{"lines":[]}', "count"),
        (b'{"lines":[' + b",".join([b'{"item":"saw"}'] * 1001) + b"]}", "count"),
        (b'{"lines":[{"item":"saw"}],"colour":"red"}', "unknown_field"),
        (b'{"lines":[{"quantity":1}],"at":5}', "malformed"),
        (b'{"lines":5}', "malformed"),
        (b'{"customer":"nobody","lines":[{"item":"saw"}]}', "unknown_customer"),
        (b'{"lines":[{"item":"saw"}]}' + b" " * (2 << 20), "too_large"),
    ],
)
def test_a_bad_batch_is_refused_whole(house: House, body: bytes, code: str) -> None:
    answer = house.client.request("POST", "/v1/prices", content=body)
    assert (answer.status // 100, answer.json()["code"]) == (4, code)


def test_without_a_key_nothing_is_answered(house: House) -> None:
    for header in ({"Authorization": ""}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic abc"}):
        answer = house.client.request("GET", "/v1/prices/hammer", headers=header)
        assert (answer.status, answer.json()["code"]) == (401, "unauthenticated")
    assert house.client.request("GET", "/healthz", headers={"Authorization": ""}).status == 200
    assert house.client.request("GET", "/readyz", headers={"Authorization": ""}).status == 200


def test_a_value_in_another_currency_says_so(house: House) -> None:
    house.put("rates", "chf", currency="EUR", to_currency="CHF", rate="0.95")
    (step,) = house.price("saw", currency="CHF")["steps"]
    assert (step["value"], step["currency"], step["price_out"]) == ("20", "EUR", "19")
    assert "currency" not in house.price("saw")["steps"][0]
