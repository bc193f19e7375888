"""Tasks: written with what they follow from, claimed by one worker at a time, finished only by who holds them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from listino.core.breaker import Target
from listino.core.errors import Conflict
from listino.db import tasks
from listino.db.engine import Database
from listino.db.tasks import Due, Task
from tests.shop import opened

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
S = timedelta(seconds=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path, company=False) as house:
        house.database.write(partial(tasks.know_target, name="erp"))
        yield house.database


def enqueued(database: Database, *due: Due) -> None:
    database.write(lambda tx: tasks.enqueue(tx, due))


def claimed(database: Database, at: datetime, limit: int = 10, **how: bool) -> list[Task]:
    def write(tx: Any) -> list[Task]:
        found = tasks.due(tx, "erp", at, limit, **({"probe": False, "paused": False} | how))
        return [tasks.lease(tx, task, "me", at + 60 * S) for task in found]

    found: list[Task] = database.write(write)
    return found


def due(subject: str, after: int = 0, lane: str | None = None, kind: str = "deliver") -> Due:
    return Due(kind, "erp", subject, AT + after * S, lane)


def subjects(found: list[Task]) -> list[str]:
    return [task.subject for task in found]


def test_what_is_due_is_claimed_once_the_oldest_first(database: Database) -> None:
    enqueued(database, due("late", 2), due("early", 1), due("future", 100))
    assert tasks.targets_due(database.read().connection, AT) == []
    assert tasks.targets_due(database.read().connection, AT + 5 * S) == ["erp"]
    assert subjects(claimed(database, AT + 5 * S)) == ["early", "late"]
    assert claimed(database, AT + 6 * S) == []


def test_a_task_whose_transaction_fails_is_not_there(database: Database) -> None:
    def write(tx: Any) -> None:
        tasks.enqueue(tx, [due("a")])
        raise Conflict("no", "Not this one.")

    with pytest.raises(Conflict):
        database.write(write)
    assert claimed(database, AT) == []


def test_only_the_holder_of_the_newest_lease_may_finish(database: Database) -> None:
    enqueued(database, due("a"))
    [first] = claimed(database, AT)
    [second] = claimed(database, AT + 61 * S)
    assert (first.fence, second.fence, second.tries) == (1, 2, 2)
    for change in (tasks.finish, partial(tasks.put_off, at=AT), partial(tasks.extend, until=AT)):
        assert database.write(partial(change, task=first)) is False
    assert database.write(lambda tx: tasks.park(tx, first, "r", "t", "m")) is False
    assert database.write(lambda tx: tasks.keep_cursor(tx, first, "c")) is False
    assert claimed(database, AT + 62 * S) == []
    assert database.write(partial(tasks.finish, task=second)) is True
    assert database.write(partial(tasks.finish, task=second)) is False
    assert claimed(database, AT + 1000 * S) == []


def test_of_each_lane_only_the_first_is_claimed_until_it_is_done_or_parked(database: Database) -> None:
    enqueued(database, due("a1", 0, "a"), due("a2", 0, "a"), due("b1", 0, "b"), due("x"), due("a3", 0, "a"))
    first, *others = claimed(database, AT)
    assert subjects([first, *others]) == ["a1", "b1", "x"]
    assert database.write(lambda tx: tasks.put_off(tx, first, AT + 10 * S, "no answer"))
    assert claimed(database, AT + S) == []  # What follows in the lane waits with it.
    [again] = claimed(database, AT + 10 * S)
    assert (again.subject, again.failures) == ("a1", 1)
    assert database.write(lambda tx: tasks.park(tx, again, "no_item", "It is not known.", "Make it."))
    [second] = claimed(database, AT + 11 * S)
    assert second.subject == "a2"
    assert database.write(partial(tasks.finish, task=second))
    assert subjects(claimed(database, AT + 12 * S)) == ["a3"]
    parked = tasks.parked(database.read().connection, "deliver", "a1")
    assert parked == tasks.Parked("no_item", "It is not known.", "Make it.", 2)


def test_there_is_one_task_for_each_kind_and_subject(database: Database) -> None:
    enqueued(database, due("a"), due("a", 50))
    [task] = claimed(database, AT)
    enqueued(database, due("a"))
    assert claimed(database, AT) == []
    assert database.write(partial(tasks.finish, task=task))
    enqueued(database, due("a", 5))
    [again] = claimed(database, AT + 5 * S)
    assert (again.fence, again.id) == (2, task.id)


def test_what_was_put_off_because_a_system_did_not_answer_comes_again_the_oldest_first(database: Database) -> None:
    enqueued(database, due("a"), due("b", 1))
    a, b = claimed(database, AT + S)
    for task in (b, a):
        database.write(lambda tx, task=task: tasks.put_off(tx, task, AT + 500 * S, "down"))  # type: ignore[misc]
    enqueued(database, due("c", 2))
    database.write(lambda tx: tasks.hasten_failed(tx, "erp", AT + 10 * S))
    assert subjects(claimed(database, AT + 10 * S)) == ["a", "b", "c"]


def test_a_probe_takes_what_failed_least(database: Database) -> None:
    enqueued(database, due("a"), due("b", 1))
    [a] = claimed(database, AT)
    database.write(lambda tx: tasks.put_off(tx, a, AT, "down"))
    assert subjects(claimed(database, AT + S, 1, probe=True)) == ["b"]


def test_nothing_is_written_into_a_system_that_is_paused(database: Database) -> None:
    enqueued(database, due("o", kind="place_order"), due("e", kind="order_event"), due("m", kind="mirror"))
    assert subjects(claimed(database, AT, paused=True)) == ["m"]


def test_how_a_system_fares_is_kept(database: Database) -> None:
    fares = Target(name="erp", failures=7, open_until=AT, down_since=AT - S, ok_at=AT, next_call_at=AT, text="no")
    database.write(lambda tx: tasks.keep_target(tx, fares))
    assert database.write(lambda tx: tasks.target(tx, "erp")) == (fares, False)
    assert tasks.targets(database.read().connection) == [fares]
    enqueued(database, due("a", -10))
    assert tasks.targets_due(database.read().connection, AT - S) == []  # It is called again from then on.
    assert tasks.targets_due(database.read().connection, AT) == ["erp"]
    database.write(lambda tx: tasks.keep_target(tx, replace(fares, open_until=None, next_call_at=AT + S)))
    assert tasks.targets_due(database.read().connection, AT) == []


def test_what_was_done_long_ago_is_forgotten(database: Database) -> None:
    enqueued(database, due("a"), due("b"), due("c", 100))
    for task in claimed(database, AT):
        database.write(partial(tasks.finish, task=task))
    assert tasks.counted(database.read().connection) == [("deliver", "waiting", 1, "2026-11-23T12:01:40.000000Z")]
    assert database.write(lambda tx: tasks.forget_done(tx, AT, 1)) == 0
    assert database.write(lambda tx: tasks.forget_done(tx, AT + S, 1)) == 1
    assert database.write(lambda tx: tasks.forget_done(tx, AT + 1000 * S, 9)) == 1
    assert subjects(claimed(database, AT + 1000 * S)) == ["c"]
