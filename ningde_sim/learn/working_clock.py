"""The working hours of a log: a clock that stands still outside of working time."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim._support.intervals import open_before
from ningde_sim.learn.censored_times import Floats
from ningde_sim.learn.instants import Ints, to_instants
from ningde_sim.learn.row_checks import OWNER
from ningde_sim.learn.stop_log import StopLog
from ningde_sim.plant.working_time import WorkingTime


@dataclass(frozen=True, eq=False)
class WorkingClock:
    """A clock that runs in working time only.

    Attributes
    ----------
    opens, closes : int64 arrays
        The working time. [ms since 1970]
    begin, end : arrays, shape (n_equipment,)
        The observation window of each equipment, on this clock. [ms]
    """

    opens: Ints
    closes: Ints
    begin: Floats
    end: Floats

    def reading(self, instants: Ints) -> Floats:
        """What the clock shows at instants in ms since 1970. [ms]"""
        shown: Floats = open_before(instants, self.opens, self.closes).astype(np.float64)
        return shown


def working_clock(log: StopLog, time: WorkingTime | None) -> WorkingClock:
    """The clock of the working hours of a log.

    With a time zone working time follows local time, and so the changes to and from summer time. It
    is counted from the begin of the window, or from midnight where that was not given.

    Raises
    ------
    ValueError
        Equipment was observed in no working time.
    """
    first, last = int(log.opens.min()), int(log.closes.max())
    if time is None:
        opens, closes = (np.array([at], dtype=np.int64) for at in (first, last))
    else:
        if not log.window_given[0]:
            first = _midnight(first, log.tz)
        hours = units.ms_to_hours(last - first) + 24  # the clocks may be put back meanwhile
        pairs = np.array(time.until(hours), dtype=np.float64).reshape(-1, 2) * units.MS_PER_H
        opens, closes = np.round(pairs).astype(np.int64).T
        opens, closes = (_in_local_time(first, shift, log.tz) for shift in (opens, closes))
        some = closes > opens
        opens, closes = opens[some], closes[some]
    clock = WorkingClock(opens, closes, np.empty(0), np.empty(0))
    begin, end = clock.reading(log.opens), clock.reading(log.closes)
    for k in np.flatnonzero(end <= begin):
        rule = f"working_time must be open while {log.equipment[k]!r} was observed"
        raise ValueError(checks.complain(OWNER, rule, time, "It is counted from begin."))
    return WorkingClock(opens, closes, begin, end)


def _midnight(instant: int, tz: datetime.tzinfo | None) -> int:
    """The begin of the day of an instant, in local time. [ms since 1970]"""
    moment = pd.Timestamp(instant, unit="ms", tz="UTC").tz_convert(tz or "UTC").normalize()
    return round(moment.timestamp() * 1_000)


def _in_local_time(first: int, shift: Ints, tz: datetime.tzinfo | None) -> Ints:
    """Instants that lie after the first by a difference of local times. [ms since 1970]"""
    if tz is None:
        return first + shift
    local = pd.Timestamp(first, unit="ms", tz="UTC").tz_convert(tz).tz_localize(None)
    dates = np.array([local.to_datetime64()]) + shift.astype("timedelta64[ms]")
    zoned = np.zeros(len(shift), dtype=bool)
    return to_instants(dates.astype("datetime64[us]"), zoned, tz).ms
