"""Intervals of time, checked against sets of whole numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ningde_sim._support.intervals import difference, intersection, joined, open_before, union

pairs = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=6)


def inside(windows):
    """The whole numbers in windows."""
    return {t for begin, end in windows for t in range(begin, end)}


def proper(windows):
    """Whether windows rise, lie apart and are not empty."""
    edges = [edge for window in windows for edge in window]
    return edges == sorted(set(edges))


def columns(windows):
    """Begins and ends as arrays."""
    return np.array(windows, dtype=np.int64).reshape(-1, 2).T


@given(one=pairs, other=pairs)
def test_windows_are_sets(one, other):
    """They are joined, cut and subtracted as sets are."""
    a, b = joined(one), joined(other)
    assert inside(a) == inside(one)
    assert inside(intersection(a, b)) == inside(a) & inside(b)
    assert inside(difference(a, b)) == inside(a) - inside(b)
    assert all(proper(each) for each in (a, b, intersection(a, b), difference(a, b)))


@given(one=pairs)
def test_windows_are_pairs_of_whole_numbers(one):
    """Plain ones of Python, which pickle small and print well."""
    assert all(type(edge) is int for window in joined(one) for edge in window)


@given(one=pairs)
def test_a_union_covers_what_its_intervals_cover(one):
    """Also where some of them are empty."""
    rising = [(min(pair), max(pair)) for pair in one]
    begins, ends = union(*columns(rising))
    united = list(zip(begins.tolist(), ends.tolist(), strict=True))
    assert inside(united) == inside(rising)
    assert all(before[1] < after[0] for before, after in pairwise(united))


@given(one=pairs, at=st.lists(st.integers(-5, 70), max_size=5))
def test_what_is_open_before_an_instant_is_counted(one, at):
    """Before, inside, between and after the windows; whole numbers stay whole."""
    windows = joined(one)
    before = open_before(np.array(at, dtype=np.int64), *columns(windows))
    assert before.dtype == np.int64
    assert before.tolist() == [len({t for t in inside(windows) if t < instant}) for instant in at]
