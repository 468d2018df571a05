"""The course of a year: which hours each shop is open, and what every closed hour is lost to.

The plan's hours of a shop are taken away from in a fixed order: maintenance, the full stop of the
retooling, the stops of the supply in the order of the file, slowdowns, nights and week-ends of the
retooling, launches. An hour is lost to the first that takes it, so what is lost and what is left
add up to the plan exactly, in whole milliseconds.

A reduced rate closes the shop for the rest of each hour: at 80 % it is open for the first 48
minutes, and everything in it stands still together for the other 12.

Stops of the supply come at random on the working hours of the plan: the time from the end of one to
the next is exponential, with a mean that follows the season, and how long they last lognormal.
"""

from __future__ import annotations

import datetime
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ningde_sim._support import checks, units
from ningde_sim.engine.streams import Draws
from ningde_sim.plant.distributions import Exponential, Lognormal
from ningde_sim.year.calendar import DAY_MS, Days, production_days
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.schema import MOST_DAYS, SHOPS, CalendarTable, LaunchTable, ShopName, StopTable
from ningde_sim.year.windows import Windows, both, joined, minus, trimmed

Rate = Callable[[int], float]

MOST_STOPS = 100_000
"""Stops of one cause in a run; more are too short to matter one by one."""


@dataclass(frozen=True, eq=False)
class Opening:
    """The hours of one shop, from the start of the first production day on. [ms]

    Attributes
    ----------
    planned : Windows
        As the plan asks.
    open : Windows
        What is left of them.
    lost : dict of Windows
        What each cause takes.
    """

    planned: Windows
    open: Windows
    lost: dict[str, Windows] = field(default_factory=dict)

    def less(self, cause: str, closed: Windows) -> Opening:
        """The same when a cause closes the shop."""
        lost = {**self.lost, cause: both(self.open, closed)}
        return Opening(self.planned, minus(self.open, closed), lost)

    def at(self, cause: str, within: Windows, rate: Rate) -> Opening:
        """The same when a cause slows the shop down within some time."""
        stay, closed = trimmed(both(self.open, within), rate)
        return Opening(
            self.planned,
            joined([*minus(self.open, within), *stay]),
            {**self.lost, cause: closed},
        )


@dataclass(frozen=True, eq=False)
class Course:
    """The hours of all shops in one run of a year.

    Attributes
    ----------
    days : Days
    shops : dict of Opening
        By name.
    switch : int
        When the body shop of before the retooling gives way to that of after. [ms]
    """

    days: Days
    shops: dict[ShopName, Opening]
    switch: int


def course(scenario: Scenario, *, seed: int, run: int) -> Course:
    """The course that a year takes with the luck of one run."""
    days = production_days(scenario.calendar)
    retooling = _retooling(scenario, days)
    stops = {
        cause: (table.shops, _stops(cause, table, days, seed=seed, run=run))
        for cause, table in scenario.supply.items()
    }
    shops = {}
    for name in SHOPS:
        extra = _extra_hours(scenario, name)
        opening = _planned(days, extra, 24.0 - scenario.calendar.maintenance.value)
        stop = joined([(retooling.begin, retooling.end)]) if name in retooling.shops else []
        opening = opening.less("retooling", stop)
        for cause, (closes, closed) in stops.items():
            opening = opening.less(cause, closed if name in closes else [])
        for cause, within, rate in _slow(scenario, days, retooling, name):
            opening = opening.at(cause, within, rate)
        shops[name] = opening
    return Course(days, shops, retooling.begin)


def _extra_hours(scenario: Scenario, name: ShopName) -> float:
    return {
        "body_shop": 0.0,
        "paint": scenario.paint.extra_hours.value,
        "assembly": scenario.assembly.extra_hours.value,
    }[name]


def _planned(days: Days, extra_hours: float, limit: float) -> Opening:
    """The plan's hours of a shop, and what maintenance takes back of more than `limit` h a day."""
    extra = round(extra_hours * units.MS_PER_H)
    long = np.where(days.planned > 0, np.minimum(days.planned + extra, DAY_MS), 0)
    eaten = np.maximum(long - round(limit * units.MS_PER_H), 0)
    start = np.arange(len(days)) * DAY_MS
    planned = list(zip(start.tolist(), (start + long).tolist(), strict=True))
    late = zip((start + long - eaten).tolist(), (start + long).tolist(), strict=True)
    whole = joined(planned)
    return Opening(whole, whole).less("maintenance", joined(late))


def _since(days: Days, day: datetime.date) -> int:
    """Start of a calendar day, from the start of the first. [ms]"""
    return (day - days.dates[0]).days * DAY_MS


# ------------------------------------------------------------------ retooling and launches


@dataclass(frozen=True)
class _Retooling:
    """The full stop, empty where there is none, and the weeks after it. [ms]"""

    begin: int
    end: int
    until: int
    rate: float
    shops: tuple[ShopName, ...]


def _retooling(scenario: Scenario, days: Days) -> _Retooling:
    table = scenario.retooling
    if table is None:
        return _Retooling(0, 0, 0, 1.0, ())
    begin = _since(days, table.start) + round(table.delay.value) * DAY_MS
    starts = _starts(scenario.calendar, days, max(0, -begin // DAY_MS))
    n = round(table.full_stop_days.value)
    stop = starts[starts >= begin][:n]
    # past the end of the plan every day counts as a working day
    beyond = max(begin, len(days) * DAY_MS) + (n - len(stop)) * DAY_MS
    end = begin if n == 0 else int(stop[-1]) + DAY_MS if len(stop) == n else beyond
    until = end + round(table.partial_weeks.value * 7 * DAY_MS)
    return _Retooling(begin, end, until, table.night_rate.value, table.shops)


def _starts(table: CalendarTable, days: Days, earlier: int) -> Any:
    """Starts of the days that are worked, from so many days before the first on. [ms]"""
    earlier = min(earlier, MOST_DAYS - len(days))
    start = table.start - datetime.timedelta(days=earlier)
    planned = production_days(replace(table, start=start)).planned  # type: ignore[type-var]
    return (np.flatnonzero(planned) - earlier) * DAY_MS


def _slow(
    scenario: Scenario, days: Days, retooling: _Retooling, name: ShopName
) -> Iterator[tuple[str, Windows, Rate]]:
    """What slows a shop down: cause, time, rate at each instant."""
    for cause, table in scenario.slowdowns.items():
        begin = _since(days, table.start)
        end = begin + round(table.days.value * DAY_MS) if name in table.shops else begin
        yield cause, joined([(begin, end)]), _always(table.rate.value)
    end = retooling.until if name in retooling.shops else retooling.end
    yield (
        "retooling_nights",
        both(_nights(days), joined([(retooling.end, end)])),
        _always(retooling.rate),
    )
    starts = [
        (max(_since(days, t.start) + round(t.delay.value * DAY_MS), retooling.end), t)
        for t in scenario.launches.values()
    ]
    begin = min((start for start, _ in starts), default=0)
    end = len(days) * DAY_MS if starts and name != "paint" else begin
    yield "launches", joined([(begin, end)]), lambda at: _launched(starts, at)


def _always(rate: float) -> Rate:
    return lambda _: rate


def _nights(days: Days) -> Windows:
    """Second and third shifts, and all of Saturdays and Sundays."""
    weekend = np.array([day.weekday() >= 5 for day in days.dates])
    start = np.arange(len(days)) * DAY_MS
    begin = start + np.where(weekend, 0, days.first_shift)
    return joined(zip(begin.tolist(), (start + DAY_MS).tolist(), strict=True))


def _launched(starts: list[tuple[int, LaunchTable]], at: int) -> float:
    """The rate of a line on which each new model has its share of the bodies and its efficiency.

    A body of a model at efficiency e takes 1/e of its time, so the rate is 1 / (1 + sum of
    mix (1/e - 1)).
    """
    slower = 0.0
    for start, table in starts:
        if at >= start:
            e = efficiency(table, (at - start) / DAY_MS)
            slower += table.mix.value * (1 / e - 1)
    return 1 / (1 + slower)


def efficiency(table: LaunchTable, days: float) -> float:
    """Of a new model, so many days after its start: 1 - (1 - e0) exp(-t / tau). [-]"""
    short = 1 - table.initial_efficiency.value
    if short <= 0.1:
        return table.initial_efficiency.value
    tau = table.days_to_90.value / math.log(short / 0.1)
    return 1 - short * math.exp(-days / tau)


# ------------------------------------------------------------------ supply


def _stops(cause: str, table: StopTable, days: Days, *, seed: int, run: int) -> Windows:
    """The stops of one cause.

    On a working hour of a month with weight w the hazard of a stop is, for a share s and a mean
    duration d, s w / (d (1 - s w)), so that a share s w of the hours is lost; for a number a month
    it is that number times w over the planned hours of the whole month, also of one cut short.
    """
    begin = np.arange(len(days)) * DAY_MS
    worked = np.concatenate(([0], np.cumsum(days.planned)))
    risk = np.concatenate(([0.0], np.cumsum(_hazard(table, days) * days.planned / units.MS_PER_H)))
    gap = Draws("supply", cause, "gap", Exponential(1))
    length = Draws("supply", cause, "length", Lognormal(table.duration.value, table.cv.value))
    found: Windows = []
    at = 0.0  # risk run up to now
    for k in itertools.count():
        at += gap(seed, run, k)
        if at >= risk[-1]:
            break
        if k == MOST_STOPS:
            raise ValueError(_too_many(cause, table))
        first = _instant(float(np.interp(at, risk, worked)), worked, begin)
        hours = min(length(seed, run, k), 1e6)
        ends = np.interp(at, risk, worked) + hours * units.MS_PER_H
        last = len(days) * DAY_MS if ends >= worked[-1] else _instant(ends, worked, begin)
        found.append((first, last))
        at = float(np.interp(min(ends, worked[-1]), worked, risk))
    return joined(found)


def _too_many(cause: str, table: StopTable) -> str:
    cure = "Fewer and longer ones lose the same hours."
    rule = f"there must be at most {MOST_STOPS:,} stops in a run"
    many = table.per_month if table.share is None else table.duration
    return checks.complain(f"supply.{cause}", rule, str(many), cure)


def _hazard(table: StopTable, days: Days) -> Any:
    """Stops to be expected in a working hour of each day. [1/h]"""
    weight = np.ones(len(days))
    if table.season is not None:
        weight = np.array([table.season[day.month - 1] for day in days.dates])
    if table.share is not None:
        lost = table.share.value * weight
        return lost / (table.duration.value * (1 - lost))
    assert table.per_month is not None  # one of the two, as the table has checked
    return table.per_month.value * weight / np.maximum(days.of_month / units.MS_PER_H, 1e-9)


def _instant(working: float, worked: Any, begin: Any) -> int:
    """The instant at which the plan has worked for so long. [ms]"""
    day = int(np.searchsorted(worked, working, side="right")) - 1
    return int(begin[day]) + round(working - float(worked[day]))
