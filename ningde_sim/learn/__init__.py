"""Learn failures (MTBF, MTTR) from a plant's log of stops: read, checked row by row, fitted."""

from ningde_sim.learn.cycle_times import CycleTimes, fit_cycles
from ningde_sim.learn.downtime import Downtime
from ningde_sim.learn.fitting import fit_downtime
from ningde_sim.learn.log_of_run import downtime_log
from ningde_sim.learn.round_trip import RoundTrip, check
from ningde_sim.learn.state_changes import stops_of_states

__all__ = [
    "CycleTimes",
    "Downtime",
    "RoundTrip",
    "check",
    "downtime_log",
    "fit_cycles",
    "fit_downtime",
    "stops_of_states",
]
