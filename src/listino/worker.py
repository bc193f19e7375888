"""The loop that does what is due: it claims tasks, carries them out in threads, and ends when it is told to."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event, Lock

from listino.flows.work import Claim, Work, begun, carried_out, claimed, is_due

# How often it is looked for what is due; an order that was just taken waits no longer than this.
POLL_S = 0.1
# What is due and cannot be claimed, as it follows something that waits, is looked at again after this.
BLOCKED_PAUSE_S = 0.5
# How long to wait after the database failed; it doubles up to the longest.
TROUBLE_PAUSE_S, TROUBLE_PAUSE_MAX_S = 1.0, 30.0
THREADS = 8
# No system has more than so many calls of this process under way: others are not held up by a slow one.
IN_FLIGHT_MAX = 4
# Receivers of webhooks are strangers: one gets so many, and all together no more than one system does.
WEBHOOK, WEBHOOK_IN_FLIGHT_MAX = "webhook:", 2
# A clock that moves by this much against the one that is never set has been set.
JUMP = timedelta(seconds=1)


class SteadyClock:
    """The clock, and since when it has run evenly: an instant that passed while it was set is not to be relied on."""

    def __init__(self, clock: Callable[[], datetime], seconds: Callable[[], float]) -> None:
        self._clock = clock
        self._seconds = seconds
        self._lock = Lock()
        self._since = clock()
        self._begun_at, self._begun_s = self._since, seconds()

    def now(self) -> datetime:
        """The instant now."""
        with self._lock:
            at, passed_s = self._clock(), self._seconds() - self._begun_s
            expected = self._begun_at + timedelta(seconds=passed_s)
            if abs(at - expected) > JUMP:
                self._since = at
            # What a clock drifts by is no jump.
            self._begun_at, self._begun_s = at, self._begun_s + passed_s
            return at

    def steady_since(self) -> datetime:
        """Since when it has run evenly."""
        self.now()
        return self._since


class Worker:
    """Carries out what is due, several things at once."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._lock = Lock()
        self._under_way: Counter[str] = Counter()
        self._ended = Event()

    def run(self, stop: Event) -> None:
        """Work until told to stop; what is under way then is finished."""
        is_begun, trouble_s = False, TROUBLE_PAUSE_S
        with ThreadPoolExecutor(THREADS, thread_name_prefix="listino-work") as threads:
            while not stop.is_set():
                self._ended.clear()
                try:
                    if not is_begun:
                        begun(self._work)
                        is_begun = True
                    pause_s = self._begin(threads)
                except Exception as error:
                    self._work.report("looking for what is due", error)
                    stop.wait(trouble_s)
                    trouble_s = min(2 * trouble_s, TROUBLE_PAUSE_MAX_S)
                    continue
                trouble_s = TROUBLE_PAUSE_S
                if pause_s:
                    self._ended.wait(pause_s)

    def _begin(self, threads: ThreadPoolExecutor) -> float:
        """Begin what is due, as far as threads are free; how long to wait before looking again, if nothing ends."""
        free = THREADS - sum(count for target, count in self._under_way.items() if target != WEBHOOK)
        if free <= 0 or not is_due(self._work):
            return POLL_S
        left = free
        with self._lock:
            taken = self._under_way.copy()

        def room(target: str) -> int:
            nonlocal left
            bounds = [left, IN_FLIGHT_MAX - taken[target]]
            if target.startswith(WEBHOOK):
                bounds += [WEBHOOK_IN_FLIGHT_MAX - taken[target], IN_FLIGHT_MAX - taken[WEBHOOK]]
            given = max(0, min(bounds))
            taken.update({target: given, WEBHOOK: given if target.startswith(WEBHOOK) else 0})
            left -= given
            return given

        claims = claimed(self._work, room)
        for claim in claims:
            with self._lock:
                self._under_way.update(_counted_as(claim))
            threads.submit(carried_out, self._work, claim).add_done_callback(self._done(claim))
        return 0.0 if claims else BLOCKED_PAUSE_S

    def _done(self, claim: Claim) -> Callable[[Future[None]], None]:
        def done(ended: Future[None]) -> None:
            with self._lock:
                self._under_way.subtract(_counted_as(claim))
            error = ended.exception()
            if isinstance(error, Exception):
                # What became of it could not be written down: its lease ends, and it is looked at again.
                self._work.report(f"{claim.task.kind} {claim.task.subject}", error)
            self._ended.set()

        return done


def _counted_as(claim: Claim) -> list[str]:
    """Under what a task that is under way is counted: its system, and webhooks also together."""
    target = claim.task.target
    return [target, WEBHOOK] if target.startswith(WEBHOOK) else [target]
