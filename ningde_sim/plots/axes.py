"""What all plots share: axes, colours, labels, legends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np

from ningde_sim._support import checks, units
from ningde_sim.engine.counts import Ints
from ningde_sim.plant.paths import nearest
from ningde_sim.statistics.estimate import Values

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 9.0
"""Width of a new figure: that of a notebook. [inch]"""

MOST_NAMES = 40
"""Rows that can all be named, one below the other."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Of many runs, where bands end and their middle lies."""

# Okabe, Ito (2008), Color Universal Design: distinct with any colour vision.
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILLION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#BBBBBB"
WINE = "#882255"  # of Tol (2021), Colour schemes, "muted"

COLOURS = {
    "working": GREEN,
    "setup": WINE,
    "planned": YELLOW,
    "down": VERMILLION,
    "waiting": PURPLE,
    "blocked": ORANGE,
    "starved": SKY,
    "off": GREY,
}
"""The colour of each state, in every plot."""

LINES = (BLUE, VERMILLION, GREEN, PURPLE)
"""Colours of a few things, each drawn as a line."""

MOST_DOTS = 100
"""Periods whose dots can be seen apart."""


def new_axes(ax: Axes | None, height: float, width: float = WIDTH) -> Axes:
    """The axes given, or those of a new figure of this height and width. [inch]"""
    if ax is not None:
        from matplotlib.axes import Axes  # loaded only when something is drawn

        checks.kind("A plot", "ax", ax, Axes, "plt.subplots()[1] is one; None makes one.")
        return ax
    import matplotlib.pyplot as plt  # loaded only for a new figure

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def as_written(text: object) -> str:
    """A text as it stands: matplotlib would read what is between two $ as mathematics."""
    return str(text).replace("$", r"\$")


def check(plot: str, result: object, kind: type) -> None:
    """Complain if the result is not of the kind that a plot draws."""
    if not isinstance(result, kind):
        raise TypeError(checks.complain(plot, f"it must be given a {kind.__name__}", result))


def in_words(column: str) -> str:
    """A column of results, or its unit, as an axis names it: "CKD sets", "throughput (JPH)"."""
    words = column.replace("_", " ").replace("ckd", "CKD")
    return "throughput (JPH)" if words == "throughput" else words


def draw_bands(ax: Axes, at: Values, quantiles: Iterable[Values]) -> None:
    """Two bands and the line in their middle, from the five `QUANTILES` of many runs."""
    low, lower, middle, upper, high = quantiles
    ax.fill_between(at, low, high, color=SKY, alpha=0.35, lw=0, label="90 % of runs")
    ax.fill_between(at, lower, upper, color=SKY, alpha=0.8, lw=0, label="50 % of runs")
    ax.plot(at, middle, color=BLUE, lw=2, label="median")


def legend_above(ax: Axes, title: str, columns: int) -> None:
    """A legend between the title and the axes, where it hides nothing."""
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False, fontsize=9)
    rows = -(-len(ax.get_legend_handles_labels()[1]) // columns)
    ax.set_title(as_written(title), loc="left", pad=16 + 14 * rows, fontsize=11)


def pick(plot: str, field: str, known: Sequence[str], wanted: str | Sequence[str]) -> list[int]:
    """Numbers, in rising order, of the known names that fit one of the wanted names or patterns."""
    patterns = checks.members(plot, field, wanted, str)
    fits = {p: [i for i, n in enumerate(known) if n == p or fnmatchcase(n, p)] for p in patterns}
    for pattern in patterns:
        if not fits[pattern]:
            rule = f"each of {field} must be a known name, or a pattern with * that fits one"
            raise ValueError(checks.complain(plot, rule, pattern, nearest(pattern, list(known))))
    if not patterns:
        rule = f"{field} must name at least one"
        raise ValueError(checks.complain(plot, rule, wanted, "None takes the default."))
    return sorted({i for numbers in fits.values() for i in numbers})


def name_rows(ax: Axes, names: Sequence[str], what: str) -> None:
    """A row a name, the first on top; of many, every second, third, ... is named."""
    step = -(-len(names) // MOST_NAMES)
    ax.set_yticks(range(0, len(names), step), [*map(as_written, names[::step])], fontsize=8)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0 if step == 1 else 3)
    ax.set_ylabel(what if step == 1 else f"{what}, one in {step} named")


def period(edges: Ints) -> str:
    """How long the first period between such edges is, in words. [ms]"""
    length = int(edges[1] - edges[0])
    if length < units.MS_PER_H:
        return f"{length / units.MS_PER_MIN:.4g} min"
    return f"{length / units.MS_PER_H:.4g} h"


def time_unit(length: float) -> tuple[str, int]:
    """The unit in which a length of time is read best: min, h or d, and what it has. [h; ms]"""
    if length <= 2:
        return "min", units.MS_PER_MIN
    return ("h", units.MS_PER_H) if length <= 96 else ("d", 24 * units.MS_PER_H)


def time_axis(ax: Axes, begin: float, end: float) -> float:
    """Label the axis with the time since the start of the counted hours, in min, h or d.

    Parameters
    ----------
    begin, end : float
        The time shown. [h]

    Returns
    -------
    float
        Length of the unit chosen. [ms]
    """
    from matplotlib.ticker import MaxNLocator  # loaded only when something is drawn

    length, steps = end - begin, [1, 2, 5, 10]
    unit, scale = time_unit(length)
    if unit == "h" and length > 10:
        steps = [1, 2, 3, 4, 6, 10]
    ax.set_xlim(begin * units.MS_PER_H / scale, end * units.MS_PER_H / scale)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=10, steps=steps))
    ax.xaxis.set_major_formatter("{x:,.6g}")
    ax.set_xlabel(f"time since the start of the counted hours [{unit}]")
    return scale


def share_map(ax: Axes, at: np.ndarray[Any, Any], shares: np.ndarray[Any, Any], what: str) -> None:
    """A heat map of shares from 0 to 100 %, with its scale.

    Parameters
    ----------
    at : numpy.ndarray, shape (n + 1,)
        Edges of the columns, on the horizontal axis.
    shares : numpy.ndarray, shape (rows, n)
        Row k is drawn around k. [%]
    what : str
        Label of the scale, with its unit.
    """
    rows = np.arange(len(shares) + 1) - 0.5
    image = ax.pcolormesh(at, rows, shares, cmap="cividis", vmin=0, vmax=100)
    ax.figure.colorbar(image, ax=ax, label=what)
