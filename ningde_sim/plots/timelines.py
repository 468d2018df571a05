"""Plots of one run along its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim.engine.counts import Ints
from ningde_sim.engine.rules import STATES
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.plots.axes import (
    COLOURS,
    LINES,
    MOST_DOTS,
    as_written,
    check,
    legend_above,
    name_rows,
    new_axes,
    period,
    pick,
    share_map,
    time_axis,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS = 40
"""Stations of a Gantt chart, and rows of a heat map, that fit one below the other."""

WINDOW = 1.0
"""Default length of a Gantt chart. [h]"""

STOPPED = ("down", "waiting")
"""States of a station that cannot work until it is repaired."""


def plot_gantt(
    run: ShopRun,
    ax: Axes | None = None,
    *,
    begin: float = 0.0,
    end: float | None = None,
    things: str | Sequence[str] | None = None,
) -> Axes:
    """What each station did when: a row for each station, a bar for each interval in a state.

    Each copy of a line has rows of its own.

    By default an hour of at most 40 stations. A larger shop shows those that were longest down or
    waiting for a crew in that hour, and the title says so. Rows are in the order of the shop.

    Parameters
    ----------
    run : ShopRun
        With a trace: `simulate(..., trace=True)`.
    ax : Axes, optional
        By default those of a new figure.
    begin : float
        Start of the chart, since the start of the counted hours. [h]
    end : float, optional
        End of the chart; by default an hour later, or the end of the run. [h]
    things : str or sequence of str, optional
        Names of stations, such as "OP20 #2" of a line with copies, or patterns such as `FIN-*`; all
        stations that fit are drawn.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        The run has no trace, the window is not inside the run, an unknown station.
    """
    check("plot_gantt", run, ShopRun)
    trace = run.trace
    begin = checks.number("plot_gantt", "begin", begin, high=run.hours)
    end = min(begin + WINDOW, run.hours) if end is None else end
    end = checks.number("plot_gantt", "end", end, low=begin, above=True, high=run.hours)
    known = [row.name for row in run.layout.stations]
    window = units.hours_to_ms(begin), units.hours_to_ms(end)
    bars = _bars(trace, known, window)
    if things is not None:
        shown = pick("plot_gantt", "things", known, things)
        which = f"{len(shown)} of {len(known)} stations"
    else:
        shown, which = _most_stopped(bars, len(known))
    ax = new_axes(ax, 1.6 + 0.19 * min(len(shown), 2 * MOST_ROWS))
    scale = time_axis(ax, begin, end)
    closed = _closed(run, window)
    bars = pd.concat([bars, closed]) if len(closed) else bars
    row = pd.Series(range(len(shown)), index=shown)
    bars = bars.assign(row=bars["station"].map(row)).dropna(subset="row")
    drawn = [state for state in STATES if (bars["state"] == state).any()]
    for state in drawn:  # `off` last, on top: intervals run on while a station is closed
        _draw(ax, bars[bars["state"] == state], state, scale)
    name_rows(ax, [known[i] for i in shown], "station")
    title = f"{run.shop.name}: what the stations did, run {run.run}"
    title += f"\n{which}" if len(shown) < len(known) else ""
    legend_above(ax, title, columns=len(STATES))
    return ax


def _bars(trace: pd.DataFrame, known: Sequence[str], window: tuple[int, int]) -> pd.DataFrame:
    """The intervals of stations inside a window: number of the station, state, begin, end. [ms]"""
    first, last = window
    inside = (trace["begin"] < last) & (trace["end"] > first)
    number = {name: i for i, name in enumerate(known)}
    bars = trace[inside & trace["thing"].isin(known)]
    return pd.DataFrame(
        {
            "station": bars["thing"].map(number),
            "state": bars["state"],
            "begin": bars["begin"].clip(lower=first),
            "end": bars["end"].clip(upper=last),
        }
    )


def _most_stopped(bars: pd.DataFrame, n_stations: int) -> tuple[list[int], str]:
    """Numbers of the stations that were down or waiting longest, in their order; words for them."""
    if n_stations <= MOST_ROWS:
        return list(range(n_stations)), ""
    stops = bars[bars["state"].isin(STOPPED)]
    lost = np.zeros(n_stations)
    np.add.at(lost, stops["station"].to_numpy(), (stops["end"] - stops["begin"]).to_numpy())
    n_stopped = int(np.count_nonzero(lost))
    longest = np.argsort(-lost, kind="stable")[: min(n_stopped, MOST_ROWS) or MOST_ROWS]
    which = f"the {len(longest)} of {n_stations} stations that were down or waited for a crew"
    if n_stopped > MOST_ROWS:
        which += " longest"
    elif not n_stopped:
        which = f"the first {len(longest)} of {n_stations} stations, none of which was down"
    return sorted(longest.tolist()), which


def _closed(run: ShopRun, window: tuple[int, int]) -> pd.DataFrame:
    """The closed time inside a window, as bars of each station."""
    first, last = window
    rows: list[tuple[int, str, int, int]] = []
    for i, station in enumerate(run.layout.stations):
        edges = run.open_windows(station.name).ravel()
        gaps = np.clip([first, *edges, last], first, last).reshape(-1, 2)
        rows += [(i, "off", a, b) for a, b in gaps.tolist() if a < b]
    return pd.DataFrame(rows, columns=["station", "state", "begin", "end"])


def _draw(ax: Axes, bars: pd.DataFrame, state: str, scale: float) -> None:
    """All bars of one state at once: a trace has some 10^5 of them a day."""
    from matplotlib.collections import PolyCollection  # loaded only when something is drawn

    left, right = bars["begin"].to_numpy() / scale, bars["end"].to_numpy() / scale
    top, bottom = bars["row"].to_numpy() - 0.4, bars["row"].to_numpy() + 0.4
    x = np.stack((left, right, right, left), axis=1)
    y = np.stack((top, top, bottom, bottom), axis=1)
    corners = np.stack((x, y), axis=2)
    boxes = PolyCollection(corners, color=COLOURS[state], lw=0, label=state)  # type: ignore[arg-type]
    ax.add_collection(boxes, autolim=False)


def plot_levels(
    run: ShopRun, ax: Axes | None = None, *, stores: str | Sequence[str] | None = None
) -> Axes:
    """How full stores and buffers were, period by period, against their capacity.

    Up to four are drawn as lines of the mean level, with a dot for the level at the end of each
    period as long as the dots can be seen apart. More are drawn as a heat map of the mean level in
    percent of the capacity. Those of capacity 0, where parts go hand to hand, are left out.

    Parameters
    ----------
    run : ShopRun
        With a history: `simulate(..., every=1.0)`.
    ax : Axes, optional
        By default those of a new figure.
    stores : str or sequence of str, optional
        Names of stores and of buffers inside lines, or patterns such as `door_*`; by default all.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        The run has no history, no store has a capacity above 0, an unknown store.
    """
    check("plot_levels", run, ShopRun)
    history = run.history
    capacity, columns = _capacities(run)
    if not len(capacity):
        rule = "it must be given a run with a store or buffer of a capacity above 0"
        raise ValueError(checks.complain("plot_levels", rule, run))
    known = [str(name) for name in capacity.index]
    shown = pick("plot_levels", "stores", known, "*" if stores is None else stores)
    capacity, columns = capacity.iloc[shown], columns[shown]
    spent = np.diff(history.ends, prepend=0)[:, None]
    mean = np.diff(history.stores["level_ms"][:, columns], axis=0, prepend=0) / spent
    edges = np.concatenate(([0], history.ends))
    title = f"{run.shop.name}: how full the buffers were, run {run.run}"
    if len(shown) > len(LINES):
        return _heat_map(ax, run, edges, mean, capacity, title)
    return _lines(ax, run, edges, mean, history.stores["level"][:, columns], capacity, title)


def _capacities(run: ShopRun) -> tuple[pd.Series[int], Ints]:
    """The capacity, above 0, of each store and buffer, and its column in a history."""
    capacity = pd.concat([run.stores["capacity"], run.buffers["capacity"]])
    buffers = [size for line in run.shop.lines for size in line.buffers]  # type: ignore[union-attr]
    listed = [True] * len(run.stores) + [size > 0 for size in buffers]
    columns, above_zero = np.flatnonzero(listed), (capacity > 0).to_numpy()
    return capacity[above_zero], columns[above_zero]


def _lines(
    ax: Axes | None,
    run: ShopRun,
    edges: Ints,
    mean: np.ndarray,
    level: Ints,
    capacity: pd.Series[int],
    title: str,
) -> Axes:
    """A step for each period, a dot at its end, a broken line at each capacity."""
    ax = new_axes(ax, 4.2)
    at = edges / time_axis(ax, 0.0, run.hours)
    few = len(mean) <= MOST_DOTS
    for (name, size), colour, means, ends in zip(
        capacity.items(), LINES, mean.T, level.T, strict=False
    ):
        label, width = as_written(f"{name} ({size})"), 2.0 if few else 1.0
        ax.stairs(means, at, baseline=None, color=colour, lw=width, label=label)
        if few:
            ax.plot(at[1:], ends, "o", color=colour, ms=4, clip_on=False)
    for n, size in enumerate(sorted(set(capacity))):
        ax.axhline(size, color="black", lw=1.2, ls="--", label="" if n else "capacity")
    ax.set_ylim(0, 1.05 * capacity.max())
    ax.locator_params(axis="y", integer=True)
    ax.set_ylabel("level [parts]")
    subtitle = f"means over {period(edges)}" + ("; dots: the level at their ends" if few else "")
    legend_above(ax, f"{title}\n{subtitle}", columns=3)
    return ax


def _heat_map(
    ax: Axes | None,
    run: ShopRun,
    edges: Ints,
    mean: np.ndarray,
    capacity: pd.Series[int],
    title: str,
) -> Axes:
    """A row for each store, a column for each period."""
    ax = new_axes(ax, 1.6 + 0.24 * min(len(capacity), MOST_ROWS))
    at = edges / time_axis(ax, 0.0, run.hours)
    share = 100 * mean.T / capacity.to_numpy()[:, None]
    share_map(ax, at, share, "mean level [% of the capacity]")
    names = [f"{name} ({size})" for name, size in capacity.items()]
    name_rows(ax, names, "store or buffer (capacity)")
    title = f"{title}\nmeans over {period(edges)}"
    ax.set_title(as_written(title), loc="left", fontsize=11)
    return ax
