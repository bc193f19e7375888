"""Beauty is decided by the longest file and the longest function, so both have a limit."""

import ast
from pathlib import Path

import pytest

from tests.house.code import ROOT, SOURCE, parsed, place, python_files

FUNCTION_LINES_MAX = 50
FILE_LINES_MAX = {SOURCE: 300, ROOT / "tests": 400, ROOT / "bench": 400}

# What may be longer, each with its reason: "src/listino/x.py" or "src/listino/x.py:function" -> why.
EXCEPTIONS: dict[str, str] = {
    "src/listino/db/migrations/versions/0001_first.py:upgrade": "the first schema: a list of tables, read once",
}


@pytest.mark.parametrize("folder", FILE_LINES_MAX, ids=lambda folder: folder.name)
def test_a_file_fits_in_one_sitting(folder: Path) -> None:
    lengths = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files(folder)}
    limit = FILE_LINES_MAX[folder]
    too_long = {name: lines for name, lines in lengths.items() if lines > limit and name not in EXCEPTIONS}
    assert too_long == {}, f"over {limit} lines"


def test_a_function_fits_on_one_screen() -> None:
    lengths = {
        f"{place(path)}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in python_files(SOURCE)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    too_long = {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES_MAX and name not in EXCEPTIONS}
    assert too_long == {}, f"over {FUNCTION_LINES_MAX} lines"
