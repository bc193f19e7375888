"""A change set of thousands is looked at too: by key, within bounds, with all that is noticed counted."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from listino.core.errors import Conflict, Malformed
from listino.core.facts import Assignment, Brand, Customer, Item, ItemGroup, PriceList
from listino.core.findings import CONFIRM, USUAL, WARN, Checks, ToConfirm, checks_from
from listino.core.rules import Formula, Rule
from listino.db.engine import Database
from listino.db.snapshot import snapshot, version
from listino.flows.facts import Stated
from listino.flows.import_ import Imported, changed_by, imported
from listino.flows.tables import Options
from tests.books import NOW, Books, put

MANY = 600
ITEMS = tuple(Item(code=f"I{n:03}", cost=Decimal(2)) for n in range(MANY))
LISTS = tuple(PriceList(code=code, currency="EUR") for code in ("L", "M", "nobody"))
GRANTS = tuple(Assignment(code=f"{code}-all", list=code) for code in ("L", "M"))
OLD = tuple(Rule(code=f"P{n:03}", action="price", list="L", item=f"I{n:03}", value=Decimal(10)) for n in range(MANY))


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("books"))


@pytest.fixture
def database(books: Books) -> Iterator[Database]:
    with books.opened(Brand(code="valtek"), Customer(code="ros-si"), *ITEMS, *LISTS, *GRANTS, *OLD) as opened:
        yield opened


def prices(folder: Path, rows: dict[int, dict[str, str]] | None = None, **said: str) -> Path:
    """A file of all prices, as they are but for what is said of all and of some."""
    path = folder / "rules.csv"
    headers = ["code", "action", "list", "item", "value", "step", "formula.list"]
    lines = [",".join(headers)]
    for n in range(MANY):
        row = {"code": f"P{n:03}", "action": "price", "list": "L", "item": f"I{n:03}", "value": "10"}
        row |= said | (rows or {}).get(n, {})
        lines.append(",".join(row.get(name, "") for name in headers))
    path.write_text("\n".join(lines) + "\n")
    return path


def brought(database: Database, path: Path, checks: Checks = USUAL, **options: Any) -> Imported:
    return imported(database, [path], Options(**options), "test", NOW, checks=checks)


def told(outcome: Imported, level: str = WARN) -> list[tuple[int, str, str, str | None]]:
    notices = outcome.noticed.warnings if level == WARN else outcome.noticed.to_confirm
    return [
        (one.row, one.finding.check, one.finding.record[1], one.finding.other[1] if one.finding.other else None)
        for one in notices
    ]


def test_thousands_of_usual_changes_are_told_nothing_of(database: Database, tmp_path: Path) -> None:
    outcome = brought(database, prices(tmp_path, value="11"))
    assert (outcome.revision, outcome.changed, told(outcome), told(outcome, CONFIRM)) == (2, MANY, [], [])


def test_prices_that_move_far_are_found_among_thousands_and_confirmed(database: Database, tmp_path: Path) -> None:
    path = prices(tmp_path, {7: {"value": "14"}, 8: {"value": "0"}, 400: {"value": "1.90"}}, value="10.50")
    for dry_run in (True, False):
        outcome = brought(database, path, dry_run=dry_run)
        assert told(outcome, CONFIRM) == [
            (9, "price_change", "P007", None), (10, "zero_price", "P008", None),
            (402, "price_change", "P400", None), (402, "below_cost", "P400", None),
        ]  # fmt: skip
        assert (outcome.revision, outcome.bad_rows, database.read().revision) == (None, 0, 1)
    amounts = outcome.noticed.to_confirm[3].finding.amounts
    assert amounts is not None
    assert (amounts.before, amounts.after, amounts.cost) == (Decimal(10), Decimal("1.9"), Decimal(2))
    confirmed = brought(database, path, Checks(confirmed=True))
    assert (confirmed.revision, confirmed.changed, told(confirmed, CONFIRM)) == (2, MANY, [])


def test_all_are_counted_and_the_first_thousand_kept(database: Database, tmp_path: Path) -> None:
    outcome = brought(database, prices(tmp_path, value="1"))
    assert outcome.noticed.counts[CONFIRM] == {"price_change": MANY, "below_cost": MANY}
    assert len(outcome.noticed.to_confirm) == 1_000


def test_a_large_change_set_over_http_is_confirmed_too(database: Database) -> None:
    stated = [
        Stated("rules", f"P{n:03}", {"action": "price", "list": "L", "item": f"I{n:03}", "value": "20"})
        for n in range(MANY)
    ]
    with pytest.raises(ToConfirm) as to_confirm:
        changed_by(database, stated, "test", None, NOW, USUAL)
    assert (to_confirm.value.total, len(to_confirm.value.findings), database.read().revision) == (MANY, MANY, 1)
    assert to_confirm.value.faults[7].field == "changes[7].value"
    saved = changed_by(database, stated, "test", None, NOW, Checks(confirmed=True))
    assert (saved.revision, saved.changed) == (2, MANY)


def test_rules_of_one_key_are_seen_in_the_file_and_beside_the_book(database: Database, tmp_path: Path) -> None:
    rows = {
        3: {"code": "again", "item": "I003"},
        5: {"code": "one", "item": "I500", "list": "M"},
        6: {"code": "two", "item": "I500", "list": "M"},
        9: {"code": "dear", "item": "I009", "value": "12"},
    }
    outcome = brought(database, prices(tmp_path, rows, value="10.50"))
    assert told(outcome) == [
        (5, "never_wins", "again", "P003"), (11, "never_wins", "dear", "P009"), (7, "tie", "one", "two"),
    ]  # fmt: skip
    assert outcome.revision == 2
    once_more = brought(database, prices(tmp_path, rows, value="10.50"))
    assert (once_more.changed, told(once_more)) == (0, [])


def test_a_rule_that_moves_away_or_ends_is_nobodys_rival(database: Database, tmp_path: Path) -> None:
    changes = [Stated("rules", f"P{n:03}", None) for n in range(MANY)]
    changes += [
        Stated("rules", f"N{n:03}", {"action": "price", "list": "L", "item": f"I{n:03}", "value": "10"})
        for n in range(MANY)
    ]
    saved = changed_by(database, changes, "test", None, NOW, USUAL)
    assert (saved.changed, saved.findings.kept(WARN)) == (2 * MANY, [])


def test_rules_of_forms_that_nothing_takes_are_told_once_for_each_form(database: Database, tmp_path: Path) -> None:
    rows = {n: {"code": f"B{n}", "step": "bonus"} for n in range(100, 200)}
    rows |= {n: {"code": f"X{n}", "list": "nobody"} for n in range(300, 400)}
    outcome = brought(database, prices(tmp_path, rows, value="10.50"))
    assert [one for one in told(outcome) if one[1] != "never_wins"] == [
        (102, "no_step", "B100", None), (302, "unassigned_list", "X300", "nobody"),
    ]  # fmt: skip


def test_formulas_that_lead_back_are_bad_rows(database: Database, tmp_path: Path) -> None:
    put(database, Rule(code="m-from-l", action="price", list="M", formula=Formula(list="L")))
    rows = {n: {"code": f"F{n}", "value": "", "formula.list": "M"} for n in (50, 60)}
    outcome = brought(database, prices(tmp_path, rows, value="10.50"))
    assert [(cell.row, cell.column, cell.code) for cell in outcome.errors] == [
        (52, "formula.list", "formula_loop"), (62, "formula.list", "formula_loop"),
    ]  # fmt: skip
    assert (outcome.revision, outcome.bad_rows) == (None, 2)
    skipped = brought(database, prices(tmp_path, rows, value="10.50"), skip_bad=True)
    assert (skipped.revision, skipped.changed) == (3, MANY - 2)
    warned = brought(database, prices(tmp_path, rows), checks_from("formula_loop=warn", ""))
    assert [(row, check) for row, check, _, _ in told(warned)] == [(52, "formula_loop"), (62, "formula_loop")]


def test_a_formula_that_comes_while_a_file_of_formulas_is_staged_stops_it(database: Database, tmp_path: Path) -> None:
    path = prices(tmp_path, {n: {"code": f"F{n}", "value": "", "formula.list": "M"} for n in range(60)}, value="10.50")
    other_half = Rule(code="m-from-l", action="price", list="M", formula=Formula(list="L"))
    done: list[int] = []

    def meanwhile(what: str, *_: int) -> None:
        if what == "codes" and not done:
            done.append(1)
            put(database, other_half)

    with pytest.raises(Conflict) as conflict:
        imported(database, [path], Options(), "test", NOW, meanwhile, checks=USUAL)
    assert (conflict.value.code, done, database.read().revision) == ("changed_meanwhile", [1], 2)
    assert version(snapshot(database), "rules", "F50") is None


def test_new_codes_that_look_alike_are_warned_of(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "brands.csv"
    codes = [f"B{n:03}" for n in range(MANY)] + ["VALTEK", "irmak", "ırmak", "b 007"]
    path.write_text("code\n" + "\n".join(codes) + "\n", encoding="utf-8")
    outcome = brought(database, path)
    assert sorted(told(outcome)) == [
        (602, "similar_code", "VALTEK", "valtek"), (605, "similar_code", "b 007", "B007"),
    ]  # fmt: skip
    assert told(brought(database, path)) == []


def test_trees_are_looked_at_beside_the_book(database: Database, tmp_path: Path) -> None:
    put(database, ItemGroup(code="top"), ItemGroup(code="middle", parent="top"), ItemGroup(code="low", parent="middle"))
    path = tmp_path / "item-groups.csv"
    path.write_text("code,parent\n" + "".join(f"G{n:03},top\n" for n in range(MANY)) + "top,low\n")
    outcome = brought(database, path)
    assert [(cell.row, cell.column, cell.value, cell.code) for cell in outcome.errors] == [
        (602, "parent", "low", "loop"),
    ]  # fmt: skip
    assert (outcome.revision, version(snapshot(database), "item-groups", "G000")) == (None, None)
    path.write_text("code,parent\n" + "".join(f"G{n:03},top\n" for n in range(MANY)) + "top,low\nlow,\n")
    assert brought(database, path).revision == 3


def test_what_is_refused_in_a_large_change_set_is_named(database: Database) -> None:
    stated = [
        Stated("rules", f"N{n:03}", {"action": "price", "list": "L", "item": f"I{n:03}", "value": "10"})
        for n in range(MANY)
    ]
    with pytest.raises(Malformed) as refused:
        changed_by(database, stated, "test", None, NOW, checks_from("tie=refuse", ""))
    assert (refused.value.code, len(refused.value.faults), refused.value.faults[5].field) == (
        "tie", MANY, "changes[5].code",
    )  # fmt: skip
    assert database.read().revision == 1
