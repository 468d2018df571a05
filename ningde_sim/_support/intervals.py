"""Intervals of time: united, cut, subtracted, measured.

Many intervals are arrays of begins and of ends; a few that a person may read are `Windows`, a list
of pairs. Both take their ends in one unit, and hold the begin but not the end.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

import numpy as np

Windows = list[tuple[int, int]]
"""Pairs of begin and end: rising, none empty, none overlapping or touching."""


def union(begin: Any, end: Any) -> tuple[Any, Any]:
    """The stretches that intervals cover together; those that touch become one.

    Parameters
    ----------
    begin, end : arrays, shape (n,)
        In any order, overlapping or not.

    Returns
    -------
    tuple of array
        Begins and ends of the stretches, rising.
    """
    order = np.argsort(begin, kind="stable")
    begin, reached = begin[order], np.maximum.accumulate(end[order])
    if not len(begin):
        return begin, reached
    new = np.concatenate(([True], begin[1:] > reached[:-1]))
    return begin[new], reached[np.append(np.flatnonzero(new)[1:] - 1, len(begin) - 1)]


def open_before(at: Any, opens: Any, closes: Any) -> Any:
    """How much of some intervals lies before each instant.

    Parameters
    ----------
    at : array
        Instants.
    opens, closes : arrays, shape (n,)
        Begins and ends of the intervals: rising, none overlapping.

    Returns
    -------
    numpy.ndarray, shape of `at`
        Whole numbers where all are.
    """
    if not len(opens):
        return np.zeros_like(at)
    before = np.concatenate((np.zeros_like(opens[:1]), np.cumsum(closes - opens)[:-1]))
    k = np.maximum(np.searchsorted(opens, at, side="right") - 1, 0)
    return before[k] + np.clip(at, opens[k], closes[k]) - opens[k]


def joined(pairs: Iterable[tuple[int, int]]) -> Windows:
    """Any pairs of begin and end as windows; those that end before they begin are left out."""
    windows: Windows = []
    reached = -(2**63)
    for begin, end in sorted(pairs):
        if begin >= end:
            continue
        if begin > reached:
            windows.append((begin, end))
            reached = end
        elif end > reached:
            windows[-1] = (windows[-1][0], end)
            reached = end
    return windows


def as_windows(begin: Any, end: Any) -> Windows:
    """Arrays of begins and ends, rising and apart, as windows."""
    return list(zip(begin.tolist(), end.tolist(), strict=True))


def length(windows: Windows) -> int:
    """How long windows are together."""
    return sum(end - begin for begin, end in windows)


_begin, _end = itemgetter(0), itemgetter(1)


def intersection(one: Windows, other: Windows) -> Windows:
    """The time in both.

    Examples
    --------
    >>> intersection([(0, 8), (9, 17)], [(6, 12)])
    [(6, 8), (9, 12)]
    """
    few, many = (one, other) if len(one) < len(other) else (other, one)
    windows: Windows = []
    at = 0
    for begin, end in few:
        at = bisect_right(many, begin, at, key=_end)
        until = bisect_left(many, end, at, key=_begin)
        if at == until:
            continue
        first, *_ = inner = many[at:until]
        if first[0] < begin:
            inner[0] = (begin, first[1])
        if end < inner[-1][1]:
            inner[-1] = (inner[-1][0], end)
        windows += inner
        at = until - 1
    return windows


def difference(one: Windows, other: Windows) -> Windows:
    """The time in the first and not in the other.

    Examples
    --------
    >>> difference([(0, 8), (9, 17)], [(6, 12)])
    [(0, 6), (12, 17)]
    """
    if not other:
        return one
    begins, ends = zip(*other, strict=True)
    return intersection(one, list(zip((-(2**62), *ends), (*begins, 2**62), strict=True)))
