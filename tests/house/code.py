"""The house as the tests of this folder read it: its files, and the Python among them parsed once."""

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "listino"
VENDORED = SOURCE / "web" / "assets" / "swagger"


def tracked_files() -> list[Path]:
    """All that git holds or would take with the next `git add`, without vendored files."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    paths = [ROOT / name for name in names]
    return [path for path in paths if path.is_file() and VENDORED not in path.parents]


def python_files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def place(path: Path, node: ast.AST | None = None) -> str:
    """Where a finding lies, as editors and people write it: file:line."""
    name = path.relative_to(ROOT).as_posix()
    return f"{name}:{getattr(node, 'lineno', 1)}" if node else name
