"""The distribution that fits some times best, with intervals of its mean and its spread."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import scipy

from ningde_sim.learn.families import FAMILIES, Family, Spans
from ningde_sim.plant.distributions import Distribution, Exponential
from ningde_sim.statistics.estimate import Estimate

FEW = 5
"""With fewer times that ended the exponential is taken unasked."""

CLEARLY = 2.0
"""The exponential stays unless the AICc of another family is lower by more than this: within 2 of
the best a model has substantial support (Burnham, Anderson 2002, section 2.6)."""

PLAUSIBLE = 4.0
"""Families whose AICc is higher than the least by no more than this may be the true one: beyond 4 a
model has considerably less support (Burnham, Anderson 2002, section 2.6)."""

FARTHEST = 16.0
"""How far from the likeliest mean an end of its interval is looked for, as a logarithm. [-]"""


@dataclass(frozen=True)
class Fit:
    """A distribution fitted to times.

    Attributes
    ----------
    distribution : Distribution
    mean : Estimate
        [unit of the times]
    cv : Estimate
        Standard deviation over mean; without bounds where no other than the exponential was tried,
        which fixes it. [-]
    runner_up : str
        The best of the other families; "" where no other was tried.
    behind : float
        Its AICc less that of the one taken; NaN where no other was tried, below 0 where the
        exponential stayed as the simpler one.
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


def fit(spans: Spans, *, level: float) -> Fit:
    """Fit the exponential, or one of the families of two numbers where that is clearly better.

    The intervals take in those of all families that may be the true one as well: which of them is
    taken is a matter of luck.

    Parameters
    ----------
    spans : Spans
        Of which one ended at least.
    level : float
        Confidence of each interval. [-]

    References
    ----------
    Hurvich, Tsai (1989), Biometrika 76, 297-307: AICc; its n here is the times that ended.
    """
    simple = _exponential(spans, level)
    if spans.n < FEW:
        return simple
    peaks = {family.name: peak(family, spans) for family in FAMILIES}
    scores = {name: _aicc(found.height, 2, spans.n) for name, found in peaks.items()}
    best = min(scores, key=scores.__getitem__)
    scores["Exponential"] = _aicc(-spans.n * (math.log(simple.mean.value) + 1), 1, spans.n)
    taken = "Exponential" if scores["Exponential"] <= scores[best] + CLEARLY else best
    most = min(scores.values()) + PLAUSIBLE
    found = {
        name: two_numbers(top, level=level) for name, top in peaks.items() if scores[name] <= most
    }
    if scores["Exponential"] <= most:
        found["Exponential"] = simple
    rest = {name: score for name, score in scores.items() if name != taken}
    second = min(rest, key=rest.__getitem__)
    return Fit(
        found[taken].distribution,
        _widest(found[taken].mean, [each.mean for each in found.values()]),
        _widest(found[taken].cv, [each.cv for each in found.values()]),
        second,
        rest[second] - scores[taken],
    )


def _widest(taken: Estimate, found: Iterable[Estimate]) -> Estimate:
    """An estimate with an interval that takes in those of others, or their value without one."""
    ends = [x for each in found for x in (each.low, each.value, each.high) if not math.isnan(x)]
    return replace(taken, low=min(ends), high=max(ends))


def _aicc(log_likelihood: float, numbers: int, n: int) -> float:
    return 2 * numbers * n / (n - numbers - 1) - 2 * log_likelihood


# ------------------------------------------------------------------ exponential


def _exponential(spans: Spans, level: float) -> Fit:
    mean = exponential_mean(spans, level=level)
    cv = Estimate(1.0, math.nan, math.nan, level, spans.n)
    return Fit(Exponential(mean.value), mean, cv, "", math.nan)


def exponential_mean(spans: Spans, *, level: float) -> Estimate:
    """The mean of exponential times, with the interval of the chi-square distribution.

    It is exact where all ended. Where a window cuts them it holds the mean at least as often as
    said: the number that end in it is a Poisson count (Garwood 1936), from 0 on.

    References
    ----------
    Epstein, Sobel (1953), Journal of the American Statistical Association 48, 486-502. Garwood
    (1936), Biometrika 28, 437-442.
    """
    n, total, tail = spans.n, spans.total, (1 - level) / 2
    more = 1 if spans.censored or not n else 0
    low = 2 * total / float(scipy.stats.chi2.isf(tail, 2 * (n + more)))
    high = 2 * total / float(scipy.stats.chi2.ppf(tail, 2 * n)) if n else math.inf
    return Estimate(total / n if n else math.inf, low, high, level, n)


# ------------------------------------------------------------------ families of two numbers


@dataclass(frozen=True, eq=False)
class Peak:
    """Where the likelihood of a family is greatest, with logarithms of mean and shape."""

    family: Family
    spans: Spans
    log_mean: float
    log_shape: float
    height: float

    @property
    def means(self) -> tuple[float, float]:
        """Between which logarithms a mean is looked for."""
        return self.log_mean - FARTHEST, self.log_mean + FARTHEST

    @property
    def shapes(self) -> tuple[float, float]:
        """Between which logarithms a shape is looked for."""
        return math.log(self.family.least), math.log(self.family.most)

    def fall(self, log_mean: float, log_shape: float) -> float:
        """How far the log-likelihood lies below the peak."""
        mean, shape = math.exp(log_mean), math.exp(log_shape)
        found = self.family.log_likelihood(self.spans, mean, shape)
        return min(self.height - found, 1e9)  # minimisers want numbers


def peak(family: Family, spans: Spans) -> Peak:
    """Maximum likelihood."""
    start = Peak(family, spans, math.log(spans.total / spans.n), 0.0, 0.0)
    corners = np.array([(0, 0), (0.3, 0), (0, 0.3)]) + np.array([start.log_mean, 0.0])
    found = scipy.optimize.minimize(  # type: ignore[call-overload]  # scipy-stubs know no simplex
        lambda at: start.fall(float(at[0]), float(at[1])),
        corners[0],
        method="Nelder-Mead",
        bounds=[start.means, start.shapes],
        options={"initial_simplex": corners, "xatol": 1e-6, "fatol": 1e-9, "maxiter": 2000},
    )
    return Peak(family, spans, float(found.x[0]), float(found.x[1]), -float(found.fun))


def two_numbers(top: Peak, *, level: float) -> Fit:
    """The distribution at the peak, with intervals of the profile likelihood.

    An interval holds the values at which twice the fall of the log-likelihood, the other number
    at its likeliest, is at most n log(1 + t^2 / (n - 1)), with t the quantile of Student's law of
    n - 1 degrees of freedom and n the times that ended. For the mean of the logarithms of
    lognormal times this is Student's interval, which is exact; for large n it is the quantile of
    chi-square with one degree of freedom.

    References
    ----------
    Meeker, Escobar (1998), Statistical Methods for Reliability Data, chapter 8: profile
    likelihood of censored times.
    """
    n, family, most = top.spans.n, top.family, cut(top.spans.n, level=level)
    mean = math.exp(top.log_mean)

    def fall_at_mean(x: float) -> float:
        """The least fall at a mean, whatever the shape."""
        return _least(lambda shape: top.fall(x, shape), *top.shapes)

    def fall_at_shape(x: float) -> float:
        """The least fall at a shape, whatever the mean."""
        return _least(lambda mean: top.fall(mean, x), *top.means)

    low, high = (math.exp(_end(fall_at_mean, top.log_mean, end, most)) for end in top.means)
    one, other = (_end(fall_at_shape, top.log_shape, end, most) for end in top.shapes)
    cvs = sorted(family.cv(math.exp(x)) for x in (one, top.log_shape, other))
    return Fit(
        family.build(mean, math.exp(top.log_shape)),
        Estimate(mean, low, high, level, n),
        Estimate(cvs[1], cvs[0], cvs[2], level, n),
        "",
        math.nan,
    )


def cut(n: int, *, level: float) -> float:
    """How far the log-likelihood of n times may fall inside an interval."""
    t = float(scipy.stats.t.isf((1 - level) / 2, n - 1))
    return n * math.log1p(t * t / (n - 1)) / 2


def _least(fall: Callable[[float], float], low: float, high: float) -> float:

    found = scipy.optimize.minimize_scalar(
        fall, bounds=(low, high), method="bounded", options={"xatol": 1e-4}
    )
    return float(found.fun)


def _end(fall: Callable[[float], float], peak: float, limit: float, most: float) -> float:
    """Where the fall from the peak reaches the most, on the way to a limit; else the limit."""
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
