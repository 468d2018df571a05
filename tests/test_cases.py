"""Cases: what is repeated, and with which luck."""

from __future__ import annotations

import datetime

import pytest

from ningde_sim import Line, Shop, Station, simulate
from ningde_sim.cases import SHOP_UNITS, Case, ShopCase, YearCase
from tests.synthetic import Year
from tests.years import small_year

SHOP = Shop("coin", [Line("L", [Station("A", 36, scrap=0.1)])])


def test_a_shop_and_a_synthetic_year_are_cases() -> None:
    assert isinstance(ShopCase(SHOP, 1), Case)
    assert isinstance(Year(), Case)


def test_a_run_of_a_shop_draws_no_inputs_and_has_the_luck_of_its_number() -> None:
    inputs, results = ShopCase(SHOP, 10).run(3, 7)
    assert inputs == {}
    assert list(results) == list(SHOP_UNITS)
    assert results["bodies"] == simulate(SHOP, hours=10, seed=3, run=7).bodies


def test_the_luck_of_a_run_of_a_shop_can_be_another() -> None:
    case = ShopCase(SHOP, 10)
    assert case.run(3, 7, luck=2**31 + 7) == case.run(3, 2**31 + 7)
    assert case.run(3, 7, luck=2**31 + 7) != case.run(3, 7)


def test_a_shop_case_tells_its_hours() -> None:
    assert ShopCase(SHOP, 500, 20).description == "500 h after 20 h"
    assert ShopCase(SHOP, 500).description == "500 h"


@pytest.mark.parametrize(("month", "shares"), [(2, [17 / 40, 23 / 40]), (3, [1.0])])
def test_the_plan_of_a_year_is_by_its_nominal_shifts(month, shares) -> None:
    days = {"start": datetime.date(2021, month, 1), "end": datetime.date(2021, 3, 31)}
    year = small_year().replace({f"calendar.{key}": day for key, day in days.items()})
    assert list(YearCase(year).plan.values()) == pytest.approx(shares)


def test_a_time_without_a_working_day_plans_nothing() -> None:
    week = {"start": datetime.date(2021, 10, 1), "end": datetime.date(2021, 10, 7)}
    year = small_year().replace({f"calendar.{key}": day for key, day in week.items()})
    assert YearCase(year).plan == {"2021-10": 0.0}
