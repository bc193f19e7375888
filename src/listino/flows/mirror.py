"""A management system tells what changed in it: the book follows, and what it cannot follow is listed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain, islice
from typing import Any

import msgspec

from listino.core.errors import Conflict, ErpSaidNo, Fault, OutcomeUnknown, Refused, Unavailable
from listino.core.findings import CHECKS, OFF, REFUSE, Checks
from listino.core.keys import SEPARATOR
from listino.db import mirror
from listino.db.engine import Connection, Database
from listino.db.mirror import ProblemRow, SourceRow
from listino.db.side import SideFile
from listino.db.snapshot import snapshot
from listino.flows.carrying import Carrying
from listino.flows.ending import Ends, Guard, ends_unnamed, told_ends
from listino.flows.facts import Stated, Zones
from listino.flows.mirrored_stock import keep_stock
from listino.flows.news import Taking
from listino.flows.report import BadRows
from listino.flows.rows import RowReader, stated_rows
from listino.ports import Clock, Erp

# Nobody is there to read what is noticed; what could never be priced is refused all the same.
_CHECKS = Checks(levels=dict.fromkeys(CHECKS, OFF) | {"formula_loop": REFUSE}, confirmed=True)
NAMES_AT_ONCE = 1_000
RENEWED_EVERY = timedelta(minutes=1)
TOLD = (Refused, Unavailable, OutcomeUnknown, ErpSaidNo)


@dataclass(frozen=True, slots=True)
class Mirrored:
    """The outcome of a run: the newest revision with what it changed, and what it did not take over.

    Shapes:  to_confirm: by kind, how many records would end and of how many, where that is too much to be true.
    """

    full: bool
    revision: int
    read: int
    changed: int
    ended: int
    problems: int
    to_confirm: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def mirrored(
    database: Database, erp: Erp, source: str, clock: Clock, *, full: bool = False, guard: Guard | None = None
) -> Mirrored:
    """Bring what changed in a management system into the book: since the last run, or with `full` all of it.

    With `full` the book is compared with what the system says whatever was noted of it, and the cursor starts
    afresh. A run that dies is repeated by the next: whatever it had done stays right.
    Errors:  those of `Erp.news`; Unavailable while another run is under way; Conflict when another import is, or
             when somebody else changed one of the records meanwhile. What they leave is noted as the run's failure.
    """
    row: SourceRow = database.write(lambda tx: mirror.begun(tx, source, clock()))
    guard = guard or Guard()
    try:
        try:
            return _Run(database, erp, row, clock, full=full, apart=False).carried_out(guard)
        except Conflict as error:
            if error.code != "in_use":
                raise
            # What ends is still named by a record that the book refused: that must not stop all others.
            return _Run(database, erp, row, clock, full=full, apart=True).carried_out(guard)
    except BaseException as error:
        text = str(error) if isinstance(error, TOLD) else f"{type(error).__name__}: {error}"
        database.write(lambda tx: mirror.failed(tx, (source, row.run), text))
        raise


class _Run:
    """One run on its way."""

    def __init__(self, database: Database, erp: Erp, row: SourceRow, clock: Clock, *, full: bool, apart: bool) -> None:
        self.database, self.erp, self.row, self.clock, self.apart = database, erp, row, clock, apart
        self.since = None if full else row.cursor
        trusted = not full and not row.unfinished and not apart
        self.taking = Taking(database, (row.source, row.run), clock, trusted=trusted)
        self.ends = Ends()
        self.refused: set[str] = set()
        self.changed = 0
        self._renew_at = clock() + RENEWED_EVERY

    def carried_out(self, guard: Guard) -> Mirrored:
        """Read everything, bring it in, and note how far it was read."""
        taking = self.taking
        news, ends = taking.stated(self.erp.news(self.since)), ends_unnamed(taking, self.ends, guard)
        if self.apart:
            self._bring(news)
            self._bring(taking.told_again())
            self._bring(ends)
        else:
            self._bring(chain(news, ends))
            self._bring(taking.told_again())
            self._bring(told_ends(taking, self.ends))
        return self._finished()

    def _bring(self, stated: Iterable[Stated]) -> None:
        """Bring facts into the book as one revision, but for those that it refuses."""
        rest = iter(stated)
        first = list(islice(rest, 1))
        if not first:
            return
        bad, actor = BadRows(), f"mirror:{self.row.source}"
        reader = RowReader(Zones(snapshot(self.database)))
        with closing(SideFile(self.database)) as side:
            work = Carrying(self.database, side, bad, skip_bad=True)
            work.take((0, row) for row in stated_rows(enumerate(chain(first, rest), 1), None, "mirror", reader))
            work.check(["mirror"], self._lives)
            work.look(["mirror"], _CHECKS, self.clock())
            self.changed += work.bring(actor, None, self.clock, self._lives).changed
        for name, cell in bad.by_name.items():
            self.taking.refuse(name, Fault(cell.column, cell.code, cell.text, cell.remedy))
            self.refused.add(name)

    def _lives(self, *_: object) -> None:
        """Say now and then that this run lives."""
        now = self.clock()
        if now >= self._renew_at:
            self._renew_at = now + RENEWED_EVERY
            self.database.write(lambda tx: mirror.renew(tx, self.taking.run, now))

    def _finished(self) -> Mirrored:
        """Note what is in the book now, what is not, and last of all how far the system was read."""
        taking, ends, source = self.taking, self.ends, self.row.source
        refused = self.refused | keep_stock(taking, ends.stock)
        gone = [name for name in (*ends.facts, *ends.stock) if name not in refused]
        for names in _portions(gone):
            self.database.write(lambda tx, names=names: mirror.forget(tx, source, names))  # type: ignore[misc]
        for names in _portions(sorted(refused)):
            self.database.write(lambda tx, names=names: mirror.distrust(tx, source, names))  # type: ignore[misc]
        open_before = mirror.problems(self.database.read().connection, source)
        solved = [one.name for one in open_before if one.name not in taking.problems and self._is_solved(one)]
        row = self._row_after(gone)

        def write(tx: Connection) -> int:
            mirror.settle_problems(tx, source, solved, list(taking.problems.values()))
            mirror.finished(tx, row)
            return mirror.count_problems(tx, source)

        problems = self.database.write(write)
        return Mirrored(
            self.since is None, row.revision or 0, taking.read, self.changed, len(gone), problems, ends.to_confirm
        )  # fmt: skip

    def _row_after(self, gone: Sequence[str]) -> SourceRow:
        before, taking, complete = self.row, self.taking, self.taking.complete
        held = self.ends.held if complete else Counter(_counts(before.held)) + taking.new
        held = held - Counter(name.partition(SEPARATOR)[0] for name in gone)
        return before._replace(
            cursor=taking.cursor if taking.pages else before.cursor,
            kept_at=before.begun_at,
            full_at=before.begun_at if complete else before.full_at,
            to_confirm=_json(self.ends.to_confirm) if complete or self.ends.to_confirm else before.to_confirm,
            revision=self.database.read().revision,
            records_read=taking.read,
            changed=self.changed,
            ended=len(gone),
            held=_json(held),
        )

    def _is_solved(self, problem: ProblemRow) -> bool:
        """Whether a problem of before, which did not come again, is over: the system told it anew, or all there is."""
        kind, _, code = problem.name.partition(SEPARATOR)
        return problem.said is not None or self.taking.complete or self.taking.has_seen(kind, code)


def _portions(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), NAMES_AT_ONCE):
        yield names[start : start + NAMES_AT_ONCE]


def _json(said: Mapping[str, Any]) -> str:
    return msgspec.json.encode(said).decode()


def _counts(said: str | None) -> dict[str, int]:
    return msgspec.json.decode(said, type=dict[str, int]) if said is not None else {}
