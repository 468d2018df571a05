"""Planned stops by working hours and by the clock, of random length, with a crew."""

import dataclasses

import pytest

from ningde_sim import Exponential, Line, PlannedStop, Shop, Station
from ningde_sim.engine.streams import Draws
from tests.engine.by_hand import HOUR, every, exits, states, windows


def shop(*stops, cycle=10, others=(), repair_crews=None, **options):
    """A station of 10 s with some planned stops, beside other lines."""
    line = Line("L", [Station("A", cycle, planned_stops=stops)], **options)
    return Shop("s", [line, *others], repair_crews=repair_crews)


def by(unit, seconds, duration, name="clean", **options):
    """A stop after some seconds."""
    return PlannedStop(name, seconds / HOUR, duration, unit=unit, **options)


def rows(result):
    """Times, seconds and seconds of waiting of each stop."""
    table = result.planned_stops
    hours = (table[["hours", "waiting"]] * HOUR).round(6)
    return [*zip(table["stop"], table["times"], hours["hours"], hours["waiting"], strict=True)]


def test_a_stop_by_working_hours_counts_work_alone(run):
    """Due at 25 s of work, before body 4, and at 50 s, before body 6."""
    result = run(shop(by("working h", 25, 5)), 70)
    assert exits(result, "L") == [10, 20, 30, 45, 55, 70]
    assert states(result, "A") == {"working": 60, "planned": 10}
    assert rows(result) == [("clean", 2, 10, 0)]


def test_what_is_missed_several_times_makes_one_stop(run):
    """Each body of 10 s is longer than two spans of 4 s."""
    result = run(shop(by("working h", 4, 1)), 33)
    assert exits(result, "L") == [10, 21, 32]


def test_a_stop_by_the_clock_is_due_at_multiples_nights_included(run):
    """Body 2 was there at 10 s; at 100 s four are due, three of them missed while closed."""
    time = windows((0, 10), (90, 999))
    result = run(shop(by("clock h", 25, 5), working_time=time), 124)
    assert exits(result, "L") == [10, 100, 115]
    assert rows(result) == [("clean", 1, 5, 0)]


def test_a_stop_is_due_at_the_very_instant(run):
    """At 20 s; at 45 s for that of 40 s."""
    assert exits(run(shop(by("clock h", 20, 5)), 60), "L") == [10, 20, 35, 45, 60]


def test_the_start_of_the_run_is_the_first_multiple_whatever_is_counted(run):
    """With 15 s of warm-up the stop still comes at 20 s."""
    result = run(shop(by("clock h", 20, 5)), 20, warm_up=15)
    assert exits(result, "L") == [5, 20]


def test_stops_of_all_units_that_are_due_together_run_side_by_side(run):
    """At 20 s: 3 s after two cycles, 7 s by working hours, 5 s by the clock."""
    stops = [
        PlannedStop("a", 2, 3),
        by("working h", 20, 7, "b"),
        by("clock h", 20, 5, "c"),
    ]
    result = run(shop(*stops), 27)
    assert states(result, "A") == {"working": 20, "planned": 7}
    assert rows(result) == [("a", 1, 3, 0), ("b", 1, 7, 0), ("c", 1, 5, 0)]


def test_a_stop_that_lasts_across_an_end_counts_inside(run):
    """Stops of 3 and 7 s from 10 s on: counted from 12 to 16 s."""
    stops = [PlannedStop("a", 1, 3), PlannedStop("b", 1, 7)]
    assert rows(run(shop(*stops), 4, warm_up=12)) == [("a", 0, 1, 0), ("b", 0, 4, 0)]


def test_the_kth_stop_has_the_kth_draw_of_its_length(run):
    """Half of it hidden."""
    stop = PlannedStop("clean", 1, Exponential(6), hidden=0.5)
    result = run(shop(stop), 200)
    draws = Draws("planned stop", "A\x1fclean", "duration", Exponential(6))
    lengths = [round(500 * draws(0, 0, k)) / 1000 for k in range(10)]
    assert exits(result, "L")[:6] == [
        pytest.approx(10 * (k + 1) + sum(lengths[:k])) for k in range(6)
    ]


BUSY = Line("X", [Station("X", 100, failures=[every(8, 5, crew=True)])])
"""Keeps a crew from 8 to 13 s, and again from 21 s on."""


def test_a_stop_with_a_crew_waits_for_one(run):
    """Due at 10 s, begun at 13."""
    stop = PlannedStop("clean", 1, 4, crew=True)
    result = run(shop(stop, others=[BUSY], repair_crews=1), 20)
    assert states(result, "A") == {"working": 10 + 3, "waiting": 3, "planned": 4}
    assert rows(result) == [("clean", 1, 4, 3)]
    assert result.crews.iloc[0][["asked", "waited"]].tolist() == [2, 1]
    assert result.failures["failure"].tolist() == ["stop"]
    assert (result.crews["busy"] * HOUR).round(6).tolist() == [9]


@pytest.mark.parametrize(("other", "planned", "begins"), [(6, 4, 17), (9, 6, 19)])
def test_it_runs_beside_the_stops_without_a_crew(run, other, planned, begins):
    """It waits from 10 to 13 s and lasts until 17; the other from 10 to 16 or 19 s."""
    stops = [PlannedStop("clean", 1, 4, crew=True), PlannedStop("tips", 1, other)]
    result = run(shop(*stops, others=[BUSY], repair_crews=1), 20)
    assert states(result, "A") == {
        "working": 10 + 20 - begins,
        "waiting": 3,
        "planned": planned,
    }
    assert rows(result) == [("clean", 1, 4, 3), ("tips", 1, other, 0)]


def test_a_stop_with_a_crew_rests_at_closing_and_frees_it(run):
    """From 10 to 12 s, and from 20 to 23; another line has the crew from 13 to 18 s."""
    stop = PlannedStop("clean", 1, 5, crew=True)
    other = Line("X", [Station("X", 100, failures=[every(13, 5, crew=True)])])
    time = windows((0, 12), (20, 999))
    plant = shop(stop, others=[other], repair_crews=1, working_time=time)
    result = run(plant, 30)
    assert states(result, "A") == {"working": 17, "planned": 5, "off": 8}
    assert states(result, "X") == {"working": 25, "down": 5}


def test_without_a_number_of_crews_one_is_always_free(run):
    """The same as without a crew."""
    stop = PlannedStop("clean", 1, 4, crew=True)
    results = [run(shop(each), 50) for each in (stop, dataclasses.replace(stop, crew=False))]
    assert exits(results[0], "L") == exits(results[1], "L") == [10, 24, 38]
    assert [rows(result) for result in results] == [[("clean", 3, 12, 0)]] * 2


def test_a_calendar_failure_goes_on_beside_a_stop_with_a_crew(run):
    """Two crews: the stop from 10 to 15 s, the repair from 12 to 14."""
    station = Station(
        "A",
        10,
        failures=[every(12, 2, clock="calendar")],
        planned_stops=[PlannedStop("clean", 1, 5, crew=True)],
    )
    result = run(Shop("s", [Line("L", [station])]), 20)
    assert states(result, "A") == {"working": 15, "planned": 3, "down": 2}


def test_the_critical_path_names_a_stop_with_a_crew(run):
    """Its wait, and the stop itself."""
    stop = PlannedStop("clean", 1, 4, crew=True)
    result = run(shop(stop, others=[BUSY], repair_crews=1), 40, critical_path=True)
    path = result.critical_path().set_index(["thing", "cause", "failure"])["ms"]
    assert path.sum() == 40_000


BAD = [
    ({"every": 0}, r"'a': every must be at least 1, got 0\."),
    ({"every": 1.5}, r"'a': every must be a whole number, got 1\.5"),
    ({"every": 0, "unit": "clock h"}, "every must be at least"),
    ({"unit": "days"}, r"unit must be one|unit must be 'cycles'"),
    ({"crew": True, "hidden": 0.5}, "a stop with a crew can't be hidden, got 0.5"),
    ({"crew": 3}, "crew must be True, False or the name"),
    ({"duration": -1}, "duration must be at least 0"),
]


@pytest.mark.parametrize(("changes", "words"), BAD)
def test_bad_stops_are_refused(changes, words):
    """With the cure."""
    with pytest.raises((ValueError, TypeError), match=words):
        PlannedStop(**({"name": "a", "every": 3, "duration": 5} | changes))
