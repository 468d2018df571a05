"""What happens at closing: bodies in work, and crews; worked out by hand, for both engines."""

from __future__ import annotations

import pytest

from ningde_sim import Line, Shop, Station, Store, WorkingTime, simulate
from tests.engine.by_hand import HOUR, every, exits, states, windows

SHIFT = WorkingTime([(0, 8)], every=24)


@pytest.mark.parametrize(("at_close", "a_day"), [("pause", 9.6), ("finish", 10), ("hold", 9)])
def test_a_shift_of_8_h_and_a_cycle_of_50_min(run, at_close, a_day):
    """9.6 bodies fit; the tenth is paused, finished in overtime, or not begun."""
    shop = Shop("s", [Line("L", [Station("A", 3000)], at_close=at_close)], working_time=SHIFT)
    result = run(shop, 240 * HOUR)
    assert result.bodies == 10 * a_day
    assert result.stations.loc["A", "working"] == pytest.approx(a_day * 10 * 3000 / HOUR)
    assert result.stations.loc["A", "off"] == pytest.approx(240 - a_day * 10 * 3000 / HOUR)


def closing(at_close, cycle=30, **options):
    """A station that works from 0 to 100 s and from 200 to 300 s."""
    line = Line("L", [Station("A", cycle, **options)], at_close=at_close)
    return Shop("s", [line], working_time=windows((0, 100), (200, 300)))


def test_what_is_finished_in_overtime_leaves_at_the_next_opening(run):
    """The fourth body is finished at 120 s, leaves at 200 s; the next takes its place then."""
    result = run(closing("finish"), 259)
    assert exits(result, "L") == [30, 60, 90, 200, 230]
    assert states(result, "A") == {"working": 120 + 59, "off": 80}


def test_overtime_may_last_beyond_the_next_opening(run):
    """150 s each: the first to 150 s; the second from 200 to 350 s."""
    shop = closing("finish", cycle=150)
    assert exits(run(shop, 299), "L") == [200]
    assert states(run(shop, 299), "A") == {"working": 150 + 99, "off": 50}
    long = closing("finish", cycle=250)  # from 0 to 250 s, without a rest at 100 s
    assert exits(run(long, 299), "L") == [250]
    assert states(run(long, 299), "A") == {"working": 299}


def test_a_repair_in_overtime_goes_on(run):
    """The operating clock runs out after 95 s of work: repaired from 95 to 115 s, done at 140 s."""
    result = run(closing("finish", failures=[every(95, 20)]), 259)
    assert exits(result, "L") == [30, 60, 90, 200, 230]
    assert states(result, "A") == {"working": 120 + 59, "down": 20, "off": 60}


def test_a_calendar_clock_does_not_run_in_overtime(run):
    """It runs out after 110 s of working time: at 210 s; the body of 200 s ends at 240 s."""
    result = run(closing("finish", failures=[every(110, 10, clock="calendar")]), 259)
    assert exits(result, "L") == [30, 60, 90, 200, 240]


def test_a_body_that_is_not_begun_at_closing_is_not_finished_first(run):
    """The fifth is loaded at the instant of closing, and begins at 200 s."""
    result = run(closing("finish", cycle=25), 230)
    assert exits(result, "L") == [25, 50, 75, 100, 225]


def test_a_body_that_is_held_leaves_the_station_off(run):
    """10 s are left at 90 s: the fourth body waits until 200 s."""
    result = run(closing("hold"), 259)
    assert exits(result, "L") == [30, 60, 90, 230]
    assert states(result, "A") == {"working": 90 + 59, "off": 110}


def test_a_body_that_ends_at_the_instant_of_closing_is_begun(run):
    assert exits(run(closing("hold", cycle=25), 230), "L") == [25, 50, 75, 100, 225]


def test_a_body_that_was_begun_and_held_up_by_a_failure_pauses(run):
    """Third body from 60 s: down from 80 to 95 s, 5 s to closing; the rest from 200 to 205 s."""
    result = run(closing("hold", failures=[every(80, 15)]), 219)
    assert exits(result, "L") == [30, 60, 205]
    assert states(result, "A")["working"] == 60 + 20 + 5 + 5 + 14


def test_a_planned_stop_pauses_at_closing_under_either(run):
    """After 3 cycles of 30 s a stop of 20 s: from 90 to 100 and from 200 to 210 s, then work."""
    from ningde_sim import PlannedStop

    for at_close in ("finish", "hold", "pause"):
        stop = PlannedStop("clean", every=3, duration=20)
        result = run(closing(at_close, planned_stops=[stop]), 245)
        assert exits(result, "L") == [30, 60, 90, 240]


def test_the_path_shows_overtime_and_hours_off(run):
    """In overtime 20 s; the hours off are closed, those in which a body is held too."""
    path = run(closing("finish"), 259, critical_path=True).critical_path()
    seconds = path.groupby("cause")["ms"].sum() / 1000
    assert seconds.to_dict() == {"working": 100 + 59, "overtime": 20, "closed": 80}
    path = run(closing("hold"), 259, critical_path=True).critical_path()
    seconds = path.groupby("cause")["ms"].sum() / 1000
    assert seconds.to_dict() == {"working": 90 + 59, "closed": 110}


def test_at_close_needs_a_working_time():
    with pytest.raises(ValueError, match=r"line 'L' never closes, so its at_close has no effect"):
        simulate(Shop("s", [Line("L", [Station("A", 1)], at_close="hold")]), hours=1, seed=0)
    with pytest.raises(ValueError, match=r"no cycle of 'A' fits into a window of 8 h, got '30000"):
        Shop("s", [Line("L", [Station("A", 30_000)], at_close="hold")], working_time=SHIFT)
    with pytest.raises(ValueError, match=r"Line 'L': at_close must be .*, got 'stop'"):
        Line("L", [Station("A", 1)], at_close="stop")


# ------------------------------------------------------------------------------- crews


def crewed(name, uptime_h, repair_min, time=None, cycle=HOUR / 2):
    """A line whose station fails after hours of work; its repair needs a crew."""
    mode = every(uptime_h * HOUR, repair_min * 60, crew=True)
    return Line(name, [Station(f"{name}1", cycle, failures=[mode])], working_time=time)


def repairs(result, name):
    """The hours in which a repair was going on."""
    trace = result.trace[
        result.trace["state"].eq("down") & result.trace["thing"].eq(f"{name}: stop")
    ]
    return (trace[["begin", "end"]] / 3.6e6).to_numpy().tolist()


def test_a_crew_does_not_stand_at_a_closed_line(run):
    """X breaks at 7.5 h for 60 min and closes at 8 h; Y breaks at 9 h and runs at 10 h."""
    shop = Shop("s", [crewed("X", 7.5, 60, SHIFT), crewed("Y", 9, 60)], repair_crews=1)
    result = run(shop, 30 * HOUR, trace=True)
    assert repairs(result, "X1") == [[7.5, 8.0], [24.0, 24.5]]
    assert repairs(result, "Y1") == [[9.0, 10.0], [19.0, 20.0], [29.0, 30.0]]
    failures = result.failures.set_index("station")
    assert failures.loc["X1", ["down", "waiting"]].tolist() == [1.0, 0.0]


def test_a_repair_asks_again_with_its_first_request(run):
    """Y's repair lasts from 23.5 to 25.5 h. X asked at 7.5 h, Z at 25 h: X is first."""
    lines = [crewed("Z", 25, 30), crewed("X", 7.5, 60, SHIFT), crewed("Y", 23.5, 120)]
    result = run(Shop("s", lines, repair_crews=1), 27 * HOUR, trace=True)
    assert repairs(result, "Y1") == [[23.5, 25.5]]
    assert repairs(result, "X1") == [[7.5, 8.0], [25.5, 26.0]]
    assert repairs(result, "Z1") == [[26.0, 26.5]]


def test_a_repair_that_rested_comes_before_one_that_waited_all_the_time(run):
    """X asked at 7.5 h, W at 7.8 h, both close at 8 h: at 24 h X goes on first."""
    lines = [crewed("W", 7.8, 30, SHIFT), crewed("X", 7.5, 60, SHIFT)]
    result = run(Shop("s", lines, repair_crews=1), 25.5 * HOUR, trace=True)
    assert repairs(result, "X1") == [[7.5, 8.0], [24.0, 24.5]]
    assert repairs(result, "W1") == [[24.5, 25.0]]


def test_a_failure_at_the_instant_of_closing_asks_for_a_crew_at_the_opening(run):
    """X fails at 8 h sharp; Y at 9 h: Y is served, X from 24 h on."""
    shop = Shop("s", [crewed("X", 8, 60, SHIFT), crewed("Y", 9, 60)], repair_crews=1)
    result = run(shop, 26 * HOUR, trace=True)
    assert repairs(result, "X1") == [[24.0, 25.0]]
    assert repairs(result, "Y1") == [[9.0, 10.0], [19.0, 20.0]]


def test_two_shifts_hand_over_one_crew(run):
    """X closes when Y opens, at 8 h: Y waited from 7.9 h, in its shift before, for this crew."""
    early, late = WorkingTime([(0, 8)], every=24), WorkingTime([(0, 1), (8, 16)], every=24)
    lines = [crewed("X", 7.5, 60, early), crewed("Y", 1, 60, late)]
    result = run(Shop("s", lines, repair_crews=1), 10 * HOUR, trace=True)
    assert repairs(result, "X1") == [[7.5, 8.0]]
    assert repairs(result, "Y1") == [[8.0, 9.0]]


def test_with_enough_crews_a_repair_rests_as_it_does_without_a_number(run):
    """No number of crews, or one for each: the same repairs."""
    for crews in (None, 2):
        shop = Shop("s", [crewed("X", 7.5, 60, SHIFT), crewed("Y", 9, 60)], repair_crews=crews)
        result = run(shop, 30 * HOUR)
        assert exits(result, "X")[-1] == pytest.approx((30 - (24.5 - 24) % 0.5) * HOUR, abs=HOUR)
        assert result.failures.set_index("station").loc["X1", "down"] == 1.0


# ------------------------------------------------------------------------------- carriers


def loop(**options):
    """Ten pallets go round two stations of 60 s; the second scraps 1 %."""
    stations = [Station("A", 60), Station("B", 60, scrap=0.01)]
    line = Line("L", stations, buffers=10, takes="pallets", puts="pallets", **options)
    return Shop("loop", [line], stores=[Store("pallets", 10, initial=10)], output="L")


def test_a_scrapped_body_gives_its_pallet_back(run):
    """99 % of 60 an hour, for ever."""
    result = run(loop(returns="pallets"), 500 * HOUR, warm_up=HOUR)
    cycles, scrapped = result.stations.loc["B", ["cycles", "scrapped"]]
    assert cycles == 500 * 60
    assert result.bodies == cycles - scrapped
    assert result.throughput == pytest.approx(59.4, abs=0.2)
    assert result.stores.loc["pallets", "put"] == cycles


def test_a_pallet_waits_for_a_place(run):
    """All is scrapped: at 10 s A's pallet finds its store full, and A is blocked until 15 s."""
    lines = [
        Line("L", [Station("A", 10, scrap=1.0)], returns="p"),
        Line("T", [Station("T1", 15)], takes="p"),
    ]
    result = run(Shop("s", lines, stores=[Store("p", 1, initial=1)], output="T"), 60)
    # T takes at 0 s; A puts at 10 s, T takes it at 15 s; A from 10 to 20 s, and puts; A to 30 s,
    # when T takes and A puts; A to 40, blocked to 45; A to 55, blocked to 60 s.
    assert exits(result, "T") == [15, 30, 45, 60]
    assert states(result, "A") == {"working": 10 * 5, "blocked": 10}
    assert result.stations.loc["A", "scrapped"] == 5


# ------------------------------------------------------------------------------- fixed cycles


@pytest.mark.parametrize("rate", [70_000, 54_000, 7_777, 3_600])
def test_a_fixed_cycle_keeps_its_rate(run, rate):
    """To the body, however little a cycle fits the clock of milliseconds."""
    assert run(Shop("s", [Line("L", [Station("A", HOUR / rate)])]), HOUR).bodies == rate


def test_the_kth_cycle_ends_at_the_rounded_multiple(run):
    shop = Shop("s", [Line("L", [Station("A", 0.0015)])])
    assert (run(shop, 0.009).exits["L"]).tolist() == [2, 3, 4, 6, 8, 9]
