"""Studies of years: equal for any workers; inputs, random variation, months already built."""

from __future__ import annotations

import datetime

import joblib
import numpy as np
import pytest

from ningde_sim import Study, replicate, simulate_year
from ningde_sim.exceptions import OutsideRuns
from ningde_sim.studies.of_year import YearExperiment
from tests.years import small_year


def six_weeks():
    """A time with works and a launch in it."""
    days = {"start": datetime.date(2021, 8, 25), "end": datetime.date(2021, 10, 5)}
    return small_year().replace({f"calendar.{key}": day for key, day in days.items()})


@pytest.fixture(scope="module")
def study() -> Study:
    """Years of the small plant, enough for ten repeats."""
    return replicate(small_year(), runs=48, seed=11)


def test_one_digest_whatever_the_workers():
    """One, two, threads, processes."""
    plan = six_weeks()
    digests = {replicate(plan, runs=8, seed=1, workers=n).digest for n in (1, 2)}
    for backend in ("threading", "loky"):
        with joblib.parallel_config(backend=backend, n_jobs=2):
            digests.add(replicate(plan, runs=8, seed=1).digest)
    assert len(digests) == 1
    assert digests != {replicate(plan, runs=8, seed=2).digest}


def test_both_engines_give_one_digest():
    """The reference by itself is slow."""
    digests = {
        replicate(six_weeks(), runs=2, seed=1, engine=engine).digest
        for engine in ("compiled", "reference")
    }
    assert len(digests) == 1


def test_run_37_alone_is_run_37_of_a_study(study):
    """Its inputs and its results."""
    year = simulate_year(small_year().draw(11, 37), seed=11, run=37)
    row = study.runs.loc[37]
    assert row["vehicles"] == year.vehicles
    assert row["bodies_2021-09"] == year.monthly.loc["2021-09", "bodies"]
    assert row["lost_chips"] == year.losses.loc["chips", "vehicles"]
    for name, value in small_year().inputs(11, 37).items():
        assert row[name] == value


def test_every_column_has_a_unit(study):
    """And every unit a column."""
    assert set(study.values) == set(study.experiment.units)
    assert isinstance(study.experiment, YearExperiment)


def test_the_losses_of_each_run_are_its_gap(study):
    """Nominal less all that was lost is what was made, but for the rounding of the cycle."""
    lost = sum(study.column(name) for name in study.values if name.startswith("lost_"))
    assert np.allclose(study.column("nominal") - lost, study.column(), rtol=1e-5)


def test_the_months_add_up(study):
    """To the year."""
    for of in ("vehicles", "bodies"):
        months = [study.column(f"{of}_{month}") for month in study.experiment.months]
        assert np.array_equal(np.sum(months, axis=0), study.column(of))
    assert sum(study.experiment.month_shares.values()) == pytest.approx(1)
    assert list(study.experiment.month_shares) == list(study.experiment.months)


def test_random_variation_alone_keeps_the_inputs(study):
    """And spreads less than random variation and ignorance together."""
    typical_study = replicate(small_year(), runs=48, seed=11, inputs="typical")
    assert typical_study.inputs == {}
    assert typical_study.column().std() < study.column().std()
    assert typical_study.random_share().value == 1
    typical = simulate_year(small_year(), seed=11, run=7)
    assert typical_study.column()[7] == typical.vehicles


def test_the_random_share_is_that_of_random_variation_alone(study):
    """The variance of studies of random variation alone lies inside the interval."""
    typical_study = replicate(small_year(), runs=48, seed=12, inputs="typical").column()
    share = np.var(typical_study, ddof=1) / np.var(study.column(), ddof=1)
    found = study.random_share(level=0.99)
    assert found.low <= share <= found.high


def test_inputs_that_cannot_bear_on_a_column_are_left_out(study):
    """Ships on vehicles, sets of parts on bodies; all count for the exports."""
    assert "ckd.share" in study.inputs
    for of in ("vehicles", "bodies_2021-09", "lost_chips"):
        names = study.input_shares(of).index
        assert "retooling.full_stop_days" in names
        assert "ckd.share" not in names
        assert not [name for name in names if name.startswith("export.")]
    names = study.input_shares("exports").index
    assert {"ckd.share", "export.vehicle_share", "retooling.full_stop_days"} <= set(names)


def test_the_target_is_that_of_the_scenario(study):
    """Unless another is asked for."""
    assert study.target == 240_000
    assert replicate(six_weeks(), runs=1, seed=0, target=5_000).target == 5_000


def test_the_probability_after_eight_months(study):
    """What was built by August stands, the rest moves with it."""
    made = [study.column(f"vehicles_2021-{month:02}").mean() for month in range(1, 9)]
    now = study.given(sum(made), through="2021-08")
    assert now.mean().value == pytest.approx(study.plain.mean().value, abs=1)
    assert now.column().std() < study.column().std()
    ahead = study.given(sum(made) + 4_000, through="2021-08")
    assert ahead.mean().value > now.mean().value + 3_000
    with pytest.warns(OutsideRuns):
        study.given(1_000, through="2021-08")


def test_what_makes_no_sense_is_refused():
    """With the scenario's name."""
    with pytest.raises(ValueError, match=r"replicate 'ningde-2021': inputs must be"):
        replicate(small_year(), runs=1, seed=0, inputs="none")
    with pytest.raises(
        ValueError, match=r"replicate .*hours and warm_up are arguments for a Shop only, got 5"
    ):
        replicate(small_year(), hours=5, runs=1, seed=0)
