"""Parts that meet bodies of their product, or overtake each other in lanes, to the millisecond."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from ningde_sim import Line, Sequence, Shop, ShopRun, Station, Store, simulate
from ningde_sim.exceptions import ShopStuck
from tests.theory import flow_shops
from tests.theory.bank_rules import Lanes, through_a_bank
from tests.theory.flow_shops import Doors
from tests.theory.product_cases import CYCLES, assert_exits, made, orders

each_engine = pytest.mark.parametrize("engine", ["compiled", "reference"])

# ------------------------------------------------------------------------------ doors

BODIES = [*product("AB", repeat=6)]
DOORS = [
    Doors({"A": 30, "B": 40}, door, {"A": 40, "B": 30})
    for door in ({"A": 90, "B": 20}, {"A": 30, "B": 40}, {"A": 10, "B": 140})
]
each_doors = pytest.mark.parametrize("doors", DOORS, ids=["A late", "in time", "B late"])


def door_shop(names: Any, doors: Doors) -> Shop:
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
        Store("bodies", flow_shops.ROOMY),
        Store("doors", doors.places, in_order=doors.in_order),
    ]
    return Shop("doors", lines, stores=stores, products=made("AB"), sequence=orders(names))


@each_engine
@each_doors
def test_every_body_waits_for_its_own_door(engine, doors):
    """Doors overtake each other; without `match` a body would take the first that comes."""
    for bodies in BODIES:
        run = simulate(door_shop(bodies, doors), hours=1, seed=0, engine=engine)
        assert_exits(run, "assembly", flow_shops.matched(bodies, doors))
        assert [*run.sequence["product"]] == [*bodies]


@each_engine
@pytest.mark.parametrize("places", [1, 2])
def test_a_small_store_of_doors_gets_stuck_where_a_late_door_finds_no_place(engine, places):
    """The store holds doors of one product only, and the next body is of the other."""
    stuck = 0
    for doors in (replace(each, places=places) for each in DOORS):
        for bodies in BODIES[::3]:
            seconds = flow_shops.matched_ticks(bodies, doors)
            run = simulated(door_shop(bodies, doors), engine, stuck=len(seconds) < len(bodies))
            assert_exits(run, "assembly", seconds)
            stuck += len(seconds) < len(bodies)
    assert 0 < stuck < len(DOORS) * len(BODIES[::3])


@each_engine
def test_a_store_in_order_gets_stuck_where_a_door_overtakes(engine):
    """The first door is of the other product, and nobody takes it away."""
    stuck = 0
    for doors in (replace(each, in_order=True) for each in DOORS):
        for bodies in BODIES[::3]:
            seconds = flow_shops.matched_ticks(bodies, doors)
            run = simulated(door_shop(bodies, doors), engine, stuck=len(seconds) < len(bodies))
            assert_exits(run, "assembly", seconds)
            stuck += len(seconds) < len(bodies)
    assert 0 < stuck < len(DOORS) * len(BODIES[::3])


def simulated(shop: Shop, engine: str, *, stuck: bool) -> ShopRun:
    """A run that must warn of what is stuck, or must not."""
    if not stuck:
        return simulate(shop, hours=1, seed=0, engine=engine)
    with pytest.warns(ShopStuck):
        return simulate(shop, hours=1, seed=0, engine=engine)


def scrapping(scrap: Any, *, in_order: bool, cycle: str = "AB") -> Shop:
    """One line of doors, twice as fast as bodies, that scraps some."""
    lines = [
        Line("bodies", [Station("body", 60)], puts="bodies"),
        Line("doors", [Station("door", 30, scrap=scrap)], puts="doors"),
        Line("assembly", [Station("assembly", 50)], takes=["bodies", "doors"], match="doors"),
    ]
    stores = [Store("bodies", 1_000), Store("doors", 100_000, in_order=in_order)]
    order = Sequence.cycle([*cycle])
    return Shop("doors", lines, stores=stores, products=made("ABC"), sequence=order)


@each_engine
@pytest.mark.parametrize("in_order", [False, True])
def test_bodies_of_a_product_whose_doors_are_all_scrapped_wait_for_ever(engine, in_order):
    shop = scrapping({"A": 0.0, "B": 0.0, "C": 1.0}, in_order=in_order, cycle="ABBAC")
    with pytest.warns(ShopStuck):
        run = simulate(shop, hours=100, seed=0, engine=engine)
    assert_exits(run, "assembly", [110, 170, 230, 290])


@each_engine
def test_a_scrapped_door_stops_a_store_in_order_and_no_other(engine):
    """The next door is of the other product; who reaches past it takes the next of its own."""
    with pytest.warns(ShopStuck):
        strict = simulate(scrapping(0.02, in_order=True), hours=20, seed=0, engine=engine)
    assert 0 < strict.bodies < 300
    free = simulate(scrapping(0.02, in_order=False), hours=20, seed=0, engine=engine)
    assert_exits(free, "assembly", [*range(110, 20 * 3600 + 1, 60)])
    assert [*free.sequence["product"]] == [*"AB" * (free.bodies // 2), *"A" * (free.bodies % 2)]


# ------------------------------------------------------------------------------ banks

MAKERS = {"one line": ["ABC"], "a line a product": ["A", "B", "C"], "two lines": ["AC", "BC"]}


def bank_shop(bodies: str, makers: list[str], bank: Store, taker: Mapping[str, int]) -> Shop:
    """Lines before a bank, and a station behind it."""
    lines = [
        Line(f"to {i}", [Station(f"in {i}", CYCLES[0])], makes=[*makes], puts="bank")
        for i, makes in enumerate(makers)
    ]
    lines.append(Line("out", [Station("out", taker)], takes="bank"))
    products = made("ABCD")
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
