"""A plot as SVG, the same bytes each time."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ningde_sim.plots.axes import WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Svg(NamedTuple):
    """A plot as SVG.

    Attributes
    ----------
    image : bytes
        Letters are outlines, so that it looks the same without the font.
    title : str
        The title of the plot.
    """

    image: bytes
    title: str


def to_svg(draw: Callable[[Axes], object], *, height: float = 4.6) -> Svg:
    """Draw on a figure of its own, whatever the user's style is.

    Parameters
    ----------
    draw : callable
        Draws on the axes that it is given.
    height : float
        Height of the figure. [inch]
    """
    from matplotlib import rc_context, style  # loaded only when something is drawn
    from matplotlib.figure import Figure

    with (
        style.context("default"),
        rc_context({"svg.hashsalt": "ningde_sim", "svg.fonttype": "path"}),
    ):
        figure, file = Figure(figsize=(WIDTH, height), layout="constrained"), io.BytesIO()
        ax = figure.subplots()
        draw(ax)
        figure.savefig(file, format="svg", metadata={"Date": None})
        title = ax.get_title(loc="left").replace(r"\$", "$")
        return Svg(file.getvalue(), " ".join(title.split()))
