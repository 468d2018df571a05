"""Queues and loops: Little's law, the practical worst case, delays before a server."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ningde_sim._support import checks


def inside(throughput: float, time: float) -> float:
    """Mean number of bodies inside (WIP) by Little's law: throughput times mean lead time.

    Parameters
    ----------
    throughput : float
        [bodies per unit of time]
    time : float
        Mean time from entry to exit (lead time), on the same clock. [unit of time]

    References
    ----------
    Little (1961), Operations Research 9, 383-387.

    Examples
    --------
    >>> inside(60, 2.5)
    150.0
    """
    throughput = checks.number("inside", "throughput", throughput)
    return throughput * checks.number("inside", "time", time)


def practical_worst_case(jobs: float, *, rate: float, critical: float) -> float:
    """Throughput of a line with constant content (CONWIP) in its practical worst case.

    It is w / (W0 + w - 1) times the rate, exact for a balanced loop of single exponential servers
    with unlimited buffers; a real line that does worse can be improved.

    Parameters
    ----------
    jobs : float
        Content w, at least 1. [bodies]
    rate : float
        Rate of the bottleneck. [bodies per unit of time]
    critical : float
        Critical content W0, with which a line without variation just reaches the rate: rate times
        the time that a body takes through an empty line, at least 1. [bodies]

    References
    ----------
    Hopp, Spearman (2008), Factory Physics, 3rd ed., chapter 7.

    Examples
    --------
    >>> practical_worst_case(4, rate=0.5, critical=4)
    0.2857142857142857
    """
    owner = "practical_worst_case"
    jobs = checks.number(owner, "jobs", jobs, low=1)
    critical = checks.number(owner, "critical", critical, low=1)
    return jobs / (critical + jobs - 1) * checks.number(owner, "rate", rate)


def mm1_delay(arrival_rate: float, service: float) -> float:
    """Mean delay in the queue of M/M/1 in steady state, without the service.

    Parameters
    ----------
    arrival_rate : float
        [1 / unit of time]
    service : float
        Mean service time; less than 1 / arrival_rate. [unit of time]

    References
    ----------
    Any book on queues, for example Kleinrock (1975), Queueing Systems, vol. 1, chapter 3.

    Examples
    --------
    >>> round(mm1_delay(1.0, 0.9), 6)
    8.1
    """
    load = _load("mm1_delay", arrival_rate, service)
    if load >= 1:
        rule = "arrival_rate times service must be below 1, or the queue has no steady state"
        raise ValueError(checks.complain("mm1_delay", rule, load))
    return load * service / (1 - load)


def mm1_delays(arrival_rate: float, service: float, n: int) -> NDArray[np.float64]:
    """Mean delay in the queue of each of the first n customers of M/M/1, from an empty start.

    Exact: the k-th customer meets 0 to k - 1 others; between two arrivals a geometric number of
    them leaves.

    Parameters
    ----------
    arrival_rate, service
        As for `mm1_delay`; the load may be 1 or more.
    n : int
        Number of customers.

    Returns
    -------
    numpy.ndarray, shape (n,)
        [unit of time]

    Examples
    --------
    >>> round(float(mm1_delays(1.0, 0.9, 25).mean()), 6)
    2.124489
    """
    owner = "mm1_delays"
    load = _load(owner, arrival_rate, service)
    n = checks.whole(owner, "n", n, low=1, high=10_000)
    stays = load / (1 + load)  # the next arrival comes before the next departure
    meets = np.zeros(n)  # probabilities that a customer meets 0, 1, ... others
    meets[0] = 1.0
    delays = np.zeros(n)
    others = np.arange(n)
    for k in range(n):
        delays[k] = service * (others @ meets)
        # With this one there are j + 1; the next meets i > 0 of them where j + 1 - i have left.
        left, carried = np.zeros(n), 0.0
        for i in range(min(k + 1, n - 1), 0, -1):
            carried = meets[i - 1] + (1 - stays) * carried
            left[i] = stays * carried
        left[0] = 1 - left.sum()
        meets = left
    return delays


def _load(owner: str, arrival_rate: float, service: float) -> float:
    arrival_rate = checks.number(owner, "arrival_rate", arrival_rate, above=True)
    return arrival_rate * checks.number(owner, "service", service, above=True)
