"""Plots of the critical path show its hours, and where the bottleneck is."""

from __future__ import annotations

import numpy as np
import pytest

from ningde_sim import ShopRun
from ningde_sim.plots import plot_bottleneck, plot_critical_path
from tests.plot_checks import bars, rows


def test_the_critical_path_is_a_waterfall_that_ends_with_the_counted_hours(run: ShopRun) -> None:
    """Each bar begins where the one above ends; the smaller parts are summed up."""
    ax = plot_critical_path(run, most=5)
    pieces = [bar for group in bars(ax) for bar in group]
    ends = [bar.get_x() + bar.get_width() for bar in pieces]
    assert [bar.get_x() for bar in pieces] == pytest.approx([0, *ends[:-1]])
    assert ends[-1] == pytest.approx(30)
    named = [row for row in rows(ax) if not row.startswith("all others, ")]
    table = run.critical_path().groupby(["station", "cause"])["hours"].sum()
    largest = table.sort_values(ascending=False).head(5)
    assert named == [f"{station}, {cause}" for station, cause in largest.index]


def test_the_moving_bottleneck_shows_shares_of_each_period(run: ShopRun, filling: ShopRun) -> None:
    ax = plot_bottleneck(run, every=10, most=400)
    (heat_map,) = ax.collections
    shares = np.asarray(heat_map.get_array())
    assert shares.shape[1] == 3
    assert shares.sum(axis=0) == pytest.approx(100)
    with pytest.raises(ValueError, match="must have kept a critical path"):
        plot_bottleneck(filling)
