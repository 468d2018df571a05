"""The open hours of each shop in a year, and the cause that takes each of the others.

From the hours that the plan asks for, causes take theirs in a fixed order: maintenance, the full
stop of the retooling, the stops of the supply in the order of the file, slowdowns, nights and
week-ends of the retooling. An hour is lost to the first cause that takes it. So what is lost and
what is open add up to the plan, exactly, in whole milliseconds. New models close no shop: their
ramps slow the stations that they load (`ningde_sim.year.launches`).

A reduced rate closes the shop for the rest of each hour: at 80 % it is open for the first 48
minutes, and everything in it stands still for the other 12.

Stops of the supply come at random in the working hours of the plan. The time from the end of one to
the next is exponential, with a mean that follows the season; their length is lognormal.
"""

from __future__ import annotations

import datetime
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any

import numpy as np

from ningde_sim._support import checks, units
from ningde_sim._support.intervals import (
    Windows,
    as_windows,
    difference,
    intersection,
    joined,
    length,
    union,
)
from ningde_sim.engine.counts import Ints
from ningde_sim.engine.streams import Draws
from ningde_sim.plant.calendar import MOST_DAYS, Calendar
from ningde_sim.plant.distributions import Exponential, Lognormal, steady_if_small
from ningde_sim.plant.production_days import (
    ProductionDays,
    first_start,
    production_days,
    usual_day,
)
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.schema import BlockTable, StopTable
from ningde_sim.year.windows import by_day, trimmed

MOST_STOPS = 100_000
"""Stops of one cause in a run; if there were more, each would be too short to matter."""


Slowdown = tuple[str, Windows, float]
"""What slows a shop: its cause, its time, the share of each hour that stays open."""


@dataclass(frozen=True, eq=False)
class ShopHours:
    """The hours of one shop, since the start of the first production day. [ms]

    Attributes
    ----------
    nominal : array
        By day: the shift pattern of its calendar on official working days. [ms, int64]
    planned : Windows
        What the plan asks for.
    unclosed : Windows
        What is left of it by the causes that close the shop.
    closed : dict of Windows
        What each of these takes.
    slowdowns : tuple of Slowdown
        What slows the shop then, one after the other.
    """

    nominal: Ints
    planned: Windows
    unclosed: Windows
    closed: dict[str, Windows] = field(default_factory=dict)
    slowdowns: tuple[Slowdown, ...] = ()

    def closed_by(self, cause: str, within: Windows) -> ShopHours:
        """The same after a cause closes the shop within some time."""
        closed = {**self.closed, cause: intersection(self.unclosed, within)}
        return ShopHours(self.nominal, self.planned, difference(self.unclosed, within), closed)

    def slowed_by(self, slowdowns: Iterable[Slowdown]) -> ShopHours:
        """The same after causes slow the shop down."""
        return replace(self, slowdowns=tuple(slowdowns))

    @property
    def open(self) -> Windows:
        """What is left of the plan."""
        return self._slowed[0]

    @property
    def lost(self) -> dict[str, Windows]:
        """What each cause takes."""
        return {**self.closed, **self._slowed[1]}

    @cached_property
    def _slowed(self) -> tuple[Windows, dict[str, Windows]]:
        """What the slowdowns leave open, and what each takes, hour by hour."""
        still, lost = self.unclosed, {}
        for cause, within, rate in self.slowdowns:
            slow = intersection(still, within)
            stay, lost[cause] = trimmed(slow, rate)
            if slow:
                first = bisect_right(still, slow[0][0], key=itemgetter(1))
                last = bisect_left(still, slow[-1][1], key=itemgetter(0))
                inner = joined([*difference(still[first:last], within), *stay])
                still = [*still[:first], *inner, *still[last:]]
        return still, lost

    @cached_property
    def paces(self) -> tuple[list[tuple[Windows, float]], dict[str, float]]:
        """`open` and `lost` without a look at single hours, and so much faster.

        The times that no cause closes, with the share of each hour in them that stays open [-]; how
        much each cause takes [ms].
        """
        times = [(self.unclosed, 1.0)]
        lost = {cause: float(length(windows)) for cause, windows in self.closed.items()}
        for cause, within, rate in self.slowdowns:
            slow = [(intersection(windows, within), pace) for windows, pace in times]
            lost[cause] = (1 - rate) * sum(pace * length(windows) for windows, pace in slow)
            if any(windows for windows, _ in slow):
                times = [(difference(windows, within), pace) for windows, pace in times]
                times += [(windows, pace * rate) for windows, pace in slow if windows]
        return times, lost


@dataclass(frozen=True, eq=False)
class OpenHours:
    """The hours of all shops in one run of a year.

    Attributes
    ----------
    days : ProductionDays
        Of the calendar of the plant.
    shops : dict of ShopHours
        By name.
    usual : dict of Windows
        By name the hours of an undisturbed working day, since the start of a production day. [ms]
    switch : int
        When the body shop after the retooling takes over. [ms]
    starts : dict of int
        When each new product is made first, since the start of the first production day; below 0
        if that was earlier. [ms]
    """

    days: ProductionDays
    shops: dict[str, ShopHours]
    usual: dict[str, Windows]
    switch: int
    starts: dict[str, int]


def open_hours(scenario: Scenario, *, seed: int, run: int) -> OpenHours:
    """The open hours of a scenario, with the random streams of one run."""
    plan = scenario.calendar
    calendars = {key: plan.of_shop(scenario.calendars.get(key)) for key in scenario.shops}
    origin = start_of_days(scenario)
    span = (plan.first_day, plan.last_day, origin)
    days = production_days(plan, *span)
    own_days = {
        key: days if own is plan else production_days(own, *span) for key, own in calendars.items()
    }
    retooling = _retooling(scenario, days)
    worked = _worked(days)
    stops = {
        cause: (table.shops, _stops(cause, table, days, worked, seed=seed, run=run))
        for cause, table in scenario.supply.items()
    }
    shops = {}
    planned: dict[tuple[int, float], ShopHours] = {}
    alike: dict[tuple[Any, ...], ShopHours] = {}  # shops of equal hours share them
    for name, shop in scenario.shops.items():
        own, of_shop = calendars[name], own_days[name]
        extra = shop.number("extra_hours") if isinstance(shop, BlockTable) else 0.0
        causes = [name in table.shops for table in scenario.slowdowns.values()]
        causes += [name in retooling.shops, *(name in stopped for stopped, _ in stops.values())]
        key = (id(own), extra, *causes)
        if key not in alike:
            if (id(own), extra) not in planned:
                limit = 24.0 - own.every_month("maintenance")
                planned[id(own), extra] = _planned(of_shop, extra, limit)
            hours = planned[id(own), extra]
            stop = [(retooling.begin, retooling.end)] if name in retooling.shops else []
            hours = hours.closed_by("retooling", joined(stop))
            for cause, (stopped, windows) in stops.items():
                hours = hours.closed_by(cause, windows if name in stopped else [])
            alike[key] = hours.slowed_by(_slowdowns(scenario, of_shop, own, retooling, name))
        shops[name] = alike[key]
    usual = {name: usual_day(each, origin) for name, each in calendars.items()}
    return OpenHours(days, shops, usual, retooling.begin, _starts(scenario, days, retooling))


def start_of_days(scenario: Scenario) -> int:
    """When production days begin: with the first of all shifts by name, since midnight. [min]"""
    own = [scenario.calendar.of_shop(each) for each in scenario.calendars.values()]
    starts = [first_start(each) for each in (scenario.calendar, *own)]
    return min((each for each in starts if each is not None), default=0)


def _planned(days: ProductionDays, extra_hours: float, limit: float) -> ShopHours:
    """The hours that the plan asks for; maintenance takes those beyond `limit` h a day.

    What a late shift works beyond a production day belongs to the next one.
    """
    extra, most = round(extra_hours * units.MS_PER_H), round(limit * units.MS_PER_H)
    day, begin, end = days.spans
    first = np.searchsorted(day, day)
    before = np.cumsum(end - begin) - (end - begin)
    left = np.maximum(most - (before - before[first]), 0)
    if extra:  # what is worked besides follows the last shift
        last = np.append(day[1:] > day[:-1], True)[: len(day)]
        until = np.minimum(end + extra, begin[first] + units.MS_PER_DAY)
        end = np.where(last, np.maximum(end, until), end)
    start = day * units.MS_PER_DAY
    planned = as_windows(*union(start + begin, start + end))
    late = end - begin > left
    lost = as_windows(*union((start + begin + left)[late], (start + end)[late]))
    hours = intersection(planned, [(0, len(days) * units.MS_PER_DAY)])
    nominal = days.nominal
    if days.by_name is not None:  # a late shift may end on the next day
        nominal = by_day(joined(_since_start(days.by_name)), len(days))
    return ShopHours(nominal, hours, hours).closed_by("maintenance", lost)


def _since_start(of_days: Iterable[Windows]) -> list[tuple[int, int]]:
    """Hours of each day since its start, as hours since that of the first day. [ms]"""
    return [
        (day * units.MS_PER_DAY + begin, day * units.MS_PER_DAY + end)
        for day, windows in enumerate(of_days)
        for begin, end in windows
    ]


def _start_of(day: datetime.date, days: ProductionDays) -> int:
    """Start of a calendar day, since the start of the first production day. [ms]"""
    return (day - days.dates[0]).days * units.MS_PER_DAY


# ------------------------------------------------------------------ retooling and new products


@dataclass(frozen=True)
class _Retooling:
    """The full stop, empty where there is none, and the weeks after it. [ms]"""

    begin: int
    end: int
    until: int
    rate: float
    shops: tuple[str, ...]


def _retooling(scenario: Scenario, days: ProductionDays) -> _Retooling:
    table = scenario.retooling
    if table is None:
        return _Retooling(0, 0, 0, 1.0, ())
    begin = _start_of(table.start, days) + round(table.delay.value) * units.MS_PER_DAY
    starts = _working_days(scenario.calendar, days, max(0, -begin // units.MS_PER_DAY))
    n = round(table.full_stop_days.value)
    stop = starts[starts >= begin][:n]
    # past the end of the plan every day counts as a working day
    beyond = max(begin, len(days) * units.MS_PER_DAY) + (n - len(stop)) * units.MS_PER_DAY
    end = begin if n == 0 else int(stop[-1]) + units.MS_PER_DAY if len(stop) == n else beyond
    until = end + round(table.partial_weeks.value * 7 * units.MS_PER_DAY)
    shops = table.shops or tuple(scenario.shops)
    return _Retooling(begin, end, until, table.night_rate.value, shops)


def _working_days(plan: Calendar, days: ProductionDays, earlier: int) -> Any:
    """Starts of the working days, with so many days before the first production day. [ms]"""
    earlier = min(earlier, MOST_DAYS - len(days))
    start = plan.first_day - datetime.timedelta(days=earlier)
    planned = production_days(plan, start, plan.last_day).planned if earlier else days.planned
    return (np.flatnonzero(planned) - earlier) * units.MS_PER_DAY


def _slowdowns(
    scenario: Scenario, days: ProductionDays, plan: Calendar, retooling: _Retooling, name: str
) -> Iterator[Slowdown]:
    """What slows a shop with its own days down."""
    for cause, table in scenario.slowdowns.items():
        begin = _start_of(table.start, days)
        end = begin + round(table.days.value * units.MS_PER_DAY) if name in table.shops else begin
        yield cause, joined([(begin, end)]), table.rate.value
    end = retooling.until if name in retooling.shops else retooling.end
    yield "retooling_nights", _nights(days, plan, retooling.end, end), retooling.rate


def _nights(days: ProductionDays, plan: Calendar, begin: int, end: int) -> Windows:
    """From `begin` to `end` second and third shifts, and week-ends as a whole. [ms]

    A week-end is all of the days that are not among the days of the week.
    """
    first = min(max(0, begin // units.MS_PER_DAY), len(days))
    last = min(max(first, -(-end // units.MS_PER_DAY)), len(days))
    usual = plan.days_of_week
    nights = [
        (
            day * units.MS_PER_DAY
            + (int(days.first_shift[day]) if days.dates[day].weekday() in usual else 0),
            (day + 1) * units.MS_PER_DAY,
        )
        for day in range(first, last)
    ]
    return intersection(joined(nights), joined([(begin, end)]))


def _starts(scenario: Scenario, days: ProductionDays, retooling: _Retooling) -> dict[str, int]:
    """When each new product is made first: not before the end of the full stop. [ms]"""
    starts = {}
    for name, table in scenario.products.items():
        if table.start is not None:
            delay = 0.0 if table.delay is None else table.delay.value
            own = _start_of(table.start, days) + round(delay * units.MS_PER_DAY)
            stopped = scenario.retooling is not None
            starts[name] = max(own, retooling.end) if stopped else own
    return starts


# ------------------------------------------------------------------ supply


@dataclass(frozen=True, eq=False)
class _Worked:
    """The windows of the plan, one after the other: day, length, begin, hours before it. [ms]"""

    day: Ints
    length: Ints
    begin: list[int]
    before: list[int]


def _worked(days: ProductionDays) -> _Worked:
    """The windows of a plan."""
    day, begin, end = days.spans
    before = np.concatenate(([0], np.cumsum(end - begin)))
    return _Worked(day, end - begin, (day * units.MS_PER_DAY + begin).tolist(), before.tolist())


def _stops(
    cause: str, table: StopTable, days: ProductionDays, plan: _Worked, *, seed: int, run: int
) -> Windows:
    """The stops of one cause.

    In a working hour of a month with weight w the hazard of a stop is s w / (d (1 - s w)) for a
    share s and a mean duration d, so that a share s w of the hours is lost. For a number per month
    it is that number times w over the planned hours of the whole month, even if the calendar cuts
    it short.
    """
    hazard = _hazard(table, days)[plan.day] * plan.length / units.MS_PER_H
    worked, risk = plan.before, np.concatenate(([0.0], np.cumsum(hazard))).tolist()
    law = Lognormal(table.duration.value, steady_if_small(table.cv.value))
    draws = _gap_draws(cause), Draws("supply", cause, "length", law)
    likely = min(math.ceil(risk[-1] + 4 * math.sqrt(risk[-1])) + 1, MOST_STOPS)
    gaps, lengths = (each.first(likely, seed, run) for each in draws)
    stops: Windows = []
    at = 0.0  # risk run up to now
    for k, (gap, hours) in enumerate(zip(gaps, lengths, strict=False)):
        at += gap
        if at >= risk[-1]:
            break
        if k == MOST_STOPS:
            raise ValueError(_too_many(cause, table))
        begins = _interpolated(at, risk, worked)
        first = _instant(begins, plan)
        ends = begins + min(hours, 1e6) * units.MS_PER_H
        last = len(days) * units.MS_PER_DAY if ends >= worked[-1] else _instant(ends, plan)
        stops.append((first, last))
        at = _interpolated(min(ends, worked[-1]), worked, risk)
    return joined(stops)


@lru_cache(maxsize=256)
def _gap_draws(cause: str) -> Draws:
    """The risk between two stops of a cause."""
    return Draws("supply", cause, "gap", Exponential(1))


def _interpolated(x: float, at: Sequence[float], values: Sequence[float]) -> float:
    """What `numpy.interp` gives, to the bit, from `at[0]` to `at[-1]`; for one number faster."""
    k = bisect_right(at, x) - 1
    if k == len(at) - 1:
        return float(values[k])
    slope = (values[k + 1] - values[k]) / (at[k + 1] - at[k])
    return slope * (x - at[k]) + values[k]


def _too_many(cause: str, table: StopTable) -> str:
    cure = "Fewer and longer ones lose the same hours."
    rule = f"a run must have at most {MOST_STOPS:,} stops"
    number = table.per_month if table.share is None else table.duration
    return checks.complain(f"supply.{cause}", rule, str(number), cure)


def _hazard(table: StopTable, days: ProductionDays) -> Any:
    """Expected stops in a working hour of each day. [1/h]"""
    weight = np.ones(len(days))
    if table.season is not None:
        weight = np.array(table.season)[days.of_year]
    if table.share is not None:
        lost = table.share.value * weight
        return lost / (table.duration.value * (1 - lost))
    assert table.per_month is not None  # one of the two, as the table has checked
    return table.per_month.value * weight / np.maximum(days.of_month / units.MS_PER_H, 1e-9)


def _instant(working: float, plan: _Worked) -> int:
    """The instant at which the plan has worked for so long. [ms]"""
    window = bisect_right(plan.before, working) - 1
    return plan.begin[window] + round(working - plan.before[window])
