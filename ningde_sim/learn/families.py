"""How likely times are under each family of distributions that a failure may have."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from ningde_sim.plant.distributions import Distribution, Gamma, Lognormal, Weibull

Floats = np.ndarray[Any, np.dtype[np.float64]]

LEAST_CV, MOST_CV = 0.02, 10.0
"""Fits look between them: times that are all alike would ask for 0. [-]"""


@dataclass(frozen=True, eq=False)
class Spans:
    """Times of one kind, all in one unit, none of them 0, arrays of shape (n,).

    Attributes
    ----------
    seen : array
        From beginning to end.
    longer : array
        They had lasted so long when the window closed.
    rest : array
        What was left, when the window opened, of times that ended in it.
    rest_longer : array
        The same of times that outlasted the window.
    """

    seen: Floats
    longer: Floats
    rest: Floats
    rest_longer: Floats

    @property
    def n(self) -> int:
        """How many ended."""
        return len(self.seen) + len(self.rest)

    @property
    def censored(self) -> int:
        """How many did not."""
        return len(self.longer) + len(self.rest_longer)

    @property
    def total(self) -> float:
        """All of them together. [unit]"""
        return float(sum(map(np.sum, (self.seen, self.longer, self.rest, self.rest_longer))))


Logs = Callable[[Floats, float, float], Floats]


@dataclass(frozen=True)
class Family:
    """A family of two numbers: the mean and a shape, which is the cv or has the name.

    Attributes
    ----------
    log_density, log_survival : functions of times, mean and shape.
    log_rest : function
        The same for log P(rest > t), the rest of a time that is under way at an instant that has
        nothing to do with it: the integral of the survival from t on, over the mean. Its density is
        the survival over the mean (Cox 1962, Renewal Theory, chapter 5).
    cv : function
        Of a shape.
    build : function
        Of a mean and a shape.
    least, most : float
        Where to look for the shape.
    """

    name: str
    log_density: Logs
    log_survival: Logs
    log_rest: Logs
    cv: Callable[[float], float]
    build: Callable[[float, float], Distribution]
    least: float = LEAST_CV
    most: float = MOST_CV

    def log_likelihood(self, spans: Spans, mean: float, shape: float) -> float:
        """Of all spans together; minus infinity where one cannot be."""
        with np.errstate(all="ignore"):
            found = (
                self.log_density(spans.seen, mean, shape).sum()
                + self.log_survival(spans.longer, mean, shape).sum()
                + self.log_survival(spans.rest, mean, shape).sum()
                - len(spans.rest) * math.log(mean)
                + self.log_rest(spans.rest_longer, mean, shape).sum()
            )
        return float(found) if np.isfinite(found) else -math.inf


# ------------------------------------------------------------------ Weibull


def _raised(x: Floats, mean: float, shape: float) -> Floats:
    """(x / scale)^shape, the time on the clock of an exponential of mean 1."""
    log_scale = math.log(mean) - math.lgamma(1 + 1 / shape)
    return np.asarray(np.exp(shape * (np.log(x) - log_scale)))


def _weibull_density(x: Floats, mean: float, shape: float) -> Floats:
    z = _raised(x, mean, shape)
    return np.asarray(math.log(shape) + np.log(z) - np.log(x) - z)


def _weibull_rest(x: Floats, mean: float, shape: float) -> Floats:

    return np.asarray(np.log(scipy.special.gammaincc(1 / shape, _raised(x, mean, shape))))


def _weibull_cv(shape: float) -> float:
    return math.sqrt(math.expm1(math.lgamma(1 + 2 / shape) - 2 * math.lgamma(1 + 1 / shape)))


# ------------------------------------------------------------------ lognormal


def _normal(x: Floats, mean: float, cv: float) -> tuple[Floats, float]:
    """Standard normal scores of log x, and the standard deviation of log x."""
    sigma = math.sqrt(math.log1p(cv * cv))
    return (np.log(x / mean) + sigma * sigma / 2) / sigma, sigma


def _lognormal_density(x: Floats, mean: float, cv: float) -> Floats:
    z, sigma = _normal(x, mean, cv)
    return np.asarray(-z * z / 2 - np.log(x) - math.log(sigma * math.sqrt(2 * math.pi)))


def _lognormal_survival(x: Floats, mean: float, cv: float) -> Floats:

    return np.asarray(scipy.special.log_ndtr(-_normal(x, mean, cv)[0]))


def _lognormal_rest(x: Floats, mean: float, cv: float) -> Floats:

    z, sigma = _normal(x, mean, cv)
    return np.asarray(np.log(scipy.special.ndtr(sigma - z) - x / mean * scipy.special.ndtr(-z)))


# ------------------------------------------------------------------ gamma


def _gamma_density(x: Floats, mean: float, cv: float) -> Floats:
    a = 1 / (cv * cv)
    z = x * a / mean
    return np.asarray(a * np.log(z) - z - np.log(x) - math.lgamma(a))


def _gamma_survival(x: Floats, mean: float, cv: float) -> Floats:

    a = 1 / (cv * cv)
    return np.asarray(np.log(scipy.special.gammaincc(a, x * a / mean)))


def _gamma_rest(x: Floats, mean: float, cv: float) -> Floats:

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
        _weibull_rest,
        _weibull_cv,
        Weibull,
        least=0.2,  # cv 15.8
        most=60.0,  # cv 0.021
    ),
    Family(
        "Lognormal", _lognormal_density, _lognormal_survival, _lognormal_rest, _itself, Lognormal
    ),
    Family("Gamma", _gamma_density, _gamma_survival, _gamma_rest, _itself, Gamma),
)
"""In the order in which they are preferred where they fit alike."""
