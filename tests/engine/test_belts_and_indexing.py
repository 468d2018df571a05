"""Lines that index together, and accumulating conveyors: worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from ningde_sim import Exponential, Line, Shop, Station, Store, simulate
from tests.engine.by_hand import every, exits, states, windows


def indexed(*cycles, **options):
    """A line that indexes; a cycle may come with failures of its station."""
    stations = [
        Station(f"S{i}", each[0], failures=each[1:])
        if isinstance(each, tuple)
        else Station(f"S{i}", each)
        for i, each in enumerate(cycles)
    ]
    return Line("L", stations, transfer="together", **options)


# ---------------------------------------------------------------------------- indexing


def test_a_line_indexes_when_the_last_of_its_stations_is_done(run):
    """10, 30 and 20 s: filled one by one (10, 30, 30), then each 30 s; the first body at 70 s."""
    result = run(Shop("s", [indexed(10, 30, 20)]), 200)
    assert exits(result, "L") == [70, 100, 130, 160, 190]
    assert states(result, "S0") == {"working": 80, "blocked": 120}


def test_a_slow_first_station_sets_the_pace_of_all(run):
    """Each index waits for it: 30 s."""
    result = run(Shop("s", [indexed(30, 10, 10)]), 200)
    assert exits(result, "L") == [90, 120, 150, 180]


def test_ten_stations_of_exponential_cycles():
    """The pace is the maximum of ten: 60 s times 1 + 1/2 + ... + 1/10; here within 1 %."""
    line = indexed(*[Exponential(60)] * 10)
    result = simulate(Shop("s", [line]), hours=3000, warm_up=10, seed=1)
    pace = 60 * sum(1 / k for k in range(1, 11))
    assert result.throughput == pytest.approx(3600 / pace, rel=0.01)


def test_any_failure_stops_the_line(run):
    """S1 fails after 60 s of work for 100 s: nobody moves, not even those that are done."""
    result = run(Shop("s", [indexed(20, (20, every(60, 100)), 20)]), 300)
    # S1 works from 20 s on: its life ends at 80 s, as a body is done, and stops the next one
    assert exits(result, "L") == [60, 80, 200, 220, 240]


def test_an_idle_station_under_repair_holds_the_line(run):
    """S0 is done at 10 s and waits; a calendar failure at 15 s for 50 s holds the index."""
    fails = every(15, 50, clock="calendar")
    result = run(Shop("s", [indexed((10, fails), 20)]), 100, critical_path=True)
    # loaded at 0, moves at 10 to S1 which works until 30; S0 has its second body from 10 to 15 and
    # from 65 to 70; the index comes at 70
    assert exits(result, "L") == [70]
    path = result.critical_path()
    assert path["ms"].sum() == 100_000


def test_the_repair_that_the_line_waits_for_is_on_the_critical_path(run):
    """Both bodies are done at 30 s; the repair of S0 from 25 to 75 s is what all wait for."""
    fails = every(25, 50, clock="calendar")
    result = run(Shop("s", [indexed((10, fails), 20)]), 80, critical_path=True)
    assert exits(result, "L") == [75]
    rows = result.critical_path().set_index(["thing", "cause"])["ms"]
    assert rows["S0", "repair"] == 45_000
    assert rows["S0", "working"] == 10_000
    assert rows["S1", "working"] == 20_000 + 5_000  # on the next body, after the last exit


def test_without_a_new_body_the_line_runs_empty(run):
    """A feeder brings three bodies only: holes follow them."""
    stock = Store("stock", 3, initial=3)
    with pytest.warns(UserWarning, match="stuck|move again"):
        result = run(Shop("s", [indexed(10, 10, 10, takes="stock")], stores=[stock]), 200)
    assert exits(result, "L") == [30, 40, 50]


def test_a_part_that_comes_late_waits_for_the_next_index(run):
    """Parts come each 25 s to a line of 10 s: S0 takes one at the first index after it came."""
    feed = Line("F", [Station("F1", 25)], puts="s")
    line = indexed(10, 10, takes="s")
    result = run(Shop("s", [feed, line], stores=[Store("s", 5)]), 120)
    # taken at 25, moves on at 35, out at 45; the next at 50
    assert exits(result, "L") == [45, 70, 95, 120]


def test_a_full_store_behind_holds_all(run):
    """The last body cannot leave, so nobody moves up."""
    slow = Line("T", [Station("T1", 100)], takes="s")
    line = indexed(10, 10, 10, puts="s")
    result = run(Shop("s", [line, slow], stores=[Store("s", 1)]), 345)
    # out of the line at 30 (to T), 40 (to the store); the third is done at 50 and leaves at 130
    assert result.stores.loc["s", "put"] == 5
    assert exits(result, "T") == [130, 230, 330]
    assert states(result, "S0")["blocked"] == pytest.approx(345 - 10 * 8, abs=20)


def test_at_closing_a_line_that_indexes_pauses(run):
    """Closed from 45 to 100 s: the body of 40 s goes on for its last 5 s at 100 s."""
    line = indexed(20, 30, working_time=windows((0, 45), (100, 300)))
    result = run(Shop("s", [line]), 200)
    assert exits(result, "L") == [105, 135, 165, 195]


def test_copies_of_a_line_index_each_for_themselves(run):
    """Two copies, each with its own index."""
    result = run(Shop("s", [indexed(10, 30, 20, copies=2)]), 200)
    assert exits(result, "L") == [t for t in (70, 100, 130, 160, 190) for _ in range(2)]


def test_a_line_that_indexes_has_no_buffers():
    with pytest.raises(ValueError, match="has no buffers between its stations, got"):
        Line("L", [Station("A", 1), Station("B", 1)], buffers=1, transfer="together")
    with pytest.raises(ValueError, match="transfer must be 'each' or 'together', got 'all'"):
        Line("L", [Station("A", 1)], transfer="all")


# ---------------------------------------------------------------------------- conveyors


def belt(feeder, belt_store, taker):
    """A machine, a belt, a machine."""
    lines = [
        Line("F", [feeder], puts="belt"),
        Line("T", [taker], takes="belt"),
    ]
    return Shop("s", lines, stores=[belt_store])


def test_a_part_travels_the_length_of_the_belt(run):
    """12 m at 0.5 m/s: 24 s."""
    store = Store.conveyor("belt", length=12, speed=0.5, spacing=2)
    assert (store.capacity, store.transit_time, store.headway) == (6, 24, 4)
    result = run(belt(Station("F1", 10), store, Station("T1", 1)), 60)
    assert exits(result, "T") == [35, 45, 55]


def test_after_a_jam_parts_come_up_one_spacing_after_another(run):
    """The taker is closed until 200 s, six parts have closed up: then one comes each 4 s."""
    store = Store.conveyor("belt", length=12, speed=0.5, spacing=2)
    lines = [
        Line("F", [Station("F1", 10)], puts="belt", working_time=windows((0, 60))),
        Line("T", [Station("T1", 1)], takes="belt", working_time=windows((200, 400))),
    ]
    shop = Shop("s", lines, stores=[store])
    assert exits(run(shop, 300), "T") == [201, 205, 209, 213, 217, 221]
    lines[1] = Line("T", [Station("T1", 7)], takes="belt", working_time=windows((200, 400)))
    result = run(Shop("s", lines, stores=[store]), 300)
    assert exits(result, "T") == [207 + 7 * i for i in range(6)]


def test_parts_go_on_a_belt_one_spacing_after_another(run):
    """The feeder makes one in 1 s, the entry is clear each 4 s."""
    store = Store.conveyor("belt", length=12, speed=0.5, spacing=2)
    result = run(belt(Station("F1", 1), store, Station("T1", 1)), 60)
    assert exits(result, "T") == [26 + 4 * i for i in range(9)]
    assert result.stores.loc["belt", "put"] == 15


def test_a_full_belt_takes_a_part_when_one_has_left(run):
    """Six places; the taker needs 20 s, so in the end each 20 s a part goes on."""
    store = Store.conveyor("belt", length=12, speed=0.5, spacing=2)
    result = run(belt(Station("F1", 1), store, Station("T1", 20)), 1000)
    assert exits(result, "T") == [45 + 20 * i for i in range(48)]
    assert result.stores.loc["belt", "level_end"] == 6


@pytest.mark.parametrize(("feeder", "taker"), [(3, 5), (5, 3), (4, 4), (1, 9), (9, 1)])
def test_a_belt_is_a_row_of_cells_hand_to_hand(run, feeder, taker):
    """Six cells of a headway each, with random machines at both ends: equal exits to the ms."""
    ends = Station("F1", Exponential(feeder)), Station("T1", Exponential(taker))
    store = Store.conveyor("belt", length=12, speed=0.5, spacing=2)
    cells = [Station(f"C{i}", 4) for i in range(6)]
    one = run(belt(ends[0], store, ends[1]), 20_000)
    line = Line("L", [ends[0], *cells, ends[1]], buffers=0)
    other = run(Shop("s", [line]), 20_000)
    assert np.array_equal(one.exits["T"], other.exits["L"])


def test_parts_on_a_belt_at_the_start_have_closed_up(run):
    """Three parts at its end, the next ones a headway later each."""
    store = Store.conveyor("belt", length=12, speed=0.5, spacing=2, initial=3)
    result = run(belt(Station("F1", 1000), store, Station("T1", 1)), 100)
    assert exits(result, "T") == [1, 5, 9]


def test_a_belt_rests_outside_its_working_time(run):
    """It stands from 20 to 100 s: a part put at 10 s has 14 s of travel left, one put at 20 s all.

    The third is done at 30 s and has to wait until the entry is clear, at 104 s.
    """
    store = Store.conveyor(
        "belt", length=12, speed=0.5, spacing=2, working_time=windows((0, 20), (100, 300))
    )
    result = run(belt(Station("F1", 10), store, Station("T1", 1)), 130)
    assert exits(result, "T") == [115, 125, 129]


def test_the_time_on_the_belt_is_on_the_critical_path(run):
    """A part each 100 s, 24 s of travel, 1 s of work: all hours are told."""
    store = Store.conveyor("belt", length=12, speed=0.5, spacing=2)
    result = run(belt(Station("F1", 100), store, Station("T1", 1)), 325, critical_path=True)
    rows = result.critical_path().set_index(["thing", "cause"])["ms"]
    assert rows.to_dict() == {
        ("F1", "working"): 300_000,
        ("belt", "transit"): 24_000,
        ("T1", "working"): 1_000,
    }


def test_an_entry_that_is_not_clear_is_on_the_critical_path(run):
    """The feeder waits for the entry each time: the belt sets the pace of 4 s."""
    store = Store.conveyor("belt", length=12, speed=0.5, spacing=2)
    result = run(belt(Station("F1", 1), store, Station("T1", 1)), 1026, critical_path=True)
    rows = result.critical_path().set_index(["thing", "cause"])["ms"]
    assert rows["belt", "transit"] > 1_000_000
    assert rows.sum() == 1_026_000


@pytest.mark.parametrize(
    ("sizes", "text"),
    [
        ({"length": 0, "speed": 1, "spacing": 1}, "length must be greater than 0, got 0."),
        ({"length": 1, "speed": 1, "spacing": 2}, "spacing must be at most 1, got 2."),
        ({"length": 1, "speed": 0, "spacing": 1}, "speed must be greater than 0, got 0."),
    ],
)
def test_a_wrong_belt_gets_a_clear_error(sizes, text):
    with pytest.raises(ValueError, match="conveyor 'belt': ") as raised:
        Store.conveyor("belt", **sizes)
    assert text in str(raised.value)
    with pytest.raises(ValueError, match="headway must be 0, or be of a conveyor"):
        Store("s", 0, headway=1)


def test_a_batch_does_not_go_onto_a_belt():
    store = Store.conveyor("belt", length=12, speed=0.5, spacing=2)
    lines = [
        Line("F", [Station("F1", 1)], puts={"belt": 2}),
        Line("T", [Station("T1", 1)], takes="belt"),
    ]
    with pytest.raises(ValueError, match="parts go onto conveyor 'belt' and off it one by one"):
        Shop("s", lines, stores=[store])
