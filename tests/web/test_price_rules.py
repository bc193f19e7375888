"""Every part of a rule, stated through the door and priced through it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shop import House, opened

PIECE = {"action": "price", "list": "base", "item": "cable", "value": "10"}
STATED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("channels", "b2b", {"currency": "EUR", "country": "IT", "attributes": {"region": "north"}}),
    ("item-groups", "wires", {}),
    ("brands", "acme", {}),
    ("accounts", "alfa", {}),
    ("customers", "alfa-1", {"account": "alfa", "country": "IT", "attributes": {"trade": ["plumber", "roofer"]}}),
    ("customers", "beta", {"country": "IT"}),
    ("items", "cable", {"item_groups": ["wires"], "brand": "acme", "cost": "6", "weight": "0.5",
                        "attributes": {"line": "pro"}, "measures": [{"name": "copper", "value": "0.2"}],
                        "price_attributes": [{"name": "rrp", "value": "16"}]}),
    ("items", "tube", {}),
    ("item-sets", "campaign", {"include": {"item_groups": ["wires"]}, "exclude": {"items": ["tube"]}}),
    ("rules", "cable-base", PIECE),
    ("taxes", "it", {"percent": "22", "country": "IT"}),
    ("taxes", "it-eco", {"percent": "10", "country": "IT", "tax_class": "eco"}),
    ("quotations", "copper-1", {"quotation": "copper", "value": "900", "per": "100", "valid_from": "2026-11-01"}),
    ("quotations", "copper-2", {"quotation": "copper", "value": "950", "per": "100", "valid_from": "2026-12-01"}),
)  # fmt: skip


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path, company=False) as house:
        for kind, code, said in STATED:
            house.put(kind, code, **said)
        yield house


def off(percent: str, **said: Any) -> dict[str, Any]:
    return {"action": "percent", "value": percent, **said}


def told(house: House, **asked: Any) -> str:
    answer = house.price("cable", **{"customer": "alfa-1", "channel": "b2b", **asked})
    return str(answer["net_price"])


RULES: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("an item set holds the item", off("10", item_set="campaign"), {}, "9.00"),
    ("a customer's attribute", off("10", attributes={"trade": "roofer"}), {}, "9.00"),
    ("one of several values", off("10", attributes={"trade": ["baker", "plumber"]}), {}, "9.00"),
    ("nobody else has it", off("10", attributes={"trade": "roofer"}), {"customer": "beta"}, "10.00"),
    ("an item's attribute", off("10", attributes={"line": "pro"}), {"customer": "beta"}, "9.00"),
    ("a channel's attribute", off("10", attributes={"region": "north"}), {"customer": "beta"}, "9.00"),
    ("all exceptions count", off("10", unless=[{"customer": "beta"}, {"item_set": "campaign"}]), {}, "10.00"),
    ("no exception holds", off("10", unless=[{"attributes": {"line": "home"}}]), {}, "9.00"),
    ("not enough is bought", off("10", requires=[{"from": "5"}]), {"quantity": "4"}, "10.00"),
    ("enough is bought", off("10", requires=[{"from": "5"}]), {"quantity": "5"}, "9.00"),
    ("too much is bought", off("10", requires=[{"up_to": "5"}]), {"quantity": "6"}, "10.00"),
    ("the amount is reached", off("10", requires=[{"measure": "amount", "from": "50"}]), {"quantity": "5"}, "9.00"),
    ("the amount is meant gross", off("10", requires=[{"measure": "amount", "basis": "gross", "from": "61"}]),
     {"quantity": "5"}, "9.00"),
    ("the weight is reached", off("10", requires=[{"measure": "weight", "from": "3"}]), {"quantity": "6"}, "9.00"),
    ("a scale by amount", {"action": "percent", "scale": {"measure": "amount", "tiers": [
        {"from": "20", "value": "5"}, {"from": "50", "value": "10"}]}}, {"quantity": "5"}, "9.00"),
    ("a scale by weight", {"action": "percent", "scale": {"measure": "weight", "tiers": [
        {"from": "2", "value": "5"}]}}, {"quantity": "4"}, "9.50"),
    ("each unit at its own tier", {"action": "price", "customer": "alfa-1", "scale": {"kind": "graduated", "tiers": [
        {"up_to": "10", "value": "10"}, {"value": "8"}]}}, {"quantity": "20"}, "9.00"),
    ("from 11 is the eleventh piece", {"action": "price", "customer": "alfa-1", "scale": {"kind": "graduated",
        "tiers": [{"from": "1", "value": "10"}, {"from": "11", "value": "8"}]}}, {"quantity": "20"}, "9.00"),
    ("a margin on the cost", {"action": "margin", "customer": "alfa-1", "value": "50"}, {}, "9.00"),
    ("a margin of the price", {"action": "margin", "basis": "price", "customer": "alfa-1", "value": "25"}, {}, "8.00"),
    ("a formula over an attribute", {"action": "price", "customer": "alfa-1",
                                     "formula": {"attribute": "rrp", "percent": "-50"}}, {}, "8.00"),
    ("a formula over the base price", {"action": "price", "customer": "alfa-1",
                                       "formula": {"basis": "base", "percent": "-15", "amount": "0.5"}}, {}, "9.00"),
    ("no more than the largest margin", {"action": "price", "customer": "alfa-1",
                                         "formula": {"basis": "base", "amount": "5", "max_margin": "2"}}, {}, "12.00"),
    ("no less than the smallest margin", {"action": "price", "customer": "alfa-1",
                                          "formula": {"basis": "cost", "min_margin": "3"}}, {}, "9.00"),
    ("a metal surcharge", {"action": "indexed", "indexed": {"quotation": "copper", "reference": "400",
                                                            "measure": "copper"}}, {}, "11.00"),
    ("a later quotation", {"action": "indexed", "indexed": {"quotation": "copper", "reference": "400",
                                                            "measure": "copper"}}, {"at": "2026-12-02"}, "11.10"),
    ("a percentage of an attribute", off("10", basis="attribute:rrp"), {}, "8.40"),
    ("an offer price that is lower", {"action": "price", "step": "promotion", "value": "7"}, {}, "7.00"),
    ("an offer price that is not lower", {"action": "price", "step": "promotion", "value": "11"}, {}, "10.00"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rule", "asked", "expected"), RULES, ids=[entry[0] for entry in RULES])
def test_a_rule_says_what_a_price_is(
    house: House, name: str, rule: dict[str, Any], asked: dict[str, Any], expected: str
) -> None:
    house.put("rules", "r", **rule)
    assert told(house, **asked) == expected


def test_a_final_price_is_not_discounted_and_a_customer_may_make_it_so(house: House) -> None:
    house.put("rules", "off", **off("10"))
    house.put("customers", "beta", country="IT", final=True)
    assert told(house, customer="beta") == "10.00"
    house.put("rules", "agreed", action="price", customer="beta", value="8", final=False)
    assert told(house, customer="beta") == "7.20"


def test_of_an_exclusion_group_only_the_first_applies_whatever_the_step(house: House) -> None:
    house.put("rules", "first", **off("10", exclusion_group="one"))
    house.put("rules", "second", **off("20", step="promotion", exclusion_group="one"))
    assert told(house) == "9.00"
    answer = house.price("cable", customer="alfa-1", channel="b2b", explain="all")
    assert [(line["rule"], line["reason"]) for line in answer["not_applied"]] == [("second", "excluded")]


def test_of_a_group_of_steps_only_the_first_with_a_winner_counts(house: House) -> None:
    steps = [{"name": "price", "kind": "price"}, *({"name": name, "kind": "allowance", "group": "g"} for name in "ab")]
    house.put("schemes", "own", steps=steps)
    house.put("channels", "b2b", currency="EUR", country="IT", scheme="own")
    house.put("rules", "first", **off("10", step="a"))
    house.put("rules", "second", **off("20", step="b"))
    answer = house.price("cable", customer="alfa-1", channel="b2b", explain="all")
    assert (answer["net_price"], [line["reason"] for line in answer["not_applied"]]) == ("9.00", ["excluded"])
    assert answer["not_applied"][0]["text"] == "A step that excludes this one came before it."


def test_an_exclusive_rule_applies_alone_in_its_step(house: House) -> None:
    house.put("rules", "a", **off("1", step="manual"))
    house.put("rules", "b", **off("2", step="manual", exclusive=True, priority=5))
    assert told(house) == "9.80"


def test_a_deposit_stands_on_a_line_of_its_own_and_is_not_discounted(house: House) -> None:
    house.put("rules", "off", **off("10"))
    house.put("rules", "deposit", action="amount", sign="charge", value="0.25", own_line={"tax_class": "eco"})
    house.put("rules", "cut", action="amount", sign="charge", value="3", own_line={"per": "line"})
    answer = house.price("cable", customer="alfa-1", channel="b2b", quantity="4")
    assert (answer["net_price"], answer["net"], answer["tax"], answer["gross"]) == ("9.00", "36.00", "7.92", "43.92")
    assert [
        (own["rule"], own["quantity"], own["net"], own["tax"], own["gross"], own["tax_percent"])
        for own in answer["own_lines"]
    ] == [("deposit", "4", "1.00", "0.10", "1.10", "10"), ("cut", "1", "3.00", "0.66", "3.66", "22")]


CHOICE = {
    "steps": [
        {"name": "way", "kind": "choose", "pick": "best", "chains": [
            {"name": "contract", "steps": [{"name": "agreed", "kind": "price", "access": ["customer"]}]},
            {"name": "list", "steps": [
                {"name": "listed", "kind": "price", "access": ["item", "base+item"]},
                {"name": "quarter", "kind": "allowance"},
            ]},
        ]},
        {"name": "promotion", "kind": "allowance", "pick": "best"},
    ]
}  # fmt: skip


def test_the_lower_of_the_contract_price_and_the_list_less_a_quarter(house: House) -> None:
    house.put("schemes", "lower", **CHOICE)
    house.put("channels", "b2b", currency="EUR", country="IT", scheme="lower")
    house.put("rules", "quarter", **off("25", step="quarter"))
    assert told(house) == "7.50"
    house.put("rules", "contract", action="price", customer="alfa-1", value="7")
    assert told(house) == "7.00"
    house.put("rules", "contract", action="price", customer="alfa-1", value="8")
    answer = house.price("cable", customer="alfa-1", channel="b2b", explain="all")
    assert (answer["net_price"], [step["rule"] for step in answer["steps"]]) == ("7.50", ["cable-base", "quarter"])
    assert [(line["rule"], line["reason"]) for line in answer["not_applied"]] == [("contract", "chain_beaten")]


def test_assignments_merge_fill_gaps_or_replace(house: House) -> None:
    for code, price in (("one", "9"), ("two", "8")):
        house.put("price-lists", code, currency="EUR")
        house.put("rules", f"{code}-cable", action="price", list=code, item="cable", value=price)
    house.put("schemes", "cheapest", steps=[{"name": "price", "kind": "price", "pick": "best"}])
    house.put("channels", "b2b", currency="EUR", country="IT", scheme="cheapest")
    house.put("assignments", "one", list="one", sequence=1)
    house.put("assignments", "two", list="two", sequence=2)
    assert told(house) == "8.00"
    house.put("assignments", "two", list="two", sequence=2, mode="only_if_empty")
    assert told(house) == "9.00"
    house.put("assignments", "one", list="one", sequence=1, mode="replace")
    house.put("assignments", "two", list="two", sequence=2)
    assert told(house) == "9.00"


def test_a_price_in_a_money_that_nothing_converts_fills_the_gap_of_its_item_too(house: House) -> None:
    for sequence, (code, currency, mode) in enumerate((("one", "CHF", "merge"), ("two", "EUR", "only_if_empty"))):
        house.put("price-lists", code, currency=currency)
        house.put("rules", f"{code}-cable", action="price", list=code, item="cable", value="8")
        house.put("assignments", code, list=code, sequence=sequence, mode=mode)
    assert told(house) == "10.00"
    until, rule = "2026-12-01T00:00:00Z", {"action": "price", "list": "one", "item": "cable", "value": "8"}
    house.put("rules", "one-cable", **rule, valid_to=until)
    assert house.price("cable", customer="alfa-1", channel="b2b")["next_change_at"] == until
    assert told(house, at=until) == "8.00"
    house.put("rules", "one-cable", **rule, unless={"currency": "EUR"})
    assert told(house) == "10.00"


def test_a_list_made_for_one_tax_keeps_its_net_price_under_another(house: House) -> None:
    house.put("price-lists", "shop", currency="EUR", tax_mode="gross", reference_percent="22", constant="net")
    house.put("assignments", "shop", list="shop")
    house.put("rules", "shop-cable", action="price", list="shop", item="cable", value="12.20")
    house.put("taxes", "de", percent="19", country="DE")
    at_home = house.price("cable", customer="alfa-1", channel="b2b")
    abroad = house.price("cable", customer="alfa-1", channel="b2b", country="DE")
    assert (at_home["net_price"], at_home["gross_price"]) == ("10.00", "12.20")
    assert (abroad["net_price"], abroad["gross_price"]) == ("10.00", "11.90")


def test_a_formula_starts_from_what_such_a_list_keeps(house: House) -> None:
    house.put("price-lists", "shop", currency="EUR", tax_mode="gross", reference_percent="22", constant="net")
    house.put("rules", "shop-cable", action="price", list="shop", item="cable", value="12.20")
    house.put("rules", "agreed", action="price", customer="alfa-1", formula={"list": "shop", "percent": "-10"})
    house.put("taxes", "de", percent="19", country="DE")
    assert house.price("cable", customer="alfa-1", channel="b2b", country="DE")["net_price"] == "9.00"


def test_a_limit_before_a_discount_binds_it(house: House) -> None:
    house.put("schemes", "floor", steps=[
        {"name": "price", "kind": "price"},
        {"name": "floor", "kind": "limit", "pick": "all"},
        {"name": "promotion", "kind": "allowance", "pick": "all"},
    ])  # fmt: skip
    house.put("channels", "b2b", currency="EUR", country="IT", scheme="floor")
    house.put("rules", "min", action="limit", bound="min", value="8")
    house.put("rules", "a", **off("50", step="promotion", priority=2))
    house.put("rules", "b", **off("40", step="promotion", priority=1))
    answer = house.price("cable", customer="alfa-1", channel="b2b", explain="all")
    assert (answer["net_price"], [step["rule"] for step in answer["steps"]]) == ("8.00", ["cable-base", "a"])
    assert ("b", "limit_reached") in [(line["rule"], line["reason"]) for line in answer["not_applied"]]


def test_a_rounding_of_the_scheme_is_for_its_currency(house: House) -> None:
    house.put("schemes", "coins", steps=[
        {"name": "price", "kind": "price"},
        {"name": "coins", "kind": "rounding", "rounding": {"increment": "0.05"}, "currency": "CHF"},
    ])  # fmt: skip
    house.put("channels", "b2b", currency="EUR", country="IT", scheme="coins")
    house.put("rates", "chf", currency="EUR", to_currency="CHF", rate="0.9337")
    assert told(house, currency="CHF") == "9.35"
    assert told(house) == "10.00"


def test_a_beaten_rule_says_by_which_rank(house: House) -> None:
    house.put("rules", "group", **off("5", item_group="wires"))
    house.put("rules", "mine", **off("3", customer="alfa-1", item="cable"))
    house.put("rules", "mine-too", **off("4", customer="alfa-1", item="cable", priority=-1))
    answer = house.price("cable", customer="alfa-1", channel="b2b", explain="all")
    assert {line["rule"]: line["text"] for line in answer["not_applied"]} == {
        "group": "mine comes first, as it is for something narrower; it would apply if that did not.",
        "mine-too": "mine comes first, as its priority is higher; it would apply if that did not.",
    }


def test_a_limit_whose_cost_is_unknown_gives_no_price_or_a_flag(house: House) -> None:
    house.put("items", "cable")
    house.put("rules", "floor", action="limit", bound="min", basis="cost", value="110")
    unpriced = house.price("cable", customer="beta", channel="b2b", explain="all")
    assert (unpriced["reason"], unpriced["not_applied"][0]["reason"]) == ("limit_unknown", "cost_missing")
    house.put("schemes", "flagging", steps=[
        {"name": "price", "kind": "price"}, {"name": "limit", "kind": "limit", "pick": "all", "when_unknown": "flag"},
    ])  # fmt: skip
    house.put("channels", "b2b", currency="EUR", country="IT", scheme="flagging")
    answer = house.price("cable", customer="beta", channel="b2b")
    assert (answer["net_price"], answer["flags"]) == ("10.00", ["limit_unknown:floor"])


@pytest.mark.parametrize("pick", ["specific", "first", "best"])
def test_a_scheme_may_refuse_what_only_a_code_would_decide(house: House, pick: str) -> None:
    price, discount = {"name": "price", "kind": "price"}, {"name": "discount", "kind": "allowance", "pick": pick}
    house.put("schemes", "strict", steps=[price, discount | {"rank": ["access", "priority"], "ties": "refuse"}])
    house.put("channels", "b2b", currency="EUR", country="IT", scheme="strict")
    house.put("rules", "b", **off("5", item="cable", step="discount"))
    same = off("5" if pick == "best" else "7", item="cable", step="discount")
    house.put("rules", "a", **same, valid_from="2026-11-30")
    today = house.price("cable", customer="beta", channel="b2b")
    assert (today["net_price"], today["next_change_at"]) == ("9.50", "2026-11-29T23:00:00Z")
    tied = house.price("cable", customer="beta", channel="b2b", at="2026-12-01", explain="all")
    assert (tied["reason"], tied["not_applied"][-1]["rule"]) == ("tie", "b")
    assert tied["text"] == "Two rules come first alike, and the scheme lets no code decide between them."
    house.put("rules", "a", **same, valid_from="2026-11-30", priority=1)
    decided = house.price("cable", customer="beta", channel="b2b", at="2026-12-01")
    assert [step["rule"] for step in decided["steps"]] == ["cable-base", "a"]
    house.put("schemes", "lenient", steps=[price, discount | {"rank": ["access"]}])
    house.put("channels", "b2b", currency="EUR", country="IT", scheme="lenient")
    assert house.price("cable", customer="beta", channel="b2b", at="2026-12-01")["steps"][1]["rule"] == "a"


@pytest.mark.parametrize("step", [{"pick": "all"}, {"kind": "basket"}, {"kind": "rounding"}])
def test_a_step_in_which_nothing_can_tie_cannot_refuse_ties(house: House, step: dict[str, str]) -> None:
    said = {"name": "x", "kind": "allowance", "ties": "refuse", **step}
    refusal = house.client.request("PUT", "/v1/schemes/x", json={"steps": [{"name": "price", "kind": "price"}, said]})
    assert (refusal.status, refusal.json()["errors"][0]["field"]) == (400, "steps[1].ties")
    assert house.get("/v1/schemes/x").status == 404


def test_an_assortment_of_a_group_counts_as_long_as_one_is_in_the_group(house: House) -> None:
    house.put("assortments", "tubes", include={"items": ["tube"]})
    house.put("customer-groups", "plumbers", assortment="tubes")
    house.put("customers", "beta", country="IT", customer_groups=[{"group": "plumbers", "valid_to": "2026-11-30"}])
    now = house.price("cable", customer="beta", channel="b2b")
    assert (now["reason"], now["next_change_at"]) == ("not_in_assortment", "2026-11-30T23:00:00Z")
    assert house.price("cable", customer="beta", channel="b2b", at="2026-12-01")["net_price"] == "10.00"


def test_a_line_is_rounded_to_the_coin_as_the_channel_says(house: House) -> None:
    house.put("rules", "cable-base", **{**PIECE, "value": "0.125"})
    assert house.price("cable", customer="beta", channel="b2b")["net"] == "0.13"
    house.put("channels", "b2b", currency="EUR", country="IT", amount_rounding="even")
    assert house.price("cable", customer="beta", channel="b2b")["net"] == "0.12"


def test_only_an_item_that_holds_metal_needs_its_quotation(house: House) -> None:
    house.put("rules", "metal", action="indexed", indexed={"quotation": "delta", "measure": "copper"})
    house.put("rules", "tube-base", action="price", list="base", item="tube", value="20")
    assert house.price("tube", customer="beta", channel="b2b")["net_price"] == "20.00"
    assert house.price("cable", customer="beta", channel="b2b")["reason"] == "quotation_unknown"


def test_an_employee_sale_may_lie_below_the_floor(house: House) -> None:
    house.put("rules", "floor", action="limit", bound="min", basis="cost", value="130")
    house.put("rules", "sale", **off("45", below_limit=True))
    assert told(house, customer="beta") == "5.50"
    house.put("rules", "sale", **off("45"))
    assert told(house, customer="beta") == "7.80"


def test_a_percentage_of_the_whole_line_may_stand_beside_it(house: House) -> None:
    house.put("rules", "toll", action="percent", sign="charge", value="3", own_line={"per": "line"})
    answer = house.price("cable", customer="beta", channel="b2b", quantity="30")
    assert [(own["quantity"], own["net"]) for own in answer["own_lines"]] == [("1", "9.00")]


def test_a_floor_is_net_where_it_says_so(house: House) -> None:
    house.put("price-lists", "shop", currency="EUR", tax_mode="gross")
    house.put("assignments", "shop", list="shop")
    house.put("rules", "shop-cable", action="price", list="shop", item="cable", value="10")
    house.put("rules", "floor", action="limit", bound="min", value="10")
    assert house.price("cable", customer="beta", channel="b2b")["gross_price"] == "10.00"
    house.put("rules", "floor", action="limit", bound="min", value="10", tax_mode="net")
    assert house.price("cable", customer="beta", channel="b2b")["gross_price"] == "12.20"


def test_the_next_break_may_be_by_amount(house: House) -> None:
    house.put("rules", "off", action="percent", scale={"measure": "amount", "tiers": [{"from": "100", "value": "5"}]})
    answer = house.price("cable", customer="beta", channel="b2b", quantity="4", explain="all", ladder="true")
    assert answer["next_break"] == {"from": "10", "net_price": "9.50", "gross_price": "11.59", "per": "1"}
    assert [(rung["from"], rung["net_price"]) for rung in answer["ladder"]] == [("1", "10.00"), ("10", "9.50")]
    assert answer["not_applied"][0]["text"] == "It applies from 100 of net amount."


def test_a_line_beyond_a_cap_is_priced_in_parts_that_add_up(house: House) -> None:
    house.put("rules", "cable-base", **{**PIECE, "value": "1.20"})
    house.put("rules", "half", **off("50", caps={"quantity": "3", "beyond": "split"}))
    house.put("rules", "cut", action="amount", sign="charge", value="7.50", own_line={"per": "line"})
    house.put("rules", "deposit", action="amount", sign="charge", value="0.013", own_line={"tax_class": "eco"})
    answer = house.price("cable", customer="beta", channel="b2b", quantity="5")
    assert (answer["net_price"], answer["gross_price"], answer["net"]) == ("0.84", "1.02", "4.20")
    assert [(part["quantity"], part["net_price"], part["net"]) for part in answer["segments"]] == [
        ("3", "0.60", "1.80"), ("2", "1.20", "2.40"),
    ]  # fmt: skip
    assert [(own["rule"], own["quantity"], own["net"]) for own in answer["own_lines"]] == [
        ("deposit", "5", "0.07"), ("cut", "1", "7.50"),
    ]  # fmt: skip
    house.put("rules", "half", **off("50", caps={"quantity": "3"}))
    refused = house.price("cable", customer="beta", channel="b2b", quantity="5", explain="all")
    assert (refused["net"], [(line["rule"], line["reason"]) for line in refused["not_applied"]]) == (
        "6.00", [("half", "cap_exceeded")],
    )  # fmt: skip
    assert answer["usage_as_of"] is not None


def test_the_ready_schemes_can_be_read_to_start_from(house: House) -> None:
    codes = [scheme["code"] for scheme in house.get("/v1/schemes").json()["data"]]
    assert codes == ["agreement_first", "best_price", "list_chain"]
    scheme = house.get("/v1/schemes/best_price").json()
    assert (scheme["revision"], scheme["steps"][0]["pick"]) == (0, "best")
    house.put("schemes", "own", steps=scheme["steps"])
    house.put("schemes", "best_price", name=scheme["name"], steps=scheme["steps"])
    assert house.get("/v1/schemes/best_price").json()["revision"] > 0


def test_the_next_break_under_a_contract_lies_where_what_was_ordered_leaves_it(house: House) -> None:
    house.put("contracts", "k", customer="beta", valid_from="2026-01-01")
    tiers = [{"from": "0", "value": "9"}, {"from": "100", "value": "7"}]
    house.put("rules", "k", action="price", customer="beta", scale={"by": "period:k", "tiers": tiers})
    placed = house.order(customer="beta", channel="b2b", lines=[{"item": "cable", "quantity": "60"}])
    assert placed.status == 201, placed.body
    answer = house.price("cable", customer="beta", channel="b2b", quantity="39", ladder="true")
    assert (answer["net_price"], answer["next_break"]["from"], answer["next_break"]["net_price"]) == (
        "9.00",
        "40",
        "7.00",
    )
    assert [rung["from"] for rung in answer["ladder"]] == ["1", "40"]
    assert house.price("cable", customer="beta", channel="b2b", quantity="40")["net_price"] == "7.00"
