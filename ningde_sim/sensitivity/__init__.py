"""Which of the uncertain inputs moves the result: one at a time, or all of them by Sobol indices."""

from ningde_sim.sensitivity.sobol import SobolShares, shares, sobol
from ningde_sim.sensitivity.tornado import Tornado, tornado

__all__ = ["SobolShares", "Tornado", "shares", "sobol", "tornado"]
