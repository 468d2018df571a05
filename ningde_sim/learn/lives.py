"""How long everything ran before it failed, on the clock of its failures, how long it stood."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim._support.intervals import open_before, union
from ningde_sim.learn.families import Floats, Spans
from ningde_sim.learn.instants import Bools, Ints, placed
from ningde_sim.learn.sieve import OWNER
from ningde_sim.learn.stop_log import StopLog
from ningde_sim.plant.station import Clock
from ningde_sim.plant.working_time import WorkingTime


@dataclass(frozen=True, eq=False)
class Life:
    """What is known of one failure of one equipment, or of a group of equipment.

    Attributes
    ----------
    n : int
        Failures that began in the window.
    uptimes : Spans
        [h]
    repairs : Spans
        [min]
    """

    n: int
    uptimes: Spans
    repairs: Spans


@dataclass(frozen=True, eq=False)
class Hours:
    """The clocks of a log, which stand outside of working time.

    Attributes
    ----------
    opens, closes : int64 arrays
        The working time. [ms since 1970]
    begin, end : arrays, shape (n_equipment,)
        The window in which each was observed, on them. [ms]
    """

    opens: Ints
    closes: Ints
    begin: Floats
    end: Floats

    def at(self, instants: Ints) -> Floats:
        """What they show. [ms]"""
        found: Floats = open_before(instants, self.opens, self.closes).astype(np.float64)
        return found


def working_hours(log: StopLog, time: WorkingTime | None) -> Hours:
    """The clocks of a log.

    With a time zone working time goes by the clocks on the wall, and so follows their changes.

    Raises
    ------
    ValueError
        Equipment was observed in no working time.
    """
    first, last = int(log.opens.min()), int(log.closes.max())
    if time is None:
        opens, closes = (np.array([at], dtype=np.int64) for at in (first, last))
    else:
        hours = units.ms_to_hours(last - first) + 24  # the clocks may be put back meanwhile
        pairs = np.array(time.until(hours), dtype=np.float64).reshape(-1, 2) * units.MS_PER_H
        opens, closes = np.round(pairs).astype(np.int64).T
        opens, closes = (_by_the_wall(first, shift, log.tz) for shift in (opens, closes))
        there = closes > opens
        opens, closes = opens[there], closes[there]
    found = Hours(opens, closes, np.empty(0), np.empty(0))
    begin, end = found.at(log.opens), found.at(log.closes)
    for k in np.flatnonzero(end <= begin):
        rule = f"working_time must be open while {log.equipment[k]!r} was observed"
        raise ValueError(checks.complain(OWNER, rule, time, "It is counted from begin."))
    return Hours(opens, closes, begin, end)


def _by_the_wall(first: int, shift: Ints, tz: datetime.tzinfo | None) -> Ints:
    """Instants some time after the first by the clocks of a zone. [ms since 1970]"""
    if tz is None:
        return first + shift
    wall = pd.Timestamp(first, unit="ms", tz="UTC").tz_convert(tz).tz_localize(None)
    dates = np.array([wall.to_datetime64()]) + shift.astype("timedelta64[ms]")
    found = placed(dates.astype("datetime64[us]"), np.zeros(len(shift), dtype=bool), tz)
    return found.ms


# ------------------------------------------------------------------ on the clock


def check(log: StopLog, hours: Hours, clock: Clock) -> None:
    """Set aside stops outside of working time, and those before which the clock did not run."""
    sieve = log.sieve
    begin, end = hours.at(log.start), hours.at(log.end)
    outside = (end <= begin) & ~log.goes_on
    rule = "the stop must lie in working time, if only in part"
    sieve.refuse(outside, "start", rule, "Widen working_time, or drop the row.")
    rule = "the equipment must have run since the stop of its kind before"
    cure = "If they are one stop, make them one row."
    while True:
        found = _Sorted(log, hours, clock)
        stuck = np.zeros(len(begin), dtype=bool)
        stuck[found.row[~found.first & (found.uptime <= 0)]] = True
        if not stuck.any():
            return
        sieve.refuse(stuck, "start", rule, cure)


class _Sorted:
    """Living rows in order of equipment, reason and time, with their times on the clock.

    Attributes
    ----------
    row : int64 array, shape (n,)
        Which row.
    first : bool array
        Whether it is the first of its equipment and reason.
    uptime : array
        Since the one before, or since the window opened. [ms]
    left : array
        From the end of the stop to the end of the window. [ms]
    whole : array, shape (n_equipment,)
        From the begin of the window to its end. [ms]
    """

    def __init__(self, log: StopLog, hours: Hours, clock: Clock) -> None:
        rows = np.flatnonzero(log.sieve.alive)
        kinds = pd.factorize(log.sieve.rows["reason"].iloc[rows], sort=True)[0]
        order = np.lexsort((log.start[rows], kinds, log.number[rows]))
        self.row = rows[order]
        number, kind = log.number[self.row], kinds[order]
        self.first = np.ones(len(self.row), dtype=bool)
        self.first[1:] = (number[1:] != number[:-1]) | (kind[1:] != kind[:-1])
        span = 2 * (hours.at(log.closes.max()[None])[0] + 1)
        lane = span * np.arange(len(log.equipment))  # equipment by equipment on one axis
        if clock == "operating":
            lanes = lane[log.number[rows]]
            stops = union(lanes + hours.at(log.start[rows]), lanes + hours.at(log.end[rows]))
        else:
            stops = (np.empty(0), np.empty(0))

        def age(at: Floats, lanes: Floats) -> Floats:
            found: Floats = at - open_before(lanes + at, *stops)
            return found

        begins, ends = age(hours.begin, lane), age(hours.end, lane)
        starts, stopped = (age(hours.at(at[self.row]), lane[number]) for at in (log.start, log.end))
        before = np.where(self.first, begins[number], np.roll(stopped, 1))
        self.uptime = starts - before
        self.left = ends[number] - stopped
        self.whole = ends - begins


def lives(
    log: StopLog,
    hours: Hours,
    clock: Clock,
    share: Floats | None,
    groups: Mapping[str, str],
    *,
    new: bool,
) -> dict[tuple[str, str], Life]:
    """What is known of each group and reason, the reason "" where a group had no stop.

    Parameters
    ----------
    share : array, shape (n_equipment,), optional
        Part of working time in which each ran. [-]
    groups : mapping of equipment to group
    new : bool
        Whether clocks begin anew with the window.

    Raises
    ------
    ValueError
        Equipment ran more than it was not stopped.
    """
    found = _Sorted(log, hours, clock)
    rate = np.ones(len(log.equipment)) if share is None else _rate(log, hours, found.whole, share)
    number = log.number[found.row]
    uptimes = pd.DataFrame(
        {
            "equipment": number,
            "reason": log.sieve.rows["reason"].iloc[found.row].to_numpy(),
            "under_way": _under_way(log)[found.row],
            "goes_on": log.goes_on[found.row],
            "first": found.first,
            "uptime": units.ms_to_hours(found.uptime * rate[number]),
            "left": units.ms_to_hours(found.left * rate[number]),
            "repair": (hours.at(log.end) - hours.at(log.start))[found.row] / units.MS_PER_MIN,
        }
    )
    whole = units.ms_to_hours(found.whole * rate)
    names = list(groups.values())
    uptimes["group"] = [groups[log.equipment[k]] for k in number]
    members = {
        name: [k for k, e in enumerate(log.equipment) if groups[e] == name] for name in names
    }
    parts = dict(iter(uptimes.groupby(["group", "reason"], sort=False)))
    keys = set(parts) | {(name, "") for name in set(names) - set(uptimes["group"])}
    empty = uptimes.iloc[:0]
    return {
        (str(group), str(reason)): _life(
            parts.get((group, reason), empty), whole[members[str(group)]], members[str(group)], new
        )
        for group, reason in sorted(keys)
    }


def _rate(log: StopLog, hours: Hours, running: Floats, share: Floats) -> Floats:
    """How fast the operating clock runs while no stop is logged."""
    asked = share * (hours.end - hours.begin)
    for k in np.flatnonzero(asked > running * (1 + 1e-9)):
        most = running[k] / (hours.end[k] - hours.begin[k])
        rule = f"operating of {log.equipment[k]!r} must be at most {most:.4f}"
        cure = "By the log it was stopped for the rest of the working time."
        raise ValueError(checks.complain(OWNER, rule, float(share[k]), cure))
    return np.divide(asked, running, out=np.zeros_like(asked), where=running > 0)


def _under_way(log: StopLog) -> Bools:
    """Whether a stop was under way when a given window opened."""
    opens = log.opens[log.number]
    found: Bools = log.start < opens + log.asked[0]
    return found


def _life(rows: pd.DataFrame, whole: Floats, members: list[int], new: bool) -> Life:
    """Of the rows of a group and reason, and the hours of all of the group."""
    begun = rows[~rows["under_way"]]
    first = begun["first"].to_numpy(dtype=bool)
    uptime = begun["uptime"].to_numpy(dtype=np.float64)
    last = rows[~rows["equipment"].duplicated(keep="last")]
    never = whole[~np.isin(members, rows["equipment"].unique())]
    rest, seen = uptime[first], uptime[~first]
    longer = last["left"].to_numpy(dtype=np.float64)
    none = np.empty(0)
    if new:
        seen, longer, rest, never = np.append(rest, seen), np.append(longer, never), none, none
    repair, on = begun["repair"].to_numpy(dtype=np.float64), begun["goes_on"].to_numpy(dtype=bool)
    seen, longer, rest, never = (part[part > 0] for part in (seen, longer, rest, never))
    done, going = (part[part > 0] for part in (repair[~on], repair[on]))
    return Life(len(begun), Spans(seen, longer, rest, never), Spans(done, going, none, none))
