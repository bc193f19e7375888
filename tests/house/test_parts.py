"""Each part that we build on has its reason written down, and what we vendor comes with its licence."""

import re
import tomllib

from tests.house.code import ROOT, VENDORED

REASONS = ROOT / "docs" / "decisions" / "0001-parts.md"


def test_each_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"].get("optional-dependencies", {})
    groups = [project["project"]["dependencies"], *extras.values(), *project["dependency-groups"].values()]
    names = {re.split(r"[^\w.-]", dependency)[0].lower() for group in groups for dependency in group}
    explained = REASONS.read_text(encoding="utf-8").lower()
    assert {name for name in names if not re.search(rf"^\|.*\b{name}\b.*\|", explained, re.MULTILINE)} == set()


def test_vendored_assets_carry_their_licence() -> None:
    assert {path.name for path in VENDORED.iterdir()} == {
        "swagger-ui-bundle.js",
        "swagger-ui-bundle.js.LICENSE.txt",
        "swagger-ui.css",
        "LICENSE",
        "NOTICE",
    }
    assert "Swagger UI" in (ROOT / "NOTICE").read_text(encoding="utf-8")
