"""The guide for a sales manager: its sheets are handed in as they stand, and every price it shows comes out."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cli.test_commands import run
from tests.house.code import ROOT
from tests.shop import House, opened

GUIDE = (ROOT / "docs" / "guides" / "your-prices.md").read_text(encoding="utf-8")
CHAPTERS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL))
COMPANY = CHAPTERS["The company of the examples"]
EXAMPLES = {title: text for title, text in CHAPTERS.items() if title[0].isdigit()}
SHEET = re.compile(r"^`([\w-]+\.csv)`:\n\n```csv\n(.*?)^```", re.MULTILINE | re.DOTALL)
QUESTION = re.compile(
    r"^\*\*(?:`(?P<customer>\w+)`|A visitor of `(?P<channel>\w+)`(?: in `(?P<country>\w+)`)?) buys (?P<goods>.+?)"
    r"(?: on (?P<at>[\d-]+))?\*\*\n\n(?P<table>(?:\|.*\|\n?)+)",
    re.MULTILINE,
)
GOODS = re.compile(r"([\d.]+) `(\w+)`")


class Row(NamedTuple):
    """A step of the table: what it is called, its value, and the price after it."""

    what: str
    value: str
    price: str


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path, company=False) as house:
        hand_in(house, tmp_path / "company", COMPANY)
        yield house


def hand_in(house: House, folder: Path, text: str) -> None:
    """The sheets of a text, as one import."""
    folder.mkdir()
    for name, content in SHEET.findall(text):
        (folder / name).write_text(content, encoding="utf-8")
    done = run("import", *sorted(map(str, folder.glob("*.csv"))), "--database", f"sqlite:///{house.path}")
    assert done.returncode == 0, done.stdout + done.stderr


def rows_of(table: str) -> list[Row]:
    """The rows of a table below its head, without the stars of what is bold."""
    cells = [[cell.strip(" *") for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[2:]]
    return [Row(*row) for row in cells]


def number(text: str) -> Decimal:
    return Decimal(re.sub(r"[^\d.]", "", text))


def is_alike(row: Row, step: dict[str, Any]) -> bool:
    value = None if step["value"] is None else abs(Decimal(step["value"]))
    same = (row.what, number(row.price)) == (step["label"], Decimal(step["price_out"]))
    return same and (not row.value or number(row.value) == value)


def test_the_guide_has_ten_examples() -> None:
    assert [title.partition(".")[0] for title in EXAMPLES] == [str(number) for number in range(1, 11)]


@pytest.mark.parametrize("title", EXAMPLES)
def test_what_an_example_shows_is_what_is_paid(house: House, tmp_path: Path, title: str) -> None:
    text = EXAMPLES[title]
    hand_in(house, tmp_path / "example", text)
    questions = list(QUESTION.finditer(text))
    assert len(questions) == text.count("\n|---") > 0
    for question in questions:
        said = question.groupdict()
        goods, rows = GOODS.findall(said.pop("goods")), rows_of(said.pop("table"))
        asked = {name: value for name, value in said.items() if value is not None}
        if question["table"].startswith("| step"):
            ((quantity, item),) = goods
            compare_line(house.price(item, quantity=quantity, **asked), rows)
        else:
            compare_basket(house, goods, asked, rows)


def compare_line(answer: dict[str, Any], rows: list[Row]) -> None:
    *steps, paid = rows
    assert len(steps) == len(answer["steps"]), answer
    for row, step in zip(steps, answer["steps"], strict=True):
        assert is_alike(row, step), (row, step)
    assert paid == paid_row(answer)


def compare_basket(house: House, goods: list[tuple[str, str]], asked: dict[str, str], rows: list[Row]) -> None:
    lines = [{"item": item, "quantity": quantity} for quantity, item in goods]
    answer = house.client.request("POST", "/v1/baskets", json={**asked, "lines": lines}).json()
    told: list[Row] = []
    for line in answer["lines"]:
        told.append(Row(f"{line['quantity']} `{line['item']}`", line["net_price"], line["net"]))
        told += [Row(share["label"], f"− {share['value']} %", f"− {share['amount']}") for share in line["shares"]]
    told += [
        Row(f"{gift['quantity']} `{gift['item']}`: {gift['label']}", gift["price"], gift["net"])
        for gift in answer["free_goods"]
    ]
    assert rows == [*told, paid_row(answer["totals"])]


def paid_row(told: dict[str, Any]) -> Row:
    return Row("to pay", f"{told['net']} + tax {told['tax']}", told["gross"])


def test_the_command_line_tells_a_smallest_margin(house: House, tmp_path: Path) -> None:
    hand_in(house, tmp_path / "sheets", next(text for title, text in EXAMPLES.items() if title.startswith("4.")))
    asked = run("why", "bits", "rossi", "--quantity", "10", "--database", f"sqlite:///{house.path}")
    assert asked.returncode == 0, asked.stderr
    assert "Cost plus 25 % (rossi-cost), at least 3.00 EUR above" in asked.stdout
    assert "+25 %" in asked.stdout
