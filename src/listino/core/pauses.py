"""Pauses between tries: they grow, and chance spreads them so that what failed together does not come together."""

from datetime import timedelta

PAUSE_FIRST = timedelta(seconds=1)
PAUSE_MAX = timedelta(minutes=5)
DOUBLINGS_MAX = 16
# Chance is a whole number below this.
JITTER_STEPS = 1_000


def pause(failures: int, jitter: int, longest: timedelta = PAUSE_MAX) -> timedelta:
    """How long to wait after so many failures in a row: full jitter, so anything up to the pause that is due.

    Source:  Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    doublings = min(max(failures - 1, 0), DOUBLINGS_MAX)
    return min(PAUSE_FIRST * (1 << doublings), longest) * (jitter + 1) / JITTER_STEPS
