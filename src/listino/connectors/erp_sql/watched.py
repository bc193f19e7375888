"""A call that ends by its deadline whatever the database does; given up, it never commits afterwards."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

from listino.core.errors import OutcomeUnknown, Unavailable

Outcome = TypeVar("Outcome")


class Watch:
    """Whether a call may still commit: it and whoever waits for it agree on who was first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._given_up = False
        self._committing = False

    def commit(self, commit: Callable[[], None]) -> None:
        """Commit, unless nobody waits any more.

        Errors:  Unavailable where the call was given up: nothing is committed.
        """
        with self._lock:
            if self._given_up:
                raise Unavailable("The call was given up before it was committed.")
            self._committing = True
        commit()

    def give_up(self) -> bool:
        """Let it commit no more; whether it has begun to."""
        with self._lock:
            self._given_up = True
            return self._committing


class _Call(Generic[Outcome]):
    """A call in a thread of its own, which may hang without holding up anybody."""

    def __init__(self, call: Callable[[Watch], Outcome]) -> None:
        self.watch = Watch()
        self.ended = Event()
        self.outcome: list[Outcome] = []
        self.error: BaseException | None = None
        self._call = call

    def run(self) -> None:
        try:
            self.outcome.append(self._call(self.watch))
        except BaseException as error:
            self.error = error
        finally:
            self.ended.set()


def by_deadline(call: Callable[[Watch], Outcome], deadline: timedelta, name: str) -> Outcome:
    """The outcome of a call, or its error.

    Errors:  Unavailable when it did not end in time and has committed nothing; OutcomeUnknown when it did not, and
             had begun to commit.
    """
    work = _Call(call)
    Thread(target=work.run, daemon=True, name="listino-sql").start()
    if not work.ended.wait(deadline.total_seconds()):
        text = f"{name} did not answer within {deadline.total_seconds():g} s."
        if work.watch.give_up():
            raise OutcomeUnknown(text)
        raise Unavailable(text)
    if work.error is not None:
        raise work.error
    return work.outcome[0]
