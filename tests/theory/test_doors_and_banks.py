"""Parts that meet bodies of their product, or overtake each other in lanes, to the millisecond."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest

from ningde_sim import Line, Sequence, Shop, ShopRun, Station, Store, simulate
from ningde_sim.exceptions import ShopStuck
from tests.theory import flow_shops
from tests.theory.bank_rules import Lanes, through_a_bank
from tests.theory.flow_shops import Doors
from tests.theory.product_cases import CYCLES, assert_exits, made, only, orders

each_engine = pytest.mark.parametrize("engine", ["compiled", "reference"])

# ------------------------------------------------------------------------------ doors

BODIES = [*product("AB", repeat=6)]
DOORS = [
    Doors({"A": 30, "B": 40}, door, {"A": 40, "B": 30})
    for door in ({"A": 90, "B": 20}, {"A": 30, "B": 40}, {"A": 10, "B": 140})
]
each_doors = pytest.mark.parametrize("doors", DOORS, ids=["A late", "in time", "B late"])


def door_shop(names: Any, doors: Doors, places: int = flow_shops.ROOMY) -> Shop:
    """A line of bodies, a machine a product for the doors, the assembly."""
    lines = [
        Line("bodies", [Station("body", doors.body)], puts="bodies"),
        *(
            Line(f"doors {p}", [Station(f"door {p}", cycle)], makes=[p], puts="doors")
            for p, cycle in doors.door.items()
        ),
        Line(
            "assembly",
            [Station("assembly", doors.assembly)],
            takes=["bodies", "doors"],
            match=["doors"],
        ),
    ]
    stores = [
        Store("bodies", places, in_order=doors.bodies_in_order),
        Store("doors", doors.places, in_order=doors.in_order),
    ]
    return Shop("doors", lines, stores=stores, products=made("AB"), sequence=orders(names))


@each_engine
@each_doors
def test_every_body_in_its_turn_waits_for_its_own_door(engine, doors):
    """Doors overtake each other; without `match` a body would take the first that comes."""
    for bodies in BODIES:
        run = simulate(door_shop(bodies, doors), hours=1, seed=0, engine=engine)
        assert_exits(run, "assembly", flow_shops.matched_ticks(bodies, doors))
        assert [*run.sequence["product"]] == [*bodies]


@each_engine
@each_doors
def test_a_body_whose_door_is_there_passes_one_that_waits(engine, doors):
    """The store of bodies is not in order: the line takes the first that it can make."""
    reaching = replace(doors, bodies_in_order=False)
    for bodies in BODIES:
        run = simulate(door_shop(bodies, reaching), hours=1, seed=0, engine=engine)
        assert_exits(run, "assembly", flow_shops.matched_ticks(bodies, reaching))
        assert sorted(run.sequence["number"]) == [*range(len(bodies))]


STUCK = [{"places": 1}, {"places": 2}, {"in_order": True}, {"in_order": True, "places": 1}]
"""What makes the store of doors too narrow, for bodies in order."""


@each_engine
@pytest.mark.parametrize("change", STUCK, ids=str)
@pytest.mark.filterwarnings("ignore::ningde_sim.exceptions.ShopStuck")
def test_where_no_door_in_reach_fits_no_body_leaves_any_more(engine, change):
    """A small store is full of doors of the other product, or such a door is the first in order."""
    stuck = 0
    for doors in (replace(each, **change) for each in DOORS):
        for bodies in BODIES[1::3]:
            run = simulate(door_shop(bodies, doors), hours=1, seed=0, engine=engine)
            seconds = flow_shops.matched_ticks(bodies, doors)
            assert_exits(run, "assembly", seconds)
            stuck += len(seconds) < len(bodies)
    assert 0 < stuck < len(DOORS) * len(BODIES[1::3])


@each_engine
@pytest.mark.parametrize("change", STUCK, ids=str)
def test_where_no_door_in_reach_fits_the_shop_is_stuck(engine, change):
    """And only there: the others warn of nothing."""
    for doors in (replace(each, **change) for each in DOORS):
        for bodies in BODIES[1::7]:
            stuck = len(flow_shops.matched_ticks(bodies, doors)) < len(bodies)
            simulated(door_shop(bodies, doors), engine, stuck=stuck)


@each_engine
@pytest.mark.parametrize("change", STUCK, ids=str)
def test_bodies_that_pass_each_other_never_get_the_doors_stuck(engine, change):
    """Whatever door is in reach, its body comes."""
    for doors in (replace(each, **change, bodies_in_order=False) for each in DOORS):
        for bodies in BODIES[1::7]:
            run = simulate(door_shop(bodies, doors), hours=1, seed=0, engine=engine)
            assert_exits(run, "assembly", flow_shops.matched_ticks(bodies, doors))
            assert run.bodies == len(bodies)


LATE = {"A": 30, "B": 30}, {"A": 200, "B": 50}, {"A": 40, "B": 40}
"""Cycles of body, door and assembly: the door of B, begun with that of A, comes before it. [s]"""

A_THEN_B = pytest.mark.parametrize(
    "sequence", [orders("AB"), Sequence.cycle(["A", "B"])], ids=["orders", "cycle"]
)


@each_engine
@A_THEN_B
@pytest.mark.parametrize("change", [{"places": 1}, {"in_order": True, "places": 2}], ids=str)
def test_the_first_body_is_stuck_where_its_door_comes_second(engine, sequence, change):
    """The door of B is in the store, alone or first in order; the first body is A.

    With a cycle, too, nothing moves any more after a few minutes: all stores are full.
    """
    shop = replace(door_shop("AB", Doors(*LATE, **change), places=3), sequence=sequence)
    run = simulated(shop, engine, stuck=True)
    assert run.bodies == 0


@each_engine
@A_THEN_B
def test_two_places_for_doors_are_enough_for_one_that_comes_second(engine, sequence):
    shop = replace(door_shop("AB", Doors(*LATE, places=2)), sequence=sequence)
    assert simulated(shop, engine, stuck=False).bodies > 1


@each_engine
@pytest.mark.parametrize(
    "sequence", [orders("B"), orders("BA"), Sequence.cycle(["B"])], ids=["B", "BA", "cycle"]
)
@pytest.mark.parametrize("in_order", [False, True])
def test_a_part_that_no_line_makes_gets_the_shop_stuck(engine, sequence, in_order):
    """One place, and the line behind it makes A only."""
    lines = [
        Line("first", [Station("F", 30)], puts="parts"),
        Line("second", [Station("S", 30)], takes="parts", makes=["A"]),
    ]
    parts = Store("parts", 1, in_order=in_order)
    shop = Shop("B", lines, stores=[parts], products=made("AB"), sequence=sequence)
    assert simulated(shop, engine, stuck=True).bodies == 0


def simulated(shop: Shop, engine: str, *, stuck: bool, hours: float = 1) -> ShopRun:
    """A run that must warn of what is stuck, or must not."""
    if not stuck:
        return simulate(shop, hours=hours, seed=0, engine=engine)
    with pytest.warns(ShopStuck):
        return simulate(shop, hours=hours, seed=0, engine=engine)


def scrapping(scrap: Any, *, in_order: bool, cycle: str = "AB") -> Shop:
    """One line of doors, twice as fast as bodies, that scraps some."""
    lines = [
        Line("bodies", [Station("body", 60)], puts="bodies"),
        Line("doors", [Station("door", 30, scrap=scrap)], puts="doors"),
        Line("assembly", [Station("assembly", 50)], takes=["bodies", "doors"], match="doors"),
    ]
    stores = [Store("bodies", 5, in_order=True), Store("doors", 40, in_order=in_order)]
    products, order = made("".join(sorted({*cycle}))), Sequence.cycle([*cycle])
    return Shop("doors", lines, stores=stores, products=products, sequence=order)


NO_C = {"A": 0.0, "B": 0.0, "C": 1.0}


@each_engine
@pytest.mark.parametrize("in_order", [False, True])
@pytest.mark.filterwarnings("ignore::ningde_sim.exceptions.ShopStuck")
def test_a_body_of_a_product_whose_doors_are_all_scrapped_waits_for_ever(engine, in_order):
    """The fifth body is the first of C."""
    shop = scrapping(NO_C, in_order=in_order, cycle="ABBAC")
    run = simulate(shop, hours=10, seed=0, engine=engine)
    assert_exits(run, "assembly", [110, 170, 230, 290])


@each_engine
@pytest.mark.parametrize("in_order", [False, True])
def test_a_shop_that_scraps_all_doors_of_a_product_is_stuck_once_its_stores_are_full(
    engine, in_order
):
    simulated(scrapping(NO_C, in_order=in_order, cycle="ABBAC"), engine, stuck=True, hours=10)


@each_engine
def test_a_scrapped_door_gets_a_store_in_order_stuck(engine):
    """The next door is of the other product, and nobody takes it away."""
    run = simulated(scrapping(0.02, in_order=True), engine, stuck=True, hours=20)
    assert 0 < run.bodies < 300


@each_engine
def test_a_scrapped_door_is_replaced_by_the_next_of_its_product(engine):
    """Where the store can be reached into, bodies leave as if no door was scrapped."""
    run = simulate(scrapping(0.02, in_order=False), hours=20, seed=0, engine=engine)
    assert run.stations.loc["door", "scrapped"] > 15
    assert_exits(run, "assembly", [*range(110, 20 * 3600 + 1, 60)])
    assert [*run.sequence["product"]] == [*("AB" * run.bodies)[: run.bodies]]


# ------------------------------------------------------------------------------ banks

MAKERS = {"one line": ["ABC"], "a line a product": ["A", "B", "C"], "two lines": ["AC", "BC"]}


def bank_shop(bodies: str, makers: list[str], bank: Store, taker: Mapping[str, int]) -> Shop:
    """Lines before a bank, and a station behind it."""
    lines = [
        Line(f"to {i}", [Station(f"in {i}", only("ABC", CYCLES[0]))], makes=[*makes], puts="bank")
        for i, makes in enumerate(makers)
    ]
    lines.append(Line("out", [Station("out", taker)], takes="bank"))
    products = made("ABC")
    return Shop("bank", lines, stores=[bank], products=products, sequence=orders(bodies))


@each_engine
@pytest.mark.parametrize("makers", MAKERS)
@pytest.mark.parametrize("rule", ["batch", "sequence"])
def test_bodies_leave_a_bank_by_the_rule_of_its_lanes(engine, rule, makers):
    """Time and number of each exit, of 60 bodies; the station behind is now fast, now slow."""
    for seed, (lanes, places) in enumerate([(1, 4), (2, 3), (3, 2), (4, 5)]):
        bodies = "".join(np.random.default_rng(seed).choice([*"ABC"], 60))
        for taker in ({"A": 41, "B": 61, "C": 17}, {"A": 67, "B": 101, "C": 53}):
            bank = Store.bank("bank", lanes=lanes, places=places, rule=rule)
            run = simulate(
                bank_shop(bodies, MAKERS[makers], bank, taker), hours=3, seed=0, engine=engine
            )
            expected = through_a_bank(
                bodies, MAKERS[makers], CYCLES[0], taker, Lanes(lanes, places, rule)
            )
            assert_exits(run, "out", [time for time, _ in expected])
            numbers = run.sequence["number"].to_numpy()
            assert [*(numbers - numbers.min())] == [number for _, number in expected]


@each_engine
@pytest.mark.parametrize("rule", ["batch", "sequence"])
def test_the_table_of_a_bank_tells_batches_and_sequence_before_and_behind_it(engine, rule):
    bodies = "".join(np.random.default_rng(5).choice([*"ABC"], 60))
    taker = {"A": 67, "B": 101, "C": 53}
    shop = bank_shop(bodies, ["AC", "BC"], Store.bank("bank", lanes=3, places=3, rule=rule), taker)
    told = simulate(shop, hours=3, seed=0, engine=engine).resequencing.loc["bank"]
    bank = Lanes(3, 3, rule)
    left = [number for _, number in through_a_bank(bodies, ["AC", "BC"], CYCLES[0], taker, bank)]
    for when, numbers in (("before", [part.number for part in bank.came]), ("after", left)):
        changes = sum(bodies[a] != bodies[b] for a, b in pairwise(numbers))
        assert told[f"changes_{when}"] == changes
        assert told[f"batch_{when}"] == pytest.approx(60 / (changes + 1))
    in_turn = [number > max(left[:k], default=-1) for k, number in enumerate(left)]
    assert told["in_sequence"] == pytest.approx(np.mean(in_turn))
