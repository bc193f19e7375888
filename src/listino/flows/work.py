"""What is due is done: tasks are claimed for a worker, and carried out by the runner of their kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from listino.core.breaker import Target, allowed, answered, called, failed, unused
from listino.core.errors import ErpSaidNo, OutcomeUnknown, Unavailable
from listino.core.pauses import pause
from listino.db import tasks
from listino.db.engine import Connection
from listino.db.tables_work import ERP_TARGET
from listino.db.tasks import PLACE_ORDER, Due, Task
from listino.flows import deliver, drift, event_handover, handover, mirroring, order_states, reconcile, telling
from listino.flows.handover import OrderClaim
from listino.flows.outside import LEASE, After, Runner
from listino.flows.outside import Work as Work
from listino.ports import AsksPrices

# How fast systems other than the management system may be called, which declares its own rate.
CALLS_PER_MINUTE = 6_000
# What our own database says when it is the reason: the other system is well.
OUR_TROUBLES = frozenset(["busy", "database_lost", "database_failed", "disk_full", "mirror_under_way"])
# A target of our own: work that calls nobody.
OWN_TARGET = "listino"
FORGET_DONE_AFTER = timedelta(days=30)
FORGET_AT_ONCE_MAX = 500
FORGET_EVERY = timedelta(hours=1)
FORGET_DONE = "forget_done"


@dataclass(frozen=True, slots=True)
class Claim:
    """A task that this worker holds; for an order, with what is to be done first."""

    task: Task
    order: OrderClaim | None = None


def begun(work: Work) -> None:
    """Have the systems known that something may be due with, and what is done again and again begun."""
    targets = [OWN_TARGET]
    own = (FORGET_DONE, telling.PRICE_EVENTS, telling.ALERTS)
    due = [Due(kind, OWN_TARGET, "", work.clock()) for kind in own]
    if work.outside.erp is not None:
        targets.append(ERP_TARGET)
        due.append(Due(order_states.ORDER_STATES, ERP_TARGET, "", work.clock()))
        due.append(Due(reconcile.RECONCILE, ERP_TARGET, "", work.clock()))
        if isinstance(work.outside.erp, AsksPrices):
            due.append(Due(drift.DRIFT, ERP_TARGET, "", work.clock()))
        if work.outside.mirror.every:
            due.append(Due(mirroring.MIRROR, ERP_TARGET, "", work.clock()))

    def write(tx: Connection) -> None:
        for name in targets:
            tasks.know_target(tx, name)
        tasks.enqueue(tx, due)

    work.database.write(write)


def is_due(work: Work) -> bool:
    """Whether anything is due: a cheap look."""
    return bool(tasks.targets_due(work.database.read().connection, work.clock()))


def claimed(work: Work, room: Callable[[str], int]) -> list[Claim]:
    """Tasks that this worker may carry out now, and nobody else.

    Shapes:  room: how many calls more a system may be sent now.
    """
    counted_s = work.seconds()
    names = tasks.targets_due(work.database.read().connection, work.clock())
    rooms = {name: left for name in names if (left := room(name)) > 0}
    if not rooms:
        return []
    claims: list[Claim] = work.database.write(lambda tx: _claimed(tx, work, rooms, counted_s))
    return claims


def _claimed(tx: Connection, work: Work, rooms: Mapping[str, int], counted_s: float) -> list[Claim]:
    at, claims = work.clock(), []
    for name, room in rooms.items():
        if name == ERP_TARGET and work.outside.erp is None:
            continue
        target, paused = tasks.target(tx, name)
        calls = allowed(target, at, _pace(work, name), room)
        if calls <= 0:
            continue
        reads_only = paused or (name == ERP_TARGET and not work.outside.hands_over)
        found = tasks.due(tx, name, at, calls, probe=target.is_open, paused=reads_only)
        if not found:
            continue
        tasks.keep_target(tx, called(target, at, _pace(work, name), len(found)))
        for task in found:
            claim = _leased(tx, work, task, at, counted_s)
            claims += [claim] if claim is not None else []
    return claims


def _pace(work: Work, target: str) -> int:
    return work.erp.traits.calls_per_minute if target == ERP_TARGET else CALLS_PER_MINUTE


def _leased(tx: Connection, work: Work, task: Task, at: datetime, counted_s: float) -> Claim | None:
    if task.kind != PLACE_ORDER:
        return Claim(tasks.lease(tx, task, work.holder, at + LEASE))
    order = handover.claimed(tx, work, task, at, counted_s)
    return Claim(task, order) if order is not None else None


def carried_out(work: Work, claim: Claim) -> None:
    """Carry a claimed task out, and write down what became of it. Whatever goes wrong, no other task is hindered."""
    try:
        if claim.order is not None:
            handover.handed_over(work, claim.order)
            return
        runner = RUNNERS.get(claim.task.kind)
        if runner is None:  # Of a version that is newer than this one.
            work.database.write(_put_off(work, claim.task, "This version cannot carry it out.", of_target=False))
            return
        _ended(work, claim.task, runner(work, claim.task))
    except (Unavailable, OutcomeUnknown) as error:
        ours = isinstance(error, Unavailable) and error.code in OUR_TROUBLES
        work.database.write(_put_off(work, claim.task, error.detail, of_target=not ours))
    except ErpSaidNo as error:
        if not claim.task.subject:  # What is done again and again goes on, whatever it met once.
            work.report(f"{claim.task.kind} was refused", error)
            work.database.write(_put_off(work, claim.task, error.detail, of_target=False))
            return
        remedy = error.remedy or "Settle it there, then have it tried again."
        work.database.write(partial(_parked, task=claim.task, error=error, remedy=remedy))
    except Exception as error:
        work.report(f"{claim.task.kind} {claim.task.subject}", error)
        text = f"{type(error).__name__}: {error}"
        work.database.write(_put_off(work, claim.task, text, of_target=False))


def _parked(tx: Connection, task: Task, error: ErpSaidNo, remedy: str) -> None:
    tasks.park(tx, task, error.code, error.detail, remedy)


def _ended(work: Work, task: Task, after: After | datetime) -> None:
    if after is After.SETTLED:
        return

    def write(tx: Connection) -> None:
        if after is After.UNASKED:
            target, _ = tasks.target(tx, task.target)
            tasks.keep_target(tx, unused(target, _pace(work, task.target), work.clock()))
            return
        held = tasks.finish(tx, task) if isinstance(after, After) else tasks.put_off(tx, task, after)
        if held and task.target != OWN_TARGET:
            target, _ = tasks.target(tx, task.target)
            if target.failures:
                tasks.hasten_failed(tx, task.target, work.clock())
            tasks.keep_target(tx, answered(target, work.clock(), took=False))

    work.database.write(write)


def _put_off(work: Work, task: Task, text: str, *, of_target: bool) -> Callable[[Connection], None]:
    """A task that did not go is tried again after a growing pause; its system's breaker is told, if it was that."""

    def write(tx: Connection) -> None:
        at, jitter = work.clock(), work.jitter()
        held = tasks.put_off(tx, task, at + pause(task.failures + 1, jitter), text)
        target, _ = tasks.target(tx, task.target)
        if held and of_target and task.target != OWN_TARGET and not _fails_alone(task, target):
            tasks.keep_target(tx, failed(target, at, text))

    return write


def _fails_alone(task: Task, target: Target) -> bool:
    """Whether a system answered others since this task failed last."""
    return task.failures > 0 and target.failures == 0


def _forgotten(work: Work, _: Task) -> datetime:
    """Tasks that were done long ago are forgotten, some at once."""
    at = work.clock()
    before = at - FORGET_DONE_AFTER
    forgotten = work.database.write(lambda tx: tasks.forget_done(tx, before, FORGET_AT_ONCE_MAX))
    return at if forgotten == FORGET_AT_ONCE_MAX else at + FORGET_EVERY


# Who is to do what: a kind of task is a runner, and a line here.
RUNNERS: Mapping[str, Runner] = {
    order_states.ORDER_STATES: order_states.run,
    reconcile.RECONCILE: reconcile.run,
    drift.DRIFT: drift.run,
    tasks.ORDER_EVENT: event_handover.run,
    mirroring.MIRROR: mirroring.run,
    FORGET_DONE: _forgotten,
    deliver.DELIVER: deliver.delivered,
    telling.PRICE_EVENTS: telling.prices,
    telling.ALERTS: telling.look_for_alerts,
    telling.LETTER: telling.send_letter,
}
