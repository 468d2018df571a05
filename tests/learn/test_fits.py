"""Fits: the likelihood is scipy's where scipy has it, intervals hold as often as said."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from ningde_sim import Exponential, Gamma, Lognormal, Weibull
from ningde_sim.learn import fits
from ningde_sim.learn.families import FAMILIES, Family, Spans
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


def seen(times: np.ndarray, longer: np.ndarray = NONE) -> Spans:
    return Spans(times, longer, NONE, NONE)


def observed(
    law: Distribution, seed: int | list[int], *, machines: int, each: float, new: bool = False
) -> Spans:
    """Renewals of some machines, long under way, seen over a window of `each` mean times."""
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
    return Spans(*(np.array(part) for part in parts))


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
def test_the_rest_of_a_time_under_way_is_the_integral_of_its_survival(law: Distribution) -> None:
    for x in (0.5, 10.0, 40.0, 130.0):
        integral = integrate.quad(frozen(law).sf, x, np.inf, limit=200)[0]
        rest = family(law).log_rest(np.array([x]), law.mean, shape(law))
        assert math.exp(rest[0]) == pytest.approx(integral / law.mean, rel=1e-6)


@pytest.mark.parametrize("law", LAWS)
def test_maximum_likelihood_is_that_of_scipy(law: Distribution) -> None:
    """Of censored times without any under way at the start, which is all that scipy fits."""
    times = frozen(law).rvs(size=60, random_state=np.random.default_rng(1))
    spans = seen(times[times < 50], np.full((times >= 50).sum(), 50.0))
    kind = IN_SCIPY[type(law).__name__]
    of = kind(*kind.fit(stats.CensoredData(spans.seen, right=spans.longer), floc=0))
    found = fits.peak(family(law), spans)
    assert math.exp(found.log_mean) == pytest.approx(of.mean(), rel=1e-3)
    assert found.family.cv(math.exp(found.log_shape)) == pytest.approx(
        of.std() / of.mean(), rel=1e-3
    )
    height = of.logpdf(spans.seen).sum() + of.logsf(spans.longer).sum()
    assert found.height == pytest.approx(height, abs=1e-4)


def test_times_under_way_do_not_bend_the_shape() -> None:
    """Of 400 machines that fail about once each; taken as new they would seem to be exponential."""
    law = Weibull(40, 2.5)
    spans = observed(law, 2, machines=400, each=1.0)
    right = fits.two_numbers(fits.peak(BY_NAME["Weibull"], spans), level=0.95)
    assert right.mean.low < 40 < right.mean.high
    assert right.cv.low < law.std / law.mean < right.cv.high
    as_new = seen(np.append(spans.seen, spans.rest), np.append(spans.longer, spans.rest_longer))
    wrong = fits.two_numbers(fits.peak(BY_NAME["Weibull"], as_new), level=0.95)
    assert wrong.cv.low > law.std / law.mean


# ------------------------------------------------------------------ the choice


def test_fewer_than_five_times_are_exponential() -> None:
    found = fits.fit(seen(np.full(4, 10.0)), level=0.95)
    assert found.distribution == Exponential(10)
    assert (found.runner_up, math.isnan(found.behind)) == ("", True)
    assert found.cv.value == 1
    assert math.isnan(found.cv.low)


def test_another_family_has_to_be_clearly_better() -> None:
    """By more than 2 in AICc; then it is the best of the three."""
    for k in range(60):
        law = (Exponential(40), Gamma(40, 0.7))[k % 2]
        times = frozen(law).rvs(size=12, random_state=np.random.default_rng([3, k]))
        found = fits.fit(seen(times), level=0.95)
        log_likelihoods = {
            name: kind.logpdf(times, *kind.fit(times, floc=0)).sum()
            for name, kind in IN_SCIPY.items()
        }
        best = max(log_likelihoods, key=log_likelihoods.__getitem__)
        simple = stats.expon(scale=times.mean()).logpdf(times).sum()
        # AICc: 2 p - 2 log L + 2 p (p + 1) / (n - p - 1), for p of 1 and 2
        lower = (2 - 2 * simple + 4 / 10) - (4 - 2 * log_likelihoods[best] + 12 / 9)
        assert found.family == (best if lower > 2 else "Exponential")
        if found.family == "Exponential":
            assert (found.runner_up, found.behind) == (best, pytest.approx(-lower, abs=1e-3))
        else:
            assert 0 <= found.behind <= lower + 1e-3


@pytest.mark.parametrize(
    "law", [Exponential(40), Weibull(40, 3), Lognormal(40, 1.5), Gamma(40, 0.4)]
)
def test_many_times_tell_their_family(law: Distribution) -> None:
    times = frozen(law).rvs(size=2_000, random_state=np.random.default_rng(4))
    found = fits.fit(seen(times), level=0.95)
    assert found.family == type(law).__name__
    assert found.mean.value == pytest.approx(40, rel=0.2)


def test_times_that_are_all_alike_have_a_small_spread() -> None:
    found = fits.fit(seen(np.full(20, 10.0)), level=0.95)
    assert found.mean.value == pytest.approx(10, rel=0.01)
    assert found.cv.value < 0.03


def test_a_change_of_unit_changes_the_unit() -> None:
    times = frozen(Weibull(40, 1.8)).rvs(size=40, random_state=np.random.default_rng(5))
    one, other = (fits.fit(seen(times * k, np.array([60.0 * k])), level=0.95) for k in (1, 1e5))
    assert other.mean.value == pytest.approx(1e5 * one.mean.value, rel=1e-4)
    assert other.mean.high == pytest.approx(1e5 * one.mean.high, rel=1e-3)
    assert other.cv.low == pytest.approx(one.cv.low, rel=1e-3)


# ------------------------------------------------------------------ intervals


def test_the_interval_of_an_exponential_mean_is_that_of_chi_square() -> None:
    """At its ends a sum so small, or so great, has probability 2.5 %; cut, a number so great."""
    found = fits.exponential_mean(seen(np.array([1.0, 5.0, 9.0])), level=0.95)
    assert stats.gamma.sf(15 / found.low, 3) == pytest.approx(0.025)
    assert stats.gamma.cdf(15 / found.high, 3) == pytest.approx(0.025)
    cut = fits.exponential_mean(seen(np.array([1.0, 5.0]), np.array([9.0])), level=0.95)
    assert stats.poisson.cdf(2, 15 / cut.low) == pytest.approx(0.025)
    assert stats.poisson.sf(1, 15 / cut.high) == pytest.approx(0.025)
    none = fits.exponential_mean(seen(NONE, np.array([15.0])), level=0.95)
    assert stats.poisson.pmf(0, 15 / none.low) == pytest.approx(0.025)
    assert (none.value, none.high) == (math.inf, math.inf)


def test_the_interval_of_lognormal_times_is_students_on_their_logarithms() -> None:
    """Of the median, as sigma is profiled too; here by the fall at its ends."""
    times = np.random.default_rng(6).lognormal(2, 0.5, size=12)
    logs = np.log(times)
    half = stats.t.ppf(0.975, 11) * logs.std(ddof=1) / math.sqrt(12)
    spread = math.log1p((half / logs.std(ddof=0)) ** 2)
    assert 12 * spread == pytest.approx(2 * fits.cut(12, level=0.95))


@pytest.mark.parametrize("law", LAWS)
def test_the_profile_falls_by_the_cut_at_both_ends(law: Distribution) -> None:
    spans = observed(law, 7, machines=1, each=40)
    top = fits.peak(family(law), spans)
    found = fits.two_numbers(top, level=0.95)
    shapes = np.linspace(math.log(0.3), math.log(4), 2_000)
    for end in (found.mean.low, found.mean.high):
        least = min(top.fall(math.log(end), x) for x in shapes)
        assert least == pytest.approx(fits.cut(spans.n, level=0.95), rel=0.01)


def hits(law: Distribution, n: int, machines: int, each: float) -> dict[str, float]:
    """In how many of n studies each interval of 95 % holds the truth."""
    found = {"mean": 0, "cv": 0, "mean of its family": 0, "cv of its family": 0}
    for k in range(n):
        spans = observed(law, [8, k], machines=machines, each=each)
        fit = fits.fit(spans, level=0.95)
        found["mean"] += fit.mean.low <= law.mean <= fit.mean.high
        found["cv"] += fit.cv.low <= law.std / law.mean <= fit.cv.high
        if isinstance(law, Exponential):
            mean = fits.exponential_mean(spans, level=0.95)
        else:
            own = fits.two_numbers(fits.peak(family(law), spans), level=0.95)
            mean = own.mean
            found["cv of its family"] += own.cv.low <= law.std / law.mean <= own.cv.high
        found["mean of its family"] += mean.low <= law.mean <= mean.high
    if isinstance(law, Exponential):
        del found["cv of its family"]
    return {what: count / n for what, count in found.items()}


def check_coverage(found: dict[str, float], n: int, *, chosen: float) -> None:
    """93 % to 97.5 % with the family known, from `chosen` on with it chosen; 3 standard errors."""
    for what, share in found.items():
        free = "family" not in what
        least = chosen if free else 0.93
        assert share > least - 3 * math.sqrt(least * (1 - least) / n), (what, share)
        assert free or share < 0.975 + 3 * math.sqrt(0.975 * 0.025 / n), (what, share)


@pytest.mark.parametrize("law", [Exponential(40), Weibull(40, 1.8), Lognormal(40, 0.8)])
def test_intervals_hold_the_truth_as_often_as_said(law: Distribution) -> None:
    """60 studies of some 50 failures of one machine."""
    check_coverage(hits(law, 60, machines=1, each=50), 60, chosen=0.92)


@pytest.mark.slow
@pytest.mark.parametrize(("machines", "each"), [(1, 50), (50, 1)])
@pytest.mark.parametrize("law", [Exponential(40), *LAWS])
def test_intervals_hold_the_truth_as_often_as_said_in_many_studies(
    law: Distribution, machines: int, each: float
) -> None:
    """150 studies of some 50 failures: of one machine, of fifty pooled."""
    check_coverage(hits(law, 150, machines=machines, each=each), 150, chosen=0.92)
