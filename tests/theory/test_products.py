"""Products, their sequence and setups against answers found without an engine.

Fixed times give each exit to the millisecond. Each interval is Student's, from 40 independent runs,
at 99.99 %; that of a throughput is at most 0.5 % wide to each side, so a bias of 1 % would be seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from ningde_sim import (
    Exponential,
    Line,
    Product,
    Sequence,
    Setup,
    Shop,
    Station,
    Store,
    simulate,
)
from tests.theory import flow_shops
from tests.theory.flow_shops import Changes, Cycles
from tests.theory.intervals import LEVEL, RUNS, WIDEST, Instance, compare
from tests.theory.product_cases import CHAINS, CYCLES, assert_exits, made, only, orders

ENGINES = "compiled", "reference"
each_engine = pytest.mark.parametrize("engine", ENGINES)

CHANGES = {
    "A": {"B": 30, "C": 10, "D": 60},
    "B": {"A": 20, "C": 40, "D": 0},
    "C": {"A": 50, "B": 10, "D": 20},
    "D": {"A": 15, "B": 25, "C": 5},
}
"""Setups at the first and the third of them. [s]"""

TWO = [{"A": 70, "B": 50}, {"A": 50, "B": 70}]
"""Cycles at two stations. [s]"""

HALF = [Product("A", 0.5), Product("B", 0.5)]


def serial(
    cycles: Cycles,
    sequence: Sequence,
    products: list[Product],
    buffers: int = 0,
    setups: Mapping[int, Changes] | None = None,
) -> Shop:
    """A line of stations, with setups at some."""
    names = "".join(each.name for each in products)
    stations = [
        Station(
            f"S{i}",
            only(names, cycle),
            setup=only(names, setups[i]) if setups and i in setups else None,
        )
        for i, cycle in enumerate(cycles)
    ]
    line = Line("line", stations, buffers=buffers)
    return Shop("serial", [line], products=products, sequence=sequence)


def assert_agrees(samples: list[float], exact: float, widest: float = WIDEST) -> None:
    """Student's interval covers the exact value, and is narrow enough to have power."""
    values = np.array(samples)
    t = stats.t.ppf((1 + LEVEL) / 2, df=len(values) - 1)
    half = t * values.std(ddof=1) / np.sqrt(len(values))
    assert half <= widest * exact, f"half width {half / exact:.3%}"
    assert abs(values.mean() - exact) <= half, f"{values.mean()} +- {half}, exact {exact}"


# ------------------------------------------------------------------------------ orders


@each_engine
@pytest.mark.parametrize("setups", [{}, {0: CHANGES, 2: CHANGES}], ids=["", "setups"])
@pytest.mark.parametrize("buffers", [0, 1, flow_shops.ROOMY])
def test_every_order_of_four_bodies_leaves_as_the_recursion_says(engine, buffers, setups):
    rows = [setups.get(i, {}) for i in range(3)]
    for order in permutations("ABCD"):
        shop = serial(CYCLES, orders(order), made("ABCD"), buffers, setups)
        run = simulate(shop, hours=1, seed=0, engine=engine)
        seconds = flow_shops.exits(order, CYCLES, buffers, rows)
        assert_exits(run, "line", seconds)
        assert round(run.makespan * 3_600_000) == 1000 * seconds[-1]


@each_engine
@pytest.mark.parametrize("buffers", [0, 2, flow_shops.ROOMY])
def test_every_order_of_three_lots_leaves_as_the_recursion_says(engine, buffers):
    for lots in permutations([("A", 3), ("B", 1), ("C", 2)]):
        shop = serial(CYCLES, Sequence.orders(lots), made("ABC"), buffers, {1: CHANGES})
        run = simulate(shop, hours=1, seed=0, engine=engine)
        bodies = [name for name, count in lots for _ in range(count)]
        seconds = flow_shops.exits(bodies, CYCLES, buffers, [{}, CHANGES, {}])
        assert_exits(run, "line", seconds)
        assert [*run.sequence["product"]] == bodies
        assert dict(run.products["bodies"]) == {"A": 3, "B": 1, "C": 2}


@each_engine
def test_the_shortest_makespan_of_all_orders_is_that_of_johnson(engine):
    first, second = CYCLES[0], CYCLES[1]
    spans = {}
    for order in permutations("ABCD"):
        shop = serial(CYCLES[:2], orders(order), made("ABCD"), flow_shops.ROOMY)
        spans[order] = simulate(shop, hours=1, seed=0, engine=engine).makespan
    best = tuple(flow_shops.johnson(first, second))
    assert spans[best] == min(spans.values()) < max(spans.values())
    assert spans[best] * 3600 == pytest.approx(flow_shops.longest_path(best, CYCLES[:2]))


@each_engine
def test_the_makespan_is_there_at_the_instant_of_the_last_exit(engine):
    shop = serial(CYCLES, orders("ABCD"), made("ABCD"))
    last = 1000 * flow_shops.exits("ABCD", CYCLES)[-1]
    there, early = (
        simulate(shop, hours=ms / 3_600_000, seed=0, engine=engine).makespan
        for ms in (last, last - 1)
    )
    assert there == pytest.approx(last / 3_600_000, rel=1e-12)
    assert np.isnan(early)


@each_engine
@pytest.mark.parametrize("copies", [2, 3])
def test_machines_side_by_side_share_one_sequence(engine, copies):
    """The first that is free makes the next body, whichever it is."""
    station = Station("S", CYCLES[0])
    for order in sorted({*permutations("AABCDD")}):
        line = Line("line", [station], copies=copies)
        shop = Shop("side by side", [line], products=made("ABCD"), sequence=orders(order))
        run = simulate(shop, hours=1, seed=0, engine=engine)
        assert_exits(run, "line", flow_shops.side_by_side(order, CYCLES[0], copies))


@each_engine
def test_lines_that_make_one_product_wait_for_their_numbers(engine):
    cycle = {"A": 90, "B": 20, "C": 50}
    lines = [Line(name, [Station(f"S {name}", cycle[name])], makes=[name]) for name in "CBA"]
    for order in sorted({*permutations("AABBCC")}):
        shop = Shop("in turn", lines, products=made("ABC"), sequence=orders(order))
        run = simulate(shop, hours=1, seed=0, engine=engine)
        ends = flow_shops.in_turn(order, cycle)
        for name in "ABC":
            assert_exits(run, name, [t for p, t in zip(order, ends, strict=True) if p == name])


@each_engine
def test_a_cycle_between_milliseconds_keeps_its_rate_for_each_product(engine):
    """After n bodies of each the clock stands at the nearest millisecond of each sum."""
    cycle = {"A": 10.0003, "B": 20.0004}
    shop = serial([cycle], Sequence.cycle(["A", "B"]), HALF)
    run = simulate(shop, hours=10, seed=0, engine=engine)
    pairs = np.arange(1, len(run.exits["line"]) // 2 + 1)
    expected = np.rint(pairs * 10000.3) + np.rint(pairs * 20000.4)
    np.testing.assert_array_equal(run.exits["line"][1::2], expected)


@each_engine
def test_a_body_counts_for_its_product_from_its_first_load_to_its_exit(engine):
    """Work in process is the sum of the stays, over the hours; the lead time is their median."""
    bodies = "ACBABCCAB"
    shop = serial(CYCLES, orders(bodies), made("ABC"), 1, {1: CHANGES})
    run = simulate(shop, hours=1, seed=0, engine=engine)
    rows = flow_shops.departures(bodies, CYCLES, 1, [{}, CHANGES, {}])
    begun = [0, *(row[0] for row in rows[:-1])]  # the one before has left the first station
    for name in "ABC":
        stays = [
            row[-1] - t for body, row, t in zip(bodies, rows, begun, strict=True) if body == name
        ]
        assert run.products.loc[name, "wip"] * 3600 == pytest.approx(sum(stays), rel=1e-12)
        assert run.products.loc[name, "lead_time"] * 3600 == pytest.approx(np.median(stays))


@each_engine
def test_parts_at_the_start_have_the_first_numbers(engine):
    """Two lie in the store; the line that fills it begins with the third."""
    bodies = "ABCCBAAB"
    lines = [
        Line("first", [Station("F", only("ABC", CYCLES[0]))], puts="parts"),
        Line("second", [Station("S", only("ABC", CYCLES[1]))], takes="parts"),
    ]
    parts = Store("parts", 10, initial=2)
    shop = Shop("start", lines, stores=[parts], products=made("ABC"), sequence=orders(bodies))
    run = simulate(shop, hours=1, seed=0, engine=engine)
    came, left, seconds = 0, 0, []
    for k, name in enumerate(bodies):
        came += CYCLES[0][name] if k >= 2 else 0
        left = max(came, left) + CYCLES[1][name]
        seconds.append(left)
    assert_exits(run, "second", seconds)
    assert [*run.sequence["product"]] == [*bodies]


# ------------------------------------------------------------------------------ two by hand

BY_HAND = {
    "turn about": ("AB", 60.0),
    "lots of 50": ("A" * 50 + "B" * 50, 51.6),
}


@pytest.mark.parametrize("sequence", BY_HAND)
def test_two_by_hand_make_the_rounded_numbers_an_hour(sequence):
    cycle, rounded = BY_HAND[sequence]
    mean = flow_shops.two_by_hand(flow_shops.pairs_of_cycle(cycle), TWO)
    assert round(3600 / mean, 1) == rounded


def random_by_hand(batch: int = 1) -> float:
    """Mean time from move to move of A and B in halves. [s]"""
    pairs = flow_shops.pairs_of_batches({"A": 0.5, "B": 0.5}, batch)
    return flow_shops.two_by_hand(pairs, TWO)


def test_two_by_hand_at_random_make_55_4_an_hour():
    assert random_by_hand() == 65.0  # (70 + 70 + 70 + 50) / 4
    assert round(3600 / random_by_hand(), 1) == 55.4


@each_engine
@pytest.mark.parametrize("sequence", BY_HAND)
def test_two_by_hand_run_their_rounds_exactly(engine, sequence):
    """Counted from one whole round to another."""
    cycle, _ = BY_HAND[sequence]
    mean = flow_shops.two_by_hand(flow_shops.pairs_of_cycle(cycle), TWO)
    n = 100 // len(cycle)
    hours = n * len(cycle) * mean / 3600
    shop = serial(TWO, Sequence.cycle([*cycle]), HALF)
    run = simulate(shop, hours=2 * hours, warm_up=hours, seed=0, engine=engine)
    assert run.bodies == 2 * n * len(cycle)
    assert run.throughput == pytest.approx(3600 / mean, rel=1e-9)


@pytest.mark.parametrize("batch", [1, 50])
def test_two_by_hand_at_random_come_to_the_chain_in_the_long_run(batch):
    """Half widths below 0.1 %; batches of 50 make 51.5 an hour, one by one 55.4."""
    shop = serial(TWO, Sequence.random(batch=batch), HALF)
    runs = [simulate(shop, hours=400, warm_up=1, seed=5, run=i) for i in range(RUNS)]
    throughputs = [run.throughput for run in runs]
    assert_agrees(throughputs, 3600 / random_by_hand(batch), widest=0.001)


@pytest.mark.parametrize(("engine", "hours"), [("compiled", 500), ("reference", 20)])
@pytest.mark.parametrize("buffers", [0, 2])
@pytest.mark.parametrize("batch", [1, 4])
def test_a_random_sequence_leaves_as_the_recursion_over_it_says(engine, hours, buffers, batch):
    shop = serial(TWO, Sequence.random(batch=batch), HALF, buffers, {1: CHANGES})
    run = simulate(shop, hours=hours, seed=1, engine=engine)
    bodies = [*run.sequence["product"]]
    assert len(bodies) > 40 * hours
    assert_exits(run, "line", flow_shops.exits(bodies, TWO, buffers, [{}, CHANGES]))


# ------------------------------------------------------------------------------ the sequence


@pytest.mark.parametrize("batch", [1, 3])
def test_batches_are_drawn_by_shares_each_for_itself(batch):
    """Singles and pairs in a row by Pearson's test, at 99.99 %; 60,000 batches."""
    shares = {"A": 0.5, "B": 0.3, "C": 0.2}
    products = [Product(name, part) for name, part in shares.items()]
    shop = serial([dict.fromkeys("ABC", 1)], Sequence.random(batch=batch), products)
    run = simulate(shop, hours=60_000 * batch / 3600, seed=2)
    bodies = [*run.sequence["product"]]
    drawn = bodies[::batch]
    assert bodies == [name for name in drawn for _ in range(batch)]
    pairs = Counter(zip(drawn[::2], drawn[1::2], strict=True))
    expected = {(a, b): shares[a] * shares[b] * 30_000 for a in shares for b in shares}
    fit = stats.chisquare([pairs[pair] for pair in expected], [*expected.values()])
    assert fit.pvalue > 1 - LEVEL


# ------------------------------------------------------------------------------ setups


@each_engine
@pytest.mark.parametrize("cycle", ["AABC", "ABCB", "AAAB", "ABCABD"])
def test_a_round_takes_its_cycles_and_its_setups(engine, cycle):
    """Exactly n rounds in the time of n rounds, whatever the warm-up of one."""
    names = "".join(sorted({*cycle}))
    changes = [CHANGES[a][b] for a, b in zip(cycle, cycle[1:] + cycle[0], strict=True) if a != b]
    seconds = sum(CYCLES[0][name] for name in cycle) + sum(changes)
    shop = serial(CYCLES[:1], Sequence.cycle([*cycle]), made(names), setups={0: CHANGES})
    hours = seconds / 3600
    run = simulate(shop, hours=30 * hours, warm_up=hours, seed=0, engine=engine)
    assert run.bodies == 30 * len(cycle)
    assert run.throughput == pytest.approx(len(cycle) / hours, rel=1e-9)
    assert run.stations.loc["S0", "setup"] == pytest.approx(30 * sum(changes) / 3600, rel=1e-9)
    assert run.stations.loc["S0", "setups"] == 30 * sum(change > 0 for change in changes)


ALIKE = dict.fromkeys(permutations("ABC", 2), 60)
BY_MATRIX = {(a, b): CHANGES[a][b] for a, b in permutations("ABC", 2)}
SAME = {(name, name): 7 for name in "ABC"}


@each_engine
def test_what_is_hidden_of_a_setup_takes_no_time(engine):
    """A and B turn about, each 100 s and three quarters of 80 s, but the first."""
    line = Line("line", [Station("S", 100, setup=Setup(80, hidden=0.25))])
    order = Sequence.cycle(["A", "B"])
    shop = Shop("hidden", [line], products=HALF, sequence=order)
    run = simulate(shop, hours=10, seed=0, engine=engine)
    assert_exits(run, "line", [*range(100, 36_001, 160)])


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(
    ("setup", "means"),
    [
        (60, ALIKE),
        (Setup(Exponential(60)), ALIKE),
        (Setup(only("ABC", CHANGES)), BY_MATRIX),
        (Setup(only("ABC", CHANGES), same=7), BY_MATRIX | SAME),
    ],
    ids=["number", "exponential", "matrix", "same"],
)
def test_a_part_takes_its_cycle_and_the_mean_of_its_setup(batch, setup, means):
    """3600 / (cycle + setup) an hour; half widths below 0.5 %."""
    pairs = flow_shops.pairs_of_batches(dict.fromkeys("ABC", 1 / 3), batch)
    per_part = 50 + sum(share * means.get(pair, 0) for pair, share in pairs.items())
    line = Line("line", [Station("S", 50, setup=setup)])
    order = Sequence.random(batch=batch)
    shop = Shop("one", [line], products=made("ABC"), sequence=order)
    runs = [simulate(shop, hours=500, warm_up=1, seed=7, run=i) for i in range(RUNS)]
    assert_agrees([run.throughput for run in runs], 3600 / per_part, widest=0.005)


# ------------------------------------------------------------------------------ chains


each_case = pytest.mark.parametrize("case", CHAINS, ids=[case.label for case in CHAINS])


@each_case
def test_the_chain_lies_in_the_interval_of_the_compiled_engine(case: Instance):
    for agreement in compare(case):
        widest = agreement.widest
        if agreement.quantity.startswith("throughput"):
            widest = WIDEST * agreement.reference
        assert agreement.half_width <= widest, str(agreement)
        assert agreement.agrees, str(agreement)


@each_case
def test_both_engines_make_the_same_bodies_of_the_same_products(case: Instance):
    fast, readable = (case.run(0, units=400, engine=engine) for engine in ENGINES)
    assert fast.bodies == readable.bodies > 100
    for line, exits in readable.exits.items():
        np.testing.assert_array_equal(fast.exits[line], exits)
    assert fast.sequence.equals(readable.sequence)
    assert fast.products.equals(readable.products)
