"""Time and chance of the simulator: actors run one at a time, in an order that the seed draws, on a virtual clock.

An actor is a plain function on a thread of its own; it hands the turn on at every effect, by `pause`. So the code of
the product runs as it is, and may be killed wherever it touches the world.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from random import Random
from threading import Lock, Thread

START = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
STEPS_MAX = 100_000
NOW = timedelta(0)


class Killed(BaseException):
    """The process of this actor is no more; no code of the product catches it."""


@dataclass
class Process:
    """What is killed together: actors that share a memory."""

    name: str
    alive: bool = True


@dataclass
class Actor:
    """Somebody who does things: a worker, a store, a person, the weather."""

    name: str
    body: Callable[[], None]
    process: Process | None = None
    turn: Lock = field(default_factory=Lock)
    ended: bool = False
    thread: Thread | None = None

    @property
    def is_killed(self) -> bool:
        """Whether its process is no more."""
        return self.process is not None and not self.process.alive


class Time:
    """The virtual clock, and whose turn it is."""

    def __init__(self, chance: Random) -> None:
        self.now = START
        self.chance = chance
        self.steps = 0
        self.after_step: Callable[[Actor], None] = lambda _: None
        self._waiting: list[tuple[datetime, float, int, Actor]] = []
        self._actors: list[Actor] = []
        self._current: Actor | None = None
        self._main = Lock()
        self._main.acquire()
        self._error: BaseException | None = None
        self._over = False

    @property
    def current(self) -> Actor:
        """Whose turn it is."""
        assert self._current is not None
        return self._current

    def start(
        self, name: str, body: Callable[[], None], after: timedelta = NOW, process: Process | None = None
    ) -> None:
        """Have an actor begin after a while."""
        actor = Actor(name, body, process)
        actor.turn.acquire()
        self._actors.append(actor)
        self._wait(actor, after)

    def pause(self, duration: timedelta = NOW) -> None:
        """An effect: others may act before it, and the one who acts may be killed here."""
        me = self.current
        self._check(me)
        self.after_step(me)
        self._check(me)
        self._wait(me, duration)
        self._pass_on(me)
        self._check(me)

    def run(self) -> None:
        """Let all act until nobody has anything left to do.

        Errors:  what an actor failed with.
        """
        self._pass_on(None)
        self._main.acquire()
        self._over = True
        for actor in self._actors:
            if actor.thread is not None and not actor.ended:
                actor.turn.release()
            if actor.thread is not None:
                actor.thread.join()
        if self._error is not None:
            raise self._error

    def fail(self, error: BaseException) -> None:
        """End everything with an error."""
        self._error = self._error or error

    def _check(self, me: Actor) -> None:
        if self._over or self._error is not None or me.is_killed:
            raise Killed

    def _wait(self, actor: Actor, duration: timedelta) -> None:
        heappush(self._waiting, (self.now + duration, self.chance.random(), len(self._waiting), actor))

    def _pass_on(self, me: Actor | None) -> None:
        """Give the turn to whoever is next; come back when it is this one's again."""
        self.steps += 1
        if self.steps > STEPS_MAX:
            self.fail(AssertionError(f"It does not come to an end: {STEPS_MAX} steps."))
        if not self._waiting or self._error is not None:
            self._current = None
            self._main.release()
        else:
            at, _, _, actor = heappop(self._waiting)
            self.now = max(self.now, at)
            self._current = actor
            if actor is me:
                return
            self._wake(actor)
        if me is not None and not me.ended:
            me.turn.acquire()

    def _wake(self, actor: Actor) -> None:
        if actor.thread is None:
            actor.thread = Thread(target=self._act, args=(actor,), name=actor.name, daemon=True)
            actor.thread.start()
        else:
            actor.turn.release()

    def _act(self, actor: Actor) -> None:
        try:
            self._check(actor)
            actor.body()
        except Killed:
            pass
        except BaseException as error:
            self.fail(error)
        actor.ended = True
        if not self._over:
            self._pass_on(actor)
