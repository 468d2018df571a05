"""Exact and approximate formulas that see no engine."""

from ningde_sim.theory.capacity import Capacity, capacity
from ningde_sim.theory.repairmen import Repairmen, machine_repairman

__all__ = [
    "Capacity",
    "Repairmen",
    "capacity",
    "machine_repairman",
]
