"""The bound of shops with quantities, alternatives, splits, rejects, stocks and conveyors."""

from __future__ import annotations

import pytest

from ningde_sim import (
    Empirical,
    Exponential,
    Failure,
    Fixed,
    Gamma,
    Line,
    Lognormal,
    Shop,
    Split,
    Station,
    Store,
    Weibull,
    simulate,
)
from ningde_sim.theory import capacity
from tests.theory.markov_cases import rework_loop


def feed(name: str, seconds: float, store: object) -> Line:
    return Line(name, [Station(f"{name}1", seconds)], puts=store)


def take(name: str, seconds: float, takes: object, **more) -> Line:
    return Line(name, [Station(f"{name}1", seconds)], takes=takes, **more)


def shop(*lines: Line, room: int = 20, stores=(), **more) -> Shop:
    """Stores of a common capacity, besides those that are given."""
    named = {store.name for store in stores}
    flows = [f for line in lines for f in (*line.takes, *line.puts, *line.rejects, *line.returns)]
    names = {n for f in flows for n in ([f] if isinstance(f, str) else f.stores)} - named
    rest = [Store(name, room) for name in sorted(names)]
    return Shop("shop", lines, stores=[*stores, *rest], **more)


def audited(audit: float = 10) -> Shop:
    """Of three stations the second rejects a fifth to an audit."""
    stations = [Station("A", 50, scrap=0.1), Station("B", 55, reject=0.2), Station("C", 60)]
    line = Line("L", stations, rejects="audit", buffers=5)
    return shop(line, take("Q", audit, "audit"), output=("L", "Q"), room=200)


def checked(repair: float, rounds: int | None = None) -> Shop:
    """A tenth of what is checked is repaired, and checked anew."""
    check = Station("M1", 60, reject=0.1)
    return shop(
        feed("N", 30, "new"),
        Line("M", [check], takes=[("repaired", "new")], rejects="bad", rounds=rounds),
        take("R", repair, "bad", puts="repaired"),
        output="M",
        room=100,
    )


WHEELS = shop(
    feed("W", 10, "wheels"), feed("B", 30, "bodies"), take("M", 25, {"wheels": 4, "bodies": 1})
)
PRESS = shop(feed("P", 60, {"parts": 3}), take("T", 15, "parts"))
POOLED = shop(feed("A", 60, "a"), feed("B", 120, "b"), take("T", 36, [("a", "b")]))
SHARED = shop(feed("F", 36, [("x", "y")]), take("X", 90, "x"), take("Y", 72, "y"))
SPLIT = shop(
    feed("F", 36, Split({"x": 0.75, "y": 0.25})), take("X", 60, "x"), take("Y", 90, "y"), room=300
)
TWOS = shop(
    take("L", 40, {"empty": 2}, puts={"full": 2}),
    take("W", 50, {"full": 2}, puts={"empty": 2}),
    stores=[Store("empty", 9, initial=4, transit_time=60)],
    output="W",
)
BELT = shop(
    feed("F", 10, "belt"),
    take("T", 10, "belt"),
    stores=[Store("belt", 9, transit_time=90, headway=30)],
)
INDEXING = Shop(
    "shop",
    [
        Line(
            "L",
            [Station(n, t) for n, t in zip("ABC", (50, 60, 40), strict=True)],
            transfer="together",
        )
    ],
)

BY_HAND = {
    "four wheels of 10 s for a body": (WHEELS, 90, "W1"),
    "three parts a stroke of 60 s": (PRESS, 180, "P1"),
    "60 and 30 an hour from two stores": (POOLED, 90, "A1"),
    "40 and 50 an hour to two stores": (SHARED, 90, "Y1"),
    "three quarters to a machine of 60 s": (SPLIT, 80, "X1"),
    "two groups of two pallets, a round of 150 s": (TWOS, 48, "store empty"),
    "a part every 30 s on the belt": (BELT, 120, "store belt"),
    "the slowest of a line that indexes": (INDEXING, 60, "B"),
    "a tenth of the checks fails": (checked(repair=30), 54, "M1"),
    "repairs of 20 min": (checked(repair=1200), 27, "R1"),
    "what fails is scrapped": (checked(repair=1200, rounds=0), 54, "M1"),
    "rejects in the middle of a line": (audited(), 72 * 0.9, "A"),
    "a slow audit": (audited(audit=600), 6 / 0.2, "Q1"),
}
by_hand = pytest.mark.parametrize(
    ("built", "throughput", "bottleneck"), BY_HAND.values(), ids=BY_HAND
)


@by_hand
def test_the_bound_worked_out_by_hand(built, throughput, bottleneck):
    bound = capacity(built)
    assert bound.throughput == pytest.approx(throughput)
    assert bound.bottleneck == bottleneck


@by_hand
def test_a_run_with_room_in_the_stores_reaches_it(built, throughput, bottleneck):
    """To 1.5 %: times are fixed, shares are those of 15,000 draws or more."""
    run = simulate(built, hours=5_000, warm_up=100, seed=0)
    assert run.throughput == pytest.approx(throughput, rel=0.015)


def test_what_rejects_leave_is_in_the_tables():
    """The capacity of a station is net of what is lost further down, the flow that of the bound."""
    bound = capacity(audited(audit=600))
    capacities = bound.stations["capacity"]
    assert capacities["A"] == pytest.approx(72 * 0.9 * 0.8)
    assert capacities["B"] == pytest.approx(3600 / 55 * 0.8)
    assert capacities["C"] == pytest.approx(60)
    assert bound.stations["passed"].to_dict() == pytest.approx(
        {"A": 0.9, "B": 0.8, "C": 1, "Q1": 1}
    )
    assert bound.lines["flow"].to_dict() == pytest.approx({"Q": 6, "L": 24}, rel=1e-4)
    assert bound.lines["load"]["Q"] == pytest.approx(1, rel=1e-4)


def test_an_exact_rework_loop_stays_below_its_bound_and_comes_near():
    """Merge, inspection and repair with exponential times: 19 % below, and with room 2 %."""
    means = {"merge": 50, "inspection": 60, "repair": 70}
    lines = [
        Line("merge", [Station("M", Exponential(50))], takes=[("repaired", "new")], puts="waiting"),
        Line(
            "inspection",
            [Station("I", Exponential(60), reject=0.25)],
            takes="waiting",
            rejects="bad",
        ),
        Line("repair", [Station("R", Exponential(70))], takes="bad", puts="repaired"),
    ]
    built = shop(feed("N", 1, "new"), *lines, output="inspection")
    bound = capacity(built).throughput
    assert bound == pytest.approx(45)
    tight = 3600 * rework_loop(**means, reject=0.25, capacities=(1, 1, 1)).throughput
    roomy = 3600 * rework_loop(**means, reject=0.25, capacities=(25, 25, 25)).throughput
    assert tight < 0.82 * bound
    assert 0.98 * bound < roomy < bound


def test_a_stock_lasts_for_the_hours_and_not_in_the_long_run():
    cast = shop(take("L", 60, "cast"), stores=[Store("cast", 50, initial=50)])
    ever, ten, short = capacity(cast), capacity(cast, hours=10), capacity(cast, hours=0.5)
    assert (ever.throughput, ever.bottleneck) == (0, "store cast")
    assert (ten.throughput, ten.bottleneck) == (pytest.approx(5), "store cast")
    assert (short.throughput, short.bottleneck) == (pytest.approx(60), "L1")


def test_alternatives_take_what_is_best_for_the_whole():
    """The first choice would leave the other line, which has no choice, without parts."""
    lines = [feed("A", 60, "a"), feed("B", 60, "b")]
    both = shop(*lines, take("X", 60, [("a", "b")]), take("Y", 60, "a"), room=1)
    assert capacity(both).throughput == pytest.approx(120)
    assert simulate(both, hours=100, seed=0).throughput < 121


def test_bodies_that_a_failure_takes_may_feed_a_line():
    """The carrier of a scrapped body goes back; the bound leaves open how many these are."""
    mode = Failure("f", Exponential(1), Exponential(1), then="scrap")
    line = Line(
        "L",
        [Station("S", Exponential(60), failures=[mode])],
        takes="skids",
        puts="out",
        returns="back",
    )
    lines = [line, take("A", 10, "out", puts="skids"), take("B", 10, "back", puts="skids")]
    built = shop(
        *lines,
        stores=[Store("skids", 9, initial=8), Store("back", 9, initial=1)],
        output=("A", "B"),
    )
    run = simulate(built, hours=2_000, seed=0)
    bound = capacity(built)
    assert bound.throughput == pytest.approx(60 / (1 + 1 / 60) + 1, rel=0.001)
    assert 0.98 * bound.throughput < run.throughput <= 1.01 * bound.throughput


@pytest.mark.parametrize(
    "cycle",
    [Empirical([10, 190]), Lognormal(100, 1.5), Weibull(100, 2.0), Gamma(100, 0.5)],
    ids=str,
)
def test_failures_that_scrap_leave_the_short_cycles(cycle):
    """With a failure a minute 48 an hour instead of 36, and 40; fewer where cycles vary little."""
    mode = Failure("f", Exponential(1 / 60), Fixed(0.01), then="scrap")
    built = Shop("s", [Line("L", [Station("S", cycle, failures=[mode])])])
    run = simulate(built, hours=5_000, seed=0)
    assert run.throughput < capacity(built).throughput


def test_rounds_leave_open_what_is_scrapped():
    """Reworked once at most, or without end: the same good bodies for each cycle."""
    once, ever = (
        Shop("s", [Line("L", [Station("S", Fixed(60), rework=0.5)], rounds=rounds)])
        for rounds in (1, None)
    )
    for built in (once, ever):
        bound = capacity(built).throughput
        assert bound == pytest.approx(30)
        assert simulate(built, hours=2_000, seed=0).throughput == pytest.approx(bound, rel=0.01)
