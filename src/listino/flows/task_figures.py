"""How much is due and how the systems fare that it goes to: for metrics, and for those who look."""

from dataclasses import dataclass
from datetime import datetime

from listino.core.breaker import Target
from listino.db import tasks
from listino.db.engine import Database


@dataclass(frozen=True, slots=True)
class TaskFigure:
    """How many tasks of a kind stand in a state, and for how long the oldest of them has been due."""

    kind: str
    state: str
    count: int
    overdue_s: int


def task_figures(database: Database, now: datetime) -> list[TaskFigure]:
    """What is due, by kind and state; what was done is left out."""
    counted = tasks.counted(database.read().connection)
    return [TaskFigure(kind, state, count, _since(oldest, now)) for kind, state, count, oldest in counted]


def _since(oldest: str | None, now: datetime) -> int:
    return max(0, int((now - datetime.fromisoformat(oldest)).total_seconds())) if oldest is not None else 0


def targets(database: Database) -> list[Target]:
    """How the systems fare that are sent to."""
    return tasks.targets(database.read().connection)
