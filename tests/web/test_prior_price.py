"""The prior price of a shown reduction, at the doors: what was applied, as it was known and valid then."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from listino.db.history import purge
from listino.flows.facts import Stated, save
from listino.flows.import_ import imported
from listino.flows.tables import Options
from tests.shop import NOW, House, opened

FIELDS = ("prior_net_price", "prior_gross_price", "prior_price_since", "reduced_since", "reduction_percent")
# The shop of these tests begins at noon in Rome's winter, so that no day has 23 hours.
SALE: dict[str, Any] = {"action": "percent", "step": "promotion", "item": "saw", "value": "20", "show_as": "discount"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def wait(house: House, days: int) -> None:
    """Let days go by since the company was stated."""
    house.clock.at = NOW + timedelta(days=days)


def charge(house: House, value: str, code: str = "saw-base", **said: Any) -> None:
    """State what the saw costs everyone."""
    house.put("rules", code, **{"action": "price", "list": "base", "item": "saw", "value": value} | said)


def told(house: House, item: str = "saw", **asked: Any) -> tuple[Any, Any, Any]:
    """The prior price without tax, the percentage, and when the reduction began, as days since the beginning."""
    answer = house.price(item, **asked)
    since = answer.get("reduced_since")
    days = round((datetime.fromisoformat(since) - NOW) / timedelta(days=1), 3) if since is not None else None
    return answer.get("prior_net_price"), answer.get("reduction_percent"), days


def test_a_shown_reduction_comes_with_its_prior_price_and_an_unreduced_price_without(house: House) -> None:
    wait(house, 40)
    assert not {*FIELDS, "prior_price_missing"} & house.price("saw", channel="web").keys()
    house.put("rules", "sale", **SALE)
    answer = house.price("saw", channel="web", quantity="3")
    assert (answer["net_price"], answer["gross_price"]) == ("16.00", "19.52")
    assert {name: answer[name] for name in FIELDS} == {
        "prior_net_price": "20.00",
        "prior_gross_price": "24.40",
        "prior_price_since": "2026-12-03T12:00:00.000002Z",
        "reduced_since": "2027-01-02T12:00:00.000002Z",
        "reduction_percent": "20",
    }
    lines = house.client.request("POST", "/v1/prices", json={"channel": "web", "lines": [{"item": "saw"}]}).json()
    assert {name: lines["lines"][0][name] for name in FIELDS} == {name: answer[name] for name in FIELDS}


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ({"show_as": "price"}, {}),
        ({"show_as": None}, {}),
        ({"customer": "rossi"}, {"customer": "rossi"}),
        ({"account": "rossi-group"}, {"customer": "rossi"}),
        ({"ship_to": "site"}, {"ship_to": "site"}),
        ({"coupon": "C1"}, {"coupons": "C1"}),
        ({"value": "0"}, {}),
        ({"list": "agreed"}, {"customer": "rossi"}),
        ({}, {"country": "CH"}),
        ({"value": None, "scale": {"tiers": [{"from": "5", "value": "20"}]}}, {"quantity": "5"}),
    ],
)
def test_what_is_no_announcement_to_consumers_of_the_union_has_no_prior_price(
    house: House, said: dict[str, Any], asked: dict[str, str]
) -> None:
    house.put("price-lists", "agreed", currency="EUR")
    house.put("assignments", "agreed-rossi", list="agreed", customer="rossi")
    wait(house, 40)
    house.put("rules", "sale", **SALE | said)
    assert "sale" in [step["rule"] for step in house.price("saw", **asked)["steps"]]
    assert told(house, **asked) == (None, None, None)


def test_a_promotion_of_a_group_and_a_price_that_is_shown_as_a_discount_are_announced_too(house: House) -> None:
    wait(house, 40)
    house.put("rules", "club", **SALE | {"customer_group": "installers"})
    assert told(house, customer="rossi") == ("18.00", "20", 40)
    assert told(house, customer="bianchi") == (None, None, None)
    wait(house, 41)
    charge(house, "15", "black-friday", show_as="discount", list=None)
    assert told(house) == ("20.00", "25", 41)


def test_a_price_with_tax_is_compared_with_tax(house: House) -> None:
    house.put("price-lists", "retail", currency="EUR", tax_mode="gross")
    house.put("assignments", "retail-web", list="retail", channel="web")
    charge(house, "9.99", "retail-saw", list="retail")
    wait(house, 40)
    house.put("rules", "sale", **SALE | {"action": "amount", "value": "3.00"})
    answer = house.price("saw", channel="web")
    assert (answer["gross_price"], answer["prior_gross_price"], answer["prior_net_price"]) == ("6.99", "9.99", "8.19")
    assert answer["reduction_percent"] == "30.03"


def test_a_price_that_was_corrected_was_applied_all_the_same(house: House) -> None:
    wait(house, 30)
    charge(house, "12")
    house.clock.at += timedelta(hours=1)
    charge(house, "20")
    wait(house, 40)
    house.put("rules", "sale", **SALE)
    assert told(house) == ("12.00", "0", 40)
    # What is said later of that time changes nothing that was applied then.
    wait(house, 41)
    charge(house, "25", valid_from="2026-11-01")
    charge(house, "1", "earlier", valid_from="2026-11-24", valid_to="2026-11-30")
    assert told(house) == ("12.00", "0", 41)
    # 41 days ago is out of the days of a reduction that begins later.
    wait(house, 75)
    house.put("rules", "sale", **SALE | {"value": "40"})
    assert told(house) == ("20.00", "25", 75)


def test_a_price_of_a_large_import_was_applied_from_its_publication_on(house: House, tmp_path: Path) -> None:
    wait(house, 30)
    path = tmp_path / "rules.csv"
    lines = [f"P{number},price,hammer,{number + 1},draft" for number in range(450)]
    lines += [f"S{number},price,saw,{number + 1},draft" for number in range(450)]
    path.write_text("\n".join(["code,action,item,value,status", *lines, "saw-new,price,saw,15,active"]) + "\n")
    done = imported(house.database, [path], Options(), "test", NOW + timedelta(days=30))
    assert (done.errors, done.changed) == ((), 901)
    wait(house, 31)
    house.client.request("DELETE", "/v1/rules/saw-new")
    wait(house, 40)
    house.put("rules", "sale", **SALE)
    assert told(house) == ("15.00", "0", 40)
    wait(house, 62)
    house.put("rules", "sale", **SALE | {"value": "25"})
    assert told(house) == ("16.00", "6.25", 62)


def test_a_price_raised_before_the_sale_does_not_help(house: House) -> None:
    wait(house, 35)
    charge(house, "30")
    wait(house, 40)
    house.put("rules", "sale", **SALE)
    assert told(house) == ("20.00", "0", 40)


def test_campaigns_that_were_announced_long_before_begin_and_end_by_their_dates(house: House) -> None:
    for number, (first, last) in enumerate([("2026-12-01", "2026-12-05"), ("2026-12-28", "2026-12-31")]):
        house.put("rules", f"sale-{number}", **SALE | {"valid_from": first, "valid_to": last})
    wait(house, 10)
    assert told(house) == ("20.00", "20", 7.458)
    wait(house, 20)
    assert told(house) == (None, None, None)
    wait(house, 36)
    assert told(house) == ("16.00", "0", 34.458)
    assert told(house, at="2026-12-02T12:00:00Z") == ("20.00", "20", 7.458)


def test_a_country_says_whether_a_deeper_reduction_is_a_new_one(house: House) -> None:
    wait(house, 40)
    house.put("rules", "sale", **SALE)
    wait(house, 45)
    house.put("rules", "sale", **SALE | {"value": "30"})
    assert told(house) == ("16.00", "12.5", 45)
    house.put("countries", "IT", prior_price_progressive=True)
    assert told(house) == ("20.00", "30", 40)
    assert told(house, country="DE") == ("16.00", "12.5", 45)
    house.put("countries", "IT", prior_price_days=0)
    assert told(house) == (None, None, None)


def test_perishable_goods_may_be_exempt_or_have_days_of_their_own(house: House) -> None:
    house.put("items", "saw", item_groups=["tools"], perishable=True)
    wait(house, 30)
    charge(house, "18")
    wait(house, 36)
    charge(house, "20")
    wait(house, 40)
    house.put("rules", "sale", **SALE)
    assert told(house) == ("18.00", "11.11", 40)
    house.put("countries", "IT", prior_price_perishable_days=3)
    assert told(house) == ("20.00", "20", 40)
    house.put("countries", "IT", prior_price_perishable_days=0)
    assert told(house) == (None, None, None)
    house.put("items", "saw", item_groups=["tools"])
    assert told(house) == ("18.00", "11.11", 40)


def test_a_new_item_is_compared_with_the_time_that_it_was_on_sale(house: House) -> None:
    wait(house, 30)
    house.put("items", "plane")
    charge(house, "50", "plane", item="plane")
    wait(house, 37)
    house.put("rules", "sale", **SALE | {"item": "plane"})
    answer = house.price("plane")
    assert (answer["prior_net_price"], answer["reduction_percent"]) == ("50.00", "20")
    assert answer["prior_price_since"] == "2026-12-23T12:00:00.000002Z"
    house.put("countries", "IT", prior_price_new_item_days=10)
    answer = house.price("plane")
    assert (answer["prior_price_missing"], "reduction_percent" in answer) == ("new_item", False)
    house.put("items", "file")
    charge(house, "5", "file", item="file", show_as="discount")
    assert house.price("file")["prior_price_missing"] == "new_item"


@pytest.mark.parametrize(
    ("code", "said", "field", "fault"),
    [
        ("Italy", {}, "code", "not_a_country"),
        ("it", {}, "code", "not_a_country"),
        ("IT", {"prior_price_days": -1}, "prior_price_days", "out_of_range"),
        ("IT", {"prior_price_perishable_days": 367}, "prior_price_perishable_days", "out_of_range"),
        ("IT", {"prior_price_new_item_days": "ten"}, "prior_price_new_item_days", "wrong_type"),
        ("IT", {"prior_price_weeks": 4}, "prior_price_weeks", "unknown_field"),
    ],
)
def test_a_country_that_cannot_be_is_refused_and_nothing_is_kept(
    house: House, code: str, said: dict[str, Any], field: str, fault: str
) -> None:
    revision = house.database.read().revision
    refused = house.client.request("PUT", f"/v1/countries/{code}", json=said)
    assert (refused.status, refused.json()["errors"][0]["field"], refused.json()["errors"][0]["code"]) == (
        400,
        field,
        fault,
    )
    assert (house.get("/v1/countries").json()["data"], house.database.read().revision) == ([], revision)


def test_who_was_no_customer_yet_is_compared_with_what_a_guest_paid(house: House) -> None:
    wait(house, 40)
    house.put("rules", "sale", **SALE)
    wait(house, 45)
    house.put("customers", "verdi", country="IT")
    assert told(house, customer="verdi") == ("20.00", "20", 40)


def test_a_price_is_compared_as_it_was_known_at_an_earlier_revision(house: House) -> None:
    wait(house, 35)
    charge(house, "16")
    wait(house, 40)
    house.put("rules", "sale", **SALE)
    known = house.price("saw")["revision"]
    wait(house, 45)
    house.put("rules", "sale", **SALE | {"value": "50"})
    assert told(house) == ("12.80", "37.5", 45)
    assert told(house, known_at=known, at="2027-01-03T12:00:00Z") == ("16.00", "20", 40)
    assert told(house, known_at=known) == ("16.00", "20", 40)


def test_a_history_that_is_gone_or_too_long_is_said_to_be(house: House) -> None:
    wait(house, 35)
    charge(house, "21")
    wait(house, 40)
    house.put("rules", "sale", **SALE)
    assert told(house) == ("20.00", "16", 40)
    wait(house, 41)
    purge(house.database, NOW + timedelta(days=36))
    house.put("rules", "sale", **SALE | {"label": "Sale"})
    answer = house.price("saw")
    assert (answer["prior_price_missing"], "prior_net_price" in answer) == ("history_gone", False)


def test_a_rate_that_changes_every_quarter_of_an_hour_is_too_much_history(house: House) -> None:
    rates = [
        Stated("rates", f"R{number}", {"currency": "EUR", "to_currency": "USD", "rate": f"1.{number:04d}",
                                       "valid_from": (NOW + timedelta(minutes=15 * number)).isoformat()})
        for number in range(3_000)
    ]  # fmt: skip
    for start in range(0, len(rates), 500):
        save(house.database, rates[start : start + 500], "test", None, NOW + timedelta(seconds=1))
    wait(house, 20)
    house.put("rules", "sale", **SALE)
    assert told(house) == ("20.00", "20", 20)
    # 20 days at 96 rates: rates 0 to 1,920, so from 1.0000 to 1.1920.
    assert told(house, currency="USD") == ("20.00", "4.64", 20)
    wait(house, 31)
    assert house.price("saw", currency="USD")["prior_price_missing"] == "history_too_long"


@pytest.mark.parametrize(
    ("days", "entries", "asked_at", "expected"),
    [
        (30, [("01-01", "37", None), ("01-02", "21", "37")], "01-02", "37.00"),
        (30, [("01-01", "37", None), ("01-02", "37", "37")], "01-02", None),
        (30, [("01-01", "42", None), ("01-01", "21", "42"), ("02-01", "39", "42"), ("03-18", "33", "42")], "03-18",
         "39.00"),
        (30, [("01-01", "37", None), ("01-02", "21", "37"), ("01-03", "37", None), ("01-04", "10", None),
              ("01-05", "21", None), ("01-06", "20", "21")], "01-06", "10.00"),
        (30, [("01-01", "10", None), ("01-05", "9", None), ("02-05", "11", None), ("02-15", "13", "10"),
              ("02-25", "15", "20")], "03-01", "9.00"),
        (20, [("01-01", "10", None), ("01-05", "9", None), ("02-05", "11", None), ("02-15", "13", "10"),
              ("02-25", "15", "20")], "03-01", "9.00"),
        (1, [("01-01", "10", None), ("01-05", "9", None), ("02-05", "11", None), ("02-15", "13", "10"),
             ("02-25", "15", "20")], "03-01", "13.00"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stated_on", [datetime(2022, 1, 1, tzinfo=UTC), NOW])
def test_a_log_of_prices_is_stated_as_dated_rules_whenever_that_is_done(
    tmp_path: Path,
    days: int,
    entries: list[tuple[str, str, str | None]],
    asked_at: str,
    expected: str | None,
    stated_on: datetime,
) -> None:
    with opened(tmp_path, company=False) as house:
        rules = [
            Stated("rules", f"entry-{place}", {
                "action": "price", "list": "base", "item": "p", "value": value, "priority": place,
                "valid_from": f"2023-{day}",
                "show_as": "discount" if original is not None and float(value) < float(original) else None,
            })
            for place, (day, value, original) in enumerate(entries)
        ]  # fmt: skip
        others = [Stated("items", "p", {}), Stated("countries", "IT", {"prior_price_days": days})]
        save(house.database, [*others, *rules], "test", None, stated_on)
        answer = house.price("p", at=f"2023-{asked_at}T12:00:00Z")
        assert answer.get("prior_net_price") == expected


def test_the_way_back_of_one_line_leaves_the_other_lines_of_the_past_as_they_were(house: House) -> None:
    rossi: dict[str, Any] = {"account": "rossi-group", "country": "IT"}
    house.put("customers", "rossi", **rossi)
    wait(house, 60)
    house.put("customers", "rossi", **rossi, customer_groups=["installers"])
    wait(house, 62)
    sale = house.put("rules", "sale", **{**SALE, "item": "hammer"})
    house.put("rules", "saw-base", action="price", list="base", item="saw", value="30")
    lines = [{"item": "hammer"}, {"item": "saw"}]
    asked = {"customer": "rossi", "channel": "web", "known_at": sale["revision"], "lines": lines}
    hammer, saw = house.client.request("POST", "/v1/prices", json=asked).json()["lines"]
    assert "prior_net_price" in hammer
    assert saw["net_price"] == "18.00"
