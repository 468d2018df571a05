"""Lines with copies: machines in parallel, counted together."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest

from ningde_sim import (
    Empirical,
    Exponential,
    Failure,
    Fixed,
    Gamma,
    Line,
    Lognormal,
    PlannedStop,
    Robot,
    Shop,
    Station,
    Store,
    simulate,
    sweep,
)
from ningde_sim.engine import copies as copies_module
from ningde_sim.engine.rules import STATES
from ningde_sim.statistics import estimate
from tests.engine.by_hand import HOUR, every, exits, states, windows


def fed(cycle=60.0, *, copies=3, feed=20.0, capacity=5, **options):
    """A feeder, a store and OP20."""
    station = Station("OP20", cycle, **options)
    lines = [
        Line("feed", [Station("F", feed)], puts="q"),
        Line("OP20", [station], takes="q", copies=copies),
    ]
    return Shop("fed", lines, stores=[Store("q", capacity)])


def intervals(run, thing, state):
    """Begin and end of the intervals of a thing in a state, in seconds."""
    rows = run.trace[(run.trace["thing"] == thing) & (run.trace["state"] == state)]
    return [(a / 1000, b / 1000) for a, b in zip(rows["begin"], rows["end"], strict=True)]


# ------------------------------------------------------------------ right answers


def test_three_machines_of_60_s_keep_up_with_a_part_every_20_s(run):
    """The k-th part comes at 20 k, and leaves 60 s later; two machines make one every 30 s."""
    result = run(fed(), 8 * HOUR)
    assert exits(result, "OP20") == [20.0 * k + 60 for k in range(1, 1438)]
    assert states(result, "OP20") == {
        "working": 3 * 8 * HOUR - 20 - 40 - 60,
        "starved": 20 + 40 + 60,
    }
    assert result.stores.loc["q", "level"] == 0
    two = run(fed(copies=2), 8 * HOUR)
    assert exits(two, "OP20") == sorted(
        [*(80.0 + 60 * k for k in range(479)), *(100.0 + 60 * k for k in range(479))]
    )


def test_copies_that_are_free_at_once_come_in_their_order(run):
    """All ask at the start: part by part the next copy; the feeder ends its body first."""
    result = run(fed(50.0, feed=10.0), 100, trace=True)
    assert intervals(result, "OP20 #1", "working") == [(10, 100)]
    assert intervals(result, "OP20 #2", "working") == [(20, 100)]
    assert intervals(result, "OP20 #3", "working") == [(30, 100)]
    assert exits(result, "OP20") == [60, 70, 80]


def test_a_copy_fails_by_itself(run):
    """After 90 s of its own work: #1 began at 30 s, #2 at 60 s."""
    shop = fed(feed=30.0, copies=2, failures=[every(90, 30)])
    result = run(shop, 200, trace=True)
    assert intervals(result, "OP20 #1", "down") == [(120, 150)]
    assert intervals(result, "OP20 #1: stop", "down") == [(120, 150)]
    assert intervals(result, "OP20 #2", "down") == [(150, 180)]
    assert intervals(result, "OP20 #2", "working") == [(60, 150), (180, 200)]
    assert exits(result, "OP20") == [90, 120, 180]
    row = result.failures.iloc[0]
    assert (row["owner"], row["station"], row["failures"]) == ("OP20", "OP20", 2)
    assert row["down"] == pytest.approx(60 / HOUR)
    assert row["mtbf"] * HOUR == pytest.approx(result.stations.loc["OP20", "working"] * HOUR / 2)


def test_copies_that_end_together_move_in_their_order(run):
    """Hand to hand with one station behind: #1 gives its body away first, then #2, #3."""
    lines = [
        Line("OP20", [Station("OP20", 10)], puts="x", copies=3),
        Line("B", [Station("B", 7)], takes="x"),
    ]
    result = run(Shop("s", lines, stores=[Store("x", 0)]), 40, trace=True)
    blocked = [intervals(result, f"OP20 #{i}", "blocked") for i in (1, 2, 3)]
    assert blocked == [[(20, 31)], [(10, 17), (27, 38)], [(10, 24), (34, 40)]]
    assert exits(result, "B") == [17, 24, 31, 38]


def test_copies_share_the_crews(run):
    """One crew: the failure of #2 waits for the repair of #1, asked for at the same instant."""
    shop = Shop(
        "s",
        [Line("L", [Station("A", 10, failures=[every(20, 5, crew=True)])], copies=2)],
        repair_crews=1,
    )
    result = run(shop, 40, trace=True)
    assert intervals(result, "A #1", "down") == [(20, 25)]
    assert intervals(result, "A #2", "waiting") == [(20, 25)]
    assert intervals(result, "A #2", "down") == [(25, 30)]
    assert result.crews["longest_wait"].item() == pytest.approx(5 / 60)
    assert result.failures["waiting"].item() * HOUR == pytest.approx(5)


def test_buffers_inside_copies_are_apart(run):
    """A makes one every 10 s, B one every 20 s: in each copy both places are full from 40 s on."""
    line = Line("L", [Station("A", 10), Station("B", 20)], buffers=2, copies=2)
    result = run(Shop("s", [line]), 100)
    row = result.buffers.loc["A > B"]
    assert (row["capacity"], row["put"], row["taken"], row["level_end"]) == (4, 14, 10, 4)
    assert row["full"] == 0.6
    one = run(Shop("s", [Line("L", line.stations, buffers=2)]), 100).buffers.loc["A > B"]
    assert row["level"] == 2 * one["level"]
    assert [row[share] for share in ("full", "empty")] == [one[s] for s in ("full", "empty")]


def test_a_queue_with_three_servers_waits_as_erlang_says():
    """M/M/3 at a load of 0.8: mean queue of 2.589 parts, within 2 %, inside its interval at 99 %.

    References
    ----------
    Erlang (1917); Gross, Shortle, Thompson, Harris (2008), Fundamentals of Queueing Theory, 4th
    ed., section 2.4.
    """
    c, load = 3, 0.8
    a = c * load
    last = a**c / math.factorial(c) / (1 - load)
    waits = last / (sum(a**k / math.factorial(k) for k in range(c)) + last)
    queue = waits * load / (1 - load)
    shop = fed(Exponential(60.0), feed=Exponential(60.0 / a), capacity=10_000)
    levels = [
        simulate(shop, hours=2_000, warm_up=20, seed=5, run=i).stores.loc["q", "level"]
        for i in range(40)
    ]
    mean = estimate.mean(np.array(levels), level=0.99)
    assert mean.low < queue < mean.high
    assert mean.high - mean.low < 0.04 * queue


# ------------------------------------------------------------------ random streams


def busy(name, **options):
    """Two stations over most rules: robots, both clocks, crews, quality, stops, a buffer."""
    arm = Failure("arm", Exponential(0.2), Lognormal(2, 1), crew=True)
    belt = Failure("belt", Gamma(0.4, 0.7), Exponential(1), clock="calendar")
    tips = PlannedStop("tips", every=5, duration=12, hidden=0.5)
    robot = Robot(f"{name}-R", "weld", failures=[arm], planned_stops=[tips])
    first = Station(f"{name}-1", Lognormal(20, 0.3), robots=[robot], failures=[belt], scrap=0.02)
    return Line(name, [first, Station(f"{name}-2", 19, rework=0.1)], buffers=1, **options)


def plant(middle):
    """A feeder, lines side by side, a taker; one crew."""
    feed = Line("feed", [Station("F", 6)], puts="in")
    last = Line("last", [Station("Z", Exponential(5))], takes="out")
    stores = [Store("in", 3, transit_time=10), Store("out", 2)]
    return Shop("s", [feed, *middle, last], stores=stores, repair_crews=1)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_copies_are_lines_written_out(engine, monkeypatch):
    """With the same names of streams every array is the same, and so are the totals."""
    monkeypatch.setattr(copies_module, "STREAM", "#")
    ends = {"takes": "in", "puts": "out", "working_time": windows((0, 5_000), (6_000, 30_000))}
    line = busy("L", **ends)

    def renamed(i):
        """The line again, with the names of copy i."""
        stations = [
            dataclasses.replace(
                s,
                name=f"{s.name}#{i}",
                robots=[dataclasses.replace(r, name=f"{r.name}#{i}") for r in s.robots],
            )
            for s in line.stations
        ]
        return Line(f"L#{i}", stations, buffers=1, **ends)

    options = {"hours": 8, "warm_up": 0.3, "seed": 3, "engine": engine, "critical_path": True}
    options |= {"trace": True, "every": 1.0}
    one = simulate(plant([busy("L", copies=3, **ends)]), **options)
    other = simulate(plant([line, renamed(2), renamed(3)]), **options)
    for table in ("stations", "stores", "failures"):
        ours, others = getattr(one.counts, table), getattr(other.counts, table)
        for field, values in ours.items():
            np.testing.assert_array_equal(values, others[field], err_msg=f"{table}.{field}")
    np.testing.assert_array_equal(one.counts.spent, other.counts.spent)
    np.testing.assert_array_equal(one.counts.trace, other.counts.trace)
    np.testing.assert_array_equal(one.critical_steps.steps, other.critical_steps.steps)
    np.testing.assert_array_equal(one.exits["last"], other.exits["last"])
    names = [f"L-1{mark}" for mark in ("", "#2", "#3")]
    summed = other.stations.loc[names].sum(numeric_only=True)
    row = one.stations.loc["L-1"]
    assert row["copies"] == 3
    for column in ("cycles", "scrapped", "failures", *STATES):
        assert row[column] == pytest.approx(summed[column], rel=1e-12), column
    robots = other.robots.loc[["L-R", "L-R#2", "L-R#3"]].sum(numeric_only=True)
    for column in ("cycles", "failures", "working", "down", "waiting"):
        assert one.robots.loc["L-R", column] == pytest.approx(robots[column], rel=1e-12), column
    assert one.crews.equals(other.crews)
    own = one.history.stations["cycles"][:, 1:3]
    apart = other.history.stations["cycles"][:, 1:7].reshape(-1, 3, 2).sum(axis=1)
    np.testing.assert_array_equal(own, apart)
    lines, whole = other.critical_path(), one.critical_path().groupby(["line", "cause"])["ms"].sum()
    lines["line"] = lines["line"].str.partition("#")[0]
    assert whole.to_dict() == lines.groupby(["line", "cause"])["ms"].sum().to_dict()


def test_a_name_with_a_number_sign_is_another_machine():
    """A user's "A#2" shares no stream with the second copy of "A"."""
    lines = [Line("L", [Station("A", Exponential(9))], copies=2)]
    lines += [Line("M", [Station(name, Exponential(9))]) for name in ("A#2",)]
    run = simulate(Shop("s", lines, output=["L", "M"]), hours=1, seed=0)
    assert not np.isin(run.exits["M"], run.exits["L"]).all()


def test_a_copy_more_changes_no_draw_of_the_others():
    """Copies that nothing joins: the exits of one are among those of two, of two among three."""
    runs = [simulate(Shop("s", [busy("L", copies=n)]), hours=8, seed=2) for n in (1, 2, 3)]
    times = [run.exits["L"].tolist() for run in runs]
    for few, more in itertools.pairwise(times):
        rest = [*more]
        for time in few:
            rest.remove(time)  # raises where it is missing
        assert len(rest) > 0.9 * len(times[0])
    for run, n in zip(runs, (1, 2, 3), strict=True):
        assert run.stations.loc["L-1", list(STATES)].sum() == pytest.approx(8 * n, rel=1e-12)


def test_the_number_of_copies_can_be_swept():
    """One number to vary: two machines make one in 30 s, three and four keep up with the feeder."""
    over = {"lines.OP20.copies": [1, 2, 3, 4]}
    result = sweep(fed(), over, hours=8, runs=2, seed=0, progress=False)
    assert result.estimates(of="bodies")["mean"].tolist() == [479, 958, 1437, 1437]


# ------------------------------------------------------------------ what a run says


def test_states_and_names_of_copies():
    """The tables have one row, the trace has one for each copy."""
    run = simulate(fed(), hours=1, seed=0, trace=True, every=0.25)
    assert run.stations.index.tolist() == ["F", "OP20"]
    assert run.stations["copies"].tolist() == [1, 3]
    assert set(run.trace["thing"]) == {"F", "OP20 #1", "OP20 #2", "OP20 #3"}
    assert run.history.stations["cycles"].shape == (4, 2)
    assert run.history.spent[-1, 1].sum() == 3 * 3_600_000
    assert run.counts.history.spent.shape == (4, 4, 7)
    assert "most starved      OP20, 1.1% of the time" in run.summary()  # 120 of 10,800 s


def test_the_windows_of_one_copy_and_of_all():
    """In overtime each copy closes for itself."""
    late = windows((0, 100), (200, 300))
    lines = [
        Line("F", [Station("F", 30)], puts="q"),
        Line("L", [Station("A", 50)], takes="q", copies=2, working_time=late, at_close="finish"),
    ]
    shop = Shop("s", lines, stores=[Store("q", 9)])
    run = simulate(shop, hours=300 / HOUR, seed=0, trace=True)
    assert run.open_windows("A #1").tolist() == [[0, 140_000], [200_000, 300_000]]
    assert run.open_windows("A #2").tolist() == [[0, 110_000], [200_000, 300_000]]
    assert run.open_windows("A").tolist() == [[0, 140_000], [200_000, 300_000]]
    with pytest.raises(KeyError, match="unknown station, got 'A #3'"):
        run.open_windows("A #3")


def test_stuck_copies_are_named():
    """Both copies wait for the part that each gives away only when it has another."""
    line = Line("L", [Station("A", 10), Station("B", 10)], takes="p", puts="q", copies=2)
    other = Line("M", [Station("M", 10, scrap=1.0)], takes="q", puts="p")
    shop = Shop("s", [line, other], stores=[Store("p", 3, initial=3), Store("q", 3)], output=["M"])
    with pytest.warns(UserWarning, match="nothing can ever move again"):
        run = simulate(shop, hours=1, seed=0)
    assert run.stuck.stations == ("A #1", "B #1", "A #2", "B #2", "M")
    assert run.stuck.ring[0].startswith("A #1 waits for a part from store 'p', which M brings")


def test_a_line_is_unfed_only_if_no_copy_took_a_part():
    """#2 fails at once, for good; #1 does not, and is always free for the next part."""
    fails = Failure("stop", Empirical((1e-6, 1e6)), Fixed(1e6), clock="calendar")
    shop = fed(10.0, copies=2, failures=[fails])
    run = simulate(shop, hours=8, seed=0, trace=True)
    assert len(intervals(run, "OP20 #1", "working")) > 1_000
    assert not intervals(run, "OP20 #2", "working")
    assert run.unfed == ()


def test_the_critical_path_has_one_row_for_all_copies():
    """Two copies set the pace: all of the time but the first 20 s is theirs."""
    run = simulate(fed(copies=2), hours=8, seed=0, critical_path=True)
    rows = run.critical_path()[["thing", "cause", "ms"]].to_numpy().tolist()
    assert [row[:2] for row in rows] == [["OP20", "working"], ["F", "working"]]
    assert sum(row[2] for row in rows) == 8 * 3_600_000
    assert rows[1][2] in (20_000, 40_000)


# ------------------------------------------------------------------ descriptions


@pytest.mark.parametrize(
    ("copies", "error", "words"),
    [
        (0, ValueError, "Line 'L': copies must be at least 1, got 0."),
        (10_001, ValueError, "copies must be at most 10000, got 10001."),
        (1.5, TypeError, "copies must be a whole number, got 1.5."),
        (True, TypeError, "copies must be a whole number, got True."),
        ("3", TypeError, "copies must be a whole number, got '3'."),
    ],
)
def test_copies_are_a_whole_number(copies, error, words):
    with pytest.raises(error, match=words):
        Line("L", [Station("A", 60)], copies=copies)


def test_a_buffer_in_all_copies_has_the_bound_of_one():
    """The sums of the tables stay exact."""
    stations = [Station("A", 60), Station("B", 60)]
    assert Line("L", stations, buffers=250_000, copies=4).copies == 4
    with pytest.raises(ValueError, match="at most 1000000 parts in all 5 copies, got 1250000"):
        Line("L", stations, buffers=250_000, copies=5)


def test_no_machine_has_the_name_of_a_copy():
    """The trace could not tell them apart."""
    for name, clash in (("A #2", True), ("R #3", True), ("A #4", False), ("A #02", False)):
        lines = [
            Line("L", [Station("A", 60, robots=[Robot("R", "weld")])], copies=3),
            Line("M", [Station(name, 60)]),
        ]
        if clash:
            with pytest.raises(ValueError, match=r"may have the name of a copy of '[AR]', got"):
                Shop("s", lines)
        else:
            assert Shop("s", lines).n_stations == 4


def test_a_shop_counts_and_shows_its_copies():
    """Machines in the zone table; descriptions in `stations`."""
    line = Line("OP20", [Station("A", 60, robots=[Robot("R", "weld")])], copies=3)
    shop = Shop("s", [line, Line("OP30", [Station("B", 20)])])
    assert (shop.n_stations, shop.n_robots, len(shop.stations), len(shop.robots)) == (4, 3, 2, 1)
    text = str(shop).splitlines()
    assert text[0] == "s: 4 stations, 3 robots"
    assert text[2].split()[:5] == ["OP20", "3", "60", "3", "3"]
    assert text[4].split() == ["total", "4", "4", "3"]
    assert "copies, counted above: OP20 3" in text
    assert shop.get("lines.OP20.copies") == 3
    assert shop.replace({"lines.OP20.copies": 5}).n_stations == 6
    assert "copies" not in str(shop.replace({"lines.OP20.copies": 1}))
