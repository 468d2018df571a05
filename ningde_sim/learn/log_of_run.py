"""The log of stops that a plant would have kept of a run."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim.engine.counts import merged
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.learn import instants
from ningde_sim.plant.line import numbered


def downtime_log(run: ShopRun, *, start: str | datetime.datetime) -> pd.DataFrame:
    """The failures of all equipment of a run that kept a trace, in order of time.

    A stop lasts from the failure to the end of its repair, including the wait for a crew and closed
    hours, as on a shop floor. A repair that goes on when the run ends has no end.

    Parameters
    ----------
    run : ShopRun
        From `simulate(..., trace=True)`.
    start : date
        When the counted hours of the run began.

    Returns
    -------
    DataFrame
        A row a failure: equipment, start, end, reason, and the station of the equipment, "" for the
        failure of a line. Planned stops are no rows. Of a line with copies each has equipment of
        its own, such as "OP20 #2"; the station is that of the shop, so that `pool="station"` fits
        them together.

    Examples
    --------
    >>> from ningde_sim import Failure, Fixed, Line, Shop, Station, simulate
    >>> jam = Failure("jam", uptime=Fixed(3), repair=Fixed(10))
    >>> shop = Shop("one", [Line("L", [Station("A", 60, failures=[jam])])])
    >>> run = simulate(shop, hours=8, seed=0, trace=True)
    >>> downtime_log(run, start="2021-01-01")
      equipment               start                 end reason station
    0         A 2021-01-01 03:00:00 2021-01-01 03:10:00    jam       A
    1         A 2021-01-01 06:10:00 2021-01-01 06:20:00    jam       A
    """
    if not isinstance(run, ShopRun):
        raise TypeError(checks.complain("downtime_log", "run must be a ShopRun", run))
    date = instants.read(pd.Series([start], dtype=object))
    if date.missing[0] or date.unreadable[0]:
        rule, cure = "start must be a date of ISO 8601", 'Write "2021-09-03" or a datetime.'
        raise ValueError(checks.complain("downtime_log", rule, start, cure))
    rows, n_stations = run.layout.failures, len(run.layout.stations)
    things = n_stations + np.array(run.layout.breakdowns, dtype=np.int64)
    trace = run.counts.trace
    if trace is None:
        raise ValueError(
            checks.complain(
                "downtime_log",
                "the run must have a trace",
                run,
                "simulate(..., trace=True) keeps one.",
            )
        )
    clock, _, begin, end = merged(trace[np.isin(trace[:, 0], things)]).T  # run.trace is slower
    first = np.ones(len(clock), dtype=bool)  # a repair follows its wait
    first[1:] = (clock[1:] != clock[:-1]) | (begin[1:] != end[:-1])
    last = np.append(np.flatnonzero(first)[1:] - 1, len(clock) - 1)[: first.sum()]
    begin, end, failures = begin[first], end[last], [rows[k] for k in clock[first] - n_stations]
    begin_of_run, ms = pd.Timestamp(start), pd.Timedelta(milliseconds=1)
    log = pd.DataFrame(
        {
            "equipment": [numbered(row.owner, row.copy) for row in failures],
            "start": begin_of_run + pd.Series(begin) * ms,
            "end": (begin_of_run + pd.Series(end) * ms).where(end < units.hours_to_ms(run.hours)),
            "reason": [row.failure.name for row in failures],
            "station": [
                "" if row.of_line else run.layout.stations[row.stations[0]].station.name
                for row in failures
            ],
        }
    )
    return log.sort_values("start", kind="stable", ignore_index=True)
