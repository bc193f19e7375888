"""What is noticed when facts are saved: warnings that name both records, and prevent nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from listino.core.conflicts import OWN
from listino.core.rules import Rule
from tests.shop import House, opened
from tests.web.noticing import SAW, noticed, put, revision


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


# What each warning is about: facts that are there before, the one that is saved, and what is said of it.
RULES: tuple[tuple[str, dict[str, dict[str, Any]], dict[str, Any], list[tuple[str, str | None]]], ...] = (
    ("the same price twice is a tie", {}, SAW | {"value": "20"}, [("tie", "saw-base")]),
    ("also with another unit of thought", {}, SAW | {"value": "2000", "per": "100"}, [("tie", "saw-base")]),
    ("a lower price hides the one there is", {}, SAW | {"value": "19"}, [("never_wins", "saw-base")]),
    ("a higher price is hidden by it", {}, SAW | {"value": "21"}, [("never_wins", "saw-base")]),
    ("a priority puts one first", {}, SAW | {"value": "20", "priority": 1}, [("never_wins", "saw-base")]),
    ("a later start replaces, and hides nothing", {}, SAW | {"value": "19", "valid_from": "2027-01-01"}, []),
    ("another filter is another price", {}, SAW | {"value": "20", "channel": "web"}, []),
    ("another currency is another price", {}, SAW | {"value": "20", "currency": "CHF"}, []),
    ("another attribute is another price", {"one": SAW | {"value": "20", "attributes": {"colour": "red"}}},
     SAW | {"value": "20", "attributes": {"colour": "blue"}}, []),
    ("the same attribute is the same price", {"one": SAW | {"value": "20", "attributes": {"colour": ["red", "blue"]}}},
     SAW | {"value": "20", "attributes": {"colour": ["red", "blue"]}}, [("tie", "one")]),
    ("other bounds of what is bought are other prices", {"one": SAW | {"value": "20", "requires": [{"from": "10"}]}},
     SAW | {"value": "20", "requires": [{"from": "20"}]}, []),
    ("a draft stands in nobody's way", {}, SAW | {"value": "20", "status": "draft"}, []),
    ("what is over is no rival", {}, SAW | {"value": "20", "valid_to": "2026-01-01"}, []),
    (
        "times that do not meet are no tie",
        {"one": SAW | {"value": "18", "valid_from": "2027-01-01", "valid_to": "2027-01-31"}},
        SAW | {"value": "18", "valid_from": "2027-02-01", "valid_to": "2027-02-28"},
        [],
    ),
    (
        "discounts of the same percentage tie where the best wins",
        {"one": {"action": "percent", "step": "promotion", "item": "saw", "value": "5"}},
        {"action": "percent", "step": "promotion", "item": "saw", "value": "5.0"},
        [("tie", "one")],
    ),
    (
        "the lower discount never wins",
        {"one": {"action": "percent", "step": "promotion", "item": "saw", "value": "5"}},
        {"action": "percent", "step": "promotion", "item": "saw", "value": "4"},
        [("never_wins", "one")],
    ),
    (
        "in a step of which all count nothing ties",
        {"one": {"action": "percent", "sign": "charge", "item": "saw", "value": "5"}},
        {"action": "percent", "sign": "charge", "item": "saw", "value": "5"},
        [],
    ),
    (
        "in another step nothing ties",
        {"one": {"action": "percent", "item": "saw", "value": "5"}},
        {"action": "percent", "item": "saw", "step": "customer_discount", "value": "5"},
        [],
    ),
    (
        "breaks that are records of their own are one ladder",
        {"one": {**SAW, "customer": "rossi", "scale": {"tiers": [{"from": "1", "value": "19"}]}}},
        {**SAW, "customer": "rossi", "scale": {"tiers": [{"from": "10", "value": "18"}]}},
        [],
    ),
    (
        "breaks from the same quantity at the same price tie there",
        {"one": {**SAW, "customer": "rossi", "scale": {"tiers": [{"from": "1", "value": "19"}]}}},
        {**SAW, "customer": "rossi", "scale": {"tiers": [{"from": "1", "value": "19"}, {"from": "10", "value": "18"}]}},
        [("tie", "one")],
    ),
    (
        "a tier that another's always comes before is not reached",
        {"one": {**SAW, "customer": "rossi",
                 "scale": {"tiers": [{"from": "1", "value": "19"}, {"from": "10", "value": "17"}]}}},
        {**SAW, "customer": "rossi", "scale": {"tiers": [{"from": "1", "value": "20"}, {"from": "10", "value": "16"}]}},
        [("tiers", "one"), ("tiers", "one")],
    ),
    (
        "tiers that were stated with their end overlap",
        {"one": {**SAW, "customer": "rossi",
                 "scale": {"tiers": [{"up_to": "10", "value": "19"}, {"up_to": "20", "value": "18"}]}}},
        {**SAW, "customer": "rossi", "scale": {"tiers": [{"from": "15", "value": "17"}]}},
        [("tiers", "one")],
    ),
    (
        "tiers that meet do not overlap",
        {"one": {**SAW, "customer": "rossi", "scale": {"tiers": [{"up_to": "10", "value": "19"}]}}},
        {**SAW, "customer": "rossi", "scale": {"tiers": [{"from": "10.5", "value": "17"}]}},
        [],
    ),
    (
        "a tier up to nothing is never reached",
        {},
        {**SAW, "customer": "rossi", "scale": {"tiers": [{"up_to": "0", "value": "19"}, {"value": "18"}]}},
        [("tiers", None)],
    ),
    ("a step that no scheme has", {}, {"action": "percent", "step": "bonus", "item": "saw", "value": "3"},
     [("no_step", None)]),
    ("a step that takes no such action", {}, {"action": "percent", "step": "price", "item": "saw", "value": "3"},
     [("no_step", None)]),
    ("a limit above the price of its item", {}, {"action": "limit", "bound": "min", "item": "saw", "value": "21"},
     [("limit_forbids", "saw-base")]),
    ("a limit that leaves the price alone", {}, {"action": "limit", "bound": "min", "item": "saw", "value": "20"}, []),
    ("a highest price below it", {}, {"action": "limit", "bound": "max", "list": "base", "item": "saw", "value": "19"},
     [("limit_forbids", "saw-base")]),
    ("a limit in another list", {}, {"action": "limit", "bound": "max", "list": "web", "item": "saw", "value": "19"},
     []),
    ("a limit by cost", {}, {"action": "limit", "bound": "min", "basis": "cost", "item": "hammer", "value": "260"},
     [("limit_forbids", "hammer-base")]),
    (
        "a price below the limit of its item",
        {"floor": {"action": "limit", "bound": "min", "item": "saw", "value": "15"}},
        {"action": "price", "customer": "rossi", "item": "saw", "value": "14"},
        [("limit_forbids", "floor")],
    ),
    (
        "a price that may lie below limits",
        {"floor": {"action": "limit", "bound": "min", "item": "saw", "value": "15"}},
        {"action": "price", "customer": "rossi", "item": "saw", "value": "14", "below_limit": True},
        [],
    ),
    (
        "a price per box beside a limit per piece",
        {"floor": {"action": "limit", "bound": "min", "item": "hammer", "value": "8"}},
        {"action": "price", "customer": "rossi", "item": "hammer", "value": "95", "unit": "BX"},
        [("limit_forbids", "floor")],
    ),
    ("a new price of 0 is a warning", {}, {"action": "price", "customer": "rossi", "item": "saw", "value": "0"},
     [("zero_price", None)]),
    ("a new price below cost too", {}, {"action": "price", "customer": "rossi", "item": "hammer", "value": "3.99"},
     [("below_cost", None)]),
    ("at cost it is not", {}, {"action": "price", "customer": "rossi", "item": "hammer", "value": "4"}, []),
    (
        "a box below its cost", {},
        {"action": "price", "customer": "rossi", "item": "hammer", "value": "47.99", "unit": "BX"},
        [("below_cost", None)],
    ),
    ("a new price that follows one far from it", {}, SAW | {"value": "27", "valid_from": "2027-01-01"},
     [("price_change", "saw-base")]),
)  # fmt: skip


@pytest.mark.parametrize(("there", "saved", "said"), [row[1:] for row in RULES], ids=[row[0] for row in RULES])
def test_a_rule_is_saved_with_what_is_to_be_said_of_it(
    house: House, there: dict[str, dict[str, Any]], saved: dict[str, Any], said: list[tuple[str, str | None]]
) -> None:
    for code, rule in there.items():
        house.put("rules", code, **rule)
    answer = put(house, "new", **saved)
    assert noticed(answer) == said
    assert house.get("/v1/rules/new").status == 200


def test_a_warning_names_both_records_the_field_and_what_to_do(house: House) -> None:
    (line,) = put(house, "twice", **SAW, value="20").json()["warnings"]
    assert line == {
        "kind": "rules",
        "code": "twice",
        "field": "code",
        "check": "tie",
        "text": "Rules 'twice' and 'saw-base' are for the same at the same time, and nothing puts one of them first in "
        "step 'price' but their codes: 'saw-base' counts.",
        "remedy": "End one of them, or give it a priority or a time of its own.",
        "other": {"kind": "rules", "code": "saw-base"},
    }


def test_what_is_already_so_is_not_said_again_and_warnings_can_be_put_back(house: House) -> None:
    answer = put(house, "twice", **SAW, value="20")
    again = house.client.request("PUT", "/v1/rules/twice", json=answer.json())
    assert (again.status, "warnings" in again.json(), revision(house)) == (200, False, 2)
    assert noticed(put(house, "twice", **SAW, value="20", label="The same")) == [("tie", "saw-base")]


def test_rules_of_one_change_set_are_seen_beside_each_other(house: House) -> None:
    rule = {"kind": "rules", "action": "price", "customer": "rossi", "item": "saw", "value": "18"}
    changes = [rule | {"code": "one"}, rule | {"code": "two"}, {"kind": "rules", "code": "saw-base", "end": True}]
    done = house.client.request("POST", "/v1/changes", json={"changes": changes}).json()
    assert [(line["check"], line["code"], line["other"]["code"]) for line in done["warnings"]] == [
        ("tie", "one", "two")
    ]
    swap = [rule | {"code": "three"}, *({"kind": "rules", "code": code, "end": True} for code in ("one", "two"))]
    done = house.client.request("POST", "/v1/changes", json={"changes": swap}).json()
    assert done == {"revision": 3, "changed": 3, "unchanged": 0}


OWN_SCHEME = {
    "steps": [
        {"name": "price", "kind": "price", "pick": "first", "rank": ["priority"], "access": ["customer+item", "item"]},
        {"name": "rebate", "kind": "allowance"},
    ]
}


def test_the_rank_of_every_scheme_in_use_decides_what_ties(house: House) -> None:
    house.put("schemes", "plain", **OWN_SCHEME)
    rule = {"action": "price", "customer": "rossi", "item": "saw"}
    house.put("rules", "agreed", **rule, value="18")
    assert noticed(put(house, "other", **rule, value="17")) == [("never_wins", "agreed")]
    house.put("channels", "shop", scheme="plain")
    assert noticed(put(house, "other", **rule, value="16.9")) == [("tie", "agreed")]
    assert noticed(put(house, "other", **rule, value="16.9", priority=1)) == [("never_wins", "agreed")]


def test_the_access_of_every_scheme_in_use_decides_what_can_be_reached(house: House) -> None:
    house.put("brands", "stanley")
    rule = {"action": "price", "brand": "stanley", "value": "5"}
    house.put("schemes", "agreement_first", **OWN_SCHEME)
    assert noticed(put(house, "by-brand", **rule)) == [("no_access", None)]
    assert noticed(put(house, "rebate", action="percent", step="rebate", brand="stanley", value="5")) == []
    assert noticed(put(house, "old", action="percent", step="discount", item="saw", value="5")) == [("no_step", None)]
    house.put("schemes", "wide", steps=[{"name": "price", "kind": "price", "access": ["brand"]}])
    assert noticed(put(house, "by-brand", **rule, label="Still")) == [("no_access", None)]
    house.put("channels", "shop", scheme="wide")
    assert noticed(put(house, "by-brand", **rule, label="Now")) == []


def test_a_rule_in_a_list_that_nobody_has_is_said_once(house: House) -> None:
    house.put("price-lists", "trade")
    changes = [
        {"kind": "rules", "code": code, "action": "price", "list": "trade", "item": code, "value": "9"}
        for code in ("saw", "hammer")
    ]
    done = house.client.request("POST", "/v1/changes", json={"changes": changes}).json()
    assert [(line["check"], line["other"]) for line in done["warnings"]] == [
        ("unassigned_list", {"kind": "price-lists", "code": "trade"})
    ]
    house.put("rules", "from-trade", action="price", customer="rossi", item="saw", formula={"list": "trade"})
    assert noticed(put(house, "saw", action="price", list="trade", item="saw", value="8")) == []
    house.put("rules", "from-trade", action="percent", customer="rossi", basis="list:trade", value="3")
    assert noticed(put(house, "saw", action="price", list="trade", item="saw", value="8.10")) == []
    house.client.request("DELETE", "/v1/rules/from-trade")
    house.put("assignments", "trade-rossi", list="trade", customer="rossi")
    assert noticed(put(house, "saw", action="price", list="trade", item="saw", value="9")) == []


@pytest.mark.parametrize(
    ("kind", "code", "other"),
    [("customers", "Rossi", "rossi"), ("customers", "ros si", "rossi"), ("items", "ＳＡＷ", "saw"),
     ("price-lists", "Web", "web"), ("item-groups", "Tools", "tools"), ("channels", "WEB", "web")],
)  # fmt: skip
def test_a_new_code_that_looks_like_another_is_warned_of(house: House, kind: str, code: str, other: str) -> None:
    answer = house.client.request("PUT", f"/v1/{kind}", params={"code": code}, json={})
    assert noticed(answer) == [("similar_code", other)]
    again = house.client.request("PUT", f"/v1/{kind}", params={"code": code}, json={"name": "x"})
    assert noticed(again) == []


def test_a_dotless_i_is_another_letter_and_an_ended_code_is_no_longer_alike(house: House) -> None:
    house.put("customers", "irmak")
    assert noticed(put(house, "ırmak", kind="customers")) == []
    house.client.request("DELETE", "/v1/customers/irmak")
    assert noticed(put(house, "IRMAK", kind="customers")) == []
    both = [{"kind": "brands", "code": "Valtek"}, {"kind": "brands", "code": "VALTEK"}]
    done = house.client.request("POST", "/v1/changes", json={"changes": both}).json()
    assert [(line["code"], line["other"]["code"]) for line in done["warnings"]] == [
        ("Valtek", "VALTEK"), ("VALTEK", "Valtek"),
    ]  # fmt: skip


def test_a_hundred_rules_of_one_scope_are_warned_of(house: House) -> None:
    rules = [
        SAW | {"kind": "rules", "code": f"day{n:03}", "value": "19",
               "valid_from": f"2027-01-01T12:{n % 60:02}:{n // 60:02}Z",
               "valid_to": f"2027-01-01T12:{n % 60:02}:{n // 60 + 1:02}Z"}
        for n in range(100)
    ]  # fmt: skip
    done = house.client.request("POST", "/v1/changes", json={"changes": rules[:98]}).json()
    assert "warnings" not in done
    done = house.client.request("POST", "/v1/changes", json={"changes": rules}).json()
    assert [(line["check"], line["code"]) for line in done["warnings"]] == [("crowded_key", "day098")]


def test_fields_that_rules_may_come_to_have_keep_them_apart(house: House) -> None:
    """Only what is known to leave two rules rivals may differ: a field that nobody thought of is one that matters."""
    names = set(Rule.__dataclass_fields__)
    assert names >= OWN
    assert {"requires", "caps", "attributes", "channel", "unless", "currency"} <= names - OWN


def test_a_rule_with_many_rivals_is_told_of_five_and_a_draft_among_a_hundred_of_none(house: House) -> None:
    many = [SAW | {"kind": "rules", "code": f"p{n:03}", "value": str(100 + n)} for n in range(100)]
    done = house.client.request("POST", "/v1/changes", json={"changes": many}).json()
    assert {line["check"] for line in done["warnings"]} == {"crowded_key", "never_wins"}
    assert sum(line["code"] == "p000" for line in done["warnings"]) == 6
    assert noticed(put(house, "draft", **SAW, value="1", status="draft")) == []
    low = put(house, "low", **SAW, value="19.50")
    assert [check for check, _ in noticed(low)] == ["crowded_key", *["never_wins"] * 5]
