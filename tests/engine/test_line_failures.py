"""Failures of a whole line stop all its stations."""

import pytest

from ningde_sim import Exponential, Failure, Line, Shop, Station, Store, simulate
from tests.engine.by_hand import HOUR, every, exits, states, windows


def two(mode, **options):
    """Two stations of 10 s, hand to hand."""
    return Line("L", [Station("A", 10), Station("B", 10)], failures=[mode], **options)


def test_a_gate_stops_all_stations_and_their_bodies_wait(run):
    """From 25 to 30 s, and from 55 to 60 s, after both have started their next bodies."""
    result = run(Shop("s", [two(every(25, 5, "gate", clock="calendar"))]), 70)
    assert exits(result, "L") == [20, 35, 45, 55, 70]
    assert states(result, "A") == {"working": 60, "down": 10}
    assert states(result, "B") == {"starved": 10, "working": 50, "down": 10}
    row = result.failures.iloc[0]
    assert row[["owner", "station", "failure", "failures"]].tolist() == ["L", "", "gate", 2]
    assert row["down"] * HOUR == pytest.approx(10)
    assert row["mtbf"] * HOUR == pytest.approx((25 + 25 + 10) / 2)
    assert result.stations["failures"].tolist() == [0, 0]


def test_an_operating_clock_of_a_line_runs_while_any_of_its_stations_works(run):
    """A body each 30 s is worked on for 20 s: at 65 s the clock has run for 25."""
    feed = Line("X", [Station("X", 30)], puts="q")
    line = two(every(25, 5, "gate"), takes="q")
    shop = Shop("s", [feed, line], stores=[Store("q", 1)])
    result = run(shop, 115)
    # It runs again from 70 to 85 s and from 90 s on: out at 100 s, as A is finished and B starts.
    assert exits(result, "L") == [50, 85, 115]
    row = result.failures.iloc[0]
    assert row["failures"] == 2
    assert row["mtbf"] * HOUR == pytest.approx((25 + 25 + 10) / 2)


def test_the_operating_clocks_of_the_stations_stand_still(run):
    """A fails after 22 s of work: the gate delays that from 22 to 27 s."""
    stations = [Station("A", 10, failures=[every(22, 3, "arm")])]
    line = Line("L", stations, failures=[every(15, 5, "gate", clock="calendar")])
    result = run(Shop("s", [line]), 31)
    # Work 0-15 and 20-27: the arm is repaired from 27 to 30 s.
    assert states(result, "A") == {"working": 23, "down": 8}
    assert result.failures["failures"].tolist() == [1, 1]


def test_a_line_is_repaired_in_its_working_time_whatever_it_finishes_first(run):
    """The gate opens at 13 s for 5; at 15 s the line closes with a body in work, until 40 s."""
    time = windows((0, 15), (40, 999))
    mode = every(13, 5, "gate", clock="calendar")
    for crews in (None, 1):
        line = Line(
            "L",
            [Station("A", 10)],
            failures=[Failure("gate", mode.uptime, mode.repair, clock="calendar", crew=True)],
            at_close="finish",
            working_time=time,
        )
        result = run(Shop("s", [line], repair_crews=crews), 50)
        assert exits(result, "L") == [10, 50]
        assert states(result, "A") == {"working": 20, "down": 5, "off": 25}


def test_all_bodies_in_work_are_scrapped(run):
    """At 25 s A and B have both done 5 s."""
    mode = every(25, 5, "gate", clock="calendar", then="scrap")
    result = run(Shop("s", [two(mode)]), 50)
    # From 30 s on A makes a new body until 40 s, B until 50 s.
    assert exits(result, "L") == [20, 50]
    assert result.stations["scrapped"].tolist() == [1, 1]


def test_all_stations_wait_for_the_crew_of_the_line(run):
    """The crew is elsewhere from 20 to 30 s."""
    other = Line("X", [Station("X", 100, failures=[every(20, 10, crew=True)])])
    line = two(every(25, 5, "gate", clock="calendar", crew=True))
    result = run(Shop("s", [other, line], repair_crews=1), 40)
    assert states(result, "B") == {"starved": 10, "working": 20, "waiting": 5, "down": 5}
    assert result.crews.loc["repair crews", ["asked", "waited"]].tolist() == [2, 1]


def test_the_critical_path_names_the_line(run):
    """Two repairs of 5 s, at which all bodies wait; the station is not told."""
    shop = Shop("s", [two(every(25, 5, "gate", clock="calendar"))])
    path = run(shop, 70, critical_path=True).critical_path()
    row = path[path["cause"] == "repair"].iloc[0]
    assert row[["thing", "station", "line", "failure", "times", "ms"]].tolist() == [
        *("L", "", "L", "gate", 2),
        10_000,
    ]
    assert path["ms"].sum() == 70_000


def guarded(gates, own=()):
    """Five stations of 60 s with room for 3 between, a failure of each, and gates."""
    mode = Failure("arm", Exponential(2), Exponential(6))
    stations = [Station(f"S{i}", 60, failures=[mode, *own]) for i in range(5)]
    return Shop("s", [Line("L", stations, buffers=3, failures=gates)])


def test_one_gate_for_all_costs_less_than_one_for_each():
    """What stops all at once neither starves nor blocks anyone: the line is as it was, in 1 / 1.05.

    Over 50,000 h, 25,000 stops of each kind: the standard error is below 0.2 %.
    """
    gate = Failure("gate", Exponential(2), Exponential(6), clock="calendar")
    none, one, each = (
        simulate(shop, hours=50_000, warm_up=100, seed=1).throughput
        for shop in (guarded([]), guarded([gate]), guarded([], [gate]))
    )
    assert one == pytest.approx(none / 1.05, rel=0.005)
    assert one == pytest.approx(48.6, rel=0.01)
    assert each == pytest.approx(43.8, rel=0.01)
