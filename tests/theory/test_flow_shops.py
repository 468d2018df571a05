"""The answers for lines with products, each found in two ways without an engine."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise, permutations, product

import numpy as np
import pytest

from ningde_sim import theory
from ningde_sim.theory.chains import stationary
from tests.theory import flow_shops
from tests.theory.bank_rules import Lanes, Part, through_a_bank
from tests.theory.flow_shops import Doors
from tests.theory.product_chains import (
    Drawn,
    Round,
    dedicated_beside_flexible,
    lines_in_turn,
    machine,
    mixed_line,
)

THREE = [{"A": 4, "B": 9, "C": 2, "D": 5}, {"A": 7, "B": 3, "C": 6, "D": 5}]
THREE += [{"A": 2, "B": 8, "C": 9, "D": 4}]
"""Cycles at three stations. [s]"""

CHANGES = {"A": {"B": 3, "C": 1, "D": 6}, "B": {"A": 2, "C": 4}, "C": {"A": 5, "B": 1, "D": 2}}

HALF = {"A": 0.5, "B": 0.5}

# ------------------------------------------------------------------------------ fixed times


@pytest.mark.parametrize("setups", [(), [CHANGES, {}, CHANGES]], ids=["", "setups"])
@pytest.mark.parametrize("buffers", [0, 1, 2, flow_shops.ROOMY])
def test_the_recursion_and_the_clock_agree_for_every_order_of_bodies(buffers, setups):
    for order in [*permutations("ABCD"), *permutations("AABBC")]:
        expected = flow_shops.ticked(order, THREE, buffers, setups)
        assert flow_shops.exits(order, THREE, buffers, setups) == expected


def test_with_large_buffers_the_longest_path_is_the_makespan():
    for order in permutations("ABCD"):
        makespan = flow_shops.exits(order, THREE, flow_shops.ROOMY)[-1]
        assert flow_shops.longest_path(order, THREE) == makespan


def test_no_order_of_six_bodies_is_shorter_than_that_of_johnson():
    first = dict(zip("ABCDEF", (3, 5, 8, 2, 7, 4), strict=True))
    second = dict(zip("ABCDEF", (6, 2, 4, 9, 7, 1), strict=True))
    spans = {
        order: flow_shops.exits(order, [first, second], flow_shops.ROOMY)[-1]
        for order in permutations("ABCDEF")
    }
    assert spans[tuple(flow_shops.johnson(first, second))] == min(spans.values()) < 35


def test_two_bodies_hand_to_hand_written_out():
    """B is finished after A has left the second station; A after C is blocked until C has left."""
    assert flow_shops.departures("AB", THREE[:2]) == [[4, 11], [13, 16]]
    assert flow_shops.departures("CA", THREE[:2]) == [[2, 8], [8, 15]]


@pytest.mark.parametrize("bodies_in_order", [True, False])
def test_doors_that_come_in_their_own_order_meet_their_bodies(bodies_in_order):
    """Recursion and clock, for all sequences of six; doors of A overtake and are overtaken.

    The times are primes, so that no two things come at once.
    """
    for door in ({"A": 97, "B": 23}, {"A": 29, "B": 43}, {"A": 13, "B": 149}):
        cycles = {"A": 31, "B": 41}, door, {"A": 47, "B": 19}
        shop = Doors(*cycles, bodies_in_order=bodies_in_order)
        for bodies in product("AB", repeat=6):
            assert flow_shops.matched(bodies, shop) == flow_shops.matched_ticks(bodies, shop)


def test_a_body_whose_door_is_there_passes_one_that_waits_or_does_not():
    """A is there at 3 and its door at 20; B at 6 and its door at 5."""
    cycles = {"A": 3, "B": 3}, {"A": 20, "B": 5}, {"A": 4, "B": 4}
    assert flow_shops.matched_ticks("AB", Doors(*cycles)) == [24, 28]
    assert flow_shops.matched_ticks("AB", Doors(*cycles, bodies_in_order=False)) == [10, 24]
    assert flow_shops.matched_ticks("AB", Doors(*cycles, in_order=True)) == []
    assert flow_shops.matched_ticks("AB", Doors(*cycles, places=1)) == []


def test_machines_side_by_side_take_the_next_body_when_free():
    """A until 4, B until 9; C after A until 6, D until 11; one is a sum, many are all at once."""
    first = THREE[0]
    assert flow_shops.side_by_side("ABCD", first, 2) == [4, 6, 9, 11]
    assert flow_shops.side_by_side("ABCD", first, 1) == [4, 13, 15, 20]
    assert flow_shops.side_by_side("ABCD", first, 4) == [2, 4, 5, 9]


def test_machines_in_turn_begin_by_number_and_overtake():
    """B, begun with A at 0, is finished first; the second B waits for A number 2."""
    assert flow_shops.in_turn("ABAB", {"A": 9, "B": 2}) == [9, 2, 18, 11]


# ------------------------------------------------------------------------------ mean times


@pytest.mark.parametrize("cycle", ["AB", "AAB", "ABBA", "AAAAABBBBB", "ABC", "AABCCB"])
def test_the_mean_of_two_by_hand_is_that_of_the_recursion(cycle):
    """Over whole rounds, from the second on."""
    times = [{"A": 70, "B": 50, "C": 61}, {"A": 50, "B": 70, "C": 40}]
    n = len(cycle)
    left = [row[0] for row in flow_shops.departures(cycle * 4, times)]
    mean = flow_shops.two_by_hand(flow_shops.pairs_of_cycle(cycle), times)
    assert (left[3 * n - 1] - left[2 * n - 1]) / n == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_the_pairs_of_batches_are_those_of_drawn_sequences(batch):
    shares = {"A": 0.5, "B": 0.3, "C": 0.2}
    names = np.random.default_rng(0).choice([*"ABC"], 100_000, p=[*shares.values()])
    drawn = [*pairwise(np.repeat(names, batch))]
    for pair, share in flow_shops.pairs_of_batches(shares, batch).items():
        assert drawn.count(pair) / len(drawn) == pytest.approx(share, abs=0.006)


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_the_pairs_of_batches_are_those_of_the_chain_over_both_stations(batch):
    """The state: the body at the first station, with its place in the batch, and the second one."""
    shares = {"A": 0.5, "B": 0.3, "C": 0.2}

    def steps(state):
        first, _ = state
        yield from (
            ((following, first[0]), p) for following, p in Drawn(shares, batch).following(first)
        )

    states, part = stationary("pairs", (("A", 0), "A"), steps)
    for (before, after), share in flow_shops.pairs_of_batches(shares, batch).items():
        both = [first[0] == after and second == before for first, second in states]
        assert part @ np.array(both) == pytest.approx(share, rel=1e-9)


# ------------------------------------------------------------------------------ chains


@pytest.mark.parametrize("sequence", [Drawn(HALF), Drawn(HALF, 3), Round("AAB")])
@pytest.mark.parametrize("buffers", [(0, 0), (1, 2)])
def test_equal_products_are_a_line_of_one_product(buffers, sequence):
    line = mixed_line([machine({"A": m, "B": m}) for m in (1.0, 0.8, 1.1)], buffers, sequence)
    plain = theory.exponential_line((1.0, 0.8, 1.1), buffers)
    assert sum(line.throughput.values()) == pytest.approx(plain.throughput, rel=1e-9)
    assert line.starved == pytest.approx(plain.starved, abs=1e-9)
    assert line.blocked == pytest.approx(plain.blocked, abs=1e-9)


def mean_of_the_longer(a: float, b: float) -> float:
    """Of two exponential times."""
    return a + b - 1 / (1 / a + 1 / b)


@pytest.mark.parametrize(
    ("sequence", "pairs"),
    [
        (Drawn({"A": 0.3, "B": 0.7}), flow_shops.pairs_of_batches({"A": 0.3, "B": 0.7}, 1)),
        (Drawn({"A": 0.3, "B": 0.7}, 4), flow_shops.pairs_of_batches({"A": 0.3, "B": 0.7}, 4)),
        (Round("AABAB"), flow_shops.pairs_of_cycle("AABAB")),
    ],
)
def test_hand_to_hand_each_move_waits_for_the_longer_of_two_cycles(sequence, pairs):
    first, second = {"A": 1.4, "B": 0.5}, {"A": 0.6, "B": 1.5}
    line = mixed_line([machine(first), machine(second)], [0], sequence)
    mean = sum(p * mean_of_the_longer(first[b], second[a]) for (a, b), p in pairs.items())
    assert sum(line.throughput.values()) == pytest.approx(1 / mean, rel=1e-9)


@pytest.mark.parametrize("batch", [1, 3])
def test_one_station_takes_cycles_and_setups_one_after_the_other(batch):
    setup = {("A", "B"): 0.5, ("B", "A"): 0.9}
    shares, cycle = {"A": 0.3, "B": 0.7}, {"A": 1.0, "B": 0.6}
    line = mixed_line([machine(cycle, setup)], [], Drawn(shares, batch))
    pairs = flow_shops.pairs_of_batches(shares, batch)
    mean = sum(shares[p] * cycle[p] for p in "AB") + sum(pairs[p] * setup[p] for p in setup)
    assert sum(line.throughput.values()) == pytest.approx(1 / mean, rel=1e-9)
    changes = sum(pairs[p] for p in setup)
    assert line.setups == pytest.approx((changes / mean,), rel=1e-9)


def test_what_is_begun_is_good_or_scrapped_in_the_shares_of_the_products():
    scrap = {"A": 0.2, "B": 0.05}
    tools = [machine({"A": 1.0, "B": 0.6}, scrap=scrap), machine({"A": 0.8, "B": 1.2}, scrap=scrap)]
    line = mixed_line(tools, [1], Drawn({"A": 0.3, "B": 0.7}))
    begun = {p: line.throughput[p] + line.scrapped[p] for p in "AB"}
    assert begun["A"] / sum(begun.values()) == pytest.approx(0.3, rel=1e-9)
    for p in "AB":
        assert line.throughput[p] == pytest.approx(begun[p] * (1 - scrap[p]) ** 2, rel=1e-9)


@pytest.mark.parametrize("in_order", [False, True])
def test_a_dedicated_line_that_never_ends_leaves_a_line_of_two(in_order):
    """Once the dedicated line holds an A for ever, all others go to the flexible one."""
    case = dedicated_beside_flexible(
        source=1.0,
        dedicated=1e9,
        flexible={"A": 0.8, "B": 0.8},
        shares=HALF,
        capacity=2,
        in_order=in_order,
    )
    line = theory.exponential_line((1.0, 0.8), 2)
    assert sum(case.flexible.values()) == pytest.approx(line.throughput, rel=1e-6)
    assert case.level == pytest.approx(line.contents[0], rel=1e-6)


@pytest.mark.parametrize("capacity", [0, 1, 3])
def test_a_fast_flexible_line_takes_all_the_source_makes(capacity):
    """A of the dedicated line, as often as it is idle when an A comes: Erlang's loss formula."""
    case = dedicated_beside_flexible(
        source=1.0,
        dedicated=2.0,
        flexible={"A": 1e-9, "B": 1e-9},
        shares=HALF,
        capacity=capacity,
    )
    load = 0.5 * 2.0
    assert case.dedicated == pytest.approx(0.5 / (1 + load), rel=1e-6)
    assert case.dedicated + sum(case.flexible.values()) == pytest.approx(1, rel=1e-6)
    assert case.flexible["B"] == pytest.approx(0.5, rel=1e-6)


def test_a_store_in_order_makes_both_lines_wait_longer():
    free, strict = (
        dedicated_beside_flexible(
            source=0.5,
            dedicated=1.0,
            flexible={"A": 0.9, "B": 1.3},
            shares=HALF,
            capacity=2,
            in_order=in_order,
        )
        for in_order in (False, True)
    )
    total, less = (c.dedicated + sum(c.flexible.values()) for c in (free, strict))
    assert less < 0.97 * total
    for case, whole in ((free, total), (strict, less)):
        assert case.dedicated + case.flexible["A"] == pytest.approx(whole / 2, rel=1e-9)


def test_two_equal_lines_in_turn_make_four_bodies_in_the_time_of_three():
    """The line of the next number works alone or beside the other; two states, by symmetry.

    Alone it ends with rate 1, and half of the numbers that follow are of the other line, which
    begins too. Beside, the other ends with rate 1. So two thirds of the time one line works alone.
    """
    case = lines_in_turn({"A": 1.0, "B": 1.0}, HALF)
    assert case == pytest.approx({"A": 2 / 3, "B": 2 / 3}, rel=1e-9)


def test_a_line_that_takes_no_time_makes_its_share_beside_one_that_always_works():
    case = lines_in_turn({"A": 1.0, "B": 1e-9}, {"A": 0.2, "B": 0.8})
    assert case == pytest.approx({"A": 1.0, "B": 4.0}, rel=1e-6)


# ------------------------------------------------------------------------------ banks

BODIES = "".join(np.random.default_rng(9).choice([*"ABC"], 300))
SLOW = {"A": 9, "B": 8, "C": 10}


def numbers_after(makers: list[str], rule: str, lanes: int) -> list[int]:
    """The order in which 300 bodies leave a bank before a slow station."""
    bank = Lanes(lanes, 10, rule)
    left = through_a_bank(BODIES, makers, {"A": 4, "B": 9, "C": 2}, SLOW, bank)
    return [number for _, number in left]


def changes(numbers: Iterable[int]) -> int:
    """Of product, from a body to the next."""
    return sum(BODIES[a] != BODIES[b] for a, b in pairwise(numbers))


def test_a_bank_of_one_lane_keeps_the_order_and_one_of_a_lane_a_product_makes_batches():
    assert numbers_after(["ABC"], "batch", 1) == [*range(300)]
    assert numbers_after(["ABC"], "sequence", 4) == [*range(300)]
    assert changes(numbers_after(["ABC"], "batch", 3)) < 0.5 * changes(range(300))


def test_a_bank_of_sequence_has_fewer_bodies_that_come_before_their_turn():
    """Lines that each make one product overtake each other; three lanes make half of it good."""

    def early(lanes: int) -> int:
        return sum(a > b for a, b in pairwise(numbers_after(["A", "B", "C"], "sequence", lanes)))

    assert 0 < early(3) < 0.6 * early(1)


def test_lanes_written_out():
    """A and B into a lane each, A behind A; B leaves, as B left last. Then the longest run."""
    bank = Lanes(2, 2, "batch", left="B")
    for number, name in enumerate("ABAB"):
        bank.put(Part(number, name))
    assert [[part.number for part in lane] for lane in bank.lanes] == [[0, 2], [1, 3]]
    assert [bank.take().number for _ in range(4)] == [1, 3, 0, 2]
    bank = Lanes(2, 3, "batch")
    for number, name in enumerate("CABB"):  # B finds no lane: the first of those with most room
        bank.put(Part(number, name))
    assert [[part.number for part in lane] for lane in bank.lanes] == [[0, 2, 3], [1]]
    assert [bank.take().number for _ in range(4)] == [0, 2, 3, 1]
    bank = Lanes(2, 2, "sequence")
    for number in (3, 1, 4, 2):  # 3 | 1, then 4 behind 3, 2 behind 1
        bank.put(Part(number, "A"))
    assert [[part.number for part in lane] for lane in bank.lanes] == [[3, 4], [1, 2]]
    assert [bank.take().number for _ in range(4)] == [1, 2, 3, 4]
