"""The hand-over: what each event makes of an order, and what can never happen however they are mixed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listino.core import handover as h
from listino.core.handover_state import Command, Event, Handover, Outcome, Parked, State, Step, Terms

AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=1)
S = timedelta(seconds=1)
TERMS = {kind: Terms(kind, 30 * S, 60 * S) for kind in h.Duplicates}
B, C = TERMS[h.Duplicates.CHECKED], TERMS[h.Duplicates.BY_HAND]
NO = Parked("unknown_item", "Item 4711 is not known.", "Enter it there.")


def walked(*events: Event, state: State | None = None, terms: Terms = B) -> Step:
    """What events make of an order, one after the other."""
    step = Step(state or State(due_at=AT), Outcome.LET_GO)
    for event in events:
        step = h.step(step.state, event, terms)
    return step


CLAIMED, COUNTING = h.Claimed(AT), h.Counting(1, AT)
SENT = (CLAIMED, COUNTING)
# After a worker that had sent was killed: its lease is over.
LATER = AT + B.lease
DOUBT_OVER = AT + B.doubt
TAKEN_OVER = (*SENT, h.Claimed(LATER))


def looked(fence: int, at: datetime, *numbers: str, steady_since: datetime = LONG_AGO) -> h.Looked:
    """A look that took no time."""
    return h.Looked(fence, at, 999, at, steady_since, numbers)


TABLE: list[tuple[tuple[Event, ...], Terms, Handover, Outcome, Command | None]] = [
    # The straight way.
    ((CLAIMED,), B, Handover.ACCEPTED, Outcome.CLAIMED, Command.COUNT),
    (SENT, B, Handover.IN_DOUBT, Outcome.COUNTED, Command.SEND),
    ((*SENT, h.Answered(1, AT, "S1")), B, Handover.PLACED, Outcome.PLACED, None),
    # Not due, or held by another.
    ((h.Claimed(AT - S),), B, Handover.ACCEPTED, Outcome.NOT_DUE, None),
    ((CLAIMED, CLAIMED), B, Handover.ACCEPTED, Outcome.NOT_DUE, None),
    # The ERP said no, or surely did nothing.
    ((*SENT, h.SaidNo(1, AT, NO)), B, Handover.PARKED, Outcome.REFUSED, None),
    ((CLAIMED, h.SaidNo(1, AT, NO)), B, Handover.PARKED, Outcome.REFUSED, None),
    ((*SENT, h.NotDone(1, AT, 999)), B, Handover.ACCEPTED, Outcome.LATER, None),
    # A second try looks first, where the ERP can be searched.
    ((*SENT, h.NotDone(1, AT, 0), h.Claimed(AT + S)), B, Handover.ACCEPTED, Outcome.CLAIMED, Command.LOOK),
    ((*SENT, h.NotDone(1, AT, 0), h.Claimed(AT + S)), C, Handover.ACCEPTED, Outcome.CLAIMED, Command.COUNT),
    (
        (*SENT, h.NotDone(1, AT, 0), h.Claimed(AT + S), h.Counting(2, AT + S)),
        B, Handover.ACCEPTED, Outcome.OUT_OF_TURN, None,
    ),
    (
        (*SENT, h.NotDone(1, AT, 0), h.Claimed(AT + S), looked(2, AT + S)),
        B, Handover.IN_DOUBT, Outcome.COUNTED, Command.SEND,
    ),
    (
        (*SENT, h.NotDone(1, AT, 0), h.Claimed(AT + S), looked(2, AT + S, "S1")),
        B, Handover.PLACED, Outcome.FOUND, None,
    ),
    # A lost answer: only looking, until the try can no longer take effect.
    ((*SENT, h.NoAnswer(1, AT, 0)), B, Handover.IN_DOUBT, Outcome.IN_DOUBT, None),
    ((*SENT, h.NoAnswer(1, AT, 0), h.Claimed(AT + S)), B, Handover.IN_DOUBT, Outcome.CLAIMED, Command.LOOK),
    (
        (*SENT, h.NoAnswer(1, AT, 0), h.Claimed(AT + S), looked(2, AT + S)),
        B, Handover.IN_DOUBT, Outcome.NOT_THERE_YET, None,
    ),
    (
        (*SENT, h.NoAnswer(1, AT, 0), h.Claimed(AT + S), looked(2, AT + S, "S1", "S2")),
        B, Handover.PARKED, Outcome.FOUND_SEVERAL, None,
    ),
    (
        (*SENT, h.NoAnswer(1, AT, 0), h.Claimed(AT + S), h.LookFailed(2, AT + S, 0)),
        B, Handover.IN_DOUBT, Outcome.LATER, None,
    ),
    (
        (*SENT, h.NoAnswer(1, AT, 0), h.Claimed(DOUBT_OVER), looked(2, DOUBT_OVER)),
        B, Handover.ACCEPTED, Outcome.NOT_THERE, None,
    ),
    # A look that began before that says nothing, nor does the clock of a worker that was just started or set.
    (
        (*SENT, h.NoAnswer(1, AT, 0), h.Claimed(DOUBT_OVER),
         h.Looked(2, DOUBT_OVER, 0, DOUBT_OVER - S, LONG_AGO, ())),
        B, Handover.IN_DOUBT, Outcome.NOT_THERE_YET, None,
    ),
    (
        (*SENT, h.NoAnswer(1, AT, 0), h.Claimed(DOUBT_OVER), looked(2, DOUBT_OVER, steady_since=AT + S)),
        B, Handover.IN_DOUBT, Outcome.NOT_THERE_YET, None,
    ),
    # An ERP that cannot be searched: a person looks, once it can no longer take effect.
    ((*SENT, h.NoAnswer(1, AT, 0), h.Claimed(AT + S)), C, Handover.IN_DOUBT, Outcome.IN_DOUBT, None),
    (
        (*SENT, h.NoAnswer(1, AT, 0), h.Claimed(AT + S), h.Claimed(DOUBT_OVER)),
        C, Handover.PARKED, Outcome.CANNOT_LOOK, None,
    ),
    # A worker is killed, or lives on after its lease: the next one looks, the first changes nothing more.
    ((CLAIMED, h.Claimed(LATER)), B, Handover.ACCEPTED, Outcome.CLAIMED, Command.COUNT),
    ((CLAIMED, h.Claimed(LATER), h.Counting(1, LATER)), B, Handover.ACCEPTED, Outcome.STALE, None),
    (TAKEN_OVER, B, Handover.IN_DOUBT, Outcome.CLAIMED, Command.LOOK),
    ((*TAKEN_OVER, h.Answered(1, LATER, "S1")), B, Handover.IN_DOUBT, Outcome.STALE, None),
    ((*TAKEN_OVER, h.NotDone(1, LATER, 0)), B, Handover.IN_DOUBT, Outcome.STALE, None),
    ((*TAKEN_OVER, h.NotDone(2, LATER, 0)), B, Handover.IN_DOUBT, Outcome.OUT_OF_TURN, None),
    ((*TAKEN_OVER, h.SaidNo(2, LATER, NO)), B, Handover.IN_DOUBT, Outcome.OUT_OF_TURN, None),
    ((*TAKEN_OVER, looked(2, LATER, "S1")), B, Handover.PLACED, Outcome.FOUND, None),
    # The lease ended and nobody took it over: the answer counts.
    ((*SENT, h.Answered(1, AT + timedelta(hours=1), "S1")), B, Handover.PLACED, Outcome.PLACED, None),
    # A worker stops.
    ((CLAIMED, h.Released(1, AT), CLAIMED), B, Handover.ACCEPTED, Outcome.CLAIMED, Command.COUNT),
    ((*SENT, h.Released(1, AT), h.Claimed(AT)), B, Handover.IN_DOUBT, Outcome.CLAIMED, Command.LOOK),
    # A person acts on what is parked.
    ((*SENT, h.SaidNo(1, AT, NO), h.Retried(AT)), B, Handover.ACCEPTED, Outcome.RETRIED, None),
    ((*SENT, h.SaidNo(1, AT, NO), h.Retried(AT), CLAIMED), B, Handover.ACCEPTED, Outcome.CLAIMED, Command.LOOK),
    ((*SENT, h.SaidNo(1, AT, NO), h.Dropped(AT)), B, Handover.DROPPED, Outcome.DROPPED, None),
    ((*SENT, h.SaidNo(1, AT, NO), h.MarkedPlaced(AT, "S9")), B, Handover.PLACED, Outcome.MARKED_PLACED, None),
    ((h.Dropped(AT),), B, Handover.ACCEPTED, Outcome.OUT_OF_TURN, None),
    ((*SENT, h.Dropped(AT)), B, Handover.IN_DOUBT, Outcome.OUT_OF_TURN, None),
    ((*SENT, h.Retried(AT)), B, Handover.IN_DOUBT, Outcome.OUT_OF_TURN, None),
    ((*SENT, h.MarkedPlaced(AT, "S9"), h.Answered(1, AT, "S1")), B, Handover.PLACED, Outcome.STALE, None),
    ((CLAIMED, h.MarkedPlaced(AT, "S9"), COUNTING), B, Handover.PLACED, Outcome.STALE, None),
    # The store cancels.
    ((h.Cancelled(AT),), B, Handover.CANCELLED, Outcome.CANCELLED, None),
    ((CLAIMED, h.Cancelled(AT), COUNTING), B, Handover.CANCELLED, Outcome.STALE, None),
    ((*SENT, h.Cancelled(AT)), B, Handover.IN_DOUBT, Outcome.CANCEL_NOTED, None),
    ((*SENT, h.Cancelled(AT), h.Answered(1, AT, "S1")), B, Handover.PLACED, Outcome.PLACED, Command.CANCEL_THERE),
    ((*SENT, h.Cancelled(AT), h.NotDone(1, AT, 0)), B, Handover.CANCELLED, Outcome.CANCELLED, None),
    ((*SENT, h.Cancelled(AT), h.SaidNo(1, AT, NO)), B, Handover.CANCELLED, Outcome.CANCELLED, None),
    (
        (*SENT, h.Cancelled(AT), h.NoAnswer(1, AT, 0), h.Claimed(DOUBT_OVER), looked(2, DOUBT_OVER)),
        B, Handover.CANCELLED, Outcome.CANCELLED, None,
    ),
    ((*SENT, h.Answered(1, AT, "S1"), h.Cancelled(AT)), B, Handover.PLACED, Outcome.OUT_OF_TURN, None),
    ((*SENT, h.SaidNo(1, AT, NO), h.Cancelled(AT)), B, Handover.CANCELLED, Outcome.CANCELLED, None),
    ((*SENT, h.Claimed(DOUBT_OVER), h.Cancelled(AT)), C, Handover.PARKED, Outcome.CANCEL_NOTED, None),
    (
        (*SENT, h.Claimed(DOUBT_OVER), h.Cancelled(AT), h.Retried(AT), CLAIMED, h.Counting(3, AT)),
        C, Handover.CANCELLED, Outcome.CANCELLED, None,
    ),
    # It is held back, and let go.
    ((h.HeldBack(AT), CLAIMED), B, Handover.ACCEPTED, Outcome.NOT_DUE, None),
    ((CLAIMED, h.HeldBack(AT), COUNTING), B, Handover.ACCEPTED, Outcome.STALE, None),
    ((h.HeldBack(AT), h.LetGo(AT), CLAIMED), B, Handover.ACCEPTED, Outcome.CLAIMED, Command.COUNT),
    ((*SENT, h.HeldBack(AT), h.NotDone(1, AT, 0), h.Claimed(LATER)), B, Handover.ACCEPTED, Outcome.NOT_DUE, None),
    ((*SENT, h.HeldBack(AT), h.Answered(1, AT, "S1")), B, Handover.PLACED, Outcome.PLACED, None),
    # Both sides are compared; a backup is restored.
    ((*SENT, h.Answered(1, AT, "S1"), h.Missing(AT), CLAIMED), B, Handover.ACCEPTED, Outcome.CLAIMED, Command.LOOK),
    ((h.Missing(AT),), B, Handover.ACCEPTED, Outcome.OUT_OF_TURN, None),
    ((h.Restored(AT), CLAIMED), B, Handover.IN_DOUBT, Outcome.CLAIMED, Command.LOOK),
    ((h.Restored(AT), CLAIMED, h.Claimed(DOUBT_OVER)), C, Handover.PARKED, Outcome.CANNOT_LOOK, None),
    ((CLAIMED, h.Restored(AT), COUNTING), B, Handover.IN_DOUBT, Outcome.STALE, None),
    ((CLAIMED, h.SaidNo(1, AT, NO), h.Restored(AT), h.Retried(AT), CLAIMED), B, Handover.ACCEPTED, Outcome.CLAIMED,
     Command.LOOK),
]  # fmt: skip


@pytest.mark.parametrize("row", range(len(TABLE)))
def test_each_event_leads_to_one_named_outcome(row: int) -> None:
    events, terms, handover, outcome, command = TABLE[row]
    step = walked(*events, terms=terms)
    assert (step.state.handover, step.outcome, step.command) == (handover, outcome, command)


def test_what_changes_nothing_leaves_the_state_as_it_was() -> None:
    for events, terms, _, outcome, _ in TABLE:
        if outcome in {Outcome.STALE, Outcome.OUT_OF_TURN, Outcome.NOT_DUE}:
            assert walked(*events, terms=terms).state == walked(*events[:-1], terms=terms).state


def test_a_try_is_in_doubt_until_it_can_no_longer_take_effect() -> None:
    state = walked(*SENT).state
    assert (state.tries, state.sent_at) == (1, AT)
    assert state.doubt_until == AT + (5 + 30 + 60 + 5) * S


def test_an_order_that_fails_alone_is_parked_after_some_tries() -> None:
    state, at = walked(*SENT, h.NotDone(1, AT, 999, alone=True)).state, AT
    for fence in range(2, h.FAULTS_MAX + 1):
        assert (state.handover, state.faults) == (Handover.ACCEPTED, fence - 1)
        at += timedelta(hours=1)
        sent = walked(h.Claimed(at), looked(fence, at), state=state).state
        state = h.step(sent, h.NotDone(fence, at, 999, alone=True), B).state
    assert (state.handover, state.parked) == (Handover.PARKED, h.FAILS_ALONE)
    again = walked(h.Retried(at), state=state).state
    assert (again.handover, again.faults, again.due_at) == (Handover.ACCEPTED, 0, at)


def test_an_order_that_cannot_be_looked_for_is_parked_after_its_doubt_as_one_that_may_be_there() -> None:
    early = walked(*SENT, h.NoAnswer(1, AT, 999)).state
    for fence in range(2, 2 * h.FAULTS_MAX):
        leased = replace(early, fence=fence, lease_until=AT + S)
        early = h.step(leased, h.LookFailed(fence, AT + S, 999, alone=True), B).state
    assert (early.handover, early.parked) == (Handover.IN_DOUBT, None)
    assert early.doubt_until is not None
    late = replace(early, lease_until=early.doubt_until)
    step = h.step(late, h.LookFailed(late.fence, early.doubt_until, 999, alone=True), B)
    assert (step.state.handover, step.state.parked) == (Handover.PARKED, h.CANNOT_LOOK)
    cancelled = h.step(step.state, h.Cancelled(early.doubt_until), B)
    assert (cancelled.outcome, cancelled.state.handover) == (Outcome.CANCEL_NOTED, Handover.PARKED)


def test_an_erp_that_is_down_never_gets_an_order_parked_and_pauses_grow_to_five_minutes() -> None:
    state, at = walked(CLAIMED).state, AT
    pauses = []
    for fence in range(1, 101):
        state = h.step(state, h.LookFailed(fence, at, 999), B).state
        assert state.due_at is not None
        pauses.append((state.due_at - at) // S)
        at = state.due_at
        state = h.step(state, h.Claimed(at), B).state
    assert state.handover is Handover.ACCEPTED
    assert pauses[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert pauses[-1] == 300


NUMBERS = st.sampled_from([(), ("S1",), ("S1", "S2")])
FENCES = st.integers(0, 4)
TIMES = st.integers(0, 300).map(lambda seconds: AT + seconds * S)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    TIMES.map(h.Claimed),
    st.builds(h.Counting, FENCES, TIMES),
    st.builds(h.Answered, FENCES, TIMES, st.just("S1")),
    st.builds(h.SaidNo, FENCES, TIMES, st.just(NO)),
    st.builds(h.NotDone, FENCES, TIMES, st.just(500), st.booleans()),
    st.builds(h.NoAnswer, FENCES, TIMES, st.just(500)),
    st.builds(lambda fence, at, numbers: looked(fence, at, *numbers), FENCES, TIMES, NUMBERS),
    st.builds(h.LookFailed, FENCES, TIMES, st.just(500), st.booleans()),
    st.builds(h.Released, FENCES, TIMES),
    TIMES.map(h.Retried),
    TIMES.map(h.Dropped),
    TIMES.map(lambda at: h.MarkedPlaced(at, "S9")),
    TIMES.map(h.Cancelled),
    TIMES.map(h.HeldBack),
    TIMES.map(h.LetGo),
)
FINAL = {Handover.PLACED, Handover.DROPPED, Handover.CANCELLED}


@settings(max_examples=400, deadline=None)
@given(st.lists(EVENTS, max_size=25), st.sampled_from(sorted(TERMS, key=lambda kind: kind.value)), st.booleans())
def test_however_events_are_mixed_nothing_is_sent_while_in_doubt_and_nothing_final_moves(
    events: list[Event], kind: h.Duplicates, held: bool
) -> None:
    state = State(held=held, due_at=None if held else AT)
    for event in events:
        step = h.step(state, event, TERMS[kind])
        after = step.state
        assert after.fence >= state.fence
        if step.command is Command.SEND:
            assert (state.handover, after.handover) == (Handover.ACCEPTED, Handover.IN_DOUBT)
            assert (after.tries, after.held, after.cancel_wanted) == (state.tries + 1, False, False)
            looked_now = isinstance(event, h.Looked) and not event.numbers
            assert looked_now or state.tries == 0 or kind is h.Duplicates.BY_HAND
        else:
            assert after.tries == state.tries
        if state.handover in FINAL:
            assert replace(after, fence=state.fence) == state
        if after.handover is Handover.PARKED:
            assert after.parked is not None
        rests = after.handover not in {Handover.ACCEPTED, Handover.IN_DOUBT}
        rests |= after.held and after.handover is Handover.ACCEPTED
        assert (after.due_at is None) is rests
        state = after
