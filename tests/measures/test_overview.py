"""All measures side by side, and that all find a station that is clearly the slowest."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest

from ningde_sim import Exponential, Failure, Line, Lognormal, Shop, Station, measures, simulate
from tests.measures.logs import log, one_line


@pytest.mark.parametrize("slow", range(5))
@pytest.mark.parametrize("seed", range(3))
def test_all_find_a_station_that_is_clearly_the_slowest(slow, seed) -> None:
    """One of five at 65 s, the others at 50 s, all random, with places between them."""
    cycles = [65 if k == slow else 50 for k in range(5)]
    run = simulate(one_line(*cycles, buffers=2, cv=0.3), hours=48, warm_up=2, seed=seed, trace=True)
    name = "ABCDE"[slow]
    for measure in (
        measures.active_periods,
        measures.momentary_bottlenecks,
        measures.arrows,
        measures.turning_points,
    ):
        found = measure(run)
        assert found.loc[name, "bottleneck"], measure.__name__
        assert found["rank"].idxmin() == name, measure.__name__


def test_all_find_a_station_that_is_down_most() -> None:
    """C is under repair a third of the time, as fast as the others."""
    mode = Failure("stop", Exponential(1), Lognormal(30, 0.5))
    stations = [Station(n, 50, failures=[mode] if n == "C" else ()) for n in "ABCDE"]
    shop = Shop("s", [Line("L", stations, buffers=2)])
    found = measures.ranking(simulate(shop, hours=200, warm_up=2, seed=0, trace=True))
    ranks = [column for column in found.columns if column.endswith("_rank")]
    assert len(ranks) == 6
    assert (found.loc["C", ranks].drop("working_rank") == 1).all()


def test_the_ranking_holds_what_each_measure_gives() -> None:
    """Of a run, in the order of the shop; the slow one is first in all."""
    run = simulate(one_line(50, 65, 50, cv=0.2), hours=24, warm_up=1, seed=0, trace=True)
    found = measures.ranking(run)
    assert list(found.index) == ["A", "B", "C"]
    states = run.stations
    assert found["working_share"].to_numpy() == pytest.approx(states["working"].to_numpy() / 24)
    momentary = measures.momentary_bottlenecks(run)
    for column, expected in {
        "mean_active_period": measures.active_periods(run)["mean_active_period"],
        "momentary_share": momentary["sole_share"] + momentary["shifting_share"],
        "arrows_severity": measures.arrows(run)["severity"],
        "turning_index": measures.turning_points(run)["index"],
        "turning_bottleneck": measures.turning_points(run)["bottleneck"],
    }.items():
        pd.testing.assert_series_equal(found[column], expected, check_names=False)
    assert found["working_rank"].idxmin() == "B"


def test_the_ranking_of_a_log_needs_its_joins() -> None:
    """Which station feeds which does not stand in it; down and waiting are one share."""
    own = log(Z="wwbbww", Y="wdcwww", X="ssswww")
    with pytest.raises(ValueError, match=r"ranking: a log must come with joins.*pairwise"):
        measures.ranking(own)
    found = measures.ranking(own, pairwise("ZYX"))
    assert list(found.index) == ["X", "Y", "Z"]
    assert found.loc["Y", "down_share"] == pytest.approx(2 / 6)
    assert found["down_rank"].to_dict() == {"X": 2, "Y": 1, "Z": 2}
    assert list(found.index[found["arrows_bottleneck"]]) == ["Y"]
    assert list(found.index[found["turning_bottleneck"]]) == ["Y"]


def test_joins_of_a_ranking_may_be_others() -> None:
    """Given for a run they count instead of those of its shop."""
    run = simulate(one_line(50, 65, 50), hours=4, warm_up=1, seed=0, trace=True)
    assert not measures.ranking(run).loc["A", "arrows_bottleneck"]
    assert measures.ranking(run, [("B", "C")]).loc["A", "arrows_bottleneck"]
