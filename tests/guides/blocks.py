"""The blocks of a guide, and a store's machine on which they are run one after another against a real server."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.server import Server

ADDRESS = "http://127.0.0.1:8080"
_BLOCK = re.compile(
    r"(?:^`(?P<file>[\w.-]+)`:\n\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A block of code: a file that it is to be written to, or what it says."""

    language: str
    text: str
    file: str | None

    @property
    def program(self) -> str:
        """What a line for the shell runs."""
        return self.text.split()[0]


def blocks_of(guide: Path) -> list[Block]:
    """The blocks of a guide in their order."""
    found = _BLOCK.finditer(guide.read_text(encoding="utf-8"))
    return [Block(one["language"], one["text"], one["file"]) for one in found]


def pairs_of(blocks: list[Block]) -> Iterator[tuple[Block, Block | None]]:
    """Each block that is run or written, with what is shown of its output, if that follows."""
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        if block.language not in {"json", "text"}:
            yield block, following if following is not None and following.language in {"json", "text"} else None


@dataclass
class Store:
    """Where the blocks are run: a folder, a server, and what earlier answers gave."""

    folder: Path
    server: Server
    url: str
    known: dict[str, str] = field(default_factory=dict)

    def filled(self, text: str) -> str:
        """A text with the address, the key, and what earlier answers gave, in place of what stands for them."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        known = {"YOUR_KEY": self.server.key, "YOUR_NOW": now, **self.known}
        text = text.replace(ADDRESS, f"http://127.0.0.1:{self.server.port}")
        for name, value in known.items():
            text = text.replace(name, value)
        return text

    def write(self, block: Block) -> None:
        """A block as the file that it is."""
        assert block.file is not None
        (self.folder / block.file).write_text(self.filled(block.text), encoding="utf-8")

    def run(self, block: Block) -> str:
        """What a block for the shell prints; a stream is ended by its own deadline."""
        path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
        done = subprocess.run(
            ["bash", "-e", "-c", self.filled(block.text)],
            capture_output=True, text=True, timeout=120, cwd=self.folder, check=False,
            env={"PATH": path, "HOME": str(self.folder), "LISTINO_DATABASE": self.url},
        )  # fmt: skip
        assert done.returncode == (28 if "--max-time" in block.text else 0), f"{block.text}\n{done.stdout}{done.stderr}"
        return done.stdout

    def keep(self, answer: Any) -> None:
        """Remember what an answer gave for the blocks after it."""
        for name in ("token", "quote"):
            if isinstance(answer, dict) and isinstance(answer.get(name), str):
                self.known[f"YOUR_{name.upper()}"] = answer[name]


def answered(text: str) -> Any:
    """An output as JSON, or None where it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def missing(shown: Any, given: Any, place: str = "$") -> Iterator[str]:
    """What is shown and was not given: every field that is shown must be there with its value."""
    if isinstance(shown, dict) and isinstance(given, dict):
        for name, value in shown.items():
            yield from missing(value, given.get(name), f"{place}.{name}")
    elif isinstance(shown, list) and isinstance(given, list) and len(shown) == len(given):
        for index, value in enumerate(shown):
            yield from missing(value, given[index], f"{place}[{index}]")
    elif shown != given:
        yield f"{place}: {given!r}, not {shown!r}"
