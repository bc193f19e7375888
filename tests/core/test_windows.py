"""Half-open times: joined, crossed and taken from one another."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listino.core.windows import ALWAYS, Window, crossed, holds, is_empty, joined, without
from tests.core.lines import on

days = st.integers(1, 12).map(on)
windows = st.lists(st.tuples(st.none() | days, st.none() | days), max_size=4)
MOMENTS = [on(day, hour) for day in range(1, 13) for hour in (0, 12)]


def w(start: int | None, end: int | None) -> Window:
    return (on(start) if start else None, on(end) if end else None)


@pytest.mark.parametrize(
    ("given_windows", "expected"),
    [
        ([w(1, 3), w(2, 5)], (w(1, 5),)),
        ([w(1, 3), w(3, 5)], (w(1, 5),)),
        ([w(4, 5), w(1, 3)], (w(1, 3), w(4, 5))),
        ([w(None, 3), w(2, None)], (ALWAYS,)),
        ([w(5, 4), w(1, 3)], (w(1, 3),)),
        ([w(5, 4)], (w(5, 4),)),
        ([], ()),
    ],
)
def test_joined_windows_are_as_few_as_it_takes(given_windows: list[Window], expected: tuple[Window, ...]) -> None:
    assert joined(given_windows) == expected


def test_windows_that_never_meet_leave_an_empty_one_with_the_edges_of_both() -> None:
    assert crossed([w(1, 3)], (w(5, 7),)) == (w(5, 3),)
    assert is_empty(w(5, 3))


@given(windows, days)
def test_joining_changes_no_moment(given_windows: list[Window], at: datetime) -> None:
    assert holds(joined(given_windows), at) == holds(given_windows, at)


@given(windows, windows)
def test_crossed_windows_hold_where_both_do(first: list[Window], second: list[Window]) -> None:
    both = crossed(first, tuple(second))
    assert [holds(both, at) for at in MOMENTS] == [holds(first, at) and holds(second, at) for at in MOMENTS]


@given(windows, windows)
def test_windows_without_others_hold_where_the_others_do_not(first: list[Window], second: list[Window]) -> None:
    left = without(first, joined(second))
    assert [holds(left, at) for at in MOMENTS] == [
        holds(first, at) and not holds([one for one in second if not is_empty(one)], at) for at in MOMENTS
    ]
