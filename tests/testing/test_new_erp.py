"""`make new-erp`: what it writes is clean at once, and its test says in words what is still to be written."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from listino.testing.new_erp import written
from tests.house.code import ROOT


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the product with a connector made by the target."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__", "assets"))
    for name in ("pyproject.toml", "Makefile"):
        shutil.copy(ROOT / name, root / name)
    made = run(root, "make", "--no-print-directory", "-o", "install", "new-erp", "NAME=acme", f"PY={sys.executable}")
    assert made.returncode == 0, made.stderr
    assert "src/listino/connectors/erp_acme.py" in made.stdout
    return root


def run(root: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(root / "src")}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def tool(root: Path, name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return run(root, sys.executable, "-m", name, *arguments)


FILES = ("src/listino/connectors/erp_acme.py", "tests/connectors/test_erp_acme.py")


def test_the_files_are_formatted_linted_and_typed(checkout: Path) -> None:
    for check in (("ruff", "format", "--check"), ("ruff", "check"), ("mypy",)):
        found = tool(checkout, *check, *FILES)
        assert found.returncode == 0, f"{check}: {found.stdout}{found.stderr}"


def test_the_contract_runs_and_names_what_is_not_written(checkout: Path) -> None:
    ran = tool(checkout, "pytest", "-q", "-p", "no:cacheprovider", FILES[1])
    told = set(re.findall(r"NotImplementedError: (.+)", ran.stdout))
    assert ran.returncode == 1
    assert {f"erp_acme: {verb} is not written yet." for verb in ("news", "place_order")} <= told
    assert re.search(r"\d+ failed, [1-9]\d* passed", ran.stdout), ran.stdout


def test_a_file_that_is_there_is_not_written_over(checkout: Path) -> None:
    before = (checkout / FILES[0]).read_text()
    (checkout / FILES[1]).unlink()
    with pytest.raises(FileExistsError, match="is there already"):
        written("acme", checkout)
    assert (checkout / FILES[0]).read_text() == before
    assert not (checkout / FILES[1]).exists()


@pytest.mark.parametrize("name", ["", "Acme", "../evil", "two words", "1st", "a__b"])
def test_a_name_that_is_none_is_refused_and_nothing_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no name for a connector"):
        written(name, tmp_path)
    assert list(tmp_path.iterdir()) == []
