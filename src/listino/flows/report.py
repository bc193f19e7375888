"""The bad rows of an import: counted all, kept as far as a person could read them, written as CSV."""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from listino.core.findings import Finding
from listino.flows.columns import GUARDED
from listino.flows.rows import BadCell

CELLS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that was noticed, and where its record is stated."""

    file: str
    row: int
    finding: Finding


@dataclass(frozen=True, slots=True)
class Noticed:
    """What was noticed of the rows that are left: the first of it, and how much of each level and check."""

    warnings: tuple[Notice, ...]
    to_confirm: tuple[Notice, ...]
    counts: Mapping[str, Counter[str]]
    confirmed: tuple[Notice, ...] = ()


NOTHING = Noticed((), (), {})


class BadRows:
    """What is wrong with rows, up to a bound; `rows` counts all that have anything."""

    def __init__(self) -> None:
        self.rows = 0
        self.by_name: dict[str, BadCell] = {}
        self._cells: list[BadCell] = []

    def add_row(self, cells: Iterable[BadCell], name: str | None = None) -> None:
        """Take in all that is wrong with one row, and the name of its record where it has one."""
        self.rows += 1
        found = list(cells)
        if name is not None and found and len(self.by_name) < CELLS_MAX:
            self.by_name.setdefault(name, found[0])
        self._cells.extend(found[: CELLS_MAX - len(self._cells)])

    def cells(self) -> tuple[BadCell, ...]:
        """What is kept, by file and row."""
        return tuple(sorted(self._cells, key=lambda cell: (cell.file, cell.row)))


def written(bad: BadRows, noticed: Noticed, path: Path) -> Path:
    """Write the bad rows, and those of which something was noticed, to a CSV file."""
    rows = [
        (cell.file, str(cell.row), cell.column, cell.value, cell.text, cell.remedy, "error") for cell in bad.cells()
    ]
    levels = (("to confirm", noticed.to_confirm), ("confirmed", noticed.confirmed), ("warning", noticed.warnings))
    for level, notices in levels:
        for one in notices:
            found = one.finding
            rows.append((one.file, str(one.row), found.field, found.record[1], found.text, found.remedy, level))
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["file", "row", "column", "value", "error", "remedy", "level"])
        for row in rows:
            out.writerow([f"'{text}" if GUARDED.match(text) else text for text in row])
    return path
