"""The company brings a file of facts, or many changes at once: all of it becomes one revision, or nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from time import monotonic

from listino.core.errors import Conflict, Fault, Malformed
from listino.core.keys import code_key
from listino.db import people
from listino.db.book import Change, Committed, commit
from listino.db.codec import fact_of
from listino.db.engine import Connection, Database
from listino.db.release import released
from listino.db.side import Row, SideFile
from listino.db.snapshot import snapshot
from listino.db.staging import published
from listino.db.suspects import Suspects
from listino.flows.facts import DIRECT_CHANGES_MAX, Ready, Stated, Zones, save
from listino.flows.inspection import LINE_BITS, Finding, findings
from listino.flows.patterns import Run
from listino.flows.report import BadRows, written
from listino.flows.rows import BadCell, Outcome, RowReader, csv_rows, stated_rows
from listino.flows.tables import CsvTable, Options, Table, opened

BATCH_ROWS = 4_000
FAULTS_ANSWERED_MAX = 1_000

# (what is being done, how much of it, of how much or 0 where that is not known)
Progress = Callable[[str, int, int], None]


def silent(*_: object) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The outcome of an import: what was read, what it changed, and all that is wrong with it.

    Shapes:  revision: None where nothing was brought in; errors: the first ones, by file and row;
             bad_rows: how many rows have any.
    """

    revision: int | None
    rows: int
    changed: int
    unchanged: int
    bad_rows: int
    errors: tuple[BadCell, ...]
    report: Path | None = None


def imported(
    database: Database,
    files: Sequence[Path],
    options: Options,
    actor: str,
    now: datetime,
    progress: Progress = silent,
    reason: str | None = None,
) -> Imported:
    """Bring files of facts into the book as one revision; with `dry_run` only tell what is wrong.

    Each row states the whole record of its code. With bad rows nothing is brought in, unless `skip_bad`.
    Errors:  Conflict when somebody else changed one of the records meanwhile, or another import runs;
             bad rows and files are no error but part of the outcome.
    """
    bad = BadRows()
    tables = opened_tables(files, options, bad)
    with closing(SideFile(database)) as side:
        work = _Import(database, side, bad, options.skip_bad)
        readable = not bad.rows
        if readable:
            work.take(rows_of(tables, RowReader(Zones(snapshot(database))), progress))
            work.check([table.path.name for table in tables], lambda what, done: progress(what, done, side.rows))
        committed = None
        if readable and not options.dry_run and (options.skip_bad or not bad.rows):
            started = monotonic()
            committed = work.bring(
                actor,
                reason or "import of " + ", ".join(sorted(path.name for path in files)),
                lambda: now + timedelta(seconds=monotonic() - started),
                lambda what, done: progress(what, done, side.rows),
            )
        changed = committed.changed if committed is not None else side.changes()
        report = written(bad, options.report) if bad.rows and options.report is not None else None
        return Imported(
            committed.revision if committed is not None else None, work.rows, changed,
            side.kept() - changed, bad.rows, bad.cells(), report,
        )  # fmt: skip


def changed_by(
    database: Database, stated: Iterable[Stated], actor: str, reason: str | None, now: datetime
) -> Committed:
    """Keep any number of changes as one revision, all or nothing; many are staged.

    Errors:  Malformed, NotFound, Conflict, each naming record and field; nothing is changed then.
    """
    changes = iter(stated)
    first = list(islice(changes, DIRECT_CHANGES_MAX + 1))
    if len(first) <= DIRECT_CHANGES_MAX:
        return save(database, first, actor, reason, now)
    bad = BadRows()
    with closing(SideFile(database)) as side:
        work = _Import(database, side, bad, skip_bad=False)
        rows = stated_rows(enumerate(chain(first, changes)), None, "changes", RowReader(Zones(snapshot(database))))
        work.take((0, row) for row in rows)
        work.check(["changes"], silent)
        if bad.rows:
            raise _refused(bad)
        started = monotonic()
        return work.bring(actor, reason, lambda: now + timedelta(seconds=monotonic() - started), silent)


def _refused(bad: BadRows) -> Malformed | Conflict:
    cells = bad.cells()[:FAULTS_ANSWERED_MAX]
    faults = tuple(
        Fault(f"changes[{cell.row}].{cell.column}".rstrip("."), cell.code, cell.text, cell.remedy) for cell in cells
    )
    code = cells[0].code if len({cell.code for cell in cells}) == 1 else "invalid"
    text = " ".join(cell.text for cell in cells[:5])
    return Conflict(code, text, faults) if code == "conflict" else Malformed(code, text, faults)


def opened_tables(files: Sequence[Path], options: Options, bad: BadRows) -> list[Table]:
    """The files made ready; price lists first, since they say in which zone their rules' dates are meant."""
    tables: list[Table] = []
    for path in files:
        try:
            tables.append(opened(path, options))
        except Malformed as error:
            bad.add_row(
                BadCell(path.name, 1, fault.field, "", fault.code, fault.text, fault.remedy) for fault in error.faults
            )
    return sorted(tables, key=lambda table: table.kind != "price-lists")


def rows_of(tables: Sequence[Table], reader: RowReader, progress: Progress) -> Iterator[tuple[int, Outcome | Run]]:
    """The rows of all files, each with its file's number in place."""
    total, before = sum(table.path.stat().st_size for table in tables), 0
    for index, table in enumerate(tables):
        if isinstance(table, CsvTable):
            rows = csv_rows(table, reader)
        else:
            rows = stated_rows(table.rows(), table.kind, table.path.name, reader)
        try:
            for count, row in enumerate(rows):
                yield index << LINE_BITS, row
                if count % 100 == 0:
                    progress("reading", before + table.position(), total)
        except Malformed as error:
            fault = error.faults[0]
            cell = BadCell(table.path.name, int(fault.field.split()[-1]), "", "", fault.code, fault.text, fault.remedy)
            yield index << LINE_BITS, (0, None, [cell], None, None)
        before += table.path.stat().st_size


class _Import:
    """Rows on their way through the side file into the book."""

    def __init__(self, database: Database, side: SideFile, bad: BadRows, skip_bad: bool) -> None:
        self.database, self.side, self.bad, self.skip_bad = database, side, bad, skip_bad
        self.suspects = Suspects(side)
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
        self._targets += [(digest, code_key(kind, target)) for digest, kind, target in references]
        if person is not None:
            self._persons.append((r, person))
        if ready is not None:
            self._keep_few(r, ready)

    def _flush(self) -> None:
        self.side.add(self._kept, self._more, self._targets, self._persons)
        self._kept, self._more, self._targets, self._persons = [], [], [], []

    def _note(self, wrong: list[BadCell], name: str | None) -> None:
        self.bad.add_row(wrong)
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

    def _take_out(self, r: int, found: list[Finding], files: Sequence[str]) -> bool:
        origin, name, _, _ = self.suspects.row(r)
        file, row = files[origin >> LINE_BITS], origin & ((1 << LINE_BITS) - 1)
        self._note([BadCell(file, row, *finding) for finding in found], name)
        self.suspects.drop(r)
        if self._few is not None:
            self._few.pop(r, None)
        return True

    def bring(
        self, actor: str, reason: str | None, clock: Callable[[], datetime], passed: Callable[[str, int], None]
    ) -> Committed:
        """Commit what was read: directly when it is little, else staged."""
        if self._few is None:
            return published(self.database, self.side, actor, reason, clock, passed)
        released(self.database, clock())
        few = list(self._few.values())

        def write(tx: Connection) -> Committed:
            committed = commit(tx, [one.change for one in few], actor, reason, clock())
            for one in few:
                if one.person is not None:
                    people.keep_customer(tx, one.change.code, one.person)
            return committed

        committed: Committed = self.database.write(write)
        return committed
