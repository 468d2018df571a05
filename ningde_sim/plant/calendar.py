"""The calendar of a plant: which days are worked, in which shifts, how long.

`ningde_sim.plant.production_days` makes the hours of each day from it.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

import holidays
from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic.dataclasses import dataclass

from ningde_sim._support.frozen import FROZEN, Entries, Named, unchangeable
from ningde_sim._support.intervals import joined
from ningde_sim.plant.faults import clear_faults, fault, together
from ningde_sim.plant.paths import nearest
from ningde_sim.plant.quantity import STRICT_KEYS, Name, Number, Quantity, in_unit
from ningde_sim.plant.schema import MOST_CREWS, Date, Days, record
from ningde_sim.plant.working_time import WorkingTime

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)

FIVE_DAYS: tuple[Weekday, ...] = WEEKDAYS[:5]
"""Worked where a calendar names no others."""

MOST_DAYS = 3701
"""Longest calendar, ten years. [days]"""

HOURS_OF_A_MONTH = 744
"""Of the longest. [h]"""

MINUTES_OF_A_DAY = 24 * 60

SATURDAY = 5

RECENT = range(2015, 2027)
"""Years by which a country is known to have make-up days."""

HoursADay = Annotated[Quantity, in_unit("h", most=24)]
HoursAMonth = Annotated[Quantity, in_unit("h/month", most=HOURS_OF_A_MONTH)]
Crews = Annotated[Quantity, in_unit("crews", least=1, most=MOST_CREWS, whole=True)]
Saturdays = Annotated[Quantity, in_unit("days/month", most=5, whole=True)]


_EACH_MONTH = Field(min_length=12, max_length=12)
_NUMBER, _QUANTITY = Tag("<number>"), Tag("<quantity>")
_KIND = Discriminator(
    lambda each: "<quantity>" if isinstance(each, Mapping | Quantity) else "<number>"
)

_Hours = Annotated[Number, Field(ge=0, le=24), _NUMBER] | Annotated[HoursADay, _QUANTITY]
HoursByMonth = Annotated[tuple[Annotated[_Hours, _KIND], ...], _EACH_MONTH]
_Crews = Annotated[Number, Field(ge=0, le=MOST_CREWS), _NUMBER] | Annotated[Crews, _QUANTITY]
CrewsByMonth = Annotated[tuple[Annotated[_Crews, _KIND], ...], _EACH_MONTH]
_Days = Annotated[Number, Field(ge=0, le=5), _NUMBER] | Annotated[Saturdays, _QUANTITY]
SaturdaysByMonth = Annotated[tuple[Annotated[_Days, _KIND], ...], _EACH_MONTH]
_Overtime = (
    Annotated[Number, Field(ge=0, le=HOURS_OF_A_MONTH), _NUMBER] | Annotated[HoursAMonth, _QUANTITY]
)
OvertimeByMonth = Annotated[tuple[Annotated[_Overtime, _KIND], ...], _EACH_MONTH]
"""A number for each month from January on, in place of one for all; each may be a quantity."""


def _clock(given: Any) -> Any:
    """A time of day from "06:00"; "24:00" is midnight."""
    if isinstance(given, datetime.time) and not (given.second or given.microsecond):
        return given
    parts = re.fullmatch(r"(\d\d?):(\d\d)", given) if isinstance(given, str) else None
    hour, minute = (int(part) for part in parts.groups()) if parts else (99, 0)
    if (hour, minute) == (24, 0):
        hour = 0
    if hour > 23 or minute > 59:
        raise fault('it must be a time of day in whole minutes, such as "06:30"', given)
    return datetime.time(hour, minute)


Clock = Annotated[datetime.time, BeforeValidator(_clock)]


def minutes(time: datetime.time) -> int:
    """Minutes of a time of day since midnight. [min]"""
    return 60 * time.hour + time.minute


def _pair(given: Any) -> Any:
    """A shift from a pair of times."""
    if isinstance(given, (list, tuple)) and len(given) == 2:
        return {"start": given[0], "end": given[1]}
    return given


Break = tuple[Clock, Clock]


def _distinct(days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    if len({*days}) < len(days):
        raise fault("each weekday must stand once", list(days))
    return days


SomeWeekdays = Annotated[tuple[Weekday, ...], Field(min_length=1), AfterValidator(_distinct)]


@unchangeable
@clear_faults
@dataclass(frozen=True, slots=True, config=STRICT_KEYS)
class Shift:
    """A shift: from `start` to `end`, without its breaks.

    Parameters
    ----------
    start, end : time or str
        Such as "06:00"; an end that is not after the start is on the next day, to which such a
        shift does not belong: it is worked on the day on which it starts.
    breaks : sequence of pairs of times, optional
        Such as [("09:00", "09:15")]: nobody works.
    weekdays : sequence of str, optional
        On which it is worked, such as ["sat"]; by default those of the calendar, and with them
        make-up days and the Saturdays that are worked besides.

    Examples
    --------
    >>> Shift("22:00", "06:00", breaks=[("02:00", "02:30")]).length
    480
    """

    start: Clock
    end: Clock
    _: dataclasses.KW_ONLY
    breaks: tuple[Break, ...] = ()
    weekdays: SomeWeekdays | None = None

    @model_validator(mode="after")
    def _check(self) -> Shift:
        at = 0
        for number, (begin, end) in enumerate(self.breaks):
            span = [self._after_start(begin), self._after_start(end)]
            if not at <= span[0] < span[1] < self.length:
                rule = "breaks must rise without overlap and end before their shift"
                raise fault(rule, f"{begin:%H:%M} to {end:%H:%M}", "breaks", number)
            at = span[1]
        return self

    def _after_start(self, time: datetime.time) -> int:
        return (minutes(time) - minutes(self.start)) % MINUTES_OF_A_DAY

    @property
    def length(self) -> int:
        """From start to end, breaks included. [min]"""
        return self._after_start(self.end) or MINUTES_OF_A_DAY

    def spans(self) -> Iterator[tuple[int, int]]:
        """Where it works, since midnight of the day on which it starts. [min]"""
        at, start = 0, minutes(self.start)
        for begin, end in self.breaks:
            if at < self._after_start(begin):
                yield start + at, start + self._after_start(begin)
            at = self._after_start(end)
        yield start + at, start + self.length


def _kind_of_shifts(given: Any) -> str:
    by_name = isinstance(given, Mapping) and "value" not in given
    return "<shifts>" if by_name else "<number>"


Shifts = Annotated[
    Annotated[Annotated[Quantity, in_unit("shifts", least=1, most=3, whole=True)], Tag("<number>")]
    | Annotated[
        Annotated[
            dict[Name, Annotated[Shift, BeforeValidator(_pair)]], Field(min_length=1), FROZEN
        ],
        Tag("<shifts>"),
    ],
    Discriminator(_kind_of_shifts),
]
"""A number of shifts, one after the other, or shifts by name."""


@functools.cache
def _has_make_up_days(country: str | None) -> bool:
    """Whether a country works on some days off, to make up for others."""
    if country is None:
        return False
    return bool(holidays.country_holidays(country, years=RECENT).weekend_workdays)


def _check_country(name: str) -> str:
    known = holidays.list_supported_countries()
    if name not in known:
        rule = (
            f"it must be a country of the package `holidays`, such as CN. {nearest(name, [*known])}"
        )
        raise fault(rule.strip(), name)
    return name


@record
class Closure:
    """[calendar.closures.<name>]: days in a row on which nobody works, working days or not."""

    start: Date
    days: Days


@unchangeable
@record
class ShopCalendar:
    """[calendars.<shop>]: where a shop differs from [calendar], by the keys of `Calendar`.

    Its closures add to those of the plant; one of the same name replaces it, for 0 days with none.
    """

    shifts: Shifts | None = None
    shift_hours: Annotated[Quantity, in_unit("h", least=0.5, most=24)] | None = None
    crews: Crews | None = None
    saturdays: Saturdays | None = None
    overtime: HoursAMonth | None = None
    maintenance: HoursADay | None = None
    weekdays: SomeWeekdays | None = None
    country: Annotated[Name, AfterValidator(_check_country)] | None = None
    region: Name | None = None
    shift_hours_by_month: HoursByMonth | None = None
    crews_by_month: CrewsByMonth | None = None
    saturdays_by_month: SaturdaysByMonth | None = None
    overtime_by_month: OvertimeByMonth | None = None
    closures: Named[Closure] = dataclasses.field(default_factory=Entries)


@unchangeable
@clear_faults
@record
class Calendar(ShopCalendar):
    """Which days are worked, and how long.

    The plant works on its weekdays that are no public holidays of its country, on the make-up days
    of that country (China has them), less the closures, and on the first `saturdays` free Saturdays
    of a month; 5 of them make a six-day week. Numbers may be quantities, with range and source.

    Parameters
    ----------
    shifts : int, or mapping of name to Shift
        A number of shifts of `shift_hours` each, which follow one another from the start of the
        production day; or shifts by name, such as {"early": ("06:00", "14:00")}. A production day
        begins with the first of the shifts by name that any shop has.
    shift_hours : float, optional
        Of each of a number of shifts, without breaks. [h]
    crews : int, optional
        Crews that share the shifts, for overtime; by default one for each shift. [crews]
    saturdays : int, optional
        Free Saturdays of each month that are worked besides; 0 by default. [days/month]
    overtime : float, optional
        Hours that each crew works besides, spread over the days worked in the month: shifts by
        number grow longer, shifts by name are followed by them. [h/month]
    maintenance : float, optional
        Each day needs so long without production; shifts that leave less lose the difference. [h]
    weekdays : sequence of str, optional
        Monday to Friday by default: ["mon", "tue", "wed", "thu", "fri"].
    country, region : str, optional
        Whose public holidays are free, as the package `holidays` calls them: "CN", "DE" and "BY".
        Without a country there are none.
    shift_hours_by_month, crews_by_month, saturdays_by_month, overtime_by_month : 12 numbers
        From January on, in place of the number for all months. Nominal hours follow `shift_hours`.
    start, end : date, optional
        The first and the last day; a year needs both.
    closures : mapping of name to mapping, optional
        Such as {"summer": {"start": "2026-08-03", "days": 14}}.

    Raises
    ------
    ValueError
        With every fault: its key, the rule, the value.

    Examples
    --------
    >>> shifts = {"early": Shift("06:00", "14:00", breaks=[("10:00", "10:30")])}
    >>> Calendar(shifts=shifts, country="DE", region="BY").weekdays is None
    True
    """

    shifts: Shifts
    start: Date | None = None
    end: Date | None = None

    @model_validator(mode="after")
    def _check(self) -> Calendar:
        together(
            [
                self._check_days,
                self._check_shifts,
                self._check_crews,
                lambda: self._check_whole("crews_by_month"),
                lambda: self._check_whole("saturdays_by_month"),
                self._check_saturdays,
                self._check_region,
            ]
        )
        return self

    def _check_shifts(self) -> None:
        by_month = [_most(each) for each in self.shift_hours_by_month or (0.0,)]
        if isinstance(self.shifts, Quantity):
            if self.shift_hours is None:
                raise fault("a number of shifts needs it", None, "shift_hours")
            hours = {"shift_hours": self.shift_hours.most, "shift_hours_by_month": max(by_month)}
            for key, longest in hours.items():
                day = self.shifts.most * longest
                if day > 24:
                    rule = f"{self.shifts.most:g} shifts must fit into 24 h, not make {day:g} h"
                    raise fault(rule, longest, key)
        else:
            for key in ("shift_hours", "shift_hours_by_month"):
                if getattr(self, key) is not None:
                    raise fault("shifts by name have their own hours", getattr(self, key), key)
            self._check_overlap()

    def _check_crews(self) -> None:
        if min(map(float, self.crews_by_month or (1,))) < 1:
            raise fault("each month needs a crew", self.crews_by_month, "crews_by_month")

    def _check_whole(self, key: str) -> None:
        for month, number in enumerate(map(float, getattr(self, key) or ()), start=1):
            if number != int(number):
                raise fault(f"month {month} must have a whole number", number, key)

    def _check_region(self) -> None:
        if self.region is not None:
            if self.country is None:
                raise fault("a region needs its country", self.region, "region")
            regions = holidays.list_supported_countries()[self.country]
            if self.region not in regions:
                rule = f"{self.country} has {', '.join(regions) or 'no regions'}"
                raise fault(rule, self.region, "region")

    def _check_saturdays(self) -> None:
        """Raise a fault for Saturdays that are worked besides, where there are none to work."""
        if not self._works_free_saturdays or self._may_work_free_saturdays:
            return
        key = "saturdays_by_month" if self.saturdays_by_month else "saturdays"
        given = self.saturdays_by_month or self.every_month("saturdays")
        if SATURDAY in self.days_of_week:
            raise fault("no Saturday is free: its weekdays hold sat; leave it out", given, key)
        raise fault("no shift works on a free Saturday: all have other weekdays", given, key)

    @property
    def _works_free_saturdays(self) -> bool:
        most = 0.0 if self.saturdays is None else self.saturdays.most
        return max(map(_most, self.saturdays_by_month or (most,))) > 0

    @property
    def _may_work_free_saturdays(self) -> bool:
        if SATURDAY in self.days_of_week:
            return False
        if not isinstance(self.shifts, Mapping):
            return True
        return any(shift.weekdays is None for shift in self.shifts.values())

    def _check_days(self) -> None:
        if self.end is None:
            return
        if self.start is None:
            raise fault("a calendar with an end has a start", None, "start")
        if self.end < self.start:
            raise fault(f"end must not be before start, {self.start}", str(self.end), "end")
        if (self.end - self.start).days >= MOST_DAYS:
            raise fault("a calendar must not be longer than ten years", str(self.end), "end")

    @property
    def first_day(self) -> datetime.date:
        """Of a calendar that has one."""
        assert self.start is not None
        return self.start

    @property
    def last_day(self) -> datetime.date:
        """Of a calendar that has one."""
        assert self.end is not None
        return self.end

    def of_shop(self, own: ShopCalendar | None) -> Calendar:
        """The calendar of a shop: this one, with what the shop has of its `own`."""
        if own is None:
            return self
        given = {field.name: getattr(own, field.name) for field in dataclasses.fields(own)}  # type: ignore[arg-type]
        new = {key: value for key, value in given.items() if value not in (None, {})}
        if "shifts" in new:  # the hours belong to the shifts
            hours = ("shift_hours", "shift_hours_by_month")
            new = {**dict.fromkeys(hours), **new} if isinstance(new["shifts"], Mapping) else new
        for key in ("shift_hours", "crews", "saturdays", "overtime"):
            if key in new:
                new.setdefault(f"{key}_by_month", None)
        if "country" in new:
            new.setdefault("region", None)
        if "closures" in new:
            new["closures"] = {**self.closures, **new["closures"]}
        if not {"saturdays", "saturdays_by_month"} & new.keys():
            free = dict.fromkeys(("saturdays", "saturdays_by_month"))
            bare = dataclasses.replace(self, **{**new, **free})  # type: ignore[type-var]
            new |= {} if bare._may_work_free_saturdays else free
        return dataclasses.replace(self, **new)  # type: ignore[type-var]

    def _check_overlap(self) -> None:
        """Raise a fault for shifts that overlap, on one day or with those of the next day."""
        days = WEEKDAYS[-1:] + WEEKDAYS
        for weekday, next_day in itertools.pairwise(days):
            today, tomorrow = self._of_day(weekday), self._of_day(next_day)
            later = [(name, a + MINUTES_OF_A_DAY, b + MINUTES_OF_A_DAY) for name, a, b in tomorrow]
            shifts = sorted([*today, *later], key=lambda each: each[1])
            for (first, _, end), (other, start, _) in itertools.pairwise(shifts):
                if start < end:
                    rule = f"it overlaps with the shift {first!r} of a {weekday}"
                    raise fault(rule, other, "shifts", other)

    def _of_day(self, weekday: Weekday) -> list[tuple[str, int, int]]:
        """The shifts by name that may work on a weekday: name, start, end since midnight. [min]"""
        return [
            (name, minutes(shift.start), minutes(shift.start) + shift.length)
            for name, shift in self.shifts_on(weekday).items()
            if shift.weekdays is not None or self._may_work(weekday)
        ]

    def _may_work(self, weekday: Weekday) -> bool:
        """Whether shifts without weekdays of their own may work on a weekday."""
        usual = weekday in (self.weekdays or FIVE_DAYS)
        besides = weekday == WEEKDAYS[SATURDAY] and self._works_free_saturdays
        return usual or besides or _has_make_up_days(self.country)

    def shifts_on(self, weekday: Weekday) -> dict[str, Shift]:
        """The shifts by name that work on a `weekday`, if the plant does."""
        assert isinstance(self.shifts, Mapping)
        own = any(weekday in (shift.weekdays or ()) for shift in self.shifts.values())
        usual = not own or weekday in (self.weekdays or FIVE_DAYS)
        return {
            name: shift
            for name, shift in self.shifts.items()
            if (usual if shift.weekdays is None else weekday in shift.weekdays)
        }

    @property
    def days_of_week(self) -> tuple[int, ...]:
        """The weekdays on which any shift works, Monday 0."""
        wanted = {*(self.weekdays or FIVE_DAYS)}
        if isinstance(self.shifts, Mapping):
            own = [{*(shift.weekdays or wanted)} for shift in self.shifts.values()]
            wanted = set().union(*own)
        return tuple(k for k, name in enumerate(WEEKDAYS) if name in wanted)

    @property
    def week(self) -> WorkingTime:
        """Its usual week as a working time, whose hour 0 is the start of Monday.

        For runs without dates: without public holidays, closures, Saturdays and overtime.
        """
        spans: list[tuple[int, int]] = []
        for day in self.days_of_week:
            midnight = day * MINUTES_OF_A_DAY
            if isinstance(self.shifts, Mapping):
                shifts = self.shifts_on(WEEKDAYS[day]).values()
                of_day = [span for shift in shifts for span in shift.spans()]
            else:
                of_day = [(0, round(60 * self.n_shifts * self.every_month("shift_hours")))]
            spans += [(midnight + begin, midnight + end) for begin, end in of_day]
        week = 7 * MINUTES_OF_A_DAY
        over = [(0, end - week) for begin, end in spans if end > week]  # of Sunday, on Monday
        windows = joined(
            [*over, *((begin, min(end, week)) for begin, end in spans if begin < week)]
        )
        return WorkingTime([(begin / 60, end / 60) for begin, end in windows], every=week / 60)

    @property
    def n_shifts(self) -> int:
        """Shifts of a day."""
        return int(self.shifts.value) if isinstance(self.shifts, Quantity) else len(self.shifts)

    def of_month(self, key: str, month: int) -> float:
        """What a `key` such as "crews" or "overtime" says of a `month`, from 1 to 12. [its unit]"""
        by_month: tuple[float | Quantity, ...] | None = getattr(self, f"{key}_by_month")
        if by_month is not None:
            return float(by_month[month - 1])
        return self.every_month(key)

    def every_month(self, key: str) -> float:
        """The number of a `key` for all months: 0 by default, of crews one for each shift."""
        every: Quantity | None = getattr(self, key)
        if every is None:
            return float(self.n_shifts) if key == "crews" else 0.0
        return every.value


def _most(number: float | Quantity) -> float:
    return number.most if isinstance(number, Quantity) else number
