"""Likelihood of times under each family of distributions that a failure may have."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy

from ningde_sim.learn.censored_times import CensoredTimes, Floats
from ningde_sim.plant.distributions import (
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Lognormal,
    Weibull,
)

LEAST_CV, MOST_CV = 0.02, 10.0
"""Bounds of the fitted cv: equal times would make it 0. [-]"""


LogFunction = Callable[[Floats, float, float], Floats]
"""Of times, mean and shape."""


@dataclass(frozen=True)
class Family:
    """A family of distributions with two parameters: the mean and a shape, by default the cv.

    Attributes
    ----------
    log_density, log_survival : function of times, mean and shape
    log_residual : function of times, mean and shape
        log P(residual time > t), for a time that is under way at an instant independent of it: the
        integral of the survival function from t on, over the mean. Its density is the survival
        function over the mean (Cox 1962, Renewal Theory, chapter 5).
    cv : function of a shape
    build : function of a mean and a shape
    least, most : float
        Bounds of the shape.
    """

    name: str
    log_density: LogFunction
    log_survival: LogFunction
    log_residual: LogFunction
    cv: Callable[[float], float]
    build: Callable[[float, float], Distribution]
    least: float = LEAST_CV
    most: float = MOST_CV

    def log_likelihood(self, times: CensoredTimes, mean: float, shape: float) -> float:
        """Log-likelihood of all times; minus infinity where one of them is impossible."""
        total = -len(times.residual) * math.log(mean)
        with np.errstate(all="ignore"):
            for part, log_share in (
                (times.complete, self.log_density),
                (times.right_censored, self.log_survival),
                (times.residual, self.log_survival),
                (times.residual_censored, self.log_residual),
            ):
                if len(part):
                    total += log_share(part, mean, shape).sum()
        return float(total) if np.isfinite(total) else -math.inf


# ------------------------------------------------------------------ Weibull


def _raised(x: Floats, mean: float, shape: float) -> Floats:
    """(x / scale)^shape, which is exponential with mean 1."""
    log_scale = math.log(mean) - math.lgamma(1 + 1 / shape)
    return np.asarray(np.exp(shape * (np.log(x) - log_scale)))


def _weibull_density(x: Floats, mean: float, shape: float) -> Floats:
    z = _raised(x, mean, shape)
    return np.asarray(math.log(shape) + np.log(z) - np.log(x) - z)


def _weibull_residual(x: Floats, mean: float, shape: float) -> Floats:
    return np.asarray(np.log(scipy.special.gammaincc(1 / shape, _raised(x, mean, shape))))


def _weibull_cv(shape: float) -> float:
    return math.sqrt(math.expm1(math.lgamma(1 + 2 / shape) - 2 * math.lgamma(1 + 1 / shape)))


# ------------------------------------------------------------------ lognormal


def _scores(x: Floats, mean: float, cv: float) -> tuple[Floats, float]:
    """Standard normal scores of log x, and the standard deviation of log x."""
    sigma = math.sqrt(math.log1p(cv * cv))
    return (np.log(x / mean) + sigma * sigma / 2) / sigma, sigma


def _lognormal_density(x: Floats, mean: float, cv: float) -> Floats:
    z, sigma = _scores(x, mean, cv)
    return np.asarray(-z * z / 2 - np.log(x) - math.log(sigma * math.sqrt(2 * math.pi)))


def _lognormal_survival(x: Floats, mean: float, cv: float) -> Floats:
    return np.asarray(scipy.special.log_ndtr(-_scores(x, mean, cv)[0]))


def _lognormal_residual(x: Floats, mean: float, cv: float) -> Floats:
    z, sigma = _scores(x, mean, cv)
    return np.asarray(np.log(scipy.special.ndtr(sigma - z) - x / mean * scipy.special.ndtr(-z)))


# ------------------------------------------------------------------ gamma


def _gamma_density(x: Floats, mean: float, cv: float) -> Floats:
    a = 1 / (cv * cv)
    z = x * a / mean
    return np.asarray(a * np.log(z) - z - np.log(x) - math.lgamma(a))


def _gamma_survival(x: Floats, mean: float, cv: float) -> Floats:
    a = 1 / (cv * cv)
    return np.asarray(np.log(scipy.special.gammaincc(a, x * a / mean)))


def _gamma_residual(x: Floats, mean: float, cv: float) -> Floats:
    a = 1 / (cv * cv)
    z = x * a / mean
    return np.asarray(
        np.log(scipy.special.gammaincc(a + 1, z) - x / mean * scipy.special.gammaincc(a, z))
    )


def _itself(cv: float) -> float:
    return cv


FAMILIES = (
    Family(
        "Weibull",
        _weibull_density,
        lambda x, mean, shape: -_raised(x, mean, shape),
        _weibull_residual,
        _weibull_cv,
        Weibull,
        least=0.2,  # cv 15.8
        most=60.0,  # cv 0.021
    ),
    Family(
        "Lognormal",
        _lognormal_density,
        _lognormal_survival,
        _lognormal_residual,
        _itself,
        Lognormal,
    ),
    Family("Gamma", _gamma_density, _gamma_survival, _gamma_residual, _itself, Gamma),
)
"""In order of preference where they fit equally well."""


def survival(distribution: Distribution, x: Floats) -> Floats:
    """The share of times that are longer than each x, shape as x. [-]"""
    if isinstance(distribution, Empirical):
        values = np.sort(distribution.values)
        return np.asarray(1 - np.searchsorted(values, x, side="right") / len(values))
    if isinstance(distribution, Exponential):
        return np.asarray(np.exp(-np.asarray(x) / distribution.mean))
    by_name = {family.name: family for family in FAMILIES}
    mean = distribution.mean
    shape = distribution.shape if isinstance(distribution, Weibull) else distribution.std / mean
    with np.errstate(divide="ignore"):
        log_survival = by_name[type(distribution).__name__].log_survival(x, mean, shape)
    return np.asarray(np.exp(log_survival))
