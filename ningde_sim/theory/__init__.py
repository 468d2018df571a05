"""Exact and approximate formulas that see no engine.

`capacity` bounds the throughput of a whole shop. The others are for lines and crews as in a
textbook: lists of means (MTBF, MTTR) or rates, in one unit of time of the caller's choice.
"""

from ningde_sim.theory.capacity import Capacity, capacity
from ningde_sim.theory.exponential import ExactLine, exponential_line
from ningde_sim.theory.fluid import FluidPair, fluid_line, fluid_pair
from ningde_sim.theory.queues import inside, mm1_delay, mm1_delays, practical_worst_case
from ningde_sim.theory.repairmen import Repairmen, machine_repairman
from ningde_sim.theory.series import all_up, indexing_line, stop_together
from ningde_sim.theory.slots import (
    SlotLine,
    bernoulli_aggregation,
    bernoulli_line,
    synchronous_line,
)

__all__ = [
    "Capacity",
    "ExactLine",
    "FluidPair",
    "Repairmen",
    "SlotLine",
    "all_up",
    "bernoulli_aggregation",
    "bernoulli_line",
    "capacity",
    "exponential_line",
    "fluid_line",
    "fluid_pair",
    "indexing_line",
    "inside",
    "machine_repairman",
    "mm1_delay",
    "mm1_delays",
    "practical_worst_case",
    "stop_together",
    "synchronous_line",
]
