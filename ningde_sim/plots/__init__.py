"""Plots of results: each function draws on the axes that it is given, or on new ones."""

from ningde_sim.plots.axes import COLOURS
from ningde_sim.plots.critical_paths import plot_bottleneck, plot_critical_path
from ningde_sim.plots.fits import plot_fit, plot_pareto
from ningde_sim.plots.layouts import plot_layout
from ningde_sim.plots.lead_times import plot_lead_times, plot_wip
from ningde_sim.plots.mixes import (
    plot_changeovers,
    plot_products,
    plot_products_in_stores,
    plot_sequence,
)
from ningde_sim.plots.runs import plot_states, plot_stores
from ningde_sim.plots.sensitivities import plot_tornado
from ningde_sim.plots.studies import plot_distribution, plot_fan
from ningde_sim.plots.sweeps import plot_sweep
from ningde_sim.plots.timelines import plot_gantt, plot_levels
from ningde_sim.plots.warm_ups import plot_warm_up
from ningde_sim.plots.yards import plot_yard

__all__ = [
    "COLOURS",
    "plot_bottleneck",
    "plot_changeovers",
    "plot_critical_path",
    "plot_distribution",
    "plot_fan",
    "plot_fit",
    "plot_gantt",
    "plot_layout",
    "plot_lead_times",
    "plot_levels",
    "plot_pareto",
    "plot_products",
    "plot_products_in_stores",
    "plot_sequence",
    "plot_states",
    "plot_stores",
    "plot_sweep",
    "plot_tornado",
    "plot_warm_up",
    "plot_wip",
    "plot_yard",
]
