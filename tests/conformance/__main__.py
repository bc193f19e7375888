"""Run a directory of facts: `python -m tests.conformance DIR`."""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conformance.ask import Refused, books, tell
from tests.conformance.read import compared
from tests.conformance.translate import translated
from tests.conformance.words import Missing, Said


@dataclass(frozen=True)
class Verdict:
    """What became of a case: agreed, disagreed or not translatable; an odd one counts as odd, whatever."""

    case: Said
    outcome: str
    detail: str = ""

    @property
    def counts_as(self) -> str:
        """Under which of the four numbers it counts."""
        return "odd" if self.case.get("portability") == "odd" else self.outcome


def judged(raw: Any, opened: Any) -> Verdict:
    """A case, stated in a new book and asked."""
    if not isinstance(raw, dict):
        return Verdict({"id": None}, "disagreed", f"no case: {raw!r}")
    raw = json.loads(json.dumps(raw))
    try:
        case = translated(raw)
        with opened(case) as desk:
            try:
                tell(desk, case)
            except Refused:
                if "error" in raw["expected"]:
                    return Verdict(raw, "agreed")
                raise
            differing = compared(desk, case)
    except Missing as missing:
        return Verdict(raw, "not translatable", str(missing))
    except Refused as refused:
        return Verdict(raw, "disagreed", f"expected {raw.get('expected')}, refused: {refused}")
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        # A case of another shape than the format's is counted like any other that did not agree.
        return Verdict(raw, "disagreed", f"cannot be read: {error!r}")
    if not differing:
        return Verdict(raw, "agreed")
    lines = [f"{name}: expected {wanted}, got {got}" for name, wanted, got in differing]
    return Verdict(raw, "disagreed", "\n      ".join([*lines, *_explained(raw.get("answer", {}))]))


def _explained(answer: Said) -> Iterator[str]:
    for one in [answer, *answer.get("lines", [])]:
        for step in one.get("steps") or []:
            yield f"{step['step']}: {step['rule']} {step['value']}: {step['price_in']} -> {step['price_out']}"
        for rule in one.get("not_applied") or []:
            yield f"not {rule['rule']} in {rule['step']}: {rule['text']}"
        if "reason" in one:
            yield f"no price: {one['reason']}"


def verdicts(path: Path, opened: Any) -> list[Verdict]:
    """What became of each case of a file; one that is no list holds one case."""
    cases = json.loads(path.read_text(encoding="utf-8"))
    return [judged(raw, opened) for raw in (cases if isinstance(cases, list) else [cases])]


def run(folder: Path) -> int:
    """Run every file of a folder and print what became of its cases; a file that is no JSON is told, and has none."""
    total: Counter[str] = Counter()
    unread = 0
    with tempfile.TemporaryDirectory() as scratch, books(Path(scratch)) as opened:
        for path in sorted(folder.glob("*.json")):
            try:
                found = verdicts(path, opened)
            except ValueError as error:
                unread += 1
                print(f"{path.name}: cannot be read: {error}")
                continue
            count = Counter(verdict.counts_as for verdict in found)
            total += count
            print(f"{path.name}: {count['agreed']} agreed, {count['disagreed']} disagreed, "
                  f"{count['not translatable']} not translatable, {count['odd']} odd")  # fmt: skip
            for verdict in found:
                if verdict.counts_as != "agreed":
                    odd = "odd, " if verdict.counts_as == "odd" else ""
                    detail = f": {verdict.detail}" if verdict.detail else ""
                    print(f"  {verdict.case.get('id')}: {odd}{verdict.outcome}{detail}")
    failed, unknown = total["disagreed"], total["not translatable"]
    print(f"{total['agreed']} passed, {failed} failed, {unknown} not translatable, {total['odd']} odd")
    return 1 if failed or unknown or unread else 0


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("Usage: python -m tests.conformance DIR")
    sys.exit(run(Path(sys.argv[1])))
