"""Pairs of runs: how often intervals hold known truths, how often the best cell is kept."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from ningde_sim.statistics import estimate, paired, selection
from ningde_sim.statistics.estimate import Values

# ------------------------------------------------------------------ means


def test_the_difference_is_second_less_first_with_the_paired_t_interval() -> None:
    first, second = np.random.default_rng(1).normal(size=(2, 30))
    found = paired.difference(first, second, level=0.9)
    theirs = stats.ttest_rel(second, first).confidence_interval(0.9)
    assert found.value == pytest.approx(second.mean() - first.mean())
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high))
    assert (found.level, found.n) == (0.9, 30)


def test_intervals_of_many_comparisons_hold_together() -> None:
    """Nine cells against one, in 95 % of studies or more; read one by one they would in 76 %.

    Of 2,000 studies (standard error 0.5 points). They share the baseline, so more than 95 % do.
    """
    together = alone = 0
    for k in range(2_000):
        values = np.random.default_rng([2, k]).normal(size=(10, 25))
        several, single = (
            [paired.difference(values[0], row, level=0.95, comparisons=m) for row in values[1:]]
            for m in (9, 1)
        )
        assert several[0].level == 0.95
        together += all(found.low <= 0 <= found.high for found in several)
        alone += all(found.low <= 0 <= found.high for found in single)
    assert 0.95 <= together / 2_000 <= 0.98
    assert alone / 2_000 < 0.85


# ------------------------------------------------------------------ probabilities


def pairs(gained: int, lost: int, n: int) -> tuple[Values, Values]:
    """Runs of which so many hit only in the second, only in the first; the others in both."""
    first, second = np.ones((2, n), dtype=bool)
    first[:gained] = False
    second[gained : gained + lost] = False
    return first, second


def coverage(n: int, differ: float, one_way: float, level: float, comparisons: int = 1) -> float:
    """By enumeration of all counts that are likelier than 1e-9, no chance in it."""
    gains, loses = differ * one_way, differ * (1 - one_way)
    total = 0.0
    ranges = ([x for x in range(n + 1) if stats.binom.pmf(x, n, p) > 1e-9] for p in (gains, loses))
    gained, lost = (part.ravel() for part in np.meshgrid(*ranges))
    within = gained + lost <= n
    gained, lost = gained[within], lost[within]
    counts = np.column_stack([gained, lost, n - gained - lost])
    chance = stats.multinomial.pmf(counts, n, [gains, loses, 1 - differ])
    for a, b, p in zip(gained, lost, chance, strict=True):
        found = paired.probability_difference(*pairs(a, b, n), level=level, comparisons=comparisons)
        total += p * (found.low <= gains - loses <= found.high)
    return total


@pytest.mark.parametrize(
    ("n", "differ", "one_way"),
    [(20, 0.02, 1.0), (20, 0.3, 0.5), (50, 0.1, 0.75), (50, 0.5, 1.0), (200, 0.02, 1.0)],
)
def test_the_difference_of_probabilities_holds_in_93_percent_or_more(n, differ, one_way) -> None:
    """Few runs that differ, all one way or both."""
    assert coverage(n, differ, one_way, 0.95) >= 0.932


@pytest.mark.slow
@pytest.mark.parametrize("n", [20, 50, 100, 200, 400])
def test_the_difference_of_probabilities_holds_as_often_as_said(n: int) -> None:
    """Over all that the docstring names; the ways are symmetric."""
    found = [
        coverage(n, differ, one_way, 0.95)
        for differ in (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.9)
        for one_way in (1.0, 0.98, 0.9, 0.75, 0.6, 0.5)
    ]
    assert min(found) >= 0.9315
    assert 0.958 <= np.mean(found) <= 0.987


@pytest.mark.parametrize(("differ", "one_way"), [(0.05, 1.0), (0.1, 1.0), (0.2, 0.9)])
def test_one_of_a_hundred_comparisons_of_probabilities_holds_as_often_as_said(
    differ: float, one_way: float
) -> None:
    """That of Bonett and Price holds the first in 99.4 %."""
    assert coverage(100, differ, one_way, 0.95, comparisons=100) >= 0.9990


def test_the_interval_of_probabilities_ends_where_the_score_test_does() -> None:
    """That of Wilson where the one bound has all that differ one way."""
    found = paired.probability_difference(*pairs(0, 1, 44), level=0.95)
    wilson = stats.binomtest(1, 44).proportion_ci(method="wilson")
    assert found.low == pytest.approx(-wilson.high)
    assert found.high > 0 > found.low
    z2 = stats.norm.ppf(0.975) ** 2
    none = paired.probability_difference(*pairs(0, 0, 44), level=0.95)
    assert none.value == 0
    assert (none.low, none.high) == pytest.approx((-z2 / (44 + z2), z2 / (44 + z2)))


def test_a_probability_that_leaps_from_0_to_1_has_an_interval_below_1() -> None:
    found = paired.probability_difference(*pairs(20, 0, 20), level=0.95)
    assert found.value == found.high == 1
    z2 = stats.norm.ppf(0.975) ** 2
    assert found.low == pytest.approx((20 - z2) / (20 + z2))  # the test's equation, solved by hand
    back = paired.probability_difference(*pairs(0, 20, 20), level=0.95)
    assert (back.low, back.high) == (-found.high, -found.low)


# ------------------------------------------------------------------ variances


def holds(n: int, correlation: float, repeats: int) -> float:
    """How often 95 % intervals of the variance reduction hold the true 1 / (1 - correlation)."""
    hits = 0
    for k in range(repeats):
        first, other = np.random.default_rng([3, n, k]).normal(size=(2, n))
        second = correlation * first + math.sqrt(1 - correlation**2) * other
        found = paired.variance_reduction(first, second, level=0.95)
        hits += found.low <= 1 / (1 - correlation) <= found.high
    return hits / repeats


@pytest.mark.parametrize("correlation", [0.0, 0.9, 0.99])
def test_the_variance_reduction_holds_in_about_95_percent_of_studies(correlation: float) -> None:
    """Of 1,500: the standard error is 0.6 points, so that 92 % in truth fails in two of three."""
    assert 0.925 <= holds(50, correlation, 1_500) <= 0.97


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.9, 0.99])
@pytest.mark.parametrize(("n", "least"), [(20, 0.925), (50, 0.933), (200, 0.94), (400, 0.94)])
def test_the_variance_reduction_holds_as_often_as_said(
    n: int, least: float, correlation: float
) -> None:
    """Of 8,000: the standard error is 0.25 points."""
    assert least <= holds(n, correlation, 8_000) <= 0.96


def test_the_variance_reduction_is_that_of_the_variances() -> None:
    first, second = np.random.default_rng(4).normal(size=(2, 40))
    found = paired.variance_reduction(first, first + 0.1 * second, level=0.95)
    apart = (0.1 * second).var(ddof=1)
    assert found.value == pytest.approx(
        (first.var(ddof=1) + (first + 0.1 * second).var(ddof=1)) / apart
    )


def test_its_jackknife_leaves_each_run_out() -> None:
    first, second = np.random.default_rng(5).normal(size=(2, 12))
    found = paired.variance_reduction(first, second, level=0.9)

    def log_factor(x: Values, y: Values) -> float:
        return math.log((x.var(ddof=1) + y.var(ddof=1)) / (y - x).var(ddof=1))

    pseudo = [
        12 * log_factor(first, second) - 11 * log_factor(np.delete(first, i), np.delete(second, i))
        for i in range(12)
    ]
    half = stats.t.ppf(0.95, 11) * stats.sem(pseudo)
    assert math.log(found.high / found.value) == pytest.approx(half)


def test_equal_results_reduce_the_variance_without_bound() -> None:
    values = np.random.default_rng(6).normal(size=20)
    found = paired.variance_reduction(values, values, level=0.95)
    assert (found.value, found.high) == (math.inf, math.inf)
    assert found.low == 0.5
    still = paired.variance_reduction(np.ones(20), np.zeros(20), level=0.95)
    assert still.value == 1


@pytest.mark.parametrize("odd", [1e-9, 1.0, 1e9])
def test_a_single_run_that_differs_bounds_nothing(odd: float) -> None:
    values = np.arange(20.0)
    other = values.copy()
    other[3] += odd
    assert paired.variance_reduction(values, other, level=0.95).high > 1e20


# ------------------------------------------------------------------ the best of many


def kept_best(means: Values, repeats: int, scale: float = 0.2) -> tuple[float, float]:
    """How often the best is kept, the first cell; and the mean share of the others kept."""
    best, others = 0, 0.0
    for k in range(repeats):
        rng = np.random.default_rng([7, k])
        values = means[:, None] + rng.normal(size=20) + scale * rng.normal(size=(len(means), 20))
        kept = selection.possibly_best(values, confidence=0.9)
        best += kept[0]
        others += kept[1:].mean()
    return best / repeats, others / repeats


def test_the_best_of_equals_is_kept_as_often_as_said() -> None:
    """The worst case. 3,000 studies: at 90 % in truth 88.5 % is 2.7 standard errors off.

    Bonferroni's bound gives away little: it drops the best more often than in 4 %.
    """
    best, _ = kept_best(np.zeros(10), 3_000)
    assert 0.885 <= best <= 0.96


def test_common_luck_drops_what_is_worse_by_less_than_the_spread_of_a_run() -> None:
    """By 0.5, where runs of one cell have standard deviation 1 and differences 0.28."""
    best, others = kept_best(np.array([0.0] + 9 * [-0.5]), 100)
    assert best == 1
    assert others < 0.01


def test_the_selection_is_that_of_a_pair_by_pair_comparison() -> None:
    values = np.random.default_rng(8).normal(size=(300, 8))  # more than one block
    values[:100] += 3
    n, expected = 8, np.ones(300, dtype=bool)
    t = stats.t.ppf(1 - 0.05 / 299, n - 1)
    for i in range(300):
        apart = values - values[i]
        expected[i] = not np.any(apart.mean(1) > t * apart.std(1, ddof=1) / math.sqrt(n))
    found = selection.possibly_best(values, confidence=0.95)
    assert np.array_equal(found, expected)
    assert expected.sum() < 300


def test_equal_cells_are_kept_and_a_constant_lead_decides() -> None:
    luck = np.random.default_rng(9).integers(29_000, 31_000, 20)
    values = np.array([luck, luck, luck - 1])
    assert selection.possibly_best(values, confidence=0.95).tolist() == [True, True, False]
    assert selection.possibly_best(np.ones((3, 5)), confidence=0.95).all()


def test_one_run_or_one_cell_drops_nothing() -> None:
    assert selection.possibly_best(np.array([[1.0], [2.0]]), confidence=0.95).all()
    assert selection.possibly_best(np.array([[1.0, 2.0]]), confidence=0.95).all()
    assert selection.possibly_likeliest(np.array([[False], [True]]), confidence=0.95).all()
    assert selection.possibly_likeliest(np.array([[False, True]]), confidence=0.95).all()


def test_the_likeliest_is_kept_as_often_as_said() -> None:
    """Ten cells of equal chance; the exact test keeps it oftener than in 90 % of 2,000 studies."""
    kept = 0
    for k in range(2_000):
        rng = np.random.default_rng([10, k])
        hits = rng.normal(size=60) + 0.3 * rng.normal(size=(10, 60)) > 0
        kept += selection.possibly_likeliest(hits, confidence=0.9)[0]
    assert 0.9 <= kept / 2_000 < 1


def test_the_selection_of_the_likeliest_is_that_of_mcnemars_test() -> None:
    rng = np.random.default_rng(11)
    hits = rng.normal(size=80) + rng.normal(size=(300, 80)) > np.linspace(-1, 1, 300)[:, None]
    p = np.ones((300, 300))
    for i in range(300):
        gained, lost = (hits & ~hits[i]).sum(1), (~hits & hits[i]).sum(1)
        p[i] = stats.binom.sf(gained - 1, gained + lost, 0.5)
    expected = ~(p <= 0.05 / 299).any(axis=1)
    found = selection.possibly_likeliest(hits, confidence=0.95)
    assert np.array_equal(found, expected)
    assert 10 < expected.sum() < 290


def test_the_likeliest_goes_by_runs_that_differ() -> None:
    """Nine gained and none lost is a surprise of 1 in 512, eight of 1 in 256."""
    base = np.zeros(40, dtype=bool)
    nine, eight = np.arange(40) < 9, np.arange(40) < 8
    assert not selection.possibly_likeliest(np.array([base, nine]), confidence=1 - 1 / 500)[0]
    assert selection.possibly_likeliest(np.array([base, eight]), confidence=1 - 1 / 500)[0]


@pytest.mark.slow
def test_ten_thousand_cells_take_seconds_and_no_table_of_all_pairs() -> None:
    import time
    import tracemalloc

    rng = np.random.default_rng(12)
    values = rng.normal(size=20) + 0.1 * rng.normal(size=(10_000, 20))
    tracemalloc.start()
    start = time.perf_counter()
    selection.possibly_best(values, confidence=0.95)
    selection.possibly_likeliest(values > 0, confidence=0.95)
    assert time.perf_counter() - start < 20
    assert tracemalloc.get_traced_memory()[1] < 300e6
    tracemalloc.stop()


# ------------------------------------------------------------------ the chances of many


def test_bounds_of_one_cell_are_those_of_clopper_and_pearson() -> None:
    hits = np.array([0, 3, 20])
    for x in hits:
        (low,), (high,) = selection.chances(np.array([x]), 20, confidence=0.975)
        alone = estimate.probability(int(x), 20, level=0.95)
        assert (low, high) == pytest.approx((alone.low, alone.high))


def test_all_lower_bounds_hold_together_and_so_do_all_upper_ones() -> None:
    """Twenty cells, 3,000 studies; without the correction 95 % bounds would in some 40 %."""
    truth = np.linspace(0.05, 0.95, 20)
    below = above = 0
    for k in range(3_000):
        hits = np.random.default_rng([13, k]).binomial(100, truth)
        lows, highs = selection.chances(hits, 100, confidence=0.9)
        below += bool(np.all(lows <= truth))
        above += bool(np.all(highs >= truth))
    assert 0.89 <= below / 3_000 <= 0.97
    assert 0.89 <= above / 3_000 <= 0.97
