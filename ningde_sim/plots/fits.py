"""Plots of what a log of stops taught: times as they were seen, and what was fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ningde_sim._support import checks
from ningde_sim.learn.downtime import Downtime
from ningde_sim.learn.families import survival
from ningde_sim.learn.maximum_likelihood import Fit
from ningde_sim.plant.distributions import Empirical
from ningde_sim.plots.axes import BLUE, GREY, VERMILLION, as_written, check, legend_above, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_BARS = 25
"""Reasons, or equipment, that can be read one below the other."""

UNITS = {"repair": "min", "uptime": "h"}


def plot_fit(
    result: Downtime,
    ax: Axes | None = None,
    *,
    equipment: str | None = None,
    reason: str | None = None,
    of: Literal["repair", "uptime"] = "repair",
) -> Axes:
    """How many times are longer than x: as seen and as fitted, on logarithmic and plain scales.

    The steps are the complete times, with those cut at the end of the window (Kaplan, Meier); the
    line is what was taken. The best family, where it does not fit, is a broken line. The left half
    shows the tail, whose long times make most of the downtime, the right half the bulk.

    Parameters
    ----------
    result : Downtime
        From `learn.fit_downtime`.
    ax : Axes, optional
        By default those of a new figure.
    equipment, reason : str, optional
        Of the row of the table; by default that with most downtime of those that match.
    of : {"repair", "uptime"}

    Returns
    -------
    Axes
        The left half.

    Raises
    ------
    TypeError
        The result is not a Downtime.
    ValueError
        No row matches, or it has no complete time.
    """
    check("plot_fit", result, Downtime)
    checks.one_of("plot_fit", "of", of, UNITS)
    key = _key(result, equipment, reason)
    each = result.fits[key]
    fit: Any = getattr(each, of)
    times = each.times.repairs if of == "repair" else each.times.uptimes
    name = ": ".join(filter(None, key))
    if not isinstance(fit, Fit) or not len(times.complete):
        rule = f"the {of} of {name!r} must have a complete time"
        raise ValueError(checks.complain("plot_fit", rule, times.n, "Ask for another row."))
    # loaded only when something is drawn
    from mpl_toolkits.axes_grid1 import make_axes_locatable  # type: ignore[import-untyped]

    ax = new_axes(ax, 4.2)
    x, seen = times.survival_seen()
    most = max(float(x[-1]), fit.mean.value)
    plain = make_axes_locatable(ax).append_axes("right", size="100%", pad=0.7)
    for axes, at in (
        (ax, np.geomspace(x[x > 0][0] / 1.5, 2 * most, 400)),
        (plain, np.linspace(0, 1.05 * most, 400)),
    ):
        if fit.rejected is not None:
            label = f"{type(fit.rejected).__name__}, which does not fit"
            axes.plot(at, survival(fit.rejected, at), color=GREY, ls="--", lw=1.8, label=label)
        if not isinstance(fit.distribution, Empirical):
            axes.plot(at, survival(fit.distribution, at), color=VERMILLION, label=fit.family)
        axes.step(x, seen, where="post", color=BLUE, label=_seen(fit, times.n, times.n_censored))
    ax.set(xscale="log", yscale="log", ylim=(min(0.5 / times.n, 0.05), 1.4))
    plain.set(xlim=(0, 1.05 * most), ylim=(0, 1))
    for axes in (ax, plain):
        axes.set_xlabel(f"{of} [{UNITS[of]}]")
        axes.set_ylabel("share of longer ones [-]")
    title = f"{as_written(name)}: {of}, mean {fit.mean} {UNITS[of]}"
    if fit.note:
        title += f"\n{as_written(fit.note)}"
    legend_above(ax, title, columns=3)
    return ax


def plot_pareto(
    result: Downtime, ax: Axes | None = None, *, by: Literal["reason", "equipment"] = "reason"
) -> Axes:
    """Hours down by reason or equipment, most first, and which share those down to here make up.

    Parameters
    ----------
    result : Downtime
        From `learn.fit_downtime`.
    ax : Axes, optional
        By default those of a new figure.
    by : {"reason", "equipment"}

    Returns
    -------
    Axes

    Raises
    ------
    TypeError
        The result is not a Downtime.
    ValueError
        Nothing failed.
    """
    check("plot_pareto", result, Downtime)
    rows = result.pareto(by)
    if rows.empty:
        raise ValueError(checks.complain("plot_pareto", "the log must have a failure", 0))
    rest = rows[MOST_BARS:]
    shown = rows[:MOST_BARS]
    ax = new_axes(ax, 1.3 + 0.28 * len(shown))
    at = np.arange(len(shown))
    ax.barh(at, shown["hours"], color=VERMILLION, height=0.75)
    for y, (hours, n, share) in enumerate(
        zip(shown["hours"], shown["n"], shown["cumulative"], strict=True)
    ):
        ax.annotate(
            f" {n:,} stops, {share:.0%}", (hours, y), va="center", size=8, annotation_clip=False
        )
    ax.set_yticks(at, [as_written(name) for name in shown[by]])
    ax.set(xlim=(0, 1.25 * shown["hours"].iloc[0]), ylim=(len(shown) - 0.4, -0.6))
    ax.set_xlabel("hours down [h]")
    title = f"{as_written(result.title)}: {rows['hours'].sum():,.0f} h down, cumulative shares"
    if len(rest):
        title += f"\n{len(rest):,} more take {rest['hours'].sum():,.0f} h"
    ax.set_title(title, loc="left")
    return ax


def _seen(fit: Fit, n: int, cut: int) -> str:
    """What the steps are."""
    taken = "as seen, and taken" if isinstance(fit.distribution, Empirical) else "as seen"
    return f"{taken} (n = {n}, {cut} cut)"


def _key(result: Downtime, equipment: str | None, reason: str | None) -> tuple[str, str]:
    """The row that is meant."""
    rows = result.table
    for column, value in (("equipment", equipment), ("reason", reason)):
        if value is None:
            continue
        known = rows[column].unique().tolist()
        if value not in known:
            near = checks.complain(
                "plot_fit", f"{column} must be one of the table", value, f"Such as {known[:5]}."
            )
            raise ValueError(near)
        rows = rows[rows[column] == value]
    if rows.empty:
        rule = f"the table must have a row of {equipment!r}"
        raise ValueError(checks.complain("plot_fit", rule, reason))
    down = (rows["n"] * rows["repair"].fillna(0)).to_numpy()
    row = rows.iloc[int(down.argmax())]
    return str(row["equipment"]), str(row["reason"])
