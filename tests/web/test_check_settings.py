"""An installation says what becomes of what is noticed; and who may not see costs is not told them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from listino.core.findings import CHECKS, OFF, USUAL, Checks, checks_from
from tests.house.code import ROOT
from tests.shop import House, opened
from tests.web.noticing import HAMMER, SAW, door, lists, revision


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def test_an_installation_says_what_becomes_of_each_check(house: House) -> None:
    strict = door(house, checks_from("tie=refuse, price_change=off similar_code=confirm", ""))
    loose = door(house, Checks(levels=dict.fromkeys(CHECKS, OFF)))
    try:
        answer = strict.request("PUT", "/v1/rules/twice", json=SAW | {"value": "20"})
        assert (answer.status, answer.json()["code"], answer.json()["errors"][0]["field"]) == (400, "tie", "code")
        assert (house.get("/v1/rules/twice").status, revision(house)) == (404, 1)
        assert strict.request("PUT", "/v1/rules/saw-base", json=SAW | {"value": "200"}).status == 200
        for client in (strict, loose):
            answer = client.request("PUT", "/v1/rules/saw-base", json=SAW | {"value": "0"})
            assert answer.status == (409 if client is strict else 200)
        assert "warnings" not in loose.request("PUT", "/v1/rules/twice", json=SAW | {"value": "0"}).json()
        lists(house, "a")
        own = {"action": "price", "list": "a", "formula": {"list": "a"}}
        assert loose.request("PUT", "/v1/rules/own", json=own).status == 201
    finally:
        strict.close()
        loose.close()


def test_the_percentage_is_a_setting(house: House) -> None:
    client = door(house, checks_from("", "5"))
    try:
        assert client.request("PUT", "/v1/rules/saw-base", json=SAW | {"value": "21"}).status == 200
        assert client.request("PUT", "/v1/rules/saw-base", json=SAW | {"value": "22.06"}).status == 409
    finally:
        client.close()


def test_costs_and_limits_are_told_only_to_those_who_may_see_them(house: House) -> None:
    house.put("rules", "floor", action="limit", bound="min", item="saw", value="15")
    client = door(house, USUAL, "facts:read", "facts:write")
    try:
        agreed = {"action": "price", "customer": "rossi", "item": "saw", "value": "14"}
        (line,) = client.request("PUT", "/v1/rules/agreed", json=agreed).json()["warnings"]
        assert (line["check"], line["other"]) == ("limit_forbids", None)
        assert line["text"] == "The price of rule 'agreed', 14, is below what a limit lets be."
        answer = client.request("PUT", "/v1/rules/hammer-base", json=HAMMER | {"value": "3"})
        assert answer.json()["detail"].endswith("is below the cost: 3 EUR per C62.")
        assert all("cost" not in line for line in answer.json()["to_confirm"])
    finally:
        client.close()


@pytest.mark.parametrize(
    ("levels", "percent", "field"),
    [("ties=warn", "", "LISTINO_CHECKS"), ("tie=never", "", "LISTINO_CHECKS"), ("tie", "", "LISTINO_CHECKS"),
     ("", "many", "LISTINO_PRICE_CHANGE_PERCENT"), ("", "-1", "LISTINO_PRICE_CHANGE_PERCENT"),
     ("", "NaN", "LISTINO_PRICE_CHANGE_PERCENT")],
)  # fmt: skip
def test_settings_that_are_none_are_refused(levels: str, percent: str, field: str) -> None:
    with pytest.raises(Exception, match=r"There is no check|cannot be|is not a percentage") as refused:
        checks_from(levels, percent)
    assert refused.value.faults[0].field == field  # type: ignore[attr-defined]
    assert replace(checks_from(" tie=off ", "12.5"), levels={}) == Checks(price_change_percent=Decimal("12.5"))


def test_the_guide_tells_every_check_and_what_usually_becomes_of_it() -> None:
    text = (ROOT / "docs" / "guides" / "checks.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `(\w+)` \| .* \| (\w+) \|$", text, re.MULTILINE)) == dict(CHECKS)
