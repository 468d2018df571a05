"""What to do about a plant: what each improvement brings."""

from ningde_sim.improve.gains import Gains, gains

__all__ = ["Gains", "gains"]
