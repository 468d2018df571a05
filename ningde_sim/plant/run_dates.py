"""The dates of a run: the production days that it counts, their hours and shifts.

A run with dates begins with its first production day and lasts 24 hours for each of its days.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from pydantic import TypeAdapter, ValidationError

from ningde_sim._support import checks, units
from ningde_sim._support.intervals import Windows, joined
from ningde_sim.plant.calendar import MOST_DAYS, Calendar
from ningde_sim.plant.faults import fault_lines, faults_found
from ningde_sim.plant.nested import leaves, plain
from ningde_sim.plant.production_days import (
    Ints,
    ProductionDays,
    production_days,
    usual_day,
)
from ningde_sim.plant.quantity import UNSTATED, Quantity
from ningde_sim.plant.working_time import WorkingTime

LAST_DATE = datetime.date(2200, 12, 31)
"""Of every calendar."""


class WorkedShift(NamedTuple):
    """A shift of a day.

    Attributes
    ----------
    day : int
        Number of its production day, from 0.
    name : str
    begin, end : int
        Breaks included, since the start of the first production day. [ms]
    """

    day: int
    name: str
    begin: int
    end: int


@dataclass(frozen=True)
class RunDates:
    """The production days that a run counts, and the warm-up before them.

    In the warm-up each day has the hours of the first working day of a week, without overtime. It
    ends with the start of the first production day: 24 h are one such day.

    Parameters
    ----------
    calendar : Calendar
        With its first and its last day.
    warm_up : float
        Hours before the first production day, which do not count. [h]
    """

    calendar: Calendar
    warm_up: float = 0.0

    @cached_property
    def days(self) -> ProductionDays:
        """The production days, with their planned hours."""
        return production_days(self.calendar, self.calendar.first_day, self.calendar.last_day)

    @property
    def n_days(self) -> int:
        """Worked or not. [days]"""
        return (self.calendar.last_day - self.calendar.first_day).days + 1

    @property
    def hours(self) -> float:
        """Counted hours: those of all days. [h]"""
        return 24.0 * self.n_days

    @property
    def start(self) -> datetime.datetime:
        """When the first production day begins, which is hour 0 of what is counted."""
        midnight = datetime.datetime.combine(self.calendar.first_day, datetime.time())
        return midnight + datetime.timedelta(minutes=self.days.origin)

    @property
    def clock(self) -> float:
        """From the midnight before a Monday to the start of the warm-up. [h]"""
        since = 24.0 * self.calendar.first_day.weekday() + self.days.origin / 60
        return (since - self.warm_up) % 168.0

    @property
    def title(self) -> str:
        """Such as "28 days from 2026-03-02"."""
        plural = "s" if self.n_days > 1 else ""
        return f"{self.n_days:,} day{plural} from {self.calendar.first_day}"

    @cached_property
    def working_time(self) -> WorkingTime:
        """The hours of the warm-up and of the days, from the start of the warm-up on."""
        begun = units.hours_to_ms(self.warm_up)
        usual = usual_day(self.calendar, self.days.origin)
        earlier = -(-begun // units.MS_PER_DAY)
        starts = [begun - k * units.MS_PER_DAY for k in range(earlier, 0, -1)]
        windows = [(max(0, start + a), min(begun, start + b)) for start in starts for a, b in usual]
        windows += [(begun + a, begun + b) for a, b in self._planned()]
        hours = [[units.ms_to_hours(at) for at in window] for window in joined(windows)]
        return WorkingTime([(a, b) for a, b in hours])

    def _planned(self) -> Iterator[tuple[int, int]]:
        """The hours of each day; maintenance takes the last, where too few are left for it. [ms]"""
        most = round((24.0 - self.calendar.every_month("maintenance")) * units.MS_PER_H)
        for day, windows in enumerate(self.days.windows):
            start = day * units.MS_PER_DAY
            yield from ((start + a, start + b) for a, b in _first(windows, most))

    @cached_property
    def shifts(self) -> tuple[WorkedShift, ...]:
        """All shifts that begin in the run, in order of time; its end cuts the last one."""
        over = self.n_days * units.MS_PER_DAY
        shifts = [
            WorkedShift(day, name, start + spans[0][0], min(start + spans[-1][1], over))
            for day, of_day in enumerate(self.days.shifts)
            for name, spans in of_day.items()
            for start in [day * units.MS_PER_DAY]
        ]
        return tuple(sorted(shifts, key=lambda shift: shift.begin))

    @property
    def bounds(self) -> Ints:
        """Where shifts begin and end, and days end; rising, without 0. [ms]"""
        ends = [at for shift in self.shifts for at in (shift.begin, shift.end)]
        days = units.MS_PER_DAY * np.arange(1, self.n_days + 1)
        every = np.union1d(np.array(ends, np.int64), days)
        return every[every > 0]

    @property
    def described(self) -> dict[str, Any]:
        """The calendar without its days, as a mapping that makes it again: words and numbers."""
        table: dict[str, Any] = _described(plain(self.calendar))
        return {key: value for key, value in table.items() if key not in ("start", "end")}

    @property
    def content(self) -> dict[str, str]:
        """Every value of the calendar by its path, as text."""
        told = {**self.described, "start": self.calendar.start, "end": self.calendar.end}
        return {".".join(path): str(value) for path, value in leaves(told, "calendar")}


def _first(windows: Windows, most: int) -> Iterator[tuple[int, int]]:
    """The first part of some windows, which lasts so long. [ms]"""
    for begin, end in windows:
        until = min(end, begin + most)
        most -= until - begin
        yield begin, until


def _described(value: Any) -> Any:
    """Tables of a calendar in words and numbers."""
    if isinstance(value, Mapping):
        if value.items() >= UNSTATED.items():
            return value["value"]
        return {key: _described(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_described(inner) for inner in value]
    if isinstance(value, datetime.time):
        return f"{value:%H:%M}"
    return str(value) if isinstance(value, datetime.date) else value


def run_dates(
    owner: str,
    calendar: Calendar | Mapping[str, Any],
    start: datetime.date | str | None,
    days: int | None,
    warm_up: float,
) -> RunDates:
    """The dates of a run, checked; start and days are by default those of the calendar."""
    try:
        plan = TypeAdapter(Calendar).validate_python(calendar)
    except ValidationError as error:
        lines = fault_lines(error, Calendar, "calendar")
        raise ValueError(faults_found(owner, lines)) from None
    for path, value in leaves(plan, "calendar"):
        if isinstance(value, Quantity) and value.uncertain:
            rule = f"{'.'.join(path)} must have no range: a shop draws none"
            cure = "Leave the range out, or take Scenario.of(shop, calendar=...), which draws it."
            raise ValueError(checks.complain(owner, rule, str(value), cure))
    first = plan.start if start is None else checks.date(owner, "start", start)
    if first is None:
        cure = 'Give start="2026-03-02", for example.'
        raise ValueError(checks.complain(owner, "a first day is missing", None, cure))
    if days is None:
        if plan.end is None:
            cure = "Give days=28, for example."
            raise ValueError(checks.complain(owner, "days are missing", None, cure))
        days = (plan.end - first).days + 1
    days = checks.whole(owner, "days", days, low=1, high=MOST_DAYS)
    if (LAST_DATE - first).days < days - 1:
        raise ValueError(checks.complain(owner, f"days must end by {LAST_DATE}", days))
    last = first + datetime.timedelta(days=days - 1)
    try:
        plan = dataclasses.replace(plan, start=first, end=last)  # type: ignore[type-var]
    except ValidationError as error:
        raise ValueError(faults_found(owner, fault_lines(error, Calendar, "calendar"))) from None
    dates = RunDates(plan, warm_up)
    if not dates.days.planned.any():
        rule = "a shift must be worked in these days"
        cure = "Take more days, or a calendar that works on them."
        raise ValueError(checks.complain(owner, rule, f"{first} to {last}", cure))
    return dates
