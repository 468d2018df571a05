"""Times between failures, on the clock of the failure, and times to repair, from a log of stops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim._support.intervals import open_before, union
from ningde_sim.learn.censored_times import CensoredTimes, Floats
from ningde_sim.learn.log_table import word
from ningde_sim.learn.row_checks import OWNER
from ningde_sim.learn.stop_log import StopLog
from ningde_sim.learn.working_clock import WorkingClock
from ningde_sim.plant.paths import nearest
from ningde_sim.plant.station import Clock

FEW = 5
"""With fewer stops nothing is said of where in the window they lie."""

UNLIKELY = 0.001
"""A time without a stop at an end of the window that is less likely than this is no chance. [-]"""


@dataclass(frozen=True, eq=False)
class FailureTimes:
    """The times of one reason of one equipment, or of a group of equipment.

    Attributes
    ----------
    n : int
        Failures that began in the window.
    uptimes : CensoredTimes
        From a repair to the next failure. [h]
    repairs : CensoredTimes
        From a failure to the end of its repair. [min]
    note : str
        Of equipment whose failures fill a part of its window only; else "".
    counted : bool
        Whether only the sum of the uptimes is known, not each.
    """

    n: int
    uptimes: CensoredTimes
    repairs: CensoredTimes
    note: str = ""
    counted: bool = False


def take_out(log: StopLog, working: WorkingClock, reasons: Iterable[str]) -> pd.DataFrame:
    """Take out the stops for reasons that are no failures, though the equipment stood meanwhile.

    Returns
    -------
    DataFrame
        A row per equipment and reason: `stops`, `hours` in working time.

    Raises
    ------
    TypeError, ValueError
        No list of reasons of the log.
    """
    asked = [*map(word, checks.listed(OWNER, "not_failures", reasons, "reasons"))]
    column = log.rows.table["reason"]
    if not log.rows.valid.any():
        log.rows.problems(report=False)  # raises an error that lists the faulty rows
    known = sorted(set(column[log.rows.valid]))
    for reason in asked:
        if reason not in known:
            rule = "not_failures must be reasons of the log"
            cure = nearest(str(reason), known) or f"It has {', '.join(known[:10])}."
            raise ValueError(checks.complain(log.rows.log_name, rule, reason, cure))
    out = log.rows.valid & column.isin(asked).to_numpy(dtype=bool)
    names = np.array(log.equipment, dtype=object)[log.number[out]]
    hours = units.ms_to_hours(working.reading(log.end[out]) - working.reading(log.start[out]))
    rows = pd.DataFrame({"equipment": names, "reason": column[out].to_numpy(), "hours": hours})
    log.rows.valid &= ~out
    log.no_failure[out] = True
    if not log.rows.valid.any():
        rule = "not_failures must leave a failure in the log"
        raise ValueError(checks.complain(log.rows.log_name, rule, asked))
    found = rows.groupby(["equipment", "reason"])["hours"].agg(stops="size", hours="sum")
    return found.reset_index()


ONE_SECOND = 1_000
"""Stops so close touch where all dates are whole seconds. [ms]"""


def check(log: StopLog, working: WorkingClock, clock: Clock, join: float) -> None:
    """Make stops one that touch, and set aside those outside of working time or without an uptime.

    Parameters
    ----------
    join : float
        Stops for one reason with no more working time between them are one. [ms]
    """
    begin, end = working.reading(log.start), working.reading(log.end)
    outside = (end <= begin) & ~log.goes_on
    rule = "the stop must lie in working time, at least in part"
    log.rows.set_aside(outside, "start", rule, "Widen working_time, or drop the row.")
    valid = log.rows.valid
    written = np.concatenate([log.start[valid], log.end[valid & ~log.goes_on]])
    whole = not (written % ONE_SECOND).any()
    _join(log, working, max(join, ONE_SECOND if whole else 0))
    while True:
        stops = _SortedStops(log, working, clock)
        covered = np.flatnonzero(~stops.first & (stops.uptime <= 0))
        if not len(covered):
            return
        for i in covered:
            _set_aside_covered(log, int(stops.row[i - 1]), int(stops.row[i]))


def _join(log: StopLog, working: WorkingClock, join: float) -> None:
    """Stops of one equipment for one reason that touch are one: the first of them, with all."""
    rows = log.rows
    valid = np.flatnonzero(rows.valid)
    reasons = rows.table["reason"].to_numpy()
    order = valid[np.lexsort((log.start[valid], reasons[valid].astype(str), log.number[valid]))]
    begin, end = working.reading(log.start), working.reading(log.end)
    first = -1
    for k in order:
        same = first >= 0 and (log.number[k], reasons[k]) == (log.number[first], reasons[first])
        if same and begin[k] - end[first] <= join:
            problem = f"it begins where row {rows.label(first)} ends, the same reason"
            rows.join(int(k), "start", problem, f"one stop with row {rows.label(first)}")
            log.end[first], log.goes_on[first] = log.end[k], log.goes_on[k]
            end[first] = end[k]
        else:
            first = k


def _set_aside_covered(log: StopLog, before: int, k: int) -> None:
    """Set aside a stop without an uptime since the one before it: other stops cover the time."""
    between = np.minimum(log.end, log.start[k]) - np.maximum(log.start, log.end[before])
    others = log.down & (log.number == log.number[k])
    others[[before, k]] = False
    longest = int(np.argmax(np.where(others, between, -1)))
    rule = "the equipment must have run since its last stop for the same reason"
    cure = f"Row {log.rows.label(longest)} covers the time between: shorten it, or drop the row."
    log.rows.set_aside_one(k, "start", rule, cure)


def overlaps(log: StopLog, working: WorkingClock) -> dict[str, tuple[float, float]]:
    """Equipment that stood under several reasons at once: hours of all stops, and of the clock."""
    found = {}
    for number, name in enumerate(log.equipment):
        rows = np.flatnonzero(log.rows.valid & (log.number == number))
        begin, end = (working.reading(at[rows]) for at in (log.start, log.end))
        opens, closes = union(begin, end)
        by_rows = float(units.ms_to_hours((end - begin).sum()))
        stood = float(units.ms_to_hours((closes - opens).sum()))
        if by_rows > stood * (1 + 1e-9):
            found[name] = (by_rows, stood)
    return found


class _SortedStops:
    """Valid rows in order of equipment, reason and time, with their times on the clock.

    Attributes
    ----------
    row : int64 array, shape (n,)
        Index of the row in the log.
    first : bool array
        Whether it is the first stop of its equipment and reason.
    uptime : array
        Since the stop before, or since the window opened. [ms]
    left : array
        From the end of the stop to the end of the window. [ms]
    whole : array, shape (n_equipment,)
        Length of the window. [ms]
    """

    def __init__(self, log: StopLog, working: WorkingClock, clock: Clock) -> None:
        valid = np.flatnonzero(log.rows.valid)
        reasons = pd.factorize(log.rows.table["reason"].iloc[valid], sort=True)[0]
        order = np.lexsort((log.start[valid], reasons, log.number[valid]))
        self.row = valid[order]
        number, reason = log.number[self.row], reasons[order]
        self.first = np.ones(len(self.row), dtype=bool)
        self.first[1:] = (number[1:] != number[:-1]) | (reason[1:] != reason[:-1])
        width = 2 * (working.reading(log.closes.max()[None])[0] + 1)
        lane = width * np.arange(len(log.equipment))  # equipment by equipment on one axis
        still = log.down if clock == "operating" else log.no_failure
        stops = union(
            *(lane[log.number[still]] + working.reading(at[still]) for at in (log.start, log.end))
        )

        def running(at: Floats, lanes: Floats) -> Floats:
            """Working hours outside of stops."""
            hours: Floats = at - open_before(lanes + at, *stops)
            return hours

        opening, closing = running(working.begin, lane), running(working.end, lane)
        start, end = (
            running(working.reading(at[self.row]), lane[number]) for at in (log.start, log.end)
        )
        before = np.where(self.first, opening[number], np.roll(end, 1))
        self.uptime = start - before
        self.left = closing[number] - end
        self.whole = closing - opening


def failure_times(
    log: StopLog,
    working: WorkingClock,
    clock: Clock,
    share: Floats | None,
    groups: Mapping[str, str],
    *,
    new: bool,
) -> dict[tuple[str, str], FailureTimes]:
    """The times of each group and reason, with the reason "" where a group had no stop.

    Parameters
    ----------
    log : StopLog
    working : WorkingClock
    clock : {"operating", "calendar"}
    share : array, shape (n_equipment,), optional
        Part of working time in which each equipment ran. [-]
    groups : mapping of equipment to group
    new : bool
        Whether the equipment was new or just repaired when the window opened.

    Raises
    ------
    ValueError
        Equipment ran longer than its stops allow.
    """
    stops = _SortedStops(log, working, clock)
    rate = np.ones(len(log.equipment)) if share is None else _rate(log, working, stops.whole, share)
    number, row = log.number[stops.row], stops.row
    table = pd.DataFrame(
        {
            "equipment": number,
            "reason": log.rows.table["reason"].iloc[row].to_numpy(),
            "under_way": (log.start < log.opens[log.number])[row],
            "goes_on": log.goes_on[row],
            "first": stops.first,
            "uptime": units.ms_to_hours(stops.uptime * rate[number]),
            "left": units.ms_to_hours(stops.left * rate[number]),
            "repair": (working.reading(log.end) - working.reading(log.start))[row]
            / units.MS_PER_MIN,
        }
    )
    whole = units.ms_to_hours(stops.whole * rate)
    names = list(groups.values())
    table["group"] = [groups[log.equipment[k]] for k in number]
    members = {
        name: [k for k, e in enumerate(log.equipment) if groups[e] == name] for name in names
    }
    parts = dict(iter(table.groupby(["group", "reason"], sort=False)))
    keys = set(parts) | {(name, "") for name in set(names) - set(table["group"])}
    empty = table.iloc[:0]
    return {
        (str(group), str(reason)): _times(
            parts.get((group, reason), empty),
            whole,
            members[str(group)],
            log.equipment,
            new,
            log.window_given[0],
        )
        for group, reason in sorted(keys)
    }


def by_day(
    log: StopLog,
    working: WorkingClock,
    clock: Clock,
    share: Floats | None,
    groups: Mapping[str, str],
) -> dict[tuple[str, str], FailureTimes]:
    """The times of a log that has the day of each stop only; parameters as of `failure_times`.

    The uptimes are alike, with the one that the end of the window cuts: their sum is that of the
    hours in which the equipment ran.
    """
    minutes = (log.end - log.start) / units.MS_PER_MIN
    whole = units.ms_to_hours(working.end - working.begin)
    n_equipment = len(log.equipment)
    down = np.bincount(log.number[log.down], minutes[log.down], n_equipment) / 60
    rows = pd.DataFrame(
        {
            "group": [groups[log.equipment[k]] for k in log.number],
            "reason": log.rows.table["reason"].to_numpy(),
            "minutes": minutes,
        }
    )[log.rows.valid]
    found = {}
    for group in sorted(set(groups.values())):
        members = [k for k, name in enumerate(log.equipment) if groups[name] == group]
        stops = rows[rows["group"] == group]
        for reason in sorted(set(stops["reason"])) or [""]:
            mine = stops.loc[stops["reason"] == reason, "minutes"].to_numpy(dtype=np.float64)
            hours = whole[members].sum()
            if share is not None:
                hours = (whole * share)[members].sum()
            elif clock == "operating":
                hours -= down[members].sum()
            else:
                hours -= mine.sum() / 60
            if hours <= 0:
                rule = f"the stops of {group!r} must leave it time to run"
                raise ValueError(checks.complain(log.rows.log_name, rule, f"{hours:,.1f} h"))
            n, none = len(mine), np.empty(0)
            each = np.full(n + 1, hours / (n + 1))
            times = CensoredTimes(each[:n], each[n:] if n else none, none, none if n else each)
            repairs = CensoredTimes(mine, none, none, none)
            found[group, reason] = FailureTimes(n, times, repairs, counted=True)
    return found


def _rate(log: StopLog, working: WorkingClock, running: Floats, share: Floats) -> Floats:
    """How fast the operating clock runs while no stop is logged."""
    operating = share * (working.end - working.begin)
    for k in np.flatnonzero(operating > running * (1 + 1e-9)):
        most = running[k] / (working.end[k] - working.begin[k])
        rule = f"operating of {log.equipment[k]!r} must be at most {most:.4f}"
        cure = "By the log it was stopped for the rest of the working time."
        raise ValueError(checks.complain(OWNER, rule, float(share[k]), cure))
    return np.divide(operating, running, out=np.zeros_like(operating), where=running > 0)


def _times(
    rows: pd.DataFrame,
    whole: Floats,
    members: list[int],
    names: tuple[str, ...],
    new: bool,
    given: bool,
) -> FailureTimes:
    """The times in the rows of a group and reason, with the hours of all of the group.

    `given` says whether the begin of the window is.
    """
    begun = rows[~rows["under_way"]]
    first = begun["first"].to_numpy(dtype=bool)
    uptime = begun["uptime"].to_numpy(dtype=np.float64)
    last = rows[~rows["equipment"].duplicated(keep="last")]
    never = whole[[k for k in members if k not in set(rows["equipment"])]]
    residual, complete = uptime[first], uptime[~first]
    if given:  # what begins with a given window has run for no time that a log could show
        residual = np.maximum(residual, units.ms_to_hours(1))
    left = last["left"].to_numpy(dtype=np.float64)
    none = np.empty(0)
    if new:
        complete, left = np.append(residual, complete), np.append(left, never)
        residual, never = none, none
    repair, on = begun["repair"].to_numpy(dtype=np.float64), begun["goes_on"].to_numpy(dtype=bool)
    uptimes = CensoredTimes(*(part[part > 0] for part in (complete, left, residual, never)))
    done, going = (part[part > 0] for part in (repair[~on], repair[on]))
    quiet = "; ".join(_quiet(rows, whole, len(members), names))
    return FailureTimes(len(begun), uptimes, CensoredTimes(done, going, none, none), quiet)


def _quiet(
    rows: pd.DataFrame, whole: Floats, n_members: int, names: tuple[str, ...]
) -> Iterator[str]:
    """Equipment with so long a time without a stop at an end of its window that it is no chance.

    So many stops all lie in the rest of the window with probability (rest / window)^n.
    """
    of = rows["equipment"].to_numpy(dtype=np.int64)  # in order
    first = np.flatnonzero(np.diff(of, prepend=-1))
    uptime, left = (rows[name].to_numpy(dtype=np.float64) for name in ("uptime", "left"))
    afters = np.append(first, len(of))[1:]
    for begin, after in zip(first, afters, strict=True):
        k, n = of[begin], after - begin
        hours = whole[k]
        ends = {"first": uptime[begin], "last": left[after - 1]}
        end = max(ends, key=ends.__getitem__)
        if n < FEW or (1 - ends[end] / hours) ** n >= UNLIKELY / n_members:
            continue
        name = names[k]
        within = hours - sum(ends.values())
        yield (
            f"all {n} stops of {name!r} lie in {within:,.0f} of {hours:,.0f} h, none in the {end} "
            f"{ends[end]:,.0f} h: if these were not logged, give its window, equipment="
            f"{{{name!r}: (begin, end)}}; as it is, all hours over {n} are taken"
        )
