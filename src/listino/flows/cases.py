"""The company holds its own expected prices against the book: every case is asked and compared, one by one."""

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from io import TextIOWrapper
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from listino.core.cases import (
    Case,
    Difference,
    attributes_of,
    differences,
    expectation_faults,
    question_faults,
    recorded,
)
from listino.core.errors import Fault, Malformed, Refused
from listino.core.money import ZERO
from listino.db.engine import Database
from listino.db.snapshot import Company, Snapshot, company, snapshot
from listino.flows.columns import CASES, columns_of
from listino.flows.export import Cells
from listino.flows.moments import instant_of, known_at_of
from listino.flows.price import Answered, Asked, price
from listino.flows.records import plain_record, settled_record, strict
from listino.flows.rows import BadCell, bad_cell, bad_value, said_by
from listino.flows.tables import NDJSON_SUFFIXES, CsvTable, Options, Table, table_of

# Cases may name as what the book was known; so many of its states are kept at hand.
BOOKS_KEPT_MAX = 16
ROWS_PER_PROGRESS = 100
# How much of the file has been read, and its size: in bytes.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for the cases that do not say it themselves."""

    at: datetime
    known_at: int | datetime | None = None
    tolerance: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Checked:
    """One case with our answer: where it differs, or why it could not be asked.

    Shapes:  refused: what it names does not exist; answered is None then.
    """

    row: int
    case: Case
    book: Snapshot
    asked: Asked
    answered: Answered | None
    differences: tuple[Difference, ...]
    refused: Refused | None = None

    @property
    def agrees(self) -> bool:
        """Whether the answer is as expected."""
        return self.refused is None and not self.differences


class CaseFile:
    """A file of cases (or of questions alone), asked one after the other; nothing but one row is held."""

    def __init__(self, database: Database, path: Path, options: Options, terms: Terms) -> None:
        """Open it.

        Errors:  Malformed for a file that cannot be read; Gone for a state of the book that is no longer kept.
        """
        self._database, self._terms = database, terms
        self._table = table_of(path, CASES, options)
        self._company = company(database.read())
        # All cases that say nothing else are asked of one and the same state of the book.
        self._own = snapshot(database, terms.known_at)
        self._others: dict[int | datetime, Snapshot] = {}
        self.revision = self._own.revision

    def checked(self, progress: Progress, *, expecting: bool = True) -> Iterator[Checked | list[BadCell]]:
        """Each row's case asked and compared; or all that is wrong with a row.

        Errors:  Malformed for a file that cannot be read any further.
        """
        size = self._table.path.stat().st_size
        for count, (row, found) in enumerate(_rows(self._table, self._company, expecting)):
            yield self._checked(row, found) if isinstance(found, Case) else found
            if count % ROWS_PER_PROGRESS == 0:
                progress(self._table.position(), size)

    def _checked(self, row: int, case: Case) -> Checked:
        asked, book = _question(case, self._terms), self._own
        try:
            if case.known_at is not None:
                book = self._other(known_at_of(case.known_at, self._company))
            answered = price(book, asked)
        except Refused as error:
            return Checked(row, case, book, asked, None, (), error)
        found = differences(case, answered.price, self._terms.tolerance)
        if found:
            answered = price(book, replace(asked, explain="all"))
        return Checked(row, case, book, asked, answered, found)

    def _other(self, known_at: int | datetime) -> Snapshot:
        found = self._others.get(known_at)
        if found is None:
            if len(self._others) >= BOOKS_KEPT_MAX:
                self._others.clear()
            found = self._others[known_at] = snapshot(self._database, known_at)
        return found


def kept(checked: Checked) -> Case | None:
    """A case that expects what was answered, at the very moment that it was asked for; None without an answer."""
    if checked.answered is None:
        return None
    why = checked.case.why or f"Recorded at revision {checked.book.revision}."
    said: dict[str, Any] = recorded(checked.answered.price)
    return replace(checked.case, at=checked.asked.at, why=why, **said)


def written(cases: Iterable[Case], file: BinaryIO, path: Path) -> None:
    """Write cases so that they are read back as the same, as NDJSON or CSV by the path's ending."""
    if path.suffix.lower() in NDJSON_SUFFIXES:
        encode = msgspec.json.Encoder().encode
        for case in cases:
            file.write(encode(plain_record(case)) + b"\n")
        return
    text, cells, headers = TextIOWrapper(file, "utf-8", newline=""), Cells(), tuple(columns_of(CASES))
    out = csv.writer(text, lineterminator="\n")
    out.writerow(headers)
    for case in cases:
        said = cells.of(case)
        out.writerow([said.get(header, "") for header in headers])
    text.detach()


def _question(case: Case, terms: Terms) -> Asked:
    return Asked(
        case.item,
        terms.at if case.at is None else case.at,
        customer=case.customer,
        quantity=case.quantity,
        unit=case.unit,
        channel=case.channel,
        currency=case.currency,
        country=case.country,
        ship_to=case.ship_to,
        order_type=case.order_type,
        coupons=case.coupons,
        attributes=attributes_of(case),
        delivery_at=case.delivery_at,
        breaks=False,
    )


def _rows(table: Table, owner: Company, expecting: bool) -> Iterator[tuple[int, Case | list[BadCell]]]:
    for row, said in table.rows():
        faults: list[Fault] = []
        case = None
        if isinstance(said, Malformed):
            faults += said.faults
        elif isinstance(table, CsvTable):
            case = _case(said_by(table, said, faults), owner, faults, expecting)
        else:
            case = _case(said, owner, faults, expecting)
        if case is not None and not faults:
            yield row, case
        elif isinstance(table, CsvTable):
            cells = () if isinstance(said, Malformed) else said
            yield row, [bad_cell(table, row, cells, fault) for fault in faults]
        else:
            yield row, [bad_value(table.path.name, row, said, fault) for fault in faults]


def _case(said: Any, owner: Company, faults: list[Fault], expecting: bool) -> Case | None:
    """The case that plain values state; None with its faults, or with more of them, where it has any."""
    if not isinstance(said, dict):
        faults.append(Fault("", "not_an_object", "The line is not a JSON object.", "Write one object a line."))
        return None
    try:
        moments = [name for name in ("at", "delivery_at") if isinstance(said.get(name), str)]
        said = said | {name: instant_of(said[name], name, owner) for name in moments}
        case = settled_record(strict(Case, said))
        if isinstance(case.known_at, str):
            known_at_of(case.known_at, owner)
    except Malformed as error:
        faults += error.faults
        return None
    faults += question_faults(case)
    if expecting:
        faults += expectation_faults(case)
    return case
