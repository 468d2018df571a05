"""Whether a fitted family is that of the times: the test of Anderson and Darling, and the mean."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ningde_sim.learn.censored_times import CensoredTimes, Floats
from ningde_sim.learn.families import Family

LEAST_P = 0.01
"""A family whose p lies below does not fit. [-]"""

MOST_ERRORS = 3.0
"""A family does not fit, either, if its mean lies farther from that seen. [standard errors]"""

SMALLEST, LARGEST = 0.001, 0.5
"""Bounds of the p that is told; beyond, the tables say nothing. [-]"""

LEVELS = np.array([0.25, 0.1, 0.05, 0.025, 0.01])
POINTS = {
    "Exponential": np.array([0.736, 1.062, 1.321, 1.591, 1.959]),
    "Weibull": np.array([0.474, 0.637, 0.757, 0.877, 1.038]),
    "Lognormal": np.array([0.470, 0.631, 0.752, 0.873, 1.035]),
    "Gamma": np.array([0.477, 0.643, 0.768, 0.894, 1.062]),  # of shape 2; 3 % less to more
}
"""Which values the statistic of many times exceeds at a level, mean and shape being fitted."""


@dataclass(frozen=True)
class Goodness:
    """How well a fitted family describes times.

    Attributes
    ----------
    p : float
        How often times of the family itself lie as far from it, from 0.001 to 0.5. [-]
    errors : float
        Distance of its mean from that seen, in standard errors; 0 where no mean is seen. [-]
    """

    p: float
    errors: float

    @property
    def fits(self) -> bool:
        """Whether nothing speaks against the family."""
        return self.p >= LEAST_P and self.errors <= MOST_ERRORS


def goodness(
    times: CensoredTimes, name: str, family: Family, mean: float, shape: float
) -> Goodness:
    """Compare times with a family that was fitted to them.

    Censored times stand for what they may have become: they are spread evenly over the rest of the
    distribution, which speaks for the family. Equal times, of a clock with a coarse step, are
    spread evenly over the step.

    Parameters
    ----------
    times : CensoredTimes
    name : {"Exponential", "Weibull", "Lognormal", "Gamma"}
    family : Family
        For the exponential, Weibull with shape 1.
    mean, shape : float
        [unit of the times], [-]

    References
    ----------
    Stephens (1986), Tests based on EDF statistics, in D'Agostino, Stephens (editors), Goodness-of-
    Fit Techniques, chapter 4: percentage points where parameters are estimated. Cox, Snell (1968),
    Journal of the Royal Statistical Society B 30, 248-275: residuals of censored times.
    """
    u = np.sort(_uniforms(times, family, mean, shape))
    n = len(u)
    u = np.clip(u, 1e-12, 1 - 1e-12)
    odd = 2 * np.arange(n) + 1
    squared = -n - float(np.sum(odd * (np.log(u) + np.log1p(-u[::-1])))) / n
    p = float(np.exp(_line(squared * _growth(name, n), POINTS[name], np.log(LEVELS))))
    seen, cv = times.mean_seen, family.cv(shape)
    errors = 0.0
    if not math.isnan(seen):
        errors = abs(seen - mean) / (mean * max(1.0, cv) / math.sqrt(times.n))
    return Goodness(min(max(p, SMALLEST), LARGEST), errors)


def _growth(name: str, n: int) -> float:
    """What the statistic of n times must be multiplied by, to be that of many."""
    if name == "Exponential":
        return 1 + 0.6 / n
    if name == "Lognormal":
        return 1 + 0.75 / n + 2.25 / (n * n)
    return 1 + 0.2 / math.sqrt(n)


def _line(x: float, xs: Floats, ys: Floats) -> float:
    """The line through given points, which goes on beyond the first and the last."""
    k = int(np.clip(np.searchsorted(xs, x), 1, len(xs) - 1))
    return float(ys[k - 1] + (x - xs[k - 1]) * (ys[k] - ys[k - 1]) / (xs[k] - xs[k - 1]))


def _uniforms(times: CensoredTimes, family: Family, mean: float, shape: float) -> Floats:
    """What should be uniform from 0 to 1: the probability of less than each time."""

    def less(x: Floats, *, residual: bool) -> Floats:
        if not len(x):
            return x
        of = family.log_residual if residual else family.log_survival
        with np.errstate(all="ignore"):
            return np.asarray(-np.expm1(of(np.maximum(x, 0.0), mean, shape)))

    ended = []
    for part, residual in ((times.complete, False), (times.residual, True)):
        x, n = np.unique(part, return_counts=True)
        half = np.diff(x).min() / 2 if len(x) > 1 and n.max() > 1 else 0.0
        low, high = (less(x + d, residual=residual) for d in (-half, half))
        of = np.repeat(np.arange(len(x)), n)
        rank = np.arange(len(of)) - np.repeat(np.cumsum(n) - n, n)
        ended.append(low[of] + (high - low)[of] * (rank + 0.5) / n[of])
    cut = [
        less(times.right_censored, residual=False),
        less(times.residual_censored, residual=True),
    ]
    return np.concatenate([*ended, *(low + (1 - low) * _spread(len(low)) for low in cut)])


def _spread(n: int) -> Floats:
    """So many numbers spread evenly over 0 to 1, as any first ones of them are."""
    return np.asarray((np.arange(n) + 0.5) * (math.sqrt(5) - 1) / 2 % 1.0)
