"""Which uncertain inputs the result depends on, alone and through interactions."""

from ningde_sim.sensitivity.sobol import SobolShares, shares, sobol
from ningde_sim.sensitivity.tornado import Tornado, tornado

__all__ = ["SobolShares", "Tornado", "shares", "sobol", "tornado"]
