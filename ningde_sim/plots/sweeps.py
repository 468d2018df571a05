"""Plots of sweeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim.plots.axes import BLUE, VERMILLION, as_written, check, in_words, new_axes
from ningde_sim.studies.sweep_result import Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Shown = Literal["probability", "mean"]

MOST_ROWS = 40
"""Design points that fit one below the other."""


def plot_sweep(
    sweep: Sweep,
    ax: Axes | None = None,
    *,
    show: Shown | None = None,
    of: str | None = None,
    target: float | None = None,
) -> Axes:
    """What each design point gives: a line over one path of numbers, a heat map over two paths.

    Other design points are listed one below the other, the best on top. Lines and points have the
    95 % interval of each design point by itself. A heat map has no room for them, so the title says
    how far the farthest end of any interval is from its value.

    Parameters
    ----------
    sweep : Sweep
    ax : Axes, optional
        By default those of a new figure.
    show : {"probability", "mean"}, optional
        The probability of reaching the target, by default if there is one; or the mean.
    of : str, optional
        A column of results; by default the main one.
    target : float, optional
        By default that of the sweep. [units of the column]

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        An unknown column, a probability without a target.
    """
    check("plot_sweep", sweep, Sweep)
    if show is not None:
        checks.one_of("plot_sweep", "show", show, get_args(Shown))
    table = sweep.estimates(of=of, target=target)
    if show is None:
        show = "probability" if "probability" in table else "mean"
    if show not in table:
        raise ValueError(checks.complain("plot_sweep", "a probability needs a target", target))
    of = sweep.experiment.of if of is None else of
    least = sweep.target if target is None else target
    what = f"mean {in_words(of)} [{in_words(sweep.experiment.units.get(of, '-'))}]"
    if show == "probability":
        what = f"P({in_words(of)} >= {least:,.6g}) [-]"
    axes = sweep.design_points.axes if sweep.complete else None
    numbers = axes and [all(isinstance(v, (int, float)) for v in a) for a in axes.values()]
    if axes and len(axes) == 2:
        ax = _heat_map(table, show, what, [*axes], ax)
    elif axes and len(axes) == 1 and numbers and numbers[0]:
        ax = _line(table, show, what, next(iter(axes)), ax)
    else:
        ax = _rows(sweep, table, show, what, ax)
    widest = max(
        float((table[f"{show}_{end}"] - table[show]).abs().max()) for end in ("low", "high")
    )
    runs = f"{sweep.n:,} runs a design point: {sweep.experiment.description}"
    title = f"{sweep.experiment.title}: {what}\n{runs}\n95 % intervals to +-{_figures(widest)}"
    ax.set_title(as_written(title), loc="left", fontsize=11)
    return ax


def _heat_map(
    table: pd.DataFrame, show: Shown, what: str, paths: list[str], ax: Axes | None
) -> Axes:
    """The first path upwards, the second to the right, the number in each design point."""
    y, x = paths
    grid = table.pivot(index=y, columns=x, values=show)
    grid = grid.loc[[*dict.fromkeys(table[y])], [*dict.fromkeys(table[x])]]
    ax = new_axes(ax, 1.8 + 0.42 * len(grid))
    image = ax.imshow(grid, cmap="cividis", aspect="auto", origin="lower")
    if show == "probability":
        image.set_clim(0.0, 1.0)
    ax.set_xticks(range(grid.shape[1]), [_number(v) for v in grid.columns])
    ax.set_yticks(range(grid.shape[0]), [_number(v) for v in grid.index])
    ax.set_xlabel(as_written(x))
    ax.set_ylabel(as_written(y))
    if grid.size <= 400:
        for (row, column), value in np.ndenumerate(grid.to_numpy()):
            low, high = image.get_clim()
            dark = high > low and (value - low) / (high - low) < 0.55
            words = f"{value:.2f}" if show == "probability" else f"{value:,.4g}"
            words = words if value < 1000 else f"{value:,.0f}"
            ax.text(
                column, row, words, ha="center", va="center", fontsize=8, color="w" if dark else "k"
            )
    ax.figure.colorbar(image, ax=ax, label=as_written(what), format="{x:,.6g}")
    return ax


def _line(table: pd.DataFrame, show: Shown, what: str, path: str, ax: Axes | None) -> Axes:
    """A line with its intervals."""
    ax = new_axes(ax, 4.2)
    table = table.sort_values(path)
    ax.errorbar(table[path], table[show], _arms(table, show), color=BLUE, marker="o", capsize=3)
    ax.set_xlabel(as_written(path))
    ax.set_ylabel(as_written(what))
    ax.yaxis.set_major_formatter("{x:,.6g}")
    if show == "probability":
        ax.set_ylim(-0.03, 1.03)
    return ax


def _rows(sweep: Sweep, table: pd.DataFrame, show: Shown, what: str, ax: Axes | None) -> Axes:
    """A point with its interval for each design point, one below the other."""
    table = table.sort_values(show, ascending=False, kind="stable").head(MOST_ROWS)[::-1]
    ax = new_axes(ax, 1.6 + 0.3 * len(table))
    at = np.arange(len(table))
    ax.errorbar(table[show], at, xerr=_arms(table, show), fmt="o", color=BLUE, capsize=3)
    ax.plot(table[show].iloc[-1], at[-1], "o", color=VERMILLION, zorder=3)
    ax.set_yticks(at, [_short(sweep.design_points.label(int(k))) for k in table.index], fontsize=9)
    ax.set_ylim(-0.6, len(table) - 0.4)
    ax.set_xlabel(as_written(what))
    ax.xaxis.set_major_formatter("{x:,.6g}")
    ax.grid(axis="x", alpha=0.3)
    return ax


def _arms(table: pd.DataFrame, show: Shown) -> list[pd.Series[float]]:
    """Lengths of an interval below and above; none where it is open."""
    ends = (table[show] - table[f"{show}_low"], table[f"{show}_high"] - table[show])
    return [end.replace([np.inf], np.nan) for end in ends]


def _figures(half: float) -> str:
    """To two figures, without an exponent: 640, 0.29."""
    return f"{float(f'{half:.2g}'):,.10g}"


def _number(value: object) -> str:
    return f"{value:,g}" if isinstance(value, (int, float, np.number)) else _short(str(value))


def _short(words: str) -> str:
    return as_written(words if len(words) <= 60 else f"{words[:57]}...")
