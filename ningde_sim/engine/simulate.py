"""Run a shop once."""

from __future__ import annotations

import datetime
import math
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np

from ningde_sim._support import checks, units
from ningde_sim._support.parallel import bar
from ningde_sim.engine import compiled, reference
from ningde_sim.engine.counts import Counts, Ints, period_ends
from ningde_sim.engine.layout import lay_out
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.exceptions import LineUnfed, NoEffect, ShopStuck
from ningde_sim.plant.calendar import Calendar
from ningde_sim.plant.crew import Crew
from ningde_sim.plant.entries import store_names
from ningde_sim.plant.line import Line, Store
from ningde_sim.plant.run_dates import RunDates, run_dates
from ningde_sim.plant.shop import Shop

Engine = Literal["compiled", "events", "reference"]
_ENGINES: dict[str, Callable[..., Counts]] = {
    "compiled": compiled.run,
    "events": partial(compiled.run, by_events=True),
    "reference": reference.run,
}

MAX_PERIODS = 1_000_000
"""The most periods of a history: more would be a trace."""


PRODUCTION_DAY = 24.0
"""Period of the history of a run with dates, where no other is asked for. [h]"""


class Request(NamedTuple):
    """The arguments of every run, checked.

    Attributes
    ----------
    owner : str
        Name for complaints.
    hours, warm_up : float
        [h]
    seed : int
    dates : RunDates or None
    """

    owner: str
    hours: float
    warm_up: float
    seed: int
    dates: RunDates | None


def check_request(
    caller: str,
    shop: Shop,
    *,
    hours: float | None,
    warm_up: float,
    seed: int,
    engine: str,
    calendar: Calendar | Mapping[str, Any] | None = None,
    start: datetime.date | str | None = None,
    days: int | None = None,
    dates: RunDates | None = None,
) -> Request:
    """Check the arguments of every run; `dates` have been."""
    if not isinstance(shop, Shop):
        cure = "Call it." if callable(shop) else ""
        raise TypeError(checks.complain(caller, "it must be given a Shop", shop, cure))
    owner = f"{caller} {shop.name!r}"
    warm_up = checks.number(owner, "warm_up", warm_up, high=units.MAX_HOURS)
    if calendar is not None:
        _check_room(owner, shop, hours)
        dates = run_dates(owner, calendar, start, days, warm_up)
    if dates is not None:
        hours, warm_up = dates.hours, dates.warm_up
    else:
        hours = _check_hours(owner, hours, start, days)
    shop.check_closing(owner, None if dates is None else dates.working_time)
    seed = checks.stream_number(owner, "seed", seed)
    checks.one_of(owner, "engine", engine, _ENGINES)
    return Request(owner, hours, warm_up, seed, dates)


def _check_room(owner: str, shop: Shop, hours: float | None) -> None:
    """Refuse what a calendar says too."""
    if hours is not None:
        rule, cure = "it needs hours or a calendar, not both", "Leave hours out: days count them."
        raise ValueError(checks.complain(owner, rule, f"hours={hours!r}", cure))
    if shop.working_time is not None:
        rule = "the shop's working_time must be None beside a calendar, which gives it"
        cure = "Leave it out, or give it to a line, whose own goes on."
        raise ValueError(checks.complain(owner, rule, shop.working_time, cure))
    things: list[Line | Store | Crew] = [*shop.lines, *shop.stores, *shop.crews]
    for thing in things:
        every = thing.working_time.every if thing.working_time else WEEK
        if every is None or WEEK % every:
            rule = "beside a calendar its working time must repeat within a week: every=24 or 168"
            named = f"{owner}: {type(thing).__name__} {thing.name!r}"
            cure = "Its hour 0 is then midnight, or that before Monday."
            raise ValueError(checks.complain(named, rule, every, cure))


WEEK = 168.0
"""[h]"""


def _check_hours(owner: str, hours: float | None, start: object, days: object) -> float:
    """Check the hours of a run without a calendar. [h]"""
    if start is not None or days is not None:
        rule, given = "start and days need a calendar", f"start={start!r}, days={days!r}"
        cure = 'Give calendar={"shifts": 2, "shift_hours": 8}, for example.'
        raise ValueError(checks.complain(owner, rule, given, cure))
    if hours is None:
        cure = "Give hours=160, or calendar=..., start=..., days=28, for example."
        raise ValueError(checks.complain(owner, "it needs hours or a calendar", None, cure))
    hours = checks.number(owner, "hours", hours, above=True, high=units.MAX_HOURS)
    if not units.hours_to_ms(hours):
        raise ValueError(checks.complain(owner, "hours must be at least a millisecond", hours))
    return hours


def check_period(owner: str, every: float | None, hours: float) -> int | None:
    """Check the period of a history. [ms]"""
    if every is None:
        return None
    cure = "None keeps no history."
    every = checks.number(owner, "every", every, above=True, high=units.MAX_HOURS, cure=cure)
    period = units.hours_to_ms(every)
    least = max(1, math.ceil(units.hours_to_ms(hours) / MAX_PERIODS))
    if period < least:
        rule = f"every must leave at most {MAX_PERIODS:,} periods, each at least 1 ms"
        cure = f"{hours:g} h need periods of at least {units.ms_to_hours(least):g} h."
        raise ValueError(checks.complain(owner, rule, every, cure))
    return period


def simulate(
    shop: Shop,
    *,
    hours: float | None = None,
    calendar: Calendar | Mapping[str, Any] | None = None,
    start: datetime.date | str | None = None,
    days: int | None = None,
    warm_up: float = 0.0,
    seed: int,
    run: int = 0,
    engine: Engine = "compiled",
    critical_path: bool = False,
    trace: bool = False,
    every: float | None = None,
    progress: bool | None = None,
) -> ShopRun:
    """Run a shop once: so many hours, or the days of a calendar.

    Parameters
    ----------
    shop : Shop
    hours : float, optional
        Counted hours by the clock, after the warm-up: time outside the shop's working time counts
        too. Give either hours or a calendar. [h]
    calendar : Calendar or mapping, optional
        Or a mapping with the keys of one. It gives the working time of all lines and stores that
        have none of their own. The run then has dates: it begins with the first production day and
        counts 24 h for each of its days. Own working times, such as those of crews, go by the
        clock: hour 0 is midnight, with `every=168` that before Monday; they know no holidays. Its
        numbers may have no ranges.
    start : date or str, optional
        The first day, such as "2026-03-02"; by default that of the calendar.
    days : int, optional
        How many days, worked or not; by default up to the end of the calendar. [days]
    warm_up : float
        Hours before them that do not count; the shop starts empty. Without a warm-up the hours in
        which the shop fills count as well; `ningde_sim.warm_up.how_long` shows how long it takes.
        With a calendar they are hours of days before the first, each with the hours of the first
        working day of a week, without overtime: 24 h are one such day. [h]
    seed : int
        Any whole number from 0 to 2**63 - 1; 0 is a seed like any other.
    run : int
        Which of the independent runs of the seed, from 0.
    engine : {"compiled", "events", "reference"}
        All give equal arrays; the reference is SimPy, slow and readable. The compiled engine lets
        bodies flow where the rules allow it, else, and if told to, it goes from event to event:
        `ShopRun.engine` and `.by_events` tell what ran, and why.
    critical_path : bool
        Keep the critical path: `ShopRun.critical_path()` shows where the time went. It takes some
        3 MB a year, packed, and memory for the steps that have not met in one path yet.
    trace : bool
        Keep each interval in each state: `ShopRun.trace`. Memory grows with the hours.
    every : float, optional
        Keep what was counted up to the end of each period of this many counted hours:
        `ShopRun.history`. The last period ends with the run and may be shorter. At most a million
        periods; memory grows with periods times stations and stores. With a calendar 24 h by
        default, the production day; what is counted by the bounds of shifts is kept besides. [h]
    progress : bool, optional
        Show a bar; by default on a terminal, once it takes two seconds.

    Returns
    -------
    ShopRun

    Raises
    ------
    TypeError, ValueError
        Hours, days, seed, run or period out of bounds; an unknown engine; neither hours nor a
        calendar, or both; a shop with a working time beside a calendar.

    Warns
    -----
    ShopStuck
        Some stations can never move again.
    LineUnfed
        A line took no part, while lines that take the same did.
    NoEffect
        The shop has crews that no failure and no planned stop asks for.

    Examples
    --------
    >>> from ningde_sim import Line, Shop, Station, simulate
    >>> line = Line("L", [Station("A", 50), Station("B", 60)])
    >>> simulate(Shop("two", [line]), hours=8, seed=0).bodies
    479
    >>> run = simulate(Shop("two", [line]), hours=8, seed=0, every=3)
    >>> run.history.stations["cycles"][:, 1]  # by station B after 3, 6 and 8 h
    array([179, 359, 479])

    >>> calendar = {"shifts": {"early": ("06:00", "14:00"), "late": ("14:00", "22:00")}}
    >>> run = simulate(Shop("two", [line]), calendar=calendar, start="2026-03-06", days=4, seed=0)
    >>> run.by_shift[["open_hours", "bodies", "per_open_hour"]]
                      open_hours  bodies  per_open_hour
    day        shift
    2026-03-06 early         8.0     479         59.875
               late          8.0     480         60.000
    2026-03-09 early         8.0     480         60.000
               late          8.0     480         60.000
    """
    request = check_request(
        "simulate",
        shop,
        hours=hours,
        calendar=calendar,
        start=start,
        days=days,
        warm_up=warm_up,
        seed=seed,
        engine=engine,
    )
    warn_of_idle_crews(shop)
    shop_run = run_shop(
        shop,
        hours=None if request.dates else hours,
        dates=request.dates,
        warm_up=warm_up,
        seed=seed,
        run=run,
        engine=engine,
        critical_path=critical_path,
        trace=trace,
        every=every,
        progress=progress,
    )
    if shop_run.stuck:
        warnings.warn(ShopStuck(shop.name, shop_run.stuck), stacklevel=2)
    if beside := parallel(shop, shop_run.unfed):
        warnings.warn(LineUnfed(shop.name, beside), stacklevel=2)
    return shop_run


def warn_of_idle_crews(shop: Shop) -> None:
    """Warn of repair crews that nothing asks for; `run_shop` is silent, as it runs many times."""
    if not isinstance(shop, Shop) or not (idle := shop.crews_idle):
        return
    if shop.repair_crews is not None:
        rule = "repair_crews has no effect: no failure has crew=True"
        cure = "Set it for the failures whose repair needs a crew, or leave repair_crews out."
        text = checks.complain(f"Shop {shop.name!r}", rule, shop.repair_crews, cure)
    else:
        rule = (
            "each of crews must be asked for by a failure or a planned stop; these have no effect"
        )
        cure = "Name them, or a skill of theirs, as the crew of a failure, or leave them out."
        text = checks.complain(f"Shop {shop.name!r}", rule, ", ".join(idle), cure)
    warnings.warn(NoEffect(text), stacklevel=3)


def run_shop(
    shop: Shop,
    *,
    hours: float | None = None,
    dates: RunDates | None = None,
    warm_up: float = 0.0,
    seed: int,
    run: int = 0,
    engine: Engine = "compiled",
    critical_path: bool = False,
    trace: bool = False,
    every: float | None = None,
    by_date: bool = True,
    progress: bool | None = False,
) -> ShopRun:
    """As `simulate`, without a warning: for callers with many runs, who warn once.

    Parameters
    ----------
    dates : RunDates, optional
        In place of hours and warm-up.
    by_date : bool
        With dates, keep what the tables by shift and day are made from.
    """
    owner, hours, warm_up, seed, _ = check_request(
        "simulate", shop, hours=hours, warm_up=warm_up, seed=seed, engine=engine, dates=dates
    )
    run = checks.stream_number(owner, "run", run)
    checks.flag(owner, "critical_path", critical_path)
    checks.flag(owner, "trace", trace)
    every = PRODUCTION_DAY if every is None and dates and by_date else every
    period = check_period(owner, every, hours)
    warm_up_ms = units.hours_to_ms(warm_up)
    horizon = warm_up_ms + units.hours_to_ms(hours)
    of_dates = (None, 0.0) if dates is None else (dates.working_time, dates.clock)
    layout = lay_out(shop, horizon, *of_dates)
    total = round(hours + warm_up)
    with bar(shop.name, total=total, unit="h", shown=progress, delay=2.0) as meter:

        def report(now: int) -> None:
            meter.update(now // units.MS_PER_H - meter.n)

        counts = _ENGINES[engine](
            layout,
            warm_up=warm_up_ms,
            seed=seed,
            run=run,
            trace=trace,
            critical_path=critical_path,
            ends=_history_ends(horizon - warm_up_ms, period, dates),
            report=report,
        )
    return ShopRun(shop, hours, warm_up, seed, run, counts, layout, period, dates)


def _history_ends(counted: int, period: int | None, dates: RunDates | None) -> Ints | None:
    """Up to where a history counts: the ends of periods, and with dates the bounds of shifts."""
    if period is None:
        return None
    ends = period_ends(counted, period)
    return ends if dates is None else np.union1d(ends, dates.bounds)


def parallel(shop: Shop, unfed: tuple[str, ...]) -> tuple[str, ...]:
    """Of the lines that took no part those beside which others take the same."""
    fed = [{*store_names(line.takes)} for line in shop.lines if line.name not in unfed]
    return tuple(name for name in unfed if {*store_names(shop.line(name).takes)} in fed)


def nothing_leaves(shop: Shop, hours: float, *, seed: int, engine: Engine) -> bool:
    """Whether no body leaves in the first `hours` [h] of run 0: then the shop cannot be full."""
    return not run_shop(shop, hours=hours, seed=seed, engine=engine, progress=False).bodies
