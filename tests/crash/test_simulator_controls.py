"""Controls: with one safety beam taken out, the simulator finds what must not be."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from listino.core import handover
from listino.core.handover_state import (
    Answered,
    ByHolder,
    Claimed,
    Command,
    Event,
    Handover,
    NoAnswer,
    NotDone,
    SaidNo,
    State,
    Step,
    Terms,
)
from listino.db import handover as kept
from listino.db import tasks
from listino.db.snapshot import stamp
from listino.flows import handover as flow
from listino.flows.placing import order_to_place
from listino.ports import Duplicates, Erp, OrderToPlace
from listino.testing.fake_erp import FakeErp
from listino.worker import SteadyClock
from tests.crash.simulator import Bug, Simulation
from tests.crash.simulator_checks import Broken
from tests.crash.simulator_plan import Plan

SEEDS_MAX = 1_000
Patch = Callable[[pytest.MonkeyPatch], None]
Steps = Callable[[State, Event, Terms], Step]
step_as_it_is = handover.step


def stepping(change: Steps) -> Patch:
    """The protocol, but for a change."""
    return lambda monkeypatch: monkeypatch.setattr(handover, "step", change)


def none_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeErp, "find_order", lambda self, key: ())


def settles_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def terms_of(erp: Erp) -> Terms:
        return Terms(erp.traits.duplicates, timedelta(0), timedelta(0))

    monkeypatch.setattr(flow, "terms_of", terms_of)


def anybody_finishes(state: State, event: Event, terms: Terms) -> Step:
    if isinstance(event, ByHolder):
        event = replace(event, fence=state.fence)
        state = replace(state, lease_until=state.lease_until or event.at)
    return step_as_it_is(state, event, terms)


def sent_again_in_doubt(state: State, event: Event, terms: Terms) -> Step:
    if isinstance(event, NoAnswer):
        event = NotDone(event.fence, event.at, event.jitter)
    return step_as_it_is(state, event, terms)


def tries_uncounted(state: State, event: Event, terms: Terms) -> Step:
    step = step_as_it_is(state, event, terms)
    if step.command is Command.SEND:
        return replace(step, state=replace(step.state, handover=Handover.ACCEPTED, tries=state.tries))
    return step


def fence_stands(state: State, event: Event, terms: Terms) -> Step:
    step = step_as_it_is(state, event, terms)
    if isinstance(event, Claimed):
        return replace(step, state=replace(step.state, fence=state.fence))
    return step


def no_answer_is_an_answer(state: State, event: Event, terms: Terms) -> Step:
    if isinstance(event, NoAnswer):
        event = Answered(event.fence, event.at, "?")
    return step_as_it_is(state, event, terms)


def refusals_are_dropped(state: State, event: Event, terms: Terms) -> Step:
    step = step_as_it_is(state, event, terms)
    if isinstance(event, SaidNo) and step.state.handover is Handover.PARKED:
        return replace(step, state=replace(step.state, parked=None))
    return step


def leases_never_end(monkeypatch: pytest.MonkeyPatch) -> None:
    due = tasks.due

    def unleased(tx: Any, *arguments: Any, **named: Any) -> list[tasks.Task]:
        held = {task_id for (task_id,) in tx.execute("SELECT id FROM task WHERE lease_until IS NOT NULL").fetchall()}
        return [task for task in due(tx, *arguments, **named) if task.id not in held]

    monkeypatch.setattr(tasks, "due", unleased)


def lanes_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    def due(tx: Any, target: str, at: datetime, limit: int, **_: Any) -> list[tasks.Task]:
        rows = tx.execute(
            f"SELECT {tasks._COLUMNS} FROM task WHERE target = ? AND state = 'waiting' AND due_at <= ? LIMIT ?",
            (target, stamp(at), limit),
        )
        return [tasks.Task(*row) for row in rows.fetchall()]

    monkeypatch.setattr(tasks, "due", due)


def clocks_are_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SteadyClock, "steady_since", lambda self: datetime(2000, 1, 1, tzinfo=UTC))


def sends_begin_whenever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "START_WITHIN", timedelta(days=1))


def each_try_has_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = iter(range(10**9))

    def keyed(*arguments: Any) -> OrderToPlace:
        order = order_to_place(*arguments)
        return replace(order, key=f"{order.key}-{next(tries)}")

    monkeypatch.setattr(flow, "order_to_place", keyed)


def restored_time_lines_are_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "SENT_AGAIN_WITHIN", timedelta(0))


def old_orders_expire(monkeypatch: pytest.MonkeyPatch) -> None:
    read = kept.read

    def tidying(tx: Any, order_id: str) -> Any:
        tx.execute("DELETE FROM orders WHERE handover = 'parked' AND id <> ?", (order_id,))
        return read(tx, order_id)

    monkeypatch.setattr(kept, "read", tidying)


@dataclass(frozen=True)
class Control:
    """A beam that is taken out, by a patch of the product or a switch of the simulator; and which rule must find it.

    Shapes:  where: the runs in which it matters, to save time.
    """

    found_by: Collection[str]
    patch: Patch | None = None
    bug: Bug | None = None
    where: Callable[[Plan], bool] = lambda _: True


def is_restored(plan: Plan) -> bool:
    return plan.restore is not None and plan.traits.duplicates is Duplicates.CHECKED


# How it shows that something was taken to be not there, and was.
DOUBLE = ("one document per key", "no create while in doubt", "ended is not there")
CONTROLS = {
    "answer before commit": Control(["accepted never disappears"], bug=Bug.ANSWER_BEFORE_COMMIT),
    "task outside the order's transaction": Control(["all is settled at the end"], bug=Bug.TASK_APART),
    "key forgotten after a day": Control(["a store is answered"], bug=Bug.KEY_FORGOTTEN),
    "restore without reconciliation": Control(
        DOUBLE, restored_time_lines_are_trusted, bug=Bug.RESTORED_WITHOUT_LOOKING, where=is_restored
    ),
    "no look before resending": Control(DOUBLE, none_looks),
    "no settling time": Control(DOUBLE, settles_at_once),
    "finish without lease": Control(["finish by holder"], stepping(anybody_finishes)),
    "retry while in doubt": Control(DOUBLE, stepping(sent_again_in_doubt)),
    "try not counted before send": Control(["try recorded before send"], stepping(tries_uncounted)),
    "fence does not grow": Control(["fence grows"], stepping(fence_stands)),
    "no answer is an answer": Control(["placed is there"], stepping(no_answer_is_an_answer)),
    "refusals without a reason": Control(["parked has its reason"], stepping(refusals_are_dropped)),
    "leases never end": Control(["all is settled at the end"], leases_never_end),
    "lanes are ignored": Control(["in turn"], lanes_are_ignored),
    "clocks are trusted": Control(DOUBLE, clocks_are_trusted),
    "sends begin whenever": Control([*DOUBLE, "try recorded before send"], sends_begin_whenever),
    "each try has a key of its own": Control(DOUBLE, each_try_has_a_key),
    "a restored time line is trusted": Control(DOUBLE, restored_time_lines_are_trusted, where=is_restored),
    "old orders expire": Control(["accepted never disappears", "conservation"], old_orders_expire),
}


@pytest.mark.parametrize("name", CONTROLS)
def test_a_planted_bug_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    control = CONTROLS[name]
    if control.patch is not None:
        control.patch(monkeypatch)
    bugs = frozenset([control.bug]) if control.bug is not None else frozenset()
    found = next((broken for seed in range(SEEDS_MAX) if (broken := broken_by(seed, control, bugs)) is not None), None)
    assert found is not None, f"Not found in {SEEDS_MAX} seeds."
    assert found.rule in control.found_by, found


def broken_by(seed: int, control: Control, bugs: frozenset[Bug]) -> Broken | None:
    simulation = Simulation(seed, bugs)
    if not control.where(simulation.plan):
        return None
    try:
        simulation.run()
    except Broken as error:
        return error
    return None
