"""`listino import` says what it notices, with file and row, and has what is far off confirmed."""

import csv
from contextlib import closing
from pathlib import Path

import pytest

from listino.db.engine import Database
from listino.flows.price import Asked, price, snapshot
from tests.cli.test_commands import run
from tests.shop import NOW, opened


@pytest.fixture
def url(tmp_path: Path) -> str:
    with opened(tmp_path):
        pass
    return f"sqlite:///{tmp_path / 'listino.db'}"


def written(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def saw_costs(url: str) -> str:
    with closing(Database(url)) as database:
        answer = price(snapshot(database), Asked("saw", NOW)).price
        return str(getattr(answer, "net_price", None))


RULES = """code,action,list,item,value
saw-base,price,base,saw,50
hammer-base,price,base,hammer,3
hammer-twice,price,base,hammer,3
"""
TO_CONFIRM = """\
rules.csv, row 2, value: to confirm: The price of rule 'saw-base' goes up by 150 %, from 20 to 50 EUR per C62. If it \
is meant so, confirm it: ?confirm=true, or --confirm on the command line.
rules.csv, row 3, value: to confirm: The price of rule 'hammer-base' goes down by 70 %, from 10 to 3 EUR per C62. If \
it is meant so, confirm it: ?confirm=true, or --confirm on the command line.
rules.csv, row 3, value: to confirm: The price of rule 'hammer-base' is below the cost: 3 EUR per C62. The cost is 4. \
If it is meant so, confirm it: ?confirm=true, or --confirm on the command line.
To confirm: 3 (below_cost 1, price_change 2).
"""


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_is_to_be_confirmed_is_listed_and_nothing_is_imported(url: str, tmp_path: Path, dry_run: bool) -> None:
    file, report = written(tmp_path, "rules.csv", RULES), tmp_path / "report.csv"
    done = run("import", file, "--report", str(report), "--database", url, *(["--dry-run"] if dry_run else []))
    assert (done.returncode, done.stdout.startswith(TO_CONFIRM), saw_costs(url)) == (1, True, "20")
    assert "rules.csv, row 3, code: warning: Rules 'hammer-base' and 'hammer-twice' are for the same" in done.stdout
    assert "Warnings: 2 (below_cost 1, tie 1).\n" in done.stdout
    assert f"What was noticed is in {report}.\n" in done.stdout
    what = "Dry run" if dry_run else "Nothing was imported"
    assert f"{what}: 3 rows read, 3 would change, 0 as they are, 0 bad." in done.stdout
    with report.open(newline="") as lines:
        rows = [(row["row"], row["column"], row["value"], row["level"]) for row in csv.DictReader(lines)]
    assert rows == [
        ("2", "value", "saw-base", "to confirm"),
        ("3", "value", "hammer-base", "to confirm"),
        ("3", "value", "hammer-base", "to confirm"),
        ("3", "code", "hammer-base", "warning"),
        ("4", "value", "hammer-twice", "warning"),
    ]


def test_what_is_confirmed_comes_in_with_its_warnings(url: str, tmp_path: Path) -> None:
    done = run("import", written(tmp_path, "rules.csv", RULES), "--confirm", "--database", url)
    assert (done.returncode, saw_costs(url)) == (0, "50")
    assert "Warnings: 2 (below_cost 1, tie 1).\n" in done.stdout
    assert "Revision 2: 3 rows read, 3 changed, 0 as they are, 0 bad.\n" in done.stdout
    again = run("import", written(tmp_path, "rules.csv", RULES), "--database", url)
    assert (again.returncode, "arning" in again.stdout) == (0, False)


def test_bad_rows_come_before_anything_else_is_looked_at(url: str, tmp_path: Path) -> None:
    file = written(tmp_path, "rules.csv", RULES + "x,price,base,nothing,1\n")
    done = run("import", file, "--database", url)
    assert (done.returncode, "confirm" in done.stdout) == (1, False)
    skipped = run("import", file, "--skip-bad", "--database", url)
    assert (skipped.returncode, "To confirm: 3" in skipped.stdout, saw_costs(url)) == (1, True, "20")
    assert "Confirm the prices with --confirm." in skipped.stdout
    done = run("import", file, "--skip-bad", "--confirm", "--database", url)
    assert (done.returncode, saw_costs(url)) == (0, "50")


def test_the_settings_of_the_installation_count_here_too(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(
        tmp_path, "rules.csv", "code,action,list,item,value\ntwice,price,base,saw,20\nok,price,base,saw,19\n"
    )
    monkeypatch.setenv("LISTINO_CHECKS", "tie=refuse, never_wins=off")
    done = run("import", file, "--database", url)
    assert (done.returncode, "rules.csv, row 2, code: 'twice': Rules 'twice' and 'saw-base'" in done.stdout) == (
        1,
        True,
    )
    done = run("import", file, "--skip-bad", "--database", url)
    assert (done.returncode, saw_costs(url)) == (0, "19")
    monkeypatch.setenv("LISTINO_CHECKS", "tie=maybe")
    assert run("import", file, "--database", url).stderr.startswith("LISTINO_CHECKS: tie cannot be 'maybe'.")
    monkeypatch.setenv("LISTINO_CHECKS", "")
    monkeypatch.setenv("LISTINO_PRICE_CHANGE_PERCENT", "200")
    file = written(tmp_path, "rules.csv", "code,action,list,item,value\nsaw-base,price,base,saw,50\n")
    assert run("import", file, "--database", url).returncode == 0


@pytest.mark.parametrize("kind", ["item-groups", "accounts", "units", "items"])
def test_trees_that_stand_above_themselves_are_bad_rows(url: str, tmp_path: Path, kind: str) -> None:
    field = {"units": "of", "items": "variant_of"}.get(kind, "parent")
    rows = "a,b\nb,c\nc,a\nd,a\ne,e\nfine,top\ntop,\n"
    if kind == "units":
        rows = f"code,{field},factor\n" + "".join(
            f"{row},{10 if row.split(',')[1] else ''}\n" for row in rows.splitlines()
        )
    else:
        rows = f"code,{field}\n{rows}"
    done = run("import", written(tmp_path, f"{kind}.csv", rows), "--database", url)
    assert done.returncode == 1
    told = [line for line in done.stdout.splitlines() if "would stand above itself" in line]
    assert [line.partition(":")[0] for line in told] == [f"{kind}.csv, row {row}, {field}" for row in (2, 3, 4, 6)]
    assert "7 rows read, 3 would change, 0 as they are, 4 bad" in done.stdout
