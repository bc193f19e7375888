"""Rows on their way through the side file into the book: taken in, compared, looked at, brought."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import localcontext

from listino.core.errors import Conflict, Fault, malformed
from listino.core.findings import CHECKS, REFUSE, UNCHECKED, Checks, Findings
from listino.core.keys import code_key
from listino.core.money import EXACT
from listino.db.book import Change
from listino.db.codec import fact_of
from listino.db.engine import Connection, Database
from listino.db.lookups import formulas_since
from listino.db.release import released
from listino.db.side import Row, SideFile
from listino.db.snapshot import snapshot
from listino.db.staged import Staged
from listino.db.staging import published
from listino.db.suspects import Suspects
from listino.flows.facts import DIRECT_CHANGES_MAX, Ready
from listino.flows.inspection import LINE_BITS, BadValue, findings
from listino.flows.keeping import Saved, kept
from listino.flows.patterns import Run
from listino.flows.report import BadRows, Notice
from listino.flows.review import noticed
from listino.flows.review_staged import StagedReview
from listino.flows.rows import BadCell, Outcome

BATCH_ROWS = 4_000
# Where bad rows may be left out, so often those that are refused are taken out and the rest is looked at again.
LOOKS_MAX = 20


class Carrying:
    """Rows on their way through the side file into the book."""

    def __init__(self, database: Database, side: SideFile, bad: BadRows, skip_bad: bool) -> None:
        self.database, self.side, self.bad, self.skip_bad = database, side, bad, skip_bad
        self.suspects = Suspects(side)
        self.findings = Findings(UNCHECKED)
        self._review = StagedReview()
        self._looked_at = 0
        self.rows = 0
        self._few: dict[int, Ready] | None = {}
        self._last = 0
        self._kept: list[Row] = []
        self._more: list[tuple[int, int]] = []
        self._targets: list[tuple[int, str]] = []
        self._persons: list[tuple[int, bytes]] = []

    def take(self, rows: Iterable[tuple[int, Outcome | Run]]) -> None:
        """Put the good rows into the side file, each known by its file's number and its line; note the bad ones."""
        for file, row in rows:
            if isinstance(row, Run):
                self._take_run(file, row)
            else:
                self._take_row(file, row)
            if len(self._kept) >= BATCH_ROWS:
                self._flush()
        self._flush()

    def _take_run(self, file: int, run: Run) -> None:
        first = self._last + 1
        self._kept += [
            (r, name, key, code, shape, body, file + line, None, one, two)
            for r, (line, name, key, code, shape, body, one, two) in enumerate(run.rows, first)
        ]
        self._last += len(run.rows)
        self.rows += len(run.rows)
        self._more += [(first + place, digest) for place, named in run.more for digest in named]
        self._targets += run.targets
        if self._few is not None:
            for r, row in enumerate(run.rows[: DIRECT_CHANGES_MAX + 1], first):
                self._keep_few(r, Ready(Change("rules", row[3], fact_of("rules", row[5])), None))

    def _take_row(self, file: int, outcome: Outcome) -> None:
        line, row, wrong, ready, bad_name = outcome
        self.rows += 1
        if row is None:
            self._note(wrong, bad_name)
            return
        self._last += 1
        r = self._last
        name, key, code, shape, body, references, person, based_on = row
        named = [digest for digest, _, _ in references]
        first, second = (*named, None, None)[:2]
        self._kept.append((r, name, key, code, shape, body, file + line, based_on, first, second))
        self._more += [(r, digest) for digest in named[2:]]
        self._targets += [(digest, code_key(kind, target)) for digest, kind, target in references if kind is not None]
        if person is not None:
            self._persons.append((r, person))
        if ready is not None:
            self._review.see(ready.change.fact)
            self._keep_few(r, ready)

    def _flush(self) -> None:
        self.side.add(self._kept, self._more, self._targets, self._persons)
        self._kept, self._more, self._targets, self._persons = [], [], [], []

    def _note(self, wrong: list[BadCell], name: str | None) -> None:
        self.bad.add_row(wrong, name)
        if name is not None:
            self.suspects.note_bad(name)

    def _keep_few(self, r: int, ready: Ready) -> None:
        """Remember the changes themselves as long as they are few enough to be committed directly."""
        if self._few is not None and len(self._few) < DIRECT_CHANGES_MAX:
            self._few[r] = ready
        else:
            self._few = None

    def check(self, files: Sequence[str], passed: Callable[[str, int], None]) -> None:
        """Compare with the book, and look for what is wrong with rows together; bad rows are taken out."""
        self.side.compare(lambda done: passed("comparing", done))
        again = True
        while again:
            again = False
            for r, found in list(findings(self.suspects, files, forgive=not self.skip_bad)):
                again = self._take_out(r, found, files) and self.skip_bad
        self.side.leave_out_same()
        for r, found in list(findings(self.suspects, files, by_key=True)):
            self._take_out(r, found, files)

    def _take_out(self, r: int, found: list[BadValue], files: Sequence[str]) -> bool:
        origin, name, _, _ = self.suspects.row(r)
        file, row = files[origin >> LINE_BITS], origin & ((1 << LINE_BITS) - 1)
        self._note([BadCell(file, row, *finding) for finding in found], name)
        self.suspects.drop(r)
        if self._few is not None:
            self._few.pop(r, None)
        return True

    def look(self, files: Sequence[str], checks: Checks, now: datetime) -> None:
        """Look at what the rows would do to the book; those that are to be refused are bad and taken out.

        Errors:  Malformed where so many are to be refused that leaving them out is no way.
        """
        for _ in range(LOOKS_MAX if checks.looks_for(*CHECKS) else 0):
            self.findings, book = Findings(checks), snapshot(self.database)
            self._looked_at = book.revision
            if self._few is not None:
                found = noticed(book, [one.change for one in self._few.values()], checks, now)
            else:
                found = self._review.findings(book, Staged(self.side), checks, now)
            with localcontext(EXACT):
                for finding in found:
                    self.findings.add(finding)
            refused = {finding.record: finding for finding in self.findings.kept(REFUSE)}
            for record, one in refused.items():
                r = Staged(self.side).row(*record)
                self._take_out(r, [BadValue(one.field, record[1], one.check, one.text, one.remedy)], files)
            if not (refused and self.skip_bad):
                return
        if checks.looks_for(*CHECKS):
            text = "Too many rows are to be refused to leave them out."
            raise malformed("", "too_many", text, "Correct them, or set their checks to warn.")

    def notices(self, level: str, files: Sequence[str]) -> tuple[Notice, ...]:
        """What was noticed, each with where its record is stated."""
        staged = Staged(self.side)
        found = []
        for finding in self.findings.kept(level):
            origin = self.suspects.row(staged.row(*finding.record))[0]
            found.append(Notice(files[origin >> LINE_BITS], origin & ((1 << LINE_BITS) - 1), finding))
        return tuple(found)

    def bring(
        self, actor: str, reason: str | None, clock: Callable[[], datetime], passed: Callable[[str, int], None]
    ) -> Saved:
        """Commit what was read: directly when it is little, else staged.

        Errors:  Conflict, and those of `kept` should others have changed what this stands beside.
        """
        if self._few is None:
            committed = published(self.database, self.side, actor, reason, clock, passed, self._last_look)
            return Saved(committed.revision, committed.changed, self.findings)
        released(self.database, clock())
        few = list(self._few.values())
        return kept(self.database, few, actor, reason, clock(), checks=self.findings.checks, places={})

    def _last_look(self, tx: Connection) -> None:
        """Formulas that came meanwhile could make a loop with ours. Joins the transaction that publishes."""
        looked = self._review.has_formulas and self.findings.checks.looks_for("formula_loop")
        if looked and formulas_since(tx, self._looked_at):
            text = "A formula was saved while the import ran; nothing was imported."
            raise Conflict("changed_meanwhile", text, (Fault("", "changed_meanwhile", text, "Start it again."),))
