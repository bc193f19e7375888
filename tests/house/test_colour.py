"""One colour below the doors: `async` stands in web/ alone."""

import ast

from tests.house.code import SOURCE, parsed, place, python_files

ASYNC = ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await


def test_async_stands_in_the_doors_only() -> None:
    found = [
        place(path, node)
        for path in python_files(SOURCE)
        if SOURCE / "web" not in path.parents
        for node in ast.walk(parsed(path))
        if isinstance(node, ASYNC)
    ]
    assert found == [], "\n".join(found)
