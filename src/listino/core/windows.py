"""Times for which something holds, as half-open windows; None is without beginning or without end."""

from collections.abc import Iterable
from datetime import UTC, datetime

Window = tuple[datetime | None, datetime | None]
ALWAYS: Window = (None, None)

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


def holds(windows: Iterable[Window], at: datetime) -> bool:
    """Whether a moment lies in any of the windows."""
    for start, end in windows:  # noqa: SIM110  # on the hottest road a loop costs half of what `any` does
        if (start is None or start <= at) and (end is None or at < end):
            return True
    return False


def joined(windows: Iterable[Window]) -> tuple[Window, ...]:
    """The same time in as few windows as it takes, in order, none touching another.

    A time that is empty keeps its windows as they are, so that it can be explained.
    """
    given = tuple(windows)
    merged: list[tuple[datetime, datetime]] = []
    for start, end in sorted((start or _FIRST, end or _LAST) for start, end in given):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(_window(start, end) for start, end in merged) or given


def crossed(windows: Iterable[Window], others: tuple[Window, ...]) -> tuple[Window, ...]:
    """The windows in which both hold; where they never meet, an empty one with the edges of both."""
    every = [
        _window(max(start or _FIRST, other_start or _FIRST), min(end or _LAST, other_end or _LAST))
        for start, end in windows
        for other_start, other_end in others
    ]
    return tuple(window for window in every if not is_empty(window)) or tuple(every[:1])


def without(windows: Iterable[Window], covered: tuple[Window, ...]) -> tuple[Window, ...]:
    """What is left of the windows outside those that are covered; nothing, perhaps."""
    left = [(start or _FIRST, end or _LAST) for start, end in windows]
    for covered_start, covered_end in covered:
        low, high = covered_start or _FIRST, covered_end or _LAST
        left = [
            piece
            for start, end in left
            for piece in ((start, min(end, low)), (max(start, high), end))
            if piece[0] < piece[1]
        ]
    return tuple(_window(start, end) for start, end in left)


def is_empty(window: Window) -> bool:
    """Whether a window holds at no moment."""
    start, end = window
    return start is not None and end is not None and start >= end


def _window(start: datetime, end: datetime) -> Window:
    return (None if start == _FIRST else start, None if end == _LAST else end)
