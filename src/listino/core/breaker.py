"""How a system fares that we send to: its breaker, and how fast it may be called. Pure; shared by all workers."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from listino.core.pauses import JITTER_STEPS, pause

# After so many failures in a row nothing is sent any more but one probe per pause.
FAILURES_TO_OPEN = 5
PROBE_PAUSE_MAX = timedelta(minutes=1)
# What was not sent while nobody was calling may be caught up within this time.
BURST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A system as the last calls left it.

    Shapes:  failures: in a row; open_until: when the next probe may go, None while all may; down_since: since
             when it answers no call; ok_at: when it last took something; next_call_at: when its rate allows
             the next call.
    """

    name: str
    failures: int = 0
    open_until: datetime | None = None
    down_since: datetime | None = None
    ok_at: datetime | None = None
    next_call_at: datetime | None = None
    text: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether calls are kept back, all but probes."""
        return self.open_until is not None


def allowed(target: Target, at: datetime, calls_per_minute: int, wanted: int) -> int:
    """How many of the wanted calls may begin now: one, as a probe, while it does not answer."""
    if target.open_until is not None:
        return min(wanted, 1) if target.open_until <= at else 0
    interval = timedelta(minutes=1) / calls_per_minute
    # A rate slower than one call in this time has a burst of one.
    earliest = at - max(BURST - interval, timedelta(0))
    begin = max(target.next_call_at or earliest, earliest)
    return max(0, min(wanted, (at - begin) // interval + 1)) if begin <= at else 0


def called(target: Target, at: datetime, calls_per_minute: int, calls: int = 1) -> Target:
    """The target after calls were given out; while it is open, the next probe waits for the outcome of this one."""
    interval = timedelta(minutes=1) / calls_per_minute
    earliest = at - max(BURST - interval, timedelta(0))
    begin = max(target.next_call_at or earliest, earliest)
    open_until = target.open_until if target.open_until is None else at + PROBE_PAUSE_MAX
    return replace(target, next_call_at=begin + calls * interval, open_until=open_until)


def unused(target: Target, calls_per_minute: int, at: datetime) -> Target:
    """The target after a call that was given out was not made: another may go for it, a probe too."""
    interval = timedelta(minutes=1) / calls_per_minute
    next_call_at = None if target.next_call_at is None else target.next_call_at - interval
    return replace(target, next_call_at=next_call_at, open_until=None if target.open_until is None else at)


def answered(target: Target, at: datetime, *, took: bool) -> Target:
    """It answers, so that everything may go again; whether it `took` what it was sent, or was only asked."""
    ok_at = at if took else target.ok_at
    return replace(target, failures=0, open_until=None, down_since=None, ok_at=ok_at, text=None)


def failed(target: Target, at: datetime, text: str) -> Target:
    """It did not answer: after some failures in a row, nothing but probes is sent until one is answered."""
    failures = target.failures + 1
    down_since = target.down_since or at
    if failures < FAILURES_TO_OPEN:
        return replace(target, failures=failures, down_since=down_since, text=text)
    # One probe goes for all workers, so that there is nothing for chance to spread.
    wait = pause(failures - FAILURES_TO_OPEN + 1, JITTER_STEPS - 1, PROBE_PAUSE_MAX)
    return replace(target, failures=failures, down_since=down_since, open_until=at + wait, text=text)
