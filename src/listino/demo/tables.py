"""The company's vocabulary, as it lies in data/: rows of text with a header line, parted by semicolons."""

import csv
from importlib.resources import files

Row = dict[str, str]


def rows(name: str) -> list[Row]:
    """The rows of one table; a quotation mark is an inch."""
    source = files("listino.demo").joinpath("data", f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(source.splitlines(), delimiter=";", quoting=csv.QUOTE_NONE))


def named(row: Row) -> dict[str, str]:
    """The name of a row in the languages that the company speaks."""
    return {"en": row["en"], "it": row["it"], "de": row["de"]}
