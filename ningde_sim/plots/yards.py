"""Plots of the yards that exports pass through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim.plots.axes import (
    BLUE,
    ORANGE,
    QUANTILES,
    VERMILLION,
    as_written,
    check,
    draw_bands,
    legend_above,
    new_axes,
)
from ningde_sim.shipping import ShippingRun

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def plot_yard(
    runs: ShippingRun | Sequence[ShippingRun], ax: Axes | None = None, *, gateway: str = "xiamen"
) -> Axes:
    """How full the yard of a gateway was, day by day, against its capacity.

    Of several runs, bands hold 50 % and 90 %, and the line is their median; of one run there is
    only the line. A dotted line is the mean number of cars that wait at the plant.

    Parameters
    ----------
    runs : ShippingRun or sequence of them
        With the same days.
    ax : Axes, optional
        By default those of a new figure.
    gateway : str
        One at which ships with cars call.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        No runs, different days, a gateway at which no ship calls.
    """
    several = list(runs) if isinstance(runs, Iterable) else [runs]
    for run in several:
        check("plot_yard", run, ShippingRun)
    if len({(run.start, len(run.cars.made)) for run in several}) != 1:
        rule = "it must be given runs with the same days"
        raise ValueError(checks.complain("plot_yard", rule, several))
    known = several[0].cars.gateways
    checks.one_of("plot_yard", "gateway", gateway, known)
    stock = np.array([run.daily[f"yard_{gateway}"] for run in several])
    waiting = np.mean([run.daily["plant_yard"] for run in several], axis=0)
    at = pd.to_datetime(several[0].daily.index).to_numpy()
    ax = new_axes(ax, 4.6)
    if len(several) > 1:
        draw_bands(ax, at, np.quantile(stock, QUANTILES, axis=0))
    else:
        ax.plot(at, stock[0], color=BLUE, lw=2, label="in the yard")
    ax.plot(at, waiting, color=ORANGE, lw=1.5, ls=":", label="waiting at the plant, mean")
    _draw_capacities(ax, sorted({run.export.gateways[gateway].yard.value for run in several}))
    ax.set_ylim(0, None)
    ax.set_xlim(at[0], at[-1])
    ax.set_xlabel("end of the day [date]")
    ax.set_ylabel(as_written(f"cars in the yard of {gateway} [cars]"))
    ax.yaxis.set_major_formatter("{x:,.0f}")
    ax.tick_params(axis="x", labelsize=8)
    over = np.mean([run.days_over for run in several])
    title = f"Yard of {gateway}: at most {stock.max():,} cars, {over:.1f} days over capacity a run"
    legend_above(ax, title, columns=3)
    return ax


def _draw_capacities(ax: Axes, capacities: Sequence[float]) -> None:
    """The capacity; the least and the most where it is uncertain."""
    limits = {"capacity": capacities[0]}
    if len(capacities) > 1:
        limits = {"least capacity": capacities[0], "most capacity": capacities[-1]}
    for words, capacity in limits.items():
        label = f"{words} {capacity:,.0f}"
        ax.axhline(capacity, color=VERMILLION, lw=1.8, ls="--", label=label)
