"""The critical path: every millisecond has one owner, and its counts are derivatives."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ningde_sim import (
    Empirical,
    Exponential,
    Failure,
    Fixed,
    Line,
    PlannedStop,
    Shop,
    Station,
    Store,
    WorkingTime,
    simulate,
)
from ningde_sim.engine import compiled
from tests.engine.by_hand import HOUR, exits
from tests.shops import UNUSUAL, shops

pytestmark = pytest.mark.filterwarnings(*UNUSUAL)

BUILT = settings(max_examples=150, suppress_health_check=list(HealthCheck))


def on_path(run):
    """Seconds of each thing and cause on the critical path."""
    table = run.critical_path()
    return {(row.thing, row.cause): row.ms / 1000 for row in table.itertuples()}


@BUILT
@given(
    shop=shops(),
    seed=st.integers(0, 2**63 - 1),
    warm_up=st.sampled_from([0.0, 0.777]),
    every=st.floats(0.01, 2.0),
)
def test_the_critical_path_adds_up_to_the_counted_hours(shop, seed, warm_up, every):
    """In whole ms, over all rules, as a whole and by period."""
    run = simulate(shop, hours=1.2345, warm_up=warm_up, seed=seed, critical_path=True)
    whole, parts = run.critical_path(), run.critical_path(every=every)
    assert whole["ms"].sum() == 4_444_200
    assert (whole["ms"] >= 0).all()
    lengths = parts.groupby("period")["ms"].sum().to_numpy()
    n = round(every * 3_600_000)
    assert lengths.tolist() == [min(n, 4_444_200 - at) for at in range(0, 4_444_200, n)]
    keys = ["thing", "cause", "failure"]
    again = parts.groupby(keys)[["times", "ms"]].sum().sort_index()
    np.testing.assert_array_equal(again, whole.groupby(keys)[["times", "ms"]].sum().sort_index())


@BUILT
@given(shop=shops(), seed=st.integers(0, 2**63 - 1))
def test_steps_follow_each_other_and_only_closed_time_lies_between(shop, seed):
    """Where a shop never closes, one step begins where the one before ends."""
    run = simulate(shop, hours=1.2345, seed=seed, critical_path=True)
    _, begin, end = run.critical_steps.steps.T
    assert (begin[1:] >= end[:-1]).all()
    assert (end > begin).any()
    timed = [shop, *shop.lines, *shop.stores]
    if all(thing.working_time is None for thing in timed):
        assert (begin[1:] == end[:-1]).all()
        assert "closed" not in set(run.critical_path()["cause"])


@BUILT
@given(shop=shops(), seed=st.integers(0, 2**63 - 1))
def test_no_thing_is_on_the_path_for_longer_than_it_worked(shop, seed):
    """The tables count at least the work, the repairs and the waits on the path."""
    run = simulate(shop, hours=1.2345, seed=seed, critical_path=True)
    sums = run.critical_path().groupby(["cause", "thing", "failure"])["ms"].sum()
    failures = run.failures.set_index(["owner", "failure"])[["down", "waiting"]]
    stops = run.planned_stops.set_index(["owner", "stop"])[["hours", "waiting"]]
    stops = stops.groupby(level=[0, 1]).sum()
    for (cause, thing, failure), ms in sums.items():
        if cause in ("working", "planned") and not failure:
            assert ms <= round(run.stations.loc[thing, cause] * 3.6e6)
        elif cause == "planned":
            assert ms <= round(stops.loc[(thing, failure), "hours"] * 3.6e6)
        elif cause in ("repair", "waiting"):
            column = "down" if cause == "repair" else cause
            table = failures if (thing, failure) in failures.index else stops
            assert ms <= round(table.loc[(thing, failure), column] * 3.6e6)


# ------------------------------------------------------------------- by hand, in both engines


def test_the_slowest_station_has_the_path(run):
    """The way of the first body to it, then only its own work."""
    shop = Shop("s", [Line("L", [Station("A", 10), Station("B", 20), Station("C", 5)])])
    assert on_path(run(shop, 1000, critical_path=True)) == {
        ("A", "working"): 10,
        ("B", "working"): 985,  # 49 bodies, the last left C at 995, the 50th is at B since 990
        ("C", "working"): 5,
    }


def test_time_after_the_last_body_belongs_to_what_its_station_waits_for(run):
    """Through stations that wait in turn."""
    mode = Failure("stop", Fixed(25 / HOUR), Fixed(10))
    first = Station("A", 10, failures=[mode])
    shop = Shop("s", [Line("L", [first, Station("B", 1), Station("C", 1)])])
    table = run(shop, 100, critical_path=True)
    assert on_path(table) == {
        ("A", "working"): 20 + 3,
        ("B", "working"): 1,
        ("C", "working"): 1,
    } | {("A", "repair"): 75}


def test_a_body_may_leave_at_the_last_instant_because_a_window_opens_then(run):
    """No step follows the closed time before it, which belongs to the step before."""
    up = Line("up", [Station("A", 20)], puts="s")
    shift = WorkingTime([(0, 45 / HOUR)], every=120 / HOUR)
    down = Line("down", [Station("B", 4)], takes="s", working_time=shift)
    shop = Shop("s", [up, down], stores=[Store("s", 2)], output="up")
    result = run(shop, 120, critical_path=True)
    assert exits(result, "up") == [20, 40, 60, 80, 120]
    assert on_path(result) == {("A", "working"): 100, ("A", "closed"): 20}
    assert result.critical_path(every=0.01)["ms"].sum() == 120_000


def test_a_repair_is_on_the_path_when_it_holds_up_the_slowest_station(run):
    """The work before and after it too; a repair upstream that a buffer covers is not."""
    covered = Station("A", 10, failures=[Failure("short", Fixed(100 / HOUR), Fixed(0.2))])
    slow = Station("B", 20, failures=[Failure("long", Fixed(105 / HOUR), Fixed(1))])
    line = Line("L", [covered, slow], buffers=5)
    seconds = on_path(run(Shop("s", [line]), 1000, critical_path=True))
    assert ("A", "repair") not in seconds
    assert seconds["A", "working"] == 10
    assert seconds["B", "repair"] == 5 * 60 + 60  # at 115, 280, 445, 610, 775, 940
    assert sum(seconds.values()) == 1000


def test_waits_for_a_crew_and_planned_stops_have_rows_of_their_own(run):
    """One crew, two stations that fail after 10 s of work, side by side."""
    mode = Failure("stop", Fixed(10 / HOUR), Fixed(1), crew=True)
    wash = PlannedStop("tip", every=1, duration=5)
    lines = [
        Line("X", [Station("X", 20, failures=[mode])]),
        Line("Y", [Station("Y", 20, failures=[mode], planned_stops=[wash])]),
    ]
    shop = Shop("s", lines, repair_crews=1, output="Y")
    seconds = on_path(run(shop, 260, critical_path=True))
    # Y: works 10, waits for X's repair until 70, is repaired until 130, works 10, fails again
    assert seconds["Y", "waiting"] > 0
    assert seconds["Y", "repair"] > 0
    assert sum(seconds.values()) == 260
    assert {thing for thing, _ in seconds} == {"Y"}


def test_transit_is_on_the_path_where_parts_circulate(run):
    """One skid in a loop: each body waits for its way back."""
    loop = Store("skids", 1, transit_time=30, initial=1)
    line = Line("L", [Station("A", 10)], takes="skids", puts="skids")
    seconds = on_path(run(Shop("s", [line], stores=[loop], output="L"), 400, critical_path=True))
    assert seconds == {("A", "working"): 100, ("skids", "transit"): 300}


def test_closed_time_has_a_row_apart_from_the_work_that_it_interrupts(run):
    """Open for 100 s of each 150 s; the cycle of 40 s goes on at the next opening."""
    time = WorkingTime([(0, 100 / HOUR)], every=150 / HOUR)
    shop = Shop("s", [Line("L", [Station("A", 40)])], working_time=time)
    seconds = on_path(run(shop, 450, critical_path=True))
    assert seconds == {("A", "working"): 300, ("A", "closed"): 150}


def test_an_opening_that_a_finished_body_waits_for_is_closed_time_of_the_station_that_starts(run):
    """B opens at 100 s; the body of A has waited since 10 s."""
    late = WorkingTime([(100 / HOUR, 1)])
    lines = [
        Line("A", [Station("A", 10)], puts="s"),
        Line("B", [Station("B", 50)], takes="s", working_time=late),
    ]
    seconds = on_path(run(Shop("s", lines, stores=[Store("s", 1)]), 200, critical_path=True))
    assert seconds == {("A", "working"): 10, ("B", "closed"): 90, ("B", "working"): 100}


def test_a_shop_in_which_nothing_moves_any_more_is_stuck_from_then_on(run):
    """The only skid is lost with the body that is scrapped."""
    skids = Store("skids", 1, initial=1)
    line = Line("L", [Station("A", 10, scrap=1.0)], takes="skids", puts="skids")
    seconds = on_path(run(Shop("s", [line], stores=[skids], output="L"), 100, critical_path=True))
    assert seconds == {("s", "stuck"): 100}


def test_the_warm_up_is_not_on_the_path(run):
    """What lasts across its end counts with the part inside."""
    mode = Failure("stop", Fixed(15 / HOUR), Fixed(1))
    shop = Shop("s", [Line("L", [Station("A", 10, failures=[mode])])])
    # works 15, repaired until 75, works 15 until 90, repaired until 150
    seconds = on_path(run(shop, 100, warm_up=50, critical_path=True))
    assert seconds == {("A", "repair"): 25 + 60, ("A", "working"): 15}


# ------------------------------------------------------------------- derivatives


def random_line(rng, n=12):
    """Stations of which every second fails; cycles in whole ms, no two sums of them alike."""
    stations = [
        Station(
            f"S{i}",
            float(cycle),
            failures=[Failure("stop", Exponential(0.5), Exponential(2))] if i % 2 else [],
            planned_stops=[PlannedStop("tip", every=7, duration=float(stop))],
            rework=0.05,
        )
        for i, (cycle, stop) in enumerate(rng.uniform([50, 5], [60, 9], (n, 2)).round(3))
    ]
    return Line("L", stations, buffers=[*rng.integers(0, 4, n - 1).tolist()])


def random_shop(rng):
    """Two sub lines that meet in a main line, with transit and skids that circulate."""
    parts = [random_line(rng, 4) for _ in range(3)]
    names = "ABC"
    a, b, main = (
        dataclasses.replace(
            line,
            name=name,
            stations=[
                dataclasses.replace(station, name=f"{name}{i}")
                for i, station in enumerate(line.stations)
            ],
        )
        for line, name in zip(parts, names, strict=True)
    )
    stores = [Store("a", 3, transit_time=21.007), Store("b", 2), Store("skids", 9, initial=9)]
    lines = [
        dataclasses.replace(a, takes=("skids",), puts=("a",)),
        dataclasses.replace(b, puts=("b",)),
        dataclasses.replace(main, takes=("a", "b"), puts=("skids",)),
    ]
    return Shop("s", lines, stores=stores, output="C")


def last_exit(shop, n, hours=20.0):
    """When the n-th body leaves. [ms]"""
    (times,) = simulate(shop, hours=hours, seed=1).exits.values()
    return int(times[n - 1])


@pytest.mark.parametrize("build", [lambda rng: Shop("s", [random_line(rng)]), random_shop])
@pytest.mark.parametrize("number", range(4))
def test_counts_on_the_path_are_the_derivatives_by_cycle_times(build, number):
    """Exactly, a millisecond longer and shorter, at each station without failures."""
    rng = np.random.default_rng(number)
    shop = build(rng)
    (times,) = simulate(shop, hours=8, seed=1).exits.values()
    n, end = len(times), int(times[-1])
    run = simulate(shop, hours=end / 3.6e6, seed=1, critical_path=True)
    work = run.critical_path().query("cause == 'working'").set_index("thing")["times"]
    reliable = [station for station in shop.stations if not station.failures]
    for station in reliable:
        cycle = station.cycle_time
        for ms in (1, -1):
            other = shop.replace({f"stations.{station.name}.cycle_time": cycle + ms / 1000})
            moved = last_exit(other, n) - end
            assert moved == ms * work.get(station.name, 0), station.name
    assert work.reindex([s.name for s in reliable]).fillna(0).gt(0).sum() >= 2


@pytest.mark.parametrize("seconds", [-5.0, -1.0, 1.0, 5.0])
def test_counts_bound_what_longer_and_shorter_cycles_do(seconds):
    """The last exit is a convex function: a longer cycle costs no less, a shorter gains no more."""
    shop = random_shop(np.random.default_rng(9))
    (times,) = simulate(shop, hours=8, seed=1).exits.values()
    n, end = len(times), int(times[-1])
    run = simulate(shop, hours=end / 3.6e6, seed=1, critical_path=True)
    work = run.critical_path().query("cause == 'working'").set_index("thing")["times"]
    for station in shop.stations:
        if not station.failures:
            path = f"stations.{station.name}.cycle_time"
            other = shop.replace({path: station.cycle_time + seconds})
            moved = last_exit(other, n) - end
            assert moved >= round(1000 * seconds) * work.get(station.name, 0)


def test_counts_of_repairs_are_the_derivatives_by_repair_times():
    """A millisecond more of each repair of a failure moves the last exit by the repairs counted."""
    rng = np.random.default_rng(3)
    stations = [
        Station(
            f"S{i}",
            round(rng.uniform(50, 60), 3),
            failures=[Failure("stop", Exponential(0.5), Empirical(rng.uniform(1, 4, 5).tolist()))],
        )
        for i in range(8)
    ]
    shop = Shop("s", [Line("L", stations, buffers=2)])
    (times,) = simulate(shop, hours=8, seed=1).exits.values()
    n, end = len(times), int(times[-1])
    run = simulate(shop, hours=end / 3.6e6, seed=1, critical_path=True)
    repairs = run.critical_path().query("cause == 'repair'").set_index("thing")["times"]
    assert repairs.sum() >= 5
    for station in stations:
        (mode,) = station.failures
        longer = Empirical([value + 1 / 60_000 for value in mode.repair.values])
        other = shop.replace({f"stations.{station.name}.failures.stop.repair": longer})
        assert last_exit(other, n) - end == repairs.get(station.name, 0)


def test_a_run_without_a_critical_path_says_how_to_keep_one():
    """The message names the cure."""
    run = simulate(Shop("s", [Line("L", [Station("A", 10)])]), hours=1, seed=0)
    with pytest.raises(
        ValueError, match=r"must have kept a critical path.*simulate\(\.\.\., critical_path=True"
    ):
        run.critical_path()


def test_lines_that_nothing_joins_keep_a_path_each(monkeypatch):
    """Until the last body shows which one counts: compacting the steps must not mix them."""
    monkeypatch.setattr(compiled, "N_STEPS", 64)
    lines = [
        Line(name, [Station(f"{name}{i}", Exponential(10)) for i in range(3)], buffers=1)
        for name in "ABC"
    ]
    for seed in range(5):
        one, other = (
            simulate(Shop("s", lines), hours=3, seed=seed, critical_path=True, engine=engine)
            for engine in ("reference", "compiled")
        )
        np.testing.assert_array_equal(one.critical_steps.steps, other.critical_steps.steps)
        assert other.critical_path()["line"].nunique() == 1


def test_a_shop_that_waits_for_its_opening_is_closed(run):
    """Not stuck: before its first window, and hand to hand with one that is closed."""
    late = WorkingTime([(5, 6)])
    path = run(
        Shop("s", [Line("A", [Station("A1", 10)], working_time=late)]), 60, critical_path=True
    )
    assert path.critical_path()[["thing", "cause", "ms"]].to_numpy().tolist() == [
        ["A1", "closed", 60_000]
    ]
    lines = [
        Line("A", [Station("A1", 10)], puts="x"),
        Line("B", [Station("B1", 10)], takes="x", working_time=late),
    ]
    path = run(Shop("s", lines, stores=[Store("x", 0)]), 60, critical_path=True).critical_path()
    assert path.groupby("cause")["ms"].sum().to_dict() == {"closed": 60_000}


def test_a_cycle_of_no_time_at_the_beginning_is_no_step(monkeypatch):
    """Half of the cycles of A take no time: the first too, and the steps are handed over often."""
    monkeypatch.setattr(compiled, "N_STEPS", 64)
    shop = Shop("s", [Line("L", [Station("A", Empirical([0, 10])), Station("B", 30)])])
    for seed in range(5):
        steps = [
            simulate(shop, hours=0.6, seed=seed, engine=engine, critical_path=True).critical_steps
            for engine in ("reference", "compiled")
        ]
        np.testing.assert_array_equal(steps[0].steps, steps[1].steps)
