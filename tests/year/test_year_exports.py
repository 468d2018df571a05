"""The export of a year: fed by its days, changed by its own plan only."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from ningde_sim import YearRun, replicate, scenario, simulate_year
from ningde_sim.studies.of_year import YearExperiment
from tests.years import small_year


@pytest.fixture(scope="module")
def year() -> YearRun:
    return simulate_year(small_year(), seed=1)


def without_export(plan):
    return dataclasses.replace(plan, export=None)


def test_the_export_is_fed_by_the_days_of_the_year(year):
    """By shares of vehicles and CKD sets, with the cars that stood there at the start."""
    export = year.scenario.export
    made = year.shipping.daily[["made_cars", "made_ckd_sets"]].sum()
    cars = year.vehicles * export.vehicle_share.value + export.initial.value
    assert made["made_cars"] == pytest.approx(cars, abs=1)
    assert made["made_ckd_sets"] == pytest.approx(year.ckd_sets * export.ckd_share.value, abs=1)
    assert year.exports == year.shipping.exports == year.daily["exported"].sum() > 20_000
    assert (year.monthly["exported"] == year.shipping.monthly["exported"]).all()
    assert year.shipping is year.shipping


def test_a_change_of_sailings_changes_nothing_in_the_plant(year):
    """Not a single breakdown."""
    none = dict.fromkeys((f"export.services.{s}.calls" for s in year.scenario.export.services), 0)
    other = simulate_year(small_year().replace(none), seed=1)
    assert other.exports == 0
    pd.testing.assert_frame_equal(other.shop_run.stations, year.shop_run.stations)
    same = [column for column in year.daily if column != "exported"]
    pd.testing.assert_frame_equal(other.daily[same], year.daily[same])


def test_a_year_without_export_is_as_before(year):
    """Asked for exports, it says what is missing."""
    bare = simulate_year(without_export(small_year()), seed=1)
    assert bare.shipping is None
    assert "exported" not in bare.daily
    pd.testing.assert_frame_equal(bare.daily, year.daily.drop(columns="exported"))
    with pytest.raises(ValueError, match=r"exports need \[export\], got None"):
        _ = bare.exports
    inputs, results = YearExperiment(without_export(small_year())).run(1, 0)
    assert not any("export" in name for name in [*inputs, *results])


def test_a_study_has_the_probability_of_exports():
    """Of the year, and by the end of a month, which are sums of months."""
    study = replicate(small_year(), runs=12, seed=3)
    assert {*study.experiment.units} == {*YearExperiment(small_year()).run(3, 0)[1]}
    months = [f"exports_{month}" for month in study.experiment.months]
    assert (study.runs[months].sum(axis=1) == study.runs["exports"]).all()
    august = study.runs[months[:8]].sum(axis=1)
    assert (august == study.runs["exports_by_2021-08"]).all()
    assert study.probability(38_000, of="exports_by_2021-08").value == np.mean(august >= 38_000)
    probability = study.probability(38_000, of="exports")
    assert probability.value == np.mean(study.runs["exports"] >= 38_000)
    first = simulate_year(small_year().draw(3, 5), seed=3, run=5)
    assert study.runs.loc[5, "exports"] == first.exports
    assert study.runs.loc[5, "days_over"] == first.shipping.days_over


def test_the_other_losses_leave_the_export_alone():
    plan = small_year()
    assert plan.without("retooling", "supply", "quality").export == plan.export
    assert scenario("ningde-2020-12").export is None
