"""Plots of the products of a run: what left and when, in which sequence, after which setups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ningde_sim._support import checks, units
from ningde_sim.engine.counts import Ints
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.plots.axes import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
    YELLOW,
    as_written,
    check,
    legend_above,
    name_rows,
    new_axes,
    period,
    time_axis,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHADES = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION, YELLOW)
"""Of the products, in the order of the shop; those after them are grey."""

MOST_BARS = 60
"""Periods that `plot_products` chooses by itself."""

MOST_PERIODS = 10_000
"""That can be asked for."""

PERIODS = (1.0, 2.0, 4.0, 8.0, 24.0, 168.0, 730.0)
"""Of which it chooses: up to a day, a week, a month. [h]"""

MOST_ROWS = 30
"""Stations of `plot_changeovers`."""

COLUMNS = 4
"""Of a legend."""


def plot_products(run: ShopRun, ax: Axes | None = None, *, every: float | None = None) -> Axes:
    """What left of each product, period by period: stacked rates.

    A product has the same colour in all plots of a shop. The first seven have colours of their own,
    all others are one.

    Parameters
    ----------
    run : ShopRun
        Of a shop with products.
    ax : Axes, optional
        By default those of a new figure.
    every : float, optional
        Length of a period; by default an hour, or as long as 60 of them need. [h]

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        The shop has no products, a period too short for the run.
    """
    _check_products("plot_products", run)
    if every is None:
        every = next((h for h in PERIODS if run.hours <= MOST_BARS * h), run.hours / MOST_BARS)
    low = run.hours / MOST_PERIODS
    every = checks.number("plot_products", "every", every, low=low, high=units.MAX_HOURS)
    step, end = max(1, units.hours_to_ms(every)), units.hours_to_ms(run.hours)
    edges = np.array([*range(0, end, step), end], dtype=np.int64)
    left = run.sequence
    times = np.rint(left["time"].to_numpy() * units.MS_PER_H).astype(np.int64)
    periods = np.maximum(-(-times // step) - 1, 0)  # each ends with its last instant
    hours = units.ms_to_hours(np.diff(edges))
    ax = new_axes(ax, 4.2)
    at = edges / time_axis(ax, 0.0, run.hours)
    below = np.zeros(len(hours))
    for name, colour, members in _shades(run):
        shown = periods[left["product"].isin(members).to_numpy()]
        above = below + np.bincount(shown, minlength=len(hours)) / hours
        ax.stairs(above, at, baseline=below, fill=True, color=colour, label=as_written(name))
        below = above
    ax.set_ylim(0, 1.05 * max(below.max(), 1 / every))
    ax.set_ylabel("throughput (JPH) [bodies/h]")
    title = f"{run.shop.name}: what left, means over {period(edges)}, run {run.run}"
    legend_above(ax, title, columns=COLUMNS)
    return ax


def plot_sequence(run: ShopRun, ax: Axes | None = None, *, first: int = 0, most: int = 120) -> Axes:
    """The sequence of the products as planned, above, and as they left, below.

    Of the bodies that left in the counted hours, each with a line from its planned place to that in
    which it left; its colour is that of its product. In sequence is a body that left before
    every later one, of all those in the counted hours.

    Parameters
    ----------
    run : ShopRun
        Of a shop with products.
    ax : Axes, optional
        By default those of a new figure.
    first : int
        First place shown, from 0. [bodies]
    most : int
        Places shown at most. [bodies]

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        The shop has no products, or no body left at these places.
    """
    _check_products("plot_sequence", run)
    first = checks.whole("plot_sequence", "first", first, high=units.MAX_CAPACITY)
    most = checks.whole("plot_sequence", "most", most, low=1, high=units.MAX_CAPACITY)
    left = run.sequence
    if len(left) <= first:
        rule = f"it must be given a run in which more than {first:,} bodies left"
        raise ValueError(checks.complain("plot_sequence", rule, run))
    numbers = left["number"].to_numpy()
    planned = np.argsort(numbers, kind="stable")
    in_sequence = float((numbers == np.maximum.accumulate(numbers)).mean())
    ax = new_axes(ax, 3.2)
    end = min(first + most, len(left))
    for name, colour, members in _shades(run):
        mine = left["product"].isin(members).to_numpy()
        _draw_strips(ax, mine, planned, (first, end), colour, name)
    ax.set_xlim(first - 0.5, end - 0.5)
    ax.set_ylim(2.5, -0.5)
    ax.set_yticks([0, 2], ["planned", "left"])
    ax.tick_params(axis="y", length=0)
    ax.locator_params(axis="x", integer=True)
    ax.set_xlabel("place in the sequence, from 0 [bodies]")
    title = f"{run.shop.name}: {end - first:,} of {len(left):,} bodies, "
    title += f"{100 * in_sequence:.1f} % of all left in sequence, run {run.run}"
    legend_above(ax, title, columns=COLUMNS)
    return ax


def _draw_strips(
    ax: Axes,
    mine: np.ndarray[Any, np.dtype[np.bool_]],
    planned: Ints,
    window: tuple[int, int],
    colour: str,
    name: str,
) -> None:
    """One product in both strips, and the lines between them."""
    from matplotlib.collections import LineCollection  # loaded only when something is drawn

    first, end = window
    above = np.flatnonzero(mine[planned[first:end]]) + first
    below = np.flatnonzero(mine[first:end]) + first
    if not above.size + below.size:
        return  # without a bar the legend would show a colour of its own
    label = as_written(name)
    ax.bar(above, 1.0, 1.0, -0.5, color=colour, label=label if above.size else None)
    ax.bar(below, 1.0, 1.0, 1.5, color=colour, label=None if above.size else label)
    behind = planned[above]
    stays = (behind >= first) & (behind < end)
    ends = zip(above[stays].tolist(), behind[stays].tolist(), strict=True)
    ax.add_collection(
        LineCollection([[(a, 0.5), (b, 1.5)] for a, b in ends], colors=colour, lw=1), autolim=False
    )


def plot_products_in_stores(run: ShopRun, ax: Axes | None = None) -> Axes:
    """Which products the stores held: their mean numbers, stacked.

    Stores of capacity 0, where parts go hand to hand, are left out.

    Parameters
    ----------
    run : ShopRun
        Of a shop with products.
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        The shop has no products, or no store of a capacity above 0.
    """
    _check_products("plot_products_in_stores", run)
    capacity = run.stores["capacity"][run.stores["capacity"] > 0]
    if not len(capacity):
        rule = "it must be given a run with a store of a capacity above 0"
        raise ValueError(checks.complain("plot_products_in_stores", rule, run))
    held = run.products_in_stores.loc[capacity.index]
    ax = new_axes(ax, 1.6 + 0.3 * len(held))
    _stack(ax, held, run)
    name_rows(ax, [f"{name} ({size})" for name, size in capacity.items()], "store (capacity)")
    ax.set_xlim(0, 1.05 * max(float(held.sum(axis=1).max()), 0.1))
    ax.set_xlabel("mean level [parts]")
    title = f"{run.shop.name}: products in the stores, {run.hours:g} h, run {run.run}"
    legend_above(ax, title, columns=COLUMNS)
    return ax


def _stack(ax: Axes, held: pd.DataFrame, run: ShopRun) -> None:
    """A bar a row, with a piece for each product."""
    left = np.zeros(len(held))
    for name, colour, members in _shades(run):
        width = held[members].sum(axis=1).to_numpy()
        ax.barh(range(len(held)), width, 0.8, left, color=colour, label=as_written(name))
        left = left + width


def plot_changeovers(run: ShopRun, ax: Axes | None = None) -> Axes:
    """What setups cost: hours of setup at each station, and how many there were.

    Stations without a setup are left out; of many those with the most hours are shown.

    Parameters
    ----------
    run : ShopRun
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        No station had a setup.
    """
    check("plot_changeovers", run, ShopRun)
    table = run.stations[run.stations["setups"] > 0]
    if not len(table):
        rule = "it must be given a run in which a station had a setup"
        cure = "Such as Station(..., setup=120) in a shop with products."
        raise ValueError(checks.complain("plot_changeovers", rule, run, cure))
    longest = np.sort(np.argsort(-table["setup"].to_numpy(), kind="stable")[:MOST_ROWS])
    shown = table.iloc[longest]
    ax = new_axes(ax, 1.6 + 0.3 * len(shown))
    bars = ax.barh(range(len(shown)), shown["setup"], 0.8, color=COLOURS["setup"])
    ax.bar_label(bars, [f"{n:,} setups" for n in shown["setups"]], padding=4, fontsize=8)
    name_rows(ax, [str(name) for name in shown.index], "station")
    ax.set_xlim(0, 1.2 * max(float(shown["setup"].max()), 0.1 * run.hours / 100))
    ax.set_xlabel("setup [h]")
    which = f"\nthe {len(shown)} of {len(table)} stations with the most hours of setup"
    title = f"{run.shop.name}: setups, {run.hours:g} h, run {run.run}"
    title += which if len(shown) < len(table) else ""
    ax.set_title(as_written(title), loc="left", fontsize=11)
    return ax


def _check_products(plot: str, run: ShopRun) -> None:
    check(plot, run, ShopRun)
    if not run.shop.products:
        rule = "it must be given a run of a shop with products"
        cure = 'Such as Shop(..., products=[Product("A"), Product("B")]).'
        raise ValueError(checks.complain(plot, rule, run, cure))


def _shades(run: ShopRun) -> Iterator[tuple[str, str, list[str]]]:
    """Name in the legend, colour and products of each; the last may stand for many."""
    names = list(run.layout.products)
    own = len(names) if len(names) <= len(SHADES) + 1 else len(SHADES)
    for name, colour in zip(names[:own], (*SHADES, GREY), strict=False):
        yield name, colour, [name]
    if rest := names[own:]:
        yield f"{len(rest)} others", GREY, rest
