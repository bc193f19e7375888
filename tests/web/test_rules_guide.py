"""The reference of the rule's fields: its examples are stated as they stand, and answer what it says."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
import pytest

from listino.core.rules import (
    Caps,
    Chain,
    Formula,
    Indexed,
    Offer,
    OwnLine,
    Requirement,
    Rule,
    Scale,
    Scope,
    Step,
    Tier,
)
from tests.house.code import ROOT
from tests.shop import House, opened

GUIDE = (ROOT / "docs" / "guides" / "rules.md").read_text(encoding="utf-8")
CHAPTERS: dict[str, list[Any]] = {
    title: [msgspec.json.decode(block) for block in re.findall(r"^```json\n(.*?)^```", text, re.MULTILINE | re.DOTALL)]
    for title, text in re.findall(r"^##? (.+?)\n(.*?)(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL)
}
((COMPANY,), *_) = CHAPTERS.values()
EXAMPLES = {
    f"{title} {number}": example
    for title, blocks in CHAPTERS.items()
    for number, example in enumerate(blocks, 1)
    if "questions" in example
}


RECORDS = (Rule, Scope, Scale, Tier, Formula, Requirement, Indexed, Offer, OwnLine, Caps, Step, Chain)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_field_is_named(record: type[Any]) -> None:
    named = set(re.findall(r"[`{ ](\w+)`", GUIDE))
    assert {field.name.rstrip("_") for field in fields(record)} - named == set()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_answers_what_it_says(tmp_path: Path, name: str) -> None:
    example = EXAMPLES[name]
    with opened(tmp_path, company=False) as house:
        for changes in (COMPANY["company"], example["changes"]):
            stated = house.client.request("POST", "/v1/changes", json=changes)
            assert stated.status == 200, stated.body
        for question in example["questions"]:
            if "basket" in question:
                compare_basket(house, question)
            else:
                asked = dict(question["ask"])
                compare(house.price(asked.pop("item"), channel="b2b", **asked), question)


def compare(answer: dict[str, Any], expected: dict[str, Any]) -> None:
    assert {name: answer[name] for name in expected["answer"]} == expected["answer"]
    parts = answer.get("segments", [answer])
    assert [step["rule"] for step in parts[0]["steps"]] == expected["rules"]
    own = [[one["rule"], one["net"], one["tax"], one["gross"]] for one in answer.get("own_lines", [])]
    assert own == expected.get("own_lines", [])
    split = [[one["quantity"], one["net_price"], one["net"]] for one in answer.get("segments", [])]
    assert split == expected.get("segments", [])


def compare_basket(house: House, expected: dict[str, Any]) -> None:
    lines = [{"item": item, "quantity": quantity} for item, quantity in expected["basket"]["lines"]]
    asked = {"channel": "b2b", **expected["basket"], "lines": lines}
    answer = house.client.request("POST", "/v1/baskets", json=asked).json()
    assert [line["net"] for line in answer["lines"]] == expected["lines"]
    given = [[one["rule"], one["item"], one["quantity"], one["net"]] for one in answer["free_goods"]]
    assert given == expected.get("free_goods", [])
    assert [[one["rule"], one["net"]] for one in answer["charges"]] == expected.get("charges", [])
    assert [answer["totals"][name] for name in ("net", "tax", "gross")] == expected["totals"]
