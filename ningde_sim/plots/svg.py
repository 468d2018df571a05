"""A picture as SVG, the same bytes each time."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ningde_sim.plots.axes import WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Drawn(NamedTuple):
    """What was drawn.

    Attributes
    ----------
    svg : bytes
        Letters are outlines, so that it looks the same without the font.
    words : str
        Its title.
    """

    svg: bytes
    words: str


def drawn(draw: Callable[[Axes], object], *, height: float = 4.6) -> Drawn:
    """Draw on axes of a figure of its own, whatever the user's style is.

    Parameters
    ----------
    draw : callable
        Draws on the axes that it is given.
    height : float
        Of the figure. [inch]
    """
    from matplotlib import rc_context, style  # loaded for who draws
    from matplotlib.figure import Figure

    with (
        style.context("default"),
        rc_context({"svg.hashsalt": "ningde_sim", "svg.fonttype": "path"}),
    ):
        figure, file = Figure(figsize=(WIDTH, height), layout="constrained"), io.BytesIO()
        ax = figure.subplots()
        draw(ax)
        figure.savefig(file, format="svg", metadata={"Date": None})
        return Drawn(file.getvalue(), " ".join(ax.get_title(loc="left").split()))
