"""Plots of the bodies on their way through a shop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ningde_sim._support import checks, units
from ningde_sim.engine.counts import Ints
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.plots.axes import (
    BLUE,
    LINES,
    MOST_DOTS,
    SKY,
    VERMILLION,
    as_written,
    check,
    legend_above,
    new_axes,
    period,
    pick,
    time_axis,
    time_unit,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHARES = (0.5, 0.95)
"""Of the bodies of an exit: half of them, and nearly all. [-]"""

MOST_BARS = 60
"""Bars of a histogram that can be seen apart."""


def plot_lead_times(
    run: ShopRun, ax: Axes | None = None, *, exits: str | Sequence[str] | None = None
) -> Axes:
    """How long the bodies were in the shop: a histogram with P50 and P95 for each exit.

    From the first load of a body to its exit. A single exit is drawn as bars; up to four as steps
    in the share of the bodies of each exit, more as one histogram of all bodies.

    Parameters
    ----------
    run : ShopRun
    ax : Axes, optional
        By default those of a new figure.
    exits : str or sequence of str, optional
        Names of output lines, or patterns such as `paint_*`; by default all.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        No body left by these exits, an unknown line.
    """
    check("plot_lead_times", run, ShopRun)
    times = run.lead_times
    shown = pick("plot_lead_times", "exits", [*times], "*" if exits is None else exits)
    of_line = {name: times[name] for name in [[*times][k] for k in shown] if len(times[name])}
    if not of_line:
        rule = "it must be given a run in which a body left by these exits"
        raise ValueError(checks.complain("plot_lead_times", rule, run))
    if len(of_line) > len(LINES):
        of_line = {f"{len(of_line)} exits": np.concatenate([*of_line.values()])}
    ax = new_axes(ax, 4.2)
    longest = max(int(ms.max()) for ms in of_line.values())
    unit, scale = time_unit(units.ms_to_hours(longest))
    _draw_histograms(ax, {name: ms / scale for name, ms in of_line.items()}, unit)
    ax.set_xlabel(f"lead time [{unit}]")
    bodies = sum(len(ms) for ms in of_line.values())
    title = f"{run.shop.name}: lead times of {bodies:,} bodies, {run.hours:g} h, run {run.run}"
    legend_above(ax, title, columns=3 if len(of_line) == 1 else len(of_line))
    return ax


def _draw_histograms(ax: Axes, times: dict[str, np.ndarray], unit: str) -> None:
    """Bars of the bodies of one exit, or steps of the shares of each of several."""
    everything = np.concatenate([*times.values()])
    edges = np.histogram_bin_edges(everything, "auto")
    if len(edges) > MOST_BARS + 1:
        edges = np.linspace(edges[0], edges[-1], MOST_BARS + 1)
    one = len(times) == 1
    for (name, values), colour in zip(times.items(), LINES, strict=False):
        counts = np.histogram(values, edges)[0]
        if one:
            ax.stairs(counts, edges, fill=True, color=SKY, label=as_written(name))
        else:
            shares = 100 * counts / len(values)
            ax.stairs(shares, edges, color=colour, lw=2, label=as_written(name))
        colours = (BLUE, VERMILLION) if one else (colour, colour)
        for q, shade, style in zip(SHARES, colours, ("-", "--"), strict=True):
            at = float(np.quantile(values, q))
            label = f"P{100 * q:.0f} {at:.4g} {unit}"
            ax.axvline(at, color=shade, lw=1.8, ls=style, label=label)
    ax.set_ylabel("number of bodies [-]" if one else "share of the bodies of the exit [%]")
    ax.set_ylim(0, None)
    ax.xaxis.set_major_formatter("{x:,.6g}")
    ax.yaxis.set_major_formatter("{x:,.6g}")


def plot_wip(run: ShopRun, ax: Axes | None = None) -> Axes:
    """Work in process (WIP) over time: parts between first load and exit.

    A step for the mean of each period, a dot for the parts at its end as long as the dots can be
    seen apart, and the mean of the run.

    Parameters
    ----------
    run : ShopRun
        With a history: `simulate(..., every=1.0)`.
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        The run has no history.
    """
    check("plot_wip", run, ShopRun)
    history = run.history
    spent: Ints = np.diff(history.ends, prepend=0)
    means = np.diff(history.wip["wip_ms"], prepend=0) / spent
    edges = np.concatenate(([0], history.ends))
    ax = new_axes(ax, 4.2)
    at = edges / time_axis(ax, 0.0, run.hours)
    few = len(means) <= MOST_DOTS
    label = f"mean over {period(edges)}"
    ax.stairs(means, at, baseline=None, color=BLUE, lw=2.0 if few else 1.0, label=label)
    if few:
        ends = history.wip["wip"]
        ax.plot(at[1:], ends, "o", color=BLUE, ms=4, clip_on=False, label="at its end")
    ax.axhline(run.wip, color=VERMILLION, lw=1.5, ls="--", label=f"mean of the run {run.wip:.4g}")
    ax.set_ylim(0, 1.05 * max(1, *means, *(history.wip["wip"] if few else ())))
    ax.set_ylabel("work in process [parts]")
    legend_above(ax, f"{run.shop.name}: work in process (WIP), run {run.run}", columns=3)
    return ax
