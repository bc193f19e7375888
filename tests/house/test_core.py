"""The core is pure: the standard library alone, and nothing in it that reads the world, a clock or chance."""

import ast
import sys
from collections.abc import Iterator

from tests.house.code import SOURCE, parsed, place, python_files

IMPURE_MODULES = {
    "asyncio", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "shutil", "socket",
    "sqlite3", "subprocess", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input", "float", "eval", "exec"}
CLOCK_READS = {"now", "utcnow", "today"}


def imported_modules(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node, node.module or ""


def test_core_imports_itself_and_the_standard_library_only() -> None:
    foreign = [
        f"{place(path, node)} {module}"
        for path in python_files(SOURCE / "core")
        for node, module in imported_modules(parsed(path))
        if module.split(".")[0] not in sys.stdlib_module_names and not module.startswith("listino.core")
    ]
    assert foreign == [], "\n".join(foreign)


def test_core_imports_nothing_that_reads_the_world_a_clock_or_chance() -> None:
    impure = [
        f"{place(path, node)} {module}"
        for path in python_files(SOURCE / "core")
        for node, module in imported_modules(parsed(path))
        if module.split(".")[0] in IMPURE_MODULES
    ]
    assert impure == [], "\n".join(impure)


def test_core_holds_no_float_opens_nothing_and_reads_no_clock() -> None:
    found = [
        f"{place(path, node)} {ast.unparse(node)}"
        for path in python_files(SOURCE / "core")
        for node in ast.walk(parsed(path))
        if is_impure(node)
    ]
    assert found == [], "\n".join(found)


def is_impure(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=float()):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return name in IMPURE_CALLS
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in CLOCK_READS
    return False
