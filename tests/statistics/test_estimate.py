"""Estimates: how often intervals hold the true value; known answers are in test_known_answers."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from scipy import stats

from ningde_sim.exceptions import FewRuns, OpenInterval
from ningde_sim.statistics import estimate
from ningde_sim.statistics.estimate import Estimate
from tests.statistics.answers import passing
from tests.theory.reference import load

# ------------------------------------------------------------------ coverage of the intervals

REPEATS = 4_000
ACCEPTED = stats.binom(REPEATS, 0.95).interval(0.999)


def test_the_coverage_tests_have_power() -> None:
    """A correct interval passes in 99.9 %; one with a true 93 % or 97 % in less than 3 %."""
    assert passing(0.95, REPEATS, *ACCEPTED) > 0.999
    assert passing(0.93, REPEATS, *ACCEPTED) < 0.03
    assert passing(0.97, REPEATS, *ACCEPTED) < 0.03


@pytest.mark.parametrize("n", [10, 50, 200])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_interval_of_a_probability_holds_it_at_least_as_often_as_its_level(
    n: int, level: float
) -> None:
    """Exact, for each true probability: the sum over all counts."""
    intervals = [estimate.probability(hits, n, level=level) for hits in range(n + 1)]
    low, high = np.array([(e.low, e.high) for e in intervals]).T
    for p in np.linspace(0.005, 0.995, 199):
        held = (low <= p) & (p <= high)
        assert stats.binom.pmf(np.arange(n + 1), n, p)[held].sum() >= level


def test_the_interval_of_a_probability_holds_it_as_often_as_the_docstring_says() -> None:
    intervals = [estimate.probability(hits, 200, level=0.95) for hits in range(201)]
    low, high = np.array([(e.low, e.high) for e in intervals]).T
    for p, coverage in {0.5: 96.0, 0.2: 95.9, 0.05: 96.7, 0.01: 98.4}.items():
        held = (low <= p) & (p <= high)
        share = stats.binom.pmf(np.arange(201), 200, p)[held].sum()
        assert 100 * share == pytest.approx(coverage, abs=0.06)
        assert f"{coverage} %" in (estimate.probability.__doc__ or "")


def test_the_interval_of_a_mean_holds_it_in_95_percent_of_normal_studies() -> None:
    samples = np.random.default_rng(1).normal(30_000, 430, (REPEATS, 20))
    intervals = [estimate.mean(sample, level=0.95) for sample in samples]
    hits = sum(e.low <= 30_000 <= e.high for e in intervals)
    assert ACCEPTED[0] <= hits <= ACCEPTED[1]


@pytest.mark.parametrize(("n", "q"), [(100, 0.9), (30, 0.1), (50, 0.5)])
def test_the_interval_of_a_quantile_reaches_its_level_for_skewed_results(n: int, q: float) -> None:
    samples = np.random.default_rng(2).lognormal(0, 1, (REPEATS, n))
    truth = stats.lognorm(1).ppf(q)
    intervals = [estimate.quantile(sample, q, level=0.95) for sample in samples]
    hits = sum(e.low <= truth <= e.high for e in intervals)
    low, high = stats.binom(REPEATS, intervals[0].level).interval(0.999)
    assert low <= hits <= high


@pytest.mark.parametrize("q", [0.01, 0.05, 0.5, 0.95])
@pytest.mark.parametrize("n", [1, 2, 20, 71, 72, 200])
def test_a_quantile_lies_in_its_interval_and_keeps_its_level(n: int, q: float) -> None:
    interval = estimate.quantile(np.arange(n), q, level=0.95)
    assert interval.low <= interval.value <= interval.high
    assert interval.level >= 0.95
    assert interval.bounded == (n >= estimate.runs_for_quantile(q, level=0.95))


def test_seventy_two_runs_bound_the_range_of_5_to_95_percent() -> None:
    """0.95^n <= 0.025, as the reference says."""
    assert "n >= 72" in " ".join(load("F06")["traps"])
    assert estimate.runs_for_quantile(0.05, level=0.95) == 72
    assert estimate.runs_for_quantile(0.95, level=0.95) == 72


# ------------------------------------------------------------------ texts and warnings


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            Estimate(29915.2, 29700.4, 30130.0, 0.95, 200),
            "29,915 (29,700 to 30,130; 95 %, n = 200)",
        ),
        (Estimate(0.3851, 0.3204, 0.4541, 0.95, 200), "0.39 (0.32 to 0.45; 95 %, n = 200)"),
        (Estimate(59.31, 59.2012, 59.4188, 0.95, 1500), "59.31 (59.20 to 59.42; 95 %, n = 1,500)"),
        (Estimate(7, -math.inf, 8, 0.9922, 30), "7 (-inf to 8; 99.2 %, n = 30)"),
        (Estimate(5.5, -math.inf, math.inf, 0.95, 1), "5.5000 (-inf to inf; 95 %, n = 1)"),
        (Estimate(240, 240, 240, 0.999, 12), "240 (240 to 240; 99.9 %, n = 12)"),
    ],
)
def test_an_estimate_as_text_is_one_line(value: Estimate, text: str) -> None:
    assert str(value) == text


def test_a_multiple_of_an_estimate_keeps_its_level() -> None:
    assert Estimate(60, 59, 61, 0.95, 9).times(500) == Estimate(30_000, 29_500, 30_500, 0.95, 9)
    with pytest.raises(ValueError, match=r"factor must be greater than 0, got -1"):
        Estimate(60, 59, 61, 0.95, 9).times(-1)


def test_few_runs_raise_a_warning_with_the_estimate() -> None:
    few = Estimate(60, 59, 61, 0.95, 9)
    with pytest.warns(FewRuns, match=r"60 \(59 to 61; 95 %, n = 9\).* at least 10") as caught:
        assert estimate.warn(few) == few
    assert caught[0].message.estimate == few  # type: ignore[union-attr]
    assert estimate.warn(Estimate(60, 59, 61, 0.95, 10)).n == 10


def test_an_open_interval_raises_a_warning_with_the_runs_that_would_do() -> None:
    with pytest.warns(OpenInterval, match=r"-inf to .* at least 72") as caught:
        estimate.warn(estimate.quantile(np.arange(30), 0.05, level=0.95), needed=72)
    warning = pickle.loads(pickle.dumps(caught[0].message))
    assert (warning.needed, warning.estimate.n) == (72, 30)
    with pytest.warns(OpenInterval, match="at least 10"):
        estimate.warn(estimate.mean(np.array([5.0]), level=0.95))
