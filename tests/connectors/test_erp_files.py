"""A management system that speaks in files: drops of CSV, Excel and XML, orders out, answers back."""

import json
import os
import re
import sqlite3
import threading
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from listino.connectors.erp_files import connect
from listino.connectors.erp_files.connector import FilesErp
from listino.core.errors import Malformed, OutcomeUnknown, Unavailable
from listino.ports import Erp, News
from listino.testing.erp_contract import ErpContract
from listino.testing.sample_order import sample_order
from tests.connectors.workbook import workbook

ITEMS: dict[str, Any] = {
    "kind": "items",
    "pattern": "items*",
    "complete": True,
    "fields": {"code": {"column": "CODE", "as": "padded"}, "name": {"it": "NAME"}, "unit": {"constant": "C62"}},
}
SETTINGS: dict[str, Any] = {
    "connector": "files",
    "files": {"settled_after_s": 0},
    "facts": [ITEMS],
    "orders_out": {"check_items": True},
    "answers": {
        "pattern": "*.json",
        "fields": {
            "key": "key",
            "number": "number",
            "life": {"column": "state", "map": {"OK": "confirmed", "SP": "shipped"}},
            "text": "note",
        },
    },
}
PRICES: dict[str, Any] = {
    "kind": "rules",
    "pattern": "prices*",
    "fields": {
        "code": {"text": "{LIST}/{ART}"},
        "action": {"constant": "price"},
        "list": {"column": "LIST", "as": "padded"},
        "item": {"column": "ART", "as": "padded"},
        "valid_from": {"column": "FROM", "as": "date", "format": "yyyymmdd"},
    },
    "tiers": {"from": {"column": "QTY", "as": "decimal"}, "value": {"column": "CENTS", "as": "scaled", "scale": 2}},
}


def dropped(folder: Path, name: str, content: bytes | str) -> None:
    """A file in the inbox, as a program would put it there: whole at once."""
    part = folder / "in" / f"{name}.part"
    part.write_bytes(content.encode() if isinstance(content, str) else content)
    part.replace(folder / "in" / name)


def told(pages: list[News]) -> dict[tuple[str, str], Any]:
    return {(record.kind, record.code): record.said for page in pages for record in page.records}


def faults(pages: list[News]) -> list[str]:
    return [one.text for page in pages for one in page.untranslated]


def settings(**more: Any) -> dict[str, Any]:
    return SETTINGS | more


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("in", "outbox", "out", "answers"):
        (tmp_path / name).mkdir(exist_ok=True)
    return tmp_path


def opened(folder: Path, **more: Any) -> FilesErp:
    return connect(settings(**more), None, folder)  # type: ignore[arg-type]  # it needs no network


@dataclass
class FilesRig:
    """A folder with two items in it."""

    folder: Path
    erp: Erp
    items: tuple[str, ...] = ("A-1", "A-2")
    customer: str = "C1"
    prefix: str = ""
    names: dict[str, str] = field(default_factory=lambda: {"A-1": "Uno", "A-2": "Due", "A-3": "Tre"})

    def dead(self) -> Erp:
        return opened(self.folder / "gone")

    def documents(self, key: str) -> Sequence[str]:
        texts = [path.read_text("utf-8") for path in files_in(self.folder / "out")]
        return [unfolded(text) for text in texts if json.loads(text)["key"] == key]

    def change_item(self) -> str:
        self.names["A-2"] += "!"
        self.drop()
        return "A-2"

    def drop(self) -> None:
        rows = "".join(f"{code}  ;{name}\r\n" for code, name in self.names.items())
        dropped(self.folder, f"items-{time.monotonic_ns()}.csv", f"CODE;NAME\r\n{rows}")


def files_in(outbox: Path) -> list[Path]:
    """What the ERP sees: files whose names do not begin with a dot."""
    return sorted(path for path in outbox.iterdir() if not path.name.startswith("."))


def unfolded(text: str) -> str:
    """All texts of a JSON document, as a person reads them."""
    found: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict | list):
            for part in value.values() if isinstance(value, dict) else value:
                walk(part)
        else:
            found.append(str(value))

    walk(json.loads(text))
    return " ".join(found)


class TestFiles(ErpContract):
    """The contract of every connector."""

    @pytest.fixture
    def rig(self, folder: Path) -> FilesRig:
        rig = FilesRig(folder, opened(folder))
        rig.drop()
        list(rig.erp.news(None))
        return rig


def test_a_file_is_told_once_its_cursor_came_back_and_a_row_that_changed_is_all_that_is_told(folder: Path) -> None:
    erp = opened(folder)
    dropped(folder, "items-1.csv", "CODE;NAME\r\nA;Uno\r\nB;Due\r\n")
    first = list(erp.news(None))
    assert told(first) == {
        ("items", "A"): {"name": {"it": "Uno"}, "unit": "C62"},
        ("items", "B"): {"name": {"it": "Due"}, "unit": "C62"},
    }
    # Nobody kept it: it is told again, also after a restart.
    assert told(list(opened(folder).news(None))) == told(first)
    cursor = list(erp.news(None))[-1].cursor
    assert [path.name for path in (folder / "in").iterdir()] == ["items-1.csv"]
    assert told(list(erp.news(cursor))) == {}
    assert [path.name for path in (folder / "archive").iterdir()] == ["items-1.csv"]
    assert list((folder / "in").iterdir()) == []
    dropped(folder, "items-1.csv", "CODE;NAME\r\nA;Uno\r\nB;Due!\r\n")
    assert told(list(erp.news(cursor))) == {("items", "B"): {"name": {"it": "Due!"}, "unit": "C62"}}


def test_a_drop_that_takes_the_name_of_one_that_was_just_read_is_read_too(folder: Path) -> None:
    erp = opened(folder)
    dropped(folder, "items.csv", "CODE;NAME\r\nA;Uno\r\n")
    cursor = list(erp.news(None))[-1].cursor
    dropped(folder, "items.csv", "CODE;NAME\r\nA;Due\r\n")
    assert told(list(erp.news(cursor))) == {("items", "A"): {"name": {"it": "Due"}, "unit": "C62"}}


def test_what_a_complete_file_no_longer_names_ends_unless_it_is_too_much_to_be_true(folder: Path) -> None:
    erp = opened(folder)
    names = [f"A{number:02}" for number in range(20)]
    rows = "".join(f"{name};x\r\n" for name in names)
    dropped(folder, "items-1.csv", f"CODE;NAME\r\n{rows}")
    cursor = list(erp.news(None))[-1].cursor
    dropped(folder, "items-2.csv", f"CODE;NAME\r\n{rows.replace('A07;x', '')}")
    later = list(erp.news(cursor))
    assert told(later) == {("items", "A07"): None}
    cursor = later[-1].cursor
    dropped(folder, "items-3.csv", "CODE;NAME\r\nA00;x\r\n")
    broken = list(erp.news(cursor))
    assert told(broken) == {}
    assert faults(broken) == ["items-3.csv no longer names 18 of items, and that is more than 20 % of 19: they stay."]
    everything = told(list(erp.news(None)))
    assert sorted(code for _, code in everything) == sorted(set(names) - {"A07"})


def test_tiers_in_csv_excel_and_xml_are_the_same_fact(folder: Path) -> None:
    wanted = {
        ("rules", "L1/A"): {
            "action": "price", "list": "L1", "item": "A", "valid_from": "2026-11-23",
            "scale": {"tiers": [{"from": "1", "value": "10.5"}, {"from": "10", "value": "9"}]},
        }
    }  # fmt: skip
    rows: list[list[object]] = [
        ["LIST", "ART", "FROM", "QTY", "CENTS"],
        ["L1", "A", 20261123, 1, 1050],
        ["L1", "A", 20261123, 10, 900],
    ]
    lines = "".join(",".join(str(cell) for cell in row) + "\n" for row in rows)
    cells = "".join(
        "<r>" + "".join(f"<{name}>{cell}</{name}>" for name, cell in zip(rows[0], row, strict=True)) + "</r>"
        for row in rows[1:]
    )
    for name, content in (
        ("prices.csv", lines.encode("utf-8-sig")),
        ("prices.xlsx", workbook(rows)),
        ("prices.xml", f"<?xml version='1.0'?><list xmlns='urn:x'>{cells}</list>".encode()),
    ):
        place = folder / name.replace(".", "-")
        for part in ("in", "out", "answers"):
            (place / part).mkdir(parents=True)
        erp = opened(place, facts=[PRICES | {"rows": "list/r"}])
        dropped(place, name, content)
        assert told(list(erp.news(None))) == wanted, name


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("items.csv", "CODE;NAME\r\nA;Caff\xe8\r\n".encode("latin-1"), "it is not utf-8"),
        ("items.xlsx", b"PK no workbook", "it is not a workbook"),
        ("items.xml", b"<list><row>", "it is not XML"),
        ("items.xml", b"<!DOCTYPE l [<!ENTITY e 'x'>]><l><row><CODE>&e;</CODE></row></l>", "it has a DOCTYPE"),
        ("other.csv", b"X\r\n1\r\n", "No mapping means this file."),
    ],
)
def test_a_file_that_cannot_be_read_is_reported_by_name_and_stops_no_other(
    folder: Path, name: str, content: bytes, text: str
) -> None:
    erp = opened(folder)
    dropped(folder, name, content)
    dropped(folder, "items-good.csv", "CODE;NAME\r\nZ;Zeta\r\n")
    pages = list(erp.news(None))
    assert [fault for fault in faults(pages) if text in fault] != []
    assert ("items", "Z") in told(pages)


def test_a_workbook_that_unpacks_without_end_is_refused_before_it_is_opened(folder: Path) -> None:
    path = folder / "in" / "items.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(3):
            packed.writestr(f"xl/{number}.xml", bytes(60 << 20))
    assert "it unpacks to 180 MiB" in faults(list(opened(folder).news(None)))[0]


def test_a_file_that_is_still_written_is_left_alone(folder: Path) -> None:
    (folder / "in" / "items.csv.part").write_text("CODE;NAME\r\nA;x\r\n")
    (folder / "in" / ".items.csv").write_text("CODE;NAME\r\nA;x\r\n")
    (folder / "in" / "items-new.csv").write_text("CODE;NAME\r\nA;x\r\n")
    assert told(list(opened(folder, files={"settled_after_s": 3600}).news(None))) == {}
    assert len(list((folder / "in").iterdir())) == 3


def test_an_order_that_the_erp_has_taken_away_is_not_written_again(folder: Path) -> None:
    erp = opened(folder, orders_out={})
    order = sample_order("4711", "C1", ("A",))
    first = erp.place_order(order)
    (path,) = files_in(folder / "out")
    assert re.fullmatch(r"order-sample%2F4711-[0-9a-f]{12}\.json", path.name)
    assert json.loads(path.read_bytes())["gross"] == "22.81"
    path.unlink()
    assert opened(folder, orders_out={}).place_order(order) == first
    assert files_in(folder / "out") == []


def test_an_order_whose_file_was_left_on_its_way_goes_out_when_it_is_looked_for(folder: Path) -> None:
    erp = opened(folder, orders_out={})
    (folder / "out").rmdir()
    order = sample_order("1", "C1", ("A",))
    with pytest.raises(Unavailable):
        erp.place_order(order)
    assert not (folder / "out").exists()
    (folder / "out").mkdir()
    erp.place_order(order)
    (path,) = files_in(folder / "out")
    # As a crash between noting the order and showing its file leaves it.
    (waiting,) = [folder / "out" / ".listino" / f"{path.name}.x"]
    os.replace(path, waiting)
    with sqlite3.connect(folder / "listino-files.db") as state:
        state.execute("UPDATE written SET waiting = ?, sent = 0", (waiting.name,))
    assert len(opened(folder).find_order(order.key)) == 1
    assert [found.name for found in files_in(folder / "out")] == [path.name]


@pytest.mark.parametrize("is_mounted_on", [False, True])
def test_an_order_that_could_not_leave_is_not_told_as_one_that_the_erp_holds(folder: Path, is_mounted_on: bool) -> None:
    erp = opened(folder, orders_out={})
    order = sample_order("1", "C1", ("A",))
    erp.place_order(order)
    (path,) = files_in(folder / "out")
    # As a crash leaves it between noting the order and showing its file, and then the share goes away.
    os.replace(path, folder / "out" / ".listino" / "waits")
    with sqlite3.connect(folder / "listino-files.db") as state:
        state.execute("UPDATE written SET waiting = 'waits', sent = 0")
    (folder / "out").rename(folder / "elsewhere")
    if is_mounted_on:
        (folder / "out").mkdir()
    for call in (lambda: list(erp.order_states(None)), lambda: erp.find_order(order.key)):
        with pytest.raises(Unavailable):
            call()
    with pytest.raises(OutcomeUnknown):
        erp.place_order(order)
    if is_mounted_on:
        (folder / "out").rmdir()
    (folder / "elsewhere").rename(folder / "out")
    (page,) = erp.order_states(None)
    assert [one.key for one in page.orders] == [order.key]
    assert [found.name for found in files_in(folder / "out")] == [path.name]


def test_keys_that_differ_by_case_alone_have_files_of_their_own(folder: Path) -> None:
    erp = opened(folder, orders_out={})
    for number in ("a1", "A1"):
        erp.place_order(sample_order(number, "C1", ("A",)))
    assert len({path.name.lower() for path in files_in(folder / "out")}) == 2


def test_many_writers_of_one_order_make_one_file(folder: Path) -> None:
    order = sample_order("9", "C1", ("A",))
    taken: list[bytes] = []
    gone = threading.Event()

    def consume() -> None:
        while not gone.is_set():
            for path in files_in(folder / "out"):
                taken.append(path.read_bytes())
                path.unlink()

    reader = threading.Thread(target=consume)
    reader.start()
    writers = [threading.Thread(target=lambda: opened(folder, orders_out={}).place_order(order)) for _ in range(8)]
    for thread in writers:
        thread.start()
    for thread in writers:
        thread.join()
    time.sleep(0.05)
    gone.set()
    reader.join()
    assert len(taken) == 1
    assert list((folder / "out" / ".listino").iterdir()) == []


def test_returned_files_tell_number_and_life(folder: Path) -> None:
    erp = opened(folder, orders_out={})
    for number in ("1", "2"):
        erp.place_order(sample_order(number, "C1", ("A",)))
    (before,) = erp.order_states(None)
    assert [one.number[:17] for one in before.orders] == ["order-sample%2F1-", "order-sample%2F2-"]
    answer = [{"key": "sample/2", "number": "SO-88", "state": "SP", "note": "Parcel 1Z"}]
    (folder / "answers" / "a.json").write_text(json.dumps(answer))
    (folder / "answers" / "b.json").write_text('{"key": "sample/1", "state": "??"}')
    (after,) = erp.order_states(before.cursor)
    assert [(one.key, one.number, one.life, one.text) for one in after.orders] == [
        ("sample/2", "SO-88", "shipped", "Parcel 1Z")
    ]
    assert sorted(path.name for path in (folder / "answers").iterdir()) == ["b.json.unreadable"]
    assert [page.orders for page in erp.order_states(after.cursor)] == [()]
    assert erp.find_order("sample/2")[0].number == "SO-88"


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"files": {"inn": "x"}}, "files.inn"),
        ({"orders_out": {"format": "pdf"}}, "orders_out.format"),
        ({"orders_out": {"format": "csv"}}, "orders_out.columns"),
        ({"facts": [{"kind": "items"}]}, "facts[0]"),
        ({"answers": {"fields": {"number": "N"}}}, "answers.fields"),
    ],
)
def test_settings_that_mean_nothing_are_refused_with_their_place(
    folder: Path, more: dict[str, Any], place: str
) -> None:
    with pytest.raises(Malformed) as caught:
        opened(folder, **more)
    assert [fault.field for fault in caught.value.faults] == [place]
