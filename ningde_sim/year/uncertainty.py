"""How what is not known is drawn: a PERT distribution on each range, Latin hypercubes over runs.

**Ranges.** Low, typical and high value become a PERT distribution: a beta distribution between low
and high with its mode at the typical value and the mean (low + 4 typical + high) / 6. What comes
in whole numbers is rounded to the nearest.

**Hypercubes.** Runs come in blocks of `BLOCK`. In each, every input takes each of `BLOCK` equally
likely slices of its distribution once, in an order of its own: a Latin hypercube. Order and place
in the slice are streams named after the input, so that a run has the same inputs whatever the
number of runs, and whatever other inputs there are. For the mean of a year of a small plant, on
the same luck, one run is worth about 6 with independent draws, for the odds of the median about
2.5; with luck of its own in each run, as in a study, that falls to between 1.2 and 1.9, and 1.1 and
1.5.

References
----------
Malcolm, Roseboom, Clark, Fazar (1959), Operations Research 7, 646-669, for PERT. McKay, Beckman,
Conover (1979), Technometrics 21, 239-245, for Latin hypercubes. Stein (1987), Technometrics
29, 143-151, for their gain.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import scipy

from ningde_sim.engine.streams import Draws
from ningde_sim.plant.quantity import WHOLE_UNITS, Quantity

BLOCK = 32
"""Runs in a hypercube."""


@lru_cache(maxsize=4096)
def _slices(name: str, seed: int, block: int) -> tuple[float, ...]:
    """The numbers between 0 and 1 of an input in a block of runs, one in each slice."""
    order, place = Draws("input", name, "order"), Draws("input", name, "place")
    ranks = np.argsort(np.argsort([order(seed, block, k) for k in range(BLOCK)]))
    return tuple((rank + place(seed, block, k)) / BLOCK for k, rank in enumerate(ranks))


def share(name: str, seed: int, run: int) -> float:
    """The number between 0 and 1 of an input in a run."""
    return _slices(name, seed, run // BLOCK)[run % BLOCK]


def drawn(uncertain: Mapping[str, tuple[str, Quantity]], seed: int, run: int) -> dict[str, float]:
    """A value for each of these quantities: name of its doubt, the quantity itself. [its unit]"""
    return placed(uncertain, {name: share(name, seed, run) for name, _ in uncertain.values()})


def placed(
    uncertain: Mapping[str, tuple[str, Quantity]], shares: Mapping[str, float]
) -> dict[str, float]:
    """The value of each quantity that a share of its distribution lies below. [its unit]

    Parameters
    ----------
    uncertain : mapping
        Of each quantity the name of its doubt, the quantity itself.
    shares : mapping
        By name of the doubt, from 0 to 1. [-]
    """
    if not uncertain:
        return {}

    quantities = [quantity for _, quantity in uncertain.values()]
    low, mode, high = (
        np.array([getattr(q, field) for q in quantities], dtype=np.float64)
        for field in ("low", "value", "high")
    )
    u = np.array([shares[name] for name, _ in uncertain.values()])
    rise = 4 * (mode - low) / (high - low)
    values = low + (high - low) * scipy.special.betaincinv(1 + rise, 5 - rise, u)
    whole = np.array([q.unit in WHOLE_UNITS for q in quantities])
    values = np.where(whole, np.rint(values), values).clip(low, high)
    return dict(zip(uncertain, values.tolist(), strict=True))
