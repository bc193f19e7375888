"""What a benchmark finds out, as a table for people and as JSON for machines."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what it is compared with, their ratio, and whether it keeps its bar.

    Units:   named in the texts; holds is None where the road was not run.
    """

    name: str
    figure: str
    compared_with: str
    ratio: float | None
    bar: str
    holds: bool | None


def not_run(name: str, bar: str, why: str) -> Row:
    """The row of a road that could not be measured here."""
    return Row(name, "not run", why, None, bar, None)


def json_text(rows: Iterable[Row]) -> str:
    """All rows as one JSON object."""
    return json.dumps({"rows": [asdict(row) for row in rows]}, indent=1)


def print_table(rows: Iterable[Row]) -> None:
    """All rows for a person."""
    table = Table(show_lines=True)
    for title in ("road", "figure", "compared with", "ratio", "bar", "holds"):
        table.add_column(title)
    for row in rows:
        holds = {True: "[green]yes", False: "[red]no", None: "-"}[row.holds]
        ratio = f"{row.ratio:.3g}" if row.ratio is not None else "-"
        table.add_row(row.name, row.figure, row.compared_with, ratio, row.bar, holds)
    Console().print(table)


def rounded(value: float) -> Any:
    """A figure with three digits that count."""
    return float(f"{value:.3g}")
