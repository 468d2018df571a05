"""The plot of a warm-up shows its length and the mean after it."""

from __future__ import annotations

import pytest

from ningde_sim import Line, Shop, Station, Store
from ningde_sim.exceptions import SeriesTooShort
from ningde_sim.plots import plot_warm_up
from ningde_sim.warm_up import WarmUp, how_long
from tests.plot_checks import legend


def test_the_warm_up_is_shaded_and_the_rest_has_its_mean(draining: WarmUp) -> None:
    ax = plot_warm_up(draining)
    span = next(p for p in ax.patches if p.get_label() == "warm-up")
    ends = span.get_extents().transformed(ax.transData.inverted())
    assert (ends.x0, ends.x1) == pytest.approx((0, 5 / 24))
    (mean,) = ax.lines
    assert mean.get_xdata() == pytest.approx([5 / 24, 100 / 24])
    assert mean.get_ydata() == pytest.approx(2 * [60])
    (step,) = [p for p in ax.patches if p is not span]
    assert step.get_data().values == pytest.approx(draining.series)  # type: ignore[attr-defined]
    assert ax.get_xlabel() == "time since the start of the run [d]"
    assert "by MSER-5, 5 h" in ax.get_title("left")
    assert ax.get_ylabel() == "throughput (JPH) [bodies/h]"


def test_a_warm_up_without_an_answer_shades_nothing() -> None:
    """The store lasts longer than half of the run."""
    lines = [Line("a", [Station("A", 60)], puts="s"), Line("b", [Station("B", 30)], takes="s")]
    shop = Shop("full", lines, stores=[Store("s", 9_000, initial=3_600)])
    with pytest.warns(SeriesTooShort):
        unsettled = how_long(shop, hours=100, runs=2, seed=0)
    ax = plot_warm_up(unsettled)
    assert legend(ax) == ["mean of the runs", "mean of the second half"]
    assert "too short to tell" in ax.get_title("left")
