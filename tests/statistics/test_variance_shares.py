"""Shares of the variance: known shares of random variation, known rank correlations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ningde_sim.exceptions import FewRuns
from ningde_sim.statistics import variance_shares
from ningde_sim.studies.replicate import replicate
from tests.synthetic import Year

REPEATS = 4_000
COVERAGE = {0.2: 0.952, 0.5: 0.962, 0.9: 0.965}
"""Coverage in the docstring of `random_share`, by true share."""


@pytest.mark.parametrize("share", COVERAGE)
def test_the_interval_of_the_random_share_holds_it_as_often_as_the_docstring_says(
    share: float,
) -> None:
    hits = 0
    for k in range(REPEATS):
        rng = np.random.default_rng([9, k])
        known = np.sqrt(1 - share) * rng.normal(size=200)
        values = known + np.sqrt(share) * rng.normal(size=200)
        repeats = known[::5] + np.sqrt(share) * rng.normal(size=40)
        interval = variance_shares.random_share(values, values[::5], repeats, level=0.95)
        assert interval.low <= interval.value <= interval.high
        hits += interval.low <= share <= interval.high
    assert hits / REPEATS == pytest.approx(COVERAGE[share], abs=0.002)
    assert f"{100 * COVERAGE[share]:.1f} %" in (variance_shares.random_share.__doc__ or "")


def test_the_random_share_of_a_study_is_that_of_its_experiment() -> None:
    """Random variation has variance 4, the inputs 9 + 1: a share of 2/7."""
    share = replicate(Year(), runs=2_000, seed=3).random_share()
    assert share.low <= 4 / 14 <= share.high
    assert share.high - share.low < 0.1
    assert share.n == 400


def test_without_inputs_all_is_random_variation() -> None:
    share = replicate(Year(weights={}), runs=20, seed=3).random_share()
    assert (share.value, share.low, share.high) == (1, 1, 1)


def test_without_random_variation_its_share_is_0() -> None:
    share = replicate(Year(noise=0.0), runs=60, seed=3).random_share()
    assert (share.value, share.low, share.high) == (0, 0, 0)


def test_few_repeats_raise_a_warning_with_the_runs_that_would_do() -> None:
    with pytest.warns(FewRuns, match="n = 9.*at least 46") as caught:
        replicate(Year(), runs=45, seed=3).random_share()
    assert caught[0].filename == __file__
    assert replicate(Year(), runs=46, seed=3).random_share().n == 10


def test_a_study_without_spread_has_no_shares() -> None:
    study = replicate(Year(weights={"tea": 0.0}, noise=0.0), runs=60, seed=3)
    for method in (study.random_share, study.input_shares):
        with pytest.raises(ValueError, match=r"the runs must differ in cars, got 100\.0"):
            method()


# ------------------------------------------------------------------ inputs


def test_the_inputs_are_sorted_by_their_known_rank_correlations() -> None:
    """Of normal numbers with correlation r Spearman's is 6/pi arcsin(r/2) (Pearson 1907)."""
    table = replicate(Year(), runs=2_000, seed=3).input_shares()
    assert list(table.index) == ["rate", "crews", "tea"]
    for name, r in {"rate": 3 / 14**0.5, "crews": -1 / 14**0.5, "tea": 0}.items():
        row = table.loc[name]
        assert row["low"] <= 6 / np.pi * np.arcsin(r / 2) <= row["high"]
        assert row["share"] == row["correlation"] ** 2
    assert list(table["beyond_chance"]) == [True, True, False]


def test_the_correlation_is_that_of_scipy_with_ties() -> None:
    rng = np.random.default_rng(4)
    x, y = rng.integers(0, 4, 50), rng.integers(0, 4, 50)
    share = variance_shares.input_shares({"x": x}, y, level=0.95).loc["x"]
    assert share["correlation"] == pytest.approx(stats.spearmanr(x, y).statistic)


@pytest.mark.parametrize("r", [0.0, 0.4, 0.8])
def test_the_interval_of_a_rank_correlation_holds_it_in_93_to_97_percent(r: float) -> None:
    truth, hits = 6 / np.pi * np.arcsin(r / 2), 0
    for k in range(1_000):
        x, e = np.random.default_rng([5, k]).normal(size=(2, 100))
        share = variance_shares.input_shares(
            {"x": x}, r * x + np.sqrt(1 - r * r) * e, level=0.95
        ).loc["x"]
        hits += share["low"] <= truth <= share["high"]
    assert 930 <= hits <= 970


def test_one_of_many_idle_inputs_stands_out_by_chance_in_5_percent_of_studies() -> None:
    """Twenty inputs without effect; without correction one would stand out in 64 %."""
    hits = 0
    for k in range(1_000):
        rng = np.random.default_rng([6, k])
        inputs = {str(i): rng.normal(size=60) for i in range(20)}
        table = variance_shares.input_shares(inputs, rng.normal(size=60), level=0.95)
        hits += bool(table["beyond_chance"].any())
    assert 30 <= hits <= 70


def test_holm_continues_where_bonferroni_stops() -> None:
    assert list(variance_shares._holm(np.array([0.02, 0.001, 0.03]), 0.05)) == [True, True, True]
    assert list(variance_shares._holm(np.array([0.03, 0.04, 0.001]), 0.05)) == [False, False, True]


def test_a_constant_input_is_left_out() -> None:
    values = np.arange(10.0)
    table = variance_shares.input_shares({"constant": np.ones(10), "x": values}, values, level=0.95)
    assert list(table.index) == ["x"]
    assert table.loc["x", ["correlation", "low", "high"]].tolist() == pytest.approx([1, 1, 1])
    assert table.loc["x", "beyond_chance"]


def test_without_inputs_the_table_is_empty() -> None:
    assert len(replicate(Year(weights={}), runs=20, seed=3).input_shares()) == 0


def test_three_runs_are_too_few_for_correlations() -> None:
    with pytest.raises(ValueError, match="at least 4 runs are needed, got 3"):
        replicate(Year(), runs=3, seed=3).input_shares()
