"""Bottlenecks as the shop floor can measure them: from the states of stations alone.

These measures need no model, only which station worked, was down, blocked or starved, how much or
when. They show where the signs of a bottleneck are, not what more capacity there would bring: on
nearly balanced lines the two are only weakly related. Where there is a model, ask the model.

The copies of a line are one station: it is the operation that a planner makes faster, or gives one
machine more. `ShopRun.trace` and `plots.plot_gantt` show the machines apart.
"""

from ningde_sim.measures.active import active_periods, momentary_bottlenecks
from ningde_sim.measures.neighbours import arrows, joined_stations, turning_points
from ningde_sim.measures.overview import ranking
from ningde_sim.measures.states import shares

__all__ = [
    "active_periods",
    "arrows",
    "joined_stations",
    "momentary_bottlenecks",
    "ranking",
    "shares",
    "turning_points",
]
