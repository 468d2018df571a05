"""Each rule on a case small enough to work out by hand, for both engines."""

from __future__ import annotations

import pytest

from ningde_sim import (
    Exponential,
    Failure,
    Fixed,
    Line,
    PlannedStop,
    Robot,
    Shop,
    Station,
    Store,
    WorkingTime,
)
from tests.engine.by_hand import HOUR, every, exits, states, windows


def test_a_finished_body_stays_until_there_is_room_behind_it(run):
    """Blocking after service, hand to hand: the fast station waits for the slow one."""
    result = run(Shop("s", [Line("L", [Station("A", 2), Station("B", 5)])]), 22)
    assert exits(result, "L") == [7, 12, 17, 22]
    assert states(result, "A") == {"working": 10, "blocked": 12}


def test_a_buffer_does_not_count_the_stations(run):
    """A buffer of 1: the fast station is first blocked with its third body."""
    result = run(Shop("s", [Line("L", [Station("A", 2), Station("B", 5)], buffers=1)]), 12)
    assert states(result, "A") == {"working": 8, "blocked": 4}
    assert result.buffers.loc["A > B", "level_end"] == 1


def test_events_on_the_last_instant_count(run):
    """A departure that falls exactly on the horizon is counted, one a millisecond later is not."""
    shop = Shop("s", [Line("L", [Station("A", 10)])])
    assert run(shop, 30).bodies == 3
    assert run(shop, 29.999).bodies == 2


def test_what_happens_up_to_the_end_of_the_warm_up_does_not_count(run):
    """The counted hours begin after the last instant of the warm-up, and so do the exit times."""
    result = run(Shop("s", [Line("L", [Station("A", 10)])]), 30, warm_up=20)
    assert exits(result, "L") == [10, 20, 30]
    assert result.stations.loc["A", "cycles"] == 3


def test_parts_go_to_the_line_that_asked_first(run):
    """Two lines take from one store: A2 asks at 12 s, A1 at 13 s, the next part comes at 20 s."""
    shop = Shop(
        "s",
        [
            Line("P", [Station("P1", 10)], puts="q"),
            Line("A", [Station("A1", 3)], takes="q"),
            Line("B", [Station("B1", 2)], takes="q"),
        ],
        stores=[Store("q", 5)],
    )
    result = run(shop, 60)
    assert exits(result, "A") == [13, 33, 53]
    assert exits(result, "B") == [22, 42]


def test_lines_that_ask_at_one_instant_are_served_in_order_of_declaration(run):
    """Both lines stand empty from the start: the first declared has the first part."""
    lines = [Line("P", [Station("P1", 10)], puts="q")]
    lines += [Line(n, [Station(f"{n}1", 1)], takes="q") for n in ("B", "A")]
    result = run(Shop("s", lines, stores=[Store("q", 5)]), 21)
    assert (exits(result, "B"), exits(result, "A")) == ([11], [21])


def test_assembly_takes_all_its_parts_at_one_instant(run):
    """The part that comes first waits in its store, not on the assembly station."""
    shop = Shop(
        "s",
        [
            Line("P", [Station("P1", 4)], puts="p"),
            Line("Q", [Station("Q1", 10)], puts="q"),
            Line("A", [Station("A1", 1)], takes=("p", "q")),
        ],
        stores=[Store("p", 1), Store("q", 1)],
    )
    result = run(shop, 31)
    assert exits(result, "A") == [11, 21, 31]
    # P1 has its first body out at 4, its second blocked from 8 to 10, then 4 s work, 6 s blocked.
    assert states(result, "P1") == {"working": 4 + 4 + 4 + 4 + 1, "blocked": 2 + 6 + 6}


def test_who_lacks_another_part_holds_no_claim(run):
    """B asked first for q, but lacks p: C gets the parts, until p is there."""
    shop = Shop(
        "s",
        [
            Line("P", [Station("P1", 50)], puts="p"),
            Line("Q", [Station("Q1", 10)], puts="q"),
            Line("B", [Station("B1", 1)], takes=("p", "q")),
            Line("C", [Station("C1", 1)], takes="q"),
        ],
        stores=[Store("p", 1), Store("q", 3)],
    )
    result = run(shop, 60)
    # At 50 s p is there, then a part of q: B asked for it at 0 s, C at 41 s.
    assert exits(result, "C") == [11, 21, 31, 41]
    assert exits(result, "B") == [51]


def test_a_line_puts_to_all_its_stores_at_one_instant(run):
    """A body and its skid leave together, when both stores have room."""
    shop = Shop(
        "s",
        [
            Line("M", [Station("M1", 2)], puts=("body", "skid")),
            Line("B", [Station("B1", 3)], takes="body"),
            Line("K", [Station("K1", 10)], takes="skid"),
        ],
        stores=[Store("body", 9), Store("skid", 1)],
    )
    result = run(shop, 30)
    # Skids are taken at 2, 12, 22 s: the third body, ready at 6 s, leaves at 12, then one in 10 s.
    assert exits(result, "B") == [5, 8, 15, 25]


def test_hand_to_hand_lets_the_part_wait_on_the_station_that_made_it(run):
    """A store of capacity 0 holds nothing: the feeder is blocked until the taker takes."""
    shop = Shop(
        "s",
        [
            Line("A", [Station("A1", 2)], puts="x"),
            Line("B", [Station("B1", 5)], takes="x"),
        ],
        stores=[Store("x", 0)],
    )
    result = run(shop, 22)
    assert exits(result, "B") == [7, 12, 17, 22]
    assert states(result, "A1") == {"working": 10, "blocked": 12}


def test_hand_to_hand_moves_all_stations_that_depend_on_each_other_together(run):
    """Body to the next line by hand, skid to its store: neither goes without the other."""
    shop = Shop(
        "s",
        [
            Line("M", [Station("M1", 2)], puts=("x", "skid")),
            Line("Q", [Station("Q1", 7)], puts="q"),
            Line("B", [Station("B1", 1)], takes=("x", "q")),
            Line("K", [Station("K1", 20)], takes="skid"),
        ],
        stores=[Store("x", 0), Store("skid", 1), Store("q", 4)],
    )
    result = run(shop, 43)
    # q comes at 7, 14, 21 ..., the skid store has room from 2, 7, 27 s on.
    assert exits(result, "B") == [8, 15, 28]


def test_a_part_in_transit_takes_up_capacity(run):
    """Capacity 1 and 10 s of transit: no more than a part in 10 s."""
    shop = Shop(
        "s",
        [Line("A", [Station("A1", 2)], puts="t"), Line("B", [Station("B1", 1)], takes="t")],
        stores=[Store("t", 1, transit_time=10)],
    )
    result = run(shop, 43)
    assert exits(result, "B") == [13, 23, 33, 43]
    assert result.stores.loc["t", "none_ready"] == 1.0


def test_a_loop_runs_with_the_parts_it_was_given(run):
    """One pallet through two stations of 3 and 4 s: a body in 7 s."""
    shop = Shop(
        "s",
        [
            Line("A", [Station("A1", 3)], takes="back", puts="on"),
            Line("B", [Station("B1", 4)], takes="on", puts="back"),
        ],
        stores=[Store("on", 2), Store("back", 2, initial=1)],
        output="B",
    )
    assert exits(run(shop, 21), "B") == [7, 14, 21]


def test_an_operating_clock_runs_only_while_the_station_works(run):
    """Fed every 10 s with 4 s of work, a clock of 10 s runs out after 22 s, in the third body."""
    fed = [
        Line("A", [Station("A1", 10)], puts="q"),
        Line("B", [Station("B1", 4, failures=[every(10, 5)])], takes="q"),
    ]
    result = run(Shop("s", fed, stores=[Store("q", 1)]), 40)
    # Starts at 10, 20, 30; the clock shows 10 at 32 s; down to 37, the last 2 s until 39.
    assert exits(result, "B") == [14, 24, 39]
    assert states(result, "B1") == {"working": 12, "down": 5, "starved": 23}


def test_a_calendar_clock_fails_an_idle_station(run):
    """The station fails empty at 6 s, takes the body at 10 s all the same, starts it at 15 s."""
    fed = [
        Line("A", [Station("A1", 10)], puts="q"),
        Line("B", [Station("B1", 2, failures=[every(6, 9, clock="calendar")])], takes="q"),
    ]
    result = run(Shop("s", fed, stores=[Store("q", 1)]), 20)
    assert exits(result, "B") == [17]
    assert result.stores.loc["q", "level_end"] == 0
    assert states(result, "B1") == {"starved": 6 + 3, "down": 9, "working": 2}


def test_a_finished_body_leaves_a_failed_station(run):
    """The station fails at 3 s with a finished body on it, which leaves at 5 s."""
    line = Line("L", [Station("A", 2, failures=[every(3, 60, clock="calendar")]), Station("B", 5)])
    result = run(Shop("s", [line]), 30)
    # B takes at 2 and 7 s; A has its second body from 2 to 4 s: 1 s done at 3 s when it fails.
    assert exits(result, "L") == [7]
    blocked = Line(
        "L", [Station("A", 2, failures=[every(5, 60, clock="calendar")]), Station("B", 5)]
    )
    # Now the second body was finished at 4 s; A fails at 5 s; the body leaves at 7 s.
    assert exits(run(Shop("s", [blocked]), 30), "L") == [7, 12]


def test_interrupted_work_resumes_where_it_stopped(run):
    """10 s of work with 3 s of repair in it take 13 s."""
    shop = Shop("s", [Line("L", [Station("A", 10, failures=[every(4, 3)])])])
    # The clock runs out at work 4, 8, 12, 16, 20 s; at 20 s the body is finished first.
    assert exits(run(shop, 40), "L") == [16, 32]


def test_failures_of_a_robot_stop_its_station(run):
    """The robot's clock is the station's work; the hours stand in the robot's row."""
    robot = Robot("R", "weld", failures=[every(10, 5)])
    result = run(Shop("s", [Line("L", [Station("A", 20, robots=[robot])])]), 30)
    assert result.robots.loc["R", "failures"] == 2
    assert result.robots.loc["R", "down"] * HOUR == pytest.approx(10)
    assert states(result, "A") == {"working": 20, "down": 10}


def test_two_repairs_may_go_on_at_one_station(run):
    """A calendar clock fails during the repair of another: the station is down until both end."""
    modes = [
        every(4, 10, "a", clock="calendar"),
        every(9, 10, "b", clock="calendar"),
    ]
    result = run(Shop("s", [Line("L", [Station("A", 30, failures=modes)])]), 20)
    # a: 4-14, again from 18; b: 9-19. A works from 0 to 4 s only.
    assert states(result, "A") == {"working": 4, "down": 16}


def test_each_clock_starts_afresh_after_its_own_repair_only(run):
    """The clock of 6 s goes on where it stood when the one of 4 s was repaired."""
    modes = [every(4, 10, "a"), every(6, 10, "b")]
    result = run(Shop("s", [Line("L", [Station("A", 100, failures=modes)])]), 40)
    # a at work 4, b at 6, a again at 8: at 4, 16, 28 s.
    table = result.failures.set_index("failure")
    assert table.loc["a", "failures"] == 2
    assert table.loc["b", "failures"] == 1


def test_crews_serve_in_the_order_of_the_failures(run):
    """A fails at 5 s, B at 6 s, C at 7 s: with one crew B waits 4 s and C 8 s."""
    lines = [
        Line(n, [Station(f"{n}1", 100, failures=[every(t, 5, crew=True)])])
        for n, t in (("C", 7), ("B", 6), ("A", 5))
    ]
    result = run(Shop("s", lines, repair_crews=1), 20)
    # A fails again at 15 s and stands behind C, whose repair takes from 15 to 20 s.
    assert states(result, "A1") == {"working": 10, "down": 5, "waiting": 5}
    assert states(result, "B1")["waiting"] == 4
    assert states(result, "C1")["waiting"] == 8
    assert result.crews.iloc[0][["asked", "waited"]].tolist() == [4, 3]
    assert result.crews.iloc[0]["longest_wait"] == pytest.approx(8 / 60)


def test_a_failure_without_crew_does_not_wait(run):
    """Only failures with `crew=True` ask for one."""
    lines = [
        Line(n, [Station(f"{n}1", 100, failures=[every(5, 9, crew=crew)])])
        for n, crew in (("A", True), ("B", False))
    ]
    result = run(Shop("s", lines, repair_crews=1), 14)
    assert states(result, "B1") == {"working": 5, "down": 9}


def test_a_planned_stop_comes_before_the_start_after_every_nth_cycle(run):
    """After each second cycle of 10 s a stop of 8 s, a quarter of it hidden."""
    stop = PlannedStop("tips", every=2, duration=8, hidden=0.25)
    shop = Shop("s", [Line("L", [Station("A", 10, planned_stops=[stop])])])
    result = run(shop, 62)
    assert exits(result, "L") == [10, 20, 36, 46, 62]
    assert states(result, "A") == {"working": 50, "planned": 12}


def test_planned_stops_that_fall_due_together_are_done_side_by_side(run):
    """Two robots that dress after the same cycle hold the station for the longer of the two."""
    robots = [
        Robot(f"R{s}", "weld", planned_stops=[PlannedStop("tips", every=1, duration=s)])
        for s in (2, 5)
    ]
    assert exits(run(Shop("s", [Line("L", [Station("A", 10, robots=robots)])]), 40), "L") == [
        10,
        25,
        40,
    ]


def test_scrap_is_thrown_away_where_it_was_made(run):
    """With scrap 1 nothing leaves, and the next body starts at once."""
    result = run(Shop("s", [Line("L", [Station("A", 10, scrap=1.0), Station("B", 1)])]), 40)
    assert result.bodies == 0
    assert result.stations.loc["A", ["cycles", "scrapped"]].tolist() == [4, 4]


def test_outside_its_windows_a_shop_stands_still(run):
    """Open from 0 to 15 and from 25 to 40 s: the second body waits 10 s in the middle."""
    time = windows((0, 15), (25, 40))
    shop = Shop("s", [Line("L", [Station("A", 10)])], working_time=time)
    result = run(shop, 50)
    assert exits(result, "L") == [10, 30, 40]  # what ends at the instant of closing ends
    assert states(result, "A") == {"working": 30, "off": 20}


def test_repairs_and_transit_pause_outside_the_windows(run):
    """8 s of a calendar clock and 4 s of repair, the shop closed from 10 to 20 s."""
    time = windows((0, 10), (20, 40))
    failing = Station("A", 6, failures=[every(8, 4, clock="calendar")])
    shop = Shop(
        "s",
        [Line("L", [failing], puts="t"), Line("M", [Station("B", 1)], takes="t")],
        stores=[Store("t", 9, transit_time=5)],
        working_time=time,
    )
    result = run(shop, 40)
    # Body 1 at 6 s, in transit until 21 s. Failed at 8 s, repaired at 22 s; body 2: 2 s done, 26 s,
    # in transit until 31 s. Failed again at 30 s: body 3, 4 s done, 2 s left from 34 s, to 41 s.
    assert exits(result, "M") == [22, 32]
    assert states(result, "A") == {"working": 6 + 2 + 8 + 6, "down": 2 + 2 + 4, "off": 10}


def test_lines_may_keep_different_windows(run):
    """The feeder works on while the taker is closed, until the store is full."""
    closed = WorkingTime([(0, 5 / HOUR), (65 / HOUR, 100 / HOUR)])
    shop = Shop(
        "s",
        [
            Line("A", [Station("A1", 10)], puts="q"),
            Line("B", [Station("B1", 1)], takes="q", working_time=closed),
        ],
        stores=[Store("q", 2)],
    )
    result = run(shop, 70)
    # A fills the store at 10 and 20 s and is blocked from 30 s; B opens at 65 s.
    assert exits(result, "B") == [66, 67, 68]
    assert states(result, "A1") == {"working": 30 + 5, "blocked": 35}


def test_a_horizon_beyond_all_windows_is_closed_time(run):
    """A shop that closes for good makes no more bodies."""
    shop = Shop("s", [Line("L", [Station("A", 10)])], working_time=WorkingTime([(0, 0.01)]))
    result = run(shop, 3600)
    assert result.bodies == 3
    assert states(result, "A") == {"working": 36, "off": 3564}


def test_a_repair_that_is_cut_off_for_good_gives_its_crew_back(run):
    """A has the crew from 8 s and closes for good at 10 s, after D at 9.5 s: then B is repaired."""
    lines = [
        Line(n, [Station(f"{n}1", 100, failures=[every(t, 2.5, crew=True)])], working_time=time)
        for n, t, time in (
            ("A", 8, windows((0, 10))),
            ("C", 8.5, windows((0, 10))),
            ("D", 8.7, windows((0, 2), (2.5, 9.5))),
            ("B", 9, None),
        )
    ]
    result = run(Shop("s", lines, repair_crews=1), 20)
    assert states(result, "B1") == {"working": 9 + 7.5, "waiting": 1, "down": 2.5}
    assert states(result, "A1") == {"working": 8, "down": 2, "off": 10}
    assert states(result, "C1") == {"working": 8.5, "waiting": 1.5, "off": 10}
    assert states(result, "D1") == {"working": 8.7, "waiting": 0.3, "off": 11}


def test_the_states_of_every_station_add_up_to_the_horizon(run):
    """In whole milliseconds, with a warm-up."""
    failing = [every(77, 13, crew=True), Failure("x", Exponential(0.1), Exponential(1))]
    line = Line("L", [Station(f"S{i}", 10 + i, failures=failing) for i in range(5)], buffers=1)
    result = run(Shop("s", [line], repair_crews=1), 10_000, warm_up=1234.567)
    hours = result.stations[["working", "planned", "down", "waiting", "blocked", "starved", "off"]]
    assert (hours.sum(axis=1) * HOUR * 1000).round().tolist() == [10_000_000] * 5
    assert result.counts.spent.sum(axis=1).tolist() == [10_000_000] * 5


def test_a_run_without_a_trace_says_how_to_keep_one(run):
    """Not an empty table."""
    result = run(Shop("s", [Line("L", [Station("A", 10)])]), 30)
    with pytest.raises(ValueError, match=r"ShopRun 's': .* simulate\(..., trace=True\)"):
        _ = result.trace


def test_the_summary_shows_bodies_by_the_clock_and_by_working_hours(run):
    """Half of the time closed: 360 bodies a working hour are 180 an hour by the clock."""
    shop = Shop("s", [Line("L", [Station("A", 10)])], working_time=windows((0, 1800)))
    result = run(shop, 3600)
    assert (result.throughput, result.working_hours) == (180, 0.5)
    shown = "180: 180.00 bodies an hour (JPH) by the clock, 360.00 a working hour"
    assert f"  bodies            {shown}\n" in result.summary()


def test_working_hours_are_those_of_the_lines_not_of_the_shop(run):
    """Otherwise crews could be busy for more than all of them."""
    mode = Failure("stop", Fixed(180 / HOUR), Fixed(1), crew=True)
    own = windows((0, 1200), (1800, 3600))
    line = Line("L", [Station("A", 10, failures=[mode])], working_time=own)
    shop = Shop("s", [line], working_time=windows((0, 60)), repair_crews=1)
    result = run(shop, 3600)
    assert result.working_hours == pytest.approx(3000 / 3600)
    assert result.crews["share_busy"].item() == pytest.approx(12 * 60 / 3000)
