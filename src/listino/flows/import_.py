"""The company brings a file of facts, or many changes at once: all of it becomes one revision, or nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from time import monotonic

from listino.core.errors import Conflict, Fault, Malformed
from listino.core.findings import CONFIRM, UNCHECKED, WARN, Checks
from listino.db.engine import Database
from listino.db.side import SideFile
from listino.db.snapshot import snapshot
from listino.flows.carrying import Carrying
from listino.flows.facts import DIRECT_CHANGES_MAX, Stated, Zones, save
from listino.flows.inspection import LINE_BITS
from listino.flows.keeping import Saved
from listino.flows.patterns import Run
from listino.flows.report import NOTHING, BadRows, Noticed, written
from listino.flows.rows import BadCell, Outcome, RowReader, csv_rows, stated_rows
from listino.flows.tables import CsvTable, Options, Table, opened

FAULTS_ANSWERED_MAX = 1_000

# (what is being done, how much of it, of how much or 0 where that is not known)
Progress = Callable[[str, int, int], None]


def silent(*_: object) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The outcome of an import: what was read, what it changed, and all that is wrong with it.

    Shapes:  revision: None where nothing was brought in; errors: the first ones, by file and row;
             bad_rows: how many rows have any; noticed: what was noticed of the rows that are left.
    """

    revision: int | None
    rows: int
    changed: int
    unchanged: int
    bad_rows: int
    errors: tuple[BadCell, ...]
    report: Path | None = None
    noticed: Noticed = NOTHING


def imported(
    database: Database,
    files: Sequence[Path],
    options: Options,
    actor: str,
    now: datetime,
    progress: Progress = silent,
    reason: str | None = None,
    *,
    checks: Checks = UNCHECKED,
) -> Imported:
    """Bring files of facts into the book as one revision; with `dry_run` only tell what is wrong.

    Each row states the whole record of its code. With bad rows nothing is brought in, unless `skip_bad`;
    nothing either where something is to be confirmed and is not.
    Errors:  Conflict when somebody else changed one of the records meanwhile, or another import runs;
             bad rows and files are no error but part of the outcome.
    """
    bad = BadRows()
    tables = opened_tables(files, options, bad)
    with closing(SideFile(database)) as side:
        work, names = Carrying(database, side, bad, options.skip_bad), [table.path.name for table in tables]
        readable = not bad.rows
        if readable:
            work.take(rows_of(tables, RowReader(Zones(snapshot(database))), progress))
            work.check(names, lambda what, done: progress(what, done, side.rows))
            if options.skip_bad or not bad.rows:
                work.look(names, checks, now)
        strange = work.notices(CONFIRM, names)
        to_confirm, confirmed = ((), strange) if checks.confirmed else (strange, ())
        committed = None
        if readable and not to_confirm and not options.dry_run and (options.skip_bad or not bad.rows):
            started = monotonic()
            committed = work.bring(
                actor,
                reason or "import of " + ", ".join(sorted(path.name for path in files)),
                lambda: now + timedelta(seconds=monotonic() - started),
                lambda what, done: progress(what, done, side.rows),
            )
        changed = committed.changed if committed is not None else side.changes()
        noticed = Noticed(work.notices(WARN, names), to_confirm, work.findings.counts, confirmed)
        anything = bad.rows or noticed.warnings or strange
        report = written(bad, noticed, options.report) if anything and options.report is not None else None
        return Imported(
            committed.revision if committed is not None else None, work.rows, changed,
            side.kept() - changed, bad.rows, bad.cells(), report, noticed,
        )  # fmt: skip


def changed_by(
    database: Database,
    stated: Iterable[Stated],
    actor: str,
    reason: str | None,
    now: datetime,
    checks: Checks = UNCHECKED,
) -> Saved:
    """Keep any number of changes as one revision, all or nothing; many are staged.

    Errors:  Malformed, NotFound, Conflict, each naming record and field; ToConfirm for what a person has
             to confirm; nothing is changed then.
    """
    changes = iter(stated)
    first = list(islice(changes, DIRECT_CHANGES_MAX + 1))
    if len(first) <= DIRECT_CHANGES_MAX:
        return save(database, first, actor, reason, now, checks)
    bad = BadRows()
    with closing(SideFile(database)) as side:
        work = Carrying(database, side, bad, skip_bad=False)
        rows = stated_rows(enumerate(chain(first, changes)), None, "changes", RowReader(Zones(snapshot(database))))
        work.take((0, row) for row in rows)
        work.check(["changes"], silent)
        if not bad.rows:
            work.look(["changes"], checks, now)
        if bad.rows:
            raise _refused(bad)
        work.findings.places = {
            one.finding.record: f"changes[{one.row}]." for one in work.notices(CONFIRM, ["changes"])
        }
        work.findings.stop()
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
