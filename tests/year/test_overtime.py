"""The working days of China, and the production days of a plan."""

from __future__ import annotations

import datetime
import warnings

import numpy as np
import pytest

from ningde_sim.exceptions import CalendarWarning
from ningde_sim.plant.production_days import working_days
from ningde_sim.year.overtime import days_of, overtime
from ningde_sim.year.read import scenario

FIVE_DAY = [20, 17, 23, 22, 19, 21, 22, 22, 22, 17, 22, 23]
SIX_DAY = [24, 19, 27, 25, 22, 24, 27, 26, 25, 20, 26, 27]
"""Working days of 2021 by month: chinesecalendar; holiday list chinainsight.info/news-2016/1321."""

HOUR = 3_600_000


def plan(**changes):
    """The calendar of 2021 without closures, after some changes."""
    bare = scenario("ningde-2021").without("calendar").replace({"calendar.crews": 2})
    return bare.replace({f"calendar.{key}": value for key, value in changes.items()}).calendar


def by_month(days, counted):
    """Sums by month, January first."""
    months = [day.month for day in days.dates]
    return np.bincount(months, counted, minlength=13)[1:].tolist()


def test_the_five_day_weeks_of_2021_have_250_days():
    """Holidays and make-up days included."""
    days = days_of(plan())
    assert by_month(days, days.planned > 0) == FIVE_DAY
    assert sum(FIVE_DAY) == 250


def test_the_six_day_weeks_of_2021_have_292_days():
    """Saturdays that belong to a holiday are not worked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CalendarWarning)  # five Saturdays are 40 h in some months
        days = days_of(plan(saturdays=5))
    assert by_month(days, days.planned > 0) == SIX_DAY
    assert sum(SIX_DAY) == 292


def test_make_up_days_are_worked_and_holidays_are_not():
    """The Spring Festival of 2021 and the Saturday before, National Day and the Sunday before."""
    start, end = datetime.date(2021, 1, 1), datetime.date(2021, 12, 31)
    official, _ = working_days(start, end, country="CN")
    worked = {start + datetime.timedelta(days=k) for k, is_on in enumerate(official) if is_on}
    for month, day in ((2, 7), (2, 20), (9, 26), (10, 9)):
        assert datetime.date(2021, month, day) in worked
    for month, day in ((2, 11), (2, 17), (10, 1), (10, 7), (9, 20)):
        assert datetime.date(2021, month, day) not in worked


@pytest.mark.parametrize(
    ("shifts", "hours", "planned"),
    [
        (1, 11.5, 11.5),  # one long
        (2, 8, 16),
        (2, 10, 20),
        (3, 7.5, 22.5),
    ],
)
def test_a_shift_pattern_makes_its_hours(shifts, hours, planned):
    pattern = {"shifts": shifts, "shift_hours": hours, "crews": 4}
    days = days_of(plan(**pattern))
    on = days.planned > 0
    assert set(days.planned[on]) == {round(planned * HOUR)}
    assert set(days.first_shift[on]) == {round(hours * HOUR)}


def test_a_closure_takes_working_days_and_saturdays():
    """Nine days from 11 February 2021: the two after the official ones are working days."""
    days = days_of(scenario("ningde-2021").calendar)
    closed = [day for day, on in zip(days.dates, days.planned, strict=True) if not on]
    assert datetime.date(2021, 2, 18) in closed
    assert datetime.date(2021, 2, 19) in closed
    assert datetime.date(2021, 2, 20) not in closed
    assert datetime.date(2021, 8, 7) in closed  # a Saturday of the summer leave


def test_saturdays_and_overtime_may_differ_by_month():
    """By lists of twelve, from January on."""
    months = tuple([2.0] + [0.0] * 11)
    days = days_of(plan(saturdays_by_month=months, overtime_by_month=(0, 17, *[0] * 10)))
    assert by_month(days, days.planned > 0)[:2] == [22, 17]
    assert by_month(days, days.planned)[1] == (17 * 16 + 2 * 17) * HOUR


def test_longer_shifts_of_a_month_are_planned_and_not_nominal():
    """From October on 2 x 10 h: the first shift ends after 10 h, the nominal year has 4,000 h."""
    days = days_of(scenario("ningde-2021").calendar)
    on = days.planned > 0
    late = np.array([day.month >= 10 for day in days.dates])
    assert set(days.planned[on & late]) == {20 * HOUR}
    assert set(days.first_shift[on & late]) == {10 * HOUR}
    assert set(days.first_shift[on & ~late]) == {8 * HOUR}
    assert days.nominal.sum() == 4_000 * HOUR


@pytest.mark.parametrize(("shifts", "crews"), [(1, 2), (2, 2), (2, 3)])
def test_overtime_is_that_of_each_crew(shifts, crews):
    """Nine hours a month of each crew add so many in each month, whatever the shifts."""
    pattern = {"shifts": shifts, "crews": crews}
    less, more = (days_of(plan(overtime=h, **pattern)) for h in (0, 9))
    added = np.subtract(by_month(more, more.planned), by_month(less, less.planned)) / HOUR
    assert added == pytest.approx([9 * crews] * 12, abs=1e-4)


def test_a_month_that_the_calendar_cuts_is_planned_as_a_whole():
    """Its Saturdays are the first of the month, its overtime is spread over all of it."""
    changes = {"saturdays": 2, "overtime": 15, "crews": 2}
    whole = days_of(plan(**changes))
    middle = {"start": datetime.date(2021, 3, 10), "end": datetime.date(2021, 5, 12)}
    part = days_of(plan(**changes, **middle))
    begin = whole.dates.index(middle["start"])
    for name in ("dates", "official", "nominal", "planned", "first_shift", "of_month"):
        assert np.array_equal(getattr(part, name), getattr(whole, name)[begin : begin + len(part)])
    assert part.of_month[0] == (25 * 16 + 2 * 15) * HOUR


def test_two_crews_may_work_about_420_hours_in_the_mean_month():
    """174 h and the 36 h of overtime for each: 250 days of 8 h are 2,000 h a year."""
    table = plan(overtime=36)
    assert list(overtime(table).values()) == pytest.approx([36.0] * 12)
    assert days_of(table).planned.sum() / HOUR / 12 == pytest.approx(405.3, abs=0.1)


def test_a_plan_beyond_the_overtime_cap_warns_and_names_the_month():
    """Two crews on 2 x 10 h do 40 h and more of overtime a month."""
    with pytest.warns(
        CalendarWarning, match=r"at most 36 h a month, but 10 months .* 2021-03 the most"
    ):
        plan(shift_hours=10)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plan(shift_hours=10, crews=3)


def test_a_year_whose_make_up_days_are_not_announced_warns():
    """Its holidays count all the same."""
    far = {"start": datetime.date(2027, 1, 1), "end": datetime.date(2027, 12, 31)}
    undated = scenario("ningde-2022").without("calendar")
    with pytest.warns(CalendarWarning, match="after 2026 are not announced"):
        undated.replace({f"calendar.{key}": day for key, day in far.items()})
