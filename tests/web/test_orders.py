"""The order doors: a placed order is taken once, whole, and never refused by our rules."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from listino.config import SystemChance
from listino.flows.access import created
from tests.shop import NOW, House, an_order, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def orders_in(house: House) -> list[Any]:
    data: list[Any] = house.get("/v1/orders").json()["data"]
    return data


def test_an_order_is_taken_with_our_prices_and_placed(house: House) -> None:
    answer = house.order(key="k-1")
    order = answer.json()
    assert answer.status == 201
    assert (order["key"], order["handover"], order["life"], order["held"]) == ("k-1", "placed", "received", [])
    assert (order["net"], order["tax"], order["gross"]) == ("25.65", "5.64", "31.29")
    line = order["lines"][0]
    assert (line["net_price"], line["net"], line["price"]["steps"][1]["rule"]) == ("8.55", "25.65", "installers-tools")
    assert [step["state"] for step in order["history"]] == ["accepted", "placed"]
    assert answer.headers["location"].endswith(f"/v1/orders/{order['id']}")
    progress = {"shipped": "0", "returned": "0", "cancelled": "0"}
    read = house.get(f"/v1/orders/{order['id']}").json()
    assert read["lines"] == [line | progress for line in order["lines"]]


def test_an_order_reads_back_with_all_that_the_store_said(house: House) -> None:
    said: dict[str, Any] = {
        "store": "shop-it",
        "channel": "web",
        "buyer": {"name": "Işıl Öztürk", "mail": "isil@example.org", "country": "IT"},
        "bill_to": {"company": "Rossi S.p.A.", "street": "Via Roma 1", "postcode": "20121", "city": "Milano"},
        "ship_to": {"name": "Cantiere 7", "country": "IT"},
        "contacts": [{"name": "Anna", "languages": ["it", "de"], "role": "site", "phone": "+39 02 1"}],
        "vat_id": "IT01234567890",
        "reference": "PO 77",
        "wanted_on": "2026-12-01",
        "notes": "Ring twice",
        "charges": [{"kind": "shipping", "net": "10.00", "tax": "2.20", "gross": "12.20"}],
        "vouchers": [{"code": "WELCOME", "net": "5.00", "tax": "1.10", "gross": "6.10"}],
        "payments": [{"method": "card", "state": "captured", "captured": "37.39", "wallet": {"kind": "x"}}],
        "fields": {"campaign": "autumn"},
        "lines": [
            {"id": "l1", "item": "hammer", "quantity": "3", "text": "Engrave: Anna", "fields": {"colour": "red"}}
        ],
    }
    taken = house.order(**said).json()
    assert (taken["net"], taken["tax"], taken["gross"], taken["held"]) == ("30.65", "6.74", "37.39", [])
    (read,) = house.get("/v1/orders", store="shop-it", number="1001").json()["data"]
    for name, value in said.items():
        if name != "lines":
            assert read[name] == value, name
    assert (read["lines"][0]["id"], read["lines"][0]["text"], read["lines"][0]["fields"]) == (
        "l1",
        "Engrave: Anna",
        {"colour": "red"},
    )


@pytest.mark.parametrize(
    ("said", "reasons"),
    [
        ({"customer": "nobody"}, ["unknown_customer"]),
        ({"lines": [{"item": "unicorn", "quantity": 1, "net": "5.00"}]}, ["unknown_item"]),
        ({"lines": [{"item": "unicorn", "quantity": 1}]}, ["unknown_item"]),
        ({"lines": [{"item": "hammer", "quantity": 3, "net_price": "8.00"}]}, ["price_difference"]),
        ({"lines": [{"item": "hammer", "quantity": 3, "gross": "31.31"}]}, ["price_difference"]),
        ({"lines": [{"item": "hammer", "quantity": 3, "unit": "KGM"}]}, ["unknown_unit"]),
        ({"channel": "nowhere"}, ["unknown_channel"]),
        ({"ship_to": {"country": "Italia"}}, ["bad_address"]),
        ({"payments": [{"method": "card", "captured": "30.00"}]}, ["payment_difference"]),
        (
            {"lines": [{"item": "hammer", "quantity": 3, "net": "25.65", "tax": "5.00", "gross": "31.29"}]},
            ["amounts_do_not_add_up", "price_difference"],
        ),
        ({"quote": "q1"}, ["unknown_quote"]),
    ],
)
def test_what_a_person_must_look_at_is_taken_and_held(house: House, said: dict[str, Any], reasons: list[str]) -> None:
    answer = house.order(**said)
    order = answer.json()
    assert (answer.status, order["handover"], order["life"], order["held"]) == (201, "accepted", "on_hold", reasons)
    assert orders_in(house)[0]["held"] == reasons


@pytest.mark.parametrize("gross", ["31.28", "31.29", "31.30"])
def test_a_cent_of_rounding_is_no_price_difference(house: House, gross: str) -> None:
    order = house.order(lines=[{"item": "hammer", "quantity": 3, "gross": gross}]).json()
    assert (order["held"], order["gross"]) == ([], gross)


def test_a_payment_that_differs_by_cents_becomes_a_rounding_line(house: House) -> None:
    order = house.order(payments=[{"method": "card", "captured": "31.25"}]).json()
    assert (order["held"], order["net"], order["tax"], order["gross"]) == ([], "25.61", "5.64", "31.25")
    assert orders_in(house)[0]["charges"] == [{"kind": "rounding", "net": "-0.04", "tax": "0.00", "gross": "-0.04"}]


def test_the_price_that_was_shown_before_it_changed_is_charged(house: House) -> None:
    ordered_at = house.clock().isoformat()
    house.clock()
    house.put("rules", "installers-tools", action="percent", customer_group="installers", value="50")
    order = house.order(ordered_at=ordered_at, lines=[{"item": "hammer", "quantity": 3, "net_price": "8.55"}]).json()
    assert (order["held"], order["net"]) == ([], "25.65")


def test_the_tax_of_many_lines_is_rounded_once_per_rate_and_shared_out(house: House) -> None:
    house.put("items", "washer")
    house.put("rules", "washer", action="price", list="base", item="washer", value="0.12")
    order = house.order(customer="bianchi", lines=[{"item": "washer", "quantity": 1}] * 5).json()
    assert (order["net"], order["tax"], order["gross"]) == ("0.60", "0.13", "0.73")
    assert [line["tax"] for line in order["lines"]] == ["0.03", "0.03", "0.03", "0.02", "0.02"]


def test_the_same_order_again_is_the_first_answer_again(house: House) -> None:
    first = house.order(key="k")
    again = house.order(key="k", ordered_at="2026-11-23T12:59:00+01:00", lines=[{"item": "hammer", "quantity": "3.00"}])
    without = house.order()
    assert (first.status, again.status, without.status) == (201, 201, 201)
    assert first.body == again.body == without.body
    assert len(orders_in(house)) == 1


@pytest.mark.parametrize("key", ["k", None])
def test_the_same_key_with_other_content_is_refused_and_changes_nothing(house: House, key: str | None) -> None:
    house.order(key="k")
    before = orders_in(house)
    answer = house.order(key=key, lines=[{"item": "hammer", "quantity": 4}])
    assert (answer.status, answer.json()["code"]) == (422, "different_content")
    assert orders_in(house) == before


def test_fifty_posts_at_once_are_one_order_and_fifty_equal_answers(house: House) -> None:
    body = msgspec.json.encode(an_order())
    post = ("POST", "/v1/orders", {"content": body, "headers": {"Idempotency-Key": "k"}})
    answers = house.client.together([post] * 50)
    assert {(answer.status, answer.body) for answer in answers} == {(201, answers[0].body)}
    assert len(orders_in(house)) == 1


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"number": None}, "number", "missing"),
        ({"ordered_at": None}, "ordered_at", "missing"),
        ({"currency": None}, "currency", "missing"),
        ({"lines": None}, "lines", "missing"),
        ({"customer": None}, "customer", "missing"),
        ({"lines": []}, "lines", "count"),
        ({"lines": [{"item": "hammer", "quantity": 1}] * 1001}, "lines", "count"),
        ({"lines": [{"item": "hammer", "quantity": 0}]}, "lines[0].quantity", "not_positive"),
        ({"lines": [{"item": "hammer", "quantity": "-1"}]}, "lines[0].quantity", "not_positive"),
        ({"lines": [{"item": "hammer", "quantity": "1e30"}]}, "lines[0].quantity", "not_a_number"),
        ({"lines": [{"item": "hammer", "quantity": "NaN"}]}, "lines[0].quantity", "not_a_number"),
        ({"lines": [{"item": "hammer"}]}, "lines[0].quantity", "missing"),
        ({"lines": [{"item": "hammer", "quantity": 1, "size": 4}]}, "lines[0].size", "unknown_field"),
        ({"lines": [{"item": "hammer", "quantity": 1, "net": "1e30"}]}, "lines[0].net", "not_a_number"),
        ({"currency": "EURO"}, "currency", "not_a_currency"),
        ({"ordered_at": "2026-02-30T10:00:00Z"}, "ordered_at", "wrong_type"),
        ({"ordered_at": "2026-11-23T10:00:00"}, "ordered_at", "no_zone"),
        ({"wanted_on": "2026-13-01"}, "wanted_on", "wrong_type"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_what_is_malformed_is_refused_and_nothing_is_kept(
    house: House, said: dict[str, Any], field: str, code: str
) -> None:
    answer = house.order(**said)
    fault = answer.json()["errors"][0]
    assert (answer.status // 100, fault["field"], fault["code"]) == (4, field, code)
    assert fault["remedy"]
    assert orders_in(house) == []


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{", "malformed_json"), (b"[" * 100_000, "too_deep"), (b" " * (2 << 20), "too_large"), (b"[]", "malformed")],
)
def test_a_body_that_is_no_order_is_refused(house: House, body: bytes, code: str) -> None:
    answer = house.client.request("POST", "/v1/orders", content=body)
    assert (answer.status // 100, answer.json()["code"]) == (4, code)
    assert orders_in(house) == []


def test_orders_are_listed_in_pages(house: House) -> None:
    for number in range(5):
        house.order(number=str(number))
    first = house.get("/v1/orders", limit="2").json()
    second = house.get("/v1/orders", limit="3", after=first["next"]).json()
    assert [order["number"] for order in first["data"] + second["data"]] == ["0", "1", "2", "3", "4"]
    assert second["next"] is None
    assert [order["number"] for order in house.get("/v1/orders", number="3", handover="placed").json()["data"]] == ["3"]


def test_a_full_page_of_orders_has_a_next_one(house: House) -> None:
    for number in range(201):
        house.order(number=str(number))
    page = house.get("/v1/orders", limit="200").json()
    assert len(page["data"]) == 200
    assert len(house.get("/v1/orders", limit="1000", after=page["next"]).json()["data"]) == 1


def test_a_test_order_does_not_stand_in_the_place_of_a_real_one(house: House) -> None:
    _, secret = created(house.database, "shop", ["all"], channel=None, test=True, now=NOW, chance=SystemChance())
    headers = {"Authorization": f"Bearer {secret}"}
    test = house.client.request("POST", "/v1/orders", json=an_order(), headers=headers).json()
    real = house.order().json()
    assert (test["test"], test["handover"], real["test"], real["handover"]) == (True, "accepted", False, "placed")
    assert test["id"] != real["id"]


def test_a_wrong_tax_with_a_right_net_is_held(house: House) -> None:
    order = house.order(lines=[{"item": "hammer", "quantity": 3, "net": "25.65", "tax": "2.00"}]).json()
    assert (order["held"], order["gross"]) == (["price_difference"], "27.65")


def test_an_order_of_a_thousand_lines_is_taken(house: House) -> None:
    order = house.order(lines=[{"item": "hammer", "quantity": 1}] * 1000).json()
    assert (order["held"], order["net"], len(order["lines"])) == ([], "8550.00", 1000)


def test_what_was_written_freely_stands_with_the_people_alone(house: House) -> None:
    order = house.order(
        charges=[{"kind": "shipping", "net": "1.00", "text": "for Anna Rossi"}],
        payments=[{"method": "paypal", "reference": "anna@rossi.example"}],
        vouchers=[{"code": "HELLO", "net": "1.00", "text": "Anna's birthday"}],
    ).json()
    (message,) = house.database.read().connection.execute("SELECT message FROM orders").fetchone()
    assert not any(word in message for word in ("Anna", "anna"))
    read = house.get(f"/v1/orders/{order['id']}").json()
    assert (read["charges"][0]["text"], read["payments"][0]["reference"]) == ("for Anna Rossi", "anna@rossi.example")


def test_card_data_is_never_kept(house: House) -> None:
    payment = {"method": "card", "state": "captured", "captured": "31.29", "number": "4111111111111111", "cvv": "123"}
    payment |= {"note": "4111 1111 1111 1111", "reference": "4111-1111-1111-1111", "provider": "stripe"}
    order = house.order(payments=[payment]).json()
    (read,) = house.get(f"/v1/orders/{order['id']}").json()["payments"]
    assert read == {"method": "card", "state": "captured", "captured": "31.29", "provider": "stripe",
                    "reference": "(left out)"}  # fmt: skip
    kept = b"".join(path.read_bytes() for path in house.path.parent.glob("listino.db*"))
    assert not any(number in kept for number in (b"4111111111111111", b"4111 1111", b"4111-1111"))


def test_a_line_of_a_price_per_hundred_tells_the_price_of_one(house: House) -> None:
    house.put("items", "screw")
    house.put("rules", "screw", action="price", list="base", item="screw", value="250", per="100")
    order = house.order(customer="bianchi", lines=[{"item": "screw", "quantity": 4}]).json()
    assert (order["lines"][0]["net_price"], order["lines"][0]["net"]) == ("2.50", "10.00")
    lines = [{"item": "screw", "quantity": 4, "net_price": order["lines"][0]["net_price"]}]
    assert house.order(number="2", customer="bianchi", lines=lines).json()["held"] == []


def test_our_own_answer_is_taken_back_also_where_no_decimal_holds_it(house: House) -> None:
    house.put("items", "nail", packagings=[{"unit": "BX", "factor": "12"}])
    house.put("rules", "nail", action="price", list="base", item="nail", unit="BX", value="1000")
    price = house.price("nail", customer="bianchi")["net_price"]
    assert price == "83.333333333"
    lines = [{"item": "nail", "quantity": 12, "net_price": price}]
    order = house.order(customer="bianchi", lines=lines).json()
    assert (order["held"], order["net"]) == ([], "1000.00")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"payments": [{"method": "card", "captured": "31.29", "currency": "USD"}]}, "payment_currency"),
        ({"vouchers": [{"code": "ALL", "gross": "1000"}]}, "total_below_zero"),
        ({"customer": None, "buyer": {"name": "Anna", "country": "Italy"}}, "bad_address"),
        ({"customer": None, "buyer": {}}, "unknown_buyer"),
    ],
)
def test_what_cannot_be_right_is_held(house: House, said: dict[str, Any], reason: str) -> None:
    assert reason in house.order(**said).json()["held"]


def test_a_voucher_takes_its_share_of_the_tax_with_it(house: House) -> None:
    order = house.order(vouchers=[{"code": "TEN", "gross": "12.20"}]).json()
    assert (order["net"], order["tax"], order["gross"]) == ("15.65", "3.44", "19.09")


def test_an_order_is_priced_in_all_the_circumstances_that_a_price_is_asked_in(house: House) -> None:
    terms: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
        ("17", {"order_type": "pickup"}, {"order_type": "pickup"}),
        ("16", {"ship_to": "yard"}, {"ship_to": {"code": "yard"}}),
        ("15", {"attributes": {"season": ["winter"]}}, {"attributes": {"season": "winter"}}),
        ("14", {"dated_by": "delivery", "valid_from": "2026-12-24"}, {"wanted_on": "2026-12-24"}),
    )
    for value, scope, said in terms:
        house.put("rules", f"saw-{value}", action="price", customer="bianchi", item="saw", value=value, **scope)
        lines = [{"item": "saw", "quantity": 1}]
        order = house.order(number=value, customer="bianchi", lines=lines, **said).json()
        assert (order["held"], order["lines"][0]["net_price"]) == ([], f"{value}.00"), value
        read = house.get(f"/v1/orders/{order['id']}").json()
        assert {name: read[name] for name in said} == said
        plain = house.order(number=f"no {value}", customer="bianchi", lines=lines).json()
        assert plain["lines"][0]["net_price"] == "20.00"
        house.client.request("DELETE", f"/v1/rules/saw-{value}")


@pytest.mark.parametrize(
    ("totals", "held"),
    [
        ({"net": "25.65", "tax": "5.64", "gross": "31.29"}, []),
        ({"gross": "31.31"}, []),
        ({"gross": "31.40"}, ["amounts_do_not_add_up"]),
        ({"net": "31.29"}, ["amounts_do_not_add_up"]),
        ({"gross": "31.29", "currency": "USD"}, ["amounts_do_not_add_up"]),
    ],
)
def test_what_a_store_says_that_an_order_comes_to_is_compared(
    house: House, totals: dict[str, str], held: list[str]
) -> None:
    answer = house.order(number="with totals", totals=totals)
    assert answer.status == 201
    assert (answer.json()["held"], answer.json()["gross"]) == (held, "31.29")
