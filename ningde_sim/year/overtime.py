"""What a plan asks of its people: overtime beyond the law, and dates outside its calendar."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np

from ningde_sim._support import units
from ningde_sim.exceptions import CalendarWarning
from ningde_sim.plant.calendar import Calendar
from ningde_sim.plant.production_days import ProductionDays, production_days
from ningde_sim.year.dates import Period

STANDARD_DAY = 8.0
"""Hours of an official working day without overtime. [h]"""

CHINA = "CN"

OVERTIME_CAP = 36.0
"""Most overtime of a worker in a month: Labour Law of China (1994), article 41. [h]"""

LAST_YEAR_PUBLISHED = 2026
"""The last year whose make-up days are announced in China."""


def days_of(table: Calendar) -> ProductionDays:
    """The production days of a year."""
    return production_days(table, table.first_day, table.last_day)


def overtime(table: Calendar) -> dict[str, float]:
    """Overtime of a worker by month: hours worked beyond 8 on each official working day. [h]"""
    days = days_of(table)
    months = np.array(days.months)
    by_month = {}
    for month in dict.fromkeys(days.months):
        in_month = months == month
        crews = table.of_month("crews", int(month[-2:]))
        worked = float(units.ms_to_hours(days.planned[in_month].sum())) / crews
        standard = STANDARD_DAY * np.count_nonzero(days.official[in_month])
        by_month[month] = float(max(0.0, worked - standard))
    return by_month


def _warn_of_long_days(name: str, path: str, table: Calendar) -> None:
    """Warn of overtime that does not fit into the 24 h of a day."""
    days = days_of(table)
    lost = float(units.ms_to_hours(int(days.too_long.sum())))
    if lost >= 0.01:
        text = (
            f"Scenario {name!r}: {path}: overtime must fit into days of 24 h, but on "
            f"{np.count_nonzero(days.too_long)} days it does not, got {lost:,.0f} h too many, "
            "which nobody works. Plan more days or less overtime."
        )
        warnings.warn(CalendarWarning(text), stacklevel=5)


def check_plan(
    name: str,
    table: Calendar,
    times: Mapping[str, Period],
    own: Mapping[str, Calendar] | None = None,
) -> None:
    """Warn of dates outside the calendar, and of what the law of China does not allow.

    Parameters
    ----------
    name : str
        Name of the scenario.
    table : Calendar
    times : mapping of path to Period
        When retooling, new products, closures, slowdowns and ships take place.
    own : mapping of Calendar, optional
        By path, those of shops that have their own.
    """
    for path, each in {"calendar": table, **(own or {})}.items():
        _warn_of_long_days(name, path, each)
    late = {path: time.begins for path, time in times.items() if time.begins > table.last_day}
    early = {path: time.begins for path, time in times.items() if time.over <= table.first_day}
    rules = (
        (late, f"must begin by the end of the calendar, {table.last_day},"),
        (early, f"must end after the start of the calendar, {table.first_day},"),
    )
    for outside, rule in rules:
        if outside:
            text = (
                f"Scenario {name!r}: {', '.join(outside)}: {rule} to have any effect, got "
                f"{', '.join(map(str, outside.values()))}. "
                "Move it, unless it is left out on purpose."
            )
            warnings.warn(CalendarWarning(text), stacklevel=4)
    if table.country != CHINA:
        return
    over = {month: h for month, h in overtime(table).items() if h > OVERTIME_CAP + 1e-6}
    if over:
        worst = max(over, key=over.__getitem__)
        text = (
            f"Scenario {name!r}: calendar: overtime must be at most {OVERTIME_CAP:g} h a month, "
            f"but {len(over)} months plan more, {worst} the most, got {over[worst]:.0f} h. "
            "More crews, fewer Saturdays or shorter shifts reduce it."
        )
        warnings.warn(CalendarWarning(text), stacklevel=4)
    if table.last_day.year > LAST_YEAR_PUBLISHED:
        text = (
            f"Scenario {name!r}: calendar: the make-up days after {LAST_YEAR_PUBLISHED} are not "
            f"announced yet, got an end on {table.last_day}. "
            "Its holidays are known, but not its make-up days."
        )
        warnings.warn(CalendarWarning(text), stacklevel=4)
