"""A change set that is only tried: what past orders would come to with it, and nothing written."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from listino.db.engine import connected
from listino.flows.access import created
from tests.server import new_key
from tests.shop import NOW, CountedChance, House, an_order, opened

PATH = "/v1/what-if"
RULE = {"kind": "rules", "code": "agreed", "action": "price", "customer": "rossi", "item": "hammer", "value": "7"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A shop with a few orders; no test changes it."""
    with opened(tmp_path_factory.mktemp("what-if")) as house:
        house.order(number="1", lines=[line("hammer", 3), line("saw", 2)])
        house.order(number="2", lines=[line("hammer", 3), line("hammer", 12)])
        house.order(number="3", customer="bianchi", lines=[line("hammer", 1, unit="BX")])
        house.order(number="4", customer=None, buyer={"name": "Anna"}, channel="web", lines=[line("saw", 1)])
        house.order(number="5", customer="bianchi", ordered_at="2026-10-01T12:00:00Z", lines=[line("saw", 1)])
        yield house


def line(item: str, quantity: int, **more: str) -> dict[str, str]:
    return {"item": item, "quantity": str(quantity), **more}


def tried(house: House, *changes: dict[str, Any], **which: Any) -> list[dict[str, Any]]:
    before = written(house)
    answer = house.client.request("POST", PATH, json={"changes": [*changes], **which})
    assert (answer.status, answer.headers["content-type"]) == (200, "application/x-ndjson"), answer.body
    lines = answer.lines()
    assert (lines[0]["record"], lines[-1]["record"]) == ("what_if", "total")
    assert written(house) == before
    return lines


def effects(lines: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Customer, item, quantity, amount before and after, of each effect."""
    names = ("customer", "item", "quantity", "before", "after")
    return [tuple(one[name] for name in names) for one in lines if one["record"] == "effect"]


def written(house: House) -> tuple[int, str]:
    """The newest revision, and a digest of every row of the database."""
    connection = connected(house.path, writing=False)
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [(table, connection.execute(f"SELECT * FROM {table}").fetchall()) for table in sorted(tables)]
        (revision,) = connection.execute("SELECT revision FROM book").fetchone()
    finally:
        connection.close()
    return revision, sha256(repr(rows).encode()).hexdigest()


def test_it_tells_by_customer_and_item_what_lines_would_come_to(house: House) -> None:
    start, reading, pricing, effect, total = tried(house, RULE)
    assert start.items() >= {"record": "what_if", "changes": 1, "revision": 1}.items()
    assert reading == {"record": "progress", "doing": "reading", "lines": 7, "of": None}
    # Three hammers twice at 8.55, twelve at 8.10; then all at 7, less the 10 % of the trade. Each costs 4.
    assert effect == {
        "record": "effect", "customer": "rossi", "item": "hammer", "currency": "EUR", "unit": "C62", "lines": 3,
        "quantity": "18", "before": "148.50", "after": "113.40", "difference": "-35.10",
        "difference_percent": "-23.64", "margin_before": "76.50", "margin_after": "41.40",
        "margin_percent_before": "51.52", "margin_percent_after": "36.51",
    }  # fmt: skip
    assert pricing == {"record": "progress", "doing": "pricing", "lines": 7, "of": 7}
    assert total == {
        "record": "total", "lines": 7, "lines_untouched": 4,
        "sums": [{"currency": "EUR", "lines": 3, "lines_changed": 3, "lines_without_price": 0, "lines_without_cost": 0,
                  "before": "148.50", "after": "113.40", "difference": "-35.10", "difference_percent": "-23.64",
                  "margin_before": "76.50", "margin_after": "41.40", "margin_percent_before": "51.52",
                  "margin_percent_after": "36.51"}],
    }  # fmt: skip


def test_the_same_draft_kept_changes_prices_as_it_was_told(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        house.order(number="1", lines=[line("hammer", 3)])
        (told,) = effects(tried(house, RULE))
        before = house.price("hammer", customer="rossi", quantity="3")["net"]
        assert house.client.request("POST", "/v1/changes", json={"changes": [RULE]}).status == 200
        after = house.price("hammer", customer="rossi", quantity="3")["net"]
        assert told == ("rossi", "hammer", "3", before, after)
        assert effects(tried(house, RULE)) == []


def test_a_draft_never_enters_what_is_remembered(house: House) -> None:
    for _ in range(2):
        assert effects(tried(house, RULE)) == [("rossi", "hammer", "18", "148.50", "113.40")]
        assert house.price("hammer", customer="rossi")["net_price"] == "8.55"
        assert house.get("/v1/rules/agreed").status == 404


def test_a_draft_may_end_a_rule(house: House) -> None:
    told = effects(tried(house, {"kind": "rules", "code": "installers-tools", "end": True}))
    assert told == [("rossi", "hammer", "18", "148.50", "165.00"), ("rossi", "saw", "2", "36.00", "40.00")]


def test_a_draft_may_bring_a_list_and_say_whose_it_is(house: House) -> None:
    changes = (
        {"kind": "assignments", "code": "vip-bianchi", "list": "vip", "customer": "bianchi"},
        {"kind": "rules", "code": "vip-saw", "action": "price", "list": "vip", "item": "saw", "value": "1.999"},
        {"kind": "price-lists", "code": "vip", "currency": "EUR", "decimals": 2},
    )
    assert effects(tried(house, *changes)) == [
        ("bianchi", "hammer", "1", "108.00", "108.00"), ("bianchi", "saw", "1", "20.00", "2.00"),
    ]  # fmt: skip


def test_a_draft_may_put_a_customer_into_a_group(house: House) -> None:
    change = {"kind": "customers", "code": "bianchi", "customer_groups": ["installers"], "country": "IT"}
    assert effects(tried(house, change)) == [
        ("bianchi", "hammer", "1", "108.00", "97.20"), ("bianchi", "saw", "1", "20.00", "18.00"),
    ]  # fmt: skip


def test_a_draft_may_change_what_goods_cost(house: House) -> None:
    change = {"kind": "items", "code": "hammer", "item_groups": ["hammers"], "cost": "5",
              "packagings": [{"unit": "BX", "factor": "12"}]}  # fmt: skip
    lines = tried(house, change, customer="bianchi")
    (effect,) = [one for one in lines if one["record"] == "effect"]
    assert (effect["unit"], effect["before"], effect["after"]) == ("BX", "108.00", "108.00")
    assert (effect["margin_before"], effect["margin_after"]) == ("60.00", "48.00")
    assert lines[-1]["sums"][0]["lines_changed"] == 0


def test_a_draft_may_change_a_list_that_others_are_formulas_over(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        house.put("price-lists", "rrp", currency="EUR")
        house.put("rules", "rrp-saw", action="price", list="rrp", item="saw", value="30")
        house.put("rules", "half", action="price", list="web", item="saw", formula={"list": "rrp", "percent": "-50"})
        house.order(number="1", customer="bianchi", lines=[line("saw", 1), line("hammer", 1)])
        change = {"kind": "rules", "code": "rrp-saw", "action": "price", "list": "rrp", "item": "saw", "value": "40"}
        lines = tried(house, change)
        assert effects(lines) == [("bianchi", "saw", "1", "15.00", "20.00")]
        lines = tried(house, {"kind": "price-lists", "code": "rrp", "currency": "EUR", "tax_mode": "gross"})
        assert effects(lines) == [("bianchi", "saw", "1", "15.00", "12.30")]


def test_a_draft_may_bring_taxes_rates_and_units(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        house.put("price-lists", "retail", currency="EUR", tax_mode="gross")
        house.put("assignments", "retail", list="retail", customer="bianchi")
        house.put("rules", "retail-saw", action="price", list="retail", item="saw", value="12.20")
        house.order(number="1", customer="bianchi", lines=[line("saw", 1)])
        house.order(number="2", currency="CHF", lines=[line("saw", 1)])
        house.order(number="3", lines=[line("saw", 1, unit="PA")])
        tax = {"kind": "taxes", "code": "it-standard", "percent": "4", "country": "IT"}
        assert effects(tried(house, tax, customer="bianchi")) == [("bianchi", "saw", "1", "10.00", "11.73")]
        rate = {"kind": "rates", "code": "chf", "currency": "EUR", "to_currency": "CHF", "rate": "0.9"}
        (effect,) = [one for one in tried(house, rate) if one["record"] == "effect" and one["currency"] == "CHF"]
        assert (effect["before"], effect["reason_before"], effect["after"]) == (None, "no_price", "16.20")
        unit = {"kind": "units", "code": "PA", "of": "C62", "factor": "10"}
        (effect,) = [one for one in tried(house, unit) if one["record"] == "effect" and one["unit"] == "PA"]
        assert (effect["before"], effect["reason_before"], effect["after"]) == (None, "unknown_unit", "180.00")


def test_lines_without_a_price_are_named_with_the_reason_and_are_in_no_sum(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        house.order(number="1", lines=[line("saw", 1), line("lamp", 2)])
        house.order(number="2", customer="verdi", lines=[line("saw", 4)])
        lines = tried(house, {"kind": "rules", "code": "saw-base", "end": True})
        named = [
            (one["customer"], one["item"], one["lines"], one.get("reason_before"), one.get("reason_after"))
            for one in lines
            if one["record"] == "effect"
        ]
        assert named == [
            ("rossi", "lamp", 1, "unknown_item", "unknown_item"),
            ("rossi", "saw", 1, None, "no_price"),
            ("verdi", "saw", 1, "unknown_customer", "unknown_customer"),
        ]
        (found,) = lines[-1]["sums"]
        assert (found["lines"], found["lines_without_price"], found["before"], found["after"]) == (3, 3, "0.00", "0.00")
        assert (found["difference_percent"], found["margin_percent_after"]) == (None, None)


def test_a_customer_that_the_draft_brings_has_prices_with_it(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        house.order(number="1", customer="verdi", lines=[line("saw", 1)])
        (effect,) = [one for one in tried(house, {"kind": "customers", "code": "verdi"}, customer="verdi")
                     if one["record"] == "effect"]  # fmt: skip
        assert (effect["reason_before"], effect["before"], effect["after"]) == ("unknown_customer", None, "20.00")


def test_a_line_is_asked_as_its_order_asked_it(tmp_path: Path) -> None:
    """With its channel, its currency, its destination and its coupons."""
    with opened(tmp_path) as house:
        house.put("rates", "chf", currency="EUR", to_currency="CHF", rate="0.9")
        house.order(number="1", lines=[line("saw", 1)], vouchers=[{"code": "TEN", "gross": "1"}])
        house.order(number="2", lines=[line("saw", 2)], ship_to={"country": "CH"})
        house.order(number="3", lines=[line("saw", 3)], currency="CHF")
        house.order(number="4", lines=[line("saw", 4)], channel="web")
        house.order(number="5", lines=[line("saw", 5)], ship_to={"country": "nowhere"})

        def halved(**scope: str) -> list[tuple[str, str]]:
            rule = {"kind": "rules", "code": "off", "action": "percent", "step": "promotion", "value": "50", **scope}
            lines = tried(house, rule)
            return [
                (one["currency"], one["difference"]) for one in lines if one.get("difference") not in {None, "0.00"}
            ]

        assert halved(coupon="TEN") == [("EUR", "-9.00")]
        assert halved(country="CH") == [("EUR", "-18.00")]
        assert halved(currency="CHF") == [("CHF", "-24.30")]
        assert halved(channel="web") == [("EUR", "-36.00")]
        assert halved() == [("CHF", "-24.30"), ("EUR", "-108.00")]


def test_test_orders_and_those_that_were_dropped_do_not_count(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        house.order(number="1", lines=[line("hammer", 1)])
        gone = house.order(number="2", lines=[line("hammer", 1)]).json()["id"]
        house.database.write(lambda tx: tx.execute("UPDATE orders SET handover = 'cancelled' WHERE id = ?", (gone,)))
        _, secret = created(house.database, "t", ["all"], channel=None, test=True, now=NOW, chance=CountedChance(50))
        said = an_order(number="3", lines=[line("hammer", 1)])
        key = {"Authorization": f"Bearer {secret}"}
        assert house.client.request("POST", "/v1/orders", json=said, headers=key).status == 201
        assert tried(house, RULE)[-1]["lines"] == 1


def test_it_is_about_the_lines_that_are_meant(house: House) -> None:
    promotion = {"kind": "rules", "code": "p", "action": "percent", "step": "promotion", "value": "50"}

    def lines(**which: Any) -> int:
        count = tried(house, promotion, **which)[-1]["lines"]
        assert isinstance(count, int)
        return count

    assert lines() == 7
    assert lines(customer="bianchi") == 2
    assert lines(channel="web") == 1
    assert lines(until="2026-10-31") == 1
    assert lines(since="2026-11-01") == 6
    assert lines(until="2026-10-01T12:00:00Z") == 0
    assert lines(since="2026-10-01T12:00:00Z", until="2026-10-01") == 1
    assert [lines(sample=count) for count in (1, 3, 6, 7, 100)] == [1, 3, 6, 7, 7]


def test_the_moment_is_the_callers(house: House) -> None:
    later = {**RULE, "valid_from": "2027-01-01"}
    assert [one[3:] for one in effects(tried(house, later))] == [("148.50", "148.50")]
    assert [one[3:] for one in effects(tried(house, later, at="2027-01-01"))] == [("148.50", "113.40")]


def test_many_changes_come_as_lines(house: House) -> None:
    rules = [RULE, {**RULE, "code": "agreed-saw", "item": "saw"}]
    body = b"\n".join(map(msgspec.json.encode, rules))
    answer = house.client.request(
        "POST", PATH, content=body, headers={"content-type": "application/x-ndjson"}, params={"sample": "4"}
    )
    assert answer.status == 200, answer.body
    assert answer.lines()[0]["changes"] == 2
    assert answer.lines()[-1]["lines"] == 4


def test_a_record_that_stays_as_it_is_is_no_change(house: House) -> None:
    same = {"kind": "rules", "code": "saw-base", "action": "price", "list": "base", "item": "saw", "value": "20"}
    lines = tried(house, same)
    assert (lines[0]["changes"], effects(lines), lines[-1]["lines_untouched"]) == (0, [], 7)


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ([], 400, "missing", "changes"),
        ({}, 400, "missing", "changes"),
        ([{"kind": "lists", "code": "a"}], 400, "not_a_choice", "changes[0].kind"),
        ([{"kind": "rules", "code": "a"}], 400, "missing", "action"),
        ([RULE, {**RULE, "code": "b", "value": "many"}], 400, "wrong_type", "changes[1].value"),
        ([{**RULE, "colour": "red"}], 400, "unknown_field", "colour"),
        ([{**RULE, "value": "-1"}], 400, None, "value"),
        ([{**RULE, "customer": "nobody"}], 400, "unknown_reference", "customer"),
        ([RULE, RULE], 400, "twice", "code"),
        ([{"kind": "rules", "code": "none", "end": True}], 404, "not_found", "code"),
        ([{"kind": "price-lists", "code": "web", "end": True}], 409, "in_use", "code"),
        ([{"kind": "rules", "code": "saw-base", "end": True, "based_on": 7}], 409, "conflict", "revision"),
        ([{"kind": "item-groups", "code": "tools", "parent": "hammers"}], 400, "loop", "parent"),
        ([{**RULE, "code": f"r{number}"} for number in range(501)], 400, "key_full", "code"),
    ],
)
def test_a_draft_is_refused_as_a_change_set_is(
    house: House, changes: Any, status: int, code: str | None, field: str
) -> None:
    before = written(house)
    answer = house.client.request("POST", PATH, json={"changes": changes})
    assert (answer.status, answer.json()["errors"][0]["field"]) == (status, field), answer.body
    assert code is None or answer.json()["code"] == code
    kept = house.client.request("POST", "/v1/changes", json={"changes": changes})
    assert kept.status == status
    if isinstance(changes, list) and len(changes) < 500:
        assert kept.json() == answer.json()
    assert written(house) == before


@pytest.mark.parametrize(
    ("said", "status", "field"),
    [
        ({"customer": "nobody"}, 404, "customer"),
        ({"channel": "none"}, 404, "channel"),
        ({"since": "soon"}, 400, "since"),
        ({"since": 7}, 400, "since"),
        ({"until": "2026-02-30"}, 400, "until"),
        ({"since": "2026-03-01", "until": "2026-02-01"}, 400, "until"),
        ({"sample": 0}, 400, "sample"),
        ({"sample": -3}, 400, "sample"),
        ({"sample": "many"}, 400, "sample"),
        ({"sample": 1.5}, 400, "sample"),
        ({"sample": True}, 400, "sample"),
        ({"sample": 10**30}, 400, "sample"),
        ({"at": "yesterday"}, 400, "at"),
        ({"items": ["saw"]}, 400, "items"),
    ],
)
def test_lines_that_cannot_be_meant_are_refused(house: House, said: dict[str, Any], status: int, field: str) -> None:
    answer = house.client.request("POST", PATH, json={"changes": [RULE], **said})
    assert (answer.status, answer.json()["errors"][0]["field"]) == (status, field), answer.body


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b'"x"', b"\xff", b"[" * 5000])
def test_what_is_no_draft_is_refused(house: House, body: bytes) -> None:
    answer = house.client.request("POST", PATH, content=body)
    assert (answer.status, answer.json()["errors"][0]["field"]) == (400, "body")


def test_it_takes_every_scope_of_what_it_tells(house: House) -> None:
    needed = ("explain:full", "facts:read", "orders:read")
    for left_out in needed:
        key = new_key(f"sqlite:///{house.path}", *(scope for scope in needed if scope != left_out))
        answer = house.client.request(
            "POST", PATH, json={"changes": [RULE]}, headers={"Authorization": f"Bearer {key}"}
        )
        assert (answer.status, answer.json()["code"]) == (403, "scope_missing")
        assert left_out in answer.json()["detail"]
    key = new_key(f"sqlite:///{house.path}", *needed)
    answer = house.client.request("POST", PATH, json={"changes": [RULE]}, headers={"Authorization": f"Bearer {key}"})
    assert answer.status == 200


def test_a_client_that_has_gone_leaves_nothing_behind(house: House) -> None:
    for _ in range(5):
        cut = house.client.request("POST", PATH, json={"changes": [RULE]}, gone_after=1)
        assert [line["record"] for line in cut.lines()] == ["what_if"]
    assert effects(tried(house, RULE)) == [("rossi", "hammer", "18", "148.50", "113.40")]
