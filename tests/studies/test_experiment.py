"""Cases: what is repeated, and with which random variation."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from ningde_sim import Line, Shop, Station, WorkingTime, simulate
from ningde_sim.studies.experiment import Experiment
from ningde_sim.studies.of_shop import SHOP_UNITS, ShopExperiment
from ningde_sim.studies.of_year import YearExperiment
from tests.synthetic import Year
from tests.years import small_year

SHOP = Shop("coin", [Line("L", [Station("A", 36, scrap=0.1)])])


def test_a_shop_and_a_synthetic_year_are_cases() -> None:
    assert isinstance(ShopExperiment(SHOP, 1), Experiment)
    assert isinstance(Year(), Experiment)


def test_a_run_of_a_shop_draws_no_inputs_and_has_the_streams_of_its_number() -> None:
    inputs, results = ShopExperiment(SHOP, 10).run(3, 7)
    assert inputs == {}
    assert list(results) == list(SHOP_UNITS)
    assert results["bodies"] == simulate(SHOP, hours=10, seed=3, run=7).bodies


def test_a_run_of_a_shop_can_have_other_streams() -> None:
    experiment = ShopExperiment(SHOP, 10)
    assert experiment.run(3, 7, streams=2**31 + 7) == experiment.run(3, 2**31 + 7)
    assert experiment.run(3, 7, streams=2**31 + 7) != experiment.run(3, 7)


def test_a_shop_case_tells_its_hours() -> None:
    assert ShopExperiment(SHOP, 500, 20).description == "500 h after 20 h"
    assert ShopExperiment(SHOP, 500).description == "500 h"
    shifts = dataclasses.replace(SHOP, working_time=WorkingTime([(6, 14)], every=24))
    assert ShopExperiment(shifts, 500).description == "500 h by the clock"


@pytest.mark.parametrize(("month", "shares"), [(2, [17 / 40, 23 / 40]), (3, [1.0])])
def test_the_month_shares_of_a_year_are_by_its_nominal_shifts(month, shares) -> None:
    days = {"start": datetime.date(2021, month, 1), "end": datetime.date(2021, 3, 31)}
    year = small_year().replace({f"calendar.{key}": day for key, day in days.items()})
    assert list(YearExperiment(year).month_shares.values()) == pytest.approx(shares)


def test_a_time_without_a_working_day_plans_nothing() -> None:
    week = {"start": datetime.date(2021, 10, 1), "end": datetime.date(2021, 10, 7)}
    year = small_year().replace({f"calendar.{key}": day for key, day in week.items()})
    assert YearExperiment(year).month_shares == {"2021-10": 0.0}


# ---------------------------------------------------------------- what a sweep asks of them


def tunable() -> list[Experiment]:
    shop = Shop("s", [Line("L", [Station("A", 60), Station("B", 50)])], repair_crews=2)
    return [ShopExperiment(shop, 8.0), YearExperiment(small_year())]


@pytest.mark.parametrize("experiment", tunable(), ids=["shop", "year"])
def test_both_can_be_tuned_by_path(experiment: Experiment) -> None:
    assert isinstance(experiment, Experiment)
    path = "repair_crews" if isinstance(experiment, ShopExperiment) else "retooling.full_stop_days"
    other = experiment.replace({path: 3})
    assert other.digest != experiment.digest
    assert other.digest == experiment.replace({path: 3}).digest
    assert {key for key in experiment.content if experiment.content[key] != other.content[key]} == {
        path
    }


def test_words_are_no_content() -> None:
    shop, year = tunable()
    noted = dataclasses.replace(shop, shop=dataclasses.replace(shop.shop, notes=["a note"]))
    assert noted.digest == shop.digest
    said = dataclasses.replace(year.scenario, notes=("other",), title="other")
    assert dataclasses.replace(year, scenario=said).digest == year.digest


def test_hours_and_engine_are_content() -> None:
    shop = tunable()[0]
    for change in ({"hours": 9.0}, {"warm_up": 1.0}, {"engine": "reference"}):
        other = dataclasses.replace(shop, **change)
        assert other.digest != shop.digest
        assert other.content != shop.content


def test_a_range_is_content() -> None:
    year = tunable()[1]
    days = year.scenario.get("retooling.full_stop_days")
    wider = dataclasses.replace(days, high=days.high + 5)
    assert year.replace({"retooling.full_stop_days": wider}).digest != year.digest


def test_known_inputs_lose_their_uncertainty_where_they_are_not_changed() -> None:
    year = tunable()[1]
    path = "retooling.full_stop_days"
    settled = year.replace({}, known=[path])
    assert settled.scenario.get(path).value == year.scenario.get(path).value
    assert not settled.scenario.get(path).uncertain
    assert year.replace({path: 9}, known=[path]).scenario.get(path).value == 9
