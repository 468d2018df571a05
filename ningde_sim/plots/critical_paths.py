"""Plots of the critical path: where the hours went, whether the bottleneck moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.plots.axes import BLUE, COLOURS, SKY, as_written, check, new_axes, share_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CAUSES = {
    "working": COLOURS["working"],
    "setup": COLOURS["setup"],
    "planned": COLOURS["planned"],
    "repair": COLOURS["down"],
    "waiting": COLOURS["waiting"],
    "transit": BLUE,
    "closed": COLOURS["off"],
    "overtime": SKY,
    "stuck": "black",
}
"""The colour of each cause on the critical path."""

OTHERS, ALL = "all others", "all"


def plot_critical_path(run: ShopRun, ax: Axes | None = None, *, most: int = 14) -> Axes:
    """The counted hours as a waterfall: the parts of the critical path, the largest first.

    Their per cent are of the open hours: closed ones have no share.

    Parameters
    ----------
    run : ShopRun
        With `critical_path=True`.
    ax : Axes, optional
        By default those of a new figure.
    most : int
        How many pairs of station and cause are shown; the rest is summed up by cause.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        No critical path was kept.
    """
    check("plot_critical_path", run, ShopRun)
    most = checks.whole("plot_critical_path", "most", most, low=1)
    table = _with_where(run.critical_path())
    table.loc[table["cause"] == "closed", "where"] = ALL  # closed hours are due to no station
    hours = table.groupby(["where", "cause"])["hours"].sum().sort_values(ascending=False)
    shown = hours.head(most)
    rest = hours.iloc[most:].groupby("cause").sum().sort_values(ascending=False)
    names = [*shown.index.tolist(), *((OTHERS, cause) for cause in rest.index)]
    parts = [(*name, h) for name, h in zip(names, [*shown, *rest], strict=True)]
    opened = sum(h for _, cause, h in parts if cause != "closed")
    ax = new_axes(ax, 1.6 + 0.3 * len(parts))
    left, labelled = 0.0, set()
    for at, (_, cause, h) in enumerate(parts):
        label = None if cause in labelled else str(cause)
        labelled.add(cause)
        ax.barh(at, h, 0.75, left, color=CAUSES[str(cause)], label=label)
        end = left + h
        words = f"{h:,.1f} h" + ("" if cause == "closed" else f" ({100 * h / opened:.1f} %)")
        if h > 0.25 * run.hours:
            ax.text((left + end) / 2, at, words, ha="center", va="center", fontsize=8)
        elif end > 0.75 * run.hours:
            ax.text(left, at, f"{words} ", ha="right", va="center", fontsize=8)
        else:
            ax.text(end, at, f" {words}", va="center", fontsize=8)
        left = end
    ax.set_yticks(
        range(len(parts)),
        [as_written(f"{where}, {cause}") for where, cause, _ in parts],
        fontsize=8,
    )
    ax.set_ylim(len(parts) - 0.4, -0.6)
    ax.set_xlim(0, run.hours)
    ax.set_xlabel(f"critical path, of {run.hours:g} counted hours [h]")
    ax.grid(axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    ax.legend(loc="lower left", fontsize=9, title="cause")
    title = f"{run.shop.name}: what the last body waited for, run {run.run}"
    ax.set_title(as_written(title), loc="left", fontsize=11)
    return ax


def plot_bottleneck(
    run: ShopRun, ax: Axes | None = None, *, every: float = 24.0, most: int = 20
) -> Axes:
    """Whether the bottleneck moves: shares of the critical path by station and period.

    Parameters
    ----------
    run : ShopRun
        With `critical_path=True`.
    ax : Axes, optional
        By default those of a new figure.
    every : float
        Length of a period. [h]
    most : int
        How many stations are shown: those with the most of the path, in the order of the shop. The
        title says what share of the path they have.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        No critical path was kept; `every` is not above 0.
    """
    check("plot_bottleneck", run, ShopRun)
    most = checks.whole("plot_bottleneck", "most", most, low=1)
    every = checks.number("plot_bottleneck", "every", every, above=True)
    table = _with_where(run.critical_path(every=every))
    table = table[table["cause"] != "closed"]
    grid = table.pivot_table(index="where", columns="period", values="hours", aggfunc="sum")
    grid = grid.fillna(0.0)
    totals = grid.sum(axis=1).sort_values(ascending=False)
    stations = [station.name for station in run.shop.stations]
    order = {name: k for k, name in enumerate([*stations, *totals.index.difference(stations)])}
    names = sorted(totals.head(most).index, key=lambda name: order[name])
    shares = 100 * grid.loc[names] / grid.sum(axis=0)
    ax = new_axes(ax, 1.8 + 0.26 * len(names))
    edges = np.append(shares.columns.to_numpy(dtype=float), run.hours)
    share_map(ax, edges, shares.to_numpy(), "share of the critical path [%]")
    ax.set_yticks(range(len(names)), [*map(as_written, names)], fontsize=8)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlabel(f"counted hours, in periods of {every:g} h [h]")
    share = totals.head(most).sum() / totals.sum()
    title = (
        f"{run.shop.name}: where the bottleneck is, run {run.run}\n"
        f"{len(names)} of {len(totals)} stations have {100 * share:.0f} % of the path; "
        f"the bottleneck moves {_moves(grid)} times"
    )
    ax.set_title(as_written(title), loc="left", fontsize=11)
    return ax


def _with_where(table: pd.DataFrame) -> pd.DataFrame:
    """A critical path with a column `where`: the station, or the store."""
    return table.assign(where=table["station"].where(table["station"] != "", table["thing"]))


def _moves(grid: pd.DataFrame) -> int:
    """How often the station with the most of a period differs from that of the period before."""
    longest = grid.idxmax(axis=0)
    return int((longest != longest.shift()).sum()) - 1
