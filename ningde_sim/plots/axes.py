"""What all pictures share: their axes, their colours, where a legend goes."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np

from ningde_sim._support import checks, units
from ningde_sim.plant.paths import nearest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 9.0
"""Of a new figure: that of a notebook. [inch]"""

MOST_NAMES = 40
"""Of rows, one below the other."""

# Okabe, Ito (2008), Color Universal Design: told apart with any colour vision.
ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILLION, PURPLE, GREY = "#0072B2", "#D55E00", "#CC79A7", "#BBBBBB"

COLOURS = {
    "working": GREEN,
    "planned": YELLOW,
    "down": VERMILLION,
    "waiting": PURPLE,
    "blocked": ORANGE,
    "starved": SKY,
    "off": GREY,
}
"""The colour of each state, in every picture."""


def new_axes(ax: Axes | None, height: float) -> Axes:
    """The axes given, or those of a new figure as high as this. [inch]"""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt  # loaded for who draws without axes of his own

    return plt.subplots(figsize=(WIDTH, height), layout="constrained")[1]


def check(picture: str, result: object, kind: type) -> None:
    """Complain of what a picture cannot draw."""
    if not isinstance(result, kind):
        raise TypeError(checks.complain(picture, f"it must be given a {kind.__name__}", result))


def legend_above(ax: Axes, title: str, columns: int) -> None:
    """A legend between the title and the axes, where it hides nothing."""
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False, fontsize=9)
    rows = -(-len(ax.get_legend_handles_labels()[1]) // columns)
    ax.set_title(title, loc="left", pad=16 + 14 * rows, fontsize=11)


def pick(picture: str, field: str, known: Sequence[str], wanted: str | Sequence[str]) -> list[int]:
    """Places, in rising order, of the names that fit one of the names or patterns asked for."""
    patterns = checks.members(picture, field, wanted, str)
    fits = {p: [i for i, n in enumerate(known) if n == p or fnmatchcase(n, p)] for p in patterns}
    for pattern in patterns:
        if not fits[pattern]:
            rule = f"each of {field} must be a name, or a pattern with *, that something has"
            raise ValueError(checks.complain(picture, rule, pattern, nearest(pattern, list(known))))
    if not patterns:
        rule = f"{field} must name at least one"
        raise ValueError(checks.complain(picture, rule, wanted, "None takes the default."))
    return sorted({i for found in fits.values() for i in found})


def name_rows(ax: Axes, names: Sequence[str], what: str) -> None:
    """A row a name, the first on top; of more than can be read each second, third, ... is named."""
    step = -(-len(names) // MOST_NAMES)
    ax.set_yticks(range(0, len(names), step), names[::step], fontsize=8)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0 if step == 1 else 3)
    ax.set_ylabel(what if step == 1 else f"{what}, one in {step} is named")


def time_axis(ax: Axes, begin: float, end: float) -> float:
    """Time since the start of the counted hours, in minutes, hours or days.

    Parameters
    ----------
    begin, end : float
        What is shown. [h]

    Returns
    -------
    float
        Milliseconds of the unit that was chosen. [ms]
    """
    from matplotlib.ticker import MaxNLocator  # loaded for who draws

    length, steps = end - begin, [1, 2, 5, 10]
    unit, scale = "d", 24 * units.MS_PER_H
    if length <= 2:
        unit, scale = "min", units.MS_PER_MIN
    elif length <= 96:
        unit, scale = "h", units.MS_PER_H
        steps = [1, 2, 3, 4, 6, 10] if length > 10 else steps
    ax.set_xlim(begin * units.MS_PER_H / scale, end * units.MS_PER_H / scale)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=10, steps=steps))
    ax.xaxis.set_major_formatter("{x:,.6g}")
    ax.set_xlabel(f"time since the start of the counted hours [{unit}]")
    return scale


def share_map(ax: Axes, at: np.ndarray[Any, Any], shares: np.ndarray[Any, Any], what: str) -> None:
    """A heat map of shares from 0 to 100 %, with its scale: a row each, a cell from edge to edge.

    Parameters
    ----------
    at : numpy.ndarray, shape (n + 1,)
        Edges of the cells, on the horizontal axis.
    shares : numpy.ndarray, shape (rows, n)
        Row k lies around k. [%]
    what : str
        Of what, with its unit.
    """
    rows = np.arange(len(shares) + 1) - 0.5
    image = ax.pcolormesh(at, rows, shares, cmap="cividis", vmin=0, vmax=100)
    ax.figure.colorbar(image, ax=ax, label=what)
