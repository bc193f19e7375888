"""The guide tells what a test key provokes as the code's own tables have it."""

import os
from collections.abc import Sequence
from pathlib import Path

from listino.core.holds import HELD_TEXTS
from listino.flows.provoked import ITEMS, NUMBERS, Row

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "testing-your-store.md"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table as the guide writes it."""
    lines = [f"| {' | '.join(cells)} |\n" for cells in (head, *rows)]
    return "".join((lines[0], "|---" * len(head) + "|\n", *lines[1:]))


def provoked(head: str, rows: tuple[Row, ...]) -> str:
    said = [(f"`{row.code}`", str(row.status), f"`{row.outcome}`", row.text) for row in rows]
    return table((head, "status", "outcome", "what it is"), said)


def test_the_guides_tables_are_those_of_the_code() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    told = {
        "items": provoked("item", ITEMS),
        "numbers": provoked("number", NUMBERS),
        "reasons": table(("reason", "it says"), [(f"`{name}`", said) for name, said in HELD_TEXTS.items()]),
    }
    wanted = text
    for name, rows in told.items():
        before, start, rest = wanted.partition(f"<!-- {name} -->\n")
        wanted = before + start + rows + "<!-- end -->" + rest.partition("<!-- end -->")[2]
    if os.environ.get("LISTINO_TEST_WRITE"):
        GUIDE.write_text(wanted, encoding="utf-8")
    assert wanted == text
