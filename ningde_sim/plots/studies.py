"""Plots of studies: many runs of one experiment."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import numpy as np

from ningde_sim._support import checks
from ningde_sim.plots.axes import (
    GREEN,
    GREY,
    QUANTILES,
    SKY,
    VERMILLION,
    as_written,
    check,
    draw_bands,
    in_words,
    legend_above,
    new_axes,
)
from ningde_sim.statistics import estimate
from ningde_sim.statistics.estimate import Values
from ningde_sim.studies.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
        By default that of the study, for its main column. [study.experiment.units[of]]
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
    experiment = study.experiment
    of = experiment.of if of is None else of
    values = study.column(of)
    target = study.target if target is None and of == experiment.of else target
    if target is not None:
        target = checks.finite("plot_distribution", "target", target)
    ax = new_axes(ax, 4.2)
    _histogram(ax, values, target)
    low, high = np.quantile(values, [0.05, 0.95], method="inverted_cdf")
    ax.axvspan(low, high, color=GREY, alpha=0.35, zorder=0, lw=0, label="5-95 % of runs")
    with estimate.unwarned():
        mean = study.mean(of=of)
        reached = None if target is None else study.probability(target, of=of)
    ax.axvline(mean.value, color="black", lw=1.5, label="mean")
    title = f"{experiment.title}: mean {mean}"
    if target is not None:
        ax.axvline(target, color=VERMILLION, lw=2, ls="--", label=f"target {target:,.6g}")
        title += f"\nP({in_words(of)} >= {target:,.6g}) = {reached}"
    unit = in_words(experiment.units[of])
    ax.set_xlabel(as_written(f"{in_words(of)}, {experiment.description} [{unit}]"))
    ax.set_ylabel("number of runs [-]")
    ax.xaxis.set_major_formatter("{x:,.6g}")
    ax.locator_params(axis="y", integer=True)
    legend_above(ax, title, columns=5)
    return ax


def _histogram(ax: Axes, values: Values, target: float | None) -> None:
    """Bars of two colours, with an edge at the target: no bar lies on both sides of it."""
    edges = np.histogram_bin_edges(values, "auto")
    start = edges[0] if target is None else target
    width = edges[1] - edges[0]
    first = np.floor((values.min() - start) / width) - 1
    last = np.floor((values.max() - start) / width) + 2
    edges = start + width * np.arange(first, last + 1)
    counts, _ = np.histogram(values, edges)
    left, high = edges[:-1][counts > 0], counts[counts > 0]
    reached = np.zeros(len(left), dtype=bool) if target is None else left >= target
    for part, colour, label in (
        (~reached, SKY, "runs" if target is None else "runs below it"),
        (reached, GREEN, "runs that reach it"),
    ):
        if part.any():
            bars = ax.bar(left[part], high[part], width, align="edge", color=colour, label=label)
            for bar in bars:
                bar.set(edgecolor="white", linewidth=0.6)


def plot_fan(study: Study, ax: Axes | None = None) -> Axes:
    """How a year fills up: the cumulative main column of all runs at the end of each month.

    Bands hold 50 % and 90 % of the runs, the line is their median. The plan line spreads the target
    over the shifts of the official working days. Months already built are drawn as they were.

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
    experiment, months = study.experiment, list(study.experiment.months)
    if not months:
        rule = "it must be given a study whose runs have months"
        raise ValueError(checks.complain("plot_fan", rule, study))
    made = np.cumsum([study.column(f"{experiment.of}_{month}") for month in months], axis=0)
    at = np.arange(len(months) + 1)
    quantiles = [
        np.concatenate(([0.0], np.quantile(made, q, axis=1, method="inverted_cdf")))
        for q in QUANTILES
    ]
    ax = new_axes(ax, 4.6)
    draw_bands(ax, at, quantiles)
    if study.target is not None:
        shares = experiment.month_shares
        share = np.cumsum([0.0, *(shares.get(month, 0.0) for month in months)])
        planned = study.target * share / (share[-1] or 1.0)
        ax.plot(at, planned, color=VERMILLION, lw=1.8, ls="--", label="plan")
        ax.axhline(study.target, color=VERMILLION, lw=0.8, label=f"target {study.target:,.6g}")
    if study.known:
        n = len(study.known.months)
        ax.plot(at[[0, n]], [0, study.known.total], "o", color="black", ms=5, label="built so far")
    ax.set_xlim(0, len(months))
    ax.set_ylim(0, None)
    ax.set_xticks(at[1:] - 0.5, [_month_label(month, month == months[0]) for month in months])
    ax.tick_params(axis="x", length=0)
    ax.set_axisbelow(True)
    unit = in_words(experiment.units[experiment.of])
    ax.set_ylabel(as_written(f"cumulative {in_words(experiment.of)} [{unit}]"))
    ax.yaxis.set_major_formatter("{x:,.6g}")
    ax.grid(axis="x", color="#E4E4E4")
    low, _, middle, _, high = (f"{line[-1]:,.0f}" for line in quantiles)
    title = f"{experiment.title}: {middle} at the end, the median ({low} to {high} in 90 % of runs)"
    legend_above(ax, title, columns=6)
    return ax


def _month_label(month: str, first: bool) -> str:
    """Such as Feb, with the year below the first and each January."""
    day = datetime.date.fromisoformat(f"{month}-01")
    return f"{day:%b\n%Y}" if first or day.month == 1 else f"{day:%b}"
