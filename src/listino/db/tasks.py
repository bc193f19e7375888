"""What is due: tasks that are written with what they follow from, and claimed by one worker at a time.

Every function takes a transaction first and joins it. A task that is leased is due again when its lease ends, so that
the task of a worker that died is taken over by itself. What only the holder may do is matched by the lease's number.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from listino.core.breaker import Target
from listino.db.engine import Connection
from listino.db.snapshot import stamp

WAITING, DONE, PARKED = "waiting", "done", "parked"
# What writes into a management system.
PLACE_ORDER, ORDER_EVENT = "place_order", "order_event"
WRITING = (PLACE_ORDER, ORDER_EVENT)
ROWS_PER_INSERT = 500
_COLUMNS = "id, kind, target, subject, lane, tries, failures, fence, due_at, created_at, cursor"
_NEW = "kind, target, subject, lane, state, due_at, tries, failures, faults, fence, created_at"


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is to be done: what kind of thing, with which system, about what, from when on.

    Shapes:  lane: what must go one after the other, in the order in which it was written (None: nothing).
    """

    kind: str
    target: str
    subject: str
    at: datetime
    lane: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A task that was claimed.

    Shapes:  tries: counted before they were made; failures: one after the other; cursor: how far it came last time.
    """

    id: int
    kind: str
    target: str
    subject: str
    lane: str | None
    tries: int
    failures: int
    fence: int
    due_at: str
    created_at: str
    cursor: str | None


def enqueue(tx: Connection, due: Sequence[Due]) -> None:
    """Write down what is due. There is one task for each kind and subject: one that waits stays as it is, one that
    was done begins anew, one that is parked stays with the people."""
    first = list({(one.kind, one.subject): one for one in reversed(due)}.values())[::-1]
    for start in range(0, len(first), ROWS_PER_INSERT):
        rows = first[start : start + ROWS_PER_INSERT]
        values: list[Any] = []
        for one in rows:
            at = stamp(one.at)
            values += [one.kind, one.target, one.subject, one.lane, WAITING, at, at]
        places = ", ".join(["(?, ?, ?, ?, ?, ?, 0, 0, 0, 0, ?)"] * len(rows))
        tx.execute(
            f"INSERT INTO task ({_NEW}) VALUES {places} ON CONFLICT (kind, subject) DO UPDATE SET "
            "state = excluded.state, due_at = excluded.due_at, lane = excluded.lane, failures = 0, faults = 0, "
            f"created_at = excluded.created_at WHERE task.state = '{DONE}'",
            tuple(values),
        )


def hasten(tx: Connection, kind: str, subject: str, at: datetime) -> None:
    """Have a task that waits done by then, and not later."""
    tx.execute(
        "UPDATE task SET due_at = ? WHERE kind = ? AND subject = ? AND state = ? AND lease_until IS NULL "
        "AND due_at > ?",
        (stamp(at), kind, subject, WAITING, stamp(at)),
    )


def hasten_lane(tx: Connection, target: str, lane: str, at: datetime) -> None:
    """Have what waits in a lane done by then, and not later."""
    tx.execute(
        "UPDATE task SET due_at = ? WHERE target = ? AND lane = ? AND state = ? AND lease_until IS NULL AND due_at > ?",
        (stamp(at), target, lane, WAITING, stamp(at)),
    )


def lane_of_order(order_id: str) -> str:
    """The lane of what follows an order, as its events."""
    return f"order {order_id}"


def targets_due(connection: Connection, at: datetime) -> list[str]:
    """The systems for which something is due, and that may be called now."""
    now = stamp(at)
    rows = connection.execute(
        "SELECT name FROM target WHERE (open_until IS NULL OR open_until <= ?) "
        "AND (next_call_at IS NULL OR next_call_at <= ?) AND EXISTS (SELECT 1 FROM task "
        "WHERE task.target = target.name AND task.state = ? AND task.due_at <= ?) ORDER BY name",
        (now, now, WAITING, now),
    ).fetchall()
    return [name for (name,) in rows]


def due(tx: Connection, target: str, at: datetime, limit: int, *, probe: bool, paused: bool) -> list[Task]:
    """The tasks that are due, the oldest first, of each lane the first alone.

    For a probe, what failed least comes first; of a paused system, nothing that writes into it.
    """
    kinds = f"AND t.kind NOT IN ({', '.join(repr(kind) for kind in WRITING)}) " if paused else ""
    order = "t.failures, t.due_at, t.id" if probe else "t.due_at, t.id"
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM task t WHERE t.target = ? AND t.state = ? AND t.due_at <= ? "
        f"{kinds}AND NOT EXISTS (SELECT 1 FROM task o WHERE o.target = t.target AND o.lane = t.lane AND o.id < t.id) "
        f"ORDER BY {order} LIMIT ?",
        (target, WAITING, stamp(at), limit),
    ).fetchall()
    return [Task(*row) for row in rows]


def lease(tx: Connection, task: Task, holder: str, until: datetime) -> Task:
    """A task as its new holder has it: its try is counted before it is made."""
    tx.execute(
        "UPDATE task SET fence = fence + 1, tries = tries + 1, holder = ?, lease_until = ?, due_at = ? WHERE id = ?",
        (holder, stamp(until), stamp(until), task.id),
    )
    return Task(
        task.id, task.kind, task.target, task.subject, task.lane, task.tries + 1, task.failures, task.fence + 1,
        task.due_at, task.created_at, task.cursor,
    )  # fmt: skip


def extend(tx: Connection, task: Task, until: datetime) -> bool:
    """Keep a lease for longer; False where it was taken over."""
    return _changed(tx, task, "lease_until = ?, due_at = ?", (stamp(until), stamp(until)))


def count_try(tx: Connection, task: Task, at: datetime) -> bool:
    """Count a try, to be committed before it is made; False where the lease was taken over."""
    return _changed(tx, task, "tries = tries + 1, sent_at = ?", (stamp(at),))


def keep_cursor(tx: Connection, task: Task, cursor: str | None) -> bool:
    """Note how far a task came, for its next time; False where the lease was taken over."""
    return _changed(tx, task, "cursor = ?", (cursor,))


def finish(tx: Connection, task: Task) -> bool:
    """It is done; False where the lease was taken over, and nothing changes."""
    sets = "state = ?, lane = NULL, lease_until = NULL, failures = 0, faults = 0, text = NULL"
    return _changed(tx, task, sets, (DONE,))


def put_off(tx: Connection, task: Task, at: datetime, failure: str | None = None) -> bool:
    """It is to be done (again) then; with what went wrong, if something did. False where the lease was taken over."""
    if failure is None:
        return _changed(tx, task, "due_at = ?, lease_until = NULL, failures = 0, text = NULL", (stamp(at),))
    return _changed(tx, task, "due_at = ?, lease_until = NULL, failures = failures + 1, text = ?", (stamp(at), failure))


def park(tx: Connection, task: Task, reason: str, text: str, remedy: str) -> bool:
    """A person must act; its lane goes on. False where the lease was taken over."""
    sets = "state = ?, lane = NULL, lease_until = NULL, reason = ?, text = ?, remedy = ?"
    return _changed(tx, task, sets, (PARKED, reason, text, remedy))


@dataclass(frozen=True, slots=True)
class Parked:
    """Why something waits for a person, what they can do, and how often it was tried."""

    reason: str
    text: str
    remedy: str
    tries: int


def parked(connection: Connection, kind: str, subject: str) -> Parked | None:
    """Why a task waits for a person; None where it does not."""
    row = connection.execute(
        "SELECT reason, text, remedy, tries FROM task WHERE kind = ? AND subject = ? AND state = ?",
        (kind, subject, PARKED),
    ).fetchone()
    return Parked(row[0], row[1] or "", row[2] or "", row[3]) if row is not None else None


def _changed(tx: Connection, task: Task, sets: str, values: tuple[Any, ...]) -> bool:
    row = tx.execute(
        f"UPDATE task SET {sets} WHERE id = ? AND fence = ? AND lease_until IS NOT NULL RETURNING id",
        (*values, task.id, task.fence),
    ).fetchone()
    return row is not None


def know_target(tx: Connection, name: str) -> None:
    """Have a system known, so that what is due with it is found."""
    tx.execute("INSERT INTO target (name, failures) VALUES (?, 0) ON CONFLICT (name) DO NOTHING", (name,))


_TARGET = "SELECT name, failures, open_until, down_since, ok_at, next_call_at, text, paused FROM target"


def target(tx: Connection, name: str) -> tuple[Target, bool]:
    """How a system fares, and whether it is paused."""
    row = tx.execute(f"{_TARGET} WHERE name = ?", (name,)).fetchone()
    return (_target(row), row[7] is not None) if row is not None else (Target(name=name), False)


def paused(connection: Connection, name: str) -> str | None:
    """Why nothing is written into a system for now; None where it is."""
    row = connection.execute("SELECT paused FROM target WHERE name = ?", (name,)).fetchone()
    return row[0] if row is not None else None


def pause_target(tx: Connection, name: str, reason: str | None) -> None:
    """Write nothing into a system for a reason, or (None) go on. Joins the caller's transaction."""
    know_target(tx, name)
    tx.execute("UPDATE target SET paused = ? WHERE name = ?", (reason, name))


def targets(connection: Connection) -> list[Target]:
    """How all systems fare."""
    return [_target(row) for row in connection.execute(f"{_TARGET} ORDER BY name").fetchall()]


def _target(row: tuple[Any, ...]) -> Target:
    name, failures, open_until, down_since, ok_at, next_call_at, text, _ = row
    instants = (instant(one) for one in (open_until, down_since, ok_at, next_call_at))
    names = ("open_until", "down_since", "ok_at", "next_call_at")
    return Target(name=name, failures=failures, text=text, **dict(zip(names, instants, strict=True)))


def keep_target(tx: Connection, target: Target) -> None:
    """Write how a system fares."""
    tx.execute(
        "UPDATE target SET failures = ?, open_until = ?, down_since = ?, ok_at = ?, next_call_at = ?, text = ? "
        "WHERE name = ?",
        (
            target.failures, text_of(target.open_until), text_of(target.down_since), text_of(target.ok_at),
            text_of(target.next_call_at), target.text, target.name,
        ),
    )  # fmt: skip


def hasten_failed(tx: Connection, name: str, at: datetime) -> None:
    """Have everything tried again that was put off because a system did not answer; the oldest is the first."""
    tx.execute(
        "UPDATE task SET due_at = created_at WHERE target = ? AND state = ? AND due_at > created_at AND failures > 0 "
        "AND lease_until IS NULL AND created_at <= ?",
        (name, WAITING, stamp(at)),
    )


def counted(connection: Connection) -> list[tuple[str, str, int, str | None]]:
    """(kind, state, how many, since when the oldest of them is due) of all tasks that are not done."""
    rows = connection.execute(
        "SELECT kind, state, count(*), min(due_at) FROM task WHERE state <> ? GROUP BY kind, state "
        "ORDER BY kind, state",
        (DONE,),
    ).fetchall()
    return [(kind, state, count, oldest) for kind, state, count, oldest in rows]


def forget_done(tx: Connection, before: datetime, limit: int) -> int:
    """Delete tasks that were done and written before an instant; how many."""
    rows = tx.execute(
        "DELETE FROM task WHERE id IN (SELECT id FROM task WHERE state = ? AND created_at < ? LIMIT ?) RETURNING id",
        (DONE, stamp(before), limit),
    ).fetchall()
    return len(rows)


def instant(text: str | None) -> datetime | None:
    """A stored instant."""
    return datetime.fromisoformat(text) if text is not None else None


def text_of(at: datetime | None) -> str | None:
    """An instant as it is stored."""
    return stamp(at) if at is not None else None
