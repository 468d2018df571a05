"""Plots of the warm-up of a shop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ningde_sim._support import units
from ningde_sim.plots.axes import BLUE, SKY, VERMILLION, check, legend_above, new_axes, time_axis
from ningde_sim.warm_up import WarmUp

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_warm_up(result: WarmUp, ax: Axes | None = None) -> Axes:
    """The throughput of a shop from its empty start on, and how much of the time is warm-up.

    A step is the mean of a period over the runs. The warm-up is shaded, the mean after it is a
    broken line: that of the second half where the series is too short to tell.

    Parameters
    ----------
    result : WarmUp
        From `warm_up.how_long`.
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        The result is not a WarmUp.
    """
    check("plot_warm_up", result, WarmUp)
    ax = new_axes(ax, 4.2)
    scale = units.MS_PER_H / time_axis(ax, 0.0, result.simulated)
    label = ax.get_xlabel().replace("the counted hours", "the run")
    ax.set_xlabel(label if result.time is None else f"working {label}")
    at = np.arange(len(result.series) + 1) * result.every * scale
    ax.stairs(result.series, at, baseline=None, color=BLUE, label="mean of the runs")
    begin, part = result.simulated / 2, "second half"
    if result.hours is not None:
        begin, part = result.begin * result.every, "rest"
        ax.axvspan(0, begin * scale, color=SKY, alpha=0.35, lw=0, label="warm-up")
    mean = f"mean of the {part}"
    ax.plot([begin * scale, at[-1]], 2 * [result.rest.value], color=VERMILLION, ls="--", label=mean)
    ax.set_ylim(bottom=0)
    ax.set_ylabel("throughput (JPH) [bodies/h]")
    words = "the series is too short to tell" if result.hours is None else f"{result.hours:g} h"
    title = f"{result.title}: warm-up by MSER-5, {words}"
    title += f"\n{result.runs} runs, bodies/h (JPH) in the {part} {result.rest}"
    legend_above(ax, title, columns=3)
    return ax
