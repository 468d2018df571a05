"""Pairs of runs with common random numbers: how often intervals hold known true values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from ningde_sim.statistics import paired
from ningde_sim.statistics.estimate import Values

# ------------------------------------------------------------------ means


def test_the_difference_is_second_less_first_with_the_paired_t_interval() -> None:
    first, second = np.random.default_rng(1).normal(size=(2, 30))
    interval = paired.difference(first, second, level=0.9)
    theirs = stats.ttest_rel(second, first).confidence_interval(0.9)
    assert interval.value == pytest.approx(second.mean() - first.mean())
    assert (interval.low, interval.high) == pytest.approx((theirs.low, theirs.high))
    assert (interval.level, interval.n) == (0.9, 30)


def test_intervals_of_many_comparisons_hold_together() -> None:
    """Nine design points against one, in 95 % of studies or more; without correction in 76 %.

    2,000 studies (standard error 0.5 points). They share the baseline, so it is more than 95 %.
    """
    together = uncorrected = 0
    for k in range(2_000):
        values = np.random.default_rng([2, k]).normal(size=(10, 25))
        several, single = (
            [paired.difference(values[0], row, level=0.95, comparisons=m) for row in values[1:]]
            for m in (9, 1)
        )
        assert several[0].level == 0.95
        together += all(each.low <= 0 <= each.high for each in several)
        uncorrected += all(each.low <= 0 <= each.high for each in single)
    assert 0.95 <= together / 2_000 <= 0.98
    assert uncorrected / 2_000 < 0.85


# ------------------------------------------------------------------ probabilities


def pairs(gained: int, lost: int, n: int) -> tuple[Values, Values]:
    """Runs of which some hit only in the second, some only in the first, the others in both."""
    first, second = np.ones((2, n), dtype=bool)
    first[:gained] = False
    second[gained : gained + lost] = False
    return first, second


def coverage(n: int, differ: float, one_way: float, level: float, comparisons: int = 1) -> float:
    """Exact, by enumeration of all counts with a probability above 1e-9."""
    gains, loses = differ * one_way, differ * (1 - one_way)
    total = 0.0
    ranges = ([x for x in range(n + 1) if stats.binom.pmf(x, n, p) > 1e-9] for p in (gains, loses))
    gained, lost = (part.ravel() for part in np.meshgrid(*ranges))
    within = gained + lost <= n
    gained, lost = gained[within], lost[within]
    counts = np.column_stack([gained, lost, n - gained - lost])
    probabilities = stats.multinomial.pmf(counts, n, [gains, loses, 1 - differ])
    for a, b, p in zip(gained, lost, probabilities, strict=True):
        interval = paired.probability_difference(
            *pairs(a, b, n), level=level, comparisons=comparisons
        )
        total += p * (interval.low <= gains - loses <= interval.high)
    return total


@pytest.mark.parametrize(
    ("n", "differ", "one_way"),
    [(20, 0.02, 1.0), (20, 0.3, 0.5), (50, 0.1, 0.75), (50, 0.5, 1.0), (200, 0.02, 1.0)],
)
def test_the_difference_of_probabilities_holds_in_93_percent_or_more(n, differ, one_way) -> None:
    """Few runs differ, in one direction or in both."""
    assert coverage(n, differ, one_way, 0.95) >= 0.932


@pytest.mark.slow
@pytest.mark.parametrize("n", [20, 50, 100, 200, 400])
def test_the_difference_of_probabilities_holds_as_often_as_the_docstring_says(n: int) -> None:
    """Over the range of the docstring; the two directions are symmetric."""
    shares = [
        coverage(n, differ, one_way, 0.95)
        for differ in (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.9)
        for one_way in (1.0, 0.98, 0.9, 0.75, 0.6, 0.5)
    ]
    assert min(shares) >= 0.9315
    assert 0.958 <= np.mean(shares) <= 0.987


@pytest.mark.parametrize(("differ", "one_way"), [(0.05, 1.0), (0.1, 1.0), (0.2, 0.9)])
def test_one_of_a_hundred_comparisons_of_probabilities_keeps_its_level(
    differ: float, one_way: float
) -> None:
    """The interval of Bonett and Price holds the first in 99.4 %."""
    assert coverage(100, differ, one_way, 0.95, comparisons=100) >= 0.9990


def test_the_interval_of_probabilities_ends_where_the_score_test_does() -> None:
    """It is Wilson's interval where all runs that differ do so in one direction."""
    interval = paired.probability_difference(*pairs(0, 1, 44), level=0.95)
    wilson = stats.binomtest(1, 44).proportion_ci(method="wilson")
    assert interval.low == pytest.approx(-wilson.high)
    assert interval.high > 0 > interval.low
    z2 = stats.norm.ppf(0.975) ** 2
    none = paired.probability_difference(*pairs(0, 0, 44), level=0.95)
    assert none.value == 0
    assert (none.low, none.high) == pytest.approx((-z2 / (44 + z2), z2 / (44 + z2)))


def test_a_probability_that_rises_from_0_to_1_has_an_interval_below_1() -> None:
    interval = paired.probability_difference(*pairs(20, 0, 20), level=0.95)
    assert interval.value == interval.high == 1
    z2 = stats.norm.ppf(0.975) ** 2
    assert interval.low == pytest.approx(
        (20 - z2) / (20 + z2)
    )  # the equation of the test, solved by hand
    fall = paired.probability_difference(*pairs(0, 20, 20), level=0.95)
    assert (fall.low, fall.high) == (-interval.high, -interval.low)


# ------------------------------------------------------------------ variances


def holds(n: int, correlation: float, repeats: int) -> float:
    """How often 95 % intervals of the variance reduction hold the true 1 / (1 - correlation)."""
    hits = 0
    for k in range(repeats):
        first, other = np.random.default_rng([3, n, k]).normal(size=(2, n))
        second = correlation * first + math.sqrt(1 - correlation**2) * other
        interval = paired.variance_reduction(first, second, level=0.95)
        hits += interval.low <= 1 / (1 - correlation) <= interval.high
    return hits / repeats


@pytest.mark.parametrize("correlation", [0.0, 0.9, 0.99])
def test_the_variance_reduction_holds_in_about_95_percent_of_studies(correlation: float) -> None:
    """1,500 studies: the standard error is 0.6 points; a true 92 % fails in two of three cases."""
    assert 0.925 <= holds(50, correlation, 1_500) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.9, 0.99])
@pytest.mark.parametrize(("n", "least"), [(20, 0.925), (50, 0.933), (200, 0.94), (400, 0.94)])
def test_the_variance_reduction_holds_as_often_as_the_docstring_says(
    n: int, least: float, correlation: float
) -> None:
    """8,000 studies: the standard error is 0.25 points."""
    assert least <= holds(n, correlation, 8_000) <= 0.96


def test_the_variance_reduction_is_the_ratio_of_the_variances() -> None:
    first, second = np.random.default_rng(4).normal(size=(2, 40))
    interval = paired.variance_reduction(first, first + 0.1 * second, level=0.95)
    apart = (0.1 * second).var(ddof=1)
    assert interval.value == pytest.approx(
        (first.var(ddof=1) + (first + 0.1 * second).var(ddof=1)) / apart
    )


def test_the_jackknife_leaves_out_each_run() -> None:
    first, second = np.random.default_rng(5).normal(size=(2, 12))
    interval = paired.variance_reduction(first, second, level=0.9)

    def log_factor(x: Values, y: Values) -> float:
        return math.log((x.var(ddof=1) + y.var(ddof=1)) / (y - x).var(ddof=1))

    pseudo = [
        12 * log_factor(first, second) - 11 * log_factor(np.delete(first, i), np.delete(second, i))
        for i in range(12)
    ]
    half = stats.t.ppf(0.95, 11) * stats.sem(pseudo)
    assert math.log(interval.high / interval.value) == pytest.approx(half)


def test_equal_results_reduce_the_variance_without_bound() -> None:
    values = np.random.default_rng(6).normal(size=20)
    interval = paired.variance_reduction(values, values, level=0.95)
    assert (interval.value, interval.high) == (math.inf, math.inf)
    assert interval.low == 0.5
    constant = paired.variance_reduction(np.ones(20), np.zeros(20), level=0.95)
    assert constant.value == 1


@pytest.mark.parametrize("odd", [1e-9, 1.0, 1e9])
def test_a_single_run_that_differs_bounds_nothing(odd: float) -> None:
    values = np.arange(20.0)
    other = values.copy()
    other[3] += odd
    assert paired.variance_reduction(values, other, level=0.95).high > 1e20
