"""Plots of a run: where the time of its stations went, how full its stores were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim.engine.rules import OPEN_STATES
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.plots.axes import BLUE, COLOURS, as_written, check, legend_above, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer


def plot_states(
    run: ShopRun, ax: Axes | None = None, *, by: Literal["zone", "station"] = "zone"
) -> Axes:
    """Where the open time of the stations went: stacked shares of the states.

    Closed hours are left out.

    Parameters
    ----------
    run : ShopRun
    ax : Axes, optional
        By default those of a new figure.
    by : {"zone", "station"}
        A bar for each zone, or a column for each station in the order of the shop.

    Returns
    -------
    Axes
    """
    check("plot_states", run, ShopRun)
    if by not in ("zone", "station"):
        rule = "by must be 'zone' or 'station'"
        raise ValueError(checks.complain("plot_states", rule, by))
    states = [state for state in OPEN_STATES if state != "setup" or run.stations[state].any()]
    hours = run.stations[states]
    label = "share of open time [%]" if run.stations["off"].any() else "share of time [%]"
    if by == "zone":
        hours = hours.groupby(run.stations["zone"], sort=False).sum()
    shares = 100 * hours.div(hours.sum(axis=1), axis=0).fillna(0.0)
    title = f"{run.shop.name}: where the time went, {run.hours:g} h, run {run.run}"
    if by == "zone":
        ax = new_axes(ax, 1.4 + 0.3 * len(shares))
        working = _stack_rows(ax, shares, COLOURS)
        ax.bar_label(working, fmt="%.0f %%", label_type="center", color="white")
        ax.set_xlabel(label)
    else:
        ax = new_axes(ax, 5.0)
        left = np.zeros(len(shares))
        for state in states:
            ax.bar(range(len(shares)), shares[state], 1.0, left, color=COLOURS[state], label=state)
            left = left + shares[state].to_numpy()
        _mark_zones(ax, run.stations["zone"])
        ax.set(ylim=(0, 100), xlim=(-0.5, len(shares) - 0.5), ylabel=label)
        ax.set_xlabel(f"{len(shares)} stations, in the order of the shop")
    legend_above(ax, title, columns=len(states))
    return ax


def _stack_rows(ax: Axes, shares: pd.DataFrame, colours: dict[str, str]) -> BarContainer:
    """Stacked bars from 0 to 100 %, the first row on top; returns the pieces at the left."""
    rows, left, pieces = range(len(shares)), np.zeros(len(shares)), []
    for name, column in shares.items():
        pieces.append(ax.barh(rows, column, 0.8, left, color=colours[str(name)], label=str(name)))
        left = left + column.to_numpy()
    ax.set_yticks(rows, [as_written(name) for name in shares.index])
    ax.set_xlim(0, 100)
    ax.set_ylim(len(shares) - 0.4, -0.6)
    return pieces[0]


def _mark_zones(ax: Axes, zones: pd.Series) -> None:
    """Lines between the zones, and their names below."""
    starts = np.flatnonzero((zones != zones.shift()).to_numpy())
    ends = np.append(starts[1:], len(zones))
    for start in starts[1:]:
        ax.axvline(start - 0.5, color="white", lw=1.5)
    middles = (starts + ends - 1) / 2
    names = [as_written(name) for name in zones.iloc[starts]]
    ax.set_xticks(middles, names, rotation_mode="anchor", rotation=60, ha="right", fontsize=9)
    ax.tick_params(axis="x", length=0)


def plot_stores(run: ShopRun, ax: Axes | None = None) -> Axes:
    """How full stores and buffers were: shares of all time empty and full, mean level.

    Those of capacity 0, where parts go hand to hand, are left out.

    Parameters
    ----------
    run : ShopRun
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
    """
    check("plot_stores", run, ShopRun)
    stores = pd.concat([run.stores, run.buffers])
    stores = stores[stores["capacity"] > 0]
    colours = {
        "empty": COLOURS["starved"],
        "all in transit": BLUE,
        "in between": "#E4E4E4",
        "full": COLOURS["blocked"],
    }
    transit = stores["none_ready"] - stores["empty"]
    rest = 1 - stores["none_ready"] - stores["full"]
    parts = (stores["empty"], transit, rest, stores["full"])
    shares = 100 * pd.DataFrame(dict(zip(colours, parts, strict=True))).clip(lower=0)
    shares.index = [f"{name} ({n})" for name, n in stores["capacity"].items()]
    ax = new_axes(ax, 1.6 + 0.3 * len(shares))
    _stack_rows(ax, shares, colours)
    level = 100 * stores["level"] / stores["capacity"]
    at = range(len(level))
    ax.plot(level, at, "o", color="black", ms=6, label="mean level", clip_on=False)
    ax.set_xlabel("share of time [%]; mean level [% of the capacity]")
    ax.set_ylabel("store or buffer (capacity)")
    title = f"{run.shop.name}: how full the buffers were, {run.hours:g} h, run {run.run}"
    legend_above(ax, title, columns=len(colours) + 1)
    return ax
