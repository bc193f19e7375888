"""The bad rows of an import: counted all, kept as far as a person could read them, written as CSV."""

import csv
from collections.abc import Iterable
from pathlib import Path

from listino.flows.columns import GUARDED
from listino.flows.rows import BadCell

CELLS_MAX = 10_000


class BadRows:
    """What is wrong with rows, up to a bound; `rows` counts all that have anything."""

    def __init__(self) -> None:
        self.rows = 0
        self._cells: list[BadCell] = []

    def add_row(self, cells: Iterable[BadCell]) -> None:
        """Take in all that is wrong with one row."""
        self.rows += 1
        self._cells.extend(list(cells)[: CELLS_MAX - len(self._cells)])

    def cells(self) -> tuple[BadCell, ...]:
        """What is kept, by file and row."""
        return tuple(sorted(self._cells, key=lambda cell: (cell.file, cell.row)))


def written(bad: BadRows, path: Path) -> Path:
    """Write the bad rows to a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["file", "row", "column", "value", "error", "remedy"])
        for cell in bad.cells():
            row = (cell.file, str(cell.row), cell.column, cell.value, cell.text, cell.remedy)
            out.writerow([f"'{text}" if GUARDED.match(text) else text for text in row])
    return path
