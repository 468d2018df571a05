"""Pictures of runs, studies and exports."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from ningde_sim._support import checks
from ningde_sim.engine.rules import STATES
from ningde_sim.engine.shop_run import ShopRun
from ningde_sim.plots.axes import (
    BLUE,
    COLOURS,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    VERMILLION,
    check,
    legend_above,
    new_axes,
)
from ningde_sim.shipping import ShippingRun
from ningde_sim.statistics import estimate
from ningde_sim.studies.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Of many runs, where bands end and their middle lies."""


def _bands(ax: Axes, at: estimate.Values, ends: Iterable[estimate.Values]) -> None:
    """The 5, 25, 50, 75 and 95 % of many runs: two bands, a line in their middle."""
    low, lower, middle, upper, high = ends
    ax.fill_between(at, low, high, color=SKY, alpha=0.35, lw=0, label="90 % of runs")
    ax.fill_between(at, lower, upper, color=SKY, alpha=0.8, lw=0, label="50 % of runs")
    ax.plot(at, middle, color=BLUE, lw=2, label="median")


def plot_distribution(
    study: Study, ax: Axes | None = None, *, target: float | None = None, of: str | None = None
) -> Axes:
    """How the results of a study spread: its runs, their mean and 5-95 % range, the target.

    Parameters
    ----------
    study : Study
    ax : Axes, optional
        By default those of a new figure.
    target : float, optional
        By default that of the study, which is of the main column. [study.experiment.units[of]]
    of : str, optional
        A column of results; by default the main one.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        An unknown column.
    """
    check("plot_distribution", study, Study)
    case = study.experiment
    of = case.of if of is None else of
    values = study.column(of)
    target = study.target if target is None and of == case.of else target
    ax = new_axes(ax, 4.2)
    _histogram(ax, values, target)
    low, high = np.quantile(values, [0.05, 0.95], method="inverted_cdf")
    ax.axvspan(low, high, color=GREY, alpha=0.35, zorder=0, lw=0, label="5-95 % of runs")
    ax.axvline(float(values.mean()), color="black", lw=1.5, label="mean")
    with estimate.unwarned():
        mean = study.mean(of=of)
        odds = None if target is None else study.probability(target, of=of)
    title = f"{case.title}: mean {mean}"
    if target is not None:
        ax.axvline(target, color=VERMILLION, lw=2, ls="--", label=f"target {target:,.6g}")
        title += f"\nP({of} >= {target:,.6g}) = {odds}"
    ax.set_xlabel(f"{of}, {case.description} [{case.units[of]}]")
    ax.set_ylabel("number of runs [-]")
    ax.xaxis.set_major_formatter("{x:,.6g}")
    ax.locator_params(axis="y", integer=True)
    legend_above(ax, title, columns=5)
    return ax


def plot_fan(study: Study, ax: Axes | None = None) -> Axes:
    """How a year fills up: the cumulative main column of all runs at the end of each month.

    Bands hold 50 % and 90 % of the runs, the line is their median; the plan line spreads the
    target over the shifts of the official working days. Months given are drawn as they were.

    Parameters
    ----------
    study : Study
        Of a scenario.
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        The runs have no months.
    """
    check("plot_fan", study, Study)
    case, months = study.experiment, list(study.experiment.months)
    if not months:
        rule = "it must be given a study whose runs have months"
        raise ValueError(checks.complain("plot_fan", rule, study))
    made = np.cumsum([study.column(f"{case.of}_{month}") for month in months], axis=0)
    at = np.arange(len(months) + 1)
    ends = [
        np.concatenate(([0.0], np.quantile(made, q, axis=1, method="inverted_cdf")))
        for q in QUANTILES
    ]
    ax = new_axes(ax, 4.6)
    _bands(ax, at, ends)
    if study.target is not None:
        plan = case.month_shares
        share = np.cumsum([0.0, *(plan.get(month, 0.0) for month in months)])
        planned = study.target * share / (share[-1] or 1.0)
        ax.plot(at, planned, color=VERMILLION, lw=1.8, ls="--", label="plan")
        ax.axhline(study.target, color=VERMILLION, lw=0.8, label=f"target {study.target:,.6g}")
    if study.known:
        n = len(study.known.months)
        ax.plot(at[[0, n]], [0, study.known.total], "o", color="black", ms=5, label="known")
    ax.set_xlim(0, len(months))
    ax.set_ylim(0, None)
    ax.set_xticks(at[1:] - 0.5, [_month_label(month, month == months[0]) for month in months])
    ax.tick_params(axis="x", length=0)
    ax.set_axisbelow(True)
    ax.set_ylabel(f"cumulative {case.of} [{case.units[case.of]}]")
    ax.yaxis.set_major_formatter("{x:,.6g}")
    ax.grid(axis="x", color="#E4E4E4")
    low, _, middle, _, high = (f"{line[-1]:,.0f}" for line in ends)
    title = f"{case.title}: {middle} at the end ({low} to {high} in 90 % of runs)"
    legend_above(ax, title, columns=6)
    return ax


def plot_yard(
    runs: ShippingRun | Sequence[ShippingRun], ax: Axes | None = None, *, gateway: str = "xiamen"
) -> Axes:
    """How full the yard of a gateway was, day by day, against its capacity.

    Of several runs bands hold 50 % and 90 %, the line is their median; of one run only the line.
    Besides, the mean of the cars that wait at the plant.

    Parameters
    ----------
    runs : ShippingRun or sequence of them
        With the same days.
    ax : Axes, optional
        By default those of a new figure.
    gateway : str
        One that ships with cars call at.

    Returns
    -------
    Axes

    Raises
    ------
    TypeError, ValueError
        No runs, other days, a gateway at which no ship calls.
    """
    several = list(runs) if isinstance(runs, Iterable) else [runs]
    for run in several:
        check("plot_yard", run, ShippingRun)
    if len({(run.start, len(run.cars.made)) for run in several}) != 1:
        rule = "it must be given runs with the same days"
        raise ValueError(checks.complain("plot_yard", rule, several))
    known = several[0].cars.gateways
    if gateway not in known:
        rule = f"gateway must be one of {', '.join(known)}"
        raise ValueError(checks.complain("plot_yard", rule, gateway))
    stock = np.array([run.daily[f"yard_{gateway}"] for run in several])
    waiting = np.mean([run.daily["plant_yard"] for run in several], axis=0)
    places = sorted({run.export.gateways[gateway].yard.value for run in several})
    at = pd.to_datetime(several[0].daily.index).to_numpy()
    ax = new_axes(ax, 4.6)
    if len(several) > 1:
        _bands(ax, at, np.quantile(stock, QUANTILES, axis=0))
    else:
        ax.plot(at, stock[0], color=BLUE, lw=2, label="in the yard")
    ax.plot(at, waiting, color=ORANGE, lw=1.5, ls=":", label="waiting at the plant, mean")
    limits = {"capacity": places[0]}
    if len(places) > 1:
        limits = {"least capacity": places[0], "most capacity": places[-1]}
    for words, capacity in limits.items():
        label = f"{words} {capacity:,.0f}"
        ax.axhline(capacity, color=VERMILLION, lw=1.8, ls="--", label=label)
    ax.set_ylim(0, None)
    ax.set_xlim(at[0], at[-1])
    ax.set_xlabel("end of the day [date]")
    ax.set_ylabel(f"cars in the yard of {gateway} [cars]")
    ax.yaxis.set_major_formatter("{x:,.0f}")
    ax.tick_params(axis="x", labelsize=8)
    over = np.mean([run.days_over for run in several])
    title = f"Yard of {gateway}: at most {stock.max():,} cars, {over:.1f} days over capacity a run"
    legend_above(ax, title, columns=3)
    return ax


def _month_label(month: str, first: bool) -> str:
    """Such as Feb, with the year below the first and each January."""
    day = datetime.date.fromisoformat(f"{month}-01")
    return f"{day:%b\n%Y}" if first or day.month == 1 else f"{day:%b}"


def _histogram(ax: Axes, values: estimate.Values, target: float | None) -> None:
    """Bars of two colours, an edge at the target: no bar lies on both sides of it."""
    edges = np.histogram_bin_edges(values, "auto")
    start = edges[0] if target is None else target
    width = edges[1] - edges[0]
    first = np.floor((values.min() - start) / width) - 1
    last = np.floor((values.max() - start) / width) + 2
    edges = start + width * np.arange(first, last + 1)
    counts, _ = np.histogram(values, edges)
    left, high = edges[:-1][counts > 0], counts[counts > 0]
    reached = np.zeros(len(left), dtype=bool) if target is None else left >= target
    for part, colour, words in (
        (~reached, SKY, "runs" if target is None else "runs below it"),
        (reached, GREEN, "runs that reach it"),
    ):
        if part.any():
            bars = ax.bar(left[part], high[part], width, align="edge", color=colour, label=words)
            for bar in bars:
                bar.set(edgecolor="white", linewidth=0.6)


def plot_states(
    run: ShopRun, ax: Axes | None = None, *, by: Literal["zone", "station"] = "zone"
) -> Axes:
    """Where the time of the stations went: stacked shares of each state.

    Parameters
    ----------
    run : ShopRun
    ax : Axes, optional
        By default those of a new figure.
    by : {"zone", "station"}
        A bar a zone, or a column a station along the shop.

    Returns
    -------
    Axes
    """
    check("plot_states", run, ShopRun)
    if by not in ("zone", "station"):
        rule = "by must be 'zone' or 'station'"
        raise ValueError(checks.complain("plot_states", rule, by))
    states = [state for state in STATES if state != "off" or run.stations["off"].any()]
    hours = run.stations[states]
    if by == "zone":
        hours = hours.groupby(run.stations["zone"], sort=False).sum()
    shares = 100 * hours.div(hours.sum(axis=1), axis=0)
    title = f"{run.shop.name}: where the time went, {run.hours:g} h, run {run.run}"
    if by == "zone":
        ax = new_axes(ax, 1.4 + 0.3 * len(shares))
        working = _stack_rows(ax, shares, COLOURS)
        ax.bar_label(working, fmt="%.0f %%", label_type="center", color="white")
        ax.set_xlabel("share of time [%]")
    else:
        ax = new_axes(ax, 5.0)
        left = np.zeros(len(shares))
        for state in states:
            ax.bar(range(len(shares)), shares[state], 1.0, left, color=COLOURS[state], label=state)
            left = left + shares[state].to_numpy()
        _mark_zones(ax, run.stations["zone"])
        ax.set(ylim=(0, 100), xlim=(-0.5, len(shares) - 0.5), ylabel="share of time [%]")
        ax.set_xlabel(f"{len(shares)} stations, in the order of the shop")
    legend_above(ax, title, columns=len(states))
    return ax


def _stack_rows(ax: Axes, shares: pd.DataFrame, colours: dict[str, str]) -> BarContainer:
    """A horizontal bar a row, the first on top, 0 to 100 %; returns the pieces at its left."""
    rows, left, pieces = range(len(shares)), np.zeros(len(shares)), []
    for name, column in shares.items():
        pieces.append(ax.barh(rows, column, 0.8, left, color=colours[str(name)], label=str(name)))
        left = left + column.to_numpy()
    ax.set_yticks(rows, [str(name) for name in shares.index])
    ax.set_xlim(0, 100)
    ax.set_ylim(len(shares) - 0.4, -0.6)
    return pieces[0]


def _mark_zones(ax: Axes, zones: pd.Series) -> None:
    """Lines between the zones, their names below."""
    starts = np.flatnonzero((zones != zones.shift()).to_numpy())
    ends = np.append(starts[1:], len(zones))
    for start in starts[1:]:
        ax.axvline(start - 0.5, color="white", lw=1.5)
    middles = (starts + ends - 1) / 2
    names = [str(name) for name in zones.iloc[starts]]
    ax.set_xticks(middles, names, rotation_mode="anchor", rotation=60, ha="right", fontsize=9)
    ax.tick_params(axis="x", length=0)


def plot_stores(run: ShopRun, ax: Axes | None = None) -> Axes:
    """How full the stores were: shares of time empty and full, mean level.

    Stores without places, where parts go hand to hand, are left out.

    Parameters
    ----------
    run : ShopRun
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes
    """
    check("plot_stores", run, ShopRun)
    stores = pd.concat([run.stores, run.buffers])
    stores = stores[stores["capacity"] > 0]
    colours = {
        "empty": COLOURS["starved"],
        "all in transit": BLUE,
        "in between": "#E4E4E4",
        "full": COLOURS["blocked"],
    }
    transit = stores["none_ready"] - stores["empty"]
    rest = 1 - stores["none_ready"] - stores["full"]
    parts = (stores["empty"], transit, rest, stores["full"])
    shares = 100 * pd.DataFrame(dict(zip(colours, parts, strict=True))).clip(lower=0)
    shares.index = [f"{name} ({n})" for name, n in stores["capacity"].items()]
    ax = new_axes(ax, 1.6 + 0.3 * len(shares))
    _stack_rows(ax, shares, colours)
    level = 100 * stores["level"] / stores["capacity"]
    at = range(len(level))
    ax.plot(level, at, "o", color="black", ms=6, label="mean level", clip_on=False)
    ax.set_xlabel("share of time [%]; mean level [% of the places]")
    ax.set_ylabel("store (places)")
    title = f"{run.shop.name}: how full the stores were, {run.hours:g} h, run {run.run}"
    legend_above(ax, title, columns=len(colours) + 1)
    return ax
