"""Stops of all equipment at once: of a cause that is not theirs, such as the power or the air."""

from __future__ import annotations

import numpy as np

from ningde_sim._support import units
from ningde_sim.learn.censored_times import CensoredTimes
from ningde_sim.learn.failure_times import FailureTimes
from ningde_sim.learn.instants import Ints
from ningde_sim.learn.stop_log import StopLog
from ningde_sim.learn.working_clock import WorkingClock

ALL = "all equipment"
"""What the table calls it."""

TOGETHER = 60_000
"""Stops that begin within so much time begin at once. [ms]"""

LEAST = 3
"""Pieces of equipment; two may stop at once by chance."""


def take_common(log: StopLog, working: WorkingClock) -> dict[tuple[str, str], FailureTimes]:
    """Take out the stops that come to all equipment at once, for one reason; their times.

    The clock of such a failure runs in all working time except its own repair. A stop begins with
    the first of the equipment, and ends with the last.
    """
    rows = log.rows
    if len(log.equipment) < LEAST:
        return {}
    reasons = rows.table["reason"].to_numpy()
    found: dict[tuple[str, str], FailureTimes] = {}
    for reason in sorted(set(reasons[rows.valid])):
        mine = np.flatnonzero(rows.valid & (reasons == reason))
        mine = mine[np.argsort(log.start[mine], kind="stable")]
        stops = _at_once(mine, log.start[mine], log.number[mine], len(log.equipment))
        if stops:
            found[ALL, str(reason)] = _times(log, working, stops)
            rows.valid[np.concatenate(stops)] = False
    return found


def _at_once(rows: Ints, start: Ints, number: Ints, n_equipment: int) -> list[Ints]:
    """Of rows in order of time, those of each stop that comes to all equipment."""
    found, first = [], 0
    after = np.searchsorted(start, start + TOGETHER, side="right")
    while first < len(rows):
        within = slice(first, int(after[first]))
        if after[first] - first >= n_equipment and len(set(number[within])) == n_equipment:
            found.append(rows[within])
            first = int(after[first])
        else:
            first += 1
    return found


def _times(log: StopLog, working: WorkingClock, stops: list[Ints]) -> FailureTimes:
    """The times between and of such stops, which are in order."""
    begin = working.reading(np.array([log.start[rows].min() for rows in stops]))
    end = working.reading(np.array([log.end[rows].max() for rows in stops]))
    goes_on = np.array([log.goes_on[rows].any() for rows in stops])
    opens, closes = (working.reading(at[None])[0] for at in (log.opens.min(), log.closes.max()))
    none = np.empty(0)
    between, first, last = begin[1:] - end[:-1], begin[:1] - opens, closes - end[-1:]
    hours = (units.ms_to_hours(part[part > 0]) for part in (between, last, first, none))
    minutes = (end - begin) / units.MS_PER_MIN
    repairs = CensoredTimes(minutes[~goes_on], minutes[goes_on], none, none)
    return FailureTimes(len(stops), CensoredTimes(*hours), repairs)
