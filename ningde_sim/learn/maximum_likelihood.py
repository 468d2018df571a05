"""The distribution that fits censored times best, with intervals of its mean and its cv."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import scipy

from ningde_sim.learn.censored_times import CensoredTimes
from ningde_sim.learn.families import FAMILIES, Family
from ningde_sim.plant.distributions import Distribution, Exponential
from ningde_sim.statistics.estimate import Estimate

FEW = 5
"""With fewer times that ended the exponential is taken without a comparison."""

CLEARLY = 2.0
"""The exponential stays unless the AICc of another family is lower by more than this: within 2 of
the best a model has substantial support (Burnham, Anderson 2002, section 2.6)."""

PLAUSIBLE = 4.0
"""A family may be the true one where its AICc is above the least by no more than this: beyond 4 a
model has considerably less support (Burnham, Anderson 2002, section 2.6)."""

FARTHEST = 16.0
"""How far from the likeliest mean the ends of its interval are searched, as a logarithm. [-]"""


@dataclass(frozen=True)
class Fit:
    """A distribution fitted to times.

    Attributes
    ----------
    distribution : Distribution
    mean : Estimate
        [unit of the times]
    cv : Estimate
        Coefficient of variation, standard deviation over mean; without bounds where only the
        exponential was tried, which fixes it at 1. [-]
    runner_up : str
        The best of the other families; "" where no other was tried.
    behind : float
        AICc of the runner-up less that of the family taken; NaN where no other was tried, below 0
        where the exponential was kept as the simpler one.
    """

    distribution: Distribution
    mean: Estimate
    cv: Estimate
    runner_up: str
    behind: float

    @property
    def family(self) -> str:
        """Exponential, Weibull, Lognormal or Gamma."""
        return type(self.distribution).__name__


def fit(times: CensoredTimes, *, level: float) -> Fit:
    """Fit the exponential, or a family with two parameters where that is clearly better.

    The intervals cover those of all families that may be the true one: which of them fits best is
    partly chance.

    Parameters
    ----------
    times : CensoredTimes
        At least one of them ended.
    level : float
        Confidence of each interval. [-]

    References
    ----------
    Hurvich, Tsai (1989), Biometrika 76, 297-307: AICc; here its n is the number of times that
    ended.
    """
    simple = _exponential(times, level)
    if times.n < FEW:
        return simple
    peaks = {family.name: peak(family, times) for family in FAMILIES}
    scores = {name: _aicc(top.height, 2, times.n) for name, top in peaks.items()}
    best = min(scores, key=scores.__getitem__)
    scores["Exponential"] = _aicc(-times.n * (math.log(simple.mean.value) + 1), 1, times.n)
    taken = "Exponential" if scores["Exponential"] <= scores[best] + CLEARLY else best
    most = min(scores.values()) + PLAUSIBLE
    plausible = {
        name: profile(top, level=level) for name, top in peaks.items() if scores[name] <= most
    }
    if scores["Exponential"] <= most:
        plausible["Exponential"] = simple
    others = {name: score for name, score in scores.items() if name != taken}
    runner_up = min(others, key=others.__getitem__)
    return Fit(
        plausible[taken].distribution,
        _widest(plausible[taken].mean, [each.mean for each in plausible.values()]),
        _widest(plausible[taken].cv, [each.cv for each in plausible.values()]),
        runner_up,
        others[runner_up] - scores[taken],
    )


def _widest(taken: Estimate, estimates: Iterable[Estimate]) -> Estimate:
    """An estimate whose interval covers those of others, or their values where they have none."""
    ends = [x for each in estimates for x in (each.low, each.value, each.high) if not math.isnan(x)]
    return replace(taken, low=min(ends), high=max(ends))


def _aicc(log_likelihood: float, parameters: int, n: int) -> float:
    return 2 * parameters * n / (n - parameters - 1) - 2 * log_likelihood


# ------------------------------------------------------------------ exponential


def _exponential(times: CensoredTimes, level: float) -> Fit:
    mean = exponential_mean(times, level=level)
    cv = Estimate(1.0, math.nan, math.nan, level, times.n)
    return Fit(Exponential(mean.value), mean, cv, "", math.nan)


def exponential_mean(times: CensoredTimes, *, level: float) -> Estimate:
    """The mean of exponential times, with the interval of the chi-square distribution.

    It is exact where all times ended. Where the window cuts some, it holds the mean at least as
    often as `level` says: the number that ends in the window is a Poisson count, from 0 on (Garwood
    1936).

    References
    ----------
    Epstein, Sobel (1953), Journal of the American Statistical Association 48, 486-502. Garwood
    (1936), Biometrika 28, 437-442.
    """
    n, total, tail = times.n, times.total, (1 - level) / 2
    more = 1 if times.n_censored or not n else 0
    low = 2 * total / float(scipy.stats.chi2.isf(tail, 2 * (n + more)))
    high = 2 * total / float(scipy.stats.chi2.ppf(tail, 2 * n)) if n else math.inf
    return Estimate(total / n if n else math.inf, low, high, level, n)


# ------------------------------------------------------------------ families with two parameters


@dataclass(frozen=True, eq=False)
class Peak:
    """Where the likelihood of a family is greatest, with logarithms of mean and shape."""

    family: Family
    times: CensoredTimes
    log_mean: float
    log_shape: float
    height: float

    @property
    def means(self) -> tuple[float, float]:
        """Bounds of the logarithm of the mean."""
        return self.log_mean - FARTHEST, self.log_mean + FARTHEST

    @property
    def shapes(self) -> tuple[float, float]:
        """Bounds of the logarithm of the shape."""
        return math.log(self.family.least), math.log(self.family.most)

    def fall(self, log_mean: float, log_shape: float) -> float:
        """How far the log-likelihood lies below the peak."""
        mean, shape = math.exp(log_mean), math.exp(log_shape)
        log_likelihood = self.family.log_likelihood(self.times, mean, shape)
        return min(self.height - log_likelihood, 1e9)  # the minimiser needs finite numbers


def peak(family: Family, times: CensoredTimes) -> Peak:
    """Maximum likelihood."""
    start = Peak(family, times, math.log(times.total / times.n), 0.0, 0.0)
    corners = np.array([(0, 0), (0.3, 0), (0, 0.3)]) + np.array([start.log_mean, 0.0])
    result = scipy.optimize.minimize(  # type: ignore[call-overload]  # scipy-stubs know no simplex
        lambda at: start.fall(float(at[0]), float(at[1])),
        corners[0],
        method="Nelder-Mead",
        bounds=[start.means, start.shapes],
        options={"initial_simplex": corners, "xatol": 1e-6, "fatol": 1e-9, "maxiter": 2000},
    )
    return Peak(family, times, float(result.x[0]), float(result.x[1]), -float(result.fun))


def profile(top: Peak, *, level: float) -> Fit:
    """The distribution at the peak, with intervals of the profile likelihood.

    An interval holds the values at which twice the fall of the log-likelihood, with the other
    parameter at its likeliest value, is at most n log(1 + t^2 / (n - 1)). Here t is the quantile of
    Student's distribution with n - 1 degrees of freedom and n the number of times that ended. For
    the mean of the logarithms of lognormal times this is Student's interval, which is exact; for
    large n the bound is the quantile of chi-square with one degree of freedom.

    References
    ----------
    Meeker, Escobar (1998), Statistical Methods for Reliability Data, chapter 8: profile
    likelihood of censored times.
    """
    n, family, most = top.times.n, top.family, allowed_fall(top.times.n, level=level)
    mean = math.exp(top.log_mean)

    def fall_at_mean(x: float) -> float:
        """The least fall at a mean, whatever the shape."""
        return _least(lambda shape: top.fall(x, shape), *top.shapes)

    def fall_at_shape(x: float) -> float:
        """The least fall at a shape, whatever the mean."""
        return _least(lambda mean: top.fall(mean, x), *top.means)

    low, high = (math.exp(_end(fall_at_mean, top.log_mean, end, most)) for end in top.means)
    shapes = [_end(fall_at_shape, top.log_shape, end, most) for end in top.shapes]
    cvs = sorted(family.cv(math.exp(x)) for x in (top.log_shape, *shapes))
    return Fit(
        family.build(mean, math.exp(top.log_shape)),
        Estimate(mean, low, high, level, n),
        Estimate(cvs[1], cvs[0], cvs[2], level, n),
        "",
        math.nan,
    )


def allowed_fall(n: int, *, level: float) -> float:
    """How far the log-likelihood of n times may fall inside an interval."""
    t = float(scipy.stats.t.isf((1 - level) / 2, n - 1))
    return n * math.log1p(t * t / (n - 1)) / 2


def _least(fall: Callable[[float], float], low: float, high: float) -> float:
    result = scipy.optimize.minimize_scalar(
        fall, bounds=(low, high), method="bounded", options={"xatol": 1e-4}
    )
    return float(result.fun)


def _end(fall: Callable[[float], float], peak: float, limit: float, most: float) -> float:
    """Where the fall from the peak exceeds `most` on the way to a limit; else the limit."""
    step, inside = math.copysign(0.05, limit - peak), peak
    while True:
        outside = peak + step
        if abs(step) >= abs(limit - peak):
            outside = limit
        if fall(outside) > most:
            break
        if outside == limit:
            return limit
        inside, step = outside, 2 * step
    return float(scipy.optimize.brentq(lambda x: fall(x) - most, inside, outside, xtol=1e-5))
