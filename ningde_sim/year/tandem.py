"""The flow through servers in a row with stores between them, as cumulative counts over time.

What a server has passed on by t is the least, over all s up to t, of what it could have passed on
by s for lack of parts or of places, and of its work from s to t. With continuous counts these
equations have one solution; it is reached from above, all servers and instants at a time. It is
exact at the instants if the work of each server is linear between them: then every count is concave
there, and the least lies at one of the instants.

References
----------
Dallery, Gershwin (1992), Manufacturing flow line systems, Queueing Systems 12, 3-94, section 2:
continuous flow lines. Le Boudec, Thiran (2001), Network Calculus, chapter 4: cumulative counts by
such minima.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]

CLOSE = 1e-3
"""Where two rounds differ by less at every instant, the counts are found. [parts]"""

MOST_ROUNDS = 10_000
"""Each round settles one more change from waiting for parts to waiting for places, everywhere."""


@dataclass(frozen=True, eq=False)
class Behind:
    """What lies behind a server.

    Attributes
    ----------
    capacity : float
        Of the store. [parts]
    lag : float
        How long parts travel through it. [open time of the store, as in `clock`]
    clock : array, shape (n_instants,), optional
        Its open time up to each instant; only with a lag. [float64]
    """

    capacity: float
    lag: float = 0.0
    clock: Floats | None = None

    def out(self, put: Floats) -> Floats:
        """What may have left the store, by what was put into it."""
        if self.clock is None:
            return put
        out: Floats = np.interp(self.clock - self.lag, self.clock, put, left=0.0)
        return out


def cumulative_flow(work: Sequence[Floats], behind: Sequence[Behind]) -> list[Floats]:
    """What each server has passed on up to each instant; stores are empty at the first.

    Parameters
    ----------
    work : sequence of arrays, each of shape (n_instants,)
        What each server would have passed on if it never waited, from 0 on. [parts]
    behind : sequence of Behind
        What lies between each two servers.

    Returns
    -------
    list of arrays, each of shape (n_instants,)
        [parts]
    """
    flow, last = [*work], len(work) - 1
    stale = {*range(len(work))}
    sweep = [*range(last + 1), *range(last - 1, 0, -1)]
    for _ in range(MOST_ROUNDS):
        for k in sweep:
            if k not in stale:
                continue
            stale.discard(k)
            new = work[k] + np.minimum.accumulate(_slack(k, flow, work, behind))
            if (flow[k] - new).max() > CLOSE:
                stale |= {k - 1, k + 1} & {*sweep}
            flow[k] = new
        if not stale:
            break
    return flow


def _slack(
    k: int, flow: Sequence[Floats], work: Sequence[Floats], behind: Sequence[Behind]
) -> Floats:
    """How much more than its work parts and places would have let a server pass on. [parts]"""
    slack = np.zeros_like(work[k])
    if k:
        slack = behind[k - 1].out(flow[k - 1]) - work[k]
    if k < len(work) - 1:
        places = flow[k + 1] + behind[k].capacity - work[k]
        slack = np.minimum(slack, places) if k else places
    slack[0] = min(slack[0], 0.0)
    return slack
