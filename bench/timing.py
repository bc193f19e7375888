"""Measuring on a machine whose speed wanders: short turns, one after the other, and their medians."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

TURNS = 15


@contextmanager
def no_collection() -> Iterator[None]:
    """As a worker answers: without cyclic garbage collection in between."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def interleaved_us(
    works: dict[str, Callable[[], int]], prepare: Callable[[], None] | None = None, turns: int = TURNS
) -> dict[str, float]:
    """The CPU time of one unit of each work, in microseconds: the median of turns taken in rotation.

    Shapes:  each work does a number of units and returns how many; `prepare` runs before each turn, untimed.
    """
    taken: dict[str, list[float]] = {name: [] for name in works}
    with no_collection():
        for _ in range(turns):
            for name, work in works.items():
                if prepare is not None:
                    prepare()
                started = time.process_time_ns()
                units = work()
                taken[name].append((time.process_time_ns() - started) / units / 1000)
    return {name: median(times) for name, times in taken.items()}
