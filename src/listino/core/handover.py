"""The hand-over of an order to a management system (ERP): a pure state machine, (state, event) -> (state, command).

The runtime and the simulator run this code. A step is worked out, and its state kept, within one transaction; its
command is carried out after that has been committed, and ends in the next event. Why it is safe:
a try is counted (in doubt) before it is sent; while in doubt nothing is sent, only looked for; only a look that began
after the try can no longer take effect ends the doubt; and what an older lease tells changes nothing.
"""

from dataclasses import replace
from datetime import datetime

from listino.core.handover_state import Answered as Answered
from listino.core.handover_state import (
    ByHolder,
    Command,
    Event,
    Handover,
    Outcome,
    Parked,
    State,
    Step,
    Terms,
)
from listino.core.handover_state import Cancelled as Cancelled
from listino.core.handover_state import Claimed as Claimed
from listino.core.handover_state import Counting as Counting
from listino.core.handover_state import Dropped as Dropped
from listino.core.handover_state import Duplicates as Duplicates
from listino.core.handover_state import HeldBack as HeldBack
from listino.core.handover_state import LetGo as LetGo
from listino.core.handover_state import Looked as Looked
from listino.core.handover_state import LookFailed as LookFailed
from listino.core.handover_state import MarkedPlaced as MarkedPlaced
from listino.core.handover_state import Missing as Missing
from listino.core.handover_state import NoAnswer as NoAnswer
from listino.core.handover_state import NotDone as NotDone
from listino.core.handover_state import Released as Released
from listino.core.handover_state import Restored as Restored
from listino.core.handover_state import Retried as Retried
from listino.core.handover_state import SaidNo as SaidNo
from listino.core.pauses import pause

# So often an order may fail while the ERP answers others; then a person must look at it.
FAULTS_MAX = 8
# Fences of a restored database begin so far above those of the time line that was lost.
FENCE_LEAP = 1_000_000

UNKNOWN_OUTCOME = Parked(
    "in_doubt",
    "The management system gave no clear answer and cannot be searched: the order may stand there or not.",
    "Look for the order there: mark it as placed with its number, or retry it if it is not there.",
)
SEVERAL_FOUND = Parked(
    "double",
    "The management system holds several orders under the key of this one.",
    "Cancel all but one there, then mark the order as placed with the number of that one.",
)
FAILS_ALONE = Parked(
    "fails_alone",
    "The order failed again and again while the management system answered otherwise.",
    "Find out in the management system what it does with this order; then retry it, or enter it by hand "
    "and mark it as placed.",
)
CANNOT_LOOK = Parked(
    "cannot_look",
    "The order could not be looked for while the management system answered otherwise: it may stand there or not.",
    "Look for the order there: mark it as placed with its number, or have what stops the search mended and retry it.",
)
# Reasons for which a parked order may stand in the ERP all the same.
DOUBTFUL = frozenset([UNKNOWN_OUTCOME.reason, SEVERAL_FOUND.reason, CANNOT_LOOK.reason])
_OPEN = frozenset([Handover.ACCEPTED, Handover.IN_DOUBT])


def step(state: State, event: Event, terms: Terms) -> Step:
    """What an event makes of an order, by name, and what is to be done then.

    Shapes:  an outcome STALE, OUT_OF_TURN or NOT_DUE leaves the state as it was.
    """
    if isinstance(event, ByHolder):
        if event.fence != state.fence or state.lease_until is None:
            return Step(state, Outcome.STALE)
        return _by_holder(state, event, terms)
    match event:
        case Claimed():
            return _claimed(state, event.at, terms)
        case Retried():
            return _retried(state, event.at)
        case Dropped():
            return _ended(state, Handover.DROPPED) if state.handover is Handover.PARKED else _out_of_turn(state)
        case MarkedPlaced():
            return _marked_placed(state, event.number)
        case Cancelled():
            return _cancelled(state)
        case HeldBack():
            return _held_back(state)
        case LetGo():
            return _let_go(state, event.at)
        case Missing():
            return _reopened(state, event.at)
        case Restored():
            return _restored(state, event.at, terms)


def _by_holder(state: State, event: ByHolder, terms: Terms) -> Step:
    """What the worker tells that holds the order."""
    accepted, sending = state.handover is Handover.ACCEPTED, state.sent_at is not None
    match event:
        case Counting() if accepted and not _looks_first(state, terms):
            return _counted(state, event.at, terms)
        case Answered() if sending:
            return _placed(state, event.number, Outcome.PLACED)
        case SaidNo() if accepted or sending:
            return _refused(state, event.why)
        case NotDone() if accepted or sending:
            return _not_done(state, event, Outcome.LATER)
        case NoAnswer() if sending:
            return _later(state, event.at, event.jitter, Outcome.IN_DOUBT)
        case Looked():
            return _looked(state, event, terms)
        case LookFailed():
            return _look_failed(state, event)
        case Released():
            # While in doubt, the next worker looks; it does not send.
            return Step(_at_rest(state, due_at=event.at), Outcome.RELEASED)
        case _:
            return _out_of_turn(state)


def _claimed(state: State, at: datetime, terms: Terms) -> Step:
    if state.handover not in _OPEN or state.due_at is None or state.due_at > at:
        return Step(state, Outcome.NOT_DUE)
    lease_until = at + terms.lease
    leased = replace(state, fence=state.fence + 1, lease_until=lease_until, due_at=lease_until, sent_at=None)
    if _looks_first(leased, terms):
        return Step(leased, Outcome.CLAIMED, Command.LOOK)
    if state.handover is Handover.ACCEPTED:
        return Step(leased, Outcome.CLAIMED, Command.COUNT)
    # In doubt, and the ERP cannot be searched: what may still take effect is waited for, then a person looks.
    if state.doubt_until is not None and at < state.doubt_until:
        return Step(_at_rest(leased, due_at=state.doubt_until), Outcome.IN_DOUBT)
    return _parked(leased, UNKNOWN_OUTCOME, Outcome.CANNOT_LOOK)


def _looks_first(state: State, terms: Terms) -> bool:
    """From the second try on, and while in doubt, the ERP is searched before anything is sent, if it can be."""
    may_be_there = state.handover is Handover.IN_DOUBT or state.tries > 0
    return may_be_there and terms.duplicates is not Duplicates.BY_HAND


def _counted(state: State, at: datetime, terms: Terms) -> Step:
    if state.cancel_wanted:
        return _ended(state, Handover.CANCELLED)
    lease_until = at + terms.lease
    counted = replace(
        state, handover=Handover.IN_DOUBT, tries=state.tries + 1, sent_at=at, doubt_until=at + terms.doubt,
        lease_until=lease_until, due_at=lease_until,
    )  # fmt: skip
    return Step(counted, Outcome.COUNTED, Command.SEND)


def _looked(state: State, event: Looked, terms: Terms) -> Step:
    if len(event.numbers) > 1:
        return _parked(state, SEVERAL_FOUND, Outcome.FOUND_SEVERAL)
    if event.numbers:
        return _placed(state, event.numbers[0], Outcome.FOUND)
    if state.handover is Handover.ACCEPTED:
        return _counted(state, event.at, terms)
    # The try may take effect until then, by the clock of this worker alone too: others may have been set meanwhile.
    over_at = max(state.doubt_until or event.began_at, event.steady_since + terms.doubt)
    if event.began_at < over_at:
        waiting = replace(state, failures=state.failures + 1)
        again_at = min(event.at + pause(waiting.failures, event.jitter), over_at)
        return Step(_at_rest(waiting, due_at=max(again_at, event.at)), Outcome.NOT_THERE_YET)
    # How often it was looked for says nothing of how soon it may be sent again.
    sure = replace(state, failures=state.tries - 1)
    return _not_done(sure, NotDone(event.fence, event.at, event.jitter, event.alone), Outcome.NOT_THERE)


def _look_failed(state: State, event: LookFailed) -> Step:
    """It stays what it was; in the end, if others can be looked for, a person must look."""
    failed = replace(state, faults=state.faults + event.alone)
    if event.alone and failed.faults >= FAULTS_MAX and event.at >= (state.doubt_until or event.at):
        return _parked(failed, CANNOT_LOOK, Outcome.CANNOT_LOOK)
    return _later(failed, event.at, event.jitter, Outcome.LATER)


def _not_done(state: State, event: NotDone, outcome: Outcome) -> Step:
    """It is surely not there: what was decided meanwhile counts now; else it is tried again."""
    faults = state.faults + event.alone
    sure = replace(state, handover=Handover.ACCEPTED, sent_at=None, doubt_until=None, faults=faults)
    if sure.cancel_wanted:
        return _ended(sure, Handover.CANCELLED)
    if faults >= FAULTS_MAX:
        return _parked(sure, FAILS_ALONE, Outcome.GIVEN_UP)
    return _later(sure, event.at, event.jitter, outcome)


def _later(state: State, at: datetime, jitter: int, outcome: Outcome) -> Step:
    """It is worked again after a pause; never, while it is held back and surely not there."""
    waiting = replace(state, failures=state.failures + 1)
    rests = waiting.held and waiting.handover is Handover.ACCEPTED
    return Step(_at_rest(waiting, due_at=None if rests else at + pause(waiting.failures, jitter)), outcome)


def _placed(state: State, number: str, outcome: Outcome) -> Step:
    placed = replace(_settled(state), handover=Handover.PLACED, erp_number=number)
    return Step(placed, outcome, Command.CANCEL_THERE if state.cancel_wanted else None)


def _refused(state: State, why: Parked) -> Step:
    """The ERP said no, so that it is surely not there."""
    return _ended(state, Handover.CANCELLED) if state.cancel_wanted else _parked(state, why, Outcome.REFUSED)


def _parked(state: State, why: Parked, outcome: Outcome) -> Step:
    return Step(replace(_settled(state), handover=Handover.PARKED, parked=why), outcome)


def _ended(state: State, handover: Handover) -> Step:
    """It is not handed over any more; whoever holds it has it no longer."""
    ended = replace(_settled(state), handover=handover, fence=state.fence + 1)
    return Step(ended, Outcome.DROPPED if handover is Handover.DROPPED else Outcome.CANCELLED)


def _retried(state: State, at: datetime) -> Step:
    if state.handover is Handover.PARKED:
        again = replace(state, handover=Handover.ACCEPTED, parked=None, faults=0, failures=0)
        return Step(replace(again, due_at=None if state.held else at), Outcome.RETRIED)
    if state.handover is Handover.ACCEPTED and not state.held and state.lease_until is None:
        return Step(replace(state, due_at=at), Outcome.RETRIED)
    return _out_of_turn(state)


def _marked_placed(state: State, number: str) -> Step:
    if state.handover not in {Handover.ACCEPTED, Handover.IN_DOUBT, Handover.PARKED}:
        return _out_of_turn(state)
    return _placed(replace(state, fence=state.fence + 1), number, Outcome.MARKED_PLACED)


def _cancelled(state: State) -> Step:
    if state.handover is Handover.ACCEPTED:
        return _ended(state, Handover.CANCELLED)
    if state.handover is Handover.PARKED and (state.parked is None or state.parked.reason not in DOUBTFUL):
        return _ended(state, Handover.CANCELLED)
    if state.handover in {Handover.IN_DOUBT, Handover.PARKED}:
        return Step(replace(state, cancel_wanted=True), Outcome.CANCEL_NOTED)
    return _out_of_turn(state)


def _held_back(state: State) -> Step:
    if state.handover is Handover.ACCEPTED:
        held = replace(state, held=True, fence=state.fence + 1)
        return Step(_at_rest(held, due_at=None), Outcome.HELD)
    if state.handover in {Handover.IN_DOUBT, Handover.PARKED}:
        return Step(replace(state, held=True), Outcome.HELD)
    return _out_of_turn(state)


def _let_go(state: State, at: datetime) -> Step:
    if state.handover not in {Handover.ACCEPTED, Handover.IN_DOUBT, Handover.PARKED}:
        return _out_of_turn(state)
    free = replace(state, held=False)
    due_at = at if free.handover is Handover.ACCEPTED and free.due_at is None else free.due_at
    return Step(replace(free, due_at=due_at), Outcome.LET_GO)


def _reopened(state: State, at: datetime) -> Step:
    """What was thought to be placed is sent again; by its tries the ERP is searched first."""
    if state.handover is not Handover.PLACED:
        return _out_of_turn(state)
    again = replace(state, handover=Handover.ACCEPTED, erp_number=None, due_at=at, faults=0, failures=0)
    return Step(replace(again, tries=max(1, state.tries), fence=state.fence + 1), Outcome.REOPENED)


def _restored(state: State, at: datetime, terms: Terms) -> Step:
    """What the backup has as accepted may have been sent since: it is in doubt, as after a lost answer."""
    leapt = replace(state, fence=state.fence + FENCE_LEAP, tries=max(1, state.tries))
    if state.handover not in _OPEN:
        return Step(leapt, Outcome.RESTORED)
    doubtful = replace(leapt, handover=Handover.IN_DOUBT, doubt_until=at + terms.doubt)
    return Step(_at_rest(doubtful, due_at=at), Outcome.RESTORED)


def _at_rest(state: State, *, due_at: datetime | None) -> State:
    """Nobody holds it; it is due again then."""
    return replace(state, lease_until=None, sent_at=None, due_at=due_at)


def _settled(state: State) -> State:
    """Nothing is due any more and nothing in doubt."""
    return replace(state, due_at=None, lease_until=None, sent_at=None, doubt_until=None, parked=None)


def _out_of_turn(state: State) -> Step:
    return Step(state, Outcome.OUT_OF_TURN)
