"""When a study has enough runs: a sequential rule that looks at run counts fixed beforehand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ningde_sim._support import checks
from ningde_sim.statistics import control
from ningde_sim.statistics.cross_fit import Control
from ningde_sim.statistics.estimate import Estimate, Values

MOST = 10_000
"""Runs after which a study ends by default, whatever its precision. [runs]"""

FIRST, STEP, GROWTH = 128, 32, 1.25
"""First look [runs]; each look is a multiple of STEP [runs], and GROWTH times the last one [-]."""


@dataclass(frozen=True, slots=True)
class Precision:
    """The precision wanted: the half-width of an interval.

    Parameters
    ----------
    of : {"probability", "mean"}
        The quantity: P(>= target), or the mean.
    wanted : float
        Half of high - low. [-, or as the results]
    target : float, optional
        The least result that counts as reached; needed for a probability.
    level : float
        Confidence of the interval. [-]
    """

    of: str
    wanted: float
    target: float | None = None
    level: float = 0.95

    def estimate(self, values: Values, readings: Control | None = None) -> Estimate:
        """The estimate, with its interval, from results of shape (n,), with a control if any."""
        if self.of == "mean" or self.target is None:
            return control.mean(values, readings, level=self.level)
        return control.probability(values, self.target, readings, level=self.level)

    def reached(self, values: Values, readings: Control | None = None) -> bool:
        """Whether the interval of these results is narrow enough."""
        return half_width(self.estimate(values, readings)) <= self.wanted

    def needed(self, estimated: Estimate) -> int:
        """About how many runs would reach it: a half-width falls as 1/sqrt(n). [runs]"""
        more = half_width(estimated) / self.wanted
        return math.ceil(estimated.n * more**2) if math.isfinite(more) else FIRST


def half_width(estimated: Estimate) -> float:
    """Half of high - low. [as the value]"""
    return (estimated.high - estimated.low) / 2


def looks(most: int) -> Iterator[int]:
    """The run counts at which the rule looks: 128, 160, 224, 288, 384, ..., and the most."""
    n = FIRST
    while n < most:
        yield n
        n = STEP * math.ceil(GROWTH * n / STEP)
    yield most


def stop(values: Values, precision: Precision) -> int | None:
    """The first look at which the results so far are precise enough, or None.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        Results in the order of the runs.
    precision : Precision

    Notes
    -----
    A rule that stops when an interval looks narrow favours samples that are narrow by chance. How
    often 95 % intervals with this schedule hold the true value was measured with 4,000 studies each
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

    With a control (`statistics.control`) whose correlation is 0.95, 0.5 to +-0.05 holds in 95.1 %
    and 0.2 to +-0.03 in 94.8 % of 1,000 studies, of 155 and 326 runs on average.

    More than 95 % is no error: the interval of Clopper and Pearson keeps its level for each
    probability, and exceeds it where hits are few. The lognormal has a skewness of 1.75; for it a
    first look at 64 runs gave 92.9 %, Student's interval without stopping 94.3 % at 112 runs.

    References
    ----------
    Chow, Robbins (1965), Annals of Mathematical Statistics 36, 457-462. Law (2015), Simulation
    Modeling and Analysis, 5th ed., section 9.4.1.
    """
    return next((n for n in looks(len(values)) if precision.reached(values[:n])), None)


def wanted(owner: str, precision: float | Mapping[str, float], target: float | None) -> Precision:
    """Check the precision that a user gives.

    Raises
    ------
    TypeError, ValueError
        An unknown quantity, a half-width out of bounds, a probability without a target.
    """
    given = precision if isinstance(precision, Mapping) else {"probability": precision}
    if len(given) != 1 or not given.keys() <= {"probability", "mean"}:
        rule = "precision must be of one of 'probability', 'mean'"
        raise ValueError(checks.complain(owner, rule, precision))
    ((of, value),) = given.items()
    high = 0.5 if of == "probability" else math.inf
    cure = "It is a half-width: 0.02 for +-2 points." if of == "probability" else ""
    value = checks.number(owner, "precision", value, above=True, high=high, cure=cure)
    if of == "probability" and target is None:
        rule = "the precision of a probability needs a target"
        raise ValueError(
            checks.complain(owner, rule, target, "Give a target, or take {'mean': ...}.")
        )
    return Precision(of, value, target)
