"""What the figures of a notebook show, as data that can be compared.

An IPython extension: after each cell it publishes one record a figure, before the figures are drawn
and closed. Images of two machines differ in bytes, and these records do not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import matplotlib
import numpy as np
from IPython.core.interactiveshell import InteractiveShell
from matplotlib._pylab_helpers import Gcf
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.category import StrCategoryFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

MIME = "application/vnd.ningde-sim.plots+json"
"""Under which the records are published."""

DPI = 90
"""Of the stored images: figures of 9 inches are 810 pixels wide."""

DIGITS = 6
"""Significant digits that two plots share when their data are the same."""

NUDGE = 1e-10
"""Relative; without it a decimal such as 0.1234565 lies on an edge of rounding."""

DUST = 1e-12
"""What is smaller, relative to the largest number of its array, counts as 0."""


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Publish the plots of each cell. This must come first: pyplot draws and closes them."""
    matplotlib.rcdefaults()
    matplotlib.rcParams["figure.dpi"] = DPI
    shell.events.register("post_execute", lambda: publish(shell))


def publish(shell: InteractiveShell) -> None:
    """Publish a record for each open figure, in the order in which they will be drawn."""
    managers = Gcf.get_all_fig_managers()
    if managers:
        shell.display_pub.publish({MIME: [record(manager.canvas.figure) for manager in managers]})


def record(figure: Figure) -> dict[str, Any]:
    """The data of a figure: number and digest of each kind of artist, and its texts."""
    plots = [ax for ax in figure.axes if ax.get_label() != "<colorbar>"]
    kinds = {
        "lines": [(ax, artist) for ax in plots for artist in ax.lines],
        "patches": [(ax, artist) for ax in plots for artist in ax.patches],
        "collections": [(ax, artist) for ax in plots for artist in ax.collections],
        "images": [(ax, artist) for ax in plots for artist in ax.images],
    }
    digests: dict[str, Any] = {
        kind: f"{len(artists)}, {digest(figure.axes, artists)}"
        for kind, artists in kinds.items()
        if artists
    }
    return {**digests, "texts": [text for text in texts(figure) if text]}


def digest(axes: list[Axes], artists: Iterable[tuple[Axes, Artist]]) -> str:
    """SHA-256 of the numbers that the artists draw, rounded, with the axes that they stand on."""
    sha = hashlib.sha256()
    for ax, artist in artists:
        sha.update(f"axes {axes.index(ax)}\n".encode())
        for numbers in data(artist):
            sha.update(rounded(numbers).encode())
    return sha.hexdigest()


def data(artist: Any) -> Iterator[Any]:
    """All that a line, patch, collection or image draws, in units of its axes."""
    if hasattr(artist, "get_xydata"):  # a line
        yield artist.get_xydata()
    elif hasattr(artist, "get_patch_transform"):
        yield artist.get_patch_transform().transform(artist.get_path().vertices)
    elif hasattr(artist, "get_paths"):  # a collection
        yield from (path.vertices for path in artist.get_paths())
        yield artist.get_offsets()
        if artist.get_array() is not None:
            yield artist.get_array()
    else:
        yield artist.get_extent()
        yield artist.get_array()


def rounded(numbers: Any) -> str:
    """The shape and the numbers of an array as text, to a few significant digits."""
    values = np.ma.filled(np.ma.asarray(numbers, dtype=float), np.nan)
    largest = np.max(np.abs(values), initial=0.0, where=np.isfinite(values))
    values = np.where(np.abs(values) <= DUST * largest, 0.0, values * (1 + NUDGE))
    return f"{values.shape} " + " ".join(f"{value:.{DIGITS - 1}e}" for value in values.flat) + "\n"


def texts(figure: Figure) -> Iterator[str]:
    """Titles, labels, legends, texts in the plot, and the names along an axis."""
    yield figure.get_suptitle()
    for ax in figure.axes:
        yield from (ax.get_title(loc) for loc in ("left", "center", "right"))
        yield from (ax.get_xlabel(), ax.get_ylabel())
        yield from (text.get_text() for text in ax.texts)
        if legend := ax.get_legend():
            yield from (text.get_text() for text in legend.get_texts())
        yield from (name for axis in (ax.xaxis, ax.yaxis) for name in names(axis))


def names(axis: Axis) -> list[str]:
    """The labels of ticks that were set; others differ between versions of matplotlib."""
    if isinstance(axis.get_major_formatter(), StrCategoryFormatter):
        return [str(name) for name in axis.units._mapping]
    if isinstance(axis.get_major_locator(), FixedLocator):
        return [label.get_text() for label in axis.get_ticklabels()]
    return []
