"""A management system that is broken on purpose, on a test installation: down for a while, or its answers lost."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from listino.core.errors import OutcomeUnknown, Unavailable, malformed
from listino.db import troubles
from listino.db.engine import Database
from listino.db.snapshot import stamp
from listino.ports import Clock, Erp, Traits

DOWN, ANSWER_LOST = "erp-down", "answer-lost"
MINUTES_MAX, TIMES_MAX = 24 * 60, 1_000
# All that a management system may be asked; only of the last it may be unknown whether it was done.
VERBS = (
    "news", "find_order", "order_states", "ask_price", "find_or_create_customer", "change_order", "cancel_order",
    "record_payment", "place_order",
)  # fmt: skip


class _Troubled:
    """What every broken system has; the verbs are those of the one that is broken."""

    def __init__(self, erp: Erp, database: Database, clock: Clock) -> None:
        self.erp, self.database, self.clock = erp, database, clock

    @property
    def traits(self) -> Traits:
        """What the system declares of itself."""
        return self.erp.traits

    def asked(self, verb: str, arguments: tuple[Any, ...]) -> Any:
        """What the system answers, unless somebody wants it to be down, or its answer to be lost.

        Errors:  those of the system; Unavailable, OutcomeUnknown on purpose.
        """
        if troubles.lasts(self.database.read().connection, DOWN, stamp(self.clock())):
            raise Unavailable("The connection was refused (on purpose: listino trigger erp-ok ends it).")
        answer = getattr(self.erp, verb)(*arguments)
        if verb == "place_order" and self.database.write(lambda tx: troubles.comes(tx, ANSWER_LOST)):
            raise OutcomeUnknown("No answer came by the deadline (on purpose: listino trigger answer-lost).")
        return answer


def troubled(erp: Erp, database: Database, clock: Clock) -> Erp:
    """A management system that does what another does, unless it is broken on purpose."""
    verbs = {verb: _verb(verb) for verb in VERBS if hasattr(erp, verb)}
    made: Erp = type("Troubled", (_Troubled,), verbs)(erp, database, clock)
    return made


def _verb(name: str) -> Callable[..., Any]:
    def ask(self: _Troubled, *arguments: Any) -> Any:
        return self.asked(name, arguments)

    return ask


def go_down(database: Database, minutes: int, now: datetime) -> None:
    """Have the management system answer nobody for so many minutes.

    Errors:  Malformed.
    """
    _check("minutes", minutes, MINUTES_MAX)
    database.write(lambda tx: troubles.set_until(tx, DOWN, stamp(now + timedelta(minutes=minutes))))


def lose_answers(database: Database, times: int) -> None:
    """Have the next orders placed without an answer to so many of them.

    Errors:  Malformed.
    """
    _check("times", times, TIMES_MAX)
    database.write(lambda tx: troubles.set_times(tx, ANSWER_LOST, times))


def recover(database: Database) -> None:
    """End all that was broken on purpose."""
    database.write(lambda tx: troubles.end(tx, (DOWN, ANSWER_LOST)))


def _check(field: str, count: int, most: int) -> None:
    if not 1 <= count <= most:
        raise malformed(field, "out_of_range", f"{field} is 1 to {most}, not {count}.", f"Name --{field} 1, or more.")
