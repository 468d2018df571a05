"""MSER: where to cut the transient start off a series of observations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ningde_sim._support import checks

BATCH = 5
"""Observations whose mean is one number of the series, as the 5 in MSER-5 says."""

LEAST_BATCHES = 20
"""With fewer batches MSER-5 says little. [batches]"""

SEARCHED = 0.75
"""Share of a series that is searched: after a later cut too little is left to compare with. [-]"""


@dataclass(frozen=True, slots=True)
class Cut:
    """Where to cut a series so that the mean of the rest is known best.

    Attributes
    ----------
    at : int
        Observations to leave out, less than half of them. [observations]
    minimum : float
        The statistic at the cut, about the squared standard error of the mean of the rest. [square
        of the observations' unit]
    enough : bool
        False where a cut in the second half would be better still: then the series is too short,
        and `at` is no answer.
    """

    at: int
    minimum: float
    enough: bool


def mser(series: Any, *, batch: int = BATCH) -> Cut:
    """Where to cut a series so that its start no longer affects the mean of the rest.

    The cut d is the one, of d from 0 to less than half of the n batches, with the least

        sum of (z_i - mean of z_d, ..., z_(n-1))^2 over i from d to n - 1, over (n - d)^2,

    and of equal ones the first. An incomplete last batch is left out.

    Parameters
    ----------
    series : array_like, shape (n,)
        Observations in equal steps of time. Of several runs it is their mean at each step.
    batch : int
        Observations whose mean is one z: 5 is MSER-5, 1 is MSER.

    Returns
    -------
    Cut
        Not `enough` where a later cut, up to three quarters, is better. For a series that does not
        change, independent normal numbers, this happens by chance in 13.5 % with 20 batches, in
        2.6 % with 40, in 0.5 % with 60.

    Raises
    ------
    ValueError, TypeError
        Fewer than 20 batches, numbers that are not finite, a batch that is not a whole number from
        1 on.

    References
    ----------
    White (1997), Simulation 69, 323-334. White, Cobb, Spratt (2000), Proceedings of the Winter
    Simulation Conference, 755-760. Hoad, Robinson, Davies (2010), Journal of the Operational
    Research Society 61, 1389-1403: several runs, no answer from the second half. That the last
    quarter is not searched is our own.
    """
    batch = checks.whole("mser", "batch", batch, low=1)
    values = np.asarray(series, dtype=float)
    n = values.size // batch
    if values.ndim != 1 or n < LEAST_BATCHES:
        rule = f"a series must be one row of at least {LEAST_BATCHES * batch} observations"
        raise ValueError(checks.complain("mser", rule, values.shape))
    if not np.isfinite(values).all():
        raise ValueError(checks.complain("mser", "a series must hold finite numbers", series))
    means = values[: n * batch].reshape(n, batch).mean(axis=1)
    away = (means - means[-1])[::-1]  # a constant rest gives zeros, which no sum rounds
    left = np.arange(1, n + 1)
    squares = np.cumsum(away**2) - np.cumsum(away) ** 2 / left
    statistic = (squares.clip(min=0) / left**2)[::-1]
    first = int(np.argmin(statistic[: (n + 1) // 2]))
    best = int(np.argmin(statistic[: int(SEARCHED * n) + 1]))
    return Cut(batch * first, float(statistic[first]), best == first)
