"""What all pictures share: their axes, their colours, where a legend goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ningde_sim.plant import checks

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 9.0
"""Of a new figure: that of a notebook. [inch]"""

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
