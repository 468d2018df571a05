"""Open time within clock hours and days: cut to a rate, added up by day."""

from __future__ import annotations

from itertools import chain

import numpy as np

from ningde_sim._support import units
from ningde_sim._support.intervals import Windows, as_windows, open_before, union
from ningde_sim.engine.counts import Ints


def arrays(windows: Windows) -> tuple[Ints, Ints]:
    """Begins and ends of windows, arrays of shape (n,). [int64]"""
    begin, end = np.fromiter(chain.from_iterable(windows), np.int64).reshape(-1, 2).T
    return begin, end


def trimmed(windows: Windows, rate: float) -> tuple[Windows, Windows]:
    """Cut windows to a rate: the first share of each clock hour stays open, the rest closes.

    Returns
    -------
    tuple of Windows
        What stays open, what is closed.
    """
    begin, end = arrays(windows)
    n_hours = -(-end // units.MS_PER_H) - begin // units.MS_PER_H
    first = np.cumsum(n_hours) - n_hours
    own = np.repeat(np.arange(len(begin)), n_hours)
    hour = (begin // units.MS_PER_H)[own] + np.arange(len(own)) - first[own]
    at = np.maximum(hour * units.MS_PER_H, begin[own])
    until = np.minimum((hour + 1) * units.MS_PER_H, end[own])
    turn = at + np.rint(rate * (until - at)).astype(np.int64)
    stays, closes = at < turn, turn < until
    stay = union(at[stays], turn[stays])
    closed = union(turn[closes], until[closes])
    return as_windows(*stay), as_windows(*closed)


def by_day(windows: Windows, n_days: int) -> Ints:
    """Open time of each day of 24 h, shape (n_days,). [ms, int64]"""
    edges = np.arange(n_days + 1) * units.MS_PER_DAY
    totals: Ints = np.diff(open_before(edges, *arrays(windows)))
    return totals
