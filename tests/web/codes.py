"""The codes of refusals, as the source of the program gives them: read from its calls, by status."""

import ast
from collections.abc import Iterator

from listino.web.faults import STATUS_OF_CODE
from tests.house.code import SOURCE

STATUS_OF_CALL = {
    "Malformed": 400, "malformed": 400, "Refused": 400, "NotAllowed": 403, "NotFound": 404, "Conflict": 409,
    "Gone": 410, "DifferentContent": 422, "TooOften": 429, "Unavailable": 503, "Fault": 400,
}  # fmt: skip
# Where the code stands in the call, when it is not said by name.
PLACE_OF_CODE = {"malformed": 1, "Fault": 1, "Unavailable": 2}
# Packages and modules that no door of HTTP leads to: the command line, importers, what asks others, upkeep.
LEFT_OUT = ("cli", "config", "connectors", "demo", "testing", "migrations", "openapi", "soap")
LEFT_OUT_MODULES = (
    "core/addresses.py", "core/alerts.py", "core/cases.py", "core/mapping.py", "db/connection.py", "db/copies.py",
    "db/engine.py",
    "db/founding.py", "db/migrate.py", "db/mirror.py", "db/sqlite.py", "flows/access.py", "flows/cases.py",
    "flows/columns.py", "flows/copies.py", "flows/export.py", "flows/import_.py", "flows/json_rows.py",
    "flows/live_settings.py", "flows/mirror.py", "flows/mirrored_stock.py", "flows/mirroring.py", "flows/news.py",
    "flows/privacy.py", "flows/rows.py", "flows/tables.py", "flows/upkeep.py", "web/proxy.py",
)  # fmt: skip
# What a program meets before it answers at all, and what a test key brings about: there it is a fault alone.
AT_START = frozenset(["too_old", "provoked"])


def codes_by_status() -> dict[int, dict[str, str]]:
    """Each code that stands in the source under the status that it is answered with, and where it stands."""
    found: dict[int, dict[str, str]] = {}
    faults: dict[str, str] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        module = path.relative_to(SOURCE).as_posix()
        if not set(module.split("/")) & set(LEFT_OUT) and module not in LEFT_OUT_MODULES:
            for call, code in _codes(ast.parse(path.read_text(encoding="utf-8"))):
                status = STATUS_OF_CODE.get(code) or STATUS_OF_CALL[call]
                (faults if call == "Fault" else found.setdefault(status, {}))[code] = module
    # A fault is told with its refusal, whose kind decides of the status; the rest are faults of messages and facts.
    told = {code for codes in found.values() for code in codes}
    found[400] |= {code: module for code, module in faults.items() if code not in told}
    return found


def _codes(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in STATUS_OF_CALL:
            name = node.func.id
            place = PLACE_OF_CODE.get(name, 0)
            said = [word.value for word in node.keywords if word.arg == "code"] or node.args[place : place + 1]
            if said and isinstance(said[0], ast.Constant) and said[0].value not in AT_START:
                yield name, str(said[0].value)
