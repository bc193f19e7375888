"""An order is handed over to the management system: each step is committed, then carried out, as core.handover says."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from listino.core import handover
from listino.core.breaker import answered, called, failed
from listino.core.errors import ErpSaidNo, OutcomeUnknown, Unavailable
from listino.core.handover import (
    Answered,
    Claimed,
    Counting,
    Looked,
    LookFailed,
    NoAnswer,
    NotDone,
    Released,
    SaidNo,
)
from listino.core.handover_state import (
    START_WITHIN,
    ByHolder,
    Command,
    Handover,
    Outcome,
    Parked,
    Step,
)
from listino.db import handover as kept
from listino.db import orders, tasks
from listino.db.engine import Connection
from listino.db.handover import Underway
from listino.db.orders import OrderRead
from listino.db.tables_work import ERP_TARGET
from listino.db.tasks import Task
from listino.flows.cancelling import cancel_there
from listino.flows.handover_history import note
from listino.flows.outside import Work, terms_of
from listino.flows.placing import order_to_place
from listino.flows.stored_orders import order_of
from listino.ports import MakesCustomers, OrderToPlace

NO_CUSTOMER = Parked(
    "no_customer",
    "The buyer has no customer code, and this management system makes no customers from here.",
    "Find or make the customer there and name its code when the order is released; or enter the order by hand and "
    "mark it as placed.",
)
_UNCHANGED = frozenset([Outcome.STALE, Outcome.OUT_OF_TURN])


@dataclass(frozen=True, slots=True)
class Heard:
    """What the worker met: the event, what went wrong in words, and whether the management system was asked."""

    event: ByHolder
    failure: str | None = None
    asked: bool = True


@dataclass(frozen=True, slots=True)
class OrderClaim:
    """An order that this worker holds, with what is to be done first.

    Units:   counted_s: before the try was counted, by the clock that is never set.
    """

    order: Underway
    step: Step
    counted_s: float


def claimed(tx: Connection, work: Work, task: Task, at: datetime, counted_s: float) -> OrderClaim | None:
    """Claim an order that is due, its first try counted at once. Joins the caller's transaction.

    None where nothing is to be carried out.
    """
    order = kept.read(tx, task.subject)
    if order is None:
        return None
    terms = terms_of(work.erp)
    step = handover.step(order.state, Claimed(at), terms)
    if step.outcome is Outcome.NOT_DUE:  # The order is settled, so its task is too.
        kept.keep(tx, order, replace(order.state, due_at=None, lease_until=None), kept.Event(at))
        return None
    if step.command is Command.COUNT and order.customer is not None:
        step = handover.step(step.state, Counting(step.state.fence, at), terms)
    elif step.command is Command.COUNT and not isinstance(work.erp, MakesCustomers):
        step = handover.step(step.state, SaidNo(step.state.fence, at, NO_CUSTOMER), terms)
    kept.keep(tx, order, step.state, kept.Event(at, holder=work.holder))
    note(tx, order, step, at, work.erp.traits.name)
    return OrderClaim(order, step, counted_s) if step.command is not None else None


def handed_over(work: Work, claim: OrderClaim) -> None:
    """Carry out what is to be done with a claimed order, step by step, until nothing is left to do now."""
    step, order = claim.step, claim.order
    under_way = _UnderWay(work, order, step.state.fence, claim.counted_s)
    while step.command not in {None, Command.CANCEL_THERE}:
        step = work.database.write(_advance(work, order.id, under_way.carried_out(step)))


class _UnderWay:
    """An order in a worker's hands, between the commits."""

    def __init__(self, work: Work, order: Underway, fence: int, counted_s: float) -> None:
        self.counted_s = counted_s
        self._work = work
        self._order = order
        self._fence = fence
        self._customer: str | None = None
        self._placeable: OrderToPlace | None = None

    def carried_out(self, step: Step) -> Heard:
        """Do what a step commands, and say what came of it."""
        work = self._work
        if step.command is Command.SEND:
            return self._sent()
        if work.stopping():
            return Heard(Released(self._fence, work.clock()), asked=False)
        if step.state.handover is Handover.ACCEPTED:
            trouble = self._prepared()
            if trouble is not None:
                return trouble
        if step.command is Command.COUNT:
            self.counted_s = work.seconds()
            return Heard(Counting(self._fence, work.clock()), asked=False)
        began_at = work.clock()
        try:
            found = work.erp.find_order(self._order.key)
        except (Unavailable, OutcomeUnknown, ErpSaidNo) as error:
            return Heard(LookFailed(self._fence, work.clock(), work.jitter()), error.detail)
        except Exception as error:  # What a connector makes of this order is no reason for others to wait.
            work.report(f"find_order {self._order.key}", error)
            event = LookFailed(self._fence, work.clock(), work.jitter(), alone=True)
            return Heard(event, f"{type(error).__name__}: {error}", asked=False)
        numbers = tuple(one.number for one in found)
        self.counted_s = work.seconds()  # Where it is not there, the look counts the next try.
        return Heard(Looked(self._fence, work.clock(), work.jitter(), began_at, work.steady_since(), numbers))

    def _prepared(self) -> Heard | None:
        """Make ready what is to be sent, before a try is counted; None where it is."""
        work, order = self._work, self._order
        try:
            if order.customer is None and self._customer is None:
                self._customer = self._found_customer()
            self._build()
        except Unavailable as error:
            return Heard(NotDone(self._fence, work.clock(), work.jitter()), error.detail)
        except OutcomeUnknown as error:
            return Heard(NotDone(self._fence, work.clock(), work.jitter()), error.detail)
        except ErpSaidNo as error:
            return Heard(SaidNo(self._fence, work.clock(), _parked(error)))
        except Exception as error:
            return self._failed_here(error)
        return None

    def _found_customer(self) -> str:
        buyer = order_of(self._read()).buyer
        if buyer is None or not isinstance(self._work.erp, MakesCustomers):
            raise ErpSaidNo(NO_CUSTOMER.reason, NO_CUSTOMER.text, NO_CUSTOMER.remedy)
        return self._work.erp.find_or_create_customer(buyer, self._order.key)

    def _read(self) -> OrderRead:
        found = orders.read(self._work.database.read().connection, self._order.id)
        assert found is not None
        return found

    def _build(self) -> OrderToPlace:
        if self._placeable is None:
            self._placeable = order_to_place(self._read(), self._customer)
        return self._placeable

    def _sent(self) -> Heard:
        """Send an order whose try is on disk, if it can still begin in time."""
        work, fence = self._work, self._fence
        try:
            order = self._build()
        except Exception as error:
            return self._failed_here(error)
        if work.seconds() - self.counted_s > START_WITHIN.total_seconds():
            text = "It could not be sent in time after its try was counted."
            return Heard(NotDone(fence, work.clock(), work.jitter()), text, asked=False)
        try:
            answer = work.erp.place_order(order)
        except Unavailable as error:
            return Heard(NotDone(fence, work.clock(), work.jitter()), error.detail)
        except ErpSaidNo as error:
            return Heard(SaidNo(fence, work.clock(), _parked(error)))
        except OutcomeUnknown as error:
            return Heard(NoAnswer(fence, work.clock(), work.jitter()), error.detail)
        except Exception as error:  # A connector that fails otherwise may have sent it.
            work.report(f"place_order {self._order.key}", error)
            return Heard(NoAnswer(fence, work.clock(), work.jitter()), f"{type(error).__name__}: {error}")
        return Heard(Answered(fence, work.clock(), answer.number))

    def _failed_here(self, error: Exception) -> Heard:
        """Our own fault, before anything was sent: the order waits, and others go on."""
        self._work.report(f"place_order {self._order.key}", error)
        event = NotDone(self._fence, self._work.clock(), self._work.jitter(), alone=True)
        return Heard(event, f"{type(error).__name__}: {error}", asked=False)


def _parked(error: ErpSaidNo) -> Parked:
    remedy = error.remedy or "Correct it in the management system or in the order; then retry it."
    return Parked(error.code, error.detail, remedy)


def _advance(work: Work, order_id: str, heard: Heard) -> Callable[[Connection], Step]:
    """What the worker met, taken in by one transaction."""

    def write(tx: Connection) -> Step:
        order = kept.read(tx, order_id)
        assert order is not None
        event, (target, _) = heard.event, tasks.target(tx, ERP_TARGET)
        if isinstance(event, NotDone | Looked | LookFailed) and not event.alone:
            others = target.ok_at is not None and order.failed_at is not None and target.ok_at > order.failed_at
            # By its failures alone it is not the reason: a system may answer whoever asks, and take nothing.
            event = replace(event, alone=others)
        step = handover.step(order.state, event, terms_of(work.erp))
        if step.outcome in _UNCHANGED:
            return step
        kept.keep(tx, order, step.state, kept.Event(event.at, failure=heard.failure))
        cancel_there(tx, order_id, step, event.at)
        note(tx, order, step, event.at, work.erp.traits.name, heard.failure)
        if heard.asked:
            _fared(tx, heard, event)
        if isinstance(event, Looked) and step.command is Command.SEND:
            target, _ = tasks.target(tx, ERP_TARGET)  # A second call for one claim.
            tasks.keep_target(tx, called(target, event.at, work.erp.traits.calls_per_minute))
        return step

    return write


def _fared(tx: Connection, heard: Heard, event: ByHolder) -> None:
    """Tell the breaker whether the management system answered; an order that fails by itself says nothing of it."""
    target, _ = tasks.target(tx, ERP_TARGET)
    if heard.failure is None:
        if target.failures:
            tasks.hasten_failed(tx, ERP_TARGET, event.at)
        tasks.keep_target(tx, answered(target, event.at, took=isinstance(event, Answered)))
    elif not (isinstance(event, NotDone | LookFailed) and event.alone):
        tasks.keep_target(tx, failed(target, event.at, heard.failure))
