"""A basket's quote is a promise: an order that brings it is charged exactly that, once, while it holds."""

import os
import stat
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listino.config import SystemChance
from listino.core.errors import Unavailable
from listino.core.quotes import Quote, Secret, quote_of, signed
from listino.db import secret_files
from listino.flows.access import created
from listino.flows.quotes import rotated
from tests.shop import NOW, House, an_order, opened

LINES = [{"id": "1", "item": "hammer", "quantity": "3"}, {"id": "2", "item": "saw", "quantity": "2"}]
ORDERED = [{"item": line["item"], "quantity": line["quantity"]} for line in LINES]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def kept(house: House) -> tuple[Secret, ...]:
    """The secrets that sign quotes, as they stand beside the database."""
    return secret_files.read(secret_files.file_path(house.path, "quote"))


def basket(house: House, **said: Any) -> Any:
    answer = house.client.request("POST", "/v1/baskets", json={"customer": "rossi", "lines": LINES} | said)
    assert answer.status == 200, answer.body
    return answer.json()


def ordered(house: House, quote: str, number: str = "1", **said: Any) -> Any:
    order = {"number": number, "quote": quote, "lines": ORDERED, "ordered_at": house.clock().isoformat()}
    answer = house.client.request("POST", "/v1/orders", json=an_order(**(order | said)))
    assert answer.status == 201, answer.body
    return answer.json()


def dearer(house: House) -> None:
    """All prices rise, and the discount ends."""
    for item in ("hammer", "saw"):
        house.put("rules", f"{item}-base", action="price", list="base", item=item, value="100")
    house.put("rules", "hammer-web", action="price", list="web", item="hammer", value="100")
    assert house.client.request("DELETE", "/v1/rules/installers-tools").status == 200


def used_quotes(house: House) -> int:
    sql = "SELECT count(*) FROM usage WHERE substr(subject, 1, 6) = 'quote\x1f'"
    count: int = house.database.read().connection.execute(sql).fetchone()[0]
    return count


def test_a_basket_answers_its_lines_its_totals_and_a_quote_for_half_an_hour(house: House) -> None:
    answer = basket(house)
    assert [(line["id"], line["net"], line["tax"], line["gross"], line["shares"]) for line in answer["lines"]] == [
        ("1", "25.65", "5.64", "31.29", []), ("2", "36.00", "7.92", "43.92", []),
    ]  # fmt: skip
    assert answer["totals"] == {
        "net": "61.65", "tax": "13.56", "gross": "75.21", "rounding": "0",
        "by_rate": [{"tax_percent": "22", "tax_category": "S", "tax_reason": None, "net": "61.65", "tax": "13.56"}],
    }  # fmt: skip
    assert (answer["free_goods"], answer["charges"], answer["coupons_unused"]) == ([], [], [])
    assert (answer["at"][:19], answer["quote_expires_at"][:19]) == ("2026-11-23T12:00:00", "2026-11-23T12:30:00")


def test_a_line_of_a_basket_tells_the_prior_price_where_it_shows_a_reduction(house: House) -> None:
    house.put("rules", "sale", action="percent", step="promotion", item="saw", value="50", show_as="discount")
    line = basket(house)["lines"][1]
    price = house.price("saw", customer="rossi", quantity=2)
    names = ("prior_net_price", "prior_price_missing", "reduced_since", "reduction_percent")
    assert {name: line.get(name) for name in names} == {name: price.get(name) for name in names}
    assert line["reduced_since"][:10] == "2026-11-23"


def test_an_order_with_its_quote_is_charged_that_although_all_prices_rose(house: House) -> None:
    answer = basket(house)
    dearer(house)
    order = ordered(house, answer["quote"])
    assert (order["held"], order["handover"], order["revision"]) == ([], "placed", answer["revision"])
    assert (order["net"], order["tax"], order["gross"]) == ("61.65", "13.56", "75.21")
    assert [line["net_price"] for line in order["lines"]] == ["8.55", "18.00"]
    assert house.order(number="2", lines=ORDERED).json()["net"] == "500.00"


def test_what_the_store_charged_is_compared_with_what_was_quoted(house: House) -> None:
    first, second = basket(house)["quote"], basket(house)["quote"]
    dearer(house)
    right = [{**ORDERED[0], "net": "25.65"}, {**ORDERED[1], "net_price": "18.00"}]
    assert ordered(house, first, "1", lines=right)["held"] == []
    dear = [{**ORDERED[0], "net": "300.00"}, {**ORDERED[1], "net": "200.00"}]
    order = ordered(house, second, "2", lines=dear)
    assert (order["held"], order["net"]) == (["price_difference"], "500.00")


def test_a_quote_is_used_once_and_a_second_order_is_held(house: House) -> None:
    quote = basket(house)["quote"]
    first = ordered(house, quote, "1")
    second = ordered(house, quote, "2")
    assert (first["held"], second["held"], second["life"]) == ([], ["quote_used"], "on_hold")
    assert house.get(f"/v1/orders/{second['id']}").json()["held"] == ["quote_used"]
    assert ordered(house, quote, "1", ordered_at=first["ordered_at"]) == first


def test_of_many_orders_at_once_one_has_the_quote(house: House) -> None:
    quote = basket(house)["quote"]
    orders = [an_order(number=str(number), quote=quote, lines=ORDERED) for number in range(20)]
    answers = house.client.together([("POST", "/v1/orders", {"json": order}) for order in orders])
    held = sorted(tuple(answer.json()["held"]) for answer in answers)
    assert held == [(), *[("quote_used",)] * 19]


def test_a_quote_holds_for_an_order_that_was_placed_in_time_and_came_late(house: House) -> None:
    answer = basket(house)
    dearer(house)
    house.clock.at += timedelta(hours=2)
    order = ordered(house, answer["quote"], ordered_at=answer["quote_expires_at"])
    assert (order["held"], order["net"]) == ([], "61.65")


def test_an_expired_quote_holds_the_order_which_is_charged_at_the_prices_of_now(house: House) -> None:
    quote = basket(house)["quote"]
    dearer(house)
    house.clock.at += timedelta(minutes=31)
    order = ordered(house, quote)
    assert (order["held"], order["net"], used_quotes(house)) == (["quote_expired"], "500.00", 0)


def test_a_store_whose_clock_is_far_ahead_is_not_believed_that_a_quote_has_expired(house: House) -> None:
    quote = basket(house)["quote"]
    order = ordered(house, quote, ordered_at=(NOW + timedelta(days=1)).isoformat())
    assert order["held"] == []


@pytest.mark.parametrize(
    "said",
    [
        {"customer": "bianchi"},
        {"customer": None, "buyer": {"name": "Anna"}},
        {"channel": "web"},
        {"currency": "CHF"},
        {"ship_to": {"country": "DE"}},
        {"vouchers": [{"code": "HELLO"}]},
        {"lines": [ORDERED[0], {**ORDERED[1], "quantity": "3"}]},
        {"lines": [ORDERED[0], {**ORDERED[1], "unit": "BX"}]},
        {"lines": [ORDERED[0], {**ORDERED[1], "item": "hammer"}]},
        {"lines": ORDERED[:1]},
        {"lines": [*ORDERED, {"item": "saw", "quantity": 1}]},
        {"lines": [*ORDERED, {"item": "saw", "quantity": 1, "net": "0"}]},
    ],
)
def test_an_order_that_says_something_else_than_its_quote_is_held(house: House, said: dict[str, Any]) -> None:
    quote = basket(house)["quote"]
    assert "quote_differs" in ordered(house, quote, **said)["held"]
    assert used_quotes(house) == 0
    assert ordered(house, quote, "2")["held"] == []


def test_lines_in_another_order_and_quantities_written_otherwise_are_the_same_basket(house: House) -> None:
    quote = basket(house)["quote"]
    lines = [{"item": "saw", "quantity": "2.0", "unit": "C62"}, {"item": "hammer", "quantity": 3}]
    assert ordered(house, quote, lines=lines)["held"] == []


def test_what_no_secret_of_ours_signed_is_no_quote(house: House) -> None:
    quote = basket(house)["quote"]
    form, name, body, signature = quote.split(".")
    cheaper = urlsafe_b64decode(body + "=" * (-len(body) % 4)).replace(b"61.65", b"11.65")
    forged = ".".join([form, name, urlsafe_b64encode(cheaper).decode().rstrip("="), signature])
    other = signed(_read(house, quote), Secret(name, b"x" * 32))
    for number, text in enumerate(["q1", "", quote[:-1], quote + "A", forged, other, quote.replace(name, "zz")]):
        order = ordered(house, text, str(number))
        assert (order["held"], order["net"]) == (["unknown_quote"], "61.65"), text


def _read(house: House, text: str) -> Quote:
    quote = quote_of(text, kept(house)[0])
    assert quote is not None
    return quote


def test_a_quote_of_another_time_line_is_unknown(house: House) -> None:
    quote = basket(house)["quote"]
    house.database.write(lambda tx: tx.execute("UPDATE book SET epoch = 'another'") and None)
    assert ordered(house, quote)["held"] == ["unknown_quote"]


def test_a_test_order_does_not_use_up_a_quote(house: House) -> None:
    quote = basket(house)["quote"]
    _, secret = created(house.database, "shop", ["all"], channel=None, test=True, now=NOW, chance=SystemChance())
    order = an_order(quote=quote, lines=ORDERED)
    test = house.client.request("POST", "/v1/orders", json=order, headers={"Authorization": f"Bearer {secret}"})
    assert (test.json()["held"], test.json()["net"]) == ([], "61.65")
    assert ordered(house, quote)["held"] == []


def test_a_cap_that_was_open_when_it_was_quoted_is_charged_counted_and_held(house: House) -> None:
    house.put("rules", "spring", action="percent", step="promotion", item="saw", value="20", caps={"uses": 1})
    answer = basket(house)
    assert (answer["totals"]["net"], answer["usage_as_of"][:19]) == ("54.45", "2026-11-23T12:00:00")
    assert house.order(number="7", lines=ORDERED).json()["net"] == "54.45"
    order = ordered(house, answer["quote"])
    assert (order["held"], order["net"]) == (["cap_exceeded"], "54.45")
    (used,) = house.database.read().connection.execute(
        "SELECT used FROM usage WHERE subject = 'rule\x1fspring\x1fuses'"
    )
    assert used == ("2",)


@pytest.mark.parametrize(
    "said", [{"lines": [*LINES, {"item": "nothing"}]}, {"at": "2026-11-22T00:00:00Z"}, {"known_at": 1}], ids=str
)
def test_there_is_no_quote_where_a_line_has_an_error_or_another_moment_was_asked_for(
    house: House, said: dict[str, Any]
) -> None:
    if "at" in said:
        house.put("rules", "saw-base", action="price", list="base", item="saw", value="20")
    answer = house.client.request("POST", "/v1/baskets", json={"customer": "rossi", "lines": LINES} | said).json()
    assert (answer["quote"], answer["quote_expires_at"]) == (None, None)


def test_there_is_no_quote_where_a_line_has_no_price(house: House) -> None:
    house.put("items", "anvil")
    answer = basket(house, lines=[*LINES, {"item": "anvil"}])
    assert (answer["lines"][2]["outcome"], answer["totals"]["net"], answer["quote"]) == ("no_price", "61.65", None)
    (wanted,) = house.get("/v1/unpriced").json()["data"]
    assert (wanted["item"], wanted["customer"]) == ("anvil", "rossi")


def test_a_quote_holds_also_where_no_tax_is_known(house: House) -> None:
    assert house.client.request("DELETE", "/v1/taxes/it-standard").status == 200
    answer = basket(house)
    assert (answer["totals"]["net"], answer["totals"]["gross"]) == ("61.65", None)
    dearer(house)
    order = ordered(house, answer["quote"])
    assert (order["held"], order["net"]) == (["tax_unknown"], "61.65")


def test_a_quote_is_that_of_all_the_circumstances_it_was_asked_in(house: House) -> None:
    scope = {"order_type": "pickup", "attributes": {"season": ["winter"]}, "coupon": "HELLO"}
    house.put("rules", "saw-pickup", action="price", customer="rossi", item="saw", value="11", **scope)
    said = {"order_type": "pickup", "attributes": {"season": "winter"}, "coupons": ["HELLO"]}
    answer = basket(house, **said, delivery_at="2026-12-24T08:00:00Z", country="IT", currency="EUR", ship_to="yard")
    assert answer["lines"][1]["steps"][0]["rule"] == "saw-pickup"
    dearer(house)
    house.client.request("DELETE", "/v1/rules/saw-pickup")
    order = ordered(house, answer["quote"], vouchers=[{"code": "HELLO"}], ship_to={"code": "yard", "country": "IT"})
    assert (order["held"], order["net"]) == ([], answer["totals"]["net"])


def test_a_rotated_secret_signs_from_now_on_and_the_old_quotes_hold(house: House) -> None:
    old = basket(house)["quote"]
    name = rotated(house.database, SystemChance(), revoke=False)
    new = basket(house)["quote"]
    assert (new.split(".")[1], old.split(".")[1] != name) == (name, True)
    assert [ordered(house, quote, str(number))["held"] for number, quote in enumerate((old, new))] == [[], []]


def test_a_revoked_secret_makes_its_quotes_unknown(house: House) -> None:
    old = basket(house)["quote"]
    rotated(house.database, SystemChance(), revoke=True)
    assert ordered(house, old)["held"] == ["unknown_quote"]


def test_the_secrets_stand_beside_the_database_for_its_owner_alone(house: House) -> None:
    assert kept(house) == ()
    quote = basket(house)["quote"]
    path = secret_files.file_path(house.path, "quote")
    (secret,) = kept(house)
    assert (secret.id, len(secret.key)) == (quote.split(".")[1], 32)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    rotated(house.database, SystemChance(), revoke=True)
    basket(house)
    (secret,) = kept(house)
    written = house.path.read_bytes() + Path(f"{house.path}-wal").read_bytes()
    assert secret.key not in written
    assert secret.key.hex().encode() not in written


def test_the_first_secret_is_that_of_whoever_made_it_first(house: House) -> None:
    first, second = Secret("a", b"a" * 32), Secret("b", b"b" * 32)
    secret_files.keep_first(house.path, "quote", first)
    secret_files.keep_first(house.path, "quote", second)
    assert kept(house) == (first,)
    assert basket(house)["quote"].split(".")[1] == "a"
    assert sorted(path.name for path in house.path.parent.glob("*secrets*")) == ["listino.db-quote-secrets"]


@pytest.mark.parametrize("text", ["", "cut-o", "\n"])
def test_a_file_without_a_whole_secret_is_made_anew(house: House, text: str) -> None:
    path = secret_files.file_path(house.path, "quote")
    path.write_text(text)
    quote = basket(house)["quote"]
    assert [secret.id for secret in kept(house)] == [quote.split(".")[1]]
    assert ordered(house, quote)["held"] == []


def test_where_no_secret_can_be_written_the_basket_is_told_to_come_again(house: House) -> None:
    secret_files.file_path(house.path, "quote").mkdir()
    assert ordered(house, "lq1.a.b.c")["held"] == ["unknown_quote"]
    answer = house.client.request("POST", "/v1/baskets", json={"customer": "rossi", "lines": LINES})
    assert (answer.status, answer.json()["code"], answer.headers["retry-after"]) == (503, "quote_secrets", "5")
    with pytest.raises(Unavailable, match="cannot be written beside the database"):
        rotated(house.database, SystemChance(), revoke=False)


def test_a_file_that_cannot_be_read_any_more_leaves_the_secrets_that_are_known(house: House) -> None:
    quote = basket(house)["quote"]
    path = secret_files.file_path(house.path, "quote")
    path.unlink()
    path.mkdir()
    assert ordered(house, quote)["held"] == []
    assert basket(house)["quote"].split(".")[1] == quote.split(".")[1]


def test_an_empty_basket_comes_to_nothing_and_promises_nothing(house: House) -> None:
    answer = basket(house, lines=[], coupons=["SPRING"])
    totals = {"net": "0.00", "tax": "0.00", "gross": "0.00", "rounding": "0", "by_rate": []}
    assert (answer["totals"], answer["quote"], answer["coupons_unused"]) == (totals, None, ["SPRING"])
