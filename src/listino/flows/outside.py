"""What a task is carried out with: the database, the systems outside, clocks and chance; and what it may end with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from listino.core.alerts import USUAL, Patience
from listino.core.breaker import called
from listino.core.handover_state import Terms
from listino.db import tasks
from listino.db.engine import Connection, Database
from listino.db.tasks import Task
from listino.flows.mirror_plan import AS_USUAL, Plan
from listino.ports import Clock, Erp, Http, Mail

STATES_EVERY = timedelta(seconds=30)
# For so long a task is its worker's alone; one that takes longer extends its lease.
LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Outside:
    """The systems that this installation is connected with, and after how long people are told of trouble.

    Shapes:  hands_over: orders go to the management system; else nothing is written into it. states_every: how
             often it is asked which orders changed there. http: for addresses that others named, as webhooks'; a
             connector has one of its own.
    """

    erp: Erp | None = None
    hands_over: bool = True
    states_every: timedelta = STATES_EVERY
    http: Http | None = None
    mail: Mail | None = None
    patience: Patience = USUAL
    mirror: Plan = AS_USUAL


@dataclass(frozen=True, slots=True)
class Work:
    """With what a worker carries out tasks.

    Units:   seconds: a clock that is never set, for what passes within this process; steady_since: since when
             the other clock has run evenly with it; jitter: a chance of 0 to 999.
    Shapes:  holder: the worker's own name; report: where what nobody expected is told; stopping: whether the
             worker was told to stop.
    """

    database: Database
    outside: Outside
    clock: Clock
    seconds: Callable[[], float]
    steady_since: Callable[[], datetime]
    jitter: Callable[[], int]
    holder: str
    report: Callable[[str, Exception], None]
    stopping: Callable[[], bool] = lambda: False

    @property
    def erp(self) -> Erp:
        """The management system; tasks that need it are claimed only where there is one."""
        assert self.outside.erp is not None
        return self.outside.erp


class After(Enum):
    """What becomes of a task that was carried out."""

    DONE = "done"
    SETTLED = "settled"  # Its own transactions have said so already.
    UNASKED = "unasked"  # They have; and its system was not asked, so that nothing is known of how that fares.


# Carries a task out. Returns what becomes of it, or the instant at which it is due again. Errors: Unavailable and
# OutcomeUnknown put it off with a growing pause, ErpSaidNo parks it.
Runner = Callable[[Work, Task], After | datetime]


def rests(work: Work, task: Task, again_at: datetime | None) -> After:
    """Put a task off, or (None) end it, for which its system was not asked."""
    work.database.write(lambda tx: tasks.finish(tx, task) if again_at is None else tasks.put_off(tx, task, again_at))
    return After.UNASKED


def going_on(tx: Connection, work: Work, task: Task, calls: int) -> bool:
    """Keep a task of the management system for as long again, and count further calls; False where somebody else has
    taken it over. Joins the caller's transaction."""
    at = work.clock()
    if not tasks.extend(tx, task, at + LEASE):
        return False
    target, _ = tasks.target(tx, task.target)
    tasks.keep_target(tx, called(target, at, work.erp.traits.calls_per_minute, calls))
    return True


def terms_of(erp: Erp) -> Terms:
    """What the protocol of handing over must know of a management system."""
    traits = erp.traits
    return Terms(traits.duplicates, traits.deadline, traits.settling)
