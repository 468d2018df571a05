"""Calendars of any plant, each number worked out by hand."""

from __future__ import annotations

import datetime
import warnings

import pytest
from pydantic import TypeAdapter, ValidationError

from ningde_sim.exceptions import CalendarWarning
from ningde_sim.plant.calendar import Calendar, ShopCalendar
from ningde_sim.plant.production_days import production_days, working_days
from ningde_sim.year.scenario import Scenario

HOUR = 3_600_000
EARLY, LATE, NIGHT = ("06:00", "14:00"), ("14:00", "22:00"), ("22:00", "06:00")
DAY = datetime.date


def calendar(**keys) -> Calendar:
    return TypeAdapter(Calendar).validate_python(keys)


def hours(plan: Calendar, start: DAY, n: int) -> list[float]:
    """Planned hours of so many days."""
    days = production_days(plan, start, start + datetime.timedelta(n - 1))
    return [ms / HOUR for ms in days.planned.tolist()]


def refused(**keys) -> str:
    with pytest.raises(ValidationError) as caught:
        calendar(**keys)
    return str(caught.value)


MONDAY = DAY(2026, 1, 5)
"""Of a week of which no day is a holiday outside Bavaria."""

WEEKS = {
    "two shifts": ({"shifts": 2, "shift_hours": 7.5}, [15] * 5 + [0, 0]),
    "breaks": (
        {"shifts": {"a": {"start": "06:00", "end": "14:00", "breaks": [("09:00", "09:30")]}}},
        [7.5] * 5 + [0, 0],
    ),
    "break over midnight": (
        {"shifts": {"n": {"start": "22:00", "end": "06:00", "breaks": [("23:50", "00:20")]}}},
        [7.5] * 5 + [0, 0],
    ),
    "night": ({"shifts": {"a": EARLY, "n": NIGHT}}, [16] * 5 + [0, 0]),
    "till midnight": ({"shifts": {"a": ("16:00", "24:00")}}, [8] * 5 + [0, 0]),
    "all day": ({"shifts": {"a": ("06:00", "06:00")}}, [24] * 5 + [0, 0]),
    "saturday shift": (
        {"shifts": {"a": EARLY, "s": {"start": "07:00", "end": "12:00", "weekdays": ["sat"]}}},
        [8] * 5 + [5, 0],
    ),
    "saturdays alone": (
        {"shifts": {"s": {"start": "07:00", "end": "12:00", "weekdays": ["sat"]}}},
        [0] * 5 + [5, 0],
    ),
    "sun-thu": (
        {"shifts": 1, "shift_hours": 8, "weekdays": ["sun", "mon", "tue", "wed", "thu"]},
        [8] * 4 + [0, 0, 8],
    ),
    "saturday besides": ({"shifts": {"a": EARLY}, "saturdays": 2}, [8] * 6 + [0]),
    "epiphany": ({"shifts": {"a": EARLY}, "country": "DE", "region": "BY"}, [8, 0, 8, 8, 8, 0, 0]),
    "country alone": ({"shifts": {"a": EARLY}, "country": "DE"}, [8] * 5 + [0, 0]),
    "closure": (
        {"shifts": {"a": EARLY}, "closures": {"x": {"start": "2026-01-06", "days": 2}}},
        [8, 0, 0, 8, 8, 0, 0],
    ),
    "by month": ({"shifts": 1, "shift_hours": 8, "shift_hours_by_month": [6.0] * 12}, [6] * 5),
}


@pytest.mark.parametrize("case", WEEKS)
def test_a_week_by_hand(case):
    keys, by_hand = WEEKS[case]
    assert hours(calendar(**keys), MONDAY, len(by_hand)) == by_hand


def test_make_up_days_are_worked_by_shifts_without_weekdays_alone():
    spring = DAY(2021, 2, 7)  # a Sunday that was worked for the Spring Festival
    assert hours(calendar(shifts={"a": EARLY, "n": NIGHT}, country="CN"), spring, 1) == [16]
    own = {"start": "06:00", "end": "14:00", "weekdays": ["mon", "tue", "wed", "thu", "fri"]}
    plan = calendar(shifts={"a": own}, country="CN", overtime=10)
    assert hours(plan, spring, 1) == [0]
    month = production_days(plan, DAY(2021, 2, 1), DAY(2021, 2, 28))
    worked = [ms / HOUR for ms in month.planned.tolist() if ms]
    assert sum(worked) == pytest.approx(8 * len(worked) + 10, abs=1e-4)


def test_independence_day_is_free_on_the_friday_before():
    plan = calendar(shifts=1, shift_hours=8, country="US")
    assert hours(plan, DAY(2026, 7, 1), 6) == [8, 8, 0, 0, 0, 8]


def test_a_leap_day_is_worked_and_ten_years_are_the_most():
    assert hours(calendar(shifts=1, shift_hours=8), DAY(2028, 2, 28), 3) == [8, 8, 8]
    ten = calendar(shifts=1, shift_hours=8, start="2020-01-01", end="2029-12-31")
    flags, _ = working_days(ten.first_day, ten.last_day)
    assert sum(hours(ten, ten.first_day, len(flags))) == 8 * sum(flags)
    assert "ten years" in refused(shifts=1, shift_hours=8, start="2020-01-01", end="2030-02-20")


@pytest.mark.parametrize(
    ("shifts", "gets", "lacks"),
    [
        ({"shifts": 3, "shift_hours": 7.9}, 0.3, 5.7 - 0.3),  # 38 h a crew over 20 days
        ({"shifts": {"a": EARLY, "b": LATE, "n": ("22:00", "05:00")}}, 1, 4.7),
        ({"shifts": {"a": ("06:00", "06:00")}}, 0, 1.9),
    ],
)
def test_overtime_beyond_the_day_is_cut_and_told(shifts, gets, lacks):
    plan = calendar(**shifts, overtime=38, start="2026-02-01", end="2026-02-28")
    days = production_days(plan, plan.first_day, plan.last_day)
    worked = days.planned > 0
    assert worked.sum() == 20
    more = (days.planned - days.nominal)[worked] / HOUR
    assert more == pytest.approx([gets] * 20, abs=1e-5)
    assert days.too_long[worked] / HOUR == pytest.approx([lacks] * 20, abs=1e-5)
    with pytest.warns(CalendarWarning, match=r"calendar: overtime must fit into days.*20 days"):
        Scenario.of({"a": {"rate": 60}}, calendar=plan)


def test_overtime_of_an_own_calendar_is_told_with_its_path():
    keys = {"calendar": {"shifts": 1, "shift_hours": 8}, "start": "2026-02-01"}
    with pytest.warns(CalendarWarning, match=r"calendars\.a: overtime must fit"):
        Scenario.of({"a": {"rate": 60}}, calendars={"a": {"shifts": 3, "overtime": 9}}, **keys)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Scenario.of({"a": {"rate": 60}}, **keys)


FAULTS = {
    "overlap": ({"shifts": {"a": EARLY, "b": ("13:00", "20:00")}}, "overlaps with the shift 'a'"),
    "overlap at night": ({"shifts": {"a": EARLY, "n": ("22:00", "07:00")}}, "shift 'n' of a"),
    "sunday night": (
        {"shifts": {"a": EARLY, "n": {"start": "22:00", "end": "07:00", "weekdays": ["sun"]}}},
        "it overlaps with the shift 'n' of a sun",
    ),
    "friday night": (
        {"shifts": {"n": NIGHT, "s": {"start": "04:00", "end": "12:00", "weekdays": ["sat"]}}},
        "it overlaps with the shift 'n' of a fri",
    ),
    "break outside": (
        {"shifts": {"a": {"start": "06:00", "end": "14:00", "breaks": [("15:00", "15:30")]}}},
        "breaks must rise",
    ),
    "no time": ({"shifts": {"a": ("06:00", "25:00")}}, "a time of day in whole minutes"),
    "too many": ({"shifts": 3, "shift_hours": 9}, "3 shifts must fit into 24 h"),
    "no hours": ({"shifts": 3}, "a number of shifts needs it"),
    "hours twice": ({"shifts": {"a": EARLY}, "shift_hours": 8}, "have their own hours"),
    "country": (
        {"shifts": {"a": EARLY}, "country": "Germany"},
        "it must be a country of the package",
    ),
    "region": ({"shifts": {"a": EARLY}, "country": "DE", "region": "XX"}, "DE has BB, BE"),
    "weekday": ({"shifts": {"a": EARLY}, "weekdays": ["Mon"]}, "weekdays.0"),
    "weekday twice": ({"shifts": {"a": EARLY}, "weekdays": ["mon", "mon"]}, "must stand once"),
    "half a saturday": (
        {"shifts": {"a": EARLY}, "saturdays_by_month": [1.5] * 12},
        "month 1 must have a whole number",
    ),
    "half a crew": ({"shifts": {"a": EARLY}, "crews_by_month": [1.5] * 12}, "month 1 must have"),
    "no free saturday": (
        {"shifts": {"a": EARLY}, "weekdays": ["fri", "sat"], "saturdays": 1},
        "no Saturday is free",
    ),
    "nobody on saturday": (
        {"shifts": {"a": {"start": "06:00", "end": "14:00", "weekdays": ["fri"]}}, "saturdays": 1},
        "no shift works on a free Saturday",
    ),
    "backwards": (
        {"shifts": {"a": EARLY}, "start": "2026-01-02", "end": "2026-01-01"},
        "not be before start",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_faulty_calendar_is_refused(case):
    keys, text = FAULTS[case]
    assert text in refused(**keys)


def test_all_faults_of_a_calendar_are_told():
    text = refused(shifts=3, shift_hours=9, country="DE", region="XX", crews_by_month=[0.0] * 12)
    for part in ("must fit into 24 h", "DE has BB", "each month needs a crew"):
        assert part in text


PLANT = {
    "shifts": 2,
    "shift_hours": 8,
    "shift_hours_by_month": [7.0] * 12,
    "saturdays": 2,
    "country": "DE",
    "region": "BY",
    "closures": {"x": {"start": "2026-01-07", "days": 1}},
}


@pytest.mark.parametrize(
    ("own", "by_hand"),
    [
        ({}, [14, 0, 0, 14, 14, 14, 0]),
        ({"shift_hours": 6}, [12, 0, 0, 12, 12, 12, 0]),
        ({"shifts": {"a": EARLY}}, [8, 0, 0, 8, 8, 8, 0]),
        ({"country": "US"}, [14, 14, 0, 14, 14, 14, 0]),  # a region belongs to its country
        ({"saturdays": 0}, [14, 0, 0, 14, 14, 0, 0]),
        ({"closures": {"y": {"start": "2026-01-08", "days": 1}}}, [14, 0, 0, 0, 14, 14, 0]),
        ({"closures": {"x": {"start": "2026-01-08", "days": 0}}}, [14, 0, 14, 14, 14, 14, 0]),
        ({"weekdays": ["mon", "sat", "sun"]}, [14, 0, 0, 0, 0, 14, 14]),
    ],
)
def test_a_shop_inherits_and_overrides(own, by_hand):
    of_shop = TypeAdapter(ShopCalendar).validate_python(own)
    assert hours(calendar(**PLANT).of_shop(of_shop), MONDAY, 7) == by_hand
