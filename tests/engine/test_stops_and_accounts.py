"""Stops that meet, long waits, and what counts where: worked out by hand, for both engines."""

from __future__ import annotations

import pytest

from ningde_sim import Line, PlannedStop, Shop, Station, Store
from tests.engine.by_hand import HOUR, every, exits, states, windows


def test_an_operating_clock_stands_still_in_planned_stops(run):
    """It runs out after 12 s of work, 5 s of tip dressing between."""
    stop = PlannedStop("tips", every=1, duration=5)
    station = Station("A", 10, failures=[every(12, 30)], planned_stops=[stop])
    result = run(Shop("s", [Line("L", [station])]), 20)
    assert states(result, "A") == {"working": 12, "planned": 5, "down": 3}


def test_an_operating_clock_stands_still_while_the_station_is_blocked(run):
    """A works 2 of 5 s; its clock of 5 s runs out in the third body, at 8 s."""
    line = Line("L", [Station("A", 2, failures=[every(5, 9)]), Station("B", 5)])
    # Bodies from 0 to 2, 2 to 4, 7 to 9 s; down from 8 to 17 s.
    assert states(run(Shop("s", [line]), 10), "A") == {"working": 5, "blocked": 3, "down": 2}


def test_a_failure_interrupts_a_planned_stop(run):
    """The calendar clock runs out after 2 of 8 s of the stop."""
    stop = PlannedStop("tips", every=1, duration=8)
    mode = every(12, 5, clock="calendar")
    line = Line("L", [Station("A", 10, failures=[mode], planned_stops=[stop])])
    result = run(Shop("s", [line]), 24)
    assert states(result, "A") == {"working": 11, "planned": 8, "down": 5}


def test_a_planned_stop_comes_before_a_repeat_too(run):
    """Two cycles of 1 s, then 3 s of tip dressing, whether the cycles are repeats or not."""
    stop = PlannedStop("tips", every=2, duration=3)
    line = Line("L", [Station("A", 1, planned_stops=[stop], rework=0.5)])
    result = run(Shop("s", [line]), 1000)
    assert states(result, "A") == {"working": 400, "planned": 600}
    assert 150 < result.stations.loc["A", "reworked"] < 250


def test_scrap_and_rework_have_their_shares(run):
    """Binomial, 4.5 standard deviations; a body that is neither leaves, the next begins at once."""
    result = run(Shop("s", [Line("L", [Station("A", 1, scrap=0.1, rework=0.3)])]), 10_000)
    row = result.stations.loc["A"]
    assert row["cycles"] == 10_000
    assert abs(row["scrapped"] - 1000) < 4.5 * 30
    assert abs(row["reworked"] - 3000) < 4.5 * 45.9
    assert result.bodies == row["cycles"] - row["scrapped"] - row["reworked"]


def test_an_uptime_is_no_shorter_than_a_millisecond(run):
    """A clock of 0.1 ms stops a body of 3 ms after 1 and 2 ms, the next before its start too."""
    shop = Shop("s", [Line("L", [Station("A", 0.003, failures=[every(0.0001, 1)])])])
    assert exits(run(shop, 6), "L") == [2.003, 5.006]


def test_a_station_that_waits_for_a_crew_takes_a_body_but_does_not_start(run):
    """The crew is elsewhere from 1 to 20 s; the body comes at 10 s."""
    mode = every(6, 5, clock="calendar", crew=True)
    lines = [
        Line("X", [Station("X1", 100, failures=[every(1, 19, crew=True)])]),
        Line("A", [Station("A1", 10)], puts="q"),
        Line("B", [Station("B1", 2, failures=[mode])], takes="q"),
    ]
    result = run(Shop("s", lines, stores=[Store("q", 1)], repair_crews=1), 28)
    assert exits(result, "B") == [27]
    assert states(result, "B1") == {"starved": 6, "waiting": 14, "down": 5, "working": 3}


def test_down_counts_before_waiting_for_a_crew(run):
    """x is repaired from 4 to 14 s; y needs the crew from 6 s on, which is elsewhere until 20 s."""
    modes = [every(4, 10, "x", clock="calendar"), every(6, 3, "y", clock="calendar", crew=True)]
    lines = [
        Line("X", [Station("X1", 100, failures=[every(1, 19, crew=True)])]),
        Line("A", [Station("A1", 100, failures=modes)]),
    ]
    result = run(Shop("s", lines, repair_crews=1), 24)
    # x again from 18 s on.
    assert states(result, "A1") == {"working": 4, "down": 10 + 6, "waiting": 4}
    assert result.failures.set_index("failure").loc["y", "waiting"] * HOUR == pytest.approx(14)


def test_mtbf_is_on_the_clock_of_the_failure_and_mttr_is_the_mean_repair(run):
    """a: 10 s of work, 5 s of repair; b: 8 s of working time, 2 s; c does not come."""
    modes = [every(8, 2, "b", clock="calendar"), every(99, 1, "c")]
    lines = [
        Line("A", [Station("A1", 16, failures=[every(10, 5, "a")])], puts="q"),
        Line("B", [Station("B1", 1, failures=modes)], takes="q"),
    ]
    result = run(Shop("s", lines, stores=[Store("q", 9)]), 30)
    # a fails at 10 and 25 s; b at 8, 18 and 28 s, most of the time starved.
    table = result.failures.set_index("failure")
    assert table["failures"].tolist() == [2, 3, 0]
    assert (table["mtbf"][:2] * HOUR).round(6).tolist() == [10, 8]
    assert (table["mttr"][:2] * 60).round(6).tolist() == [5, 2]
    assert table.loc["c", ["mtbf", "mttr"]].isna().all()
    assert "  failures          5, MTTR 0.1 min\n" in result.summary()


def test_the_longest_wait_for_a_crew_need_not_be_the_last(run):
    """B waits from 6 to 15 s, and from 23 to 30 s."""
    lines = [
        Line("A", [Station("A1", 100, failures=[every(5, 10, crew=True)])]),
        Line("B", [Station("B1", 100, failures=[every(6, 2, crew=True)])]),
    ]
    result = run(Shop("s", lines, repair_crews=1), 31)
    assert result.crews.iloc[0][["asked", "waited"]].tolist() == [4, 2]
    assert result.crews.iloc[0]["longest_wait"] == pytest.approx(9 / 60)


def test_a_wait_for_a_crew_counts_in_working_time(run):
    """The crew comes after 10 s of repair, 10 s of them closed: at 25 s instead of 15."""
    lines = [
        Line("A", [Station("A1", 100, failures=[every(5, 10, crew=True)])]),
        Line("B", [Station("B1", 100, failures=[every(6, 2, crew=True)])]),
    ]
    shop = Shop("s", lines, repair_crews=1, working_time=windows((0, 10), (20, 99)))
    result = run(shop, 26)
    assert result.crews.iloc[0]["longest_wait"] == pytest.approx(9 / 60)
    assert states(result, "B1") == {"working": 6, "waiting": 9, "down": 1, "off": 10}


def test_levels_of_a_store_are_averaged_over_time(run):
    """A puts every 10 s, B takes every 25 s, capacity 2."""
    lines = [
        Line("A", [Station("A1", 10)], puts="q"),
        Line("B", [Station("B1", 25)], takes="q"),
    ]
    row = run(Shop("s", lines, stores=[Store("q", 2)]), 60).stores.loc["q"]
    # 0 until 20, 1 until 30, 2 until 35, 1 until 40, 2 until 60 s.
    assert row["level"] * 60 == pytest.approx(10 * 1 + 5 * 2 + 5 * 1 + 20 * 2)
    assert row["full"] * 60 == pytest.approx(25)
    assert row["empty"] * 60 == row["none_ready"] * 60 == pytest.approx(20)


def test_a_part_in_transit_counts_in_the_level_and_is_not_ready(run):
    """Put at 10 and 20 s, ready at 14 and 24 s, taken at 14 and 26 s."""
    lines = [
        Line("A", [Station("A1", 10)], puts="t"),
        Line("B", [Station("B1", 12)], takes="t"),
    ]
    row = run(Shop("s", lines, stores=[Store("t", 5, transit_time=4)]), 30).stores.loc["t"]
    assert row["level"] * 30 == pytest.approx(4 + 6)
    assert row["empty"] * 30 == pytest.approx(20)
    assert row["none_ready"] * 30 == pytest.approx(28)


def test_a_shop_that_closes_for_long_opens_again(run):
    """Cycles of 1 s and then nothing until 5,000 s."""
    shop = Shop("s", [Line("L", [Station("A", 1)])], working_time=windows((0, 3), (5000, 5002)))
    assert exits(run(shop, 6000), "L") == [1, 2, 3, 5001, 5002]


def test_a_repair_may_last_for_thousands_of_cycles(run):
    """Nothing else happens meanwhile."""
    shop = Shop("s", [Line("L", [Station("A", 1, failures=[every(2.5, 5000)])])])
    assert exits(run(shop, 5004), "L") == [1, 2, 5003, 5004]


@pytest.mark.parametrize("seconds", [8.192, 32.768, 65.536])
def test_a_horizon_of_a_power_of_two_milliseconds_is_a_horizon_like_any_other(run, seconds):
    """The last instant counts, at the edge of a bucket of the compiled engine's calendar too."""
    shop = Shop("s", [Line("L", [Station("A", 8.192)])])
    assert run(shop, seconds).bodies == round(seconds / 8.192)


def test_a_calendar_clock_stands_still_outside_the_windows(run):
    """8 s, 5 of them before closing: it runs out at 18 s, not at 8."""
    shop = Shop(
        "s",
        [Line("L", [Station("A", 100, failures=[every(8, 9, clock="calendar")])])],
        working_time=windows((0, 5), (15, 99)),
    )
    result = run(shop, 20)
    assert states(result, "A") == {"working": 8, "down": 2, "off": 10}


def test_what_ends_at_a_later_closing_ends(run):
    """The second body has 5 s left at 15 s; the next window is just as long."""
    time = windows((0, 15), (25, 30), (50, 60))
    shop = Shop("s", [Line("L", [Station("A", 10)])], working_time=time)
    assert exits(run(shop, 61), "L") == [10, 30, 60]


def test_a_transit_may_begin_while_its_store_is_closed(run):
    """Put at 10 s into a store that opens at 20 s, with 3 s of transit."""
    lines = [
        Line("A", [Station("A1", 10)], puts="t"),
        Line("B", [Station("B1", 1)], takes="t"),
    ]
    store = Store("t", 1, transit_time=3, working_time=windows((0, 5), (20, 99)))
    assert exits(run(Shop("s", lines, stores=[store]), 26), "B") == [24]


def test_a_station_does_not_go_on_while_another_failure_waits_for_a_crew(run):
    """x is repaired from 4 to 14 s, y waits from 6 to 20 and is repaired until 23 s."""
    modes = [every(4, 10, "x"), every(6, 3, "y", clock="calendar", crew=True)]
    lines = [
        Line("X", [Station("X1", 100, failures=[every(1, 19, crew=True)])]),
        Line("A", [Station("A1", 6, failures=modes)]),
    ]
    assert exits(run(Shop("s", lines, repair_crews=1), 26), "A") == [25]


def test_an_event_far_ahead_does_not_hide_the_near_ones(run):
    """One round of the compiled engine's calendar later: 4,096 buckets of 512 ms."""
    mode = every(4096 * 0.512 + 0.2, 1, clock="calendar")
    shop = Shop("s", [Line("L", [Station("A", 1, failures=[mode])])])
    assert exits(run(shop, 3), "L") == [1, 2, 3]
