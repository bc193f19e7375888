"""What `check-cases` reports: for people as sentences and tables, for programs as a line of JSON for each."""

import sys
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from listino.cli import screen
from listino.cli.price_sheet import print_explanation
from listino.cli.tables import bad_cell_text
from listino.core.cases import Difference
from listino.core.money import minor_digits, plain
from listino.flows.cases import Checked
from listino.flows.records import plain_record
from listino.flows.rows import BadCell
from listino.web.answers import encode, price_answer
from listino.web.faults import problem_of

AGREED, DIFFERED, UNREADABLE = 0, 1, 2
# Of the rules that did not apply, so many that came nearest are shown beside a difference.
NEAREST_SHOWN_MAX = 5
MINUS = "−"


@dataclass(slots=True)
class Tally:
    """What has become of the rows so far."""

    revision: int
    rows: int = 0
    agreed: int = 0
    differing: int = 0
    bad: int = 0

    def take(self, found: Checked | list[BadCell]) -> None:
        """One more row."""
        self.rows += 1
        if isinstance(found, list):
            self.bad += 1
        elif found.agrees:
            self.agreed += 1
        else:
            self.differing += 1

    @property
    def exit_code(self) -> int:
        """What the command ends with; a file without a single case guards nothing."""
        if self.bad or not self.rows:
            return UNREADABLE
        return DIFFERED if self.differing else AGREED


class TextSheet:
    """The report for people."""

    def show(self, checked: Checked) -> None:
        """What was expected and why, what was answered instead, and how that came about."""
        screen.say(_headline(checked), "bold")
        if checked.refused is not None:
            screen.say(f"  It cannot be asked: {checked.refused.detail}", "red")
        currency = "" if checked.answered is None else checked.answered.price.currency
        for difference in checked.differences:
            screen.say(f"  {_sentence(difference, currency)}", "red")
        if checked.case.why is not None:
            screen.say(f"  Why it is expected: {checked.case.why}")
        if checked.answered is not None:
            print_explanation(checked.book, checked.answered, NEAREST_SHOWN_MAX)
        screen.say()

    def show_bad(self, cells: list[BadCell]) -> None:
        """Each fault of a row with its column, value and remedy."""
        for cell in cells:
            screen.say(bad_cell_text(cell), "red")

    def end(self, tally: Tally, recorded: Path | None) -> None:
        """How many agree, differ, cannot be read."""
        bad = f"{tally.bad} cannot be read; as of revision {tally.revision}."
        if recorded is not None:
            screen.say(f"{tally.agreed} cases are in {recorded}, {tally.differing} cannot be asked, {bad}")
        else:
            screen.say(f"{tally.rows} cases: {tally.agreed} agree, {tally.differing} differ, {bad}")


def _headline(checked: Checked) -> str:
    case, asked = checked.case, checked.asked
    parts = [f"row {checked.row}" if case.id is None else f"{case.id} (row {checked.row})"]
    parts[0] += f": {case.item}"
    parts.append(f"customer {case.customer}" if case.customer is not None else "any guest")
    parts.append(f"{plain(case.quantity)} {case.unit or ''}".rstrip())
    if case.channel is not None:
        parts.append(f"channel {case.channel}")
    if case.coupons:
        parts.append(f"coupons {', '.join(case.coupons)}")
    parts.append(f"{asked.at:%Y-%m-%d %H:%M} UTC")
    return ", ".join(parts)


def _sentence(difference: Difference, currency: str) -> str:
    field, expected, answered, by = difference
    name = field.removeprefix("expected_").replace("_", " ").capitalize()
    if by is None:
        return f"{name}: {expected} is expected, the answer is {answered}."
    digits, sign = minor_digits(currency), "+" if by > 0 else MINUS
    expected, answered = plain(Decimal(expected), digits), plain(Decimal(answered), digits)
    return f"{name}: {expected} is expected, the answer is {answered} {currency} ({sign}{plain(abs(by), digits)})."


class JsonSheet:
    """The report for programs: one object a line, none for a case that agrees."""

    def show(self, checked: Checked) -> None:
        """A case with its differences, and the whole answer with all that did not apply."""
        said: dict[str, Any] = {
            "row": checked.row,
            "outcome": "differs" if checked.refused is None else "refused",
            "case": plain_record(checked.case),
            "revision": checked.book.revision,
        }
        if checked.refused is not None:
            said["error"] = problem_of(checked.refused)
        else:
            said["differences"] = [_plain_difference(one) for one in checked.differences]
        if checked.answered is not None:
            said["answer"] = price_answer(checked.answered, "all", None, full=True)
        _line(said)

    def show_bad(self, cells: list[BadCell]) -> None:
        """A row that is no case, with its faults."""
        errors = [{"field": c.column, "code": c.code, "text": c.text, "remedy": c.remedy} for c in cells]
        _line({"row": cells[0].row, "outcome": "bad", "errors": errors})

    def end(self, tally: Tally, recorded: Path | None) -> None:
        """The counts."""
        _line({
            "cases": tally.rows, "agreed": tally.agreed, "differing": tally.differing, "bad": tally.bad,
            "revision": tally.revision,
        } | ({} if recorded is None else {"recorded": str(recorded)}))  # fmt: skip


def _plain_difference(difference: Difference) -> dict[str, str]:
    said = {"field": difference.field, "expected": difference.expected, "answered": difference.answered}
    return said if difference.by is None else said | {"by": plain(difference.by)}


def _line(said: dict[str, Any]) -> None:
    sys.stdout.write(encode(said).decode() + "\n")
