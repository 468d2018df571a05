"""The course of a year: which hours are open, and what took the others."""

from __future__ import annotations

import datetime
import math
from dataclasses import replace

import numpy as np
import pytest

from ningde_sim.exceptions import CalendarWarning
from ningde_sim.year.open_hours import course, efficiency
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.windows import both, by_day
from tests.years import small_year

HOUR = 3_600_000
DAY = 24 * HOUR


def hours(windows):
    """Their length. [h]"""
    return sum(end - begin for begin, end in windows) / HOUR


def day(month, number):
    """Start of a day of 2021. [ms]"""
    return (datetime.date(2021, month, number) - datetime.date(2021, 1, 1)).days * DAY


@pytest.fixture(scope="module")
def bare() -> Scenario:
    """2021 with nothing but its official working days."""
    return small_year().without("calendar", "retooling", "launches", "supply")


def test_what_is_lost_and_what_is_open_are_the_plan():
    """For each shop, to the millisecond, and never twice."""
    for run in range(5):
        for opening in course(small_year(), seed=1, run=run).shops.values():
            parts = [opening.open, *opening.lost.values()]
            total = sum(by_day(part, 365) for part in parts)
            assert np.array_equal(total, by_day(opening.planned, 365))
            for i, part in enumerate(parts):
                assert all(both(part, other) == [] for other in parts[i + 1 :])


def test_without_losses_the_plan_is_open(bare):
    """250 days of 16 h."""
    for opening in course(bare, seed=0, run=0).shops.values():
        assert opening.open == opening.planned
        assert hours(opening.open) == 4_000


# ------------------------------------------------------------------ works


def test_the_works_stop_all_for_so_many_working_days():
    """Eight from Monday 30 August, Saturday the 4th included: until Tuesday 7 September."""
    taken = course(small_year(), seed=0, run=0)
    assert taken.switch == day(8, 30)
    for opening in taken.shops.values():
        assert hours(opening.lost["retooling"]) == 8 * 16
        assert both(opening.open, [(day(8, 30), day(9, 8))]) == []


def test_then_nights_and_saturdays_run_at_a_reduced_rate():
    """Six weeks at half: of 16 h the second 8, of a Saturday all; 15 % are lost by then."""
    year = small_year().without("calendar", "supply", "launches")
    opening = course(year, seed=0, run=0).shops["paint"]
    # 8 to 10 and 13 to 18, then 22 September to 20 October without the holidays
    lost = by_day(opening.lost["retooling_nights"], 365) / HOUR
    assert lost[day(9, 13) // DAY] == 4
    assert lost[day(9, 18) // DAY] == 8  # a Saturday, made up for
    assert lost[day(9, 9) // DAY] == 4  # full stop until the 8th, without Saturdays
    assert lost[day(10, 21) // DAY] == 0
    assert lost[day(8, 27) // DAY] == 0


def test_a_delay_moves_the_works():
    """By calendar days."""
    later = course(small_year().replace({"retooling.delay": 30}), seed=0, run=0)
    assert later.switch == day(9, 29)


def test_works_that_begin_after_the_year_leave_it_alone():
    """The shop of before runs all the time."""
    with pytest.warns(CalendarWarning, match="after the end of the calendar"):
        later = small_year().replace({"retooling.delay": 400})
    taken = course(later, seed=0, run=0)
    assert taken.switch > 365 * DAY
    assert hours(taken.shops["body_shop"].lost["retooling"]) == 0


def test_works_without_a_full_stop_are_nights_alone(bare):
    """From the day on which the stop would begin."""
    works = small_year().works
    year = replace(bare, retooling=works).replace({"retooling.full_stop_days": 0})
    opening = course(year, seed=0, run=0).shops["assembly"]
    assert opening.lost["retooling"] == []
    lost = by_day(opening.lost["retooling_nights"], 365) / HOUR
    assert (lost[day(8, 29) // DAY], lost[day(8, 30) // DAY]) == (0, 4)


def test_works_of_before_the_first_day_are_over_when_they_were():
    """Of eight working days from 30 August four are left on 3 September, none in October."""
    for first, left in (((9, 3), 4), ((10, 11), 0)):
        start = datetime.date(2021, *first)
        later = small_year().replace({"calendar.start": start, "retooling.delay": 0})
        opening = course(later, seed=0, run=0).shops["paint"]
        assert hours(opening.lost["retooling"]) == 16 * left


# ------------------------------------------------------------------ launches


def test_a_launch_reaches_90_percent_after_its_days():
    """e(t) = 1 - (1 - e0) exp(-t / tau)."""
    table = small_year().launches["model_a"]
    assert efficiency(table, 0) == pytest.approx(0.4)
    assert efficiency(table, 60) == pytest.approx(0.9)
    assert efficiency(table, 120) == pytest.approx(1 - 0.6 * (0.1 / 0.6) ** 2)


@pytest.mark.parametrize("initial", [0.9, 0.95, 1.0])
def test_a_launch_that_starts_at_90_percent_stays_there(initial):
    """It has no way to 90 % by which to tell how fast it rises."""
    table = small_year().replace({"launches.model_a.initial_efficiency": initial})
    for days in (0, 60, 600):
        assert efficiency(table.launches["model_a"], days) == initial


def test_a_launch_slows_body_shop_and_assembly_by_its_mix():
    """A fifth of the bodies at e: 1 / (1 + 0.2 (1 / e - 1)) of the rate."""
    year = small_year().without("calendar", "retooling", "supply")
    year = year.replace({"launches.model_b.mix": 0})
    opened = course(year, seed=0, run=0).shops
    lost = by_day(opened["assembly"].lost["launches"], 365) / HOUR
    first = day(9, 8) // DAY
    assert lost[first - 1] == 0
    expected = 0.0
    for hour in range(16):
        e = 1 - 0.6 * math.exp(-hour / 24 / (60 / math.log(6)))
        expected += 1 - 1 / (1 + 0.2 * (1 / e - 1))
    assert lost[first] == pytest.approx(expected, abs=1e-5)
    assert np.array_equal(by_day(opened["body_shop"].lost["launches"], 365) / HOUR, lost)
    assert hours(opened["paint"].lost["launches"]) == 0


def test_two_launches_slow_the_line_by_the_sum_of_their_bodies(bare):
    """A fifth and three tenths at one efficiency are a half; here five days late, by its delay."""
    there = small_year()
    year = replace(bare, launches=there.launches).replace(
        {
            "launches.model_a.mix": 0.2,
            "launches.model_b.mix": 0.3,
            "launches.model_a.start": datetime.date(2021, 9, 8),
            "launches.model_b.start": datetime.date(2021, 9, 8),
            "launches.model_a.delay": 5,
            "launches.model_b.delay": 5,
        }
    )
    lost = by_day(course(year, seed=0, run=0).shops["assembly"].lost["launches"], 365) / HOUR
    first = day(9, 13) // DAY
    assert not lost[:first].any()
    rates = (
        1 / (1 + 0.5 * (1 / efficiency(there.launches["model_a"], h / 24) - 1)) for h in range(16)
    )
    assert lost[first] == pytest.approx(16 - sum(rates), abs=1e-5)


def test_a_launch_waits_for_the_end_of_the_full_stop():
    """However late that is."""
    year = small_year().without("calendar", "supply").replace({"retooling.delay": 21})
    lost = by_day(course(year, seed=0, run=0).shops["assembly"].lost["launches"], 365)
    stop = course(year, seed=0, run=0).shops["assembly"].lost["retooling"]
    assert np.flatnonzero(lost)[0] > stop[-1][0] // DAY


# ------------------------------------------------------------------ supply


def stops(year, cause, run, shop="assembly"):
    """The stops of a cause in a run, the plan's hours only."""
    return course(year, seed=2, run=run).shops[shop].lost[cause]


def test_a_share_of_the_hours_is_lost_in_the_mean(bare):
    """7.6 % over 200 years, within four standard errors; the seasons average out by hours."""
    chips = small_year().supply["chips"]
    year = _with_supply(bare, {"chips": chips})
    shares = [hours(stops(year, "chips", run)) / 4_000 for run in range(200)]
    error = np.std(shares, ddof=1) / math.sqrt(200)
    weights = [20, 17, 23, 22, 19, 21, 22, 22, 22, 17, 22, 23]
    expected = 0.076 * np.dot(weights, chips.season) / 250
    assert error < 0.002
    assert abs(np.mean(shares) - expected) < 4 * error


def test_a_stop_comes_after_the_end_of_the_one_before(bare):
    """So a half of the hours is lost where stops that overlap would lose 63 %."""
    chips = replace(small_year().supply["chips"], season=None)
    year = _with_supply(bare, {"chips": chips})
    year = year.replace({"supply.chips.share": 0.5, "supply.chips.duration": 4})
    shares = [hours(stops(year, "chips", run)) / 4_000 for run in range(50)]
    assert np.mean(shares) == pytest.approx(0.5, abs=4 * np.std(shares, ddof=1) / math.sqrt(50))
    assert np.std(shares, ddof=1) < 0.05


def test_so_many_stops_a_month_come_in_the_mean(bare):
    """0.6 a month: 7.2 a year less the time in which it stands already, within four errors."""
    year = _with_supply(bare, {"stock_outs": small_year().supply["stock_outs"]})
    counts = [len(_merged(stops(year, "stock_outs", run))) for run in range(300)]
    lost = np.mean([hours(stops(year, "stock_outs", run)) for run in range(300)]) / 4_000
    error = np.std(counts, ddof=1) / math.sqrt(300)
    assert abs(np.mean(counts) - 7.2 * (1 - lost)) < 4 * error + 0.1


def test_a_part_of_a_month_has_its_part_of_the_stops(bare):
    """Two stops a month over 23 days, five of them in the calendar, within four errors."""
    table = small_year().supply["stock_outs"]
    year = _with_supply(bare, {"stock_outs": table}).replace(
        {
            "supply.stock_outs.per_month": 2,
            "supply.stock_outs.duration": 0.1,
            "calendar.start": datetime.date(2021, 3, 1),
            "calendar.end": datetime.date(2021, 3, 5),
        }
    )
    counts = [len(stops(year, "stock_outs", run)) for run in range(300)]
    assert abs(np.mean(counts) - 2 * 5 / 23) < 4 * math.sqrt(2 * 5 / 23 / 300)


def test_the_season_says_when(bare):
    """Chips are lost in August and September rather than in January and February."""
    year = _with_supply(bare, {"chips": small_year().supply["chips"]})
    total = sum(by_day(stops(year, "chips", run), 365) for run in range(100))
    summer = total[day(8, 1) // DAY : day(10, 1) // DAY].sum()
    assert summer > 3 * total[: day(3, 1) // DAY].sum()


def test_the_season_weighs_stops_by_number_too(bare):
    """All of a year in March: twelve times one a month."""
    season = (0.0, 0.0, 12.0, *[0.0] * 9)
    table = replace(small_year().supply["stock_outs"], season=season)
    year = _with_supply(bare, {"stock_outs": table}).replace(
        {"supply.stock_outs.per_month": 1, "supply.stock_outs.duration": 0.1}
    )
    found = [stops(year, "stock_outs", run) for run in range(100)]
    march = [(day(3, 1), day(4, 1))]
    assert all(both(windows, march) == windows for windows in found)
    assert abs(np.mean([len(windows) for windows in found]) - 12) < 4 * math.sqrt(12 / 100)


def test_stops_are_the_same_luck_whatever_else_changes():
    """Another cause, another rate of paint; a rarer stop keeps its order."""
    year = small_year()
    others = year.replace({"supply.power.per_month": 2, "paint.rate": 64})
    assert stops(year, "chips", 3) == stops(others, "chips", 3)
    assert stops(year, "chips", 3) != stops(year, "chips", 4)


def test_a_slowdown_runs_from_its_date_for_its_days():
    """The outbreak: 21 days from 10 September at 85 %."""
    year = small_year().without("calendar", "retooling", "launches")
    year = _with_supply(year, {})
    lost = by_day(stops(year, "outbreak", 0), 365) / HOUR
    assert lost[day(9, 10) // DAY] == pytest.approx(0.15 * 16)
    assert lost[day(9, 9) // DAY] == lost[day(10, 1) // DAY] == 0
    assert lost.sum() == pytest.approx(0.15 * 16 * 15)  # without Mid-Autumn, with two make-up days


def test_works_stops_and_slowdowns_close_the_shops_that_they_name():
    """No other."""
    opened = course(small_year().replace({"retooling.shops": ("body_shop",)}), seed=2, run=0).shops
    took = {
        cause: [name for name, opening in opened.items() if opening.lost[cause]]
        for cause in ("retooling", "retooling_nights", "chips", "outbreak", "launches")
    }
    assert took == {
        "retooling": ["body_shop"],
        "retooling_nights": ["body_shop"],
        "chips": ["assembly"],
        "outbreak": ["assembly"],
        "launches": ["body_shop", "assembly"],
    }


def test_a_shop_may_work_longer():
    """Extra hours extend its day."""
    year = small_year().replace({"paint.extra_hours": 2})
    opened = course(year, seed=0, run=0).shops
    days = np.count_nonzero(by_day(opened["assembly"].planned, 365))
    assert hours(opened["paint"].planned) - hours(opened["assembly"].planned) == 2 * days


@pytest.mark.parametrize(
    ("extra", "shift", "eaten"), [(4, 8, 0), (5, 8, 1), (3, 10, 3), (8, 11, 4)]
)
def test_extra_hours_leave_the_time_for_maintenance_or_lose_it(bare, extra, shift, eaten):
    """Four hours a day, whether the shifts or the extra hours take them."""
    year = bare.replace(
        {
            "paint.extra_hours": extra,
            "calendar.shift_hours": shift,
            "calendar.maintenance": 4,
            "calendar.crews": 4,
        }
    )
    assert hours(course(year, seed=0, run=0).shops["paint"].lost["maintenance"]) == 250 * eaten


def test_more_stops_than_can_be_followed_are_refused(bare):
    """They used to be left out from the 100,000th on."""
    chips = small_year().supply["chips"]
    year = _with_supply(bare, {"chips": chips}).replace({"supply.chips.duration": 0.001})
    with pytest.raises(ValueError, match=r"supply\.chips: there must be at most 100,000 stops"):
        course(year, seed=0, run=0)


def _with_supply(year, supply):
    return replace(year, supply=supply)


def _merged(windows):
    """Pieces that only closed hours part are one stop."""
    found = []
    for begin, end in windows:
        if not found or begin % DAY or begin - found[-1][1] > 7.5 * DAY:
            found.append([begin, end])
        else:
            found[-1][1] = end
    return found
