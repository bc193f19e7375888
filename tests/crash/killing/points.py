"""The places on the way of an order at which a process may be killed, by name. Nothing of this is in the product."""

import os
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from listino import config
from listino.core.handover_state import Handover
from listino.db import handover as kept
from listino.db import orders
from listino.db.writer import Job
from listino.flows import handover
from listino.testing.fake_erp import FakeErp

CRASH_AT, CRASH_ONCE, CLOCK_AHEAD_H = "LISTINO_CRASH_AT", "LISTINO_CRASH_ONCE", "LISTINO_CLOCK_AHEAD_H"


def _kill() -> None:
    """Kill this process without a farewell, once for all processes of a test: the mark is a file."""
    try:
        os.close(os.open(os.environ[CRASH_ONCE], os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _before(owner: Any, name: str, when: Callable[..., bool] = lambda *_: True) -> None:
    whole = getattr(owner, name)

    @wraps(whole)
    def killed(*arguments: Any, **named: Any) -> Any:
        if when(*arguments):
            _kill()
        return whole(*arguments, **named)

    setattr(owner, name, killed)


def _after(owner: Any, name: str, when: Callable[..., bool] = lambda *_: True) -> None:
    whole = getattr(owner, name)

    @wraps(whole)
    def killed(*arguments: Any, **named: Any) -> Any:
        answer = whole(*arguments, **named)
        if when(*arguments):
            _kill()
        return answer

    setattr(owner, name, killed)


def _ends_placed(tx: Any, order: Any, after: Any, *_: Any) -> bool:
    return bool(after.handover is Handover.PLACED)


POINTS: dict[str, Callable[[], None]] = {
    "take_before_commit": lambda: _after(orders, "take_all"),
    "take_after_commit": lambda: _before(Job, "tell", lambda job: job.write_all is not None),
    "claim_before_commit": lambda: _after(handover, "claimed"),
    "claim_after_commit": lambda: _before(handover, "handed_over"),
    "send_before": lambda: _before(FakeErp, "place_order"),
    "send_after": lambda: _after(FakeErp, "place_order"),
    "look_before": lambda: _before(FakeErp, "find_order"),
    "look_after": lambda: _after(FakeErp, "find_order"),
    "finish_before_commit": lambda: _after(kept, "keep", _ends_placed),
    "finish_after_commit": lambda: _after(handover, "handed_over"),
}


def install() -> None:
    """Lay the trap that the environment names, and set the clock ahead by the time that the machine was down."""
    point = os.environ.get(CRASH_AT)
    if point:
        POINTS[point]()
    hours = os.environ.get(CLOCK_AHEAD_H)
    if hours:
        now = config.now

        def later() -> datetime:
            return now() + timedelta(hours=int(hours))

        setattr(config, "now", later)  # noqa: B010  # a trap, which types are not to allow
