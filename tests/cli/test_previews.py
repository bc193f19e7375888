"""What will be and what would be, on the command line: price lists of customers, and drafts tried."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.cli.test_commands import rows, run
from tests.shop import House, opened


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as house:
        yield house


def url(house: House) -> str:
    return f"sqlite:///{house.path}"


def test_a_price_list_is_a_csv_file_of_the_prices_that_the_door_answers(house: House) -> None:
    done = run("price-list", "rossi", "--at", "2026-11-24", "--database", url(house))
    door = house.get("/v1/customers/rossi/price-list", at="2026-11-24", format="csv")
    assert (done.returncode, done.stdout, done.stderr) == (0, door.body.decode(), "")
    assert done.stdout.splitlines()[1] == "hammer,,C62,1,1,EUR,8.55,10.43,9.50,web,22,10:8.10,,"


def test_a_price_list_is_lines_for_programs_too(house: House) -> None:
    house.put("rules", "saw-base", action="price", list="base", item="saw", value="30")
    done = run("price-list", "rossi", "--known-at", "1", "--format", "ndjson", "--database", url(house))
    lines = [msgspec.json.decode(line) for line in done.stdout.splitlines()]
    assert [(line["record"], line.get("net_price")) for line in lines] == [
        ("price_list", None), ("item", "8.55"), ("item", "18.00"), ("end", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nobody",), "customer: There is no customer 'nobody'. Name one of customers."),
        (("rossi", "--channel", "none"), "channel: There is no channel 'none'. Name one of channels."),
        (("rossi", "--format", "pdf"), "format: format cannot be 'pdf'. Name csv or ndjson."),
        (
            ("rossi", "--at", "soon"),
            "at: 'soon' is not an instant that exists. Send RFC 3339, as 2026-12-31T12:00:00Z.",
        ),
    ],
)
def test_a_price_list_that_cannot_be_made_is_refused(house: House, arguments: tuple[str, ...], told: str) -> None:
    done = run("price-list", *arguments, "--database", url(house))
    assert (done.returncode, done.stdout, done.stderr.strip()) == (1, "", told)


RULE = {"kind": "rules", "code": "agreed", "action": "price", "customer": "rossi", "item": "hammer", "value": "7"}


def sold(house: House) -> None:
    house.order(number="1", lines=[{"item": "hammer", "quantity": "3"}, {"item": "saw", "quantity": "2"}])
    house.order(number="2", customer="bianchi", lines=[{"item": "saw", "quantity": "1"}])
    house.order(number="3", lines=[{"item": "lamp", "quantity": "1"}])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("draft.json", msgspec.json.format(msgspec.json.encode({"changes": [RULE], "reason": "New year"})).decode()),
        ("draft.json", msgspec.json.encode([RULE]).decode()),
        ("draft.json", msgspec.json.encode(RULE).decode()),
        ("draft.ndjson", msgspec.json.encode(RULE).decode() + "\n"),
        ("rules.csv", "code,action,customer,item,value\nagreed,price,rossi,hammer,7\n"),
    ],
)
def test_a_file_is_tried_on_past_orders_and_nothing_is_written(
    house: House, tmp_path: Path, name: str, text: str
) -> None:
    sold(house)
    (tmp_path / name).write_text(text, encoding="utf-8")
    done = run("what-if", str(tmp_path / name), "--at", "2026-11-24", "--database", url(house))
    assert done.returncode == 0, done.stderr
    head, *_ = done.stdout.splitlines()
    assert head == "1 record would change beside revision 1; lines priced for 2026-11-24 00:00 Europe/Rome."
    assert rows(done.stdout) == [
        ["rossi", "hammer", "3 C62", "25.65 EUR", "18.90 EUR", "-6.75 EUR", "-26.32 %", "53.22 %", "36.51 %"],
        ["rossi", "lamp", "1", "Unknown item.", "Unknown item."],
    ]
    assert "4 lines in all; 2 of them the change set cannot concern. Nothing was written." in done.stdout
    assert (
        "EUR: 1 of 2 lines would have another price; 25.65 before, 18.90 after, -6.75 (-26.32 %). "
        "Margin 53.22 % before, 36.51 % after."
    ) in done.stdout
    assert house.get("/v1/rules/agreed").status == 404
    assert house.get("/v1/items").json()["revision"] == 1


def test_files_of_several_kinds_are_one_draft_and_the_table_is_as_long_as_is_asked(
    house: House, tmp_path: Path
) -> None:
    sold(house)
    (tmp_path / "price-lists.csv").write_text("code,currency,decimals\nvip,EUR,2\n", encoding="utf-8")
    (tmp_path / "assignments.csv").write_text("code,list\nvip,vip\n", encoding="utf-8")
    prices = "code;action;list;item;value\n" + "".join(
        f"vip-{item};price;vip;{item};1,50\n" for item in ("hammer", "saw")
    )
    (tmp_path / "rules.csv").write_text(prices, encoding="utf-8")
    files = [str(tmp_path / name) for name in ("rules.csv", "assignments.csv", "price-lists.csv")]
    done = run("what-if", *files, "--rows", "1", "--database", url(house))
    assert done.returncode == 0, done.stderr
    assert "4 records would change" in done.stdout
    assert [row[:3] for row in rows(done.stdout)] == [["rossi", "saw", "2 C62"], ["rossi", "lamp", "1"]]
    assert "... and 1 more; --rows shows them." in done.stdout


def test_only_the_lines_that_are_meant_are_tried(house: House, tmp_path: Path) -> None:
    sold(house)
    change = tmp_path / "all.json"
    change.write_bytes(msgspec.json.encode([{**RULE, "customer": None, "item": "saw", "action": "percent"}]))
    for options, lines in (
        ((), 4),
        (("--customer", "bianchi"), 1),
        (("--sample", "2"), 2),
        (("--since", "2027-01-01"), 0),
    ):
        done = run("what-if", str(change), *options, "--database", url(house))
        assert f"{lines} lines in all" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("rules.csv", "code,action,item,value\nx,price,saw,many\ny,price,saw,1\n", "rules.csv, row 2, value: 'many':"),
        ("rules.csv", "code,colour\nx,red\n", "rules have no field 'colour'"),
        ("prices.csv", "code\nx\n", "--kind"),
        ("none.json", None, "There is no file"),
        ("draft.json", "{", "not JSON"),
        ("draft.json", '[{"kind": "rules"}]', "changes[0].code: code is required."),
        ("draft.json", '{"changes": []}', "changes: changes must be a list of 1 or more."),
        (
            "rules.csv",
            "code,action,item,value\nx,price,lamp,1\n",
            "item: rules 'x' names 'lamp', which is not in items.",
        ),
        ("draft.json", '[{"kind": "rules", "code": "none", "end": true}]', "There is no 'none' in rules."),
    ],
)
def test_a_draft_that_could_not_be_kept_is_not_tried(
    house: House, tmp_path: Path, name: str, text: str | None, told: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = run("what-if", str(tmp_path / name), "--database", url(house))
    assert done.returncode == 1
    assert told in done.stdout + done.stderr
    assert house.get("/v1/items").json()["revision"] == 1
