"""A file of facts is brought in as one revision, or every bad row of it is named and nothing changes."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from listino.core.errors import Malformed, NotFound
from listino.core.facts import Brand, Customer, Item, PriceList
from listino.core.rules import Rule
from listino.db import people
from listino.db.engine import Database
from listino.db.people import Person
from listino.db.snapshot import snapshot, version, versions
from listino.flows.facts import Stated, Zones
from listino.flows.import_ import Imported, changed_by, imported
from listino.flows.patterns import Prepared, Run, prepared
from listino.flows.rows import RowReader, csv_rows, said_by
from listino.flows.tables import CsvTable, Options, opened
from tests.books import NOW, Books, put

ITEMS = tuple(Item(code=f"I{n:03}") for n in range(200))
LISTS = (PriceList(code="L1", currency="EUR"), PriceList(code="L2", zone="America/New_York"))


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    return Books(tmp_path_factory.mktemp("books"))


@pytest.fixture
def database(books: Books) -> Iterator[Database]:
    with books.opened(*ITEMS, *LISTS) as opened_database:
        yield opened_database


def brought(database: Database, path: Path, **options: object) -> Imported:
    return imported(database, [path], Options(**options), "test", NOW)  # type: ignore[arg-type]


def file(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def wrong(outcome: Imported) -> list[tuple[int, str, str, str]]:
    return [(error.row, error.column, error.value, error.code) for error in outcome.errors]


def fact(database: Database, kind: str, code: str) -> object:
    found = version(snapshot(database), kind, code)
    return found.fact if found is not None else None


BAD = {
    7: ("value", "12,5x", "not_a_number"),
    2_501: ("value", "", "missing"),
    5_000: ("item", "I999", "unknown_reference"),
    7_777: ("list", "LX", "unknown_reference"),
    10_000: ("valid_from", "2026-02-30", "wrong_type"),
    12_001: ("currency", "euro", "not_a_currency"),
    15_000: ("unit", " ", "empty"),
    17_017: ("action", "prize", "not_a_choice"),
    20_000: ("value", "-3", "negative"),
    22_222: ("value", "1234567890123456789012", "out_of_range"),
    25_000: ("code", "P00002", "twice"),
    27_500: ("item", "I-1", "unknown_reference"),
    30_000: ("value", "NaN", "not_a_number"),
    32_123: ("valid_from", "tomorrow", "not_a_date"),
    35_000: ("code", "", "missing"),
    37_037: ("code", "X" * 65, "too_long"),
    40_000: ("action", "", "missing"),
    44_444: ("value", "1,5", "other_decimal_sign"),
    48_000: ("currency", "EURO", "not_a_currency"),
    50_001: ("item", "i001", "unknown_reference"),
}


def rules_file(folder: Path, bad: dict[int, tuple[str, str, str]], rows: int = 50_000) -> Path:
    path = folder / "rules-2026.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out)
        headers = ["code", "action", "list", "item", "value", "currency", "unit", "valid_from"]
        write.writerow(headers)
        for line in range(2, rows + 2):
            row = [f"P{line:05}", "price", "L1", f"I{line % 200:03}", f"{line % 977}.50", "EUR", "C62", "2026-01-01"]
            if line in bad:
                row[headers.index(bad[line][0])] = bad[line][1]
            write.writerow(row)
    return path


def test_twenty_bad_rows_of_fifty_thousand_are_named_and_the_corrected_file_is_one_revision(
    database: Database, tmp_path: Path
) -> None:
    outcome = brought(database, rules_file(tmp_path, BAD), dry_run=True, report=tmp_path / "report.csv")
    assert wrong(outcome) == [(row, *BAD[row]) for row in sorted(BAD)]
    assert (outcome.revision, outcome.rows, outcome.bad_rows) == (None, 50_000, 20)
    assert all(error.remedy and error.file == "rules-2026.csv" for error in outcome.errors)
    with (tmp_path / "report.csv").open(newline="") as report:
        assert [int(row["row"]) for row in csv.DictReader(report)] == sorted(BAD)

    refused = brought(database, rules_file(tmp_path, BAD))
    assert (refused.revision, wrong(refused)) == (None, wrong(outcome))
    assert (database.read().revision, list(versions(snapshot(database), "rules"))) == (1, [])

    done = brought(database, rules_file(tmp_path, {}))
    assert (done.revision, done.changed, done.unchanged, done.errors) == (2, 50_000, 0, ())
    assert sum(1 for _ in versions(snapshot(database), "rules")) == 50_000

    again = brought(database, rules_file(tmp_path, {}))
    assert (again.changed, again.unchanged, database.read().revision) == (0, 50_000, 2)


def test_good_rows_come_in_where_bad_ones_may_be_left_out(database: Database, tmp_path: Path) -> None:
    outcome = brought(database, rules_file(tmp_path, BAD), skip_bad=True)
    assert (outcome.revision, outcome.changed, outcome.bad_rows) == (2, 49_980, 20)
    assert fact(database, "rules", "P05000") is None
    assert sum(1 for _ in versions(snapshot(database), "rules")) == 49_980


def test_who_names_a_row_that_is_left_out_is_left_out_too(database: Database, tmp_path: Path) -> None:
    file(tmp_path, "item-groups.csv", "code,parent\nA,\nB,A\nC,B\nD,X\nE,D\nF,E\n")
    told = brought(database, tmp_path / "item-groups.csv", dry_run=True)
    assert wrong(told) == [(5, "parent", "X", "unknown_reference")]
    outcome = brought(database, tmp_path / "item-groups.csv", skip_bad=True)
    assert [code for code, _ in versions(snapshot(database), "item-groups")] == ["A", "B", "C"]
    assert [row for row, *_ in wrong(outcome)] == [5, 6, 7]


def test_all_wrong_cells_of_a_row_are_told(database: Database, tmp_path: Path) -> None:
    path = file(
        tmp_path,
        "rules.csv",
        "code,action,item,value,currency,country,final,priority\n,price,I001,x,eu,ITA,maybe,1.5\n",
    )
    assert wrong(brought(database, path)) == [
        (2, "value", "x", "not_a_number"),
        (2, "final", "maybe", "not_a_truth"),
        (2, "priority", "1.5", "not_whole"),
        (2, "code", "", "missing"),
        (2, "country", "ITA", "not_a_country"),
        (2, "currency", "eu", "not_a_currency"),
    ]


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        (("1.234,56", "7"), "1234.56"),
        (("1,234.56", "7"), "1234.56"),
        (("12,5", "1.000"), "12.5"),
        (("0,125", "1.000"), "0.125"),
        (("1 234,50", "2,5"), "1234.50"),
        (("1.234.567", "1"), "1234567"),
        (("42", "7"), "42"),
    ],
)
def test_decimal_signs_are_read_as_the_file_proves(
    database: Database, tmp_path: Path, cells: tuple[str, str], value: str
) -> None:
    text = "code;action;value\n" + "".join(f"P{n};amount;{cell}\n" for n, cell in enumerate(cells))
    assert wrong(brought(database, file(tmp_path, "rules.csv", text))) == []
    found = fact(database, "rules", "P0")
    assert isinstance(found, Rule)
    assert str(found.value) == value


def test_numbers_that_can_be_read_in_two_ways_are_refused_until_they_are_named(
    database: Database, tmp_path: Path
) -> None:
    path = file(tmp_path, "rules.csv", 'code,action,value\nP1,amount,"1,234"\n')
    refused = brought(database, path)
    assert [(error.code, "--decimal" in error.remedy) for error in refused.errors] == [("unclear_decimal", True)]
    assert database.read().revision == 1
    brought(database, path, decimal="comma")
    assert fact(database, "rules", "P1") == Rule(code="P1", action="amount", value=Decimal("1.234"))


@pytest.mark.parametrize(
    ("first", "second", "day"),
    [
        ("03/04/2026", "31/12/2026", "2026-04-02"),
        ("03/04/2026", "12/31/2026", "2026-03-03"),
        ("3.4.2026", "31.12.2026", "2026-04-02"),
    ],
)
def test_dates_are_read_as_the_file_proves_and_end_after_their_day(
    database: Database, tmp_path: Path, first: str, second: str, day: str
) -> None:
    path = file(tmp_path, "taxes.csv", f"code,percent,valid_from,valid_to\nA,22,{first},\nB,22,,{second}\n")
    assert wrong(brought(database, path)) == []
    plain = {code: found.fact for code, found in versions(snapshot(database), "taxes")}
    assert str(plain["A"].valid_from)[:10] == day  # type: ignore[union-attr]  # midnight in Rome is the day before
    assert str(plain["B"].valid_to)[:16] == "2026-12-31 23:00"  # type: ignore[union-attr]


def test_dates_that_can_be_read_in_two_ways_are_refused_until_they_are_named(
    database: Database, tmp_path: Path
) -> None:
    path = file(tmp_path, "taxes.csv", "code,percent,valid_from\nA,22,03/04/2026\n")
    assert [(error.code, "--dates" in error.remedy) for error in brought(database, path).errors] == [
        ("unclear_dates", True)
    ]
    assert brought(database, path, dates="mdy").changed == 1


def test_an_encoding_is_suggested_and_never_taken_unnamed(database: Database, tmp_path: Path) -> None:
    text = "code\tname\n" + "".join(f"B{n}\tMüller Schraubenfabrik Größe {n}, für Türen\n" for n in range(30))
    path = file(tmp_path, "brands.csv", text, "cp1252")
    refused = brought(database, path)
    assert [(error.code, "--encoding" in error.remedy) for error in refused.errors] == [("not_utf8", True)]
    assert brought(database, path, encoding="cp1252").changed == 30
    assert fact(database, "brands", "B1") == Brand(code="B1", name="Müller Schraubenfabrik Größe 1, für Türen")
    marked = file(tmp_path, "brands-2.csv", "\ufeffcode|name\nX|Ägypten\n")
    assert brought(database, marked).changed == 1


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("rules.csv", "code,action,valeu\nP,price,1\n", "unknown_column"),
        ("rules.csv", "code,code\nP,P\n", "column_twice"),
        ("rules.csv", "action,value\nprice,1\n", "missing"),
        ("prices.csv", "code\nP\n", "no_kind"),
        ("brands.csv", "", "missing"),
        ("brands.csv", 'code,name\nA,"b"c\n', "not_csv"),
        ("brands.csv", "code,name\nA,b,c\n", "too_many_cells"),
        ("brands.ndjson", '{"code":"A"\n', "not_json"),
        ("brands.ndjson", "[1]\n", "not_an_object"),
        ("brands.json", '[{"code":"A"},{"code":"B"', "not_json"),
        ("brands.json", '[{"code":"A"} {"code":"B"}]', "not_json"),
        ("brands.json", '[{"code":"A"},NaN]', "not_json"),
        ("brands.json", '[{"code":"A"},{"code":"\\ud800"}]', "not_json"),
        ("brands.json", '[{"code":"A"},{"name":"' + "x" * (1 << 21) + '"}]', "not_json"),
        ("x.ndjson", '{"code":"A"}\n', "unknown_kind"),
        ("brands.ndjson", '{"code":"A","colour":"red"}\n', "unknown_field"),
        ("brands.ndjson", '{"code":"A","name":7}\n', "wrong_type"),
        ("brands.ndjson", '{"kind":"brands","code":"nobody","end":true}\n', "not_found"),
    ],
)
def test_files_that_are_not_what_they_should_be_are_refused(
    database: Database, tmp_path: Path, name: str, text: str, code: str
) -> None:
    outcome = brought(database, file(tmp_path, name, text))
    assert [error.code for error in outcome.errors] == [code]
    assert (outcome.revision, database.read().revision) == (None, 1)


def test_lines_of_several_kinds_are_one_revision_and_a_record_ends_by_name(database: Database, tmp_path: Path) -> None:
    path = file(
        tmp_path, "all.ndjson",
        '{"kind":"brands","code":"B1","name":{"it":"Viti","en":"Screws"}}\n'
        '{"kind":"items","code":"I000","brand":"B1","cost":1.25}\n\n'
        '{"kind":"rules","code":"P1","action":"price","item":"I000","value":12.50}\n'
        '{"kind":"items","code":"I001","end":true}\n',
    )  # fmt: skip
    outcome = brought(database, path)
    assert (outcome.errors, outcome.revision, outcome.changed) == ((), 2, 4)
    assert fact(database, "items", "I000") == Item(code="I000", brand="B1", cost=Decimal("1.25"))
    assert fact(database, "rules", "P1") == Rule(code="P1", action="price", item="I000", value=Decimal("12.50"))
    assert fact(database, "items", "I001") is None


def test_an_array_of_json_is_read_as_its_members_one_a_line(database: Database, tmp_path: Path) -> None:
    members = [{"code": f"B{n}", "name": f"Käse {n} " + "x" * (n % 900)} for n in range(2_000)]
    for name, start in (("brands.json", b""), ("brands-2.json", b"\xef\xbb\xbf \n")):
        path = tmp_path / name
        path.write_bytes(start + msgspec.json.format(msgspec.json.encode(members), indent=2))
        outcome = brought(database, path)
        assert (outcome.errors, outcome.rows) == ((), 2_000)
    assert fact(database, "brands", "B1999") == Brand(code="B1999", name="Käse 1999 " + "x" * 199)
    assert database.read().revision == 2
    empty = file(tmp_path, "brands-3.json", " [ ]\n")
    assert (brought(database, empty).errors, brought(database, empty).rows) == ((), 0)


def test_rows_read_by_their_pattern_are_kept_as_if_they_were_read_in_full(database: Database, tmp_path: Path) -> None:
    text = "code,action,list,customer,item,value,unit,valid_from,label.it\n" + "".join(
        f"P%{n},price,L{1 + n % 2},{'C 1/x' if n % 3 else ''},I{n:03},{n}.{n % 7:02d},{'C62' if n % 2 else ''},"
        f"2026-03-{n % 4 + 1:02},50 %\n"
        for n in range(60)
    )
    put(database, Customer(code="C 1/x"))
    table = opened(file(tmp_path, "rules.csv", text), Options())
    assert isinstance(table, CsvTable)
    reader = RowReader(Zones(snapshot(database)))
    full = {line: full_row(table, cells, reader) for line, cells in table.rows()}
    quick = 0
    for row in csv_rows(table, reader):
        if isinstance(row, Run):
            more = dict(row.more)
            for place, (line, *kept, one, two) in enumerate(row.rows):
                expected = full.pop(line)
                assert tuple(kept) == expected[:5]
                assert {one, two, *more.get(place, ())} - {None} == {digest for digest, _, _ in expected[5]}
                assert expected[6:] == (None, None)
                quick += 1
        else:
            assert row[1] == full.pop(row[0])
    assert full == {}
    assert quick > 10


def full_row(table: CsvTable, cells: list[str], reader: RowReader) -> Prepared:
    said = said_by(table, cells, [])
    ready = reader.read(Stated("rules", said["code"], said), [])
    assert ready is not None
    return prepared(ready)


def test_dates_of_rules_are_meant_in_the_zone_of_a_list_that_comes_with_them(
    database: Database, tmp_path: Path
) -> None:
    lists = file(tmp_path, "price-lists.csv", "code,zone\nNY,America/New_York\n")
    rules = file(tmp_path, "rules.csv", "code,action,list,value,valid_from\nP1,price,NY,1,2026-01-01\n")
    imported(database, [rules, lists], Options(), "test", NOW)
    found = fact(database, "rules", "P1")
    assert isinstance(found, Rule)
    assert str(found.valid_from) == "2026-01-01 05:00:00+00:00"
    mixed = (
        '{"kind":"rules","code":"P2","action":"price","list":"L1","value":1,"valid_from":"2026-01-01"}\n'
        '{"kind":"price-lists","code":"L1","zone":"Asia/Tokyo"}\n'
    )
    assert [error.code for error in brought(database, file(tmp_path, "mixed.ndjson", mixed)).errors] == ["too_late"]


@pytest.mark.parametrize("rows", [3, 700])
def test_what_is_personal_goes_to_the_people_alone(database: Database, tmp_path: Path, rows: int) -> None:
    text = "code,country,name,mail\n" + "".join(f"C{n},IT,Anna Rossi,anna{n}@example.org\n" for n in range(rows))
    assert brought(database, file(tmp_path, "customers.csv", text)).changed == rows
    connection = database.read().connection
    for n in range(rows):
        assert people.person_of(connection, f"C{n}") == Person(name="Anna Rossi", mail=f"anna{n}@example.org")
    assert fact(database, "customers", "C1") == Customer(code="C1", country="IT")
    assert connection.execute("SELECT count(*) FROM fact WHERE body LIKE '%Anna%'").fetchone() == (0,)
    renamed = brought(database, file(tmp_path, "customers.csv", text.replace("Anna Rossi", "Anna Verdi")))
    assert (renamed.changed, renamed.unchanged, database.read().revision) == (0, rows, 2)
    assert people.person_of(database.read().connection, "C2") == Person(name="Anna Verdi", mail="anna2@example.org")


def test_more_rules_than_a_key_holds_are_named(database: Database, tmp_path: Path) -> None:
    put(database, *(Rule(code=f"Q{n}", action="price", item="I001", value=Decimal(1)) for n in range(300)))
    text = "code,action,item,value\n" + "".join(f"P{n},price,I001,{n}\n" for n in range(203))
    assert wrong(brought(database, file(tmp_path, "rules.csv", text))) == [
        (row, "code", f"P{row - 2}", "key_full") for row in (202, 203, 204)
    ]


def test_many_changes_are_one_revision_and_each_fault_names_its_change(database: Database) -> None:
    def changes(bad: int | None) -> Iterator[Stated]:
        for n in range(2_000):
            yield Stated(
                "rules",
                f"P{n}",
                {
                    "action": "price",
                    "item": "I001" if n == bad else f"I{n % 200:03}",
                    "value": "x" if n == bad else "1.5",
                },
            )

    with pytest.raises(Malformed) as refused:
        changed_by(database, changes(bad=1_234), "test", None, NOW)
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("changes[1234].value", "wrong_type")]
    assert database.read().revision == 1
    assert changed_by(database, changes(bad=None), "test", None, NOW).changed == 2_000
    assert database.read().revision == 2
    with pytest.raises(NotFound):
        changed_by(database, [Stated("rules", "nobody", None)], "test", None, NOW)
