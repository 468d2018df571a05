"""What improvements bring: predictions that a rerun confirms, and those that it does not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from ningde_sim import Exponential, Failure, Line, Shop, Station, Store, Triangular, WorkingTime
from ningde_sim.improve import gains
from ningde_sim.improve.actions import CAPACITY, COPIES, CREW, CYCLE, FAILURES, REPAIRS


def row(result, thing, kind):
    """One action."""
    table = result.table
    (k,) = np.flatnonzero((table["thing"] == thing) & (table["kind"] == kind))
    return table.iloc[k]


def unreliable(name, cycle, minutes, crew=False):
    """A station that fails after a quarter of an hour of work."""
    mode = Failure("stop", Exponential(0.25), Exponential(minutes), crew=crew)
    return Station(name, cycle, failures=[mode])


def near_balanced(crew=False):
    """Eight stations in two lines, buffers of one or two; repairs of one to three minutes."""
    cycles = (30.0, 31.5, 30.5, 31.0, 29.5, 31.2, 30.2, 30.8)
    minutes = (1.0, 3.0, 1.5, 2.0, 2.5, 1.2, 1.8, 2.2)
    stations = [
        unreliable(f"S{i}", cycle, m, crew)
        for i, (cycle, m) in enumerate(zip(cycles, minutes, strict=True))
    ]
    lines = [
        Line("A", stations[:4], buffers=2, puts="roof"),
        Line("B", stations[4:], buffers=1, takes="roof"),
    ]
    return Shop("near", lines, stores=[Store("roof", 4)], repair_crews=1 if crew else None)


def test_a_second_off_the_slowest_station_brings_what_is_predicted():
    """It is slower by far: the path is its own, before and after."""
    line = Line("L", [Station("A", 50), Station("B", 60)])
    result = gains(Shop("two", [line]), hours=80, runs=2, seed=0, verify=5, progress=False)
    gain = row(result, "B", CYCLE)
    assert gain["predicted"] == pytest.approx(4800 / 59, abs=0.1)
    assert gain["verified"] == pytest.approx(4800 / 59, abs=1.01)
    assert row(result, "A", CYCLE)["predicted"] < 0.1


@pytest.mark.parametrize("clock", ["operating", "calendar"])
def test_a_second_off_also_saves_the_failures_of_that_work(clock):
    """One station: what is predicted is what a cycle of 29 s brings, within random variation."""
    mode = Failure("stop", Exponential(1), Exponential(12), clock=clock)
    shop = Shop("one", [Line("L", [Station("A", 30, failures=[mode])])])
    result = gains(shop, hours=500, runs=20, seed=0, verify=2, progress=False)
    gain, more = row(result, "A", CYCLE), result.bodies.value / 29
    assert gain["predicted"] == pytest.approx(more, rel=0.01)
    assert gain["verified_low"] < gain["predicted"] < gain["verified_high"]


@pytest.mark.parametrize("copies", [1, 2, 4])
def test_one_machine_more_takes_its_part(copies):
    """Of n machines that set the pace: 1 / n more bodies, and a second off a cycle of 60 s 1/59."""
    mode = Failure("stop", Exponential(1), Exponential(6))
    line = Line("OP20", [Station("OP20", 60, failures=[mode])], takes="q", copies=copies)
    feed = Line("feed", [Station("F", 5)], puts="q")
    shop = Shop("side by side", [feed, line], stores=[Store("q", 9)])
    result = gains(shop, hours=200, warm_up=1, runs=8, seed=0, verify=12, progress=False)
    bodies, more = result.bodies.value, row(result, "OP20", COPIES)
    assert more["predicted"] == pytest.approx(bodies / copies, rel=0.01)
    assert more["verified"] == pytest.approx(bodies / copies, rel=0.01)
    faster = row(result, "OP20", CYCLE)
    assert faster["predicted"] == pytest.approx(bodies / 59, rel=0.02)
    assert faster["verified"] == pytest.approx(bodies / 59, rel=0.05)
    (things,) = [result.table.query("kind == @COPIES")["thing"].tolist()]
    assert things[0] == "OP20"


def test_one_place_more_counts_in_each_copy():
    """Three lines that nothing joins gain three times what one does."""

    def gain(copies):
        stations = [unreliable("A", 30, 2), unreliable("B", 30, 2)]
        shop = Shop("s", [Line("L", stations, buffers=1, copies=copies)])
        result = gains(shop, hours=200, warm_up=2, runs=6, seed=1, verify=9, progress=False)
        return row(result, "A > B", CAPACITY)

    one, three = gain(1), gain(3)
    for column in ("predicted", "verified"):
        assert three[column] == pytest.approx(3 * one[column], rel=0.25), column


def test_of_two_equal_stations_one_alone_brings_nothing():
    """The prediction is local; the verified figure shows what is true."""
    line = Line("L", [Station("A", 60), Station("B", 60)])
    result = gains(Shop("two", [line]), hours=80, runs=2, seed=0, verify=9, progress=False)
    assert row(result, "B", CYCLE)["predicted"] == pytest.approx(4800 / 59, abs=0.1)
    assert abs(row(result, "B", CYCLE)["verified"]) <= 1
    assert row(result, "L", f"{CYCLE}, all stations")["verified"] == pytest.approx(81, abs=1.01)


def test_predictions_rank_all_actions_of_a_kind_as_brute_force_does():
    """On a near-balanced shop: cycles, repairs, time between failures at every station."""
    result = gains(
        near_balanced(), hours=400, warm_up=5, runs=16, seed=3, verify=99, progress=False
    )
    assert result.table["verified"].notna().all()
    for kind in (CYCLE, REPAIRS, FAILURES):
        part = result.table[result.table["kind"] == kind]
        assert len(part) == 8
        assert spearmanr(part["predicted"], part["verified"]).statistic >= 0.9, kind
    capacity = result.table[result.table["kind"] == CAPACITY]
    assert (capacity["verified_low"] <= capacity["predicted"]).all()


def test_with_a_shared_crew_repairs_are_still_ranked():
    """A crew more saves the waits for it; a repair is not charged for the waits of others."""
    result = gains(
        near_balanced(crew=True), hours=400, warm_up=5, runs=16, seed=3, verify=99, progress=False
    )
    part = result.table[result.table["kind"] == REPAIRS]
    assert spearmanr(part["predicted"], part["verified"]).statistic >= 0.9
    crew = row(result, "near", CREW)
    assert 0 < crew["verified_low"] <= crew["predicted"]


def test_kinds_have_their_turn_and_only_the_verified_come_without_a_warning():
    """The best of each kind is rerun before the second of any."""
    result = gains(near_balanced(), hours=20, runs=3, seed=1, verify=6, progress=False)
    first = result.table.groupby("kind", sort=False).head(1)
    assert result.table["verified"].notna().sum() == 6
    assert first["verified"].notna().all()
    lines = result.summary(12).splitlines()
    assert len([line for line in lines if "NOT VERIFIED" in line]) == 6
    assert len([line for line in lines if "predicted +" in line and " to " in line]) == 6
    assert "near" in repr(result)


def test_workers_change_nothing_and_seeds_do():
    """Random streams go by name."""
    one, two, other = (
        gains(near_balanced(), hours=20, runs=3, seed=s, verify=2, workers=w, progress=False)
        for s, w in ((0, 1), (0, 2), (5, 2))
    )
    assert one.table.equals(two.table)
    assert not one.table.equals(other.table)


def test_a_cycle_that_varies_is_made_shorter_on_the_whole():
    """A second off the mean, in the same shape."""
    line = Line("L", [Station("A", Triangular(10, 20, 60))])
    result = gains(Shop("one", [line]), hours=50, runs=4, seed=0, verify=2, progress=False)
    (action,) = (action for action in result.actions if action.kind == CYCLE)
    assert action.changes["stations.A.cycle_time"].mean == pytest.approx(29)
    assert row(result, "A", CYCLE)["verified"] == pytest.approx(50 * 120 / 29, rel=0.05)


def test_bad_requests_are_refused():
    """Too few runs; a shop whose path holds nothing to improve."""
    shop = near_balanced()
    with pytest.raises(ValueError, match="gains 'near': runs must be at least 2, got 1"):
        gains(shop, hours=1, runs=1, seed=0)
    with pytest.raises(TypeError, match="must be given a Shop"):
        gains("shop", hours=1, seed=0)
    closed = WorkingTime([(1, 2)])
    short = Shop("short", [Line("L", [Station("A", 0.5)])], working_time=closed)
    with pytest.raises(ValueError, match="something that an action improves"):
        gains(short, hours=0.1, runs=2, seed=0, progress=False)
