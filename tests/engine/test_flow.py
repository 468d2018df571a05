"""Bodies that flow give the arrays of the engine that goes from event to event, to the last bit."""

from __future__ import annotations

import hypothesis
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ningde_sim import (
    Crew,
    Empirical,
    Exponential,
    Failure,
    Fixed,
    Line,
    Lognormal,
    PlannedStop,
    Product,
    Ramp,
    Robot,
    Sequence,
    Setup,
    Shop,
    Split,
    Station,
    Store,
    Uniform,
    WorkingTime,
    ningde_2021,
    scenario,
    simulate,
    simulate_year,
)
from ningde_sim.engine import _kernel, compiled
from ningde_sim.engine.flow_records import hindrance
from ningde_sim.engine.layout import lay_out
from tests.engine.test_engines_agree import TABLES, assert_equal
from tests.shops import UNUSUAL, flowing, mixed_shops, shops

pytestmark = pytest.mark.filterwarnings(*UNUSUAL)


def both(shop, **options):
    """The same run in the flow and from event to event."""
    return [simulate(shop, engine=engine, **options) for engine in ("compiled", "events")]


def assert_same(one, other):
    """Equal tables and arrays, but for the trace, which only one of them keeps."""
    assert_equal(one, other, tuple(table for table in TABLES if table != "trace"))


def check_built(built, n, part, hours=(4.0, 17.3)):
    """Some built shops in the flow, how many of them did flow."""
    flowed = []

    @hypothesis.seed(part)
    @settings(max_examples=n, suppress_health_check=list(HealthCheck))
    @given(
        shop=built().map(flowing),
        seed=st.integers(0, 2**63 - 1),
        warm_up=st.sampled_from([0.0, 0.4321]),
        hours=st.sampled_from(hours),
    )
    def check(shop, seed, warm_up, hours):
        options = {"hours": hours, "warm_up": warm_up, "seed": seed, "run": 7, "every": 0.3 * hours}
        run, by_events = both(shop, **options)
        flowed.append(run.engine == "flow")
        assert_same(run, by_events)

    check()
    return sum(flowed) / len(flowed)


def test_flow_equals_events_on_shops_over_all_rules():
    """Many flow, though times that are fixed or nought make many events fall on one instant."""
    assert check_built(shops, 60, 0) >= 0.2
    assert check_built(mixed_shops, 40, 1) >= 0.1


@pytest.mark.slow
@pytest.mark.parametrize("part", range(2, 6))
def test_flow_equals_events_on_many_shops(part):
    """2,000 shops more."""
    check_built(mixed_shops if part % 2 else shops, 500, part)


@pytest.mark.slow
def test_three_engines_agree_where_bodies_flow():
    """The reference is slow: short runs of 200 shops."""

    @hypothesis.seed(0)
    @settings(max_examples=200, suppress_health_check=list(HealthCheck))
    @given(shop=mixed_shops().map(flowing), seed=st.integers(0, 2**63 - 1))
    def check(shop, seed):
        options = {"hours": 1.3, "warm_up": 0.21, "seed": seed, "every": 0.4}
        assert_same(simulate(shop, **options), simulate(shop, engine="reference", **options))

    check()


def state_after(shop, seed, cuts, engines):
    """The floor after running from cut to cut, each stretch by another engine."""
    layout = lay_out(shop, cuts[-1])
    floor = compiled.build(layout, seed=seed, run=0, trace=False)
    _kernel.start(floor)
    for end, engine in zip(cuts, engines, strict=True):
        while not engine(floor, end, 100_000):
            floor.g["n_exits"] = 0
    _kernel.close_accounts(floor)
    return floor


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    shop=st.one_of(shops(), mixed_shops()).map(flowing),
    seed=st.integers(0, 2**63 - 1),
    cuts=st.lists(st.integers(1, 14_400_000), min_size=1, max_size=6, unique=True).map(sorted),
    data=st.data(),
)
def test_a_run_can_go_on_in_either_engine(shop, seed, cuts, data):
    """Cut at random instants, which may be those of events; of shops that `run` would let flow."""
    assume(not hindrance(lay_out(shop, cuts[-1])))
    mixture = data.draw(
        st.lists(
            st.sampled_from([compiled._flow, _kernel.advance]),
            min_size=len(cuts),
            max_size=len(cuts),
        )
    )
    try:
        one = state_after(shop, seed, cuts, mixture)
    except compiled._GaveUp:
        return
    other = state_after(shop, seed, cuts, [_kernel.advance] * len(cuts))
    for name in ("spent", "tally", "held", "drawn"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    counted = {
        "stations": ("content", "task", "left", "running", "done", "cycles", "worked", "asked_at"),
        "stores": ("level", "ready", "free", "n_put", "n_taken", "level_ms", "full_ms", "empty_ms"),
        "failures": ("state", "n_failures", "repair_ms", "queue_ms", "n_queued"),
        "stops": ("n_stops", "stop_ms"),
        "groups_of_lines": ("next", "head"),
    }
    for table, fields in counted.items():
        for field in fields:
            values = [getattr(floor, table)[field] for floor in (one, other)]
            np.testing.assert_array_equal(*values, err_msg=f"{table}.{field}")


@pytest.mark.parametrize("seed", range(3))
def test_the_default_shop_flows(seed):
    """Keys put all of it in order."""
    run, by_events = both(ningde_2021(), hours=60, warm_up=5, seed=seed, every=7.7)
    assert (run.engine, run.by_events) == ("flow", "")
    assert (by_events.engine, by_events.by_events) == ("events", "asked for")
    assert_same(run, by_events)


@pytest.mark.slow
def test_a_hundred_runs_of_the_default_shop_flow():
    """None gives up."""
    for run in range(100):
        one, other = both(ningde_2021(), hours=130, warm_up=10, seed=11, run=run)
        assert one.engine == "flow"
        assert_same(one, other)


def assert_same_years(one, other):
    """All tables of a year by day and by cause."""
    for table in ("daily", "monthly", "lost_hours", "losses"):
        assert getattr(one, table).equals(getattr(other, table)), table
    assert_same(one.shop_run, other.shop_run)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ningde-2021", "ningde-2022"])
def test_years_flow(name):
    """Ten years: shifts, retooling, products that start and ramp up, splits."""
    for run in range(5):
        plan = scenario(name).draw(3, run)
        one, other = (
            simulate_year(plan, seed=3, run=run, engine=engine) for engine in ("compiled", "events")
        )
        assert one.shop_run.engine == "flow"
        assert_same_years(one, other)


def two(**options):
    """A feeder and a taker with a store between them, on fixed cycles with many ties."""
    stop = Failure("stop", Exponential(0.3), Lognormal(2, 0.5))
    feeder = Line("feeder", [Station("A", 10), Station("B", 12)], puts=["store"], buffers=1)
    taker = Line("taker", [Station("C", 11, failures=[stop]), Station("D", 10)], takes=["store"])
    return Shop("two", [feeder, taker], stores=[Store("store", 3, **options)], output=["taker"])


SHIFTS = WorkingTime([(0, 1.5), (1.75, 3)], every=4)


def long_lines(cycle):
    """Two lines hand to hand feed one with places in which stations pass on what they take."""
    failure = Failure("failure", Exponential(0.6), Lognormal(1.5, 0.5), crew=True)
    stop = PlannedStop("stop", 17, 1.0)

    def stations(name, n):
        return [
            Station(
                f"{name}{i}",
                cycle(i),
                failures=[failure] * (i % 4 == 1),
                planned_stops=[stop] * (i == 2),
            )
            for i in range(n)
        ]

    feeders = [Line(f"l{i}", stations(f"L{i}-", 7), puts=["s"]) for i in range(2)]
    last = Line("m", stations("M", 9), takes=["s"], buffers=(0, 0, 1, 2, 3, 3, 0, 4))
    return Shop(
        "long", [*feeders, last], stores=[Store("s", 3)], repair_crews=2, working_time=SHIFTS
    )


def split(cycle, capacity, stations, takers, **line):
    """A line whose last station sends each body to one of five stores, each with a line behind."""
    shares = dict(zip("abcde", (0.35, 0.25, 0.2, 0.15, 0.05), strict=True))
    failure = Failure("stop", Exponential(0.3), Lognormal(1.5, 0.7))
    first = [Station(f"S{i}", cycle, failures=[failure] * (i == 1)) for i in range(stations)]
    lines = [Line("split", first, puts=[Split(shares)], **line)]
    for i, name in enumerate(shares):
        station = Station(f"{name}0", 4 * cycle + 5 * i, failures=[failure] * (i == 2))
        lines.append(Line(name.upper(), [station], takes=[name], copies=takers))
    stores = [Store(name, capacity) for name in shares]
    return Shop("split", lines, stores=stores, output=list("ABCDE"), working_time=SHIFTS)


KINDS = {
    "split of a single station": split(10, 9, stations=1, takers=1),
    "split with few places": split(10.3, 1, stations=1, takers=1),
    "split behind a line": split(10, 2, stations=4, takers=1),
    "split behind a line with places": split(9.7, 3, stations=4, takers=1, buffers=2),
    "split to shared stores": split(3, 2, stations=3, takers=2),
    "transit": two(transit_time=25),
    "transit that never ends": two(transit_time=25, working_time=WorkingTime([(0, 1)])),
    "own hours of a store": two(transit_time=25, working_time=SHIFTS),
    "cycles of no whole ms": long_lines(lambda i: 10 + (i % 5) / 7),
    "long lines": long_lines(lambda i: 10 + i % 3),
    "long lines that are alike": long_lines(lambda i: 10),
    "shared store": Shop(
        "shared",
        [
            *(Line(f"f{i}", [Station(f"F{i}", 10 + i)], puts=["s"]) for i in range(3)),
            *(Line(f"t{i}", [Station(f"T{i}", Uniform(5, 9))], takes=["s"]) for i in range(2)),
        ],
        stores=[Store("s", 4, transit_time=7)],
        output=["t0", "t1"],
        working_time=SHIFTS,
    ),
    "output that puts to a store": Shop(
        "loop",
        [
            Line(
                "make",
                [Station("M", 20, scrap=0.1)],
                takes=["skids"],
                puts=["full"],
                returns=["skids"],
            ),
            Line("use", [Station("U", 21)], takes=["full"], puts=["skids"]),
        ],
        stores=[Store("skids", 5, initial=4, transit_time=30), Store("full", 2)],
        output=["use"],
    ),
    "finish and hold": Shop(
        "closing",
        [
            Line(
                "a",
                [Station("A", 50, failures=[Failure("f", Fixed(0.4), Fixed(3), crew=True)])],
                puts=["s"],
                at_close="finish",
            ),
            Line("b", [Station("B", 40), Station("B2", 45)], takes=["s"], at_close="hold"),
        ],
        stores=[Store("s", 2)],
        repair_crews=1,
        working_time=SHIFTS,
        output=["b"],
    ),
    "crews with hours, stops with a crew": Shop(
        "crews",
        [
            Line(
                f"l{i}",
                [
                    Station(
                        f"S{i}",
                        Uniform(10, 20),
                        failures=[Failure("f", Exponential(0.2), Exponential(4), crew=True)],
                        planned_stops=[PlannedStop("clean", 20, 60, crew="day")],
                    )
                ],
            )
            for i in range(3)
        ],
        crews=[Crew("day", 1, working_time=SHIFTS), Crew("any", 1)],
        working_time=SHIFTS,
        output=["l0", "l1", "l2"],
    ),
    "two clocks at one instant": Shop(
        "clocks",
        [
            Line(
                "l",
                [
                    Station(
                        "A",
                        36,
                        failures=[
                            Failure("x", Fixed(0.1), Fixed(1)),
                            Failure("y", Fixed(0.1), Fixed(2), crew=True),
                        ],
                    ),
                    Station(
                        "B",
                        36,
                        robots=[
                            Robot("R", "weld", failures=[Failure("z", Fixed(0.1), Fixed(0.6))])
                        ],
                    ),
                ],
            )
        ],
        repair_crews=1,
    ),
    "quality and rounds": Shop(
        "quality",
        [
            Line(
                "l",
                [
                    Station("A", 10, rework=0.2),
                    Station("B", 11, reject=0.3, scrap=0.1),
                    Station("C", 9),
                ],
                buffers=1,
                rounds=2,
                rejects=["again"],
            ),
            Line("r", [Station("R", 15)], takes=["again"], puts=[Split({"good": 0.7, "bad": 0.3})]),
            Line("g", [Station("G", 5)], takes=["good"]),
            Line("b", [Station("H", 5)], takes=["bad"]),
        ],
        stores=[Store("again", 3), Store("good", 2), Store("bad", 2)],
        output=["l", "g"],
    ),
    "quantities": Shop(
        "kits",
        [
            Line("w", [Station("W", 4)], puts=["wheels"]),
            Line("x", [Station("X", 30)], puts=["new"]),
            Line("y", [Station("Y", 70)], puts=["repaired"]),
            Line("m", [Station("M", 22)], takes=[{"wheels": 4}, "repaired", "new"]),
        ],
        stores=[Store("wheels", 9, transit_time=3), Store("new", 2), Store("repaired", 2)],
        output=["m"],
    ),
    "products": Shop(
        "products",
        [
            Line(
                "p",
                [Station("P", {"A": 20, "B": 30}, setup=Setup(40, same=1)), Station("Q", 24)],
                puts=["s"],
            ),
            Line("q", [Station("R", 26, rework=0.1)], takes=["s"], copies=2),
        ],
        stores=[Store("s", 3)],
        products=[Product("A", 0.6), Product("B", 0.4, start=1.0, ramp=Ramp(0.5, 2.0))],
        sequence=Sequence.random(batch=2),
        working_time=SHIFTS,
        output=["q"],
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("every", [None, 0.25])
def test_each_kind_flows(kind, every):
    """With a cut of the accounts at the instants of events, and without."""
    for seed in range(4):
        run, by_events = both(KINDS[kind], hours=13, warm_up=1, seed=seed, every=every)
        assert run.engine == "flow", run.by_events
        assert_same(run, by_events)


def left_behind(floor):
    """Stations at which nothing moves though all is there that they need, in the simple ways."""
    stores, ring = floor.stores, floor.ring
    for k, h in enumerate(floor.flow):
        given = taken = _kernel.NEVER
        if h.ways_out == _kernel.OUT:
            given = h.at
        elif (
            h.ways_out == _kernel.BY_RING
            and stores[h.out_store].level < stores[h.out_store].capacity
        ):
            given = max(h.at, ring[stores[h.out_store].in_].free)
        if h.ways_in == _kernel.ENDLESS:
            taken = h.at
        elif h.ways_in == _kernel.BY_RING and stores[h.in_store].level > 0:
            taken = max(h.at, ring[stores[h.in_store].out].ready)
        elif h.ways_in == _kernel.BY_HAND and floor.flow[h.feeder].status == _kernel.READY:
            taken = max(h.at, floor.flow[h.feeder].at)
        moves = {_kernel.READY: given, _kernel.HUNGRY: taken, _kernel.LOADING: h.starts}
        if moves.get(h.status, _kernel.NEVER) <= floor.g[0].end_key:
            yield k


def check_stretches(layout, seed):
    """All that can move has moved where a stretch of the flow ends."""
    floor = compiled.build(layout, seed=seed, run=0, trace=False)
    g = floor.g[0]
    _kernel.start(floor)
    while g.now < layout.horizon:
        began = int(g.now)
        end = int(_kernel.flow(floor, layout.horizon, 100_000))
        if g.gave_up:
            return
        assert g.now == began or not list(left_behind(floor))
        if end > g.now:
            _kernel.advance(floor, end, 100_000)
        floor.g["n_exits"] = 0


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_can_move_has_moved(kind):
    """Who is forgotten would be late, up to the next opening."""
    check_stretches(lay_out(KINDS[kind], 13 * 3_600_000), 0)


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(shop=st.one_of(shops(), mixed_shops()).map(flowing), seed=st.integers(0, 2**63 - 1))
def test_all_that_can_move_has_moved_in_built_shops(shop, seed):
    layout = lay_out(shop, 5 * 3_600_000)
    assume(not hindrance(layout))
    check_stretches(layout, seed)


def test_two_that_ask_at_one_store_at_one_event():
    """Both feeders are let go by one event: keys do not tell who asks first."""
    lines = [
        *(Line(f"f{i}", [Station(f"F{i}", 10)], takes=["parts"], puts=[f"s{i}"]) for i in range(2)),
        Line("m", [Station("M", 30)], takes=["s0", "s1"]),
    ]
    stores = [Store("parts", 9, initial=9), Store("s0", 1), Store("s1", 1)]
    supply = Line("supply", [Station("S", 7)], puts=["parts"])
    shop = Shop("tie", [*lines, supply], stores=stores, output=["m"])
    run, by_events = both(shop, hours=5, seed=0)
    assert run.engine == "events"
    assert run.by_events == "two stations asked at one store at one event"
    assert_same(run, by_events)


def test_what_takes_no_time_is_left_to_the_events():
    """A drawn cycle of 0 ms."""
    shop = Shop("none", [Line("l", [Station("A", Empirical([0, 10])), Station("B", 8)])])
    run, by_events = both(shop, hours=5, seed=0)
    assert (run.engine, run.by_events) == ("events", "a cycle or a repair took no time")
    assert_same(run, by_events)


def line(name="l", stations=(), **options):
    """A line that can be changed in one thing."""
    return Line(name, stations or [Station("A", 20), Station("B", 22)], **options)


def stopping(**options):
    """A line whose first station fails."""
    return line(stations=[Station("A", 20, failures=[failure(**options)])])


def failure(**options):
    """A failure that can be changed in one thing."""
    return Failure("f", Exponential(1), Exponential(5), **options)


@pytest.mark.parametrize(
    ("reason", "lines", "stores"),
    [
        ("calendar clocks", [stopping(clock="calendar")], []),
        ("failures that scrap", [stopping(then="scrap")], []),
        ("failures of lines", [line(failures=[failure()])], []),
        ("lines that index", [line(transfer="together")], []),
        ("conveyors", [line(takes=["s"])], [Store("s", 9, initial=9, transit_time=9, headway=2)]),
        (
            "alternatives",
            [line(takes=[("s", "t")])],
            [Store("s", 9, initial=9), Store("t", 9, initial=9)],
        ),
        (
            "hand to hand with several",
            [line("l", takes=["s"]), line("a", [Station("C", 30)], puts=["s"], copies=2)],
            [Store("s", 0)],
        ),
    ],
)
def test_what_does_not_flow_says_so(reason, lines, stores):
    """It goes from event to event, and gives what the reference gives."""
    shop = Shop("still", lines, stores=stores, output=["l"])
    run = simulate(shop, hours=2, seed=0)
    assert (run.engine, run.by_events) == ("events", reason)
    assert run.bodies == simulate(shop, hours=2, seed=0, engine="reference").bodies


@pytest.mark.parametrize(
    ("reason", "options"), [("trace", {"trace": True}), ("critical path", {"critical_path": True})]
)
def test_what_must_be_kept_event_by_event(reason, options):
    """The run says why."""
    assert simulate(two(), hours=1, seed=0, **options).by_events == reason


def test_more_exits_than_there_is_room_for():
    """A stretch ends before the room for exits does: cycles of a millisecond."""
    shop = Shop("fast", [Line("l", [Station("A", 0.001), Station("B", 0.001)])])
    run, by_events = both(shop, hours=0.05, seed=0)
    assert run.engine == "flow"
    assert run.bodies == 179_999
    assert_same(run, by_events)


def test_a_quick_last_station_does_not_cut_the_flow_into_pieces(monkeypatch):
    """Room for exits follows what the shop makes, not the cycle of where it leaves."""
    stretches = []
    stretch = _kernel.flow

    def counted(*arguments):
        stretches.append(1)
        return stretch(*arguments)

    monkeypatch.setattr(_kernel, "flow", counted)
    stations = [*(Station(f"S{i}", 60.0) for i in range(12)), Station("gate", 0.001)]
    run = simulate(Shop("quick gate", [Line("L", stations)]), hours=500, seed=0)
    assert run.engine == "flow"
    assert run.bodies == pytest.approx(500 * 60, abs=15)
    assert len(stretches) < 500  # some hours each; 440,000 by the cycle of the gate
