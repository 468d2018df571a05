"""Plots of the bodies on their way through a shop: lead times by exit, work in process."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import StepPatch

from ningde_sim import Line, Shop, ShopRun, Split, Station, Store, simulate
from ningde_sim.plots import plot_lead_times, plot_wip
from tests.plot_checks import assert_readable, legend


def steps(ax: Axes) -> list[StepPatch]:
    return [patch for patch in ax.patches if isinstance(patch, StepPatch)]


def test_the_histogram_holds_every_body(run: ShopRun) -> None:
    ax = plot_lead_times(run)
    (bars,) = steps(ax)
    assert bars.get_data().values.sum() == run.bodies
    edges = bars.get_data().edges
    times = run.lead_times["FIN-100-220"] / 3_600_000
    assert (edges[0], edges[-1]) == pytest.approx((times.min(), times.max()))
    assert ax.get_xlabel() == "lead time [h]"
    assert ax.get_ylabel() == "number of bodies [-]"


def test_half_and_nearly_all_are_marked(run: ShopRun) -> None:
    ax = plot_lead_times(run)
    half, most = (line.get_xdata()[0] for line in ax.lines)  # type: ignore[index]
    assert (half, most) == pytest.approx((run.lead_time(0.5), run.lead_time(0.95)))
    assert legend(ax)[1:] == [f"P50 {half:.4g} h", f"P95 {most:.4g} h"]


def test_several_exits_have_marks_of_their_own(two_exits: ShopRun) -> None:
    """In shares, so that they can be compared."""
    ax = plot_lead_times(two_exits)
    assert [text.split(" ")[0] for text in legend(ax)] == ["A", "P50", "P95", "B", "P50", "P95"]
    for part, name, lines in zip(steps(ax), "AB", (ax.lines[:2], ax.lines[2:]), strict=True):
        assert part.get_data().values.sum() == pytest.approx(100)
        marks = [line.get_xdata()[0] for line in lines]  # type: ignore[index]
        minutes = two_exits.lead_times[name] / 60_000
        assert marks == pytest.approx(np.quantile(minutes, [0.5, 0.95]).tolist())
        assert {to_rgb(line.get_color()) for line in lines} == {part.get_edgecolor()[:3]}
    assert ax.get_ylabel() == "share of the bodies of the exit [%]"


def test_the_exits_may_be_named(two_exits: ShopRun) -> None:
    ax = plot_lead_times(two_exits, exits="B")
    assert legend(ax)[0] == "B"
    assert steps(ax)[0].get_data().values.sum() == len(two_exits.lead_times["B"])
    with pytest.raises(ValueError, match=r"each of exits must be a known name, .* got 'C'"):
        plot_lead_times(two_exits, exits="C")


def test_many_exits_are_drawn_as_one() -> None:
    """Five of them; a sixth that no body left is not told."""
    names = "abcdef"
    lines = [
        Line("feed", [Station("feed", 10)], puts=Split(dict.fromkeys("abcde", 0.2) | {"f": 0.0}))
    ]
    lines += [Line(name.upper(), [Station(f"{name}1", 5)], takes=name) for name in names]
    run = simulate(Shop("six", lines, stores=[Store(n, 9) for n in names]), hours=1, seed=0)
    ax = plot_lead_times(run)
    assert legend(ax) == ["5 exits", "P50 0.25 min", "P95 0.25 min"]
    assert steps(ax)[0].get_data().values.sum() == run.bodies
    assert_readable(ax)


def test_lead_times_need_a_body() -> None:
    run = simulate(Shop("slow", [Line("L", [Station("A", 7200)])]), hours=1, seed=0)
    with pytest.raises(ValueError, match="a run in which a body left by these exits, got ShopRun"):
        plot_lead_times(run)


def test_work_in_process_is_the_mean_of_each_period(two_exits: ShopRun) -> None:
    """And their mean is that of the run, without its warm-up."""
    ax = plot_wip(two_exits)
    (means,) = steps(ax)
    values = means.get_data().values
    assert values.tolist() == pytest.approx(two_exits.periods["wip"].tolist())
    assert values.mean() == pytest.approx(two_exits.wip)
    dots, mean = ax.lines
    assert np.array_equal(dots.get_ydata(), two_exits.history.wip["wip"])
    assert mean.get_ydata() == [two_exits.wip] * 2
    assert legend(ax)[:2] == ["mean over 1 h", "at its end"]
    assert ax.get_ylabel() == "work in process [parts]"


def test_a_long_history_of_work_in_process_has_no_dots(two_exits: ShopRun) -> None:
    ax = plot_wip(simulate(two_exits.shop, hours=101, seed=0, every=1))
    assert len(ax.lines) == 1


def test_an_empty_shop_has_an_axis_too() -> None:
    line = Line("L", [Station("A", 60)], takes="s")
    feed = Line("F", [Station("F", 7200)], puts="s")
    run = simulate(Shop("idle", [feed, line], stores=[Store("s", 1)]), hours=1, seed=0, every=0.5)
    assert plot_wip(run).get_ylim()[1] > 1


def test_work_in_process_needs_a_history(by_hand: ShopRun) -> None:
    run = simulate(by_hand.shop, hours=1, seed=0)
    with pytest.raises(ValueError, match="it must have kept a history, got None"):
        plot_wip(run)
