"""The commands as a person uses them: what they print, where, and with which exit code."""

import csv
import io
import re
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from listino import __version__
from listino.cli import main
from listino.db import secret_files
from listino.db.engine import connected, path_of
from listino.db.migrate import HEAD
from tests.server import listino
from tests.shop import opened

COMMANDS = (
    "demo", "serve", "import", "export", "price", "why", "check-cases", "price-list", "what-if", "unpriced",
    "mismatches", "reconcile", "requests", "trigger", "order", "step", "release", "migrate", "backup", "restore",
    "doctor",
    "keys create", "keys list",
    "keys revoke", "keys rotate-quotes", "keys rotate-tokens", "privacy export", "privacy erase",
)  # fmt: skip
COLOUR = "\x1b["


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("company")
    with opened(folder) as house:
        house.put(
            "rules", "winter", action="percent", step="promotion", item="hammer", value="5", valid_from="2027-01-01"
        )
        house.put("rules", "net-saw", action="price", customer="bianchi", item="saw", value="17", final=True)
        house.put("rules", "cut", action="percent", sign="charge", item="hammer", value="3", label="Cutting")
        lines = [{"item": "hammer", "quantity": "3"}, {"item": "saw", "quantity": "1", "net_price": "1"}]
        assert house.order(number="7", notes="Ring twice", lines=lines, buyer={"name": "Anna"}).status == 201
    return f"sqlite:///{folder / 'listino.db'}"


@dataclass
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str) -> Done:
    """A command within this process: what `listino` does, without the time that Python takes to start."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    before, sys.argv = sys.argv, ["listino", *arguments]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as ending:
        code = int(ending.code or 0)
    finally:
        sys.argv = before
    return Done(code, out.getvalue(), err.getvalue())


def said(*arguments: str, url: str | None = None) -> str:
    """What a command prints that ends well."""
    done = run(*arguments, *(("--database", url) if url else ()))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert COLOUR not in done.stdout
    return done.stdout


def refused(*arguments: str, code: int = 1) -> str:
    """The sentence with which a command ends that does not."""
    done = run(*arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert COLOUR not in done.stderr
    return done.stderr


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│┃ ").split("│")]


def rows(text: str) -> list[list[str]]:
    return [cells(line) for line in text.splitlines() if line.startswith("│")]


def test_help_lists_every_command_and_each_takes_a_database() -> None:
    listed = said("--help")
    for command in COMMANDS:
        assert re.search(rf"^  {command.split()[0]} ", listed, re.MULTILINE)
        assert "--database URL" in said(*command.split(), "--help")


def test_the_version_is_the_packages_own() -> None:
    assert said("--version") == f"listino {__version__}\n"


def test_a_price_is_a_table_of_its_steps(url: str) -> None:
    text = said("price", "hammer", "--customer", "rossi", "--quantity", "12", "--channel", "web", url=url)
    assert rows(text) == [
        ["Price", "hammer-web, by quantity", "price list web", "9.00 EUR", "", "9.00"],
        [
            "Discount",
            "Installers (installers-tools)",
            "customer group installers, item group tools",
            "−10 %",
            "9.00",
            "8.10",
        ],
        ["Surcharge", "Cutting (cut)", "everyone", "+3 %", "8.10", "8.343"],
        ["Rounding", "", "", "", "8.343", "8.34"],
        ["Price per C62", "8.34", "10.17"],
        ["Line of 12 C62", "100.08", "122.10"],
    ]
    assert "Tax: 22.02 EUR at 22 %." in text
    assert "Before discounts, surcharges and rounding: 9.00 EUR per C62 net." in text
    assert "Valid until 2027-01-01 00:00 Europe/Rome, unless the company changes something before." in text


def test_a_price_tells_the_next_break_and_all_of_them(url: str) -> None:
    text = said("price", "hammer", "--customer", "rossi", "--ladder", url=url)
    assert "Next quantity break: from 10 C62 at 8.34 EUR per C62 net." in text
    assert rows(text)[-2:] == [["from 1 C62", "8.81", "10.75"], ["from 10 C62", "8.34", "10.17"]]


def test_a_price_of_the_past_and_of_the_future_can_be_asked(url: str) -> None:
    then = said("price", "hammer", "--customer", "rossi", "--known-at", "1", url=url)
    assert "as known at revision 1" in then
    assert ["Price per C62", "8.55", "10.43"] in rows(then)
    later = said("price", "hammer", "--customer", "rossi", "--at", "2027-01-02", url=url)
    assert ["Promotion", "winter", "everyone", "−5 %", "8.55", "8.1225"] in rows(later)


def test_a_shown_reduction_is_told_with_its_prior_price(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        sale = {"action": "percent", "step": "promotion", "item": "saw", "value": "25", "show_as": "discount"}
        house.put("rules", "sale", **sale, valid_from="2027-01-01")
        house.put("items", "plane")
        house.put("rules", "plane", action="price", item="plane", value="9", show_as="discount")
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    assert (
        "Reduced since 2027-01-01 00:00 Europe/Rome, by 25 %. Lowest price since 2026-12-02 00:00 Europe/Rome until "
        "then: 20.00 EUR net, 24.40 gross." in said("price", "saw", "--at", "2027-01-06", url=url)
    )
    assert (
        "Prior price of the reduction: none; the item was not on sale for long enough before it."
        in said("price", "plane", url=url)
    )  # fmt: skip


def test_a_line_that_is_split_is_told_in_its_parts_and_what_stands_beside_it(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        house.put("rules", "first", action="percent", step="promotion", item="saw", value="50", item_group="tools",
                  caps={"quantity": "3", "beyond": "split"})  # fmt: skip
        house.put("rules", "deposit", action="amount", sign="charge", item="hammer", value="0.25", own_line={})
        house.put("rules", "margin", action="margin", item="hammer", customer="bianchi", value="50")
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    split = said("price", "saw", "--customer", "bianchi", "--quantity", "5", url=url)
    assert "3 C62 of it at 10.00 EUR per C62 net:" in split
    assert rows(split) == [
        ["Price", "saw-base", "price list base", "20.00 EUR", "", "20.00"],
        ["Promotion", "first", "item group tools", "−50 %", "20.00", "10.00"],
        ["Price", "saw-base", "price list base", "20.00 EUR", "", "20.00"],
        ["Price per C62", "14.00", "17.08"],
        ["Line of 5 C62", "70.00", "85.40"],
    ]
    beside = rows(said("price", "hammer", "--customer", "bianchi", "--quantity", "4", url=url))
    assert beside[0] == ["Price", "margin", "customer bianchi", "+50 %", "4.00", "6.00"]
    assert beside[-1] == ["deposit", "4", "1.00", "1.22", "22 %"]


def test_why_tells_what_would_have_to_change(url: str) -> None:
    text = said("why", "hammer", "rossi", url=url)
    refusals = {row[1]: row[3] for row in rows(text) if len(row) == 4}
    assert refusals["winter"] == "It is valid from 2026-12-31T23:00:00Z."
    assert refusals["hammer-base"].startswith("hammer-web comes first")
    final = said("why", "saw", "bianchi", url=url)
    assert ["Price", "net-saw, not further discountable", "customer bianchi", "17.00 EUR", "", "17.00"] in rows(final)


def test_that_there_is_no_price_is_an_answer(url: str, tmp_path: Path) -> None:
    file = tmp_path / "items.csv"
    file.write_text("code\nnew-item\n")
    said_by_import = run("import", str(file), "--database", url)
    assert said_by_import.returncode == 0
    assert "No price: No price is stated for this item" in said("price", "new-item", url=url)


def test_an_order_is_shown_whole_and_in_words(url: str) -> None:
    listed = said("order", url=url)
    order_id, store, number, customer, gross, state, _ = rows(listed)[0]
    assert (store, number, customer, state) == ("shop", "7", "rossi", "accepted, on hold")
    text = said("order", order_id, url=url)
    for words in (
        "Order 7 of shop", "Buyer: Anna", "Notes: Ring twice", f"gross {gross}",
        "On hold: The store charged another price than ours.",
    ):  # fmt: skip
        assert words in text
    assert [row[1:3] for row in rows(text)[:2]] == [["hammer", "3 C62"], ["saw", "1 C62"]]
    assert [row[0] for row in rows(text)[-2:]] == ["accepted", "on hold"]


@pytest.mark.parametrize(("command", "what"), [("rotate-quotes", "quote"), ("rotate-tokens", "token")])
def test_what_signs_is_replaced_by_a_command_and_the_old_one_goes_on_unless_it_is_revoked(
    url: str, command: str, what: str
) -> None:
    path = secret_files.file_path(path_of(url), what)
    for option, left in ((), 1), ((), 2), (("--revoke-old",), 1):
        text = said("keys", command, *option, url=url)
        secrets = secret_files.read(path)
        assert (secrets[0].id in text, len(secrets)) == (True, left)


def test_a_key_is_the_last_word_and_names_may_repeat(url: str) -> None:
    made = [said("keys", "create", "--name", "till", "--scopes", "prices:read, orders:create", "--channel", "web",
                 *test, url=url).split() for test in ([], ["--test"])]  # fmt: skip
    assert [re.fullmatch(r"listino_(live|test)_[0-9a-f]{64}", words[-1])[1] for words in made] == ["live", "test"]  # type: ignore[index]
    listed = [row[:6] for row in rows(said("keys", "list", url=url)) if row[1] == "till"]
    assert [row[1:5] for row in listed] == [
        ["till", "prices:read, orders:create", "web", "live"],
        ["till", "prices:read, orders:create", "web", "test"],
    ]
    assert made[0][-1] not in said("keys", "list", url=url)
    said("keys", "revoke", made[0][-1], url=url)
    said("keys", "revoke", made[1][1 + made[1].index("key")], url=url)
    assert [row[7] != "" for row in rows(said("keys", "list", url=url)) if row[1] == "till"] == [True, True]
    assert "There is no open API key" in refused("keys", "revoke", made[0][-1], "--database", url)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("price", "nothing"), "item: There is no item 'nothing'. Name one of items.\n"),
        (("price", "hammer", "--customer", "x"), "customer: There is no customer 'x'. Name one of customers.\n"),
        (("price", "hammer", "--quantity", "0"), "quantity: quantity cannot be 0. Send a quantity"),
        (("price", "hammer", "--quantity", "NaN"), "quantity: "),
        (("price", "hammer", "--unit", "KGM"), "unit: Item 'hammer' has no factor for the unit 'KGM'."),
        (("price", "hammer", "--at", "2026-02-30"), "at: '2026-02-30' is not an instant that exists."),
        (("price", "hammer", "--known-at", "999"), "known_at: Revision 999 is not known"),
        (("price", "hammer", "--currency", "euro"), "currency: 'euro' is not an ISO 4217 code."),
        (("order", "nope"), "id: There is no order 'nope'. `listino order` lists the newest.\n"),
        (("keys", "create", "--name", "a", "--scopes", "everything"), "scopes: There is no scope 'everything'."),
            (("privacy", "export", "nobody"), "customer: Nothing is kept of a customer 'nobody'."),
        (("restore", "nowhere.db"), "file: There is no file nowhere.db."),
        (("export", "out", "--kind", "cats"), "kind: There is no kind 'cats'."),
    ],
)  # fmt: skip
def test_a_refusal_is_a_sentence_with_field_and_remedy(url: str, arguments: tuple[str, ...], sentence: str) -> None:
    assert refused(*arguments, "--database", url).startswith(sentence)


def test_a_database_that_cannot_be_is_refused(tmp_path: Path) -> None:
    assert refused("keys", "list", "--database", "mysql://here").startswith(
        "database: 'mysql://here' is not a database."
    )
    absent = f"sqlite:///{tmp_path / 'none' / 'a.db'}"
    assert refused("price", "hammer", "--database", absent) == "There is no database yet: run `listino migrate`.\n"
    (tmp_path / "text.db").write_text("this is a letter and no database, as anybody can see\n" * 20)
    assert "not a database" in refused("order", "--database", f"sqlite:///{tmp_path / 'text.db'}")
    assert not (tmp_path / "none").exists()


def test_a_wrong_use_is_told_with_exit_code_2() -> None:
    assert "No such option" in refused("price", "hammer", "--colour", "red", code=2)
    assert "Missing" in refused("privacy", "export", code=2)
    assert "--decimal" in refused("import", "--decimal", "dot", "rules.csv", code=2)


def test_a_failed_command_shows_no_traceback_and_no_colour_in_a_file(url: str) -> None:
    done = listino("price", "nothing", "--database", url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "item: There is no item 'nothing'. Name one of items.\n"


def test_the_environment_names_the_database(url: str) -> None:
    done = listino("keys", "list", LISTINO_DATABASE=url)
    assert done.returncode == 0
    assert "shop" in done.stdout


def test_lines_are_not_cut_at_the_width_of_a_small_window(url: str) -> None:
    done = listino("price", "hammer", "--customer", "rossi", "--database", url, COLUMNS="40")
    assert "│ customer group installers, item group tools │" in done.stdout


def test_bad_rows_are_named_and_nothing_is_imported(url: str, tmp_path: Path) -> None:
    file, report = tmp_path / "rules.csv", tmp_path / "bad.csv"
    file.write_text("code,action,list,item,value\nr1,price,base,saw,19\nr2,price,base,saw,1x\nr3,price,base,sax,3\n")
    for dry_run in (["--dry-run"], []):
        done = run("import", str(file), *dry_run, "--report", str(report), "--database", url)
        assert done.returncode == 1
        assert "rules.csv, row 3, value: '1x': '1x' is not a number." in done.stdout
        assert "rules.csv, row 4, item: 'sax':" in done.stdout
        assert "3 rows read, 1 would change, 0 as they are, 2 bad" in done.stdout
        with report.open(newline="") as bad:
            assert [(row["row"], row["column"]) for row in csv.DictReader(bad)] == [("3", "value"), ("4", "item")]
    assert "There is no" in run("why", "r1", "--database", url).stderr
    done = run("import", str(file), "--skip-bad", "--reason", "spring prices", "--database", url)
    assert done.returncode == 0
    assert re.search(r"^Revision \d+: 3 rows read, 1 changed, 0 as they are, 2 bad\.$", done.stdout, re.MULTILINE)
    connection = connected(path_of(url), writing=False)
    newest = connection.execute("SELECT actor, reason FROM change_set ORDER BY revision DESC LIMIT 1").fetchone()
    connection.close()
    assert newest == ("command line", "spring prices")


def test_what_was_exported_is_imported_without_a_change(url: str, tmp_path: Path) -> None:
    run("export", str(tmp_path), "--database", url)
    files = sorted(str(path) for path in tmp_path.glob("*.csv"))
    done = run("import", *files, "--database", url)
    assert re.search(r" 0 changed, \d+ as they are, 0 bad\.", done.stdout)
    assert done.returncode == 0
    names = said_names(tmp_path / "one", url)
    assert names == ["rules.ndjson"]


def said_names(folder: Path, url: str) -> list[str]:
    done = run("export", str(folder), "--kind", "rules", "--format", "ndjson", "--known-at", "1", "--database", url)
    assert done.returncode == 0, done.stderr
    return [path.name for path in folder.iterdir()]


def test_a_person_is_exported_to_a_file_of_ones_own_and_erased(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    own, target = f"sqlite:///{tmp_path / 'listino.db'}", tmp_path / "rossi.json"
    said("privacy", "export", "rossi", "--output", str(target), url=own)
    assert target.stat().st_mode & 0o777 == 0o600
    assert msgspec.json.decode(target.read_bytes())["person"] == {"name": "Mario Rossi", "mail": "mario@rossi.example"}
    assert "exists already" in refused("privacy", "export", "rossi", "--output", str(target), "--database", own)
    text = said("privacy", "erase", "rossi", "--yes", url=own)
    assert text.startswith("1 personal records of rossi are erased; codes, prices and orders stay.\n")
    assert "Checked byte by byte: none of 2 personal texts is in the database's files" in text
    assert all(b"mario@rossi" not in path.read_bytes() for path in tmp_path.glob("listino.db*"))


def test_backup_restore_and_doctor_say_what_they_did(tmp_path: Path) -> None:
    own, copy = f"sqlite:///{tmp_path / 'own.db'}", tmp_path / "copy.db"
    assert said("migrate", "--currency", "CHF", "--zone", "Europe/Zurich", "--country", "CH", url=own) == (
        f"A new database is at {own}: base currency CHF, zone Europe/Zurich in CH.\n"
    )
    assert said("migrate", url=own) == f"The database is up to date (schema {HEAD}).\n"
    assert said("backup", str(copy), url=own).startswith(f"The backup is in {copy} (")
    assert "is restored" in said("restore", str(copy), url=own)
    assert "warn   API keys: none is open. Make one: listino keys create" in said("doctor", url=own)
    assert "0 versions that ended more than 30 days ago are deleted" in said("doctor", "--purge-history", "30", url=own)
    missing = run("doctor", "--database", f"sqlite:///{tmp_path / 'none.db'}")
    assert missing.returncode == 1
    assert "error  Database: there is none" in missing.stdout


def test_what_was_asked_last_is_listed_with_filters(tmp_path: Path) -> None:
    with opened(tmp_path) as house:
        house.get("/v1/prices/hammer", customer="rossi")
        house.get("/v1/prices/unknown")
        house.get("/v1/requests")
    url = f"sqlite:///{tmp_path / 'listino.db'}"
    lines = [line.split() for line in said("requests", url=url).splitlines()]
    assert [(line[2], *line[5:]) for line in lines] == [
        ("200", "GET", "/v1/prices/hammer?customer=rossi"),
        ("404", "GET", "/v1/prices/unknown", "unknown_item"),
    ]
    refusal = msgspec.json.decode(said("requests", "--status", "4xx", "--json", url=url))
    assert (refusal["path"], refusal["code"]) == ("/v1/prices/unknown", "unknown_item")
    assert said("requests", "--path", "/v1/orders", url=url) == "Nothing was asked.\n"
    assert "404, or 4xx" in refused("requests", "--status", "none", "--database", url)
