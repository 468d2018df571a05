"""Bottlenecks by how long stations are active without a break."""

from __future__ import annotations

import heapq

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim._support.intervals import union
from ningde_sim.engine.counts import Ints
from ningde_sim.engine.rules import State
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.measures.ranks import ranks
from ningde_sim.measures.state_log import Bools, Floats, StateLog, read
from ningde_sim.statistics import estimate

ACTIVE = (State.WORKING, State.PLANNED, State.DOWN, State.WAITING)
"""The states in which a station waits for no other: all but starved, blocked, off."""


def active_periods(run_or_log: ShopRun | pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """How long stations are active without a break; the longest on average is the bottleneck.

    A station is active unless it is starved or blocked: repairs, planned stops and waiting for a
    crew count. Time off neither ends a period nor counts in it; time without a row ends it, unless
    no station has a row then. Periods at the ends of the log count with the length that it shows.
    The periods of all copies of a line count together.

    Limitations: the measure does not see the cause of a break. A bottleneck between small buffers
    is starved or blocked for moments, and each of them cuts its active period; a slow station and
    one with much downtime look the same. On nearly balanced lines stations differ by less than the
    interval. The interval takes the periods as independent; they are correlated, so the true one
    is wider.

    Parameters
    ----------
    run_or_log : ShopRun or DataFrame
        A run with `trace=True`, or a log with a row an interval, in any order: thing (the station),
        state (as in `ShopRun.stations`, with `off`), begin and end, dates or numbers [ms].
    level : float
        Confidence of the interval, between 0 and 1. [-]

    Returns
    -------
    DataFrame
        A row a station, for a run in the order of the shop, for a log by name: active_periods (how
        many), mean_active_period, standard_error, low, high [min], rank, bottleneck.

    Raises
    ------
    TypeError, ValueError
        A run without a trace; a log without a column or rows, an unknown state, an interval that
        ends before it begins or overlaps another of its station. The message names row and cure.

    References
    ----------
    Roser, Nakano, Tanaka (2001), A practical bottleneck detection method, Winter Simulation
    Conference, 949-953.

    Examples
    --------
    >>> from ningde_sim import Line, Shop, Station, simulate
    >>> line = Line("L", [Station("A", 50), Station("B", 60), Station("C", 40)])
    >>> run = simulate(Shop("three", [line]), hours=1, warm_up=1, seed=0, trace=True)
    >>> active_periods(run)[["active_periods", "mean_active_period", "bottleneck"]].round(3)
             active_periods  mean_active_period  bottleneck
    station
    A                    61               0.820       False
    B                     1              60.000        True
    C                    61               0.656       False
    """
    level = checks.share("active_periods", "level", level)
    log = read(run_or_log)
    station, length, *_ = _periods(log)
    minutes = length / units.MS_PER_MIN
    rows = [_mean(minutes[station == k], level) for k in range(len(log.names))]
    columns = ["active_periods", "mean_active_period", "standard_error", "low", "high"]
    table = pd.DataFrame(rows, columns=columns, index=log.index)
    means = table["mean_active_period"].to_numpy()
    table["rank"] = ranks(means)
    table["bottleneck"] = (table["rank"] == 1) & (means > 0)
    return table


def _mean(values: Floats, level: float) -> tuple[int, float, float, float, float]:
    """Number, mean, standard error and interval."""
    n = len(values)
    if n == 0:
        return 0, 0.0, np.nan, np.nan, np.nan
    mean = estimate.mean(values, level=level)
    error = float(np.std(values, ddof=1)) / np.sqrt(n) if n > 1 else np.nan
    return n, mean.value, error, max(0.0, mean.low), mean.high


def _periods(log: StateLog) -> tuple[Ints, Floats, Ints, Floats, Floats]:
    """Station and length of each active period; period, begin and end of each unbroken piece.

    A period has several pieces where its station is off in between while others work.
    """
    active, off = np.isin(log.state, ACTIVE), log.state == State.OFF
    touches = np.zeros(len(active), dtype=bool)
    touches[1:] = (log.machine[1:] == log.machine[:-1]) & (log.begin[1:] == log.end[:-1])
    goes_on = touches & _with_previous(active | off)
    number = np.cumsum(~goes_on) - 1
    lasted = np.where(active, log.end - log.begin, 0.0)
    length = np.bincount(number, weights=lasted).astype(np.float64)
    station = log.station[~goes_on]

    unbroken = touches & _with_previous(active)
    first = np.flatnonzero(active & ~unbroken)
    last = np.flatnonzero(active & ~np.append(unbroken[1:], False))
    kept = np.flatnonzero(length > 0)
    period = np.searchsorted(kept, number[first])
    return station[kept], length[kept], period, log.begin[first], log.end[last]


def _with_previous(holds: Bools) -> Bools:
    """Where it holds for this row and for the one before."""
    both = np.zeros_like(holds)
    both[1:] = holds[1:] & holds[:-1]
    return both


def momentary_bottlenecks(run_or_log: ShopRun | pd.DataFrame) -> pd.DataFrame:
    """Share of time in which each station is the momentary bottleneck, alone or shifting.

    The first bottleneck is the station whose active period is the longest, from begin to end, of
    those under way. When that period ends, the longest of those under way follows. While the
    periods of two bottlenecks overlap, the bottleneck shifts between them; otherwise there is a
    sole bottleneck. Of equally long periods the earlier one counts, then the first station. For
    active states, time off and time without a row see `active_periods`. Shares are of the time in
    which any station is at work. The copies of a line are one station: between them nothing shifts.

    Limitations: the measure does not see buffers. A long repair counts from its first minute,
    although no other station may be affected before a buffer is empty or full, and a repair without
    effect counts like one that costs bodies. The length of a period is known only when it is over,
    so the measure looks back. A station with long cycles has long periods even where others limit
    it.

    Parameters
    ----------
    run_or_log : ShopRun or DataFrame
        As for `active_periods`, with the same errors.

    Returns
    -------
    DataFrame
        A row a station: sole_share, shifting_share, neither_share, which add up to 1 [-], rank by
        sole and shifting together, bottleneck.

    References
    ----------
    Roser, Nakano, Tanaka (2002), Shifting bottleneck detection, Winter Simulation Conference,
    1079-1086.
    """
    log = read(run_or_log)
    station, length, period, begin, end = _periods(log)
    chosen = _chain(begin, end, length[period], station[period])
    n = len(log.names)
    begin, end, station = _united(begin[chosen], end[chosen], station[period[chosen]], n)
    total = log.end.max()
    alone = _alone(begin, end)
    sole = np.bincount(station, weights=alone, minlength=n) / total
    both = np.bincount(station, weights=end - begin, minlength=n) / total
    table = pd.DataFrame({"sole_share": sole, "shifting_share": both - sole}, index=log.index)
    table["neither_share"] = 1 - both
    table["rank"] = ranks(both, sole)
    table["bottleneck"] = (table["rank"] == 1) & (both > 0)
    return table


def _chain(begin: Floats, end: Floats, length: Floats, station: Ints) -> Ints:
    """The pieces of the momentary bottlenecks, one after the other."""
    order = np.lexsort((station, begin)).tolist()
    begins, ends, lengths = begin.tolist(), end.tolist(), length.tolist()
    chosen: list[int] = []
    under_way: list[tuple[float, int, int]] = []  # the longest first, then the earliest
    now, following = -np.inf, 0
    while True:
        while following < len(order) and begins[order[following]] <= now:
            heapq.heappush(under_way, (-lengths[order[following]], following, order[following]))
            following += 1
        while under_way and ends[under_way[0][2]] <= now:
            heapq.heappop(under_way)
        if under_way:
            chosen.append(under_way[0][2])
            now = ends[chosen[-1]]
        elif following < len(order):
            now = begins[order[following]]
        else:
            return np.array(chosen, dtype=np.int64)


def _united(begin: Floats, end: Floats, station: Ints, n: int) -> tuple[Floats, Floats, Ints]:
    """The pieces of n stations, with those of copies of one station that overlap united."""
    pieces = [union(begin[station == k], end[station == k]) for k in range(n)]
    begins, ends = (np.concatenate(side) for side in zip(*pieces, strict=True))
    return begins, ends, np.repeat(np.arange(n), [len(b) for b, _ in pieces])


def _alone(begin: Floats, end: Floats) -> Floats:
    """The part of each interval that no other covers. [ms]"""
    edges = np.unique(np.concatenate((begin, end)))
    first, last = np.searchsorted(edges, begin), np.searchsorted(edges, end)
    depth = np.cumsum(
        np.bincount(first, minlength=len(edges)) - np.bincount(last, minlength=len(edges))
    )
    single = np.concatenate(([0.0], np.cumsum(np.where(depth[:-1] == 1, np.diff(edges), 0.0))))
    return np.asarray(single[last] - single[first])
