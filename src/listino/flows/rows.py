"""A row of a file as it will be kept, or all that is wrong with it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal
from itertools import islice
from operator import itemgetter
from typing import Any

import msgspec

from listino.core.errors import Fault, Malformed
from listino.core.facts import KINDS, PriceList
from listino.core.keys import code_key
from listino.core.rules import Rule
from listino.flows.columns import Column, put, value_of
from listino.flows.facts import Ready, Stated, Zones, read
from listino.flows.notation import Unclear
from listino.flows.patterns import FREE_FIELDS, Prepared, Run, Shortcut, prepared
from listino.flows.tables import CsvTable

FAULTS_PER_ROW_MAX = 60
VALUE_SHOWN_MAX = 200
LAYOUTS_MAX = 100
RUN_ROWS = 2_000
_TEXTS = frozenset([str, type(None)])


@dataclass(frozen=True, slots=True)
class BadCell:
    """One thing that is wrong with one row, and what to do about it."""

    file: str
    row: int
    column: str
    value: str
    code: str
    text: str
    remedy: str


class RowReader:
    """Reads the values of rows in full, and collects all that is wrong with each."""

    def __init__(self, zones: Zones) -> None:
        self.zones = zones
        self._timed_lists: set[str] = set()

    def read(self, stated: Stated, faults: list[Fault]) -> Ready | None:
        """A stated change made ready; None with its faults, all of them, where it has any.

        A field with a fault is left out or filled in, so that the fields behind it are looked at too.
        """
        said, failed = stated.said, {_root(fault.field) for fault in faults}
        if not isinstance(said, dict):
            return read(stated, self.zones) if not faults else None
        said = {"code": stated.code or None, **said}
        for name, filler in _required(stated.kind).items():
            if said.get(name) is None:
                if name not in failed:
                    faults.append(Fault(name, "missing", f"{name} is required.", f"Fill in {name}."))
                failed.add(name)
                said[name] = filler
        ready = None
        for _ in range(FAULTS_PER_ROW_MAX):
            try:
                code = said["code"] if "code" in failed else stated.code
                ready = read(Stated(stated.kind, code, said, stated.based_on), self.zones)
            except Malformed as error:
                new = [fault for fault in error.faults if _root(fault.field) not in failed]
                faults += new
                if error.code == "invalid" or not new:
                    break
                self._without({_root(fault.field) for fault in new}, said, failed, stated.kind)
            else:
                break
        if ready is None or faults:
            return None
        return self._in_time(ready, said, faults)

    @staticmethod
    def _without(roots: set[str], said: dict[str, Any], failed: set[str], kind: str) -> None:
        failed |= roots
        required = _required(kind)
        for root in roots:
            said.pop(root, None)
            if root in required:
                said[root] = required[root]

    def _in_time(self, ready: Ready, said: dict[str, Any], faults: list[Fault]) -> Ready | None:
        """Refuse a price list whose zone comes after rules whose dates were read without it."""
        fact = ready.change.fact
        if isinstance(fact, Rule) and fact.list is not None and ("valid_from" in said or "valid_to" in said):
            self._timed_lists.add(fact.list)
        elif isinstance(fact, PriceList) and fact.zone is not None and fact.code in self._timed_lists:
            text = f"The zone of {fact.code!r} comes after rules of it whose dates it would have told how to read."
            faults.append(Fault("zone", "too_late", text, "Put price lists before their rules."))
            return None
        return ready


def _root(field: str) -> str:
    return re.split(r"[.\[]", field, maxsplit=1)[0]


_FILLERS = {"currency": "EUR", "to_currency": "USD", "action": "price", "percent": "1", "rate": "1"}
_STEPS = [{"name": "price", "kind": "price"}]


def _required(kind: str) -> dict[str, Any]:
    """The fields that a kind's records must state, each with a value that has no faults."""
    found: dict[str, Any] = {}
    for field in fields(KINDS[kind]):
        if field.default is MISSING:
            found[field.name] = _STEPS if field.name == "steps" else _FILLERS.get(field.name, "x")
    return found


def said_by(table: CsvTable, cells: Sequence[str], faults: list[Fault]) -> dict[str, Any]:
    """What a row's cells state, as plain values; cells that cannot be read are faults."""
    said: dict[str, Any] = {}
    for column, cell in zip(table.columns, cells, strict=True):
        if cell and column is not None:
            try:
                value = value_of(cell, column, table.style)
                if value is not None:
                    put(said, column.path, value)
            except Unclear as error:
                faults.append(Fault(column.header, error.code, error.text, error.remedy))
    return said


def bad_cell(table: CsvTable, line: int, cells: Sequence[str], fault: Fault) -> BadCell:
    """A fault with the column and the cell that it concerns."""
    path = re.sub(r"\[\d+\]", "", fault.field)
    fitting: list[tuple[int, Column, str]] = [
        (len(column.path), column, cell)
        for column, cell in zip(table.columns, cells, strict=False)
        if column is not None and f"{path}.".startswith((f"{'.'.join(column.path)}.", f"{column.header}."))
    ]
    column_name, value = fault.field, ""
    if fitting:
        _, column, value = max(fitting, key=itemgetter(0))
        column_name = column.header
    return BadCell(table.path.name, line, column_name, value, fault.code, fault.text, fault.remedy)


def bad_value(file: str, line: int, said: Any, fault: Fault) -> BadCell:
    """A fault with the value of an object that it concerns."""
    value = said.get(_root(fault.field)) if isinstance(said, dict) else None
    shown = value if isinstance(value, str) else "" if value is None else msgspec.json.encode(value).decode()
    return BadCell(file, line, fault.field, shown[:VALUE_SHOWN_MAX], fault.code, fault.text, fault.remedy)


Outcome = tuple[int, Prepared | None, list[BadCell], Ready | None, str | None]


def csv_rows(table: CsvTable, reader: RowReader) -> Iterator[Outcome | Run]:
    """The rows of a CSV file: runs of those read by their patterns; else the line, the row as it is kept (or
    what is wrong with it), the change that it states, and the name of a bad one.
    """
    places = {column.header: index for index, column in enumerate(table.columns) if column is not None}
    others = [index for header, index in places.items() if header not in FREE_FIELDS]
    shortcut = Shortcut(places if table.kind == "rules" else {}, others, table.style.decimal or "point")
    lines = table.rows()
    while rows := list(islice(lines, RUN_ROWS)):
        index = 0
        while index < len(rows):
            run = Run()
            index = shortcut.run(rows, index, run)
            if run.rows:
                yield run
            if index < len(rows):
                yield _in_full(table, rows[index], reader, shortcut)
                index += 1


def _in_full(table: CsvTable, row: tuple[int, Any], reader: RowReader, shortcut: Shortcut) -> Outcome:
    line, cells = row
    if isinstance(cells, Malformed):
        return line, None, [bad_cell(table, line, (), fault) for fault in cells.faults], None, None
    faults: list[Fault] = []
    said = said_by(table, cells, faults)
    code = said.get("code", "")
    ready = reader.read(Stated(table.kind, code, said), faults)
    if ready is None:
        bad = [bad_cell(table, line, cells, fault) for fault in faults]
        return line, None, bad, None, code_key(table.kind, code)
    shortcut.learn(cells, ready)
    return line, prepared(ready), [], ready, None


def stated_rows(
    rows: Iterator[tuple[int, Any]], kind: str | None, file: str, reader: RowReader
) -> Iterator[Outcome | Run]:
    """The same of objects: each a fact's plain values with its `kind` (unless all are of one), or its end."""
    shortcuts: dict[Any, Shortcut] = {}
    run = Run()
    for line, said in rows:
        faults: list[Fault] = list(said.faults) if isinstance(said, Malformed) else []
        stated = said if isinstance(said, Stated) else _stated(said, kind, faults)
        shortcut = _shortcut_of(stated, shortcuts) if stated is not None else None
        if shortcut is not None and stated is not None and shortcut.run(((line, stated.said),), 0, run):
            if len(run.rows) >= RUN_ROWS:
                yield run
                run = Run()
            continue
        if run.rows:
            yield run
            run = Run()
        if stated is None:
            yield line, None, [bad_value(file, line, said, fault) for fault in faults], None, None
            continue
        ready = reader.read(stated, faults)
        if ready is None:
            bad = [bad_value(file, line, stated.said, fault) for fault in faults]
            yield line, None, bad, None, code_key(stated.kind, stated.code)
            continue
        if shortcut is not None:
            shortcut.learn(stated.said, ready)
        yield line, prepared(ready), [], ready, None
    if run.rows:
        yield run


def _shortcut_of(stated: Stated, known: dict[Any, Shortcut]) -> Shortcut | None:
    """The patterns for objects of the same names; None where a value is no text, or more than that counts."""
    said = stated.said
    if stated.kind != "rules" or said is None or stated.based_on is not None:
        return None
    value = said.get("value")
    if value.__class__ is Decimal or value.__class__ is int:
        said["value"] = str(value)
    if said.get("code") != stated.code or not _TEXTS.issuperset(map(type, said.values())):
        return None
    names = tuple(said)
    if names not in known:
        if len(known) >= LAYOUTS_MAX:
            known.clear()
        others = [name for name in names if name not in FREE_FIELDS]
        known[names] = Shortcut({name: name for name in names}, others, "point")
    return known[names]


def _stated(said: Any, kind: str | None, faults: list[Fault]) -> Stated | None:
    """The change that a line states; None with its faults where it does not say of what."""
    if isinstance(said, Malformed):
        return None
    if not isinstance(said, dict):
        faults.append(Fault("", "not_an_object", "The line is not a JSON object.", "Write one object a line."))
        return None
    kind, code = said.pop("kind", kind), said.get("code")
    if kind not in KINDS:
        remedy = "Send one of: " + ", ".join(KINDS) + "."
        faults.append(Fault("kind", "unknown_kind", f"There is no kind {kind!r}.", remedy))
    if not isinstance(code, str):
        faults.append(Fault("code", "missing", "The line states no code.", "Send the record's code as text."))
    end = said.pop("end", None)
    if end not in (None, True) or (end and said.keys() != {"code"}):
        faults.append(Fault("end", "not_an_end", "A record ends by kind, code and end: true alone.", "Send these."))
    if faults or not isinstance(code, str) or not isinstance(kind, str):
        return None
    return Stated(kind, code, None if end else said)
