"""Sets of windows, against sets of milliseconds."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ningde_sim.year.windows import both, by_day, joined, minus, trimmed

HOUR = 3_600_000
pairs = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6)


def inside(windows):
    """The whole numbers in windows."""
    return {t for begin, end in windows for t in range(begin, end)}


def proper(windows):
    """Rising, apart, none empty."""
    edges = [edge for window in windows for edge in window]
    return edges == sorted(set(edges))


@given(one=pairs, other=pairs)
def test_windows_are_sets(one, other):
    """Joined, cut, subtracted as sets are."""
    a, b = joined(one), joined(other)
    assert inside(a) == inside(one)
    assert inside(both(a, b)) == inside(a) & inside(b)
    assert inside(minus(a, b)) == inside(a) - inside(b)
    assert all(proper(windows) for windows in (a, b, both(a, b), minus(a, b)))


@given(one=st.lists(st.tuples(st.integers(0, 5 * HOUR), st.integers(0, 5 * HOUR)), max_size=4))
def test_a_rate_keeps_the_first_share_of_each_hour(one):
    """What stays and what closes are all of it."""
    a = joined(one)
    stay, closed = trimmed(a, lambda _: 0.25)
    assert both(stay, closed) == []
    assert joined([*stay, *closed]) == a
    assert trimmed(a, lambda _: 1.0) == (a, [])


def test_a_whole_hour_at_80_percent_is_open_for_48_minutes():
    """From its beginning."""
    stay, closed = trimmed([(0, 2 * HOUR)], lambda _: 0.8)
    assert stay == [(0, HOUR * 8 // 10), (HOUR, HOUR * 18 // 10)]
    assert closed == [(HOUR * 8 // 10, HOUR), (HOUR * 18 // 10, 2 * HOUR)]


def test_days_add_up():
    """Windows over midnight are cut there."""
    windows = [(0, HOUR), (23 * HOUR, 26 * HOUR), (71 * HOUR, 72 * HOUR), (72 * HOUR, 80 * HOUR)]
    assert by_day(windows, 3).tolist() == [2 * HOUR, 2 * HOUR, HOUR]
    assert np.array_equal(by_day([], 2), [0, 0])
