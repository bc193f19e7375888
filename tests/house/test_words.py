"""The repository speaks of the product alone, to people who know nothing of where it was written."""

import re

from tests.house.code import ROOT, place, tracked_files

# Written in halves, so that this file does not find itself.
FORBIDDEN = re.compile(r"/wo" r"rk/|\.libr" r"ary\b|\bsha" r"red/|\bissue\s+#?\d|(?<!\S)#\d{1,5}\b", re.IGNORECASE)


def test_no_file_speaks_of_a_workplace_or_a_ticket() -> None:
    found = [
        f"{place(path)}:{number} {line.strip()}"
        for path in tracked_files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if FORBIDDEN.search(line)
    ]
    assert found == [], "\n".join(found)


def test_the_lock_names_no_address_and_a_hash_for_each_part() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    parts = re.findall(r"^(\S+==\S+)((?:.*\\\n)(?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)?", lock, re.MULTILINE)
    assert [name for name, hashes in parts if not hashes] == []
    assert re.findall(r"\w+://\S+|--(?:extra-)?index\S*|--find-links", lock) == []
