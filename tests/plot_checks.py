"""Checks of a plot by its pixels and by the boxes of its texts."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.container import BarContainer
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

LEAST_SIZE = 7
"""The least size of text that is read without effort. [pt]"""

NEAR = 10
"""Two colours that differ by no more than this count as one. [of 255]"""


def over(colour: str, alpha: float, below: str = "white") -> tuple[float, ...]:
    """The colour that is seen where one covers another."""
    pairs = zip(to_rgb(colour), to_rgb(below), strict=True)
    return tuple(alpha * top + (1 - alpha) * under for top, under in pairs)


def ink(ax: Axes, colour: Any) -> float:
    """Share of the pixels inside the axes that have a colour. [-]"""
    canvas = FigureCanvasAgg(ax.figure)  # type: ignore[arg-type]
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[::-1, :, :3].astype(int)
    box = ax.get_window_extent()
    inside = pixels[round(box.y0) : round(box.y1), round(box.x0) : round(box.x1)]
    wanted = np.rint(255 * np.array(to_rgb(colour)))
    return float((np.abs(inside - wanted).max(axis=2) <= NEAR).mean())


def assert_ink(ax: Axes, expected: Mapping[Any, tuple[float, float]]) -> None:
    """Each colour covers as much of the axes as it must, and no more than it may."""
    for colour, (least, most) in expected.items():
        share = ink(ax, colour)
        assert least <= share <= most, f"{colour} covers {share:.3f}, not {least:g} to {most:g}"


def ticks(axis: Axis) -> list[Text]:
    """The tick labels of an axis that are drawn: those of ticks inside its range."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * (high - low)
    return [
        label
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        for label in (tick.label1, tick.label2)  # either side of the axes
        if low - slack <= tick.get_loc() <= high + slack and _is_drawn(label)
    ]


def _is_drawn(text: Text) -> bool:
    return text.get_visible() and bool(text.get_text().strip())


def texts(ax: Axes) -> list[Text]:
    """Every text that is drawn in the figure of these axes: titles, labels, ticks, legends."""
    figure = ax.figure
    FigureCanvasAgg(figure).draw()  # type: ignore[arg-type]
    axes = [axis for each in figure.axes for axis in (each.xaxis, each.yaxis)]  # type: ignore[union-attr]
    of_ticks = {
        label
        for axis in axes
        for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]
        for label in (tick.label1, tick.label2)
    }
    others = [text for text in figure.findobj(Text) if text not in of_ticks]
    drawn = [text for text in others if isinstance(text, Text) and _is_drawn(text)]
    return drawn + [label for axis in axes for label in ticks(axis)]


def _outline(text: Text) -> Path:
    """The box of a text, rotated like the text, a pixel smaller on each side."""
    angle, turn = text.get_rotation(), Affine2D()
    if angle and text.get_rotation_mode() == "anchor":
        text.set_rotation(0)
        box = text.get_window_extent()
        text.set_rotation(angle)
        x, y = text.get_transform().transform(text.get_unitless_position())
        turn = turn.rotate_deg_around(x, y, angle)
    else:
        box = text.get_window_extent()
    box = box.padded(-1)
    corners = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]
    return turn.transform_path(Path([*corners, corners[0]], closed=True))


def assert_readable(ax: Axes) -> None:
    """No text is cut by the edge of the figure, lies over another one, or is too small."""
    frame = ax.figure.bbox
    drawn = texts(ax)
    assert drawn, "no text at all"
    for text in drawn:
        box, words = text.get_window_extent(), text.get_text()
        assert box.x0 >= -1, f"cut at the left: {words}"
        assert box.x1 <= frame.x1 + 1, f"cut at the right: {words}"
        assert box.y0 >= -1, f"cut at the bottom: {words}"
        assert box.y1 <= frame.y1 + 1, f"cut at the top: {words}"
        assert text.get_fontsize() >= LEAST_SIZE, f"too small: {words}"
    outlines = [_outline(text) for text in drawn]
    pairs = itertools.combinations(zip(drawn, outlines, strict=True), 2)
    for (text, outline), (other, other_outline) in pairs:
        if outline.get_extents().overlaps(other_outline.get_extents()):
            crossed = outline.intersects_path(other_outline, filled=True)
            assert not crossed, f"{text.get_text()!r} lies over {other.get_text()!r}"


def assert_units(ax: Axes, without: Collection[str] = ()) -> None:
    """Each axis of the figure whose ticks are numbers has a label with a unit in brackets.

    Parameters
    ----------
    without : collection of str
        Labels of axes that have no unit.
    """
    texts(ax)  # draws, so that the ticks exist
    for each in ax.figure.axes:  # type: ignore[union-attr]
        for axis in (each.xaxis, each.yaxis):
            shown = [text.get_text() for text in ticks(axis)]
            label = axis.get_label().get_text()
            if label not in without and any(map(_is_number, shown)):
                assert re.search(r"\S \[[^\[\]]+\]", label), f"no unit: {label!r}, {shown}"


def _is_number(words: str) -> bool:
    try:
        float(words.replace(",", "").replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        return False
    return True


def bars(ax: Axes) -> list[BarContainer]:
    """The groups of bars on the axes."""
    return [c for c in ax.containers if isinstance(c, BarContainer)]


def legend(ax: Axes) -> list[str]:
    """The texts of the legend."""
    legend = ax.get_legend()
    assert legend is not None
    return [text.get_text() for text in legend.get_texts()]


def rows(ax: Axes) -> list[str]:
    """The names of the rows, from the first on."""
    return [label.get_text() for label in ax.get_yticklabels()]
