"""The reference of the rule's fields: its examples are stated as they stand, and answer what it says."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.house.code import ROOT
from tests.shop import opened

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


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_answers_what_it_says(tmp_path: Path, name: str) -> None:
    example = EXAMPLES[name]
    with opened(tmp_path, company=False) as house:
        for changes in (COMPANY["company"], example["changes"]):
            stated = house.client.request("POST", "/v1/changes", json=changes)
            assert stated.status == 200, stated.body
        for question in example["questions"]:
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
