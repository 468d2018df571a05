"""Plots of the inputs that the result depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim.plots.axes import BLUE, ORANGE, as_written, check, legend_above, new_axes
from ningde_sim.sensitivity.tornado import Tornado
from ningde_sim.statistics.estimate import Values

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LANES = (("low", BLUE, -0.21), ("high", ORANGE, 0.21))
"""For each end of an input its colour, and how far its bar is from the row. [rows]"""


def plot_tornado(result: Tornado, ax: Axes | None = None, *, most: int = 15) -> Axes:
    """The result with each input at its low and at its high, the greatest swing on top.

    Bars start at the typical result. At their ends are the values of the input, and whiskers for
    the intervals. Inputs that ran once have no whiskers, inputs without effect no bar.

    Parameters
    ----------
    result : Tornado
    ax : Axes, optional
        By default those of a new figure.
    most : int
        How many inputs are drawn.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        The result is not a Tornado; `most` is not a whole number from 1 on.
    """
    check("plot_tornado", result, Tornado)
    most = checks.whole("plot_tornado", "most", most, low=1)
    table, base = result.table.head(most), result.base.value
    ax = new_axes(ax, 2.0 + 0.42 * len(table))
    at = np.arange(len(table))
    for end, colour, lane in LANES:
        _bars(ax, table, end, base, at + lane, colour, result.between)
    ax.axvline(base, color="black", lw=1.2)
    words = [as_written(f"{row['input']} [{row['unit']}]") for _, row in table.iterrows()]
    ax.set_yticks(at, words, fontsize=9)
    ax.set_ylim(len(table) - 0.4, -0.6)
    ax.set_xlabel(as_written(f"{result.of}, all other inputs typical [{result.unit}]"))
    ax.xaxis.set_major_formatter("{x:,.6g}")
    ax.locator_params(axis="x", nbins=6)
    ax.margins(x=0.12)
    ax.grid(axis="x", alpha=0.3)
    ax.set_axisbelow(True)
    shown = "" if len(table) == len(result.table) else f", the first {len(table)}"
    title = f"{result.title}: one of {len(result.table)} inputs moved at a time{shown}"
    title += f"\ntypical {result.base}"
    title += f"\nwhiskers: {100 * result.level:g} % intervals of random variation"
    title += "\n(none for inputs that ran once)" if (table["n"] == 1).any() else ""
    legend_above(ax, title, columns=2)
    return ax


def _bars(
    ax: Axes,
    table: pd.DataFrame,
    end: str,
    base: float,
    at: Values,
    colour: str,
    between: tuple[float, float],
) -> None:
    """The bars of one end of all inputs, with whiskers and values."""
    moved = table[f"at_{end}"].to_numpy()
    low, high = table[f"at_{end}_low"].to_numpy(), table[f"at_{end}_high"].to_numpy()
    share = between[0] if end == "low" else between[1]
    label = f"input {end}, {100 * share:g} % quantile"
    ax.barh(at, moved, 0.4, left=base, color=colour, label=label)
    known = np.isfinite(low)
    arms = [(moved - low)[known], (high - moved)[known]]
    ax.errorbar(
        (base + moved)[known],
        at[known],
        xerr=arms,
        fmt="none",
        ecolor="black",
        elinewidth=1,
        capsize=2,
    )
    for y, by, left, right, value in zip(at, moved, low, high, table[end], strict=True):
        ahead = by < 0 if by else end == "low"
        tip = (min(by, left) if ahead else max(by, right)) if np.isfinite(left) else by
        ax.annotate(
            f"{value:.3g}",
            (base + tip, y),
            (-4 if ahead else 4, 0),
            textcoords="offset points",
            ha="right" if ahead else "left",
            va="center",
            fontsize=8,
        )
