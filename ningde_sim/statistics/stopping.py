"""When a study has runs enough: a rule on the results so far, at run counts fixed beforehand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ningde_sim._support import checks
from ningde_sim.statistics import estimate
from ningde_sim.statistics.estimate import Estimate, Values

MOST = 10_000
"""Runs after which a study ends, whatever its precision, unless it is told otherwise. [runs]"""

FIRST, STEP, GROWTH = 128, 32, 1.25
"""The first look; what each is a multiple of; how much later than the last one it is at least."""


@dataclass(frozen=True, slots=True)
class Precision:
    """A half-width wanted of an interval.

    Parameters
    ----------
    of : {"probability", "mean"}
        That of P(>= target), or of the mean.
    wanted : float
        Half of high - low. [share, or as the results]
    target : float, optional
        The least that counts as reached; a probability needs it.
    level : float
        Confidence of the interval. [-]
    """

    of: str
    wanted: float
    target: float | None = None
    level: float = 0.95

    def estimate(self, values: Values) -> Estimate:
        """The estimate whose interval it asks about, from results of shape (n,)."""
        if self.of == "mean" or self.target is None:
            return estimate.mean(values, level=self.level)
        hits = int(np.sum(values >= self.target))
        return estimate.probability(hits, len(values), level=self.level)

    def reached(self, values: Values) -> bool:
        """Whether the interval of these results is that narrow."""
        return half_width(self.estimate(values)) <= self.wanted

    def needed(self, found: Estimate) -> int:
        """About how many runs would reach it: a half-width falls as 1/sqrt(n). [runs]"""
        more = half_width(found) / self.wanted
        return math.ceil(found.n * more**2) if math.isfinite(more) else FIRST


def half_width(found: Estimate) -> float:
    """Half of high - low. [as the value]"""
    return (found.high - found.low) / 2


def looks(most: int) -> Iterator[int]:
    """The run counts at which the rule looks: 128, 160, 224, 288, 384, ..., and the most."""
    n = FIRST
    while n < most:
        yield n
        n = STEP * math.ceil(GROWTH * n / STEP)
    yield most


def stop(values: Values, precision: Precision) -> int | None:
    """The first look at which the results so far are precise enough; None when at none.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        Results in the order of the runs.
    precision : Precision

    Notes
    -----
    A rule that stops when an interval looks narrow favours samples that are narrow by luck. How
    often 95 % intervals at this schedule hold the truth was measured, with 4,000 studies each
    (standard error 0.4 points), and the tests repeat it:

    ====================  ===============  ===============  ===============
    P(>= target)          half-width 0.05  half-width 0.03
    ====================  ===============  ===============  ===============
    0.5                   94.8 %           95.3 %
    0.2                   95.4 %           95.4 %
    0.05                  97.7 %           97.2 %
    ====================  ===============  ===============  ===============
    mean, half-width of   0.2 sd           0.15 sd          0.1 sd
    ====================  ===============  ===============  ===============
    normal                94.8 %           94.6 %           94.6 %
    lognormal             94.3 %           93.6 %           94.4 %
    ====================  ===============  ===============  ===============

    More than 95 % is no fault: the interval of Clopper and Pearson holds its level for each
    probability, and exceeds it where hits are few. The lognormal has a skewness of 1.75; there
    a first look at 64 gave 92.9 %, Student's interval without any stopping 94.3 % at 112 runs.

    References
    ----------
    Chow, Robbins (1965), Annals of Mathematical Statistics 36, 457-462. Law (2015), Simulation
    Modeling and Analysis, 5th ed., section 9.4.1.
    """
    return next((n for n in looks(len(values)) if precision.reached(values[:n])), None)


def wanted(owner: str, precision: float | Mapping[str, float], target: float | None) -> Precision:
    """Check what precision is asked for.

    Raises
    ------
    TypeError, ValueError
        Not one known quantity, a half-width out of bounds, a probability without a target.
    """
    asked = precision if isinstance(precision, Mapping) else {"probability": precision}
    if len(asked) != 1 or not asked.keys() <= {"probability", "mean"}:
        rule = "precision must be of one of 'probability', 'mean'"
        raise ValueError(checks.complain(owner, rule, precision))
    ((of, value),) = asked.items()
    high = 0.5 if of == "probability" else math.inf
    cure = "It is a half-width: 0.02 for +-2 points." if of == "probability" else ""
    value = checks.number(owner, "precision", value, above=True, high=high, cure=cure)
    if of == "probability" and target is None:
        rule = "the precision of a probability needs a target"
        raise ValueError(checks.complain(owner, rule, target, "Give one, or ask for the mean."))
    return Precision(of, value, target)
