"""All measures side by side; all find a station that is clearly the slowest."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd
import pytest

from ningde_sim import (
    Exponential,
    Failure,
    Line,
    Lognormal,
    Shop,
    Station,
    Store,
    WorkingTime,
    measures,
    simulate,
)
from ningde_sim._support.intervals import union
from tests.measures.logs import log, one_line


@pytest.mark.parametrize("slow", range(5))
@pytest.mark.parametrize("seed", range(3))
def test_all_find_a_station_that_is_clearly_the_slowest(slow, seed) -> None:
    """One of five at 65 s, the others at 50 s, all random, with buffers between them."""
    cycles = [65 if k == slow else 50 for k in range(5)]
    run = simulate(one_line(*cycles, buffers=2, cv=0.3), hours=48, warm_up=2, seed=seed, trace=True)
    name = "ABCDE"[slow]
    for measure in (
        measures.active_periods,
        measures.momentary_bottlenecks,
        measures.arrows,
        measures.turning_points,
    ):
        table = measure(run)
        assert table.loc[name, "bottleneck"], measure.__name__
        assert table["rank"].idxmin() == name, measure.__name__


def test_all_find_a_station_that_is_down_most() -> None:
    """C is under repair a third of the time, and as fast as the others."""
    mode = Failure("stop", Exponential(1), Lognormal(30, 0.5))
    stations = [Station(n, 50, failures=[mode] if n == "C" else ()) for n in "ABCDE"]
    shop = Shop("s", [Line("L", stations, buffers=2)])
    table = measures.ranking(simulate(shop, hours=200, warm_up=2, seed=0, trace=True))
    ranks = [column for column in table.columns if column.endswith("_rank")]
    assert len(ranks) == 6
    assert (table.loc["C", ranks].drop("working_rank") == 1).all()


def test_the_ranking_holds_the_values_of_each_measure() -> None:
    """For a run in the order of the shop; the slow station is first in all."""
    run = simulate(one_line(50, 65, 50, cv=0.2), hours=24, warm_up=1, seed=0, trace=True)
    table = measures.ranking(run)
    assert list(table.index) == ["A", "B", "C"]
    states = run.stations
    assert table["working_share"].to_numpy() == pytest.approx(states["working"].to_numpy() / 24)
    momentary = measures.momentary_bottlenecks(run)
    for column, expected in {
        "mean_active_period": measures.active_periods(run)["mean_active_period"],
        "momentary_share": momentary["sole_share"] + momentary["shifting_share"],
        "arrows_severity": measures.arrows(run)["severity"],
        "turning_index": measures.turning_points(run)["index"],
        "turning_bottleneck": measures.turning_points(run)["bottleneck"],
    }.items():
        pd.testing.assert_series_equal(table[column], expected, check_names=False)
    assert table["working_rank"].idxmin() == "B"


def test_the_ranking_of_a_log_needs_its_joins() -> None:
    """A log does not say which station feeds which; down and waiting are one share."""
    own = log(Z="wwbbww", Y="wdcwww", X="ssswww")
    with pytest.raises(ValueError, match=r"ranking: a log must come with joins.*pairwise"):
        measures.ranking(own)
    table = measures.ranking(own, pairwise("ZYX"))
    assert list(table.index) == ["X", "Y", "Z"]
    assert table.loc["Y", "down_share"] == pytest.approx(2 / 6)
    assert table["down_rank"].to_dict() == {"X": 2, "Y": 1, "Z": 2}
    assert list(table.index[table["arrows_bottleneck"]]) == ["Y"]
    assert list(table.index[table["turning_bottleneck"]]) == ["Y"]


def test_given_joins_replace_those_of_the_shop() -> None:
    """For a run as for a log."""
    run = simulate(one_line(50, 65, 50), hours=4, warm_up=1, seed=0, trace=True)
    assert not measures.ranking(run).loc["A", "arrows_bottleneck"]
    assert measures.ranking(run, [("B", "C")]).loc["A", "arrows_bottleneck"]


def test_copies_are_one_station() -> None:
    """Three machines of 66 s, fed at 20 s: the operation is the bottleneck, whichever machine."""
    lines = [
        Line("feed", [Station("F", Lognormal(20, 0.3))], puts="q"),
        Line("OP20", [Station("OP20", Lognormal(66, 0.3))], takes="q", puts="r", copies=3),
        Line("OP30", [Station("Z", Lognormal(20, 0.3))], takes="r"),
    ]
    shop = Shop("s", lines, stores=[Store("q", 3), Store("r", 3)])
    run = simulate(shop, hours=48, warm_up=2, seed=0, trace=True)
    table = measures.ranking(run)
    assert list(table.index) == ["F", "OP20", "Z"]
    ranks = [column for column in table.columns if column.endswith("_rank")]
    assert (table.loc["OP20", [rank for rank in ranks if rank != "down_rank"]] == 1).all()
    active = measures.active_periods(run)
    apart = run.trace[run.trace["thing"].str.startswith("OP20")]
    alone = measures.active_periods(apart)
    assert list(alone.index) == ["OP20 #1", "OP20 #2", "OP20 #3"]
    assert active.loc["OP20", "active_periods"] == alone["active_periods"].sum()
    lasted = (alone["active_periods"] * alone["mean_active_period"]).sum()
    assert active.loc["OP20", "mean_active_period"] == pytest.approx(
        lasted / alone["active_periods"].sum()
    )


def test_nothing_shifts_between_copies() -> None:
    """Two machines work side by side while the feeder is open, then both starve.

    The longest period is that of one of them; when it ends, that of the other is under way, so that
    the bottleneck would shift between the two. At each opening the feeder begins a second earlier
    than the first machine, and works a second more.
    """
    lines = [
        Line("feed", [Station("F", 1)], puts="q", working_time=WorkingTime([(0, 0.1)], every=0.2)),
        Line("OP20", [Station("OP20", 60)], takes="q", copies=2),
    ]
    shop = Shop("s", lines, stores=[Store("q", 0)])
    run = simulate(shop, hours=4, seed=0, trace=True)
    table = measures.momentary_bottlenecks(run)
    columns = ["sole_share", "shifting_share", "neither_share"]
    work = run.trace[run.trace["thing"].str.startswith("OP20") & (run.trace["state"] == "working")]
    begin, end = union(work["begin"].to_numpy(), work["end"].to_numpy())
    share = (end - begin).sum() / (4 * 3_600_000)
    assert 0.5 < share < 0.7
    both = 20 / (4 * 3600)
    expected = [share - both, both, 1 - share]
    assert table.loc["OP20", columns].tolist() == pytest.approx(expected, abs=1e-12)
