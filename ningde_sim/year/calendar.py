"""The production days of a scenario: which days are worked, and how long.

A production day begins with its first shift and lasts 24 hours. Its shifts follow one another,
without their breaks. So no shift belongs to two days.
"""

from __future__ import annotations

import calendar
import dataclasses
import datetime
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import holidays
import numpy as np

from ningde_sim._support import units
from ningde_sim.engine.counts import Ints
from ningde_sim.exceptions import CalendarWarning
from ningde_sim.year.dates import Period
from ningde_sim.year.schema import CalendarTable

STANDARD_DAY = 8.0
"""Hours of an official working day without overtime. [h]"""

OVERTIME_CAP = 36.0
"""Most overtime of a worker in a month: Labour Law of China (1994), article 41. [h]"""

LAST_YEAR_PUBLISHED = 2026
"""The last year whose make-up days are announced."""


@dataclass(frozen=True, eq=False)
class ProductionDays:
    """The production days of a calendar, arrays of shape (n,).

    Attributes
    ----------
    dates : tuple of date
    official : array of bool
        Official working days, make-up days included.
    nominal : array
        Hours of the shift pattern on the official working days. [ms, int64]
    planned : array
        Hours that the plan asks for, overtime and Saturdays included. [ms, int64]
    first_shift : array
        Hours of the first shift. [ms, int64]
    of_month : array
        Hours that the plan asks for in the whole month of the day. [ms, int64]
    """

    dates: tuple[datetime.date, ...]
    official: np.ndarray[tuple[int], np.dtype[np.bool_]]
    nominal: Ints
    planned: Ints
    first_shift: Ints
    of_month: Ints

    def __len__(self) -> int:
        return len(self.dates)

    @property
    def months(self) -> list[str]:
        """The month of each day, such as "2021-09"."""
        return [f"{day:%Y-%m}" for day in self.dates]


@lru_cache(maxsize=64)
def working_days(
    start: datetime.date, end: datetime.date
) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    """Whether each day is an official working day, and whether it is a free Saturday.

    A Saturday is free to be worked if it is no official working day and the days off around it hold
    no public holiday.

    References
    ----------
    Package `holidays`, country CN, with the make-up days announced by the State Council.
    """
    china = holidays.country_holidays("CN", years=range(start.year - 1, end.year + 2))
    one = datetime.timedelta(days=1)

    def free(day: datetime.date) -> bool:
        if day.weekday() != 5 or china.is_working_day(day):
            return False
        for step in (-one, one):
            other = day
            while not china.is_working_day(other):
                if other in china:
                    return False
                other += step
        return True

    dates = [start + k * one for k in range((end - start).days + 1)]
    return tuple(china.is_working_day(day) for day in dates), tuple(free(day) for day in dates)


def production_days(table: CalendarTable) -> ProductionDays:
    """The production days of a calendar; a month that it cuts short is planned as a whole."""
    start, end = table.start, table.end
    last = calendar.monthrange(end.year, end.month)[1]
    whole = _whole_months(table, start.replace(day=1), end.replace(day=last))
    part = slice(start.day - 1, start.day + (end - start).days)
    cut = {field.name: getattr(whole, field.name)[part] for field in dataclasses.fields(whole)}
    return ProductionDays(**cut)


def _whole_months(table: CalendarTable, start: datetime.date, end: datetime.date) -> ProductionDays:
    """The production days of a calendar in whole months."""
    official, saturdays = (np.array(flags) for flags in working_days(start, end))
    first = np.datetime64(start)
    days = first + np.arange(len(official))
    dates = tuple(days.tolist())
    month = np.array([12 * day.year + day.month - 1 for day in dates])
    worked = official.copy()
    for closure in table.closures.values():
        since = (days - np.datetime64(closure.start)).astype(np.int64)
        closed = (since >= 0) & (since < round(closure.days.value))
        worked &= ~closed
        saturdays &= ~closed
    shifts = int(table.shifts.value)
    shift = np.zeros(len(dates))
    for number in set(month.tolist()):
        in_month = month == number
        of_year = number % 12 + 1
        wanted = round(table.of_month("saturdays", of_year))
        worked |= in_month & saturdays & (np.cumsum(in_month & saturdays) <= wanted)
        shift[in_month] = table.of_month("shift_hours", of_year)
        extra = table.of_month("overtime", of_year) * table.of_month("crews", of_year)
        shift[in_month] += extra / shifts / (np.count_nonzero(worked & in_month) or 1)
    planned = np.where(worked, np.minimum(shifts * shift, 24.0), 0.0)
    hours = _ms(planned)
    totals = np.bincount(month - month[0], hours).astype(np.int64)
    return ProductionDays(
        dates=dates,
        official=official,
        nominal=_ms(np.where(official, shifts * table.shift_hours.value, 0.0)),
        planned=hours,
        first_shift=_ms(np.minimum(shift, planned)),
        of_month=totals[month - month[0]],
    )


def _ms(hours: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Ints:
    ms: Ints = np.rint(hours * units.MS_PER_H).astype(np.int64)
    return ms


def overtime(table: CalendarTable) -> dict[str, float]:
    """Overtime of a worker by month: hours worked beyond 8 on each official working day. [h]"""
    days = production_days(table)
    months = np.array(days.months)
    by_month = {}
    for month in dict.fromkeys(days.months):
        in_month = months == month
        crews = table.of_month("crews", int(month[-2:]))
        worked = float(units.ms_to_hours(days.planned[in_month].sum())) / crews
        standard = STANDARD_DAY * np.count_nonzero(days.official[in_month])
        by_month[month] = float(max(0.0, worked - standard))
    return by_month


def check_plan(name: str, table: CalendarTable, times: Mapping[str, Period]) -> None:
    """Warn of a plan beyond the overtime cap or outside the calendar.

    Parameters
    ----------
    name : str
        Name of the scenario.
    table : CalendarTable
    times : mapping of path to Period
        When retooling, new products, closures, slowdowns and ships take place.
    """
    late = {path: time.begins for path, time in times.items() if time.begins > table.end}
    early = {path: time.begins for path, time in times.items() if time.over <= table.start}
    rules = (
        (late, f"must begin by the end of the calendar, {table.end},"),
        (early, f"must end after the start of the calendar, {table.start},"),
    )
    for outside, rule in rules:
        if outside:
            text = (
                f"Scenario {name!r}: {', '.join(outside)}: {rule} to have any effect, got "
                f"{', '.join(map(str, outside.values()))}. "
                "Move it, unless it is left out on purpose."
            )
            warnings.warn(CalendarWarning(text), stacklevel=4)
    over = {month: h for month, h in overtime(table).items() if h > OVERTIME_CAP + 1e-6}
    if over:
        worst = max(over, key=over.__getitem__)
        text = (
            f"Scenario {name!r}: calendar: overtime must be at most {OVERTIME_CAP:g} h a month, "
            f"but {len(over)} months plan more, {worst} the most, got {over[worst]:.0f} h. "
            "More crews, fewer Saturdays or shorter shifts reduce it."
        )
        warnings.warn(CalendarWarning(text), stacklevel=4)
    if table.end.year > LAST_YEAR_PUBLISHED:
        text = (
            f"Scenario {name!r}: calendar: the make-up days after {LAST_YEAR_PUBLISHED} are not "
            f"announced yet, got an end on {table.end}. "
            "Its holidays are known, but not its make-up days."
        )
        warnings.warn(CalendarWarning(text), stacklevel=4)
