"""Results with common random numbers (CRN), compared run by run: what they share cancels."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import scipy

from ningde_sim.statistics import estimate
from ningde_sim.statistics.estimate import Estimate, Values


def difference(first: Values, second: Values, *, level: float, comparisons: int = 1) -> Estimate:
    """The mean of second - first, with Student's t interval of the differences.

    Parameters
    ----------
    first, second : numpy.ndarray, shape (n,)
        Results of the same runs of two variants.
    level : float
        Confidence. [-]
    comparisons : int
        Number of such intervals that are read together: all of them hold at once in a share `level`
        of all studies, however they are correlated (Bonferroni).

    References
    ----------
    Law (2015), Simulation Modeling and Analysis, 5th ed., section 10.2.1 (paired t) and 10.3
    (several intervals at once).
    """
    mean = estimate.mean(second - first, level=_each(level, comparisons))
    return replace(mean, level=level)


def probability_difference(
    first: Values, second: Values, *, level: float, comparisons: int = 1
) -> Estimate:
    """Probability of second less that of first, with Tango's score interval of paired shares.

    With 20 to 400 runs, of which the two differ in 0.2 % to 90 %, in one direction or in both, an
    interval of 95 % holds the true difference in 93.2 % to 100 % of studies, on average in 95.8 %
    to 98.6 %; the fewer runs differ, the more often. An interval of 99.95 %, for 100 comparisons at
    95 %, holds it in 99.90 % or more from 50 runs on, with 20 runs in 99.75 %. The adjusted Wald
    interval of Bonett and Price (2012) is as good at 95 %, but at 99.95 % it reaches only 99.4 %.

    Parameters
    ----------
    first, second : numpy.ndarray of bool, shape (n,)
        Whether each run of two variants hit the target.
    level, comparisons
        As for `difference`.

    References
    ----------
    Tango (1998), Statistics in Medicine 17, 891-908. Bonett, Price (2012), Journal of Educational
    and Behavioral Statistics 37, 479-488.
    """
    n = len(first)
    gained, lost = int(np.sum(second & ~first)), int(np.sum(first & ~second))
    z = float(scipy.stats.norm.ppf(0.5 + _each(level, comparisons) / 2))
    low, high = _least(gained, lost, n, z), -_least(lost, gained, n, z)
    return Estimate((gained - lost) / n, low, high, level, n)


def _least(gained: int, lost: int, n: int, z: float) -> float:
    """The least difference of the shares gained and lost that the score test does not reject."""
    low, high = -1.0, (gained - lost) / n
    for _ in range(52):  # to the last bit of 1
        middle = (low + high) / 2
        if gained - lost - n * middle >= z * _score_sd(middle, gained, lost, n):
            low = middle
        else:
            high = middle
    return low


def _score_sd(difference: float, gained: int, lost: int, n: int) -> float:
    """Standard deviation of gained - lost where the share gained is greater by `difference`.

    The share lost is then at its likeliest value (Tango 1998, section 3).
    """
    b = (2 * n - gained + lost) * difference - gained - lost  # a = 2 n
    c = -lost * difference * (1 - difference)
    loses = (math.sqrt(max(0.0, b * b - 8 * n * c)) - b) / (4 * n)
    return math.sqrt(max(0.0, n * (2 * loses + difference * (1 - difference))))


def variance_reduction(first: Values, second: Values, *, level: float) -> Estimate:
    """How many times as many runs independent random streams would need for the same interval.

    It is (Var first + Var second) / Var(second - first), 1 where pairs share nothing, and never
    less than 1/2. The interval is that of the jackknife on the logarithm. At 95 % it holds a true
    factor of 1, 10 and 100 in 93 %, 94 % and 95 % of studies of 20 normal runs, in 95 % from 200
    runs on. Where three of four runs do not differ at all it still does so in 93 %, 94 % and 95 %
    of studies of 20, 50 and 200 runs; the exact interval for normal results (Pitman 1939) in 70 %.

    Where all differences are equal the factor is infinite, or 1 if no result varies, without a
    bound; there is no bound either where all but one are equal.

    Parameters
    ----------
    first, second : numpy.ndarray, shape (n,)
        Results of the same runs of two variants; n from 3.
    level : float
        Confidence. [-]

    References
    ----------
    Law (2015), Simulation Modeling and Analysis, 5th ed., section 11.2. Miller (1968), Annals of
    Mathematical Statistics 39, 567-582: the jackknife on the logarithm of variances.
    """
    n, between = len(first), np.sort(second - first)
    spread = float(np.var(first) + np.var(second))
    if between[0] == between[-1]:
        return Estimate(math.inf if spread else 1.0, 0.5, math.inf, level, n)
    value, apart = spread / float(np.var(between)), _variances_without(second - first)
    if between[1] == between[-1] or between[0] == between[-2] or not apart.all():
        return Estimate(value, 0.5, math.inf, level, n)
    without = np.log((_variances_without(first) + _variances_without(second)) / apart)
    pseudo = n * math.log(value) - (n - 1) * without
    half = float(scipy.stats.t.ppf(0.5 + level / 2, n - 1) * np.std(pseudo, ddof=1) / math.sqrt(n))
    low, high = (value * float(np.exp(min(x, 600))) for x in (-half, half))  # a float ends at e^709
    return Estimate(value, max(0.5, low), high, level, n)


def _variances_without(values: Values) -> Values:
    """For each value the variance of the others, shape (n,)."""
    n, squares = len(values), np.square(values - np.mean(values))
    return np.asarray((squares.sum() - squares * n / (n - 1)).clip(min=0) / (n - 1))


def _each(level: float, comparisons: int) -> float:
    """The confidence of each interval, so that all hold together with `level`."""
    return 1 - (1 - level) / comparisons
