"""Machines that share repair crews."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ningde_sim._support import checks


@dataclass(frozen=True, slots=True)
class Repairmen:
    """The steady state of machines that share crews.

    Attributes
    ----------
    availability : float
        Share of the time in which a machine is up. [-]
    down : float
        Mean number of machines under repair or waiting for it. [machines]
    busy : float
        Share of the time in which a crew is at work. [-]
    waits : float
        Share of the failures that find no crew free. [-]
    """

    availability: float
    down: float
    busy: float
    waits: float


def machine_repairman(machines: int, crews: int, *, uptime: float, repair: float) -> Repairmen:
    """Equal machines that always work when up and share crews, first come, first served.

    Exact for exponential times; the availability holds for any distribution of the uptimes.

    Parameters
    ----------
    machines, crews : int
        At least 1.
    uptime, repair : float
        MTBF and MTTR, greater than 0. [any unit of time, the same for both]

    Raises
    ------
    TypeError, ValueError
        A number out of these bounds.

    References
    ----------
    The finite-source queue M/M/c//N: Palm (1947), Industritidningen Norden 75; Feller (1968),
    An Introduction to Probability Theory and Its Applications, vol. 1, "servicing of machines".
    A failure meets the other machines in the steady state without it: Lavenberg, Reiser (1980),
    Journal of Applied Probability 17, 1048-1061.

    Examples
    --------
    >>> shared = machine_repairman(2, 1, uptime=1.0, repair=0.5)
    >>> round(shared.availability, 4), round(shared.waits, 4)
    (0.6, 0.3333)
    """
    owner = "machine_repairman"
    machines = checks.whole(owner, "machines", machines, low=1, high=1_000_000)
    crews = checks.whole(owner, "crews", crews, low=1)
    uptime = checks.number(owner, "uptime", uptime, above=True)
    repair = checks.number(owner, "repair", repair, above=True)
    states = _down(machines, crews, repair / uptime)
    numbers = np.arange(machines + 1)
    down = float(states @ numbers)
    others = _down(machines - 1, crews, repair / uptime)
    return Repairmen(
        availability=1 - down / machines,
        down=down,
        busy=float(states @ np.minimum(numbers, crews)) / crews,
        waits=float(others[crews:].sum()),
    )


def _down(machines: int, crews: int, load: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Probabilities that 0, 1, ... machines are down, shape (machines + 1,)."""
    k = np.arange(1, machines + 1)
    steps = np.log(load * (machines - k + 1) / np.minimum(k, crews))
    logs = np.concatenate(([0.0], np.cumsum(steps)))
    weights = np.exp(logs - logs.max())
    shares: np.ndarray[tuple[int], np.dtype[np.float64]] = weights / math.fsum(weights)
    return shares
