"""Open time within clock hours and days: cut to a rate, added up by day."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ningde_sim._support import units
from ningde_sim._support.intervals import Windows, joined, open_before
from ningde_sim.engine.counts import Ints

Rate = Callable[[int], float]
"""The share of its full rate that a shop has at an instant. [ms to -]"""


def trimmed(windows: Windows, rate: Rate) -> tuple[Windows, Windows]:
    """Cut windows to a rate: the first share of each clock hour stays open, the rest closes.

    Returns
    -------
    tuple of Windows
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
    edges = np.arange(n_days + 1) * units.MS_PER_DAY
    begin, end = np.array(windows, dtype=np.int64).reshape(-1, 2).T
    totals: Ints = np.diff(open_before(edges, begin, end))
    return totals
