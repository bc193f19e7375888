"""Facts that others wrote agree with what Listino answers, whatever their system and whatever their names."""

import ast
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.__main__ import Verdict, judged, run, verdicts
from tests.conformance.ask import books

HERE = Path(__file__).parent
FACTS = sorted((HERE / "facts").glob("*.json"))
TRANSLATOR = ("translate.py", "rules.py", "words.py")
TRANSLATOR_LINES_MAX = 500
Said = dict[str, Any]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with books(tmp_path_factory.mktemp("books")) as opened:
        yield opened


def told(found: list[Verdict]) -> list[str]:
    """The cases that neither agreed nor are odd, each with what differs."""
    return [
        f"{verdict.case['id']}: {verdict.outcome}: {verdict.detail}"
        for verdict in found
        if verdict.counts_as not in ("agreed", "odd")
    ]


def given() -> dict[str, Said]:
    """All given cases by their names."""
    return {case["id"]: case for path in FACTS for case in json.loads(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("path", FACTS, ids=lambda path: path.stem)
def test_every_portable_fact_and_every_policy_agrees(path: Path, opened: Any) -> None:
    assert told(verdicts(path, opened)) == []


def test_what_the_given_cases_do_not_say_agrees_too(opened: Any) -> None:
    """The words that only the larger collection has, and other quantities, dates, lists and baskets."""
    cases = given()
    found = []
    for row in json.loads((HERE / "variants.json").read_text(encoding="utf-8")):
        case = cases[row["of"]] | {name: value for name, value in row.items() if name not in ("of", "query")}
        case["query"] = cases[row["of"]]["query"] | row.get("query", {})
        found.append(judged(case | {"portability": "policy"}, opened))
    assert told(found) == []
    assert len(found) == len({verdict.case["id"] for verdict in found}) > len(cases)


def test_no_answer_depends_on_what_a_case_or_anything_in_it_is_called(opened: Any) -> None:
    found = [judged(renamed(case), opened) for case in given().values()]
    assert told(found) == []


# Where a name stands, and not a number or a word of the format.
NAMED = set(
    "id item items customer price_list free_item condition_item targets template variant_of rule base applied_rules "
    "website_price_list config_price_list selected_from order".split()
)


def renamed(case: Said) -> Said:
    """A case in which everything that has a name of its own has another."""
    things = [one for name in ("items", "customers", "price_lists", "rules") for one in case[name]]
    names = {one["id"]: f"{one['id'][::-1]} renamed" for one in things if "id" in one}

    def other(value: Any, where: str = "") -> Any:
        if isinstance(value, dict):
            by_name = where in ("discount_percent", "shares", "unit_price_after")
            return {names.get(name, name) if by_name else name: other(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [other(one, where) for one in value]
        if not isinstance(value, str) or where not in NAMED:
            return value
        prefix = "price_list:" if value.startswith("price_list:") else ""
        return prefix + names.get(value.removeprefix(prefix), value.removeprefix(prefix))

    return {**other(case), "id": "nameless"}


def test_a_directory_is_run_and_every_case_counted_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = given()["magento-001"]
    cases = [
        plain | {"id": "right"},
        plain | {"id": "wrong", "expected": {"unit_price": "51"}},
        plain | {"id": "unknown", "query": plain["query"] | {"phase_of_the_moon": "full"}},
        plain | {"id": "unheard of", "query": plain["query"] | {"kind": "horoscope"}},
        plain | {"id": "unanswerable", "expected": {"carbon": "1"}},
        plain | {"id": "annotated", "seen_by": "a reader"},
        plain | {"id": "new", "policy": "the tallest customer wins"},
        plain | {"id": "quirk", "portability": "odd"},
        plain | {"id": "other quirk", "portability": "odd", "expected": {"unit_price": "51"}},
        {"id": "shapeless"},
    ]
    (tmp_path / "mine.json").write_text(json.dumps(cases), encoding="utf-8")
    (tmp_path / "yours.json").write_text(json.dumps([plain]), encoding="utf-8")
    assert run(tmp_path) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "mine.json: 2 agreed, 2 disagreed, 4 not translatable, 2 odd"
    assert "  wrong: disagreed: unit_price: expected 51, got 50.00" in lines
    assert "      price: 000 r 50: None -> 50" in lines
    assert "  unknown: not translatable: query.phase_of_the_moon" in lines
    assert "  unheard of: not translatable: query.kind: horoscope" in lines
    assert "  unanswerable: not translatable: expected.carbon" in lines
    assert "  new: not translatable: policy the tallest customer wins" in lines
    assert "  other quirk: odd, disagreed: unit_price: expected 51, got 50.00" in lines
    assert lines[-2:] == [
        "yours.json: 1 agreed, 0 disagreed, 0 not translatable, 0 odd",
        "3 passed, 2 failed, 4 not translatable, 2 odd",
    ]
    (tmp_path / "mine.json").write_text("no JSON", encoding="utf-8")
    assert run(tmp_path) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("mine.json: cannot be read: ")
    assert lines[-1] == "1 passed, 0 failed, 0 not translatable, 0 odd"
    (tmp_path / "mine.json").unlink()
    assert run(tmp_path) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 0 failed, 0 not translatable, 0 odd"


def test_the_translator_is_short_and_knows_nothing_of_how_prices_are_made() -> None:
    """Else it would be a second pricing engine."""
    texts = [(HERE / name).read_text(encoding="utf-8") for name in TRANSLATOR]
    assert sum(len(text.splitlines()) for text in texts) < TRANSLATOR_LINES_MAX
    nodes = [node for text in texts for node in ast.walk(ast.parse(text))]
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert {name for name in imported if name.partition(".")[0] not in sys.stdlib_module_names} == {
        "tests.conformance",
        "tests.conformance.schemes",
        "tests.conformance.words",
    }
