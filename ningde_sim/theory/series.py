"""Machines without buffers between them, which stop each other at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import NDArray

from ningde_sim._support import checks

MOST_FAILURES = 10_000
"""In a cycle of `indexing_line`: it adds up the probability of each number of them."""


def stop_together(uptimes: Sequence[float], repairs: Sequence[float]) -> float:
    """Availability where a failure of one machine stops all, with their clocks (ODF).

    It is 1 / (1 + sum of MTTR / MTBF), exact for any distribution of the times.

    Parameters
    ----------
    uptimes, repairs : sequence of float, length n
        MTBF, in time at work, and MTTR, in one unit of time.

    Raises
    ------
    TypeError, ValueError
        Different lengths, an uptime that is not above 0.

    References
    ----------
    Buzacott (1968), Prediction of the efficiency of production systems without internal storage,
    International Journal of Production Research 6.

    Examples
    --------
    >>> round(stop_together([200] * 620, [0.1] * 620), 4)
    0.7634
    """
    ups, downs = _pair("stop_together", uptimes, repairs)
    return float(1 / (1 + np.sum(downs / ups)))


def all_up(uptimes: Sequence[float], repairs: Sequence[float]) -> float:
    """Share of the time in which all machines are up, where each fails independently (TDF).

    It is the product of MTBF / (MTBF + MTTR), exact for independent calendar clocks with any
    distribution, except times that stay in step.

    Parameters
    ----------
    uptimes, repairs : sequence of float, length n
        MTBF and MTTR, in one unit of time.

    Raises
    ------
    TypeError, ValueError
        As for `stop_together`.

    References
    ----------
    Barlow, Proschan (1975), Statistical Theory of Reliability and Life Testing: availability of
    series systems, with and without failures while another component is down.

    Examples
    --------
    >>> round(all_up([200] * 620, [0.1] * 620), 4)
    0.7335
    """
    ups, downs = _pair("all_up", uptimes, repairs)
    return float(np.prod(ups / (ups + downs)))


def indexing_line(uptimes: Sequence[float], repairs: Sequence[float], *, cycle: float) -> float:
    """Cycles per unit of time of an indexing line, which moves when its last station is done.

    Each station works for `cycle`, its exponential failures each cost an exponential repair, and
    all wait for the slowest before all bodies move at once: exact. Repairs in one cycle overlap, so
    the line is a little faster than `stop_together(...) / cycle`.

    Parameters
    ----------
    uptimes, repairs : sequence of float, length n
        MTBF, in time at work, and MTTR, in one unit of time.
    cycle : float
        Cycle time of each station. [the same unit of time]

    Raises
    ------
    TypeError, ValueError
        As for `stop_together`; a cycle that is not above 0.

    Examples
    --------
    >>> round(indexing_line([300] * 12, [5] * 12, cycle=1), 5)
    0.8346
    """
    owner = "indexing_line"
    ups, downs = _pair(owner, uptimes, repairs)
    cycle = checks.number(owner, "cycle", cycle, above=True)

    if cycle > MOST_FAILURES * ups.min(initial=np.inf):
        rule = f"cycle must be at most {MOST_FAILURES:,} times the shortest uptime"
        raise ValueError(checks.complain(owner, rule, cycle))

    def still(t: float) -> float:
        """Probability that the cycle is not over at `t` after the work."""
        return float(1 - np.prod([_done(t, cycle / u, r) for u, r in zip(ups, downs, strict=True)]))

    extra, _ = scipy.integrate.quad(still, 0, np.inf, epsabs=1e-12, epsrel=1e-10, limit=500)
    return 1 / (cycle + extra)


def _done(t: float, failures: float, repair: float) -> float:
    """Probability that the repairs of a Poisson number of failures take at most t."""
    if repair == 0:
        return 1.0
    n = np.arange(1, 20 + math.ceil(failures + 12 * math.sqrt(failures)))
    probabilities = np.exp(n * math.log(failures) - failures - scipy.special.gammaln(n + 1))
    return float(math.exp(-failures) + probabilities @ scipy.special.gammainc(n, t / repair))


def _pair(
    owner: str, uptimes: Sequence[float], repairs: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    ups = np.array(checks.numbers(owner, "uptimes", uptimes, "an uptime", above=True))
    downs = np.array(checks.numbers(owner, "repairs", repairs, "a repair"))
    if len(ups) != len(downs):
        rule = f"repairs must hold {len(ups)} numbers, one per uptime"
        raise ValueError(checks.complain(owner, rule, repairs))
    return ups, downs
