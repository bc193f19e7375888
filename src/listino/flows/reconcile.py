"""Both sides of orders are held against each other: what is missing, double or different is listed, and mended."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from listino.core.errors import Conflict, Unavailable
from listino.core.handover import Duplicates, MarkedPlaced, Missing, Restored
from listino.core.handover_state import Terms
from listino.core.money import plain
from listino.core.reconciliation import LEFT, Difference, Ours, Theirs, alive, compared
from listino.db import reconciliation, tasks
from listino.db.engine import Connection, Database
from listino.db.order_life import StepRow, add_steps
from listino.db.reconciliation import Finding as Finding
from listino.db.reconciliation import Run as Run
from listino.db.reconciliation import last as last_run
from listino.db.snapshot import stamp
from listino.db.tables_work import DOUBTED, ERP_TARGET, RESTORED
from listino.db.tables_work import RECONCILE as RECONCILE
from listino.db.tasks import Task
from listino.flows.handover_decisions import decided
from listino.flows.outside import LEASE, After, Work, rests
from listino.ports import Clock, Erp

ACTOR = "reconciliation"
# Of what seems to be missing, so many orders are looked for once more by key before they are called so.
LOOKED_FOR_MAX = 1_000
# So many findings are kept; what lies beyond is counted.
FINDINGS_MAX = 10_000
# More missing orders than this, and than a hundredth of all, are more likely an archive or a wrong database.
MISSING_MAX = 10
EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Repair:
    """Whether what is missing is to be handed over again, and whether a person has confirmed it, however much."""

    wanted: bool = False
    confirmed: bool = False


ONLY_LOOK = Repair()


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The outcome of a comparison: how many orders were compared, and what is not the same on both sides.

    Shapes:  resumed: the pause after a restore is over; resumes_at: it is not before then, by another comparison.
    """

    compared: int
    documents: int
    findings: tuple[Finding, ...]
    resumed: bool
    resumes_at: datetime | None = None
    held_back: int = 0

    @property
    def open(self) -> tuple[Finding, ...]:
        """What a person has still to settle."""
        return tuple(finding for finding in self.findings if not finding.repaired)


def reconciled(
    database: Database,
    erp: Erp,
    clock: Clock,
    *,
    repair: Repair = ONLY_LOOK,
    going_on: Callable[[], None] = lambda: None,
) -> Reconciled:
    """Hold all orders against what the ERP holds under our keys; with `repair` what is missing there is sent again.

    What stands there and was not yet marked as placed is marked, always: that is knowledge alone. After a restore
    this ends the pause in which nothing is sent, once all that was sent before it has come to its end. `going_on` is
    called now and then, and may end the run by an error.
    Errors:  those of the ERP's verbs; nothing is called missing then.
    """
    paused = tasks.paused(database.read().connection, ERP_TARGET)
    if paused == RESTORED:
        _doubt_all(database, erp, clock)
        database.write(lambda tx: tasks.pause_target(tx, ERP_TARGET, DOUBTED))
    began_at = clock()
    outcome = _Comparison(database, erp, clock, going_on, repair=repair).carried_out()
    if paused not in {RESTORED, DOUBTED}:
        return outcome
    ended_at = _ended_at(database, erp)
    if ended_at is not None and began_at < ended_at:
        return replace(outcome, resumes_at=ended_at)
    database.write(lambda tx: tasks.pause_target(tx, ERP_TARGET, None))
    return replace(outcome, resumed=True)


def _ended_at(database: Database, erp: Erp) -> datetime | None:
    """When what was sent before the restore, and lost by it, can no longer take effect."""
    restored_at = reconciliation.restored_at(database.read().connection)
    return None if restored_at is None else restored_at + terms_of(erp).doubt


def _doubt_all(database: Database, erp: Erp, clock: Clock) -> None:
    """After a restore nobody knows what was sent: every order that is not placed is looked for before it goes."""
    terms, after = terms_of(erp), ""
    while ids := reconciliation.open_orders(database.read().connection, after):

        def doubt(tx: Connection, ids: list[str] = ids) -> None:
            for order_id in ids:
                decided(tx, order_id, Restored(clock()), clock(), terms)

        database.write(doubt)
        after = ids[-1]


def terms_of(erp: Erp) -> Terms:
    """What the hand-over must know of an ERP."""
    traits = erp.traits
    return Terms(traits.duplicates, traits.deadline, traits.settling)


def run(work: Work, task: Task) -> After | datetime:
    """Compare both sides once a day; and at once where a restore waits for it."""

    def going_on() -> None:
        until = work.clock() + LEASE
        if not work.database.write(lambda tx: tasks.extend(tx, task, until)):
            raise Unavailable("Somebody else compares both sides now.")

    outcome = reconciled(work.database, work.erp, work.clock, going_on=going_on)
    again_at = outcome.resumes_at or work.clock() + EVERY
    return rests(work, task, again_at) if work.erp.traits.duplicates is Duplicates.BY_HAND else again_at


class _Comparison:
    """One comparison on its way."""

    def __init__(
        self, database: Database, erp: Erp, clock: Clock, going_on: Callable[[], None], *, repair: Repair
    ) -> None:
        self.database, self.erp, self.clock, self.repair = database, erp, clock, repair
        self.going_on = going_on
        self.looked_for = 0
        self.findings: list[Finding] = []
        # By id of what may be handed over again, its place among the findings.
        self.missing: dict[str, int] = {}
        self.held_back = 0
        # By difference what a person has to settle; under None what was mended.
        self.counts: Counter[Difference | None] = Counter()

    def carried_out(self) -> Reconciled:
        """Ask for all documents, compare page by page, and keep what came of it."""
        began_at = stamp(self.clock())
        run: int = self.database.write(partial(reconciliation.begin, at=began_at))
        documents = 0
        searchable = self.erp.traits.duplicates is not Duplicates.BY_HAND
        for page in self.erp.order_states(None) if searchable else ():
            self.going_on()
            self.database.write(partial(reconciliation.note_theirs, run=run, orders=page.orders))
            documents += len(page.orders)
        count = 0
        for found in self._pages(run) if searchable else ():
            count += len(found)
            self.going_on()
            self.database.write(partial(reconciliation.match, run=run, pairs=[(key, one.id) for key, one, _ in found]))
            for key, ours, theirs in found:
                self._look(key, ours, theirs)
        for key, theirs in reconciliation.unknown(self.database.read().connection, run):
            self._look(key, None, theirs)
        if self.repair.wanted:
            self._repair(count)
        self._keep(run, count, documents)
        return Reconciled(count, documents, tuple(self.findings), False, held_back=self.held_back)

    def _pages(self, run: int) -> Iterator[list[tuple[str, Ours, tuple[Theirs, ...]]]]:
        after = ""
        while found := reconciliation.side_by_side(self.database.read().connection, run, after):
            yield found
            after = found[-1][1].id

    def _look(self, key: str, ours: Ours | None, theirs: tuple[Theirs, ...]) -> None:
        difference, looked = compared(ours, theirs), False
        if difference is Difference.MISSING and self.looked_for < LOOKED_FOR_MAX:
            # It may have been placed while the list was read.
            self.looked_for, looked = self.looked_for + 1, True
            self.going_on()
            theirs = tuple(Theirs(one.number, one.gross, one.life) for one in self.erp.find_order(key))
            difference = compared(ours, theirs)
        if difference is None:
            return
        finding = Finding(difference, key, ours.id if ours else None, _our_text(ours), _their_text(theirs))
        if ours is not None and difference is Difference.UNMARKED:
            finding = replace(finding, repaired=self._mark(ours, theirs))
        elif ours is not None and difference is Difference.MISSING and not looked:
            # So many at once are a fault of the list: nothing is handed over again on its word alone.
            finding = replace(finding, theirs="not in the list, not looked for by its key")
        elif ours is not None and difference is Difference.MISSING and ours.life not in LEFT:
            self.missing[ours.id] = len(self.findings)
        self.counts[difference if not finding.repaired else None] += 1
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(finding)

    def _repair(self, count: int) -> None:
        """Have what is missing handed over again; not so much at once, unless a person has confirmed it."""
        if len(self.missing) > max(MISSING_MAX, count // 100) and not self.repair.confirmed:
            self.held_back = len(self.missing)
            return
        for order_id, place in self.missing.items():
            if self._reopen(order_id) and place < len(self.findings):
                self.counts[Difference.MISSING] -= 1
                self.counts[None] += 1
                self.findings[place] = replace(self.findings[place], repaired=True)

    def _mark(self, ours: Ours, theirs: tuple[Theirs, ...]) -> bool:
        """Mark an order as placed that stands in the ERP."""
        now, number = self.clock(), alive(theirs)[0].number
        text = f"The management system holds it as {number}."
        event = MarkedPlaced(now, number)
        return self._decide(ours.id, event, text)

    def _reopen(self, order_id: str) -> bool:
        """Have an order handed over again that the ERP does not hold."""
        return self._decide(
            order_id, Missing(self.clock()), "The management system does not hold it: handed over again."
        )

    def _decide(self, order_id: str, event: MarkedPlaced | Missing, text: str) -> bool:
        def write(tx: Connection) -> None:
            step = decided(tx, order_id, event, event.at, terms_of(self.erp))
            add_steps(tx, order_id, [StepRow(step.state.handover.value, stamp(event.at), ACTOR, text)])

        try:
            self.database.write(write)
        except Conflict:
            return False  # A worker or a person was quicker; the next comparison tells.
        return True

    def _keep(self, run: int, count: int, documents: int) -> None:
        at = stamp(self.clock())
        figures = {"orders": count, "documents": documents, "repaired": self.counts[None]}
        figures |= {difference.value: self.counts[difference] for difference in Difference}

        def write(tx: Connection) -> None:
            for finding in self.findings:
                reconciliation.note(tx, run, finding, at if finding.repaired else None)
            reconciliation.end(tx, run, at, figures)

        self.database.write(write)


def _our_text(ours: Ours | None) -> str | None:
    return None if ours is None else f"{ours.handover}, {plain(ours.gross, 2)} {ours.currency}"


def _their_text(theirs: tuple[Theirs, ...]) -> str | None:
    told = [
        " ".join(part for part in (one.number, None if one.gross is None else plain(one.gross, 2), one.life) if part)
        for one in theirs
    ]
    return ", ".join(told) or None


def last(database: Database) -> Run | None:
    """The last comparison that ended, with what it found; None before the first."""
    return last_run(database.read().connection)
