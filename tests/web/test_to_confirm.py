"""A price that moves far, falls below cost or to 0 is saved once a person has confirmed it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shop import House, opened
from tests.web.noticing import HAMMER, SAW, noticed, put, revision


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


@pytest.mark.parametrize(
    ("value", "check", "text"),
    [
        ("26.01", "price_change", "The price of rule 'saw-base' goes up by 30.1 %, from 20 to 26.01 EUR per C62."),
        ("13.99", "price_change", "The price of rule 'saw-base' goes down by 30.1 %, from 20 to 13.99 EUR per C62."),
        ("0", "zero_price", "The price of rule 'saw-base' goes down by 100 %, from 20 to 0 EUR per C62."),
    ],
)
def test_a_price_that_moves_far_is_confirmed_first(house: House, value: str, check: str, text: str) -> None:
    for confirm in (None, "false"):
        answer = put(house, "saw-base", confirm=confirm, **SAW, value=value)
        problem = answer.json()
        assert (answer.status, problem["code"], problem["detail"]) == (409, "to_confirm", text)
        (line,) = problem["to_confirm"]
        assert (line["kind"], line["code"], line["field"], line["check"], line["text"]) == (
            "rules", "saw-base", "value", check, text,
        )  # fmt: skip
        assert (line["before"], line["after"], line["currency"], line["per"], line["unit"]) == (
            "20", value, "EUR", "1", "C62",
        )  # fmt: skip
        assert "?confirm=true" in problem["errors"][0]["remedy"]
    assert (house.price("saw")["net_price"], revision(house)) == ("20.00", 1)
    answer = put(house, "saw-base", confirm="true", **SAW, value=value)
    assert (answer.status, answer.json()["value"], "warnings" in answer.json()) == (200, value, False)


@pytest.mark.parametrize("value", ["26", "14", "20.0"])
def test_a_price_that_moves_little_is_not(house: House, value: str) -> None:
    assert noticed(put(house, "saw-base", **SAW, value=value)) == []


def test_a_price_below_cost_is_confirmed_with_what_it_was_and_what_it_costs(house: House) -> None:
    house.put("rules", "hammer-base", **HAMMER, value="4.50")
    problem = put(house, "hammer-base", **HAMMER, value="3.90").json()
    assert problem["detail"] == ("The price of rule 'hammer-base' is below the cost: 3.9 EUR per C62. The cost is 4.")
    (line,) = problem["to_confirm"]
    assert (line["check"], line["before"], line["after"], line["cost"]) == ("below_cost", "4.5", "3.9", "4")
    assert put(house, "hammer-base", confirm="true", **HAMMER, value="3.90").status == 200
    assert noticed(put(house, "hammer-base", **HAMMER, value="3.90", label="Clearance")) == []


def test_prices_are_compared_in_their_units_currencies_and_taxes(house: House) -> None:
    house.put("rules", "hammer-base", **HAMMER, value="1000", per="100")
    assert noticed(put(house, "hammer-base", **HAMMER, value="120", unit="BX")) == []
    box = put(house, "hammer-base", **HAMMER, value="12", unit="BX").json()["to_confirm"]
    assert [(line["check"], line["before"], line["after"], line["cost"]) for line in box] == [
        ("price_change", "120", "12", "48"), ("below_cost", "120", "12", "48"),
    ]  # fmt: skip
    house.put("rates", "chf", currency="EUR", to_currency="CHF", rate="0.95")
    assert noticed(put(house, "hammer-base", **HAMMER, value="9.60", currency="CHF")) == []
    assert put(house, "hammer-base", **HAMMER, value="3.79", currency="CHF").json()["to_confirm"][0]["before"] == "9.6"
    house.put("price-lists", "retail", currency="EUR", tax_mode="gross")
    house.put("assignments", "retail-all", list="retail")
    gross = {"action": "price", "list": "retail", "item": "hammer"}
    house.put("rules", "hammer-retail", **gross, value="5")
    (line,) = put(house, "hammer-retail", **gross, value="4.87").json()["to_confirm"]
    assert (line["check"], line["cost"]) == ("below_cost", "4.88")


def test_each_tier_is_compared_with_the_price_that_held_there(house: House) -> None:
    web = {"action": "price", "list": "web", "item": "hammer"}
    tiers = {"tiers": [{"from": "1", "value": "9.90"}, {"from": "10", "value": "9"}, {"from": "100", "value": "6"}]}
    (line,) = put(house, "hammer-web", **web, scale=tiers).json()["to_confirm"]
    assert (line["field"], line["before"], line["after"]) == ("scale.tiers[2].value", "9", "6")
    assert line["text"] == "The price of rule 'hammer-web' goes down by 33.3 %, from 9 to 6 EUR per C62 (from 100 on)."
    assert noticed(put(house, "hammer-web", **web, value="9.20")) == []


def test_a_formula_that_adds_another_percentage_moves_its_prices(house: House) -> None:
    rule = {"action": "price", "customer": "rossi", "item": "saw"}
    house.put("rules", "rossi", **rule, formula={"list": "base", "percent": "-10"})
    assert noticed(put(house, "rossi", **rule, formula={"list": "base", "percent": "-30"})) == []
    (line,) = put(house, "rossi", **rule, formula={"list": "base", "percent": "-60"}).json()["to_confirm"]
    assert (line["check"], line["field"]) == ("price_change", "formula.percent")
    assert line["text"] == "The formula of rule 'rossi' adds -60 %, where 'rossi' added -30 %."
    house.put("rules", "rossi", **rule, formula={"basis": "cost", "percent": "5"})
    (line,) = put(house, "rossi", **rule, formula={"basis": "cost", "percent": "-5"}).json()["to_confirm"]
    assert (line["check"], line["text"]) == ("below_cost", "Rule 'rossi' makes prices 5 % below the cost.")


def test_of_a_change_set_each_price_is_listed_and_nothing_is_saved(house: House) -> None:
    changes = [
        {"kind": "brands", "code": "stanley"},
        {"kind": "rules", "code": "saw-base", **SAW, "value": "50"},
        {"kind": "rules", "code": "hammer-base", **HAMMER, "value": "1"},
    ]
    answer = house.client.request("POST", "/v1/changes", json={"changes": changes})
    problem = answer.json()
    assert (answer.status, [(line["code"], line["check"]) for line in problem["to_confirm"]]) == (
        409,
        [("saw-base", "price_change"), ("hammer-base", "price_change"), ("hammer-base", "below_cost")],
    )
    assert [fault["field"] for fault in problem["errors"]] == [
        "changes[1].value", "changes[2].value", "changes[2].value",
    ]  # fmt: skip
    assert (revision(house), house.get("/v1/brands/stanley").status) == (1, 404)
    confirmed = house.client.request("POST", "/v1/changes", json={"changes": changes}, params={"confirm": "true"})
    assert confirmed.json() == {"revision": 2, "changed": 3, "unchanged": 0}


def test_ndjson_is_confirmed_by_its_query_too(house: House) -> None:
    line = b'{"kind":"rules","code":"saw-base","action":"price","list":"base","item":"saw","value":"50"}\n'
    headers = {"Content-Type": "application/x-ndjson"}
    answer = house.client.request("POST", "/v1/changes", content=line, headers=headers)
    assert (answer.status, answer.json()["code"], revision(house)) == (409, "to_confirm", 1)
    params = {"confirm": "true", "reason": "new supplier"}
    assert house.client.request("POST", "/v1/changes", content=line, headers=headers, params=params).status == 200
    assert house.get("/v1/changes", after="1").json()["data"][0]["reason"] == "new supplier"


def test_confirm_is_true_or_false_and_belongs_to_saving_alone(house: House) -> None:
    answer = put(house, "saw-base", confirm="yes", **SAW, value="20")
    assert (answer.status, answer.json()["errors"][0]["field"]) == (400, "confirm")
    assert house.get("/v1/rules/saw-base", confirm="true").status == 400
    by_query = house.client.request("PUT", "/v1/rules", params={"code": "saw-base", "confirm": "true"},
                                    json=SAW | {"value": "50"})  # fmt: skip
    assert (by_query.status, by_query.json()["value"]) == (200, "50")
