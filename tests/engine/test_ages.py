"""Failures of a plant that has run for long."""

import numpy as np
import pytest
from scipy import integrate, stats

from ningde_sim import (
    Empirical,
    Exponential,
    Failure,
    Fixed,
    Gamma,
    Line,
    Lognormal,
    Normal,
    Shifted,
    Shop,
    Station,
    Triangular,
    Uniform,
    Weibull,
    simulate,
)
from ningde_sim.engine.ages import length_biased, remaining

DISTRIBUTIONS = [
    Fixed(4),
    Exponential(4),
    Lognormal(4, 0.8),
    Lognormal(4, 0),
    Gamma(4, 0.5),
    Gamma(4, 1.7),
    Weibull(4, 5),
    Weibull(4, 0.7),
    Uniform(1, 7),
    Uniform(0, 8),
    Triangular(1, 2, 9),
    Triangular(0, 4, 8),
    Triangular(3, 3, 6),
    Triangular(3, 6, 6),
    Triangular(4, 4, 4),
    Empirical([1, 3, 3, 9]),
    Normal(4, 0.2),
    Normal(4, 3),
    Normal(4, 0),
    Shifted(1, Exponential(3)),
    Shifted(3, Gamma(1, 1.7)),
    Shifted(2, Normal(2, 1)),
    Shifted(0, Lognormal(4, 0.8)),
    Shifted(2, Weibull(2, 0.7)),
    Shifted(1, Triangular(0, 2, 7)),
    Shifted(1, Uniform(0, 6)),
    Shifted(1, Empirical([1, 3, 3, 9])),
    Shifted(1, Fixed(3)),
]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=repr)
def test_long_uptimes_are_under_way_more_often(distribution):
    """In proportion to their length: mean E[X²] / E[X], mean of the inverse 1 / E[X].

    Quadrature over the quantiles; the moments of any other weight would differ.
    """
    mean, std = distribution.mean, distribution.std
    u = (np.arange(20_000) + 0.5) / 20_000
    values = np.array([length_biased(distribution, each) for each in u])
    if not isinstance(distribution, Shifted):
        assert (np.diff(values) >= 0).all()
    assert values.mean() == pytest.approx((std**2 + mean**2) / mean, rel=3e-3)
    assert (1 / values).mean() == pytest.approx(1 / mean, rel=0.06)


def test_what_is_left_has_the_equilibrium_distribution():
    """Its distribution is the integral of the share of longer uptimes, over the mean.

    4,000 draws: Kolmogorov and Smirnov see a difference of 0.03 with probability above 0.99.
    """
    rng = np.random.default_rng(1)
    law = stats.weibull_min(5, scale=Weibull(100, 5).scale)
    left = [remaining(Weibull(100, 5), *rng.random(2)) for _ in range(4_000)]
    at = np.linspace(0, 250, 2_001)
    share = integrate.cumulative_trapezoid(law.sf(at), at, initial=0) / 100
    assert stats.kstest(left, lambda x: np.interp(x, at, share)).pvalue > 1e-3


def tools(*, aged):
    """50 tools, each with a life of 100 h, that wear out."""
    mode = Failure("worn", Weibull(100, 5), Fixed(0), clock="calendar", aged=aged)
    stations = [Station(f"T{i}", 60, failures=[mode]) for i in range(50)]
    return Shop("s", [Line("L", stations)])


def test_worn_tools_fail_on_the_first_day():
    """12 of 50 in 24 h, as in any other 24 h; new ones do not.

    100 runs: the standard error is 0.3 failures, so 1.2 is seen with probability above 0.99.
    """
    failed = [
        simulate(tools(aged=aged), hours=24, seed=2, run=run).failures["failures"].sum()
        for aged in (True, False)
        for run in range(100)
    ]
    assert np.mean(failed[:100]) == pytest.approx(12, abs=1)
    assert np.mean(failed[100:]) < 0.2


def test_the_age_changes_nothing_but_the_first_uptime():
    """The second uptime and the first repair are the same draws."""
    runs = []
    for aged in (False, True):
        mode = Failure("m", Exponential(1), Exponential(5), clock="calendar", aged=aged)
        shop = Shop("s", [Line("L", [Station("A", 60, failures=[mode])])])
        trace = simulate(shop, hours=20, seed=4, trace=True).trace
        down = trace[trace["thing"] == "A: m"]
        runs.append((down["begin"].to_numpy(), down["end"].to_numpy()))
    (begin, end), (other_begin, other_end) = runs
    assert begin[0] != other_begin[0]
    assert end[0] - begin[0] == other_end[0] - other_begin[0]
    assert (begin[1:] - end[:-1])[:5].tolist() == (other_begin[1:] - other_end[:-1])[:5].tolist()


def test_both_engines_have_the_same_first_uptimes():
    """To the millisecond."""
    runs = [
        simulate(tools(aged=True), hours=24, seed=2, engine=engine, trace=True).trace
        for engine in ("reference", "compiled")
    ]
    assert runs[0].equals(runs[1])
    assert (runs[0]["thing"] == "T3").any()
