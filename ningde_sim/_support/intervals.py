"""Intervals of time: united, cut, subtracted, measured.

Many intervals are arrays of begins and of ends; a few that a person may read are `Windows`, a list
of pairs. Both take their ends in one unit, and hold the begin but not the end.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    lasting = [(begin, end) for begin, end in pairs if begin < end]
    begins, ends = union(*np.array(lasting, dtype=np.int64).reshape(-1, 2).T)
    return list(zip(begins.tolist(), ends.tolist(), strict=True))


def intersection(one: Windows, other: Windows) -> Windows:
    """The time in both.

    Examples
    --------
    >>> intersection([(0, 8), (9, 17)], [(6, 12)])
    [(6, 8), (9, 12)]
    """
    windows: Windows = []
    i = j = 0
    while i < len(one) and j < len(other):
        begin, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if begin < end:
            windows.append((begin, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return windows


def difference(one: Windows, other: Windows) -> Windows:
    """The time in the first and not in the other.

    Examples
    --------
    >>> difference([(0, 8), (9, 17)], [(6, 12)])
    [(0, 6), (12, 17)]
    """
    edges = [-(2**62), *(edge for window in other for edge in window), 2**62]
    gaps = list(zip(edges[::2], edges[1::2], strict=True))
    return intersection(one, [gap for gap in gaps if gap[0] < gap[1]])
