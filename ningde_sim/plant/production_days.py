"""The production days of a calendar: which days are worked, and in which hours.

A production day begins with its first shift and lasts 24 hours. So no shift belongs to two days.
"""

from __future__ import annotations

import calendar
import dataclasses
import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import holidays
import numpy as np

from ningde_sim._support import units
from ningde_sim._support.intervals import Windows
from ningde_sim.plant.calendar import SATURDAY, WEEKDAYS, Calendar, Shift, minutes

Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]
Ints = np.ndarray[tuple[int], np.dtype[np.int64]]

MS_PER_MIN = 60_000


@dataclass(frozen=True, eq=False)
class ProductionDays:
    """The production days of a calendar, arrays of shape (n,).

    Attributes
    ----------
    dates : tuple of date
    origin : int
        Minutes from midnight to the start of each production day; 0 with a number of shifts, unless
        another shop has shifts by name. [min]
    official : array of bool
        Official working days, make-up days included.
    nominal : array
        Hours of the shift pattern on the official working days. [ms, int64]
    by_name : tuple of Windows, optional
        With shifts by name the same hours of each day, since its start. [ms]
    planned : array
        Hours that the plan asks for, overtime and Saturdays included. [ms, int64]
    too_long : array
        Hours of overtime beyond the 24 h of a day, which nobody can work. [ms, int64]
    first_shift : array
        From the start of the day to the end of its first shift; 0 if nobody works. [ms, int64]
    of_month : array
        Hours that the plan asks for in the whole month of the day. [ms, int64]
    of_year : array
        Its month in the year, January 0. [int64]
    ends : array, shape (n, n_shifts + 1), or tuple of dict
        Of a number of shifts the start of the first and the end of each, since the start of the
        day, overtime included; of shifts by name their windows. [ms, int64]
    """

    dates: tuple[datetime.date, ...]
    origin: int
    official: Flags
    nominal: Ints
    by_name: tuple[Windows, ...] | None
    planned: Ints
    too_long: Ints
    first_shift: Ints
    of_month: Ints
    of_year: Ints
    ends: Any

    def __len__(self) -> int:
        return len(self.dates)

    @property
    def months(self) -> list[str]:
        """The month of each day, such as "2021-09"."""
        return [f"{day:%Y-%m}" for day in self.dates]

    @cached_property
    def pattern(self) -> tuple[Windows, ...]:
        """The nominal hours of each day, since its start. [ms]"""
        return _from_start(self.nominal) if self.by_name is None else self.by_name

    @cached_property
    def windows(self) -> tuple[Windows, ...]:
        """The planned hours of each day, since its start. [ms]"""
        if self.by_name is None:
            return _from_start(self.planned)
        return tuple(_united(of_day) for of_day in self.ends)

    @cached_property
    def spans(self) -> tuple[Ints, Ints, Ints]:
        """Day, begin and end of each planned window, since the start of its day. [ms, int64]"""
        if self.by_name is None:
            day = np.flatnonzero(self.planned)
            return day, np.zeros_like(day), self.planned[day]
        day = np.repeat(np.arange(len(self)), [*map(len, self.windows)])
        spans = [window for windows in self.windows for window in windows]
        begin, end = np.array(spans, dtype=np.int64).reshape(-1, 2).T
        return day, begin, end

    @cached_property
    def shifts(self) -> tuple[dict[str, Windows], ...]:
        """Of each day, by name, the windows of its shifts, since its start. [ms]

        Overtime behind the last shift is its own.
        """
        if self.by_name is not None:
            of_days: tuple[dict[str, Windows], ...] = self.ends
            return of_days
        return tuple(
            {f"shift {k + 1}": [(a, b)] for k, (a, b) in enumerate(pairwise(of_day)) if a < b}
            for of_day in self.ends.tolist()
        )


@lru_cache(maxsize=64)
def working_days(
    start: datetime.date,
    end: datetime.date,
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4),
    country: str | None = None,
    region: str | None = None,
) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    """Whether each day is an official working day, and whether it is a free Saturday.

    A Saturday is free to be worked if it is no official working day and the days off around it hold
    no public holiday.

    References
    ----------
    Package `holidays`; for China with the make-up days announced by the State Council.
    """
    years = range(start.year - 1, end.year + 2)
    off: Any = {}
    made_up: Any = ()
    if country is not None:
        off = holidays.country_holidays(country, subdiv=region, years=years)
        made_up = off.weekend_workdays
    one = datetime.timedelta(days=1)

    def official(day: datetime.date) -> bool:
        return day not in off if day.weekday() in weekdays else day in made_up

    def free(day: datetime.date) -> bool:
        if day.weekday() != SATURDAY or official(day):
            return False
        for step in (-one, one):
            other = day
            while not official(other):
                if other in off:
                    return False
                other += step
        return True

    dates = [start + k * one for k in range((end - start).days + 1)]
    return tuple(map(official, dates)), tuple(map(free, dates))


def production_days(
    plan: Calendar, start: datetime.date, end: datetime.date, origin: int | None = None
) -> ProductionDays:
    """The production days from `start` to `end`; a month that they cut short is planned as a whole.

    Parameters
    ----------
    plan : Calendar
    start, end : date
    origin : int, optional
        When production days begin, in minutes from midnight; by default with the first shift. [min]
    """
    last = calendar.monthrange(end.year, end.month)[1]
    own = first_start(plan)
    origin = (own or 0) if origin is None else origin
    late = 0 if own is None else (own - origin) * MS_PER_MIN
    whole = _whole_months(plan, start.replace(day=1), end.replace(day=last), origin, late)
    part = slice(start.day - 1, start.day + (end - start).days)
    cut = {
        field.name: getattr(whole, field.name)[part]
        for field in dataclasses.fields(whole)
        if field.name not in ("origin", "by_name")
    }
    by_name = None if whole.by_name is None else whole.by_name[part]
    return ProductionDays(origin=origin, by_name=by_name, **cut)


def first_start(plan: Calendar) -> int | None:
    """When the first shift begins, since midnight; None with a number of shifts. [min]"""
    if not isinstance(plan.shifts, Mapping):
        return None
    return min(minutes(shift.start) for shift in plan.shifts.values())


def usual_day(plan: Calendar, origin: int) -> Windows:
    """The hours of the first working day of a week, without overtime, since its start. [ms]"""
    if isinstance(plan.shifts, Mapping):
        running = plan.shifts_on(WEEKDAYS[plan.days_of_week[0]])
        return _united({name: _spans(each, origin) for name, each in running.items()})
    return [(0, round(plan.n_shifts * plan.every_month("shift_hours") * units.MS_PER_H))]


def _whole_months(
    plan: Calendar, start: datetime.date, end: datetime.date, origin: int, late: int
) -> ProductionDays:
    """The production days of a calendar in whole months, its first shift so `late`. [ms]"""
    days = _days(start, end, plan.days_of_week, plan.country, plan.region)
    worked, saturdays = days.official.copy(), days.free_saturday.copy()
    for closure in plan.closures.values():
        first = (closure.start - start).days
        closed = slice(max(0, first), max(0, first + round(closure.days.value)))
        worked[closed] = saturdays[closed] = False
    if isinstance(plan.shifts, Mapping):
        running = np.array([bool(plan.shifts_on(weekday)) for weekday in WEEKDAYS])
        works = running[days.weekday]
        worked &= works
        saturdays &= works
    shift, overtime, crews, besides = (
        np.array([plan.of_month(key, month) for month in range(1, 13)])[days.of_year]
        for key in ("shift_hours", "overtime", "crews", "saturdays")
    )
    so_far = np.cumsum(saturdays)
    before: Ints = (so_far - saturdays)[days.first_of_month]
    worked |= saturdays & (so_far - before <= np.rint(besides))
    n_worked = np.maximum(np.bincount(days.month, worked), 1)[days.month]
    by_name: tuple[Windows, ...] | None = None
    if isinstance(plan.shifts, Mapping):
        extra = overtime * crews / n_worked
        by_name, first_shift, ends, too_long = _named(
            plan, days.dates, days.official, worked, extra, origin, late
        )
        nominal, planned = _lengths(by_name), _lengths(_united(of_day) for of_day in ends)
    else:
        hours = shift + overtime * crews / plan.n_shifts / n_worked
        nominal = _ms(np.where(days.official, plan.n_shifts * plan.every_month("shift_hours"), 0.0))
        first_shift, ends, too_long = _numbered(plan, worked, hours)
        planned = ends[:, -1]
    totals = np.bincount(days.month, planned).astype(np.int64)
    return ProductionDays(
        dates=days.dates,
        origin=origin,
        official=days.official,
        nominal=nominal,
        by_name=by_name,
        too_long=too_long,
        planned=planned,
        first_shift=first_shift,
        of_month=totals[days.month],
        of_year=days.of_year,
        ends=ends,
    )


@dataclass(frozen=True, eq=False)
class _Days:
    """What no plan changes in the days of whole months, arrays of shape (n,).

    Attributes
    ----------
    dates : tuple of date
    weekday : array
        Monday 0. [int64]
    official, free_saturday : array of bool
        As `working_days` tells them.
    month, of_year : array
        Its month, from 0 with the first one; that of the year, January 0. [int64]
    first_of_month : array
        The number of the first day of its month. [int64]
    """

    dates: tuple[datetime.date, ...]
    weekday: Ints
    official: Flags
    free_saturday: Flags
    month: Ints
    of_year: Ints
    first_of_month: Ints


@lru_cache(maxsize=64)
def _days(
    start: datetime.date,
    end: datetime.date,
    weekdays: tuple[int, ...],
    country: str | None,
    region: str | None,
) -> _Days:
    """The days of whole months, the same in all runs of a year."""
    official, saturdays = (
        np.array(flags) for flags in working_days(start, end, weekdays, country, region)
    )
    dates = tuple((np.datetime64(start) + np.arange(len(official))).tolist())
    months = np.array([12 * day.year + day.month - 1 for day in dates])
    month = months - months[0]
    arrays = (official, saturdays, month, months % 12, np.searchsorted(month, month))
    for array in (weekday := np.array([day.weekday() for day in dates]), *arrays):
        array.flags.writeable = False
    return _Days(dates, weekday, *arrays)


def _lengths(of_days: Iterable[Windows]) -> Ints:
    """Hours of each day. [ms]"""
    return np.array([sum(b - a for a, b in each) for each in of_days], dtype=np.int64)


def _from_start(lengths: Ints) -> tuple[Windows, ...]:
    """Hours of so many milliseconds from the start of each day on. [ms]"""
    return tuple([(0, length)] if length else [] for length in lengths.tolist())


def _united(shifts: dict[str, Windows]) -> Windows:
    """The hours of all shifts of a day, which do not overlap. [ms]"""
    windows: Windows = []
    for begin, end in sorted(span for spans in shifts.values() for span in spans):
        if windows and windows[-1][1] == begin:
            windows[-1] = (windows[-1][0], end)
        else:
            windows.append((begin, end))
    return windows


def _numbered(plan: Calendar, worked: Flags, hours: Any) -> tuple[Ints, Any, Ints]:
    """A number of shifts that follow one another, each longer by its part of the overtime.

    Returns
    -------
    tuple
        The end of the first shift, `ProductionDays.ends`, overtime beyond 24 h. [ms]
    """
    n = plan.n_shifts
    planned = _ms(np.where(worked, np.minimum(n * hours, 24.0), 0.0))
    ends = [*(np.minimum(_ms(k * hours), planned) for k in range(n)), planned]
    too_long = _ms(np.where(worked, n * hours, 0.0)) - planned
    first = np.minimum(_ms(hours), planned)
    return first, np.stack(ends, axis=1), too_long


def _named(
    plan: Calendar,
    dates: Sequence[datetime.date],
    official: Flags,
    worked: Flags,
    extra: Any,
    origin: int,
    late: int,
) -> tuple[tuple[Windows, ...], Ints, tuple[dict[str, Windows], ...], Ints]:
    """Shifts by name, with the overtime behind the last one, within 24 h of the first.

    Returns
    -------
    tuple
        The hours of the pattern, the end of the first shift, `ProductionDays.ends`, overtime beyond
        24 h. [ms]
    """
    first, too_long = np.zeros((2, len(dates)), np.int64)
    pattern: list[Windows] = []
    shifts: list[dict[str, Windows]] = []
    for day, date in enumerate(dates):
        of_day = plan.shifts_on(WEEKDAYS[date.weekday()])
        running = {name: _spans(each, origin) for name, each in of_day.items()}
        pattern.append(_united(running) if official[day] else [])
        if not worked[day]:
            shifts.append({})
            continue
        ends = {name: spans[-1][1] for name, spans in running.items()}
        last = max(ends, key=ends.__getitem__)
        wanted = ends[last] + round(extra[day] * units.MS_PER_H)
        until = max(ends[last], min(wanted, late + units.MS_PER_DAY))
        running[last][-1] = (running[last][-1][0], until)
        too_long[day] = wanted - until
        first[day] = min(ends.values())
        shifts.append(running)
    return tuple(pattern), first, tuple(shifts), too_long


def _spans(shift: Shift, origin: int) -> Windows:
    """The hours of a shift since the start of the production day. [ms]"""
    at = minutes(shift.start)
    later = (at - origin) % (24 * 60) - at
    return [((a + later) * MS_PER_MIN, (b + later) * MS_PER_MIN) for a, b in shift.spans()]


def _ms(hours: Any) -> Ints:
    ms: Ints = np.rint(hours * units.MS_PER_H).astype(np.int64)
    return ms
