"""Fits: the likelihood equals scipy's where scipy has it; intervals keep their level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from ningde_sim import Exponential, Gamma, Lognormal, Weibull
from ningde_sim.learn.censored_times import CensoredTimes
from ningde_sim.learn.families import FAMILIES, Family
from ningde_sim.learn.maximum_likelihood import (
    allowed_fall,
    exponential_mean,
    fit,
    peak,
    profile,
)
from ningde_sim.plant.distributions import Distribution

NONE = np.empty(0)
BY_NAME = {family.name: family for family in FAMILIES}
LAWS = [Weibull(40, 1.8), Weibull(40, 0.8), Lognormal(40, 0.8), Gamma(40, 0.5), Gamma(40, 1.4)]
IN_SCIPY = {"Weibull": stats.weibull_min, "Lognormal": stats.lognorm, "Gamma": stats.gamma}


def frozen(law: Distribution):
    """The same distribution in scipy."""
    if isinstance(law, Weibull):
        return stats.weibull_min(law.shape, scale=law.scale)
    if isinstance(law, Gamma):
        return stats.gamma(law.cv**-2, scale=law.mean * law.cv**2)
    if isinstance(law, Lognormal):
        sigma = math.sqrt(math.log1p(law.cv**2))
        return stats.lognorm(sigma, scale=law.mean * math.exp(-(sigma**2) / 2))
    return stats.expon(scale=law.mean)


def shape(law: Distribution) -> float:
    return law.shape if isinstance(law, Weibull) else law.std / law.mean


def family(law: Distribution) -> Family:
    return BY_NAME[type(law).__name__]


def cut_times(complete: np.ndarray, right_censored: np.ndarray = NONE) -> CensoredTimes:
    return CensoredTimes(complete, right_censored, NONE, NONE)


def renewals(
    law: Distribution, seed: int | list[int], *, machines: int, each: float, new: bool = False
) -> CensoredTimes:
    """Renewals of machines that have been running for long, in a window of `each` mean times."""
    rng = np.random.default_rng(seed)
    window, before = each * law.mean, 0.0 if new else 30 * law.mean
    size = (machines, int(2 * (before + window) / law.mean + 60))
    at = np.cumsum(frozen(law).rvs(size=size, random_state=rng), axis=1) - before
    parts: list[list[float]] = [[], [], [], []]
    for row in at:
        inside = row[(row > 0) & (row <= window)]
        assert row[-1] > window
        parts[0] += np.diff(inside).tolist()
        parts[2] += inside[:1].tolist()
        parts[1 if len(inside) else 3].append(window - (inside[-1] if len(inside) else 0.0))
    return CensoredTimes(*(np.array(part) for part in parts))


# ------------------------------------------------------------------ likelihood


@pytest.mark.parametrize("law", LAWS)
def test_densities_and_survivals_are_those_of_scipy(law: Distribution) -> None:
    x, of = np.array([0.5, 10.0, 40.0, 130.0]), frozen(law)
    kind, at = family(law), (law.mean, shape(law))
    assert of.mean() == pytest.approx(law.mean)
    assert kind.log_density(x, *at) == pytest.approx(of.logpdf(x))
    assert kind.log_survival(x, *at) == pytest.approx(of.logsf(x))
    assert kind.cv(shape(law)) == pytest.approx(of.std() / of.mean())
    assert kind.build(*at) == law


@pytest.mark.parametrize("law", LAWS)
def test_the_survival_of_a_residual_time_is_the_integral_of_that_of_the_time(
    law: Distribution,
) -> None:
    for x in (0.5, 10.0, 40.0, 130.0):
        integral = integrate.quad(frozen(law).sf, x, np.inf, limit=200)[0]
        log_residual = family(law).log_residual(np.array([x]), law.mean, shape(law))
        assert math.exp(log_residual[0]) == pytest.approx(integral / law.mean, rel=1e-6)


@pytest.mark.parametrize("law", LAWS)
def test_maximum_likelihood_is_that_of_scipy(law: Distribution) -> None:
    """For censored times without residual times, which is all that scipy fits."""
    times = frozen(law).rvs(size=60, random_state=np.random.default_rng(1))
    sample = cut_times(times[times < 50], np.full((times >= 50).sum(), 50.0))
    kind = IN_SCIPY[type(law).__name__]
    of = kind(*kind.fit(stats.CensoredData(sample.complete, right=sample.right_censored), floc=0))
    top = peak(family(law), sample)
    assert math.exp(top.log_mean) == pytest.approx(of.mean(), rel=1e-3)
    assert top.family.cv(math.exp(top.log_shape)) == pytest.approx(of.std() / of.mean(), rel=1e-3)
    height = of.logpdf(sample.complete).sum() + of.logsf(sample.right_censored).sum()
    assert top.height == pytest.approx(height, abs=1e-4)


def test_times_under_way_do_not_bias_the_shape() -> None:
    """400 machines that fail about once each; taken as new their times would seem exponential."""
    law = Weibull(40, 2.5)
    sample = renewals(law, 2, machines=400, each=1.0)
    right = profile(peak(BY_NAME["Weibull"], sample), level=0.95)
    assert right.mean.low < 40 < right.mean.high
    assert right.cv.low < law.std / law.mean < right.cv.high
    as_new = cut_times(
        np.append(sample.complete, sample.residual),
        np.append(sample.right_censored, sample.residual_censored),
    )
    wrong = profile(peak(BY_NAME["Weibull"], as_new), level=0.95)
    assert wrong.cv.low > law.std / law.mean


# ------------------------------------------------------------------ the choice


def test_fewer_than_five_times_are_taken_as_exponential() -> None:
    fitted = fit(cut_times(np.full(4, 10.0)), level=0.95)
    assert fitted.distribution == Exponential(10)
    assert (fitted.runner_up, math.isnan(fitted.behind)) == ("", True)
    assert fitted.cv.value == 1
    assert math.isnan(fitted.cv.low)


def test_another_family_must_be_clearly_better() -> None:
    """By more than 2 in AICc; then the best of the three is taken."""
    for k in range(60):
        law = (Exponential(40), Gamma(40, 0.7))[k % 2]
        times = frozen(law).rvs(size=12, random_state=np.random.default_rng([3, k]))
        fitted = fit(cut_times(times), level=0.95)
        log_likelihoods = {
            name: kind.logpdf(times, *kind.fit(times, floc=0)).sum()
            for name, kind in IN_SCIPY.items()
        }
        best = max(log_likelihoods, key=log_likelihoods.__getitem__)
        simple = stats.expon(scale=times.mean()).logpdf(times).sum()
        # AICc: 2 p - 2 log L + 2 p (p + 1) / (n - p - 1), for p of 1 and 2
        lower = (2 - 2 * simple + 4 / 10) - (4 - 2 * log_likelihoods[best] + 12 / 9)
        assert fitted.family == (best if lower > 2 else "Exponential")
        if fitted.family == "Exponential":
            assert (fitted.runner_up, fitted.behind) == (best, pytest.approx(-lower, abs=1e-3))
        else:
            assert 0 <= fitted.behind <= lower + 1e-3


@pytest.mark.parametrize(
    "law", [Exponential(40), Weibull(40, 3), Lognormal(40, 1.5), Gamma(40, 0.4)]
)
def test_many_times_reveal_their_family(law: Distribution) -> None:
    times = frozen(law).rvs(size=2_000, random_state=np.random.default_rng(4))
    fitted = fit(cut_times(times), level=0.95)
    assert fitted.family == type(law).__name__
    assert fitted.mean.value == pytest.approx(40, rel=0.2)


def test_equal_times_have_a_small_cv() -> None:
    fitted = fit(cut_times(np.full(20, 10.0)), level=0.95)
    assert fitted.mean.value == pytest.approx(10, rel=0.01)
    assert fitted.cv.value < 0.03


def test_a_change_of_unit_changes_the_unit_only() -> None:
    times = frozen(Weibull(40, 1.8)).rvs(size=40, random_state=np.random.default_rng(5))
    one, other = (fit(cut_times(times * k, np.array([60.0 * k])), level=0.95) for k in (1, 1e5))
    assert other.mean.value == pytest.approx(1e5 * one.mean.value, rel=1e-4)
    assert other.mean.high == pytest.approx(1e5 * one.mean.high, rel=1e-3)
    assert other.cv.low == pytest.approx(one.cv.low, rel=1e-3)


# ------------------------------------------------------------------ intervals


def test_the_interval_of_an_exponential_mean_is_that_of_chi_square() -> None:
    """At its ends the sum has a tail probability of 2.5 %; with censored times the count has."""
    complete = exponential_mean(cut_times(np.array([1.0, 5.0, 9.0])), level=0.95)
    assert stats.gamma.sf(15 / complete.low, 3) == pytest.approx(0.025)
    assert stats.gamma.cdf(15 / complete.high, 3) == pytest.approx(0.025)
    censored = exponential_mean(cut_times(np.array([1.0, 5.0]), np.array([9.0])), level=0.95)
    assert stats.poisson.cdf(2, 15 / censored.low) == pytest.approx(0.025)
    assert stats.poisson.sf(1, 15 / censored.high) == pytest.approx(0.025)
    none = exponential_mean(cut_times(NONE, np.array([15.0])), level=0.95)
    assert stats.poisson.pmf(0, 15 / none.low) == pytest.approx(0.025)
    assert (none.value, none.high) == (math.inf, math.inf)


def test_the_interval_of_lognormal_times_is_students_interval_of_their_logarithms() -> None:
    """That of the median, as sigma is profiled too; here by the fall at its ends."""
    times = np.random.default_rng(6).lognormal(2, 0.5, size=12)
    logs = np.log(times)
    half = stats.t.ppf(0.975, 11) * logs.std(ddof=1) / math.sqrt(12)
    spread = math.log1p((half / logs.std(ddof=0)) ** 2)
    assert 12 * spread == pytest.approx(2 * allowed_fall(12, level=0.95))


@pytest.mark.parametrize("law", LAWS)
def test_the_profile_likelihood_falls_by_the_allowed_fall_at_both_ends(law: Distribution) -> None:
    sample = renewals(law, 7, machines=1, each=40)
    top = peak(family(law), sample)
    fitted = profile(top, level=0.95)
    shapes = np.linspace(math.log(0.3), math.log(4), 2_000)
    for end in (fitted.mean.low, fitted.mean.high):
        least = min(top.fall(math.log(end), x) for x in shapes)
        assert least == pytest.approx(allowed_fall(sample.n, level=0.95), rel=0.01)


def hits(law: Distribution, n: int, machines: int, each: float) -> dict[str, float]:
    """In how many of n studies each interval of 95 % holds the truth."""
    counts = {"mean": 0, "cv": 0, "mean of its family": 0, "cv of its family": 0}
    for k in range(n):
        sample = renewals(law, [8, k], machines=machines, each=each)
        fitted = fit(sample, level=0.95)
        counts["mean"] += fitted.mean.low <= law.mean <= fitted.mean.high
        counts["cv"] += fitted.cv.low <= law.std / law.mean <= fitted.cv.high
        if isinstance(law, Exponential):
            mean = exponential_mean(sample, level=0.95)
        else:
            own = profile(peak(family(law), sample), level=0.95)
            mean = own.mean
            counts["cv of its family"] += own.cv.low <= law.std / law.mean <= own.cv.high
        counts["mean of its family"] += mean.low <= law.mean <= mean.high
    if isinstance(law, Exponential):
        del counts["cv of its family"]
    return {what: count / n for what, count in counts.items()}


def check_coverage(shares: dict[str, float], n: int, *, chosen: float) -> None:
    """93 % to 97.5 % with a known family, `chosen` or more with a chosen one; 3 standard errors."""
    for what, share in shares.items():
        free = "family" not in what
        least = chosen if free else 0.93
        assert share > least - 3 * math.sqrt(least * (1 - least) / n), (what, share)
        assert free or share < 0.975 + 3 * math.sqrt(0.975 * 0.025 / n), (what, share)


@pytest.mark.parametrize("law", [Exponential(40), Weibull(40, 1.8), Lognormal(40, 0.8)])
def test_intervals_keep_their_level(law: Distribution) -> None:
    """60 studies of about 50 failures of one machine."""
    check_coverage(hits(law, 60, machines=1, each=50), 60, chosen=0.92)


@pytest.mark.slow
@pytest.mark.parametrize(("machines", "each"), [(1, 50), (50, 1)])
@pytest.mark.parametrize("law", [Exponential(40), *LAWS])
def test_intervals_keep_their_level_in_many_studies(
    law: Distribution, machines: int, each: float
) -> None:
    """150 studies of about 50 failures: of one machine, of fifty pooled."""
    check_coverage(hits(law, 150, machines=machines, each=each), 150, chosen=0.92)
