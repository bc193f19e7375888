"""A company's own price cases: what agrees, what differs and why, and what is no case; by hand and for programs."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.test_commands import Done, rows, run
from tests.house.code import ROOT
from tests.shop import House, opened

AT = "2026-11-23T12:00:00Z"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp("company")) as one:
        one.put("rules", "net-saw", action="price", customer="bianchi", item="saw", value="17", final=True)
        one.put("rules", "hundred", action="price", customer="bianchi", item="hammer", value="1000", per="300")
        one.put("rules", "winter", action="percent", step="promotion", item="saw", value="5", valid_from="2027-01-01")
        one.put("rules", "roofers", action="price", item="saw", value="15", attributes={"trade": "roofer"})
        one.put("rules", "advent", action="percent", step="manual", item="saw", value="10", dated_by="delivery",
                valid_from="2026-12-20", valid_to="2026-12-25")  # fmt: skip
        one.put("items", "new")
        yield one


def check(house: House, file: Path, *arguments: str) -> Done:
    return run("check-cases", str(file), *arguments, "--database", f"sqlite:///{house.path}")


def checked(house: House, folder: Path, *cases: dict[str, Any], arguments: tuple[str, ...] = ()) -> list[Any]:
    """What is reported of cases, for programs: a line for each difference, and the counts."""
    file = folder / "cases.ndjson"
    file.write_bytes(b"\n".join(msgspec.json.encode({"at": AT} | case) for case in cases))
    done = check(house, file, "--json", *arguments)
    said = [msgspec.json.decode(line) for line in done.stdout.splitlines()]
    counts = said[-1]
    expected = 2 if counts["bad"] or not counts["cases"] else 1 if counts["differing"] else 0
    assert (done.returncode, "Traceback" in done.stderr) == (expected, False), done.stderr
    return said


ROSSI = {"item": "hammer", "customer": "rossi", "quantity": "12", "channel": "web"}
THIRD = {"item": "hammer", "customer": "bianchi"}


@pytest.mark.parametrize(
    "case",
    [
        {**ROSSI, "expected_net_price": "8.1", "expected_gross_price": "9.88", "expected_per": "1"},
        {**ROSSI, "expected_net": "97.20", "expected_tax": "21.38", "expected_gross": "118.58"},
        {**ROSSI, "expected_net_price": 8.1, "expected_rules": ["installers-tools", "hammer-web"]},
        {**ROSSI, "expected_net_price": "810", "expected_per": "100"},
        {**ROSSI, "expected_net_price": "8.15", "tolerance": "0.05"},
        {**ROSSI, "expected_outcome": "price", "expected_rule": "hammer-web"},
        {**ROSSI, "known_at": 1, "expected_net_price": "8.10"},
        {**ROSSI, "known_at": 1, "at": "2026-11-23", "expected_net_price": "8.10"},
        {**THIRD, "expected_net_price": "3.333333333", "expected_per": "1"},
        {"item": "saw", "customer": "bianchi", "at": "2027-01-02", "expected_net_price": "17"},
        {**ROSSI, "quantity": "-12", "expected_net_price": "8.1", "expected_net": "-97.2", "expected_gross": "-118.58"},
        {"item": "saw", "attributes": ["trade:roofer", "trade:baker"], "expected_net_price": "15"},
        {"item": "saw", "delivery_at": "2026-12-24", "expected_net_price": "18"},
        {"item": "new", "expected_outcome": "no_price"},
        {"item": "new", "expected_reason": "no_price"},
    ],
)
def test_an_answer_that_is_as_expected_is_counted_and_no_more(
    house: House, tmp_path: Path, case: dict[str, Any]
) -> None:
    counts = {"cases": 1, "agreed": 1, "differing": 0, "bad": 0, "revision": house.database.read().revision}
    assert checked(house, tmp_path, case) == [counts]


@pytest.mark.parametrize(
    ("case", "differences"),
    [
        ({**ROSSI, "expected_net_price": "8.11"}, [("expected_net_price", "8.11", "8.1", "-0.01")]),
        (
            {**ROSSI, "expected_net_price": "8", "expected_gross": "118", "tolerance": "0.5"},
            [("expected_gross", "118", "118.58", "0.58")],
        ),
        (
            {**ROSSI, "expected_net_price": "8.1", "expected_per": "100"},
            [("expected_net_price", "8.1", "810", "801.9")],
        ),
        (
            {**ROSSI, "expected_rules": ["hammer-web", "winter"]},
            [("expected_rules", "winter", "hammer-web, installers-tools", None)],
        ),
        ({**ROSSI, "expected_outcome": "no_price"}, [("expected_outcome", "no_price", "price", None)]),
        (
            {**ROSSI, "expected_reason": "item_blocked"},
            [("expected_outcome", "no_price (item_blocked)", "price", None)],
        ),
        ({"item": "new", "expected_net_price": "0"}, [("expected_outcome", "price", "no_price (no_price)", None)]),
        ({"item": "new", "expected_reason": "item_blocked"}, [("expected_reason", "item_blocked", "no_price", None)]),
        (
            {**ROSSI, "country": "CH", "expected_gross": "1"},
            [("expected_gross", "1", "unknown (no tax is stated)", None)],
        ),
        ({"item": "saw", "at": "2027-01-02", "expected_net_price": "20"}, [("expected_net_price", "20", "19", "-1")]),
    ],
)
def test_an_answer_that_is_not_as_expected_is_told_with_each_difference(
    house: House, tmp_path: Path, case: dict[str, Any], differences: list[tuple[str, str, str, str | None]]
) -> None:
    told, counts = checked(house, tmp_path, {"id": "one", "why": "because", **case})
    found = [(one["field"], one["expected"], one["answered"], one.get("by")) for one in told["differences"]]
    assert found == differences
    assert (told["row"], told["outcome"], told["case"]["id"], told["case"]["why"]) == (1, "differs", "one", "because")
    assert {"steps", "not_applied"} <= told["answer"].keys()
    assert (counts["agreed"], counts["differing"]) == (0, 1)


@pytest.mark.parametrize(
    ("case", "field", "code"),
    [
        ({"item": "saw"}, "expected_net_price", "missing"),
        ({"item": "saw", "expected_net": "1", "expected_outcome": "no_price"}, "expected_net", "contradictory"),
        ({"item": "saw", "expected_outcome": "price", "expected_reason": "x"}, "expected_reason", "contradictory"),
        ({"item": "saw", "expected_outcome": "maybe"}, "expected_outcome", "not_a_choice"),
        ({"expected_net_price": "1"}, "item", "missing"),
        ({"item": "saw", "expected_price": "1"}, "expected_price", "unknown_field"),
        ({"item": "saw", "expected_net": "1", "quantity": "0"}, "quantity", "not_positive"),
        ({"item": "saw", "expected_net": "1", "tolerance": "-1"}, "tolerance", "not_positive"),
        ({"item": "saw", "expected_net": "1e30"}, "expected_net", "out_of_range"),
        ({"item": "saw", "expected_net": "1", "currency": "euro"}, "currency", "not_a_currency"),
        ({"item": "saw", "expected_net": "1", "at": "2026-02-30"}, "at", "not_an_instant"),
        ({"item": "saw", "expected_net": "1", "known_at": "soon"}, "known_at", "not_an_instant"),
        ({"item": "saw", "expected_net": "1", "attributes": ["roofer"]}, "attributes", "not_an_attribute"),
        ({"item": "saw", "expected_net_price": "-1"}, "expected_net_price", "not_positive"),
        ({"item": "saw", "expected_net": "1", "delivery_at": "soon"}, "delivery_at", "not_an_instant"),
        ({"item": "a\tb", "expected_net": "1"}, "item", "control_character"),
    ],
)  # fmt: skip
def test_a_row_that_is_no_case_is_named_with_its_field_and_the_others_are_checked(
    house: House, tmp_path: Path, case: dict[str, Any], field: str, code: str
) -> None:
    told, counts = checked(house, tmp_path, case, {**ROSSI, "expected_net_price": "8.1"})
    assert [(one["field"], one["code"]) for one in told["errors"]] == [(field, code)]
    assert (counts["cases"], counts["agreed"], counts["bad"]) == (2, 1, 1)


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ({"item": "nothing"}, "unknown_item"),
        ({"item": "saw", "customer": "nobody"}, "unknown_customer"),
        ({"item": "saw", "unit": "KGM"}, "unknown_unit"),
        ({"item": "saw", "known_at": 999}, "unknown_revision"),
    ],
)
def test_what_names_something_that_is_not_there_differs_with_the_refusal(
    house: House, tmp_path: Path, case: dict[str, Any], code: str
) -> None:
    told, counts = checked(house, tmp_path, {**case, "expected_net_price": "1"})
    assert (told["outcome"], told["error"]["code"], counts["differing"]) == ("refused", code, 1)


def test_the_command_says_what_a_case_does_not(house: House, tmp_path: Path) -> None:
    saw = {"at": None, "item": "saw", "expected_net_price": "19"}
    assert checked(house, tmp_path, saw, arguments=("--at", "2027-01-02"))[-1]["agreed"] == 1
    assert checked(house, tmp_path, saw, arguments=("--at", "2026-12-31"))[-1]["differing"] == 1
    assert checked(house, tmp_path, saw, arguments=("--at", "2027-01-02", "--known-at", "1"))[-1]["differing"] == 1
    assert checked(house, tmp_path, saw, arguments=("--at", "2026-12-31", "--tolerance", "1"))[-1]["agreed"] == 1


def test_a_report_for_people_tells_the_steps_and_what_came_nearest(house: House, tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text(
        "id,item,customer,quantity,channel,expected_net_price,why\n"
        "K-1,hammer,rossi,12,web,8.50,contract of March\n"
        "K-2,saw,bianchi,1,,17,\n"
        "K-3,nothing,,1,,17,\n"
    )
    done = check(house, file, "--at", AT)
    assert done.returncode == 1
    for line in (
        "K-1 (row 2): hammer, customer rossi, 12, channel web, 2026-11-23 12:00 UTC",
        "  Net price: 8.50 is expected, the answer is 8.10 EUR (−0.40).",
        "  Why it is expected: contract of March",
        "  It cannot be asked: There is no item 'nothing'.",
    ):
        assert line in done.stdout.splitlines()
    assert rows(done.stdout) == [
        ["Price", "hammer-web, by quantity", "price list web", "9.00 EUR", "", "9.00"],
        ["Discount", "Installers (installers-tools)", "customer group installers, item group tools", "−10 %", "9.00",
         "8.10"],
        ["Price", "hammer-base", "price list base",
             "hammer-web comes first, as it is for something narrower; it would apply if that did not."],
    ]  # fmt: skip
    revision = house.database.read().revision
    assert done.stdout.splitlines()[-1] == (f"3 cases: 1 agree, 2 differ, 0 cannot be read; as of revision {revision}.")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("none.csv", None, "There is no file"),
        ("cases.csv", b"id,customer\n1,rossi\n", "item: There is no column item."),
        ("cases.csv", b"item,expected_price\nsaw,1\n", "Did you mean expected_net_price?"),
        ("cases.csv", b"item,expected_net_price\ns\xe4ge,1\n", "is not utf-8"),
        ("cases.csv", b"item,expected_net_price\nsaw,\"1,234\"\n", "--decimal point or --decimal comma"),
        ("cases.csv", b"item,expected_net_price\nsaw,1\n\"saw,2\n", "is not CSV"),
        ("cases.csv", b"item,expected_net_price\n", ""),
        ("cases.ndjson", b"", ""),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_or_holds_no_case_ends_with_2(
    house: House, tmp_path: Path, name: str, content: bytes | None, sentence: str
) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    done = check(house, file)
    assert (done.returncode, sentence in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr


def test_a_check_that_cannot_be_made_is_no_difference(house: House, tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text("item,expected_net_price\nsaw,20\n")
    for arguments in (("--tolerance", "-1"), ("--tolerance", "x"), ("--at", "never"), ("--known-at", "999")):
        assert check(house, file, *arguments).returncode == 2
    assert run("check-cases", str(file), "--database", f"sqlite:///{tmp_path / 'no.db'}").returncode == 2


@pytest.mark.parametrize("name", ["before.csv", "before.ndjson"])
def test_recorded_answers_are_cases_that_agree_until_a_price_changes(tmp_path: Path, name: str) -> None:
    questions, before = tmp_path / "questions.csv", tmp_path / name
    questions.write_text(
        "id,item,customer,quantity,channel,at,why\n=1,hammer,rossi,12,web,,the contract\n2,saw,,0.5,,2026-11-01,\n"
        "3,new,,,,,\n4,hammer,bianchi,3,,,\n5,nothing,,,,,\n"
    )
    with opened(tmp_path) as house:
        house.put("items", "new")
        house.put("rules", "hundred", action="price", customer="bianchi", item="hammer", value="1000", per="300")
        done = check(house, questions, "--record", str(before), "--at", AT)
        assert done.returncode == 1
        assert done.stdout.splitlines()[-1] == (
            f"4 cases are in {before}, 1 cannot be asked, 0 cannot be read; as of revision 3."
        )
        assert "exists already" in check(house, questions, "--record", str(before)).stderr
        same = check(house, before)
        assert (same.returncode, same.stdout) == (
            0, "4 cases: 4 agree, 0 differ, 0 cannot be read; as of revision 3.\n",
        )  # fmt: skip
        house.put("rules", "installers-tools", action="percent", customer_group="installers", item_group="tools",
                  value="11")  # fmt: skip
        house.put("rules", "new-base", action="price", list="base", item="new", value="3")
        differing = [msgspec.json.decode(line) for line in check(house, before, "--json").stdout.splitlines()]
    assert [one["case"]["id"] for one in differing[:-1]] == ["=1", "3"]
    assert [one["case"]["why"] for one in differing[:-1]] == ["the contract", "Recorded at revision 3."]
    assert differing[0]["case"]["at"] == "2026-11-23T12:00:00Z"
    assert {one["field"] for one in differing[0]["differences"]} == {
        "expected_net_price", "expected_gross_price", "expected_net", "expected_tax", "expected_gross",
    }  # fmt: skip


def test_the_cases_of_the_guide_agree_and_every_column_is_told(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "guides" / "price-cases.md").read_text(encoding="utf-8")
    ((name, content),) = re.findall(r"^`([\w-]+\.csv)`:\n\n```csv\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    file, recorded = tmp_path / name, tmp_path / "recorded.csv"
    file.write_text(content, encoding="utf-8")
    with opened(tmp_path) as house:
        house.put("items", "drill")
        house.put("rules", "drill-list", action="price", list="base", item="drill", value="115.90")
        house.put("rules", "bianchi-drill", action="percent", customer="bianchi", item="drill", value="10")
        house.put("rules", "rossi-drill", action="price", customer="rossi", item="drill", value="89.90", final=True)
        done = check(house, file)
        assert done.stdout.splitlines()[-1].startswith("3 cases: 3 agree"), done.stdout
        check(house, file, "--record", str(recorded))
    with recorded.open(newline="") as written:
        columns = next(csv.reader(written))
    assert [column for column in columns if f"`{column}`" not in text] == []
