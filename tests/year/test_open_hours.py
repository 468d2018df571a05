"""The open hours of a year, and the causes that take the others."""

from __future__ import annotations

import datetime
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ningde_sim._support.intervals import intersection, joined
from ningde_sim.exceptions import CalendarWarning
from ningde_sim.year.open_hours import open_hours
from ningde_sim.year.scenario import Scenario
from ningde_sim.year.windows import by_day, trimmed
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
    """2021 with its official working days only."""
    return small_year().without("calendar", "retooling", "launches", "supply")


def test_what_is_lost_and_what_is_open_are_the_plan():
    """For each shop, to the millisecond, and never twice."""
    for run in range(5):
        for shop in open_hours(small_year(), seed=1, run=run).shops.values():
            parts = [shop.open, *shop.lost.values()]
            total = sum(by_day(part, 365) for part in parts)
            assert np.array_equal(total, by_day(shop.planned, 365))
            for i, part in enumerate(parts):
                assert all(intersection(part, other) == [] for other in parts[i + 1 :])


def test_without_losses_the_plan_is_open(bare):
    """250 days of 16 h."""
    for shop in open_hours(bare, seed=0, run=0).shops.values():
        assert shop.open == shop.planned
        assert hours(shop.open) == 4_000


# ------------------------------------------------------------------ retooling


def test_the_retooling_stops_all_shops_for_some_working_days():
    """Eight from Monday 30 August, Saturday the 4th included: until Tuesday 7 September."""
    year_hours = open_hours(small_year(), seed=0, run=0)
    assert year_hours.switch == day(8, 30)
    for shop in year_hours.shops.values():
        assert hours(shop.lost["retooling"]) == 8 * 16
        assert intersection(shop.open, [(day(8, 30), day(9, 8))]) == []


def test_after_the_stop_nights_and_saturdays_run_at_a_reduced_rate():
    """Six weeks at half: of 16 h the second 8, of a Saturday all; 15 % are lost by then."""
    year = small_year().without("calendar", "supply", "launches")
    shop = open_hours(year, seed=0, run=0).shops["paint"]
    # 8 to 10 and 13 to 18, then 22 September to 20 October without the holidays
    lost = by_day(shop.lost["retooling_nights"], 365) / HOUR
    assert lost[day(9, 13) // DAY] == 4
    assert lost[day(9, 18) // DAY] == 8  # a Saturday, made up for
    assert lost[day(9, 9) // DAY] == 4  # full stop until the 8th, without Saturdays
    assert lost[day(10, 21) // DAY] == 0
    assert lost[day(8, 27) // DAY] == 0


def test_a_delay_moves_the_retooling():
    """By calendar days."""
    later = open_hours(small_year().replace({"retooling.delay": 30}), seed=0, run=0)
    assert later.switch == day(9, 29)


def test_a_retooling_that_begins_after_the_year_changes_nothing():
    """The body shop before the retooling runs all the time."""
    with pytest.warns(CalendarWarning, match="must begin by the end of the calendar"):
        later = small_year().replace({"retooling.delay": 400})
    year_hours = open_hours(later, seed=0, run=0)
    assert year_hours.switch > 365 * DAY
    assert hours(year_hours.shops["body_shop"].lost["retooling"]) == 0


def test_a_retooling_without_a_full_stop_only_slows_nights(bare):
    """From the day on which the stop would begin."""
    retooling = small_year().retooling
    year = replace(bare, retooling=retooling).replace({"retooling.full_stop_days": 0})
    shop = open_hours(year, seed=0, run=0).shops["assembly"]
    assert shop.lost["retooling"] == []
    lost = by_day(shop.lost["retooling_nights"], 365) / HOUR
    assert (lost[day(8, 29) // DAY], lost[day(8, 30) // DAY]) == (0, 4)


def test_a_retooling_that_began_before_the_calendar_ends_when_it_would():
    """Of eight working days from 30 August four are left on 3 September, none in October."""
    for first, left in (((9, 3), 4), ((10, 11), 0)):
        start = datetime.date(2021, *first)
        later = small_year().replace({"calendar.start": start, "retooling.delay": 0})
        shop = open_hours(later, seed=0, run=0).shops["paint"]
        assert hours(shop.lost["retooling"]) == 16 * left


# ------------------------------------------------------------------ new products


def test_a_product_starts_after_its_delay(bare):
    """The product that takes the rest has no start."""
    year = replace(bare, products=small_year().products).replace({"products.model_a.delay": 5})
    starts = open_hours(year, seed=0, run=0).starts
    assert starts == {"model_a": day(9, 13), "model_b": day(11, 1)}


def test_a_product_waits_for_the_end_of_the_full_stop():
    """However late that is."""
    year = small_year().without("calendar", "supply").replace({"retooling.delay": 21})
    hours_of = open_hours(year, seed=0, run=0)
    stop = hours_of.shops["assembly"].lost["retooling"]
    assert hours_of.starts["model_a"] == (stop[-1][0] // DAY + 1) * DAY > day(9, 8)
    assert hours_of.starts["model_b"] == day(11, 1)


def test_a_product_may_have_started_before_the_calendar(bare):
    """Its ramp is then as far as it would be."""
    year = replace(bare, products=small_year().products)
    year = year.replaced({"products.model_a.start": datetime.date(2020, 12, 22)})
    assert open_hours(year, seed=0, run=0).starts["model_a"] == -10 * DAY


# ------------------------------------------------------------------ supply


def stops(year, cause, run, shop="assembly"):
    """The stops of a cause in a run, planned hours only."""
    return open_hours(year, seed=2, run=run).shops[shop].lost[cause]


def test_the_mean_share_of_lost_hours_is_that_of_the_plan(bare):
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


def test_the_mean_number_of_stops_a_month_is_that_of_the_plan(bare):
    """0.6 a month: 7.2 a year less the time in which the shop is stopped, within four errors."""
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


def test_stops_follow_the_season(bare):
    """Chips are lost in August and September rather than in January and February."""
    year = _with_supply(bare, {"chips": small_year().supply["chips"]})
    total = sum(by_day(stops(year, "chips", run), 365) for run in range(100))
    summer = total[day(8, 1) // DAY : day(10, 1) // DAY].sum()
    assert summer > 3 * total[: day(3, 1) // DAY].sum()


def test_the_season_also_weighs_stops_given_by_number(bare):
    """All stops of a year in March: twelve times one a month."""
    season = (0.0, 0.0, 12.0, *[0.0] * 9)
    table = replace(small_year().supply["stock_outs"], season=season)
    year = _with_supply(bare, {"stock_outs": table}).replace(
        {"supply.stock_outs.per_month": 1, "supply.stock_outs.duration": 0.1}
    )
    runs = [stops(year, "stock_outs", run) for run in range(100)]
    march = [(day(3, 1), day(4, 1))]
    assert all(intersection(windows, march) == windows for windows in runs)
    assert abs(np.mean([len(windows) for windows in runs]) - 12) < 4 * math.sqrt(12 / 100)


def test_stops_stay_the_same_whatever_else_changes():
    """Another rate of another cause, another rate of paint."""
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


def test_each_cause_closes_the_shops_that_it_names():
    """And no other."""
    shops = open_hours(
        small_year().replace({"retooling.shops": ("body_shop",)}), seed=2, run=0
    ).shops
    closed = {
        cause: [name for name, shop in shops.items() if shop.lost[cause]]
        for cause in ("retooling", "retooling_nights", "chips", "outbreak")
    }
    assert closed == {
        "retooling": ["body_shop"],
        "retooling_nights": ["body_shop"],
        "chips": ["assembly"],
        "outbreak": ["assembly"],
    }


def test_a_shop_may_work_longer():
    """Extra hours extend its day."""
    year = small_year().replace({"paint.extra_hours": 2})
    shops = open_hours(year, seed=0, run=0).shops
    days = np.count_nonzero(by_day(shops["assembly"].planned, 365))
    assert hours(shops["paint"].planned) - hours(shops["assembly"].planned) == 2 * days


@pytest.mark.parametrize(("extra", "shift", "lost"), [(4, 8, 0), (5, 8, 1), (3, 10, 3), (8, 11, 4)])
def test_maintenance_takes_extra_hours_that_leave_no_time_for_it(bare, extra, shift, lost):
    """Four hours a day, whether the shifts or the extra hours take them."""
    year = bare.replace(
        {
            "paint.extra_hours": extra,
            "calendar.shift_hours": shift,
            "calendar.maintenance": 4,
            "calendar.crews": 4,
        }
    )
    assert hours(open_hours(year, seed=0, run=0).shops["paint"].lost["maintenance"]) == 250 * lost


def test_too_many_stops_are_refused(bare):
    """None is left out from the 100,000th on."""
    chips = small_year().supply["chips"]
    year = _with_supply(bare, {"chips": chips}).replace({"supply.chips.duration": 0.001})
    with pytest.raises(ValueError, match=r"supply\.chips: a run must have at most 100,000 stops"):
        open_hours(year, seed=0, run=0)


def _with_supply(year, supply):
    return replace(year, supply=supply)


def _merged(windows):
    """The stops: pieces with only closed hours between them are one."""
    merged = []
    for begin, end in windows:
        if not merged or begin % DAY or begin - merged[-1][1] > 7.5 * DAY:
            merged.append([begin, end])
        else:
            merged[-1][1] = end
    return merged


# ------------------------------------------------------------------ reduced rates and days


@given(one=st.lists(st.tuples(st.integers(0, 5 * HOUR), st.integers(0, 5 * HOUR)), max_size=4))
def test_a_rate_keeps_the_first_share_of_each_hour(one):
    """What stays open and what closes make up the whole."""
    a = joined(one)
    stay, closed = trimmed(a, 0.25)
    assert intersection(stay, closed) == []
    assert joined([*stay, *closed]) == a
    assert trimmed(a, 1.0) == (a, [])


def test_a_whole_hour_at_80_percent_is_open_for_48_minutes():
    """From its beginning."""
    stay, closed = trimmed([(0, 2 * HOUR)], 0.8)
    assert stay == [(0, HOUR * 8 // 10), (HOUR, HOUR * 18 // 10)]
    assert closed == [(HOUR * 8 // 10, HOUR), (HOUR * 18 // 10, 2 * HOUR)]


def test_windows_are_added_up_by_day():
    """Windows over midnight are cut there."""
    windows = [(0, HOUR), (23 * HOUR, 26 * HOUR), (71 * HOUR, 72 * HOUR), (72 * HOUR, 80 * HOUR)]
    assert by_day(windows, 3).tolist() == [2 * HOUR, 2 * HOUR, HOUR]
    assert np.array_equal(by_day([], 2), [0, 0])
