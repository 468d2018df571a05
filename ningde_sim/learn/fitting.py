"""Fit the times between failures and the times to repair of a log of stops."""

from __future__ import annotations

import datetime
import os
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim._support.parallel import run_all
from ningde_sim.learn import failure_times, instants
from ningde_sim.learn.censored_times import Floats
from ningde_sim.learn.common_causes import ALL, take_common
from ningde_sim.learn.date_columns import Style
from ningde_sim.learn.downtime import SHOWN, Downtime, FittedTimes, fit_columns
from ningde_sim.learn.failure_times import FailureTimes
from ningde_sim.learn.log_table import word
from ningde_sim.learn.maximum_likelihood import (
    NAMES,
    Fit,
    exponential,
    exponential_mean,
    fit,
)
from ningde_sim.learn.observation_window import Moment
from ningde_sim.learn.row_checks import OWNER
from ningde_sim.learn.stop_log import StopLog, read
from ningde_sim.learn.working_clock import working_clock
from ningde_sim.plant.station import Clock, Failure, check_clock
from ningde_sim.plant.working_time import WorkingTime, check_working_time
from ningde_sim.statistics.estimate import Estimate

MANY = 300
"""With so many rows of the table several processes are faster than one."""


def fit_downtime(
    table: str | os.PathLike[str] | pd.DataFrame,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    date_format: str | None = None,
    dayfirst: bool | None = None,
    begin: Moment | None = None,
    end: Moment | None = None,
    tz: str | datetime.tzinfo | None = None,
    equipment: Iterable[str] | Mapping[str, tuple[Moment, Moment]] | None = None,
    pool: str | Mapping[str, str] | None = None,
    not_failures: Iterable[str] = (),
    clock: Clock = "operating",
    working_time: WorkingTime | None = None,
    operating: float | Mapping[str, float] | None = None,
    crew: bool = False,
    new: bool = False,
    join: float = 0.0,
    families: Iterable[str] = NAMES,
    level: float = 0.95,
    on_problem: Literal["raise", "report"] = "raise",
    progress: bool | None = None,
) -> Downtime:
    """Fit MTBF and MTTR, with their distributions, to a plant's log of stops.

    Times between failures and times to repair are each fitted by the exponential, Weibull,
    lognormal and gamma distributions, by maximum likelihood with censored times. The exponential is
    taken where fewer than five times ended, or where no other family has an AICc lower by more than
    2. A family fits if the test of Anderson and Darling does not speak against it at 1 %, and its
    mean lies within three standard errors of the mean seen. Where none fits, which is noted, the
    times as they were seen are taken, with the mean seen: all hours over the number of failures.

    The interval of an exponential mean is that of chi-square, the others are of the profile
    likelihood. Each covers the intervals of all families whose AICc is above the least by no more
    than 4, since which of them fits best is partly chance.

    Stops of all equipment at once, at least three pieces, for one reason are failures of none of
    them: `.common` has them, for a line or all lines of a shop.

    With 20 to 50 times that ended, from any of the four families, an interval of 95 % held the mean
    in 94 % to 99 % of studies, the cv in 92 % to 100 %. With 60 or more that came from none of
    them, and were taken as seen, it held the mean in 90 % to 97 %. Where times are of no family,
    but too few to tell, it may hold the mean in no more than 80 %.

    Parameters
    ----------
    table : path of a text file or a workbook (.xlsx), or DataFrame
        A row a stop: equipment, start, end or duration, reason, under headings in any case, which
        may stand below titles. A date is one of Python, ISO 8601 text, 4.3.2021 14:05 (dots mean
        day first), 3/4/2021 2:05 PM (where a number above 12 tells which is the month), 2021/3/4,
        2021年3月4日, days as spreadsheets count them, or seconds or ms since 1970. An end may be a
        time of day, and so may a start where a column "date" has the day. A duration is minutes or
        text such as 0:12:30. Where all dates are days without a time, uptimes are taken as
        exponential, with all hours over the number of stops as mean. A stop without an end is taken
        to go on at the end of the window. In a text comma, semicolon, tab or | stand between the
        cells.
    columns : mapping of str to str, optional
        The headings that the log has in place of those, {"equipment": "Asset", "start": "Begin"}.
    encoding : str, optional
        Of a text, "gb18030" or "cp1252" for example; by default UTF-8, or UTF-16 if it begins so.
    date_format : str, optional
        How all dates are written, with the signs of `datetime.strptime`.
    dayfirst : bool, optional
        Whether 3/4/2021 is in April.
    begin, end : date, optional
        The observation window; rows outside of it are left out, and counted. By default from the
        first start to the last date of the log, which leaves out the time without stops before and
        after.
    tz : str or tzinfo, optional
        Time zone of the dates that have none. Without it such dates are read from a clock without
        summer time.
    equipment : list of str, or mapping of str to (begin, end), optional
        All equipment that was observed, also what never stopped, and when. By default that in the
        log.
    pool : str or mapping of str to str, optional
        Fit all equipment of a group together: the column of the log that names the group, or the
        group of each equipment. Rare failures need it: fitted one by one, only equipment that
        happened to fail has a row, and so seems to fail too often. All equipment of a group must be
        able to fail for each of its reasons; a cv well above 1 is a sign that a group mixes
        frequent and rare failures.
    not_failures : list of str
        Reasons that are no failures of the equipment, such as "no parts" or "changeover". Its
        clocks stand still meanwhile; `.not_failures` lists their stops and hours.
    clock : {"operating", "calendar"}
        The clock of the time between failures, as in `Failure`: while the equipment works
        (operation-dependent failures, ODF), or in all working time except its own repair
        (time-dependent failures, TDF).
    working_time : WorkingTime, optional
        Counted from `begin`, or from the midnight before the first stop, in local time of `tz`.
        Outside of it clocks and repairs stand still. By default round the clock.
    operating : float or mapping of str to float, optional
        Share of the working time in which the equipment worked, for example from its hour meter;
        it is spread evenly over the time between stops. By default equipment worked whenever no
        stop of it was logged. [-]
    crew : bool
        Whether the repairs need one of the shop's crews. A log rarely says when the crew came, so
        the repair includes the wait for it, and counts as work of the crew.
    new : bool
        Whether all equipment was new or just repaired at `begin`. Otherwise its clocks were under
        way, as in a plant that has been running for long.
    join : float
        Stops of one equipment for one reason with at most so much working time between them are
        one stop, as those cut at a change of shift; such rows are noted. Where all dates are whole
        seconds, up to a second always is. [min]
    families : list of str
        Those that may be taken: "Exponential", "Weibull", "Lognormal", "Gamma", "Empirical".
        Without the last the best of the others is taken even where it does not fit, which the
        note then says. With fewer than five times it is the exponential.
    level : float
        Confidence of each interval. [-]
    on_problem : {"raise", "report"}
        With faulty rows, raise an error that lists them all; or set them aside and list them in
        `.problems`. Clocks stand still in those whose times are known.
    progress : bool, optional
        Whether many rows show a bar; by default where there is a terminal.

    Raises
    ------
    TypeError, ValueError
        Faulty rows, listed together with rule, value and cure; a missing column; equipment without
        a group; an unknown time zone.

    References
    ----------
    Cox (1962), Renewal Theory, chapter 5: residual times. The others stand with
    `learn.maximum_likelihood`.

    Examples
    --------
    >>> import pandas as pd
    >>> stops = ["2021-03-01 08:00", "2021-03-02 14:00", "2021-03-05 06:00"]
    >>> log = pd.DataFrame({"equipment": "R1", "start": stops, "reason": "tip"})
    >>> log["end"] = ["2021-03-01 08:10", "2021-03-02 14:25", "2021-03-05 06:04"]
    >>> downtime = fit_downtime(log, begin="2021-03-01", end="2021-03-08")
    >>> downtime.failures["R1"][0].repair
    Exponential(mean=13.0)
    >>> downtime.table[["n", "uptime", "uptime_low", "uptime_high"]].round(1)
       n  uptime  uptime_low  uptime_high
    0  3    55.8        19.1        270.5
    """
    level = checks.share(OWNER, "level", level)
    families = checks.listed(OWNER, "families", families, "names of families")
    for name in families:
        checks.one_of(OWNER, "families", name, NAMES)
    if not families:
        raise ValueError(checks.complain(OWNER, "families must name at least one", families))
    _check_options(clock, on_problem, operating)
    checks.flag(OWNER, "crew", crew)
    checks.flag(OWNER, "new", new)
    if progress is not None:
        checks.flag(OWNER, "progress", progress)
    join = checks.number(OWNER, "join", join)
    log = read(
        table,
        begin=begin,
        end=end,
        tz=tz,
        equipment=equipment,
        columns=columns,
        encoding=encoding,
        style=_style(date_format, dayfirst),
    )
    check_working_time(OWNER, working_time)
    working = working_clock(log, working_time)
    others = failure_times.take_out(log, working, not_failures)
    common = {} if log.by_day else take_common(log, working)
    if not log.by_day:
        failure_times.check(log, working, clock, join * units.MS_PER_MIN)
    problems = log.rows.problems(report=on_problem == "report")
    groups = _groups(log, pool)
    share = _shares(log, operating)
    if log.by_day:
        times = failure_times.by_day(log, working, clock, share, groups)
    else:
        times = failure_times.failure_times(log, working, clock, share, groups, new=new)
    fits = _all_fitted(times | common, level, families, progress)
    rows = [
        {
            "equipment": group,
            "reason": reason,
            "n": each.times.n,
            "censored": each.times.uptimes.n_censored,
            **fit_columns("uptime", each.uptime),
            "repair_censored": each.times.repairs.n_censored,
            **fit_columns("repair", each.repair),
            "note": each.note,
        }
        for (group, reason), each in fits.items()
    ]
    return Downtime(
        log.rows.log_name,
        f"{instants.text(int(log.opens.min()), log.tz)} to "
        f"{instants.text(int(log.closes.max()), log.tz)}",
        level,
        pd.DataFrame(rows),
        problems,
        (
            *_assumed(log, clock, operating, working_time, pool, new),
            *_assumed_of_repairs(crew, int((problems["done"] == "set aside").sum())),
            *_assumed_of_overlaps({} if log.by_day else failure_times.overlaps(log, working)),
        ),
        {name: _failures(fits, groups[name], clock, crew) for name in log.equipment},
        fits,
        others,
        _failures(fits, ALL, "calendar", crew),
        groups,
        units.ms_to_hours(int(log.closes.max() - log.opens.min())),
    )


def _check_options(clock: object, on_problem: object, operating: object) -> None:
    check_clock(OWNER, clock)
    checks.one_of(OWNER, "on_problem", on_problem, ("raise", "report"))
    if clock == "calendar" and operating is not None:
        rule = 'operating must be left out with clock="calendar"'
        cure = "That clock runs in all working time, whether the equipment works or not."
        raise ValueError(checks.complain(OWNER, rule, operating, cure))


def _style(date_format: object, dayfirst: object) -> Style:
    if date_format is not None:
        checks.text(OWNER, "date_format", date_format)
    if dayfirst is not None:
        checks.flag(OWNER, "dayfirst", dayfirst)
    if date_format is not None and dayfirst is not None:
        rule = "dayfirst must be left out with a date_format, which says it"
        raise ValueError(checks.complain(OWNER, rule, dayfirst))
    return Style(date_format, dayfirst)  # type: ignore[arg-type]  # checked


def _groups(log: StopLog, pool: str | Mapping[str, str] | None) -> dict[str, str]:
    """The group of each equipment; without `pool` its own name."""
    if pool is None:
        return {name: name for name in log.equipment}
    rows = log.rows.table
    if isinstance(pool, str):
        if pool not in rows.columns:
            rule = "pool must be a column of the log, or a mapping of equipment to group"
            raise ValueError(checks.complain(log.rows.log_name, rule, pool))
        named = rows["equipment"].isin(log.equipment)
        pairs = rows.loc[named, ["equipment", pool]].dropna().drop_duplicates()
        repeated = pairs["equipment"][pairs["equipment"].duplicated()]
        if len(repeated):
            rule = f"pool must put each equipment in one group, but {pool!r} has several for one"
            raise ValueError(checks.complain(log.rows.log_name, rule, repeated.iloc[0]))
        pool = dict(zip(pairs["equipment"], pairs[pool].astype(str), strict=True))
    checks.mapping(OWNER, "pool", pool, "Or name a column of the log.")
    pool = {word(name): word(group) for name, group in pool.items()}
    without = [name for name in log.equipment if not pool.get(name)]
    if without:
        cure = "Give a mapping with all equipment, also what never stopped."
        rule = "pool must name the group of each equipment"
        raise ValueError(checks.complain(log.rows.log_name, rule, without[0], cure))
    return {name: pool[name] for name in log.equipment}


def _shares(log: StopLog, operating: float | Mapping[str, float] | None) -> Floats | None:
    """Share of working time in which each equipment worked. [-]"""
    if operating is None:
        return None
    if isinstance(operating, (Mapping, pd.Series)):
        given: dict[Any, Any] = {word(name): share for name, share in dict(operating).items()}
        without = [name for name in log.equipment if name not in given]
        if without:
            rule = "operating must have a value for each equipment"
            raise ValueError(checks.complain(log.rows.log_name, rule, without[0]))
    else:
        given = dict.fromkeys(log.equipment, operating)
    cure = "It is a share of the working time: hours worked over hours open."
    return np.array(
        [
            checks.number(
                OWNER, f"operating of {name!r}", given[name], above=True, high=1, cure=cure
            )
            for name in log.equipment
        ]
    )


def _all_fitted(
    times: Mapping[tuple[str, str], FailureTimes],
    level: float,
    families: Collection[str],
    progress: bool | None,
) -> dict[tuple[str, str], FittedTimes]:
    """The fits of all rows; of many on all cores."""
    task = partial(_fitted, level=level, families=families)
    if len(times) < MANY:
        return {key: task(each) for key, each in times.items()}
    fits = run_all(
        task,
        times.values(),
        title="Downtime log",
        workers=None,
        prefer="processes",
        shown=progress,
        unit="row",
    )
    return dict(zip(times, fits, strict=True))


def _fitted(times: FailureTimes, level: float, families: Collection[str]) -> FittedTimes:
    """Uptime and repair; without a failure only the bound of the mean uptime."""
    uptime: Fit | Estimate | None = None
    if times.counted and times.uptimes.n:
        uptime = exponential(times.uptimes, level=level)
    elif times.uptimes.n:
        whole = "Empirical" in families and times.note
        allowed = ["Empirical"] if whole else families
        uptime = fit(times.uptimes, level=level, families=allowed)
    elif times.uptimes.n_censored:
        uptime = exponential_mean(times.uptimes, level=level)
    repair = fit(times.repairs, level=level, families=families) if times.repairs.n else None
    return FittedTimes(times, uptime, repair)


def _failures(
    fits: Mapping[tuple[str, str], FittedTimes], group: str, clock: Clock, crew: bool
) -> tuple[Failure, ...]:
    return tuple(
        Failure(reason, each.uptime.distribution, each.repair.distribution, clock=clock, crew=crew)
        for (owner, reason), each in fits.items()
        if owner == group and isinstance(each.uptime, Fit) and each.repair is not None
    )


def _assumed(
    log: StopLog,
    clock: Clock,
    operating: object,
    time: WorkingTime | None,
    pool: object,
    new: bool,
) -> Iterable[str]:
    """Assumptions where the log says nothing."""
    ends = [w for w, given in zip(("begin", "end"), log.window_given, strict=True) if not given]
    if ends:
        which = " and ".join(ends)
        yield f"{which} of the window from the log itself, which makes failures look more frequent"
    if log.by_day:
        yield (
            "the log has days only, no times of day: uptimes are exponential, with all hours over "
            "the number of stops as mean; stops of one day do not overlap, and equal rows are "
            "stops of their own"
        )
    if log.rows.left_out:
        yield f"{log.rows.left_out:,} rows outside of the window are left out"
    if log.tz is None:
        yield "dates without a time zone are from a clock without summer time"
    if time is None:
        yield "working time is round the clock"
    elif not log.window_given[0]:
        yield "working time is counted from midnight of the first day, since no begin is given"
    if clock == "operating":
        how = "whenever no stop of it is logged"
        yield f"equipment works {how if operating is None else 'evenly between its stops'}"
    yield (
        "all equipment was new or just repaired when the window opened"
        if new
        else "clocks were under way when the window opened, as in a long run"
    )
    if pool is None:
        yield "equipment is fitted one by one: rare failures seem too frequent, pool them"
    else:
        yield "all equipment of a group can fail for each reason of the group"


def _assumed_of_repairs(crew: bool, aside: int) -> Iterable[str]:
    """How stops were turned into repairs."""
    needs = "needs a crew of the shop" if crew else "needs no crew of the shop (crew=False)"
    yield f"a repair is the whole stop with any wait for a crew; as a Failure it {needs}"
    if aside:
        yield (
            f"the stops of {aside} rows set aside are left out: failures look rarer than they are; "
            f"the clock stands still in those whose times are known"
        )


def _assumed_of_overlaps(found: Mapping[str, tuple[float, float]]) -> Iterable[str]:
    """What stops under several reasons at once come to."""
    most = sorted(found, key=lambda name: found[name][1] - found[name][0])
    for name in most[:SHOWN]:
        by_rows, stood = found[name]
        yield (
            f"stops of {name!r} at one time for two reasons are two failures: its repairs take "
            f"{by_rows:,.1f} h where it stood for {stood:,.1f} h; if they are one, keep one row"
        )
    if len(most) > SHOWN:
        yield f"so of {len(most) - SHOWN} more pieces of equipment"
