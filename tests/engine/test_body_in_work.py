"""What becomes of the body in work when its station fails."""

import math

import pytest

from ningde_sim import (
    Exponential,
    Failure,
    Fixed,
    Line,
    PlannedStop,
    Shop,
    Station,
    Store,
    Uniform,
    simulate,
)
from tests.engine.by_hand import every, exits, states, windows

LOST = ("restart", "scrap")


def shop(*modes, cycle=10, **options):
    """One station with some failures."""
    return Shop("s", [Line("L", [Station("A", cycle, failures=modes)], **options)])


def test_the_whole_cycle_is_done_again(run):
    """Body 2 fails at 14 s, after 4 s of work, and again takes 10 s from 17 s on."""
    result = run(shop(every(14, 3, then="restart")), 45)
    # The clock starts afresh at work 14: it runs out at work 28, which is 31 s, in body 3.
    assert exits(result, "L") == [10, 27, 44]
    assert result.stations.loc["A", ["cycles", "scrapped", "failures"]].tolist() == [3, 0, 2]
    assert states(result, "A") == {"working": 39, "down": 6}


def test_the_body_is_scrapped_at_once_and_counts_as_a_cycle(run):
    """Bodies are lost at 14 and 31 s, and the next ones wait for the end of the repair."""
    result = run(shop(every(14, 3, then="scrap")), 45)
    assert exits(result, "L") == [10, 27, 44]
    assert result.stations.loc["A", ["cycles", "scrapped", "failures"]].tolist() == [5, 2, 2]
    assert states(result, "A") == {"working": 39, "down": 6}


@pytest.mark.parametrize("then", LOST)
def test_a_failure_between_bodies_costs_none(run, then):
    """The clock runs out as a body is finished: the failure comes at the first instant of the next.

    On the calendar it comes at that instant too, after the start of the next body.
    """
    for clock in ("operating", "calendar"):
        result = run(shop(every(10, 3, then=then, clock=clock)), 36)
        assert exits(result, "L") == [10, 23, 36]
        assert result.stations.loc["A", "scrapped"] == 0


def test_a_calendar_clock_takes_the_body_in_work_if_there_is_one(run):
    """A works from 30 to 40 s of each 30; b fails it at 25 s (idle), and at 35 s (5 s are done)."""
    feed = Line("X", [Station("X", 30)], puts="q")
    mode = every(25, 5, "b", clock="calendar", then="scrap")
    line = Line("L", [Station("A", 10, failures=[mode])], takes="q")
    result = run(Shop("s", [feed, line], stores=[Store("q", 1)]), 25)
    assert result.stations.loc["A", "scrapped"] == 0
    # repaired at 30 s, fails at 55 (idle), repaired at 60, fails at 85.
    result = run(Shop("s", [feed, line], stores=[Store("q", 1)]), 80)
    assert exits(result, "L") == [40, 70]
    mode = every(35, 5, "b", clock="calendar", then="scrap")
    line = Line("L", [Station("A", 10, failures=[mode])], takes="q")
    result = run(Shop("s", [feed, line], stores=[Store("q", 1)]), 71)
    assert exits(result, "L") == [70]
    assert result.stations.loc["A", "scrapped"] == 1


def test_a_body_that_waits_for_another_repair_is_lost_too(run):
    """5 s of its work are done when a stops it; b fails at 8 s."""
    modes = [every(5, 10, "a"), every(8, 1, "b", clock="calendar", then="scrap")]
    result = run(shop(*modes), 16)
    assert result.stations.loc["A", "scrapped"] == 1
    assert states(result, "A") == {"working": 6, "down": 10}


def test_the_carrier_of_the_body_goes_back_at_once(run):
    """One skid: scrapped at 15 s, it carries the next body, which waits for the repair."""
    mode = every(15, 5, clock="calendar", then="scrap")
    line = Line(
        "L", [Station("A", 10, failures=[mode])], takes="skids", puts="skids", returns="skids"
    )
    result = run(Shop("s", [line], stores=[Store("skids", 1, initial=1)], output="L"), 30)
    assert exits(result, "L") == [10, 30]
    assert result.stores.loc["skids", ["put", "taken"]].tolist() == [3, 4]


def test_a_planned_stop_is_no_work(run):
    """A calendar failure at 12 s breaks off the stop of 5 s alone."""
    station = Station(
        "A",
        10,
        failures=[every(12, 3, clock="calendar", then="scrap")],
        planned_stops=[PlannedStop("clean", every=1, duration=5)],
    )
    result = run(Shop("s", [Line("L", [station])]), 28)
    # The clock starts afresh at 15 s and would run out at 27: after 9 s of work, from 18 s on.
    assert result.stations.loc["A", "scrapped"] == 1
    assert states(run(Shop("s", [Line("L", [station])]), 27), "A") == {
        "working": 19,
        "planned": 5,
        "down": 3,
    }


def test_a_body_that_is_held_is_not_lost(run):
    """At 12 s nothing of it is done; it is begun at the opening at 20 s."""
    mode = every(12, 1, clock="calendar", then="scrap")
    time = windows((0, 15), (20, 999))
    result = run(shop(mode, at_close="hold", working_time=time), 30)
    # Afresh at 13 s, the clock reads 2 s at closing, so it runs out at 30 s, as body 2 is finished.
    assert exits(result, "L") == [10, 30]
    assert result.stations.loc["A", "scrapped"] == 0


def test_a_body_lost_in_overtime_ends_it(run):
    """Body 2 fails at 17 s, 2 s after closing: what is repaired rests until 40 s, for 4 s."""
    time = windows((0, 15), (40, 999))
    result = run(shop(every(17, 4, then="scrap"), at_close="finish", working_time=time), 55)
    assert exits(result, "L") == [10, 54]
    assert states(result, "A") == {"working": 28, "down": 4, "off": 23}


def test_a_body_lost_just_at_closing_lets_the_other_repairs_rest(run):
    """a is repaired from 12 s on, for 10 s, in overtime; b takes the body at 15 s, at closing."""
    time = windows((0, 15), (40, 999))
    modes = [every(12, 10, "a"), every(15, 1, "b", clock="calendar", then="scrap")]
    result = run(shop(*modes, at_close="finish", working_time=time), 60)
    # a: 12-15 s and 40-47 s; body 3 from 47 s on; b again at 56 s, with 9 s done.
    assert exits(result, "L") == [10]
    assert result.stations.loc["A", "scrapped"] == 2
    assert states(result, "A") == {"working": 12 + 9 + 3, "down": 3 + 7 + 1, "off": 25}


def rate(cycle, then):
    """Bodies an hour in the long run: lives of 10 min of work, repairs of 2 min."""
    mode = Failure("m", Exponential(1 / 6), Fixed(2), then=then)
    return simulate(shop(mode, cycle=cycle), hours=100_000, seed=3).throughput


@pytest.mark.parametrize("then", LOST)
def test_the_long_run_rate_of_a_fixed_cycle_is_that_of_the_formula(then):
    """47.54 an hour both ways: a life has no memory, so a new body is as good as a new start.

    500,000 failures: the standard error is 0.1 %.
    """
    done = math.exp(-0.1)
    formula = 3600 * done / (720 * (1 - done))
    assert formula == pytest.approx(47.54, abs=0.01)
    assert formula == pytest.approx(3600 / (720 * (math.exp(0.1) - 1)))
    assert rate(60, then) == pytest.approx(formula, rel=0.004)


def test_a_random_cycle_is_drawn_anew_for_a_new_body_alone():
    """Cycles of 0 to 20 min: long ones are repeated until they succeed, or scrapped."""
    again, lost = (math.exp(2) - 1) / 2, (1 - math.exp(-2)) / 2
    assert rate(Uniform(0, 1200), "restart") == pytest.approx(3600 / (720 * (again - 1)), rel=0.01)
    assert rate(Uniform(0, 1200), "scrap") == pytest.approx(
        3600 * lost / (720 * (1 - lost)), rel=0.01
    )
