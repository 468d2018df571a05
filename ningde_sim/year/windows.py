"""Times as lists of windows: pairs of begin and end in ms, rising, none empty, none overlapping."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from ningde_sim._support import units
from ningde_sim.engine.counts import Ints
from ningde_sim.plant.working_time import open_before

Windows = list[tuple[int, int]]


def joined(windows: Iterable[tuple[int, int]]) -> Windows:
    """Any windows as such a list: sorted, those that overlap or touch made one."""
    found: Windows = []
    for begin, end in sorted(window for window in windows if window[0] < window[1]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def both(one: Windows, other: Windows) -> Windows:
    """When both are open."""
    found: Windows = []
    i = j = 0
    while i < len(one) and j < len(other):
        begin, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if begin < end:
            found.append((begin, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return found


def minus(one: Windows, other: Windows) -> Windows:
    """When the first is open and the other is not."""
    edges = [-(2**62), *(edge for window in other for edge in window), 2**62]
    gaps = list(zip(edges[::2], edges[1::2], strict=True))
    return both(one, [gap for gap in gaps if gap[0] < gap[1]])


def trimmed(windows: Windows, rate: Callable[[int], float]) -> tuple[Windows, Windows]:
    """Cut to a rate: of each clock hour the first `rate(begin)` share stays open, the rest closes.

    Returns
    -------
    Windows, Windows
        What stays open, what is closed.
    """
    stay: Windows = []
    closed: Windows = []
    for begin, end in windows:
        at = begin
        while at < end:
            until = min(end, (at // units.MS_PER_H + 1) * units.MS_PER_H)
            turn = at + round(rate(at) * (until - at))
            stay.append((at, turn))
            closed.append((turn, until))
            at = until
    return joined(stay), joined(closed)


def by_day(windows: Windows, n_days: int) -> Ints:
    """Open time of each day of 24 h, shape (n_days,). [ms, int64]"""
    edges = np.arange(n_days + 1) * 24 * units.MS_PER_H
    begin, end = np.array(windows, dtype=np.int64).reshape(-1, 2).T
    found: Ints = np.diff(open_before(edges, begin, end))
    return found
