"""A newcomer needs two commands, and `make` explains all others."""

import re
import subprocess

from tests.house.code import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
SET_UP_TOOLS = ("make", "pip", "pip3", "python", "python3", "uv", "apt", "apt-get", "sudo", "npm")


def make(*targets: str) -> str:
    command = ["make", "--no-print-directory", *targets]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_readme_has_two_set_up_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    commands = {line for line in lines if line.split(" ")[0] in SET_UP_TOOLS}
    assert commands == {"make demo", "make test"}


def test_make_help_explains_every_target_in_one_sentence() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
    explained = dict(re.findall(r"^make (\S+) +(.+\.)$", make("help"), re.MULTILINE))
    assert set(explained) == targets
    assert set(re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[0].split()) == targets


def test_make_alone_lists_the_targets() -> None:
    assert make() == make("help")
